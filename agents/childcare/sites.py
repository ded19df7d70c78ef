"""Sites: what they publish, who is there, closures, and the lines of their file (一机构一档案)."""

from datetime import date, timedelta

from agents.childcare.place import Ground
from agents.childcare.quota import open_task
from agents.childcare.seating import present
from agents.childcare.state import ChildcareState, Session
from agents.core import Verdict, accept, refuse
from agents.shared.calendar import DAY_MS, day_of
from agents.shared.explanation import because, skipped
from schemas.childcare import (
    SessionOffered,
    SessionsPublished,
    SessionsPublishedEvent,
    SiteClosedEvent,
    SiteRegisteredEvent,
    SiteReopenedEvent,
    StaffingReportedEvent,
)
from schemas.childcare_duties import IncidentReportedEvent, SiteInspectedEvent
from schemas.childcare_reasons import ChildcareReason
from schemas.childcare_site_facts import (
    IncidentRecorded,
    InspectionOverdue,
    InspectionRecorded,
    PolicyApplied,
    RatioBreached,
    SessionClosed,
    SessionPublished,
    SessionUnderstaffed,
    SiteClosureRecorded,
    SiteListed,
    SiteReopeningRecorded,
    StaffingRecorded,
)
from schemas.decisions import CoreReason, Reasoned
from schemas.facts import Fact, TaskKind


def registered(state: ChildcareState, event: SiteRegisteredEvent, now_ms: int) -> Verdict:
    """A directory entry; a later one replaces it whole. The first one starts the monthly inspection."""
    data = event.data
    site = state.sites.get(data.site_id)
    due_ms = None if site is not None and site.listed else now_ms + state.policies.at(now_ms).inspection_days * DAY_MS
    return accept(
        SiteListed(
            site_id=data.site_id,
            name=data.name,
            kind=data.kind.value,
            lat=data.position.lat,
            lon=data.position.lon,
            street=data.street,
            inspection_due_ms=due_ms,
        )
    )


def published(state: ChildcareState, event: SessionsPublishedEvent, now_ms: int) -> Verdict:
    """For each session the highest version wins in any arrival order (C06, I09); a site not registered yet is kept for later."""
    data = event.data
    facts: list[Fact] = []
    left_out: list[dict[str, object]] = []
    taken: set[str] = set()
    last_day = day_of(now_ms) + timedelta(days=state.policies.at(now_ms).publish_days_ahead_max)
    for offered in data.sessions:
        fact = _session(state, data, offered, last_day, now_ms)
        if isinstance(fact, str) or offered.session_id in taken:
            rule = fact if isinstance(fact, str) else CoreReason.STALE_VERSION.value
            left_out.append({"session_id": offered.session_id, "rule": rule})
            continue
        taken.add(offered.session_id)
        facts.append(fact)
        session = state.sessions.get(offered.session_id)
        if session is not None:
            facts += _understaffed(session, fact.seats, session.staff if session.reported is not None else fact.staff, fact.care_limit)
    why = skipped(left_out) if left_out else None
    return accept(*facts, why=why) if facts else refuse(str(left_out[0]["rule"]), why)


