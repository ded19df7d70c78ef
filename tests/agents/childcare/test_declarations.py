"""A bookable service is a declaration: guidance, newborn visits, and one that policy alone brings."""

from typing import Any

from agents.childcare.policy import SERVICES
from tests.agents.childcare.world import DAY, World, fact, kinds, session, types

BATHING = {
    "counted_by": "child",
    "age_months_min": 60 * 12,
    "age_months_max": 130 * 12,
    "categories_any": ["disabled", "level_2_or_above"],
    "free_per_year": 2,
    "price_fen": {"visit": 8000},
    "confirm": "always",
    "care_per_staff": 0,
    "seats_max": 1,
    "closed_on_holidays": False,
}
"""助浴 for the old, as a district might declare it: no line of code knows it."""


def test_guidance_is_counted_by_family_free_and_without_a_staff_ratio() -> None:
    world = World()
    world.house(service="guidance", staff=0)
    for number, child in enumerate(("k-1", "k-2")):
        confirmed = fact(world.book(f"b-{number}", "s-1-am", child_id=child, family_id="f"), "booking.confirmed")
        assert (confirmed["free"], confirmed["quota_left"], confirmed["weight"]) == (True, None, 0)
    assert world.left("f", service="guidance") == (0, 2)
    assert world.left("f") == (0, 0)


def test_a_family_in_need_that_had_fewer_than_ten_sessions_of_guidance_is_a_humans_case_at_the_years_end() -> None:
    world = World()
    world.site("s-1")
    world.publish("s-1", *(session(f"g-{day}", day=f"2026-12-{day:02}", service="guidance") for day in range(1, 11)))
    for family, sessions in (("met", 10), ("unmet", 9)):
        world.send("entitlement.registered", entitlement_id=f"e-{family}", service="guidance", holder_id=family, year=2026)
        for day in range(1, sessions + 1):
            world.book(f"{family}-{day}", f"g-{day}", family_id=family, child_id=f"k-{family}")
    for day in range(1, 11):
        world.tick(f"2026-12-{day:02} 09:00")
        for family in ("met", "unmet"):
            if f"{family}-{day}" in world.state.bookings:
                world.send("child.checked_in", booking_id=f"{family}-{day}", by="p")
                world.send("child.checked_out", booking_id=f"{family}-{day}", by="p")
    facts = world.tick("2027-01-01 00:00")
    assert [kind for kind in kinds(facts) if "entitlement" in kind] == ["entitlement.met", "entitlement.unmet"]
    (unmet,) = (each.model_dump() for each in facts if each.type == "childcare.entitlement.unmet.v1")
    assert (unmet["holder_id"], unmet["had"], unmet["sessions"]) == ("unmet", 9, 10)


def test_a_newborn_is_visited_within_a_month_of_birth_or_a_human_is_called() -> None:
    world = World()
    data: dict[str, Any] = {"entitlement_id": "e-1", "service": "newborn_visit", "holder_id": "k", "year": 2026, "since": "2026-11-10"}
    assert types(world.send("entitlement.registered", **data)) == ["entitlement.recorded"]
    assert world.send("entitlement.registered", **data).reason == "entitlement_exists"
    assert kinds(world.tick("2026-12-08 23:59")) == []
    assert kinds(world.tick("2026-12-09 00:00")) == ["entitlement.unmet", "task.opened"]
    world.site("s-1", kind="health_centre")
    world.publish("s-1", session("v-1", day="2026-12-10", service="newborn_visit", mode="visit", seats=1))
    assert world.book("b-1", "v-1", child_id="k", birth_date="2026-11-10").outcome == "accepted"
    assert world.book("b-2", "v-1", child_id="l", birth_date="2025-11-10").reason == "age_outside"


def test_care_has_no_entitlement_and_a_service_nobody_declared_no_booking() -> None:
    world = World()
    data: dict[str, Any] = {"entitlement_id": "e-1", "holder_id": "k", "year": 2026}
    assert world.send("entitlement.registered", **data, service="care").reason == "not_entitled"
    assert world.send("entitlement.registered", **data, service="bathing").reason == "unknown_service"
    assert world.book("b-1", service="bathing").reason == "unknown_service"


