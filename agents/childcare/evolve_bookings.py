"""Facts of bookings into state. Each open booking has one deadline, ``case|<booking>``; its state says what is due then."""

from agents.childcare import quota
from agents.childcare.seating import leave, move, poke, poke_waits_of, run_of, seat, unseat, use
from agents.childcare.state import Absences, Booking, ChildcareState, Ended, LateAnswer
from agents.childcare.states import SEATED, BookingState
from schemas.childcare_facts import (
    BookingCancelledFact,
    BookingConfirmed,
    BookingDisplaced,
    BookingExpired,
    BookingExtended,
    BookingHeld,
    BookingNoShow,
    BookingRefused,
    BookingRepriced,
    BookingWaitlisted,
    ChildCarriedOver,
    ChildCheckedIn,
    ChildCheckedOut,
    ChildRestricted,
    ChildTurnedAway,
    ChildUncollected,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
    OfferWithdrawn,
    PickupPersonsRecorded,
    QuotaAsked,
    WaitlistClosed,
)

OFFERED = BookingState.OFFERED
CHECKED_IN = BookingState.CHECKED_IN


def booking_confirmed(state: ChildcareState, fact: BookingConfirmed, now_ms: int) -> None:
    """The place is the child's."""
    booking = _placed(state, fact, BookingState.CONFIRMED, now_ms)
    booking.confirmed_once = True
    state.deadlines.set(f"case|{fact.booking_id}", fact.no_show_ms)
    if fact.joined_to is not None:
        # The child may be there already: at the end of that booking it goes on with this one.
        before = state.bookings[fact.joined_to]
        key = f"case|{fact.joined_to}"
        when_ms = state.deadlines.when(key)
        if before.state is CHECKED_IN and when_ms is not None:
            state.deadlines.set(key, max(now_ms, min(when_ms, before.ends_ms)))


def booking_held(state: ChildcareState, fact: BookingHeld, now_ms: int) -> None:
    """The place waits for the family."""
    _placed(state, fact, BookingState.HELD, now_ms)
    state.deadlines.set(f"case|{fact.booking_id}", fact.expires_ms)


def quota_asked(state: ChildcareState, fact: QuotaAsked, now_ms: int) -> None:
    """The place waits for the home area."""
    _placed(state, fact, BookingState.QUOTA_ASKED, now_ms)
    state.deadlines.set(f"case|{fact.booking_id}", fact.answer_by_ms)


def _placed(state: ChildcareState, fact: BookingConfirmed | BookingHeld | QuotaAsked, to: BookingState, now_ms: int) -> Booking:
    booking = state.bookings.get(fact.booking_id)
    if booking is None:
        booking = _new(state, fact)
        booking.travel_s = fact.travel_s
        booking.distance_m = fact.distance_m
        booking.run = run_of(state, fact.session_ids)
        booking.starts_ms, booking.ends_ms = fact.starts_ms, fact.ends_ms
        seat(state, booking, booking.run)
        move(booking, to)
    else:
        offered = booking.state is OFFERED
        move(booking, to)
        if offered:
            _offer_over(state, booking, now_ms)
    booking.units = fact.units
    booking.free_units = fact.free_units
    booking.quota_left = fact.quota_left
    booking.granted = fact.granted
    booking.price_fen = fact.price_fen
    booking.provisional = fact.provisional
    booking.answered = fact.answered
    booking.request_id = fact.request_id
    booking.joined_to = fact.joined_to
    if fact.free_units and fact.request_id is None and fact.booking_id not in state.ledger.reservations:
        of = (fact.service, fact.quota_holder, fact.quota_year)
        quota.reserve(state, fact.booking_id, of, fact.granted, fact.free_units)
    return booking


