"""W01, W03: the waitlist of a session is served in its order, at once, and each offer has the time that policy gives."""

from typing import Any

from infra.checkers.childcare.area import Area
from infra.checkers.childcare.life import at_peace
from infra.checkers.childcare.policy import rules_of
from infra.checkers.civil import day_of
from infra.checkers.fold import Eye, Fact
from infra.checkers.logs import Decided


class WaitOrder(Eye[Area]):
    """W01: the first that waits, and for whom there is room, is offered the seat; whoever comes is last."""

    def __init__(self) -> None:
        super().__init__("W01")
        self._open: dict[tuple[str, str, str], str] = {}
        self._restricted: dict[tuple[str, str], int] = {}

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge each offer from a waitlist, each new rank, and the time an offer leaves."""
        kind, data = fact["type"], fact["data"]
        if kind == "childcare.booking.waitlisted.v1":
            session = area.sessions.get(data["session_id"])
            if session is not None and data["rank"] != len(session.waiting) + 1:
                self.note(f"booking {data['booking_id']} has rank {data['rank']} behind {len(session.waiting)}", decided)
        elif kind == "childcare.offer.made.v1":
            self._timed(area, decided, fact)
            session = area.sessions.get(data["session_id"])
            wanted = None if session is None or data["kind"] != "waitlist" else area.next_waiter(session)
            if data["kind"] == "waitlist" and wanted != data["booking_id"]:
                self.note(f"{data['session_id']} is offered to {data['booking_id']}, next is {wanted}", decided)
            if data["kind"] == "waitlist" and self._barred(area, data, decided.time_ms):
                self.note(f"{data['session_id']} is offered to {data['booking_id']}, whose child may have a place of today only", decided)
        elif kind == "childcare.child.restricted.v1":
            self._restricted[area.area, data["child_id"]] = data["until_ms"]
        elif kind == "childcare.waitlist.closed.v1" and data["cause"] == "same_day_only":
            if not self._barred(area, data, decided.time_ms):
                self.note(f"booking {data['booking_id']} waits no more, and its child may have a place of any day", decided)
        elif kind == "childcare.waitlist.closed.v1" and data["cause"] == "booked_elsewhere":
            session = area.sessions.get(data["session_id"])
            if session is None or not _sits_elsewhere(area, data["child_id"], session.published["starts_ms"], session.published["ends_ms"]):
                self.note(f"booking {data['booking_id']} waits no more, and its child has no other place then", decided)

    def _barred(self, area: Area, data: dict[str, Any], now_ms: int) -> bool:
        """Whether no-shows leave the child only the day itself (C-R6)."""
        return now_ms < self._restricted.get((area.area, data["child_id"]), 0) and data["date"] != day_of(now_ms)

    def _timed(self, area: Area, decided: Decided, fact: Fact) -> None:
        data, now_ms = fact["data"], decided.time_ms
        rules = rules_of(area, data["service"], now_ms)
        if rules is None:
            return
        answer_s = rules["offer_same_day_s" if data["date"] == day_of(now_ms) else "offer_s"]
        session = area.sessions.get(data["session_id"])
        starts_ms = data["starts_ms"] if session is None else session.published["starts_ms"]
        wanted = max(now_ms, min(now_ms + answer_s * 1000, starts_ms))
        if data["expires_ms"] != wanted:
            self.note(f"offer {data['offer_id']} ends at {data['expires_ms']}, policy says {wanted}", decided)


def _sits_elsewhere(area: Area, child_id: str, starts_ms: int, ends_ms: int) -> bool:
    seated = ("offered", "quota_asked", "held", "confirmed", "checked_in")
    return any(one.state in seated and one.starts_ms < ends_ms and starts_ms < one.ends_ms for _, one in area.beside(child_id))


class NobodyWaitsBesideAFreeSeat(Eye[Area]):
    """W03: between two decisions no session has a seat, staff, and somebody waiting who could be offered them."""

    def __init__(self) -> None:
        super().__init__("W03")
        self._said: set[tuple[str, str]] = set()

    def after(self, area: Area, decided: Decided) -> None:
        """Look at every session that somebody waits for."""
        if not at_peace(decided):
            return
        for session_id, session in area.sessions.items():
            if not session.waiting or decided.time_ms >= session.published["starts_ms"] or (area.area, session_id) in self._said:
                continue
            waiter = area.next_waiter(session)
            if waiter is not None and not area.has_human(f"next|{session_id}"):
                self._said.add((area.area, session_id))
                self.note(f"{session_id} has a free seat and {waiter} waits for it", decided)
