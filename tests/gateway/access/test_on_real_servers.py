"""Tokens on a really running gateway, with its Kafka and its register: a day of one family, one kitchen, one button."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
import uvicorn

from infra.gateway.access.issuing import issue, revoke
from infra.gateway.access.keys import make_key
from infra.gateway.access.roles import Role
from infra.gateway.gateway import Gateway
from infra.gateway.server import serve
from infra.settings import AccessMode, Settings
from tests.gateway.access.world import STRUCTURED, call, envelope
from tests.gateway.conftest import PARTITIONS, free_port, unique, until

pytestmark = pytest.mark.stack


@dataclass
class Guarded:
    """A running gateway that asks for tokens."""

    folder: Path
    gateway: Gateway
    client: httpx.AsyncClient
    database: str

    def token(self, role: Role, name: str, *, hours: float = 1, **limits: Any) -> tuple[dict[str, str], str]:
        """The header of a new token, and its id."""
        token, principal = issue(self.folder / "private.pem", role, name, timedelta(hours=hours), **limits)
        return {"authorization": f"Bearer {token}"}, principal.token_id

    async def send(self, event: dict[str, Any], head: dict[str, str]) -> httpx.Response:
        return await self.client.post("/v1/events", content=orjson.dumps(event), headers=STRUCTURED | head)


@pytest.fixture
async def guarded(own_kafka: str, database: str, tmp_path: Path) -> AsyncIterator[Guarded]:
    """Stopped with the test."""
    make_key(tmp_path / "private.pem", tmp_path / "keys.json")
    revoke(tmp_path / "revoked.json", ())
    port = free_port()
    settings = replace(
        Settings.from_environment(), kafka=own_kafka, postgres=database, partitions=PARTITIONS, http_host="127.0.0.1", http_port=port,
        home=tmp_path, access=AccessMode.TOKENS, token_keys=str(tmp_path / "keys.json"), token_revoked=str(tmp_path / "revoked.json"),
    )  # fmt: skip
    started: asyncio.Future[tuple[Gateway, uvicorn.Server]] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(settings, started=started))
    serving.add_done_callback(lambda _: started.done() or started.cancel())
    gateway, server = await started
    await until(lambda: server.started)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=40, trust_env=False) as client:
        made = Guarded(tmp_path, gateway, client, database)
        watcher, _ = made.token(Role.AUDITOR, "monitor")
        async with asyncio.timeout(60):
            while True:
                if (await client.get("/readyz", headers=watcher)).status_code == 200:
                    break
                await asyncio.sleep(0.1)
        yield made
    server.should_exit = True
    await serving


async def _order_of(guarded: Guarded, order_id: str, person_id: str, provider_id: str) -> None:
    connection = await asyncpg.connect(guarded.database)
    await connection.execute(
        "INSERT INTO meals_orders (area, order_id, state, person_id, provider_id, day, meal, portions, late, attempts, placed_ms,"
        " changed_ms, event_id) VALUES ('310106', $1, 'assigned', $2, $3, '2026-11-23', 'lunch', 1, false, 1, 1, 1, 'e')",
        order_id, person_id, provider_id,
    )  # fmt: skip
    await connection.close()


async def test_a_family_reads_and_cancels_its_own_order_and_nobody_elses(guarded: Guarded) -> None:
    own, other = unique("o"), unique("o")
    await _order_of(guarded, own, "p-1", "c-1")
    await _order_of(guarded, other, "p-2", "c-2")
    family, _ = guarded.token(Role.FAMILY, "r-1", stands_for=["p-1"])
    kitchen, _ = guarded.token(Role.FACILITY, "c-1")

    def cancel(order_id: str) -> dict[str, Any]:
        return envelope(unique("ev"), "meals.order.cancelled.v1", "relative:r-1", {"order_id": order_id})

    for order_id, read, cancelled in ((own, 200, 202), (other, 404, 403), (unique("o"), 404, 403)):
        assert (await guarded.client.get(f"/v1/meals/requests/{order_id}", headers=family)).status_code == read
        assert (await guarded.client.get(f"/v1/meals/requests/{order_id}", headers=kitchen)).status_code == read
        assert (await guarded.send(cancel(order_id), family)).status_code == cancelled
    delivered = envelope(unique("ev"), "meals.delivery.reported.v1", "courier:w-1", {"order_id": other, "result": "delivered"})
    assert (await guarded.send(delivered, kitchen)).json()["code"] == "forbidden_source"
    assert (await guarded.client.get(f"/v1/meals/requests/{other}", headers=guarded.token(Role.OPERATOR, "op-1")[0])).status_code == 200
    abroad = guarded.token(Role.OPERATOR, "op-2", areas=["310101"])[0]
    assert (await guarded.client.get(f"/v1/meals/requests/{other}", headers=abroad)).json()["code"] == "forbidden_area"


async def test_a_press_of_a_token_called_back_is_before_the_operators_and_everything_else_of_it_is_refused(guarded: Guarded) -> None:
    button, token_id = guarded.token(Role.DEVICE, "d-1", hours=24 * 300)
    alive = envelope(unique("ev"), "emergency.device.heartbeat.v1", "device:d-1", {"device_id": "d-1"}, area="3101")
    assert (await guarded.send(alive, button)).status_code == 202
    revoke(guarded.folder / "revoked.json", [token_id])
    answer = await guarded.send(alive | {"id": unique("ev")}, button)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_revoked")
    press = unique("press")
    answer = await guarded.send(call(press, "device:d-1", device_id="d-1"), button)
    assert (answer.status_code, answer.json()["accepted"]) == (202, [{"id": press, "status": "recorded"}])
    desk, _ = guarded.token(Role.OPERATOR, "op-1")
    shown = (await guarded.client.get("/v1/emergency/presses", headers=desk)).json()["oldest"]
    assert [(one["device_id"], one["needs_review"]) for one in shown if one["event_id"] == press] == [("d-1", ["sender_not_proven"])]
    metrics = (await guarded.client.get("/metrics", headers=desk)).text
    assert 'laoxiao_gateway_calls_unproven_total{access="token_revoked"} 1.0' in metrics
    assert (await guarded.client.get("/metrics")).status_code == 401


async def test_a_live_view_ends_with_its_token(guarded: Guarded) -> None:
    desk, token_id = guarded.token(Role.OPERATOR, "op-1")
    async with asyncio.timeout(30), guarded.client.stream("GET", "/v1/meals/live?area=310106", headers=desk) as stream:
        assert stream.status_code == 200
        chunks = stream.aiter_bytes()
        assert b"event: state" in await anext(chunks)
        revoke(guarded.folder / "revoked.json", [token_id])
        async for _ in chunks:
            pass
    assert guarded.gateway.boards["meals"].viewers == 0
    assert (await guarded.client.get("/v1/meals/live?area=310106", headers=desk)).json()["code"] == "token_revoked"
