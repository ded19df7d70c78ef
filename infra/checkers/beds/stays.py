"""T02 of respite stays: when they begin to be offered, when they end, when their end is told, when a wish is over."""

from typing import Any

from infra.checkers.beds.model import Application, Area
from infra.checkers.beds.policy import DAY_MS, in_force
from infra.checkers.civil import day_of, minute_ms
from infra.checkers.fold import Eye
from infra.checkers.logs import Decided


class StaysInTime(Eye[Area]):
    """A stay ends on the day that was agreed, plus the extensions granted; nothing about it happens before its instant."""

    def __init__(self) -> None:
        super().__init__("T02")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Judge facts about stays."""
        data = fact["data"]
        one = area.open.get(data.get("application_id") or "")
        bed = area.beds.get((data.get("facility_id", ""), data.get("bed_id", "")))
        match fact["type"].removeprefix("beds.").removesuffix(".v1"):
            case "application.ended" if one is not None and data["reason"] == "stay_over":
                self._not_before(decided, f"{one.application_id} lapses", one.lapse_ms)
            case "application.suspended" if one is not None and data["cause"] == "stay_start":
                self._lead(area, decided, data, one)
            case "stay.ending" if bed is not None:
                self._not_before(decided, f"{bed.key} is told to end", bed.due.get("notice"))
            case "stay.extended" if bed is not None:
                self._is(decided, f"the stay in {bed.key}", data["until_ms"], (bed.until_ms or 0) + data["days"] * DAY_MS)
            case "admission.recorded" if one is not None and data["cause"] == "offer":
                self._stay(decided, data, one)
            case _:
                pass

    def _lead(self, area: Area, decided: Decided, data: dict[str, Any], one: Application) -> None:
        first, lead = one.first.get("stay_from"), in_force(area, decided.time_ms)["stay_lead_days"]
        wanted = None if first is None else minute_ms(first, -lead * 1440)
        self._is(decided, f"{one.application_id} waits for its first day", data["until_ms"], wanted)

    def _stay(self, decided: Decided, data: dict[str, Any], one: Application) -> None:
        """So many days after its first day, or after the day of moving in when that comes first."""
        days, today, wanted = one.first["stay_days"], day_of(decided.time_ms), None
        if days is not None:
            wanted = minute_ms(min(one.first.get("stay_from") or today, today), (days + 1) * 1440)
        self._is(decided, f"the stay of {one.application_id}", data["until_ms"], wanted)

    def _not_before(self, decided: Decided, what: str, due_ms: int | None) -> None:
        if due_ms is None or decided.time_ms < due_ms:
            self.note(f"{what} at {decided.time_ms}, due at {due_ms}", decided)

    def _is(self, decided: Decided, what: str, said: int | None, wanted: int | None) -> None:
        if said != wanted:
            self.note(f"{what} until {said}, as agreed {wanted}", decided)
