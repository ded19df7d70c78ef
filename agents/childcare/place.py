"""Which sessions take a wish: a named session, or the nearest site with a run of sessions that suits a window and has room.

As in every service, the nearest sites are looked at one by one, full or not, and each one passed over is named with its rule; after
`LOOKED_AT_MAX` of them only sites with a bookable session are looked at.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from agents.childcare.policy import ChildcareParameters, ServiceRules
from agents.childcare.runs import Wish, found_before, lying, runs_of
from agents.childcare.state import ChildcareState, Lying, Run, Session, Site
from agents.childcare.states import SEATED
from agents.shared.calendar import MINUTE_MS, day_from, day_number, midnight_ms
from agents.shared.explanation import Considered
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
WAITED_FOR = tuple(REASON_OF_RULE[rule] for rule in WAITABLE)


class Ground(NamedTuple):
    """What every look rests on: the state, the rules in force, the service's own, and the area's now."""

    state: ChildcareState
    policy: ChildcareParameters
    rules: ServiceRules
    now_ms: int


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


class Need(NamedTuple):
    """What so many children of these weights need of any session, worked out once a look."""

    open_after_ms: int
    fresh_from_ms: int
    places: int
    care: int

    def ruled_out(self, session: Session) -> str | None:
        """The rule by which this session takes no more of these children, or None."""
        if session.shut:
            return R_CLOSED
        if session.starts_ms <= self.open_after_ms:
            return R_CUTOFF
        if session.published_ms < self.fresh_from_ms:
            return R_STALE
        if session.free < self.places:
            return R_SEAT
        if session.weighted and session.care.free < self.care:
            return R_STAFF
        return None


def need_of(ground: Ground, weights: tuple[int, ...], *, cutoff: bool = True) -> Need:
    """What children of these weights need now. `cutoff` false: a move, which only the start ends."""
    now_ms = ground.now_ms
    open_after_ms = now_ms + ground.rules.cutoff_s * 1000 if cutoff else now_ms
    return Need(open_after_ms, now_ms - ground.policy.capacity_age_s_max * 1000, len(weights), sum(weights))


def ruled_out(ground: Ground, session: Session, weights: tuple[int, ...], *, cutoff: bool = True) -> str | None:
    """The rule by which this session takes no more of these children, or None. `cutoff` false: a move, which only the start ends."""
    return need_of(ground, weights, cutoff=cutoff).ruled_out(session)


def overlaps(state: ChildcareState, child_id: str, starts_ms: int, ends_ms: int, but: str | None = None) -> str | None:
    """The child's booking that holds a seat at any of that time, or None (C03)."""
    for booking in state.children.get(child_id, {}).values():
        if booking.starts_ms < ends_ms and starts_ms < booking.ends_ms and booking.booking_id != but and booking.state in SEATED:
            return booking.booking_id
    return None


def same_day_only(state: ChildcareState, child_id: str, day: str, now_ms: int) -> bool:
    """Whether the child's no-shows bar it from this day: it may have a place of today only (C-R6)."""
    absences = state.absences.get(child_id)
    return absences is not None and now_ms < absences.restricted_until_ms and day_from(day).toordinal() != day_number(now_ms)


def nearest_run(ground: Ground, wish: Wish) -> Placement | NoPlacement:
    """The nearest site with a run that suits and has room; else why not."""
    state, policy = ground.state, ground.policy
    reach_m = policy.travel_s_max * policy.walk_speed_cm_s // policy.detour_percent
    need = need_of(ground, wish.weights, cutoff=wish.for_booking is None)
    seen = Considered()
    wait_for: tuple[Session, int] | None = None
    before = found_before(state, wish)
    last = (-1, "")
    for distance_m, site_id, site in _candidates(state, wish, reach_m):
        if (distance_m, site_id) <= last:
            continue
        last = (distance_m, site_id)
        found = before.get(site_id)
        if found is None:
            found = before[site_id] = lying(site, wish)
        run, rule = _best_run(ground, wish, need, found)
        if rule is None:
            assert run
            travel_s = policy.travel_s(distance_m)
            return Placement(run, distance_m, travel_s, seen.why(site_id, session_id=run[0].session_id, travel_s=travel_s))
        seen.reject(site_id, rule, distance_m)
        if wait_for is None and len(run) == 1 and rule in WAITABLE:
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


def _best_run(ground: Ground, wish: Wish, need: Need, found: Lying) -> tuple[Run, str | None]:
    """The site's first run with room; else the first that comes closest, with its rule; else nothing."""
    best: Run = ()
    best_rule = R_NONE
    for run in runs_of(found, wish.to_ms, ground.rules.run_sessions_max) if found.heads else found.singles:
        rule = need.ruled_out(run[0]) if len(run) == 1 else _first_rule(need, run)
        if rule is None:
            if not _overlapping(ground, wish, run):
                return run, None
            rule = R_OVERLAP
        if CLOSENESS[rule] < CLOSENESS[best_rule]:
            best, best_rule = run, rule
    return best, best_rule


def _first_rule(need: Need, run: Run) -> str | None:
    for session in run:
        rule = need.ruled_out(session)
        if rule is not None:
            return rule
    return None


def _overlapping(ground: Ground, wish: Wish, run: Run) -> bool:
    starts_ms, ends_ms = run[0].starts_ms, run[-1].ends_ms
    return any(overlaps(ground.state, child_id, starts_ms, ends_ms, wish.for_booking) is not None for child_id in wish.children)
