"""The childcare part of a played day: the seeds' figures, one day for equal plans, and decisions of every kind when it is answered."""

from collections import Counter
from functools import cache
from typing import Any

import orjson
import pytest

from agents import core
from agents.childcare import DOMAIN
from agents.childcare.state import ChildcareState
from infra.scenario.childcare.day import SOURCE
from infra.scenario.childcare.offers import offers_answered
from infra.scenario.childcare.world import build_world
from infra.scenario.district import district_codes, load_district
from infra.scenario.plan import DayPlan
from infra.scenario.words import Item, Sender, event, rfc3339
from schemas.codec import digest_of
from schemas.decisions import Decision, Received
from schemas.facts import FACTS
from schemas.registry import event_adapter

PLAN = DayPlan(scale=0.1, domains=("childcare",))


@cache
def _items(code: str) -> tuple[Item, ...]:
    return tuple(sorted(SOURCE.items(PLAN, load_district(code)), key=lambda item: item.at_ms))


@cache
def _played(code: str) -> tuple[core.AreaState[ChildcareState], tuple[Decision, ...]]:
    """The day as the domain answers it, without the other areas that a quota is asked of."""
    area, made = core.blank(DOMAIN, code), []
    for item in _items(code):
        if item.event is not None and item.area == code:
            made.append(_take(area, item.event, item.at_ms))
    DOMAIN.check_all(area.domain)
    return area, tuple(made)


