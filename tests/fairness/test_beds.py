"""The fairness audit of beds: silent on years our core decided, loud on years that broken code decided, and what it counts is true."""

import subprocess
import sys
from dataclasses import replace

import pytest

from infra.fairness.beds import FINDING_MEMORY_MS, BedsFairness
from infra.fairness.waits import GROUPINGS
from infra.stack.home import PROJECT_ROOT
from schemas.alarms import AlarmKind
from schemas.beds_facts import AdmissionRecorded, OfferMade
from schemas.decisions import Decision
from schemas.drill import DRILL_AREA
from streams.auditor.beds import TABLE
from tests.agents.beds.district import AREA, OTHER_STREET, District
from tests.fairness.journals import elsewhere, overtaken, records, year_of_decisions
from tests.simulation.domains.registry import SIMULATED
from tests.simulation.planted.catalogue import PLANTED

STEPS = 1_000


def audited(decisions: list[Decision], judged_from_ms: int = 0) -> BedsFairness:
    audit = BedsFairness(judged_from_ms)
    read = records(decisions)
    for start in range(0, len(read), 50):
        audit.take(read[start : start + 50])
    return audit


def facts(decisions: list[Decision], kind: type) -> list[object]:
    return [reasoned.fact for decision in decisions for reasoned in decision.facts if isinstance(reasoned.fact, kind)]


@pytest.mark.parametrize("seed", range(3))
def test_years_of_our_core_are_fair_and_every_offer_of_them_was_judged(seed: int) -> None:
    decisions = year_of_decisions(seed, STEPS)
    audit = audited(decisions)
    assert audit.findings == []
    assert list(audit.conditions()) == []
    assert audit.judged == len(facts(decisions, OfferMade)) > 15, "a year without offers proves nothing"


@pytest.mark.parametrize("mistake", ["beds_overtaken_by_date", "beds_bonus_forgotten", "beds_second_best"])
def test_a_year_that_broken_code_decided_is_unfair_where_it_was(mistake: str) -> None:
    found: list[str] = []
    for seed in range(6):
        with PLANTED[mistake].active(SIMULATED["beds"].silence):
            decisions = year_of_decisions(seed, STEPS)
        audit = audited(decisions)
        found += [one.invariant for one in audit.findings]
        assert {condition.kind for condition in audit.conditions()} <= {AlarmKind.UNFAIR}
        if found:
            break
    assert set(found) & PLANTED[mistake].caught_by, found


def test_a_process_that_does_nothing_else_can_read_the_journal_of_beds() -> None:
    known = "import infra.fairness.beds, schemas.facts; print(*sorted(schemas.facts.FACTS), sep='\\n')"
    told = subprocess.run([sys.executable, "-c", known], capture_output=True, text=True, timeout=60, check=True, cwd=PROJECT_ROOT).stdout
    assert {fact.type for fact in TABLE.rows} | {fact.type for fact in TABLE.silent} <= set(told.split())


def test_an_unfair_allocation_names_its_place_and_stops_being_an_alarm_after_its_time() -> None:
    *before, forged = overtaken()
    audit = audited([*before, forged])
    assert {condition.place for condition in audit.conditions()} == {f"{AREA}/0@{len(before) + 1}.0|{name}" for name in ("W01", "WHY")}
    assert "a1" in audit.findings[0].sentence
    assert "a1" not in repr(list(audit.conditions())), "an alarm tells nothing of people"
    later = replace(forged, event_id="later", facts=[], time_ms=forged.time_ms + FINDING_MEMORY_MS + 1)
    aged = audited([*before, forged, later])
    assert len(aged.findings) == len(audit.findings)
    assert list(aged.conditions()) == []


