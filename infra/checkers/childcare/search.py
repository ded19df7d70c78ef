"""Which sessions take a wish, looked for the plain way: every site, every run, sorted."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from infra.checkers.childcare.area import SEATED, Area, Session
from infra.checkers.childcare.policy import Rules, in_force

EARTH_RADIUS_M = 6_371_008.8
CLOSENESS = ("no_seat", "no_staff", "overlapping_booking", "past_cutoff", "stale_capacity", "closed", "no_session")
"""Rules from that of the candidate that came closest to that of one that never could."""
REASONS = {"closed": "session_closed", "no_session": "no_session_in_window"}
"""How a rule is called as the reason of a refusal, where it is called otherwise."""
Run = tuple[str, ...]
"""Session ids, one after the other."""


class Wish(NamedTuple):
    """What is looked for. ``shift_ms`` and the last two are those of a child that lost its place."""

    lat: float
    lon: float
    service: str
    date: str
    from_ms: int
    to_ms: int
    mode: str | None
    within: bool
    children: tuple[str, ...]
    weights: tuple[int, ...]
    shift_ms: int = 0
    not_session: str | None = None
    for_booking: str | None = None


class Found(NamedTuple):
    """A run with room and how far it is; or the reason of there being none, and the session one could wait for."""

    run: Run
    distance_m: int
    reason: str | None
    wait_for: str | None


def distance_m(lat: float, lon: float, site_lat: float, site_lon: float) -> int:
    """Great-circle distance (haversine) in whole metres."""
    phi, there = math.radians(lat), math.radians(site_lat)
    a = math.sin((there - phi) / 2) ** 2
    a += math.cos(phi) * math.cos(there) * math.sin(math.radians(site_lon - lon) / 2) ** 2
    return round(2 * EARTH_RADIUS_M * math.asin(math.sqrt(a)))


def rule_of(area: Area, rules: Rules, session: Session, weights: tuple[int, ...], now_ms: int, *, cutoff: bool = True) -> str | None:
    """Why this session takes no more of these children, or None."""
    p = session.published
    if session.shut:
        return "closed"
    if now_ms >= p["starts_ms"] - (rules["cutoff_s"] * 1000 if cutoff else 0):
        return "past_cutoff"
    if now_ms - session.published_ms > in_force(area, now_ms)["capacity_age_s_max"] * 1000:
        return "stale_capacity"
    if p["seats"] - session.taken < len(weights):
        return "no_seat"
    if p["weighted"] and session.care_limit - session.care < sum(weights):
        return "no_staff"
    return None


def overlaps(area: Area, child_id: str, starts_ms: int, ends_ms: int, but: str | None = None) -> bool:
    """Whether the child sits anywhere at any minute of that time."""
    return any(
        other.state in SEATED and other.starts_ms < ends_ms and starts_ms < other.ends_ms
        for booking_id, other in area.beside(child_id)
        if booking_id != but
    )


def nearest(area: Area, rules: Rules, wish: Wish, now_ms: int) -> Found:
    """The nearest site with a run that suits and has room, ties by id; else the reason of the one that came closest."""
    policy = in_force(area, now_ms)
    reach_m = policy["travel_s_max"] * policy["walk_speed_cm_s"] // policy["detour_percent"]
    near = sorted(
        (distance_m(wish.lat, wish.lon, site.listed["lat"], site.listed["lon"]), site_id)
        for site_id, site in area.sites.items()
        if site.listed is not None
    )
    met: list[str] = []
    wait_for: str | None = None
    for metres, site_id in near:
        if metres > reach_m:
            break
        run, rule = _best(area, rules, wish, site_id, now_ms)
        if rule is None:
            return Found(run, metres, None, None)
        met.append(rule)
        if rule in ("no_seat", "no_staff") and wait_for is None and len(run) == 1:
            wait_for = run[0]
    rule = min(met, key=CLOSENESS.index, default="no_site_in_reach")
    return Found((), 0, REASONS.get(rule, rule), wait_for)


def _best(area: Area, rules: Rules, wish: Wish, site_id: str, now_ms: int) -> tuple[Run, str | None]:
    best: tuple[Run, str] = ((), "no_session")
    for run in _runs(area, rules, wish, site_id):
        rule = _rule(area, rules, wish, run, now_ms)
        if rule is None:
            return run, None
        if CLOSENESS.index(rule) < CLOSENESS.index(best[1]):
            best = run, rule
    return best


def _rule(area: Area, rules: Rules, wish: Wish, run: Run, now_ms: int) -> str | None:
    sessions = [area.sessions[one] for one in run]
    for session in sessions:
        rule = rule_of(area, rules, session, wish.weights, now_ms, cutoff=wish.for_booking is None)
        if rule is not None:
            return rule
    starts_ms, ends_ms = sessions[0].published["starts_ms"], sessions[-1].published["ends_ms"]
    if any(overlaps(area, child_id, starts_ms, ends_ms, wish.for_booking) for child_id in wish.children):
        return "overlapping_booking"
    return None


def _runs(area: Area, rules: Rules, wish: Wish, site_id: str) -> Iterator[Run]:
    """Single sessions that suit, shortest first; then chains of adjacent ones."""
    here = sorted(
        (one.published["starts_ms"], one.published["ends_ms"], session_id)
        for session_id, one in area.sessions.items()
        if (one.published["site_id"], one.published["service"], one.published["date"]) == (site_id, wish.service, wish.date)
        and one.published["seats"] > 0
        and session_id != wish.not_session
        and wish.mode in (None, one.published["mode"])
    )
    if wish.within:
        yield from ((name,) for starts_ms, ends_ms, name in here if wish.from_ms <= starts_ms and ends_ms <= wish.to_ms)
        return
    shift_ms = wish.shift_ms
    covering = [
        (ends_ms - starts_ms, starts_ms, name)
        for starts_ms, ends_ms, name in here
        if starts_ms <= wish.from_ms + shift_ms and ends_ms >= wish.to_ms - shift_ms
        if not shift_ms or (starts_ms >= wish.from_ms - shift_ms and ends_ms <= wish.to_ms + shift_ms)
    ]
    yield from ((name,) for _, _, name in sorted(covering))
    if shift_ms:
        return
    for starts_ms, ends_ms, name in here:
        if starts_ms <= wish.from_ms < ends_ms < wish.to_ms:
            chain = _chain(area, here, (ends_ms, name), wish.to_ms, rules["run_sessions_max"])
            if chain is not None:
                yield chain


def _chain(area: Area, here: list[tuple[int, int, str]], head: tuple[int, str], to_ms: int, sessions_max: int) -> Run | None:
    ends_ms, name = head
    chain = [name]
    while ends_ms < to_ms:
        following = sorted((is_full(area.sessions[other]), end, other) for start, end, other in here if start == ends_ms and end > start)
        if not following or len(chain) >= sessions_max:
            return None
        _, ends_ms, name = following[0]
        chain.append(name)
    return tuple(chain)


def is_full(session: Session) -> bool:
    """No seat, or no staff for anybody at all."""
    p = session.published
    return session.shut or session.taken >= p["seats"] or (p["weighted"] and session.care >= session.care_limit)
