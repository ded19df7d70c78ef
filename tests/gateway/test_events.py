"""Events in: the three modes, waiting, repeats and conflicts, batches, order per area; on real Kafka and PostgreSQL."""

import asyncio
from typing import Any

import orjson
import pytest

from schemas.meals import MealsReason
from tests.gateway.conftest import Running, order, unique, until
from tests.gateway.owner import FULL_PORTIONS, TinyOwner

STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCHED = {"content-type": "application/cloudevents-batch+json"}

pytestmark = pytest.mark.stack


async def post(running: Running, event: Any, headers: dict[str, str] | None = None) -> Any:
    return await running.client.post("/v1/events", content=orjson.dumps(event), headers=STRUCTURED | (headers or {}))


async def test_a_structured_event_is_recorded_and_its_record_holds_the_very_same_attributes(running: Running, own_kafka: str) -> None:
    event = order()
    answer = await post(running, event)
    assert answer.status_code == 202
    assert answer.json() == {"accepted": [{"id": event["id"], "status": "recorded"}]}
    async with TinyOwner(own_kafka) as owner:
        await until(lambda: any(orjson.loads(record.value or b"null") == event for record in owner.records))
    record = next(record for record in owner.records if orjson.loads(record.value or b"null") == event)
    assert record.key == b"310106"
    assert ("content-type", b"application/cloudevents+json") in record.headers


async def test_a_binary_event_is_answered_like_a_structured_one(running: Running, own_kafka: str) -> None:
    event = order()
    headers = {f"ce-{name}": value for name, value in event.items() if name != "data"} | {"content-type": "application/json"}
    async with TinyOwner(own_kafka):
        answer = await running.client.post("/v1/events", content=orjson.dumps(event["data"]), headers=headers | {"prefer": "wait=20"})
    assert answer.status_code == 200
    assert answer.json()["decisions"][0]["event_id"] == event["id"]


async def test_each_event_of_a_batch_gets_its_own_result(running: Running) -> None:
    good, bad, unknown = order(), order(portions=0), order(type="meals.order.dreamt.v1")
    answer = await running.client.post("/v1/events", content=orjson.dumps([good, bad, unknown]), headers=BATCHED)
    assert answer.status_code == 202
    assert answer.json()["accepted"] == [{"id": good["id"], "status": "recorded"}]
    assert [(one["index"], one["id"], one["code"]) for one in answer.json()["rejected"]] == [
        (1, bad["id"], "invalid_event"),
        (2, unknown["id"], "unknown_type"),
    ]


async def test_a_batch_of_which_nothing_can_be_recorded_is_a_problem(running: Running) -> None:
    answer = await running.client.post("/v1/events", content=orjson.dumps([order(portions=0), 3]), headers=BATCHED)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "nothing_recorded"
    assert [one["code"] for one in answer.json()["rejected"]] == ["invalid_event", "not_an_event"]


async def test_a_caller_who_waits_hears_the_decision_with_its_reasons(running: Running, own_kafka: str) -> None:
    async with TinyOwner(own_kafka):
        assigned = await post(running, order(), {"prefer": "wait=20"})
        refused = await post(running, order(portions=FULL_PORTIONS), {"prefer": "respond-async, wait=20"})
    assert assigned.status_code == 200
    assert assigned.headers["preference-applied"] == "wait=20"
    assert assigned.json()["decisions"][0]["facts"][0]["data"]["provider_id"] == "c-001"
    assert refused.status_code == 200
    assert refused.json()["decisions"][0]["reason"] == MealsReason.NO_CAPACITY


async def test_a_wait_that_ends_without_a_decision_says_recorded(running: Running) -> None:
    event = order()
    answer = await post(running, event, {"prefer": "wait=1"})
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "wait=1"
    assert answer.json() == {"accepted": [{"id": event["id"], "status": "recorded"}]}
    assert running.gateway.boards["meals"].waiters == 0


async def test_sending_again_shows_the_first_decision_and_another_body_is_a_conflict(running: Running, own_kafka: str) -> None:
    event = order()
    other = order(event["id"], portions=2)
    async with TinyOwner(own_kafka):
        first = await post(running, event, {"prefer": "wait=20"})
        again = await post(running, event, {"prefer": "wait=20"})
        conflict = await post(running, other, {"prefer": "wait=20"})
    assert again.status_code == 200
    assert again.json() == first.json()
    assert conflict.status_code == 409
    assert conflict.json()["code"] == "conflict"
    shown = await running.client.get(f"/v1/decisions/{event['id']}")
    assert shown.json() == first.json()["decisions"][0]


