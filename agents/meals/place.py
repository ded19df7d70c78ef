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

NO_SLOTS: dict[str, Slot] = {}
"""Of a meal that nobody published."""


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
        "capacity_age_ms_max",
        "circles_s",
        "day",
        "delivery",
        "detour_percent",
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

    slot: Slot
    """That of the provider looked at last; none before the first that published this meal."""

    def __init__(self, state: MealsState, policy: MealsParameters, wish: Wish, now_ms: int) -> None:
        self.policy = policy
        self.wish = wish
        self.now_ms = now_ms
        _, date, meal, self.portions, service, self.diets, _ = wish
        day = state.days.get((date, meal))
        self.day: MealDay | None = day
        self.slots: dict[str, Slot] = NO_SLOTS if day is None else day.slots
        self.service = service
        self.delivery = delivery = service == "delivery"
        way = policy.courier if delivery else policy.walk
        self.speed_cm_s, self.reach_m, self.detour_percent, self.capacity_age_ms_max, self.circles_s = way
        self.standard_ms, self.late_ms = policy.order_until_ms(date, meal)

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
        now_ms = self.now_ms
        if now_ms - slot.published_ms > self.capacity_age_ms_max:
            return R_STALE
        cutoff_ms = slot.cutoff_ms
        if now_ms > (self.standard_ms if cutoff_ms is None else cutoff_ms):
            if cutoff_ms is not None or now_ms > self.late_ms:
                return R_CUTOFF
            if (slot.held + slot.used) * 100 >= self.policy.late_kitchen_load_percent * slot.total:
                return R_BUSY
        return None

    def reject(self, seen: Considered, provider_id: str, rule: str, distance_m: int) -> None:
        """Note the provider that `ruled_out` has just ruled out, with the age of its capacity where that mattered."""
        aged = rule is R_CAPACITY or rule is R_STALE
        seen.reject(provider_id, rule, distance_m, (self.now_ms - self.slot.published_ms) // 1000 if aged else None)

    def placed(self, provider: Provider, distance_m: int, seen: Considered, how: str | None = None) -> Placement:
        """The chosen kitchen with its explanation; ``how`` is the word for a way of finding it other than by nearness alone."""
        slot = self.slot
        assert slot.provider is provider
        travel_s = -(-distance_m * self.detour_percent // self.speed_cm_s)  # rounded up
        cutoff_ms = self.standard_ms if slot.cutoff_ms is None else slot.cutoff_ms
        why = seen.why(provider.place_id)
        if self.circles_s:
            for circle_s in self.circles_s:
                if travel_s <= circle_s:
                    break
            why["circle_s"] = circle_s
        late = self.now_ms > cutoff_ms
        if late:
            why["late"] = True
        if how is not None:
            why[how] = True
        return tuple.__new__(Placement, (slot, distance_m, travel_s, cutoff_ms, late, why))  # by its class it costs twice as much


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
    left = LOOKED_AT_MAX - seen.considered
    for distance_m, provider_id, provider in state.listed.nearest_first(wish.point, search.reach_m):
        if provider_id == preferred:
            continue
        rule = search.ruled_out(provider, distance_m)
        if rule is None:
            return search.placed(provider, distance_m, seen)
        search.reject(seen, provider_id, rule, distance_m)
        left -= 1
        if not left:
            return _among_free(state, search, seen, (distance_m, provider_id))
    return NoPlacement(_reason(seen), seen.why(None, reach_m=search.reach_m))


def _preferred(state: MealsState, search: Search, seen: Considered, provider_id: str) -> Placement | None:
    provider = state.providers.get(provider_id)
    if provider is None or not provider.listed:
        seen.reject(provider_id, R_LISTED, 0)
        return None
    distance_m = search.wish.point.distance_m(provider)
    rule = R_FAR if search.delivery and distance_m > search.reach_m else search.ruled_out(provider, distance_m)
    if rule is None:
        return search.placed(provider, distance_m, seen, "preferred")
    search.reject(seen, provider_id, rule, distance_m)
    return None


def _among_free(state: MealsState, search: Search, seen: Considered, last: tuple[int, str]) -> Placement | NoPlacement:
    """Go on where the first look ended, among providers with a free place and this service only."""
    wish = search.wish
    if search.day is not None:
        for distance_m, provider_id, provider in search.day.free[wish.service].nearest_first(wish.point, search.reach_m):
            if (distance_m, provider_id) <= last or provider_id == wish.preferred_provider_id:
                continue
            rule = search.ruled_out(provider, distance_m)
            if rule is None:
                return search.placed(provider, distance_m, seen, "passed_over_full")
            search.reject(seen, provider_id, rule, distance_m)
    reason = _reason(seen)
    # Who suits but has no room is among the rules met, unless only full ones farther away do: was there any that would have suited?
    if reason is MealsReason.NO_SUITABLE_PROVIDER and any(
        (distance_m, provider_id) > last and search.unsuitable(provider, distance_m) is None
        for distance_m, provider_id, provider in state.listed.nearest_first(wish.point, search.reach_m)
    ):
        reason = MealsReason.NO_CAPACITY
    return NoPlacement(reason, seen.why(None, reach_m=search.reach_m, passed_over_full=True))


def _reason(seen: Considered) -> MealsReason:
    """Every rule but those of `UNSUITABLE` and of a preferred provider too far away names a reason of its own."""
    rules = seen.rules
    for rule, reason in REFUSED_BY_RULE:
        if rule in rules:
            return reason
    return MealsReason.NO_PROVIDER_IN_REACH if set(rules).isdisjoint(UNSUITABLE) else MealsReason.NO_SUITABLE_PROVIDER
