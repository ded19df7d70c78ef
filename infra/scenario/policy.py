"""The example policies of a played district: the meals rules of the features page as data, and the year's calendar."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from infra.scenario.words import Item, at, event, office
from infra.scenario.world import World


def policy_items(world: World, day: date, prefix: str) -> Iterator[Item]:
    """The policies in force, published before anything else of the day before."""
    eve = day - timedelta(days=1)
    in_force = date(eve.year, 1, 1).isoformat()
    policies = (
        ("meals", f"{world.district.code}/2026.1", meals_parameters(), "M-R2, M-R3, M-R4, M-R8; example values for a played day"),
        (
            "calendar",
            str(day.year),
            calendar_parameters(),
            "2026 holidays as announced by the State Council; from memory, check before real use",
        ),
    )
    for number, (name, version, parameters, source) in enumerate(policies):
        at_ms = at(eve, 6.6) + number * 1000
        body = {"policy": name, "version": version, "in_force_from": in_force, "parameters": parameters, "source": source}
        one = event(
            f"{prefix}-pol-{name}",
            "policy.published.v1",
            at_ms - 500,
            area=world.district.code,
            sender=office(world.district.word),
            data=body,
        )
        yield Item(at_ms, "policy", world.district.code, one)


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


def calendar_parameters() -> dict[str, Any]:
    """Holidays of 2026 and the weekend days worked in exchange (调休)."""
    return {
        "year": 2026,
        "holidays": [
            *_days("2026-01-01", 3), *_days("2026-02-15", 9), *_days("2026-04-04", 3), *_days("2026-05-01", 5),
            *_days("2026-06-19", 3), *_days("2026-09-25", 3), *_days("2026-10-01", 7),
        ],
        "workdays": ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
    }  # fmt: skip


def _days(first: str, count: int) -> list[str]:
    start = date.fromisoformat(first)
    return [(start + timedelta(days=ahead)).isoformat() for ahead in range(count)]
