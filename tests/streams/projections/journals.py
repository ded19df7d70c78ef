"""A journal in memory that the projector can follow, and a pen that writes valid and stray records into it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from schemas.decisions import Decision
from schemas.journal import Clock, Decided, Failed, Opened, SetAside, decode, encode
from streams.memory import MemoryJournal
from streams.tail import Judged, Position
from streams.validity import Validity


class MemoryTail:
    """Judges and hands out records as `JournalTail` does."""

    def __init__(self, journal: MemoryJournal, start: dict[int, Position]) -> None:
        self._journal = journal
        self._next = {p: start.get(p, Position()).next_offset for p in range(journal.partitions)}
        self._judges: dict[int, Validity] = {p: start.get(p, Position()).validity() for p in range(journal.partitions)}

    async def batch(self, wait_s: float, records_max: int) -> list[Judged]:
        """Records of all partitions in turn; waits when there is nothing."""
        out = self._ready(records_max)
        if not out:
            await asyncio.sleep(min(wait_s, 0.01))
            out = self._ready(records_max)
        await asyncio.sleep(0)
        return out

    def _ready(self, records_max: int) -> list[Judged]:
        out: list[Judged] = []
        for partition, judge in self._judges.items():
            for entry in self._journal.entries(partition)[self._next[partition] :][: records_max - len(out)]:
                assert entry.value is not None
                record = decode(entry.value)
                out.append(Judged(partition, entry.offset, entry.value, record, judge.accept(entry.offset, record)))
                self._next[partition] = entry.offset + 1
        return out


class MemorySource:
    """`streams.projections.source.Source` on a `MemoryJournal`."""

    def __init__(self, journal: MemoryJournal) -> None:
        self.journal = journal
        self.partitions = journal.partitions

    async def ends(self) -> dict[int, int]:
        """The ends as they are now."""
        return {p: len(self.journal.entries(p)) for p in range(self.partitions)}

    async def value_at(self, partition: int, offset: int) -> bytes | None:
        """One record."""
        return self.journal.entries(partition)[offset].value

    @asynccontextmanager
    async def tail(self, start: dict[int, Position]) -> AsyncIterator[MemoryTail]:
        """A new reader."""
        yield MemoryTail(self.journal, start)


@asynccontextmanager
async def opened(source: MemorySource) -> AsyncIterator[MemorySource]:
    """What `Projector` calls to get at its source."""
    yield source


class Pen:
    """Writes one journal as its owners would: `open` starts an epoch, `decide` appends the answers to one input record."""

    def __init__(self, journal: MemoryJournal) -> None:
        self.journal = journal
        self._validity = [Validity() for _ in range(journal.partitions)]

    def open(self, partition: int, owner: str = "worker-a") -> int:
        """A new owner; returns its epoch."""
        offset = self.journal.add(partition, encode(Opened(owner, Clock.PLAYED)))
        self._validity[partition].epoch = offset
        return offset

    def decide(self, partition: int, *decisions: Decision, aside: tuple[SetAside, ...] = (), epoch: int | None = None) -> bytes:
        """The next record of the current owner; of another `epoch` it is a stray that nobody may believe."""
        at = self._validity[partition]
        record = Decided(at.epoch if epoch is None else epoch, at.seq + 1, partition, at.source_offset + 1, decisions, aside)
        if epoch is None:
            at.seq += 1
            at.source_offset += 1
        value = encode(record)
        self.journal.add(partition, value)
        return value

    def fail(self, partition: int, error: str = "InvariantBroken") -> None:
        """The owner ends on the next input record."""
        at = self._validity[partition]
        self.journal.add(partition, encode(Failed(at.epoch, partition, at.source_offset + 1, error)))
