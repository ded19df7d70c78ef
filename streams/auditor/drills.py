"""Drills: a small synthetic story per domain and step, sent the way a client sends it, and what its answers must be.

Ids derive from the start of the step, so a story sent again (another auditor, a retry after an unsure answer) is the same story.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemas.alarms import AlarmKind
from schemas.decisions import Decision
from schemas.drill import DRILL_ACTOR, DRILL_AREA, DRILL_CHANNEL, DRILL_SOURCE, is_drill
from schemas.journal import instant
from streams.auditor.domain import Condition, Limits

REMEMBERED_MAX = 1000
"""Drills that nobody has answered yet; older ones are counted as unanswered for good."""


class Line(NamedTuple):
    """One event of a story: its type, its data, and the fact its decision must carry (None: any answer is right)."""

    event_type: str
    data: dict[str, Any]
    fact: str | None = None


Script = Callable[[int], tuple[Line, ...]]
"""From the start of a step (milliseconds, wall clock) to its story, in order."""


@dataclass(frozen=True, slots=True)
class Drill:
    """One story ready to be sent. ``expected`` maps event ids to the fact their decisions must carry."""

    domain: str
    start_ms: int
    events: tuple[dict[str, Any], ...]
    expected: Mapping[str, str]


def drill_of(domain: str, script: Script, start_ms: int) -> Drill:
    """The story of the step that began at `start_ms`; the same bytes however often it is made."""
    events = []
    expected: dict[str, str] = {}
    for number, line in enumerate(script(start_ms)):
        event_id = f"drill-{domain}-{start_ms // 1000}-{number}"
        events.append(
            {
                "specversion": "1.0",
                "id": event_id,
                "source": DRILL_SOURCE,
                "type": line.event_type,
                "time": instant(start_ms),
                "area": DRILL_AREA,
                "actor": DRILL_ACTOR,
                "channel": DRILL_CHANNEL,
                "datacontenttype": "application/json",
                "data": line.data,
            }
        )
        if line.fact is not None:
            expected[event_id] = line.fact
    return Drill(domain, start_ms, tuple(events), expected)


@dataclass(slots=True)
class _Pending:
    drill: Drill
    sent_ms: int
    missing: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


class Answered(NamedTuple):
    """A drill whose answers are all in the journal: right or not, and how long after its sending the last one was read there."""

    right: bool
    seconds: float


class DrillWatch:
    """The drills of one domain: what is still to be answered, and what is wrong with the chain because of it."""

    def __init__(self, domain: str, limits: Limits, started_ms: int) -> None:
        self.domain = domain
        self._limits = limits
        self._started_ms = started_ms
        self._pending: OrderedDict[int, _Pending] = OrderedDict()
        self._wrong: dict[str, Any] | None = None
        self._not_taken: str | None = None

    def sent(self, drill: Drill, at_ms: int) -> None:
        """It is about to be sent, at `at_ms` (wall clock): its decision may be read before the way in has said that it took it."""
        self._pending[drill.start_ms] = _Pending(drill, at_ms, set(drill.expected))
        while len(self._pending) > REMEMBERED_MAX:
            self._pending.popitem(last=False)

    def taken(self, trouble: str | None = None) -> None:
        """It was taken in durably; `trouble` is the code of a first way in that did not take it, though a second one did."""
        self._not_taken = trouble

    def not_taken(self, drill: Drill, code: str) -> None:
        """No way in has taken it; `code` says why. Nobody owes it an answer."""
        self._pending.pop(drill.start_ms, None)
        self._not_taken = code

    def saw(self, decision: Decision, at_ms: int) -> Answered | None:
        """A valid decision was read at `at_ms` (wall clock); the drill it completes, if it does."""
        if not is_drill(decision.area) or decision.repeat:
            return None
        for start_ms, pending in self._pending.items():
            if decision.event_id not in pending.missing:
                continue
            pending.missing.discard(decision.event_id)
            wanted = pending.drill.expected[decision.event_id]
            if all(reasoned.fact.type != wanted for reasoned in decision.facts):
                pending.wrong.append(f"{wanted}: {decision.reason or decision.outcome}")
            return None if pending.missing else self._complete(start_ms, at_ms)
        return None

    def conditions(self, now_ms: int, drilled_ms: int | None) -> Iterator[Condition]:
        """What is wrong as of `now_ms`; `drilled_ms` is when the newest decision in the drill area was made."""
        late = [one for one in self._pending.values() if now_ms - one.sent_ms > 1000 * self._limits.drill_wait_s]
        if late:
            yield Condition(AlarmKind.DRILL_UNANSWERED, DRILL_AREA, {"drills": len(late), "first_sent_ms": late[0].sent_ms})
        if self._wrong is not None:
            yield Condition(AlarmKind.DRILL_WRONG, DRILL_AREA, self._wrong)
        if self._not_taken is not None:
            yield Condition(AlarmKind.DRILL_NOT_TAKEN, DRILL_AREA, {"code": self._not_taken})
        # Before the first drill of all, the start of this auditor stands for it: agents that never answered are silent too.
        last_ms = self._started_ms if drilled_ms is None else drilled_ms
        if now_ms - last_ms > 2000 * self._limits.step_s:
            yield Condition(AlarmKind.AGENTS_SILENT, DRILL_AREA, {"last_decision_ms": last_ms})

    def _complete(self, start_ms: int, at_ms: int) -> Answered:
        done = self._pending.pop(start_ms)
        # One partition answers in order: an older story without its answers was skipped, and will never be answered.
        skipped = [start for start in self._pending if start < start_ms]
        for start in skipped:
            del self._pending[start]
        wrong = done.wrong + [f"skipped: {start}" for start in skipped]
        self._wrong = {"found": wrong[:5], "start_ms": start_ms} if wrong else None
        return Answered(not wrong, max(0, at_ms - done.sent_ms) / 1000)
