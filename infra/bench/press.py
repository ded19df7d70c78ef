"""Press to dispatch: a button's press comes over HTTP, one worker decides it, and the journal holds who is sent.

Latency counts from the scheduled press until a reader of the journal has the decision with ``emergency.responder.dispatched.v1``:
what can be read is durable. Presses come at a steady pace whether or not the last one was decided; every incident is ended as soon
as its responder is sent, as an operator would, so that the region does not run out of people. Measured twice on the same processes:
alone, and while meal orders are decided by a worker of their own on the same machine. The peer sends the same presses at the same
rate through the same broker with the bare client library and reads them back. Some more presses are sent that wait for their decision
(``Prefer: wait``), to say where the time goes (`infra.bench.press_stages`).
"""

import asyncio
import random
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
import uvloop
from aiokafka import AIOKafkaProducer, TopicPartition

from infra.bench.core import box_of
from infra.bench.figures import Goal, Reading, percentile
from infra.bench.ground import AREA, HOME, PARTITIONS, BenchFailed, Ends, Ground, Say, append_all, ground
from infra.bench.http_load import Connections, open_loop
from infra.bench.orders import World
from infra.bench.press_stages import Stamps, readings, share_of
from infra.bench.visible import echo
from infra.postgres.migrator import migrate
from infra.stack.home import free_ports
from schemas.journal import SHANGHAI
from schemas.topics import DOMAINS, decisions_topic, events_topic
from streams.kafka import producer, reader
from streams.partitioning import home_partition

DOMAIN = "emergency"
REGION = "3101"
REGION_HOME = home_partition(REGION, PARTITIONS)
RESPONDERS = 300
PER_S = 25
SECONDS = 20.0
WARM_UP_SECONDS = 3.0
STAGED = 200
"""Presses whose stages are told."""
MEALS_PER_S = 3_000
MEALS_PER_RECORD = 100
MEALS_SHARE_MIN = 0.9
"""Of the meal events so many must be decided, else there was no such load: the figure is shown beside the others."""
LATE_S_MAX = 20.0
DISPATCHED = "emergency.responder.dispatched.v1"
STRUCTURED = "content-type: application/cloudevents+json\r\n"
WAITING = f"{STRUCTURED}prefer: wait=20\r\n"
PEER = "bare produce and consume at the same rate"
GOAL_P50_MS, GOAL_P99_MS = 15, 50
NAMES = {"worker": "emergency worker", "meals": "meals worker", "gateway": "gateway"}
"""Our processes as the table calls them."""


@dataclass(slots=True)
class Load:
    """What the worker of meals really did beside the presses."""

    decided: int = 0
    seconds: float = 1.0

    def per_s(self) -> float:
        """Meal events decided a second."""
        return self.decided / self.seconds


class Pace(NamedTuple):
    """Presses a second, for how long, and how many more whose stages are told."""

    per_s: int
    seconds: float
    staged: int


class Region:
    """Responders and presses of one dispatch region, the bytes a client sends. Seeded."""

    def __init__(self, run: int) -> None:
        self._rng = random.Random(run + 1)
        self._run = run
        self._box = box_of(RESPONDERS)
        self._time = datetime.now(SHANGHAI).isoformat(timespec="milliseconds")
        self._number = 0

    def responders(self) -> list[bytes]:
        """Manned posts with first aid, available where they stand."""
        values = []
        for number in range(RESPONDERS):
            responder_id, position = f"r-{number:04d}", self._position()
            listed = {"responder_id": responder_id, "kind": "station", "position": position, "skills": ["first_aid"]}
            reported = {"responder_id": responder_id, "status": "available", "position": position}
            values.append(self._event("emergency.responder.registered.v1", f"l-{number}", listed))
            values.append(self._event("emergency.responder.reported.v1", f"s-{number}", reported))
        return values

    def presses(self, count: int) -> list[bytes]:
        """Each of another person."""
        values = []
        for _ in range(count):
            self._number += 1
            data = {"call_id": self.name(self._number), "channel": "button", "person_id": f"p-{self._number}", "position": self._position()}
            values.append(self._event("emergency.call.raised.v1", self.name(self._number), data))
        return values

    def end(self, name: str) -> bytes:
        """An operator ends this incident."""
        return self._event("emergency.call.closed.v1", f"{name}-end", {"call_id": name, "outcome": "test"})

    def name(self, number: int) -> str:
        """Call and event id of a press."""
        return f"k{self._run}-{number}"

    def _event(self, kind: str, event_id: str, data: dict[str, Any]) -> bytes:
        event = {
            "specversion": "1.0", "id": event_id, "source": "/bench", "type": kind, "time": self._time, "area": REGION,
            "actor": "operator:op-1", "data": data,
        }  # fmt: skip
        return orjson.dumps(event)

    def _position(self) -> dict[str, float]:
        south, west, north, east = self._box
        return {"lat": round(self._rng.uniform(south, north), 6), "lon": round(self._rng.uniform(west, east), 6)}


