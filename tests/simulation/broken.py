"""A domain whose code is wrong on some events, as a bad release would be: what design section 4.7 has to contain."""

from typing import Any

from agents.core import Domain, Verdict
from schemas.envelope import Event
from schemas.facts import Fact
from tests.simulation.workload import MARK


class BrokenDomain:
    """Everything as the real one, except that marked orders raise in ``decide`` or in ``evolve``."""

    def __init__(self, domain: Domain[Any], where: str) -> None:
        self._domain = domain
        self._where = where

    def __getattr__(self, name: str) -> Any:
        return getattr(self._domain, name)

    def decide(self, state: Any, event: Event, now_ms: int) -> Verdict:
        """Raises on a marked order when `decide` is broken."""
        if self._where == "decide" and event.type == "meals.order.placed.v1" and event.data.order_id.startswith(MARK):
            raise ArithmeticError("simulated defect")
        return self._domain.decide(state, event, now_ms)

    def evolve(self, state: Any, fact: Fact, now_ms: int) -> None:
        """Raises on the assignment of a marked order when `evolve` is broken, after half of the work."""
        self._domain.evolve(state, fact, now_ms)
        if self._where == "evolve" and fact.type == "meals.order.assigned.v1" and str(fact.__dict__["order_id"]).startswith(MARK):
            raise ArithmeticError("simulated defect")
