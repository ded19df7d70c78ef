"""Words of childcare beyond a booking: the institution file, a child's quota asked between areas, entitlements.

Sources: seeds 003 (一机构一档案), 004 (a nursery visit a month), 000 (科学育儿指导); design, section 5 (a quota has a home area).
"""

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import Event
from schemas.primitives import Code, Day, Id, Instant, Model, Version

LINES_MAX = 2_000
"""Areas a child was counted in, times services, times years."""


class IncidentReported(Model):
    """Something happened at a site: a fall, an allergy, a lost child."""

    incident_id: Id
    site_id: Id
    kind: Code
    severity: Literal["minor", "serious", "grave"]
    booking_id: Id | None = None


class SiteInspected(Model):
    """A nursery visit (seed 004: at least one a month)."""

    inspection_id: Id
    site_id: Id
    result: Literal["passed", "to_rectify", "failed"]


class QuotaReserveRequested(Model):
    """Another area asks the child's home area for free units; made by the reactor from ``childcare.quota.asked.v1``."""

    request_id: Id
    booking_id: Id
    child_id: Id
    family_id: Id
    service: Code
    year: Annotated[int, Field(ge=2020, le=2099)]
    units: Annotated[int, Field(ge=1, le=100)]
    asking_area: Id
    settle_by: Instant


class QuotaAnswered(Model):
    """The home area's answer; ``units`` 0 with a ``reason`` is a denial."""

    request_id: Id
    booking_id: Id
    units: Annotated[int, Field(ge=0, le=100)]
    quota_left: Annotated[int | None, Field(ge=0, le=10_000)] = None
    reason: Code | None = None


class QuotaSettleRequested(Model):
    """What became of the units: made by the reactor from ``childcare.quota.settlement_asked.v1``."""

    request_id: Id
    booking_id: Id
    result: Literal["consumed", "returned"]


class AccountLine(Model):
    """So many free sessions of a service that an area counted used or still promises for a child, by the year of the day of care."""

    area: Id
    service: Code
    year: Annotated[int, Field(ge=2020, le=2099)]
    units: Annotated[int, Field(ge=0, le=10_000)]


class AccountRequested(Model):
    """A child's new home asks the one before for its account; made by the reactor from ``childcare.account.asked.v1``.

    ``version`` is the register's of the move; ``held`` says that the asking area keeps the account and wants only what was counted.
    """

    request_id: Id
    child_id: Id
    version: Version
    held: bool
    asking_area: Id


class AccountAnswered(Model):
    """The account, by whoever kept it until now: what was counted in every area, and which area it asked that has not answered."""

    request_id: Id
    child_id: Id
    counted: Annotated[tuple[AccountLine, ...], Field(max_length=LINES_MAX)]
    uncounted: Annotated[tuple[Id, ...], Field(max_length=LINES_MAX)] = ()


class EntitlementRegistered(Model):
    """This family or child is to have the service this year, as often as policy says (S09: guidance, newborn visits)."""

    entitlement_id: Id
    service: Code
    holder_id: Annotated[Id, Field(description="the family or the child, whichever the service counts by")]
    year: Annotated[int, Field(ge=2020, le=2099)]
    since: Annotated[Day | None, Field(description="the birth, for a service due so many days after it")] = None


class IncidentReportedEvent(Event):
    type: Literal["childcare.incident.reported.v1"]
    data: IncidentReported


class SiteInspectedEvent(Event):
    type: Literal["childcare.site.inspected.v1"]
    data: SiteInspected


class QuotaReserveRequestedEvent(Event):
    type: Literal["childcare.quota.reserve_requested.v1"]
    data: QuotaReserveRequested


class QuotaAnsweredEvent(Event):
    type: Literal["childcare.quota.answered.v1"]
    data: QuotaAnswered


class QuotaSettleRequestedEvent(Event):
    type: Literal["childcare.quota.settle_requested.v1"]
    data: QuotaSettleRequested


class AccountRequestedEvent(Event):
    type: Literal["childcare.account.requested.v1"]
    data: AccountRequested


class AccountAnsweredEvent(Event):
    type: Literal["childcare.account.answered.v1"]
    data: AccountAnswered


class EntitlementRegisteredEvent(Event):
    type: Literal["childcare.entitlement.registered.v1"]
    data: EntitlementRegistered
