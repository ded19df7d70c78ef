"""Q01 to Q03: a holder's free units of a year, counted anew from every booking; what an ending does with them; what areas owe another."""

from typing import Any

from infra.checkers.childcare.area import Area, Booking, Holder, at_home, holder_of
from infra.checkers.childcare.policy import Rules, price_fen, rules_of
from infra.checkers.civil import day_of
from infra.checkers.fold import Eye, Fact
from infra.checkers.logs import Decided

PLACED = ("childcare.booking.confirmed.v1", "childcare.booking.held.v1", "childcare.quota.asked.v1")
ENDS = (
    "childcare.booking.cancelled.v1", "childcare.booking.expired.v1", "childcare.booking.no_show.v1", "childcare.booking.displaced.v1",
    "childcare.child.turned_away.v1", "childcare.offer.declined.v1", "childcare.offer.expired.v1", "childcare.offer.withdrawn.v1",
)  # fmt: skip
ASKED = "childcare.quota.settlement_asked.v1"


def _units(rules: Rules, mode: str) -> int:
    return int(rules["units"].get(mode, 1))


def new_terms(area: Area, data: dict[str, Any]) -> bool:
    """Whether a placed fact sets the terms for the first time: of a new booking, or of one that came from a waitlist."""
    booking = area.open.get(data["booking_id"])
    return booking is None or (booking.state == "offered" and booking.offer_kind == "waitlist")


