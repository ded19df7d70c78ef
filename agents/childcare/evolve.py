"""Facts into state: the only writer. One function a fact; whoever adds a fact adds its row to `WRITERS`. Bookings: `evolve_bookings`.

Deadline keys name the work they stand for: ``case|<booking>``, ``move|<session>``, ``next|<session>``, ``close|<session>``,
``inspect|<site>``, ``quota|<request>``, ``account|<child>``, ``owed|<entitlement>``, ``policy|<version>``.
"""

from collections.abc import Callable
from typing import Any

from agents.childcare import evolve_bookings as of_bookings
from agents.childcare import moves, quota
from agents.childcare.seating import poke, put_session, put_site_in, seats_changed, shut_or_open, take_session, take_site_out
from agents.childcare.state import ChildcareState, Closure, Entitlement, QuotaRequest, Session, Site
from agents.childcare.states import BookingState
from agents.shared.calendar import DAY_MS, CalendarYear, day_from, midnight_ms
from agents.shared.policy import parse
from schemas import childcare_facts as booked
from schemas import childcare_site_facts as sited
from schemas.facts import CaseStuck, Fact, PolicyAdopted, TaskClosed, TaskKind, TaskOpened

LOOK_AGAIN_MS = 3600 * 1000
"""A human ended a task about a child that is still there: so long after, it is asked for again."""


def evolve(state: ChildcareState, fact: Fact, now_ms: int) -> None:
    """Write one fact."""
    WRITERS[type(fact)](state, fact, now_ms)


def _policy_adopted(state: ChildcareState, fact: PolicyAdopted, now_ms: int) -> None:
    state.cited.forget()
    if fact.policy == "calendar":
        year = parse(CalendarYear, fact.parameters)
        assert year is not None
        state.calendar.adopt(year)
        state.calendar_versions[year.year] = fact.version
        mark_holidays(state, year)
        for session in state.sessions.values():
            shut_or_open(state, session, now_ms)
    else:
        assert fact.policy == "childcare"
        state.policies.adopt(fact.version, fact.in_force_from, fact.parameters, now_ms)
        state.deadlines.set(f"policy|{fact.version}", max(now_ms, midnight_ms(day_from(fact.in_force_from))))


def _policy_applied(state: ChildcareState, fact: sited.PolicyApplied, now_ms: int) -> None:
    state.deadlines.clear(f"policy|{fact.version}")
    for session in state.sessions.values():
        shut_or_open(state, session, now_ms)


def mark_holidays(state: ChildcareState, year: CalendarYear) -> None:
    """The days off of a year, in place of those known before."""
    state.holidays = {day: number for day, number in state.holidays.items() if number != year.year}
    state.holidays.update({day.isoformat(): year.year for day in year.holidays})


def _site_listed(state: ChildcareState, fact: sited.SiteListed, now_ms: int) -> None:
    site = _site(state, fact.site_id)
    take_site_out(state, site)
    site.move(fact.lat, fact.lon)
    site.name, site.kind, site.street = fact.name, fact.kind, fact.street
    site.listed = True
    put_site_in(state, site)
    if fact.inspection_due_ms is not None:
        state.inspections.expect(fact.site_id, max(1, fact.inspection_due_ms - now_ms), now_ms, fact.inspection_due_ms)


def _session_published(state: ChildcareState, fact: sited.SessionPublished, now_ms: int) -> None:
    session = state.sessions.get(fact.session_id)
    if session is None:
        session = state.sessions[fact.session_id] = Session(fact.session_id, _site(state, fact.site_id))
    else:
        take_session(state, session)
    session.service, session.date, session.mode = fact.service, fact.date, fact.mode
    session.starts_ms, session.ends_ms, session.closes_ms = fact.starts_ms, fact.ends_ms, fact.closes_ms
    session.planned = fact.staff
    session.weighted = fact.weighted
    session.publish(fact.version, fact.seats, now_ms)
    session.care.publish(fact.version, fact.care_limit if fact.weighted else 0, now_ms)
    put_session(state, session)
    state.deadlines.set(f"close|{fact.session_id}", fact.closes_ms)
    shut_or_open(state, session, now_ms)


