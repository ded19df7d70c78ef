"""Offers, refusals, suspensions and what they cost whom (B-R4..B-R9, W02, W03, C03, C04), as journeys."""

from typing import Any

import pytest

from tests.agents.beds.district import District, at, fact, offered, types


@pytest.fixture
def district() -> District:
    """Two homes whose word is believed for long; nobody waits."""
    district = District()
    district.policy("p0", inventory_age_s_max=60 * 86_400)
    district.home("f1", 100)
    district.home("f2", 900)
    return district


def held(district: District, *names: str) -> None:
    """These apply in this order and the first is offered the one bed."""
    for name in names:
        district.apply(name)
    district.publish("f1", b1="free")


CALENDAR: dict[str, Any] = {
    "policy": "calendar",
    "version": "2026.1",
    "in_force_from": "2026-01-01",
    "parameters": {"year": 2026, "holidays": ["2026-11-25"], "workdays": ["2026-11-28"]},
    "source": "test",
}


def test_an_offer_ends_with_the_third_working_day_and_a_worked_saturday_counts(district: District) -> None:
    district.send("policy.published.v1", **CALENDAR)
    district.apply("a")
    made = fact(district.publish("f1", b1="free"), "offer.made")
    assert (made["expires_at_ms"], made["provisional"]) == (at("2026-11-28 00:00"), False)  # Tue, (Wed off), Thu, Fri
    district.now_ms = at("2026-11-26 09:00")
    district.apply("b")
    made = fact(district.publish("f1", b2="free"), "offer.made")
    assert made["expires_at_ms"] == at("2026-12-01 00:00")  # Fri, the worked Sat, (Sun), Mon


def test_a_provisional_deadline_moves_when_the_calendar_comes(district: District) -> None:
    held(district, "a")
    assert district.state.applications["a"].provisional
    moved = fact(district.send("policy.published.v1", **CALENDAR), "offer.deadline_moved")
    assert (moved["expires_at_ms"], moved["provisional"]) == (at("2026-11-28 00:00"), False)
    assert "offer.expired" not in str(district.tick("2026-11-27 00:00"))


def test_an_offer_expires_exactly_and_the_next_is_asked_in_the_same_breath(district: District) -> None:
    held(district, "a", "b")
    district.tick(at("2026-11-27 00:00") - 1)
    assert district.where("a") == "offered"
    facts = district.tick(at("2026-11-27 00:00"))
    assert [each.type for each in facts][:3] == ["beds.offer.expired.v1", "beds.bed.released.v1", "beds.offer.made.v1"]
    assert district.where("b") == "offered"


def test_a_late_acceptance_is_refused_by_name_and_changes_nothing(district: District) -> None:
    held(district, "a", "b")
    offer_id = district.offer_of("a")
    district.now_ms = at("2026-11-27 00:00")
    late = district.send("offer.accepted", application_id="a", offer_id=offer_id)
    assert late.reason == "offer_expired"
    assert types(late)[0] == "offer.expired"
    assert district.where("b") == "offered"


def test_accepting_twice_resolves_once(district: District) -> None:
    held(district, "a")
    offer_id = district.offer_of("a")
    assert types(district.accept("a")) == ["offer.accepted"]
    assert district.send("offer.accepted", application_id="a", offer_id=offer_id).reason == "offer_not_open"
    assert district.send("offer.declined", application_id="a", offer_id=offer_id).reason == "offer_not_open"
    assert district.send("offer.accepted", application_id="a", offer_id="offer:other").reason == "unknown_offer"


def test_the_bed_goes_from_free_to_held_to_reserved_to_occupied_and_back(district: District) -> None:
    held(district, "a")
    assert district.beds("f1") == {"b1": "held"}
    district.accept("a")
    assert district.beds("f1") == {"b1": "reserved"}
    district.admit("a", "f1", "b1")
    assert (district.beds("f1"), district.where("a")) == ({"b1": "occupied"}, "admitted")
    district.send("bed.vacated", facility_id="f1", bed_id="b1")
    assert district.beds("f1") == {"b1": "vacated"}
    district.tick(district.now_ms + 2 * 3600 * 1000)
    assert district.beds("f1") == {"b1": "cleaning"}
    district.send("bed.cleaned", facility_id="f1", bed_id="b1")
    assert district.beds("f1") == {"b1": "free"}


