"""Offers: to the next in a session's waitlist, and of another place to a child that lost its own; accepted, declined, expired."""

from agents.childcare import quota
from agents.childcare.bookings import ask_closed, ending, gone, rules_of, wait_closed
from agents.childcare.place import Ground, NoPlacement, nearest_run, overlaps, same_day_only
from agents.childcare.policy import ServiceRules
from agents.childcare.quota import at_home, not_home_why
from agents.childcare.runs import Wish
from agents.childcare.seating import closed_by, next_waiter
from agents.childcare.state import Booking, ChildcareState, Session
from agents.childcare.states import MOVABLE, BookingState
from agents.childcare.terms import PlacedFact, child_of, needs_confirming, placed, terms_kept, terms_of
from agents.core import Verdict, accept, refuse
from agents.shared.calendar import day_of
from agents.shared.explanation import because
from agents.shared.ids import derived_id
from agents.shared.nearest import Point
from schemas.childcare import OfferAcceptedEvent, OfferDeclinedEvent
from schemas.childcare_facts import BookingDisplaced, OfferAccepted, OfferDeclined, OfferExpired, OfferMade, OfferWithdrawn
from schemas.childcare_reasons import ChildcareReason
from schemas.decisions import Outcome, Reasoned
from schemas.facts import Fact, TaskKind

WAITLIST = "waitlist"
ALTERNATIVE = "alternative"


def next_offer(state: ChildcareState, session: Session, now_ms: int) -> tuple[Reasoned, ...]:
    """The next in the waitlist is offered the seat that is free, or is told that it waits no more (it has a place then already, or
    may book on the day itself only)."""
    # Whether the publication is fresh enough was seen when the work was set; it is done in the same decision, or soon after.
    booking = next_waiter(state, session, session.published_ms)
    assert booking is not None, "the work is withdrawn when nobody is next"
    if overlaps(state, booking.child_id, session.starts_ms, session.ends_ms) is not None:
        return wait_closed(booking, "booked_elsewhere")
    if same_day_only(state, booking.child_id, session.date, now_ms):
        return wait_closed(booking, ChildcareReason.SAME_DAY_ONLY.value)
    policy = state.policies.at(now_ms)
    rules = rules_of(policy, booking)
    way = (booking.distance_m, booking.travel_s)
    return (
        Reasoned(
            _offer(Ground(state, policy, rules, now_ms), booking, WAITLIST, booking.run, way),
            because("waitlist", waiting=len(session.waiting)),
        ),
    )


def _offer(ground: Ground, booking: Booking, kind: str, run: tuple[Session, ...], way: tuple[int, int]) -> OfferMade:
    rules, now_ms = ground.rules, ground.now_ms
    first = run[0]
    answer_s = rules.offer_same_day_s if first.date == day_of(now_ms).isoformat() else rules.offer_s
    return OfferMade(
        offer_id=derived_id("offer", booking.booking_id, first.session_id, str(now_ms)),
        booking_id=booking.booking_id,
        child_id=booking.child_id,
        family_id=booking.family_id,
        kind=kind,
        service=first.service,
        site_id=first.site.place_id,
        session_id=first.session_id,
        session_ids=tuple(session.session_id for session in run),
        date=first.date,
        starts_ms=first.starts_ms,
        ends_ms=run[-1].ends_ms,
        mode=first.mode,
        distance_m=way[0],
        travel_s=way[1],
        capacity_version=first.version,
        made_ms=now_ms,
        expires_ms=max(now_ms, min(now_ms + answer_s * 1000, first.starts_ms)),
    )


def displaced(state: ChildcareState, session: Session, now_ms: int) -> tuple[Reasoned, ...]:
    """The next child that a session cannot keep: another place nearby in time and space is held and offered to it, or it is told.

    Who goes first: offers and holds that are nobody's yet; then by policy who came last, or who pays.
    """
    policy = state.policies.at(now_ms)
    movable = [booking for booking in session.bookings.values() if booking.state in MOVABLE]
    rules = rules_of(policy, movable[0])
    places = list(session.bookings)
    booking = max(movable, key=lambda each: _goes_first(each, rules, places.index(each.booking_id)))
    cause = closed_by(state, session) or ("seats_lowered" if session.free < 0 else "understaffed")
    if booking.state is BookingState.OFFERED and booking.offer_kind == WAITLIST:
        withdrawn = OfferWithdrawn(**_offer_end(booking, "none"), cause=cause)
        return (Reasoned(withdrawn, because(cause)),)
    first, last = booking.first, booking.run[-1]
    wish = Wish(
        point=Point(booking.lat, booking.lon),
        service=session.service,
        date=session.date,
        from_ms=first.starts_ms,
        to_ms=last.ends_ms,
        mode=None,
        within=False,
        shift_ms=rules.alternative_shift_s * 1000 if len(booking.run) == 1 else 0,
        children=(booking.child_id,),
        weights=(booking.weight,),
        not_session=session,
        for_booking=booking.booking_id,
    )
    ground = Ground(state, policy, rules, now_ms)
    found = nearest_run(ground, wish)
    if isinstance(found, NoPlacement):
        fact = BookingDisplaced(**ending(booking, "returned"), cause=cause, offer_id=None)
        told: tuple[Fact, ...] = (
            *quota.settlement(state, booking, "returned"),
            quota.open_task(booking.booking_id, TaskKind.UNPLACED_REQUEST, now_ms, cause=cause, reason=found.reason.value),
        )
        return *map(Reasoned, ask_closed(booking, "booking_displaced")), Reasoned(fact, found.why), *map(Reasoned, told)
    offer = _offer(ground, booking, ALTERNATIVE, found.run, (found.distance_m, found.travel_s))
    fact = BookingDisplaced(**ending(booking, "kept"), cause=cause, offer_id=offer.offer_id)
    return Reasoned(fact, because(cause)), Reasoned(offer, found.why)


