"""Holding, freeing and serving portions: the small steps that `evolve` writes facts with, each keeping deadlines and indexes right."""

from agents.meals.index import seats_changed
from agents.meals.state import Ended, MealsState, Order, Provider, Slot
from agents.meals.states import MOVES, OrderState

ASSIGNED = OrderState.ASSIGNED
"""Looking a member up on its class costs more than all of a transition."""


def move(order: Order, to: OrderState) -> None:
    """Change the state of an order, by the table of moves (I06)."""
    assert (order.state._value_, to._value_) in MOVES, f"an order never goes from {order.state} to {to}"
    order.state = to


def grant(state: MealsState, order: Order) -> None:
    """The day's subsidy of this order counts for its person, so that it is given once (M-R3)."""
    if order.subsidy_fen:
        granted = state.subsidised.setdefault(order.date, {})
        granted[order.person_id] = granted.get(order.person_id, 0) + order.subsidy_fen


def hold(state: MealsState, order: Order, provider: Provider, cutoff_ms: int, now_ms: int) -> None:
    """Portions at this provider for an order that has none anywhere."""
    slot = provider.slots[(order.date, order.meal)]
    before = slot.free
    slot.hold(order.portions)
    seats_changed(state, slot, before)
    move(order, ASSIGNED)
    order.slot = slot
    orders = slot.orders
    first = not orders
    if first:
        state.deadlines.set(slot.close_key, slot.closes_ms)
    orders[order.order_id] = order
    if not slot.counted and cutoff_ms > now_ms:
        if first:
            state.deadlines.set(slot.count_key, cutoff_ms)
    else:
        _count_again(state, slot, now_ms)


def free(state: MealsState, order: Order, now_ms: int) -> None:
    """Take an order's portions back: once, since it then has none (C05)."""
    slot = order.slot
    assert slot is not None
    before = slot.free
    slot.release(order.portions)
    seats_changed(state, slot, before)
    _leave(state, order, slot)
    order.slot = None
    _displaced(state, slot, now_ms)
    if slot.counted:
        _count_again(state, slot, now_ms)


def serve(state: MealsState, order: Order) -> None:
    """The meal has left the kitchen: its portions are used, once, and no closure moves the order any more."""
    slot = order.slot
    assert slot is not None
    if order.state is ASSIGNED:
        slot.consume(order.portions)
        _leave(state, order, slot)
        slot.serving += 1


def remember(state: MealsState, order_id: str, to: OrderState, reason: str | None, now_ms: int) -> None:
    """A case has ended: its id is known for as long as policy says."""
    assert order_id not in state.ended, "nothing leaves a terminal state"
    state.ended[order_id] = Ended(to, reason, now_ms)
    state.ended_order.append(order_id)


def _leave(state: MealsState, order: Order, slot: Slot) -> None:
    orders = slot.orders
    if next(reversed(orders)) == order.order_id:
        orders.popitem()  # unlike del, gives the place back at once: looking for the last one stays cheap
    else:
        del orders[order.order_id]
    if not orders:
        state.deadlines.clear(slot.close_key)
        state.deadlines.clear(slot.move_key)
        state.stuck.pop(slot.close_key, None)
        state.stuck.pop(slot.move_key, None)


def _count_again(state: MealsState, slot: Slot, now_ms: int) -> None:
    policy = state.policies.at(now_ms)
    key = slot.count_key
    wanted = policy.kitchen_recount or not slot.counted
    if wanted and now_ms < slot.ends_ms and key not in state.deadlines:
        state.deadlines.set(key, now_ms + policy.kitchen_recount_s * 1000)


def shut_or_open(state: MealsState, slot: Slot, now_ms: int) -> None:
    """Close or open a slot by its provider's closures, and see to the orders it cannot keep."""
    shut = any(closure.touches(slot.starts_ms, slot.ends_ms) for closure in slot.provider.closures)
    if shut != slot.shut:
        before = slot.free
        (slot.shut_down if shut else slot.open_up)()
        seats_changed(state, slot, before)
    _displaced(state, slot, now_ms)


def _displaced(state: MealsState, slot: Slot, now_ms: int) -> None:
    """Open orders that the slot cannot keep are work due at once, one order at a time."""
    key = slot.move_key
    if slot.orders and (slot.shut or slot.free < 0):
        if key not in state.stuck and key not in state.deadlines:
            state.deadlines.set(key, now_ms)
    else:
        state.deadlines.clear(key)
