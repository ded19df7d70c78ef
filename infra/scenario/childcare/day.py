"""The childcare part of a played day: the register tells who lives where, sites publish and report, families book, at nine a day opens,
children come and go."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from infra.scenario.childcare.families import family_items
from infra.scenario.childcare.mischief import mischief_items, stray
from infra.scenario.childcare.offers import offers_answered
from infra.scenario.childcare.policy import policy_items
from infra.scenario.childcare.register import register_items
from infra.scenario.childcare.sites import site_items
from infra.scenario.childcare.world import build_world
from infra.scenario.district import District
from infra.scenario.plan import DayPlan
from infra.scenario.source import DaySource
from infra.scenario.words import Item

RESULTS = {
    "unplaced_request": "family_informed", "overcommitted": "carer_sent", "child_not_collected": "family_reached",
    "safeguarding": "identity_checked", "quota_undecided": "asked_home_area", "inspection_due": "visit_arranged",
    "entitlement_unmet": "visit_arranged",
}  # fmt: skip


def _items(plan: DayPlan, district: District) -> Iterator[Item]:
    world, prefix = build_world(plan, district), plan.prefix(district.code)
    honest = [*policy_items(world, prefix), *site_items(world, prefix), *family_items(world, prefix)]
    # The player's clock ends with its plan: an end of the day a minute later is nobody's to play.
    honest = [item for item in honest if item.at_ms < plan.ends_ms]
    odd = [item for item in mischief_items(world, prefix, honest) if item.at_ms < plan.ends_ms]
    yield from register_items(world, prefix, [*honest, *odd])
    yield from stray(world, honest)
    yield from odd


def _answer(task: Mapping[str, Any], draw: Random) -> str:  # noqa: ARG001 - the shape of `Answer`
    return RESULTS.get(task["kind"], "handled")


SOURCE = DaySource(domain="childcare", items=_items, answer=_answer, follow=offers_answered)
"""Named in `infra.scenario.sources`."""
