"""What must hold of the state after every event, and of the whole state after recovery (C01-C05, Q01, I06, I07)."""

from collections.abc import Iterable

from agents.childcare.policy import ChildcareParameters
from agents.childcare.seating import next_waiter, present
from agents.childcare.state import Booking, ChildcareState, Session
from agents.childcare.states import MOVABLE, SEATED, TERMINAL, BookingState
from agents.core import InvariantBroken
from schemas.facts import Fact

SWEEP_MS = 3600 * 1000
"""How old the state's knowledge of the time may be (`domain.SWEEP_MS`)."""


def check(state: ChildcareState, facts: Iterable[Fact]) -> None:
    """Look at what these facts touched: their booking with its sessions, the sessions and quota they name."""
    for fact in facts:
        values = fact.__dict__
        if "booking_id" in values:
            booking = state.bookings.get(values["booking_id"] or "")
            if booking is not None:
                booking_owned(state, booking)
                for session in booking.run:
                    session_sound(state, session)
        for session_id in values.get("session_ids", ()):
            if session_id in state.sessions:
                session_sound(state, state.sessions[session_id])
        if values.get("child_id") in state.accounts:
            account_owned(state, values["child_id"])
        session_id = values.get("session_id")
        if session_id in state.sessions:
            session_sound(state, state.sessions[session_id])
        if "quota_holder" in values:
            account = state.ledger.accounts.get(f"{values['service']}|{values['quota_holder']}|{values['quota_year']}")
            require(account is None or account.available >= 0, "a quota is never overdrawn")


def check_all(state: ChildcareState) -> None:
    """The whole state, with the sums that are too dear for every event."""
    require(state.ledger.sound(), "the ledger sums to zero and promises only what it has")
    free = total = 0
    for session_id, session in state.sessions.items():
        session_sound(state, session)
        _session_whole(state, session_id, session)
        free += session.bookable
        total += session.total
    require((free, total) == (state.places_free, state.places_total), "the gauges are the sums")
    for key, day in state.days.items():
        found = {site.place_id for site in state.sites.values() if site.place_id in day.free}
        wanted = {
            site.place_id
            for site in state.sites.values()
            if site.listed and any(session.bookable for session in site.sessions.get(key, []))
        }
        require(found == wanted, "the index of free sites is right")
    for child_id in state.accounts:
        account_owned(state, child_id)
    waiting = offers = 0
    for booking_id, booking in state.bookings.items():
        require(booking_id == booking.booking_id and booking_id not in state.ended, "a booking is open or ended")
        booking_owned(state, booking)
        _booking_whole(state, booking)
        waiting += booking.state is BookingState.WAITLISTED
        offers += booking.state is BookingState.OFFERED
    require((waiting, offers) == (state.waiting, state.offers), "waits and offers are counted")
    require(sum(map(len, state.children.values())) == len(state.bookings), "every open booking is its child's")
    require(len(state.ended) == len(state.ended_order), "every ended case will be forgotten")
    for request_id, request in state.requests.items():
        key_text = f"quota|{request_id}"
        reserved = request.state == "reserved"
        require(reserved == (request_id in state.ledger.reservations), "a request is reserved on the ledger or not at all")
        require(not reserved or key_text in state.deadlines or key_text in state.stuck, "a reservation is settled or asked for")
    for entitlement_id in state.entitlements:
        key_text = f"owed|{entitlement_id}"
        require(key_text in state.deadlines or key_text in state.stuck, "an entitlement is looked at")
    for owed in state.inspections:
        require(owed.key in state.deadlines or owed.key in state.stuck, "an inspection is looked at")


def session_sound(state: ChildcareState, session: Session) -> None:
    """Conservation of seats and of care, and that what the session cannot keep is about to move."""
    if not session.conserved() or not session.care.conserved():
        raise InvariantBroken(f"conservation broken at {session.session_id}")
    if session.over or session.shut:
        movable = any(booking.state in MOVABLE for booking in session.bookings.values())
        key = session.move_key
        require(not movable or key in state.deadlines or key in state.stuck, "what a session cannot keep is moved")