def _session(
    state: ChildcareState, data: SessionsPublished, offered: SessionOffered, last_day: date, now_ms: int
) -> SessionPublished | str:
    """The fact of one session, or the rule by which it is left out."""
    policy = state.policies.at(now_ms)
    rules = policy.rules(offered.service)
    starts_ms, ends_ms = int(offered.start.timestamp() * 1000), int(offered.end.timestamp() * 1000)
    day = day_of(starts_ms)
    known = state.sessions.get(offered.session_id)
    if rules is None:
        return ChildcareReason.UNKNOWN_SERVICE.value
    if ends_ms <= starts_ms or day_of(ends_ms - 1) != day:
        return ChildcareReason.SESSION_EMPTY.value
    if ends_ms <= now_ms:
        return ChildcareReason.SESSION_PAST.value
    if day > last_day:
        return ChildcareReason.DATE_TOO_FAR.value
    if known is not None:
        same = (known.starts_ms, known.ends_ms, known.mode, known.service) == (starts_ms, ends_ms, offered.mode.value, offered.service)
        if known.site.place_id != data.site_id:
            return ChildcareReason.SESSION_OF_OTHER_SITE.value
        if not known.newer(data.version):
            return CoreReason.STALE_VERSION.value
        if not same and (known.bookings or known.waiting or known.used):
            return ChildcareReason.SESSION_HAS_BOOKINGS.value
    staff = offered.staff if known is None or known.reported is None else known.reported
    return SessionPublished(
        site_id=data.site_id,
        session_id=offered.session_id,
        service=offered.service,
        date=day.isoformat(),
        mode=offered.mode.value,
        starts_ms=starts_ms,
        ends_ms=ends_ms,
        closes_ms=ends_ms + policy.close_after_s * 1000,
        seats=offered.seats if rules.seats_max is None else min(offered.seats, rules.seats_max),
        staff=offered.staff,
        # Who is booked was weighed, or was not: a changed rule takes hold of a session with its next empty publication.
        weighted=rules.care_per_staff > 0 if known is None or not (known.bookings or known.used) else known.weighted,
        care_limit=staff * rules.care_per_staff,
        version=data.version,
    )


def _understaffed(session: Session, seats: int, staff: int, care_limit: int) -> list[Fact]:
    """Said when what is promised or used would be more than that; what follows is work due at once."""
    seats_taken, care_taken = session.held + session.used, session.care.held + session.care.used
    if seats_taken <= seats and (not session.weighted or care_taken <= care_limit):
        return []
    fact = SessionUnderstaffed(
        site_id=session.site.place_id,
        session_id=session.session_id,
        service=session.service,
        date=session.date,
        seats=seats,
        seats_taken=seats_taken,
        staff=staff,
        care_limit=care_limit,
        care_taken=care_taken,
        cause="seats_lowered" if seats_taken > seats else "understaffed",
    )
    return [fact]


def staffing_reported(state: ChildcareState, event: StaffingReportedEvent, now_ms: int) -> Verdict:
    """Who is really there. The latest by the site's clock is in force; a clock that runs ahead counts as now."""
    data = event.data
    session = state.sessions.get(data.session_id)
    if session is None:
        return refuse(ChildcareReason.UNKNOWN_SESSION)
    if session.site.place_id != data.site_id:
        return refuse(ChildcareReason.SESSION_OF_OTHER_SITE)
    if session.closes_ms <= now_ms:
        return refuse(ChildcareReason.SESSION_OVER)
    reported_ms = min(now_ms, int(event.time.timestamp() * 1000))
    if reported_ms < session.reported_ms:
        return refuse(CoreReason.STALE_VERSION, because("older_report", reported_ms=session.reported_ms))
    policy = state.policies.at(now_ms)
    rules = policy.rules(session.service)
    assert rules is not None
    care_limit = data.staff_present * rules.care_per_staff
    facts: list[Fact] = [
        StaffingRecorded(
            site_id=data.site_id,
            session_id=data.session_id,
            staff_present=data.staff_present,
            care_limit=care_limit,
            reported_ms=reported_ms,
        )
    ]
    facts += _understaffed(session, session.total, data.staff_present, care_limit)
    facts += _breached(Ground(state, policy, rules, now_ms), session, data.staff_present, care_limit)
    return accept(*facts)


def _breached(ground: Ground, session: Session, staff: int, care_limit: int) -> list[Fact]:
    """More children are in the room than the staff may care for: nobody is sent home by a machine, a human is called."""
    children, inside = present(session)
    if not session.weighted or inside <= care_limit:
        return []
    fact = RatioBreached(
        site_id=session.site.place_id,
        session_id=session.session_id,
        service=session.service,
        date=session.date,
        staff=staff,
        care_limit=care_limit,
        care_present=inside,
        children_present=children,
    )
    task = open_task(session.session_id, TaskKind.OVERCOMMITTED, ground.now_ms, site_id=fact.site_id, reason="ratio_breached")
    return [fact, task]


