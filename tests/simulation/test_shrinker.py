"""A failing plan becomes a few deliveries that still fail in the same way."""

from pathlib import Path

import pytest

from tests.simulation.engine import deterministic
from tests.simulation.hunting import hunt, judge
from tests.simulation.plan import Plan
from tests.simulation.planted.catalogue import PLANTED
from tests.simulation.regressions import load, save
from tests.simulation.shrink import ddmin, shrink


def test_ddmin_keeps_only_what_is_needed() -> None:
    needed = {3, 57, 91}
    assert ddmin(list(range(100)), lambda some: needed <= set(some), lambda: True) == [3, 57, 91]


@pytest.mark.parametrize(("name", "deliveries_max"), [("skip_dedup", 2), ("older_capacity_wins", 4)])
def test_a_planted_mistake_shrinks_to_a_few_deliveries(name: str, deliveries_max: int, tmp_path: Path) -> None:
    planted = PLANTED[name]
    with deterministic():
        caught = hunt(planted, 20)
        assert caught is not None
        _, judged = caught
        shrunk = shrink(judged.plan, judged.found[0].invariant, planted)
        assert len(shrunk.plan.sends) + len(shrunk.plan.faults) <= deliveries_max
        plan, body = load(save(shrunk, name=name, planted=name, folder=tmp_path))
        assert plan == shrunk.plan
        assert body["invariant"] == judged.found[0].invariant
        assert judge(plan, planted).found[0].invariant == body["invariant"]
        assert not judge(plan).found


def test_a_plan_is_the_same_after_its_file() -> None:
    from tests.simulation.swarm import draw_plan

    plan = draw_plan("file", 60)
    assert Plan.from_json(plan.to_json()) == plan
