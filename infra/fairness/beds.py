"""Beds under the fairness audit: every allocation is judged as its decision is read, on everybody who waited at that moment.

The eyes are those that judge whole runs (`infra.checkers.beds`): nobody is overtaken without a coded reason (W01), nor by a later equal
(W04), whoever's turn it is gets the bed they would choose (NEAREST), offers say of the others what is so (WHY), draws were committed before
(DRAW). Beside them: one person twice, overrides by reason, waits by group. State is only what the journal says.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from infra.checkers.beds.lifecycle import FairDraw
from infra.checkers.beds.lines import AgeingBound, NearestBed, NoOvertaking, TrueCertificates
from infra.checkers.beds.model import ENDED, Area
from infra.checkers.beds.writing import MODEL
from infra.checkers.fold import Eye, Folding
from infra.checkers.logs import Decided
from infra.fairness.duplicates import Duplicate, Persons
from infra.fairness.waits import Admissions, Waited
from schemas import beds_facts, beds_stay_facts, journal
from schemas.alarms import AlarmKind
from schemas.drill import is_drill
from streams.auditor.domain import Condition, each
from streams.tail import Judged

READ = (beds_facts, beds_stay_facts)
"""What a journal of beds holds: a process that has not imported a fact cannot read it."""
FINDING_MEMORY_MS = 7 * 86_400_000
"""An unfair allocation stays an alarm so long, by the clock of its area; the journal keeps it for ever [O]."""

FINDINGS_KEPT = 1_000
"""Of one area; more than anybody reads: it bounds what broken code can make the audit hold."""


class Finding(NamedTuple):
    """What one allocation did wrong: ``place`` is where its decision lies in the journal."""

    area: str
    at_ms: int
    place: str
    invariant: str
    sentence: str


class BedsFairness:
    """The audit of one journal: fed with its records in order (`take`), asked in between.

    Allocations decided before ``judged_from_ms`` (milliseconds since the epoch) are folded, counted and not judged: judging costs a sort
    of everybody who waits, and a predecessor has done it. 0 judges all. Drills are passed over. What has ended is forgotten, so that an
    audit may go on for years.
    """

    def __init__(self, judged_from_ms: int = 0) -> None:
        self._judged_from_ms = judged_from_ms
        self._lines = (NoOvertaking(), AgeingBound(counting=False), NearestBed(), TrueCertificates(entries=False))
        self._draws = FairDraw()
        self._persons = Persons()
        self._admissions = Admissions()
        self._always: tuple[Eye[Area], ...] = (self._draws, self._persons, self._admissions)
        self._folding = Folding(MODEL)
        self._overrides: dict[str, Counter[str]] = {}
        self._findings: dict[str, deque[Finding]] = {}
        self.unfair: Counter[str] = Counter()
        """How many findings there were in each area, kept or not."""
        self.judged_in: Counter[str] = Counter()
        """How many offers of each area were judged."""

    @property
    def judged(self) -> int:
        """Offers judged so far. An audit in which this stands still while beds are offered is none."""
        return self.judged_in.total()

    @property
    def areas(self) -> list[str]:
        """Those the journal speaks of, but the drills'."""
        return sorted(self._folding.areas)

    @property
    def findings(self) -> list[Finding]:
        """The newest of each area, oldest first."""
        return [one for _, found in sorted(self._findings.items()) for one in found]

    def take(self, records: Sequence[Judged]) -> None:
        """Judge the next records of the journal; what does not count is passed over."""
        for judged in records:
            if judged.valid and isinstance(judged.record, journal.Decided):
                for place, body in enumerate(orjson.loads(judged.value)["decisions"]):
                    if not is_drill(body["area"]):
                        self._take(Decided(judged.partition, judged.offset, place, judged.record.source_offset, body))

    def duplicates(self) -> list[Duplicate]:
        """Who has two of one kind, over all areas."""
        return self._persons.twice()

    def waits(self, area: str) -> dict[str, dict[str, Waited]]:
        """By grouping and group (`infra.fairness.waits`)."""
        return self._admissions.with_line(self._folding.areas[area])

    def overrides(self, area: str) -> dict[str, int]:
        """Beds given out of order by an operator's word, by its coded reason."""
        return dict(sorted(self._overrides.get(area, Counter()).items()))

    def conditions(self) -> Iterator[Condition]:
        """What is worth an alarm, as of the last records taken: where it lies in the journal and by which invariant. What the checker
        saw names levels and dates of people, and is for whoever may read the journal (`laoxiao fairness`)."""
        for area, findings in sorted(self._findings.items()):
            oldest_ms = self._folding.areas[area].now_ms - FINDING_MEMORY_MS
            rows = {f"{one.place}|{one.invariant}": {"invariant": one.invariant} for one in findings if one.at_ms >= oldest_ms}
            yield from each(AlarmKind.UNFAIR, area, rows.items())
        twice: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        for duplicate in self.duplicates():
            first, *others = duplicate.held
            detail = {"what": first.what, "others": [f"{one.area}/{one.name}" for one in others]}
            twice.setdefault(first.area, []).append((f"{first.what}|{first.name}", detail))
        for area, found in sorted(twice.items()):
            yield from each(AlarmKind.DUPLICATE_PERSON, area, found)

    def _take(self, decided: Decided) -> None:
        before = self._lines[0].looked_at
        eyes = (*self._lines, *self._always) if decided.time_ms >= self._judged_from_ms else self._always
        area = self._folding.take(decided, eyes)
        self.judged_in[area.area] += self._lines[0].looked_at - before
        for fact in decided.body["facts"]:
            if fact["type"] == "beds.allocation.overridden.v1":
                self._overrides.setdefault(area.area, Counter())[fact["data"]["reason"]] += 1
        place = f"{decided.partition}@{decided.offset}.{decided.place}"
        for eye in (*self._lines, self._draws):
            for violation in eye.found:
                self.unfair[area.area] += 1
                kept = self._findings.setdefault(area.area, deque(maxlen=FINDINGS_KEPT))
                kept.append(Finding(area.area, decided.time_ms, place, eye.invariant, violation.sentence))
            eye.found.clear()
        _forget(area, decided)


def _forget(area: Area, decided: Decided) -> None:
    """Let go of the applications and promises that this decision has ended: no later fact asks for them."""
    for fact in decided.body["facts"]:
        application = area.applications.get(fact["data"].get("application_id") or "")
        if application is not None and application.state in ENDED:
            del area.applications[application.application_id]
        offer = area.offers.get(fact["data"].get("offer_id") or "")
        if offer is not None and offer.state in ("kept", "ended"):
            del area.offers[str(fact["data"]["offer_id"])]
    if area.closed_tasks:
        area.closed_tasks.clear()
        area.owned = {about: tasks for about, tasks in area.owned.items() if tasks}
