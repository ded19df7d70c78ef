"""A short day played through the real core: the clean log every checker must pass, and the ground mistakes are planted in."""

import pytest

from infra.checkers.logs import Logs
from infra.scenario.day import DayPlan, build_day, with_ticks
from infra.scenario.packets import packets
from tests.checkers.in_memory import World
from tests.checkers.lending import lent_logs


@pytest.fixture(scope="session")
def clean() -> Logs:
    """Logs of a tenth of 静安's day, without tables. Never changed by a test: planting makes copies."""
    plan = DayPlan(scale=0.1, domains=("meals",))
    world = World()
    world.play(list(packets(with_ticks(build_day(plan), plan, 5), plan.seed)))
    return world.logs()


@pytest.fixture(scope="session")
def lent() -> Logs:
    """Two orders lent, one of them cancelled, one that nobody could take, and one kitchen closed over its guest."""
    return lent_logs()
