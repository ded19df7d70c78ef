"""What must hold of the state after every event, and of the whole state after recovery (C01, C02, I06, I07)."""

from collections.abc import Iterable

from agents.core import InvariantBroken
from agents.meals.state import MealsState, Order, Slot
from agents.meals.states import TERMINAL, OrderState
from schemas.facts import Fact


def check(state: MealsState, facts: Iterable[Fact]) -> None:
    """Look at what these facts touched: their order, and their provider's slot of that meal."""
    for fact in facts:
        values = fact.__dict__
        order_id = values.get("order_id")
        if order_id is not None:
            order = state.orders.get(order_id)
            if order is not None:
                order_owned(state, order)
        provider_id = values.get("provider_id")
        if provider_id is not None and "meal" in values:
            slot = state.providers[provider_id].slots.get((values["date"], values["meal"]))
            if slot is not None:
                slot_sound(state, slot)


def check_all(state: MealsState) -> None:
    """The whole state, with the sums that are too dear for every event."""
    free = total = 0
    for provider in state.providers.values():
        require(not provider.listed or provider.place_id in state.listed, "a listed provider can be found")
        for key, slot in provider.slots.items():
            slot_sound(state, slot)
            require(key == (slot.date, slot.meal), "a slot lies under its own key")
            require(slot.held == sum(order.portions for order in slot.orders.values()), "what is held is what orders hold")
            require(all(order.slot is slot for order in slot.orders.values()), "an order is in the slot it names")
            require(not slot.orders or f"close|{slot.key}" in state.deadlines or f"close|{slot.key}" in state.stuck, "no slot stays open")
            for service, grid in state.days[key].free.items():
                found = provider.place_id in grid
                require(
                    found == (provider.listed and slot.free > 0 and service in provider.services),
                    "the index of free places is right",
                )
            free += max(0, slot.free)
            total += slot.total
    require((free, total) == (state.places_free, state.places_total), "the gauges are the sums")
    for order_id, order in state.orders.items():
        require(order_id == order.order_id and order_id not in state.ended, "an order is open or ended")
        order_owned(state, order)
    require(len(state.ended) == len(state.ended_order), "every ended case will be forgotten")
    for standing_order_id in state.standing:
        run = f"run|{standing_order_id}"
        require(run in state.deadlines or run in state.stuck, "a standing order has its next run")


def slot_sound(state: MealsState, slot: Slot) -> None:
    """Conservation, and that orders the slot cannot keep are about to move."""
    if not slot.conserved():
        raise InvariantBroken(f"conservation broken at {slot.key}")
    if slot.orders and (slot.shut or slot.free < 0):
        key = f"move|{slot.key}"
        require(key in state.deadlines or key in state.stuck, "what a slot cannot keep is moved")


def order_owned(state: MealsState, order: Order) -> None:
    """Every open order has a next deadline, or a stuck one that a human owns (I07)."""
    key = f"end|{order.order_id}" if order.slot is None else f"close|{order.slot.key}"
    if key not in state.deadlines and key not in state.stuck:
        raise InvariantBroken(f"order {order.order_id} has neither deadline nor owner")
    require((order.slot is None) == (order.state is OrderState.UNPLACED), "an order without a kitchen is unplaced")
    require(order.state not in TERMINAL, "an ended order is not open")


def require(holds: bool, law: str) -> None:
    """Raise `InvariantBroken`, naming the law, unless it holds."""
    if not holds:
        raise InvariantBroken(law)
