"""The journal as the projector reads it."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Protocol, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.topics import decisions_topic
from streams.kafka import ReadStalled, partition_count, reader
from streams.tail import JournalTail, Judged, Position

_ASK_S_MAX = 10.0
_READ_S_MAX = 30.0


class Tail(Protocol):
    """What `JournalTail` offers and the projector uses."""

    def batch(self, wait_s: float, records_max: int) -> Coroutine[Any, Any, list[Judged]]:
        """Up to so many judged records, in offset order within each partition; empty when none came in time."""


class Source(Protocol):
    """One domain's journal."""

    partitions: int

    async def ends(self) -> dict[int, int]:
        """The offset the next record of each partition will have."""

    async def value_at(self, partition: int, offset: int) -> bytes | None:
        """The bytes of one record below the end; None when retention has removed it."""

    def tail(self, start: dict[int, Position]) -> AbstractAsyncContextManager[Tail]:
        """A reader from these positions on."""


OpenSource = Callable[[], AbstractAsyncContextManager[Source]]


class KafkaSource:
    """`Source` on ``<domain>.decisions``; one consumer for questions, another for the tail."""

    def __init__(self, bootstrap: str, domain: str) -> None:
        self._bootstrap = bootstrap
        self._domain = domain
        self._topic = decisions_topic(domain)
        self._asker: AIOKafkaConsumer | None = None
        self.partitions = 0

    async def __aenter__(self) -> Self:
        asker = reader(self._bootstrap, isolation_level="read_uncommitted")
        await asker.start()
        self._asker = asker
        try:
            self.partitions = await partition_count(asker, self._topic)
        except BaseException:
            await asker.stop()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._asker is not None:
            await self._asker.stop()

    async def ends(self) -> dict[int, int]:
        """The offset the next record of each partition will have."""
        assert self._asker is not None, "enter the source first"
        async with asyncio.timeout(_ASK_S_MAX):
            ends = await self._asker.end_offsets([TopicPartition(self._topic, number) for number in range(self.partitions)])
        return {place.partition: int(end) for place, end in ends.items()}

    async def value_at(self, partition: int, offset: int) -> bytes | None:
        """The bytes of one record below the end; None when retention has removed it. Raises `ReadStalled`."""
        assert self._asker is not None, "enter the source first"
        place = TopicPartition(self._topic, partition)
        async with asyncio.timeout(_ASK_S_MAX):
            oldest = (await self._asker.beginning_offsets([place]))[place]
        if offset < oldest:
            return None
        self._asker.assign([place])
        self._asker.seek(place, offset)
        deadline_s = asyncio.get_running_loop().time() + _READ_S_MAX
        while asyncio.get_running_loop().time() < deadline_s:
            rows = (await self._asker.getmany(place, timeout_ms=500, max_records=1)).get(place, [])
            if rows:
                self._asker.unsubscribe()
                return rows[0].value if rows[0].offset == offset else None
        raise ReadStalled(f"{self._topic}[{partition}] gives nothing at {offset}")

    def tail(self, start: dict[int, Position]) -> AbstractAsyncContextManager[Tail]:
        """A `JournalTail` from these positions on."""
        return JournalTail(self._bootstrap, self._domain, start)
