"""How a domain's facts are read by the auditor: a declaration, one row a fact type, no code of the agents.

A **case** is anything that must not be left lying: an order, a call, an application, a booking. It opens and ends by facts, and in
between has deadlines by name. A **pool** is a capacity: places in a time slot, a bed, a responder. A case holds places of at most
one pool. Names of deadlines are the prefixes of the domain's deadline keys (``end`` for ``end|<order>``), because `case.stuck.v1`
names the key it gave up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from schemas.facts import Fact

Data = Mapping[str, Any]


class Step(Enum):
    """What a fact is to its case."""

    OPENS = auto()
    GOES_ON = auto()
    ENDS = auto()


class Places(Enum):
    """What a fact does with the places of its case."""

    HOLD = auto()
    """The case now holds `CaseRow.amount` places of the pool the fact names; what it held elsewhere is free again."""
    FREE = auto()
    """What it held is free again. When the fact names a pool, the case must have held there."""
    USE = auto()
    """What it held is used up. A case that has used its places already uses nothing more."""
    SETTLE = auto()
    """The case ends: what it still holds is used up; holding nothing is right too."""


@dataclass(frozen=True, slots=True)
class CaseKind:
    """``grace_s``: how long after its deadline a case of this kind may still be open; None takes the auditor's own.

    ``bare``: it has no deadlines of its own, another kind has them: it only holds places, and is never an orphan.
    """

    name: str
    grace_s: float | None = None
    bare: bool = False
    again: tuple[str, int] | None = None
    """The deadline (name, and milliseconds from then) of a case that nothing is expected of when the human who had it is done:
    the agents look at it again by themselves."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One fact type that moves a case.

    ``key`` is the field that names the case, or the fields that do together (a call's dispatch: call and responder).
    ``deadlines`` maps a deadline's name to the field with its instant (ms); a field the fact lacks is looked up in what earlier
    facts were told to `remembers`; None in it takes the deadline away, as `clears` does. ``ends_if`` ends the case by what it
    remembers and what this fact says. ``pool`` are the fields that name the pool, ``amount`` the field with the number of places,
    None for one.
    """

    kind: str
    key: str | tuple[str, ...]
    step: Step
    deadlines: Mapping[str, str] = field(default_factory=dict)
    clears: tuple[str, ...] = ()
    remembers: tuple[str, ...] = ()
    ends_if: Callable[[Data, Data], bool] | None = None
    places: Places | None = None
    pool: tuple[str, ...] = ()
    amount: str | None = None
    only_if: Callable[[Data], bool] | None = None
    """The row is of these facts of the type only."""
    unless: tuple[str, ...] = ()
    """Its deadlines are set only while none of these runs."""


@dataclass(frozen=True, slots=True)
class PoolRow:
    """One fact type that says how large a pool is. ``total`` is the field with the number, None for one.

    ``deadline`` (name, field) is common to all cases that hold places in it. ``gone_if`` takes the pool away (a bed closed).
    """

    pool: tuple[str, ...]
    total: str | None
    deadline: tuple[str, str] | None = None
    gone_if: Callable[[Data], bool] | None = None


@dataclass(frozen=True, slots=True)
class FlagRow:
    """One fact type that says openly that a pool is promised beyond its size."""

    pool: tuple[str, ...]


Row = CaseRow | PoolRow | FlagRow


@dataclass(frozen=True, slots=True)
class Table:
    """A domain as the auditor sees it. Every fact type of the domain is in `rows` or in `silent`; a test holds it to that.

    One fact may have several rows: they are applied in order.
    """

    domain: str
    kinds: tuple[CaseKind, ...]
    rows: Mapping[type[Fact], tuple[Row, ...]]
    silent: frozenset[type[Fact]]
