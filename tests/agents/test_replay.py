"""The state is a fold of the journal, and a snapshot is the state: to the bit, in every process."""

import os
import subprocess
import sys
from collections import Counter

import orjson
import pytest

from agents import core
from agents.meals import DOMAIN
from agents.meals.state import MealsState
from agents.meals.states import OrderState
from schemas import journal
from schemas.journal import Decided
from schemas.meals import MealsReason
from tests.agents.random_day import RandomDay, digest
from tests.agents.world import AREA

STEPS = 1000


@pytest.mark.parametrize("seed", range(4))
def test_folding_the_journal_gives_the_live_state_and_every_invariant_holds_on_the_way(seed: int) -> None:
    day, live, folded = RandomDay(seed), core.blank(DOMAIN, AREA), core.blank(DOMAIN, AREA)
    for seq in range(STEPS):
        decision = core.handle(DOMAIN, live, day.next())
        DOMAIN.check_all(live.domain)
        record = journal.decode(journal.encode(Decided(1, seq, 0, seq, (decision,))))
        assert isinstance(record, Decided)
        # Facts made without validation are those that validation makes.
        assert [reasoned.fact for reasoned in record.decisions[0].facts] == [reasoned.fact for reasoned in decision.facts]
        core.fold(DOMAIN, folded, record.decisions[0])
        assert core.next_deadline(DOMAIN, folded) == core.next_deadline(DOMAIN, live)
    assert rows(folded) == rows(live)
    DOMAIN.check_all(folded.domain)


@pytest.mark.parametrize("seed", range(3))
def test_an_area_loaded_from_its_snapshot_goes_on_as_if_nothing_had_happened(seed: int) -> None:
    day, area = RandomDay(seed + 100), core.blank(DOMAIN, AREA)
    for _ in range(STEPS // 2):
        core.handle(DOMAIN, area, day.next())
    twin = core.load(DOMAIN, [orjson.loads(orjson.dumps(row)) for row in core.dump(DOMAIN, area)])
    assert rows(twin) == rows(area)
    DOMAIN.check_all(twin.domain)
    for _ in range(STEPS // 2):
        item = day.next()
        assert core.handle(DOMAIN, twin, item) == core.handle(DOMAIN, area, item)
    assert rows(twin) == rows(area)


def test_another_hash_seed_changes_nothing() -> None:
    digests = set()
    for hash_seed in ("0", "1", "4242"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-m", "tests.agents.random_day", "7", "400"]
        digests.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip())
    assert digests == {digest(7, 400)}


def test_the_random_days_reach_every_reason_and_every_state_they_should() -> None:
    """A run that reaches nothing proves nothing."""
    reasons: Counter[str | None] = Counter()
    facts: Counter[str] = Counter()
    ended: set[OrderState] = set()
    for seed in range(3):
        day, area = RandomDay(seed), core.blank(DOMAIN, AREA)
        for _ in range(STEPS):
            decision = core.handle(DOMAIN, area, day.next())
            reasons[decision.reason] += 1
            facts.update(reasoned.fact.type for reasoned in decision.facts)
            ended |= {case.state for case in area.domain.ended.values()}
    reached = {
        MealsReason.ORDER_EXISTS, MealsReason.ORDER_ALREADY_REFUSED, MealsReason.PAST_CUTOFF, MealsReason.NO_CAPACITY,
        MealsReason.NO_SUITABLE_PROVIDER, MealsReason.PROVIDER_FULL, MealsReason.CANCEL_TOO_LATE, MealsReason.ORDER_CLOSED,
        MealsReason.NOT_A_DELIVERY, MealsReason.UNKNOWN_ORDER,
    }  # fmt: skip
    assert not {str(reason) for reason in reached} - {str(reason) for reason in reasons}
    assert ended == {OrderState.CLOSED, OrderState.CANCELLED, OrderState.DELIVERED, OrderState.REFUSED}
    for kind in ("assigned", "reassigned", "unplaced", "welfare_check_due", "closed", "delivered"):
        assert facts[f"meals.order.{kind}.v1"] > 0, kind
    assert facts["meals.standing_order.run.v1"] > 0
    assert facts["meals.kitchen.counted.v1"] > 0
    assert facts["case.stuck.v1"] == 0
    assert reasons["internal_error"] == 0


def rows(area: core.AreaState[MealsState]) -> list[object]:
    """A snapshot as it lies on the wire."""
    return [orjson.loads(orjson.dumps(row)) for row in core.dump(DOMAIN, area)]
