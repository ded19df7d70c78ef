"""The words of beds (保基本养老床位统筹及轮候): events as the contract has them, facts are in `schemas.beds_facts`,
refusal reasons in `schemas.beds_reasons`.

Sources: contract "beds"; rules B-R1..B-R10 and table 2.3 (B1-B18) of the features page; seeds S06 and S07.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas import beds_facts, beds_stay_facts
from schemas.envelope import Event
from schemas.primitives import CityPosition, Code, Day, Id, Model, Text, Version

FACTS_OF = (beds_facts, beds_stay_facts)
"""Where the facts of this domain are declared: whoever knows its events knows its facts."""
BEDS_PUBLISHED_MAX = 500
"""Beds in one publication: more than any one home of the two seed districts has on average (7,466 beds in 48 homes)."""
LEVEL_MAX = 6
"""Assessed levels of care are 0 to 6 (B-R10); "needs hospital" is a category."""
SCORE_MAX = 100


class BedType(StrEnum):
    """基本照护, 护理, 认知症照护, 喘息, 家庭照护床位."""

    BASIC = "basic"
    NURSING = "nursing"
    DEMENTIA = "dementia"
    RESPITE = "respite"
    HOME = "home"


class BedSex(StrEnum):
    """Who may lie in a bed, by the room it stands in."""

    F = "f"
    M = "m"
    ANY = "any"


class Sex(StrEnum):
    """Of a person, as rooms are shared by it."""

    F = "f"
    M = "m"


class Pool(StrEnum):
    """Who the bed is kept for (B-R2): the street's own assessed residents first, the district, the city."""

    STREET = "street"
    DISTRICT = "district"
    CITY = "city"


class PublishedState(StrEnum):
    """What a facility says of a bed. Promises are ours: a bed we hold or keep reserved is ``free`` to the facility."""

    FREE = "free"
    OCCUPIED = "occupied"
    CLEANING = "cleaning"
    CLOSED = "closed"


class FacilityRegistered(Model):
    """A home with beds; a later one replaces the entry whole."""

    facility_id: Id
    name: Annotated[Text, Field(min_length=1, max_length=100)]
    position: CityPosition
    street: Id


class PublishedBed(Model):
    """One bed by this publication."""

    bed_id: Id
    type: BedType
    sex: BedSex = BedSex.ANY
    pool: Pool
    state: PublishedState


class InventoryPublished(Model):
    """Versioned: for each bed the highest version wins, in whatever order publications arrive (C06).

    Beds left out stay as they are: a bed leaves by being ``closed``. An empty list says that nothing changed; it keeps the
    facility's data fresh (C07).
    """

    facility_id: Id
    version: Version
    beds: Annotated[tuple[PublishedBed, ...], Field(max_length=BEDS_PUBLISHED_MAX)]


class ApplicationSubmitted(Model):
    """One person's wish for a bed.

    ``choices`` are ranked; without them every facility of the pool will do. ``stay_days`` makes it a respite stay, ``stay_from`` one
    with a first day: it is offered a bed shortly before and no longer when its last day has come.
    ``applied_on`` is the date of a paper application made before this system (the eligible date it keeps); default today.
    """

    application_id: Id
    person_id: Id
    position: CityPosition
    street: Id
    sex: Sex
    assessed_level: Annotated[int, Field(ge=0, le=LEVEL_MAX)]
    assessed_on: Day
    categories: Annotated[tuple[Code, ...], Field(max_length=20)]
    bed_types: Annotated[tuple[BedType, ...], Field(min_length=1, max_length=5)]
    choices: Annotated[tuple[Id, ...], Field(max_length=20)] = ()
    max_travel_s: Annotated[int, Field(ge=60, le=86_400)] | None = None
    score: Annotated[int, Field(ge=0, le=SCORE_MAX)] = 0
    age: Annotated[int, Field(ge=0, le=130)] | None = None
    stay_days: Annotated[int, Field(ge=1, le=366)] | None = None
    stay_from: Day | None = None
    applied_on: Day | None = None


class ApplicationReassessed(Model):
    """A new assessment: the rank changes at once, the eligible date is kept. What is left out stays."""

    application_id: Id
    assessed_level: Annotated[int, Field(ge=0, le=LEVEL_MAX)]
    assessed_on: Day
    score: Annotated[int, Field(ge=0, le=SCORE_MAX)] | None = None
    categories: Annotated[tuple[Code, ...], Field(max_length=20)] | None = None
    bed_types: Annotated[tuple[BedType, ...], Field(min_length=1, max_length=5)] | None = None


class ApplicationWithdrawn(Model):
    """The person no longer wants a bed."""

    application_id: Id
    reason: Code | None = None


class ApplicationPaused(Model):
    """No offers until a date (default: until resumed, at most the policy's longest pause). The eligible date is kept."""

    application_id: Id
    until: Day | None = None


class ApplicationResumed(Model):
    """Offers again, before the pause ends. A suspension for refusals is not ended by it."""

    application_id: Id


class PersonDied(Model):
    """Ends every open application of the person and vacates the bed."""

    person_id: Id


class OfferAccepted(Model):
    """The person takes the offered bed."""

    application_id: Id
    offer_id: Id


