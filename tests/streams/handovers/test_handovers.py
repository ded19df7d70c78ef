"""A fact of one domain becomes an event of another: once for every repetition, at its home, with the time it was decided."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.decisions import Decision, Outcome, Reasoned
from schemas.facts import Fact, TaskClosed, TaskKind
from schemas.journal import Decided
from schemas.topics import DOMAINS
from streams.handovers.handover import Handed, Route, Wish, handovers_of
from streams.handovers.registry import ALL, routes_from
from streams.memory import MemoryEventLog, MemoryQuarantine
from streams.notifications import JsonLinesNotifier
from streams.partitioning import home_partition
from streams.reactor import Reactor, ReactorConfig
from streams.tail import Judged

KEY = b"0123456789abcdef0123456789abcdef"
WELFARE = tuple(route for route in routes_from("meals", ("meals", "emergency")) if route.target == "emergency")
AT_MS = 1_795_000_000_000


def checked(result: str = "needs_help", **task: Any) -> TaskClosed:
    known: dict[str, Any] = {"kind": TaskKind.WELFARE_CHECK, "about": "ord-1", "detail": {"person_id": "p-7"}}
    return TaskClosed(task_id="task:1", result=result, **(known | task))


def decision(*facts: Fact, **changes: Any) -> Decision:
    made = Decision(
        event_id="end-1", event_type="task.completed.v1", area="310106", time_ms=AT_MS, outcome=Outcome.ACCEPTED, reason=None, policy={},
        facts=[Reasoned(fact) for fact in facts], why=None, digest=b"", correlationid="call-9",
    )  # fmt: skip
    return replace(made, **changes)


class Stage:
    """A reactor of meals whose way to another domain ends in memory."""

    def __init__(self, path: Path, routes: tuple[Route, ...], *, played: bool = False) -> None:
        self.there = MemoryEventLog(5, lambda: 1_000)
        config = ReactorConfig("", KEY, path / "told.jsonl", ("meals",), played=played)
        self.reactor = Reactor(
            "meals", config, events=MemoryEventLog(2, lambda: 1_000), quarantine=MemoryQuarantine(),
            notifier=JsonLinesNotifier(path / "told.jsonl"), routes=routes, outlets={"emergency": self.there},
        )  # fmt: skip

    async def react(self, *decisions: Decision, valid: bool = True) -> None:
        await self.reactor.react([Judged(1, 9, b"", Decided(0, 4, 1, 7, decisions, ()), valid)])


async def test_a_welfare_check_that_finds_somebody_in_need_raises_an_emergency_call_at_its_home(tmp_path: Path) -> None:
    stage = Stage(tmp_path, WELFARE)
    await stage.react(decision(checked()))
    (record,) = stage.there.records(home_partition("3101", 5))
    event = orjson.loads(record.value or b"")
    assert (event["type"], event["area"], record.key) == ("emergency.call.raised.v1", "3101", b"3101")
    assert event["data"] == {"call_id": event["id"], "channel": "operator", "person_id": "p-7"}
    assert (event["causationid"], event["correlationid"]) == ("end-1", "call-9")
    assert "playedat" not in dict(record.headers)


async def test_a_reactor_that_repeats_itself_sends_the_very_same_event(tmp_path: Path) -> None:
    stage = Stage(tmp_path, WELFARE)
    for _ in range(2):
        await stage.react(decision(checked()))
    first, second = stage.there.records(home_partition("3101", 5))
    assert first.value == second.value


async def test_in_a_played_deployment_the_event_carries_the_time_it_was_decided(tmp_path: Path) -> None:
    stage = Stage(tmp_path, WELFARE, played=True)
    await stage.react(decision(checked()))
    (record,) = stage.there.records(home_partition("3101", 5))
    assert dict(record.headers)["playedat"] == str(AT_MS).encode()


async def test_a_record_that_does_not_count_hands_nothing_over(tmp_path: Path) -> None:
    stage = Stage(tmp_path, WELFARE)
    await stage.react(decision(checked()), valid=False)
    assert [stage.there.records(partition) for partition in range(5)] == [[]] * 5


@pytest.mark.parametrize("task", [checked("well"), checked(kind=TaskKind.UNPLACED_REQUEST), TaskClosed(task_id="t", result="needs_help")])
def test_a_person_who_is_well_and_other_tasks_call_nobody(task: TaskClosed) -> None:
    assert handovers_of(WELFARE, 1, 4, decision(task)) == []


def test_every_fact_and_every_wish_has_an_id_of_its_own() -> None:
    def twice(handed: Handed) -> Iterator[Wish]:
        yield Wish("emergency.call.raised.v1", "3101", None, {})
        yield Wish("emergency.call.raised.v1", "3102", None, {})

    route = Route("twice", "meals", "emergency", frozenset({TaskClosed.type}), twice)
    made = handovers_of((route,), 1, 4, decision(checked(), checked()))
    assert len({one.event_id for one in made}) == len(made) == 4


def test_a_route_is_open_only_where_both_its_domains_are_switched_on() -> None:
    assert WELFARE
    assert not set(WELFARE) & set(routes_from("meals", ("meals",)))
    assert routes_from("emergency", ("meals", "emergency"), WELFARE) == ()
    assert all(route.target in DOMAINS for route in routes_from("meals"))
    assert len({route.name for route in ALL}) == len(ALL)
