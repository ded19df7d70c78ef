"""What facilities say against what was promised: versions, conflicts, freshness, quotas, leave and stays (C01, C02, C06, C07)."""

import pytest

from agents.beds.inventory import RESOLVED
from agents.beds.states import APPLICATION_TRANSITIONS, BED_TRANSITIONS, BedState
from tests.agents.beds.district import District, at, fact, offered, types


@pytest.fixture
def district() -> District:
    district = District()
    district.home("f1")
    return district


def test_the_highest_version_wins_in_any_order(district: District) -> None:
    district.publish("f1", version=5, b1="closed")
    assert district.publish("f1", version=4, b1="free").reason == "stale_version"
    late = district.publish("f1", version=4, b1="free", b2="free")
    assert types(late) == ["inventory.reported", "bed.listed"]
    assert late.why is not None
    assert late.why["skipped"][0] == {"bed_id": "b1", "rule": "stale_version", "version": 5}
    assert district.beds("f1") == {"b1": "closed", "b2": "free"}


def test_an_unchanged_publication_is_one_fact(district: District) -> None:
    district.publish("f1", b1="occupied", b2="closed")
    again = district.publish("f1", b1="occupied", b2="closed")
    assert types(again) == ["inventory.reported"]
    assert fact(again, "inventory.reported")["unchanged"] == ("b1", "b2")


def test_occupied_while_held_is_a_conflict_that_drops_nobody_and_ends_with_the_promise(district: District) -> None:
    district.apply("a")
    district.publish("f1", b1="free")
    conflict = district.publish("f1", b1="occupied")
    assert types(conflict) == ["inventory.reported", "bed.listed", "bed.conflicted", "task.opened"]
    assert (district.beds("f1"), district.where("a")) == ({"b1": "held"}, "offered")
    released = district.refuse_person("a", "bed_taken")
    assert "task.closed" in types(released)
    assert district.beds("f1") == {"b1": "occupied"}


def test_a_conflict_ends_when_the_facility_says_so(district: District) -> None:
    district.apply("a")
    district.publish("f1", b1="free")
    district.publish("f1", b1="closed")
    assert "bed.reconciled" in types(district.publish("f1", b1="free"))
    assert district.state.tasks == {}


def test_a_resident_of_ours_is_not_published_away(district: District) -> None:
    district.apply("a")
    district.publish("f1", b1="free")
    district.settle("a")
    assert "bed.conflicted" in types(district.publish("f1", b1="free"))
    assert district.beds("f1") == {"b1": "occupied"}
    left = district.send("bed.vacated", facility_id="f1", bed_id="b1", application_id="a")
    assert types(left) == ["bed.vacated", "task.closed"]


def test_a_bed_filled_outside_the_pool_is_named(district: District) -> None:
    district.publish("f1", b1="free", b2="free")
    assert fact(district.publish("f1", b1="occupied"), "bed.listed")["cause"] == "occupied_outside_pool"
    assert fact(district.admit(None, "f1", "b2"), "admission.recorded")["cause"] == "outside_pool"
    district.apply("a")
    assert district.admit("a", "f1", "b2").reason == "no_offer"


def test_nobody_is_sent_on_old_data_and_a_heartbeat_is_enough(district: District) -> None:
    district.publish("f1", b1="free")
    facts = district.tick("2026-11-25 09:00")
    assert [each.type for each in facts] == ["beds.facility.silent.v1"]
    assert offered(district.apply("a")) == []
    assert offered(district.publish("f1")) == [("a", "f1", "b1")]


def test_an_old_publication_does_not_make_the_data_fresh(district: District) -> None:
    district.publish("f1", version=9, b1="free")
    district.tick("2026-11-25 09:00")
    district.apply("a")
    assert offered(district.publish("f1", version=3, b2="free")) == []


def test_a_stricter_policy_holds_for_the_next_word_of_a_home(district: District) -> None:
    district.policy("p1", inventory_age_s_max=20 * 86_400)
    district.publish("f1", b1="free")
    district.policy("p2", inventory_age_s_max=3600)
    district.publish("f1", b1="free")
    district.tick("2026-11-23 10:00")
    assert offered(district.apply("a")) == []


