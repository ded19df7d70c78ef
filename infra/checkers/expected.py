"""What the tables must hold, folded from the journal in the plainest way: one dictionary a table, one entry a row.

`Expected` makes the rows every domain has; a domain extends it with its own tables and rows.
"""

from collections import Counter
from typing import Any, ClassVar

from infra.checkers.civil import day_of
from infra.checkers.fold import A, Eye, Fact
from infra.checkers.logs import Decided

Row = dict[str, Any]
Rows = dict[tuple[Any, ...], Row]
Columns = tuple[str, ...]

SHARED_KEYS: dict[str, Columns] = {
    "decisions": ("event_id", "domain", "area"),
    "decision_echoes": ("domain", "partition", "journal_offset", "record_index"),
    "areas": ("domain", "area"),
    "decision_tallies": ("domain", "day", "area", "event_type", "outcome", "reason"),
    "tasks": ("domain", "area", "task_id"),
    "policies": ("domain", "area", "policy", "version"),
}
"""Tables that every domain shares, with the columns that name a row."""


class Expected(Eye[A]):
    """Collects rows while the model is folded; ``tables`` and ``counts`` are whole when the fold has ended.

    A domain sets ``OWN_KEYS`` (its tables compared row by row: table to key columns), ``COUNTED`` (its tables compared only by
    how many rows have the same values in these columns) and ``ZEROS`` (tally tables that may keep rows in which every one of
    these columns is 0), and overrides `rows_of` and, for rows that show where things stand at last, `end`.
    """

    OWN_KEYS: ClassVar[dict[str, Columns]] = {}
    COUNTED: ClassVar[dict[str, Columns]] = {}
    ZEROS: ClassVar[dict[str, Columns]] = {}

    def __init__(self, domain: str) -> None:
        super().__init__("L02")
        self.domain = domain
        self.keys: dict[str, Columns] = SHARED_KEYS | self.OWN_KEYS
        self.tables: dict[str, Rows] = {name: {} for name in self.keys}
        self.counts: dict[str, Counter[tuple[Any, ...]]] = {name: Counter() for name in self.COUNTED}

    def rows_of(self, area: A, decided: Decided, kind: str, data: dict[str, Any]) -> None:
        """The domain's rows that one fact makes or changes."""

    def before(self, area: A, decided: Decided, fact: Fact) -> None:
        """Rows that a fact alone makes."""
        self._shared(area, decided, fact["type"], fact["data"])
        self.rows_of(area, decided, fact["type"], fact["data"])

    def after(self, area: A, decided: Decided) -> None:
        """Rows that a decision makes."""
        body = decided.body
        row = self.tables["areas"].setdefault((self.domain, area.area), {"now_ms": 0, "decisions": 0})
        row["now_ms"], row["decisions"] = max(row["now_ms"], decided.time_ms), row["decisions"] + 1
        key = (self.domain, day_of(decided.time_ms), area.area, body["event_type"], body["outcome"], body["reason"] or "")
        tally = self.tables["decision_tallies"].setdefault(key, {"decisions": 0, "repeats": 0})
        tally["repeats" if body.get("repeat") else "decisions"] += 1
        decisions, place = self.tables["decisions"], (self.domain, decided.partition, decided.offset, decided.place)
        first = (body["event_id"], self.domain, area.area)
        if body.get("repeat") or body["reason"] == "conflict" or first in decisions:
            kind = "repeat" if body.get("repeat") else "conflict" if body["reason"] == "conflict" else "again"
            self.tables["decision_echoes"][place] = {"event_id": body["event_id"], "area": area.area, "kind": kind}
            return
        decisions[first] = {
            "event_type": body["event_type"], "outcome": body["outcome"], "reason": body["reason"], "decided_ms": decided.time_ms,
            "partition": decided.partition, "journal_offset": decided.offset, "record_index": decided.place, "body": body,
        }  # fmt: skip

    def may_stay(self, name: str, row: Row) -> bool:
        """Whether a row the journal does not ask for may be there: a tally in which everything was counted out again."""
        columns = self.ZEROS.get(name)
        return columns is not None and all(row[column] == 0 for column in columns)

    def _shared(self, area: A, decided: Decided, kind: str, data: dict[str, Any]) -> None:
        tasks = self.tables["tasks"]
        match kind:
            case "task.opened.v1":
                tasks[self.domain, area.area, data["task_id"]] = {
                    "kind": data["kind"], "about": data["about"], "owner": data["owner"], "opened_ms": decided.time_ms,
                    "closed_ms": None, "result": None,
                }  # fmt: skip
            case "task.closed.v1":
                row = tasks.get((self.domain, area.area, data["task_id"]))
                if row is not None:
                    row |= {"closed_ms": decided.time_ms, "result": data["result"]}
            case "policy.adopted.v1":
                key = (self.domain, area.area, data["policy"], data["version"])
                names = ("in_force_from", "parameters", "source")
                self.tables["policies"][key] = {name: data[name] for name in names}
            case _:
                pass
