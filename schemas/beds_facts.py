"""The facts of beds: what the beds agent decided, in the past tense.

A fact carries all that ``evolve``, the projector and every other reader need, so none of them looks anything up. Dates are
``YYYY-MM-DD`` in Shanghai, instants milliseconds since the epoch, distances metres.

A **sort key** is ``key``: the values of the order (B-R9) as they were at that instant, smaller is earlier in each place of
``order`` (the policy's criteria): ``emergency`` 0 approved / 1 not; ``priority_class`` its rank from 0; ``level`` and ``score`` negated
(score with the waiting bonus); ``eligible_date`` as a proleptic day number. Equal keys go by ``tie``: lower-case hex of
sha256("<seed>:<application_id>") cut to 32 digits once the draw's seed is revealed, before that ``~`` and the arrival number
in 12 digits. Tuples of (key, tie, application_id) compare as Python or PostgreSQL rows do.
"""

from schemas.facts import Fact


class FacilityListed(Fact, fact="beds.facility.listed.v1"):
    """The directory entry in force from now on."""

    facility_id: str
    name: str
    lat: float
    lon: float
    street: str


class InventoryReported(Fact, fact="beds.inventory.reported.v1"):
    """The facility spoke: its data is fresh until ``stale_at_ms``. ``unchanged`` beds are as they were, now by this version."""

    facility_id: str
    version: int
    unchanged: tuple[str, ...]
    stale_at_ms: int


class FacilitySilent(Fact, fact="beds.facility.silent.v1"):
    """No publication for longer than the policy allows: its free beds are offered to nobody until it speaks (C07)."""

    facility_id: str
    since_ms: int


class BedListed(Fact, fact="beds.bed.listed.v1"):
    """A publication changed what is known of a bed. ``state`` is ours from now on, ``from_state`` what it was (None: a new bed).

    ``cause`` is ``new``, ``published``, or ``occupied_outside_pool`` when a bed of the pool was filled without an offer.
    """

    facility_id: str
    bed_id: str
    version: int
    bed_type: str
    sex: str
    pool: str
    published: str
    from_state: str | None
    state: str
    cause: str


class BedConflicted(Fact, fact="beds.bed.conflicted.v1"):
    """The facility says something that our promise or resident contradicts. Ours stands; a human owns it; nobody is dropped.

    When the promise ends the bed becomes what was ``published``.
    """

    facility_id: str
    bed_id: str
    ours: str
    published: str
    application_id: str | None


class BedReconciled(Fact, fact="beds.bed.reconciled.v1"):
    """The facility's word and our state agree again."""

    facility_id: str
    bed_id: str
    state: str


class PoolBelowQuota(Fact, fact="beds.pool.below_quota.v1"):
    """District and city hold less than the policy's share of the basic beds (B-R2). Counts of beds not closed."""

    pooled: int
    basic: int
    percent_min: int


class PoolQuotaMet(Fact, fact="beds.pool.quota_met.v1"):
    """The share is reached again."""

    pooled: int
    basic: int
    percent_min: int


class ApplicationQueued(Fact, fact="beds.application.queued.v1"):
    """Eligible and in line. Carries the whole application. ``bed_types`` are the wished ones the person is eligible for,
    ``wished`` all of them. ``rank`` is the best over its types, ``ahead`` = rank - 1 by class in the line of ``rank_type``."""

    application_id: str
    rank: int
    ahead: int
    rank_type: str
    ahead_by_class: dict[str, int]
    person_id: str
    lat: float
    lon: float
    street: str
    sex: str
    level: int
    score: int
    assessed_date: str
    assessment_until_ms: int
    categories: tuple[str, ...]
    priority_class: str
    bed_types: tuple[str, ...]
    wished: tuple[str, ...]
    choices: tuple[str, ...]
    within_m: int | None
    stay_days: int | None
    eligible_date: str
    draw_id: str | None
    arrival: int
    order: tuple[str, ...]
    key: tuple[int, ...]
    tie: str
    stay_from: str | None = None


class ApplicationRefused(Fact, fact="beds.application.refused.v1"):
    """Not eligible; final for this application id (I05)."""

    application_id: str
    person_id: str
    reason: str


class ApplicationReassessedFact(Fact, fact="beds.application.reassessed.v1"):
    """A new assessment in force; the eligible date is kept. ``requeued`` when it had left the line for want of one."""

    application_id: str
    person_id: str
    level: int
    score: int
    assessed_date: str
    assessment_until_ms: int
    categories: tuple[str, ...]
    priority_class: str
    bed_types: tuple[str, ...]
    wished: tuple[str, ...]
    requeued: bool
    key: tuple[int, ...]
    tie: str


class ReassessmentDue(Fact, fact="beds.application.reassessment_due.v1"):
    """The assessment is no longer valid: no offers until a new one comes; the eligible date is kept, a human owns it."""

    application_id: str
    person_id: str
    assessed_date: str


class PriorityApprovedFact(Fact, fact="beds.application.approved.v1"):
    """Emergency approval: first in order."""

    application_id: str
    person_id: str
    approver: str
    reason: str
    key: tuple[int, ...]


class ApplicationSuspended(Fact, fact="beds.application.suspended.v1"):
    """No offers until ``until_ms``, then in line again with the date kept. ``cause`` is ``refusals``, ``own_wish`` or ``stay_start``
    (a stay whose first day is far)."""

    application_id: str
    person_id: str
    cause: str
    refusals: int
    until_ms: int


class ApplicationResumedFact(Fact, fact="beds.application.resumed.v1"):
    """In line again. ``cause`` is ``time``, ``own_wish`` or ``override``."""

    application_id: str
    person_id: str
    cause: str


