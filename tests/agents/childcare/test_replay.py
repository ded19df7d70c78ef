"""The state is a fold of the journal, and a snapshot is the state: to the bit, in every process."""

import os
import subprocess
import sys
from collections import Counter

import orjson
import pytest

from agents import core
from agents.childcare import DOMAIN
from agents.childcare.state import ChildcareState
from agents.childcare.states import TERMINAL
from schemas import journal
from schemas.journal import Decided
from tests.agents.childcare.random_day import RandomDay, digest
from tests.agents.childcare.world import AREA

STEPS = 800


@pytest.mark.parametrize("seed", range(3))
def test_folding_the_journal_gives_the_live_state_and_every_invariant_holds_on_the_way(seed: int) -> None:
    day, live, folded = RandomDay(seed), core.blank(DOMAIN, AREA), core.blank(DOMAIN, AREA)
    for seq in range(STEPS):
        decision = core.handle(DOMAIN, live, day.next())
        day.learn(decision)
        DOMAIN.check_all(live.domain)
        record = journal.decode(journal.encode(Decided(1, seq, 0, seq, (decision,))))
        assert isinstance(record, Decided)
        core.fold(DOMAIN, folded, record.decisions[0])
        assert core.next_deadline(DOMAIN, folded) == core.next_deadline(DOMAIN, live)
    assert rows(folded) == rows(live)
    DOMAIN.check_all(folded.domain)


@pytest.mark.parametrize("seed", range(3))
def test_an_area_loaded_from_its_snapshot_goes_on_as_if_nothing_had_happened(seed: int) -> None:
    day, area = RandomDay(seed + 100), core.blank(DOMAIN, AREA)
    for _ in range(STEPS // 2):
        day.learn(core.handle(DOMAIN, area, day.next()))
    twin = core.load(DOMAIN, [orjson.loads(orjson.dumps(row)) for row in core.dump(DOMAIN, area)])
    assert rows(twin) == rows(area)
    assert DOMAIN.gauges(twin.domain) == DOMAIN.gauges(area.domain)
    DOMAIN.check_all(twin.domain)
    for _ in range(STEPS // 2):
        item = day.next()
        decision = core.handle(DOMAIN, area, item)
        day.learn(decision)
        assert core.handle(DOMAIN, twin, item) == decision
    assert rows(twin) == rows(area)


def test_another_hash_seed_changes_nothing() -> None:
    digests = set()
    for hash_seed in ("0", "4242"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-m", "tests.agents.childcare.random_day", "7", "400"]
        digests.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip())
    assert digests == {digest(7, 400)}


def test_the_random_days_reach_the_reasons_facts_and_ends_they_should() -> None:
    """A run that reaches nothing proves nothing."""
    reasons: Counter[str | None] = Counter()
    facts: Counter[str] = Counter()
    ended: set[str] = set()
    for seed in range(5):
        day, area = RandomDay(seed), core.blank(DOMAIN, AREA)
        for _ in range(1200):
            decision = core.handle(DOMAIN, area, day.next())
            day.learn(decision)
            reasons[decision.reason] += 1
            facts.update(reasoned.fact.type.removeprefix("childcare.").removesuffix(".v1") for reasoned in decision.facts)
        ended |= {case.state.value for case in area.domain.ended.values()}
    reached = {
        "booking_exists", "booking_already_refused", "booking_closed", "age_outside", "no_seat", "no_staff", "overlapping_booking",
        "past_cutoff", "not_held", "unknown_offer", "session_closed", "not_authorised", "already_checked_in", "stale_version",
        "quota_already_settled", "quota_already_decided", "same_day_only",
    }  # fmt: skip
    assert not reached - set(reasons)
    assert ended == TERMINAL
    wanted = {
        "booking.confirmed", "booking.held", "booking.waitlisted", "booking.displaced", "booking.no_show", "booking.repriced",
        "booking.extended", "offer.made", "offer.accepted", "offer.declined", "offer.expired", "offer.withdrawn", "waitlist.closed",
        "child.checked_in", "child.checked_out", "child.turned_away", "child.uncollected", "child.restricted", "quota.asked",
        "quota.reserved", "quota.denied", "quota.settlement_asked", "quota.settled", "session.understaffed", "session.closed",
    }  # fmt: skip
    assert not wanted - set(facts)
    assert facts["case.stuck"] == 0
    assert reasons["internal_error"] == 0


def rows(area: core.AreaState[ChildcareState]) -> list[object]:
    """A snapshot as it lies on the wire."""
    return [orjson.loads(orjson.dumps(row)) for row in core.dump(DOMAIN, area)]
