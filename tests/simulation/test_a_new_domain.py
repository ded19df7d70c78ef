"""A domain that the frame has never heard of is simulated by its package alone, before any of its rows or topics exist."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from tests.simulation.campaign import Seed, campaign
from tests.simulation.domains.counting.part import PART
from tests.simulation.domains.port import SimDomain
from tests.simulation.domains.registry import SIMULATED
from tests.simulation.engine import deterministic
from tests.simulation.hunting import hunt, judge
from tests.simulation.planted.kind import Planted


@pytest.fixture(autouse=True)
def plugged_in() -> Iterator[SimDomain]:
    with patch.dict(SIMULATED, {PART.name: PART}):
        yield PART


def test_its_seeds_are_clean_and_give_one_hash_each_time() -> None:
    seeds = [Seed("counting", f"new/{number}") for number in range(20)]
    summary = campaign(seeds, events=120, jobs=1, planted=None, failures_max=1)
    assert not summary.failures, summary.failures[0]
    assert summary.run_twice == 20
    assert summary.inputs >= 20 * 120


@pytest.mark.parametrize("mistake", PART.mistakes, ids=lambda mistake: mistake.name)
def test_its_own_mistakes_are_caught(mistake: Planted) -> None:
    with deterministic():
        caught = hunt(mistake, 20)
        assert caught is not None, mistake.means
        assert caught[1].found[0].invariant in mistake.caught_by, caught[1].found[0].line()
        assert not judge(caught[1].plan).found
