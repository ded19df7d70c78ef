"""Bookings asked for: by session or by window, for one child or for siblings together."""

from datetime import date
from typing import NamedTuple

from agents.childcare.age import age_months
from agents.childcare.bookings import known_booking
from agents.childcare.place import (
    REASON_OF_RULE,
    WAITABLE,
    WAITED_FOR,
    Ground,
    NoPlacement,
    Placement,
    day_closed,
    nearest_run,
    overlaps,
    ruled_out,
    same_day_only,
)
from agents.childcare.policy import ServiceRules
from agents.childcare.quota import at_home, not_home_why
from agents.childcare.runs import Wish
from agents.childcare.state import ChildcareState, Session
from agents.childcare.terms import Child, needs_confirming, placed, terms_of
from agents.core import Verdict, refuse
from agents.shared.calendar import MINUTE_MS, day_from, midnight_ms
from agents.shared.explanation import because
from agents.shared.nearest import Point
from schemas.childcare import BookingRequestedEvent, BookingWish, Fit, GroupRequestedEvent
from schemas.childcare_facts import BookingRefused, BookingWaitlisted
from schemas.childcare_reasons import ChildcareReason
from schemas.decisions import Outcome, Reasoned, Why

ACCEPTED = Outcome.ACCEPTED
Member = tuple[str, str, date]
"""Booking, child and birth date."""


class Refused(NamedTuple):
    """The end of the look at a wish: the reason and why, and what was asked for."""

    reason: ChildcareReason
    why: Why
    session_id: str | None
    day: str | None


def requested(state: ChildcareState, event: BookingRequestedEvent, now_ms: int) -> Verdict:
    """A place for one child, by session or by window. Every refusal is kept: this booking id stays refused (I05)."""
    data = event.data
    return _asked(state, data, ((data.booking_id, data.child_id, data.birth_date),), None, now_ms)


def group_requested(state: ChildcareState, event: GroupRequestedEvent, now_ms: int) -> Verdict:
    """Places for siblings: all or none (C14)."""
    data = event.data
    members = tuple((sibling.booking_id, sibling.child_id, sibling.birth_date) for sibling in data.children)
    if len({member[0] for member in members}) < len(members) or len({member[1] for member in members}) < len(members):
        return refuse(ChildcareReason.SAME_CHILD_TWICE)
    return _asked(state, data, members, data.group_id, now_ms)


def _asked(state: ChildcareState, data: BookingWish, members: tuple[Member, ...], group_id: str | None, now_ms: int) -> Verdict:
    for booking_id, _, _ in members:
        known = known_booking(state, booking_id)
        if known is not None:
            return refuse(*known)
    answer = _place_all(state, data, members, group_id, now_ms)
    if isinstance(answer, Verdict):
        return answer
    facts = tuple(
        Reasoned(
            BookingRefused.made(
                {
                    "booking_id": booking_id,
                    "child_id": child_id,
                    "family_id": data.family_id,
                    "service": data.service,
                    "session_id": answer.session_id,
                    "date": answer.day,
                    "reason": answer.reason.value,
                    "group_id": group_id,
                }
            )
        )
        for booking_id, child_id, _ in members
    )
    return Verdict(Outcome.REFUSED, answer.reason.value, facts, answer.why)


