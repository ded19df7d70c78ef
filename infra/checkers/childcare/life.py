"""I06, I07, T02: a booking's life, that nothing is left behind, and that clocks act neither early nor late nor twice."""

from infra.checkers.childcare.area import MOVABLE, TERMINAL, Area, Booking
from infra.checkers.civil import minute_ms
from infra.checkers.fold import Eye, Fact
from infra.checkers.logs import Decided

STEPS_MAX = 64
"""Pieces of due work one event may carry (contract of the core); what is left is due with the next."""
_NEW: frozenset[str | None] = frozenset({None})
NEXT: dict[str, frozenset[str | None]] = {
    "childcare.booking.confirmed.v1": frozenset({None, "held", "quota_asked", "accepted"}),
    "childcare.booking.held.v1": frozenset({None, "quota_asked", "accepted"}),
    "childcare.quota.asked.v1": frozenset({None, "accepted"}),
    "childcare.booking.waitlisted.v1": _NEW,
    "childcare.booking.refused.v1": _NEW,
    "childcare.booking.cancelled.v1": frozenset({"waitlisted", *MOVABLE}),
    "childcare.booking.expired.v1": frozenset({"held", "quota_asked", "offered"}),
    "childcare.booking.no_show.v1": frozenset({"confirmed"}),
    "childcare.booking.displaced.v1": frozenset(MOVABLE),
    "childcare.booking.extended.v1": frozenset({"checked_in"}),
    "childcare.offer.made.v1": frozenset({"waitlisted", "moving"}),
    "childcare.offer.accepted.v1": frozenset({"offered"}),
    "childcare.offer.declined.v1": frozenset({"offered"}),
    "childcare.offer.expired.v1": frozenset({"offered"}),
    "childcare.offer.withdrawn.v1": frozenset({"offered"}),
    "childcare.waitlist.closed.v1": frozenset({"waitlisted"}),
    "childcare.child.checked_in.v1": frozenset({"confirmed"}),
    "childcare.child.checked_out.v1": frozenset({"checked_in"}),
    "childcare.child.carried_over.v1": frozenset({"checked_in"}),
    "childcare.child.turned_away.v1": frozenset({"confirmed"}),
    "childcare.child.uncollected.v1": frozenset({"checked_in"}),
}
"""Which states each fact may find a booking in (None: never spoken of); the published table of moves, from the fact's side."""
BY_CLOCK = (
    "childcare.booking.no_show.v1",
    "childcare.offer.expired.v1",
    "childcare.child.uncollected.v1",
)
"""Facts only a deadline makes. An expiry and a wait's end have other causes too and are told apart by their cause."""


def at_peace(decided: Decided) -> bool:
    """Whether all due work was done with this decision: it met no broken code, and did not carry as much as one event may."""
    return decided.body.get("error") is None and len(decided.body["facts"]) < STEPS_MAX


class BookingMoves(Eye[Area]):
    """I06: every move is in the table, nothing leaves a terminal state, and each booking ends once."""

    def __init__(self) -> None:
        super().__init__("I06")
        self._accepted: set[str] = set()

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge the move; an accepted offer must be followed by the place's terms in the same decision."""
        kind, allowed = fact["type"], NEXT.get(fact["type"])
        if allowed is None:
            return
        booking_id = fact["data"]["booking_id"]
        booking = area.bookings.get(booking_id)
        state = None if booking is None else booking.state
        if booking_id in self._accepted:
            state = "accepted"
            self._accepted.discard(booking_id)
        if state in TERMINAL:
            self.note(f"booking {booking_id} is {state} and {kind} moves it", decided)
        elif state not in allowed:
            self.note(f"booking {booking_id} is {state or 'unknown'} and {kind} does not start there", decided)
        elif kind == "childcare.booking.expired.v1" and state == "offered" and fact["data"]["cause"] != "quota_denied":
            self.note(f"the offer of booking {booking_id} ended by {fact['data']['cause']}, which ends no offer", decided)
        elif kind == "childcare.offer.accepted.v1":
            self._accepted.add(booking_id)
        if kind == "childcare.child.carried_over.v1":
            other = area.open.get(fact["data"]["next_booking_id"])
            if other is None or other.state != "confirmed" or booking is None or other.starts_ms != booking.ends_ms:
                self.note(f"booking {booking_id} goes on with {fact['data']['next_booking_id']}, which is not its confirmed next", decided)

    def after(self, area: Area, decided: Decided) -> None:
        """No offer is accepted without its terms, and nothing is left between two places."""
        for booking_id in sorted(self._accepted):
            self.note(f"the offer of booking {booking_id} was accepted and nothing followed", decided)
        self._accepted.clear()
        for fact in decided.body["facts"]:
            if fact["type"] == "childcare.booking.displaced.v1" and fact["data"]["offer_id"] is not None:
                booking = area.open.get(fact["data"]["booking_id"])
                if booking is not None and booking.state == "moving":
                    self.note(f"booking {fact['data']['booking_id']} was displaced and its offer was not made", decided)


