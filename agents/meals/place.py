"""Which kitchen takes an order: the nearest that suits it and has room, and why none nearer did (M7, M12, C07, M-R8).

`route` first looks at the nearest providers one by one, full or not: that is the usual way, and it tells why each nearer one
was passed over. When the first `LOOKED_AT_MAX` have all been ruled out, it goes on among the providers with a free place only,
so a ring of thousands of full kitchens costs no more than those first few.
"""

from typing import NamedTuple

from agents.meals.policy import MealsParameters
from agents.meals.state import MealDay, MealsState, Provider, Slot
from agents.shared.explanation import Considered
from agents.shared.nearest import Point
from schemas.decisions import Why
from schemas.meals import MealsReason, MealsRule

LOOKED_AT_MAX = 24
"""Providers examined whether full or not: twice what an explanation lists."""

R_SERVICE = MealsRule.SERVICE_NOT_OFFERED.value
R_DIET = MealsRule.DIET_NOT_SERVED.value
R_RADIUS = MealsRule.OUTSIDE_DELIVERY_RADIUS.value
R_FAR = MealsRule.TOO_FAR.value
R_LISTED = MealsRule.NOT_LISTED.value
R_PUBLISHED = MealsRule.NOT_PUBLISHED.value
R_CLOSED = MealsRule.CLOSED.value
R_CAPACITY = MealsRule.NO_CAPACITY.value
R_STALE = MealsRule.STALE_CAPACITY.value
R_CUTOFF = MealsRule.PAST_CUTOFF.value
R_BUSY = MealsRule.KITCHEN_BUSY_LATE.value

UNSUITABLE = (R_SERVICE, R_DIET, R_RADIUS)
REFUSED_BY_RULE = (
    (R_BUSY, MealsReason.PAST_CUTOFF),
    (R_CUTOFF, MealsReason.PAST_CUTOFF),
    (R_STALE, MealsReason.STALE_CAPACITY),
    (R_CAPACITY, MealsReason.NO_CAPACITY),
    (R_CLOSED, MealsReason.NO_CAPACITY),
    (R_PUBLISHED, MealsReason.NO_CAPACITY),
)
"""The reason of a refusal is that of the candidate that came closest to being chosen."""


class Wish(NamedTuple):
    """What is looked for."""

    point: Point
    date: str
    meal: str
    portions: int
    service: str
    diets: tuple[str, ...]
    preferred_provider_id: str | None


class Placement(NamedTuple):
    """A kitchen for the wish: ``slot`` has room for it."""

    slot: Slot
    distance_m: int
    travel_s: int
    cutoff_ms: int
    late: bool
    why: Why


class NoPlacement(NamedTuple):
    """No kitchen, and the reason."""

    reason: MealsReason
    why: Why