class Dispatches:
    """Reads the journal's end and says when each press was seen dispatched there; ends the incident at once."""

    def __init__(self, bootstrap: str, region: Region, writer: AIOKafkaProducer) -> None:
        self._bootstrap = bootstrap
        self._region = region
        self._writer = writer
        self._seen: dict[str, asyncio.Future[None]] = {}
        self.stamps: dict[str, Stamps] = {}

    def expect(self, name: str) -> asyncio.Future[None]:
        """Done when the press of this id is in the journal with somebody who is sent."""
        return self._seen.setdefault(name, asyncio.get_running_loop().create_future())

    async def read(self) -> None:
        """For ever."""
        consumer = reader(self._bootstrap)
        await consumer.start()
        try:
            place = TopicPartition(decisions_topic(DOMAIN), REGION_HOME)
            consumer.assign([place])
            await consumer.seek_to_end(place)
            while True:
                for row in (await consumer.getmany(place, timeout_ms=500)).get(place, []):
                    await self._look(orjson.loads(row.value), row.timestamp)
        finally:
            await consumer.stop()

    async def _look(self, body: dict[str, Any], journaled_ms: int) -> None:
        for decision in body.get("decisions", ()):
            waiting = self._seen.pop(decision["event_id"], None)
            if waiting is None:
                continue
            if decision["event_id"] in self.stamps:
                self.stamps[decision["event_id"]].decided(decision, journaled_ms)
            if any(fact["type"] == DISPATCHED for fact in decision["facts"]):
                waiting.set_result(None)
            else:
                waiting.set_exception(BenchFailed(f"{decision['event_id']} sent nobody: {decision['outcome']} {decision['reason']}"))
            value = self._region.end(decision["event_id"])
            await self._writer.send(events_topic(DOMAIN), value, key=REGION.encode(), partition=REGION_HOME)


def measure(run: int, say: Say, *, per_s: int = PER_S, seconds: float = SECONDS, staged: int = STAGED) -> list[Reading]:
    """One run on a fresh stack. Raises `BenchFailed` when a press sent nobody."""
    if DOMAIN not in DOMAINS:
        raise BenchFailed(f"{DOMAIN} is not switched on")
    with ground("press", postgres=True) as place, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(place, run, say, Pace(per_s, seconds, staged)))


async def _measure(place: Ground, run: int, say: Say, pace: Pace) -> list[Reading]:
    per_s, seconds, staged = pace
    region, count, warm = Region(run), round(per_s * seconds), round(per_s * WARM_UP_SECONDS)
    # Presses, staged presses, and the peer with its warm-up: the meals must last beside all of them.
    long_s = 2 * seconds + WARM_UP_SECONDS + staged / per_s + LATE_S_MAX
    meals = World(round(MEALS_PER_S * long_s), run=f"pm{run}", seed=run + 1)
    orders = meals.batches(round(MEALS_PER_S / MEALS_PER_RECORD * long_s), MEALS_PER_RECORD)
    port = await _start(place, region, list(meals.directory()))
    writer = producer(place.bootstrap)
    await writer.start()
    dispatches = Dispatches(place.bootstrap, region, writer)
    reading = asyncio.create_task(dispatches.read())
    try:
        await asyncio.sleep(1)
        say(f"warming up, {warm} presses")
        await _press(port, dispatches, region.presses(warm), per_s)
        say(f"{per_s} presses/s for {seconds:.0f} s, alone")
        alone_s = await _press(port, dispatches, region.presses(count), per_s)
        stages = await _stages(place, port, dispatches, region.presses(staged), "alone")
        say(f"the same while {MEALS_PER_S} meal events/s are decided")
        async with _meals(place, orders, writer) as load:
            beside_s = await _press(port, dispatches, region.presses(count), per_s)
            stages += await _stages(place, port, dispatches, region.presses(staged), "beside meals")
            say("peer beside the meals")
            echoed_beside_s = await echo(place, region.presses(count), per_s, warm)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await writer.stop()
    say("peer: bare produce and consume")
    echoed_s = await echo(place, region.presses(count), per_s, warm, topic="bench.echo.alone")
    figures = [Reading("meal events decided meanwhile", load.per_s(), "events/s", Goal(MEALS_SHARE_MIN * MEALS_PER_S))]
    for name, latencies_s, echoes_s in (
        ("press to dispatch durable", alone_s, echoed_s),
        (f"press to dispatch beside {MEALS_PER_S:,} meal events/s", beside_s, echoed_beside_s),
    ):
        for share, label, goal_ms in ((0.5, "p50", GOAL_P50_MS), (0.99, "p99", GOAL_P99_MS)):
            value_ms, peer_ms = (1000 * percentile(values, share) for values in (latencies_s, echoes_s))
            figures.append(Reading(f"{name}, {label}", value_ms, "ms", Goal(goal_ms, at_most=True), PEER, peer_ms))
    return figures + stages


