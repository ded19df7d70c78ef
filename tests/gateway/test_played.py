"""The scenario's clock over HTTP: a played deployment passes it on with the record, any other refuses to be told the time."""

import orjson
import pytest

from infra.gateway.carrier import Carrier
from streams.kafka import KafkaEventLog
from streams.memory import MemoryEventLog
from tests.gateway.conftest import PARTITIONS, Running, order, unique

KIND = {"content-type": "application/cloudevents+json"}


@pytest.mark.stack
async def test_a_played_deployment_writes_the_senders_clock_on_the_record(running: Running) -> None:
    running.gateway.played = True
    area = unique("a")
    event = order(area=area)
    answer = await running.client.post("/v1/events", content=orjson.dumps(event), headers={**KIND, "playedat": "1795485600000"})
    assert answer.status_code == 202
    door = running.gateway.carrier._logs["meals"]
    log = getattr(door, "_log")  # noqa: B009 - the door hides its log from everybody but tests
    assert isinstance(log, KafkaEventLog)
    found = [
        dict(row.headers)
        for partition in range(PARTITIONS)
        async for row in log.read(partition, 0, await log.end_offset(partition))
        if row.key == area.encode()
    ]
    assert [headers["playedat"] for headers in found] == [b"1795485600000"]


@pytest.mark.stack
@pytest.mark.parametrize(("played", "value"), [(False, "1795485600000"), (True, "soon"), (True, "-5")])
async def test_anybody_else_may_not_say_what_time_it_is(running: Running, played: bool, value: str) -> None:
    running.gateway.played = played
    answer = await running.client.post("/v1/events", content=orjson.dumps(order()), headers={**KIND, "playedat": value})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_header")


@pytest.mark.stack
async def test_the_server_says_which_domains_there_are(running: Running) -> None:
    body = (await running.client.get("/v1/domains")).json()
    assert body == {"domains": list(running.gateway.boards), "played": False, "you": None}


async def test_events_of_different_instants_never_share_a_record() -> None:
    import asyncio

    log = MemoryEventLog(1, lambda: 1_000)
    carrier = Carrier({"meals": log})
    await asyncio.gather(*(carrier.record("meals", "310106", [b"%d" % n], 5.0, at_ms) for n, at_ms in enumerate((5, 6, 6, 7))))
    kept = {(record.value, dict(record.headers)["playedat"]) for record in log.records(0)}
    assert kept == {(b"0", b"5"), (b"[1,2]", b"6"), (b"3", b"7")}
