"""The product keeps every invariant under faults: the share of seeds that every change has to pass."""

import os
import subprocess
import sys
from functools import cache
from typing import NamedTuple

import pytest

from tests.simulation.domains.registry import SIMULATED
from tests.simulation.engine import deterministic
from tests.simulation.hunting import judge
from tests.simulation.swarm import draw_plan

SEEDS = 200
"""Shared out over the simulated domains."""
GROUP = 20
PER_DOMAIN = SEEDS // len(SIMULATED) // GROUP
GROUPS = [(domain, group) for domain in sorted(SIMULATED) for group in range(max(1, PER_DOMAIN))]


class Group(NamedTuple):
    """What some seeds gave: the first complaint, and every kind of fault that really happened."""

    complaint: str | None
    injected: frozenset[str]


@cache
def _group(domain: str, group: int) -> Group:
    injected: set[str] = set()
    with deterministic():
        for number in range(group * GROUP, (group + 1) * GROUP):
            judged = judge(draw_plan(f"ci/{number}", domain=domain))
            if judged.found:
                lines = [violation.line() for violation in judged.found[:3]]
                return Group(f"{domain} seed ci/{number}: {lines}; options {judged.plan.options}", frozenset(injected))
            assert judged.run is not None
            injected |= set(judged.run.injected)
    return Group(None, frozenset(injected))


@pytest.mark.parametrize(("domain", "group"), GROUPS)
def test_every_invariant_holds_under_the_faults_of_each_seed(domain: str, group: int) -> None:
    assert _group(domain, group).complaint is None, _group(domain, group).complaint


def test_the_seeds_inject_every_kind_of_fault() -> None:
    """A fault that never happens proves nothing."""
    seen = frozenset().union(*(_group(*place).injected for place in GROUPS))
    wanted = {
        "crash_now", "crash_after_fetch", "crash_after_handle", "crash_before_append", "crash_after_append", "crash_after_snapshot",
        "pause", "append_fails", "append_fails_late", "tick_fails", "snapshot_fails", "worker_clock", "rebalance", "commit_ahead",
        "commit_back", "broker_clock", "pg_fails", "pg_fails_late", "projector_crash", "reactor_crash", "lost_before", "lost_after",
        "publish_fails", "publish_fails_late", "snapshot",
    }  # fmt: skip
    assert wanted <= seen, wanted - seen


def test_one_seed_gives_one_run_in_processes_with_different_hash_seeds() -> None:
    prints = {_fingerprints(hash_seed) for hash_seed in ("0", "1", "4242")}
    assert len(prints) == 1, prints


def _fingerprints(hash_seed: str) -> str:
    script = (
        "from tests.simulation.engine import deterministic, simulate\n"
        "from tests.simulation.swarm import draw_plan\n"
        "with deterministic():\n"
        "    print([simulate(draw_plan(f'det/{n}')).fingerprint for n in (1, 2, 3, 4, 1)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )
    fingerprints = done.stdout.strip()
    first, *_, again = fingerprints.strip("[]").split(", ")
    assert first == again, "a second run in the same process differs"
    return fingerprints