def _staffing_recorded(state: ChildcareState, fact: sited.StaffingRecorded, now_ms: int) -> None:
    session = state.sessions[fact.session_id]
    before = session.bookable
    session.reported, session.reported_ms = fact.staff_present, fact.reported_ms
    if session.weighted:
        session.care.resize(fact.care_limit)
    seats_changed(state, session, before)
    poke(state, session, now_ms)


def _understaffed(state: ChildcareState, fact: sited.SessionUnderstaffed, _now_ms: int) -> None:
    state.sites[fact.site_id].file.understaffed += 1


def _ratio_breached(state: ChildcareState, fact: sited.RatioBreached, _now_ms: int) -> None:
    state.sites[fact.site_id].file.ratio_breaches += 1


def _session_closed(state: ChildcareState, fact: sited.SessionClosed, _now_ms: int) -> None:
    state.deadlines.clear(f"close|{fact.session_id}")
    state.sites[fact.site_id].file.sessions += 1


def _closure_recorded(state: ChildcareState, fact: sited.SiteClosureRecorded, now_ms: int) -> None:
    site = _site(state, fact.site_id)
    site.closures.append(Closure(fact.from_ms, fact.until_ms, fact.reason))
    _shut_or_open_all(state, site, now_ms)


def _reopening_recorded(state: ChildcareState, fact: sited.SiteReopeningRecorded, now_ms: int) -> None:
    site = _site(state, fact.site_id)
    kept = []
    for closure in site.closures:
        if closure.from_ms < fact.from_ms:
            until_ms = fact.from_ms if closure.until_ms is None else min(closure.until_ms, fact.from_ms)
            kept.append(Closure(closure.from_ms, until_ms, closure.reason))
    site.closures = kept
    _shut_or_open_all(state, site, now_ms)


def _shut_or_open_all(state: ChildcareState, site: Site, now_ms: int) -> None:
    for beside in list(site.sessions.values()):
        for session in beside:
            shut_or_open(state, session, now_ms)


def _incident_recorded(state: ChildcareState, fact: sited.IncidentRecorded, now_ms: int) -> None:
    state.recorded[fact.incident_id] = now_ms
    state.sites[fact.site_id].file.incidents += 1


def _inspection_recorded(state: ChildcareState, fact: sited.InspectionRecorded, now_ms: int) -> None:
    state.recorded[fact.inspection_id] = now_ms
    file = state.sites[fact.site_id].file
    file.inspections += 1
    file.inspected_ms = now_ms
    state.stuck.pop(f"inspect|{fact.site_id}", None)
    state.inspections.seen(fact.site_id, now_ms, fact.next_due_ms)


def _inspection_overdue(state: ChildcareState, fact: sited.InspectionOverdue, _now_ms: int) -> None:
    state.sites[fact.site_id].file.inspections_missed += 1
    state.inspections.missed(fact.site_id, 1, fact.next_due_ms)


def _quota_reserved(state: ChildcareState, fact: sited.QuotaReserved, now_ms: int) -> None:
    state.requests[fact.request_id] = QuotaRequest(fact.booking_id, fact.asking_area, "reserved", now_ms)
    quota.reserve(state, fact.request_id, (fact.service, fact.quota_holder, fact.quota_year), fact.granted, fact.units)
    state.deadlines.set(f"quota|{fact.request_id}", fact.settle_by_ms)


def _quota_denied(state: ChildcareState, fact: sited.QuotaDenied, now_ms: int) -> None:
    state.requests[fact.request_id] = QuotaRequest(fact.booking_id, fact.asking_area, "denied", now_ms)


def _quota_settled(state: ChildcareState, fact: sited.QuotaSettled, now_ms: int) -> None:
    quota.settle(state, fact.request_id, fact.result)
    state.deadlines.clear(f"quota|{fact.request_id}")
    state.stuck.pop(f"quota|{fact.request_id}", None)
    known = state.requests.get(fact.request_id)
    if known is None:
        state.requests[fact.request_id] = QuotaRequest("", "", fact.result, now_ms)
    else:
        known.state, known.decided_ms = fact.result, now_ms


