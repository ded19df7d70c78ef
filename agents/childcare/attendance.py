"""Arrival and departure: the health gate, who may bring and collect, no-shows, children not collected in time (S10, C11, C12)."""

from agents.childcare import quota
from agents.childcare.bookings import ask_closed, ending, gone, rules_of
from agents.childcare.policy import ServiceRules
from agents.childcare.seating import present
from agents.childcare.state import Booking, ChildcareState
from agents.childcare.states import BookingState
from agents.childcare.terms import following
from agents.core import Verdict, accept, refuse
from agents.shared.calendar import DAY_MS
from agents.shared.explanation import because
from schemas.childcare import ChildCheckedInEvent, ChildCheckedOutEvent, PickupPersonsRegisteredEvent
from schemas.childcare_facts import (
    BookingNoShow,
    ChildCarriedOver,
    ChildCheckedIn,
    ChildCheckedOut,
    ChildRestricted,
    ChildTurnedAway,
    ChildUncollected,
    PickupPersonsRecorded,
)
from schemas.childcare_reasons import ChildcareReason
from schemas.decisions import CoreReason, Outcome, Reasoned
from schemas.facts import Fact, TaskClosed, TaskKind


def persons_registered(state: ChildcareState, event: PickupPersonsRegisteredEvent, _now_ms: int) -> Verdict:
    """Who may bring and collect a child: the highest version is in force, in any arrival order."""
    data = event.data
    known = state.pickup.get(data.child_id)
    if known is not None and data.version <= known[0]:
        return refuse(CoreReason.STALE_VERSION, because("stale_version", version=known[0]))
    persons = tuple(sorted(set(data.persons)))
    return accept(PickupPersonsRecorded(child_id=data.child_id, version=data.version, persons=persons))


def checked_in(state: ChildcareState, event: ChildCheckedInEvent, now_ms: int) -> Verdict:
    """A child is brought: by an authorised person, without fever, and while the staff present may care for one more."""
    data = event.data
    booking = state.bookings.get(data.booking_id)
    if booking is None:
        return refuse(gone(state, data.booking_id))
    if booking.state is BookingState.CHECKED_IN:
        return refuse(ChildcareReason.ALREADY_CHECKED_IN)
    if booking.state is not BookingState.CONFIRMED:
        return refuse(ChildcareReason.NOT_CONFIRMED, because(booking.state.value))
    rules = rules_of(state.policies.at(now_ms), booking)
    opens_ms = booking.starts_ms - rules.check_in_early_s * 1000
    if now_ms < opens_ms:
        return refuse(ChildcareReason.TOO_EARLY, because("check_in_early", opens_ms=opens_ms))
    if not may_collect(state, booking.child_id, data.by):
        return _called(ChildcareReason.NOT_AUTHORISED, booking, TaskKind.SAFEGUARDING, now_ms)
    if data.temperature_c is None and rules.temperature_required:
        return refuse(ChildcareReason.TEMPERATURE_MISSING)
    if data.temperature_c is not None and round(data.temperature_c * 10) >= rules.fever_tenths_c:
        return _turned_away(state, booking, rules)
    for session in booking.run:
        _, inside = present(session)
        if session.weighted and inside + booking.weight > session.care.total:
            return _called(ChildcareReason.UNDERSTAFFED, booking, TaskKind.OVERCOMMITTED, now_ms)
    late_ms = booking.ends_ms if following(state, booking) is not None else booking.ends_ms + rules.late_pickup_s * 1000
    fact = ChildCheckedIn(
        booking_id=booking.booking_id,
        child_id=booking.child_id,
        family_id=booking.family_id,
        service=booking.first.service,
        site_id=booking.first.site.place_id,
        session_ids=tuple(session.session_id for session in booking.run),
        date=booking.first.date,
        by=data.by,
        free_units=booking.free_units,
        late_ms=max(now_ms, late_ms),
    )
    return accept(fact, *quota.settlement(state, booking, "consumed"))


def may_collect(state: ChildcareState, child_id: str, person_id: str, brought_by: str | None = None) -> bool:
    """Whether this person is on the child's list; a child without a list goes with whoever brought it."""
    listed = state.pickup.get(child_id)
    if listed is None:
        return brought_by is None or person_id == brought_by
    return person_id in listed[1]


def _turned_away(state: ChildcareState, booking: Booking, rules: ServiceRules) -> Verdict:
    """Refused at the gate: the place is free, and by policy the quota too; the temperature itself is written nowhere."""
    result = "returned" if rules.turned_away_quota == "return" else "consumed"
    fact = ChildTurnedAway(**ending(booking, result), rule="fever")
    told = ask_closed(booking, "turned_away") if result == "returned" else ()
    facts: tuple[Fact, ...] = (*told, fact, *quota.settlement(state, booking, result))
    return Verdict(Outcome.REFUSED, ChildcareReason.HEALTH_GATE.value, tuple(map(Reasoned, facts)), because("fever"))


