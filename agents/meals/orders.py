"""Orders: placing, cancelling, overriding, and moving those that lost their kitchen."""

import datetime as dt

from agents.core import Verdict, accept, refuse
from agents.meals import asking, guests
from agents.meals.place import NoPlacement, Placement, Wish, route
from agents.meals.policy import at_minute
from agents.meals.price import Price, price
from agents.meals.state import Guest, MealsState, Order, Slot, provider_of
from agents.meals.states import OrderState
from agents.shared.calendar import day_from, day_number, day_of
from agents.shared.explanation import because
from agents.shared.ids import derived_id
from agents.shared.nearest import Point
from schemas.decisions import Outcome, Reasoned, Why
from schemas.facts import Fact, TaskClosed, TaskKind, TaskOpened
from schemas.meals import (
    MealsReason,
    OrderAssigned,
    OrderCancelledEvent,
    OrderCancelledFact,
    OrderOverriddenEvent,
    OrderPlacedEvent,
    OrderReassigned,
    OrderRefused,
    OrderUnplaced,
)

OPERATOR = "meals-operator"
"""Who owns a human task of meals."""


ACCEPTED = Outcome.ACCEPTED
OVERRIDABLE = (OrderState.ASSIGNED, OrderState.UNPLACED, OrderState.ASKED, OrderState.ELSEWHERE)
"""States of an order whose meal is still to be cooked."""


def placed(state: MealsState, event: OrderPlacedEvent, now_ms: int) -> Verdict:
    """A one-off order (M1, M7-M10). Every refusal is kept: this order id stays refused (I05)."""
    values = event.data.__dict__  # read so, its fields cost a third of what asking the model for each of them does
    order_id: str = values["order_id"]
    used = known(state, order_id)
    if used is not None:
        return refuse(*used)
    policy = state.policies.at(now_ms)
    day: dt.date = values["date"]
    date: str = day.isoformat()
    meal: str = values["meal"]._value_
    service: str = values["service"]._value_
    age: int | None = values["age"]
    days_ahead = day.toordinal() - day_number(now_ms)
    reason: MealsReason
    why: Why
    if days_ahead < 0:
        reason, why = MealsReason.DATE_PAST, because("date_past", today=day_of(now_ms).isoformat())
    elif days_ahead > policy.order_days_ahead_max:
        reason, why = MealsReason.DATE_TOO_FAR, because("order_days_ahead_max", days=policy.order_days_ahead_max)
    elif policy.eligible_age_min is not None and age is not None and age < policy.eligible_age_min:
        reason, why = MealsReason.NOT_ELIGIBLE, because("eligible_age_min", age_min=policy.eligible_age_min)
    else:
        position = values["position"].__dict__
        portions: int = values["portions"]
        wish = Wish(
            Point(position["lat"], position["lon"]), date, meal, portions, service, values["diets"], values["preferred_provider_id"]
        )
        placement = route(state, policy, wish, now_ms)
        if type(placement) is Placement:
            person_id: str = values["person_id"]
            granted = state.subsidised.get(date)
            granted_fen = 0 if granted is None else granted.get(person_id, 0)
            cost = price(
                policy, meal=meal, portions=portions, service=service, age=age, categories=values["categories"], granted_fen=granted_fen
            )
            fact = assigned(order_id, wish, placement, cost, person_id=person_id, street=values["street"])
            why = placement.why
            if cost.rule is not None:
                why["subsidy"] = cost.rule
            # Made as `NamedTuple` makes them, at half the cost of asking their classes.
            reasoned = tuple.__new__(Reasoned, (fact, None))
            return tuple.__new__(Verdict, (ACCEPTED, None, (reasoned,), why))
        assert isinstance(placement, NoPlacement)
        reason, why = placement
        area = asking.first_area(state, date, meal, now_ms)
        if area is not None:
            return _asked_elsewhere(state, event, (wish, area), placement, now_ms)
    refused = OrderRefused.made(
        {
            "order_id": order_id,
            "person_id": values["person_id"],
            "date": date,
            "meal": meal,
            "portions": values["portions"],
            "reason": reason.value,
            "standing_order_id": None,
        }
    )
    return Verdict(Outcome.REFUSED, reason.value, (Reasoned(refused),), why)


