"""The words of meals (老年助餐): events as the contract has them, facts, refusal reasons.

Sources: contract "meals"; rules M-R1..M-R8 and table 2.2 of the features page; seed 000 (一)4, seed 001 (delivery network).
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.envelope import Event
from schemas.facts import Fact
from schemas.primitives import CityPosition, Code, Day, Id, Instant, Model, Text, Version

PORTIONS_MAX = 50
CAPACITY_MAX = 20_000
"""More than the whole district's 13,500 meals a day; a larger number is a typing error."""


class Meal(StrEnum):
    """The meal of the day."""

    BREAKFAST = "breakfast"
    LUNCH = "lunch"
    DINNER = "dinner"


class Service(StrEnum):
    """How the meal reaches the person: 堂食, 自取, 送餐."""

    DINE_IN = "dine_in"
    PICKUP = "pickup"
    DELIVERY = "delivery"


class ProviderKind(StrEnum):
    """社区长者食堂, 助餐点, 中央厨房."""

    CANTEEN = "canteen"
    MEAL_POINT = "meal_point"
    KITCHEN = "kitchen"


class DeliveryResult(StrEnum):
    """What the courier reports."""

    DELIVERED = "delivered"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    FAILED = "failed"


class ProviderRegistered(Model):
    """A place that can serve meals; nothing is assumed of it beyond what it says."""

    provider_id: Id
    name: Annotated[Text, Field(min_length=1, max_length=100)]
    kind: ProviderKind
    position: CityPosition
    street: Id
    services: Annotated[tuple[Service, ...], Field(min_length=1, max_length=3)]
    diets: Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)]
    delivery_radius_m: Annotated[int, Field(ge=0, le=50_000)] | None = None


class SlotCapacity(Model):
    """How many portions one meal of one date can have; ``cutoff`` overrides the policy's ordering deadline."""

    date: Day
    meal: Meal
    capacity: Annotated[int, Field(ge=0, le=CAPACITY_MAX)]
    cutoff: Instant | None = None


class CapacityPublished(Model):
    """Versioned: for each slot the highest version wins, in whatever order publications arrive (C06)."""

    provider_id: Id
    version: Version
    slots: Annotated[tuple[SlotCapacity, ...], Field(min_length=1, max_length=200)]


class ProviderClosed(Model):
    """Closed from (default: at once) until (default: further notice)."""

    provider_id: Id
    from_: Annotated[Instant | None, Field(alias="from")] = None
    until: Instant | None = None
    reason: Code


class ProviderReopened(Model):
    """Open again."""

    provider_id: Id
    from_: Annotated[Instant | None, Field(alias="from")] = None
    until: Instant | None = None
    reason: Code


class OrderWish(Model):
    """What an order and a standing order have in common."""

    person_id: Id
    position: CityPosition
    meal: Meal
    portions: Annotated[int, Field(ge=1, le=PORTIONS_MAX)]
    service: Service
    diets: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    street: Id | None = None
    age: Annotated[int, Field(ge=0, le=130)] | None = None
    categories: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    preferred_provider_id: Id | None = None


class OrderPlaced(OrderWish):
    """One meal for one person on one date."""

    order_id: Id
    date: Day


class OrderCancelled(Model):
    """The person no longer wants it."""

    order_id: Id
    reason: Code | None = None


class StandingOrderPlaced(OrderWish):
    """Orders made by the clock for every named weekday (1 = Monday .. 7 = Sunday) from a date (M2)."""

    standing_order_id: Id
    weekdays: Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(min_length=1, max_length=7)]
    from_: Day = Field(alias="from")
    until: Day | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "StandingOrderPlaced":
        if self.until is not None and self.until < self.from_:
            raise ValueError("until_before_from")
        return self


class StandingOrderPaused(Model):
    """No orders from a date until a date (M3)."""

    standing_order_id: Id
    from_: Day = Field(alias="from")
    until: Day | None = None


class StandingOrderStopped(Model):
    """No orders from a date on."""

    standing_order_id: Id
    from_: Annotated[Day | None, Field(alias="from")] = None


