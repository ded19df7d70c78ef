"""The log protocol on memory ports: taking, holding, losing a partition (design, section 4)."""

import asyncio
import contextlib

import pytest

from schemas.journal import Clock, Decided, Failed, Opened, decode, encode
from streams.clock import OwnerClock
from streams.memory import MemoryEventLog
from streams.owner import OwnerState, PartitionOwner
from streams.recovery import replay
from streams.runtime import PartitionRuntime
from streams.snapshots import load_newest
from tests.streams.bench_world import PARTITIONS, World, hashes, until
from tests.streams.counting import Count, added, held

AREAS = ("310101", "310104", "310106")


def load(world: World, count: int, prefix: str = "e") -> None:
    world.send(*(added(f"{prefix}-{n}", AREAS[n % 3], n) for n in range(count)))


async def test_a_partition_nobody_ever_owned_is_taken_and_answered() -> None:
    world = World()
    owner = await world.live()
    load(world, 30)
    world.deliver(owner)
    assert world.answered() == [f"e-{n}" for n in range(30)]


async def test_a_new_process_rebuilds_the_same_areas_from_the_journal_alone() -> None:
    world = World()
    first = await world.live()
    load(world, 50)
    world.deliver(first)
    second = await world.live()
    assert hashes(second) == hashes(first)
    assert len(hashes(first)) == 3


async def test_a_new_process_rebuilds_the_same_areas_from_a_snapshot_and_the_rest_of_the_journal() -> None:
    world = World()
    first = await world.live()
    load(world, 50)
    world.deliver(first)
    await first.close()
    manifest = (await load_newest(world.snapshots, 0)).manifest
    assert manifest is not None
    assert manifest.position.seq == 50
    load(world, 10, "later")
    second = await world.live()
    world.deliver(second)
    third = await world.live()
    assert hashes(third) == hashes(second)
    with_snapshots = await replay(world.carrying().domain, world.journal, partition=0, snapshots=world.snapshots)
    without = await replay(world.carrying().domain, world.journal, partition=0)
    assert with_snapshots.hashes == without.hashes == hashes(second)


@pytest.mark.parametrize("lost", ["a chunk", "the manifest"])
async def test_a_half_written_snapshot_never_destroys_the_one_before(lost: str) -> None:
    world = World()
    first = await world.live()
    load(world, 20)
    world.deliver(first)
    await first.close()
    before = (await load_newest(world.snapshots, 0)).manifest
    second = await world.live()
    load(world, 20, "more")
    world.deliver(second, 20)
    await second.close()
    after = (await load_newest(world.snapshots, 0)).manifest
    assert before is not None
    assert after is not None
    assert after.position.next_offset > before.position.next_offset
    if lost == "a chunk":
        area, stored = next(iter(after.areas.items()))
        await world.snapshots.put(0, f"{area}/{stored.generation}/0", b"torn")
    else:
        await world.snapshots.put(0, f"@manifest/{after.slot}", b"torn")
    assert (await load_newest(world.snapshots, 0)).manifest == before
    third = await world.live()
    assert hashes(third) == hashes(second)


async def test_with_every_snapshot_torn_the_journal_is_enough() -> None:
    world = World()
    first = await world.live()
    load(world, 20)
    world.deliver(first)
    await first.close()
    for slot in (0, 1):
        await world.snapshots.put(0, f"@manifest/{slot}", b"torn")
    second = await world.live()
    assert hashes(second) == hashes(first)


async def test_a_snapshot_taken_under_load_equals_the_state_it_stands_for() -> None:
    world = World(snapshot_every=40)
    owner = await world.live()
    for part in range(10):
        load(world, 20, f"p{part}")
        world.deliver(owner, part * 20)
        await asyncio.sleep(0.01)
    await owner._snapshotter.idle()
    manifest = (await load_newest(world.snapshots, 0)).manifest
    assert manifest is not None
    until_offset = manifest.position.next_offset
    domain = world.carrying().domain
    pictured = await replay(domain, world.journal, partition=0, until=until_offset, snapshots=world.snapshots)
    folded = await replay(domain, world.journal, partition=0, until=until_offset)
    assert pictured.hashes == folded.hashes
    assert pictured.position == folded.position


async def test_a_zombie_that_appends_after_its_successor_opened_changes_nothing() -> None:
    world = World()
    zombie = await world.live(owner="zombie")
    load(world, 10)
    world.deliver(zombie)
    heir = await world.live(owner="heir")
    load(world, 10, "late")
    world.deliver(zombie, 10)
    world.deliver(heir, 10)
    assert world.answered() == [f"e-{n}" for n in range(10)] + [f"late-{n}" for n in range(10)]
    reader = await world.live(owner="reader")
    assert hashes(reader) == hashes(heir)


