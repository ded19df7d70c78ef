"""Childcare as the auditor sees it: bookings hold one seat of a session; questions between areas, entitlements, nursery visits are due.

A booking over several adjacent sessions is counted in the first of them, where it also ends. A human who ends the task about a child
still there leaves a booking without owner until the agents ask again: that is an alarm, and meant to be one.
"""

from schemas.childcare_facts import (
    BookingCancelledFact,
    BookingConfirmed,
    BookingDisplaced,
    BookingExpired,
    BookingExtended,
    BookingHeld,
    BookingNoShow,
    BookingRefused,
    BookingRepriced,
    BookingWaitlisted,
    ChildCarriedOver,
    ChildCheckedIn,
    ChildCheckedOut,
    ChildHomeRecorded,
    ChildRestricted,
    ChildTurnedAway,
    ChildUncollected,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
    OfferWithdrawn,
    PickupPersonsRecorded,
    QuotaAsked,
    WaitlistClosed,
)
from schemas.childcare_site_facts import (
    AccountAsked,
    AccountCounted,
    AccountDeferred,
    AccountHanded,
    AccountOpened,
    EntitlementMet,
    EntitlementRecorded,
    EntitlementUnmet,
    IncidentRecorded,
    InspectionOverdue,
    InspectionRecorded,
    PolicyApplied,
    QuotaDenied,
    QuotaOverdue,
    QuotaReserved,
    QuotaSettled,
    QuotaSettlementAsked,
    RatioBreached,
    SessionClosed,
    SessionPublished,
    SessionUnderstaffed,
    SiteClosureRecorded,
    SiteListed,
    SiteReopeningRecorded,
    StaffingRecorded,
)
from streams.auditor.table import CaseKind, CaseRow, FlagRow, Places, PoolRow, Step, Table

BOOKING = "booking"
QUOTA_REQUEST = "quota_request"
ENTITLEMENT = "entitlement"
INSPECTION = "inspection"
SESSION = ("session_id",)


def _placed(deadline: str) -> tuple[CaseRow]:
    return (CaseRow(BOOKING, "booking_id", Step.OPENS, {"case": deadline}, places=Places.HOLD, pool=SESSION),)


def _goes_on(deadline: str, places: Places | None = None) -> tuple[CaseRow]:
    return (CaseRow(BOOKING, "booking_id", Step.GOES_ON, {"case": deadline}, places=places),)


ENDS = (CaseRow(BOOKING, "booking_id", Step.ENDS, places=Places.FREE),)
"""What it held, if it held anything, is free again: of a waiting booking there was nothing."""
GONE = CaseRow(BOOKING, "booking_id", Step.ENDS, places=Places.SETTLE)
VISITED = (CaseRow(INSPECTION, "site_id", Step.OPENS, {"inspect": "next_due_ms"}),)

TABLE = Table(
    domain="childcare",
    kinds=(CaseKind(BOOKING), CaseKind(QUOTA_REQUEST), CaseKind(ENTITLEMENT), CaseKind(INSPECTION)),
    rows={
        SessionPublished: (PoolRow(SESSION, "seats", deadline=("close", "closes_ms")),),
        SessionUnderstaffed: (FlagRow(SESSION),),
        BookingConfirmed: _placed("no_show_ms"),
        BookingHeld: _placed("expires_ms"),
        QuotaAsked: _placed("answer_by_ms"),
        OfferMade: _placed("expires_ms"),
        BookingWaitlisted: (CaseRow(BOOKING, "booking_id", Step.OPENS, {"case": "closes_ms"}, remembers=("closes_ms",)),),
        OfferWithdrawn: _goes_on("closes_ms", Places.FREE),
        BookingDisplaced: (
            CaseRow(
                BOOKING,
                "booking_id",
                Step.GOES_ON,
                clears=("case",),
                places=Places.FREE,
                ends_if=lambda _, fact: fact["offer_id"] is None,
            ),
        ),
        BookingCancelledFact: ENDS,
        BookingExpired: ENDS,
        BookingNoShow: ENDS,
        OfferDeclined: ENDS,
        OfferExpired: ENDS,
        WaitlistClosed: ENDS,
        ChildTurnedAway: ENDS,
        ChildCheckedIn: _goes_on("late_ms", Places.USE),
        ChildUncollected: _goes_on("next_ms"),
        BookingExtended: _goes_on("late_ms"),
        ChildCheckedOut: (GONE,),
        ChildCarriedOver: (GONE, CaseRow(BOOKING, "next_booking_id", Step.GOES_ON, {"case": "late_ms"}, places=Places.USE)),
        QuotaReserved: (CaseRow(QUOTA_REQUEST, "request_id", Step.OPENS, {"quota": "settle_by_ms"}),),
        QuotaOverdue: (CaseRow(QUOTA_REQUEST, "request_id", Step.GOES_ON, {"quota": "next_ms"}),),
        QuotaSettled: (CaseRow(QUOTA_REQUEST, "request_id", Step.ENDS),),
        EntitlementRecorded: (CaseRow(ENTITLEMENT, "entitlement_id", Step.OPENS, {"owed": "due_ms"}),),
        EntitlementMet: (CaseRow(ENTITLEMENT, "entitlement_id", Step.ENDS),),
        EntitlementUnmet: (CaseRow(ENTITLEMENT, "entitlement_id", Step.ENDS),),
        InspectionRecorded: VISITED,
        InspectionOverdue: VISITED,
    },
    silent=frozenset(
        {
            SiteListed, StaffingRecorded, RatioBreached, SessionClosed, SiteClosureRecorded, SiteReopeningRecorded, IncidentRecorded,
            BookingRefused, BookingRepriced, OfferAccepted, ChildRestricted, ChildHomeRecorded, PickupPersonsRecorded, PolicyApplied,
            QuotaDenied, QuotaSettlementAsked, AccountAsked, AccountDeferred, AccountHanded, AccountCounted, AccountOpened,
        }
    ),
)  # fmt: skip
