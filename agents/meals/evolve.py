"""Facts into state: the only writer. One function a fact; whoever adds a fact adds its row to `WRITERS`.

Deadline keys name the work they stand for: ``count|<slot>``, ``close|<slot>``, ``move|<slot>``, ``try|<order>``, ``end|<order>``,
``ask|<order>``, ``run|<standing order>``; a slot's key is ``provider|date|meal``.
"""

from collections.abc import Callable
from typing import Any

from agents.meals.evolve_neighbours import WRITERS as NEIGHBOUR_WRITERS
from agents.meals.evolve_neighbours import forget_ask
from agents.meals.holds import free, grant, hold, move, remember, serve, shut_or_open
from agents.meals.index import put_in, seats_changed, slot_of, take_out
from agents.meals.policy import at_minute
from agents.meals.state import Closure, MealsState, Order, Provider, Standing, order_of, words
from agents.meals.states import OrderState
from agents.shared.calendar import CalendarYear, day_from
from agents.shared.policy import parse
from schemas.facts import CaseStuck, Fact, PolicyAdopted, TaskClosed, TaskKind, TaskOpened
from schemas.meals import (
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

ORDER_TASKS = (TaskKind.UNPLACED_REQUEST, TaskKind.WELFARE_CHECK)
"""Tasks that end with what their order meets next; others may be about an event that bears the same id as an order."""


def evolve(state: MealsState, fact: Fact, now_ms: int) -> None:
    """Write one fact."""
    WRITERS[type(fact)](state, fact, now_ms)


def _policy_adopted(state: MealsState, fact: PolicyAdopted, now_ms: int) -> None:
    state.cited.forget()
    if fact.policy == "calendar":
        year = parse(CalendarYear, fact.parameters)
        assert year is not None
        state.calendar.adopt(year)
        state.calendar_versions[year.year] = fact.version
    else:
        assert fact.policy == "meals"
        state.policies.adopt(fact.version, fact.in_force_from, fact.parameters, now_ms)


def _provider_listed(state: MealsState, fact: ProviderListed, _now_ms: int) -> None:
    provider = _provider(state, fact.provider_id)
    take_out(state, provider)
    provider.move(fact.lat, fact.lon)
    provider.name = fact.name
    provider.kind = fact.kind
    provider.street = fact.street
    provider.services = words(fact.services)
    provider.diets = words(fact.diets)
    provider.delivery_radius_m = fact.delivery_radius_m
    provider.listed = True
    put_in(state, provider)


def _slot_published(state: MealsState, fact: SlotPublished, now_ms: int) -> None:
    provider = _provider(state, fact.provider_id)
    slot = slot_of(state, provider, fact.date, fact.meal)
    day = state.days[(fact.date, fact.meal)]
    day.own_cutoffs += (fact.cutoff_ms is not None) - (slot.cutoff_ms is not None)
    slot.cutoff_ms = fact.cutoff_ms
    slot.starts_ms = fact.starts_ms
    slot.ends_ms = fact.ends_ms
    slot.closes_ms = fact.closes_ms
    day.closes_ms = max(day.closes_ms, fact.closes_ms)
    state.places_total += fact.capacity - slot.total
    before = slot.free
    slot.publish(fact.version, fact.capacity, now_ms)
    seats_changed(state, slot, before)
    if slot.orders:
        state.deadlines.set(slot.close_key, slot.closes_ms)
    if slot.count_key in state.deadlines and not slot.counted:
        # The kitchen moved its cut-off: it is counted when orders really end, neither earlier nor later (T02).
        cutoff_minute = state.policies.at(now_ms).times(fact.meal).cutoff_minute
        cutoff_ms = at_minute(day_from(fact.date), cutoff_minute) if fact.cutoff_ms is None else fact.cutoff_ms
        state.deadlines.set(slot.count_key, max(cutoff_ms, now_ms))
    shut_or_open(state, slot, now_ms)


def _closure_recorded(state: MealsState, fact: ProviderClosureRecorded, now_ms: int) -> None:
    provider = _provider(state, fact.provider_id)
    provider.closures.append(Closure(fact.from_ms, fact.until_ms, fact.reason))
    for slot in provider.slots.values():
        shut_or_open(state, slot, now_ms)


def _reopening_recorded(state: MealsState, fact: ProviderReopeningRecorded, now_ms: int) -> None:
    provider = _provider(state, fact.provider_id)
    kept = []
    for closure in provider.closures:
        if closure.from_ms < fact.from_ms:
            until_ms = fact.from_ms if closure.until_ms is None else min(closure.until_ms, fact.from_ms)
            kept.append(Closure(closure.from_ms, until_ms, closure.reason))
    provider.closures = kept
    for slot in provider.slots.values():
        shut_or_open(state, slot, now_ms)


def _order_assigned(state: MealsState, fact: OrderAssigned, now_ms: int) -> None:
    values = fact.__dict__  # read so, its fields cost a third of what asking the model for each of them does
    order = order_of(values)
    assert order.order_id not in state.orders
    state.orders[order.order_id] = order
    grant(state, order)
    hold(state, order, state.providers[values["provider_id"]], values["cutoff_ms"], now_ms)


def _order_reassigned(state: MealsState, fact: OrderReassigned, now_ms: int) -> None:
    order = state.orders[fact.order_id]
    if order.slot is not None:
        free(state, order, now_ms)
    else:
        state.deadlines.clear(f"end|{order.order_id}")
        forget_ask(state, order.order_id)
    order.closes_ms = fact.closes_ms
    hold(state, order, state.providers[fact.provider_id], fact.cutoff_ms, now_ms)


def _order_unplaced(state: MealsState, fact: OrderUnplaced, now_ms: int) -> None:
    order = state.orders[fact.order_id]
    free(state, order, now_ms)
    move(order, OrderState.UNPLACED)
    order.closes_ms = fact.closes_ms
    state.deadlines.set(f"end|{order.order_id}", fact.closes_ms)


def _order_refused(state: MealsState, fact: OrderRefused, now_ms: int) -> None:
    assert fact.order_id not in state.orders
    remember(state, fact.order_id, OrderState.REFUSED, fact.reason, now_ms)


def _order_cancelled(state: MealsState, fact: OrderCancelledFact, now_ms: int) -> None:
    order = state.orders[fact.order_id]
    if order.slot is not None:
        free(state, order, now_ms)
    if order.subsidy_fen:
        granted = state.subsidised[order.date]
        granted[order.person_id] -= order.subsidy_fen
    _end(state, order, OrderState.CANCELLED, now_ms)


def _order_delivered(state: MealsState, fact: OrderDelivered, now_ms: int) -> None:
    order = state.orders[fact.order_id]
    if fact.lent_by is None:
        serve(state, order)
    _end(state, order, OrderState.DELIVERED, now_ms)


def _order_closed(state: MealsState, fact: OrderClosed, now_ms: int) -> None:
    order = state.orders[fact.order_id]
    if order.slot is not None:
        serve(state, order)
    elif fact.result == "unplaced" and order.subsidy_fen and fact.order_id in state.asks:
        # Reserved when a neighbour was asked; there was no meal, so the day's subsidy is the person's to use again.
        state.subsidised[order.date][order.person_id] -= order.subsidy_fen
    _end(state, order, OrderState.CLOSED, now_ms)


def _delivery_attempted(state: MealsState, fact: DeliveryAttempted, _now_ms: int) -> None:
    order = state.orders[fact.order_id]
    if fact.lent_by is None:
        serve(state, order)
    move(order, OrderState.ATTEMPTED)
    order.attempts = fact.attempt
    state.deadlines.set(f"end|{fact.order_id}", order.closes_ms)
    if fact.report_by_ms is None:
        state.deadlines.clear(f"try|{fact.order_id}")
    else:
        state.deadlines.set(f"try|{fact.order_id}", fact.report_by_ms)


def _welfare_check_due(state: MealsState, fact: WelfareCheckDue, _now_ms: int) -> None:
    state.deadlines.clear(f"try|{fact.order_id}")
    move(state.orders[fact.order_id], OrderState.WELFARE_CHECK)


def _kitchen_counted(state: MealsState, fact: KitchenCounted, _now_ms: int) -> None:
    slot = state.providers[fact.provider_id].slots[(fact.date, fact.meal)]
    slot.counted = True
    state.deadlines.clear(slot.count_key)


def _standing_recorded(state: MealsState, fact: StandingOrderRecorded, _now_ms: int) -> None:
    state.standing[fact.standing_order_id] = Standing(wish=fact, next_date=fact.next_date)
    state.deadlines.set(f"run|{fact.standing_order_id}", fact.next_run_ms)


def _standing_paused(state: MealsState, fact: StandingOrderPausedFact, _now_ms: int) -> None:
    standing = state.standing[fact.standing_order_id]
    standing.pause_from, standing.pause_until = fact.from_date, fact.until_date


def _standing_stopped(state: MealsState, fact: StandingOrderStoppedFact, _now_ms: int) -> None:
    standing = state.standing[fact.standing_order_id]
    standing.stopped_from = fact.from_date
    if standing.next_date >= fact.from_date:
        _end_standing(state, fact.standing_order_id)


def _standing_run(state: MealsState, fact: StandingOrderRun, _now_ms: int) -> None:
    if fact.next_date is None or fact.next_run_ms is None:
        _end_standing(state, fact.standing_order_id)
    else:
        state.standing[fact.standing_order_id].next_date = fact.next_date
        state.deadlines.set(f"run|{fact.standing_order_id}", fact.next_run_ms)


def _task_opened(state: MealsState, fact: TaskOpened, _now_ms: int) -> None:
    state.tasks[fact.task_id] = fact.about
    if fact.kind in ORDER_TASKS and fact.about in state.orders:
        state.orders[fact.about].task_id = fact.task_id
    if fact.kind is TaskKind.STUCK_CASE:
        state.stuck_tasks[fact.task_id] = fact.about


def _task_closed(state: MealsState, fact: TaskClosed, now_ms: int) -> None:
    about = state.tasks.pop(fact.task_id)
    order = state.orders.get(about)
    if order is not None and order.task_id == fact.task_id:
        order.task_id = None
    key = state.stuck_tasks.pop(fact.task_id, None)
    if key is not None and key in state.stuck:
        # The human is done with it: the work is tried again, and gets stuck again if our code is still wrong.
        state.deadlines.set(key, max(state.stuck.pop(key), now_ms))


def _case_stuck(state: MealsState, fact: CaseStuck, _now_ms: int) -> None:
    when_ms = state.deadlines.when(fact.case)
    assert when_ms is not None, "only a deadline can get stuck"
    state.stuck[fact.case] = when_ms
    state.deadlines.clear(fact.case)


def _nothing(state: MealsState, fact: Fact, now_ms: int) -> None:
    """Said for readers; the state knows it by other facts."""


def _provider(state: MealsState, provider_id: str) -> Provider:
    provider = state.providers.get(provider_id)
    if provider is None:
        provider = state.providers[provider_id] = Provider(provider_id)
    return provider


def _end(state: MealsState, order: Order, to: OrderState, now_ms: int) -> None:
    move(order, to)
    if order.slot is not None:
        order.slot.serving -= 1
    del state.orders[order.order_id]
    state.deadlines.clear(f"try|{order.order_id}")
    state.deadlines.clear(f"end|{order.order_id}")
    state.stuck.pop(f"try|{order.order_id}", None)
    state.stuck.pop(f"end|{order.order_id}", None)
    forget_ask(state, order.order_id)
    remember(state, order.order_id, to, None, now_ms)


def _end_standing(state: MealsState, standing_order_id: str) -> None:
    del state.standing[standing_order_id]
    state.deadlines.clear(f"run|{standing_order_id}")
    state.stuck.pop(f"run|{standing_order_id}", None)


# Each row takes the fact of its own key, which no type checker can say of a table.
WRITERS: dict[type[Fact], Callable[[MealsState, Any, int], None]] = {
    PolicyAdopted: _policy_adopted,
    ProviderListed: _provider_listed,
    SlotPublished: _slot_published,
    SlotOvercommitted: _nothing,
    ProviderClosureRecorded: _closure_recorded,
    ProviderReopeningRecorded: _reopening_recorded,
    OrderAssigned: _order_assigned,
    OrderReassigned: _order_reassigned,
    OrderUnplaced: _order_unplaced,
    OrderRefused: _order_refused,
    OrderCancelledFact: _order_cancelled,
    OrderDelivered: _order_delivered,
    OrderClosed: _order_closed,
    DeliveryAttempted: _delivery_attempted,
    WelfareCheckDue: _welfare_check_due,
    KitchenCounted: _kitchen_counted,
    StandingOrderRecorded: _standing_recorded,
    StandingOrderPausedFact: _standing_paused,
    StandingOrderStoppedFact: _standing_stopped,
    StandingOrderRun: _standing_run,
    TaskOpened: _task_opened,
    TaskClosed: _task_closed,
    CaseStuck: _case_stuck,
    **NEIGHBOUR_WRITERS,
}
