"""The journal's reader that makes rows in PostgreSQL. Agents never wait for it: it may stop, and go on where it stood.

Per batch, in one transaction:

1. move the positions from exactly where the batch began (their row locks are taken first, so nobody interleaves);
2. read the entities the facts touch;
3. fold the facts over them (`streams/projections`, pure);
4. write rows; commit. Rows and position are there together or not at all.

When PostgreSQL goes away the projector connects again, waits until its own dead session is gone, reads where the rows stand
and continues from there. What it cannot continue from is a named error (`streams/projections/errors.py`) that ends the process.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from aiokafka.errors import KafkaError

from schemas.topics import DOMAINS
from streams.ending import cancel_until_ended
from streams.projections.batch import decision_count, fold, keys_of
from streams.projections.errors import REBUILD, FactUnprojectable, OtherJournal, PositionAhead, ProjectionError, RowsRefused
from streams.projections.registry import PROJECTIONS, Projection
from streams.projections.rows import Rows
from streams.projections.source import KafkaSource, OpenSource, Source, Tail
from streams.projections.store import LOCK_WAIT_S, DataRefused, Saved, Store, StoreLost
from streams.tail import Judged, Position
from streams.validity import Validity

LOG = logging.getLogger(__name__)


class Meter(Protocol):
    """What the projector tells about itself; infra implements it. Cheap, never raises."""

    def projected(self, domain: str, records: int, decisions: int, rows: int, seconds: float) -> None:
        """One transaction of rows and positions is committed."""

    def behind(self, domain: str, records: int) -> None:
        """So many journal records are not in the rows yet."""

    def interrupted(self, domain: str) -> None:
        """PostgreSQL went away, or is not there yet; the projector tries again."""


class NoMeter:
    """Reports nothing."""

    def projected(self, domain: str, records: int, decisions: int, rows: int, seconds: float) -> None:
        """See `Meter`."""

    def behind(self, domain: str, records: int) -> None:
        """See `Meter`."""

    def interrupted(self, domain: str) -> None:
        """See `Meter`."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How the projector goes. Defaults suit one process beside PostgreSQL."""

    records_max: int = 2_000
    """Journal records fetched at once."""
    decisions_max: int = 2_000
    """Decisions in one transaction, unless one record alone holds more."""
    wait_s: float = 0.2
    """How long an idle reader waits before it looks at `stop`."""
    gather_s: float = 0.05
    """Pause after a small batch, so that a steady trickle becomes a few transactions a second and not one per record. Whoever waits
    for a decision hears of it from the journal, not from the rows."""
    gather_below_records: int = 200
    check_s: float = 1.0
    """How often lag and freshness are measured."""
    retry_s_min: float = 0.1
    retry_s_max: float = 5.0
    lock_wait_s: float = LOCK_WAIT_S


