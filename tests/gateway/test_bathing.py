"""助浴 by declaration alone, on real servers over HTTP: an office declares it, a station publishes one place, two families want it.

The first has it; the second is told that nothing is free and waits; the first cancels, and in that same decision the second is offered the
place, takes it, and everybody can read so. Nothing in the code knows the service by name.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.scenario.childcare.policy import BATHING
from infra.supervisor.processes import Service, Supervised
from schemas.journal import SHANGHAI
from tests.gateway.conftest import PARTITIONS, RunGateway, unique

pytestmark = pytest.mark.stack
AREA = "310109"
"""Nobody else's in these tests: what the office declares here holds here."""
TODAY = datetime.now(SHANGHAI).date()
DAY = (TODAY + timedelta(days=3)).isoformat()
ANSWERED_S_MAX = 90.0
POSITION = {"lat": 31.27, "lon": 121.48}
StartProcess = Callable[..., Supervised]


@pytest.fixture
def start(own_kafka: str, database: str, tmp_path: Path) -> Iterator[StartProcess]:
    """A process of ours on the test's own servers; ended with the test."""
    started: list[Supervised] = []

    def run(*arguments: str) -> Supervised:
        environment = {
            "LAOXIAO_KAFKA": own_kafka, "LAOXIAO_POSTGRES": database, "LAOXIAO_PARTITIONS": str(PARTITIONS),
            "LAOXIAO_PROCESS": arguments[0], "LAOXIAO_HOME": str(tmp_path), "LAOXIAO_CLOCK": "wall", "LAOXIAO_SESSION_TIMEOUT_S": "6",
        }  # fmt: skip
        process = Supervised(Service(arguments[0], arguments, environment), tmp_path / "logs", lambda _: None)
        process.start()
        started.append(process)
        return process

    yield run
    for process in started:
        process.stop()


