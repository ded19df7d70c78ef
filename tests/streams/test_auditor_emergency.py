"""The auditor's table of emergency agrees with what the agents hold after every event of random days, and its drill is answered."""

import pytest

from agents import core
from agents.emergency import DOMAIN
from agents.emergency.state import EmergencyState
from schemas.drill import DRILL_ACTOR, DRILL_AREA
from streams.auditor.book import AreaBook
from streams.auditor.drills import drill_of
from streams.auditor.emergency import CHAIN_GRACE_S, TABLE
from streams.auditor.scripts import SCRIPTS
from tests.agents.emergency.random_day import RandomDay
from tests.agents.emergency.world import AREA, World, at, received, types


def awaited(state: EmergencyState) -> set[tuple[str, str, int]]:
    """Deadlines as the agents have them: name, about what, when. A journey is known by its responder alone."""
    return {(*_split(key), when_ms) for key, when_ms in state.deadlines.dump()}


def _split(key: str) -> tuple[str, str]:
    name, _, about = key.partition("|")
    return name, about.split("|")[-1] if name == "watch" else about


def audited(book: AreaBook) -> set[tuple[str, str, int]]:
    """The same as the book has them."""
    return {(name, case.key, due_ms) for case in book.cases.values() for name, due_ms in case.deadlines.items()}


@pytest.mark.parametrize("seed", range(6))
def test_after_every_event_of_a_random_day_the_table_says_what_the_agents_hold(seed: int) -> None:
    day, area, book = RandomDay(seed), core.blank(DOMAIN, AREA), AreaBook(TABLE)
    most = 0
    for _ in range(500):
        decision = core.handle(DOMAIN, area, day.next())
        day.learn(decision)
        book.take((reasoned.fact for reasoned in decision.facts), decision.time_ms)
        assert audited(book) == awaited(area.domain) or area.domain.deadlines.due(area.now_ms) is not None
        assert {key for kind, key in book.cases if kind == "incident"} == set(area.domain.calls)
        held = {key[0] for key, pool in book.pools.items() if pool.held}
        assert held == {unit_id for unit_id, unit in area.domain.units.by_id.items() if unit.engaged is not None}
        assert book.orphans() == []
        assert book.breaches() == []
        most = max(most, len(book.cases))
    assert most > 20, "a day without incidents proves nothing"


def test_an_incident_that_is_silent_for_seconds_is_overdue() -> None:
    world, book = World(), AreaBook(TABLE)
    decision = world.press()
    book.take((reasoned.fact for reasoned in decision.facts), decision.time_ms)
    due_ms = decision.time_ms + 10_000
    assert book.overdue(due_ms + 1000 * int(CHAIN_GRACE_S), 120) == []
    assert [late.key for late in book.overdue(due_ms + 1000 * int(CHAIN_GRACE_S) + 1, 120)] == ["k-1"]


def test_a_responder_on_two_incidents_is_a_breach() -> None:
    world, book = World(), AreaBook(TABLE)
    world.unit("r-1")
    sent = [reasoned.fact for reasoned in world.press().facts]
    for decision in world.decisions:
        book.take((reasoned.fact for reasoned in decision.facts), decision.time_ms)
    assert book.breaches() == []
    (dispatched,) = [fact for fact in sent if fact.type == "emergency.responder.dispatched.v1"]
    book.take([dispatched.model_copy(update={"call_id": "k-2"})], world.now_ms)
    assert [breach.what for breach in book.breaches()] == ["promised beyond capacity"]


def test_each_drill_sends_a_responder_and_leaves_nothing_behind() -> None:
    area = core.blank(DOMAIN, DRILL_AREA)
    for step in range(20):
        start_ms = at("2026-11-22 09:00") + 60_000 * step
        drill = drill_of("emergency", SCRIPTS["emergency"], start_ms)
        for event in drill.events:
            decision = core.handle(DOMAIN, area, received(event["type"], event["data"], event["id"], start_ms, DRILL_ACTOR))
            DOMAIN.check_all(area.domain)
            wanted = drill.expected.get(event["id"])
            assert wanted is None or wanted.removeprefix("emergency.").removesuffix(".v1") in types(decision), (step, decision)
    assert not area.domain.calls
    assert not area.domain.tasks
    assert not area.domain.callbacks, "nobody is called back after a test"
