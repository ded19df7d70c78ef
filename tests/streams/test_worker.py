"""Whole worker processes on a real broker: killed, paused, stopped, poisoned."""

import asyncio
import signal
from pathlib import Path

import pytest

from streams.kafka import KafkaJournal, KafkaQuarantine, KafkaSnapshots
from streams.partitioning import home_partition
from streams.reactor import ReactorConfig, run_reactor
from streams.recovery import replay
from streams.snapshots import load_newest
from tests.streams.counting import added, held, register
from tests.streams.ground import Ground
from tests.streams.processes import Journal, follow, send, send_raw, worker

pytestmark = pytest.mark.stack
AREAS = ["310101", "310104", "310105", "310106"]
PARTITIONS = 2


def events(count: int, prefix: str = "e") -> list[dict[str, object]]:
    return [added(f"{prefix}-{n}", AREAS[n % 4]) for n in range(count)]


async def test_killed_twice_under_load_every_event_is_decided_exactly_once(ground: Ground) -> None:
    await ground.make_topics(PARTITIONS)
    journal = Journal()
    sending = asyncio.create_task(send(ground, PARTITIONS, events(1_000), pause_s=0.002))
    for round_ in range(2):
        with worker(ground, PARTITIONS, f"w{round_}", session_timeout_s=2.0) as process:
            before = len(journal.answered)
            await follow(ground, journal, lambda j, before=before: len(j.answered) > before + 100)
            process.kill()
    await sending
    with worker(ground, PARTITIONS, "last", session_timeout_s=2.0):
        await follow(ground, journal, lambda j: len(set(j.answered)) == 1_000)
    assert sorted(journal.answered) == sorted(str(event["id"]) for event in events(1_000))
    async with KafkaJournal(ground.bootstrap, ground.domain) as log:
        domain = register(ground.domain)
        totals = [a.domain.total for p in range(PARTITIONS) for a in (await replay(domain, log, partition=p)).runtime.areas.values()]
    assert sum(totals) == 1_000


async def test_a_clean_stop_leaves_a_snapshot_and_the_next_worker_goes_on_from_it(ground: Ground) -> None:
    await ground.make_topics(PARTITIONS)
    journal = Journal()
    await send(ground, PARTITIONS, events(200))
    with worker(ground, PARTITIONS, "first") as process:
        await follow(ground, journal, lambda j: len(j.answered) == 200)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 20) == 0
    register(ground.domain)
    async with KafkaSnapshots(ground.bootstrap, ground.domain) as store, KafkaJournal(ground.bootstrap, ground.domain) as log:
        for partition in range(PARTITIONS):
            manifest = (await load_newest(store, partition)).manifest
            assert manifest is not None
            assert manifest.position.next_offset == await log.end_offset(partition)
    with worker(ground, PARTITIONS, "second"):
        await send(ground, PARTITIONS, events(50, "more"))
        await follow(ground, journal, lambda j: len(j.answered) == 250)
    assert len(set(journal.answered)) == 250


async def test_a_paused_worker_that_wakes_up_changes_nothing_and_ends(ground: Ground) -> None:
    await ground.make_topics(1)
    journal = Journal()
    with worker(ground, 1, "zombie", session_timeout_s=2.0) as zombie:
        await send(ground, 1, events(20))
        await follow(ground, journal, lambda j: len(j.answered) == 20)
        zombie.send_signal(signal.SIGSTOP)
        with worker(ground, 1, "heir", session_timeout_s=2.0):
            await send(ground, 1, events(20, "while"))
            await follow(ground, journal, lambda j: len(set(j.answered)) == 40)
            zombie.send_signal(signal.SIGCONT)
            assert await asyncio.to_thread(zombie.wait, 20) in {71, 73}
            await send(ground, 1, events(20, "after"))
            await follow(ground, journal, lambda j: len(set(j.answered)) == 60)
    assert len(journal.answered) == 60
    assert journal.openers[:2] == ["zombie", "heir"]


