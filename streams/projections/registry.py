"""Which module projects which fact, complete or refused: a fact type that nobody names stops the projector before its first row."""

from dataclasses import dataclass

from schemas.facts import FACTS, Fact
from schemas.registry import DOMAIN_EVENTS
from schemas.topics import DOMAINS
from streams.projections import (
    beds,
    beds_tables,
    childcare,
    childcare_tables,
    decisions,
    emergency,
    emergency_tables,
    meals,
    meals_tables,
    shared,
)
from streams.projections.errors import FactUnprojectable
from streams.projections.fold import Fold
from streams.projections.rows import Table

SHARED_TABLES: tuple[Table, ...] = decisions.TABLES + shared.TABLES


@dataclass(frozen=True)
class Projection:
    """All of one domain: its folds (with the shared ones) and every table it writes, in the order of writing."""

    domain: str
    folds: dict[type[Fact], Fold]
    not_projected: dict[type[Fact], str]
    tables: tuple[Table, ...]

    def fold_of(self, fact: Fact) -> Fold | None:
        """How this fact becomes rows; None when it is declared to become none; `FactUnprojectable` when nobody declared it."""
        fold = self.folds.get(type(fact))
        if fold is None and type(fact) not in self.not_projected:
            raise FactUnprojectable(f"no projection of {self.domain} names {fact.type}")
        return fold


def _projection(domain: str, folds: dict[type[Fact], Fold], silent: dict[type[Fact], str], tables: tuple[Table, ...]) -> Projection:
    both = folds.keys() & shared.FOLDS.keys() | folds.keys() & shared.NOT_PROJECTED.keys()
    assert not both, f"declared twice: {both}"
    return Projection(domain, shared.FOLDS | folds, shared.NOT_PROJECTED | silent, SHARED_TABLES + tables)


PROJECTIONS: dict[str, Projection] = {
    "meals": _projection("meals", meals.FOLDS, meals.NOT_PROJECTED, meals_tables.TABLES),
    "beds": _projection("beds", beds.FOLDS, beds.NOT_PROJECTED, beds_tables.TABLES),
    "emergency": _projection("emergency", emergency.FOLDS, emergency.NOT_PROJECTED, emergency_tables.TABLES),
    "childcare": _projection("childcare", childcare.FOLDS, childcare.NOT_PROJECTED, childcare_tables.TABLES),
}

assert set(DOMAINS) <= PROJECTIONS.keys() <= DOMAIN_EVENTS.keys(), "every domain that is switched on has a projection"


def undeclared() -> list[str]:
    """Fact types that exist and that no projection names, sorted; those of a domain not switched on yet are nobody's."""
    named: set[type[Fact]] = set()
    waiting = DOMAIN_EVENTS.keys() - PROJECTIONS.keys()
    for projection in PROJECTIONS.values():
        named |= projection.folds.keys() | projection.not_projected.keys()
    return sorted(name for name, fact in FACTS.items() if fact not in named and name.split(".", 1)[0] not in waiting)
