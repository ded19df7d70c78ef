"""A domain whose code is wrong on some events, as a bad release would be: what design section 4.7 has to contain."""

from typing import Any

from agents.core import Domain, Verdict
from schemas.envelope import Event
from schemas.facts import Fact
from tests.simulation.sending import MARK


class BrokenDomain:
    """Everything as the real one, except that marked events raise in ``decide``, or their first fact in ``evolve``."""

    def __init__(self, domain: Domain[Any], where: str) -> None:
        self._domain = domain
        self._where = where
        self._breaks = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._domain, name)

    def decide(self, state: Any, event: Event, now_ms: int) -> Verdict:
        """Raises on a marked event when `decide` is broken."""
        marked = MARK in event.id
        if marked and self._where == "decide":
            raise ArithmeticError("simulated defect")
        verdict = self._domain.decide(state, event, now_ms)
        self._breaks = marked and self._where == "evolve" and bool(verdict.facts)
        return verdict

    def evolve(self, state: Any, fact: Fact, now_ms: int) -> None:
        """Raises behind the first fact of a marked event when `evolve` is broken, after half of the work."""
        self._domain.evolve(state, fact, now_ms)
        if self._breaks:
            self._breaks = False
            raise ArithmeticError("simulated defect")
