"""The states of an application and of a bed and the moves between them, as data: `evolve` asserts every move (I06).

An application is ``new`` before its answer; its last five states are terminal. A resident is no longer an application: the stay
lives with the bed.
"""

from enum import StrEnum


class ApplicationState(StrEnum):
    """Where an application stands (B-R8)."""

    NEW = "new"
    QUEUED = "queued"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    SUSPENDED = "suspended"
    """Out of line until a date: for refusals, or at their own wish."""
    REASSESS = "reassess"
    """Its assessment is no longer valid: a human has it."""
    ADMITTED = "admitted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    DECEASED = "deceased"
    INELIGIBLE = "ineligible"
    """A reassessment ended it."""


class BedState(StrEnum):
    """Where a bed stands (B-R8, B2)."""

    FREE = "free"
    HELD = "held"
    """By one open offer."""
    RESERVED = "reserved"
    """Accepted, not yet moved in."""
    OCCUPIED = "occupied"
    VACATED = "vacated"
    CLEANING = "cleaning"
    CLOSED = "closed"


_A = ApplicationState
_ENDS = frozenset({_A.WITHDRAWN, _A.DECEASED, _A.INELIGIBLE})

# A promise ends before its application does: offered or accepted, then queued (the bed is released), then withdrawn or deceased.
APPLICATION_TRANSITIONS: dict[ApplicationState, frozenset[ApplicationState]] = {
    _A.NEW: frozenset({_A.QUEUED, _A.REFUSED}),
    _A.QUEUED: _ENDS | {_A.OFFERED, _A.SUSPENDED, _A.REASSESS},
    _A.OFFERED: frozenset({_A.ACCEPTED, _A.QUEUED}),
    _A.ACCEPTED: frozenset({_A.ADMITTED, _A.QUEUED}),
    _A.SUSPENDED: _ENDS | {_A.QUEUED, _A.SUSPENDED},
    _A.REASSESS: _ENDS | {_A.QUEUED, _A.REASSESS},
    _A.ADMITTED: frozenset(),
    _A.REFUSED: frozenset(),
    _A.WITHDRAWN: frozenset(),
    _A.DECEASED: frozenset(),
    _A.INELIGIBLE: frozenset(),
}

_B = BedState

BED_TRANSITIONS: dict[BedState, frozenset[BedState]] = {
    _B.FREE: frozenset({_B.HELD, _B.OCCUPIED, _B.CLEANING, _B.CLOSED}),
    _B.HELD: frozenset({_B.RESERVED, _B.FREE, _B.OCCUPIED, _B.CLEANING, _B.CLOSED}),
    _B.RESERVED: frozenset({_B.OCCUPIED, _B.FREE, _B.CLEANING, _B.CLOSED}),
    _B.OCCUPIED: frozenset({_B.VACATED, _B.FREE, _B.CLEANING, _B.CLOSED}),
    _B.VACATED: frozenset({_B.CLEANING, _B.FREE, _B.OCCUPIED, _B.CLOSED}),
    _B.CLEANING: frozenset({_B.FREE, _B.OCCUPIED, _B.CLOSED}),
    _B.CLOSED: frozenset({_B.FREE, _B.OCCUPIED, _B.CLEANING}),
}
"""Occupied to free, cleaning or closed directly: only beds whose occupant is the facility's own and not ours, by publication."""

TERMINAL = frozenset(state for state, following in APPLICATION_TRANSITIONS.items() if not following)
OPEN_PROMISE = frozenset({BedState.HELD, BedState.RESERVED})