def test_a_new_service_costs_a_declaration_and_not_an_engine() -> None:
    assert "bathing" not in SERVICES
    world = World()
    world.site("bath-house")
    visit = session("v-1", service="bathing", mode="visit", seats=5)
    assert world.publish("bath-house", visit).reason == "unknown_service"
    assert world.policy(services={"bathing": BATHING}).outcome == "accepted"
    world.publish("bath-house", visit)
    assert world.seats("v-1") == (1, 0, 0, 0)
    elder: dict[str, Any] = {"birth_date": "1946-05-01", "service": "bathing", "child_id": "elder"}
    assert world.book("b-0", **elder).reason == "not_entitled"
    assert world.book("b-1", **elder | {"birth_date": "2001-01-01"}, categories=["disabled"]).reason == "age_outside"
    assert types(world.book("b-2", **elder, categories=["disabled"])) == ["booking.held"]
    assert types(world.book("b-3", **elder | {"child_id": "other"}, categories=["disabled"])) == ["booking.waitlisted"]
    assert types(world.send("hold.confirmed", booking_id="b-2")) == ["booking.confirmed"]
    assert types(world.send("booking.cancelled", booking_id="b-2")) == ["booking.cancelled", "offer.made"]


def test_the_seeds_services_go_on_beside_it_and_a_declaration_is_not_taken_away() -> None:
    world = World()
    world.policy(services={"bathing": BATHING})
    assert world.policy("v2", services={}).reason == "invalid_policy"
    assert world.policy("v2", services={"bathing": BATHING, "care": {"free_per_year": 1}}).outcome == "accepted"
    world.house()
    assert fact(world.book("b-1", "s-1-am"), "booking.confirmed")["quota_left"] == 0


def test_a_service_is_not_declared_while_a_version_still_to_come_would_take_it_away() -> None:
    world = World()
    later: dict[str, Any] = {"policy": "childcare", "in_force_from": DAY, "source": "test"}
    assert world.send("policy.published.v1", version="later", parameters={}, **later).outcome == "accepted"
    assert world.policy("now", services={"bathing": BATHING}).reason == "invalid_policy"
    # One that takes the later version's day, and declares the service, opens the way.
    parameters = {"services": {"bathing": BATHING}}
    assert world.send("policy.published.v1", version="later-2", parameters=parameters, **later).outcome == "accepted"
    assert world.policy("now", **parameters).outcome == "accepted"
    world.site("bath-house")
    world.publish("bath-house", session("v-1", service="bathing", mode="visit"))
    elder: dict[str, Any] = {"birth_date": "1946-05-01", "service": "bathing", "categories": ["disabled"]}
    assert types(world.book("b-1", "v-1", **elder)) == ["booking.held"]
    world.send("hold.confirmed", booking_id="b-1")
    world.tick(f"{DAY} 06:00")
    assert types(world.send("booking.cancelled", booking_id="b-1"))[0] == "booking.cancelled"


def test_a_version_that_will_have_been_replaced_by_then_may_lack_the_service() -> None:
    world = World()
    world.send("policy.published.v1", policy="childcare", version="first", in_force_from=DAY, parameters={}, source="test")
    later: dict[str, Any] = {"policy": "childcare", "in_force_from": "2026-12-01", "source": "test"}
    assert world.send("policy.published.v1", version="second", parameters={"services": {"bathing": BATHING}}, **later).outcome == "accepted"


def test_a_policy_that_contradicts_itself_is_refused_whole() -> None:
    world = World()
    contradictions: tuple[dict[str, Any], ...] = (
        {"services": {"care": {"age_months_min": 40}}},
        {"services": {"care": {"cancel_late_s": 90_000}}},
        {"services": {"care": {"price_fen": {"weekly": 1}}}},
        {"services": {"care": {"horizon_days": 200}}},
        {"services": {"used": {}}},
        {"unknown": 1},
    )
    for number, wrong in enumerate(contradictions):
        assert world.policy(f"v{number}", **wrong).reason == "invalid_policy", wrong
    assert world.send(
        "policy.published.v1", policy="meals", version="v", in_force_from="2026-11-01", parameters={}, source="test"
    ).reason == "unknown_policy"  # fmt: skip
