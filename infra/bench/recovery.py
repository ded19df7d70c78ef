"""How long an area with a million open orders stands still when its worker is gone, and how long a snapshot holds decisions up.

The past is made once: a state decided by the real core, packed by the real snapshot code, and a tail of journaled decisions after
it, all with the positions they would have had. Each run lays it on a fresh broker as a dead worker would have left it, with one
unanswered order at the end, and starts a real worker process. The peer is the least any recovery must do: the same snapshot bytes
decompressed and parsed, and nothing made of them.
"""

import asyncio
import gc
import signal
import time
from dataclasses import dataclass
from itertools import pairwise

import orjson
import zstandard
from aiokafka import AIOKafkaConsumer, TopicPartition

from agents import core
from agents.meals import DOMAIN as MEALS
from agents.meals.state import MealsState
from infra.bench.figures import Goal, Reading
from infra.bench.ground import (
    AREA,
    DOMAIN,
    HOME,
    PARTITIONS,
    BenchFailed,
    Ends,
    Ground,
    Say,
    append_all,
    ground,
    metrics_of,
    metrics_port,
)
from infra.bench.http_load import open_loop
from infra.bench.orders import World
from infra.supervisor.processes import Supervised
from schemas.codec import Rejection, decode_record
from schemas.decisions import Decision, Outcome
from schemas.journal import Clock, Opened, encode
from schemas.topics import decisions_topic, events_topic
from streams.kafka import KafkaSnapshots, producer, reader
from streams.ports import SourceRecord
from streams.runtime import PartitionRuntime
from streams.snapshots import PackedArea, pack, publish
from streams.tail import Position

OPEN_ORDERS = 1_000_000
TAIL = 20_000
PACKET = 500
SNAPSHOT_EVERY = 100
ORDERS_AROUND_SNAPSHOT = 400
ORDERS_AROUND_SNAPSHOT_PER_S = 100
RECOVERY_S_MAX = 240.0
SNAPSHOT_S_MAX = 300.0
PEER = "decompress and parse the same snapshot"


@dataclass(slots=True)
class Past:
    """What a dead worker left: the packed area, the records after it, and the orders still to come."""

    packed: PackedArea
    open_orders: int
    tail_events: list[bytes]
    tail_journal: list[bytes]
    new_orders: list[bytes]


def make_past(say: Say, *, open_orders: int = OPEN_ORDERS, tail: int = TAIL) -> Past:
    """Decide `open_orders` orders in this process, pack the area, decide `tail` more."""
    say(f"deciding {open_orders} orders in one area")
    new = ORDERS_AROUND_SNAPSHOT + 1
    world = World(open_orders + tail + new, run="r0", days=tuple(range(2, 14)))
    now_ms = round(time.time() * 1000)
    runtime = PartitionRuntime(MEALS, partition=HOME, partitions=PARTITIONS, clock=Clock.WALL)
    runtime.fold(0, Opened("bench", Clock.WALL))
    gc.disable()  # the objects made here all stay; looking through them again and again would take longer than making them
    try:
        for value in world.directory():
            _decide(runtime, value, now_ms)
        for start in range(0, open_orders, PACKET):
            _decide(runtime, world.batches(1, min(PACKET, open_orders - start))[0], now_ms)
        say("packing the area and deciding the tail")
        packed = pack(MEALS, runtime.area(AREA))
        tail_events = world.singles(tail)
        journal = [runtime.handle(SourceRecord(HOME, offset, now_ms, AREA.encode(), value)) for offset, value in enumerate(tail_events)]
        count = len(runtime.area(AREA).domain.orders)
    finally:
        gc.enable()
    if count != open_orders + tail:
        raise BenchFailed(f"{count} open orders where {open_orders + tail} were placed")
    return Past(packed, open_orders, tail_events, journal, world.singles(new))


def measure(past: Past, say: Say) -> list[Reading]:
    """One run on a fresh broker. Raises `BenchFailed` when the worker ends or does not come back in time."""
    began_s = time.monotonic()
    rows = zstandard.ZstdDecompressor().decompressobj().decompress(past.packed.stream).splitlines()
    parsed = sum(len(orjson.loads(row)) > 0 for row in rows)
    floor_s = time.monotonic() - began_s
    assert parsed >= past.open_orders, "a row for each open order"
    del rows
    with ground("recovery") as place:
        say("laying out journal and snapshot")
        asyncio.run(_lay(place, past))
        return asyncio.run(_measure(place, past, floor_s, say))


def _decide(runtime: PartitionRuntime[MealsState], value: bytes, now_ms: int) -> None:
    for item in decode_record(DOMAIN, AREA.encode(), value, now_ms):
        if isinstance(item, Rejection):
            raise BenchFailed(f"our own event is {item.reason}: {item.where}")
        decision: Decision = core.handle(runtime.domain, runtime.area(AREA), item)
        if decision.outcome is not Outcome.ACCEPTED:
            raise BenchFailed(f"{decision.event_id}: {decision.reason}")


