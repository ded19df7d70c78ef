"""Bookings after they are placed: confirmed, cancelled, extended, and what the clock ends."""

from typing import Any

from agents.childcare import quota
from agents.childcare.place import Ground, overlaps, ruled_out
from agents.childcare.policy import ChildcareParameters, ServiceRules
from agents.childcare.runs import next_session
from agents.childcare.state import Booking, ChildcareState
from agents.childcare.states import BookingState
from agents.childcare.terms import PlacedFact, child_of, placed, price_of, terms_kept
from agents.core import Verdict, accept, refuse
from agents.shared.explanation import because
from schemas.childcare import BookingCancelledEvent, ExtensionRequestedEvent, HoldConfirmedEvent
from schemas.childcare_facts import BookingCancelledFact, BookingExpired, BookingExtended, WaitlistClosed
from schemas.childcare_reasons import ChildcareReason
from schemas.decisions import Reasoned, Why
from schemas.facts import Fact, TaskClosed


def hold_confirmed(state: ChildcareState, event: HoldConfirmedEvent, now_ms: int) -> Verdict:
    """The family confirms in time; of a group all that wait (C04: after expiry there is nothing to confirm)."""
    booking = state.bookings.get(event.data.booking_id)
    if booking is None:
        ended = state.ended.get(event.data.booking_id)
        if ended is not None:
            return refuse(ChildcareReason.NOT_HELD, because(ended.state.value))
        return refuse(ChildcareReason.UNKNOWN_BOOKING)
    if booking.state is not BookingState.HELD:
        return refuse(ChildcareReason.NOT_HELD, because(booking.state.value))
    group = [booking] if booking.group_id is None else list(state.groups[booking.group_id].values())
    held = sorted((member for member in group if member.state is BookingState.HELD), key=lambda member: member.booking_id)
    policy = state.policies.at(now_ms)
    return accept(*(_confirmed(Ground(state, policy, rules_of(policy, member), now_ms), member) for member in held))


def _confirmed(ground: Ground, booking: Booking) -> PlacedFact:
    way = (booking.distance_m, booking.travel_s)
    return placed(
        ground, child_of(booking), booking.run, terms_kept(booking, ground.rules), way,
        answered=booking.answered, provisional=booking.provisional,
    )  # fmt: skip


def rules_of(policy: ChildcareParameters, booking: Booking) -> ServiceRules:
    """The declaration a booking stands under. A policy cannot take one away (see `decide.policy_published`)."""
    rules = policy.rules(booking.first.service)
    assert rules is not None
    return rules


def cancelled(state: ChildcareState, event: BookingCancelledEvent, now_ms: int) -> Verdict:
    """Frees once (C05); early enough it returns the quota, late it consumes it (C-R6)."""
    data = event.data
    booking = state.bookings.get(data.booking_id)
    if booking is None:
        return refuse(gone(state, data.booking_id))
    if booking.state is BookingState.CHECKED_IN:
        return refuse(ChildcareReason.ALREADY_CHECKED_IN)
    rules = rules_of(state.policies.at(now_ms), booking)
    notice_s = (booking.starts_ms - now_ms) // 1000
    late = notice_s < rules.cancel_late_s or (notice_s < rules.cancel_free_s and rules.cancel_between == "consume")
    # What was never the child's costs nothing: an offer, a hold, a question.
    result = "consumed" if late and booking.state is BookingState.CONFIRMED else "returned"
    fact = BookingCancelledFact(
        **ending(booking, result),
        reason=data.reason,
        notice_s=notice_s,
        charged=result == "consumed" and booking.free_units < booking.units,
    )
    why = because("cancellation", notice_s=notice_s, free_s=rules.cancel_free_s, late_s=rules.cancel_late_s)
    return accept(
        *(ask_closed(booking, "booking_cancelled") if result == "returned" else ()),
        fact,
        *quota.settlement(state, booking, result),
        why=why,
    )


def ending(booking: Booking, result: str) -> dict[str, Any]:
    """What every end of a booking says."""
    first = booking.first
    waiting = booking.state is BookingState.WAITLISTED
    return {
        "booking_id": booking.booking_id,
        "child_id": booking.child_id,
        "family_id": booking.family_id,
        "service": first.service,
        "site_id": first.site.place_id,
        "session_id": first.session_id,
        "session_ids": tuple(session.session_id for session in booking.run),
        "date": first.date,
        "quota": "none" if waiting else quota.quota_word(booking, result),
        "free_units": booking.free_units,
        "price_fen": booking.price_fen,
    }


