"""The auditor's table of beds, in agreement with what the agents hold after every event of random years; and its drill."""

from collections.abc import Iterator

import pytest

from agents import core
from agents.beds import DOMAIN
from agents.beds.state import BedsState
from schemas.beds_facts import OfferMade
from streams.auditor.beds import TABLE
from streams.auditor.book import AreaBook
from streams.auditor.scripts import SCRIPTS
from tests.agents.beds.district import AREA, District, received
from tests.agents.beds.random_year import RandomYear

PROMISED = ("held", "reserved")


def due(state: BedsState, application_id: str) -> int | None:
    """When the agents will next do something about this application; the rest from a refused home aside."""
    keys = (f"{kind}|{application_id}" for kind in ("offer", "admit", "resume", "assess"))
    return min((when for when in map(state.deadlines.when, keys) if when is not None), default=None)


def differences(state: BedsState, book: AreaBook) -> Iterator[str]:
    open_cases = {key for kind, key in book.cases if kind == "application"}
    yield from (f"open application {name}" for name in open_cases ^ set(state.applications))
    for name in open_cases & set(state.applications):
        if book.deadline_ms(book.cases["application", name]) != due(state, name):
            yield f"deadline of {name}"
    for facility in state.facilities.values():
        for bed in facility.beds.values():
            pool = book.pools[facility.place_id, bed.bed_id]
            if (pool.held, pool.total) != (int(bed.state in PROMISED), int(bed.state in ("free", *PROMISED))):
                yield f"promise of {bed.key}"
    for (kind, key), case in book.cases.items():
        facility_id, _, bed_id = key.partition("|")
        if kind in ("turnover", "leave"):
            wanted = state.deadlines.when(f"{'clean' if kind == 'turnover' else kind}|{facility_id}|{bed_id}")
            if book.deadline_ms(case) != wanted:
                yield f"{kind} of {key}"
    yield from (str(breach) for breach in book.breaches())
    yield from (str(orphan) for orphan in book.orphans())


@pytest.mark.parametrize("seed", range(4))
def test_after_every_event_of_a_random_year_the_beds_table_says_what_the_agents_hold(seed: int) -> None:
    area, book = core.blank(DOMAIN, AREA), AreaBook(TABLE)
    opened: set[tuple[str, str]] = set()
    year = RandomYear(seed, area)
    for _ in range(700):
        decision = core.handle(DOMAIN, area, year.next())
        book.take((reasoned.fact for reasoned in decision.facts), decision.time_ms)
        assert list(differences(area.domain, book)) == []
        assert book.overdue(area.now_ms, 0) == []
        opened.update(book.cases)
    assert {kind for kind, _ in opened} >= {"application", "turnover"}
    assert len(opened) > 50, "a year without applications proves nothing"


def test_an_assessment_still_missing_when_its_task_is_closed_is_expected_again() -> None:
    district, book = District(), AreaBook(TABLE)
    district.apply("a1")
    district.tick("2028-11-02 09:00")
    task_id = next(iter(district.area.tasks))
    district.send("task.completed.v1", domain="beds", task_id=task_id, result="no_answer")
    for decision in district.decisions:
        book.take((reasoned.fact for reasoned in decision.facts), decision.time_ms)
    assert list(differences(district.state, book)) == []
    assert book.orphans() == []


def test_a_second_offer_of_a_held_bed_and_one_of_an_occupied_bed_are_breaches() -> None:
    district = District()
    district.home("f1")
    district.publish("f1", b1="free", b2="occupied")
    made = next(each.fact for each in district.apply("a1").facts if isinstance(each.fact, OfferMade))
    district.apply("a2")
    for bed_id in ("b1", "b2"):
        book = AreaBook(TABLE)
        for decision in district.decisions:
            book.take((reasoned.fact for reasoned in decision.facts), decision.time_ms)
        assert book.breaches() == []
        book.take([made.model_copy(update={"application_id": "a2", "bed_id": bed_id})], district.now_ms)
        assert [breach.pool for breach in book.breaches()] == [f"f1|{bed_id}"]


def test_the_drill_ends_as_it_began_however_often_it_is_played() -> None:
    """Also when one of its answers got lost on the way: the next story of the same home begins by clearing up."""
    area, book = core.blank(DOMAIN, AREA), AreaBook(TABLE)
    start_ms = 1_795_323_600_000
    for turn in range(12):
        now_ms = start_ms + turn * 60_000
        lines = SCRIPTS["beds"](now_ms)
        for number, line in enumerate(lines):
            if turn == 3 and number == len(lines) - 1:
                continue  # the withdrawal got lost
            decision = core.handle(DOMAIN, area, received(line.event_type, dict(line.data), f"d-{turn}-{number}", now_ms))
            book.take((reasoned.fact for reasoned in decision.facts), decision.time_ms)
            if line.fact is not None:
                assert line.fact in [reasoned.fact.type for reasoned in decision.facts], (turn, number, decision.reason)
    assert area.domain.applications == {}
    assert not [key for key in book.cases if key[0] == "application"]
    assert book.breaches() == []