class Projector:
    """Follows one domain's journal."""

    def __init__(
        self, projection: Projection, dsn: str, open_source: OpenSource, meter: Meter | None = None, pace: Pace | None = None
    ) -> None:
        self._projection = projection
        self._domain = projection.domain
        self._dsn = dsn
        self._open_source = open_source
        self._meter: Meter = meter if meter is not None else NoMeter()
        self._pace = pace if pace is not None else Pace()
        self._saved: dict[int, Saved] = {}
        self._goal: tuple[float, dict[int, int]] | None = None
        self._checked_s = -self._pace.check_s
        self._progressed = False

    async def run(self, stop: asyncio.Event, *, until: dict[int, int] | None = None, rebuild: bool = False) -> None:
        """Follow until `stop` is set, or until every partition stands at its offset in `until`.

        `rebuild` first removes every row and position of the domain. Raises `ProjectionError` with its ``code``,
        `streams.kafka.LogTruncated`, `schemas.journal.JournalCorrupt`; errors of Kafka pass through.
        """
        pause_s = self._pace.retry_s_min
        async with self._open_source() as source:
            while not self._done(stop, until):
                self._progressed = False
                try:
                    async with Store(self._dsn, self._projection, self._pace.lock_wait_s) as store:
                        if rebuild:
                            await store.clear()
                            rebuild = False
                        await self._follow(store, source, stop, until)
                except StoreLost as lost:
                    # Agents go on deciding; the journal keeps what we owe.
                    self._meter.interrupted(self._domain)
                    LOG.warning("projector of %s: PostgreSQL is away (%s), trying again", self._domain, lost)
                    pause_s = self._pace.retry_s_min if self._progressed else min(pause_s * 2, self._pace.retry_s_max)
                    await _sleep(stop, pause_s)

    async def _follow(self, store: Store, source: Source, stop: asyncio.Event, until: dict[int, int] | None) -> None:
        """Read and write with one session of PostgreSQL."""
        self._saved = await store.positions(source.partitions)
        await check_positions(self._domain, self._saved, source)
        start = {partition: saved.position for partition, saved in self._saved.items()}
        LOG.info("projector of %s: following %d partitions", self._domain, len(start))
        async with source.tail(start) as tail:
            coming = self._fetch(tail)
            try:
                while not self._done(stop, until):
                    await self._check(store, source)
                    batch = await coming
                    # The next batch is fetched and decoded while PostgreSQL works on this one.
                    coming = self._fetch(tail, small=0 < len(batch) < self._pace.gather_below_records)
                    for chunk in _chunks(batch, self._pace.decisions_max):
                        await self._write(store, chunk)
            finally:
                await cancel_until_ended([coming])
                await asyncio.gather(coming, return_exceptions=True)

    def _fetch(self, tail: Tail, *, small: bool = False) -> "asyncio.Task[list[Judged]]":
        async def fetch() -> list[Judged]:
            if small:
                await asyncio.sleep(self._pace.gather_s)
            return await tail.batch(self._pace.wait_s, self._pace.records_max)

        return asyncio.create_task(fetch())

    async def _write(self, store: Store, chunk: list[Judged]) -> None:
        """One transaction; when its data is refused, record by record up to the one that is to blame."""
        started_s = time.perf_counter()
        try:
            rows = await self._transact(store, chunk)
        except (DataRefused, FactUnprojectable) as error:
            if len(chunk) > 1:
                for judged in chunk:
                    await self._write(store, [judged])
                return
            if isinstance(error, FactUnprojectable):
                raise
            raise RowsRefused(self._domain, chunk[0].partition, chunk[0].offset, str(error)) from error
        self._progressed = True
        self._meter.projected(self._domain, len(chunk), sum(map(decision_count, chunk)), rows.count(), time.perf_counter() - started_s)

    async def _transact(self, store: Store, chunk: list[Judged]) -> Rows:
        now = self._after(chunk)
        keys = keys_of(self._projection, chunk)
        with store.naming():
            async with store.transaction():
                await store.advance(self._saved, now)
                rows = Rows(await store.read(keys))
                fold(self._projection, rows, chunk)
                await store.write(rows)
        self._saved |= now
        return rows

    def _after(self, chunk: list[Judged]) -> dict[int, Saved]:
        """Where the partitions of the chunk stand once it is written. Judged again, since a position must never be taken on trust."""
        judges: dict[int, Validity] = {}
        now: dict[int, Saved] = {}
        for judged in chunk:
            judge = judges.get(judged.partition)
            if judge is None:
                judge = judges[judged.partition] = self._saved[judged.partition].position.validity()
            if judge.accept(judged.offset, judged.record) is not judged.valid:
                raise ProjectionError(f"{self._domain}.decisions[{judged.partition}] offset {judged.offset} is judged in two ways")
            now[judged.partition] = Saved(Position.after(judged.offset, judge), b"")
        last = {judged.partition: judged.value for judged in chunk}
        return {partition: Saved(saved.position, fingerprint(last[partition])) for partition, saved in now.items()}

    def _done(self, stop: asyncio.Event, until: dict[int, int] | None) -> bool:
        if stop.is_set():
            return True
        return until is not None and self._reached(until)

    def _reached(self, ends: dict[int, int]) -> bool:
        return all(end == 0 or (p in self._saved and self._saved[p].position.next_offset >= end) for p, end in ends.items())

    async def _check(self, store: Store, source: Source) -> None:
        """Measure lag now and then; the rows are fresh as of a past instant once they reach the end the journal had then."""
        if self._goal is not None and self._reached(self._goal[1]):
            await store.caught_up(self._goal[0])
            self._goal = None
        if time.monotonic() - self._checked_s < self._pace.check_s:
            return
        self._checked_s = time.monotonic()
        asked_at_s = time.time()
        try:
            ends = await source.ends()
        except (KafkaError, OSError, TimeoutError) as error:
            LOG.warning("projector of %s: the journal's end is unknown (%s)", self._domain, type(error).__name__)
            return
        self._meter.behind(self._domain, sum(max(0, end - self._saved[p].position.next_offset) for p, end in ends.items()))
        if self._goal is None:
            self._goal = (asked_at_s, ends)


