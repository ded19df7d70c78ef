"""The home side after the question: what a neighbour answers, and what happens when it does not (design, section 5, "Nothing near").

Each time one neighbour falls away home looks at its own kitchens again, then asks the next one that policy names, then calls a human.
No area is asked twice for the same loss, so this ends; nothing on the way is without a deadline.
"""

from agents.core import Verdict, accept, refuse
from agents.meals import asking
from agents.meals.orders import gone, open_task, task_closed
from agents.meals.place import NoPlacement, Wish, route
from agents.meals.state import Ask, MealsState, Order
from agents.meals.states import OrderState
from agents.shared.explanation import because
from agents.shared.nearest import Point
from schemas.decisions import Reasoned, Why
from schemas.facts import Fact, TaskKind
from schemas.meals import MealsReason, OrderReassigned
from schemas.meals_neighbour_facts import OrderNowhere, OrderPlacedElsewhere
from schemas.meals_neighbours import AnswerResult, NeighbourAnswered, NeighbourAnsweredEvent

NO_ANSWER = "no_answer"
FOLLOWS = {
    AnswerResult.ASSIGNED: OrderState.ASKED,
    AnswerResult.REFUSED: OrderState.ASKED,
    AnswerResult.MOVED: OrderState.ELSEWHERE,
    AnswerResult.LOST: OrderState.ELSEWHERE,
}
"""The state of an order in which each answer means something."""


def answered(state: MealsState, event: NeighbourAnsweredEvent, now_ms: int) -> Verdict:
    """The neighbour's answer to the request that is open now; one that comes too late finds its request withdrawn already."""
    data = event.data
    order = state.orders.get(data.order_id)
    if order is None:
        return refuse(gone(state, data.order_id))
    ask = state.asks.get(data.order_id)
    if ask is None or (ask.request_id, ask.lending_area) != (data.request_id, data.lending_area):
        return refuse(MealsReason.NOT_ASKED, because("another_request"))
    if order.state is not FOLLOWS[data.result]:
        return refuse(MealsReason.NOT_ASKED, because(order.state.value))
    if data.result in (AnswerResult.ASSIGNED, AnswerResult.MOVED):
        return accept(*task_closed(order, "order_moved"), _placed(order, ask, data), why=_where(data))
    facts = _go_on(state, order, ask.tried | {ask.lending_area: data.reason}, now_ms)
    return accept(*facts, why=because(data.result.value, lending_area=ask.lending_area, reason=data.reason))


def unanswered(state: MealsState, order_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """No answer in time: the request is taken back, so that an answer on its way cannot leave portions held for nobody."""
    order, ask = state.orders[order_id], state.asks[order_id]
    taken_back = tuple(Reasoned(fact, because(NO_ANSWER)) for fact in asking.withdrawn(state, order, NO_ANSWER))
    return *taken_back, *_go_on(state, order, ask.tried | {ask.lending_area: NO_ANSWER}, now_ms)


def _go_on(state: MealsState, order: Order, tried: dict[str, str], now_ms: int) -> tuple[Reasoned, ...]:
    """Own kitchens, which may have room by now; the next neighbour; a human."""
    policy = state.policies.at(now_ms)
    wish = Wish(Point(order.lat, order.lon), order.date, order.meal, order.portions, order.service, order.diets, None)
    placement = route(state, policy, wish, now_ms)
    if not isinstance(placement, NoPlacement):
        slot = placement.slot
        fact = OrderReassigned(
            order_id=order.order_id,
            provider_id=slot.provider.place_id,
            from_provider_id=None,
            distance_m=placement.distance_m,
            travel_s=placement.travel_s,
            cause="own_area",
            capacity_version=slot.version,
            person_id=order.person_id,
            date=order.date,
            meal=order.meal,
            portions=order.portions,
            cutoff_ms=placement.cutoff_ms,
            closes_ms=slot.closes_ms,
        )
        return (Reasoned(fact, placement.why),)
    ask = state.asks[order.order_id]
    closes_ms = asking.order_closes_ms(policy, order.date, order.meal)
    area = asking.next_area(state, tried, order.date, order.meal, now_ms)
    if area is not None:
        asked = asking.asked_of(state, order, area, tried=tried, cause=ask.cause, closes_ms=closes_ms, now_ms=now_ms)
        return (Reasoned(asked, placement.why | {"asked": area, "tried": dict(tried)}),)
    nowhere = OrderNowhere(
        order_id=order.order_id,
        reason=placement.reason.value,
        tried=tried,
        person_id=order.person_id,
        date=order.date,
        meal=order.meal,
        portions=order.portions,
        closes_ms=max(now_ms, closes_ms),
    )
    task = open_task(order.order_id, TaskKind.UNPLACED_REQUEST, now_ms, cause=ask.cause, reason=placement.reason.value)
    closed: tuple[Fact, ...] = task_closed(order, "order_unplaced")
    return Reasoned(nowhere, placement.why | {"tried": dict(tried)}), *(Reasoned(fact) for fact in (*closed, task))


def _placed(order: Order, ask: Ask, data: NeighbourAnswered) -> OrderPlacedElsewhere:
    assert data.provider_id is not None
    assert data.distance_m is not None
    assert data.travel_s is not None
    assert data.cutoff is not None
    assert data.closes_at is not None
    return OrderPlacedElsewhere(
        order_id=order.order_id,
        request_id=ask.request_id,
        lending_area=ask.lending_area,
        provider_id=data.provider_id,
        distance_m=data.distance_m,
        travel_s=data.travel_s,
        cutoff_ms=round(data.cutoff.timestamp() * 1000),
        closes_ms=round(data.closes_at.timestamp() * 1000),
        person_id=order.person_id,
        date=order.date,
        meal=order.meal,
        portions=order.portions,
    )


def _where(data: NeighbourAnswered) -> Why:
    return {
        "considered": 1,
        "chosen": data.provider_id,
        "rejected": [],
        "rule": "neighbouring_area",
        "lending_area": data.lending_area,
        "distance_m": data.distance_m,
    }
