"""Standing orders: recorded once, and each day's order made by the clock (M2, M3)."""

from datetime import date, timedelta

from agents.core import Verdict, accept, refuse
from agents.meals.asking import asked_first, first_area
from agents.meals.orders import assigned, open_task
from agents.meals.place import NoPlacement, Placement, Wish, route
from agents.meals.policy import MealsParameters, at_minute
from agents.meals.price import Price, price
from agents.meals.state import MealsState, Standing
from agents.shared.calendar import day_from, day_of
from agents.shared.explanation import because
from agents.shared.ids import derived_id
from agents.shared.nearest import Point
from schemas.decisions import Reasoned
from schemas.facts import Fact, TaskKind
from schemas.meals import (
    MealsReason,
    OrderRefused,
    StandingOrderPausedEvent,
    StandingOrderPausedFact,
    StandingOrderPlacedEvent,
    StandingOrderRecorded,
    StandingOrderRun,
    StandingOrderStoppedEvent,
    StandingOrderStoppedFact,
)


def placed(state: MealsState, event: StandingOrderPlacedEvent, now_ms: int) -> Verdict:
    """Recorded with its first date not before today; that date's order follows at once when its hour has come."""
    data = event.data
    if data.standing_order_id in state.standing:
        return refuse(MealsReason.STANDING_ORDER_EXISTS)
    policy = state.policies.at(now_ms)
    if policy.eligible_age_min is not None and data.age is not None and data.age < policy.eligible_age_min:
        return refuse(MealsReason.NOT_ELIGIBLE, because("eligible_age_min", age_min=policy.eligible_age_min))
    weekdays = tuple(sorted(set(data.weekdays)))
    until = None if data.until is None else data.until.isoformat()
    first = _next_date(weekdays, max(data.from_, day_of(now_ms)), until)
    if first is None:
        return refuse(MealsReason.WINDOW_EMPTY, because("no_such_weekday_left"))
    return accept(
        StandingOrderRecorded(
            standing_order_id=data.standing_order_id,
            person_id=data.person_id,
            lat=data.position.lat,
            lon=data.position.lon,
            meal=data.meal.value,
            portions=data.portions,
            service=data.service.value,
            diets=data.diets,
            street=data.street,
            age=data.age,
            categories=data.categories,
            preferred_provider_id=data.preferred_provider_id,
            weekdays=weekdays,
            from_date=data.from_.isoformat(),
            until_date=until,
            next_date=first.isoformat(),
            next_run_ms=_run_ms(policy, first),
        )
    )


def paused(state: MealsState, event: StandingOrderPausedEvent, _now_ms: int) -> Verdict:
    """No orders between two dates; orders made already stay, each can be cancelled by itself."""
    data = event.data
    if data.standing_order_id not in state.standing:
        return refuse(MealsReason.UNKNOWN_STANDING_ORDER)
    if data.until is not None and data.until < data.from_:
        return refuse(MealsReason.WINDOW_EMPTY, because("until_before_from"))
    until = None if data.until is None else data.until.isoformat()
    return accept(StandingOrderPausedFact(standing_order_id=data.standing_order_id, from_date=data.from_.isoformat(), until_date=until))


def stopped(state: MealsState, event: StandingOrderStoppedEvent, now_ms: int) -> Verdict:
    """No orders from a date on (default: from today); orders made already stay."""
    data = event.data
    if data.standing_order_id not in state.standing:
        return refuse(MealsReason.UNKNOWN_STANDING_ORDER)
    from_date = day_of(now_ms) if data.from_ is None else data.from_
    return accept(StandingOrderStoppedFact(standing_order_id=data.standing_order_id, from_date=from_date.isoformat()))


