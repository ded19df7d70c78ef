"""The gateway's ways to Kafka and PostgreSQL: they may be away when it starts and go away later; it says so and goes on."""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any, Self

import asyncpg
from aiokafka.errors import KafkaError

from infra.gateway.board import Board
from infra.gateway.carrier import NotRecorded
from streams.ending import cancel_until_ended
from streams.kafka import KafkaEventLog

CONNECT_PAUSE_SECONDS = 1.0
STOP_SECONDS_MAX = 5.0
PROBE_SECONDS_MAX = 2.0
BOARD_SILENT_SECONDS_MAX = 5.0

log = logging.getLogger("laoxiao.gateway")


class EventsDoor:
    """``<domain>.events`` that is opened as soon as Kafka can be reached, and again after an error that retrying cannot mend."""

    def __init__(self, bootstrap: str, domain: str, partitions: int) -> None:
        self._bootstrap = bootstrap
        self._domain = domain
        self.partitions = partitions
        self._log: KafkaEventLog | None = None
        self._mismatch = False
        self._probe: asyncio.Task[int] | None = None
        self._broken = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._keeper = asyncio.create_task(self._keep_open(), name=f"events-door-{self._domain}")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._keeper is not None
        await cancel_until_ended([self._keeper])
        with suppress(asyncio.CancelledError):
            await self._keeper
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.wait({self._probe}, timeout=PROBE_SECONDS_MAX)

    async def publish(self, key: bytes | None, value: bytes, *, partition: int, headers: tuple[tuple[str, bytes], ...] = ()) -> int:
        """Append one record; `NotRecorded` while the log cannot be reached."""
        if self._log is None:
            raise NotRecorded
        try:
            return await self._log.publish(key, value, partition=partition, headers=headers)
        except KafkaError as error:
            if not error.retriable:
                # An idempotent producer that was fenced or lost its sequence never works again; a new one does.
                self._broken.set()
            raise

    async def check(self) -> str:
        """``ok`` when the broker answers a question about this topic now."""
        if self._mismatch:
            return "partition_count_differs"
        if self._log is None:
            return "connecting"
        if self._probe is None:
            self._probe = asyncio.create_task(self._log.end_offset(0))
        # Never cancelled: a request cut short inside the Kafka client can leave its connection half open.
        probe = self._probe
        await asyncio.wait({probe}, timeout=PROBE_SECONDS_MAX)
        if not probe.done():
            return "timeout"
        self._probe = None
        probe.result()
        return "ok"

    async def _keep_open(self) -> None:
        while True:
            opened = KafkaEventLog(self._bootstrap, self._domain)
            try:
                async with asyncio.timeout(30):
                    await opened.__aenter__()
            except Exception as error:  # noqa: BLE001 - away for any reason; what matters is to come back
                log.warning("events of %s cannot be reached: %s", self._domain, type(error).__name__)
                await asyncio.sleep(CONNECT_PAUSE_SECONDS)
                continue
            self._mismatch = opened.partitions != self.partitions
            self._log = None if self._mismatch else opened
            try:
                if self._mismatch:
                    log.error("topic of %s has %d partitions, settings say %d", self._domain, opened.partitions, self.partitions)
                    await asyncio.sleep(CONNECT_PAUSE_SECONDS * 5)
                else:
                    await self._broken.wait()
            finally:
                self._log = None
                self._broken.clear()
                with suppress(TimeoutError, KafkaError, OSError):
                    async with asyncio.timeout(STOP_SECONDS_MAX):
                        await opened.__aexit__(None, None, None)


async def register_pool(dsn: str) -> Any:
    """A pool that connects when asked, so that the gateway starts without PostgreSQL."""
    return await asyncpg.create_pool(dsn, min_size=0, max_size=8, command_timeout=10, timeout=5, max_inactive_connection_lifetime=60)


def journal_check(board: Board) -> Any:
    """A check of one journal tail: read lately, and nothing left unread."""

    async def check() -> str:
        if board.polled_at_s == 0.0:
            return "starting"
        if time.monotonic() - board.polled_at_s > BOARD_SILENT_SECONDS_MAX:
            return "silent"
        return "ok" if board.caught_up else "behind"

    return check


def register_check(pool: Any) -> Any:
    """A check that PostgreSQL answers."""

    async def check() -> str:
        await pool.fetchval("SELECT 1")
        return "ok"

    return check
