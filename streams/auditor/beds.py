"""Beds as the auditor sees them: applications with the one instant their state has, and beds as pools of one place that is there while
the bed may be promised. An offer on a bed somebody lies in, or a second one on a held bed, is more than there is.

Not here: when a refused home may be offered again, and when a silent home's word grew old. Nobody is left lying by either.
"""

from schemas.beds_facts import (
    AdmissionMissed,
    AdmissionRecorded,
    ApplicationEnded,
    ApplicationQueued,
    ApplicationReassessedFact,
    ApplicationRefused,
    ApplicationResumedFact,
    ApplicationSuspended,
    BedCleaning,
    BedConflicted,
    BedFreed,
    BedListed,
    BedOverdue,
    BedReconciled,
    BedReleased,
    BedVacatedFact,
    ExclusionEnded,
    FacilityListed,
    FacilitySilent,
    InventoryReported,
    LeaveEndedFact,
    LeaveStartedFact,
    OfferAcceptedFact,
    OfferDeadlineMoved,
    OfferDeclinedFact,
    OfferExpired,
    OfferMade,
    PoolBelowQuota,
    PoolQuotaMet,
    PriorityApprovedFact,
    ReassessmentDue,
)
from schemas.beds_stay_facts import AllocationOverriddenFact, OfferWithdrawn, StayEnding, StayExtended
from streams.auditor.table import CaseKind, CaseRow, Places, PoolRow, Row, Step, Table

APPLICATION, TURNOVER, LEAVE, STAY = "application", "turnover", "leave", "stay"
BED = ("facility_id", "bed_id")
REMIND_MS = 30 * 86_400_000
"""An assessment that is still missing when its task is closed is asked for again after so long [O]."""
STAY_GRACE_S = 31 * 86_400.0
"""Policy lets a respite stay run over by up to thirty days before somebody asks."""
PROMISABLE = ("free", "held", "reserved")

ASSESS = {"assess": "assessment_until_ms"}
KNOWN = ("assessment_until_ms",)


def _there(state: str | None) -> PoolRow:
    """The bed may be promised or not: always by the fact (None), or by the state the fact names."""
    if state is None:
        return PoolRow(BED, None)
    return PoolRow(BED, None, gone_if=lambda data: data["state"] not in PROMISABLE)


GONE = PoolRow(BED, None, gone_if=lambda _: True)
"""The bed is not to be promised: somebody lies in it, or has just left it."""


def _ends(*kinds: str) -> tuple[Row, ...]:
    """Nothing more is awaited of the bed."""
    return tuple(CaseRow(kind, BED, Step.ENDS) for kind in kinds)


TABLE = Table(
    domain="beds",
    kinds=(CaseKind(APPLICATION, again=("assess", REMIND_MS)), CaseKind(TURNOVER), CaseKind(LEAVE), CaseKind(STAY, STAY_GRACE_S)),
    rows={
        ApplicationQueued: (CaseRow(APPLICATION, "application_id", Step.OPENS, ASSESS, remembers=KNOWN),),
        ApplicationReassessedFact: (
            CaseRow(APPLICATION, "application_id", Step.GOES_ON, ASSESS, remembers=KNOWN, unless=("offer", "admit", "resume")),
        ),
        ReassessmentDue: (CaseRow(APPLICATION, "application_id", Step.GOES_ON, clears=("assess",)),),
        ApplicationSuspended: (CaseRow(APPLICATION, "application_id", Step.GOES_ON, {"resume": "until_ms"}, clears=("assess",)),),
        ApplicationResumedFact: (CaseRow(APPLICATION, "application_id", Step.GOES_ON, ASSESS, clears=("resume",)),),
        ApplicationEnded: (CaseRow(APPLICATION, "application_id", Step.ENDS),),
        OfferMade: (
            CaseRow(
                APPLICATION, "application_id", Step.GOES_ON, {"offer": "expires_at_ms"}, clears=("assess",), places=Places.HOLD, pool=BED
            ),
        ),
        OfferDeadlineMoved: (CaseRow(APPLICATION, "application_id", Step.GOES_ON, {"offer": "expires_at_ms"}),),
        OfferAcceptedFact: (CaseRow(APPLICATION, "application_id", Step.GOES_ON, {"admit": "admit_by_ms"}, clears=("offer",)),),
        BedReleased: (
            CaseRow(
                APPLICATION, "application_id", Step.GOES_ON, ASSESS, clears=("offer", "admit"), places=Places.FREE, pool=BED
            ),
            _there("by state"),
        ),
        AdmissionRecorded: (
            CaseRow(
                APPLICATION, "application_id", Step.ENDS, places=Places.FREE, pool=BED, only_if=lambda data: data["cause"] == "offer"
            ),
            GONE,
            CaseRow(
                STAY, BED, Step.OPENS, {"stay": "until_ms"},
                only_if=lambda data: data["until_ms"] is not None and data["application_id"] is not None,
            ),
        ),
        BedListed: (
            CaseRow(TURNOVER, BED, Step.ENDS, only_if=lambda data: data["from_state"] != data["state"]),
            _there("by state"),
        ),
        BedVacatedFact: (GONE, *_ends(LEAVE, STAY), CaseRow(TURNOVER, BED, Step.OPENS, {"clean": "cleaning_at_ms"})),
        BedCleaning: (CaseRow(TURNOVER, BED, Step.GOES_ON, {"clean": "ready_by_ms"}),),
        BedFreed: (_there(None), *_ends(TURNOVER)),
        LeaveStartedFact: (CaseRow(LEAVE, BED, Step.OPENS, {"leave": "hold_until_ms"}),),
        LeaveEndedFact: _ends(LEAVE),
        StayExtended: (CaseRow(STAY, BED, Step.GOES_ON, {"stay": "until_ms"}),),
        BedOverdue: (
            # A human has it now, by a task about the resident or the home.
            CaseRow(TURNOVER, BED, Step.ENDS, only_if=lambda data: data["kind"] == "cleaning"),
            CaseRow(LEAVE, BED, Step.ENDS, only_if=lambda data: data["kind"] == "leave"),
            CaseRow(STAY, BED, Step.ENDS, only_if=lambda data: data["kind"] == "stay"),
        ),
    },
    silent=frozenset(
        {
            FacilityListed, FacilitySilent, InventoryReported, BedConflicted, BedReconciled, PoolBelowQuota, PoolQuotaMet,
            ApplicationRefused, PriorityApprovedFact, ExclusionEnded, OfferExpired, OfferDeclinedFact, AdmissionMissed,
            AllocationOverriddenFact, OfferWithdrawn, StayEnding,
        }
    ),
)  # fmt: skip
