"""The ports in memory: for the simulator and for tests of everything that is not about Kafka itself.

Nothing is durable and nothing waits, but order, offsets and readers behave as on Kafka: `tests/streams/ports` runs the same
cases on both.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable

from streams.ports import JournalEntry, SourceRecord


class MemoryEventLog:
    """`EventLog` in a list per partition. ``clock_ms`` stamps records as a broker with LogAppendTime does."""

    def __init__(self, partitions: int, clock_ms: Callable[[], int]) -> None:
        self.partitions = partitions
        self._clock_ms = clock_ms
        self._records: list[list[SourceRecord]] = [[] for _ in range(partitions)]

    async def publish(self, key: bytes | None, value: bytes, *, partition: int, headers: tuple[tuple[str, bytes], ...] = ()) -> int:
        """Append one record and return its offset."""
        return self.add(key, value, partition=partition, headers=headers)

    def add(self, key: bytes | None, value: bytes | None, *, partition: int, headers: tuple[tuple[str, bytes], ...] = ()) -> int:
        """`publish` without a loop, for the simulator; also takes the null value that any Kafka client may send."""
        log = self._records[partition]
        log.append(SourceRecord(partition, len(log), self._clock_ms(), key, value, headers))
        return len(log) - 1

    def at(self, partition: int, offset: int) -> SourceRecord:
        """One record; an offset outside the log is a mistake of the caller."""
        return self._records[partition][offset]

    def records(self, partition: int) -> list[SourceRecord]:
        """The whole partition so far."""
        return list(self._records[partition])

    async def read(self, partition: int, start: int, stop: int) -> AsyncGenerator[SourceRecord, None]:
        """The records with ``start <= offset < stop``."""
        for record in self._records[partition][start:stop]:
            yield record

    async def start_offset(self, partition: int) -> int:  # noqa: ARG002 - the port's shape
        """The offset of the oldest record: memory forgets nothing."""
        return 0

    async def end_offset(self, partition: int) -> int:
        """The offset the next record will have."""
        return len(self._records[partition])


class MemoryJournal:
    """`Journal` in a list per partition; every append is durable at once."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self._values: list[list[bytes]] = [[] for _ in range(partitions)]

    def append(self, partition: int, key: bytes, value: bytes) -> "asyncio.Future[int]":  # noqa: ARG002 - the port's shape
        """Append one record; the future is already done."""
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        future.set_result(self.add(partition, value))
        return future

    def add(self, partition: int, value: bytes) -> int:
        """`append` without a loop, for the simulator."""
        log = self._values[partition]
        log.append(value)
        return len(log) - 1

    def entries(self, partition: int) -> list[JournalEntry]:
        """The whole partition so far."""
        return [JournalEntry(partition, offset, value) for offset, value in enumerate(self._values[partition])]

    async def read(self, partition: int, start: int, stop: int) -> AsyncGenerator[JournalEntry, None]:
        """The entries with ``start <= offset < stop``."""
        for entry in self.entries(partition)[start:stop]:
            yield entry

    async def end_offset(self, partition: int) -> int:
        """The offset the next entry will have."""
        return len(self._values[partition])


class MemorySnapshots:
    """`SnapshotStore` that keeps every write in order, as an uncompacted topic does."""

    def __init__(self) -> None:
        self._writes: dict[int, list[tuple[str, bytes | None]]] = {}

    async def put(self, partition: int, key: str, value: bytes | None) -> None:
        """Write one chunk."""
        self._writes.setdefault(partition, []).append((key, value))

    async def read(self, partition: int) -> AsyncGenerator[tuple[str, bytes | None], None]:
        """Every write, oldest first."""
        for write in list(self._writes.get(partition, ())):
            yield write


class MemoryQuarantine:
    """`Quarantine` in a list."""

    def __init__(self) -> None:
        self.kept: list[tuple[bytes | None, bytes, tuple[tuple[str, bytes], ...]]] = []

    async def put(self, key: bytes | None, value: bytes, headers: tuple[tuple[str, bytes], ...]) -> None:
        """Keep one original."""
        self.kept.append((key, value, headers))
