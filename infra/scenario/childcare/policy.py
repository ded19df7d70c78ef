"""The example policies of childcare in a played district: the rules of the features page as data, and the year's calendar."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from infra.scenario.childcare.world import World
from infra.scenario.policies import calendar_item, policy_item
from infra.scenario.words import Item, at

BATHING: dict[str, Any] = {
    "counted_by": "child", "age_months_min": 720, "age_months_max": 1560, "categories_any": ["level_2_or_above", "disabled"],
    "free_per_year": 12, "price_fen": {"visit": 9000}, "confirm": "when_charged", "care_per_staff": 0, "horizon_days": 14,
    "same_day_until_minute": None, "closed_on_holidays": False,
}  # fmt: skip
"""助浴 (seed 004 指标8: 50,000 visits a year): a service by declaration alone. Ages, the twelve free ones and the price are examples."""


def policy_items(world: World, prefix: str) -> Iterator[Item]:
    """The policies in force, published before anything else of the day before."""
    day = world.plan.day
    eve = day - timedelta(days=1)
    in_force = date(eve.year, 1, 1).isoformat()
    area, word = world.district.code, world.district.word
    source = "C-R1, C-R3, C-R6; prices and waits are example values for a played day"
    at_ms = at(eve, 6.6)
    name = f"{area}/2026.1"
    parameters = childcare_parameters()
    yield policy_item(area, "childcare", name, parameters, source=source, in_force=in_force, at_ms=at_ms, prefix=prefix, word=word)
    yield calendar_item(area, day, at_ms=at_ms + 1000, prefix=prefix, word=word)


def childcare_parameters() -> dict[str, Any]:
    """What differs from the defaults. A played hour passes in seconds, so another area is given long to answer; and the day's register
    (`register`) tells of every child, so that nobody else has a quota here."""
    care = {"price_fen": {"hourly": 1500, "drop_in": 2500, "half_day": 4000, "full_day": 8000}}
    return {"services": {"care": care, "bathing": BATHING}, "quota_answer_s": 7200, "home_children": "registered"}