async def test_two_workers_share_the_partitions_and_one_takes_over_when_the_other_leaves(ground: Ground) -> None:
    await ground.make_topics(PARTITIONS)
    journal = Journal()
    with worker(ground, PARTITIONS, "one") as one:
        await send(ground, PARTITIONS, events(40))
        await follow(ground, journal, lambda j: len(j.answered) == 40)
        with worker(ground, PARTITIONS, "two") as two:
            await follow(ground, journal, lambda j: "two" in j.openers)
            await send(ground, PARTITIONS, events(40, "both"))
            await follow(ground, journal, lambda j: len(j.answered) == 80)
            one.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(one.wait, 20) == 0
            await send(ground, PARTITIONS, events(40, "left"))
            await follow(ground, journal, lambda j: len(j.answered) == 120)
            assert two.poll() is None
    assert len(set(journal.answered)) == 120


async def test_a_killed_static_member_has_its_partitions_back_before_its_session_ends(ground: Ground) -> None:
    await ground.make_topics(PARTITIONS)
    journal = Journal()
    for round_ in range(2):
        with worker(ground, PARTITIONS, f"life-{round_}", session_timeout_s=60.0, instance="slot-1"):
            await send(ground, PARTITIONS, events(20, f"r{round_}"))
            await follow(ground, journal, lambda j, wanted=20 * (round_ + 1): len(j.answered) == wanted)
    assert len(set(journal.answered)) == 40


async def test_an_event_that_breaks_the_process_stops_nobody_else_for_ever(ground: Ground) -> None:
    await ground.make_topics(1)
    journal = Journal()
    await send(ground, 1, [added("e-0", AREAS[0]), added("e-1", AREAS[0], fault="evolve"), added("e-2", AREAS[0])])
    for owner in ("a", "b"):
        with worker(ground, 1, owner, session_timeout_s=1.5) as process:
            assert await asyncio.to_thread(process.wait, 30) == 70
    with worker(ground, 1, "c", session_timeout_s=1.5):
        await follow(ground, journal, lambda j: len(j.answered) == 3)
    assert journal.answered == ["e-0", "e-1", "e-2"]


async def test_poison_and_strays_never_stop_the_line_and_are_kept_or_sent_home(ground: Ground, tmp_path: Path) -> None:
    await ground.make_topics(PARTITIONS)
    journal, stop = Journal(), asyncio.Event()
    config = ReactorConfig(ground.bootstrap, b"k" * 32, tmp_path / "told.jsonl", (ground.domain,))
    away = 1 - home_partition(AREAS[0], PARTITIONS)
    for value in (b"{not json", None, b"[]", b"\xff\xfe", b"17"):
        await send_raw(ground, away, value)
    await send(ground, PARTITIONS, [added("stray", AREAS[0])], partition=away)
    await send(ground, PARTITIONS, events(8, "good"))
    async with KafkaQuarantine(ground.bootstrap) as quarantine:
        before = await quarantine.end_offset(0)
        with worker(ground, PARTITIONS):
            reacting = asyncio.create_task(run_reactor(config, stop))
            await follow(ground, journal, lambda j: len(j.answered) == 9)
            stop.set()
            await reacting
        kept = await quarantine.end_offset(0) - before
    assert sorted(journal.answered) == sorted(["stray", *(f"good-{n}" for n in range(8))])
    assert kept == 5


async def test_a_hold_expires_by_a_tick_when_nothing_else_happens(ground: Ground) -> None:
    await ground.make_topics(1)
    journal = Journal()
    with worker(ground, 1):
        await send(ground, 1, [held("h-1", AREAS[0], seconds=1)])
        await follow(ground, journal, lambda j: "counting.hold.expired.v1" in j.facts)
    assert journal.facts.count("counting.hold.expired.v1") == 1


async def test_a_worker_does_not_start_on_unfit_topics(ground: Ground) -> None:
    await ground.make_topics(PARTITIONS)
    with worker(ground, PARTITIONS + 1) as process:
        assert await asyncio.to_thread(process.wait, 30) == 74