class OrderOverridden(Model):
    """An operator puts the order at a provider, with a reason."""

    order_id: Id
    provider_id: Id
    reason: Annotated[Text, Field(min_length=1)]


class DeliveryReported(Model):
    """One delivery attempt's result."""

    order_id: Id
    result: DeliveryResult


class ProviderRegisteredEvent(Event):
    type: Literal["meals.provider.registered.v1"]
    data: ProviderRegistered


class CapacityPublishedEvent(Event):
    type: Literal["meals.capacity.published.v1"]
    data: CapacityPublished


class ProviderClosedEvent(Event):
    type: Literal["meals.provider.closed.v1"]
    data: ProviderClosed


class ProviderReopenedEvent(Event):
    type: Literal["meals.provider.reopened.v1"]
    data: ProviderReopened


class OrderPlacedEvent(Event):
    type: Literal["meals.order.placed.v1"]
    data: OrderPlaced


class OrderCancelledEvent(Event):
    type: Literal["meals.order.cancelled.v1"]
    data: OrderCancelled


class StandingOrderPlacedEvent(Event):
    type: Literal["meals.standing_order.placed.v1"]
    data: StandingOrderPlaced


class StandingOrderPausedEvent(Event):
    type: Literal["meals.standing_order.paused.v1"]
    data: StandingOrderPaused


class StandingOrderStoppedEvent(Event):
    type: Literal["meals.standing_order.stopped.v1"]
    data: StandingOrderStopped


class OrderOverriddenEvent(Event):
    type: Literal["meals.order.overridden.v1"]
    data: OrderOverridden


class DeliveryReportedEvent(Event):
    type: Literal["meals.delivery.reported.v1"]
    data: DeliveryReported


EVENTS: tuple[type[Event], ...] = (
    ProviderRegisteredEvent,
    CapacityPublishedEvent,
    ProviderClosedEvent,
    ProviderReopenedEvent,
    OrderPlacedEvent,
    OrderCancelledEvent,
    StandingOrderPlacedEvent,
    StandingOrderPausedEvent,
    StandingOrderStoppedEvent,
    OrderOverriddenEvent,
    DeliveryReportedEvent,
)


class MealsReason(StrEnum):
    """Why a meals event is refused. One name per reason; wire names are never reused."""

    UNKNOWN_PROVIDER = "unknown_provider"
    UNKNOWN_ORDER = "unknown_order"
    UNKNOWN_STANDING_ORDER = "unknown_standing_order"
    ORDER_EXISTS = "order_exists"
    STANDING_ORDER_EXISTS = "standing_order_exists"
    ORDER_CLOSED = "order_closed"
    DATE_PAST = "date_past"
    DATE_TOO_FAR = "date_too_far"
    PAST_CUTOFF = "past_cutoff"
    NO_PROVIDER_IN_REACH = "no_provider_in_reach"
    NO_SUITABLE_PROVIDER = "no_suitable_provider"
    NO_CAPACITY = "no_capacity"
    NOT_ELIGIBLE = "not_eligible"
    PROVIDER_UNSUITABLE = "provider_unsuitable"
    PROVIDER_FULL = "provider_full"
    PROVIDER_NOT_OPEN = "provider_not_open"
    NOT_DELIVERABLE = "not_deliverable"
    CANCEL_TOO_LATE = "cancel_too_late"
    WINDOW_EMPTY = "window_empty"


class ProviderListed(Fact, fact="meals.provider.listed.v1"):
    """The directory entry in force from now on."""

    provider_id: str
    name: str
    kind: str
    lat: float
    lon: float
    street: str
    services: tuple[str, ...]
    diets: tuple[str, ...]
    delivery_radius_m: int | None


class SlotPublished(Fact, fact="meals.slot.published.v1"):
    """The capacity of one meal of one date at one provider, by this version."""

    provider_id: str
    date: str
    meal: str
    capacity: int
    cutoff_ms: int | None
    version: int


class SlotOvercommitted(Fact, fact="meals.slot.overcommitted.v1"):
    """Capacity was lowered below what is promised: no new holds, nobody dropped silently."""

    provider_id: str
    date: str
    meal: str
    capacity: int
    used: int


