"""What couriers report, what is counted for the kitchen, and what the clock closes (M5, M14, M-R7, M-R8)."""

from itertools import islice

from agents.core import Verdict, accept, refuse
from agents.meals import guests
from agents.meals.asking import kitchen_of
from agents.meals.orders import gone, open_task, task_closed
from agents.meals.state import Guest, MealsState, Order, Slot
from agents.meals.states import OrderState
from agents.shared.calendar import day_of
from agents.shared.explanation import because
from schemas.decisions import Reasoned
from schemas.facts import Fact, TaskKind
from schemas.meals import (
    DeliveryAttempted,
    DeliveryReportedEvent,
    DeliveryResult,
    KitchenCounted,
    MealsReason,
    OrderClosed,
    OrderDelivered,
    WelfareCheckDue,
)

CLOSED_A_STEP = 16
"""Orders one step of closing takes; the core bounds the steps of one event."""


def reported(state: MealsState, event: DeliveryReportedEvent, now_ms: int) -> Verdict:
    """One result. `delivered` may also be said of a meal eaten or picked up; the other results only of a delivery."""
    data = event.data
    order = state.orders.get(data.order_id)
    if order is None:
        return refuse(gone(state, data.order_id))
    kitchen = kitchen_of(state, order)
    if kitchen is None:
        return refuse(MealsReason.NOT_AT_A_PROVIDER)
    today = day_of(now_ms).isoformat()
    if today < order.date:
        return refuse(MealsReason.BEFORE_MEAL, because("before_meal", today=today))
    if data.result is DeliveryResult.DELIVERED:
        fact = OrderDelivered(
            order_id=order.order_id,
            provider_id=kitchen[0],
            person_id=order.person_id,
            date=order.date,
            meal=order.meal,
            portions=order.portions,
            lent_by=kitchen[1],
        )
        return accept(*task_closed(order, "order_delivered"), fact)
    if order.service != "delivery":
        return refuse(MealsReason.NOT_A_DELIVERY)
    if data.result is DeliveryResult.REFUSED:
        return accept(*task_closed(order, "order_refused"), _closed(order, "refused"))
    if order.state is OrderState.WELFARE_CHECK:
        return refuse(MealsReason.ORDER_CLOSED, because("welfare_check"))
    return accept(*_failed(state, order, kitchen, data.result, now_ms))


def _failed(state: MealsState, order: Order, kitchen: tuple[str, str | None], result: DeliveryResult, now_ms: int) -> tuple[Fact, ...]:
    """A failed attempt: another one is due, or (no answer) somebody looks after the person, or (failed) a human finds a way."""
    policy = state.policies.at(now_ms)
    attempt = order.attempts + 1
    again = attempt < policy.delivery_attempts_max
    next_ms = now_ms + policy.delivery_retry_s * 1000 if again else None
    attempted = DeliveryAttempted(
        order_id=order.order_id,
        person_id=order.person_id,
        provider_id=kitchen[0],
        attempt=attempt,
        result=result.value,
        next_attempt_ms=next_ms,
        report_by_ms=None if next_ms is None else next_ms + policy.delivery_report_s * 1000,
        lent_by=kitchen[1],
    )
    if again:
        return (attempted,)
    if result is DeliveryResult.NO_ANSWER:
        return attempted, *_welfare(order, attempt, now_ms)
    closed_before = task_closed(order, "replaced")
    return attempted, *closed_before, open_task(order.order_id, TaskKind.UNPLACED_REQUEST, now_ms, cause="delivery_failed")


def unreported(state: MealsState, order_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """The next attempt's result is overdue: nobody knows whether the person is well."""
    order = state.orders[order_id]
    return tuple(Reasoned(fact, because("attempt_unreported")) for fact in _welfare(order, order.attempts, now_ms))


def _welfare(order: Order, attempts: int, now_ms: int) -> tuple[Fact, ...]:
    due = WelfareCheckDue(order_id=order.order_id, person_id=order.person_id, attempts=attempts)
    return *task_closed(order, "replaced"), due, open_task(order.order_id, TaskKind.WELFARE_CHECK, now_ms, person_id=order.person_id)


def counted(slot: Slot) -> tuple[Reasoned, ...]:
    """What the kitchen must cook: what is open at the cut-off (M5)."""
    by_service: dict[str, int] = {}
    by_diet: dict[str, int] = {}
    for order in slot.orders.values():
        by_service[order.service] = by_service.get(order.service, 0) + order.portions
        for diet in order.diets or ("regular",):
            by_diet[diet] = by_diet.get(diet, 0) + order.portions
    fact = KitchenCounted(
        provider_id=slot.provider.place_id,
        date=slot.date,
        meal=slot.meal,
        portions=slot.held,
        by_service=dict(sorted(by_service.items())),
        by_diet=dict(sorted(by_diet.items())),
        recount=slot.counted,
    )
    return (Reasoned(fact),)


def closed(slot: Slot, now_ms: int) -> tuple[Reasoned, ...]:
    """The meal is over: the next few open orders end with what is known of them; a delivery nobody reported goes to a human."""
    facts: list[Fact] = []
    for order in islice(slot.orders.values(), CLOSED_A_STEP):
        if type(order) is Guest:
            facts.append(guests.closed(order))
            continue
        result = _result(order)
        if result == "delivery_unreported":
            facts.append(open_task(order.order_id, TaskKind.DELIVERY_UNREPORTED, now_ms, person_id=order.person_id))
        facts.append(_closed(order, result))
    return tuple(Reasoned(fact, because("meal_over")) for fact in facts)


def ended(state: MealsState, order_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """The meal is over for an order without a kitchen here or whose meal had left it; its task stays until the human is done with it."""
    order = state.orders[order_id]
    result = _result(order)
    facts: list[Fact] = [_closed(order, result)]
    if result == "delivery_unreported":
        facts.insert(0, open_task(order_id, TaskKind.DELIVERY_UNREPORTED, now_ms, person_id=order.person_id))
    return tuple(Reasoned(fact, because("meal_over")) for fact in facts)


def _result(order: Order) -> str:
    if order.state is OrderState.UNPLACED:
        return "unplaced"
    if order.state is OrderState.WELFARE_CHECK:
        return "welfare_check"
    if order.state is OrderState.ATTEMPTED:
        return "no_answer" if order.task_id is None else "failed"
    return "delivery_unreported" if order.service == "delivery" else "unreported"


def _closed(order: Order, result: str) -> OrderClosed:
    return OrderClosed(
        order_id=order.order_id,
        result=result,
        provider_id=None if order.slot is None else order.slot.provider.place_id,
        person_id=order.person_id,
        date=order.date,
        meal=order.meal,
        portions=order.portions,
    )