def test_two_unreasonable_refusals_suspend_for_ninety_days_with_the_date_kept(district: District) -> None:
    district.apply("a", applied_on="2026-10-01")
    district.publish("f1", b1="free")
    assert fact(district.decline("a"), "offer.declined")["counted"]
    made = district.publish("f2", b1="free")
    assert offered(made) == [("a", "f2", "b1")]
    second = district.decline("a", "too_small")
    assert types(second) == ["offer.declined", "bed.released", "application.suspended"]
    assert district.where("a") == "suspended"
    facts = district.tick(district.now_ms + 90 * 86_400_000)
    assert "beds.application.resumed.v1" in [each.type for each in facts]
    found = district.state.applications["a"]
    assert (district.where("a"), found.refusals, found.eligible_day) == ("queued", 0, at("2026-10-01 09:00") // 86_400_000 + 719_163)


def test_a_reasonable_refusal_does_not_count(district: District) -> None:
    district.apply("a")
    for facility_id in ("f1", "f2"):
        district.publish(facility_id, b1="free")
        assert not fact(district.decline("a", "in_hospital"), "offer.declined")["counted"]
    assert district.where("a") == "queued"


def test_a_facility_refused_is_not_offered_again_until_its_rest_is_over(district: District) -> None:
    held(district, "a")
    assert offered(district.decline("a", "in_hospital")) == []
    day = 86_400_000
    district.publish("f1", b1="free")
    for days in range(1, 30):  # the home keeps its data fresh
        district.tick(at("2026-11-23 09:00") + days * day)
        assert offered(district.publish("f1")) == []
    facts = district.tick(at("2026-11-23 09:00") + 30 * day)
    assert "beds.offer.made.v1" in [each.type for each in facts]


def test_a_facilitys_refusal_never_costs_the_applicant_and_the_bed_goes_on(district: District) -> None:
    held(district, "a", "b")
    decision = district.refuse_person("a")
    assert types(decision) == ["offer.declined", "bed.released", "offer.made"]
    assert offered(decision) == [("b", "f1", "b1")]
    found = district.state.applications["a"]
    assert (found.refusals, district.where("a")) == (0, "queued")
    district.decline("b")
    assert district.beds("f1") == {"b1": "free"}, "the facility is not offered to whom it refused"


def test_a_facilitys_refusal_needs_a_code_of_the_policy(district: District) -> None:
    held(district, "a")
    assert district.refuse_person("a", "do_not_like").reason == "reason_unknown"


def test_who_does_not_move_in_loses_the_bed_and_not_the_date(district: District) -> None:
    held(district, "a", "b")
    district.accept("a")
    facts = district.tick("2026-12-01 00:00")
    assert [each.type for each in facts if "admission" in each.type] == ["beds.admission.missed.v1"]
    assert (district.where("a"), district.where("b")) == ("queued", "offered")


def test_one_open_offer_a_person_over_two_applications(district: District) -> None:
    district.apply("long", person_id="p1")
    district.apply("short", person_id="p1", bed_types=["respite"], stay_days=10)
    assert district.apply("again", person_id="p1").reason == "duplicate_person"
    made = district.publish("f1", b1="free", r1={"type": "respite"})
    assert len(offered(made)) == 1
    name = offered(made)[0][0]
    other = "short" if name == "long" else "long"
    assert offered(district.decline(name, "in_hospital")) == [(other, "f1", "r1" if other == "short" else "b1")]


def test_withdrawal_and_death_give_the_bed_to_the_next(district: District) -> None:
    held(district, "a", "b", "c")
    assert offered(district.send("application.withdrawn", application_id="a")) == [("b", "f1", "b1")]
    district.accept("b")
    decision = district.send("person.died", person_id="p-b")
    assert (district.where("b"), offered(decision)) == ("deceased", [("c", "f1", "b1")])
    assert district.send("offer.accepted", application_id="a", offer_id="x").reason == "application_closed"


def test_a_pause_keeps_the_date_and_ends_by_itself(district: District) -> None:
    district.apply("a")
    district.send("application.paused", application_id="a", until="2026-11-25")
    district.apply("b")
    assert offered(district.publish("f1", b1="free")) == [("b", "f1", "b1")]
    district.publish("f2", b1="free")
    facts = district.tick("2026-11-25 00:00")
    assert "beds.offer.made.v1" in [each.type for each in facts]
    assert district.where("a") == "offered"


def test_two_answers_at_once_to_many_free_beds_overtake_nobody(district: District) -> None:
    for number in range(6):
        district.apply(f"a{number}", score=number, choices=["f2", "f1"] if number % 2 else [])
    made = district.publish("f1", **{f"b{number}": "free" for number in range(3)})
    assert [name for name, _, _ in offered(made)] == ["a5", "a4", "a3"]


def test_an_assessment_that_runs_out_leaves_the_line_until_a_new_one_comes(district: District) -> None:
    district.apply("a", assessed_on="2024-11-24")
    facts = district.tick("2026-11-25 00:00")
    assert [each.type for each in facts] == ["beds.application.reassessment_due.v1", "task.opened.v1"]
    assert offered(district.publish("f1", b1="free")) == []
    again = district.send("application.reassessed", application_id="a", assessed_level=3, assessed_on="2026-11-24")
    assert types(again) == ["application.reassessed", "task.closed.v1".removesuffix(".v1"), "offer.made"]


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"categories": []}, "not_registered"),
        ({"categories": ["registered", "nobleman"]}, "category_unknown"),
        ({"categories": ["registered", "needs_hospital"]}, "needs_hospital"),
        ({"assessed_level": 1}, "level_below"),
        ({"assessed_on": "2024-11-01"}, "assessment_expired"),
        ({"assessed_on": "2026-12-01"}, "assessment_in_future"),
        ({"age": 59}, "age_below"),
        ({"bed_types": ["respite"]}, "stay_missing"),
        ({"stay_days": 5}, "stay_not_respite"),
        ({"bed_types": ["respite"], "stay_days": 61}, "stay_too_long"),
        ({"applied_on": "2026-12-01"}, "date_in_future"),
    ],
)
def test_who_is_not_eligible_is_told_the_rule_and_stays_refused(wish: dict[str, Any], reason: str) -> None:
    district = District()
    assert district.apply("a", **wish).reason == reason
    assert district.apply("a").reason == "application_already_refused"


def test_a_type_the_pool_does_not_serve_is_refused() -> None:
    district = District()
    district.policy("p1", level_min={"basic": 2})
    assert district.apply("a", bed_types=["nursing"], assessed_level=6).reason == "bed_type_unknown"
