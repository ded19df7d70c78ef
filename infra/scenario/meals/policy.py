"""The example policies of meals in a played district: the rules of the features page as data, and the year's calendar."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from infra.scenario.meals.world import World
from infra.scenario.policies import calendar_item, policy_item
from infra.scenario.words import Item, at


def policy_items(world: World, day: date, prefix: str) -> Iterator[Item]:
    """The policies in force, published before anything else of the day before."""
    eve = day - timedelta(days=1)
    in_force = date(eve.year, 1, 1).isoformat()
    area = world.district.code
    source = "M-R2, M-R3, M-R4, M-R8; example values for a played day"
    at_ms = at(eve, 6.6)
    name = f"{area}/2026.1"
    word = world.district.word
    yield policy_item(area, "meals", name, meals_parameters(), source=source, in_force=in_force, at_ms=at_ms, prefix=prefix, word=word)
    yield calendar_item(area, day, at_ms=at_ms + 1000, prefix=prefix, word=word)


def meals_parameters() -> dict[str, Any]:
    """Parameters of the meals policy, every one that placing rests on named: M-R8 cut-offs, M-R2 discounts and subsidies,
    M-R3 delivery subsidy (whose source says it is a trial, not for real use). Prices are the project's own examples."""
    return {
        "breakfast": _times(390, 540, cutoff=-240, late_until=-240, cancel_until=-240),
        "lunch": _times(630, 780, cutoff=-240, late_until=510, cancel_until=510),
        "dinner": _times(990, 1110, cutoff=600, late_until=840, cancel_until=840),
        "late_kitchen_load_percent": 95,
        "capacity_age_s_max": 3 * 86_400,
        "walk_circles_s": [900, 1800, 2700],
        "walk_speed_cm_s": 100,
        "courier_speed_cm_s": 400,
        "courier_travel_s_max": 3600,
        "delivery_radius_m_default": 3000,
        "detour_percent": 130,
        "meal_price_fen": {"breakfast": 600, "lunch": 1500, "dinner": 1200},
        "discounts": [{"age_min": 80, "pay_percent": 85}, {"age_min": 60, "pay_percent": 90}],
        "subsidies": [
            {"code": "low_income", "age_min": 60, "category": "low_income", "spend_fen_min": 800, "subsidy_fen": 500},
            {"code": "delivery", "age_min": 60, "category": "level_2_or_above", "service": "delivery", "subsidy_fen": 400},
            {"code": "registered_80", "age_min": 80, "category": "registered", "spend_fen_min": 1500, "subsidy_fen": 300},
            {"code": "registered_60", "age_min": 60, "age_max": 79, "category": "registered", "spend_fen_min": 1500, "subsidy_fen": 200},
        ],
        "delivery_attempts_max": 2,
        "delivery_retry_s": 600,
        "delivery_report_s": 1200,
        "standing_run_days_ahead": 1,
        "standing_run_minute": 720,
    }


def _times(start: int, end: int, *, cutoff: int, late_until: int, cancel_until: int) -> dict[str, int]:
    return {
        "serve_start_minute": start,
        "serve_end_minute": end,
        "cutoff_minute": cutoff,
        "late_until_minute": late_until,
        "cancel_until_minute": cancel_until,
    }
