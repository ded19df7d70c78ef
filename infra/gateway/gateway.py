"""What every route works with: the carrier, the boards, the register (PostgreSQL), the metrics. Built once per process."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import asyncpg

from infra.gateway.board import Board
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

    async def record(self, taken: list[Taken], played_at_ms: int | None = None) -> None:
        """Record these events, in order per area. Raises `Problem` 503 when any of them is not confirmed.

        This is the seam for a domain whose events may not be refused while the log is away (emergency: a spool on disk): whoever
        takes its lanes here answers for them.
        """
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
        for one in taken:
            self.metrics.accepted.labels(domain=one.domains[0]).inc()
            for domain in one.domains:
                self.boards[domain].recorded(one.received.event.id)
