"""How long areas stand still: after an owner's death, a consumer's silent stall, a group that never answers."""

import asyncio
import contextlib
import subprocess
import time
from pathlib import Path

import pytest

from infra.supervisor.processes import RESTART_WAIT_S
from tests.faults.clocks import NoShim, WallClock
from tests.faults.conftest import SideDoor
from tests.faults.frames import JOIN_GROUP
from tests.faults.proxy import Toxics
from tests.streams.counting import added, held
from tests.streams.processes import Journal, follow, send, worker

pytestmark = pytest.mark.stack

AREAS = ["310101", "310104", "310105", "310106"]
PARTITIONS = 2
SESSION_TIMEOUT_S = 6.0
STALL_NOTICED_S = 20.0
EXIT_WATCHDOG = 73
HOLD_S = 3


def events(count: int, prefix: str) -> list[dict[str, object]]:
    return [added(f"{prefix}-{n}", AREAS[n % len(AREAS)]) for n in range(count)]


async def ended(process: "subprocess.Popen[bytes]", within_s: float) -> tuple[int | None, float]:
    """The exit code, None when it still runs then, and the seconds it took."""
    started_s = time.monotonic()
    with contextlib.suppress(subprocess.TimeoutExpired):
        await asyncio.to_thread(process.wait, within_s)
    return process.poll(), time.monotonic() - started_s


async def test_after_an_owner_is_killed_its_areas_go_on_within_the_session_timeout_and_three_seconds(side_door: SideDoor) -> None:
    """The bound is the requirement itself: nothing is added for a slow machine."""
    ground = side_door.near
    await ground.make_topics(PARTITIONS)
    journal = Journal()
    with worker(ground, PARTITIONS, "one", session_timeout_s=SESSION_TIMEOUT_S) as one:
        await send(ground, PARTITIONS, events(20, "before"))
        await follow(ground, journal, lambda j: len(j.answered) == 20)
        with worker(ground, PARTITIONS, "two", session_timeout_s=SESSION_TIMEOUT_S):
            await follow(ground, journal, lambda j: "two" in j.openers)
            await send(ground, PARTITIONS, events(20, "both"))
            await follow(ground, journal, lambda j: len(j.answered) == 40)
            one.kill()
            killed_s = time.monotonic()
            await send(ground, PARTITIONS, events(20, "after"))
            await follow(ground, journal, lambda j: len(j.answered) == 60)
            still_s = time.monotonic() - killed_s
    print(f"\nareas stood still for {still_s:.1f} s after SIGKILL, session timeout {SESSION_TIMEOUT_S:.0f} s")
    assert still_s < SESSION_TIMEOUT_S + 3


@pytest.mark.parametrize("kind", ["the group's consumer alone", "every connection of the worker"])
async def test_a_worker_whose_connections_silently_stall_is_noticed_and_ends_within_twenty_seconds(side_door: SideDoor, kind: str) -> None:
    """The worker has the product's own settings. It is alone, so that nobody takes its areas over: only the watchdog helps."""
    await side_door.near.make_topics(PARTITIONS)
    journal = Journal()
    with worker(side_door.far, PARTITIONS, "stalled", session_timeout_s=10.0) as process:
        await send(side_door.near, PARTITIONS, events(20, "before"))
        await follow(side_door.near, journal, lambda j: len(j.answered) == 20)
        if kind == "the group's consumer alone":
            side_door.disturb(Toxics(cut_up=True, cut_down=True, only="stalled"))
        else:
            side_door.forget_connections()
        await send(side_door.near, PARTITIONS, events(20, "unanswered"))
        code, seconds = await ended(process, within_s=70)
    print(f"\n{kind}: ended with {code} after {seconds:.1f} s")
    assert code == EXIT_WATCHDOG
    assert seconds + RESTART_WAIT_S < STALL_NOTICED_S
    side_door.disturb(Toxics())
    with worker(side_door.far, PARTITIONS, "again", session_timeout_s=10.0):
        await follow(side_door.near, journal, lambda j: len(j.answered) == 40)


async def test_a_worker_that_the_group_never_lets_in_ends_although_it_owns_nothing(side_door: SideDoor) -> None:
    await side_door.near.make_topics(PARTITIONS)
    side_door.disturb(Toxics(hold_from=JOIN_GROUP, only="outsider"))
    settings = {"session_timeout_s": 2.0, "stall_s": 3.0, "rebalance_s_max": 5.0}
    with worker(side_door.far, PARTITIONS, "outsider", **settings) as process:
        code, seconds = await ended(process, within_s=60)
    print(f"\nnever let in: ended with {code} after {seconds:.1f} s")
    assert code == EXIT_WATCHDOG


async def test_a_worker_that_a_rebalance_leaves_outside_ends_and_another_has_its_areas(side_door: SideDoor) -> None:
    await side_door.near.make_topics(PARTITIONS)
    journal = Journal()
    settings = {"session_timeout_s": 2.0, "stall_s": 3.0, "rebalance_s_max": 5.0}
    with worker(side_door.far, PARTITIONS, "outside", **settings) as process:
        await send(side_door.near, PARTITIONS, events(20, "before"))
        await follow(side_door.near, journal, lambda j: len(j.answered) == 20)
        side_door.disturb(Toxics(hold_from=JOIN_GROUP, only="outside"))
        with worker(side_door.near, PARTITIONS, "inside", **settings):
            code, seconds = await ended(process, within_s=60)
            assert code == EXIT_WATCHDOG
            await send(side_door.near, PARTITIONS, events(20, "after"))
            await follow(side_door.near, journal, lambda j: len(j.answered) == 40)
    print(f"\nleft outside: ended with {code} after {seconds:.1f} s")


@pytest.mark.parametrize("ahead_s", [262.0, -262.0])
async def test_a_hold_ends_once_neither_early_nor_late_whatever_the_clock_of_the_worker(
    side_door: SideDoor, ahead_s: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time is the broker's. The lateness allowed is the tick's way and, for a clock that is ahead, the pause after ticks that came too
    early (at most as long as the hold itself)."""
    ground = side_door.near
    await ground.make_topics(1)
    try:
        clock = WallClock(tmp_path)
    except NoShim as missing:
        pytest.skip(str(missing))
    clock.set_ahead(ahead_s)
    for name, value in clock.environment.items():
        monkeypatch.setenv(name, value)
    journal, expired = Journal(), "counting.hold.expired.v1"
    with worker(ground, 1):
        await send(ground, 1, events(1, "first"))
        await follow(ground, journal, lambda j: len(j.answered) == 1)
        await send(ground, 1, [held("h-1", AREAS[0], seconds=HOLD_S)])
        await follow(ground, journal, lambda j: len(j.answered) == 2)
        began_s = time.monotonic()
        await follow(ground, journal, lambda j: expired in j.facts)
        took_s = time.monotonic() - began_s
        clock.set_ahead(-ahead_s)
        await send(ground, 1, events(4, "later"))
        await follow(ground, journal, lambda j: len(j.answered) == 6)
    print(f"\nclock {ahead_s:+.0f} s: a hold of {HOLD_S} s ended after {took_s:.1f} s")
    assert HOLD_S - 0.5 < took_s < 2 * HOLD_S + 1
    assert journal.facts.count(expired) == 1
