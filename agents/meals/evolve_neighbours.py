"""Facts between areas into state: an order asked elsewhere, placed there, taken back; and the guests of this area's own kitchens.

`evolve` is the entry; it takes the rows of `WRITERS` in.
"""

from collections.abc import Callable
from typing import Any

from agents.meals.asking import ask_key
from agents.meals.holds import free, grant, hold, move, remember, serve
from agents.meals.state import Ask, Guest, MealsState, Order, order_of
from agents.meals.states import OrderState
from schemas.facts import Fact
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


def forget_ask(state: MealsState, order_id: str) -> None:
    """This order is in nobody else's hands any more."""
    if state.asks.pop(order_id, None) is not None:
        _no_deadline(state, ask_key(order_id))


def _asked(state: MealsState, fact: OrderAskedElsewhere, now_ms: int) -> None:
    order = state.orders.get(fact.order_id)
    if order is None:
        order = _new_order(state, fact)
    elif order.slot is not None:
        free(state, order, now_ms)
    else:
        _no_deadline(state, f"end|{order.order_id}")
    move(order, OrderState.ASKED)
    order.closes_ms = fact.closes_ms
    state.asks[order.order_id] = Ask(fact.request_id, fact.lending_area, fact.number, dict(fact.tried), fact.cause, fact.correlationid)
    _deadline(state, ask_key(order.order_id), fact.answer_by_ms)


def _new_order(state: MealsState, fact: OrderAskedElsewhere) -> Order:
    order = state.orders[fact.order_id] = order_of(fact.__dict__)
    grant(state, order)
    return order


def _placed_elsewhere(state: MealsState, fact: OrderPlacedElsewhere, _now_ms: int) -> None:
    order = state.orders[fact.order_id]
    move(order, OrderState.ELSEWHERE)
    state.asks[fact.order_id].provider_id = fact.provider_id
    order.closes_ms = fact.closes_ms
    _no_deadline(state, ask_key(fact.order_id))
    _deadline(state, f"end|{fact.order_id}", fact.closes_ms)


def _nowhere(state: MealsState, fact: OrderNowhere, _now_ms: int) -> None:
    order = state.orders[fact.order_id]
    move(order, OrderState.UNPLACED)
    order.closes_ms = fact.closes_ms
    ask = state.asks[fact.order_id]
    ask.provider_id, ask.tried = None, dict(fact.tried)
    _no_deadline(state, ask_key(fact.order_id))
    _deadline(state, f"end|{fact.order_id}", fact.closes_ms)


def _guest_assigned(state: MealsState, fact: GuestAssigned, now_ms: int) -> None:
    guest = Guest(fact.guest_id, fact.home_area, fact.home_order_id, fact.correlationid)
    guest.date = fact.date
    guest.meal = fact.meal
    guest.portions = fact.portions
    guest.service = fact.service
    guest.diets = fact.diets
    guest.lat = fact.lat
    guest.lon = fact.lon
    guest.closes_ms = fact.closes_ms
    assert fact.guest_id not in state.guests
    state.guests[fact.guest_id] = guest
    hold(state, guest, state.providers[fact.provider_id], fact.cutoff_ms, now_ms)


def _guest_moved(state: MealsState, fact: GuestMoved, now_ms: int) -> None:
    guest = state.guests[fact.guest_id]
    free(state, guest, now_ms)
    guest.closes_ms = fact.closes_ms
    hold(state, guest, state.providers[fact.provider_id], fact.cutoff_ms, now_ms)


def _guest_released(state: MealsState, fact: GuestReleased, now_ms: int) -> None:
    guest = state.guests.pop(fact.guest_id)
    free(state, guest, now_ms)
    move(guest, OrderState.CANCELLED)
    remember(state, fact.guest_id, OrderState.CANCELLED, None, now_ms)


def _guest_closed(state: MealsState, fact: GuestClosed, now_ms: int) -> None:
    guest = state.guests.pop(fact.guest_id)
    slot = guest.slot
    assert slot is not None
    serve(state, guest)
    slot.serving -= 1
    move(guest, OrderState.CLOSED)
    remember(state, fact.guest_id, OrderState.CLOSED, None, now_ms)


def _guest_refused(state: MealsState, fact: GuestRefused, now_ms: int) -> None:
    remember(state, fact.guest_id, OrderState.REFUSED, fact.reason, now_ms)


def _nothing(state: MealsState, fact: Fact, now_ms: int) -> None:
    """Said for the other area; the state knows it by the facts beside it."""


def _deadline(state: MealsState, key: str, when_ms: int) -> None:
    state.stuck.pop(key, None)
    state.deadlines.set(key, when_ms)


def _no_deadline(state: MealsState, key: str) -> None:
    state.stuck.pop(key, None)
    state.deadlines.clear(key)


# Each row takes the fact of its own key, which no type checker can say of a table.
WRITERS: dict[type[Fact], Callable[[MealsState, Any, int], None]] = {
    OrderAskedElsewhere: _asked,
    OrderPlacedElsewhere: _placed_elsewhere,
    OrderNowhere: _nowhere,
    RequestWithdrawn: _nothing,
    GuestAssigned: _guest_assigned,
    GuestMoved: _guest_moved,
    GuestReleased: _guest_released,
    GuestClosed: _guest_closed,
    GuestRefused: _guest_refused,
}