def test_the_sites_add_up_to_the_seeds_figures() -> None:
    whole = DayPlan(domains=("childcare",))
    jingan = build_world(whole, load_district("310106")).sites
    care = [site for site in jingan if site.kind in ("baby_house", "kindergarten")]
    assert sum(site.kind == "kindergarten" for site in care) == 52
    assert sum(site.seats for site in care) == 2_600
    houses = [site for site in build_world(whole, load_district("310151")).sites if site.kind == "baby_house"]
    assert (len(houses), sum(site.seats for site in houses), sum(site.seats // 40 for site in houses)) == (26, 1_280, 32)


@pytest.mark.parametrize("code", district_codes())
def test_every_event_is_valid_and_equal_plans_give_equal_days(code: str) -> None:
    again = tuple(sorted(SOURCE.items(PLAN, load_district(code)), key=lambda item: item.at_ms))
    assert orjson.dumps([item.event for item in again]) == orjson.dumps([item.event for item in _items(code)])
    ids = Counter(item.event["id"] for item in again if item.event is not None and item.kind not in ("duplicate", "conflict"))
    assert [name for name, n in ids.items() if n > 1 and not name.endswith(("-0", "-1", "-14"))] == []
    _, made = _played(code)
    assert len(made) > 300


def test_the_day_opens_at_nine_and_most_press_in_its_first_minutes() -> None:
    rush = [item for item in _items("310106") if item.event is not None and "-cc-r-" in item.event["id"]]
    opens = Counter(item.at_ms // 60_000 for item in rush)
    assert max(opens, key=lambda minute: opens[minute]) * 60_000 >= min(item.at_ms for item in rush)
    early = [one for one in _played("310106")[1] if one.reason == "not_open_yet"]
    assert len(early) >= 5


def test_everything_that_can_happen_to_a_booking_happens() -> None:
    area, made = _played("310106")
    said = {reasoned.fact.type for one in made for reasoned in one.facts}
    left = {name for name in FACTS if name.startswith("childcare.")} - said
    expected = {
        "booking.repriced", "offer.accepted", "offer.declined", "offer.withdrawn", "child.restricted", "inspection.overdue",
        "quota.reserved", "quota.denied", "quota.settled", "quota.overdue", "entitlement.met", "entitlement.unmet",
        "child.carried_over", "booking.extended", "ratio.breached", "account.asked", "account.deferred", "account.handed",
        "account.opened", "account.counted",
    }  # fmt: skip
    assert left <= {f"childcare.{name}.v1" for name in expected}, "what needs another area, a month, or families who react"
    reasons = {one.reason for one in made}
    named = {"health_gate", "not_authorised", "age_outside", "unknown_session", "past_cutoff", "no_site_in_reach", "not_at_home_here"}
    assert reasons >= named
    charged = [r.fact for one in made for r in one.facts if r.fact.type == "childcare.booking.held.v1"]
    assert any(fact.model_dump()["price_fen"] for fact in charged), "the thirteenth session is charged"
    assert area.tasks, "somebody is called"


@pytest.mark.parametrize("code", district_codes())
def test_the_register_tells_of_every_child_before_it_is_booked_for(code: str) -> None:
    unheard = [one.event_id for one in _played(code)[1] if one.reason == "not_at_home_here" and (one.why or {})["known"] != "elsewhere"]
    assert unheard == []


def test_a_home_area_answers_for_another_by_its_register_alone() -> None:
    """静安's families name 虹口 as their home: 虹口 reserves for whom its register knows there, and for nobody else."""
    from_jingan = [item for item in _items("310106") if item.area == "310110"]
    assert {item.kind for item in from_jingan} == {"home"}
    policies = [item for item in _items("310110") if item.event is not None and item.event["type"] == "policy.published.v1"]
    home = core.blank(DOMAIN, "310110")
    told: dict[str, bool] = {}
    for item in sorted([*policies, *from_jingan], key=lambda item: item.at_ms):
        assert item.event is not None
        assert _take(home, item.event, item.at_ms).outcome == "accepted"
        if item.kind == "home":
            told[item.event["data"]["child_id"]] = item.event["data"]["at_home"]
    facts = [reasoned.fact for one in _played("310106")[1] for reasoned in one.facts]
    asked = {one["child_id"]: one for one in (fact.model_dump() for fact in facts if fact.type == "childcare.quota.asked.v1")}
    assert asked.keys() <= told.keys()
    answers: dict[bool | None, set[str | None]] = {}
    for child_id, one in [*asked.items(), ("syn-kid-unheard-of", next(iter(asked.values())))]:
        body = _question(one | {"child_id": child_id, "request_id": f"r-{child_id}"}, home.now_ms)
        (said,) = (reasoned.fact.model_dump() for reasoned in _take(home, body, home.now_ms).facts)
        answers.setdefault(told.get(child_id), set()).add(said.get("reason"))
    assert answers == {True: {None}, False: {"not_at_home_here"}, None: {"not_at_home_here"}}


def _question(asked: dict[str, Any], at_ms: int) -> dict[str, Any]:
    """What the reactor makes of it for the home area."""
    names = ("request_id", "booking_id", "child_id", "family_id", "service", "units", "asking_area")
    data = {name: asked[name] for name in names} | {"year": asked["quota_year"], "settle_by": rfc3339(asked["settle_by_ms"])}
    sender = Sender("area:310106", "system", "/tests")
    return event(asked["request_id"], "childcare.quota.reserve_requested.v1", at_ms, area="310110", sender=sender, data=data)


def _take(area: core.AreaState[ChildcareState], body: dict[str, Any], at_ms: int) -> Decision:
    one = event_adapter("childcare")[0].validate_json(orjson.dumps(body))
    return core.handle(DOMAIN, area, Received(one, digest_of(body), at_ms))


def test_bathing_is_a_service_by_declaration_alone() -> None:
    """助浴 (seed 004): declared by the day's policy, booked, held when charged, visited; the engine knows no such word."""
    _, made = _played("310101")
    placed = [r.fact.model_dump() for one in made for r in one.facts if r.fact.type == "childcare.booking.confirmed.v1"]
    bathed = [fact for fact in placed if fact["service"] == "bathing"]
    assert bathed
    assert {fact["mode"] for fact in bathed} == {"visit"}
    came = {r.fact.model_dump()["booking_id"] for one in made for r in one.facts if r.fact.type == "childcare.child.checked_in.v1"}
    assert came & {fact["booking_id"] for fact in bathed}


def test_an_offer_seen_twice_is_answered_once_and_a_child_that_takes_it_comes() -> None:
    offer = {
        "area": "310106", "booking_id": "b-1", "offer_id": "offer:1", "site_id": "s-1", "starts_at": "2026-11-24T09:00:00+08:00",
        "ends_at": "2026-11-24T11:00:00+08:00",
    }  # fmt: skip
    first = list(offers_answered({"offers": [offer]}, "laoxiao", 1_000))
    again = list(offers_answered({"offers": [offer]}, "laoxiao", 90_000))
    assert [item.event and item.event["id"] for item in first] == [item.event and item.event["id"] for item in again]
    kinds = {kind for n in range(60) for kind in _kinds(offer | {"offer_id": f"offer:{n}"})}
    assert kinds == {("offer_accepted", "child_checked_in", "child_checked_out"), ("offer_declined",), ()}


def _kinds(offer: dict[str, str]) -> list[tuple[str, ...]]:
    return [tuple(item.kind for item in offers_answered({"offers": [offer]}, "laoxiao", 1_000))]
