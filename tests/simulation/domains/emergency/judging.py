"""The naive picture of `infra.checkers.emergency`, folded decision by decision over a simulated run, with its eyes looking on.

One model serves both: it shares no code with what it judges, and what it is folded over does not matter to it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from infra.checkers.emergency.checks import eyes_with
from infra.checkers.emergency.expected import JSON, EmergencyExpected
from infra.checkers.emergency.model import Area
from infra.checkers.emergency.units import MODEL
from infra.checkers.logs import Decided
from infra.checkers.projection import compare
from tests.simulation.checkers.logs import Dec, Logs, Violation
from tests.simulation.plan import HOUR_MS

REST_MS = 2 * HOUR_MS
LATE_MS = 3 * HOUR_MS
"""At rest owners look once an hour."""


class Seen(Decided):
    """A decision as the eyes take it, its instant worked out once."""

    at_ms: int

    @property
    def time_ms(self) -> int:
        """The area's now when it was decided."""
        return self.at_ms


class Judge:
    """Folds and complains."""

    def __init__(self) -> None:
        self.found: list[Violation] = []
        self.areas: dict[str, Area] = {}
        self._event: dict[str, Any] | None = None
        self._eyes = eyes_with(lambda _: self._event, settled=False)
        self._expected = EmergencyExpected("emergency")
        self._told = [0] * len(self._eyes)

    def decision(self, dec: Dec) -> None:
        """One decision."""
        self._event = dec.event
        decided = Seen(dec.partition, dec.offset, dec.place, dec.source, dec.body)
        decided.at_ms = dec.at_ms
        name = dec.body["area"]
        area = self.areas.get(name)
        if area is None:
            area = self.areas[name] = MODEL.area(name)
        area.now_ms = max(area.now_ms, dec.at_ms)
        everybody = (*self._eyes, self._expected)
        for fact in dec.body["facts"]:
            for eye in everybody:
                eye.before(area, decided, fact)
            MODEL.apply(area, fact)
        for eye in everybody:
            eye.after(area, decided)
        for number, one in enumerate(self._eyes):
            for violation in one.found[self._told[number] :]:
                self.found.append(Violation(*violation))
            self._told[number] = len(one.found)

    def at_rest(self, logs: Logs) -> Iterable[Violation]:
        """Whatever was awaited was looked at until the end. A played area has no time but that of its records."""
        options = logs.run.plan.options
        if options.clock == "played":
            return
        end_ms = options.start_ms + options.span_ms + REST_MS + logs.part.drain_ms
        for area in self.areas.values():
            for key, due_ms in area.due.items():
                if due_ms + LATE_MS < end_ms:
                    yield Violation("E03" if key[0] == "ladder" else "I07", f"{'|'.join(key)} was due at {due_ms} and nobody looked")

    def rows(self, tables: Mapping[str, list[dict[str, Any]]]) -> Iterable[Violation]:
        """L02: the rows of emergency are the fold of the journal."""
        self._expected.end(self.areas)
        for name in self._expected.OWN_KEYS:
            parsed = ({column: _plain(column, value) for column, value in row.items()} for row in tables[name])
            for violation in compare(self._expected, name, self._expected.tables[name], parsed):
                yield Violation(*violation)


def _plain(column: str, value: Any) -> Any:
    """The rows in memory hold JSON as text."""
    return orjson.loads(value) if column in JSON and isinstance(value, str) else value
