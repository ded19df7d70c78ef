"""What must hold of the state after every event, and of the whole state after recovery (C01, C02, I06, I07)."""

from collections.abc import Iterable
from typing import Any

from agents.core import InvariantBroken
from agents.meals.asking import ask_key
from agents.meals.state import MealsState, Order, Provider, Slot
from agents.meals.states import TERMINAL, OrderState
from schemas.facts import Fact
from schemas.meals import OrderAssigned

ASSIGNED = OrderState.ASSIGNED
ASKED = OrderState.ASKED
NO_KITCHEN_HERE = (OrderState.UNPLACED, OrderState.ASKED, OrderState.ELSEWHERE)


def check(state: MealsState, facts: Iterable[Fact]) -> None:
    """Look at what these facts touched: their order with its slot, and the slots of the providers they name."""
    for fact in facts:
        values = fact.__dict__
        order_id = values.get("order_id")
        if order_id is not None:
            order = state.orders.get(order_id)
            if order is not None:
                order_owned(state, order)
                slot = order.slot
                if slot is not None:
                    slot_sound(state, slot)
                if type(fact) is OrderAssigned:
                    continue
        for name in ("provider_id", "from_provider_id"):
            provider = state.providers.get(values.get(name, ""))
            if provider is not None:
                for slot in provider.slots.values() if "meal" not in values else _slots_of(provider, values):
                    slot_sound(state, slot)


def _slots_of(provider: Provider, values: dict[str, Any]) -> tuple[Slot, ...]:
    slot = provider.slots.get((values["date"], values["meal"]))
    return () if slot is None else (slot,)


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
            require(not slot.orders or slot.close_key in state.deadlines or slot.close_key in state.stuck, "no slot stays open")
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
    for guest_id, guest in state.guests.items():
        require(guest_id not in state.orders and guest_id not in state.ended, "a guest is open or ended, and no order of ours")
        require(guest.slot is not None and guest.slot.orders.get(guest_id) is guest, "a guest is in the slot it names")
    require(state.asks.keys() <= state.orders.keys(), "what was asked is of an open order")
    require(len(state.ended) == len(state.ended_order), "every ended case will be forgotten")
    for standing_order_id in state.standing:
        run = f"run|{standing_order_id}"
        require(run in state.deadlines or run in state.stuck, "a standing order has its next run")


def slot_sound(state: MealsState, slot: Slot) -> None:
    """Conservation, and that orders the slot cannot keep are about to move."""
    if not slot.conserved():
        raise InvariantBroken(f"conservation broken at {slot.key}")
    if slot.orders and (slot.shut or slot.free < 0):
        key = slot.move_key
        require(key in state.deadlines or key in state.stuck, "what a slot cannot keep is moved")


def order_owned(state: MealsState, order: Order) -> None:
    """Every open order has a next deadline, or a stuck one that a human owns (I07)."""
    slot = order.slot
    at_kitchen = slot is not None and order.state is ASSIGNED
    if slot is not None and at_kitchen:
        key = slot.close_key
    else:
        key = ask_key(order.order_id) if order.state is ASKED else f"end|{order.order_id}"
    if state.deadlines.when(key) is None and key not in state.stuck:
        raise InvariantBroken(f"order {order.order_id} has neither deadline nor owner")
    if slot is None:
        away = order.order_id in state.asks
        if not away and order.state is not OrderState.UNPLACED:
            raise InvariantBroken("an order without a kitchen here is unplaced or was asked about elsewhere")
    elif (not at_kitchen and order.state in NO_KITCHEN_HERE) or order.order_id in state.asks:
        raise InvariantBroken("an order with a kitchen here is in nobody else's hands")
    if not at_kitchen and order.state._value_ in TERMINAL:
        raise InvariantBroken("an ended order is not open")


def require(holds: bool, law: str) -> None:
    """Raise `InvariantBroken`, naming the law, unless it holds."""
    if not holds:
        raise InvariantBroken(law)
