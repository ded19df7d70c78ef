"""Holding, freeing and using seats, the indexes that follow from them, and the work they make due: the small steps `evolve` writes with.

Work keys: ``move|<session>`` while a session holds places it cannot keep, ``next|<session>`` while somebody in its waitlist can be offered
a seat. Both are due at once and are set or withdrawn whenever a session changes, so "next offered" happens in the same decision.
"""

from collections.abc import Iterable, Sequence

from agents.childcare.state import Booking, ChildcareState, ServiceDay, Session, Site
from agents.childcare.states import MOVABLE, MOVES, BookingState

WAITLISTED = BookingState.WAITLISTED
OFFERED = BookingState.OFFERED


def move(booking: Booking, to: BookingState) -> None:
    """Change the state of a booking, by the table of moves (I06)."""
    assert (booking.state._value_, to._value_) in MOVES, f"a booking never goes from {booking.state} to {to}"
    booking.state = to


def run_of(state: ChildcareState, session_ids: Iterable[str]) -> tuple[Session, ...]:
    """The sessions of these ids."""
    sessions = state.sessions
    return tuple(sessions[session_id] for session_id in session_ids)


def seat(state: ChildcareState, booking: Booking, run: Sequence[Session]) -> None:
    """Hold a seat, and the staff's care for a child of this weight, in every session of the run."""
    for session in run:
        before = session.bookable
        session.hold(1)
        if session.weighted and booking.weight:
            session.care.hold(booking.weight)
        session.bookings[booking.booking_id] = booking
        seats_changed(state, session, before)


def unseat(state: ChildcareState, booking: Booking, now_ms: int) -> None:
    """Free what the booking holds: once, since it then is in no session any more (C05)."""
    for session in booking.run:
        del session.bookings[booking.booking_id]
        before = session.bookable
        session.release(1)
        if session.weighted and booking.weight:
            session.care.release(booking.weight)
        seats_changed(state, session, before)
        poke(state, session, now_ms)


def use(booking: Booking, run: Iterable[Session]) -> None:
    """The child is there: what was held is used."""
    for session in run:
        session.consume(1)
        if session.weighted and booking.weight:
            session.care.consume(booking.weight)
        session.attended += 1


def leave(booking: Booking) -> None:
    """The child has gone: its seats stay used."""
    for session in booking.run:
        del session.bookings[booking.booking_id]


def present(session: Session) -> tuple[int, int]:
    """Children in the room by their bookings of this session, and their weight."""
    inside = [booking.weight for booking in session.bookings.values() if booking.state is BookingState.CHECKED_IN]
    return len(inside), sum(inside)


def poke(state: ChildcareState, session: Session, now_ms: int) -> None:
    """Set or withdraw the work that follows from how the session stands."""
    deadlines, stuck = state.deadlines, state.stuck
    if session.bookings and (session.shut or session.over) and any(booking.state in MOVABLE for booking in session.bookings.values()):
        if session.move_key not in stuck:
            deadlines.set(session.move_key, min(deadlines.when(session.move_key) or now_ms, now_ms))
    else:
        deadlines.clear(session.move_key)
    if (
        session.waiting
        and session.offer_key not in stuck
        and now_ms < session.starts_ms
        and next_waiter(state, session, now_ms) is not None
    ):
        deadlines.set(session.offer_key, min(deadlines.when(session.offer_key) or now_ms, now_ms))
    else:
        deadlines.clear(session.offer_key)


def next_waiter(state: ChildcareState, session: Session, now_ms: int) -> Booking | None:
    """Who is next: the first in the waitlist for whom there is a seat and staff, and who has no other offer open (C03).

    Nobody while the publication is older than policy allows an offer to rest on (C07): the site's next one serves the waitlist.
    """
    if session.free <= 0 or now_ms - session.published_ms > state.policies.current.capacity_age_s_max * 1000:
        return None
    for booking in session.waiting.values():
        if booking.state is not WAITLISTED or (session.weighted and session.care.free < booking.weight):
            continue
        if not any(other.state is OFFERED for other in state.children[booking.child_id].values()):
            return booking
    return None


def poke_waits_of(state: ChildcareState, child_id: str, now_ms: int) -> None:
    """The child's offer is answered: the sessions it waits for may offer to it again."""
    for booking in state.children.get(child_id, {}).values():
        if booking.state is WAITLISTED:
            poke(state, booking.run[0], now_ms)


def shut_or_open(state: ChildcareState, session: Session, now_ms: int) -> None:
    """Close or open a session by its site's closures and the calendar, and see to the bookings it cannot keep."""
    shut = closed_by(state, session) is not None
    if shut != session.shut:
        before = session.bookable
        (session.shut_down if shut else session.open_up)()
        seats_changed(state, session, before)
    poke(state, session, now_ms)


def closed_by(state: ChildcareState, session: Session) -> str | None:
    """Why the session does not take place: ``site_closed``, ``holiday``, or None."""
    if any(closure.touches(session.starts_ms, session.ends_ms) for closure in session.site.closures):
        return "site_closed"
    if session.date in state.holidays:
        rules = state.policies.current.rules(session.service)
        if rules is not None and rules.closed_on_holidays:
            return "holiday"
    return None


def seats_changed(state: ChildcareState, session: Session, before: int) -> None:
    """Keep the index of free sites and the gauge right after the seats of a session changed."""
    after = session.bookable
    if after != before:
        state.places_free += after - before
        if (after > 0) != (before > 0):
            _count_free(state.days[(session.service, session.date)], session.site, 1 if after > 0 else -1)


def _count_free(day: ServiceDay, site: Site, step: int) -> None:
    count = day.free_sessions.get(site.place_id, 0) + step
    if count:
        day.free_sessions[site.place_id] = count
    else:
        del day.free_sessions[site.place_id]
    if site.listed and (count > 0) != (site.place_id in day.free):
        (day.free.add if count > 0 else day.free.remove)(site)


def put_session(state: ChildcareState, session: Session) -> None:
    """Take a session into its day and its site's day, whose order is (start, end, id)."""
    key = (session.service, session.date)
    day = state.days.get(key)
    if day is None:
        day = state.days[key] = ServiceDay()
    day.sessions += 1
    day.windows.clear()
    day.closes_ms = max(day.closes_ms, session.closes_ms)
    beside = session.site.sessions.setdefault(key, [])
    beside.append(session)
    beside.sort(key=lambda each: (each.starts_ms, each.ends_ms, each.session_id))
    state.places_total += session.total
    state.places_free += session.bookable
    if session.bookable:
        _count_free(day, session.site, 1)


def take_session(state: ChildcareState, session: Session) -> None:
    """The reverse, with the seats as they were when it was put."""
    key = (session.service, session.date)
    day = state.days[key]
    if session.bookable:
        _count_free(day, session.site, -1)
    state.places_free -= session.bookable
    state.places_total -= session.total
    beside = session.site.sessions[key]
    beside.remove(session)
    if not beside:
        del session.site.sessions[key]
    day.sessions -= 1
    day.windows.clear()
    if not day.sessions:
        del state.days[key]


def take_site_out(state: ChildcareState, site: Site) -> None:
    """Before a listed site moves."""
    if site.listed:
        state.listed.remove(site)
        for key in site.sessions:
            if site.place_id in state.days[key].free:
                state.days[key].free.remove(site)


def put_site_in(state: ChildcareState, site: Site) -> None:
    """After a site was listed anew."""
    state.listed.add(site)
    for key in site.sessions:
        if site.place_id in state.days[key].free_sessions:
            state.days[key].free.add(site)
