"""Childcare judged in the simulator: the same eyes that look at real logs (`infra.checkers.childcare`), and the rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import orjson

from infra.checkers.childcare.area import TERMINAL, Area
from infra.checkers.childcare.checks import eyes
from infra.checkers.childcare.expected import ChildcareExpected
from infra.checkers.childcare.model import MODEL
from infra.checkers.childcare.moves import MovedAccounts
from infra.checkers.logs import Decided
from infra.checkers.projection import compare
from tests.simulation.checkers.logs import Dec, Logs, Violation
from tests.simulation.domains.childcare.rows import rows_of

JSON = ("session_ids", "pickup_persons", "closures")


class Judge:
    """Folds and complains. The simulated logs are shown to each eye decision by decision."""

    def __init__(self) -> None:
        self.found: list[Violation] = []
        self.areas: dict[str, Area] = {}
        self._event: dict[str, Any] | None = None
        self._expected = ChildcareExpected("childcare")
        self._eyes = [*eyes(lambda _: self._event), self._expected]

    def decision(self, dec: Dec) -> None:
        """One decision."""
        self._event = dec.event
        decided = Decided(dec.partition, dec.offset, dec.place, dec.source, dec.body)
        area = self.areas.setdefault(dec.body["area"], MODEL.area(dec.body["area"]))
        area.now_ms = max(area.now_ms, dec.at_ms)
        for fact in dec.body["facts"]:
            for eye in self._eyes:
                eye.before(area, decided, fact)
            MODEL.apply(area, fact)
        for eye in self._eyes:
            eye.after(area, decided)
            if eye.found:
                self.found += [Violation(one.invariant, one.sentence, one.partition, one.offset) for one in eye.found]
                eye.found.clear()

    def at_rest(self, logs: Logs) -> Iterable[Violation]:
        """Every session is over: whoever is not with a human has ended. What areas owe each other is settled on both sides."""
        if logs.run.plan.options.clock == "played":
            return
        for eye in self._eyes:
            if isinstance(eye, MovedAccounts):
                eye.end(self.areas)
                yield from (Violation(one.invariant, one.sentence, one.partition, one.offset) for one in eye.found)
        for area in self.areas.values():
            for booking_id, booking in area.open.items():
                if booking.state not in TERMINAL and not (area.has_human(booking_id) or area.has_human(f"case|{booking_id}")):
                    yield Violation("I06", f"booking {booking_id} is {booking.state} although its session is long over")

    def rows(self, tables: Mapping[str, list[dict[str, Any]]]) -> Iterable[Violation]:
        """L02: every table of childcare, row by row."""
        yield from rows_of(self.areas, tables)
        self._expected.end(self.areas)
        for name in ChildcareExpected.OWN_KEYS:
            rows = [{column: _plain(column, value) for column, value in row.items()} for row in tables[name]]
            yield from (Violation(*one) for one in compare(self._expected, name, self._expected.tables[name], rows))
        for name, columns in ChildcareExpected.COUNTED.items():
            if Counter(tuple(row[column] for column in columns) for row in tables[name]) != self._expected.counts[name]:
                yield Violation("L02", f"{name} has other facts than the journal")


def _plain(column: str, value: Any) -> Any:
    """As an export of the tables shows it."""
    if isinstance(value, date):
        return value.isoformat()
    return orjson.loads(value) if column in JSON and value is not None else value
