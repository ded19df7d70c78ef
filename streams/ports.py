"""What the carrying needs from the outside, as small protocols: the logs, the snapshots, the quarantine.

Every port has two implementations, Kafka (`streams.kafka`) and memory (`streams.memory`), and both pass the same tests
(`tests/streams/ports`). Offsets are per partition, start at 0 and rise; they need not be dense (Kafka's may skip).
"""

from asyncio import Future
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

PLAYED_AT_HEADER = "playedat"
"""Header of a played record: the scenario's clock in milliseconds since the epoch. Read only in a played deployment."""


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record of ``<domain>.events`` as the broker holds it."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class JournalEntry(NamedTuple):
    """One raw record of ``<domain>.decisions``."""

    partition: int
    offset: int
    value: bytes | None


class EventLog(Protocol):
    """``<domain>.events``."""

    partitions: int

    async def publish(self, key: bytes | None, value: bytes, *, partition: int, headers: tuple[tuple[str, bytes], ...] = ()) -> int:
        """Append one record and return its offset once it is durable (acks=all)."""

    def read(self, partition: int, start: int, stop: int) -> AsyncGenerator[SourceRecord, None]:
        """The records with ``start <= offset < stop``, in order; ends when `stop` is reached."""

    async def start_offset(self, partition: int) -> int:
        """The offset of the oldest record still kept."""

    async def end_offset(self, partition: int) -> int:
        """The offset the next record will have."""


class Journal(Protocol):
    """``<domain>.decisions``."""

    partitions: int

    def append(self, partition: int, key: bytes, value: bytes) -> "Future[int]":
        """Hand one record to the idempotent producer, in calling order per partition; the future gives its offset once
        durable. A failed future means the owner must end: nothing after it may become durable without it."""

    def read(self, partition: int, start: int, stop: int) -> AsyncGenerator[JournalEntry, None]:
        """The entries with ``start <= offset < stop``, in order."""

    async def end_offset(self, partition: int) -> int:
        """The offset the next entry will have."""


class SnapshotStore(Protocol):
    """``<domain>.snapshots``: keyed, the last value of a key wins, a None value deletes."""

    async def put(self, partition: int, key: str, value: bytes | None) -> None:
        """Write one chunk; durable when this returns."""

    def read(self, partition: int) -> AsyncGenerator[tuple[str, bytes | None], None]:
        """Every chunk still in the log, oldest first (a later value of a key replaces an earlier one)."""


class Quarantine(Protocol):
    """The ``quarantine`` topic."""

    async def put(self, key: bytes | None, value: bytes, headers: tuple[tuple[str, bytes], ...]) -> None:
        """Keep one original; durable when this returns."""
