# ruff: noqa: ARG005 - patches have the shape of what they replace
"""Counting as the simulator takes it."""

from unittest.mock import patch

from tests.simulation.domains.counting.judging import Judge
from tests.simulation.domains.counting.planted import MISTAKES
from tests.simulation.domains.counting.world import STEPS, draw_world
from tests.simulation.domains.port import SimDomain, Step
from tests.simulation.plan import DAY_MS
from tests.streams.counting import AddedEvent, Counting, HeldEvent

PART = SimDomain(
    decider=Counting("counting"),
    events=(AddedEvent, HeldEvent),
    world=draw_world,
    steps=STEPS,
    batch_kinds=("add", "hold"),
    stranger=Step("counting.added.v1", {"amount": 1}),
    judging=Judge,
    by_clock=lambda fact: bool(fact["type"] == "counting.hold.expired.v1"),
    silence=lambda: [
        patch.object(Counting, "check", lambda self, state, facts: None),
        patch.object(Counting, "check_all", lambda self, state: None),
    ],
    mistakes=MISTAKES,
    drain_ms=DAY_MS,
)
