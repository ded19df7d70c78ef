"""The booking rush: the horizon opens and 2,000 families a second ask one area for places, whether or not the last one was answered.

One real worker on a real broker. The requests go through the gateway's own carrier (`infra.gateway.carrier`), as they do when families
come over HTTP: what arrives while a record is on its way shares the next one. Latency counts from the moment a request is due to the
moment its decision is read back from the journal, so it holds the sender's and the reader's share too; how late the sender itself was and
the worker's processor time a decision are told beside it, because sender, reader, broker and worker share the machine's cores.
Half of the families name a session, half a window; there are places for about half of them, so the second half of the rush meets full
houses, the dearest decision there is. Afterwards the journal is judged: each request decided once, no session with more children than
seats. The peer sends the same requests through the same carrier at the same rate and reads them back, with nothing in between.
"""

import asyncio
import random
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
import uvloop
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from infra.bench.core import box_of
from infra.bench.figures import Goal, Reading, percentile
from infra.bench.ground import AREA, HOME, PARTITIONS, BenchFailed, Ends, Ground, Say, append_all, ground, processor_s
from infra.bench.http_load import open_loop
from infra.gateway.carrier import Carrier
from schemas.journal import SHANGHAI
from schemas.topics import DOMAINS, decisions_topic, events_topic
from streams.kafka import producer, reader

DOMAIN = "childcare"
PER_S = 2_000
SECONDS = 10.0
WARM_UP_SECONDS = 2.0
P99_MS_MAX = 250
SITES = 240
HOURS = (9, 13, 15)
DAYS = (2, 3, 4)
ANSWER_S_MAX = 60.0
PEER = "the same carrier and reader with nothing between, at the same rate"
DECIDED_ID = re.compile(rb'"event_id":"r\d+-(\d{9})"')
SENT_ID = re.compile(rb'"id":"r\d+-(\d{9})"')
"""A request's number is the end of its event id."""


def measure(run: int, say: Say, *, per_s: int = PER_S, seconds: float = SECONDS) -> list[Reading]:
    """One run on a fresh broker. Raises `BenchFailed` when childcare is not switched on, and on any wrong journal."""
    if DOMAIN not in DOMAINS:
        raise BenchFailed("childcare is not switched on (schemas.topics.DOMAINS)")
    with ground("rush") as place, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(place, run, say, per_s, seconds))


async def _measure(place: Ground, run: int, say: Say, per_s: int, seconds: float) -> list[Reading]:
    warm, count = round(per_s * min(WARM_UP_SECONDS, seconds)), round(per_s * seconds)
    rush = Rush(warm + count, run=f"r{run}", seed=run + 1)
    directory = list(rush.directory())
    requests = [rush.request() for _ in range(warm + count)]
    await append_all(place.bootstrap, events_topic(DOMAIN), directory)
    worker = place.run("worker", "worker", "--domain", DOMAIN)
    async with Ends(place.bootstrap) as ends:

        async def decided() -> bool:
            return await ends.of(decisions_topic(DOMAIN)) > len(directory)

        await place.wait_for("the houses are decided", decided, deadline_s=90)
    say(f"warming up, {warm} requests, then {per_s} a second for {seconds:.0f} s")
    before_s = processor_s(worker.pid)
    through = await _through(place, (events_topic(DOMAIN), decisions_topic(DOMAIN)), requests, per_s, DECIDED_ID)
    cpu_s = processor_s(worker.pid) - before_s
    _judge(through.values, requests, rush.seats)
    say("peer: the same carrier and reader with nothing between")
    admin = AIOKafkaAdminClient(bootstrap_servers=place.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic("bench.echo", HOME + 1, 1, topic_configs={"max.message.bytes": "8000000"})])
    finally:
        await admin.close()
    echoed = await _through(place, ("bench.echo", "bench.echo"), requests, per_s, SENT_ID)
    name = f"booking rush, {per_s} requests/s to decided"
    readings = []
    for share, label, goal in ((0.5, "p50", None), (0.99, "p99", Goal(P99_MS_MAX, at_most=True)), (1.0, "slowest", None)):
        value_ms, peer_ms = (1000 * percentile(each.latencies_s[warm:], share) for each in (through, echoed))
        readings.append(Reading(f"{name}, {label}", value_ms, "ms", goal, PEER, peer_ms))
    late_ms, peer_late_ms = (1000 * percentile(each.late_s[warm:], 0.99) for each in (through, echoed))
    readings.append(Reading(f"{name}, of it the sender's lateness, p99", late_ms, "ms", None, PEER, peer_late_ms))
    readings.append(Reading("booking rush, worker's processor time", 1e6 * cpu_s / len(requests), "µs/decision", None))
    readings.append(Reading("booking rush, requests in a record", len(requests) / through.records, "requests", None))
    return readings


