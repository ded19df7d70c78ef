"""Beds judged in the simulator: the naive picture and eyes of `infra.checkers.beds`, which import nothing of ours, and beside them
what each event deserves."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import orjson

from infra.checkers.beds.checks import CHECKS
from infra.checkers.beds.expected import BedsExpected
from infra.checkers.beds.model import Area
from infra.checkers.beds.writing import MODEL
from infra.checkers.fold import Eye
from infra.checkers.logs import Decided
from infra.checkers.logs import Logs as CheckedLogs
from infra.checkers.projection import compare
from tests.simulation.checkers.intake import HUMAN
from tests.simulation.checkers.logs import Dec, Logs, Violation
from tests.simulation.domains.beds.answers import DESERVED

BY_CLOCK = {
    "beds.offer.made.v1", "beds.offer.expired.v1", "beds.admission.missed.v1", "beds.application.exclusion_ended.v1",
    "beds.application.reassessment_due.v1", "beds.facility.silent.v1", "beds.bed.cleaning.v1", "beds.bed.overdue.v1",
    "beds.stay.ending.v1",
}  # fmt: skip
CAUSES = {
    "beds.bed.released.v1": ("expired", "not_admitted", "stay_over"), "beds.application.suspended.v1": ("refusals",),
    "beds.application.resumed.v1": ("time",),
}  # fmt: skip
JSON = ("categories", "bed_types", "wished", "choices", "excluded", "criteria", "sort_key", "next_key")
LIVENESS = ("I07", "W03")
"""What asks at the end whether time has passed; a played area has no time but that of its records."""


def by_clock(fact: dict[str, Any]) -> bool:
    """A free bed goes on at once, and deadlines pass: both with whatever event comes next."""
    if fact["type"] == "beds.application.ended.v1":
        return bool(fact["data"]["reason"] == "stay_over")
    return fact["type"] in BY_CLOCK or fact["data"].get("cause") in CAUSES.get(fact["type"], ())


class Judge:
    """Folds and complains."""

    def __init__(self) -> None:
        self.areas: dict[str, Area] = {}
        self.found: list[Violation] = []
        self._expected = BedsExpected("beds")
        self._eyes: list[Eye[Area]] = [*CHECKS.eyes(CheckedLogs(), 1), self._expected]

    def decision(self, dec: Dec) -> None:
        """What the event deserves on the picture as it stands when its own facts begin, then each fact, then what holds after all."""
        name = dec.body["area"]
        area = self.areas.get(name)
        if area is None:
            area = self.areas[name] = Area(name)
        area.now_ms = max(area.now_ms, dec.at_ms)
        decided = Decided(dec.partition, dec.offset, dec.place, dec.source, dec.body)
        judged = False
        for fact in dec.body["facts"]:
            if not judged and fact["type"] not in HUMAN and not by_clock(fact):
                self._deserves(area, dec)
                judged = True
            for eye in self._eyes:
                eye.before(area, decided, fact)
            MODEL.apply(area, fact)
        if not judged:
            self._deserves(area, dec)
        for eye in self._eyes:
            eye.after(area, decided)
        self._collect()

    def at_rest(self, logs: Logs) -> Iterable[Violation]:
        """Every promise of the run is kept or has ended, nobody waits beside a free bed, and what is counted anew agrees."""
        before, wall = len(self.found), logs.run.plan.options.clock != "played"
        for eye in self._eyes[:-1]:
            if wall or eye.invariant not in LIVENESS:
                eye.end(self.areas)
        self._collect()
        return self.found[before:]

    def rows(self, tables: Mapping[str, list[dict[str, Any]]]) -> Iterable[Violation]:
        """L02: every table of beds, row by row."""
        self._expected.end(self.areas)
        for name in BedsExpected.OWN_KEYS:
            rows = [{column: _plain(column, value) for column, value in row.items()} for row in tables[name]]
            yield from (Violation(*one) for one in compare(self._expected, name, self._expected.tables[name], rows))
        for name, columns in BedsExpected.COUNTED.items():
            have = Counter(tuple(row[column] for column in columns) for row in tables[name])
            if have != self._expected.counts[name]:
                yield Violation("L02", f"{name} has other facts than the journal")

    def _collect(self) -> None:
        for eye in self._eyes:
            self.found += [Violation(*violation) for violation in eye.found]
            eye.found.clear()

    def _deserves(self, area: Area, dec: Dec) -> None:
        answer = DESERVED.get(dec.body["event_type"])
        if answer is None or not dec.effect or dec.event is None or dec.body.get("error") is not None:
            return
        if dec.body["reason"] == "forbidden_source":
            # The core's answer, not the domain's; whether it is right is P03.
            return
        invariant, reason = answer(area, dec.event["data"])
        if dec.body["reason"] != reason:
            sentence = f"{dec.body['event_id']} ({dec.body['event_type']}) is answered {dec.body['reason']}, it deserves {reason}"
            self.found.append(Violation(invariant, sentence, dec.partition, dec.offset))


def _plain(column: str, value: Any) -> Any:
    """A row's value as a reader of the database gets it."""
    if column in JSON and isinstance(value, str):
        return orjson.loads(value)
    return value.isoformat() if isinstance(value, date) else value
