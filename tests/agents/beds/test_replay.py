"""The state is a fold of the journal, a snapshot is the state, and every offer goes to the first of the naive line (W01)."""

import os
import subprocess
import sys
from collections import Counter
from typing import Any

import orjson
import pytest

from agents import core
from agents.beds import DOMAIN
from agents.beds.evolve import WRITERS
from agents.beds.record import Record
from agents.beds.state import BedsState
from schemas import journal
from schemas.beds_facts import OfferMade
from schemas.facts import FACTS
from schemas.journal import Decided
from tests.agents.beds.district import AREA
from tests.agents.beds.random_year import RandomYear, digest

STEPS = 1000


def rows(area: core.AreaState[BedsState]) -> list[object]:
    """A snapshot as it lies on the wire."""
    return [orjson.loads(orjson.dumps(row)) for row in core.dump(DOMAIN, area)]


def compare(record: Record, offer: OfferMade, now_ms: int) -> None:
    line, by_right = record.line(offer.facility_id, offer.bed_id, now_ms)
    if offer.override_reason is not None:
        word = record.overrides[(offer.facility_id, offer.bed_id)]
        assert (word["application_id"], word["reason"]) == (offer.application_id, offer.override_reason)
        return
    first = line[0]
    assert (first.application_id, first.key, first.tie) == (offer.application_id, offer.key, offer.tie)
    assert by_right == (offer.lane == "own_street")
    if not by_right:
        assert (line[1].application_id if len(line) > 1 else None) == offer.next_application_id


@pytest.mark.parametrize("seed", range(6))
def test_every_offer_of_a_random_year_goes_to_the_first_of_the_naive_line_and_every_invariant_holds(seed: int) -> None:
    area = core.blank(DOMAIN, AREA)
    year, record, offers = RandomYear(seed, area), Record(), 0
    for _ in range(STEPS):
        decision = core.handle(DOMAIN, area, year.next())
        assert decision.error is None
        for reasoned in decision.facts:
            if isinstance(reasoned.fact, OfferMade):
                compare(record, reasoned.fact, decision.time_ms)
                offers += 1
            record.apply(reasoned.fact.type, reasoned.fact.model_dump())
        DOMAIN.check_all(area.domain)
    assert offers > 20


@pytest.mark.parametrize("seed", range(3))
def test_no_free_bed_is_left_while_the_naive_line_names_somebody_for_it(seed: int) -> None:
    area = core.blank(DOMAIN, AREA)
    year, record = RandomYear(seed + 50, area), Record()
    for _ in range(STEPS):
        decision = core.handle(DOMAIN, area, year.next())
        for reasoned in decision.facts:
            record.apply(reasoned.fact.type, reasoned.fact.model_dump())
        if (core.next_deadline(DOMAIN, area) or 0) > area.now_ms:
            free = [named for named, bed in record.beds.items() if bed["state"] == "free" and "street" in record.facilities[named[0]]]
            assert [named for named in free if record.line(*named, area.now_ms)[0]] == []


@pytest.mark.parametrize("seed", range(3))
def test_folding_the_journal_gives_the_live_state(seed: int) -> None:
    live, folded = core.blank(DOMAIN, AREA), core.blank(DOMAIN, AREA)
    year = RandomYear(seed + 10, live)
    for seq in range(STEPS):
        decision = core.handle(DOMAIN, live, year.next())
        record = journal.decode(journal.encode(Decided(1, seq, 0, seq, (decision,))))
        assert isinstance(record, Decided)
        core.fold(DOMAIN, folded, record.decisions[0])
        assert core.next_deadline(DOMAIN, folded) == core.next_deadline(DOMAIN, live)
    assert rows(folded) == rows(live)
    DOMAIN.check_all(folded.domain)


@pytest.mark.parametrize("seed", range(3))
def test_an_area_loaded_from_its_snapshot_goes_on_as_if_nothing_had_happened(seed: int) -> None:
    area = core.blank(DOMAIN, AREA)
    year = RandomYear(seed + 100, area)
    for _ in range(STEPS // 2):
        core.handle(DOMAIN, area, year.next())
    twin = core.load(DOMAIN, rows(area))  # type: ignore[arg-type]  # rows as they come back from JSON
    assert rows(twin) == rows(area)
    DOMAIN.check_all(twin.domain)
    for _ in range(STEPS // 2):
        item = year.next()
        assert core.handle(DOMAIN, twin, item) == core.handle(DOMAIN, area, item)
    assert rows(twin) == rows(area)


def test_another_hash_seed_changes_nothing() -> None:
    digests = set()
    for hash_seed in ("0", "4242"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-m", "tests.agents.beds.random_year", "7", "400"]
        digests.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip())
    assert digests == {digest(7, 400)}


def test_the_random_years_reach_what_they_should() -> None:
    """A run that reaches nothing proves nothing."""
    reasons: Counter[str | None] = Counter()
    facts: Counter[str] = Counter()
    for seed in (0, 1, 11):
        area = core.blank(DOMAIN, AREA)
        year = RandomYear(seed, area)
        for _ in range(2 * STEPS):
            decision = core.handle(DOMAIN, area, year.next())
            reasons[decision.reason] += 1
            facts.update(reasoned.fact.type for reasoned in decision.facts)
    rare = {"beds.offer.deadline_moved.v1", "beds.bed.conflicted.v1", "beds.bed.reconciled.v1"}
    known: set[Any] = {name for name in FACTS if name.startswith("beds.")}
    assert known - rare - set(facts) == set()
    assert facts["case.stuck.v1"] == 0
    assert reasons["internal_error"] == 0


def test_every_fact_has_its_writer() -> None:
    shared = {"policy.adopted.v1", "task.opened.v1", "task.closed.v1", "case.stuck.v1"}
    assert {fact.type for fact in WRITERS} == {name for name in FACTS if name.startswith("beds.")} | shared
