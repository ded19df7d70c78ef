"""The states of an incident and the moves between them, as data: `evolve` asserts every move against this table (E-R8, I06).

The state says how far help has come: it follows from what is known (`progress` in `state`), so answering a call whose responder is
already on the way does not take it back. It falls only when responders drop out. RESERVED of E-R8 (future work) is of a
responder, not of an incident: a time it is kept for planned work (`Unit.reserved_from_ms`).
"""

from enum import StrEnum


class CallState(StrEnum):
    """Where an incident stands."""

    NEW = "new"
    RECEIVED = "received"
    ANSWERED = "answered"
    TRIAGED = "triaged"
    DISPATCHED = "dispatched"
    """Somebody is asked to go."""
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    HANDED_OVER = "handed_over"
    """Another desk has it; it is still open here."""
    CLOSED = "closed"
    """By a human, with an outcome. A call-back may be owed."""
    CALLED_BACK = "called_back"


_OPEN = (
    CallState.RECEIVED,
    CallState.ANSWERED,
    CallState.TRIAGED,
    CallState.DISPATCHED,
    CallState.ACCEPTED,
    CallState.EN_ROUTE,
    CallState.ON_SCENE,
    CallState.HANDED_OVER,
)
_HELP = (CallState.DISPATCHED, CallState.ACCEPTED, CallState.EN_ROUTE, CallState.ON_SCENE)


def _following(state: CallState) -> frozenset[CallState]:
    """Forward over anything; back from a help state to any earlier one, since a responder can drop out; never out of a hand-over but
    to the end."""
    if state is CallState.HANDED_OVER:
        return frozenset({CallState.CLOSED})
    place = _OPEN.index(state)
    back = _OPEN[:place] if state in _HELP else ()
    return frozenset({*_OPEN[place + 1 :], *back, CallState.CLOSED})


TRANSITIONS: dict[CallState, frozenset[CallState]] = {
    CallState.NEW: frozenset({CallState.RECEIVED}),
    **{state: _following(state) for state in _OPEN},
    CallState.CLOSED: frozenset({CallState.CALLED_BACK}),
    CallState.CALLED_BACK: frozenset(),
}
MOVES = frozenset((state.value, to.value) for state, following in TRANSITIONS.items() for to in following)
"""The same as pairs of plain words: looking one up costs no call into `Enum`."""


class Leg(StrEnum):
    """How far one responder of an incident is."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"


LEGS: dict[Leg, frozenset[Leg]] = {
    Leg.ASKED: frozenset({Leg.ACCEPTED}),
    Leg.ACCEPTED: frozenset({Leg.EN_ROUTE, Leg.ON_SCENE}),
    Leg.EN_ROUTE: frozenset({Leg.ON_SCENE}),
    Leg.ON_SCENE: frozenset(),
}