async def _lay(place: Ground, past: Past) -> None:
    """Journal offset 0 is the dead worker's `Opened`; the snapshot stands right after it; then the tail."""
    await append_all(place.bootstrap, decisions_topic(DOMAIN), [encode(Opened("bench", Clock.WALL))])
    async with KafkaSnapshots(place.bootstrap, DOMAIN) as store:
        position = Position(next_offset=1, epoch=0, seq=0, source_offset=-1)
        await publish(store, HOME, [past.packed], position=position, failures={}, last=None)
    await append_all(place.bootstrap, events_topic(DOMAIN), past.tail_events)
    await append_all(place.bootstrap, decisions_topic(DOMAIN), past.tail_journal)
    consumer = AIOKafkaConsumer(bootstrap_servers=place.bootstrap, group_id=f"laoxiao-{DOMAIN}", enable_auto_commit=False)
    await consumer.start()
    try:
        tp = TopicPartition(events_topic(DOMAIN), HOME)
        consumer.assign([tp])
        await consumer.commit({tp: len(past.tail_events)})
    finally:
        await consumer.stop()
    await append_all(place.bootstrap, events_topic(DOMAIN), past.new_orders[:1])


async def _measure(place: Ground, past: Past, floor_s: float, say: Say) -> list[Reading]:
    say("starting the worker")
    port, setting = metrics_port()
    began_s = time.monotonic()
    worker = place.run("worker", "worker", "--domain", DOMAIN, LAOXIAO_SNAPSHOT_EVERY=str(SNAPSHOT_EVERY), **setting)
    async with Ends(place.bootstrap) as ends:
        # Both `Opened`, the tail and the answer to the one new order.
        wanted = len(past.tail_journal) + 3

        async def decided() -> bool:
            return await ends.of(decisions_topic(DOMAIN)) >= wanted

        await place.wait_for("the worker decides the new order", decided, deadline_s=RECOVERY_S_MAX, pause_s=0.05)
    until_decided_s = time.monotonic() - began_s
    recovery_s = (await asyncio.to_thread(metrics_of, port))["laoxiao_recovery_seconds_sum"]
    say(f"recovered in {recovery_s:.1f} s; taking a snapshot under orders")
    held_up_ms, snapshot_s, silence_ms = await _snapshot(place, past, worker, port)
    label = f"{past.open_orders:,} open orders"
    return [
        Reading(f"recovery, {label}", recovery_s, "s", Goal(15, at_most=True), PEER, floor_s),
        Reading(f"process start to first decision, {label}", until_decided_s, "s", Goal(15, at_most=True), PEER, floor_s),
        Reading(f"snapshot holds decisions up, {label}", held_up_ms, "ms", Goal(50, at_most=True)),
        Reading(f"longest silence of the journal around it, {label}", silence_ms, "ms"),
        Reading(f"snapshot until durable, {label}", snapshot_s, "s"),
    ]


async def _snapshot(place: Ground, past: Past, worker: Supervised, port: int) -> tuple[float, float, float]:
    """Orders at a steady pace; one of the first makes the snapshot due. Milliseconds held up, seconds until durable, and the
    longest time between two answers in milliseconds."""
    orders = past.new_orders[1:]
    writer = producer(place.bootstrap)
    await writer.start()
    try:

        async def send(number: int) -> None:
            await writer.send_and_wait(events_topic(DOMAIN), orders[number], key=AREA.encode(), partition=HOME)

        await open_loop(ORDERS_AROUND_SNAPSHOT_PER_S, len(orders), send)
    finally:
        await writer.stop()
    found: dict[str, float] = {}

    async def durable() -> bool:
        found.update(await asyncio.to_thread(metrics_of, port))
        return found.get("laoxiao_snapshot_seconds_count", 0) >= 1

    await place.wait_for("a snapshot is durable", durable, deadline_s=SNAPSHOT_S_MAX, pause_s=0.5)
    # A clean stop would take another snapshot, which nobody needs.
    worker.send(signal.SIGKILL)
    silence_ms = await _silence_ms(place, len(past.tail_journal) + 3)
    return found["laoxiao_snapshot_held_up_seconds_sum"] * 1000, found["laoxiao_snapshot_seconds_sum"], silence_ms


async def _silence_ms(place: Ground, first: int) -> float:
    """The longest time between two journal records from offset `first` on."""
    consumer = reader(place.bootstrap)
    await consumer.start()
    stamps_ms: list[int] = []
    try:
        tp = TopicPartition(decisions_topic(DOMAIN), HOME)
        consumer.assign([tp])
        consumer.seek(tp, first)
        end = (await consumer.end_offsets([tp]))[tp]
        while await consumer.position(tp) < end:
            stamps_ms += [row.timestamp for row in (await consumer.getmany(tp, timeout_ms=2_000)).get(tp, [])]
    finally:
        await consumer.stop()
    return float(max(after - before for before, after in pairwise(stamps_ms)))
