"""Emergency as the auditor sees it: whatever is awaited in an incident is a case of its own, and a responder is a pool of one place.

Grace is short: a chain that is silent for seconds is what the auditor is for (E03, E12).
"""

from schemas import emergency_facts as incidents
from schemas import emergency_units_facts as units
from streams.auditor.table import CaseKind, CaseRow, Places, PoolRow, Row, Step, Table

CHAIN_GRACE_S = 15.0
"""An owner's tick comes within a second or two; the rest is for reading the journal [O]."""

INCIDENT, CONTACTS, CALL_BACK, DEVICE = "incident", "contacts", "call_back", "device"
SENT, ANSWER, JOURNEY, SCENE = "sent", "answer", "journey", "scene"
ON = ("call_id", "responder_id")
WHO = ("responder_id",)

LADDER = {"ladder": "step_by_ms"}


def _looked(*more: Row) -> tuple[Row, ...]:
    """The incident was looked at; the next look is known."""
    return (CaseRow(INCIDENT, "call_id", Step.GOES_ON, LADDER), *more)


def _off() -> tuple[Row, ...]:
    """The responder has left the incident: nothing is awaited of it there."""
    return (
        CaseRow(SENT, ON, Step.ENDS, places=Places.FREE, pool=WHO),
        CaseRow(ANSWER, ON, Step.ENDS),
        CaseRow(JOURNEY, "responder_id", Step.ENDS),
        CaseRow(SCENE, ON, Step.ENDS),
    )


def _heard() -> tuple[Row, ...]:
    """One on its way was heard of."""
    return (CaseRow(JOURNEY, "responder_id", Step.GOES_ON, {"watch": "watch_by_ms"}),)


TABLE = Table(
    domain="emergency",
    kinds=(
        CaseKind(INCIDENT, CHAIN_GRACE_S),
        CaseKind(CONTACTS, CHAIN_GRACE_S),
        CaseKind(SENT, bare=True),
        CaseKind(ANSWER, CHAIN_GRACE_S),
        CaseKind(JOURNEY, CHAIN_GRACE_S),
        CaseKind(SCENE, CHAIN_GRACE_S),
        CaseKind(CALL_BACK),
        CaseKind(DEVICE),
    ),
    rows={
        incidents.CallOpened: (CaseRow(INCIDENT, "call_id", Step.OPENS, LADDER),),
        incidents.CallAnsweredFact: _looked(),
        incidents.CallTriagedFact: _looked(
            CaseRow(INCIDENT, "call_id", Step.GOES_ON, clears=("search",)),
            CaseRow(CONTACTS, "call_id", Step.GOES_ON, ends_if=lambda _, fact: not fact["dispatching"]),
        ),
        incidents.CallTakenOverFact: _looked(CaseRow(INCIDENT, "call_id", Step.GOES_ON, clears=("search",))),
        incidents.CallHandedOverFact: _looked(),
        incidents.CallEscalated: _looked(),
        incidents.CallReviewed: _looked(),
        incidents.CallPrioritised: (CaseRow(INCIDENT, "call_id", Step.GOES_ON, clears=("search",)),),
        incidents.DispatchShort: (CaseRow(INCIDENT, "call_id", Step.GOES_ON, {"search": "retry_ms"}),),
        incidents.SearchEnded: (CaseRow(INCIDENT, "call_id", Step.GOES_ON, clears=("search",)),),
        incidents.ResponderDispatched: (
            CaseRow(INCIDENT, "call_id", Step.GOES_ON, clears=("search",)),
            CaseRow(SENT, ON, Step.OPENS, places=Places.HOLD, pool=WHO),
            CaseRow(ANSWER, ON, Step.OPENS, {"ask": "accept_by_ms"}),
        ),
        incidents.DispatchAcceptedFact: (
            CaseRow(ANSWER, ON, Step.ENDS),
            CaseRow(JOURNEY, "responder_id", Step.OPENS, {"watch": "watch_by_ms"}),
        ),
        incidents.ResponderEnRoute: _heard(),
        incidents.ResponderUnheard: _heard(),
        incidents.ResponderArrivedFact: (
            CaseRow(JOURNEY, "responder_id", Step.ENDS),
            CaseRow(SCENE, ON, Step.OPENS, {"check": "check_by_ms"}),
        ),
        incidents.SceneCheckedInFact: (CaseRow(SCENE, ON, Step.GOES_ON, {"check": "check_by_ms"}),),
        incidents.SceneCheckMissed: (CaseRow(SCENE, ON, Step.GOES_ON, {"check": "check_by_ms"}),),
        incidents.DispatchEnded: _off(),
        incidents.ResponderReleased: _off(),
        incidents.ContactCalled: (CaseRow(CONTACTS, "call_id", Step.OPENS, {"contact": "answer_by_ms"}),),
        incidents.ContactAnsweredFact: (
            CaseRow(CONTACTS, "call_id", Step.GOES_ON, ends_if=lambda _, fact: fact["result"] == "accepted"),
        ),
        incidents.ContactsExhausted: (CaseRow(CONTACTS, "call_id", Step.ENDS),),
        incidents.CallClosedFact: (
            CaseRow(INCIDENT, "call_id", Step.ENDS),
            CaseRow(CONTACTS, "call_id", Step.ENDS),
            CaseRow(
                CALL_BACK, "call_id", Step.OPENS, {"callback": "callback_by_ms"}, ends_if=lambda _, fact: fact["callback_by_ms"] is None
            ),
        ),
        incidents.CallBackMissed: (CaseRow(CALL_BACK, "call_id", Step.GOES_ON, {"callback": "next_ms"}),),
        incidents.CallCalledBackFact: (CaseRow(CALL_BACK, "call_id", Step.ENDS),),
        units.ResponderListed: (PoolRow(WHO, None),),
        units.ResponderStatusRecorded: _heard(),
        units.ResponderLocated: _heard(),
        units.DeviceListed: (CaseRow(DEVICE, "device_id", Step.OPENS, {"heartbeat": "due_ms"}),),
        units.DeviceHeard: (CaseRow(DEVICE, "device_id", Step.GOES_ON, {"heartbeat": "due_ms"}),),
        units.DeviceMissed: (CaseRow(DEVICE, "device_id", Step.GOES_ON, {"heartbeat": "next_ms"}),),
        units.DeviceRetiredFact: (CaseRow(DEVICE, "device_id", Step.ENDS),),
    },
    silent=frozenset(
        {
            incidents.CallMerged, incidents.GapLeft, incidents.PreemptionSuggested, incidents.AccessReleased,
            units.DeviceBatteryRecorded, units.CoverageRecorded, units.CoverageEndedFact, units.CoverageChanged,
        }
    ),
)  # fmt: skip
"""Named in `streams.auditor.tables`."""
