"""Which sessions take a wish: a named session, or the nearest site with a run of sessions that suits a window and has room.

As in every service, the nearest sites are looked at one by one, full or not, and each one passed over is named with its rule; after
`LOOKED_AT_MAX` of them only sites with a bookable session are looked at.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from agents.childcare.policy import ChildcareParameters, ServiceRules
from agents.childcare.state import ChildcareState, Session, Site
from agents.childcare.states import SEATED
from agents.shared.calendar import MINUTE_MS, day_from, day_number, midnight_ms
from agents.shared.explanation import Considered
from agents.shared.nearest import Point
from schemas.childcare_reasons import ChildcareReason, ChildcareRule
from schemas.decisions import Why

LOOKED_AT_MAX = 24
"""Sites examined whether full or not: twice what an explanation lists."""

R_NONE = ChildcareRule.NO_SESSION.value
R_CLOSED = ChildcareRule.CLOSED.value
R_SEAT = ChildcareRule.NO_SEAT.value
R_STAFF = ChildcareRule.NO_STAFF.value
R_STALE = ChildcareRule.STALE_CAPACITY.value
R_CUTOFF = ChildcareRule.PAST_CUTOFF.value
R_OVERLAP = ChildcareRule.OVERLAPPING_BOOKING.value

REASON_OF_RULE = {
    R_SEAT: ChildcareReason.NO_SEAT,
    R_STAFF: ChildcareReason.NO_STAFF,
    R_OVERLAP: ChildcareReason.OVERLAPPING_BOOKING,
    R_CUTOFF: ChildcareReason.PAST_CUTOFF,
    R_STALE: ChildcareReason.STALE_CAPACITY,
    R_CLOSED: ChildcareReason.SESSION_CLOSED,
    R_NONE: ChildcareReason.NO_SESSION_IN_WINDOW,
}
"""In the order in which the reason of a refusal is chosen: that of the candidate that came closest."""
CLOSENESS = {rule: place for place, rule in enumerate(REASON_OF_RULE)}
WAITABLE = (R_SEAT, R_STAFF)


class Ground(NamedTuple):
    """What every look rests on: the state, the rules in force, the service's own, and the area's now."""

    state: ChildcareState
    policy: ChildcareParameters
    rules: ServiceRules
    now_ms: int


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


class Placement(NamedTuple):
    """A run with room for all."""

    run: tuple[Session, ...]
    distance_m: int
    travel_s: int
    why: Why


class NoPlacement(NamedTuple):
    """No room, the reason, and the nearest single session one could wait for."""

    reason: ChildcareReason
    why: Why
    wait_for: Session | None
    distance_m: int


def day_closed(rules: ServiceRules, date: str, now_ms: int) -> ChildcareReason | None:
    """Whether booking for that day is not open yet, or over (C7)."""
    day = day_from(date)
    ahead = day.toordinal() - day_number(now_ms)
    if ahead >= rules.horizon_days:
        opens_ms = midnight_ms(day - timedelta(days=rules.horizon_days)) + rules.opens_minute * MINUTE_MS
        if now_ms < opens_ms:
            return ChildcareReason.NOT_OPEN_YET
    elif ahead < 0:
        return ChildcareReason.SESSION_PAST
    elif ahead == 0 and rules.same_day_until_minute is not None and now_ms > midnight_ms(day) + rules.same_day_until_minute * MINUTE_MS:
        return ChildcareReason.PAST_CUTOFF
    return None


def ruled_out(ground: Ground, session: Session, weights: tuple[int, ...], *, cutoff: bool = True) -> str | None:
    """The rule by which this session takes no more of these children, or None. `cutoff` false: a move, which only the start ends."""
    now_ms = ground.now_ms
    if session.shut:
        return R_CLOSED
    if now_ms >= session.starts_ms - (ground.rules.cutoff_s * 1000 if cutoff else 0):
        return R_CUTOFF
    if now_ms - session.published_ms > ground.policy.capacity_age_s_max * 1000:
        return R_STALE
    if session.free < len(weights):
        return R_SEAT
    if session.weighted and session.care.free < sum(weights):
        return R_STAFF
    return None


def overlaps(state: ChildcareState, child_id: str, starts_ms: int, ends_ms: int, but: str | None = None) -> str | None:
    """The child's booking that holds a seat at any of that time, or None (C03)."""
    for booking in state.children.get(child_id, {}).values():
        if booking.starts_ms < ends_ms and starts_ms < booking.ends_ms and booking.booking_id != but and booking.state in SEATED:
            return booking.booking_id
    return None