class Desk:
    """Says things to the gateway as offices, stations and families do, and reads what was decided."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def act(self, path: str, data: dict[str, Any] | None = None, actor: str = "relative:p-1") -> dict[str, Any]:
        """One act over the domain's own route; its decision."""
        body: dict[str, Any] = {"area": AREA, "actor": actor, "time": datetime.now(SHANGHAI).isoformat(timespec="milliseconds")}
        body |= {} if data is None else {"data": data}
        return await self._decided(f"/v1/childcare/{path}", body, unique("bath"))

    async def publish(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        """One event as it is; its decision."""
        event_id = unique("bath")
        event = {
            "specversion": "1.0", "id": event_id, "source": "/tests/office", "type": kind, "area": AREA, "actor": "operator:o-1",
            "time": datetime.now(SHANGHAI).isoformat(timespec="milliseconds"), "data": data,
        }  # fmt: skip
        return await self._decided("/v1/events", event, event_id)

    async def booking(self, booking_id: str, state: str) -> dict[str, Any]:
        """The booking's row, once the tables say it is in this state."""
        async with asyncio.timeout(ANSWERED_S_MAX):
            while True:
                answer = await self._client.get(f"/v1/childcare/requests/{booking_id}")
                if answer.status_code == 200 and answer.json()["state"] == state:
                    return dict(answer.json())
                await asyncio.sleep(0.1)

    async def _decided(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """The same key again until it is recorded, then its decision, however long that takes on a slow machine."""
        kind = "application/cloudevents+json" if path == "/v1/events" else "application/json"
        async with asyncio.timeout(ANSWERED_S_MAX):
            while True:
                headers = {"content-type": kind, "idempotency-key": key, "prefer": "wait=30"}
                answer = await self._client.post(path, json=body, headers=headers)
                if answer.status_code == 200:
                    (only,) = answer.json()["decisions"]
                    return dict(only)
                assert answer.status_code in (202, 503), answer.text
                await asyncio.sleep(0.2)


def fact(decision: dict[str, Any], kind: str) -> dict[str, Any]:
    """The data of its one fact of this type."""
    assert decision["outcome"] == "accepted", (decision["outcome"], decision["reason"], decision["why"])
    (found,) = (one["data"] for one in decision["facts"] if one["type"] == f"childcare.{kind}.v1")
    return dict(found)


async def test_one_place_to_bathe_is_booked_waited_for_given_back_offered_and_taken(
    own_kafka: str, database: str, run_gateway: RunGateway, start: StartProcess
) -> None:
    start("worker", "--domain", "childcare")
    start("projector", "--domain", "childcare")
    desk = Desk((await run_gateway(own_kafka, database)).client)
    run = unique("bath")
    first, second, station, session = (f"{name}-{run}" for name in ("first", "second", "station", "visit"))

    def wish(booking_id: str, **more: Any) -> dict[str, Any]:
        return {
            "booking_id": booking_id, "child_id": f"person-{booking_id}", "family_id": f"family-{booking_id}",
            "birth_date": TODAY.replace(year=TODAY.year - 80, day=1).isoformat(), "position": POSITION, "service": "bathing",
            "categories": ["level_2_or_above"], "window": {"date": DAY, "from": "09:00", "to": "10:00"}, **more,
        }  # fmt: skip

    undeclared = await desk.act("bookings", wish(f"early-{run}"))
    assert (undeclared["outcome"], undeclared["reason"]) == ("refused", "unknown_service")

    declared = {"services": {"bathing": BATHING}}
    policy = {
        "policy": "childcare",
        "version": f"{AREA}/{run}",
        "in_force_from": TODAY.isoformat(),
        "parameters": declared,
        "source": "test",
    }
    assert (await desk.publish("policy.published.v1", policy))["outcome"] == "accepted"
    site = {"site_id": station, "name": "助浴点", "position": POSITION, "street": "310109009", "kind": "other"}
    fact(await desk.publish("childcare.site.registered.v1", site), "site.listed")
    offered = {
        "session_id": session, "start": f"{DAY}T09:00:00+08:00", "end": f"{DAY}T10:00:00+08:00", "mode": "visit", "seats": 1, "staff": 1,
        "service": "bathing",
    }  # fmt: skip
    fact(await desk.act(f"sites/{station}/sessions", {"version": 1, "sessions": [offered]}, f"provider:{station}"), "session.published")

    nobody = await desk.act("bookings", wish(f"other-{run}", categories=[]))
    assert (nobody["outcome"], nobody["reason"]) == ("refused", "not_entitled")
    place = fact(await desk.act("bookings", wish(first)), "booking.confirmed")
    assert (place["session_id"], place["service"], place["free"], place["quota_left"]) == (session, "bathing", True, 11)

    told = await desk.act("bookings", wish(f"hasty-{run}", waitlist=False))
    assert (told["outcome"], told["reason"]) == ("refused", "no_seat")
    waits = await desk.act("bookings", wish(second))
    assert (fact(waits, "booking.waitlisted")["rank"], waits["why"]["rejected"][0]["rule"]) == (1, "no_seat")
    assert (await desk.booking(second, "waitlisted"))["rank"] == 1

    given_back = await desk.act(f"bookings/{first}/cancellation", {})
    assert fact(given_back, "booking.cancelled")["quota"] == "returned"
    offer = fact(given_back, "offer.made")
    assert (offer["booking_id"], offer["session_id"]) == (second, session)
    assert (await desk.booking(second, "offered"))["offer_id"] == offer["offer_id"]

    taken = await desk.act(f"bookings/{second}/acceptance", {"offer_id": offer["offer_id"]})
    assert fact(taken, "booking.confirmed")["booking_id"] == second
    again = await desk.act(f"bookings/{first}/cancellation", {})
    assert (again["outcome"], again["reason"]) == ("refused", "booking_closed")
    shown = await desk.booking(second, "confirmed")
    assert [line["type"] for line in shown["history"]][:2] == ["childcare.booking.waitlisted.v1", "childcare.offer.made.v1"]
    assert (await desk.booking(first, "cancelled"))["quota"] == "returned"
