"""The rules of placing an order, written again from their documentation: which policy is in force, and whether a place suits."""

import math
from typing import NamedTuple

from infra.checkers.civil import minute_ms
from infra.checkers.meals.model import Area, Provider
from infra.checkers.meals.policy import in_force

EARTH_RADIUS_M = 6_371_008.8


class Wish(NamedTuple):
    """What is looked for, from the event, the standing order or the order's first fact."""

    lat: float
    lon: float
    date: str
    meal: str
    portions: int
    service: str
    diets: tuple[str, ...]
    preferred: str | None


class Spot(NamedTuple):
    """A position ready for measuring."""

    phi: float
    lam: float
    across: float


def spot(lat: float, lon: float) -> Spot:
    """Degrees to what the haversine formula needs."""
    phi = math.radians(lat)
    return Spot(phi, math.radians(lon), math.cos(phi))


def haversine_m(here: Spot, there: Spot) -> float:
    """Great-circle distance in metres."""
    a = math.sin((there.phi - here.phi) / 2) ** 2 + here.across * there.across * math.sin((there.lam - here.lam) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(a))


class Judge:
    """One wish at one instant: says which rules rule a place out. Every rule is looked at by itself."""

    def __init__(self, area: Area, wish: Wish, now_ms: int) -> None:
        self.area, self.wish, self.now_ms = area, wish, now_ms
        self.policy = in_force(area, now_ms)
        times = self.policy[wish.meal]
        self.cutoff_ms = minute_ms(wish.date, times["cutoff_minute"])
        self.late_ms = minute_ms(wish.date, times["late_until_minute"])
        self.delivery = wish.service == "delivery"
        speed = self.policy["courier_speed_cm_s"] if self.delivery else self.policy["walk_speed_cm_s"]
        travel_s = self.policy["courier_travel_s_max"] if self.delivery else max(self.policy["walk_circles_s"])
        self.reach_m = travel_s * speed // self.policy["detour_percent"]
        self.here = spot(wish.lat, wish.lon)

    def distance_m(self, provider: Provider) -> float:
        """How far the place is."""
        assert provider.listed is not None, "only a listed place has a position"
        if provider.spot is None:
            provider.spot = spot(provider.listed["lat"], provider.listed["lon"])
        return haversine_m(self.here, provider.spot)

    def rules(self, provider_id: str, distance_m: float) -> set[str]:
        """Every rule that speaks against this place; empty when it can take the order now."""
        provider = self.area.providers.get(provider_id)
        if provider is None or provider.listed is None:
            return {"not_listed"}
        listed, wish, against = provider.listed, self.wish, set()
        if wish.service not in listed["services"]:
            against.add("service_not_offered")
        if not set(wish.diets) <= set(listed["diets"]):
            against.add("diet_not_served")
        radius_m = listed["delivery_radius_m"]
        if self.delivery and distance_m > (self.policy["delivery_radius_m_default"] if radius_m is None else radius_m) + 0.5:
            against.add("outside_delivery_radius")
        if distance_m > self.reach_m + 0.5:
            against.add("too_far")
        return against | self._slot_rules(provider_id, provider)

    def _slot_rules(self, provider_id: str, provider: Provider) -> set[str]:
        wish, against = self.wish, set()
        slot = self.area.slots.get((provider_id, wish.date, wish.meal))
        if slot is None or slot.published is None:
            return {"not_published"}
        starts_ms, ends_ms = slot.published["starts_ms"], slot.published["ends_ms"]
        if any(c["from_ms"] < ends_ms and (c["until_ms"] is None or starts_ms < c["until_ms"]) for c in provider.closures):
            against.add("closed")
        if slot.capacity - slot.held - slot.used < wish.portions:
            against.add("no_capacity")
        if self.now_ms - slot.published_ms > self.policy["capacity_age_s_max"] * 1000:
            against.add("stale_capacity")
        own_ms = slot.published["cutoff_ms"]
        if self.now_ms > (self.cutoff_ms if own_ms is None else own_ms):
            if own_ms is not None or self.now_ms > self.late_ms:
                against.add("past_cutoff")
            elif (slot.held + slot.used) * 100 >= self.policy["late_kitchen_load_percent"] * slot.capacity:
                against.add("kitchen_busy_late")
        return against
