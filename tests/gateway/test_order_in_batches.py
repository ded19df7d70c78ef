"""What is sent together for one area stays in the order it was sent in, a call for help among it or not, with the log or without."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.emergency_mending import RAISED
from schemas.topics import DOMAINS
from streams.kafka import KafkaEventLog
from streams.partitioning import home_partition
from tests.gateway.conftest import PARTITIONS, RunGateway, Running, order, unique

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif("emergency" not in DOMAINS, reason="emergency is not switched on yet: the gateway does not take it in"),
]
BATCH = {"content-type": "application/cloudevents-batch+json"}
REGION, OTHER = "3101", "3102"
HERE = {"lat": 31.23, "lon": 121.45}


def event(kind: str, data: dict[str, Any], area: str = REGION) -> dict[str, Any]:
    """One event of emergency."""
    return {
        "specversion": "1.0", "id": unique("o"), "source": "/tests", "type": f"emergency.{kind}.v1", "time": "2026-11-22T09:00:00+08:00",
        "area": area, "actor": "operator:op-1", "data": data,
    }  # fmt: skip


def story(area: str = REGION) -> list[dict[str, Any]]:
    """A responder who must be known before the call, and an operator who can answer it only after it: only one order makes sense."""
    unit, call = unique("r"), unique("k")
    return [
        event("responder.registered", {"responder_id": unit, "kind": "station", "position": HERE}, area),
        event("responder.reported", {"responder_id": unit, "status": "available", "position": HERE}, area),
        event("call.raised", {"call_id": call, "channel": "button", "position": HERE}, area),
        event("call.answered", {"call_id": call, "operator_id": "op-1"}, area),
        event("call.closed", {"call_id": call, "outcome": "test"}, area),
    ]


async def logged(bootstrap: str, domain: str, area: str) -> list[str]:
    """The ids of this area in the log, in its order."""
    async with KafkaEventLog(bootstrap, domain) as log:
        place = home_partition(area, PARTITIONS)
        rows = [row async for row in log.read(place, 0, await log.end_offset(place))]
    found: list[str] = []
    for row in rows:
        parsed = orjson.loads(row.value or b"")
        found += [one["id"] for one in (parsed if isinstance(parsed, list) else [parsed]) if one["area"] == area]
    return found


async def test_a_call_stands_in_the_log_where_it_stood_among_what_was_sent_with_it(running: Running, own_kafka: str) -> None:
    here, there, meal = story(), story(OTHER), order()
    # Two regions and a meal woven together: each keeps its own order.
    batch = [meal, *(one for pair in zip(here, there, strict=True) for one in pair)]
    answer = await running.client.post("/v1/events", content=orjson.dumps(batch), headers=BATCH)
    assert answer.status_code == 202, answer.text
    assert [(one["id"], one["status"]) for one in answer.json()["accepted"]] == [(one["id"], "recorded") for one in batch]
    for sent, area in ((here, REGION), (there, OTHER)):
        ids = [one["id"] for one in sent]
        assert [one for one in await logged(own_kafka, "emergency", area) if one in ids] == ids
    assert meal["id"] in await logged(own_kafka, "meals", meal["area"])
    # How long the log took is said with the answer.
    assert re.fullmatch(r"log;dur=\d+\.\d+, total;dur=\d+\.\d+", answer.headers["server-timing"])


async def test_without_the_log_a_call_waits_on_disk_in_its_place_among_what_was_sent_with_it(
    run_gateway: RunGateway, tmp_path: Path
) -> None:
    running = await run_gateway("127.0.0.1:9", "postgresql://nobody@127.0.0.1:9/none", ready=False, home=tmp_path)
    here, there = story(), story(OTHER)
    batch = [one for pair in zip(here, there, strict=True) for one in pair]
    answer = await running.client.post("/v1/events", content=orjson.dumps(batch), headers=BATCH)
    assert answer.status_code == 202, answer.text
    assert {one["status"] for one in answer.json()["accepted"]} == {"spooled"}
    assert running.gateway.calls is not None
    waiting = list(running.gateway.calls.spool.waiting)
    for sent, area in ((here, REGION), (there, OTHER)):
        assert [entry.event_id for entry in waiting if entry.area == area] == [one["id"] for one in sent]
    calls = {one["id"] for one in batch if one["type"] == RAISED}
    shown = (await running.client.get("/v1/emergency/presses")).json()["oldest"]
    assert {(one["event_id"], one["status"]) for one in shown} == {(call, "spooled") for call in calls}