def test_beds_published_before_their_home_is_registered_wait_for_it() -> None:
    district = District()
    district.apply("a")
    assert offered(district.publish("f9", b1="free")) == []
    assert offered(district.home("f9")) == [("a", "f9", "b1")]


def test_the_pool_quota_is_watched(district: District) -> None:
    street = {f"s{number}": {"pool": "street", "state": "occupied"} for number in range(19)}
    assert "pool.quota_met" not in types(district.publish("f1", d1="occupied"))
    below = district.publish("f1", **street)
    told = fact(below, "pool.below_quota")
    assert (told["pooled"], told["basic"], told["percent_min"]) == (1, 20, 10)
    assert types(district.publish("f1", d2="occupied")) == ["inventory.reported", "bed.listed"]
    met = district.publish("f1", d3="occupied")
    assert types(met) == ["inventory.reported", "bed.listed", "pool.quota_met", "task.closed"]


def test_hospital_leave_keeps_the_bed_and_a_human_looks_when_it_lasts(district: District) -> None:
    district.apply("a")
    district.publish("f1", b1="free")
    district.settle("a")
    started = fact(district.send("leave.started", application_id="a"), "leave.started")
    assert started["hold_until_ms"] == at("2026-12-24 00:00")
    assert district.send("leave.started", application_id="a").reason == "already_on_leave"
    facts = district.tick("2026-12-24 00:00")
    assert "beds.bed.overdue.v1" in [each.type for each in facts]
    assert district.beds("f1") == {"b1": "occupied"}
    assert types(district.send("leave.ended", application_id="a")) == ["leave.ended", "task.closed"]
    assert district.send("leave.ended", application_id="a").reason == "not_on_leave"


def test_a_respite_stay_has_an_end_and_somebody_asks_after_it(district: District) -> None:
    district.apply("a", bed_types=["respite"], stay_days=3)
    district.publish("f1", r1={"type": "respite"})
    district.accept("a")
    admitted = fact(district.admit("a", "f1", "r1"), "admission.recorded")
    assert admitted["until_ms"] == at("2026-11-27 00:00")
    overdue = [each for each in district.tick("2026-11-27 12:00") if each.type == "beds.bed.overdue.v1"]
    assert [each.model_dump()["kind"] for each in overdue] == ["stay"]


def test_a_transfer_takes_a_free_bed_and_vacates_the_old_one(district: District) -> None:
    district.apply("a")
    district.publish("f1", b1="free")
    district.settle("a")
    district.publish("f1", b2="free", b3="closed")
    assert district.send("resident.transferred", application_id="a", facility_id="f1", bed_id="b3", reason="care").reason == "bed_not_free"
    district.send("resident.transferred", application_id="a", facility_id="f1", bed_id="b2", reason="care")
    assert district.beds("f1") == {"b1": "vacated", "b2": "occupied", "b3": "closed"}


def test_a_resident_admitted_elsewhere_leaves_the_old_bed(district: District) -> None:
    district.apply("respite", person_id="p1", bed_types=["respite"], stay_days=30)
    district.publish("f1", r1={"type": "respite"})
    district.settle("respite")
    district.apply("long", person_id="p1")
    district.publish("f1", b1="free")
    district.settle("long")
    assert district.beds("f1") == {"r1": "vacated", "b1": "occupied"}


def test_cleaning_that_takes_too_long_is_asked_after(district: District) -> None:
    district.publish("f1", b1="cleaning")
    assert "beds.bed.overdue.v1" in [each.type for each in district.tick("2026-11-25 09:00")]
    assert types(district.send("bed.cleaned", facility_id="f1", bed_id="b1")) == ["bed.freed", "task.closed"]


def test_every_published_answer_is_a_move_the_table_names() -> None:
    for ours, answers in RESOLVED.items():
        assert set(answers) == {"free", "occupied", "cleaning", "closed"}
        for to in answers.values():
            assert not isinstance(to, BedState) or to in BED_TRANSITIONS[ours]


def test_no_state_of_an_application_is_unreachable() -> None:
    reached = {to for following in APPLICATION_TRANSITIONS.values() for to in following}
    assert {state.value for state in APPLICATION_TRANSITIONS} - {state.value for state in reached} == {"new"}
