"""The home area's answer to a question about a child's quota: in time, late, or never; and entitlements (S09)."""

from datetime import date, timedelta

from agents.childcare import quota
from agents.childcare.bookings import ask_closed, gone, hold_expired, rules_of
from agents.childcare.place import Ground
from agents.childcare.state import Booking, ChildcareState, LateAnswer
from agents.childcare.states import BookingState
from agents.childcare.terms import Terms, child_of, needs_confirming, placed, price_of, terms_kept
from agents.core import Verdict, accept, refuse
from agents.shared.calendar import DAY_MS, midnight_ms
from agents.shared.explanation import because
from agents.shared.ids import derived_id
from schemas.childcare_duties import EntitlementRegisteredEvent, QuotaAnswered, QuotaAnsweredEvent
from schemas.childcare_facts import BookingRepriced
from schemas.childcare_reasons import ChildcareReason
from schemas.childcare_site_facts import EntitlementMet, EntitlementRecorded, EntitlementUnmet, QuotaSettlementAsked
from schemas.decisions import Reasoned
from schemas.facts import Fact, TaskKind


def quota_answered(state: ChildcareState, event: QuotaAnsweredEvent, now_ms: int) -> Verdict:
    """In time it sets the terms; late it is reconciled: what turned out free is paid back, and the home area told what became of it."""
    data = event.data
    booking = state.bookings.get(data.booking_id)
    if booking is None:
        ended = state.ended.get(data.booking_id)
        if ended is None or ended.ask is None or ended.ask.request_id != data.request_id:
            # A booking that ended without use told its home area so, before this answer came.
            return refuse(gone(state, data.booking_id), because("settled_before"))
        return _after_the_end(state, ended.ask, data, now_ms)
    if booking.request_id != data.request_id or booking.answered:
        return refuse(ChildcareReason.QUOTA_ALREADY_DECIDED, because("answered"))
    rules = rules_of(state.policies.at(now_ms), booking)
    free = min(data.units, booking.units)
    price_fen = price_of(rules, booking.first.mode, booking.units - free)
    # Another place offered while the answer was out rests on it as the first one did; what was charged provisionally was sold.
    open_question = booking.state is BookingState.QUOTA_ASKED or (booking.state is BookingState.OFFERED and not booking.provisional)
    if open_question and free < booking.units and rules.after_quota == "refuse":
        return accept(*_without_quota(state, booking, free), why=because("quota_denied", reason=data.reason))
    if booking.state is not BookingState.QUOTA_ASKED:
        fact = BookingRepriced(
            booking_id=booking.booking_id,
            child_id=booking.child_id,
            family_id=booking.family_id,
            service=booking.first.service,
            request_id=data.request_id,
            units=booking.units,
            free_units=free,
            quota_left=data.quota_left,
            price_fen=price_fen,
            was_price_fen=booking.price_fen,
            ended=False,
        )
        settled = () if not booking.consumed or not free else (_settlement(state, _ask_of(booking), booking.booking_id),)
        return accept(*ask_closed(booking, "quota_answered"), fact, *settled, why=because("late_answer", reason=data.reason))
    terms = terms_kept(booking, rules)._replace(free_units=free, quota_left=data.quota_left, price_fen=price_fen)
    why = None if data.reason is None else because("quota_denied", reason=data.reason)
    return accept(_settled(Ground(state, state.policies.at(now_ms), rules, now_ms), booking, terms, answered=True), why=why)


def _settled(ground: Ground, booking: Booking, terms: Terms, *, answered: bool) -> Fact:
    return placed(
        ground, child_of(booking), booking.run, terms, (booking.distance_m, booking.travel_s),
        answered=answered, provisional=not answered, confirm=needs_confirming(ground.rules, terms),
    )  # fmt: skip


def _without_quota(state: ChildcareState, booking: Booking, free: int) -> tuple[Fact, ...]:
    """Too little was free and the service is not sold: the place is given up, and what was reserved goes back."""
    facts = tuple(reasoned.fact for reasoned in hold_expired(state, booking, "quota_denied"))
    return facts if free else tuple(fact for fact in facts if not isinstance(fact, QuotaSettlementAsked))


