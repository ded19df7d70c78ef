"""Judging one plan, and looking for the seed that catches a planted mistake."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.simulation.checkers.logs import Violation
from tests.simulation.checkers.report import check
from tests.simulation.domains.registry import SIMULATED
from tests.simulation.engine import simulate
from tests.simulation.plan import Plan
from tests.simulation.planted.kind import Planted
from tests.simulation.run import Run
from tests.simulation.swarm import draw_plan


class Judged(NamedTuple):
    """A plan, what happened, and what was wrong with it. ``run`` is None when the simulator itself could not go on."""

    plan: Plan
    run: Run | None
    found: list[Violation]


def judge(plan: Plan, planted: Planted | None = None) -> Judged:
    """Run a plan once (inside `engine.deterministic`), with a mistake planted or not."""
    if planted is None:
        return _judge(plan)
    with planted.active(SIMULATED[plan.options.domain].silence):
        return _judge(plan)


def _judge(plan: Plan) -> Judged:
    try:
        run = simulate(plan)
    except Exception as error:  # noqa: BLE001 - a reader of the journal broke: that is a finding like any other
        return Judged(plan, None, [Violation("R70", f"a reader broke: {type(error).__name__}: {error}")])
    return Judged(plan, run, check(run, first_only=True))


def read_again(plan: Plan, planted: Planted | None = None) -> str:
    """The hash of a second reading; nothing is judged, nothing is projected."""
    if planted is None:
        return simulate(plan, second=True).fingerprint
    with planted.active(SIMULATED[plan.options.domain].silence):
        return simulate(plan, second=True).fingerprint


def planted_plans(planted: Planted, events: int = 150) -> Iterator[Plan]:
    """Plans in which the mistake can show, one after the other."""
    number = 0
    while True:
        yield draw_plan(f"planted/{number}", events, domain=planted.domain, **planted.fixed)
        number += 1


def hunt(planted: Planted, plans_max: int, events: int = 150) -> tuple[int, Judged] | None:
    """The first plan in which a checker complains, and its number."""
    for number, plan in zip(range(plans_max), planted_plans(planted, events), strict=False):
        judged = judge(plan, planted)
        if judged.found:
            return number, judged
    return None
