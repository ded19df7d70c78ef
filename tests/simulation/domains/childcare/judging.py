"""Childcare judged in the simulator: the same eyes that look at real logs (`infra.checkers.childcare`), and the rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from infra.checkers.childcare.area import TERMINAL, Area
from infra.checkers.childcare.checks import eyes
from infra.checkers.childcare.model import MODEL
from infra.checkers.logs import Decided
from tests.simulation.checkers.logs import Dec, Logs, Violation
from tests.simulation.domains.childcare.rows import rows_of


class Judge:
    """Folds and complains. The simulated logs are shown to each eye decision by decision."""

    def __init__(self) -> None:
        self.found: list[Violation] = []
        self.areas: dict[str, Area] = {}
        self._event: dict[str, Any] | None = None
        self._eyes = eyes(lambda _: self._event)

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
        for area in self.areas.values():
            for booking_id, booking in area.open.items():
                if booking.state not in TERMINAL and not (area.has_human(booking_id) or area.has_human(f"case|{booking_id}")):
                    yield Violation("I06", f"booking {booking_id} is {booking.state} although its session is long over")

    def rows(self, tables: Mapping[str, list[dict[str, Any]]]) -> Iterable[Violation]:
        """L02: bookings, seats and quotas as the rows show them."""
        return rows_of(self.areas, tables)