def _quota_overdue(state: ChildcareState, fact: sited.QuotaOverdue, _now_ms: int) -> None:
    state.deadlines.set(f"quota|{fact.request_id}", fact.next_ms)


def _entitlement_recorded(state: ChildcareState, fact: sited.EntitlementRecorded, _now_ms: int) -> None:
    state.entitlements[fact.entitlement_id] = Entitlement(fact.service, fact.holder_id, fact.year, fact.sessions)
    state.deadlines.set(f"owed|{fact.entitlement_id}", fact.due_ms)


def _entitlement_over(state: ChildcareState, fact: sited.EntitlementMet | sited.EntitlementUnmet, now_ms: int) -> None:
    del state.entitlements[fact.entitlement_id]
    state.recorded[fact.entitlement_id] = now_ms
    state.deadlines.clear(f"owed|{fact.entitlement_id}")


def _task_opened(state: ChildcareState, fact: TaskOpened, _now_ms: int) -> None:
    state.tasks[fact.task_id] = fact.about
    booking = state.bookings.get(fact.about)
    if booking is not None:
        if fact.kind is TaskKind.CHILD_NOT_COLLECTED:
            booking.task_id = fact.task_id
        elif fact.kind is TaskKind.QUOTA_UNDECIDED:
            booking.ask_task_id = fact.task_id
    elif fact.kind is TaskKind.QUOTA_UNDECIDED:
        moves.task_opened(state, fact.about, fact.task_id)
    if fact.kind is TaskKind.STUCK_CASE:
        state.stuck_tasks[fact.task_id] = fact.about


def _task_closed(state: ChildcareState, fact: TaskClosed, now_ms: int) -> None:
    about = state.tasks.pop(fact.task_id)
    booking = state.bookings.get(about)
    if booking is not None:
        if booking.ask_task_id == fact.task_id:
            booking.ask_task_id = None
        elif booking.task_id == fact.task_id:
            booking.task_id = None
            if booking.state is BookingState.CHECKED_IN and f"case|{booking.booking_id}" not in state.deadlines:
                state.deadlines.set(f"case|{booking.booking_id}", now_ms + LOOK_AGAIN_MS)
    elif fact.task_id not in state.stuck_tasks:
        moves.task_closed(state, about, now_ms + LOOK_AGAIN_MS)
    key = state.stuck_tasks.pop(fact.task_id, None)
    if key is not None and key in state.stuck:
        # The human is done with it: the work is tried again, and gets stuck again if our code is still wrong.
        state.deadlines.set(key, max(state.stuck.pop(key), now_ms))


def _case_stuck(state: ChildcareState, fact: CaseStuck, _now_ms: int) -> None:
    when_ms = state.deadlines.when(fact.case)
    assert when_ms is not None, "only a deadline can get stuck"
    state.stuck[fact.case] = when_ms
    state.deadlines.clear(fact.case)


def _nothing(state: ChildcareState, fact: Fact, now_ms: int) -> None:
    """Said for readers; the state knows it by other facts."""


def _site(state: ChildcareState, site_id: str) -> Site:
    site = state.sites.get(site_id)
    if site is None:
        site = state.sites[site_id] = Site(site_id)
    return site


def drop_session(state: ChildcareState, session: Session) -> None:
    """Forget a session that nobody holds or waits for."""
    take_session(state, session)
    del state.sessions[session.session_id]
    for kind in ("close", "move", "next"):
        state.deadlines.clear(f"{kind}|{session.session_id}")
        state.stuck.pop(f"{kind}|{session.session_id}", None)


def close_old_accounts(state: ChildcareState, year_now: int) -> None:
    """Years before the last one are closed: what was left of a grant goes back to its source, so the sum stays zero."""
    ledger = state.ledger
    old = [name for name, account in ledger.accounts.items() if int(name.rsplit("|", 1)[1]) < year_now - 1 and not account.held]
    for name in old:
        if not name.startswith("grants|"):
            service, year = name.removeprefix("used|").split("|")[0], name.rsplit("|", 1)[1]
            ledger.close(name, f"grants|{service}|{year}")
    for name in old:
        if name.startswith("grants|") and ledger.accounts[name].posted == 0:
            ledger.drop(name)


