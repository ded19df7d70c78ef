"""Waits by class, street and sex: who waits now, and how long those waited who were admitted."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from infra.checkers.beds.model import Application, Area
from infra.checkers.beds.order import Moment
from infra.checkers.fold import Eye
from infra.checkers.logs import Decided

GROUPINGS = ("class", "street", "sex")


@dataclass(slots=True)
class Waited:
    """One group. Days are whole calendar days from the eligible date to the admission."""

    waiting: int = 0
    admitted: int = 0
    days: int = 0
    days_max: int = 0

    @property
    def days_mean(self) -> int | None:
        """Of those admitted, rounded down; None while there are none."""
        return self.days // self.admitted if self.admitted else None

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"waiting": self.waiting, "admitted": self.admitted, "days_mean": self.days_mean, "days_max": self.days_max}


class Admissions(Eye[Area]):
    """Who was admitted from the line of each area, by group."""

    def __init__(self) -> None:
        super().__init__("WAITS")
        self._groups: dict[str, dict[tuple[str, str], Waited]] = {}

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """One admission, of one who is still in the line."""
        data = fact["data"]
        if fact["type"] != "beds.admission.recorded.v1" or data["cause"] != "offer":
            return
        application = area.open.get(data["application_id"])
        if application is None or data["waited_days"] is None:
            return
        groups = self._groups.setdefault(area.area, {})
        for key in _groups_of(Moment(area, decided.time_ms), application):
            one = groups.setdefault(key, Waited())
            one.admitted += 1
            one.days += data["waited_days"]
            one.days_max = max(one.days_max, data["waited_days"])

    def with_line(self, area: Area) -> dict[str, dict[str, Waited]]:
        """Those of one area with who is in line now: by grouping, by group, in order of their names."""
        groups = self._groups.get(area.area, {})
        found = {key: Waited(0, one.admitted, one.days, one.days_max) for key, one in groups.items()}
        moment = Moment(area, area.now_ms)
        for application in area.open.values():
            if moment.ready(application):
                for key in _groups_of(moment, application):
                    found.setdefault(key, Waited()).waiting += 1
        return {grouping: {key[1]: found[key] for key in sorted(found) if key[0] == grouping} for grouping in GROUPINGS}


def _groups_of(moment: Moment, application: Application) -> Iterable[tuple[str, str]]:
    named = (moment.code(application), str(application.first["street"]), str(application.first["sex"]))
    return zip(GROUPINGS, named, strict=True)