class ExclusionEnded(Fact, fact="beds.application.exclusion_ended.v1"):
    """These facilities may be offered to the applicant again."""

    application_id: str
    facility_ids: tuple[str, ...]


class ApplicationEnded(Fact, fact="beds.application.ended.v1"):
    """Out of line for good, without a bed. ``state`` is ``withdrawn``, ``deceased`` or ``ineligible``; ``reason`` a code."""

    application_id: str
    person_id: str
    state: str
    reason: str | None


class OfferMade(Fact, fact="beds.offer.made.v1"):
    """The bed is held for this applicant until ``expires_at_ms`` (exclusive): first in the order among the suitable at this prefix.

    ``order``, ``key`` and ``tie`` are what put them first; ``next_*`` of who came next among the suitable, if anybody did.
    ``inventory_version`` is the bed's (C08). ``provisional`` while the working-day calendar of a year it crosses is not known.
    ``lane`` is ``own_street`` when a street's bed went to its own resident (B-R2), ``override`` when an operator gave it out of
    order (``override_reason``; then ``next_*`` is who would have got it), else ``pool``.
    """

    offer_id: str
    application_id: str
    person_id: str
    facility_id: str
    bed_id: str
    expires_at_ms: int
    provisional: bool
    bed_type: str
    bed_sex: str
    pool: str
    lane: str
    inventory_version: int
    distance_m: int
    order: tuple[str, ...]
    key: tuple[int, ...]
    tie: str
    next_application_id: str | None
    next_key: tuple[int, ...] | None
    next_tie: str | None
    waiting: int
    override_reason: str | None = None


class OfferDeadlineMoved(Fact, fact="beds.offer.deadline_moved.v1"):
    """The calendar of a year came that a provisional deadline crossed."""

    offer_id: str
    application_id: str
    expires_at_ms: int
    provisional: bool


class OfferExpired(Fact, fact="beds.offer.expired.v1"):
    """Not answered in time. ``counted`` says whether it counts as an unreasonable refusal; ``excluded_until_ms`` when this
    facility may be offered to them again."""

    offer_id: str
    application_id: str
    person_id: str
    facility_id: str
    bed_id: str
    counted: bool
    refusals: int
    excluded_until_ms: int | None


class OfferAcceptedFact(Fact, fact="beds.offer.accepted.v1"):
    """The bed is reserved; the person moves in before ``admit_by_ms``."""

    offer_id: str
    application_id: str
    person_id: str
    facility_id: str
    bed_id: str
    admit_by_ms: int


class OfferDeclinedFact(Fact, fact="beds.offer.declined.v1"):
    """``by`` is ``applicant`` or ``facility``. A facility's refusal never counts (W02). ``excluded_until_ms`` None: for good."""

    offer_id: str
    application_id: str
    person_id: str
    facility_id: str
    bed_id: str
    by: str
    reason: str | None
    counted: bool
    refusals: int
    excluded_until_ms: int | None


class AdmissionMissed(Fact, fact="beds.admission.missed.v1"):
    """Accepted, but not admitted in time: the bed goes on."""

    offer_id: str
    application_id: str
    person_id: str
    facility_id: str
    bed_id: str
    counted: bool
    refusals: int
    excluded_until_ms: int | None


class BedReleased(Fact, fact="beds.bed.released.v1"):
    """A promise ended without an admission: the bed becomes ``state`` (free, or what the facility last said).

    ``cause`` is ``declined``, ``facility_declined``, ``expired``, ``not_admitted``, ``withdrawn``, ``deceased``, ``ineligible``,
    ``overridden``, ``stay_over`` (the last day of the wished stay has come).
    """

    facility_id: str
    bed_id: str
    offer_id: str
    application_id: str
    cause: str
    state: str


class AdmissionRecorded(Fact, fact="beds.admission.recorded.v1"):
    """The bed is occupied. ``cause`` is ``offer``, ``transfer`` or ``outside_pool`` (then nobody of ours). A respite stay ends at
    ``until_ms``."""

    facility_id: str
    bed_id: str
    application_id: str | None
    person_id: str | None
    offer_id: str | None
    bed_type: str
    pool: str
    cause: str
    sex: str | None
    waited_days: int | None
    until_ms: int | None
    extensions: int = 0


class BedVacatedFact(Fact, fact="beds.bed.vacated.v1"):
    """The resident left. ``cleaning_at_ms``: when it counts as being cleaned. ``reason``: the facility's code, ``transfer``,
    ``moved``, ``deceased``."""

    facility_id: str
    bed_id: str
    application_id: str | None
    person_id: str | None
    reason: str | None
    cleaning_at_ms: int


class BedCleaning(Fact, fact="beds.bed.cleaning.v1"):
    """Being cleaned; expected ready by ``ready_by_ms``."""

    facility_id: str
    bed_id: str
    ready_by_ms: int


class BedFreed(Fact, fact="beds.bed.freed.v1"):
    """Ready for the next person."""

    facility_id: str
    bed_id: str


class LeaveStartedFact(Fact, fact="beds.leave.started.v1"):
    """In hospital; the bed stays theirs. A human looks at ``hold_until_ms``."""

    facility_id: str
    bed_id: str
    application_id: str
    person_id: str
    hold_until_ms: int


class LeaveEndedFact(Fact, fact="beds.leave.ended.v1"):
    """Back in their bed."""

    facility_id: str
    bed_id: str
    application_id: str
    person_id: str


class BedOverdue(Fact, fact="beds.bed.overdue.v1"):
    """Something expected of this bed did not come: ``kind`` is ``leave`` (the bed is held longer than policy says), ``stay`` (a
    respite stay is over) or ``cleaning``. Nothing is taken from anybody: a human owns it."""

    facility_id: str
    bed_id: str
    application_id: str | None
    kind: str
