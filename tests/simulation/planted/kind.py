# ruff: noqa: ARG005 - a planted mistake has the shape of what it replaces; one row a mistake
"""What a planted mistake is."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from agents.meals.domain import Meals
from agents.shared.seats import Seats

Patch = Any


@dataclass(frozen=True)
class Planted:
    """One mistake. ``patches`` makes the patches; ``caught_by`` names the invariants one of which must complain first.

    ``fixed`` are options without which the mistake could not show. ``silent`` switches the product's own assertions off, so that
    the checkers outside have to see it.
    """

    name: str
    means: str
    patches: Callable[[], list[Patch]]
    caught_by: frozenset[str]
    fixed: dict[str, Any] = field(default_factory=dict)
    silent: bool = False

    @contextmanager
    def active(self) -> Iterator[None]:
        """The mistake is in the code while this lasts."""
        with ExitStack() as stack:
            if self.silent:
                for one in _silence():
                    stack.enter_context(one)
            for one in self.patches():
                stack.enter_context(one)
            yield


def _silence() -> list[Patch]:
    return [
        patch.object(Meals, "check", lambda self, state, facts: None),
        patch.object(Meals, "check_all", lambda self, state: None),
        patch.object(Seats, "conserved", lambda self: True),
        patch.object(Seats, "hold", _hold),
        patch.object(Seats, "release", _release),
    ]


def _hold(self: Seats, places: int) -> None:
    self.free -= places
    self.held += places


def _release(self: Seats, places: int) -> None:
    self.held -= places
    self._settle_rest()


def after(target: Any, name: str, then: Callable[..., None]) -> Patch:
    """Patch a function so that ``then(result, *args)`` runs behind it."""
    original = getattr(target, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        then(result, *args, **kwargs)
        return result

    return patch.object(target, name, wrapped)


def instead(target: Any, name: str, make: Callable[[Any], Any]) -> Patch:
    """Patch a function by another one made from it."""
    return patch.object(target, name, make(getattr(target, name)))