async def _start(place: Ground, region: Region, directory: list[bytes]) -> int:
    """Everything up, responders and kitchens decided; returns the gateway's port."""
    await migrate(place.dsn)
    responders = region.responders()
    await append_all(place.bootstrap, events_topic(DOMAIN), responders, partition=REGION_HOME, key=REGION.encode())
    await append_all(place.bootstrap, events_topic("meals"), directory)
    port = free_ports(1)[0]
    place.run("worker", "worker", "--domain", DOMAIN)
    place.run("meals", "worker", "--domain", "meals")
    place.run("gateway", "gateway", LAOXIAO_HTTP_PORT=str(port))
    async with Ends(place.bootstrap) as ends:

        async def ready() -> bool:
            listed = await ends.of(decisions_topic(DOMAIN), REGION_HOME) > len(responders)
            return listed and await ends.of(decisions_topic("meals")) > len(directory) and await asyncio.to_thread(_ready, port)

        await place.wait_for("the gateway is ready, responders and kitchens are decided", ready, deadline_s=120)
    return port


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


async def _stages(place: Ground, port: int, dispatches: Dispatches, presses: list[bytes], beside: str) -> list[Reading]:
    """The same once more, waiting for each decision: where the time goes, and who waited for a processor."""
    pids = {one.service.name: one.pid for one in place.services}
    before = {name: share_of(pid) for name, pid in pids.items()}
    dispatches.stamps.clear()
    await _press(port, dispatches, presses, PER_S, waiting=True)
    out = readings(list(dispatches.stamps.values()), beside)
    for name, pid in pids.items():
        out += share_of(pid).since(
            before[name], {"worker": "emergency worker", "meals": "meals worker"}.get(name, name), len(presses), beside
        )
    return out


async def _press(port: int, dispatches: Dispatches, presses: list[bytes], per_s: int, *, waiting: bool = False) -> list[float]:
    """Seconds from each scheduled press until the journal says who is sent."""
    names = [orjson.loads(press)["id"] for press in presses]
    connections = Connections("127.0.0.1", port)
    headers, wanted = (WAITING, 200) if waiting else (STRUCTURED, 202)

    async def send(number: int) -> None:
        seen = dispatches.expect(names[number])
        stamps = Stamps(time.time() * 1000)
        if waiting:
            dispatches.stamps[names[number]] = stamps
        answer = await connections.post("/v1/events", presses[number], headers)
        stamps.answered(answer)
        if answer.status != wanted:
            raise BenchFailed(f"HTTP {answer.status}: {answer.body[:300]!r}")
        async with asyncio.timeout(LATE_S_MAX):
            await seen

    try:
        return await open_loop(per_s, len(presses), send)
    finally:
        await connections.close()


@asynccontextmanager
async def _meals(place: Ground, values: list[bytes], writer: AIOKafkaProducer) -> AsyncIterator[Load]:
    """Meal orders, packed as a client under load packs them, while the block lasts."""
    records_per_s = MEALS_PER_S / MEALS_PER_RECORD
    began_s = time.perf_counter()

    async def pour() -> None:
        for number, value in enumerate(values):
            await asyncio.sleep(max(0.0, began_s + number / records_per_s - time.perf_counter()))
            await writer.send(events_topic("meals"), value, key=AREA.encode(), partition=HOME)

    async with Ends(place.bootstrap) as ends:
        before, load = await ends.of(decisions_topic("meals")), Load()
        pouring = asyncio.create_task(pour())
        try:
            await asyncio.sleep(1)
            yield load
        finally:
            pouring.cancel()
            await asyncio.gather(pouring, return_exceptions=True)
        load.decided = MEALS_PER_RECORD * (await ends.of(decisions_topic("meals")) - before)
        load.seconds = time.perf_counter() - began_s