def test_what_was_decided_before_its_time_is_counted_and_not_judged() -> None:
    decisions = year_of_decisions(1, STEPS)
    middle_ms = decisions[STEPS // 2].time_ms
    late = sum(isinstance(one.fact, OfferMade) for decision in decisions if decision.time_ms >= middle_ms for one in decision.facts)
    whole, half = audited(decisions), audited(decisions, middle_ms)
    assert half.judged == late < whole.judged
    assert half.waits(AREA) == whole.waits(AREA)


@pytest.mark.parametrize("seed", range(3))
def test_waits_by_class_street_and_sex_are_those_of_everybody_admitted_from_the_line(seed: int) -> None:
    decisions = year_of_decisions(seed, STEPS)
    days = [
        fact.waited_days
        for fact in facts(decisions, AdmissionRecorded)
        if isinstance(fact, AdmissionRecorded) and fact.cause == "offer" and fact.waited_days is not None
    ]
    assert len(days) > 5, "a year without admissions proves nothing"
    waits = audited(decisions).waits(AREA)
    assert tuple(waits) == GROUPINGS
    for groups in waits.values():
        assert sum(one.admitted for one in groups.values()) == len(days)
        assert sum(one.days for one in groups.values()) == sum(days)
        assert max(one.days_max for one in groups.values()) == max(days)
    assert len({sum(one.waiting for one in groups.values()) for groups in waits.values()}) == 1, "who waits is in one group of each"


def test_a_bed_given_out_of_order_with_a_coded_reason_is_counted_and_no_finding() -> None:
    district = District()
    district.home("f1", street=OTHER_STREET)
    district.apply("a1", assessed_level=6)
    district.apply("a2", assessed_level=3)
    district.publish("f1", b1="free")
    district.send(
        "allocation.overridden", application_id="a2", facility_id="f1", bed_id="b1", approver="op-2", reason="court_order"
    )  # fmt: skip
    assert district.state.applications["a2"].offer_id is not None, "the override was not taken"
    audit = audited(district.decisions)
    assert audit.findings == []
    assert audit.overrides(AREA) == {"court_order": 1}


def test_one_person_in_two_areas_lines_is_found_until_one_of_them_ends() -> None:
    here, there = District(), District()
    here.apply("a1", person_id="p-1")
    there.apply("b1", person_id="p-1")
    here.apply("a2", person_id="p-2", bed_types=["respite"], stay_days=10)
    there.apply("b2", person_id="p-2")  # a short stay here, a bed for good there: one of each kind is right
    decisions = [*here.decisions, *elsewhere(there.decisions, "310101")]
    audit = audited(decisions)
    (twice,) = audit.duplicates()
    assert [(held.area, held.name) for held in twice.held] == [("310101", "b1"), (AREA, "a1")]
    (alarm,) = audit.conditions()
    assert (alarm.kind, alarm.place) == (AlarmKind.DUPLICATE_PERSON, "310101/permanent|b1")
    assert "p-1" not in repr(alarm), "the person is not named"
    here.send("application.withdrawn", application_id="a1", reason="found_elsewhere")
    assert audited([*decisions, here.decisions[-1]]).duplicates() == []


def test_one_person_in_two_beds_is_found_and_one_who_moved_is_not() -> None:
    here, there = District(), District()
    for district in (here, there):
        district.home("f1")
        district.apply("a1", person_id="p-1")
        district.publish("f1", b1="free")
        district.settle("a1")
    decisions = [*here.decisions, *elsewhere(there.decisions, "310101")]
    (twice,) = audited(decisions).duplicates()
    assert [(held.area, held.name, held.what) for held in twice.held] == [("310101", "f1|b1", "bed"), (AREA, "f1|b1", "bed")]
    here.send("bed.vacated", facility_id="f1", bed_id="b1", application_id="a1")
    assert audited([*decisions, here.decisions[-1]]).duplicates() == []


def test_drills_are_no_part_of_the_audit() -> None:
    audit = audited(elsewhere(overtaken(), DRILL_AREA))
    assert (audit.areas, audit.judged, audit.findings) == ([], 0, [])


@pytest.mark.parametrize("seed", range(3))
def test_what_has_ended_is_forgotten(seed: int) -> None:
    decisions = year_of_decisions(seed, STEPS)
    audit = audited(decisions)
    (area,) = audit._folding.areas.values()
    assert set(area.applications) == set(area.open)
    assert {offer.state for offer in area.offers.values()} <= {"open", "accepted"}
    assert area.closed_tasks == {}
    assert set(area.owned) == {task["about"] for task in area.tasks.values()}
