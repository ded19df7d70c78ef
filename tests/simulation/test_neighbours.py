"""Two domains on one clock: what one hands to the other arrives, takes effect once, and is missed when it does not come.

The route is the test's own, from meals to a domain that counts, so that it needs no domain that is not switched on yet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from streams.handovers import handover
from streams.handovers import registry as handovers
from streams.handovers.handover import Handed, Route, Wish
from streams.reactor import Reactor
from tests.simulation.domains.counting.part import PART as COUNTING
from tests.simulation.domains.meals.part import PART as MEALS
from tests.simulation.domains.registry import SIMULATED
from tests.simulation.engine import deterministic, simulate
from tests.simulation.hunting import Judged, judge
from tests.simulation.plan import Plan
from tests.simulation.planted.kind import instead
from tests.simulation.swarm import draw_plan

REFUSED = "meals.order.refused.v1"
SEEDS = 8


def _counted(handed: Handed) -> Iterator[Wish]:
    yield Wish("counting.added.v1", handed.decision.area, handed.id, {"amount": 1})


def _said(fact: dict[str, Any]) -> Iterable[tuple[str, str]]:
    return [("counting", "counting.added.v1")] if fact["type"] == REFUSED else []


@pytest.fixture(autouse=True)
def route() -> Iterator[None]:
    refusals = Route("refusals_counted", source="meals", target="counting", fact_types=frozenset({REFUSED}), wishes=_counted)
    parts = {"counting": COUNTING, "meals": replace(MEALS, hands_over=_said)}
    with patch.dict(SIMULATED, parts), patch.object(handovers, "ALL", (refusals,)):
        yield


def _plan(number: int) -> Plan:
    return draw_plan(f"neighbours/{number}", 90, beside=("counting",), faults_on=("reactor_crash", "publish_fails_late", "publish_fails"))


def _judged() -> list[Judged]:
    with deterministic():
        return [judge(_plan(number)) for number in range(SEEDS)]


def test_what_is_handed_over_takes_effect_once_under_faults() -> None:
    judged = _judged()
    lines = [violation.line() for one in judged for violation in one.found]
    assert not lines, lines[0]
    crashes = sum(one.run.injected.get("reactor_crash", 0) + one.run.injected.get("publish_fails_late", 0) for one in judged if one.run)
    inputs = [row for one in judged if one.run for log in one.run.beside[0].inputs for row in log]
    handed = sum(b'"source":"/laoxiao/meals/' in (row[2] or b"") for row in inputs)
    assert crashes > 0, "the reactor never did anything twice"
    assert handed > 20, "too little was handed over to trust this test"


def test_a_run_of_two_domains_has_one_hash_and_survives_its_file() -> None:
    filed = Plan.from_json(_plan(1).to_json())
    with deterministic():
        prints = {simulate(_plan(1)).fingerprint, simulate(filed, second=True).fingerprint}
    assert len(prints) == 1


def test_a_reactor_that_hands_nothing_over_is_found_out() -> None:
    async def nothing(self: Any, decided: Any) -> None:
        return None

    with patch.object(Reactor, "_hand_over", nothing):
        assert {one.found[0].invariant for one in _judged() if one.found} == {"X01"}


def test_a_handover_under_a_fresh_id_each_time_is_found_out() -> None:
    turns = iter(range(10**6))
    with instead(handover, "derived_id", lambda derived: lambda prefix, *causes: derived(prefix, *causes, str(next(turns)))):
        assert "X01" in {one.found[0].invariant for one in _judged() if one.found}