class NoOrphans(Eye[Area]):
    """I07: every open booking has a deadline still to come or a human."""

    def __init__(self, *, settled: bool = True) -> None:
        super().__init__("I07")
        self._settled = settled
        self._told: set[tuple[str, str]] = set()

    def after(self, area: Area, decided: Decided) -> None:
        """Nothing overdue is left when a decision is done."""
        if not at_peace(decided):
            return
        for booking_id, booking in area.open.items():
            if (area.area, booking_id) in self._told or _cared_for(area, booking_id, booking):
                continue
            if booking.due_ms is None:
                self._say(area, booking_id, f"booking {booking_id} is {booking.state} with neither deadline nor human", decided)
            elif booking.due_ms <= decided.time_ms:
                late_ms = decided.time_ms - booking.due_ms
                self._say(area, booking_id, f"booking {booking_id} is {booking.state}, {late_ms} ms after its deadline", decided)

    def _say(self, area: Area, booking_id: str, sentence: str, decided: Decided) -> None:
        self._told.add((area.area, booking_id))
        self.note(sentence, decided)

    def end(self, areas: dict[str, Area]) -> None:
        """At rest no session has ended with somebody still in a list of it."""
        if not self._settled:
            return
        for area in areas.values():
            for booking_id, booking in area.open.items():
                over = booking.ends_ms + 6 * 3_600_000 < area.now_ms
                if over and not _cared_for(area, booking_id, booking) and (area.area, booking_id) not in self._told:
                    self.note(f"booking {booking_id} is {booking.state} hours after its session")


def _cared_for(area: Area, booking_id: str, booking: Booking) -> bool:
    """A human has it: the child that is still there, or the work that our own code could not do."""
    if area.has_human(f"case|{booking_id}"):
        return True
    return booking.state == "checked_in" and area.has_human(booking_id)


class TimersInTime(Eye[Area]):
    """T02: what the clock does, it does not before its instant and once; what people do, they do before it (C04)."""

    def __init__(self) -> None:
        super().__init__("T02")
        self._closed: set[tuple[str, str, int]] = set()

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge facts that a deadline causes."""
        data, kind = fact["data"], fact["type"]
        booking = area.open.get(data.get("booking_id") or "")
        cause = data.get("cause")
        timed = kind in BY_CLOCK or (kind == "childcare.booking.expired.v1" and cause in ("hold_expired", "quota_unanswered"))
        timed = timed or (kind == "childcare.waitlist.closed.v1" and cause == "session_begins")
        timed = timed or (kind == "childcare.booking.confirmed.v1" and data["provisional"] and _asks(booking))
        if timed and booking is not None and (booking.due_ms is None or decided.time_ms < booking.due_ms):
            self.note(f"{kind} of {data['booking_id']} at {decided.time_ms}, due at {booking.due_ms}", decided)
        if kind == "childcare.session.closed.v1":
            self._close(area, decided, data["session_id"])

    def _close(self, area: Area, decided: Decided, session_id: str) -> None:
        session = area.sessions.get(session_id)
        closes_ms = None if session is None else session.published["closes_ms"]
        if closes_ms is None or decided.time_ms < closes_ms:
            self.note(f"session {session_id} was closed at {decided.time_ms}, due at {closes_ms}", decided)
            return
        key = (area.area, session_id, closes_ms)
        if key in self._closed:
            self.note(f"session {session_id} was closed twice", decided)
        self._closed.add(key)


class PoliciesInTime(Eye[Area]):
    """T02: on the day a policy version comes into force everything is looked at by it: in the first decision from then on, and once."""

    def __init__(self) -> None:
        super().__init__("T02")
        self._due: dict[tuple[str, str], int] = {}

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge what a policy's day causes."""
        data = fact["data"]
        if fact["type"] == "policy.adopted.v1" and data["policy"] == "childcare":
            self._due[area.area, data["version"]] = max(decided.time_ms, minute_ms(data["in_force_from"], 0))
        elif fact["type"] == "childcare.policy.applied.v1":
            due_ms = self._due.pop((area.area, data["version"]), None)
            if due_ms is None:
                self.note(f"policy {data['version']} is applied twice, or nobody adopted it", decided)
            elif decided.time_ms < due_ms:
                self.note(f"policy {data['version']} is applied at {decided.time_ms}, due at {due_ms}", decided)

    def after(self, area: Area, decided: Decided) -> None:
        """Nothing is left to a case's next touch."""
        if not at_peace(decided):
            return
        for key, due_ms in list(self._due.items()):
            if key[0] == area.area and due_ms <= decided.time_ms and not area.has_human(f"policy|{key[1]}"):
                del self._due[key]
                self.note(f"policy {key[1]} was in force from {due_ms} and nothing was looked at by it", decided)


def _asks(booking: Booking | None) -> bool:
    return booking is not None and booking.state == "quota_asked"


class ResolvedOnce(Eye[Area]):
    """C04: a hold, an offer or a question ends once, and nobody takes what has expired."""

    TAKES = ("childcare.booking.confirmed.v1", "childcare.booking.held.v1", "childcare.offer.accepted.v1", "childcare.offer.declined.v1")

    def __init__(self) -> None:
        super().__init__("C04")
        self._ended: set[tuple[str, str]] = set()

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge what takes a promise, and what ends an offer."""
        data, kind = fact["data"], fact["type"]
        booking = area.open.get(data.get("booking_id") or "")
        waits = booking is not None and booking.state in ("held", "offered", "quota_asked")
        due_ms = booking.due_ms if waits and booking is not None else None
        if kind in self.TAKES and not data.get("provisional") and due_ms is not None and decided.time_ms >= due_ms:
            self.note(f"{kind} of {data['booking_id']} at {decided.time_ms}, it had ended at {due_ms}", decided)
        if not kind.startswith("childcare.offer.") or kind == "childcare.offer.made.v1":
            return
        key = (area.area, data["offer_id"])
        if key in self._ended:
            self.note(f"offer {data['offer_id']} ended before and {kind} ends it again", decided)
        elif booking is not None and booking.offer_id != data["offer_id"]:
            self.note(f"booking {data['booking_id']} has the offer {booking.offer_id} and {kind} names {data['offer_id']}", decided)
        self._ended.add(key)
