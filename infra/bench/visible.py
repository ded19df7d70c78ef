"""HTTP to visible decision: gateway, worker and projector run; orders come 200 a second whether or not the last one was answered.

Latency counts from the scheduled arrival to the answer. The peer sends the same orders at the same rate through the same broker
with the bare client library: produced (acks=all) and read back by a consumer, with nothing in between.
"""

import asyncio
import urllib.request

import uvloop
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from infra.bench.figures import Goal, Reading, percentile
from infra.bench.ground import DOMAIN, BenchFailed, Ends, Ground, Say, append_all, ground
from infra.bench.http_load import Answer, Connections, open_loop
from infra.bench.orders import World
from infra.postgres.migrator import migrate
from infra.stack.home import free_ports
from schemas.topics import decisions_topic, events_topic
from streams.kafka import producer, reader

PER_S = 200
SECONDS = 20.0
WARM_UP_SECONDS = 3.0
ECHO = "bench.echo"
STRUCTURED = "content-type: application/cloudevents+json\r\n"
PEER = "bare produce and consume at the same rate"


def measure(run: int, say: Say, *, per_s: int = PER_S, seconds: float = SECONDS) -> list[Reading]:
    """One run on a fresh stack. Raises `BenchFailed` on any answer that is not the decision."""
    with ground("visible", postgres=True) as place, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(place, run, say, per_s, seconds))


async def _measure(place: Ground, run: int, say: Say, per_s: int, seconds: float) -> list[Reading]:
    count, warm = round(per_s * seconds), round(per_s * min(WARM_UP_SECONDS, seconds))
    world = World(3 * count + 2 * warm, run=f"v{run}", seed=run + 1)
    port = await _start(place, list(world.directory()))
    connections = Connections("127.0.0.1", port)
    say(f"warming up, {warm} orders")
    await _post(connections, world.singles(warm), per_s, wait=True)
    await _post(connections, world.singles(warm), per_s, wait=False)
    say(f"{per_s} orders/s for {seconds:.0f} s, waiting for each decision")
    visible_s = await _post(connections, world.singles(count), per_s, wait=True)
    say(f"{per_s} orders/s for {seconds:.0f} s, recorded only")
    recorded_s = await _post(connections, world.singles(count), per_s, wait=False)
    await connections.close()
    say("peer: bare produce and consume")
    echoed_s = await echo(place, world.singles(count), per_s, warm)
    readings: list[Reading] = []
    for name, latencies_s, goal in (
        ("http to visible decision", visible_s, Goal(50, at_most=True)),
        ("http to recorded (202)", recorded_s, None),
    ):
        for share, label, wanted in ((0.5, "p50", None), (0.99, "p99", goal)):
            value_ms, peer_ms = (1000 * percentile(values, share) for values in (latencies_s, echoed_s))
            readings.append(Reading(f"{name}, {label}", value_ms, "ms", wanted, PEER, peer_ms))
    return readings


async def _start(place: Ground, directory: list[bytes]) -> int:
    """Everything up and the directory decided; returns the gateway's port."""
    await migrate(place.dsn)
    await append_all(place.bootstrap, events_topic(DOMAIN), directory)
    port = free_ports(1)[0]
    place.run("worker", "worker", "--domain", DOMAIN)
    place.run("projector", "projector")
    place.run("gateway", "gateway", LAOXIAO_HTTP_PORT=str(port))
    async with Ends(place.bootstrap) as ends:

        async def ready() -> bool:
            decided = await ends.of(decisions_topic(DOMAIN)) > len(directory)
            return decided and await asyncio.to_thread(_ready, port)

        await place.wait_for("the gateway is ready and the directory decided", ready, deadline_s=90)
    return port


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


async def _post(connections: Connections, orders: list[bytes], per_s: int, *, wait: bool) -> list[float]:
    headers = STRUCTURED + ("prefer: wait=5\r\n" if wait else "")

    async def send(number: int) -> None:
        answer = await connections.post("/v1/events", orders[number], headers)
        _require(answer, wait=wait)

    return await open_loop(per_s, len(orders), send)


def _require(answer: Answer, *, wait: bool) -> None:
    fits = answer.status == 200 and b'"outcome":"accepted"' in answer.body if wait else answer.status == 202
    if not fits:
        raise BenchFailed(f"HTTP {answer.status}: {answer.body[:500]!r}")


async def echo(place: Ground, orders: list[bytes], per_s: int, warm: int, *, topic: str = ECHO) -> list[float]:
    """Seconds from each scheduled send until a consumer has the record."""
    admin = AIOKafkaAdminClient(bootstrap_servers=place.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()
    writer, consumer = producer(place.bootstrap), reader(place.bootstrap)
    await writer.start()
    await consumer.start()
    tp = TopicPartition(topic, 0)
    consumer.assign([tp])
    consumer.seek(tp, 0)
    back: list[asyncio.Future[None]] = [asyncio.get_running_loop().create_future() for _ in range(warm + len(orders))]

    async def read() -> None:
        while True:
            for row in (await consumer.getmany(tp, timeout_ms=500)).get(tp, []):
                back[row.offset].set_result(None)

    async def send(number: int) -> None:
        stored = await writer.send_and_wait(topic, orders[number % len(orders)], partition=0)
        await back[stored.offset]

    reading = asyncio.create_task(read())
    try:
        await open_loop(per_s, warm, send)
        return await open_loop(per_s, len(orders), send)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await consumer.stop()
        await writer.stop()