async def test_a_zombie_finds_its_successor_in_the_journal_and_ends() -> None:
    world = World()
    zombie = await world.live(owner="zombie")
    await world.live(owner="heir")
    load(world, 1)
    world.deliver(zombie)
    await until(lambda: bool(world.ends))
    assert world.ends[0][0] == 71


async def test_a_paused_former_owners_late_record_does_not_end_the_rightful_one() -> None:
    world = World()
    await world.live(owner="former")
    owner = await world.live(owner="rightful")
    load(world, 2)
    world.deliver(owner)
    await until(lambda: owner.in_flight == 0)
    world.journal.add(0, encode(Decided(0, 1, 0, 0, ())))
    load(world, 2, "next")
    world.deliver(owner, 2)
    await asyncio.wait_for(owner.close(), 10)
    assert world.ends == []
    assert world.answered() == ["e-0", "e-1", "next-0", "next-1"]


async def test_what_the_group_committed_but_nobody_answered_is_read_from_the_topic() -> None:
    world = World()
    load(world, 12)
    world.committed = 12
    await world.live()
    assert world.answered() == [f"e-{n}" for n in range(12)]


async def test_a_later_delivery_waits_until_the_gap_before_it_is_read() -> None:
    world = World()
    owner = await world.live()
    load(world, 9)
    world.deliver(owner, 6)
    await until(lambda: owner.state is OwnerState.LIVE)
    assert world.answered() == [f"e-{n}" for n in range(9)]


async def test_an_earlier_delivery_is_skipped() -> None:
    world = World()
    owner = await world.live()
    load(world, 5)
    world.deliver(owner)
    world.deliver(owner)
    world.deliver(owner, 3)
    assert len(world.believed()) == 5


async def test_records_that_arrive_during_recovery_are_answered_in_order_however_many() -> None:
    world = World()
    load(world, 5_000)
    owner = PartitionOwner(world.carrying(), 0)
    owner.take()
    world.deliver(owner)
    await until(lambda: owner.state is OwnerState.LIVE)
    assert world.answered() == [f"e-{n}" for n in range(5_000)]


async def test_a_partition_that_comes_back_folds_only_what_is_new_also_when_another_owned_it_meanwhile() -> None:
    world = World()
    owner = await world.live(owner="first")
    load(world, 10)
    world.deliver(owner)
    owner.release()
    other = await world.live(owner="second")
    load(world, 10, "other")
    world.deliver(other)
    folded: list[int] = []
    fold = PartitionRuntime.fold

    def counting_fold(self: PartitionRuntime[Count], offset: int, record: object) -> bool:
        folded.append(offset)
        return fold(self, offset, record)  # type: ignore[arg-type]  # the patched method's own signature

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PartitionRuntime, "fold", counting_fold)
        owner.take()
        await until(lambda: owner.state is OwnerState.LIVE)
    assert folded == list(range(11, 23))
    assert hashes(owner) == hashes(other)


async def test_an_event_that_breaks_the_process_twice_is_refused_by_the_third() -> None:
    world = World()
    world.send(added("e-0", AREAS[0]), added("e-1", AREAS[0], fault="evolve"), added("e-2", AREAS[0]))
    for process in range(2):
        owner = await world.live(owner=f"w{process}")
        world.deliver(owner)
        await until(lambda wanted=process + 1: len(world.ends) == wanted)  # type: ignore[misc]  # bound per round
        assert owner.state is OwnerState.FAILED
    assert [code for code, _ in world.ends] == [70, 70]
    failed = [decode(entry.value) for entry in world.journal.entries(0) if isinstance(decode(entry.value), Failed)]
    assert [(one.source_offset, one.error) for one in failed if isinstance(one, Failed)] == [(1, "KeyError")] * 2
    world.ends.clear()
    third = await world.live(owner="w2")
    world.deliver(third)
    await until(lambda: third.state is OwnerState.LIVE)
    assert world.answered() == ["e-0", "e-1", "e-2"]
    assert [decision.reason for record in world.believed() for decision in record.decisions] == [None, "internal_error", None]


