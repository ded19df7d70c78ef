"""A day of one or more districts as a list of items in the order they are sent: the day before, the night, the day itself.

The shape is that of a real one: places register and publish, standing orders are made, the evening before has the great peak
of next-day orders and the morning a smaller one, couriers report at noon and at dusk; and everything that goes wrong does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from infra.scenario.district import load_district
from infra.scenario.mischief import mischief_items, stray
from infra.scenario.people_day import people_items
from infra.scenario.places_day import place_items
from infra.scenario.policy import policy_items
from infra.scenario.words import MINUTE_MS, Item, Sender, at, event
from infra.scenario.world import World, build_world

DEFAULT_DATE = date(2026, 11, 24)
"""A Tuesday without a holiday near it."""
PEOPLE_PER_MEAL = 0.9
"""People who order at all, per meal of the day's capacity; assumed."""


@dataclass(frozen=True, slots=True)
class DayPlan:
    """Which day to play. ``scale`` is the part of a district's daily capacity and demand: 1.0 is the whole day."""

    districts: tuple[str, ...] = ("310106",)
    day: date = DEFAULT_DATE
    seed: str = "laoxiao"
    scale: float = 1.0

    @property
    def starts_ms(self) -> int:
        """The scenario's clock before its first item: 06:30 of the day before."""
        return at(self.day - timedelta(days=1), 6.5)

    @property
    def ends_ms(self) -> int:
        """When the last tick is: a minute before midnight, so that whoever looks afterwards sees this day and not an empty next one."""
        return at(self.day, 24) - MINUTE_MS


def build_worlds(plan: DayPlan) -> list[World]:
    """The world of each district of the plan."""
    worlds = []
    for code in plan.districts:
        district = load_district(code)
        people = max(60, round(district.figure("meals_per_day") * plan.scale * PEOPLE_PER_MEAL))
        worlds.append(build_world(district, f"{plan.seed}/{code}", people, plan.scale))
    return worlds


def build_day(plan: DayPlan) -> list[Item]:
    """Every item of the day in sending order; equal plans give equal lists, byte for byte."""
    items: list[Item] = []
    for world in build_worlds(plan):
        prefix = f"syn-{world.district.code}-{plan.day:%Y%m%d}"
        honest = [*policy_items(world, plan.day, prefix), *place_items(world, plan.day, prefix), *people_items(world, plan.day, prefix)]
        items += stray(world, honest)
        items += mischief_items(world, plan.day, prefix, honest)
    items.sort(key=lambda item: item.at_ms)
    return items


def with_ticks(items: Iterable[Item], plan: DayPlan, tick_minutes: int) -> Iterator[Item]:
    """The items with a `clock.ticked.v1` per area every so many played minutes, to the end of the plan's day."""
    step_ms = tick_minutes * MINUTE_MS
    next_ms = plan.starts_ms + step_ms
    for item in items:
        while next_ms <= item.at_ms:
            yield from _ticks(plan, next_ms)
            next_ms += step_ms
        yield item
    while next_ms <= plan.ends_ms:
        yield from _ticks(plan, next_ms)
        next_ms += step_ms


def _ticks(plan: DayPlan, at_ms: int) -> Iterator[Item]:
    sender = Sender("clock:scenario", "system", "/scenario/clock")
    for code in plan.districts:
        yield Item(at_ms, "tick", code, event(f"syn-tick-{code}-{at_ms}", "clock.ticked.v1", at_ms, area=code, sender=sender, data={}))