def _new(state: ChildcareState, fact: BookingConfirmed | BookingHeld | QuotaAsked | BookingWaitlisted) -> Booking:
    booking = Booking(fact.booking_id)
    booking.child_id = fact.child_id
    booking.family_id = fact.family_id
    booking.age_months = fact.age_months
    booking.weight = fact.weight
    booking.home_area = fact.home_area
    booking.lat, booking.lon = fact.lat, fact.lon
    state.bookings[fact.booking_id] = booking
    state.children.setdefault(fact.child_id, {})[fact.booking_id] = booking
    if not isinstance(fact, BookingWaitlisted) and fact.group_id is not None:
        booking.group_id = fact.group_id
        state.groups.setdefault(fact.group_id, {})[fact.booking_id] = booking
    return booking


def booking_waitlisted(state: ChildcareState, fact: BookingWaitlisted, now_ms: int) -> None:
    """The child waits, last in the session's order."""
    booking = _new(state, fact)
    session = state.sessions[fact.session_id]
    booking.run = (session,)
    booking.starts_ms, booking.ends_ms = session.starts_ms, session.ends_ms
    booking.distance_m, booking.travel_s = fact.distance_m, fact.travel_s
    booking.units = fact.units
    move(booking, BookingState.WAITLISTED)
    session.waiting[booking.booking_id] = booking
    state.waiting += 1
    state.deadlines.set(f"case|{fact.booking_id}", fact.closes_ms)
    poke(state, session, now_ms)


def booking_refused(state: ChildcareState, fact: BookingRefused, now_ms: int) -> None:
    """Final for this id."""
    assert fact.booking_id not in state.bookings
    _remember(state, fact.booking_id, Ended(BookingState.REFUSED, fact.reason, now_ms))


def booking_cancelled(state: ChildcareState, fact: BookingCancelledFact, now_ms: int) -> None:
    """Freed once."""
    booking = state.bookings[fact.booking_id]
    ask = None if fact.quota != "consumed" else _still_asked(booking)
    _end(state, booking, Ended(BookingState.CANCELLED, None, now_ms, ask), fact.quota)


def booking_expired(state: ChildcareState, fact: BookingExpired, now_ms: int) -> None:
    """The hold is over."""
    _end(state, state.bookings[fact.booking_id], Ended(BookingState.EXPIRED, None, now_ms), fact.quota)


def booking_no_show(state: ChildcareState, fact: BookingNoShow, now_ms: int) -> None:
    """Nobody came."""
    booking = state.bookings[fact.booking_id]
    booking.first.site.file.no_shows += 1
    booking.first.no_shows += 1
    state.absences.setdefault(fact.child_id, Absences()).at_ms.append(now_ms)
    _end(state, booking, Ended(BookingState.NO_SHOW, None, now_ms, _still_asked(booking)), fact.quota)


def booking_displaced(state: ChildcareState, fact: BookingDisplaced, now_ms: int) -> None:
    """Out of its place: into an offer that the next fact makes, or at an end."""
    booking = state.bookings[fact.booking_id]
    if fact.offer_id is None:
        _end(state, booking, Ended(BookingState.DISPLACED, None, now_ms), fact.quota)
        return
    unseat(state, booking, now_ms)
    if booking.state is OFFERED:
        _offer_over(state, booking, now_ms)
    booking.run = ()
    state.deadlines.clear(f"case|{fact.booking_id}")


def booking_extended(state: ChildcareState, fact: BookingExtended, _now_ms: int) -> None:
    """The child stays for one more session."""
    booking = state.bookings[fact.booking_id]
    session = state.sessions[fact.session_id]
    seat(state, booking, (session,))
    use(booking, (session,))
    booking.run = (*booking.run, session)
    booking.ends_ms = fact.ends_ms
    booking.units += fact.units
    booking.free_units += fact.free_units
    if fact.price_fen is None or booking.price_fen is None:
        booking.price_fen = None
    else:
        booking.price_fen += fact.price_fen
    if fact.free_units:
        rules = state.policies.current.rules(fact.service)
        assert rules is not None
        holder = fact.child_id if rules.counted_by == "child" else fact.family_id
        reservation_id = f"{fact.booking_id}|{fact.session_id}"
        quota.reserve(state, reservation_id, (fact.service, holder, int(fact.date[:4])), fact.granted, fact.free_units)
        state.ledger.consume(reservation_id)
    state.deadlines.set(f"case|{fact.booking_id}", fact.late_ms)


