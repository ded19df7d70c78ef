# ruff: noqa: ARG002 - the shape of the port
"""The naive picture: a sum, and when each hold ends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.checkers.logs import Dec, Logs, Violation


@dataclass
class Area:
    """One area."""

    total: int = 0
    holds: dict[str, int] = field(default_factory=dict)


class Judge:
    """Folds and complains."""

    def __init__(self) -> None:
        self.found: list[Violation] = []
        self._areas: dict[str, Area] = {}

    def decision(self, dec: Dec) -> None:
        """C02: the total is the sum. T02, I07: a hold ends when it ends."""
        area = self._areas.setdefault(dec.body["area"], Area())
        for fact in dec.body["facts"]:
            data = fact["data"]
            match fact["type"]:
                case "counting.counted.v1":
                    area.total += data["amount"]
                    if data["total"] != area.total or data["amount"] < 0:
                        self._say(dec, "C02", f"the total is {data['total']}, the sum is {area.total}")
                case "counting.hold.made.v1":
                    area.holds[data["hold_id"]] = data["expires_ms"]
                case "counting.hold.expired.v1":
                    due_ms = area.holds.pop(data["hold_id"], None)
                    if due_ms is None or due_ms > dec.at_ms:
                        self._say(dec, "T02", f"hold {data['hold_id']} ends at {dec.at_ms}, due at {due_ms}")
        if dec.body.get("error") is None:
            for hold_id, due_ms in area.holds.items():
                if due_ms <= dec.at_ms:
                    self._say(dec, "I07", f"hold {hold_id} goes on after its end at {due_ms}")

    def at_rest(self, logs: Logs) -> Iterable[Violation]:
        """Every hold is over."""
        if logs.run.plan.options.clock == "wall":
            for name, area in self._areas.items():
                if area.holds:
                    yield Violation("I07", f"{len(area.holds)} holds of {name} never ended")

    def rows(self, tables: Mapping[str, list[dict[str, Any]]]) -> Iterable[Violation]:
        """No rows are made of it."""
        return ()

    def _say(self, dec: Dec, invariant: str, sentence: str) -> None:
        self.found.append(Violation(invariant, sentence, dec.partition, dec.offset))
