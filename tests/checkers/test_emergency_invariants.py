"""Emergency: a played region is clean, and every invariant's violation, planted in its journal, is seen."""

from collections.abc import Callable
from functools import partial

import pytest

from infra.checkers.emergency.checks import CHECKS
from infra.checkers.fold import fold
from infra.checkers.logs import Decided, Logs
from infra.checkers.report import check_all
from infra.checkers.violation import Violation
from infra.scenario.day import DayPlan, build_day, with_ticks
from infra.scenario.packets import packets
from tests.checkers.in_memory import World
from tests.checkers.planting import Body, add_fact, change, change_fact, decision, drop_facts, find
from tests.simulation.domains.emergency.part import PART
from tests.simulation.engine import switched_on

OPENED = "emergency.call.opened.v1"
MERGED = "emergency.call.merged.v1"
SENT = "emergency.responder.dispatched.v1"
ENDED = "emergency.dispatch.ended.v1"
ESCALATED = "emergency.call.escalated.v1"
CLOSED = "emergency.call.closed.v1"
ACCEPTED = "emergency.dispatch.accepted.v1"
TRIAGED = "emergency.call.triaged.v1"
RELEASED = "emergency.responder.released.v1"

Plant = Callable[[Logs], Logs]


@pytest.fixture(scope="session")
def region() -> Logs:
    """Logs of a tenth of a day's calls, without tables. Never changed by a test: planting makes copies."""
    plan = DayPlan(scale=0.1, domains=("emergency",))
    world = World(domain="emergency")
    with switched_on(PART):
        world.play(list(packets(with_ticks(build_day(plan), plan, 5), plan.seed)))
    return world.logs()


def _found(logs: Logs) -> list[Violation]:
    eyes = CHECKS.eyes(logs, 1)
    fold(logs, CHECKS.model, eyes)
    return [violation for eye in eyes for violation in eye.found]


def test_a_played_region_is_clean_and_its_searches_were_judged(region: Logs) -> None:
    report = check_all(region)
    assert report.ok, report.text()
    assert report.counts["dispatches"] > 50


def _changed(fact: str, logs: Logs, **values: object) -> Logs:
    place, data = find(logs, fact)
    return change_fact(logs, place, fact, lambda one: one == data, **values)


def _moved(fact: str, field: str, by_ms: int, logs: Logs) -> Logs:
    place, data = find(logs, fact)
    return change_fact(logs, place, fact, lambda one: one == data, **{field: data[field] + by_ms})


def _without(fact: str, logs: Logs) -> Logs:
    _, data = find(logs, fact)
    return drop_facts(logs, lambda kind, one: kind == fact and one == data)


def _refused(logs: Logs) -> Logs:
    place = decision(logs, lambda body: body["event_type"] == "emergency.call.raised.v1")

    def edit(body: Body) -> None:
        body["decisions"][place.place] |= {"outcome": "refused", "reason": "unknown_device", "facts": []}

    return change(logs, place, edit)


def _two_openings(logs: Logs) -> Logs:
    place, data = find(logs, OPENED)
    return add_fact(logs, place, OPENED, {**data, "call_id": "another"})


def _level_two_first(logs: Logs) -> Logs:
    place, data = find(logs, ESCALATED, lambda one: one["level"] == 1)
    return change_fact(logs, place, ESCALATED, lambda one: one == data, level=2)


def _chain_ends(logs: Logs) -> Logs:
    _, data = find(logs, ESCALATED, lambda one: one["level"] == 1)
    return drop_facts(logs, lambda kind, one: kind == ESCALATED and one["call_id"] == data["call_id"])


def _busy_one_sent(logs: Logs) -> Logs:
    _, first = find(logs, SENT)
    place, second = find(logs, SENT, lambda one: one["call_id"] != first["call_id"])
    planted = drop_facts(logs, lambda kind, one: kind in (ENDED, RELEASED) and one["responder_id"] == first["responder_id"])
    return change_fact(planted, place, SENT, lambda one: one == second, responder_id=first["responder_id"])


def _another_sent(logs: Logs) -> Logs:
    """The farthest of those who could go."""
    place, sent = find(logs, SENT, lambda one: one["override"] is None)
    listed = [fact["data"] for one in logs.decisions for fact in one.body["facts"] if fact["type"] == "emergency.responder.listed.v1"]
    other = next(one["responder_id"] for one in reversed(listed) if one["responder_id"] != sent["responder_id"])
    return change_fact(logs, place, SENT, lambda one: one == sent, responder_id=other)


