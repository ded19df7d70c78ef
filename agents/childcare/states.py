"""The states of a booking and the moves between them, as data: `evolve` asserts every move against this table (I06)."""

from enum import StrEnum


class BookingState(StrEnum):
    """Where a booking stands. The first four after ``new`` hold seats or wait; the last ones are terminal."""

    NEW = "new"
    WAITLISTED = "waitlisted"
    """No seat yet: next in its session's order."""
    OFFERED = "offered"
    """A seat is held while the family answers."""
    QUOTA_ASKED = "quota_asked"
    """A seat is held while the child's home area answers."""
    HELD = "held"
    """A seat is held while the family confirms."""
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    TURNED_AWAY = "turned_away"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """A hold, an offer or a wait ended without the family."""
    DECLINED = "declined"
    DISPLACED = "displaced"
    """The site could not keep the place and no other was taken."""
    REFUSED = "refused"


_B = BookingState
TRANSITIONS: dict[BookingState, frozenset[BookingState]] = {
    _B.NEW: frozenset({_B.WAITLISTED, _B.QUOTA_ASKED, _B.HELD, _B.CONFIRMED, _B.REFUSED}),
    _B.WAITLISTED: frozenset({_B.OFFERED, _B.CANCELLED, _B.EXPIRED}),
    _B.OFFERED: frozenset(
        {_B.QUOTA_ASKED, _B.HELD, _B.CONFIRMED, _B.WAITLISTED, _B.OFFERED, _B.DISPLACED, _B.DECLINED, _B.EXPIRED, _B.CANCELLED}
    ),
    _B.QUOTA_ASKED: frozenset({_B.HELD, _B.CONFIRMED, _B.OFFERED, _B.DISPLACED, _B.CANCELLED, _B.EXPIRED}),
    _B.HELD: frozenset({_B.CONFIRMED, _B.OFFERED, _B.DISPLACED, _B.CANCELLED, _B.EXPIRED}),
    _B.CONFIRMED: frozenset({_B.CHECKED_IN, _B.NO_SHOW, _B.TURNED_AWAY, _B.OFFERED, _B.DISPLACED, _B.CANCELLED}),
    _B.CHECKED_IN: frozenset({_B.COMPLETED}),
    _B.COMPLETED: frozenset(),
    _B.NO_SHOW: frozenset(),
    _B.TURNED_AWAY: frozenset(),
    _B.CANCELLED: frozenset(),
    _B.EXPIRED: frozenset(),
    _B.DECLINED: frozenset(),
    _B.DISPLACED: frozenset(),
    _B.REFUSED: frozenset(),
}
MOVES = frozenset((state.value, to.value) for state, following in TRANSITIONS.items() for to in following)
"""The same as pairs of plain words: looking one up costs no call into `Enum`."""
TERMINAL = frozenset(state.value for state, following in TRANSITIONS.items() if not following)
SEATED = frozenset({_B.OFFERED, _B.QUOTA_ASKED, _B.HELD, _B.CONFIRMED, _B.CHECKED_IN})
"""Open states that hold or use seats."""
MOVABLE = frozenset({_B.OFFERED, _B.QUOTA_ASKED, _B.HELD, _B.CONFIRMED})
"""Those whose place can still be taken to another session: the child is not there yet."""