async def test_a_machine_without_memory_ends_the_process_and_nothing_is_held_against_the_event() -> None:
    world = World()
    world.send(added("e-0", AREAS[0]), added("e-1", AREAS[0], fault="memory"))
    for process in range(3):
        owner = await world.live(owner=f"w{process}")
        world.deliver(owner)
        await until(lambda wanted=process + 1: len(world.ends) == wanted)  # type: ignore[misc]  # bound per round
    assert [code for code, _ in world.ends] == [77] * 3
    assert world.answered() == ["e-0"], "the event waits, undecided and unrefused, for a process that has the memory"
    assert not [entry for entry in world.journal.entries(0) if isinstance(decode(entry.value), Failed)]


async def test_a_failed_append_ends_the_process() -> None:
    world = World()
    owner = await world.live()
    broken: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    broken.set_exception(OSError("the disk"))
    world.journal.append = lambda *_: broken  # type: ignore[method-assign]  # the fault of this test
    load(world, 1)
    world.deliver(owner)
    await until(lambda: bool(world.ends))
    assert world.ends[0][0] == 71


async def test_an_event_log_shorter_than_the_journal_is_not_silently_skipped() -> None:
    world = World()
    world.journal.add(0, encode(Opened("w", Clock.WALL)))
    world.journal.add(0, encode(Decided(0, 1, 0, 500, ())))
    await world.live()
    assert world.ends[0][0] == 72


async def test_a_corrupt_journal_is_not_guessed_at() -> None:
    world = World()
    world.journal.add(0, b'{"epoch":1}')
    await world.live()
    assert world.ends[0][0] == 72


@pytest.mark.parametrize("clock", list(Clock))
async def test_the_clock_posts_one_tick_for_what_is_due_and_no_more(clock: Clock) -> None:
    world = World(clock=clock)
    now = [1_000.0]
    owner = await world.live(now_s=lambda: now[0])
    ticker = OwnerClock(world.carrying(now_s=lambda: now[0]), owner)
    world.send(held("h-1", AREAS[0], seconds=10), headers=(("playedat", b"1000000"),))
    world.deliver(owner)
    assert await ticker.look() == 0, "nothing is due yet"
    if clock is Clock.WALL:
        now[0] = 1_010.0
        assert await ticker.look() == 1
        assert await ticker.look() == 0, "one tick of an area at a time"
        tick = world.events.at(0, 1)
        assert tick.key == AREAS[0].encode()
        assert tick.headers == ()
    else:
        now[0] = 5_000.0
        assert await ticker.look() == 0, "a played area's time does not pass by our clock"


async def test_a_tick_that_came_too_early_for_the_broker_is_posted_again_after_a_pause() -> None:
    world = World()
    monotonic = [0.0]
    owner = await world.live()
    ticker = OwnerClock(world.carrying(now_s=lambda: 2_000.0), owner, lambda: monotonic[0])
    world.send(held("h-1", AREAS[0], seconds=10))
    world.deliver(owner)
    assert await ticker.look() == 1
    world.deliver(owner, 1)
    assert owner.runtime is not None
    assert owner.runtime.areas[AREAS[0]].domain.holds, "the broker's clock (1,000 s) is behind: nothing was due"
    assert await ticker.look() == 0
    monotonic[0] = 0.3
    assert await ticker.look() == 1
    assert world.events.at(0, 1).value != world.events.at(0, 2).value


class Deaf(MemoryEventLog):
    """Answers the end of the log late, and swallows a cancellation that comes meanwhile, as a Kafka client can on Python 3.11."""

    def __init__(self) -> None:
        super().__init__(PARTITIONS, lambda: 1_000_000)
        self.asked = 0
        self.answer = asyncio.Event()

    async def end_offset(self, partition: int) -> int:
        self.asked += 1
        with contextlib.suppress(asyncio.CancelledError):
            await self.answer.wait()
        return await super().end_offset(partition)


async def test_a_partition_lost_while_it_is_taken_stays_lost_although_the_kafka_client_swallows_the_cancellation() -> None:
    deaf = Deaf()
    world = World(events=deaf)
    load(world, 3)
    owner = PartitionOwner(world.carrying(), 0)
    owner.take()
    await until(lambda: deaf.asked == 1)
    owner.release()
    owner.take()
    deaf.answer.set()
    await until(lambda: owner.state is OwnerState.LIVE)
    world.deliver(owner)
    assert world.answered() == ["e-0", "e-1", "e-2"]
    owner.release()
    owner.take()
    await until(lambda: owner.state is OwnerState.LIVE)
    owner.release()
    for _ in range(20):
        await asyncio.sleep(0)
    assert owner.state is OwnerState.RELEASED
    assert world.ends == []
