"""The meals part of a played day.

The shape is that of a real one: places register and publish, standing orders are made, the evening before has the great peak
of next-day orders and the morning a smaller one, couriers report at noon and at dusk; and everything that goes wrong does.
"""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from infra.scenario.district import District, load_district
from infra.scenario.meals.mischief import mischief_items, stray
from infra.scenario.meals.people import people_items
from infra.scenario.meals.places import place_items
from infra.scenario.meals.policy import policy_items
from infra.scenario.meals.world import World, build_world
from infra.scenario.plan import DayPlan
from infra.scenario.source import DaySource
from infra.scenario.words import Item

PEOPLE_PER_MEAL = 0.9
"""People who order at all, per meal of the day's capacity; assumed."""
HELP_NEEDED = 0.1
"""Of the people nobody answered for at the door, those whom the desk finds in need of help; assumed."""
RESULTS = {"unplaced_request": "family_informed", "overcommitted": "agreed_with_provider", "delivery_unreported": "asked_courier"}


def world_of(plan: DayPlan, district: District) -> World:
    """The people and places of meals in this district, for this plan."""
    people = max(60, round(district.figure("meals_per_day") * plan.scale * PEOPLE_PER_MEAL))
    return build_world(district, f"{plan.seed}/{district.code}", people, plan.scale)


def build_worlds(plan: DayPlan) -> list[World]:
    """The world of each district of the plan."""
    return [world_of(plan, load_district(code)) for code in plan.districts]


def _items(plan: DayPlan, district: District) -> Iterator[Item]:
    world, prefix = world_of(plan, district), plan.prefix(district.code)
    honest = [*policy_items(world, plan.day, prefix), *place_items(world, plan.day, prefix), *people_items(world, plan.day, prefix)]
    yield from stray(world, honest)
    yield from mischief_items(world, plan.day, prefix, honest)


def _answer(task: Mapping[str, Any], draw: Random) -> str:
    if task["kind"] == "welfare_check":
        return "needs_help" if draw.random() < HELP_NEEDED else "well"
    return RESULTS.get(task["kind"], "handled")


SOURCE = DaySource(domain="meals", items=_items, answer=_answer)
"""Named in `infra.scenario.sources`."""
