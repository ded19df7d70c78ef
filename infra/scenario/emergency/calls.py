"""Who calls on a played day, and why: 闵行's mix (E-R11) scaled to the district, and one of everything that a call centre meets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from infra.scenario.emergency.world import Client, World
from infra.scenario.plan import DayPlan
from infra.scenario.words import HOUR_MS

HOURS = (2, 1, 1, 1, 1, 2, 4, 6, 8, 8, 7, 6, 5, 6, 7, 7, 6, 6, 6, 5, 4, 4, 3, 2)
"""Weight of each hour of the day; assumed: few at night, most in the morning."""
DAY_MS = 24 * HOUR_MS


@dataclass(slots=True)
class Script:
    """One call and how people will treat it. ``severity`` is what the operator finds; ``answer_s`` None: nobody answers for long."""

    at_ms: int
    kind: str
    client: Client | None
    channel: str
    severity: str
    outcome: str
    answer_s: float | None = 6.0
    silent: bool = False
    hand_to: str | None = None
    presses: int = 1
    odd: dict[str, Any] = field(default_factory=dict)
    call_id: str = ""


def scripts(plan: DayPlan, world: World) -> list[Script]:
    """Every call of the district from the morning before to the end of the day, in order of time."""
    make = _Maker(plan, world, Random(f"{world.seed}/emergency/calls"))
    made = [*_mix(make), *_set_pieces(make)]
    made.sort(key=lambda one: one.at_ms)
    for number, one in enumerate(made):
        one.call_id = f"syn-call-{world.district.code}-{plan.day:%m%d}-{number:04d}"
    return made


def _count(plan: DayPlan, world: World, name: str) -> int:
    figure = world.district.domain_figure
    reference = figure("emergency", "reference_days") * figure("emergency", "reference_elders")
    days = (plan.ends_ms - plan.starts_ms) / DAY_MS
    elders = world.district.figure("elders_60") * figure("emergency", "intensity") * plan.scale
    return max(1, round(figure("emergency", name) * elders * days / reference))


def _when(plan: DayPlan, draw: Random) -> int:
    """An instant by the weights of the hours, an hour after the start at the earliest."""
    while True:
        at_ms = draw.randrange(plan.starts_ms + HOUR_MS, plan.ends_ms - HOUR_MS)
        hour = (at_ms // HOUR_MS + 8) % 24
        if draw.random() * max(HOURS) < HOURS[hour]:
            return at_ms


@dataclass(frozen=True, slots=True)
class _Maker:
    """Draws who calls and when."""

    plan: DayPlan
    world: World
    draw: Random

    def script(self, kind: str, channel: str, severity: str, outcome: str, **more: Any) -> Script:
        """One call of somebody at some hour."""
        client = self.draw.choice(self.world.clients)
        known: dict[str, Any] = {"answer_s": self.draw.uniform(2, 14)}
        return Script(_when(self.plan, self.draw), kind, client, channel, severity, outcome, **(known | more))


def _mix(make: _Maker) -> Iterator[Script]:
    plan, world, draw = make.plan, make.world, make.draw
    for _ in range(_count(plan, world, "calls_emergency")):
        channel = draw.choice(("button", "button", "button", "phone", "fall"))
        hand_to = "120" if draw.random() < 0.35 else None
        yield make.script("emergency", channel, "life", "rescued", hand_to=hand_to)
    for _ in range(_count(plan, world, "calls_other_help")):
        channel = draw.choice(("button", "button", "phone", "no_motion"))
        false = channel != "phone" and draw.random() < 0.4
        yield make.script("help", channel, "false" if false else "help", "false" if false else "helped")
    for name, kind in (("calls_consultation", "consultation"), ("calls_taxi", "taxi"), ("calls_registration", "registration")):
        for _ in range(_count(plan, world, name)):
            yield make.script(kind, "phone", "false", "unfounded")


def _set_pieces(make: _Maker) -> Iterator[Script]:
    """What a small day would otherwise lack."""
    yield make.script("silent", "button", "life", "rescued", silent=True)
    yield make.script("unanswered", "button", "urgent", "helped", answer_s=None)
    yield make.script("repeated", "button", "urgent", "helped", presses=7)
    yield make.script("fall", "fall", "urgent", "helped")
    yield make.script("smoke", "smoke", "life", "rescued", hand_to="119")
    yield make.script("test_press", "button", "false", "test")
    odd: tuple[tuple[str, dict[str, Any]], ...] = (
        ("odd_channel", {"channel": "klaxon"}),
        ("odd_position", {"position": {"lat": 121.45, "lon": 31.23}}),
        ("odd_note", {"note": "救" * 900}),
        ("odd_person", {"person_id": "张 三"}),
        ("odd_field", {"colour": "red"}),
    )
    for kind, changes in odd:
        yield make.script(kind, "button", "help", "helped", odd=changes)
    stranger = make.script("stranger", "phone", "help", "helped")
    stranger.client = None
    yield stranger
