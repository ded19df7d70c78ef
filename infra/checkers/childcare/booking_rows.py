"""Each booking's row and the tallies over them, folded from the facts in the plainest way: one dictionary a booking, summed at the end."""

from typing import Any

from infra.checkers.childcare.area import TERMINAL, Area
from infra.checkers.civil import day_of
from infra.checkers.expected import Row, Rows
from infra.checkers.logs import Decided

Data = dict[str, Any]
NEAR_S_MAX = 900
"""The 15-minute circle of the seeds."""
PLACED = {
    "booking.confirmed": ("confirmed", "no_show_ms"),
    "booking.held": ("held", "expires_ms"),
    "quota.asked": ("quota_asked", "answer_by_ms"),
}
ENDS = {
    "booking.cancelled": ("cancelled", "reason"),
    "booking.expired": ("expired", "cause"),
    "booking.no_show": ("no_show", None),
    "child.turned_away": ("turned_away", "rule"),
    "offer.declined": ("declined", "reason"),
    "offer.expired": ("expired", None),
    "waitlist.closed": ("expired", "cause"),
    "child.checked_out": ("completed", None),
    "child.carried_over": ("completed", None),
}
"""What ends a booking: its state from then on, and the field that says why."""
WHERE = ("site_id", "session_id", "session_ids", "starts_ms", "ends_ms", "mode", "distance_m", "travel_s")
WHO = ("age_months", "weight", "units", "home_area", "lat", "lon")
TERMS = (
    "free_units", "quota_left", "quota_holder", "quota_year", "price_fen", "provisional", "answered", "request_id", "capacity_version",
    "group_id", "joined_to",
)  # fmt: skip
NO_OFFER = {"offer_id": None, "offer_kind": None, "offered_ms": None}
BLANK: Row = (
    dict.fromkeys(
        ("reason", "day", "rank", "deadline_ms", "quota", "checked_in_ms", "ended_ms", "late_s", *WHERE, *WHO, *TERMS, *NO_OFFER)
    )
    | {"session_ids": [], "quota_held": 0, "provisional": False, "answered": False, "level": 0}
)  # fmt: skip


