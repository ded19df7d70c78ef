"""The facts of childcare beyond one booking: sites and their sessions, the institution file, quotas between areas, entitlements."""

from typing import Any

from schemas.facts import Fact


class SiteListed(Fact, fact="childcare.site.listed.v1"):
    """The directory entry in force from now on. ``inspection_due_ms`` is set by the first listing only."""

    site_id: str
    name: str
    kind: str
    lat: float
    lon: float
    street: str
    inspection_due_ms: int | None


class SessionPublished(Fact, fact="childcare.session.published.v1"):
    """One session of one site by this version; the site may be listed later (I09).

    ``seats`` bounds the number of children, ``care_limit`` (staff x policy's weight a head, hundredths) the sum of their weights;
    0 with ``weighted`` false where the service has no ratio. ``staff`` is the plan; a staffing report goes before it.
    """

    site_id: str
    session_id: str
    service: str
    date: str
    mode: str
    starts_ms: int
    ends_ms: int
    closes_ms: int
    seats: int
    staff: int
    weighted: bool
    care_limit: int
    version: int


class StaffingRecorded(Fact, fact="childcare.staffing.recorded.v1"):
    """Who is really there; ``reported_ms`` is when, by the site's clock but never in the future. The latest is in force."""

    site_id: str
    session_id: str
    staff_present: int
    care_limit: int
    reported_ms: int


class SessionUnderstaffed(Fact, fact="childcare.session.understaffed.v1"):
    """More is promised than seats or staff allow: no new holds; who can still be moved is moved or told, one by one, after this."""

    site_id: str
    session_id: str
    service: str
    date: str
    seats: int
    seats_taken: int
    staff: int
    care_limit: int
    care_taken: int
    cause: str


class RatioBreached(Fact, fact="childcare.ratio.breached.v1"):
    """The children present weigh more than the staff present may care for (C-R4): a line in the institution file."""

    site_id: str
    session_id: str
    service: str
    date: str
    staff: int
    care_limit: int
    care_present: int
    children_present: int


class SessionClosed(Fact, fact="childcare.session.closed.v1"):
    """The session is over: its line in the institution file. A child still there is a case of its own."""

    site_id: str
    session_id: str
    service: str
    date: str
    mode: str
    seats: int
    attended: int
    no_shows: int


class SiteClosureRecorded(Fact, fact="childcare.site.closure_recorded.v1"):
    """Closed from an instant until an instant, or until further notice."""

    site_id: str
    from_ms: int
    until_ms: int | None
    reason: str


class SiteReopeningRecorded(Fact, fact="childcare.site.reopening_recorded.v1"):
    """Every closure ends at this instant."""

    site_id: str
    from_ms: int
    reason: str


class IncidentRecorded(Fact, fact="childcare.incident.recorded.v1"):
    """Something happened at a site; a line in its file."""

    incident_id: str
    site_id: str
    kind: str
    severity: str
    booking_id: str | None


class InspectionRecorded(Fact, fact="childcare.inspection.recorded.v1"):
    """Somebody came and looked; the next visit is due at ``next_due_ms``."""

    inspection_id: str
    site_id: str
    result: str
    next_due_ms: int


class InspectionOverdue(Fact, fact="childcare.inspection.overdue.v1"):
    """Nobody came by ``due_ms``; asked for again at ``next_due_ms``."""

    site_id: str
    due_ms: int
    next_due_ms: int


class QuotaReserved(Fact, fact="childcare.quota.reserved.v1"):
    """The home area's answer: ``units`` of the ``units_asked`` are reserved for this booking elsewhere.

    The reactor sends ``childcare.quota.answered.v1`` with id ``answer_id`` to ``asking_area``. Unsettled by ``settle_by_ms`` it goes before
    a human; it is never free again by itself.
    """

    request_id: str
    answer_id: str
    booking_id: str
    child_id: str
    family_id: str
    service: str
    quota_holder: str
    quota_year: int
    units_asked: int
    units: int
    granted: int
    quota_left: int | None
    asking_area: str
    home_area: str
    settle_by_ms: int


class QuotaDenied(Fact, fact="childcare.quota.denied.v1"):
    """The home area's answer: no free unit, for this reason. Sent back as ``QuotaReserved`` is."""

    request_id: str
    answer_id: str
    booking_id: str
    child_id: str
    family_id: str
    service: str
    quota_year: int
    units_asked: int
    quota_left: int | None
    asking_area: str
    home_area: str
    reason: str


