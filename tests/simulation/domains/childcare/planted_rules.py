"""Mistakes planted into what areas and policies say: who lives where, and when a rule takes hold."""

from typing import Any
from unittest.mock import patch

from agents.childcare import quota, requests, waitlist
from agents.childcare.evolve import WRITERS
from schemas.facts import PolicyAdopted
from tests.simulation.planted.kind import Patch, Planted, instead


def _anywhere(state: Any, policy: Any, child_id: str) -> bool:
    return True


def _everybody_lives_here() -> list[Patch]:
    return [patch.object(module, "at_home", _anywhere) for module in (quota, requests, waitlist)]


def _offer_not_looked_up() -> list[Patch]:
    def make(terms_of: Any) -> Any:
        def wrapped(*wish: Any) -> Any:
            with patch.object(quota, "at_home", _anywhere):
                return terms_of(*wish)

        return wrapped

    return [instead(waitlist, "terms_of", make)]


def _nobody_asks_where_it_lives() -> list[Patch]:
    return [patch.object(waitlist, "_home_unclear", lambda booking, now_ms: ())]  # noqa: ARG005


def _moved_begins_anew() -> list[Patch]:
    return [patch.object(quota, "elsewhere", lambda state, name: 0)]  # noqa: ARG005


def _barred_is_offered() -> list[Patch]:
    return [patch.object(waitlist, "same_day_only", lambda *asked: False)]  # noqa: ARG005


def _policy_when_touched() -> list[Patch]:
    adopted = WRITERS[PolicyAdopted]

    def write(state: Any, fact: Any, now_ms: int) -> None:
        adopted(state, fact, now_ms)
        state.deadlines.clear(f"policy|{fact.version}")

    return [patch.dict(WRITERS, {PolicyAdopted: write})]


CROWDED = {"span_ms": 3 * 3_600_000, "areas": ("310106",)}
"""All that happens, in one area and three hours: many wait."""

RULE_MISTAKES = (
    Planted(
        "offer_not_looked_up", "who takes an offer has its quota here, wherever the register has placed it while it waited",
        _offer_not_looked_up, frozenset({"Q01"}), CROWDED, silent=True, domain="childcare",
    ),
    Planted(
        "nobody_asks_where_it_lives", "an offer is charged for a child of elsewhere and no human is told", _nobody_asks_where_it_lives,
        frozenset({"Q01"}), CROWDED, silent=True, domain="childcare",
    ),
    Planted(
        "barred_is_offered", "who may have a place of today only is offered one of tomorrow", _barred_is_offered, frozenset({"W01"}),
        {"span_ms": 36 * 3_600_000, "areas": ("310106",)}, silent=True, domain="childcare",
    ),
    Planted(
        "everybody_lives_here", "whoever names an area as its home has its quota there", _everybody_lives_here,
        frozenset({"Q01", "N01"}), {"span_ms": 24 * 3_600_000}, silent=True, domain="childcare",
    ),
    Planted(
        "moved_begins_anew", "a child that moved has the whole year's free sessions again", _moved_begins_anew, frozenset({"Q01"}),
        {"span_ms": 24 * 3_600_000, "areas": ("310106", "310101")}, silent=True, domain="childcare",
    ),
    Planted(
        "policy_when_touched", "a policy takes hold of a session when somebody touches it", _policy_when_touched, frozenset({"T02"}),
        silent=True, domain="childcare",
    ),
)  # fmt: skip