class Through(NamedTuple):
    """Seconds from due to read back of each request, how late each was sent, what was read back, and the records that carried them."""

    latencies_s: list[float]
    late_s: list[float]
    values: list[bytes]
    records: int


class Door:
    """A topic as the carrier takes it."""

    def __init__(self, writer: AIOKafkaProducer, topic: str) -> None:
        self.partitions = PARTITIONS
        self.records = 0
        self._writer, self._topic = writer, topic

    async def publish(self, key: bytes | None, value: bytes, *, partition: int, headers: tuple[tuple[str, bytes], ...] = ()) -> int:
        """Append one record; its offset once durable."""
        self.records += 1
        row = await self._writer.send_and_wait(self._topic, value, key=key, partition=partition, headers=list(headers))
        return int(row.offset)


async def _through(place: Ground, topics: tuple[str, str], requests: list[bytes], per_s: int, id_of: re.Pattern[bytes]) -> Through:
    """Send every request when it is due, and read each back by the number in its id."""
    source, answers = topics
    writer, consumer = producer(place.bootstrap), reader(place.bootstrap)
    await writer.start()
    await consumer.start()
    tp = TopicPartition(answers, HOME)
    consumer.assign([tp])
    consumer.seek(tp, (await consumer.end_offsets([tp]))[tp])
    door = Door(writer, source)
    carrier = Carrier({DOMAIN: door})
    loop = asyncio.get_running_loop()
    back: list[asyncio.Future[None]] = [loop.create_future() for _ in requests]
    values: list[bytes] = []

    async def read() -> None:
        while True:
            for row in (await consumer.getmany(tp, timeout_ms=200)).get(tp, []):
                values.append(row.value)
                for found in id_of.findall(row.value):
                    if not back[int(found)].done():
                        back[int(found)].set_result(None)

    reading = asyncio.create_task(read())

    async def send(number: int) -> None:
        await carrier.record(DOMAIN, AREA, [requests[number]], ANSWER_S_MAX)
        await back[number]

    late_s = [0.0] * len(requests)
    try:
        async with asyncio.timeout(ANSWER_S_MAX + len(requests) / per_s):
            latencies_s = await open_loop(per_s, len(requests), send, late_s)
    except (TimeoutError, ExceptionGroup) as error:
        place.require_running()
        missing = sum(not one.done() for one in back)
        raise BenchFailed(f"{missing} of {len(requests)} requests were not answered in time ({type(error).__name__})") from None
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await carrier.close()
        await consumer.stop()
        await writer.stop()
    return Through(latencies_s, late_s, values, door.records)