def _session_whole(state: ChildcareState, session_id: str, session: Session) -> None:
    require(session_id == session.session_id, "a session lies under its own id")
    require(session in session.site.sessions[(session.service, session.date)], "a session lies in its site's day")
    promised = [booking for booking in session.bookings.values() if booking.state is not BookingState.CHECKED_IN]
    require(session.held == len(promised), "what is held is what bookings hold")
    if session.weighted:
        require(session.care.held == sum(booking.weight for booking in promised), "the care promised is what bookings weigh")
    require(session.used >= present(session)[0], "who is in the room has used a seat")
    require(all(session in booking.run and booking.state in SEATED for booking in session.bookings.values()), "bookings sit where they say")
    for booking in session.waiting.values():
        require(booking.run == (session,), "who waits, waits for this session")
        require(booking.state in (BookingState.WAITLISTED, BookingState.OFFERED), "who waits has no seat yet")
    key = session.offer_key
    waited = next_waiter(state, session, session.published_ms) is not None and _surely_fresh(state, session)
    if waited and state.deadlines.when(f"close|{session_id}") is not None:
        # The clock closes waits at the start, one by one: until then a seat and an eligible waiter never stand side by side (W03).
        begun = all(state.deadlines.when(f"case|{waiting}") is not None for waiting in session.waiting)
        require(key in state.deadlines or key in state.stuck or begun, "a free seat is offered")


def _surely_fresh(state: ChildcareState, session: Session) -> bool:
    """Whether offers may rest on the publication by every policy known: the state knows neither the time, but that it was swept at most
    an hour ago, nor, just loaded, which policy is in force."""
    ages_s: list[int] = [ChildcareParameters().capacity_age_s_max] + [
        row[2].get("capacity_age_s_max", 2**40) for row in state.policies.dump()
    ]
    return state.swept_ms + SWEEP_MS - session.published_ms <= min(ages_s) * 1000


def _booking_whole(state: ChildcareState, booking: Booking) -> None:
    seated = booking.state in SEATED
    for session in booking.run:
        require((booking.booking_id in session.bookings) == seated, "a booking holds seats exactly in the states that do")
    beside = state.children[booking.child_id]
    require(beside.get(booking.booking_id) is booking, "a booking is its child's")
    if seated:
        for other in beside.values():
            if other is not booking and other.state in SEATED:
                apart = other.ends_ms <= booking.starts_ms or booking.ends_ms <= other.starts_ms
                require(apart, "a child's sessions do not overlap")
    open_offers = sum(other.state is BookingState.OFFERED and other.offer_kind == "waitlist" for other in beside.values())
    require(open_offers <= 1, "one open offer from a waitlist for each child")
    reserved = booking.booking_id in state.ledger.reservations
    local = booking.request_id is None and booking.free_units > 0 and seated and not booking.consumed
    require(reserved == local, "free units are reserved until they are used or given back")


def account_owned(state: ChildcareState, child_id: str) -> None:
    """Whoever waits for a child's account here has a deadline or a human (I07); and the account is at one place."""
    account = state.accounts[child_id]
    key = f"account|{child_id}"
    waits = account.pending is not None and state.homes[child_id][1]
    require(not waits or key in state.deadlines or key in state.stuck or account.task_id is not None, "an answer that is out is awaited")
    require(account.pending is None or account.pending in account.asked, "what is awaited was asked")
    require(account.status != "waiting" or account.pending is not None, "who waits for an account has asked for it")
    require(not (account.deferred is not None and state.homes[child_id][1]), "nobody waits here for the account of a child of this area")


def booking_owned(state: ChildcareState, booking: Booking) -> None:
    """Every open booking has a next deadline, a stuck one, or a human (I07)."""
    key = f"case|{booking.booking_id}"
    if key not in state.deadlines and key not in state.stuck and booking.task_id is None:
        raise InvariantBroken(f"booking {booking.booking_id} has neither deadline nor owner")
    if booking.state._value_ in TERMINAL or not booking.run:
        raise InvariantBroken("an open booking is in an open state and names its sessions")


def require(holds: bool, law: str) -> None:
    """Raise `InvariantBroken`, naming the law, unless it holds."""
    if not holds:
        raise InvariantBroken(law)
