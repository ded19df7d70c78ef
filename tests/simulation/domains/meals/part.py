"""Meals as the simulator takes it."""

from typing import Any
from unittest.mock import patch

from agents.meals import DOMAIN
from agents.meals.domain import Meals
from agents.shared.seats import Seats
from schemas.meals import EVENTS
from tests.simulation.domains.meals.judging import Judge
from tests.simulation.domains.meals.model import by_clock, hands_over
from tests.simulation.domains.meals.planted import MISTAKES
from tests.simulation.domains.meals.replies import replies
from tests.simulation.domains.meals.world import STEPS, draw_own, draw_world
from tests.simulation.domains.port import SimDomain, Step
from tests.simulation.plan import DAY_MS
from tests.simulation.planted.kind import Patch


def _silence() -> list[Patch]:
    return [
        patch.object(Meals, "check", lambda self, state, facts: None),  # noqa: ARG005 - the shape of what it replaces
        patch.object(Meals, "check_all", lambda self, state: None),  # noqa: ARG005
        patch.object(Seats, "conserved", lambda self: True),  # noqa: ARG005
        patch.object(Seats, "hold", _hold),
        patch.object(Seats, "release", _release),
    ]


def _hold(self: Seats, places: int) -> None:
    self.free -= places
    self.held += places


def _release(self: Seats, places: int) -> None:
    self.held -= places
    settle: Any = self._settle_rest
    settle()


PART = SimDomain(
    decider=DOMAIN,
    events=EVENTS,
    world=draw_world,
    steps=STEPS,
    batch_kinds=("order", "order", "cancel", "delivery"),
    stranger=Step("meals.order.cancelled.v1", {"order_id": "o-x"}, "person:p-9"),
    judging=Judge,
    by_clock=by_clock,
    swarm=draw_own,
    silence=_silence,
    heard=frozenset(
        {
            "meals.order.assigned.v1",
            "meals.order.reassigned.v1",
            "meals.order.refused.v1",
            "meals.order.cancelled.v1",
            "meals.order.unplaced.v1",
            "meals.order.asked_elsewhere.v1",
            "meals.order.placed_elsewhere.v1",
            "meals.order.nowhere.v1",
            "meals.guest.assigned.v1",
            "meals.guest.moved.v1",
            "meals.guest.released.v1",
            "meals.order.welfare_check_due.v1",
            "meals.slot.overcommitted.v1",
            "meals.kitchen.counted.v1",
        }
    ),
    replies=replies,
    hands_over=hands_over,
    mistakes=MISTAKES,
    drain_ms=6 * DAY_MS,  # after it every meal of a run is over, and so must be every order
)