def _judge(journal: list[bytes], requests: list[bytes], seats: int) -> None:
    """Each request was decided once, each session holds at most its seats, and the rush met full houses."""
    wanted = {orjson.loads(request)["id"] for request in requests}
    taken: dict[str, int] = {}
    full = 0
    for value in journal:
        for decision in orjson.loads(value).get("decisions", ()):
            if decision["event_type"] == "clock.ticked.v1":
                continue
            if decision["event_id"] not in wanted:
                raise BenchFailed(f"{decision['event_id']} was decided twice or never asked: {decision['outcome']} {decision['reason']}")
            wanted.remove(decision["event_id"])
            for fact in decision["facts"]:
                if fact["type"] == "childcare.booking.confirmed.v1":
                    session_id = fact["data"]["session_id"]
                    taken[session_id] = taken.get(session_id, 0) + 1
            full += not any(fact["type"] == "childcare.booking.confirmed.v1" for fact in decision["facts"])
    over = [session_id for session_id, count in taken.items() if count > seats]
    if wanted or over or not full or not taken:
        raise BenchFailed(
            f"{len(wanted)} undecided, {len(over)} sessions beyond their seats, {full} without a place, {len(taken)} sessions taken"
        )


class Rush:
    """One area's houses and the requests of a rush; the same seed gives the same bytes on the same day."""

    def __init__(self, requests: int, *, run: str, seed: int) -> None:
        self._rng = random.Random(seed)
        self._box = box_of(SITES)
        self._run = run
        self._number = 0
        now = datetime.now(SHANGHAI)
        self._time = now.isoformat(timespec="milliseconds")
        self._dates = [(now + timedelta(days=day)).date().isoformat() for day in DAYS]
        self.seats = max(1, requests // (2 * SITES * len(HOURS) * len(DAYS)))
        """Of each session: places for about half of the requests."""

    def directory(self) -> Iterator[bytes]:
        """Each house's registration and its sessions."""
        for number in range(SITES):
            site_id = f"h-{number:04d}"
            house = {"site_id": site_id, "name": "社区宝宝屋", "position": self._position(), "street": "310106013", "kind": "baby_house"}
            yield self._event("childcare.site.registered.v1", f"{self._run}-h-{number}", house)
            sessions = [
                {
                    "session_id": f"{site_id}.{date}.{hour}", "start": f"{date}T{hour:02}:00:00+08:00", "mode": "drop_in",
                    "end": f"{date}T{hour + 2:02}:00:00+08:00", "seats": self.seats, "staff": self.seats,
                }
                for date in self._dates
                for hour in HOURS
            ]  # fmt: skip
            published = {"site_id": site_id, "version": 1, "sessions": sessions}
            yield self._event("childcare.sessions.published.v1", f"{self._run}-v-{number}", published)

    def request(self) -> bytes:
        """The next family."""
        rng = self._rng
        number, self._number = self._number, self._number + 1
        date, hour = rng.choice(self._dates), rng.choice(HOURS)
        data: dict[str, Any] = {
            "booking_id": f"b-{self._run}-{number:06d}", "child_id": f"k-{self._run}-{number:06d}",
            "family_id": f"f-{self._run}-{number:06d}", "position": self._position(),
            "birth_date": (datetime.now(SHANGHAI) - timedelta(days=rng.randrange(500, 900))).date().isoformat(),
        }  # fmt: skip
        if rng.random() < 0.5:
            data["session_id"] = f"h-{rng.randrange(SITES):04d}.{date}.{hour}"
        else:
            data["window"] = {"date": date, "from": f"{hour:02}:00", "to": f"{hour + 2:02}:00"}
        return self._event("childcare.booking.requested.v1", f"{self._run}-{number:09d}", data)

    def _event(self, kind: str, event_id: str, data: dict[str, Any]) -> bytes:
        return orjson.dumps(
            {
                "specversion": "1.0", "id": event_id, "source": "/bench", "type": kind, "time": self._time, "area": AREA,
                "actor": "relative:p-1", "data": data,
            }
        )  # fmt: skip

    def _position(self) -> dict[str, float]:
        south, west, north, east = self._box
        return {"lat": round(self._rng.uniform(south, north), 6), "lon": round(self._rng.uniform(west, east), 6)}