class FreeUnits(Eye[Area]):
    """Q01, Q03: free units are what the year has left, to the unit: the 13th is charged or refused, the 12th is not."""

    def __init__(self) -> None:
        super().__init__("Q01")

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge what is promised free against what was promised and used before."""
        kind, data = fact["type"], fact["data"]
        if kind in PLACED and new_terms(area, data):
            self._placed(area, decided, data)
        elif kind == "childcare.booking.extended.v1":
            booking = area.open.get(data["booking_id"])
            session = area.sessions.get(data["session_id"])
            rules = rules_of(area, data["service"], decided.time_ms)
            if booking is not None and session is not None and rules is not None:
                holder = (data["service"], data["family_id" if rules["counted_by"] == "family" else "child_id"], int(data["date"][:4]))
                local = booking.data["home_area"] == area.area and at_home(area, data["child_id"], decided.time_ms)
                units = _units(rules, session.published["mode"])
                self._share(area, decided, data, rules=rules, units=units, holder=holder if local else None)
        elif kind == "childcare.booking.repriced.v1":
            offered, rules = area.open.get(data["booking_id"]), rules_of(area, data["service"], decided.time_ms)
            unsold = rules is not None and rules["after_quota"] == "refuse" and data["free_units"] < data["units"]
            if unsold and offered is not None and offered.state == "offered" and not offered.provisional:
                self.note(f"booking {data['booking_id']} keeps an offer for {data['price_fen']} fen of what is not sold", decided)
        elif kind in ("childcare.quota.reserved.v1", "childcare.quota.denied.v1"):
            self._answered(area, decided, kind, data)

    def _placed(self, area: Area, decided: Decided, data: dict[str, Any]) -> None:
        rules = rules_of(area, data["service"], decided.time_ms)
        if rules is None:
            self.note(f"booking {data['booking_id']} is for {data['service']}, which nobody declared", decided)
            return
        modes = [area.sessions[one].published["mode"] for one in data["session_ids"] if one in area.sessions]
        wanted: Holder = (data["service"], data["family_id" if rules["counted_by"] == "family" else "child_id"], _year(data["starts_ms"]))
        if holder_of(data) != wanted:
            self.note(f"booking {data['booking_id']} counts for {holder_of(data)}, it should for {wanted}", decided)
        local = data["home_area"] == area.area and at_home(area, data["child_id"], decided.time_ms)
        if data["home_area"] == area.area:
            self._from_a_waitlist(area, decided, data, rules, local=local)
        units = sum(_units(rules, mode) for mode in modes)
        self._share(area, decided, data, rules=rules, units=units, holder=wanted if local else None)
        if data["price_fen"] != price_fen(rules, data["mode"], data["units"] - data["free_units"]):
            self.note(f"booking {data['booking_id']} costs {data['price_fen']} fen for {data['free_units']}/{data['units']} free", decided)
        if data["free"] != (data["free_units"] == data["units"]):
            self.note(f"booking {data['booking_id']} says free {data['free']} with {data['free_units']} of {data['units']} free", decided)

    def _from_a_waitlist(self, area: Area, decided: Decided, data: dict[str, Any], rules: Rules, *, local: bool) -> None:
        """Who took an offer: a human looks for the home of a child that lives elsewhere, and what is not sold is not charged."""
        booking = area.open.get(data["booking_id"])
        if booking is None:
            return
        if rules["after_quota"] == "refuse" and data["free_units"] < data["units"]:
            self.note(f"booking {data['booking_id']} took an offer and pays for what is not sold", decided)
        opened = [f["data"] for f in decided.body["facts"] if f["type"] == "task.opened.v1"]
        asked = any(task["kind"] == "quota_undecided" and task["about"] == data["booking_id"] for task in opened)
        if not local and not asked and not area.has_human(data["booking_id"]):
            self.note(f"booking {data['booking_id']} is of a child that does not live here, and nobody is told", decided)

    def _share(self, area: Area, decided: Decided, data: dict[str, Any], *, rules: Rules, units: int, holder: Holder | None) -> None:
        """What so many units get: of another area's child nothing, until that area says so."""
        limit = rules["free_per_year"]
        gone = area.gone(holder) if holder is not None else 0
        free = 0 if holder is None else units if limit is None else min(units, max(0, limit - gone))
        left = None if limit is None or holder is None else max(0, limit - gone) - free
        if (data["units"], data["free_units"], data["quota_left"]) != (units, free, left):
            said = (data["units"], data["free_units"], data["quota_left"])
            self.note(f"booking {data['booking_id']} has units, free, left {said}, the year's bookings say {(units, free, left)}", decided)

    def _answered(self, area: Area, decided: Decided, kind: str, data: dict[str, Any]) -> None:
        """What another area's question gets; a request is decided once."""
        if data["request_id"] in area.requests:
            before = area.requests[data["request_id"]][0]
            if kind == "childcare.quota.reserved.v1" or area.requests[data["request_id"]][1] is not None:
                self.note(f"request {data['request_id']} is {before} and was decided again", decided)
            return
        rules = rules_of(area, data["service"], decided.time_ms)
        if rules is None:
            return
        holder = (data["service"], data["family_id" if rules["counted_by"] == "family" else "child_id"], data["quota_year"])
        limit, gone = rules["free_per_year"], area.gone(holder)
        free = data["units_asked"] if limit is None else min(data["units_asked"], max(0, limit - gone))
        lives_here = at_home(area, data["child_id"], decided.time_ms)
        if (data.get("reason") == "not_at_home_here") == lives_here:
            self.note(f"request {data['request_id']} was answered {data.get('reason')}, at home here: {lives_here}", decided)
        free = free if lives_here else 0
        said = data["units"] if kind == "childcare.quota.reserved.v1" else 0
        if said != free:
            self.note(f"request {data['request_id']} got {said} of {data['units_asked']} units, {free} were left", decided)

    def after(self, area: Area, decided: Decided) -> None:
        """The ladder of numbers itself: nothing is promised below zero, and nothing held by a booking that has ended."""
        for fact in decided.body["facts"]:
            booking_id = fact["data"].get("booking_id")
            if booking_id is None or booking_id in area.open:
                continue
            if any(booking_id in quota.reserved for quota in area.quotas.values()):
                self.note(f"booking {booking_id} has ended and still holds free units", decided)


def _year(at_ms: int) -> int:
    return int(day_of(at_ms)[:4])


