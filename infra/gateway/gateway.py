"""What every route works with: the carrier, the boards, the register (PostgreSQL), the metrics. Built once per process."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import asyncpg

from infra.gateway.access.access import Access
from infra.gateway.board import Board
from infra.gateway.calls import Calls
from infra.gateway.carrier import Carrier, NotRecorded
from infra.gateway.intake import Taken
from infra.gateway.problems import Trouble, unavailable
from infra.gateway.watching import AuditorWatch
from infra.telemetry.metrics import Metrics

T = TypeVar("T")

RECORD_SECONDS_MAX = 5.0
"""How long a caller waits for the log before it is told to come again."""
REGISTER_SECONDS_MAX = 3.0


class Health(Protocol):
    """One thing the gateway needs, as `/readyz` names it."""

    async def __call__(self) -> str:
        """``ok``, or a coded reason why not."""


@dataclass(slots=True)
class Gateway:
    """The dependencies of the HTTP application."""

    carrier: Carrier
    boards: Mapping[str, Board]
    pool: Any
    metrics: Metrics
    checks: Mapping[str, Health] = field(default_factory=dict)
    auditor: AuditorWatch | None = None
    calls: Calls | None = None
    access: Access | None = None
    """Who may come in; None: the gateway is open, and listens on loopback only."""
    record_seconds_max: float = RECORD_SECONDS_MAX
    register_seconds_max: float = REGISTER_SECONDS_MAX
    played: bool = False
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, query: Callable[..., Awaitable[T]], *arguments: object) -> T:
        """Run one of the read queries. A register that does not answer is a 503 of its own and never holds up the intake."""
        try:
            async with asyncio.timeout(self.register_seconds_max):
                return await query(self.pool, *arguments)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            raise unavailable(Trouble.REGISTER_UNAVAILABLE, retry_after_s=5) from None

    async def record(self, taken: list[Taken], played_at_ms: int | None = None) -> frozenset[str]:
        """Record these events, in order per domain and area. Raises `Problem` 503 when any of them is not confirmed.

        Calls for help are not refused while the log is away, nor is what was sent with them for the same domain and area, so that a
        call keeps its place: the ids returned are those that wait on disk (`infra.gateway.calls`).
        """
        calls = self.calls
        lanes = set() if calls is None else {_lane(one) for one in taken if calls.takes(one)}
        urgent = [one for one in taken if _lane(one) in lanes]
        spooled = await calls.record(urgent, played_at_ms) if calls is not None and urgent else frozenset[str]()
        await self._in_log([one for one in taken if _lane(one) not in lanes], played_at_ms)
        for one in taken:
            if one.received.event.id not in spooled:
                self.metrics.accepted.labels(domain=one.domains[0]).inc()
            for domain in one.domains:
                self.boards[domain].recorded(one.received.event.id)
        return spooled

    async def _in_log(self, taken: list[Taken], played_at_ms: int | None) -> None:
        lanes: dict[tuple[str, str], list[bytes]] = {}
        for one in taken:
            for domain in one.domains:
                lanes.setdefault((domain, one.received.event.area), []).append(one.value)
        sends = [
            self.carrier.record(domain, area, values, self.record_seconds_max, played_at_ms) for (domain, area), values in lanes.items()
        ]
        results = await asyncio.gather(*sends, return_exceptions=True)
        for result in results:
            if isinstance(result, NotRecorded):
                raise unavailable(Trouble.OVERLOADED if result.queue_full and len(lanes) == 1 else Trouble.LOG_UNAVAILABLE)
            if isinstance(result, BaseException):
                raise result


def _lane(one: Taken) -> tuple[tuple[str, ...], str]:
    return one.domains, one.received.event.area
