"""Q01 over areas: a child that moves has one account, which goes on with it; what all areas gave free is never more than a year has."""

from dataclasses import dataclass
from typing import Any

from infra.checkers.childcare.area import Area, Holder
from infra.checkers.childcare.policy import rules_of
from infra.checkers.civil import day_of
from infra.checkers.fold import Eye, Fact
from infra.checkers.logs import Decided

OPENED, HANDED = "childcare.account.opened.v1", "childcare.account.handed.v1"
ASKED, COUNTED = "childcare.account.asked.v1", "childcare.account.counted.v1"
Lines = dict[tuple[str, str, int], int]
"""Units by area, service and year; none that are 0."""


@dataclass(frozen=True)
class Change:
    """What an area holds promised and used of a holder's year from an instant on."""

    time_ms: int
    area: str
    gone: int


class MovedAccounts(Eye[Area]):
    """What is handed on or told is what was counted, to the unit; it is opened as it was, once; and the sum over the areas holds.

    An area that was asked what it counted and has not said so is named to whoever is handed the account. The sum is judged at every
    instant at which anything was promised, of each child whose account moved within these logs, unless an area gave it something before
    any register had spoken of it there (then it believed the family, as policy lets it).
    """

    def __init__(self) -> None:
        super().__init__("Q01")
        self._handed: set[str] = set()
        self._told: dict[str, list[tuple[Lines, set[str]]]] = {}
        """By request: what it was answered, and which areas had not been heard."""
        self._opened: list[tuple[str, dict[str, Any], set[str] | None, Decided]] = []
        """Where, what, and the areas that need not be asked (None: all, for the account has gone on)."""
        self._unheard: dict[tuple[str, str], set[str]] = {}
        self._heard: dict[tuple[str, str], set[str]] = {}
        self._changes: dict[Holder, list[Change]] = {}
        self._last: dict[tuple[str, Holder], int] = {}
        self._limits: dict[str, int] = {}
        self._believed: set[str] = set()

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge what is handed on or told; keep what is opened until all logs are read."""
        data = fact["data"]
        if fact["type"] == ASKED:
            self._ask(area, data)
        elif fact["type"] == OPENED:
            self._open(area, decided, data)
        elif fact["type"] in (HANDED, COUNTED):
            said = lines_of(data["counted"])
            counted = _counted(area, data["child_id"], int(day_of(decided.time_ms)[:4]) - 1)
            if said != counted:
                self.note(f"the account of {data['child_id']} is handed on with {said}, counted were {counted}", decided)
            self._told.setdefault(data["request_id"], []).append((said, set(data.get("uncounted", ()))))
            if fact["type"] == HANDED:
                self._hand(area, decided, data)

    def _ask(self, area: Area, data: dict[str, Any]) -> None:
        at = area.area, data["child_id"]
        if data["held"]:
            self._unheard.setdefault(at, set()).add(data["home_area"])
        else:
            self._unheard.pop(at, None)
            self._heard.pop(at, None)

    def _open(self, area: Area, decided: Decided, data: dict[str, Any]) -> None:
        at = area.area, data["child_id"]
        if data["child_id"] in area.account_gone and data["child_id"] not in area.account_awaited:
            self._opened.append((area.area, data, None, decided))
            return
        heard = self._heard.setdefault(at, set())
        heard.add(data["home_area"])
        unheard = self._unheard.setdefault(at, set())
        unheard.discard(data["home_area"])
        unheard.update(data.get("uncounted", ()))
        self._opened.append((area.area, data, heard | unheard | {area.area}, decided))

    def _hand(self, area: Area, decided: Decided, data: dict[str, Any]) -> None:
        at = area.area, data["child_id"]
        if data["request_id"] in self._handed:
            self.note(f"the account of request {data['request_id']} is handed on twice", decided)
        self._handed.add(data["request_id"])
        forgotten = self._unheard.pop(at, set()) - {data["asking_area"], *data.get("uncounted", ())}
        if forgotten:
            self.note(f"the account of {data['child_id']} is handed on, and that {sorted(forgotten)} did not count is not said", decided)
        self._heard.pop(at, None)

    def after(self, area: Area, decided: Decided) -> None:
        """Write down what changed of each holder these facts name."""
        touched: set[Holder] = set()
        for fact in decided.body["facts"]:
            child_id, service = fact["data"].get("child_id"), fact["data"].get("service")
            if child_id is not None and service is not None:
                touched |= {(service, child_id, year) for year in area.years.get((service, child_id), ())}
            # What becomes of units reserved for another area names its request only.
            holder = area.requests.get(fact["data"].get("request_id") or "", ("", None))[1]
            if holder is not None:
                touched.add(holder)
        for holder in sorted(touched):
            gone = area.quota(holder).gone
            last = self._last.get((area.area, holder), 0)
            if gone == last:
                continue
            self._last[area.area, holder] = gone
            self._changes.setdefault(holder, []).append(Change(decided.time_ms, area.area, gone))
            rules = rules_of(area, holder[0], decided.time_ms)
            if gone > last and rules is not None:
                limit = rules["free_per_year"]
                self._limits[holder[0]] = max(self._limits.get(holder[0], 0), 10**9 if limit is None else int(limit))
                if holder[1] not in area.homes:
                    self._believed.add(holder[1])

    def end(self, areas: dict[str, Area]) -> None:
        """What was opened was handed on so; and the sums, in the order of time."""
        moved = set()
        for name, data, known, decided in self._opened:
            moved.add(data["child_id"])
            if data["request_id"] is None or data["home_area"] not in areas:
                continue
            told, opened = self._told.get(data["request_id"], []), lines_of(data["counted"])
            fitting = [uncounted for lines, uncounted in told if lines == opened]
            if not fitting:
                self.note(f"{name} opens the account of {data['child_id']} with {opened}, handed was {told}", decided)
            elif known is not None and not any(uncounted <= known for uncounted in fitting):
                self.note(f"{name} opens the account of {data['child_id']} and forgets that {fitting} did not count", decided)
        for holder, changes in sorted(self._changes.items()):
            if holder[1] in moved and holder[1] not in self._believed:
                self._sum(holder, changes)

    def _sum(self, holder: Holder, changes: list[Change]) -> None:
        gone: dict[str, int] = {}
        instants = sorted({change.time_ms for change in changes})
        for at_ms in instants:
            # Of one instant only what stood at its end: two areas' clocks do not say which came first.
            gone.update({change.area: change.gone for change in changes if change.time_ms == at_ms})
            if sum(gone.values()) > self._limits.get(holder[0], 0):
                self.note(f"{holder} has {gone} free sessions over all areas, the most is {self._limits.get(holder[0], 0)}")
                return


def lines_of(counted: list[dict[str, Any]]) -> Lines:
    """The lines of a fact, without those of nothing."""
    return {(line["area"], line["service"], line["year"]): line["units"] for line in counted if line["units"]}


def _counted(area: Area, child_id: str, since_year: int) -> Lines:
    found = {key: units for key, units in area.carried.get(child_id, {}).items() if units and key[2] >= since_year}
    for (service, holder), years in area.years.items():
        if holder == child_id:
            for year in years:
                units = area.quota((service, holder, year)).gone
                if units and year >= since_year:
                    found[area.area, service, year] = units
    return found
