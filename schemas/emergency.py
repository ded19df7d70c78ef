"""The words of emergency (一键紧急救援): events as the contract has them, and why one is refused.

Sources: contract "emergency"; rules E-R1..E-R11 and table 2.1 of the features page. A call is never refused (E01): what of it
cannot be used is dropped by `schemas.emergency_mending` and named in ``needs_review``. Devices and coverage are in
`schemas.emergency_devices`, facts in `schemas.emergency_facts` and `schemas.emergency_units_facts`.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas import emergency_facts, emergency_units_facts
from schemas.emergency_devices import DEVICE_EVENTS
from schemas.envelope import Event
from schemas.primitives import CityPosition, Code, Id, Instant, Model, Text

FACTS_OF = (emergency_facts, emergency_units_facts)
"""Whoever knows the words of emergency can read its facts: importing these modules declares them."""
NEEDS_MAX = 8
REVIEW_MAX = 24
ANSWERS_MAX = 12


class CallChannel(StrEnum):
    """How the signal came. ``unknown`` is what a signal whose channel cannot be read is taken for."""

    BUTTON = "button"
    PHONE = "phone"
    FALL = "fall"
    SMOKE = "smoke"
    NO_MOTION = "no_motion"
    OPERATOR = "operator"
    UNKNOWN = "unknown"


class UnitStatus(StrEnum):
    """What a responder says of itself."""

    AVAILABLE = "available"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    RESTING = "resting"
    OFF = "off"


class Severity(StrEnum):
    """Priority of an incident, highest first (E1); ``false`` calls nobody."""

    LIFE = "life"
    URGENT = "urgent"
    HELP = "help"
    FALSE = "false"


class Desk(StrEnum):
    """To whom an incident is handed over: medical 120, police 110, fire 119, or the family."""

    MEDICAL = "120"
    POLICE = "110"
    FIRE = "119"
    FAMILY = "family"


class CallOutcome(StrEnum):
    """How an incident ended, coded (E2)."""

    RESCUED = "rescued"
    HELPED = "helped"
    FALSE = "false"
    TEST = "test"
    DUPLICATE = "duplicate"
    UNFOUNDED = "unfounded"


class ContactResult(StrEnum):
    """What a family contact said; only ``accepted`` is a positive acceptance (E-R7)."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"


class Control(StrEnum):
    """Who chooses responders after an operator took over: the operator, or the rules again."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"


Skills = Annotated[tuple[Code, ...], Field(max_length=20)]
Needs = Annotated[tuple[Code, ...], Field(max_length=NEEDS_MAX)]


class ResponderRegistered(Model):
    """Who can be sent; ``kind`` says by policy how it travels, ``position`` is its base. A later one replaces it whole."""

    responder_id: Id
    kind: Code
    position: CityPosition
    skills: Skills = ()
    max_travel_s: Annotated[int, Field(ge=0, le=14_400)] | None = None


class ResponderReported(Model):
    """A responder's status, with its position when it knows it. From ``reserved_from`` until ``reserved_until`` it is kept for planned
    work (RESERVED, E3): a later pair replaces the one before, an empty one ends it, none leaves it."""

    responder_id: Id
    status: UnitStatus
    position: CityPosition | None = None
    reserved_from: Instant | None = None
    reserved_until: Instant | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> "ResponderReported":
        if (self.reserved_from is None) != (self.reserved_until is None):
            raise ValueError("reservation_half_said")
        return self


class ResponderPositioned(Model):
    """Where a responder is; its status is as it was."""

    responder_id: Id
    position: CityPosition


class CallRaised(Model):
    """A signal for help. ``needs_review`` names what of it could not be used, and anything else a human should look at."""

    call_id: Id
    channel: CallChannel
    person_id: Id | None = None
    device_id: Id | None = None
    position: CityPosition | None = None
    note: Text | None = None
    needs_review: Annotated[tuple[Code, ...], Field(max_length=REVIEW_MAX)] = ()


class CallAnswered(Model):
    """An operator took the call; ``silent`` when nobody speaks: then it is a life emergency (E14)."""

    call_id: Id
    operator_id: Id
    silent: bool = False


class TriageAnswer(Model):
    """One answer to one question of the triage protocol (E18), both by their codes in the policy; never free text."""

    question: Code
    answer: Code


class CallTriaged(Model):
    """How bad it is; ``needs`` are skills asked for beyond the kind's own mix; ``position`` places a call that had none.

    With ``answers`` to the protocol's questions (E18), ``severity`` is where they start from: they raise or lower it. An operator
    who knows better says why (``severity_reason``): then his ``severity`` stands, and what the answers say is recorded beside it.
    """

    call_id: Id
    severity: Severity
    needs: Needs = ()
    kind: Code | None = None
    position: CityPosition | None = None
    answers: Annotated[tuple[TriageAnswer, ...], Field(max_length=ANSWERS_MAX)] = ()
    severity_reason: Code | None = None

    @model_validator(mode="after")
    def _each_once(self) -> "CallTriaged":
        if len({one.question for one in self.answers}) != len(self.answers):
            raise ValueError("question_answered_twice")
        return self


class CallTakenOver(Model):
    """An operator takes an incident into his own hands, or gives it back to the rules."""

    call_id: Id
    operator_id: Id
    reason: Annotated[Text, Field(min_length=1)]
    control: Control = Control.MANUAL


class DispatchAnswered(Model):
    """A responder's answer to being sent."""

    call_id: Id
    responder_id: Id
    reason: Code | None = None