class OfferDeclined(Model):
    """The person does not; policy says which reasons are reasonable (B-R5, B-R9)."""

    application_id: Id
    offer_id: Id
    reason: Code | None = None


class FacilityDeclined(Model):
    """The facility does not take this person. Never costs the applicant (W02)."""

    application_id: Id
    offer_id: Id
    reason: Code


class AdmissionConfirmed(Model):
    """The person lies in the bed. Without an application: somebody the facility took outside the pool."""

    application_id: Id | None = None
    facility_id: Id
    bed_id: Id


class BedVacated(Model):
    """The resident has left."""

    application_id: Id | None = None
    facility_id: Id
    bed_id: Id
    reason: Code | None = None


class BedCleaned(Model):
    """The bed is ready for the next person."""

    facility_id: Id
    bed_id: Id


class ResidentTransferred(Model):
    """A resident of the pool moves to another, free bed; the old one is vacated."""

    application_id: Id
    facility_id: Id
    bed_id: Id
    reason: Code


class LeaveStarted(Model):
    """The resident is in hospital; the bed stays theirs (B17), by policy for so many days before a human looks."""

    application_id: Id
    until: Day | None = None


class LeaveEnded(Model):
    """The resident is back."""

    application_id: Id


class PriorityApproved(Model):
    """Emergency bypass (B16): first in order from now on, with who approved it and why."""

    application_id: Id
    approver: Id
    reason: Code


class AllocationOverridden(Model):
    """This bed goes to this applicant out of order, by an operator's word with a coded reason of the policy.

    An offer of the bed that nobody has accepted yet is taken back; an accepted bed is never taken. The person gives up any other
    bed promised to them.
    """

    application_id: Id
    facility_id: Id
    bed_id: Id
    approver: Id
    reason: Code


class ExtensionRequested(Model):
    """A respite stay is to last so many days longer. Granted before its end, by policy, when nobody waits for the bed."""

    application_id: Id
    days: Annotated[int, Field(ge=1, le=366)]


class FacilityRegisteredEvent(Event):
    type: Literal["beds.facility.registered.v1"]
    data: FacilityRegistered


class InventoryPublishedEvent(Event):
    type: Literal["beds.inventory.published.v1"]
    data: InventoryPublished


class ApplicationSubmittedEvent(Event):
    type: Literal["beds.application.submitted.v1"]
    data: ApplicationSubmitted


class ApplicationReassessedEvent(Event):
    type: Literal["beds.application.reassessed.v1"]
    data: ApplicationReassessed


class ApplicationWithdrawnEvent(Event):
    type: Literal["beds.application.withdrawn.v1"]
    data: ApplicationWithdrawn


class ApplicationPausedEvent(Event):
    type: Literal["beds.application.paused.v1"]
    data: ApplicationPaused


class ApplicationResumedEvent(Event):
    type: Literal["beds.application.resumed.v1"]
    data: ApplicationResumed


class PersonDiedEvent(Event):
    type: Literal["beds.person.died.v1"]
    data: PersonDied


class OfferAcceptedEvent(Event):
    type: Literal["beds.offer.accepted.v1"]
    data: OfferAccepted


class OfferDeclinedEvent(Event):
    type: Literal["beds.offer.declined.v1"]
    data: OfferDeclined


class FacilityDeclinedEvent(Event):
    type: Literal["beds.facility.declined.v1"]
    data: FacilityDeclined


class AdmissionConfirmedEvent(Event):
    type: Literal["beds.admission.confirmed.v1"]
    data: AdmissionConfirmed


class BedVacatedEvent(Event):
    type: Literal["beds.bed.vacated.v1"]
    data: BedVacated


class BedCleanedEvent(Event):
    type: Literal["beds.bed.cleaned.v1"]
    data: BedCleaned


class ResidentTransferredEvent(Event):
    type: Literal["beds.resident.transferred.v1"]
    data: ResidentTransferred


class LeaveStartedEvent(Event):
    type: Literal["beds.leave.started.v1"]
    data: LeaveStarted


class LeaveEndedEvent(Event):
    type: Literal["beds.leave.ended.v1"]
    data: LeaveEnded


class PriorityApprovedEvent(Event):
    type: Literal["beds.priority.approved.v1"]
    data: PriorityApproved


class AllocationOverriddenEvent(Event):
    type: Literal["beds.allocation.overridden.v1"]
    data: AllocationOverridden


class ExtensionRequestedEvent(Event):
    type: Literal["beds.extension.requested.v1"]
    data: ExtensionRequested


EVENTS: tuple[type[Event], ...] = (
    FacilityRegisteredEvent,
    InventoryPublishedEvent,
    ApplicationSubmittedEvent,
    ApplicationReassessedEvent,
    ApplicationWithdrawnEvent,
    ApplicationPausedEvent,
    ApplicationResumedEvent,
    PersonDiedEvent,
    OfferAcceptedEvent,
    OfferDeclinedEvent,
    FacilityDeclinedEvent,
    AdmissionConfirmedEvent,
    BedVacatedEvent,
    BedCleanedEvent,
    ResidentTransferredEvent,
    LeaveStartedEvent,
    LeaveEndedEvent,
    PriorityApprovedEvent,
    AllocationOverriddenEvent,
    ExtensionRequestedEvent,
)