class QuotaWords(Eye[Area]):
    """Q02: in time a cancellation returns the units, late or absent it consumes them; never both, and the home area is told the same."""

    def __init__(self) -> None:
        super().__init__("Q02")
        self._owed: dict[str, str] = {}
        self._told: set[tuple[str, str]] = set()

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge each ending, and what the child's home area is told of it."""
        kind, data = fact["type"], fact["data"]
        booking = area.open.get(data.get("booking_id") or "")
        if kind in ENDS and booking is not None:
            result = self._result(area, decided, kind, data, booking)
            word = _word(booking, result)
            if data["quota"] != word:
                self.note(f"{kind} of {data['booking_id']} says the quota is {data['quota']}, it is {word}", decided)
            self._owe(booking, result)
        elif kind == "childcare.child.checked_in.v1" and booking is not None:
            self._owe(booking, "consumed")
        elif kind == "childcare.child.carried_over.v1":
            onward = area.open.get(data["next_booking_id"])
            if onward is not None:
                self._owe(onward, "consumed")
        elif kind == "childcare.booking.repriced.v1":
            known = area.bookings.get(data["booking_id"])
            if known is not None and data["free_units"] and (known.consumed or known.state in ("no_show", "cancelled", "turned_away")):
                self._owed[data["request_id"]] = "consumed"
        elif kind == ASKED:
            self._settled(area, decided, data)

    def after(self, area: Area, decided: Decided) -> None:
        """Everything owed to another area was told in the same decision."""
        for request_id, result in self._owed.items():
            self.note(f"nobody told the home area that request {request_id} in {area.area} was {result}", decided)
        self._owed.clear()

    def _settled(self, area: Area, decided: Decided, data: dict[str, Any]) -> None:
        wanted = self._owed.pop(data["request_id"], None)
        key = (area.area, data["request_id"])
        if wanted != data["result"]:
            self.note(f"the home area is told {data['result']} of request {data['request_id']}, it was {wanted}", decided)
        if key in self._told:
            self.note(f"request {data['request_id']} is settled twice", decided)
        self._told.add(key)

    def _owe(self, booking: Booking, result: str) -> None:
        """The rule of what must be told: a use when it is known how many were free, a return at any time."""
        if booking.request_id is None or booking.consumed or result not in ("consumed", "returned"):
            return
        if (booking.answered and not booking.free_units) or (not booking.answered and result == "consumed"):
            return
        self._owed[booking.request_id] = result

    def _result(self, area: Area, decided: Decided, kind: str, data: dict[str, Any], booking: Booking) -> str:
        rules = rules_of(area, data["service"], decided.time_ms)
        if rules is None or booking.state == "waitlisted" or kind == "childcare.offer.withdrawn.v1":
            return "none"
        if booking.state == "offered" and booking.offer_kind == "waitlist":
            return "none"
        match kind:
            case "childcare.booking.cancelled.v1":
                notice_s = (booking.starts_ms - decided.time_ms) // 1000
                late = notice_s < rules["cancel_late_s"]
                between = not late and notice_s < rules["cancel_free_s"]
                costs = late or (between and rules["cancel_between"] == "consume")
                return "consumed" if costs and booking.state == "confirmed" else "returned"
            case "childcare.booking.no_show.v1":
                return "consumed"
            case "childcare.child.turned_away.v1":
                return "returned" if rules["turned_away_quota"] == "return" else "consumed"
            case "childcare.booking.displaced.v1":
                return "kept" if data["offer_id"] is not None else "returned"
            case "childcare.booking.expired.v1" if data["cause"] == "quota_denied":
                # A denial reserved nothing, so there is nothing to tell; what was granted in part goes back.
                return "returned" if any(f["type"] == ASKED for f in decided.body["facts"]) else "denied"
            case _:
                return "returned"


def _word(booking: Booking, result: str) -> str:
    if result == "denied":
        result = "returned"
    if result == "none" or booking.consumed:
        return "none"
    asked = booking.request_id is not None and not booking.answered
    return result if booking.free_units or asked else "none"
