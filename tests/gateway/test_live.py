"""The live view, the page as served, readiness, the whole document; and what happens when the servers are away."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from infra.gateway.board import VIEW_DECISIONS_MAX
from infra.gateway.intake import FORBIDDEN_TYPES
from infra.stack.own_loop import in_own_loop
from schemas.registry import known_types
from schemas.topics import DOMAINS
from streams.topics import create_topics
from tests.gateway.conftest import PARTITIONS, RunGateway, Running, order, unique, until
from tests.gateway.owner import TinyOwner
from tests.stack.servers import StartKafka, StartPostgres

STRUCTURED = {"content-type": "application/cloudevents+json"}
STATIC = Path(__file__).parents[2] / "infra" / "gateway" / "static"

pytestmark = pytest.mark.stack


async def next_event(lines: Any, name: str) -> dict[str, Any]:
    """The data of the next server-sent event of this name."""
    current = ""
    async for line in lines:
        if line.startswith("event: "):
            current = line.removeprefix("event: ")
        elif line.startswith("data: ") and current == name:
            body: dict[str, Any] = orjson.loads(line.removeprefix("data: "))
            return body
    raise AssertionError("the stream ended")


async def test_a_live_view_hears_the_decisions_of_its_area_only(running: Running, own_kafka: str) -> None:
    area = unique("area")
    mine, other = order(area=area), order(area=unique("area"))
    async with TinyOwner(own_kafka), running.client.stream("GET", f"/v1/meals/live?area={area}") as stream:
        lines = stream.aiter_lines()
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert (await next_event(lines, "state"))["caught_up"] is True
        for event in (other, mine):
            await running.client.post("/v1/events", content=orjson.dumps(event), headers=STRUCTURED | {"prefer": "wait=20"})
        async with asyncio.timeout(10):
            heard = await next_event(lines, "decisions")
    assert heard["decided"] == 1
    assert [one["event_id"] for one in heard["decisions"]] == [mine["id"]]
    await until(lambda: running.gateway.boards["meals"].viewers == 0)


async def test_a_client_that_never_reads_costs_a_ring_and_is_dropped_not_the_process(running: Running, own_kafka: str) -> None:
    area = unique("area")
    board = running.gateway.boards["meals"]
    viewer = board.watch(area)
    assert viewer is not None
    batch = [order(area=area) for _ in range(200)]
    headers = {"content-type": "application/cloudevents-batch+json", "prefer": "wait=20"}
    async with TinyOwner(own_kafka):
        await running.client.post("/v1/events", content=orjson.dumps(batch), headers=headers)
    decisions, decided = viewer.take()
    board.unwatch(viewer)
    assert decided == len(batch)
    assert len(decisions) == VIEW_DECISIONS_MAX
    assert orjson.loads(decisions[-1])["event_id"] == batch[-1]["id"]


async def test_a_live_view_ends_when_the_gateway_stops(running: Running) -> None:
    async with running.client.stream("GET", "/v1/meals/live?area=a") as stream:
        lines = stream.aiter_lines()
        await next_event(lines, "state")
        started_s = time.monotonic()
        running.server.should_exit = True
        async with asyncio.timeout(9):
            assert [line async for line in lines if line.startswith("event: none")] == []
    assert await running.serving == 0
    assert time.monotonic() - started_s < 9


async def test_the_page_and_each_of_its_files_are_served_with_their_types(running: Running) -> None:
    page = await running.client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for path in (path for path in STATIC.rglob("*") if path.is_file()):
        if path.name != "index.html":
            answer = await running.client.get(f"/static/{path.relative_to(STATIC).as_posix()}")
            assert (answer.status_code, answer.content) == (200, path.read_bytes())


async def test_the_document_names_every_event_type_and_every_reference_in_it_resolves(running: Running) -> None:
    document = (await running.client.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    assert set(schemas["AnyEvent"]["discriminator"]["mapping"]) == set(known_types()) - set(FORBIDDEN_TYPES)
    references = set(_references(document))
    assert {one for one in references if one.rsplit("/", 1)[1] not in schemas} == set()
    assert {"/v1/events", "/v1/decisions/{event_id}", "/v1/{domain}/requests/{request_id}", "/v1/{domain}/capacity"} <= set(
        document["paths"]
    )


def _references(node: Any) -> Any:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


async def test_without_kafka_the_answer_is_503_and_after_its_return_the_same_id_is_recorded(
    start_kafka: StartKafka, database: str, run_gateway: RunGateway
) -> None:
    cluster = start_kafka(1)
    in_own_loop(create_topics(cluster.bootstrap, PARTITIONS))
    running = await run_gateway(cluster.bootstrap, database)
    running.gateway.record_seconds_max = 1.5
    event = orjson.dumps(order())
    assert (await running.client.post("/v1/events", content=event, headers=STRUCTURED)).status_code == 202
    await asyncio.to_thread(cluster.kill, 0)
    refused = await running.client.post("/v1/events", content=event, headers=STRUCTURED | {"prefer": "wait=5"})
    assert refused.status_code == 503
    assert refused.json()["code"] == "log_unavailable"
    assert int(refused.headers["retry-after"]) > 0
    assert (await running.client.get("/readyz")).status_code == 503
    assert (await running.client.get("/healthz")).status_code == 200
    await asyncio.to_thread(cluster.restart, 0, 90)
    await running.ready("kafka:meals")
    again = await running.client.post("/v1/events", content=event, headers=STRUCTURED)
    assert again.status_code == 202


async def test_a_gateway_starts_without_any_server_and_says_what_is_missing(run_gateway: RunGateway) -> None:
    running = await run_gateway("127.0.0.1:9", "postgresql://nobody@127.0.0.1:9/none", ready=False)
    running.gateway.record_seconds_max = 0.5
    ready = await running.client.get("/readyz")
    assert ready.status_code == 503
    assert set(ready.json()["checks"]) == {"postgres", *(f"{what}:{domain}" for what in ("kafka", "journal") for domain in DOMAINS)}
    assert all(state != "ok" for state in ready.json()["checks"].values())
    recorded = await running.client.post("/v1/events", content=orjson.dumps(order()), headers=STRUCTURED)
    assert (recorded.status_code, recorded.json()["code"]) == (503, "log_unavailable")
    read = await running.client.get("/v1/meals/areas")
    assert (read.status_code, read.json()["code"]) == (503, "register_unavailable")
    assert (await running.client.get("/")).status_code == 200


async def test_without_postgresql_events_are_still_recorded_and_waited_for(
    own_kafka: str, start_postgres: StartPostgres, run_gateway: RunGateway
) -> None:
    from infra.postgres.migrator import migrate

    server = await asyncio.to_thread(start_postgres)
    await migrate(server.dsn)
    running = await run_gateway(own_kafka, server.dsn)
    await asyncio.to_thread(server.kill)
    async with TinyOwner(own_kafka):
        answer = await running.client.post("/v1/events", content=orjson.dumps(order()), headers=STRUCTURED | {"prefer": "wait=20"})
    assert answer.status_code == 200
    assert (await running.client.get("/v1/meals/areas")).status_code == 503
    assert (await running.client.get(f"/v1/decisions/{answer.json()['decisions'][0]['event_id']}")).status_code == 200


async def test_too_much_waiting_is_refused_at_once_and_nothing_of_it_is_kept(running: Running) -> None:
    running.gateway.carrier._queued_events_max = 0
    answer: httpx.Response = await running.client.post("/v1/events", content=orjson.dumps(order()), headers=STRUCTURED)
    assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