def _place_all(
    state: ChildcareState, data: BookingWish, members: tuple[Member, ...], group_id: str | None, now_ms: int
) -> Verdict | Refused:
    policy = state.policies.at(now_ms)
    session = None
    if data.session_id is not None:
        session = state.sessions.get(data.session_id)
        if session is None:
            return Refused(ChildcareReason.UNKNOWN_SESSION, because("unknown_session"), data.session_id, None)
        service, day = session.service, session.date
    else:
        assert data.window is not None
        service, day = data.service, data.window.date.isoformat()
    rules = policy.rules(service)
    reason = _not_offered(rules, service, data)
    if reason is None and rules is not None:
        reason = day_closed(rules, day, now_ms)
    if reason is not None or rules is None:
        reason = reason or ChildcareReason.UNKNOWN_SERVICE
        return Refused(reason, because(reason.value, service=service), data.session_id, day)
    ground = Ground(state, policy, rules, now_ms)
    children = []
    for member in members:
        child = _child(ground, data, member, group_id, day)
        if isinstance(child, Refused):
            return child
        children.append(child)
    found = _nearest(ground, data, children) if session is None else _named(ground, data, session, children)
    if isinstance(found, Refused):
        return found
    if isinstance(found, NoPlacement):
        return _without_seat(ground, data, children, found, day)
    return _with_seat(ground, children, found)


def _not_offered(rules: ServiceRules | None, service: str, data: BookingWish) -> ChildcareReason | None:
    if service != data.service and "service" in data.model_fields_set:
        return ChildcareReason.SERVICE_MISMATCH
    if rules is None:
        return ChildcareReason.UNKNOWN_SERVICE
    if rules.categories_any and not set(rules.categories_any) & set(data.categories):
        return ChildcareReason.NOT_ENTITLED
    return None


def _child(ground: Ground, data: BookingWish, member: Member, group_id: str | None, day: str) -> Child | Refused:
    """Whom a place is for, weighed for the day of care; refuses by age and by the rule after no-shows."""
    state, policy, rules, now_ms = ground
    booking_id, child_id, birth = member
    care_day = day_from(day)
    months = age_months(birth, care_day, month_end=policy.age_month_end)
    if months < 0:
        return Refused(ChildcareReason.BIRTH_AFTER_CARE, because("birth_after_care"), data.session_id, day)
    if not rules.age_months_min <= months <= rules.age_months_max:
        why = because("age_months", months=months, months_min=rules.age_months_min, months_max=rules.age_months_max)
        return Refused(ChildcareReason.AGE_OUTSIDE, why, data.session_id, day)
    if same_day_only(state, child_id, day, now_ms):
        why = because("same_day_only", until_ms=state.absences[child_id].restricted_until_ms)
        return Refused(ChildcareReason.SAME_DAY_ONLY, why, data.session_id, day)
    home = state.area if data.home_area is None else data.home_area
    if home == state.area and not at_home(state, policy, child_id):
        return Refused(ChildcareReason.NOT_AT_HOME_HERE, not_home_why(state, child_id), data.session_id, day)
    position = data.position
    return Child(booking_id, child_id, data.family_id, months, rules.weight_of(months), home, position.lat, position.lon, group_id)


def _named(ground: Ground, data: BookingWish, session: Session, children: list[Child]) -> Placement | NoPlacement | Refused:
    """A session asked for by its id."""
    site_id, session_id = session.site.place_id, session.session_id
    distance_m = Point(data.position.lat, data.position.lon).distance_m(session.site) if session.site.listed else 0
    for child in children:
        other = overlaps(ground.state, child.child_id, session.starts_ms, session.ends_ms)
        if other is not None:
            return Refused(ChildcareReason.OVERLAPPING_BOOKING, because("overlapping_booking", booking_id=other), session_id, session.date)
    rule = ruled_out(ground, session, tuple([child.weight for child in children]))
    if rule is None:
        travel_s = ground.policy.travel_s(distance_m)
        why: Why = {"considered": 1, "chosen": site_id, "rejected": [], "session_id": session_id}
        return Placement((session,), distance_m, travel_s, why)
    rejected = [{"provider_id": site_id, "rule": rule, "distance_m": distance_m}]
    why = {"considered": 1, "chosen": None, "rejected": rejected, "session_id": session_id}
    return NoPlacement(REASON_OF_RULE[rule], why, session if rule in WAITABLE else None, distance_m)


