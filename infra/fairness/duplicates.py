"""One person twice: in two lines for the same kind of bed, or in two beds. Each area decides alone, so none of them can see it (B13)."""

from typing import Any, NamedTuple

from infra.checkers.beds.model import Area, BedKey
from infra.checkers.fold import Eye
from infra.checkers.logs import Decided

PERMANENT, RESPITE, BED = "permanent", "respite", "bed"


class Held(NamedTuple):
    """What one person has in one area."""

    area: str
    name: str
    """The application, or home and bed."""
    what: str
    """`PERMANENT` or `RESPITE`: the kind of bed waited for; `BED`: one they lie in for good."""


class Duplicate(NamedTuple):
    """What one person has twice, in order of area and name. The person is not named: applications and beds are."""

    held: tuple[Held, ...]


class Persons(Eye[Area]):
    """Who has what, in all areas. What an area refuses itself (``duplicate_person``) is looked at like everything else."""

    def __init__(self) -> None:
        super().__init__("B13")
        self._touched: set[str] = set()
        self._residents: dict[tuple[str, BedKey], str] = {}
        self._beds: dict[str, set[tuple[str, BedKey]]] = {}
        """Who lies where for good, both ways round."""
        self._held: dict[str, dict[str, frozenset[Held]]] = {}
        """By person, by area."""
        self._twice: dict[str, list[Duplicate]] = {}
        """By person; kept up to date, since hardly anybody is in it."""

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:  # noqa: ARG002 - an eye's own shape
        """Remember whom this fact is about, and who lies where."""
        kind, data = fact["type"], fact["data"]
        known = area.applications.get(data.get("application_id") or "")
        person_id = data.get("person_id") if known is None else known.first["person_id"]
        if person_id is not None:
            self._touched.add(person_id)
        if kind in ("beds.admission.recorded.v1", "beds.bed.vacated.v1"):
            place = area.area, (data["facility_id"], data["bed_id"])
            left = self._residents.pop(place, None)
            if left is not None:
                self._touched.add(left)
                self._beds[left].discard(place)
                if not self._beds[left]:
                    del self._beds[left]
            if kind == "beds.admission.recorded.v1" and person_id is not None and data["until_ms"] is None:
                self._residents[place] = person_id
                self._beds.setdefault(person_id, set()).add(place)

    def after(self, area: Area, decided: Decided) -> None:  # noqa: ARG002 - an eye's own shape
        """Look at those it was about."""
        for person_id in self._touched:
            waits = {
                Held(area.area, one.application_id, PERMANENT if one.first.get("stay_days") is None else RESPITE)
                for one in area.persons.get(person_id, ())
            }
            beds = {Held(name, "|".join(key), BED) for name, key in self._beds.get(person_id, ()) if name == area.area}
            by_area = self._held.setdefault(person_id, {})
            by_area[area.area] = frozenset(waits | beds)
            if not by_area[area.area]:
                del by_area[area.area]
            found = _twice(by_area)
            if found:
                self._twice[person_id] = found
            else:
                self._twice.pop(person_id, None)
            if not by_area:
                del self._held[person_id]
        self._touched.clear()

    def twice(self) -> list[Duplicate]:
        """Everybody who has two of one kind."""
        return sorted(one for found in self._twice.values() for one in found)


def _twice(by_area: dict[str, frozenset[Held]]) -> list[Duplicate]:
    every = [held for one in by_area.values() for held in one]
    found = []
    for what in (PERMANENT, RESPITE, BED) if len(every) > 1 else ():
        alike = tuple(sorted(held for held in every if held.what == what))
        if len(alike) > 1:
            found.append(Duplicate(alike))
    return found
