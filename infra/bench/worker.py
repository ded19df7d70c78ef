"""Durable decisions a second: one real worker process drains a filled ``meals.events`` partition into the journal.

Measured on the journal itself, read after the worker has ended: decisions between the first and the last order record, over the time
between their timestamps (the worker stamps a record when it hands it to the producer; the last one waits one round trip more).
The peer copies the same records with the same client library and does nothing else. Processor time is shown beside the rate because
it hardly depends on who else uses the machine.
"""

import asyncio
import subprocess
import sys
from dataclasses import dataclass

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from infra.bench.figures import Goal, Reading
from infra.bench.ground import DOMAIN, HOME, PARTITIONS, BenchFailed, Ends, Ground, Say, append_all, child_failed, ground, processor_s
from infra.bench.orders import World
from infra.stack.home import PROJECT_ROOT
from infra.supervisor.processes import Supervised
from schemas.decisions import Outcome
from schemas.journal import Decided, decode
from schemas.topics import decisions_topic, events_topic
from streams.kafka import reader

COPY = "bench.copy"
DRAIN_S_MAX = 300.0
PEER = "bare aiokafka copier of the same records"


@dataclass(frozen=True, slots=True)
class Load:
    """How many records, how many orders in each, and the goal in decisions a second."""

    name: str
    records: int
    orders_per_record: int
    goal_per_s: float


SINGLE = Load("worker, one event a record", 30_000, 1, 5_000)
BATCH = Load("worker, batches of 100", 1_000, 100, 15_000)


def measure(load: Load, run: int, say: Say) -> list[Reading]:
    """One run on fresh topics. Raises `BenchFailed` when an order was not decided exactly once or not accepted."""
    orders = load.records * load.orders_per_record
    world = World(orders, run=f"w{run}", seed=run + 1)
    directory = list(world.directory())
    values = world.singles(load.records) if load.orders_per_record == 1 else world.batches(load.records, load.orders_per_record)
    with ground("worker") as place:
        say(f"filling {events_topic(DOMAIN)} with {orders} orders in {load.records} records")
        asyncio.run(_fill(place, directory + values))
        say("peer: copying the same records")
        copied_s, copied_cpu_s = _copy(place, len(directory), len(values))
        say("worker: draining")
        worker = place.run("worker", "worker", "--domain", DOMAIN)
        cpu_s = asyncio.run(_drain(place, worker, len(directory), len(values)))
        place.services.pop().stop()
        decided_s = asyncio.run(_judge(place, len(directory), orders))
    rate = (orders - load.orders_per_record) / decided_s
    readings = [Reading(load.name, rate, "decisions/s", Goal(load.goal_per_s), PEER, orders / copied_s)]
    if cpu_s is not None:
        name = f"{load.name}, processor time"
        per_decision_us, per_copy_us = 1e6 * cpu_s * load.records / orders, 1e6 * copied_cpu_s / orders
        readings.append(Reading(name, per_decision_us, "µs/decision", None, PEER, per_copy_us))
    return readings


async def _fill(place: Ground, values: list[bytes]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=place.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(COPY, PARTITIONS, 1, topic_configs={"max.message.bytes": "8000000"})])
    finally:
        await admin.close()
    await append_all(place.bootstrap, events_topic(DOMAIN), values)


def _copy(place: Ground, first: int, records: int) -> tuple[float, float]:
    """Seconds and processor seconds; in a process of its own, as the worker is."""
    arguments = [place.bootstrap, events_topic(DOMAIN), COPY, str(HOME), str(first), str(records)]
    answer = subprocess.run(
        [sys.executable, "-m", "infra.bench.copier", *arguments],
        cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=DRAIN_S_MAX, check=False,
    )  # fmt: skip
    if answer.returncode != 0:
        raise child_failed(answer.returncode, answer.stderr)
    seconds, cpu_s = map(float, answer.stdout.split())
    return seconds, cpu_s


async def _drain(place: Ground, worker: Supervised, directory: int, records: int) -> float | None:
    """Wait for `Opened` and one journal record for each input record, asking twice a second only.

    Returns the worker's processor seconds for each order record, start-up excluded; None when it was done before the second look.
    """
    looks: list[tuple[int, float]] = []
    async with Ends(place.bootstrap) as ends:

        async def drained() -> bool:
            end = await ends.of(decisions_topic(DOMAIN))
            if end > directory:
                looks.append((end, processor_s(worker.pid)))
            return end > directory + records

        await place.wait_for("the journal answers every record", drained, deadline_s=DRAIN_S_MAX, pause_s=0.5)
    (first, first_s), (last, last_s) = looks[0], looks[-1]
    return (last_s - first_s) / (last - first) if last - first >= records / 2 else None


async def _judge(place: Ground, directory: int, orders: int) -> float:
    """Seconds from the first to the last order record on the journal, after checking that each order was decided once."""
    consumer = reader(place.bootstrap)
    await consumer.start()
    seen: set[str] = set()
    stamps_ms: list[int] = []
    try:
        tp = TopicPartition(decisions_topic(DOMAIN), HOME)
        consumer.assign([tp])
        consumer.seek(tp, 0)
        end = (await consumer.end_offsets([tp]))[tp]
        while await consumer.position(tp) < end:
            for row in (await consumer.getmany(tp, timeout_ms=2_000)).get(tp, []):
                record = decode(row.value)
                if not isinstance(record, Decided) or record.source_offset < directory:
                    continue
                stamps_ms.append(row.timestamp)
                for decision in record.decisions:
                    if decision.outcome is not Outcome.ACCEPTED or decision.repeat or decision.event_id in seen:
                        raise BenchFailed(f"{decision.event_id}: {decision.outcome} {decision.reason}")
                    seen.add(decision.event_id)
    finally:
        await consumer.stop()
    if len(seen) != orders:
        raise BenchFailed(f"{len(seen)} of {orders} orders were decided")
    return max(1, stamps_ms[-1] - stamps_ms[0]) / 1000  # stamps are whole milliseconds
