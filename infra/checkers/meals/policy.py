"""The documented defaults of the meals policy, and which version is in force."""

from typing import Any

from infra.checkers import fold
from infra.checkers.civil import parameters_in_force

DEFAULTS: dict[str, Any] = {
    "breakfast": {"cutoff_minute": -240, "late_until_minute": -240},
    "lunch": {"cutoff_minute": -240, "late_until_minute": 510},
    "dinner": {"cutoff_minute": 600, "late_until_minute": 840},
    "late_kitchen_load_percent": 95,
    "capacity_age_s_max": 7 * 86400,
    "walk_circles_s": [900, 1800, 2700],
    "walk_speed_cm_s": 100,
    "courier_speed_cm_s": 400,
    "courier_travel_s_max": 3600,
    "delivery_radius_m_default": 3000,
    "detour_percent": 130,
    "neighbours": [],
    "lends_to": [],
}
"""The documented defaults of the meals policy that placing rests on."""


def in_force(area: fold.Area, now_ms: int) -> dict[str, Any]:
    """The meals parameters on this day, over the defaults."""
    return parameters_in_force(area.policies, "meals", DEFAULTS, now_ms)