def run(state: MealsState, standing_order_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """The order of the next date, or the reason why there is none. A refused one goes before a human: nobody is waiting for
    the answer of an order that the clock placed."""
    standing = state.standing[standing_order_id]
    policy = state.policies.at(now_ms)
    wish = standing.wish
    skip = _skip(state, policy, standing, now_ms)
    if skip is not None:
        return (Reasoned(_ran(policy, standing, None, skip), because(skip)),)
    order_id = order_id_of(standing_order_id, standing.next_date)
    if order_id in state.orders or order_id in state.ended or order_id in state.guests:
        # Somebody used our derived id for an order of their own: theirs stands, ours is not made.
        return (Reasoned(_ran(policy, standing, None, MealsReason.ORDER_EXISTS.value), because("order_exists")),)
    looked_for = Wish(
        Point(wish.lat, wish.lon), standing.next_date, wish.meal, wish.portions, wish.service, wish.diets, wish.preferred_provider_id
    )
    placement = route(state, policy, looked_for, now_ms)
    if isinstance(placement, Placement):
        cost = _cost(state, policy, standing)
        fact = assigned(
            order_id, looked_for, placement, cost, person_id=wish.person_id, street=wish.street, standing_order_id=standing_order_id
        )
        return Reasoned(fact, placement.why), Reasoned(_ran(policy, standing, order_id, None))
    area = first_area(state, standing.next_date, wish.meal, now_ms)
    if area is None:
        return _refused(policy, standing, order_id, placement, now_ms)
    cost = _cost(state, policy, standing)
    asked = asked_first(
        state, area, order_id, looked_for, cost, person_id=wish.person_id, street=wish.street, correlationid=order_id, now_ms=now_ms,
        standing_order_id=standing_order_id,
    )  # fmt: skip
    why = placement.why | {"rule": placement.reason.value, "asked": area}
    return Reasoned(asked, why), Reasoned(_ran(policy, standing, order_id, None))


def order_id_of(standing_order_id: str, day: str) -> str:
    """The id of the order that a standing order makes for a date: the same in every run."""
    return derived_id("meal", standing_order_id, day)


def _cost(state: MealsState, policy: MealsParameters, standing: Standing) -> Price:
    wish = standing.wish
    return price(
        policy,
        meal=wish.meal,
        portions=wish.portions,
        service=wish.service,
        age=wish.age,
        categories=wish.categories,
        granted_fen=state.subsidised.get(standing.next_date, {}).get(wish.person_id, 0),
    )


def _refused(policy: MealsParameters, standing: Standing, order_id: str, nowhere: NoPlacement, now_ms: int) -> tuple[Reasoned, ...]:
    wish = standing.wish
    refused = OrderRefused(
        order_id=order_id,
        person_id=wish.person_id,
        date=standing.next_date,
        meal=wish.meal,
        portions=wish.portions,
        reason=nowhere.reason.value,
        standing_order_id=wish.standing_order_id,
    )
    task = open_task(order_id, TaskKind.UNPLACED_REQUEST, now_ms, cause="standing_order", reason=nowhere.reason.value)
    facts: tuple[Fact, ...] = (task, _ran(policy, standing, None, nowhere.reason.value))
    return Reasoned(refused, nowhere.why), *(Reasoned(fact) for fact in facts)


def _skip(state: MealsState, policy: MealsParameters, standing: Standing, now_ms: int) -> str | None:
    day = standing.next_date
    begun = standing.pause_from is not None and standing.pause_from <= day
    if begun and (standing.pause_until is None or day <= standing.pause_until):
        return "paused"
    if day < day_of(now_ms).isoformat():
        return MealsReason.DATE_PAST.value
    if policy.standing_skips_holidays and state.calendar.is_holiday(day_from(day)):
        return "holiday"
    return None


def _ran(policy: MealsParameters, standing: Standing, order_id: str | None, skipped: str | None) -> StandingOrderRun:
    following = _next_date(standing.wish.weekdays, day_from(standing.next_date) + timedelta(days=1), standing.wish.until_date)
    if following is not None and standing.stopped_from is not None and following.isoformat() >= standing.stopped_from:
        following = None
    return StandingOrderRun(
        standing_order_id=standing.wish.standing_order_id,
        date=standing.next_date,
        order_id=order_id,
        skipped=skipped,
        next_date=None if following is None else following.isoformat(),
        next_run_ms=None if following is None else _run_ms(policy, following),
    )


def _next_date(weekdays: tuple[int, ...], start: date, until: str | None) -> date | None:
    """The first day from `start` on whose weekday is named and that is not after `until`."""
    day = next(start + timedelta(days=ahead) for ahead in range(7) if (start + timedelta(days=ahead)).isoweekday() in weekdays)
    return None if until is not None and day.isoformat() > until else day


def _run_ms(policy: MealsParameters, day: date) -> int:
    return at_minute(day - timedelta(days=policy.standing_run_days_ahead), policy.standing_run_minute)