class Search:
    """One search: the wish and the rules in force, worked out once."""

    __slots__ = (
        "day",
        "delivery",
        "diets",
        "late_ms",
        "now_ms",
        "policy",
        "portions",
        "reach_m",
        "service",
        "slot",
        "slots",
        "speed_cm_s",
        "standard_ms",
        "wish",
    )

    def __init__(self, state: MealsState, policy: MealsParameters, wish: Wish, now_ms: int) -> None:
        self.policy = policy
        self.wish = wish
        self.now_ms = now_ms
        _, date, meal, self.portions, service, self.diets, _ = wish
        day = state.days.get((date, meal))
        self.day: MealDay | None = day
        self.slots: dict[str, Slot] = {} if day is None else day.slots
        self.slot: Slot | None = None
        self.service = service
        self.delivery = delivery = service == "delivery"
        self.speed_cm_s, self.reach_m = policy.courier if delivery else policy.walk
        self.standard_ms, self.late_ms = policy.order_until_ms(date, meal)

    def travel_s(self, distance_m: int) -> int:
        """Estimated seconds on the way, rounded up."""
        return -(-distance_m * self.policy.detour_percent // self.speed_cm_s)

    def unsuitable(self, provider: Provider, distance_m: int) -> str | None:
        """The rule by which this provider never fits this wish, whatever its capacity."""
        if self.service not in provider.services:
            return R_SERVICE
        if self.diets and not provider.diets.issuperset(self.diets):
            return R_DIET
        if self.delivery:
            radius_m = provider.delivery_radius_m
            if distance_m > (self.policy.delivery_radius_m_default if radius_m is None else radius_m):
                return R_RADIUS
        return None

    def ruled_out(self, provider: Provider, distance_m: int) -> str | None:
        """The first rule that rules this provider out, or None: then its slot has room and takes the order now."""
        rule = self.unsuitable(provider, distance_m)
        if rule is not None:
            return rule
        slot = self.slots.get(provider.place_id)
        if slot is None:
            return R_PUBLISHED
        self.slot = slot
        if slot.shut:
            return R_CLOSED
        if slot.free < self.portions:
            return R_CAPACITY
        if self.now_ms - slot.published_ms > self.policy.capacity_age_s_max * 1000:
            return R_STALE
        cutoff_ms = self.standard_ms if slot.cutoff_ms is None else slot.cutoff_ms
        if self.now_ms > cutoff_ms:
            if slot.cutoff_ms is not None or self.now_ms > self.late_ms:
                return R_CUTOFF
            if (slot.held + slot.used) * 100 >= self.policy.late_kitchen_load_percent * slot.total:
                return R_BUSY
        return None

    def age_s(self, rule: str) -> int | None:
        """How old the capacity is that `ruled_out` has just looked at, where that mattered."""
        if (rule is R_CAPACITY or rule is R_STALE) and self.slot is not None:
            return (self.now_ms - self.slot.published_ms) // 1000
        return None

    def placed(self, provider: Provider, distance_m: int, seen: Considered, **values: object) -> Placement:
        """The chosen kitchen with its explanation."""
        slot = self.slot
        assert slot is not None
        assert slot.provider is provider
        travel_s = self.travel_s(distance_m)
        cutoff_ms = self.standard_ms if slot.cutoff_ms is None else slot.cutoff_ms
        circle_s = None
        if not self.delivery:
            for circle_s in self.policy.walk_circles_s:
                if travel_s <= circle_s:
                    break
        late = self.now_ms > cutoff_ms
        why = seen.why(provider.place_id, circle_s=circle_s, late=True if late else None, **values)
        return Placement(slot, distance_m, travel_s, cutoff_ms, late, why)


def route(state: MealsState, policy: MealsParameters, wish: Wish, now_ms: int) -> Placement | NoPlacement:
    """The preferred provider when it suits and has room; else the nearest that does; else the reason why not.

    Nearest is by estimated travel time, which rises with distance for one service, so (distance in metres, id) is the order.
    """
    search = Search(state, policy, wish, now_ms)
    seen = Considered()
    if now_ms > search.late_ms and (search.day is None or search.day.own_cutoffs == 0):
        return NoPlacement(MealsReason.PAST_CUTOFF, seen.why(None, cutoff_ms=search.standard_ms, late_until_ms=search.late_ms))
    preferred = None
    if wish.preferred_provider_id is not None:
        preferred = wish.preferred_provider_id
        placement = _preferred(state, search, seen, preferred)
        if placement is not None:
            return placement
    suitable = False
    last: tuple[int, str] = (-1, "")
    nearest = state.listed.nearest_first(wish.point, search.reach_m)
    for distance_m, provider_id, provider in nearest:
        if provider_id == preferred:
            continue
        rule = search.ruled_out(provider, distance_m)
        if rule is None:
            return search.placed(provider, distance_m, seen)
        seen.reject(provider_id, rule, distance_m, search.age_s(rule))
        suitable = suitable or rule not in UNSUITABLE
        last = (distance_m, provider_id)
        if seen.considered >= LOOKED_AT_MAX:
            return _among_free(state, search, seen, last, suitable)
    return NoPlacement(_reason(seen, suitable), seen.why(None, reach_m=search.reach_m))


def _preferred(state: MealsState, search: Search, seen: Considered, provider_id: str) -> Placement | None:
    provider = state.providers.get(provider_id)
    if provider is None or not provider.listed:
        seen.reject(provider_id, R_LISTED, 0)
        return None
    distance_m = search.wish.point.distance_m(provider)
    rule = R_FAR if search.delivery and distance_m > search.reach_m else search.ruled_out(provider, distance_m)
    if rule is None:
        return search.placed(provider, distance_m, seen, preferred=True)
    seen.reject(provider_id, rule, distance_m, search.age_s(rule))
    return None


def _among_free(state: MealsState, search: Search, seen: Considered, last: tuple[int, str], suitable: bool) -> Placement | NoPlacement:
    """Go on where the first look ended, among providers with a free place and this service only."""
    wish = search.wish
    if search.day is not None:
        for distance_m, provider_id, provider in search.day.free[wish.service].nearest_first(wish.point, search.reach_m):
            if (distance_m, provider_id) <= last or provider_id == wish.preferred_provider_id:
                continue
            rule = search.ruled_out(provider, distance_m)
            if rule is None:
                return search.placed(provider, distance_m, seen, passed_over_full=True)
            seen.reject(provider_id, rule, distance_m, search.age_s(rule))
            suitable = suitable or rule not in UNSUITABLE
    if not suitable:
        # Only the reason of the refusal still hangs on full ones: was there any that would have suited?
        suitable = any(
            (distance_m, provider_id) > last and search.unsuitable(provider, distance_m) is None
            for distance_m, provider_id, provider in state.listed.nearest_first(wish.point, search.reach_m)
        )
    return NoPlacement(_reason(seen, suitable), seen.why(None, reach_m=search.reach_m, passed_over_full=True))


def _reason(seen: Considered, suitable: bool) -> MealsReason:
    for rule, reason in REFUSED_BY_RULE:
        if rule in seen.rules:
            return reason
    if suitable:
        return MealsReason.NO_CAPACITY
    return MealsReason.NO_SUITABLE_PROVIDER if set(seen.rules) & set(UNSUITABLE) else MealsReason.NO_PROVIDER_IN_REACH
