"""The booking rush: the horizon opens and 2,000 families a second ask one area for places, whether or not the last one was answered.

One real worker on a real broker. Latency counts from the moment a request is due to the moment its decision is read back from the
journal; nothing waits for anything. Half of the families name a session, half a window; there are places for about half of them, so the
second half of the rush meets full houses, the dearest decision there is. Afterwards the journal is judged: each request decided once,
no session with more children than seats. The peer sends the same bytes at the same rate and reads them back, with nothing in between.
"""

import asyncio
import random
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
import uvloop
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from infra.bench.core import box_of
from infra.bench.figures import Goal, Reading, percentile
from infra.bench.ground import AREA, HOME, BenchFailed, Ends, Ground, Say, append_all, ground
from infra.bench.http_load import open_loop
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
LINGER_MS = 5
ANSWER_S_MAX = 60.0
PEER = "bare produce and consume at the same rate"
_SOURCE = re.compile(rb'"source":\{"partition":\d+,"offset":(\d+)\}')


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
    place.run("worker", "worker", "--domain", DOMAIN)
    async with Ends(place.bootstrap) as ends:

        async def decided() -> bool:
            return await ends.of(decisions_topic(DOMAIN)) > len(directory)

        await place.wait_for("the houses are decided", decided, deadline_s=90)
    say(f"warming up, {warm} requests, then {per_s} a second for {seconds:.0f} s")
    topics = (events_topic(DOMAIN), decisions_topic(DOMAIN))
    latencies_s, journal = await _through(place, topics, requests, per_s, len(directory))
    _judge(journal, requests, rush.seats)
    say("peer: bare produce and consume")
    admin = AIOKafkaAdminClient(bootstrap_servers=place.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic("bench.echo", HOME + 1, 1)])
    finally:
        await admin.close()
    echoed_s, _ = await _through(place, ("bench.echo", "bench.echo"), requests, per_s, 0)
    readings = []
    for share, label, goal in ((0.5, "p50", None), (0.99, "p99", Goal(P99_MS_MAX, at_most=True)), (1.0, "slowest", None)):
        value_ms, peer_ms = (1000 * percentile(values[warm:], share) for values in (latencies_s, echoed_s))
        readings.append(Reading(f"booking rush, {per_s} requests/s to decided, {label}", value_ms, "ms", goal, PEER, peer_ms))
    return readings


async def _through(
    place: Ground, topics: tuple[str, str], requests: list[bytes], per_s: int, first: int
) -> tuple[list[float], list[bytes]]:
    """Seconds from due to read back of each request, and what was read back, the first request lying at input offset ``first``.

    One producer and one partition: the n-th request lies at offset ``first + n``, and its answer names that offset.
    """
    source, answers = topics
    writer, consumer = producer(place.bootstrap, linger_ms=LINGER_MS), reader(place.bootstrap)
    await writer.start()
    await consumer.start()
    tp = TopicPartition(answers, HOME)
    consumer.assign([tp])
    consumer.seek(tp, (await consumer.end_offsets([tp]))[tp])
    loop = asyncio.get_running_loop()
    back: list[asyncio.Future[None]] = [loop.create_future() for _ in requests]
    values: list[bytes] = []

    async def read() -> None:
        while True:
            for row in (await consumer.getmany(tp, timeout_ms=200)).get(tp, []):
                found = _SOURCE.search(row.value) if source != answers else None
                number = row.offset if source == answers else int(found[1]) - first if found else -1
                if 0 <= number < len(back) and not back[number].done():
                    values.append(row.value)
                    back[number].set_result(None)

    reading = asyncio.create_task(read())

    async def send(number: int) -> None:
        await writer.send(source, requests[number], key=AREA.encode(), partition=HOME)
        await back[number]

    try:
        async with asyncio.timeout(ANSWER_S_MAX + len(requests) / per_s):
            latencies_s = await open_loop(per_s, len(requests), send)
    except TimeoutError:
        place.require_running()
        raise BenchFailed(f"{len(requests) - len(values)} of {len(requests)} requests were not answered in time") from None
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await consumer.stop()
        await writer.stop()
    return latencies_s, values


def _judge(journal: list[bytes], requests: list[bytes], seats: int) -> None:
    """Each request was decided once, each session holds at most its seats, and the rush met full houses."""
    wanted = {orjson.loads(request)["id"] for request in requests}
    taken: dict[str, int] = {}
    full = 0
    for value in journal:
        for decision in orjson.loads(value)["decisions"]:
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
