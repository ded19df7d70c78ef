"""One domain under audit: its areas' books, its partitions' progress, and every condition that is worth an alarm now."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemas.alarms import AlarmKind
from schemas.drill import is_drill
from schemas.journal import FORWARDED, Clock, Decided, Failed, Opened
from streams.auditor.book import AreaBook
from streams.auditor.table import Table
from streams.tail import Judged

CASES_TOLD_MAX = 20
"""Cases of one area told one by one; the others share one alarm, and move up as the first ones end."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still right. ``step_s`` is the drill's period; counts are per partition in the last ``window_s``.

    No source gives these numbers: they are the project's own suggestion, except that a stalled consumer must be noticed
    within 20 s (issue "Proof of reliability") and that the dead man's alarm comes after two steps (E12).
    """

    step_s: float = 60.0
    grace_s: float = 120.0
    progress_s: float = 20.0
    drill_wait_s: float = 20.0
    not_audited_s: float = 60.0
    not_checked_s: float = 900.0
    window_s: float = 600.0
    failed_max: int = 0
    quarantined_max: int = 60
    stuck_max: int = 0

    @property
    def settle_s(self) -> float:
        """After so long a restarted auditor has seen enough to say that an alarm of its predecessor has ended."""
        return max(self.progress_s, self.drill_wait_s + self.step_s, 2 * self.step_s)


class Condition(NamedTuple):
    """One thing that is wrong at one place now."""

    kind: AlarmKind
    place: str
    detail: dict[str, Any]


@dataclass(slots=True)
class PartitionBook:
    """Progress of one partition, and what went wrong in it lately (on its own clock)."""

    clock: Clock = Clock.WALL
    now_ms: int = 0
    source_offset: int = -1
    lag: int = 0
    stalled_since_ms: int | None = None
    failed: deque[int] = field(default_factory=deque)
    aside: deque[tuple[int, int]] = field(default_factory=deque)

    def advance(self, area: str, at_ms: int) -> None:
        """A decision was made at this time. A drill's time is the wall's: it says nothing about a played partition."""
        if self.clock is Clock.WALL or not is_drill(area):
            self.now_ms = max(self.now_ms, at_ms)

    def forget(self, now_ms: int, window_s: float) -> None:
        """Let go of what is older than the window."""
        oldest_ms = now_ms - 1000 * window_s
        while self.failed and self.failed[0] < oldest_ms:
            self.failed.popleft()
        while self.aside and self.aside[0][0] < oldest_ms:
            self.aside.popleft()


class DomainBook:
    """Everything the auditor knows of one domain. Fed by `take` and `measured`; asked by `conditions`."""

    def __init__(self, table: Table, limits: Limits) -> None:
        self.domain = table.domain
        self._table = table
        self._limits = limits
        self.areas: dict[str, tuple[int, AreaBook]] = {}
        self.partitions: dict[int, PartitionBook] = {}
        self.drilled_ms: int | None = None
        """When the newest decision in the drill area was made."""

    def take(self, judged: Judged) -> None:
        """One journal record, in the order of its partition. What does not count is passed over."""
        if not judged.valid:
            return
        partition = self.partitions.setdefault(judged.partition, PartitionBook())
        match judged.record:
            case Opened():
                partition.clock = judged.record.clock
            case Failed():
                partition.failed.append(partition.now_ms)
            case Decided() as record:
                for decision in record.decisions:
                    partition.advance(decision.area, decision.time_ms)
                    _, book = self.areas.setdefault(decision.area, (judged.partition, AreaBook(self._table)))
                    book.take((reasoned.fact for reasoned in decision.facts), decision.time_ms)
                    if is_drill(decision.area):
                        self.drilled_ms = max(self.drilled_ms or 0, decision.time_ms)
                rejected = sum(1 for one in record.set_aside if one.reason != FORWARDED)
                if rejected:
                    partition.aside.append((partition.now_ms, rejected))

    def measured(self, partition: int, source_offset: int, lag: int, at_ms: int) -> None:
        """At `at_ms` (wall) the partition had answered up to `source_offset` and had `lag` input records left."""
        book = self.partitions.setdefault(partition, PartitionBook())
        if lag <= 0 or source_offset != book.source_offset:
            book.stalled_since_ms = None
        if lag > 0 and book.stalled_since_ms is None:
            book.stalled_since_ms = at_ms
        book.source_offset, book.lag = source_offset, lag

    @property
    def open_cases(self) -> int:
        """Of every area but the drill's."""
        return sum(len(book.cases) for area, (_, book) in self.areas.items() if not is_drill(area))

    def conditions(self, now_ms: int) -> Iterator[Condition]:
        """All that is wrong as of `now_ms` (wall). An area of a played partition is judged by its own clock."""
        for area, (number, book) in self.areas.items():
            played = self.partitions[number].clock is Clock.PLAYED
            yield from self._of_area(area, book, book.now_ms if played else max(now_ms, book.now_ms))
        for number, partition in self.partitions.items():
            yield from self._of_partition(number, partition, now_ms)

    def _of_area(self, area: str, book: AreaBook, now_ms: int) -> Iterator[Condition]:
        orphans = [f"{kind}:{key}" for kind, key in book.orphans()]
        yield from each(AlarmKind.ORPHANED_CASE, area, ((name, {}) for name in orphans))
        overdue = book.overdue(now_ms, self._limits.grace_s)
        yield from each(AlarmKind.OVERDUE_CASE, area, ((f"{late.kind}:{late.key}", {"deadline_ms": late.deadline_ms}) for late in overdue))
        yield from each(AlarmKind.CAPACITY_BROKEN, area, ((breach.pool, {"what": breach.what}) for breach in book.breaches()))
        stuck = book.stuck()
        if len(stuck) > self._limits.stuck_max:
            yield Condition(AlarmKind.STUCK_CASES, area, {"count": len(stuck), "first": stuck[0]})

    def _of_partition(self, number: int, partition: PartitionBook, now_ms: int) -> Iterator[Condition]:
        since_ms = partition.stalled_since_ms
        if since_ms is not None and now_ms - since_ms >= 1000 * self._limits.progress_s:
            detail = {"lag": partition.lag, "source_offset": partition.source_offset}
            yield Condition(AlarmKind.NO_PROGRESS, str(number), detail)
        partition.forget(partition.now_ms if partition.clock is Clock.PLAYED else now_ms, self._limits.window_s)
        if len(partition.failed) > self._limits.failed_max:
            yield Condition(AlarmKind.FAILED_RECORDS, str(number), {"count": len(partition.failed)})
        aside = sum(count for _, count in partition.aside)
        if aside > self._limits.quarantined_max:
            yield Condition(AlarmKind.QUARANTINED, str(number), {"count": aside})


def each(kind: AlarmKind, area: str, found: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[Condition]:
    """One condition for each, up to `CASES_TOLD_MAX`; one for all the others."""
    rows = list(found)
    for name, detail in rows[:CASES_TOLD_MAX]:
        yield Condition(kind, f"{area}/{name}", detail)
    if len(rows) > CASES_TOLD_MAX:
        yield Condition(kind, f"{area}/others", {"count": len(rows) - CASES_TOLD_MAX})
