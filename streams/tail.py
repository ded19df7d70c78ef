"""The journal as a stream: what the projector, the reactor, the gateway and replay read, each judged by the one rule."""

import asyncio
from types import TracebackType
from typing import NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from schemas.journal import JournalRecord, decode
from schemas.topics import decisions_topic
from streams.kafka import LogTruncated, partition_count, reader
from streams.validity import Validity


class Position(NamedTuple):
    """Where a reader stands in one partition: the next journal offset to read, and the validity reached before it."""

    next_offset: int = 0
    epoch: int = -1
    seq: int = 0
    source_offset: int = -1

    def validity(self) -> Validity:
        """The judge that goes on from here."""
        return Validity(self.epoch, self.seq, self.source_offset)

    @classmethod
    def after(cls, offset: int, validity: Validity) -> "Position":
        """The position once the record at `offset` has been judged."""
        return cls(offset + 1, validity.epoch, validity.seq, validity.source_offset)


class Judged(NamedTuple):
    """One journal record and whether it counts. An invalid one was written by an owner that had lost its partition."""

    partition: int
    offset: int
    value: bytes
    record: JournalRecord
    valid: bool


class JournalTail:
    """Reads every partition of ``<domain>.decisions`` from the given positions on, without a group and for ever.

    A partition missing in `start` begins at offset 0. Raises `LogTruncated` when a position is not in the log,
    `schemas.journal.JournalCorrupt` on a record that no release of ours wrote: neither is ever skipped.
    """

    def __init__(self, bootstrap: str, domain: str, start: dict[int, Position]) -> None:
        self._bootstrap = bootstrap
        self._topic = decisions_topic(domain)
        self._start = start
        self._positions: dict[int, Position] = {}
        self._judges: dict[int, Validity] = {}
        self._consumer: AIOKafkaConsumer | None = None

    async def __aenter__(self) -> Self:
        # The journal's own producers use no transactions; waiting for "stable" offsets would only cost latency.
        consumer = reader(self._bootstrap, isolation_level="read_uncommitted")
        self._consumer = consumer
        try:
            await consumer.start()
            for partition in range(await partition_count(consumer, self._topic)):
                self._positions[partition] = self._start.get(partition, Position())
                self._judges[partition] = self._positions[partition].validity()
            places = {TopicPartition(self._topic, partition): position for partition, position in self._positions.items()}
            consumer.assign(list(places))
            for place, position in places.items():
                consumer.seek(place, position.next_offset)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    async def batch(self, wait_s: float, records_max: int) -> list[Judged]:
        """Up to `records_max` records, in offset order within each partition; empty when none came within `wait_s`."""
        assert self._consumer is not None, "enter the tail first"
        try:
            fetched = await self._consumer.getmany(timeout_ms=max(1, round(wait_s * 1000)), max_records=records_max)
        except OffsetOutOfRangeError as error:
            raise LogTruncated(f"{self._topic} no longer holds a position of this reader") from error
        judged: list[Judged] = []
        for place, rows in fetched.items():
            judge = self._judges[place.partition]
            for row in rows:
                record = decode(row.value)
                judged.append(Judged(place.partition, row.offset, row.value, record, judge.accept(row.offset, record)))
                self._positions[place.partition] = Position.after(row.offset, judge)
        return judged

    def positions(self) -> dict[int, Position]:
        """Where the next `batch` of each partition begins. Store it in the transaction of what the batch caused."""
        return dict(self._positions)

    async def ends(self) -> dict[int, int]:
        """Where every partition ends now."""
        assert self._consumer is not None, "enter the tail first"
        async with asyncio.timeout(10):
            ends = await self._consumer.end_offsets([TopicPartition(self._topic, partition) for partition in self._positions])
        return {place.partition: int(end) for place, end in ends.items()}

    def reached(self, ends: dict[int, int]) -> bool:
        """Whether everything before these offsets has been read."""
        return all(self._positions[partition].next_offset >= end for partition, end in ends.items())

    async def lag(self) -> int:
        """How many journal records are still unread, over all partitions."""
        return sum(max(0, end - self._positions[partition].next_offset) for partition, end in (await self.ends()).items())