def _goes_first(booking: Booking, rules: ServiceRules, place: int) -> tuple[bool, bool, int]:
    nobodys_yet = booking.state is not BookingState.CONFIRMED
    charged = rules.displace_first == "charged" and booking.free_units < booking.units
    return nobodys_yet, charged, place


def accepted(state: ChildcareState, event: OfferAcceptedEvent, now_ms: int) -> Verdict:
    """The family takes the place in time; its terms are those of a new booking, or the old ones for a child that lost its place.

    A child that the registry has placed elsewhere while it waited keeps its turn, which a new booking under its true home would lose,
    but nothing is free here: the place is charged and a human told, or refused by the same name where nothing is sold.
    """
    booking = _offered(state, event.data.booking_id, event.data.offer_id)
    if isinstance(booking, Verdict):
        return booking
    policy = state.policies.at(now_ms)
    rules = rules_of(policy, booking)
    ground = Ground(state, policy, rules, now_ms)
    taken = OfferAccepted(**_offer_end(booking, "kept" if booking.offer_kind == ALTERNATIVE else "none"))
    child, way = child_of(booking), (booking.distance_m, booking.travel_s)
    fact: PlacedFact
    if booking.offer_kind == WAITLIST:
        terms = terms_of(ground, child, booking.run)
        moved = booking.home_area == state.area and not at_home(state, policy, booking.child_id)
        why = not_home_why(state, booking.child_id) if moved else None
        told = _home_unclear(booking, now_ms) if moved else ()
        if rules.after_quota == "refuse" and terms.request_id is None and terms.free_units < terms.units:
            if not moved:
                return refuse(ChildcareReason.QUOTA_SPENT, because("quota_spent"))
            return Verdict(Outcome.REFUSED, ChildcareReason.NOT_AT_HOME_HERE.value, tuple(map(Reasoned, told)), why)
        fact = placed(ground, child, booking.run, terms, way, confirm=needs_confirming(rules, terms))
        known = () if moved else ask_closed(booking, "at_home_here")
        return accept(*known, taken, fact, *told, why=why)
    terms = terms_kept(booking, rules)
    unanswered = terms.request_id is not None and not booking.answered
    fact = placed(
        ground, child, booking.run, terms, way,
        answered=booking.answered, provisional=booking.provisional,
        confirm=not booking.confirmed_once and not unanswered and needs_confirming(rules, terms),
    )  # fmt: skip
    return accept(taken, fact)


def _home_unclear(booking: Booking, now_ms: int) -> tuple[Fact, ...]:
    """A human finds out which area keeps the child's quota; one task a booking, however often the family tries."""
    if booking.ask_task_id is not None:
        return ()
    reason = ChildcareReason.NOT_AT_HOME_HERE.value
    return (quota.open_task(booking.booking_id, TaskKind.QUOTA_UNDECIDED, now_ms, home_area=booking.home_area, reason=reason),)


def declined(state: ChildcareState, event: OfferDeclinedEvent, _now_ms: int) -> Verdict:
    """The family does not want it: whoever is next is offered the seat in the same decision."""
    booking = _offered(state, event.data.booking_id, event.data.offer_id)
    if isinstance(booking, Verdict):
        return booking
    fact = OfferDeclined(**_offer_end(booking, _quota(booking)), reason=event.data.reason)
    return accept(*ask_closed(booking, "offer_declined"), fact, *_returned(state, booking))


def expired(state: ChildcareState, booking: Booking) -> tuple[Reasoned, ...]:
    """No answer in time."""
    fact = OfferExpired(**_offer_end(booking, _quota(booking)))
    facts: tuple[Fact, ...] = (*ask_closed(booking, "offer_expired"), fact, *_returned(state, booking))
    return tuple(Reasoned(each, because("offer_expired") if each is fact else None) for each in facts)


def _quota(booking: Booking) -> str:
    return "none" if booking.offer_kind == WAITLIST else quota.quota_word(booking, "returned")


def _returned(state: ChildcareState, booking: Booking) -> tuple[Fact, ...]:
    return () if booking.offer_kind == WAITLIST else quota.settlement(state, booking, "returned")


def _offer_end(booking: Booking, word: str) -> dict[str, str]:
    session = booking.first
    assert booking.offer_id is not None
    return {
        "offer_id": booking.offer_id,
        "booking_id": booking.booking_id,
        "child_id": booking.child_id,
        "family_id": booking.family_id,
        "kind": booking.offer_kind,
        "service": session.service,
        "site_id": session.site.place_id,
        "session_id": session.session_id,
        "date": session.date,
        "quota": word,
    }


def _offered(state: ChildcareState, booking_id: str, offer_id: str) -> Booking | Verdict:
    booking = state.bookings.get(booking_id)
    if booking is None:
        return refuse(gone(state, booking_id))
    if booking.state is not BookingState.OFFERED or booking.offer_id != offer_id:
        return refuse(ChildcareReason.UNKNOWN_OFFER, because(booking.state.value))
    return booking
