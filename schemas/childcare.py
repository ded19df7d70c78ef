"""The words of childcare (社区"宝宝屋" 临时托/计时托, 科学育儿指导, 新生儿上门): events as the contract has them and those it leaves open.

Sources: contract "childcare"; rules C-R1..C-R6 and table 2.4 of the features page; seeds 000 (二), 001, 003, 004. Facts are in
`schemas.childcare_facts` (bookings) and `schemas.childcare_site_facts` (sites, quotas), refusals in `schemas.childcare_reasons`.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas import childcare_facts, childcare_site_facts
from schemas.childcare_duties import (
    AccountAnsweredEvent,
    AccountRequestedEvent,
    EntitlementRegisteredEvent,
    IncidentReportedEvent,
    QuotaAnsweredEvent,
    QuotaReserveRequestedEvent,
    QuotaSettleRequestedEvent,
    SiteInspectedEvent,
)
from schemas.envelope import Event
from schemas.primitives import CityPosition, Code, Day, Id, Instant, Model, Text, Version

FACTS_OF = (childcare_facts, childcare_site_facts)
"""Where the facts of this domain are declared: whoever knows its events knows its facts."""
SEATS_MAX = 1_000
SESSIONS_MAX = 200
SIBLINGS_MAX = 6
PERSONS_MAX = 20
SERVICE_CARE = "care"


class Mode(StrEnum):
    """计时托, 临时托, 半日, 全日; a visit is made at the family's home."""

    HOURLY = "hourly"
    DROP_IN = "drop_in"
    HALF_DAY = "half_day"
    FULL_DAY = "full_day"
    VISIT = "visit"


class SiteKind(StrEnum):
    """宝宝屋, 托育机构, 托幼一体幼儿园, 科学育儿指导站, 社区卫生服务中心."""

    BABY_HOUSE = "baby_house"
    NURSERY = "nursery"
    KINDERGARTEN = "kindergarten"
    GUIDANCE_STATION = "guidance_station"
    HEALTH_CENTRE = "health_centre"
    OTHER = "other"


class Fit(StrEnum):
    """How sessions must lie to a window: ``cover`` all of it (a run of adjacent sessions may), or one session ``within`` it."""

    COVER = "cover"
    WITHIN = "within"


class SiteRegistered(Model):
    """A place that offers bookable sessions; nothing is assumed of it beyond what it says."""

    site_id: Id
    name: Annotated[Text, Field(min_length=1, max_length=100)]
    position: CityPosition
    street: Id
    kind: SiteKind


class SessionOffered(Model):
    """One session: so many ``seats``, so many planned ``staff``. ``service`` names the declaration whose rules hold."""

    session_id: Id
    start: Instant
    end: Instant
    mode: Mode
    seats: Annotated[int, Field(ge=0, le=SEATS_MAX)]
    staff: Annotated[int, Field(ge=0, le=SEATS_MAX)]
    service: Code = SERVICE_CARE


class SessionsPublished(Model):
    """Versioned: for each session the highest version wins, in whatever order publications arrive (C06)."""

    site_id: Id
    version: Version
    sessions: Annotated[tuple[SessionOffered, ...], Field(min_length=1, max_length=SESSIONS_MAX)]


class StaffingReported(Model):
    """Who is really there to care in this session; trainees do not count (C-R4)."""

    site_id: Id
    session_id: Id
    staff_present: Annotated[int, Field(ge=0, le=SEATS_MAX)]


class SiteClosed(Model):
    """Closed from (default: at once) until (default: further notice)."""

    site_id: Id
    from_: Annotated[Instant | None, Field(alias="from")] = None
    until: Instant | None = None
    reason: Code


class SiteReopened(Model):
    """Every closure ends then (default: at once)."""

    site_id: Id
    from_: Annotated[Instant | None, Field(alias="from")] = None
    reason: Code


