"""One set of cases for both implementations of every port: what passes in memory is what Kafka does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from streams.kafka import KafkaEventLog, KafkaJournal, KafkaQuarantine, KafkaSnapshots
from streams.memory import MemoryEventLog, MemoryJournal, MemoryQuarantine, MemorySnapshots
from streams.ports import EventLog, Journal, Quarantine, SnapshotStore
from tests.streams.ground import Ground


@dataclass
class Ports:
    events: EventLog
    journal: Journal
    snapshots: SnapshotStore
    quarantine: Quarantine


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.stack)])
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    if request.param == "memory":
        yield Ports(MemoryEventLog(3, lambda: 1_000), MemoryJournal(3), MemorySnapshots(), MemoryQuarantine())
        return
    ground: Ground = request.getfixturevalue("ground")
    await ground.make_topics(partitions=3)
    async with AsyncExitStack() as stack:
        yield Ports(
            await stack.enter_async_context(KafkaEventLog(ground.bootstrap, ground.domain)),
            await stack.enter_async_context(KafkaJournal(ground.bootstrap, ground.domain)),
            await stack.enter_async_context(KafkaSnapshots(ground.bootstrap, ground.domain)),
            await stack.enter_async_context(KafkaQuarantine(ground.bootstrap)),
        )


async def test_a_published_record_comes_back_with_everything_it_was_sent_with(ports: Ports) -> None:
    headers = (("playedat", b"17"), ("content-type", b"application/json"))
    first = await ports.events.publish(b"310106", b"one", partition=1, headers=headers)
    second = await ports.events.publish(None, b"two", partition=1)
    records = [record async for record in ports.events.read(1, 0, await ports.events.end_offset(1))]
    assert [(r.partition, r.offset, r.key, r.value, r.headers) for r in records] == [
        (1, first, b"310106", b"one", headers),
        (1, second, None, b"two", ()),
    ]
    assert (first, second) == (0, 1)
    assert records[0].timestamp_ms > 0


async def test_partitions_do_not_mix(ports: Ports) -> None:
    await ports.events.publish(b"a", b"here", partition=2)
    assert await ports.events.end_offset(0) == 0
    assert await ports.events.end_offset(2) == 1
    assert ports.events.partitions == ports.journal.partitions == 3


async def test_a_range_holds_its_start_and_not_its_stop(ports: Ports) -> None:
    for number in range(5):
        await ports.events.publish(b"a", str(number).encode(), partition=0)
    assert [r.value async for r in ports.events.read(0, 1, 4)] == [b"1", b"2", b"3"]
    assert [r.value async for r in ports.events.read(0, 4, 4)] == []


async def test_appends_become_durable_in_the_order_of_the_calls(ports: Ports) -> None:
    futures = [ports.journal.append(number % 2, b"k", str(number).encode()) for number in range(400)]
    offsets = await asyncio.gather(*futures)
    assert offsets[0::2] == list(range(200))
    assert offsets[1::2] == list(range(200))
    entries = [entry async for entry in ports.journal.read(0, 0, await ports.journal.end_offset(0))]
    assert [entry.value for entry in entries] == [str(number).encode() for number in range(0, 400, 2)]
    assert [entry.offset for entry in entries] == list(range(200))


async def test_a_journal_record_of_the_largest_size_is_kept(ports: Ports) -> None:
    large = b"x" * 7_900_000
    before, after = ports.journal.append(0, b"k", b"small"), ports.journal.append(0, b"k", large)
    assert list(await asyncio.gather(before, after)) == [0, 1]
    assert [len(entry.value or b"") async for entry in ports.journal.read(0, 0, 2)] == [5, 7_900_000]


async def test_the_last_write_of_a_snapshot_key_is_read_last(ports: Ports) -> None:
    for value in (b"old", b"new", None):
        await ports.snapshots.put(1, "310106/0/0", value)
    await ports.snapshots.put(1, "310107/0/0", b"other")
    latest = {key: value async for key, value in ports.snapshots.read(1)}
    assert latest == {"310106/0/0": None, "310107/0/0": b"other"}
    assert [key async for key, _ in ports.snapshots.read(0)] == []


async def test_the_quarantine_takes_an_original_without_a_key(ports: Ports) -> None:
    await ports.quarantine.put(None, b"bytes", (("reason", b"bad_json"),))
    await ports.quarantine.put(b"310106", b"bytes", (("reason", b"bad_json"),))