def _called(reason: ChildcareReason, booking: Booking, kind: TaskKind, now_ms: int) -> Verdict:
    """Refused, and a human called."""
    task = quota.open_task(booking.booking_id, kind, now_ms, reason=reason.value, site_id=booking.first.site.place_id)
    return Verdict(Outcome.REFUSED, reason.value, (Reasoned(task),), because(reason.value))


def checked_out(state: ChildcareState, event: ChildCheckedOutEvent, now_ms: int) -> Verdict:
    """A child is collected: only by an authorised person; anybody else is refused and a human called (C11)."""
    data = event.data
    booking = state.bookings.get(data.booking_id)
    if booking is None:
        return refuse(gone(state, data.booking_id))
    if booking.state is not BookingState.CHECKED_IN:
        return refuse(ChildcareReason.NOT_PRESENT, because(booking.state.value))
    if not may_collect(state, booking.child_id, data.by, booking.brought_by):
        return _called(ChildcareReason.NOT_AUTHORISED, booking, TaskKind.SAFEGUARDING, now_ms)
    fact = ChildCheckedOut(
        booking_id=booking.booking_id,
        child_id=booking.child_id,
        family_id=booking.family_id,
        service=booking.first.service,
        site_id=booking.first.site.place_id,
        session_ids=tuple(session.session_id for session in booking.run),
        date=booking.first.date,
        by=data.by,
        late_s=max(0, now_ms - booking.ends_ms) // 1000,
    )
    called = () if booking.task_id is None else (TaskClosed(task_id=booking.task_id, result="collected"),)
    return accept(*called, fact)


def no_show(state: ChildcareState, booking: Booking, now_ms: int) -> tuple[Reasoned, ...]:
    """Half an hour after the start nobody has come: the quota is consumed, and the third time has a consequence (C-R6)."""
    rules = rules_of(state.policies.at(now_ms), booking)
    absences = state.absences.get(booking.child_id)
    since_ms = now_ms - rules.no_show_window_days * DAY_MS
    count = 1 + (0 if absences is None else sum(at_ms > since_ms for at_ms in absences.at_ms))
    fact = BookingNoShow(**ending(booking, "consumed"), no_shows=count)
    facts: list[Fact] = [fact, *quota.settlement(state, booking, "consumed")]
    if count >= rules.no_show_limit and rules.no_show_restricted_days:
        until_ms = now_ms + rules.no_show_restricted_days * DAY_MS
        facts.append(ChildRestricted(child_id=booking.child_id, family_id=booking.family_id, no_shows=count, until_ms=until_ms))
    return tuple(Reasoned(each, because("no_show") if each is fact else None) for each in facts)


def uncollected(state: ChildcareState, booking: Booking, now_ms: int) -> tuple[Reasoned, ...]:
    """The booking's time is over and the child still there: it goes on with its next booking, or the family is told, then a human."""
    rules = rules_of(state.policies.at(now_ms), booking)
    next_booking = following(state, booking)
    if next_booking is not None and now_ms >= booking.ends_ms:
        return _carried_over(state, booking, next_booking, rules)
    late_ms = booking.ends_ms + rules.late_pickup_s * 1000
    level, next_ms = (0, late_ms) if now_ms < late_ms else (booking.level + 1, now_ms + rules.uncollected_s * 1000)
    fact = ChildUncollected(
        booking_id=booking.booking_id,
        child_id=booking.child_id,
        family_id=booking.family_id,
        service=booking.first.service,
        site_id=booking.first.site.place_id,
        date=booking.first.date,
        level=level,
        next_ms=None if level >= 2 else next_ms,
    )
    if level < 2:
        return (Reasoned(fact, because("late_pickup")),)
    task = quota.open_task(booking.booking_id, TaskKind.CHILD_NOT_COLLECTED, now_ms, site_id=fact.site_id, child_id=fact.child_id)
    return Reasoned(fact, because("late_pickup")), Reasoned(task)


def _carried_over(state: ChildcareState, booking: Booking, to: Booking, rules: ServiceRules) -> tuple[Reasoned, ...]:
    onward = following(state, to)
    fact = ChildCarriedOver(
        booking_id=booking.booking_id,
        next_booking_id=to.booking_id,
        child_id=booking.child_id,
        family_id=booking.family_id,
        service=booking.first.service,
        site_id=booking.first.site.place_id,
        session_ids=tuple(session.session_id for session in booking.run),
        date=booking.first.date,
        free_units=to.free_units,
        late_ms=to.ends_ms if onward is not None else to.ends_ms + rules.late_pickup_s * 1000,
    )
    return Reasoned(fact, because("adjacent_booking")), *map(Reasoned, quota.settlement(state, to, "consumed"))
