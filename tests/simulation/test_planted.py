"""Every planted mistake is caught, by a checker that is meant for it; the same plan without the mistake is clean."""

import pytest

from tests.simulation.campaign import Seed, campaign
from tests.simulation.checkers.report import CHECKERS
from tests.simulation.engine import deterministic
from tests.simulation.hunting import DET, hunt, judge
from tests.simulation.planted.catalogue import PLANTED
from tests.simulation.planted.page import PAGE, table

PLANS_MAX = 60


def test_there_are_enough_mistakes_to_trust_the_checkers() -> None:
    assert len(PLANTED) >= 25
    assert len(CHECKERS) >= 15


def test_the_page_of_invariants_names_every_planted_mistake() -> None:
    assert PAGE.read_text(encoding="utf-8").endswith(table()), "write it anew: python -m tests.simulation.planted.page"


@pytest.mark.parametrize("name", [name for name, planted in PLANTED.items() if planted.caught_by == DET])
def test_what_differs_between_two_processes_is_caught_by_reading_twice(name: str) -> None:
    planted = PLANTED[name]
    seeds = [Seed(planted.domain, f"det/{number}") for number in range(6)]
    found = campaign(seeds, events=100, jobs=2, planted=name, failures_max=1).failures
    assert {failure.invariant for failure in found} == DET


@pytest.mark.parametrize("name", [name for name, planted in PLANTED.items() if planted.caught_by != DET])
def test_a_planted_mistake_is_caught_and_the_same_plan_is_clean_without_it(name: str) -> None:
    planted = PLANTED[name]
    with deterministic():
        caught = hunt(planted, PLANS_MAX)
        assert caught is not None, f"{planted.means}: not caught in {PLANS_MAX} plans"
        number, judged = caught
        first = judged.found[0]
        assert first.invariant in planted.caught_by, f"plan {number}: {first.line()}"
        clean = judge(judged.plan)
        assert not clean.found, f"plan {number} without the mistake: {clean.found[0].line()}"