def booking_repriced(state: ChildcareState, fact: BookingRepriced, _now_ms: int) -> None:
    """The home area's answer, late."""
    if fact.ended:
        state.ended[fact.booking_id].ask = None
        return
    booking = state.bookings[fact.booking_id]
    booking.answered, booking.provisional = True, False
    booking.free_units, booking.quota_left, booking.price_fen = fact.free_units, fact.quota_left, fact.price_fen


def offer_made(state: ChildcareState, fact: OfferMade, now_ms: int) -> None:
    """A place is held for an answer."""
    booking = state.bookings[fact.booking_id]
    waited = booking.state is BookingState.WAITLISTED
    run = run_of(state, fact.session_ids)
    booking.run = run
    booking.starts_ms, booking.ends_ms = fact.starts_ms, fact.ends_ms
    booking.distance_m, booking.travel_s = fact.distance_m, fact.travel_s
    seat(state, booking, run)
    move(booking, OFFERED)
    booking.offer_id, booking.offer_kind = fact.offer_id, fact.kind
    state.offers += 1
    state.waiting -= waited
    state.deadlines.set(f"case|{fact.booking_id}", fact.expires_ms)
    for session in run:
        poke(state, session, now_ms)
    poke_waits_of(state, fact.child_id, now_ms)


def offer_accepted(state: ChildcareState, fact: OfferAccepted, _now_ms: int) -> None:
    """Taken: the fact of its place follows in the same decision and ends the offer."""
    assert state.bookings[fact.booking_id].offer_id == fact.offer_id


def offer_declined(state: ChildcareState, fact: OfferDeclined, now_ms: int) -> None:
    """Not wanted."""
    _end(state, state.bookings[fact.booking_id], Ended(BookingState.DECLINED, None, now_ms), fact.quota)


def offer_expired(state: ChildcareState, fact: OfferExpired, now_ms: int) -> None:
    """Not answered."""
    _end(state, state.bookings[fact.booking_id], Ended(BookingState.EXPIRED, None, now_ms), fact.quota)


def offer_withdrawn(state: ChildcareState, fact: OfferWithdrawn, now_ms: int) -> None:
    """Back to its place in the waitlist."""
    booking = state.bookings[fact.booking_id]
    move(booking, BookingState.WAITLISTED)
    unseat(state, booking, now_ms)
    booking.offer_id = None
    booking.offer_kind = ""
    state.offers -= 1
    state.waiting += 1
    state.deadlines.set(f"case|{fact.booking_id}", max(now_ms, booking.starts_ms))
    poke(state, booking.first, now_ms)
    poke_waits_of(state, fact.child_id, now_ms)


def waitlist_closed(state: ChildcareState, fact: WaitlistClosed, now_ms: int) -> None:
    """Waits no more."""
    _end(state, state.bookings[fact.booking_id], Ended(BookingState.EXPIRED, None, now_ms), "none")


def child_checked_in(state: ChildcareState, fact: ChildCheckedIn, _now_ms: int) -> None:
    """The child is there."""
    booking = state.bookings[fact.booking_id]
    booking.brought_by = fact.by
    _present(state, booking, fact.late_ms)


def child_carried_over(state: ChildcareState, fact: ChildCarriedOver, now_ms: int) -> None:
    """One booking ends and the next begins with the child in the room."""
    before, after = state.bookings[fact.booking_id], state.bookings[fact.next_booking_id]
    after.brought_by = before.brought_by
    _end(state, before, Ended(BookingState.COMPLETED, None, now_ms, _still_asked(before)), "none")
    _present(state, after, max(now_ms, fact.late_ms))