async def test_two_bodies_under_one_id_at_once_get_one_decision_and_one_conflict(running: Running, own_kafka: str) -> None:
    event_id = unique("twin")
    async with TinyOwner(own_kafka):
        answers = await asyncio.gather(*(post(running, order(event_id, portions=n), {"prefer": "wait=20"}) for n in (1, 2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_events_of_one_area_keep_their_order_and_share_records_under_load(running: Running, own_kafka: str) -> None:
    area = unique("area")
    ids = [unique("seq") for _ in range(120)]

    async with TinyOwner(own_kafka, paused=True) as owner:
        # One connection each, started in order: the events queue up while the first is in flight.
        answers = await asyncio.gather(*(post(running, order(one, area=area)) for one in ids))
        assert {answer.status_code for answer in answers} == {202}
        sent = [answer.json()["accepted"][0]["id"] for answer in answers]
        owner.going.set()
        await until(lambda: len(_ids_of(owner, area)) >= len(ids))
    assert sorted(_ids_of(owner, area)) == sorted(sent)
    mine = [record for record in owner.records if record.key == area.encode()]
    assert len(mine) < len(ids), "what queued up must share records"
    batch = [unique("batch") for _ in range(40)]
    await running.client.post("/v1/events", content=orjson.dumps([order(one, area=area) for one in batch]), headers=BATCHED)
    async with TinyOwner(own_kafka) as second:
        await until(lambda: len(_ids_of(second, area)) >= len(batch))
    assert _ids_of(second, area) == batch


def _ids_of(owner: TinyOwner, area: str) -> list[str]:
    ids: list[str] = []
    for record in owner.records:
        if record.key == area.encode():
            parsed = orjson.loads(record.value or b"[]")
            ids += [one["id"] for one in (parsed if isinstance(parsed, list) else [parsed])]
    return ids


async def test_a_batch_over_several_areas_goes_to_each_area_s_own_record(running: Running, own_kafka: str) -> None:
    areas = [unique("area") for _ in range(3)]
    events = [order(area=area) for area in areas]
    async with TinyOwner(own_kafka):
        answer = await running.client.post("/v1/events", content=orjson.dumps(events), headers=BATCHED | {"prefer": "wait=20"})
    assert answer.status_code == 200
    assert [one["area"] for one in answer.json()["decisions"]] == areas


async def test_what_is_recorded_and_undecided_can_be_read_as_such(running: Running) -> None:
    event = order()
    await post(running, event)
    shown = await running.client.get(f"/v1/decisions/{event['id']}")
    assert shown.status_code == 202
    assert shown.json() == {"event_id": event["id"], "status": "recorded"}


async def test_a_decision_is_readable_before_the_projection_has_it(running: Running, own_kafka: str) -> None:
    event = order()
    async with TinyOwner(own_kafka):
        await post(running, event, {"prefer": "wait=20"})
    shown = await running.client.get(f"/v1/decisions/{event['id']}")
    assert shown.status_code == 200
    assert shown.json()["facts"][0]["type"] == "meals.order.assigned.v1"
    request = await running.client.get(f"/v1/meals/requests/{event['data']['order_id']}")
    assert request.status_code == 200
    assert request.json()["behind"] is True
    assert request.json()["newest"]["event_id"] == event["id"]


async def test_an_order_by_its_resource_route_is_the_same_event(running: Running, own_kafka: str) -> None:
    key = unique("key")
    event = order(key)
    body = {"area": "310106", "actor": "relative:p-1", "time": event["time"], "data": event["data"]}
    async with TinyOwner(own_kafka):
        headers = {"idempotency-key": key, "prefer": "wait=20"}
        placed = await running.client.post("/v1/meals/orders", json=body, headers=headers)
        again = await running.client.post("/v1/meals/orders", json=body, headers=headers)
        cancelled = await running.client.post(
            f"/v1/meals/orders/{event['data']['order_id']}/cancellation",
            json={"area": "310106", "actor": "relative:p-1", "time": event["time"], "reason": "changed_mind"},
            headers={"idempotency-key": unique("key"), "prefer": "wait=20"},
        )
        published = await running.client.post(
            "/v1/meals/providers/c-001/capacity",
            json={
                "area": "310106",
                "actor": "facility:c-001",
                "time": event["time"],
                "data": {"version": 1, "slots": [{"date": "2026-11-23", "meal": "lunch", "capacity": 90}]},
            },
            headers={"idempotency-key": unique("key"), "prefer": "wait=20"},
        )
    assert placed.status_code == 200
    assert again.json() == placed.json()
    assert cancelled.json()["decisions"][0]["event_type"] == "meals.order.cancelled.v1"
    assert published.json()["decisions"][0]["event_type"] == "meals.capacity.published.v1"


async def test_a_resource_route_needs_its_idempotency_key(running: Running) -> None:
    body = {"area": "310106", "actor": "relative:p-1", "time": "2026-11-22T09:12:03+08:00", "data": order()["data"]}
    missing = await running.client.post("/v1/meals/orders", json=body)
    bad = await running.client.post("/v1/meals/orders", json=body, headers={"idempotency-key": "no spaces"})
    assert (missing.status_code, missing.json()["code"]) == (400, "missing_idempotency_key")
    assert (bad.status_code, bad.json()["code"]) == (400, "invalid_header")
