"""Who should have got the order: every kitchen is looked at, the fitting ones are sorted by (distance, id), the first one is right."""

from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import Any

from tests.simulation.checkers.logs import minute_ms
from tests.simulation.domains.meals.model import TIMES, Area

RADIUS_M = 6_371_008.8


@lru_cache(maxsize=65536)
def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great circle, by the haversine formula."""
    up, across = radians(other_lat - lat) / 2, radians(other_lon - lon) / 2
    return 2 * RADIUS_M * asin(sqrt(sin(up) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(across) ** 2))


def travel_s(policy: dict[str, Any], service: str, metres: int) -> int:
    """Seconds on the way, rounded up."""
    speed = policy["courier_speed_cm_s"] if service == "delivery" else policy["walk_speed_cm_s"]
    return int(-(-metres * policy["detour_percent"] // speed))


def reach_m(policy: dict[str, Any], service: str) -> int:
    """How far is looked."""
    if service == "delivery":
        return int(policy["courier_travel_s_max"] * policy["courier_speed_cm_s"] // policy["detour_percent"])
    return int(policy["walk_reach_s"] * policy["walk_speed_cm_s"] // policy["detour_percent"])


def rounded(metres: float) -> int:
    """Whole metres, halves up."""
    return int(metres + 0.5)


def fits(area: Area, policy: dict[str, Any], wish: dict[str, Any], provider_id: str, metres: int) -> str | None:
    """Why this kitchen cannot take the order now, or None."""
    listed = area.kitchens[provider_id].listed
    if listed is None:
        return "not_listed"
    if wish["service"] not in listed["services"]:
        return "service_not_offered"
    if not set(wish["diets"]) <= set(listed["diets"]):
        return "diet_not_served"
    if wish["service"] == "delivery":
        radius_m = listed["delivery_radius_m"]
        if metres > (policy["delivery_radius_m_default"] if radius_m is None else radius_m):
            return "outside_delivery_radius"
    return _room(area, policy, wish, (provider_id, wish["date"], wish["meal"]))


def _room(area: Area, policy: dict[str, Any], wish: dict[str, Any], key: tuple[str, str, str]) -> str | None:
    """Why the slot of a kitchen that suits cannot take the order, or None."""
    slot = area.slots.get(key)
    if slot is None or slot.fact is None:
        return "not_published"
    if area.shut(key):
        return "closed"
    if area.free(key) < wish["portions"]:
        return "no_capacity"
    if area.now_ms - slot.published_ms > policy["capacity_age_s_max"] * 1000:
        return "stale_capacity"
    own_ms = slot.fact["cutoff_ms"]
    times = TIMES[wish["meal"]]
    if area.now_ms > (minute_ms(wish["date"], times["cutoff"]) if own_ms is None else own_ms):
        if own_ms is not None or area.now_ms > minute_ms(wish["date"], times["late"]):
            return "past_cutoff"
        if (slot.held + slot.used) * 100 >= policy["late_kitchen_load_percent"] * slot.total:
            return "kitchen_busy_late"
    return None


def foretell(area: Area, wish: dict[str, Any], preferred: str | None) -> tuple[str, int] | None:
    """The kitchen that must get the order, with the distance, or None when nobody can take it."""
    policy = area.policy()
    lat, lon = wish["lat"], wish["lon"]
    if preferred is not None and preferred in area.kitchens and area.kitchens[preferred].listed is not None:
        listed = area.kitchens[preferred].listed
        assert listed is not None
        metres = rounded(distance_m(lat, lon, listed["lat"], listed["lon"]))
        near_enough = wish["service"] != "delivery" or metres <= reach_m(policy, "delivery")
        if near_enough and fits(area, policy, wish, preferred, metres) is None:
            return preferred, metres
    reach = reach_m(policy, wish["service"])
    candidates = []
    for provider_id, kitchen in area.kitchens.items():
        if kitchen.listed is not None:
            candidates.append((rounded(distance_m(lat, lon, kitchen.listed["lat"], kitchen.listed["lon"])), provider_id))
    for metres, provider_id in sorted(candidates):
        if metres <= reach and fits(area, policy, wish, provider_id, metres) is None:
            return provider_id, metres
    return None