class BookingRows:
    """The rows, by booking and area; and what each quota was ever granted, by area, service, year and holder."""

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.granted: dict[tuple[str, str, int, str], int] = {}
        self._looked_again: set[tuple[str, str]] = set()

    def fact(self, area: Area, decided: Decided, name: str, data: Data) -> None:
        """One fact of childcare, its type without the domain and version; others pass by."""
        key = (data.get("booking_id"), area.area)
        if name in PLACED:
            self._placed(area, decided, name, data)
        elif name in ("booking.waitlisted", "booking.refused"):
            self._not_placed(area, decided, name, data)
        elif name == "quota.reserved":
            self._grant((area.area, data["service"], data["quota_year"], data["quota_holder"]), data["granted"])
        elif key in self.rows:
            self._moved(decided, name, data, self.rows[key])
        if name == "child.carried_over":
            self._present(decided, self.rows[data["next_booking_id"], area.area])

    def looked_again(self, area: Area, booking_id: str) -> None:
        """A human is done with the case: the state asks again in an hour, of which no fact speaks and no row knows."""
        self._looked_again.add((booking_id, area.area))

    def end(self, areas: dict[str, Area]) -> tuple[Rows, Rows]:
        """The rows of bookings, and of tallies; deadlines are those of the naive picture."""
        tallies: Rows = {}
        for (booking_id, area), row in self.rows.items():
            one = areas[area].open.get(booking_id)
            row["deadline_ms"] = None if one is None else one.due_ms
            if (booking_id, area) in self._looked_again:
                del row["deadline_ms"]
            key = (row["day"], area, row["service"], row["state"], row["reason"] or "")
            tally = tallies.setdefault(key, {"bookings": 0, "free_bookings": 0, "near_bookings": 0})
            tally["bookings"] += 1
            tally["free_bookings"] += row["units"] is not None and row["units"] == row["free_units"]
            tally["near_bookings"] += row["travel_s"] is not None and row["travel_s"] <= NEAR_S_MAX
        return self.rows, tallies

    def _new(self, area: Area, decided: Decided, data: Data) -> Row:
        row: Row = BLANK | {name: data[name] for name in ("child_id", "family_id", "service")}
        row |= {"placed_ms": decided.time_ms, "changed_ms": decided.time_ms, "event_id": decided.event_id}
        self.rows[data["booking_id"], area.area] = row
        return row

    def _placed(self, area: Area, decided: Decided, name: str, data: Data) -> None:
        row = self.rows.get((data["booking_id"], area.area))
        if row is None or row["state"] in TERMINAL:
            row = self._new(area, decided, data)
        row |= {each: data[each] for each in (*WHERE, *WHO, *TERMS)} | NO_OFFER
        row |= {"state": PLACED[name][0], "reason": None, "day": data["date"], "rank": None, "changed_ms": decided.time_ms}
        row["session_ids"] = list(data["session_ids"])
        if data["free_units"] and data["request_id"] is None and not row["quota_held"]:
            row["quota_held"] = data["free_units"]
            self._grant((area.area, row["service"], data["quota_year"], data["quota_holder"]), data["granted"])

    def _not_placed(self, area: Area, decided: Decided, name: str, data: Data) -> None:
        row = self._new(area, decided, data)
        row |= {"reason": data["reason"], "session_id": data["session_id"]}
        if name == "booking.refused":
            row |= {"state": "refused", "group_id": data["group_id"], "ended_ms": decided.time_ms}
            row["day"] = data["date"] or day_of(decided.time_ms)
            return
        row |= {each: data[each] for each in (*WHERE, *WHO, "rank") if each in data}
        row |= {"state": "waitlisted", "day": data["date"], "session_ids": [data["session_id"]]}

    def _moved(self, decided: Decided, name: str, data: Data, row: Row) -> None:
        """What happens to a booking that there is."""
        if name in ENDS:
            state, why = ENDS[name]
            self._end(decided, row, state, data[why] if why is not None else "offer_expired" if name == "offer.expired" else None)
            self._ended_quota(row, "none" if name == "waitlist.closed" else data.get("quota", "consumed"))
            row["late_s"] = data.get("late_s", 0 if name == "child.carried_over" else row["late_s"])
        elif name == "booking.displaced" and data["offer_id"] is None:
            self._end(decided, row, "displaced", data["cause"])
            self._ended_quota(row, data["quota"])
        elif name == "booking.displaced":
            row["session_ids"] = []  # until the offer that follows in the same decision
        elif name == "offer.made":
            row |= {each: data[each] for each in (*WHERE, "capacity_version", "offer_id")} | {"session_ids": list(data["session_ids"])}
            row |= {"state": "offered", "reason": None, "day": data["date"], "offer_kind": data["kind"], "offered_ms": data["made_ms"]}
        elif name == "offer.withdrawn":
            row |= {"state": "waitlisted", "reason": data["cause"]} | NO_OFFER
        elif name == "child.checked_in":
            self._present(decided, row)
        elif name == "child.uncollected":
            row["level"] = data["level"]
        elif name == "booking.repriced":
            row |= {each: data[each] for each in ("free_units", "quota_left", "price_fen")} | {"answered": True, "provisional": False}
        elif name == "booking.extended":
            self._extended(decided, data, row)
        else:
            return
        row["changed_ms"] = decided.time_ms

    def _extended(self, decided: Decided, data: Data, row: Row) -> None:
        unpriced = data["price_fen"] is None or row["price_fen"] is None
        row |= {
            "session_ids": [*row["session_ids"], data["session_id"]], "ends_ms": data["ends_ms"], "units": row["units"] + data["units"],
            "free_units": row["free_units"] + data["free_units"], "quota_left": data["quota_left"],
            "price_fen": None if unpriced else row["price_fen"] + data["price_fen"],
        }  # fmt: skip
        if data["free_units"]:
            key = (decided.body["area"], row["service"], int(data["date"][:4]), row["quota_holder"])
            self._grant(key, data["granted"])

    def _grant(self, key: tuple[str, str, int, str], granted: int) -> None:
        self.granted[key] = max(granted, self.granted.get(key, 0))

    @staticmethod
    def _present(decided: Decided, row: Row) -> None:
        row |= {"state": "checked_in", "quota_held": 0, "quota": "consumed", "checked_in_ms": decided.time_ms}
        row["changed_ms"] = decided.time_ms

    @staticmethod
    def _end(decided: Decided, row: Row, state: str, reason: str | None) -> None:
        row |= {"state": state, "reason": reason, "ended_ms": decided.time_ms}

    @staticmethod
    def _ended_quota(row: Row, word: str) -> None:
        row["quota"] = word
        if word in ("returned", "consumed"):
            row["quota_held"] = 0