def _asked_elsewhere(state: MealsState, event: OrderPlacedEvent, asks: tuple[Wish, str], nowhere: NoPlacement, now_ms: int) -> Verdict:
    """Nobody here can take it: this neighbour is asked. The price stays this area's matter."""
    data = event.data
    wish, area = asks
    cost = price(
        state.policies.at(now_ms),
        meal=wish.meal,
        portions=data.portions,
        service=wish.service,
        age=data.age,
        categories=data.categories,
        granted_fen=state.subsidised.get(wish.date, {}).get(data.person_id, 0),
    )
    fact = asking.asked_first(
        state, area, data.order_id, wish, cost, person_id=data.person_id, street=data.street,
        correlationid=event.correlationid or event.id, now_ms=now_ms,
    )  # fmt: skip
    why = nowhere.why | {"rule": nowhere.reason.value, "asked": area}
    if cost.rule is not None:
        why["subsidy"] = cost.rule
    return Verdict(ACCEPTED, None, (Reasoned(fact),), why)


def assigned(
    order_id: str,
    wish: Wish,
    placement: Placement,
    cost: Price,
    *,
    person_id: str,
    street: str | None,
    standing_order_id: str | None = None,
) -> OrderAssigned:
    """The fact of an order that found its kitchen."""
    slot, distance_m, travel_s, cutoff_ms, late, _ = placement
    point, date, meal, portions, service, diets, _ = wish
    return OrderAssigned.made(
        {
            "order_id": order_id,
            "provider_id": slot.provider.place_id,
            "distance_m": distance_m,
            "travel_s": travel_s,
            "person_id": person_id,
            "date": date,
            "meal": meal,
            "portions": portions,
            "service": service,
            "diets": diets,
            "lat": point.lat,
            "lon": point.lon,
            "street": street,
            "price_fen": cost.price_fen,
            "subsidy_fen": cost.subsidy_fen,
            "cutoff_ms": cutoff_ms,
            "closes_ms": slot.closes_ms,
            "capacity_version": slot.version,
            "late": late,
            "standing_order_id": standing_order_id,
        }
    )


def cancelled(state: MealsState, event: OrderCancelledEvent, now_ms: int) -> Verdict:
    """Frees once (C05), until the policy's hour; an order without a kitchen can be cancelled at any time."""
    data = event.data
    order = state.orders.get(data.order_id)
    if order is None:
        return refuse(gone(state, data.order_id))
    if order.state in (OrderState.ASSIGNED, OrderState.ELSEWHERE):
        times = state.policies.at(now_ms).times(order.meal)
        until_ms = at_minute(day_from(order.date), times.cancel_until_minute)
        if now_ms > until_ms:
            return refuse(MealsReason.CANCEL_TOO_LATE, because("cancel_until", cancel_until_ms=until_ms))
    elif order.state not in (OrderState.UNPLACED, OrderState.ASKED):
        return refuse(MealsReason.CANCEL_TOO_LATE, because(order.state.value))
    fact = OrderCancelledFact(
        order_id=order.order_id,
        provider_id=None if order.slot is None else order.slot.provider.place_id,
        person_id=order.person_id,
        date=order.date,
        meal=order.meal,
        portions=order.portions,
        reason=data.reason,
    )
    return accept(*task_closed(order, "order_cancelled"), *asking.withdrawn(state, order, "cancelled"), fact)


