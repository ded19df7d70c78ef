"""Meals as the auditor sees them: orders hold portions of a meal of a date at a provider, standing orders have a next run."""

from schemas.meals_facts import (
    DeliveryAttempted,
    KitchenCounted,
    OrderAssigned,
    OrderCancelledFact,
    OrderClosed,
    OrderDelivered,
    OrderReassigned,
    OrderRefused,
    OrderUnplaced,
    ProviderClosureRecorded,
    ProviderListed,
    ProviderReopeningRecorded,
    SlotOvercommitted,
    SlotPublished,
    StandingOrderPausedFact,
    StandingOrderRecorded,
    StandingOrderRun,
    StandingOrderStoppedFact,
    WelfareCheckDue,
)
from schemas.meals_neighbour_facts import (
    GuestAssigned,
    GuestClosed,
    GuestMoved,
    GuestRefused,
    GuestReleased,
    OrderAskedElsewhere,
    OrderNowhere,
    OrderPlacedElsewhere,
    RequestWithdrawn,
)
from streams.auditor.table import CaseKind, CaseRow, Data, FlagRow, Places, PoolRow, Step, Table

ORDER = "order"
STANDING = "standing_order"
GUEST = "guest"
"""Portions held here for another area's order."""
SLOT = ("provider_id", "date", "meal")

HELD = CaseRow(
    ORDER, "order_id", Step.OPENS, remembers=("closes_ms",), clears=("end", "ask"), places=Places.HOLD, pool=SLOT, amount="portions"
)
"""While a kitchen has the order, the slot's own end is the order's deadline."""

ATTEMPT = {"end": "closes_ms", "try": "report_by_ms"}


def _cooked_here(fact: Data) -> bool:
    return fact["lent_by"] is None


def _cooked_elsewhere(fact: Data) -> bool:
    return fact["lent_by"] is not None


TABLE = Table(
    domain="meals",
    kinds=(CaseKind(ORDER), CaseKind(STANDING), CaseKind(GUEST)),
    rows={
        SlotPublished: (PoolRow(SLOT, "capacity", deadline=("close", "closes_ms")),),
        SlotOvercommitted: (FlagRow(SLOT),),
        OrderAssigned: (HELD,),
        OrderReassigned: (HELD,),
        OrderUnplaced: (CaseRow(ORDER, "order_id", Step.GOES_ON, {"end": "closes_ms"}, remembers=("closes_ms",), places=Places.FREE),),
        OrderAskedElsewhere: (
            CaseRow(ORDER, "order_id", Step.OPENS, {"ask": "answer_by_ms"}, remembers=("closes_ms",), clears=("end",), places=Places.FREE),
        ),
        OrderPlacedElsewhere: (
            CaseRow(ORDER, "order_id", Step.GOES_ON, {"end": "closes_ms"}, remembers=("closes_ms",), clears=("ask",), places=Places.FREE),
        ),
        OrderNowhere: (
            CaseRow(ORDER, "order_id", Step.GOES_ON, {"end": "closes_ms"}, remembers=("closes_ms",), clears=("ask",), places=Places.FREE),
        ),
        GuestAssigned: (CaseRow(GUEST, "guest_id", Step.OPENS, places=Places.HOLD, pool=SLOT, amount="portions"),),
        GuestMoved: (CaseRow(GUEST, "guest_id", Step.GOES_ON, places=Places.HOLD, pool=SLOT, amount="portions"),),
        GuestReleased: (CaseRow(GUEST, "guest_id", Step.ENDS, places=Places.FREE, pool=SLOT),),
        GuestClosed: (CaseRow(GUEST, "guest_id", Step.ENDS, places=Places.SETTLE, pool=SLOT),),
        DeliveryAttempted: (
            CaseRow(ORDER, "order_id", Step.GOES_ON, ATTEMPT, places=Places.USE, only_if=_cooked_here),
            CaseRow(ORDER, "order_id", Step.GOES_ON, ATTEMPT, only_if=_cooked_elsewhere),
        ),
        WelfareCheckDue: (CaseRow(ORDER, "order_id", Step.GOES_ON, clears=("try",)),),
        OrderCancelledFact: (CaseRow(ORDER, "order_id", Step.ENDS, places=Places.FREE, pool=SLOT),),
        OrderDelivered: (
            CaseRow(ORDER, "order_id", Step.ENDS, places=Places.USE, only_if=_cooked_here),
            CaseRow(ORDER, "order_id", Step.ENDS, only_if=_cooked_elsewhere),
        ),
        OrderClosed: (CaseRow(ORDER, "order_id", Step.ENDS, places=Places.SETTLE),),
        StandingOrderRecorded: (CaseRow(STANDING, "standing_order_id", Step.OPENS, {"run": "next_run_ms"}, remembers=("next_date",)),),
        StandingOrderRun: (
            CaseRow(
                STANDING,
                "standing_order_id",
                Step.GOES_ON,
                {"run": "next_run_ms"},
                remembers=("next_date",),
                ends_if=lambda _, fact: fact["next_date"] is None or fact["next_run_ms"] is None,
            ),
        ),
        StandingOrderStoppedFact: (
            CaseRow(
                STANDING, "standing_order_id", Step.GOES_ON, ends_if=lambda known, fact: str(known["next_date"]) >= str(fact["from_date"])
            ),
        ),
    },
    silent=frozenset(
        {
            ProviderListed,
            ProviderClosureRecorded,
            ProviderReopeningRecorded,
            OrderRefused,
            KitchenCounted,
            StandingOrderPausedFact,
            GuestRefused,
            RequestWithdrawn,
        }
    ),
)