def _nearest(ground: Ground, data: BookingWish, children: list[Child]) -> Placement | NoPlacement | Refused:
    """A window: the nearest site with a run that suits."""
    window = data.window
    assert window is not None
    begin_ms = midnight_ms(window.date)
    from_ms, to_ms = begin_ms + _minute(window.from_) * MINUTE_MS, begin_ms + _minute(window.to) * MINUTE_MS
    if to_ms <= from_ms:
        return Refused(ChildcareReason.WINDOW_EMPTY, because("window_empty"), None, window.date.isoformat())
    wish = Wish(
        point=Point(data.position.lat, data.position.lon),
        service=data.service,
        date=window.date.isoformat(),
        from_ms=from_ms,
        to_ms=to_ms,
        mode=None if window.mode is None else window.mode.value,
        within=window.fit is Fit.WITHIN,
        shift_ms=0,
        children=tuple(child.child_id for child in children),
        weights=tuple(child.weight for child in children),
        not_session=None,
        for_booking=None,
    )
    return nearest_run(ground, wish)


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _with_seat(ground: Ground, children: list[Child], found: Placement) -> Verdict | Refused:
    rules = ground.rules
    taken: dict[str, int] = {}
    all_terms = []
    for child in children:
        terms = terms_of(ground, child, found.run, taken)
        if rules.after_quota == "refuse" and terms.request_id is None and terms.free_units < terms.units:
            first = found.run[0]
            return Refused(ChildcareReason.QUOTA_SPENT, because("quota_spent", units=terms.units), first.session_id, first.date)
        taken[terms.account] = taken.get(terms.account, 0) + terms.free_units
        all_terms.append(terms)
    # Siblings come together or not at all: when one must be confirmed, all wait for it.
    confirm = any(needs_confirming(rules, terms) for terms in all_terms)
    way = (found.distance_m, found.travel_s)
    facts = tuple(
        Reasoned(placed(ground, child, found.run, terms, way, confirm=confirm)) for child, terms in zip(children, all_terms, strict=True)
    )
    return Verdict(ACCEPTED, None, facts, found.why)


def _without_seat(ground: Ground, data: BookingWish, children: list[Child], nowhere: NoPlacement, day: str) -> Verdict | Refused:
    state, policy, rules, now_ms = ground
    session = nowhere.wait_for
    session_id = data.session_id if session is None else session.session_id
    if data.waitlist and nowhere.reason in WAITED_FOR and (session is None or len(children) > 1):
        return Refused(ChildcareReason.NO_WAIT_TOGETHER, nowhere.why, session_id, day)
    if session is None or not data.waitlist or session.shut or now_ms >= session.starts_ms:
        return Refused(nowhere.reason, nowhere.why, session_id, day)
    (child,) = children
    if any(booking_id in session.waiting for booking_id in state.children.get(child.child_id, ())):
        return Refused(ChildcareReason.ALREADY_WAITING, nowhere.why, session_id, day)
    if len(session.waiting) >= rules.waitlist_max:
        return Refused(ChildcareReason.WAITLIST_FULL, nowhere.why, session_id, day)
    fact = BookingWaitlisted.made(
        {
            "booking_id": child.booking_id,
            "child_id": child.child_id,
            "family_id": child.family_id,
            "service": session.service,
            "site_id": session.site.place_id,
            "session_id": session.session_id,
            "date": session.date,
            "starts_ms": session.starts_ms,
            "ends_ms": session.ends_ms,
            "mode": session.mode,
            "age_months": child.age_months,
            "weight": child.weight,
            "units": rules.units_of(session.mode),
            "home_area": child.home_area,
            "lat": child.lat,
            "lon": child.lon,
            "distance_m": nowhere.distance_m,
            "travel_s": policy.travel_s(nowhere.distance_m),
            "rank": len(session.waiting) + 1,
            "closes_ms": session.starts_ms,
            "reason": nowhere.reason.value,
        }
    )
    return Verdict(ACCEPTED, None, (Reasoned(fact),), nowhere.why)
