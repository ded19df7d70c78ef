"""The state is a fold of the journal, and a snapshot is the state: to the bit, in every process."""

import os
import subprocess
import sys
from collections import Counter

import orjson
import pytest

from agents import core
from agents.emergency import DOMAIN
from agents.emergency.evolve import WRITERS
from agents.emergency.state import EmergencyState
from agents.emergency.states import CallState
from schemas import journal
from schemas.decisions import Outcome
from schemas.emergency_reasons import EmergencyReason
from schemas.facts import FACTS
from schemas.journal import Decided
from tests.agents.emergency.random_day import RandomDay, digest
from tests.agents.emergency.world import AREA

STEPS = 600


@pytest.mark.parametrize("seed", range(3))
def test_folding_the_journal_gives_the_live_state_and_every_invariant_holds_on_the_way(seed: int) -> None:
    day, live, folded = RandomDay(seed), core.blank(DOMAIN, AREA), core.blank(DOMAIN, AREA)
    for seq in range(STEPS):
        decision = core.handle(DOMAIN, live, day.next())
        day.learn(decision)
        if seq % 10 == 0:
            DOMAIN.check_all(live.domain)
        record = journal.decode(journal.encode(Decided(1, seq, 0, seq, (decision,))))
        assert isinstance(record, Decided)
        core.fold(DOMAIN, folded, record.decisions[0])
        assert core.next_deadline(DOMAIN, folded) == core.next_deadline(DOMAIN, live)
    assert rows(folded) == rows(live)
    DOMAIN.check_all(folded.domain)


@pytest.mark.parametrize("seed", range(2))
def test_an_area_loaded_from_its_snapshot_goes_on_as_if_nothing_had_happened(seed: int) -> None:
    day, area = RandomDay(seed + 100), core.blank(DOMAIN, AREA)
    for _ in range(STEPS // 2):
        day.learn(core.handle(DOMAIN, area, day.next()))
    twin = core.load(DOMAIN, [orjson.loads(orjson.dumps(row)) for row in core.dump(DOMAIN, area)])
    assert rows(twin) == rows(area)
    DOMAIN.check_all(twin.domain)
    for _ in range(STEPS // 2):
        item = day.next()
        decision = core.handle(DOMAIN, twin, item)
        assert core.handle(DOMAIN, area, item) == decision
        day.learn(decision)
    assert rows(twin) == rows(area)


def test_another_hash_seed_changes_nothing() -> None:
    digests = set()
    for hash_seed in ("0", "1", "4242"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-m", "tests.agents.emergency.random_day", "7", "250"]
        digests.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip())
    assert digests == {digest(7, 250)}


def test_the_random_days_reach_every_fact_reason_and_state_and_refuse_no_call() -> None:
    """A run that reaches nothing proves nothing."""
    reasons: Counter[str | None] = Counter()
    facts: Counter[str] = Counter()
    states: set[CallState] = set()
    # The last one has lives in danger while everybody is out on lesser incidents.
    for seed in (*range(6), 17):
        day, area = RandomDay(seed), core.blank(DOMAIN, AREA)
        for _ in range(STEPS):
            decision = core.handle(DOMAIN, area, day.next())
            day.learn(decision)
            reasons[decision.reason] += 1
            facts.update(reasoned.fact.type for reasoned in decision.facts)
            states |= {call.state for call in area.domain.calls.values()} | {ended.state for ended in area.domain.ended.values()}
            if decision.event_type == "emergency.call.raised.v1":
                assert decision.outcome is Outcome.ACCEPTED
    assert {str(reason) for reason in EmergencyReason} - {str(reason) for reason in reasons} == set()
    ours = {name for name, kind in FACTS.items() if name.startswith("emergency.") and kind.__module__.startswith("schemas.")}
    assert ours - set(facts) == set()
    assert states == set(CallState) - {CallState.NEW}
    assert facts["case.stuck.v1"] == 0
    assert reasons["internal_error"] == 0


def test_every_fact_has_its_writer() -> None:
    shared = ("policy", "task", "case")
    assert set(WRITERS) == {kind for name, kind in FACTS.items() if name.split(".")[0] in ("emergency", *shared)}


def rows(area: core.AreaState[EmergencyState]) -> list[object]:
    """A snapshot as it lies on the wire."""
    return [orjson.loads(orjson.dumps(row)) for row in core.dump(DOMAIN, area)]