def overridden(state: MealsState, event: OrderOverriddenEvent, now_ms: int) -> Verdict:
    """An operator's choice goes before distance, cut-off and age of data, never before room, opening, diet or service.

    A full kitchen stays full: who wants more there has the kitchen publish more, so that no promise rests on a wish (C01).
    """
    data = event.data
    order = state.orders.get(data.order_id)
    if order is None:
        return refuse(gone(state, data.order_id))
    if order.state not in OVERRIDABLE:
        return refuse(MealsReason.IN_DELIVERY, because(order.state.value))
    provider = provider_of(state, data.provider_id)
    if provider is None:
        return refuse(MealsReason.UNKNOWN_PROVIDER)
    if order.slot is not None and order.slot.provider is provider:
        return refuse(MealsReason.ALREADY_THERE)
    if order.service not in provider.services or not provider.diets.issuperset(order.diets):
        return refuse(MealsReason.PROVIDER_UNSUITABLE)
    slot = provider.slots.get((order.date, order.meal))
    if slot is None or slot.shut:
        return refuse(MealsReason.PROVIDER_NOT_OPEN, because("closed" if slot is not None else "not_published"))
    if slot.ends_ms <= now_ms:
        return refuse(MealsReason.DATE_PAST, because("meal_over"))
    if slot.free < order.portions:
        return refuse(MealsReason.PROVIDER_FULL, because("no_capacity", free=max(0, slot.free)))
    policy = state.policies.at(now_ms)
    distance_m = Point(order.lat, order.lon).distance_m(provider)
    speed_cm_s = policy.courier_speed_cm_s if order.service == "delivery" else policy.walk_speed_cm_s
    standard_ms = at_minute(day_from(order.date), policy.times(order.meal).cutoff_minute)
    fact = OrderReassigned(
        order_id=order.order_id,
        provider_id=provider.place_id,
        from_provider_id=None if order.slot is None else order.slot.provider.place_id,
        distance_m=distance_m,
        travel_s=-(-distance_m * policy.detour_percent // speed_cm_s),
        cause="override",
        capacity_version=slot.version,
        person_id=order.person_id,
        date=order.date,
        meal=order.meal,
        portions=order.portions,
        cutoff_ms=standard_ms if slot.cutoff_ms is None else slot.cutoff_ms,
        closes_ms=slot.closes_ms,
        reason=data.reason,
    )
    withdrawn = asking.withdrawn(state, order, "override")
    return accept(*task_closed(order, "order_moved"), *withdrawn, fact, why=because("override", chosen_by=event.actor))


def moved(state: MealsState, slot: Slot, now_ms: int) -> tuple[Reasoned, ...]:
    """The next order that this slot cannot keep: to another kitchen, or before a human (M15).

    The latest order goes first, so that a lowered capacity keeps those who came first.
    """
    order = slot.orders[next(reversed(slot.orders))]
    cause = "provider_closed" if slot.shut else "capacity_lowered"
    if type(order) is Guest:
        return guests.displaced(state, order, cause, now_ms)
    policy = state.policies.at(now_ms)
    wish = Wish(Point(order.lat, order.lon), order.date, order.meal, order.portions, order.service, order.diets, None)
    placement = route(state, policy, wish, now_ms)
    left = slot.provider.place_id
    if isinstance(placement, NoPlacement):
        area = asking.first_area(state, order.date, order.meal, now_ms)
        if area is not None:
            closes_ms = asking.order_closes_ms(policy, order.date, order.meal)
            asked = asking.asked_of(state, order, area, tried={}, cause=cause, closes_ms=closes_ms, now_ms=now_ms)
            return *(Reasoned(fact) for fact in task_closed(order, "order_moved")), Reasoned(asked, placement.why | {"asked": area})
        unplaced = OrderUnplaced(
            order_id=order.order_id,
            from_provider_id=left,
            cause=cause,
            person_id=order.person_id,
            date=order.date,
            meal=order.meal,
            portions=order.portions,
            closes_ms=max(now_ms, slot.closes_ms),
        )
        task = open_task(order.order_id, TaskKind.UNPLACED_REQUEST, now_ms, cause=cause, reason=placement.reason.value)
        return Reasoned(unplaced, placement.why), *(Reasoned(fact) for fact in (*task_closed(order, "order_unplaced"), task))
    to = placement.slot
    fact = OrderReassigned(
        order_id=order.order_id,
        provider_id=to.provider.place_id,
        from_provider_id=left,
        distance_m=placement.distance_m,
        travel_s=placement.travel_s,
        cause=cause,
        capacity_version=to.version,
        person_id=order.person_id,
        date=order.date,
        meal=order.meal,
        portions=order.portions,
        cutoff_ms=placement.cutoff_ms,
        closes_ms=to.closes_ms,
    )
    return *(Reasoned(fact) for fact in task_closed(order, "order_moved")), Reasoned(fact, placement.why)


def open_task(about: str, kind: TaskKind, now_ms: int, **detail: str) -> TaskOpened:
    """A human must act on this case."""
    return TaskOpened(
        task_id=derived_id("task", about, kind.value, str(now_ms)), kind=kind, about=about, owner=OPERATOR, detail=dict(detail)
    )


def task_closed(order: Order, result: str) -> tuple[Fact, ...]:
    """The order's open task ends with what it was about."""
    return () if order.task_id is None else (TaskClosed(task_id=order.task_id, result=result),)


def known(state: MealsState, order_id: str) -> tuple[MealsReason, Why] | None:
    """The refusal of an order id that was used before, or None."""
    if order_id in state.orders:
        return MealsReason.ORDER_EXISTS, because(state.orders[order_id].state.value)
    ended = state.ended.get(order_id)
    if ended is None:
        return (MealsReason.ORDER_EXISTS, because("guest")) if order_id in state.guests else None
    if ended.state is OrderState.REFUSED:
        return MealsReason.ORDER_ALREADY_REFUSED, because("already_refused", reason=ended.reason)
    return MealsReason.ORDER_EXISTS, because(ended.state.value)


def gone(state: MealsState, order_id: str) -> MealsReason:
    """Why nothing can be done about an order that is not open here."""
    if order_id in state.guests:
        return MealsReason.GUEST_ORDER
    return MealsReason.ORDER_CLOSED if order_id in state.ended else MealsReason.UNKNOWN_ORDER