def closed(_state: ChildcareState, event: SiteClosedEvent, now_ms: int) -> Verdict:
    """Closed from (default: now) until (default: further notice): each session in between is moved or told."""
    data = event.data
    from_ms = now_ms if data.from_ is None else int(data.from_.timestamp() * 1000)
    until_ms = None if data.until is None else int(data.until.timestamp() * 1000)
    if until_ms is not None and until_ms <= max(from_ms, now_ms):
        return refuse(ChildcareReason.WINDOW_EMPTY, because("closure_over", from_ms=from_ms, until_ms=until_ms))
    return accept(SiteClosureRecorded(site_id=data.site_id, from_ms=from_ms, until_ms=until_ms, reason=data.reason))


def reopened(state: ChildcareState, event: SiteReopenedEvent, now_ms: int) -> Verdict:
    """Open again from (default: now) on."""
    data = event.data
    if data.site_id not in state.sites:
        return refuse(ChildcareReason.UNKNOWN_SITE)
    from_ms = now_ms if data.from_ is None else int(data.from_.timestamp() * 1000)
    return accept(SiteReopeningRecorded(site_id=data.site_id, from_ms=from_ms, reason=data.reason))


def session_closed(session: Session) -> tuple[Reasoned, ...]:
    """The session is over: its line in the file."""
    fact = SessionClosed(
        site_id=session.site.place_id,
        session_id=session.session_id,
        service=session.service,
        date=session.date,
        mode=session.mode,
        seats=session.total,
        attended=session.attended,
        no_shows=session.no_shows,
    )
    return (Reasoned(fact, because("session_over")),)


def policy_applied(state: ChildcareState, version: str) -> tuple[Reasoned, ...]:
    """The day of a policy version has come: what follows from the rules in force is looked at now, not when a case is next touched."""
    fact = PolicyApplied(version=version, in_force_from=state.policies.start_of(version))
    return (Reasoned(fact, because("policy_in_force")),)


def incident_reported(state: ChildcareState, event: IncidentReportedEvent, now_ms: int) -> Verdict:
    """A line in the site's file; a serious one calls a human."""
    data = event.data
    if data.site_id not in state.sites:
        return refuse(ChildcareReason.UNKNOWN_SITE)
    if data.incident_id in state.recorded:
        return refuse(ChildcareReason.ALREADY_RECORDED)
    fact = IncidentRecorded(
        incident_id=data.incident_id, site_id=data.site_id, kind=data.kind, severity=data.severity, booking_id=data.booking_id
    )
    if data.severity == "minor":
        return accept(fact)
    return accept(fact, open_task(data.incident_id, TaskKind.SAFEGUARDING, now_ms, site_id=data.site_id, reason=data.kind))


def inspected(state: ChildcareState, event: SiteInspectedEvent, now_ms: int) -> Verdict:
    """Somebody came and looked: the next visit is due a month from now."""
    data = event.data
    site = state.sites.get(data.site_id)
    if site is None or not site.listed:
        return refuse(ChildcareReason.UNKNOWN_SITE)
    if data.inspection_id in state.recorded:
        return refuse(ChildcareReason.ALREADY_RECORDED)
    next_due_ms = now_ms + state.policies.at(now_ms).inspection_days * DAY_MS
    return accept(InspectionRecorded(inspection_id=data.inspection_id, site_id=data.site_id, result=data.result, next_due_ms=next_due_ms))


def inspection_missed(state: ChildcareState, site_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """Nobody came in time: a human is called, and again every period while nobody comes."""
    owed = state.inspections.get(site_id)
    assert owed is not None
    due_ms = state.deadlines.when(owed.key) or now_ms
    next_due_ms = now_ms + state.policies.at(now_ms).inspection_days * DAY_MS
    fact = InspectionOverdue(site_id=site_id, due_ms=due_ms, next_due_ms=next_due_ms)
    return Reasoned(fact, because("inspection_days")), Reasoned(open_task(site_id, TaskKind.INSPECTION_DUE, now_ms))