def unanswered(state: ChildcareState, booking: Booking, now_ms: int) -> tuple[Reasoned, ...]:
    """The home area says nothing in time. By policy the family pays provisionally and a human looks into it, or the place is given up."""
    policy = state.policies.at(now_ms)
    rules = rules_of(policy, booking)
    if policy.quota_fallback == "refuse" or rules.after_quota == "refuse":
        return hold_expired(state, booking, "quota_unanswered")
    fact = _settled(Ground(state, policy, rules, now_ms), booking, terms_kept(booking, rules), answered=False)
    task = quota.open_task(booking.booking_id, TaskKind.QUOTA_UNDECIDED, now_ms, home_area=booking.home_area)
    return Reasoned(fact, because("quota_fallback")), Reasoned(task)


def _ask_of(booking: Booking) -> LateAnswer:
    assert booking.request_id is not None
    session = booking.first
    return LateAnswer(
        booking.request_id, booking.child_id, booking.family_id, session.service, session.mode, booking.home_area, booking.units,
        booking.price_fen,
    )  # fmt: skip


def _settlement(state: ChildcareState, ask: LateAnswer, booking_id: str) -> QuotaSettlementAsked:
    return QuotaSettlementAsked(
        request_id=ask.request_id,
        settlement_id=derived_id("settle", ask.request_id, "consumed"),
        booking_id=booking_id,
        child_id=ask.child_id,
        service=ask.service,
        home_area=ask.home_area,
        asking_area=state.area,
        result="consumed",
    )


def _after_the_end(state: ChildcareState, ask: LateAnswer, data: QuotaAnswered, now_ms: int) -> Verdict:
    rules = state.policies.at(now_ms).rules(ask.service)
    free = min(data.units, ask.units)
    fact = BookingRepriced(
        booking_id=data.booking_id,
        child_id=ask.child_id,
        family_id=ask.family_id,
        service=ask.service,
        request_id=ask.request_id,
        units=ask.units,
        free_units=free,
        quota_left=data.quota_left,
        price_fen=None if rules is None else price_of(rules, ask.mode, ask.units - free),
        was_price_fen=ask.price_fen,
        ended=True,
    )
    return accept(fact, *((_settlement(state, ask, data.booking_id),) if free else ()), why=because("late_answer"))


def entitlement_registered(state: ChildcareState, event: EntitlementRegisteredEvent, now_ms: int) -> Verdict:
    """Somebody is to have a service this year; looked at when it is due, by the year's end or so long after the birth."""
    data = event.data
    rules = state.policies.at(now_ms).rules(data.service)
    if rules is None:
        return refuse(ChildcareReason.UNKNOWN_SERVICE)
    if not rules.entitled_per_year:
        return refuse(ChildcareReason.NOT_ENTITLED, because("entitled_per_year"))
    if data.entitlement_id in state.entitlements or data.entitlement_id in state.recorded:
        return refuse(ChildcareReason.ENTITLEMENT_EXISTS)
    if data.since is not None and rules.entitled_within_days is not None:
        due_ms = midnight_ms(data.since + timedelta(days=rules.entitled_within_days + 1))
    else:
        due_ms = midnight_ms(date(data.year + 1, 1, 1))
    return accept(
        EntitlementRecorded(
            entitlement_id=data.entitlement_id,
            service=data.service,
            holder_id=data.holder_id,
            year=data.year,
            sessions=rules.entitled_per_year,
            due_ms=max(now_ms, min(due_ms, now_ms + 800 * DAY_MS)),
        )
    )


def entitlement_due(state: ChildcareState, entitlement_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """Was it given? If not, a human has it."""
    owed = state.entitlements[entitlement_id]
    had = quota.used_in(state, owed.service, owed.holder_id, owed.year)
    said = {"service": owed.service, "holder_id": owed.holder_id, "year": owed.year, "sessions": owed.sessions, "had": had}
    if had >= owed.sessions:
        return (Reasoned(EntitlementMet.model_validate({"entitlement_id": entitlement_id, **said})),)
    unmet = EntitlementUnmet.model_validate({"entitlement_id": entitlement_id, **said})
    task = quota.open_task(entitlement_id, TaskKind.ENTITLEMENT_UNMET, now_ms, service=owed.service, holder_id=owed.holder_id)
    return Reasoned(unmet, because("entitled_per_year", had=had, sessions=owed.sessions)), Reasoned(task)
