"""Which beds are more or fewer in a what-if: worked out once from what the homes had published, then written into their publications."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from agents.beds.counterfactual import Answered
from agents.shared.calendar import day_of
from schemas.beds import BedCleanedEvent, BedType, InventoryPublishedEvent
from schemas.envelope import Event

Wanted = dict[tuple[str | None, str], int]
"""Home (None: spread over all) and type to how many more, or fewer."""


class BadChange(ValueError):
    """There are no such homes, or not so many beds."""


def parse_beds(words: Iterable[str]) -> Wanted:
    """``TYPE=+N``, ``TYPE=-N`` or ``HOME:TYPE=-N``. Raises ValueError."""
    wanted: Wanted = {}
    for one in words:
        where, _, count = one.partition("=")
        home, _, kind = where.rpartition(":")
        if not count.lstrip("+-").isdigit() or kind not in {each.value for each in BedType}:
            raise ValueError(f"{one}: say TYPE=N, TYPE=-N or HOME:TYPE=-N; types: {', '.join(each.value for each in BedType)}")
        key = (home or None, kind)
        wanted[key] = wanted.get(key, 0) + int(count)
    return wanted


@dataclass(slots=True)
class BedPlan:
    """What each home's publications say otherwise from the day on."""

    first_day: date
    added: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """New rows by home, in its first publication."""
    removed: dict[str, set[str]] = field(default_factory=dict)
    """Beds by home: closed as soon as nobody of the pool lies in them or is promised them, and not opened again."""
    rows: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """The removed beds' rows, closed."""
    told: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, log: Iterable[Answered], wanted: Wanted, first_day: date) -> "BedPlan":
        """Raises `BadChange`."""
        plan = cls(first_day)
        if any(wanted.values()):
            known, speak = _published(log, first_day)
            for (home, kind), count in sorted(wanted.items(), key=lambda each: (each[0][0] or "", each[0][1])):
                if home is not None and home not in known:
                    raise BadChange(f"no publication of {home} before {first_day}")
                homes = [home] if home is not None else sorted(known)
                if not set(homes) & speak:
                    raise BadChange(f"{home or 'no home'} publishes nothing after {first_day}: a change of beds would be heard by nobody")
                if count > 0:
                    plan._add([each for each in homes if each in speak], kind, count)
                else:
                    plan._remove(known, [each for each in homes if each in speak], kind, -count)
        return plan

    def _add(self, homes: list[str], kind: str, count: int) -> None:
        for number in range(count):
            rows = self.added.setdefault(homes[number % len(homes)], [])
            row = {"bed_id": f"whatif-{kind}-{len(rows)}", "type": kind, "sex": "any", "pool": "district", "state": "free"}
            rows.append(row)

    def _remove(self, known: dict[str, dict[str, Any]], homes: list[str], kind: str, count: int) -> None:
        """From each home in turn; of a home empty beds before occupied ones, the last before the first."""
        left = {
            home: sorted((row["state"] != "occupied", bed_id) for bed_id, row in known[home].items() if row["type"] == kind)
            for home in homes
        }
        if sum(map(len, left.values())) < count:
            raise BadChange(f"there are only {sum(map(len, left.values()))} {kind} beds to close")
        while count:
            for home in homes:
                if count and left[home]:
                    bed_id = left[home].pop()[1]
                    self.removed.setdefault(home, set()).add(bed_id)
                    self.rows[home, bed_id] = known[home][bed_id] | {"state": "closed"}
                    count -= 1

    def changed(self, event: Event) -> dict[str, Any] | None:
        """The event's data as it would have been: unchanged, other rows, or None when it would not have been sent."""
        data: dict[str, Any] = event.data.model_dump(mode="json")
        if isinstance(event, BedCleanedEvent):
            return None if event.data.bed_id in self.removed.get(event.data.facility_id, ()) else data
        assert isinstance(event, InventoryPublishedEvent)
        home = event.data.facility_id
        closed = self.removed.get(home, set())
        for row in data["beds"]:
            if row["bed_id"] in closed:
                row["state"] = "closed"
        if home not in self.told:
            self.told.add(home)
            named = {row["bed_id"] for row in data["beds"]}
            data["beds"] += [*self.added.get(home, ()), *(self.rows[home, bed_id] for bed_id in sorted(closed - named))]
        return data


def _published(log: Iterable[Answered], first_day: date) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """The beds of each home as last published before the day, and the homes that publish after it."""
    known: dict[str, dict[str, Any]] = {}
    speak: set[str] = set()
    for received, refused, _ in log:
        event = received.event
        if refused or not isinstance(event, InventoryPublishedEvent):
            continue
        if day_of(received.received_at_ms) >= first_day:
            speak.add(event.data.facility_id)
            continue
        rows = known.setdefault(event.data.facility_id, {})
        rows |= {bed.bed_id: bed.model_dump(mode="json") for bed in event.data.beds}
    return known, speak
