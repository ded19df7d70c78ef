# ruff: noqa: ARG005 - a planted mistake has the shape of what it replaces
"""Mistakes in counting."""

from typing import Any
from unittest.mock import patch

from schemas.facts import Fact
from tests.simulation.planted.kind import Patch, Planted, instead
from tests.streams.counting import Counted, Counting


def _early() -> list[Patch]:
    return [instead(Counting, "due", lambda due: lambda self, state, now_ms: due(self, state, now_ms + 60_000))]


def _never() -> list[Patch]:
    return [
        patch.object(Counting, "due", lambda self, state, now_ms: None),
        patch.object(Counting, "next_deadline", lambda self, state: None),
    ]


def _counts_twice() -> list[Patch]:
    def make(evolve: Any) -> Any:
        def wrapped(self: Any, state: Any, fact: Fact, now_ms: int) -> None:
            evolve(self, state, fact, now_ms)
            if isinstance(fact, Counted) and fact.amount == 5:
                state.total += 5

        return wrapped

    return [instead(Counting, "evolve", make)]


MISTAKES = (
    Planted("holds_end_early", "a hold ends a minute early", _early, frozenset({"T02"}), domain="counting"),
    Planted("holds_never_end", "a hold is forgotten", _never, frozenset({"I07"}), domain="counting"),
    Planted("fives_count_twice", "an amount of five counts twice", _counts_twice, frozenset({"C02"}), domain="counting", silent=True),
)
