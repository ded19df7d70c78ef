"""The words of meals (老年助餐): events as the contract has them, refusal reasons, and (from `schemas.meals_facts`) facts.

Sources: contract "meals"; rules M-R1..M-R8 and table 2.2 of the features page; seed 000 (一)4, seed 001 (delivery network).
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas import meals_neighbour_facts
from schemas.envelope import Event
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
from schemas.meals_neighbours import EVENTS as NEIGHBOUR_EVENTS
from schemas.primitives import CityPosition, Code, Day, Id, Instant, Model, Text, Version

__all__ = [
    "CAPACITY_MAX",
    "EVENTS",
    "PORTIONS_MAX",
    "CapacityPublished",
    "CapacityPublishedEvent",
    "DeliveryAttempted",
    "DeliveryReported",
    "DeliveryReportedEvent",
    "DeliveryResult",
    "KitchenCounted",
    "Meal",
    "MealsReason",
    "MealsRule",
    "OrderAssigned",
    "OrderCancelled",
    "OrderCancelledEvent",
    "OrderCancelledFact",
    "OrderClosed",
    "OrderDelivered",
    "OrderOverridden",
    "OrderOverriddenEvent",
    "OrderPlaced",
    "OrderPlacedEvent",
    "OrderReassigned",
    "OrderRefused",
    "OrderUnplaced",
    "OrderWish",
    "ProviderClosed",
    "ProviderClosedEvent",
    "ProviderClosureRecorded",
    "ProviderKind",
    "ProviderListed",
    "ProviderRegistered",
    "ProviderRegisteredEvent",
    "ProviderReopened",
    "ProviderReopenedEvent",
    "ProviderReopeningRecorded",
    "Service",
    "SlotCapacity",
    "SlotOvercommitted",
    "SlotPublished",
    "StandingOrderPaused",
    "StandingOrderPausedEvent",
    "StandingOrderPausedFact",
    "StandingOrderPlaced",
    "StandingOrderPlacedEvent",
    "StandingOrderRecorded",
    "StandingOrderRun",
    "StandingOrderStopped",
    "StandingOrderStoppedEvent",
    "StandingOrderStoppedFact",
    "WelfareCheckDue",
]

FACTS_BESIDE = (meals_neighbour_facts,)
"""Whoever knows these words knows those facts too."""
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
    *NEIGHBOUR_EVENTS,
)


class MealsReason(StrEnum):
    """Why a meals event is refused. One name per reason; wire names are never reused."""

    UNKNOWN_ORDER = "unknown_order"
    UNKNOWN_PROVIDER = "unknown_provider"
    UNKNOWN_STANDING_ORDER = "unknown_standing_order"
    ORDER_EXISTS = "order_exists"
    ORDER_ALREADY_REFUSED = "order_already_refused"
    """This order id was refused before; it stays so even when capacity frees (I05)."""
    STANDING_ORDER_EXISTS = "standing_order_exists"
    ORDER_CLOSED = "order_closed"
    DATE_PAST = "date_past"
    DATE_TOO_FAR = "date_too_far"
    PAST_CUTOFF = "past_cutoff"
    """Every kitchen with room no longer takes orders for that meal (M-R8)."""
    STALE_CAPACITY = "stale_capacity"
    """Room is known of, but only from data older than the policy's age limit (C07)."""
    NO_PROVIDER_IN_REACH = "no_provider_in_reach"
    NO_SUITABLE_PROVIDER = "no_suitable_provider"
    """Providers are in reach, none with this service and these diets."""
    NO_CAPACITY = "no_capacity"
    NOT_ELIGIBLE = "not_eligible"
    PROVIDER_UNSUITABLE = "provider_unsuitable"
    PROVIDER_FULL = "provider_full"
    PROVIDER_NOT_OPEN = "provider_not_open"
    """Closed for that meal, or it never published that meal."""
    ALREADY_THERE = "already_there"
    CANCEL_TOO_LATE = "cancel_too_late"
    WINDOW_EMPTY = "window_empty"
    """An interval that ends before it begins, or holds no day."""
    NOT_A_DELIVERY = "not_a_delivery"
    NOT_AT_A_PROVIDER = "not_at_a_provider"
    """A delivery was reported of an order that no kitchen has."""
    IN_DELIVERY = "in_delivery"
    """The meal has left its kitchen: no override moves it any more."""
    BEFORE_MEAL = "before_meal"
    """A delivery was reported before the day of the meal."""
    NOT_LENDING = "not_lending"
    """This area's policy lends nothing to the area that asks."""
    ANSWER_TOO_LATE = "answer_too_late"
    """The question came after the instant until which it could be answered: home has gone on."""
    NOT_ASKED = "not_asked"
    """An answer, or a withdrawal, of a request that is not the one open now."""
    GUEST_ORDER = "guest_order"
    """This hold is for another area's order: it is cancelled, moved and reported there."""


class MealsRule(StrEnum):
    """Which rule ruled a candidate out (``why.rejected[].rule``)."""

    SERVICE_NOT_OFFERED = "service_not_offered"
    DIET_NOT_SERVED = "diet_not_served"
    OUTSIDE_DELIVERY_RADIUS = "outside_delivery_radius"
    TOO_FAR = "too_far"
    NOT_LISTED = "not_listed"
    NOT_PUBLISHED = "not_published"
    CLOSED = "closed"
    NO_CAPACITY = "no_capacity"
    STALE_CAPACITY = "stale_capacity"
    PAST_CUTOFF = "past_cutoff"
    KITCHEN_BUSY_LATE = "kitchen_busy_late"
    """After the cut-off only a kitchen below the policy's load takes more (M-R8)."""