class Window(Model):
    """When care is needed, by the clock of Shanghai: ``from`` and ``to`` are ``HH:MM``."""

    date: Day
    from_: Annotated[str, Field(alias="from", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    to: Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
    mode: Mode | None = None
    fit: Fit = Fit.COVER


class BookingWish(Model):
    """Where and when: a session by its id, or a window in which the nearest site with a seat is looked for."""

    family_id: Id
    position: CityPosition
    session_id: Id | None = None
    window: Window | None = None
    service: Code = SERVICE_CARE
    home_area: Annotated[Id | None, Field(description="the child's home area, when it is another one: it keeps the quota")] = None
    categories: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    waitlist: Annotated[bool, Field(description="wait for a seat when there is none")] = True

    @model_validator(mode="after")
    def _one_of_two(self) -> "BookingWish":
        if (self.session_id is None) == (self.window is None):
            raise ValueError("session_or_window")
        return self


class BookingRequested(BookingWish):
    """A place for one child."""

    booking_id: Id
    child_id: Id
    birth_date: Day


class Sibling(Model):
    """One child of a group."""

    booking_id: Id
    child_id: Id
    birth_date: Day


class GroupRequested(BookingWish):
    """Places for brothers and sisters in the same sessions: all or none (C14). Together they do not wait (C10)."""

    group_id: Id
    children: Annotated[tuple[Sibling, ...], Field(min_length=2, max_length=SIBLINGS_MAX)]


class HoldConfirmed(Model):
    """The family confirmed (paid); for a group one of its bookings confirms all that wait."""

    booking_id: Id
    reference: Annotated[Id | None, Field(description="the payment's")] = None


class BookingCancelled(Model):
    """The family no longer wants it."""

    booking_id: Id
    reason: Code | None = None


class ExtensionRequested(Model):
    """The child present is to stay for the next session (C8)."""

    booking_id: Id


class OfferAnswer(Model):
    """The family's answer to an offer."""

    booking_id: Id
    offer_id: Id


class OfferRefusal(OfferAnswer):
    """With a coded reason, if any."""

    reason: Code | None = None


class CheckedIn(Model):
    """Somebody brought the child. The temperature decides and is kept nowhere."""

    booking_id: Id
    by: Id
    temperature_c: Annotated[float | None, Field(ge=30, le=45)] = None


class CheckedOut(Model):
    """Somebody collects the child."""

    booking_id: Id
    by: Id
    temperature_c: Annotated[float | None, Field(ge=30, le=45)] = None


class PickupPersonsRegistered(Model):
    """Who may bring and collect a child, whole and versioned: the highest version is in force."""

    child_id: Id
    version: Version
    persons: Annotated[tuple[Id, ...], Field(min_length=1, max_length=PERSONS_MAX)]


class ChildRegistered(Model):
    """Whether this area is the child's home, from the registry; versioned: the highest version is in force. Its free sessions of a
    year are counted there and nowhere else (design, section 5). Of a child that comes from another area, ``moved_from`` names that one:
    it is asked what it has counted, and nothing is free here until it has said so."""

    child_id: Id
    version: Version
    at_home: bool
    moved_from: Annotated[Id | None, Field(description="the home area before this one, when the child moved here")] = None


class SiteRegisteredEvent(Event):
    type: Literal["childcare.site.registered.v1"]
    data: SiteRegistered


class SessionsPublishedEvent(Event):
    type: Literal["childcare.sessions.published.v1"]
    data: SessionsPublished


class StaffingReportedEvent(Event):
    type: Literal["childcare.staffing.reported.v1"]
    data: StaffingReported


class SiteClosedEvent(Event):
    type: Literal["childcare.site.closed.v1"]
    data: SiteClosed


class SiteReopenedEvent(Event):
    type: Literal["childcare.site.reopened.v1"]
    data: SiteReopened


class BookingRequestedEvent(Event):
    type: Literal["childcare.booking.requested.v1"]
    data: BookingRequested


class GroupRequestedEvent(Event):
    type: Literal["childcare.group.requested.v1"]
    data: GroupRequested


class HoldConfirmedEvent(Event):
    type: Literal["childcare.hold.confirmed.v1"]
    data: HoldConfirmed


class BookingCancelledEvent(Event):
    type: Literal["childcare.booking.cancelled.v1"]
    data: BookingCancelled


class ExtensionRequestedEvent(Event):
    type: Literal["childcare.extension.requested.v1"]
    data: ExtensionRequested


class OfferAcceptedEvent(Event):
    type: Literal["childcare.offer.accepted.v1"]
    data: OfferAnswer


class OfferDeclinedEvent(Event):
    type: Literal["childcare.offer.declined.v1"]
    data: OfferRefusal


class ChildCheckedInEvent(Event):
    type: Literal["childcare.child.checked_in.v1"]
    data: CheckedIn


class ChildCheckedOutEvent(Event):
    type: Literal["childcare.child.checked_out.v1"]
    data: CheckedOut


class PickupPersonsRegisteredEvent(Event):
    type: Literal["childcare.pickup_persons.registered.v1"]
    data: PickupPersonsRegistered


class ChildRegisteredEvent(Event):
    type: Literal["childcare.child.registered.v1"]
    data: ChildRegistered


EVENTS: tuple[type[Event], ...] = (
    SiteRegisteredEvent,
    SessionsPublishedEvent,
    StaffingReportedEvent,
    SiteClosedEvent,
    SiteReopenedEvent,
    BookingRequestedEvent,
    GroupRequestedEvent,
    HoldConfirmedEvent,
    BookingCancelledEvent,
    ExtensionRequestedEvent,
    OfferAcceptedEvent,
    OfferDeclinedEvent,
    ChildCheckedInEvent,
    ChildCheckedOutEvent,
    PickupPersonsRegisteredEvent,
    ChildRegisteredEvent,
    IncidentReportedEvent,
    SiteInspectedEvent,
    QuotaReserveRequestedEvent,
    QuotaAnsweredEvent,
    QuotaSettleRequestedEvent,
    AccountRequestedEvent,
    AccountAnsweredEvent,
    EntitlementRegisteredEvent,
)