class ResponderArrived(Model):
    """A responder is at the scene."""

    call_id: Id
    responder_id: Id


class SceneCheckedIn(Model):
    """A responder at the scene is well; ``needs`` asks for more help."""

    call_id: Id
    responder_id: Id
    needs: Needs = ()


class DispatchOverridden(Model):
    """An operator sends this responder, whatever the rules say."""

    call_id: Id
    responder_id: Id
    reason: Annotated[Text, Field(min_length=1)]


class DispatchCancelled(Model):
    """An operator calls this responder off."""

    call_id: Id
    responder_id: Id
    reason: Annotated[Text, Field(min_length=1)]


class CallHandedOver(Model):
    """The incident is another desk's now; ``reference`` is that desk's own number."""

    call_id: Id
    to: Desk
    reference: Id | None = None


class CallClosed(Model):
    """A human ends an incident, and how it ended; also what the person said in the call-back."""

    call_id: Id
    outcome: CallOutcome


class ContactAnswered(Model):
    """What a family contact answered."""

    call_id: Id
    contact_id: Id
    result: ContactResult


class ResponderRegisteredEvent(Event):
    type: Literal["emergency.responder.registered.v1"]
    data: ResponderRegistered


class ResponderReportedEvent(Event):
    type: Literal["emergency.responder.reported.v1"]
    data: ResponderReported


class ResponderPositionedEvent(Event):
    type: Literal["emergency.responder.positioned.v1"]
    data: ResponderPositioned


class CallRaisedEvent(Event):
    type: Literal["emergency.call.raised.v1"]
    data: CallRaised


class CallAnsweredEvent(Event):
    type: Literal["emergency.call.answered.v1"]
    data: CallAnswered


class CallTriagedEvent(Event):
    type: Literal["emergency.call.triaged.v1"]
    data: CallTriaged


class CallTakenOverEvent(Event):
    type: Literal["emergency.call.taken_over.v1"]
    data: CallTakenOver


class DispatchAcceptedEvent(Event):
    type: Literal["emergency.dispatch.accepted.v1"]
    data: DispatchAnswered


class DispatchDeclinedEvent(Event):
    type: Literal["emergency.dispatch.declined.v1"]
    data: DispatchAnswered


class ResponderArrivedEvent(Event):
    type: Literal["emergency.responder.arrived.v1"]
    data: ResponderArrived


class SceneCheckedInEvent(Event):
    type: Literal["emergency.scene.checked_in.v1"]
    data: SceneCheckedIn


class DispatchOverriddenEvent(Event):
    type: Literal["emergency.dispatch.overridden.v1"]
    data: DispatchOverridden


class DispatchCancelledEvent(Event):
    type: Literal["emergency.dispatch.cancelled.v1"]
    data: DispatchCancelled


class CallHandedOverEvent(Event):
    type: Literal["emergency.call.handed_over.v1"]
    data: CallHandedOver


class CallClosedEvent(Event):
    type: Literal["emergency.call.closed.v1"]
    data: CallClosed


class CallCalledBackEvent(Event):
    type: Literal["emergency.call.called_back.v1"]
    data: CallClosed


class ContactAnsweredEvent(Event):
    type: Literal["emergency.contact.answered.v1"]
    data: ContactAnswered


EVENTS: tuple[type[Event], ...] = (
    ResponderRegisteredEvent, ResponderReportedEvent, ResponderPositionedEvent, CallRaisedEvent, CallAnsweredEvent,
    CallTriagedEvent, CallTakenOverEvent, DispatchAcceptedEvent, DispatchDeclinedEvent, ResponderArrivedEvent,
    SceneCheckedInEvent, DispatchOverriddenEvent, DispatchCancelledEvent, CallHandedOverEvent, CallClosedEvent,
    CallCalledBackEvent, ContactAnsweredEvent, *DEVICE_EVENTS,
)  # fmt: skip
