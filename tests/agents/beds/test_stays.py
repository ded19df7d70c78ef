"""Respite stays: a first day, an end, an extension while nobody waits, and deadlines for all of it."""

import pytest

from tests.agents.beds.district import District, at, fact, offered, types

DAY_MS = 86_400_000


@pytest.fixture
def district() -> District:
    """A home with one respite bed, now occupied; its word is good for a year."""
    district = District("2026-11-23 09:00")
    district.policy("p0", inventory_age_s_max=366 * 86_400)
    district.home("f1")
    district.publish("f1", r1={"type": "respite", "state": "occupied"})
    return district


def stay(district: District, name: str, **more: object) -> object:
    return district.apply(name, **({"bed_types": ["respite"], "stay_days": 10} | more))


def moved_in(district: District, name: str = "a") -> None:
    district.publish("f1", r1={"type": "respite"})
    district.settle(name)


def test_a_stay_with_a_first_day_is_offered_a_bed_shortly_before_and_not_earlier(district: District) -> None:
    stay(district, "a", stay_from="2026-12-20")
    assert district.where("a") == "suspended"
    district.publish("f1", r1={"type": "respite"})
    assert district.beds("f1") == {"r1": "free"}
    assert district.tick("2026-12-12 23:59") == []
    assert "beds.offer.made.v1" in [each.type for each in district.tick("2026-12-13 00:00")]


def test_a_bed_accepted_for_a_later_day_is_kept_until_that_day(district: District) -> None:
    district.policy("p1", inventory_age_s_max=366 * 86_400, stay_lead_days=20)
    stay(district, "a", stay_from="2026-12-10")
    district.publish("f1", r1={"type": "respite"})
    assert fact(district.accept("a"), "offer.accepted")["admit_by_ms"] == at("2026-12-11 00:00")


@pytest.mark.parametrize(("moves_in", "ends"), [("2026-12-10 15:00", "2026-12-21 00:00"), ("2026-12-08 15:00", "2026-12-19 00:00")])
def test_who_comes_in_time_leaves_on_the_day_agreed_and_who_comes_early_stays_as_long(district: District, moves_in: str, ends: str) -> None:
    stay(district, "a", stay_from="2026-12-10")
    district.publish("f1", r1={"type": "respite"})
    district.tick("2026-12-07 09:00")
    district.accept("a")
    district.tick(moves_in)
    assert fact(district.admit("a", "f1", "r1"), "admission.recorded")["until_ms"] == at(ends)


def test_a_wish_is_over_when_its_last_day_has_come(district: District) -> None:
    stay(district, "a", stay_from="2026-11-25")
    facts = district.tick("2026-12-05 00:00")
    assert [each.type for each in facts] == ["beds.application.ended.v1"]
    assert facts[0].model_dump()["reason"] == "stay_over"


def test_a_wish_that_is_over_gives_the_bed_it_was_offered_back_and_says_so(district: District) -> None:
    district.policy("p1", inventory_age_s_max=366 * 86_400, offer_working_days=20)
    stay(district, "a", stay_from="2026-11-25")
    district.publish("f1", r1={"type": "respite"})
    assert district.where("a") == "offered"
    facts = district.tick("2026-12-05 00:00")
    assert [each.type for each in facts] == ["beds.bed.released.v1", "beds.application.ended.v1"]
    assert facts[0].model_dump()["cause"] == "stay_over"
    assert district.beds("f1") == {"r1": "free"}


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"stay_from": "2026-11-22"}, "date_past"),
        ({"stay_from": "2027-11-22"}, "date_too_far"),
        ({"stay_from": "2026-12-01", "stay_days": None, "bed_types": ["basic"]}, "stay_not_respite"),
    ],
)
def test_a_first_day_that_cannot_be_is_refused_by_name(district: District, wish: dict[str, object], reason: str) -> None:
    wish = {"bed_types": ["respite"], "stay_days": 10} | wish
    decision = district.apply("a", **{name: value for name, value in wish.items() if value is not None})
    assert decision.reason == reason


def test_the_end_is_told_before_it_comes_and_asked_about_after_it(district: District) -> None:
    stay(district, "a")
    moved_in(district)
    assert [each.type for each in district.tick("2026-12-02 00:00")] == ["beds.stay.ending.v1"]
    assert district.beds("f1") == {"r1": "occupied"}
    assert [each.type for each in district.tick("2026-12-04 12:00")] == ["beds.bed.overdue.v1", "task.opened.v1"]
    left = district.send("bed.vacated", facility_id="f1", bed_id="r1")
    assert types(left) == ["bed.vacated", "task.closed"]
    assert district.beds("f1") == {"r1": "vacated"}


def test_an_extension_moves_the_end_and_its_deadlines(district: District) -> None:
    stay(district, "a")
    moved_in(district)
    decision = district.send("extension.requested", application_id="a", days=5)
    assert (fact(decision, "stay.extended")["until_ms"], fact(decision, "stay.extended")["extensions"]) == (at("2026-12-09 00:00"), 1)
    assert district.tick("2026-12-06 23:00") == []
    assert [each.type for each in district.tick("2026-12-07 00:00")] == ["beds.stay.ending.v1"]
    assert district.send("extension.requested", application_id="a", days=5).reason == "extensions_used"


def test_an_extension_is_refused_while_somebody_waits_whom_the_bed_suits_unless_policy_allows_it(district: District) -> None:
    stay(district, "a")
    moved_in(district)
    stay(district, "b")
    assert district.send("extension.requested", application_id="a", days=3).reason == "somebody_waits"
    district.policy("p1", inventory_age_s_max=366 * 86_400, stay_extension_if_waiting=True)
    assert district.send("extension.requested", application_id="a", days=3).reason is None


def test_an_extension_comes_before_the_end_of_a_stay_that_has_one_and_is_not_too_long(district: District) -> None:
    stay(district, "a")
    moved_in(district)
    assert district.send("extension.requested", application_id="a", days=15).reason == "extension_too_long"
    assert district.send("extension.requested", application_id="x", days=1).reason == "not_resident"
    district.tick("2026-12-04 00:00")
    assert district.send("extension.requested", application_id="a", days=1).reason == "stay_over"
    district.apply("long")
    district.publish("f1", b1="free")
    district.settle("long")
    assert district.send("extension.requested", application_id="long", days=1).reason == "no_end"


def test_a_transfer_takes_the_end_and_the_extensions_with_it(district: District) -> None:
    stay(district, "a")
    moved_in(district)
    district.send("extension.requested", application_id="a", days=5)
    district.publish("f1", r2={"type": "respite"})
    moved = district.send("resident.transferred", application_id="a", facility_id="f1", bed_id="r2", reason="care")
    assert (fact(moved, "admission.recorded")["until_ms"], fact(moved, "admission.recorded")["extensions"]) == (at("2026-12-09 00:00"), 1)
    assert district.send("extension.requested", application_id="a", days=1).reason == "extensions_used"
    assert offered(district.publish("f1")) == []