class QuotaSettlementAsked(Fact, fact="childcare.quota.settlement_asked.v1"):
    """The booking's use of another area's quota is decided: ``result`` is ``consumed`` or ``returned``.

    The reactor sends ``childcare.quota.settle_requested.v1`` with id ``settlement_id`` to ``home_area``.
    """

    request_id: str
    settlement_id: str
    booking_id: str
    child_id: str
    service: str
    home_area: str
    asking_area: str
    result: str


class QuotaSettled(Fact, fact="childcare.quota.settled.v1"):
    """The home area's books follow. ``units`` 0: the settlement came before the question, which will be denied."""

    request_id: str
    booking_id: str | None
    result: str
    units: int


class QuotaOverdue(Fact, fact="childcare.quota.overdue.v1"):
    """The asking area has not said what became of a reservation; a human asks it. The units stay reserved; again at ``next_ms``."""

    request_id: str
    booking_id: str
    asking_area: str
    next_ms: int


class AccountAsked(Fact, fact="childcare.account.asked.v1"):
    """A child came to live here (or another area asks for what was handed on): its account is asked of the area that should keep it.

    The reactor sends ``childcare.account.requested.v1`` to ``home_area``. Nothing is free here until it answers; from ``answer_by_ms`` on a
    human looks into it, None when the child does not live here. ``held``: the account is here, and only what was counted is asked for.
    """

    request_id: str
    child_id: str
    version: int
    held: bool
    home_area: str
    asking_area: str
    answer_by_ms: int | None


class AccountDeferred(Fact, fact="childcare.account.deferred.v1"):
    """Another area asks for an account that is not here: it is handed on when it comes."""

    request_id: str
    child_id: str
    version: int
    asking_area: str


class AccountHanded(Fact, fact="childcare.account.handed.v1"):
    """The account goes to ``asking_area``, with what was ``counted`` (`AccountLine`); nothing is free here for the child from now on.

    ``uncounted``: areas that were asked what they had counted and have not answered; whoever is handed the account asks them. The reactor
    sends ``childcare.account.answered.v1`` with id ``answer_id``.
    """

    request_id: str
    answer_id: str
    child_id: str
    version: int
    counted: tuple[dict[str, Any], ...]
    uncounted: tuple[str, ...] = ()
    asking_area: str
    home_area: str


class AccountCounted(Fact, fact="childcare.account.counted.v1"):
    """An area that keeps the account asks what was counted here, and was overtaken: it is told, and the account stays where it is.

    The reactor sends ``childcare.account.answered.v1`` with id ``answer_id``.
    """

    request_id: str
    answer_id: str
    child_id: str
    version: int
    counted: tuple[dict[str, Any], ...]
    uncounted: tuple[str, ...]
    asking_area: str
    home_area: str


class AccountOpened(Fact, fact="childcare.account.opened.v1"):
    """The account of a child that moved: what others ``counted`` is not free here any more, the rest is.

    ``request_id`` None: it began here, as a late word of the register says. ``uncounted``: areas still to be asked, each of which may have
    counted something; nothing is free here until they have answered.
    """

    request_id: str | None
    child_id: str
    home_area: str
    counted: tuple[dict[str, Any], ...]
    uncounted: tuple[str, ...] = ()


class EntitlementRecorded(Fact, fact="childcare.entitlement.recorded.v1"):
    """This family or child is to have ``sessions`` of the service in ``year``; looked at when ``due_ms`` comes (S09)."""

    entitlement_id: str
    service: str
    holder_id: str
    year: int
    sessions: int
    due_ms: int


class EntitlementMet(Fact, fact="childcare.entitlement.met.v1"):
    """When due it had been given: ``had`` sessions in the year."""

    entitlement_id: str
    service: str
    holder_id: str
    year: int
    sessions: int
    had: int


class EntitlementUnmet(Fact, fact="childcare.entitlement.unmet.v1"):
    """When due, only ``had`` of ``sessions`` had been given: a human owns it now."""

    entitlement_id: str
    service: str
    holder_id: str
    year: int
    sessions: int
    had: int


class PolicyApplied(Fact, fact="childcare.policy.applied.v1"):
    """A version of the policy ``childcare`` has come into force: every session was looked at again by it, in this decision."""

    version: str
    in_force_from: str
