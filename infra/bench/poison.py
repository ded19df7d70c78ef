"""How much a poison record delays the next good one: one real worker, and a good order sent right behind records that nobody can read.

A trial sends one good order and waits for its journal record; then the same with poison records handed to the producer just before
it, in the same breath. The clock starts when the good order is handed over and stops when a reader of the journal has its decision,
so the delay is the difference of the two, taken pair by pair: both halves of a pair meet the same moment of the machine. A pair's
delay can be below zero, since its good half can be the slower one by itself.
"""

import asyncio
import time
from statistics import median

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from infra.bench.figures import Goal, Reading
from infra.bench.ground import AREA, DOMAIN, HOME, BenchFailed, Ends, Ground, Say, append_all, ground
from infra.bench.orders import World
from schemas.decisions import Outcome
from schemas.journal import Decided, decode
from schemas.topics import decisions_topic, events_topic
from streams.kafka import producer, reader

PAIRS = 60
WARM_UP = 20
POISON_FEW, POISON_MANY = 1, 20
GOAL_MS = 50
ANSWER_S_MAX = 30.0
PEER = "the same order with no poison before it"
KEY = AREA.encode()
POISON: tuple[tuple[bytes, bytes | None], ...] = (
    (KEY, b"{"),
    (KEY, b"\xff\xfe\x00 not a text"),
    (KEY, b"[" * 20_000),
    (KEY, b'{"id":"x","id":"y"}'),
    (KEY, b'{"specversion":"1.0","id":"x","type":"meals.order.placed.v9"}'),
    (KEY, b'{"specversion":"1.0","id":"x","type":"meals.order.placed.v1","data":{"note":"\\u0000"}}'),
    (KEY, b'{"specversion":"1.0","id":"x","type":"meals.order.placed.v1","data":"' + b"a" * 70_000 + b'"}'),
    (KEY, b"[" + b",".join([b"{}"] * 501) + b"]"),
    (KEY, None),
    (b"", b"null"),
)
"""Key and value: no JSON, no UTF-8, a nesting bomb, a key twice, an unknown version, NUL, too large, a batch too long, no value."""


def measure(run: int, say: Say, *, pairs: int = PAIRS) -> list[Reading]:
    """One run on a fresh broker. Raises `BenchFailed` when a poison record was not set aside or an order not accepted."""
    with ground("poison") as place, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(place, run, say, pairs))


async def _measure(place: Ground, run: int, say: Say, pairs: int) -> list[Reading]:
    world = World(4 * pairs + WARM_UP, run=f"p{run}", seed=run + 1)
    directory = list(world.directory())
    await append_all(place.bootstrap, events_topic(DOMAIN), directory)
    place.run("worker", "worker", "--domain", DOMAIN)
    async with Ends(place.bootstrap) as ends:

        async def ready() -> bool:
            return await ends.of(decisions_topic(DOMAIN)) > len(directory)

        await place.wait_for("the directory is decided", ready, deadline_s=90)
        end = await ends.of(decisions_topic(DOMAIN))
    writer, consumer = producer(place.bootstrap), reader(place.bootstrap)
    await writer.start()
    await consumer.start()
    try:
        trial = _Trial(world, writer, consumer, end)
        for _ in range(WARM_UP):
            await trial.seconds(0)
        readings: list[Reading] = []
        for poison in (POISON_FEW, POISON_MANY):
            say(f"{pairs} orders behind {poison} poison records, and as many alone")
            timed = [(await trial.seconds(0), await trial.seconds(poison)) for _ in range(pairs)]
            readings += _readings(poison, timed)
        return readings
    finally:
        await consumer.stop()
        await writer.stop()


def _readings(poison: int, timed: list[tuple[float, float]]) -> list[Reading]:
    what = f"{poison} poison record" + ("s" if poison > 1 else "")
    alone_ms = 1000 * median(alone_s for alone_s, _ in timed)
    behind_ms = 1000 * median(behind_s for _, behind_s in timed)
    delays_ms = sorted(1000 * (behind_s - alone_s) for alone_s, behind_s in timed)
    goal = Goal(GOAL_MS, at_most=True) if poison == POISON_FEW else None
    return [
        Reading(f"event to decision behind {what}, median", behind_ms, "ms", None, PEER, alone_ms),
        Reading(f"delay by {what}, median", median(delays_ms), "ms", goal),
        Reading(f"delay by {what}, least", delays_ms[0], "ms"),
        Reading(f"delay by {what}, most", delays_ms[-1], "ms", goal),
    ]


class _Trial:
    """Sends and waits; knows where the journal is read."""

    def __init__(self, world: World, writer: AIOKafkaProducer, consumer: AIOKafkaConsumer, end: int) -> None:
        self._world = world
        self._writer = writer
        self._consumer = consumer
        self._tp = TopicPartition(decisions_topic(DOMAIN), HOME)
        self._sent = 0
        consumer.assign([self._tp])
        consumer.seek(self._tp, end)

    async def seconds(self, poison: int) -> float:
        """From handing over the next order, with so many poison records just before it, until its decision is read."""
        topic = events_topic(DOMAIN)
        (order,) = self._world.singles(1)
        pending = []
        for _ in range(poison):
            key, value = POISON[self._sent % len(POISON)]
            self._sent += 1
            pending.append(await self._writer.send(topic, value, key=key or None, partition=HOME))
        began_s = time.perf_counter()
        pending.append(await self._writer.send(topic, order, key=KEY, partition=HOME))
        set_aside = 0
        while True:
            record, seen_s = await self._next(began_s)
            if record.decisions:
                break
            set_aside += bool(record.set_aside)
        await asyncio.gather(*pending)
        if set_aside != poison or [decision.outcome for decision in record.decisions] != [Outcome.ACCEPTED]:
            raise BenchFailed(f"{set_aside} of {poison} poison records set aside, then {record.decisions}")
        return seen_s - began_s

    async def _next(self, began_s: float) -> tuple[Decided, float]:
        """The next answer in the journal, and when it was here."""
        while True:
            try:
                async with asyncio.timeout(ANSWER_S_MAX - (time.perf_counter() - began_s)):
                    row = await self._consumer.getone(self._tp)
            except TimeoutError:
                raise BenchFailed(f"no decision within {ANSWER_S_MAX:.0f} s") from None
            seen_s = time.perf_counter()
            record = decode(row.value)
            if isinstance(record, Decided):
                return record, seen_s
