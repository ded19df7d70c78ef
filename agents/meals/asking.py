"""Nothing near at home: which neighbouring area is asked for a kitchen, and what is said to it (design, section 5, "Nothing near").

Home keeps the order, the person and the price; the neighbour is asked for portions only, and answers by event (`neighbours` hears it,
`guests` is the asked side). Whatever home does with an order that a neighbour was asked for, it takes its request back with
`withdrawn`, unless the neighbour itself said that it holds nothing.
"""

from agents.meals.place import Wish
from agents.meals.policy import MealsParameters, at_minute
from agents.meals.price import Price
from agents.meals.state import Ask, MealsState, Order
from agents.meals.states import AWAY
from agents.shared.calendar import MINUTE_MS, day_from
from agents.shared.ids import derived_id
from schemas.meals_neighbour_facts import OrderAskedElsewhere, RequestWithdrawn

NOTHING_NEAR = "nothing_near"
"""Why an order that never had a kitchen is asked elsewhere."""


def ask_key(order_id: str) -> str:
    """The deadline of an order that waits for a neighbour's answer."""
    return f"ask|{order_id}"


def order_closes_ms(policy: MealsParameters, date: str, meal: str) -> int:
    """When an order without a kitchen of its own is over: as a kitchen that follows the policy's hours would close it."""
    return at_minute(day_from(date), policy.times(meal).serve_end_minute) + policy.close_after_minutes * MINUTE_MS


def first_area(state: MealsState, date: str, meal: str, now_ms: int) -> str | None:
    """Who is asked first; nobody where policy names no neighbour."""
    return next_area(state, {}, date, meal, now_ms) if state.policies.at(now_ms).neighbours else None


def next_area(state: MealsState, tried: dict[str, str], date: str, meal: str, now_ms: int) -> str | None:
    """The first neighbour that policy names and that has not said no to this order; None when all have.

    None too once ordering is over by home's own late rule: that is too late, not too far.
    """
    policy = state.policies.at(now_ms)
    if now_ms > policy.order_until_ms(date, meal)[1] or now_ms >= order_closes_ms(policy, date, meal):
        return None
    return next((area for area in policy.neighbours if area != state.area and area not in tried), None)


def request_id(home: str, order_id: str, number: int, now_ms: int) -> str:
    """The id of the ``number``-th question about this order: the same in every run, and another one should the order's id come again."""
    return derived_id("ask", home, order_id, str(number), str(now_ms))


def asked_first(
    state: MealsState,
    area: str,
    order_id: str,
    wish: Wish,
    cost: Price,
    *,
    person_id: str,
    street: str | None,
    correlationid: str,
    now_ms: int,
    standing_order_id: str | None = None,
) -> OrderAskedElsewhere:
    """The fact of an order that was never placed here: ``area`` is asked, and the price is reserved at home."""
    order = Order(order_id)
    order.person_id = person_id
    order.date = wish.date
    order.meal = wish.meal
    order.portions = wish.portions
    order.service = wish.service
    order.diets = wish.diets
    order.lat = wish.point.lat
    order.lon = wish.point.lon
    order.price_fen = cost.price_fen
    order.subsidy_fen = cost.subsidy_fen
    order.standing_order_id = standing_order_id
    closes_ms = order_closes_ms(state.policies.at(now_ms), wish.date, wish.meal)
    return asked_of(
        state, order, area, tried={}, cause=NOTHING_NEAR, closes_ms=closes_ms, now_ms=now_ms, street=street, correlationid=correlationid
    )


def asked_of(
    state: MealsState,
    order: Order,
    area: str,
    *,
    tried: dict[str, str],
    cause: str,
    closes_ms: int,
    now_ms: int,
    street: str | None = None,
    correlationid: str | None = None,
) -> OrderAskedElsewhere:
    """The fact that asks ``area`` about an order. A whole case has one correlation id: that of the event that began it, or the
    order's own id when a deadline did."""
    ask = state.asks.get(order.order_id)
    if correlationid is None:
        correlationid = order.order_id if ask is None else ask.correlationid
    number = 1 if ask is None else ask.number + 1
    return OrderAskedElsewhere(
        order_id=order.order_id,
        request_id=request_id(state.area, order.order_id, number, now_ms),
        lending_area=area,
        home_area=state.area,
        number=number,
        tried=tried,
        cause=cause,
        from_provider_id=None if order.slot is None else order.slot.provider.place_id,
        answer_by_ms=answer_by_ms(state, closes_ms, now_ms),
        closes_ms=closes_ms,
        person_id=order.person_id,
        date=order.date,
        meal=order.meal,
        portions=order.portions,
        service=order.service,
        diets=order.diets,
        lat=order.lat,
        lon=order.lon,
        street=street,
        price_fen=order.price_fen,
        subsidy_fen=order.subsidy_fen,
        correlationid=correlationid,
        standing_order_id=order.standing_order_id,
    )


def answer_by_ms(state: MealsState, closes_ms: int, now_ms: int) -> int:
    """Until when a neighbour asked now may answer; never beyond the end of the order."""
    return min(now_ms + state.policies.at(now_ms).neighbour_answer_s * 1000, closes_ms)


def withdrawn(state: MealsState, order: Order, reason: str) -> tuple[RequestWithdrawn, ...]:
    """The open request of this order taken back; nothing when no neighbour was asked or holds anything."""
    if order.state not in AWAY:
        return ()
    ask = state.asks[order.order_id]
    fact = RequestWithdrawn(
        order_id=order.order_id,
        request_id=ask.request_id,
        lending_area=ask.lending_area,
        home_area=state.area,
        reason=reason,
        correlationid=ask.correlationid,
    )
    return (fact,)


def kitchen_of(state: MealsState, order: Order) -> tuple[str, str | None] | None:
    """The kitchen that cooks for this order, and the area it belongs to when that is not this one; None while it has none."""
    if order.slot is not None:
        return order.slot.provider.place_id, None
    ask: Ask | None = state.asks.get(order.order_id)
    return None if ask is None or ask.provider_id is None else (ask.provider_id, ask.lending_area)
