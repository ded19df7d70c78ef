"""Which sessions of one site lie as a window asks: single ones, and chains of adjacent ones. Whether they have room is `place`'s.

How sessions lie follows from what was published, not from who is booked; so what was found for a window is kept with its day until
somebody publishes again (`ServiceDay.windows`), and a rush of families with one wish looks it up.
"""

from collections.abc import Sequence
from typing import NamedTuple

from agents.childcare.state import ChildcareState, Lying, Run, Session, Site
from agents.shared.nearest import Point

WINDOWS_MAX = 256
"""Windows a day keeps what was found for; more than families ask for, and a bound on what strange ones cost."""


class Wish(NamedTuple):
    """What is looked for: the children's weights (0: no ratio), when, and which session may not be chosen."""

    point: Point
    service: str
    date: str
    from_ms: int
    to_ms: int
    mode: str | None
    within: bool
    shift_ms: int
    children: tuple[str, ...]
    weights: tuple[int, ...]
    not_session: Session | None
    for_booking: str | None
    """The booking to be moved: its own place is no overlap."""


def found_before(state: ChildcareState, wish: Wish) -> dict[str, Lying]:
    """By site what was found for this window; to be filled by whoever looks."""
    day = state.days.get((wish.service, wish.date))
    if day is None or wish.not_session is not None:
        return {}
    key = (wish.from_ms, wish.to_ms, wish.mode, wish.within, wish.shift_ms)
    found = day.windows.get(key)
    if found is None:
        if len(day.windows) >= WINDOWS_MAX:
            day.windows.clear()
        found = day.windows[key] = {}
    return found


def lying(site: Site, wish: Wish) -> Lying:
    """How the site's sessions of that day lie to the window: single sessions that suit, shortest first, and where chains may begin."""
    beside = site.sessions.get((wish.service, wish.date))
    if beside is None:
        return Lying((), (), ())
    fitting = _fitting(beside, wish)
    if wish.within:
        inside = ((session,) for session in fitting if wish.from_ms <= session.starts_ms and session.ends_ms <= wish.to_ms)
        return Lying(tuple(inside), (), ())
    shift_ms = wish.shift_ms
    from_ms, to_ms = wish.from_ms + shift_ms, wish.to_ms - shift_ms
    singles: list[Run] = []
    heads: list[Session] = []
    for session in fitting:
        if session.starts_ms > from_ms:
            break  # they lie in the order of their starts
        if session.ends_ms >= to_ms:
            singles.append((session,))
        elif session.ends_ms > from_ms and not shift_ms:
            heads.append(session)
    if shift_ms:
        # An alternative lies about where the lost place lay: neither does it begin long before nor end long after.
        from_ms, to_ms = wish.from_ms - shift_ms, wish.to_ms + shift_ms
        singles = [(session,) for (session,) in singles if session.starts_ms >= from_ms and session.ends_ms <= to_ms]
    singles.sort(key=lambda run: (run[0].ends_ms - run[0].starts_ms, run[0].starts_ms, run[0].session_id))
    return Lying(tuple(singles), tuple(heads), tuple(fitting) if heads else ())


def runs_of(found: Lying, to_ms: int, sessions_max: int) -> Sequence[Run]:
    """The single sessions, then the chains that cover the window, as they are now."""
    chains = (_chain(head, found.fitting, to_ms, sessions_max) for head in found.heads)
    return [*found.singles, *(chain for chain in chains if chain is not None)]


def _fitting(beside: list[Session], wish: Wish) -> list[Session]:
    mode = wish.mode
    return [each for each in beside if each.total > 0 and each is not wish.not_session and (mode is None or each.mode == mode)]


def _chain(first: Session, beside: Sequence[Session], to_ms: int, sessions_max: int) -> Run | None:
    """From here on the adjacent sessions, those with room before full ones, until the window is covered."""
    chain = [first]
    while chain[-1].ends_ms < to_ms:
        if len(chain) >= sessions_max:
            return None
        following = next_session(chain[-1], beside)
        if following is None:
            return None
        chain.append(following)
    return tuple(chain)


def next_session(session: Session, beside: Sequence[Session]) -> Session | None:
    """The session that begins where this one ends: one with room if there is one, then the shortest, then by id."""
    following = [
        other
        for other in beside
        if other.starts_ms == session.ends_ms and other.ends_ms > other.starts_ms and other.service == session.service
    ]
    return min(following, key=lambda other: (other.bookable <= 0, other.ends_ms, other.session_id), default=None)