def _closed_by_the_clock(logs: Logs) -> Logs:
    place, data = find(logs, CLOSED)
    where, _ = find(logs, ESCALATED, lambda one: one["call_id"] == data["call_id"])
    assert where.offset < place.offset
    return add_fact(logs, where, CLOSED, data)


def _closed_by_a_device(logs: Logs) -> Logs:
    place = decision(logs, lambda body: body["event_type"] == CLOSED and body["outcome"] == "accepted")
    return _by(logs, place, "device:d-1")


def _by(logs: Logs, place: Decided, actor: str) -> Logs:
    """The same logs, but somebody else sent the event."""
    wrong = logs.parsed | {}
    events = wrong[place.partition, place.source_offset] or []
    wrong[place.partition, place.source_offset] = [event | {"actor": actor} if event["id"] == place.event_id else event for event in events]
    copy = change_fact(logs, place, CLOSED, by=actor)
    copy.__dict__["parsed"] = wrong
    return copy


def _shown_to_a_stranger(logs: Logs) -> Logs:
    return _changed("emergency.access.released.v1", logs, to_id="stranger")


def _alone(logs: Logs) -> Logs:
    """Nobody was sent to a call for which somebody was free."""
    _, data = find(logs, SENT, lambda one: one["level"] == 1)
    kinds = (SENT, "emergency.dispatch.complete.v1", "emergency.coverage.gap_left.v1")
    return drop_facts(logs, lambda kind, one: kind in kinds and one["call_id"] == data["call_id"])


PLANTED: dict[str, tuple[frozenset[str], Plant]] = {
    "a call refused": (frozenset({"E01"}), _refused),
    "a signal in two incidents": (frozenset({"E06"}), _two_openings),
    "a signal in no incident": (frozenset({"E06"}), partial(_without, MERGED)),
    "a merge into another incident": (frozenset({"E06"}), partial(_changed, MERGED, into_call_id="nobody")),
    "nobody looked for": (frozenset({"E02"}), _alone),
    "a chain promised too late": (frozenset({"E03"}), partial(_moved, OPENED, "step_by_ms", 60_000)),
    "a chain that ends": (frozenset({"E03"}), _chain_ends),
    "a judgement not by its answers": (frozenset({"E18"}), partial(_changed, TRIAGED, derived="help", rule="conscious:yes")),
    "a judgement with another mix": (frozenset({"E18"}), partial(_changed, TRIAGED, roles=[["anybody"]])),
    "a level skipped": (frozenset({"E04"}), _level_two_first),
    "the wrong seat told": (frozenset({"E04"}), partial(_changed, ESCALATED, to="nobody")),
    "closed by a device": (frozenset({"E05"}), _closed_by_a_device),
    "closed by the clock": (frozenset({"E08"}), _closed_by_the_clock),
    "one responder on two incidents": (frozenset({"E09"}), _busy_one_sent),
    "one that never left": (frozenset({"E09"}), partial(_without, RELEASED)),
    "sent although another was nearer": (frozenset({"NEAREST", "E09"}), _another_sent),
    "a false distance": (frozenset({"NEAREST"}), partial(_moved, SENT, "distance_m", 3)),
    "a false travel time": (frozenset({"NEAREST"}), partial(_moved, SENT, "travel_s", 1)),
    "too long to accept": (frozenset({"I07"}), partial(_moved, SENT, "accept_by_ms", 1000)),
    "accepted by who was not sent": (frozenset({"E09"}), partial(_changed, ACCEPTED, responder_id="stranger")),
    "shown to a stranger": (frozenset({"E19"}), _shown_to_a_stranger),
    "not shown to who accepted": (frozenset({"E19"}), partial(_without, "emergency.access.released.v1")),
    "a close that forgets its signals": (frozenset({"E22"}), partial(_changed, CLOSED, signals=0)),
    "a silent device unsaid": (frozenset({"E17"}), partial(_without, "emergency.coverage.changed.v1")),
    "a rest cut short": (frozenset({"E9R"}), partial(_changed, RELEASED, rest_until_ms=1)),
}  # fmt: skip


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_seen(region: Logs, mistake: str) -> None:
    meant, plant = PLANTED[mistake]
    seen = {violation.invariant for violation in _found(plant(region))}
    assert meant & seen, seen