def forget_old(state: ChildcareState, now_ms: int, memory_ms: int) -> None:
    """Sessions a day after their close, and what the memory window no longer holds."""
    for session in [each for each in state.sessions.values() if each.closes_ms < now_ms - DAY_MS]:
        if not session.bookings and not session.waiting:
            drop_session(state, session)
    before_ms = now_ms - memory_ms
    state.recorded = {name: at_ms for name, at_ms in state.recorded.items() if at_ms >= before_ms}
    state.requests = {
        name: request for name, request in state.requests.items() if request.state == "reserved" or request.decided_ms >= before_ms
    }
    state.absences = {
        child_id: absences
        for child_id, absences in state.absences.items()
        if absences.restricted_until_ms > now_ms or (absences.at_ms and absences.at_ms[-1] > now_ms - 400 * DAY_MS)
    }


# Each row takes the fact of its own key, which no type checker can say of a table.
WRITERS: dict[type[Fact], Callable[[ChildcareState, Any, int], None]] = {
    PolicyAdopted: _policy_adopted,
    sited.PolicyApplied: _policy_applied,
    sited.SiteListed: _site_listed,
    sited.SessionPublished: _session_published,
    sited.StaffingRecorded: _staffing_recorded,
    sited.SessionUnderstaffed: _understaffed,
    sited.RatioBreached: _ratio_breached,
    sited.SessionClosed: _session_closed,
    sited.SiteClosureRecorded: _closure_recorded,
    sited.SiteReopeningRecorded: _reopening_recorded,
    sited.IncidentRecorded: _incident_recorded,
    sited.InspectionRecorded: _inspection_recorded,
    sited.InspectionOverdue: _inspection_overdue,
    sited.QuotaReserved: _quota_reserved,
    sited.QuotaDenied: _quota_denied,
    sited.QuotaSettlementAsked: _nothing,
    sited.QuotaSettled: _quota_settled,
    sited.QuotaOverdue: _quota_overdue,
    sited.AccountAsked: moves.asked,
    sited.AccountDeferred: moves.deferred,
    sited.AccountHanded: moves.handed,
    sited.AccountCounted: _nothing,
    sited.AccountOpened: moves.opened,
    sited.EntitlementRecorded: _entitlement_recorded,
    sited.EntitlementMet: _entitlement_over,
    sited.EntitlementUnmet: _entitlement_over,
    booked.BookingConfirmed: of_bookings.booking_confirmed,
    booked.BookingHeld: of_bookings.booking_held,
    booked.QuotaAsked: of_bookings.quota_asked,
    booked.BookingWaitlisted: of_bookings.booking_waitlisted,
    booked.BookingRefused: of_bookings.booking_refused,
    booked.BookingCancelledFact: of_bookings.booking_cancelled,
    booked.BookingExpired: of_bookings.booking_expired,
    booked.BookingNoShow: of_bookings.booking_no_show,
    booked.BookingDisplaced: of_bookings.booking_displaced,
    booked.BookingExtended: of_bookings.booking_extended,
    booked.BookingRepriced: of_bookings.booking_repriced,
    booked.OfferMade: of_bookings.offer_made,
    booked.OfferAccepted: of_bookings.offer_accepted,
    booked.OfferDeclined: of_bookings.offer_declined,
    booked.OfferExpired: of_bookings.offer_expired,
    booked.OfferWithdrawn: of_bookings.offer_withdrawn,
    booked.WaitlistClosed: of_bookings.waitlist_closed,
    booked.ChildCheckedIn: of_bookings.child_checked_in,
    booked.ChildCheckedOut: of_bookings.child_checked_out,
    booked.ChildCarriedOver: of_bookings.child_carried_over,
    booked.ChildTurnedAway: of_bookings.child_turned_away,
    booked.ChildUncollected: of_bookings.child_uncollected,
    booked.ChildRestricted: of_bookings.child_restricted,
    booked.ChildHomeRecorded: moves.home_recorded,
    booked.PickupPersonsRecorded: of_bookings.pickup_persons_recorded,
    TaskOpened: _task_opened,
    TaskClosed: _task_closed,
    CaseStuck: _case_stuck,
}