def extension_requested(state: ChildcareState, event: ExtensionRequestedEvent, now_ms: int) -> Verdict:
    """The child present stays for the next session, if that has a seat and staff; until an hour before the end (C8, C-R3)."""
    booking = state.bookings.get(event.data.booking_id)
    if booking is None:
        return refuse(gone(state, event.data.booking_id))
    if booking.state is not BookingState.CHECKED_IN:
        return refuse(ChildcareReason.NOT_PRESENT, because(booking.state.value))
    policy = state.policies.at(now_ms)
    rules = rules_of(policy, booking)
    until_ms = booking.ends_ms - rules.extend_until_s * 1000
    if now_ms > until_ms:
        return refuse(ChildcareReason.EXTENSION_TOO_LATE, because("extend_until", until_ms=until_ms))
    last = booking.run[-1]
    following = next_session(last, last.site.sessions[(last.service, last.date)])
    if following is None or len(booking.run) >= rules.run_sessions_max:
        return refuse(ChildcareReason.NOT_EXTENDABLE, because("no_session"))
    ground = Ground(state, policy, rules, now_ms)
    rule = ruled_out(ground, following, (booking.weight,), cutoff=False)
    if rule is not None:
        return refuse(ChildcareReason.NOT_EXTENDABLE, because(rule, session_id=following.session_id))
    if overlaps(state, booking.child_id, following.starts_ms, following.ends_ms, booking.booking_id) is not None:
        return refuse(ChildcareReason.OVERLAPPING_BOOKING)
    units = rules.units_of(following.mode)
    holder = booking.child_id if rules.counted_by == "child" else booking.family_id
    # The child waits at the counter: no other area is asked, and what this one does not keep the quota for is paid for.
    name = quota.account(following.service, holder, int(following.date[:4]))
    part = quota.own_share(ground, (booking.home_area, booking.child_id), name, units)
    if part.free_units < units and rules.after_quota == "refuse":
        return refuse(ChildcareReason.QUOTA_SPENT)
    return accept(
        BookingExtended(
            booking_id=booking.booking_id,
            child_id=booking.child_id,
            family_id=booking.family_id,
            service=following.service,
            site_id=following.site.place_id,
            session_id=following.session_id,
            date=following.date,
            starts_ms=following.starts_ms,
            ends_ms=following.ends_ms,
            units=units,
            free_units=part.free_units,
            quota_left=part.quota_left,
            granted=part.granted,
            price_fen=price_of(rules, following.mode, units - part.free_units),
            weight=booking.weight,
            late_ms=following.ends_ms + rules.late_pickup_s * 1000,
        )
    )


def hold_expired(state: ChildcareState, booking: Booking, cause: str) -> tuple[Reasoned, ...]:
    """The family did not confirm, or the quota it rests on is not to be had: the place is free."""
    fact = BookingExpired(**ending(booking, "returned"), cause=cause)
    facts: tuple[Fact, ...] = (*ask_closed(booking, cause), fact, *quota.settlement(state, booking, "returned"))
    return tuple(Reasoned(each, because(cause) if each is fact else None) for each in facts)


def wait_closed(booking: Booking, cause: str) -> tuple[Reasoned, ...]:
    """The child waits no more."""
    session = booking.first
    fact = WaitlistClosed(
        booking_id=booking.booking_id,
        child_id=booking.child_id,
        family_id=booking.family_id,
        service=session.service,
        site_id=session.site.place_id,
        session_id=session.session_id,
        date=session.date,
        cause=cause,
    )
    return (*map(Reasoned, ask_closed(booking, cause)), Reasoned(fact, because(cause)))


def ask_closed(booking: Booking, result: str) -> tuple[Fact, ...]:
    """Nobody need look any more for what the home area has to say."""
    return () if booking.ask_task_id is None else (TaskClosed(task_id=booking.ask_task_id, result=result),)


def known_booking(state: ChildcareState, booking_id: str) -> tuple[ChildcareReason, Why] | None:
    """The refusal of a booking id that was used before, or None."""
    booking = state.bookings.get(booking_id)
    if booking is not None:
        return ChildcareReason.BOOKING_EXISTS, because(booking.state.value)
    ended = state.ended.get(booking_id)
    if ended is None:
        return None
    if ended.state is BookingState.REFUSED:
        return ChildcareReason.BOOKING_ALREADY_REFUSED, because("already_refused", reason=ended.reason)
    return ChildcareReason.BOOKING_EXISTS, because(ended.state.value)


def gone(state: ChildcareState, booking_id: str) -> ChildcareReason:
    """Why there is no open booking of this id."""
    return ChildcareReason.BOOKING_CLOSED if booking_id in state.ended else ChildcareReason.UNKNOWN_BOOKING
