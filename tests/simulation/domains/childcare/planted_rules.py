"""Mistakes planted into what areas and policies say: who lives where, and when a rule takes hold."""

from typing import Any
from unittest.mock import patch

from agents.childcare import quota, requests
from agents.childcare.evolve import WRITERS
from schemas.facts import PolicyAdopted
from tests.simulation.planted.kind import Patch, Planted


def _everybody_lives_here() -> list[Patch]:
    return [patch.object(module, "at_home", lambda state, policy, child_id: True) for module in (quota, requests)]  # noqa: ARG005


def _policy_when_touched() -> list[Patch]:
    adopted = WRITERS[PolicyAdopted]

    def write(state: Any, fact: Any, now_ms: int) -> None:
        adopted(state, fact, now_ms)
        state.deadlines.clear(f"policy|{fact.version}")

    return [patch.dict(WRITERS, {PolicyAdopted: write})]


RULE_MISTAKES = (
    Planted(
        "everybody_lives_here", "whoever names an area as its home has its quota there", _everybody_lives_here,
        frozenset({"Q01", "N01"}), {"span_ms": 24 * 3_600_000}, silent=True, domain="childcare",
    ),
    Planted(
        "policy_when_touched", "a policy takes hold of a session when somebody touches it", _policy_when_touched, frozenset({"T02"}),
        silent=True, domain="childcare",
    ),
)  # fmt: skip