def nearest_run(ground: Ground, wish: Wish) -> Placement | NoPlacement:
    """The nearest site with a run that suits and has room; else why not."""
    state, policy = ground.state, ground.policy
    reach_m = policy.travel_s_max * policy.walk_speed_cm_s // policy.detour_percent
    seen = Considered()
    wait_for: tuple[Session, int] | None = None
    last = (-1, "")
    for distance_m, site_id, site in _candidates(state, wish, reach_m):
        if (distance_m, site_id) <= last:
            continue
        last = (distance_m, site_id)
        run, rule = _best_run(ground, wish, site)
        if rule is None:
            assert run
            travel_s = policy.travel_s(distance_m)
            return Placement(run, distance_m, travel_s, seen.why(site_id, session_id=run[0].session_id, travel_s=travel_s))
        seen.reject(site_id, rule, distance_m)
        if rule in WAITABLE and wait_for is None and len(run) == 1:
            wait_for = (run[0], distance_m)
    why = seen.why(None, reach_m=reach_m)
    closest = min(seen.rules, key=CLOSENESS.__getitem__, default=None)
    reason = ChildcareReason.NO_SITE_IN_REACH if closest is None else REASON_OF_RULE[closest]
    session, distance_m = (None, 0) if wait_for is None else wait_for
    return NoPlacement(reason, why, session, distance_m)


def _candidates(state: ChildcareState, wish: Wish, reach_m: int) -> Iterator[tuple[int, str, Site]]:
    """The nearest sites, whether full or not; then those with a bookable session that day (some come twice)."""
    for count, found in enumerate(state.listed.nearest_first(wish.point, reach_m), 1):
        yield found
        if count >= LOOKED_AT_MAX:
            break
    else:
        return
    day = state.days.get((wish.service, wish.date))
    if day is not None:
        yield from day.free.nearest_first(wish.point, reach_m)


def _best_run(ground: Ground, wish: Wish, site: Site) -> tuple[tuple[Session, ...], str | None]:
    """The site's first run with room; else the first that suits, with its rule; else nothing."""
    beside = site.sessions.get((wish.service, wish.date))
    if beside is None:
        return (), R_NONE
    best: tuple[tuple[Session, ...], str] | None = None
    for run in _runs(beside, wish, ground.rules.run_sessions_max):
        rule = _rule(ground, wish, run)
        if rule is None:
            return run, None
        if best is None or CLOSENESS[rule] < CLOSENESS[best[1]]:
            best = (run, rule)
    return ((), R_NONE) if best is None else best


def _rule(ground: Ground, wish: Wish, run: tuple[Session, ...]) -> str | None:
    cutoff = wish.for_booking is None
    for session in run:
        rule = ruled_out(ground, session, wish.weights, cutoff=cutoff)
        if rule is not None:
            return rule
    starts_ms, ends_ms = run[0].starts_ms, run[-1].ends_ms
    for child_id in wish.children:
        if overlaps(ground.state, child_id, starts_ms, ends_ms, wish.for_booking) is not None:
            return R_OVERLAP
    return None


def _runs(beside: list[Session], wish: Wish, sessions_max: int) -> list[tuple[Session, ...]]:
    """Single sessions that suit, shortest first; then chains of adjacent ones that cover the window."""
    if wish.within:
        return [(session,) for session in _fitting(beside, wish) if wish.from_ms <= session.starts_ms and session.ends_ms <= wish.to_ms]
    shift_ms = wish.shift_ms
    from_ms, to_ms = wish.from_ms + shift_ms, wish.to_ms - shift_ms
    runs: list[tuple[Session, ...]] = []
    heads = []
    for session in beside:
        if session.starts_ms > from_ms:
            break  # they lie in the order of their starts
        if session.ends_ms >= to_ms:
            runs.append((session,))
        elif session.ends_ms > from_ms and not shift_ms:
            heads.append(session)
    if shift_ms:
        # An alternative lies about where the lost place lay: neither does it begin long before nor end long after.
        from_ms, to_ms = wish.from_ms - shift_ms, wish.to_ms + shift_ms
        runs = [(session,) for (session,) in runs if session.starts_ms >= from_ms and session.ends_ms <= to_ms]
    if runs:
        runs = [run for run in runs if _fitting([run[0]], wish)]
        if len(runs) > 1:
            runs.sort(key=lambda run: (run[0].ends_ms - run[0].starts_ms, run[0].starts_ms, run[0].session_id))
    if heads:
        fitting = _fitting(beside, wish)
        chains = (_chain(head, fitting, to_ms, sessions_max) for head in heads if head in fitting)
        runs.extend(chain for chain in chains if chain is not None)
    return runs


def _fitting(beside: list[Session], wish: Wish) -> list[Session]:
    mode = wish.mode
    return [each for each in beside if each.total > 0 and each is not wish.not_session and (mode is None or each.mode == mode)]


def _chain(first: Session, beside: list[Session], to_ms: int, sessions_max: int) -> tuple[Session, ...] | None:
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


def next_session(session: Session, beside: list[Session]) -> Session | None:
    """The session that begins where this one ends: one with room if there is one, then the shortest, then by id."""
    following = [
        other
        for other in beside
        if other.starts_ms == session.ends_ms and other.ends_ms > other.starts_ms and other.service == session.service
    ]
    return min(following, key=lambda other: (other.bookable <= 0, other.ends_ms, other.session_id), default=None)