def _present(state: ChildcareState, booking: Booking, late_ms: int) -> None:
    move(booking, CHECKED_IN)
    use(booking, booking.run)
    booking.first.site.file.attended += 1
    quota.settle(state, booking.booking_id, "consumed")
    booking.consumed = True
    state.deadlines.set(f"case|{booking.booking_id}", late_ms)


def child_checked_out(state: ChildcareState, fact: ChildCheckedOut, now_ms: int) -> None:
    """The child has gone."""
    booking = state.bookings[fact.booking_id]
    booking.first.site.file.late_pickups += booking.level > 0
    _end(state, booking, Ended(BookingState.COMPLETED, None, now_ms, _still_asked(booking)), "none")


def child_turned_away(state: ChildcareState, fact: ChildTurnedAway, now_ms: int) -> None:
    """Not taken in."""
    booking = state.bookings[fact.booking_id]
    ask = _still_asked(booking) if fact.quota == "consumed" else None
    _end(state, booking, Ended(BookingState.TURNED_AWAY, None, now_ms, ask), fact.quota)


def child_uncollected(state: ChildcareState, fact: ChildUncollected, _now_ms: int) -> None:
    """One step up the ladder; with its last one a human has the case."""
    state.bookings[fact.booking_id].level = fact.level
    if fact.next_ms is None:
        state.deadlines.clear(f"case|{fact.booking_id}")
    else:
        state.deadlines.set(f"case|{fact.booking_id}", fact.next_ms)


def child_restricted(state: ChildcareState, fact: ChildRestricted, _now_ms: int) -> None:
    """Same-day bookings only."""
    state.absences.setdefault(fact.child_id, Absences()).restricted_until_ms = fact.until_ms


def pickup_persons_recorded(state: ChildcareState, fact: PickupPersonsRecorded, _now_ms: int) -> None:
    """The list in force."""
    state.pickup[fact.child_id] = (fact.version, fact.persons)


def _still_asked(booking: Booking) -> LateAnswer | None:
    """What a late answer of the home area will need, when the booking ended with the use of a session."""
    if booking.request_id is None or booking.answered:
        return None
    session = booking.first
    return LateAnswer(
        booking.request_id, booking.child_id, booking.family_id, session.service, session.mode, booking.home_area, booking.units,
        booking.price_fen,
    )  # fmt: skip


def _offer_over(state: ChildcareState, booking: Booking, now_ms: int) -> None:
    """The offer is answered or withdrawn: its waitlist goes on without the child, and the child may be offered other seats."""
    for session in booking.run:
        session.waiting.pop(booking.booking_id, None)
    booking.offer_id = None
    booking.offer_kind = ""
    state.offers -= 1
    poke_waits_of(state, booking.child_id, now_ms)


def _end(state: ChildcareState, booking: Booking, end: Ended, word: str) -> None:
    """Leave every index once; what was promised is free again, what was used stays used."""
    was, now_ms = booking.state, end.ended_ms
    move(booking, end.state)
    if was is CHECKED_IN:
        leave(booking)
    elif was in SEATED:
        unseat(state, booking, now_ms)
    quota.settle(state, booking.booking_id, word)
    booking_id, child_id = booking.booking_id, booking.child_id
    if was is OFFERED:
        _offer_over(state, booking, now_ms)
    elif was is BookingState.WAITLISTED:
        session = booking.first
        del session.waiting[booking_id]
        state.waiting -= 1
        poke(state, session, now_ms)
    del state.bookings[booking_id]
    beside = state.children[child_id]
    del beside[booking_id]
    if not beside:
        del state.children[child_id]
    if booking.group_id is not None:
        group = state.groups[booking.group_id]
        del group[booking_id]
        if not group:
            del state.groups[booking.group_id]
    state.deadlines.clear(f"case|{booking_id}")
    state.stuck.pop(f"case|{booking_id}", None)
    _remember(state, booking_id, end)


def _remember(state: ChildcareState, booking_id: str, ended: Ended) -> None:
    assert booking_id not in state.ended, "nothing leaves a terminal state"
    state.ended[booking_id] = ended
    state.ended_order.append(booking_id)
