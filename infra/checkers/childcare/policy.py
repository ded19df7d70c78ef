"""The documented defaults of the childcare policy, and which declaration of a service is in force."""

from datetime import date, timedelta
from typing import Any

from infra.checkers import fold
from infra.checkers.civil import parameters_in_force

Rules = dict[str, Any]

CARE: Rules = {
    "counted_by": "child",
    "age_months_min": 12,
    "age_months_max": 36,
    "categories_any": [],
    "free_per_year": 12,
    "after_quota": "charge",
    "units": {},
    "price_fen": {},
    "care_per_staff": 525,
    "young_months": 36,
    "young_weight": 175,
    "weight": 100,
    "confirm": "when_charged",
    "hold_s": 600,
    "horizon_days": 14,
    "opens_minute": 540,
    "same_day_until_minute": 720,
    "cutoff_s": 0,
    "cancel_free_s": 86_400,
    "cancel_late_s": 7200,
    "cancel_between": "return",
    "no_show_s": 1800,
    "turned_away_quota": "return",
    "waitlist_max": 20,
    "offer_s": 1800,
    "offer_same_day_s": 600,
    "alternative_shift_s": 3600,
    "closed_on_holidays": True,
    "run_sessions_max": 12,
}
"""The declaration of care, as far as the checkers rest on it; what another declaration leaves out is care's."""
_VISITS: Rules = {
    **CARE, "age_months_min": 0, "free_per_year": None, "care_per_staff": 0, "horizon_days": 60, "same_day_until_minute": None,
    "closed_on_holidays": False,
}  # fmt: skip
SERVICES: dict[str, Rules] = {
    "care": CARE,
    "guidance": {**_VISITS, "counted_by": "family"},
    "newborn_visit": {**_VISITS, "age_months_max": 3},
}
DEFAULTS: dict[str, Any] = {
    "services": {},
    "age_month_end": True,
    "walk_speed_cm_s": 100,
    "detour_percent": 130,
    "travel_s_max": 3600,
    "capacity_age_s_max": 35 * 86_400,
    "home_children": "told",
    "quota_answer_s": 60,
    "quota_fallback": "charge",
}


def in_force(area: fold.Area, now_ms: int) -> dict[str, Any]:
    """The parameters on this day, over the defaults."""
    return parameters_in_force(area.policies, "childcare", DEFAULTS, now_ms)


def rules_of(area: fold.Area, service: str, now_ms: int) -> Rules | None:
    """The declaration of a service on this day, or None."""
    declared = in_force(area, now_ms)["services"].get(service)
    return SERVICES.get(service) if declared is None else {**CARE, **declared}


def weight_of(rules: Rules, age_months: int) -> int:
    """What a child of this age weighs against the staff, in hundredths; 0 where the service has no ratio."""
    if not rules["care_per_staff"]:
        return 0
    return int(rules["young_weight"] if age_months < rules["young_months"] else rules["weight"])


def age_months(birth: str, day: str, *, month_end: bool) -> int:
    """Completed months, counted one by one: the n-th is completed n calendar months after the birth."""
    born, on = date.fromisoformat(birth), date.fromisoformat(day)
    if on < born:
        return -1
    months = 0
    while _completed(born, months + 1, month_end) <= on:
        months += 1
    return months


def _completed(born: date, months: int, month_end: bool) -> date:
    year, month = divmod(born.year * 12 + born.month - 1 + months, 12)
    try:
        return date(year, month + 1, born.day)
    except ValueError:  # that month has no such day: its last, or the first of the next
        following = date(year + month // 11, (month + 1) % 12 + 1, 1)
        return following - timedelta(days=1) if month_end else following


def price_fen(rules: Rules, mode: str, charged_units: int) -> int | None:
    """分 for units that are not free; None when policy names no price."""
    if not charged_units:
        return 0
    unit = rules["price_fen"].get(mode)
    return None if unit is None else unit * charged_units
