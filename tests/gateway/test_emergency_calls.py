"""A call for help is never refused: not for its body, not while Kafka is away, not with a full disk, not over a kill of the gateway."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from starlette.datastructures import Headers

from agents import core
from agents.emergency import DOMAIN
from infra.gateway.domain_routes.emergency_calls import call_event
from infra.gateway.intake import Taken, check
from infra.gateway.problems import Problem
from infra.stack.own_loop import in_own_loop
from schemas.codec import decode_record
from schemas.decisions import Received
from schemas.emergency import CallRaisedEvent
from schemas.journal import Clock, Decided, Opened, encode
from schemas.topics import DOMAINS
from streams.ending import cancel_until_ended
from streams.kafka import KafkaEventLog, KafkaJournal
from streams.partitioning import home_partition
from streams.topics import create_topics
from tests.gateway.conftest import PARTITIONS, RunGateway, Running, free_port, unique
from tests.gateway.test_live import next_event
from tests.stack.servers import StartKafka

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif("emergency" not in DOMAINS, reason="emergency is not switched on yet: the gateway does not take it in"),
]
JSON = {"content-type": "application/json"}
AREA = "3101"

BODIES: dict[str, tuple[bytes, set[str]]] = {
    "a good one": (
        b'{"area":"3101","actor":"device:d-1","time":"2026-11-22T09:00:00+08:00","data":{"call_id":"c","channel":"button"}}',
        set(),
    ),
    "fields at the top": (b'{"channel":"fall","device_id":"d-1"}', {"area"}),
    "a district for an area": (b'{"area":"310106","data":{"channel":"button"}}', set()),
    "an unknown channel": (b'{"data":{"channel":"klaxon"}}', {"channel", "area"}),
    "lat and lon swapped": (b'{"area":"3101","data":{"channel":"button","position":{"lat":121.4,"lon":31.2}}}', {"position"}),
    "a person with a space": ('{"area":"3101","data":{"channel":"button","person_id":"张 三"}}'.encode(), {"person_id"}),
    "a number of 30 digits": (b'{"area":"3101","data":{"channel":"button","position":123456789012345678901234567890}}', {"position"}),
    "half a surrogate": (b'{"area":"3101","data":{"channel":"button","note":"\\ud800"}}', set()),
    "a clock of 1970": (b'{"area":"3101","time":"1970-01-01T00:00:00Z","data":{"channel":"button"}}', {"envelope_time"}),
    "a key twice": (b'{"area":"3101","data":{"channel":"button"},"data":{"channel":"fall"}}', set()),
    "a byte order mark": (b'\xef\xbb\xbf{"area":"3101","data":{"channel":"button"}}', set()),
    "a note of a book": (orjson.dumps({"area": AREA, "data": {"channel": "button", "note": "救" * 100_000}}), {"note"}),
    "an actor that is a list": (b'{"area":"3101","actor":[1],"data":{"channel":"button"}}', {"envelope_actor"}),
    "data that is a word": (b'{"area":"3101","data":"help"}', {"data", "channel"}),
    "only a word": ('"救命"'.encode(), {"data", "channel", "area"}),
    "only a number": (b"120", {"data", "channel", "area"}),
    "an unknown field": (b'{"area":"3101","data":{"channel":"button","colour":"red"}}', {"unknown_field"}),
}


@pytest.mark.parametrize("name", BODIES)
def test_whatever_can_be_read_of_a_call_is_a_call(name: str) -> None:
    body, review = BODIES[name]
    (item,) = check([call_event(Headers(), body)])
    assert isinstance(item, Taken), item
    event = item.received.event
    assert isinstance(event, CallRaisedEvent)
    assert event.area == AREA
    assert review <= set(event.data.needs_review)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'""', b"null", b"{half", b"\xff\xfe\x00"])
def test_where_there_is_nothing_the_answer_says_how_else_to_call(body: bytes) -> None:
    with pytest.raises(Problem) as raised:
        call_event(Headers(), body)
    answer = orjson.loads(raised.value.response().body)
    assert (answer["status"], answer["code"]) == (400, "not_a_call")
    assert "120" in answer["title"]


def test_a_press_without_a_key_is_a_new_one_each_time_and_with_a_key_the_same() -> None:
    body = BODIES["fields at the top"][0]
    assert call_event(Headers(), body)["id"] != call_event(Headers(), body)["id"]
    keyed = Headers({"idempotency-key": "press-1"})
    assert call_event(keyed, body) == call_event(keyed, body)


@asynccontextmanager
async def agent(bootstrap: str) -> AsyncIterator[None]:
    """The real decisions of emergency on the real log, one partition owner for all, while entered."""
    async with KafkaEventLog(bootstrap, "emergency") as events, KafkaJournal(bootstrap, "emergency") as journal:
        epochs = [await journal.append(p, b"", encode(Opened("test", Clock.WALL))) for p in range(events.partitions)]
        task = asyncio.create_task(_decide(events, journal, epochs))
        try:
            yield
        finally:
            await cancel_until_ended([task])


async def _decide(events: KafkaEventLog, journal: KafkaJournal, epochs: list[int]) -> None:
    areas: dict[str, core.AreaState[Any]] = {}
    done, seqs = [0] * events.partitions, [0] * events.partitions
    while True:
        for partition in range(events.partitions):
            async for record in events.read(partition, done[partition], await events.end_offset(partition)):
                items = decode_record("emergency", record.key, record.value, record.timestamp_ms)
                decisions = tuple(
                    core.handle(DOMAIN, areas.setdefault(one.event.area, core.blank(DOMAIN, one.event.area)), one)
                    for one in items
                    if isinstance(one, Received)
                )
                done[partition], seqs[partition] = record.offset + 1, seqs[partition] + 1
                made = Decided(epochs[partition], seqs[partition], partition, record.offset, decisions, ())
                await journal.append(partition, record.key or b"", encode(made))
        await asyncio.sleep(0.01)


async def test_a_press_is_before_the_operators_at_once_and_an_incident_when_it_is_decided(running: Running, own_kafka: str) -> None:
    call_id = unique("call")
    body = orjson.dumps({"area": AREA, "data": {"call_id": call_id, "channel": "button", "person_id": unique("p")}})
    async with running.client.stream("GET", f"/v1/emergency/live?area={AREA}") as stream:
        lines = stream.aiter_lines()
        await next_event(lines, "state")
        async with asyncio.timeout(1.0):
            sent = await running.client.post("/v1/emergency/calls", content=body, headers=JSON)
            shown: list[str] = []
            while call_id not in shown:
                shown = [one["call_id"] for one in (await next_event(lines, "state"))["presses"]["oldest"]]
        assert (sent.status_code, sent.json()["accepted"][0]["status"]) == (202, "recorded")
        async with agent(own_kafka), asyncio.timeout(20):
            while call_id in shown:
                shown = [one["call_id"] for one in (await next_event(lines, "state"))["presses"]["oldest"]]
            key = {"idempotency-key": unique("key"), "prefer": "wait=10"} | JSON
            act = {"area": AREA, "actor": "operator:op-1", "time": "2026-11-22T09:00:00+08:00", "data": {"operator_id": "op-1"}}
            answered = await running.client.post(f"/v1/emergency/calls/{call_id}/answer", content=orjson.dumps(act), headers=key)
    assert [one["outcome"] for one in answered.json()["decisions"]] == ["accepted"]
    assert answered.json()["decisions"][0]["facts"][0]["data"]["operator_id"] == "op-1"


async def test_with_kafka_away_and_the_disk_full_operators_see_the_call_and_the_caller_is_told_to_telephone(
    run_gateway: RunGateway, tmp_path: Path
) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "gateway.calls").symlink_to("/dev/full")
    running = await run_gateway("127.0.0.1:9", "postgresql://nobody@127.0.0.1:9/none", ready=False, home=tmp_path)
    body = b'{"area":"3101","data":{"call_id":"full-1","channel":"button","device_id":"d-9"}}'
    answer = await running.client.post("/v1/emergency/calls", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (503, "call_not_kept")
    assert "120" in answer.json()["title"]
    assert answer.json()["shown_to_operators"] is True
    seen = (await running.client.get("/v1/emergency/presses")).json()
    assert [(one["call_id"], one["device_id"], one["status"]) for one in seen["oldest"]] == [("full-1", "d-9", "memory")]


@contextmanager
def gateway_process(kafka: str, postgres: str, home: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """The gateway as it is run, to be killed; ended at the end."""
    env = {
        **os.environ, "LAOXIAO_KAFKA": kafka, "LAOXIAO_POSTGRES": postgres, "LAOXIAO_HOME": str(home), "LAOXIAO_HTTP_PORT": str(port),
        "LAOXIAO_PARTITIONS": str(PARTITIONS), "LAOXIAO_PROCESS": "gateway",
    }  # fmt: skip
    with subprocess.Popen([sys.executable, "-m", "infra.cli.main", "gateway"], env=env, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


async def _presses(client: httpx.AsyncClient, wanted: int, seconds: float) -> dict[str, Any]:
    """The list once so many wait in it (or none, for 0)."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                body: dict[str, Any] = (await client.get("/v1/emergency/presses")).json()
                if body["not_in_log"] == wanted:
                    return body
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