class ProviderClosureRecorded(Fact, fact="meals.provider.closure_recorded.v1"):
    """Closed from an instant until an instant, or until further notice."""

    provider_id: str
    from_ms: int
    until_ms: int | None
    reason: str


class ProviderReopeningRecorded(Fact, fact="meals.provider.reopening_recorded.v1"):
    """The closure ends."""

    provider_id: str
    from_ms: int


class OrderAssigned(Fact, fact="meals.order.assigned.v1"):
    """The order has its portions at this provider. Carries the whole order, so no reader needs another record."""

    order_id: str
    provider_id: str
    distance_m: int
    travel_s: int
    person_id: str
    date: str
    meal: str
    portions: int
    service: str
    diets: tuple[str, ...]
    lat: float
    lon: float
    street: str | None
    price_fen: int | None
    subsidy_fen: int | None
    standing_order_id: str | None = None
    capacity_version: int


class OrderReassigned(Fact, fact="meals.order.reassigned.v1"):
    """The order moved: its provider closed, lowered capacity, or an operator overrode."""

    order_id: str
    provider_id: str
    from_provider_id: str | None
    distance_m: int
    travel_s: int
    cause: str
    capacity_version: int


class OrderRefused(Fact, fact="meals.order.refused.v1"):
    """The order has no place; final for this order id (I05)."""

    order_id: str
    person_id: str
    date: str
    meal: str
    portions: int
    reason: str
    standing_order_id: str | None = None


class OrderUnplaced(Fact, fact="meals.order.unplaced.v1"):
    """The order lost its provider and no other has room: a human owns it now."""

    order_id: str
    from_provider_id: str
    cause: str


class OrderCancelledFact(Fact, fact="meals.order.cancelled.v1"):
    """Freed once."""

    order_id: str
    provider_id: str | None
    portions: int
    reason: str | None


class OrderDelivered(Fact, fact="meals.order.delivered.v1"):
    """The meal reached the person."""

    order_id: str


class DeliveryAttempted(Fact, fact="meals.delivery.attempted.v1"):
    """An attempt without success; the next one is due then (M-R8: second attempt 10 minutes later)."""

    order_id: str
    attempt: int
    result: str
    next_attempt_ms: int | None


class WelfareCheckDue(Fact, fact="meals.order.welfare_check_due.v1"):
    """Nobody answered twice: somebody must look after the person."""

    order_id: str
    person_id: str
    attempts: int


class OrderClosed(Fact, fact="meals.order.closed.v1"):
    """The meal's time is over; ``result`` says what is known of it."""

    order_id: str
    result: str


class KitchenCounted(Fact, fact="meals.kitchen.counted.v1"):
    """What a provider must cook: portions of one meal of one date after the cut-off, by service and by diet."""

    provider_id: str
    date: str
    meal: str
    portions: int
    by_service: dict[str, int]
    by_diet: dict[str, int]


class StandingOrderRecorded(Fact, fact="meals.standing_order.recorded.v1"):
    """The wish repeated on weekdays."""

    standing_order_id: str
    person_id: str
    lat: float
    lon: float
    meal: str
    portions: int
    service: str
    diets: tuple[str, ...]
    street: str | None
    age: int | None
    categories: tuple[str, ...]
    preferred_provider_id: str | None
    weekdays: tuple[int, ...]
    from_date: str
    until_date: str | None


class StandingOrderPausedFact(Fact, fact="meals.standing_order.pause_recorded.v1"):
    """No orders in between."""

    standing_order_id: str
    from_date: str
    until_date: str | None


class StandingOrderStoppedFact(Fact, fact="meals.standing_order.stop_recorded.v1"):
    """No orders from a date on."""

    standing_order_id: str
    from_date: str


class StandingOrderRun(Fact, fact="meals.standing_order.run.v1"):
    """The clock made (or skipped, with a reason) this date's order of a standing order."""

    standing_order_id: str
    date: str
    order_id: str | None
    skipped: str | None
