"""Carrying events to the log: durable before anybody hears "recorded", in order per area, cheap under load.

Each area has a lane. A lone event is sent at once and waits for nobody; what arrives while a send is in flight is packed into
the next record (up to 500 events). When several come during one send, the next one waits a few milliseconds for more: a record costs
the broker and the worker far more than an event in it does, and in a rush it is theirs that everybody waits for.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from infra.gateway.intake import BATCHED, STRUCTURED
from schemas.envelope import BATCH_EVENTS_MAX, RECORD_BYTES_MAX
from streams.partitioning import home_partition
from streams.ports import PLAYED_AT_HEADER

QUEUED_EVENTS_MAX = 20_000
"""Events waiting in all lanes; more are answered 503 at once, before memory or patience runs out."""
RECORD_OVERHEAD_BYTES = 2
GATHER_S = 0.005
GATHER_FROM_EVENTS = 4
"""So many in the last record and in the queue behind it mean a rush, where a fuller record is worth its wait."""


class Log(Protocol):
    """The part of `streams.ports.EventLog` that a carrier needs."""

    partitions: int

    async def publish(self, key: bytes | None, value: bytes, *, partition: int, headers: tuple[tuple[str, bytes], ...] = ()) -> int:
        """Append one record; its offset once durable."""


class NotRecorded(Exception):
    """The log did not confirm. ``queue_full`` means nothing was tried; else the event may still become durable later, and
    sending again with the same id is safe."""

    def __init__(self, *, queue_full: bool = False) -> None:
        super().__init__("queue_full" if queue_full else "unconfirmed")
        self.queue_full = queue_full


@dataclass(slots=True)
class _Parcel:
    """The events of one request for one area; done when all of them are durable."""

    done: asyncio.Future[None]
    waiting: int
    played_at_ms: int | None
    withdrawn: bool = False


@dataclass(slots=True)
class _Lane:
    queue: deque[tuple[bytes, _Parcel]] = field(default_factory=deque)
    sender: "asyncio.Task[None] | None" = None


class Carrier:
    """Records events in the topics of their domains. One per process; used from its event loop only."""

    def __init__(
        self, logs: Mapping[str, Log], *, queued_events_max: int = QUEUED_EVENTS_MAX, on_record: Callable[[str, int], None] | None = None
    ) -> None:
        self._logs = dict(logs)
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._queued_events_max = queued_events_max
        self._on_record = on_record
        self.queued_events = 0
        self.last_failed = False

    async def record(self, domain: str, area: str, values: list[bytes], timeout_s: float, played_at_ms: int | None = None) -> None:
        """Record these events of one area, in order. Returns when all are durable; raises `NotRecorded` otherwise.

        ``played_at_ms`` is the scenario's clock in a played deployment: it becomes the record's, so only events of one such instant
        share a record.
        """
        if self.queued_events + len(values) > self._queued_events_max:
            raise NotRecorded(queue_full=True)
        parcel = _Parcel(asyncio.get_running_loop().create_future(), len(values), played_at_ms)
        lane = self._lanes.setdefault((domain, area), _Lane())
        lane.queue.extend((value, parcel) for value in values)
        self.queued_events += len(values)
        if lane.sender is None:
            lane.sender = asyncio.create_task(self._send_all(domain, area, lane))
        try:
            async with asyncio.timeout(timeout_s):
                await parcel.done
        except TimeoutError:
            self.last_failed = True
            raise NotRecorded from None
        finally:
            # What is still queued leaves with its caller; what is in flight cannot be called back.
            parcel.withdrawn = True

    async def close(self) -> None:
        """Wait for what is in flight; the caller bounds the wait."""
        senders = [lane.sender for lane in self._lanes.values() if lane.sender is not None]
        await asyncio.gather(*senders, return_exceptions=True)

    async def _send_all(self, domain: str, area: str, lane: _Lane) -> None:
        """Send what is queued, one record at a time, until nothing is left."""
        log = self._logs[domain]
        partition = home_partition(area, log.partitions)
        try:
            while chunk := self._take(lane):
                await self._send(log, domain, area, partition, chunk)
                waiting = len(lane.queue)
                if 0 < waiting < BATCH_EVENTS_MAX and len(chunk) + waiting >= GATHER_FROM_EVENTS:
                    await asyncio.sleep(GATHER_S)
        finally:
            lane.sender = None
            if not lane.queue:
                self._lanes.pop((domain, area), None)

    async def _send(self, log: Log, domain: str, area: str, partition: int, chunk: list[tuple[bytes, _Parcel]]) -> None:
        alone = len(chunk) == 1
        value = chunk[0][0] if alone else b"[" + b",".join(one for one, _ in chunk) + b"]"
        headers: tuple[tuple[str, bytes], ...] = (("content-type", (STRUCTURED if alone else BATCHED).encode()),)
        played_at_ms = chunk[0][1].played_at_ms
        if played_at_ms is not None:
            headers += ((PLAYED_AT_HEADER, str(played_at_ms).encode()),)
        try:
            await log.publish(area.encode(), value, partition=partition, headers=headers)
        except Exception:  # noqa: BLE001 - whatever the client library raises, the callers must hear that nothing is confirmed
            self.last_failed = True
            for _, parcel in chunk:
                parcel.withdrawn = True
                if not parcel.done.done():
                    parcel.done.set_exception(NotRecorded())
            return
        self.last_failed = False
        if self._on_record is not None:
            self._on_record(domain, len(chunk))
        for _, parcel in chunk:
            parcel.waiting -= 1
            if parcel.waiting == 0 and not parcel.done.done():
                parcel.done.set_result(None)

    def _take(self, lane: _Lane) -> list[tuple[bytes, _Parcel]]:
        """The next record's events: as many as are queued, within the bounds of one record."""
        chunk: list[tuple[bytes, _Parcel]] = []
        size = RECORD_OVERHEAD_BYTES
        while lane.queue and len(chunk) < BATCH_EVENTS_MAX:
            value, parcel = lane.queue[0]
            if parcel.withdrawn:
                lane.queue.popleft()
                self.queued_events -= 1
                continue
            if chunk and size + len(value) + 1 > RECORD_BYTES_MAX:
                break
            if chunk and parcel.played_at_ms != chunk[0][1].played_at_ms:
                break
            lane.queue.popleft()
            self.queued_events -= 1
            size += len(value) + 1
            chunk.append((value, parcel))
        return chunk