async def check_positions(domain: str, saved: dict[int, Saved], source: Source) -> None:
    """The rows must come from this journal: not from a longer one, and the last record they saw must be the one that is there.

    A position behind the journal's end is the usual case, also after an old backup was restored. Raises `PositionAhead`, `OtherJournal`.
    """
    ends = await source.ends()
    for partition, (position, last_record) in saved.items():
        where = f"{domain}.decisions[{partition}]"
        if partition not in ends:
            raise OtherJournal(f"{where} does not exist, but rows were made from it; {REBUILD}")
        if position.next_offset > ends[partition]:
            raise PositionAhead(f"rows have seen {where} up to {position.next_offset}, it ends at {ends[partition]}; {REBUILD}")
        if last_record is None:
            continue
        value = await source.value_at(partition, position.next_offset - 1)
        if value is not None and fingerprint(value) != last_record:
            raise OtherJournal(f"{where} holds another record before {position.next_offset} than the rows have seen; {REBUILD}")


def fingerprint(value: bytes) -> bytes:
    """16 bytes that tell one journal record from another."""
    return hashlib.blake2b(value, digest_size=16).digest()


async def run(
    *,
    bootstrap: str,
    dsn: str,
    stop: asyncio.Event,
    domains: Iterable[str] = DOMAINS,
    meter: Meter | None = None,
    pace: Pace | None = None,
) -> None:
    """Follow the journals of these domains until `stop` is set. The first that cannot go on ends all, loudly."""
    projectors = {domain: Projector(PROJECTIONS[domain], dsn, partial(KafkaSource, bootstrap, domain), meter, pace) for domain in domains}
    tasks = [asyncio.create_task(projector.run(stop), name=f"projector-{domain}") for domain, projector in projectors.items()]
    try:
        await asyncio.gather(*tasks)
    finally:
        await cancel_until_ended(tasks)
        await asyncio.gather(*tasks, return_exceptions=True)


async def rebuild(*, bootstrap: str, dsn: str, domain: str, meter: Meter | None = None, pace: Pace | None = None) -> None:
    """Remove every row of the domain and make them again, up to where the journal ended when this was called.

    Raises `AnotherProjector` while one runs. Readers see a half-built picture meanwhile.
    """
    open_source = partial(KafkaSource, bootstrap, domain)
    async with open_source() as source:
        until = await source.ends()
    projector = Projector(PROJECTIONS[domain], dsn, open_source, meter, pace)
    await projector.run(asyncio.Event(), until=until, rebuild=True)


def _chunks(batch: list[Judged], decisions_max: int) -> Iterator[list[Judged]]:
    """Cut a batch so that no transaction grows without bound; a record is never cut."""
    chunk: list[Judged] = []
    decisions = 0
    for judged in batch:
        more = decision_count(judged)
        if chunk and decisions + more > decisions_max:
            yield chunk
            chunk, decisions = [], 0
        chunk.append(judged)
        decisions += more
    if chunk:
        yield chunk


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
