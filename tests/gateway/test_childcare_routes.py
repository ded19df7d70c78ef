"""Childcare's ways in: each route records the event it says, and is listed once the domain is switched on."""

from typing import Any

import pytest

from infra.gateway.domain_routes.childcare import ACTS
from schemas.topics import DOMAINS
from tests.gateway.conftest import RunGateway, unique

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif("childcare" not in DOMAINS, reason="a gateway serves the domains that are switched on"),
]
CHILD = {"child_id": "k-1", "birth_date": "2024-10-01"}
WISH: dict[str, Any] = {"family_id": "f-1", "position": {"lat": 31.23, "lon": 121.45}, "session_id": "s-1-am"}
SESSION = {
    "session_id": "s-1-am", "start": "2026-11-24T09:00:00+08:00", "end": "2026-11-24T11:00:00+08:00", "mode": "drop_in", "seats": 4,
    "staff": 2,
}  # fmt: skip
DATA: dict[str, dict[str, Any]] = {
    "bookings": {"booking_id": "b-1", **CHILD, **WISH},
    "groups": {
        "group_id": "g-1", "children": [{"booking_id": "b-2", **CHILD}, {"booking_id": "b-3", **CHILD, "child_id": "k-2"}], **WISH,
    },
    "bookings/{booking_id}/acceptance": {"offer_id": "o-1"},
    "bookings/{booking_id}/decline": {"offer_id": "o-1"},
    "bookings/{booking_id}/check_in": {"by": "p-1", "temperature_c": 36.6},
    "bookings/{booking_id}/check_out": {"by": "p-1"},
    "children/{child_id}/pickup_persons": {"version": 1, "persons": ["p-1"]},
    "children/{child_id}/home": {"version": 1, "at_home": True},
    "sites/{site_id}/sessions": {"version": 1, "sessions": [SESSION]},
    "sites/{site_id}/staffing": {"session_id": "s-1-am", "staff_present": 2},
    "sites/{site_id}/closure": {"reason": "repair"},
    "sites/{site_id}/reopening": {"reason": "repaired"},
    "sites/{site_id}/incidents": {"incident_id": "n-1", "kind": "fall", "severity": "minor"},
    "sites/{site_id}/inspections": {"inspection_id": "i-1", "result": "passed"},
}  # fmt: skip


async def test_every_route_records_the_event_it_says(run_gateway: RunGateway, own_kafka: str, database: str) -> None:
    running = await run_gateway(own_kafka, database)
    for act in ACTS:
        data = DATA.get(act.path)
        body: dict[str, Any] = {"area": "310106", "actor": "relative:p-1", "time": "2026-11-23T10:00:00+08:00"}
        body |= {} if data is None else {"data": data}
        key = unique("cc")
        path = act.path.format(**dict.fromkeys(act.ids, "x-1"))
        answer = await running.client.post(f"/v1/childcare/{path}", json=body, headers={"idempotency-key": key})
        assert answer.status_code == 202, (act.path, answer.text)
        assert key in answer.text


async def test_a_route_whose_words_are_wrong_records_nothing_and_says_where(run_gateway: RunGateway, own_kafka: str, database: str) -> None:
    running = await run_gateway(own_kafka, database)
    body = {"area": "310106", "actor": "relative:p-1", "time": "2026-11-23T10:00:00+08:00", "data": {"by": "p", "temperature_c": 99}}
    answer = await running.client.post("/v1/childcare/bookings/b-1/check_in", json=body, headers={"idempotency-key": unique("cc")})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_event")


async def test_sessions_near_a_point_are_asked_for_by_area_and_place(run_gateway: RunGateway, own_kafka: str, database: str) -> None:
    running = await run_gateway(own_kafka, database)
    found = await running.client.get("/v1/childcare/sessions", params={"area": "310106", "near": "31.23,121.45"})
    assert (found.status_code, found.json()) == (200, {"sessions": []})
    assert (await running.client.get("/v1/childcare/sessions", params={"area": "310106", "near": "91,0"})).status_code == 422
