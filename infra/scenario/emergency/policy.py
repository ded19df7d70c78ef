"""The emergency policy of a played day: the rules of the features page as data."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from infra.scenario.plan import DayPlan
from infra.scenario.policies import calendar_item, policy_item
from infra.scenario.words import Item, at


def policy_items(plan: DayPlan, area: str, prefix: str, word: str) -> Iterator[Item]:
    """Published once for the dispatch region, before anything else of the day before."""
    eve = plan.day - timedelta(days=1)
    at_ms = at(eve, 6.6)
    source = "E-R1, E-R4, E-R6, E-R7, E-R9, E-R10; values marked [O] are the project's own"
    in_force = date(eve.year, 1, 1).isoformat()
    yield policy_item(
        area, "emergency", f"{area}/2026.1", emergency_parameters(), source=source, in_force=in_force, at_ms=at_ms,
        prefix=f"{prefix}-emg", word=word,
    )  # fmt: skip
    yield calendar_item(area, plan.day, at_ms=at_ms + 1000, prefix=f"{prefix}-emg", word=word)


def emergency_parameters() -> dict[str, Any]:
    """Every timer that the chain rests on, named: E-R9 [O]; positions older than 300 s are not sent (E-R10 [O]); contacts twice (E-R7)."""
    return {
        "ladder": [
            {"after_s": 10, "to": "second_seat"},
            {"after_s": 30, "to": "supervisor"},
            {"after_s": 60, "to": "duty_manager", "silent": True, "suggests": "desk_120"},
        ],
        "merge_window_s": 300,
        "accept_s": 60,
        "circles_m": [1000, 2000, 5000],
        "fix_age_s_max": 300,
        "watch_s": 180,
        "check_in_s": 900,
        "contact_rounds": 2,
        "contact_wait_s": 30,
        "rest_after_case_s": 900,
        "callback_s": 86_400,
        "heartbeats_missed_max": 3,
        "battery_low_percent": 20,
    }
