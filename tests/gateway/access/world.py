"""A gateway behind its door, in one process: real application, real tokens, logs in memory, and a register that is away."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson

from infra.gateway.access.access import access_of
from infra.gateway.access.issuing import issue, revoke
from infra.gateway.access.keys import make_key
from infra.gateway.access.roles import Role
from infra.gateway.app import create_app
from infra.gateway.board import Board
from infra.gateway.calls import Calls
from infra.gateway.carrier import Carrier
from infra.gateway.domain_routes.registry import DOORS
from infra.gateway.gateway import Gateway
from infra.gateway.presses import Presses
from infra.gateway.spool import Spool
from infra.settings import AccessMode
from infra.telemetry.metrics import Metrics
from schemas.topics import DOMAINS
from streams.memory import MemoryEventLog

OWN = "own-1"
"""Whom every token of these tests stands for."""
OTHER = "other-1"
AREA = "310106"
STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCHED = {"content-type": "application/cloudevents-batch+json"}


class AwayRegister:
    """PostgreSQL that does not answer."""

    async def fetch(self, *_: object) -> list[Any]:
        raise OSError

    fetchrow = fetchval = fetch


@dataclass
class World:
    """One gateway with its keys. ``client`` sends to it."""

    place: Path
    private: Path
    revoked: Path
    gateway: Gateway
    client: httpx.AsyncClient
    logs: Mapping[str, MemoryEventLog]
    tokens: dict[Role, str] = field(default_factory=dict)

    def token(self, role: Role, name: str = OWN, *, hours: float = 1, **limits: Any) -> str:
        """A token; ``limits`` as `issue` has them."""
        return issue(self.private, role, name, timedelta(hours=hours), **limits)[0]

    def head(self, role: Role | None) -> dict[str, str]:
        """The Authorization header of this role, or none."""
        if role is None:
            return {}
        token = self.tokens.setdefault(role, self.token(role))
        return {"authorization": f"Bearer {token}"}

    async def send(self, event: dict[str, Any], role: Role | None) -> httpx.Response:
        """One event over ``POST /v1/events``."""
        return await self.client.post("/v1/events", content=orjson.dumps(event), headers=STRUCTURED | self.head(role))

    def recorded(self, domain: str) -> list[dict[str, Any]]:
        """The events in the log of this domain, in order of partitions."""
        out: list[dict[str, Any]] = []
        log = self.logs[domain]
        for partition in range(log.partitions):
            for record in log.records(partition):
                value = orjson.loads(record.value or b"[]")
                out += value if isinstance(value, list) else [value]
        return out

    def counted(self, metric: str, code: str) -> float:
        """A counter of the door."""
        value: float = self.gateway.metrics.named(metric).labels(access=code)._value.get()
        return value


def build(place: Path) -> World:
    """A gateway that asks for tokens."""
    private, keys, revoked = place / "private.pem", place / "keys.json", place / "revoked.json"
    make_key(private, keys)
    revoke(revoked, ())
    metrics = Metrics()
    logs = {domain: MemoryEventLog(2, lambda: 0) for domain in DOMAINS}
    carrier = Carrier(logs)
    # Nobody can watch: a live view that may be opened answers at once that there are too many.
    boards = {name: Board(name, request_id_fields=door.request_id_fields, viewers_max=0) for name, door in DOORS.items()}
    gateway = Gateway(carrier, boards, AwayRegister(), metrics)
    gateway.access = access_of(AccessMode.TOKENS, "0.0.0.0", str(keys), str(revoked), metrics)  # noqa: S104 - nothing listens
    presses = boards["emergency"].presses = Presses(boards["emergency"].wake)
    gateway.calls = Calls(DOORS["emergency"].never_refused, carrier, Spool(place / "spool"), presses, metrics)
    gateway.calls.open()
    transport = httpx.ASGITransport(app=create_app(gateway))
    client = httpx.AsyncClient(transport=transport, base_url="http://gateway", trust_env=False)
    return World(place, private, revoked, gateway, client, logs)


def order(event_id: str = "ev-1", **changes: Any) -> dict[str, Any]:
    """An order of the family whose token stands for `OWN`."""
    data = {
        "order_id": f"o-{event_id}", "person_id": OWN, "position": {"lat": 31.23, "lon": 121.45}, "meal": "lunch", "portions": 1,
        "service": "delivery", "date": "2026-11-23",
    }  # fmt: skip
    return envelope(event_id, "meals.order.placed.v1", f"relative:{OWN}", data) | changes


def capacity(event_id: str, provider_id: str, actor: str = f"provider:{OWN}") -> dict[str, Any]:
    """What a kitchen offers."""
    slots = [{"date": "2026-11-23", "meal": "lunch", "capacity": 10}]
    return envelope(event_id, "meals.capacity.published.v1", actor, {"provider_id": provider_id, "version": 1, "slots": slots})


def call(event_id: str, actor: str = f"device:{OWN}", area: str = "3101", **data: Any) -> dict[str, Any]:
    """A press."""
    return envelope(event_id, "emergency.call.raised.v1", actor, {"call_id": event_id, "channel": "button", **data}, area=area)


def envelope(event_id: str, event_type: str, actor: str, data: dict[str, Any], *, area: str = AREA) -> dict[str, Any]:
    """A CloudEvent."""
    return {
        "specversion": "1.0", "id": event_id, "source": "/tests/door", "type": event_type, "time": "2026-11-22T09:12:03.120+08:00",
        "area": area, "actor": actor, "data": data,
    }  # fmt: skip