async def _ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while True:
            if (await client.get("/readyz")).status_code == 200:
                return
            await asyncio.sleep(0.1)


async def test_calls_pressed_while_kafka_is_away_survive_a_kill_of_the_gateway_and_arrive_in_order_under_their_ids(
    start_kafka: StartKafka, database: str, tmp_path: Path
) -> None:
    cluster = start_kafka(1)
    in_own_loop(create_topics(cluster.bootstrap, PARTITIONS))
    port = free_port()
    ids = [f"press-{number}" for number in range(6)]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as client:

        async def press(name: str) -> str:
            body = orjson.dumps({"area": AREA, "data": {"call_id": name, "channel": "button", "device_id": f"d-{name}"}})
            answer = await client.post("/v1/emergency/calls", content=body, headers=JSON | {"idempotency-key": name})
            assert answer.status_code == 202
            return str(answer.json()["accepted"][0]["status"])

        with gateway_process(cluster.bootstrap, database, tmp_path, port) as first:
            await _presses(client, 0, 30)
            await _ready(client)
            assert await press(ids[0]) == "recorded"
            await asyncio.to_thread(cluster.kill, 0)
            async with asyncio.timeout(15):
                assert [await press(name) for name in ids[1:]] == ["spooled"] * 5
            assert "laoxiao_gateway_spool_waiting_events 5.0" in (await client.get("/metrics")).text
            os.kill(first.pid, signal.SIGKILL)
            first.wait()
        with gateway_process(cluster.bootstrap, database, tmp_path, port):
            left = await _presses(client, 5, 30)
            assert [one["call_id"] for one in left["oldest"]] == ids[1:]
            await asyncio.to_thread(cluster.restart, 0, 90)
            await _presses(client, 0, 60)
    async with KafkaEventLog(cluster.bootstrap, "emergency") as log:
        place = home_partition(AREA, PARTITIONS)
        rows = [row async for row in log.read(place, 0, await log.end_offset(place))]
    found: list[str] = []
    for row in rows:
        parsed = orjson.loads(row.value or b"")
        found += [one["id"] for one in (parsed if isinstance(parsed, list) else [parsed])]
    assert list(dict.fromkeys(found)) == ids
