"""The states of an order and the moves between them, as data: `evolve` asserts every move against this table (I06).

``new`` is before the first answer; the last five are terminal. M-R8's kitchen states (COOKING, READY, ROUTED) are the kitchen's
own and not reported to us: nothing is recorded that nobody says.
"""

from enum import StrEnum


class OrderState(StrEnum):
    """Where an order stands."""

    NEW = "new"
    ASSIGNED = "assigned"
    """A kitchen holds its portions."""
    ATTEMPTED = "attempted"
    """A delivery attempt failed; another one is due or a human has it. The meal has left the kitchen: no closure moves it."""
    WELFARE_CHECK = "welfare_check"
    """Nobody answered: a human looks after the person."""
    UNPLACED = "unplaced"
    """It has no kitchen and none has room: a human has it."""
    ASKED = "asked"
    """No kitchen at home can take it: a neighbouring area has been asked and will answer, or the clock goes on without it."""
    ELSEWHERE = "elsewhere"
    """A neighbouring area's kitchen holds its portions."""
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    CLOSED = "closed"


TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    OrderState.NEW: frozenset({OrderState.ASSIGNED, OrderState.REFUSED, OrderState.ASKED}),
    OrderState.ASSIGNED: frozenset(
        {
            OrderState.ASSIGNED,
            OrderState.ATTEMPTED,
            OrderState.UNPLACED,
            OrderState.ASKED,
            OrderState.DELIVERED,
            OrderState.CANCELLED,
            OrderState.CLOSED,
        }
    ),
    OrderState.ASKED: frozenset(
        {OrderState.ASKED, OrderState.ELSEWHERE, OrderState.ASSIGNED, OrderState.UNPLACED, OrderState.CANCELLED},
    ),
    OrderState.ELSEWHERE: frozenset(
        {
            OrderState.ELSEWHERE,
            OrderState.ASKED,
            OrderState.ASSIGNED,
            OrderState.UNPLACED,
            OrderState.ATTEMPTED,
            OrderState.DELIVERED,
            OrderState.CANCELLED,
            OrderState.CLOSED,
        }
    ),
    OrderState.ATTEMPTED: frozenset(
        {
            OrderState.ATTEMPTED,
            OrderState.WELFARE_CHECK,
            OrderState.DELIVERED,
            OrderState.CLOSED,
        }
    ),
    OrderState.WELFARE_CHECK: frozenset({OrderState.DELIVERED, OrderState.CLOSED}),
    OrderState.UNPLACED: frozenset({OrderState.ASSIGNED, OrderState.CANCELLED, OrderState.CLOSED}),
    OrderState.DELIVERED: frozenset(),
    OrderState.CANCELLED: frozenset(),
    OrderState.REFUSED: frozenset(),
    OrderState.CLOSED: frozenset(),
}

AWAY = (OrderState.ASKED, OrderState.ELSEWHERE)
"""A neighbouring area has been asked, and may hold portions for it."""
MOVES = frozenset((state.value, to.value) for state, following in TRANSITIONS.items() for to in following)
"""The same as pairs of plain words: looking one up costs no call into `Enum`."""
TERMINAL = frozenset(state.value for state, following in TRANSITIONS.items() if not following)
