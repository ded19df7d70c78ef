"""The asked side: a neighbouring area wants portions for an order of its own, and takes its request back (design, section 5).

This area lends where its policy names the home area (`lends_to`), by its own rules and from its own free portions. It knows no person
and no price. Once it holds something, home hears of everything that becomes of it but the end of the meal.
"""

from agents.core import Verdict, accept, refuse
from agents.meals.place import NoPlacement, Wish, route
from agents.meals.state import Guest, MealsState
from agents.shared.calendar import day_number, day_of
from agents.shared.explanation import because
from agents.shared.nearest import Point
from schemas.decisions import Outcome, Reasoned, Why
from schemas.meals import MealsReason
from schemas.meals_neighbour_facts import GuestAssigned, GuestClosed, GuestMoved, GuestRefused, GuestReleased
from schemas.meals_neighbours import NeighbourAsked, NeighbourAskedEvent, NeighbourWithdrawnEvent

WITHDRAWN = "withdrawn"
"""Why a guest's portions are freed, or a request is refused before it came: home took it back, and need not be told."""


def asked(state: MealsState, event: NeighbourAskedEvent, now_ms: int) -> Verdict:
    """A request of another area: the nearest kitchen here that suits and has room, or a refusal with its reason, final for this id."""
    data = event.data
    if data.request_id in state.guests or data.request_id in state.orders:
        return refuse(MealsReason.ORDER_EXISTS, because("request_known"))
    if data.request_id in state.ended:
        # Withdrawn before it came, or a second copy under another event id: home has its answer, or wants none.
        return refuse(MealsReason.ORDER_CLOSED, because(state.ended[data.request_id].state.value))
    policy = state.policies.at(now_ms)
    answer_by_ms = round(data.answer_by.timestamp() * 1000)
    days_ahead = data.date.toordinal() - day_number(now_ms)
    if data.home_area not in policy.lends_to:
        return _refused(event, MealsReason.NOT_LENDING, because("lends_to", home_area=data.home_area))
    if now_ms > answer_by_ms:
        return _refused(event, MealsReason.ANSWER_TOO_LATE, because("answer_by", answer_by_ms=answer_by_ms))
    if days_ahead < 0:
        return _refused(event, MealsReason.DATE_PAST, because("date_past", today=day_of(now_ms).isoformat()))
    if days_ahead > policy.order_days_ahead_max:
        return _refused(event, MealsReason.DATE_TOO_FAR, because("order_days_ahead_max", days=policy.order_days_ahead_max))
    wish = _wish(data)
    placement = route(state, policy, wish, now_ms)
    if isinstance(placement, NoPlacement):
        return _refused(event, placement.reason, placement.why)
    slot = placement.slot
    fact = GuestAssigned(
        guest_id=data.request_id,
        home_area=data.home_area,
        home_order_id=data.order_id,
        provider_id=slot.provider.place_id,
        distance_m=placement.distance_m,
        travel_s=placement.travel_s,
        date=wish.date,
        meal=wish.meal,
        portions=wish.portions,
        service=wish.service,
        diets=wish.diets,
        lat=wish.point.lat,
        lon=wish.point.lon,
        cutoff_ms=placement.cutoff_ms,
        closes_ms=slot.closes_ms,
        capacity_version=slot.version,
        late=placement.late,
        correlationid=event.correlationid or event.id,
    )
    return accept(fact, why=placement.why)


def withdrawn(state: MealsState, event: NeighbourWithdrawnEvent, _now_ms: int) -> Verdict:
    """Home wants it no more: freed once. Withdrawn before it was asked for, it is refused when it comes."""
    data = event.data
    guest = state.guests.get(data.request_id)
    if guest is not None:
        if guest.home_area != data.home_area:
            return refuse(MealsReason.NOT_ASKED, because("another_request"))
        return accept(_released(guest, WITHDRAWN))
    if data.request_id in state.ended or data.request_id in state.orders:
        return refuse(MealsReason.ORDER_CLOSED, because("request_ended"))
    fact = GuestRefused(
        guest_id=data.request_id,
        home_area=data.home_area,
        home_order_id=data.order_id,
        reason=WITHDRAWN,
        correlationid=event.correlationid or event.id,
    )
    return accept(fact)


def displaced(state: MealsState, guest: Guest, cause: str, now_ms: int) -> tuple[Reasoned, ...]:
    """Its kitchen cannot keep it: another one here, or back to its home area, which looks again (M15)."""
    policy = state.policies.at(now_ms)
    wish = Wish(Point(guest.lat, guest.lon), guest.date, guest.meal, guest.portions, guest.service, guest.diets, None)
    placement = route(state, policy, wish, now_ms)
    if isinstance(placement, NoPlacement):
        return (Reasoned(_released(guest, cause), placement.why),)
    to, left = placement.slot, guest.slot
    assert left is not None
    fact = GuestMoved(
        guest_id=guest.order_id,
        home_area=guest.home_area,
        home_order_id=guest.home_order_id,
        provider_id=to.provider.place_id,
        from_provider_id=left.provider.place_id,
        cause=cause,
        distance_m=placement.distance_m,
        travel_s=placement.travel_s,
        date=guest.date,
        meal=guest.meal,
        portions=guest.portions,
        cutoff_ms=placement.cutoff_ms,
        closes_ms=to.closes_ms,
        capacity_version=to.version,
        correlationid=guest.correlationid,
    )
    return (Reasoned(fact, placement.why),)


def closed(guest: Guest) -> GuestClosed:
    """The meal is over: home closes its order by the same instant, by itself."""
    assert guest.slot is not None
    return GuestClosed(
        guest_id=guest.order_id,
        home_area=guest.home_area,
        home_order_id=guest.home_order_id,
        provider_id=guest.slot.provider.place_id,
        date=guest.date,
        meal=guest.meal,
        portions=guest.portions,
    )


def _released(guest: Guest, cause: str) -> GuestReleased:
    assert guest.slot is not None
    return GuestReleased(
        guest_id=guest.order_id,
        home_area=guest.home_area,
        home_order_id=guest.home_order_id,
        provider_id=guest.slot.provider.place_id,
        cause=cause,
        date=guest.date,
        meal=guest.meal,
        portions=guest.portions,
        correlationid=guest.correlationid,
    )


def _refused(event: NeighbourAskedEvent, reason: MealsReason, why: Why) -> Verdict:
    data = event.data
    fact = GuestRefused(
        guest_id=data.request_id,
        home_area=data.home_area,
        home_order_id=data.order_id,
        reason=reason.value,
        correlationid=event.correlationid or event.id,
    )
    return Verdict(Outcome.REFUSED, reason.value, (Reasoned(fact),), why)


def _wish(data: NeighbourAsked) -> Wish:
    point = Point(data.position.lat, data.position.lon)
    return Wish(point, data.date.isoformat(), data.meal, data.portions, data.service, data.diets, None)
