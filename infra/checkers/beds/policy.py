"""The documented defaults of the beds policy, written again, and the working-day calendar as it was published."""

from datetime import date, timedelta
from typing import Any

from infra.checkers import fold
from infra.checkers.civil import day_of, minute_ms, parameters_in_force

Parameters = dict[str, Any]
LAST_CLASS = "general"
EMERGENCY = "emergency"
DAY_MS = 86_400_000
DEFAULTS: Parameters = {
    "order": ["emergency", "priority_class", "level", "score", "eligible_date"],
    "priority_classes": [
        {"code": "first", "categories": ["special_poor", "special_care", "family_planning_special"]},
        {"code": "second", "categories": ["alone", "disabled", "severely_disabled", "very_old"]},
    ],
    "waiting_bonus_max": 5, "draws": [], "categories_eligible": ["registered"],
    "categories_plain": ["registered", "low_income", "dementia"], "categories_hospital": ["needs_hospital"], "age_min": 60,
    "level_min": {"basic": 2, "nursing": 4, "dementia": 2, "respite": 2, "home": 2}, "assessment_valid_days": 731,
    "pools_served": ["street", "district"], "street_beds_open": True, "quota_types": ["basic"], "quota_percent_min": 10,
    "choices_by": "rank", "travel_speed_cm_s": 500, "detour_percent": 130, "offer_working_days": 3, "admission_days": 7,
    "reasonable_reasons": ["in_hospital", "care_unsuitable", "bereavement", "household_separated", "unsafe"],
    "facility_reasons": ["bed_taken", "care_unsuitable", "infection", "sex_unsuitable", "behaviour", "unreachable"],
    "expiry_counts": True, "missed_admission_counts": True, "refusals_max": 2, "suspension_days": 90, "pause_days_max": 366,
    "refused_rest_days": 30, "facility_rest_days": None, "inventory_age_s_max": 48 * 3600, "cleaning_after_s": 2 * 3600,
    "cleaning_s_max": 48 * 3600, "leave_days_max": 30, "stay_days_max": 60, "stay_grace_s": 12 * 3600, "stay_lead_days": 7,
    "stay_ahead_days_max": 183, "stay_notice_days": 2, "stay_extension_days_max": 14, "stay_extensions_max": 1,
    "stay_extension_if_waiting": False,
    "override_reasons": ["emergency_placement", "court_order", "authority_order", "clerical_mistake", "safeguarding"], "memory_days": 365,
    "vacancy_days": 365, "seen_memory_s": 3 * 86400,
}  # fmt: skip
REMIND_DAYS = 30
"""A reassessment whose human task was closed without one is asked for again after so many days."""


def in_force(area: fold.Area, now_ms: int) -> Parameters:
    """The parameters that hold in this area on this day."""
    return parameters_in_force(area.policies, "beds", DEFAULTS, now_ms)


def class_of(policy: Parameters, categories: list[str]) -> tuple[int, str]:
    """Rank and code of the first priority class that names one of these categories."""
    for rank, each in enumerate(policy["priority_classes"]):
        if set(each["categories"]) & set(categories):
            return rank, each["code"]
    return len(policy["priority_classes"]), LAST_CLASS


def calendars(area: fold.Area) -> dict[int, Parameters]:
    """The working-day calendar in force of each year: the one adopted last."""
    return {one["parameters"]["year"]: one["parameters"] for one in area.policies if one["policy"] == "calendar"}


def answer_by(known: dict[int, Parameters], made_ms: int, working_days: int) -> tuple[int, bool]:
    """The end of the last of so many working days after this instant's day, and whether an unknown year was crossed (B-R9)."""
    day, left = date.fromisoformat(day_of(made_ms)), working_days
    provisional = day.year not in known
    while left > 0 or not _works(known, day):
        day += timedelta(days=1)
        provisional = provisional or day.year not in known
        if left > 0 and _works(known, day):
            left -= 1
    return minute_ms((day + timedelta(days=1)).isoformat(), 0), provisional


def end_of(day_ms: int, days: int) -> int:
    """The end of the day so many days after this instant's."""
    return minute_ms(day_of(day_ms), (days + 1) * 24 * 60)


def _works(known: dict[int, Parameters], day: date) -> bool:
    named = known.get(day.year, {})
    if day.isoformat() in named.get("holidays", ()):
        return False
    return day.isoformat() in named.get("workdays", ()) or day.isoweekday() <= 5
