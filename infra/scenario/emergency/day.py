"""The emergency part of a played day."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from random import Random
from typing import Any

from infra.scenario.district import District, load_district
from infra.scenario.emergency.desk import Desk
from infra.scenario.emergency.field import Field
from infra.scenario.emergency.handed import handed_calls_taken
from infra.scenario.emergency.policy import policy_items
from infra.scenario.emergency.rehearsal import Stage
from infra.scenario.emergency.world import build_world, region
from infra.scenario.plan import DayPlan
from infra.scenario.source import DaySource
from infra.scenario.words import MINUTE_MS, Item

ENDED_BY_FACTS = frozenset({"call_needs_review", "no_responder", "responder_unheard", "scene_unheard", "call_back_missed"})
"""Tasks that end with what operators and responders do about the incident."""
RESULTS = {"device_maintenance": "battery_changed"}


@cache
def rehearsed(plan: DayPlan, area: str) -> tuple[Item, ...]:
    """Everything that is sent in one dispatch region: its districts share responders, so their day is one."""
    stage = Stage(plan, area)
    districts = [load_district(code) for code in plan.districts if region(load_district(code)) == area]
    first = districts[0]
    for item in policy_items(plan, area, plan.prefix(first.code), first.word):
        stage.at(item.at_ms, lambda _, item=item: stage.put(item))  # type: ignore[misc]  # bound now
    for district in districts:
        world = build_world(plan, district)
        Field(stage, world).begin()
        Desk(stage, world).begin()
    stage.run()
    return (*stage.items, *_broken(plan, area))


def _items(plan: DayPlan, district: District) -> Iterator[Item]:
    """The whole region with its first district; the others have nothing of their own."""
    area = region(district)
    if district.code == next(code for code in plan.districts if region(load_district(code)) == area):
        yield from rehearsed(plan, area)


def _broken(plan: DayPlan, area: str) -> Iterator[Item]:
    """Bytes of which not even a call can be made: set aside with a reason, and the line moves on."""
    good = {
        "specversion": "1.0", "id": f"syn-emg-bad-{plan.day:%m%d}", "source": "/scenario/broken", "type": "emergency.call.raised.v1",
        "time": "2026-11-24T09:00:00+08:00", "area": area, "actor": "device:syn-d-broken", "data": {"call_id": "x", "channel": "button"},
    }  # fmt: skip
    text = json.dumps(good).encode()
    cases = (
        ("not_json", b"{not json"), ("truncated", text[:-9]), ("no_id", json.dumps({**good, "id": "../.."}).encode()),
        ("version", json.dumps({**good, "type": "emergency.call.raised.v9"}).encode()), ("empty_batch", b"[]"),
    )  # fmt: skip
    for number, (tag, raw) in enumerate(cases):
        yield Item(plan.starts_ms + (300 + 60 * number) * MINUTE_MS, f"broken_{tag}", area, raw=raw)


def _answer(task: Mapping[str, Any], _draw: Random) -> str | None:
    return None if task["kind"] in ENDED_BY_FACTS else RESULTS.get(task["kind"], "handled")


SOURCE = DaySource(domain="emergency", items=_items, answer=_answer, area=region, follow=handed_calls_taken)
"""Named in `infra.scenario.sources`."""
