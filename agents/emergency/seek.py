"""Whom an incident gets: for each role nobody fills, the nearest fit responder by travel time, and why none nearer (E4-E11).

Everything is looked for here, as work that is due at once (`steps.want`): a press, a triage, a responder who drops out and one who
becomes free all lead to the same search over the same state. Each fact of a search carries its own explanation.
"""

from typing import NamedTuple

from agents.emergency.policy import ROLE_STOPGAP, EmergencyParameters
from agents.emergency.preempt import suggested
from agents.emergency.state import Call, EmergencyState
from agents.emergency.tasks import task_closed, task_opened
from agents.shared.explanation import Considered, because
from agents.shared.nearest import Point
from agents.shared.responders import (
    R_BUSY,
    R_ENGAGED,
    R_NO_FIX,
    R_OFF,
    R_REST,
    R_SKILL,
    R_STALE,
    R_TOO_FAR,
    Ask,
    Found,
    Unit,
)
from schemas.decisions import Reasoned, Why
from schemas.emergency_facts import DispatchShort, GapLeft, ResponderDispatched, SearchEnded
from schemas.emergency_reasons import EmergencyRule, Shortfall
from schemas.facts import TaskKind

R_DECLINED = EmergencyRule.DECLINED_BEFORE.value
R_NO_ANSWER = EmergencyRule.NO_ANSWER_BEFORE.value
R_CHOSEN = EmergencyRule.CHOSEN_FOR_ANOTHER_ROLE.value
MOVE_UP_TRIES = 8
"""Units looked at for moving up: a suggestion is worth no more."""

SHORTFALLS = (
    (R_STALE, Shortfall.LOCATIONS_TOO_STALE),
    (R_NO_FIX, Shortfall.NO_LOCATION_DATA),
    (R_REST, Shortfall.ALL_IN_REST),
    (R_DECLINED, Shortfall.ALL_ASKED),
    (R_NO_ANSWER, Shortfall.ALL_ASKED),
    (R_TOO_FAR, Shortfall.TOO_FAR_FOR_ALL),
    (R_ENGAGED, Shortfall.ALL_ENGAGED),
    (R_CHOSEN, Shortfall.ALL_ENGAGED),
    (R_BUSY, Shortfall.ALL_ENGAGED),
    (R_SKILL, Shortfall.SKILL_MISSING),
    (R_OFF, Shortfall.NOT_STAFFED),
)
"""The reason is that of the candidate that came closest to being sent."""


class Search(NamedTuple):
    """One search for one incident; ``chosen`` are those it has found for other roles."""

    state: EmergencyState
    call: Call
    policy: EmergencyParameters
    chosen: dict[str, str]
    now_ms: int


class Pick(NamedTuple):
    """Somebody for a role, with the explanation; ``circle_m`` is the radius that was needed."""

    found: Found
    circle_m: int
    why: Why


def sought(state: EmergencyState, call_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """Fill every role that has nobody, as far as it goes; what is short goes before an operator and is looked for again."""
    call = state.calls[call_id]
    policy = state.policy_of(call)
    made: list[Reasoned] = []
    short: list[tuple[str, Shortfall]] = []
    why: Why | None = None
    search = Search(state, call, policy, {}, now_ms)
    for role in call.missing():
        answer = _pick(search, role[1:])
        if isinstance(answer, Pick):
            made += _sent(search, answer, role[0], fit=True)
        else:
            short.append((role[0], answer[0]))
            why = why or answer[1]
    if short and not made and policy.stopgap and call.alone():
        answer = _pick(search, ())
        if isinstance(answer, Pick):
            made += _sent(search, answer, ROLE_STOPGAP, fit=False)
    if not short:
        roles = tuple(role[0] for role in call.roles)
        return *made, Reasoned(SearchEnded(call_id=call_id, roles=roles)), *task_closed(call, TaskKind.NO_RESPONDER, "found")
    wait_s = policy.review_s if short[0][1] is Shortfall.NO_INCIDENT_POSITION else policy.search_retry_s
    fact = DispatchShort(
        call_id=call_id,
        severity=call.severity,
        roles=tuple(role for role, _ in short),
        reasons=tuple(reason.value for _, reason in short),
        attempt=call.attempt + 1,
        retry_ms=now_ms + wait_s * 1000,
    )
    task = task_opened(call, TaskKind.NO_RESPONDER, now_ms, reason=short[0][1].value, role=short[0][0])
    return *made, Reasoned(fact, why), *suggested(state, call, policy, short, now_ms), *task


def _pick(search: Search, skills: tuple[str, ...]) -> Pick | tuple[Shortfall, Why]:
    """The nearest fit one: first within the circle of this round of asking, then wider; those who did not answer again at the end."""
    state, call, policy, chosen, now_ms = search
    if call.lat is None or call.lon is None:
        return Shortfall.NO_INCIDENT_POSITION, because("no_incident_position")
    point = Point(call.lat, call.lon)
    first = min(call.round, len(policy.circles_m) - 1)
    excluded = {**call.asked, **chosen}
    seen = Considered()
    for circle_m in policy.circles_m[first:]:
        seen = Considered()
        found = state.units.nearest_fit(Ask(point, skills, circle_m, excluded, not policy.rest_excluded), now_ms, seen)
        if found is not None:
            return Pick(found, circle_m, _why(seen, found, circle_m))
    silent = [unit_id for unit_id, rule in call.asked.items() if rule == R_NO_ANSWER]
    for allowed in (silent[: -(-len(silent) // 2)], silent) if silent else ():
        # Whoever was asked longest ago first: two who do not answer take turns, and neither is asked twice on end.
        again = {unit_id: rule for unit_id, rule in excluded.items() if rule != R_NO_ANSWER or unit_id not in allowed}
        seen_again, circle_m = Considered(), policy.circles_m[-1]
        found = state.units.nearest_fit(Ask(point, skills, circle_m, again, not policy.rest_excluded), now_ms, seen_again)
        if found is not None:
            return Pick(found, circle_m, _why(seen_again, found, circle_m, asked_again=True))
    return _shortfall(state, seen), seen.why(None, circle_m=policy.circles_m[-1], skills=list(skills) or None)


def _why(seen: Considered, found: Found, circle_m: int, asked_again: bool | None = None) -> Why:
    broken = None if found.rested else True
    planned = True if found.reserved else None
    return seen.why(
        found.unit.place_id, circle_m=circle_m, travel_s=found.travel_s, rest_broken=broken, reservation_broken=planned,
        asked_again=asked_again,
    )  # fmt: skip


def _shortfall(state: EmergencyState, seen: Considered) -> Shortfall:
    for rule, reason in SHORTFALLS:
        if rule in seen.rules:
            return reason
    return Shortfall.OUTSIDE_RADIUS if len(state.units) else Shortfall.NO_CANDIDATES


def _sent(search: Search, pick: Pick, role: str, *, fit: bool) -> list[Reasoned]:
    state, call, policy, chosen, now_ms = search
    chosen[pick.found.unit.place_id] = R_CHOSEN
    fact = dispatched(call, policy, pick.found, role, now_ms, circle_m=pick.circle_m, fit=fit)
    gap = gap_left(state, call.call_id, policy, pick.found.unit, chosen)
    return [Reasoned(fact, pick.why)] if gap is None else [Reasoned(fact, pick.why), Reasoned(gap)]


def dispatched(
    call: Call,
    policy: EmergencyParameters,
    found: Found,
    role: str,
    now_ms: int,
    *,
    circle_m: int,
    fit: bool = True,
    override: str | None = None,
) -> ResponderDispatched:
    """The fact of one who is asked to go."""
    unit = found.unit
    return ResponderDispatched(
        call_id=call.call_id,
        responder_id=unit.place_id,
        level=call.round + 1,
        travel_s=found.travel_s,
        distance_m=found.distance_m,
        circle_m=circle_m,
        role=role,
        severity=call.severity,
        kind=call.kind,
        person_id=call.person_id,
        lat=call.lat,
        lon=call.lon,
        data_age_s=(now_ms - unit.fix_ms) // 1000 if unit.fixed else -1,
        fit=fit,
        rested=found.rested,
        reserved=found.reserved,
        accept_by_ms=now_ms + policy.accept_s * 1000,
        override=override,
    )


def gap_left(state: EmergencyState, call_id: str, policy: EmergencyParameters, unit: Unit, gone: dict[str, str]) -> GapLeft | None:
    """What sending this unit leaves uncovered around its base, and who could move up (E11); None when enough are left."""
    if not policy.coverage_units_min:
        return None
    base = Point(unit.base_lat, unit.base_lon)
    left = 0
    tries = 0
    move_up: tuple[str, int] | None = None
    for distance_m, unit_id, other in state.units.callable.nearest_first(base, policy.move_up_radius_m):
        if unit_id in gone:
            continue
        if distance_m <= policy.coverage_radius_m:
            left += 1
            if left >= policy.coverage_units_min:
                return None
            continue
        if tries == MOVE_UP_TRIES:
            break
        tries += 1
        if _can_be_spared(state, policy, other, gone):
            move_up = unit_id, state.units.travel.travel_s(other.kind, distance_m)
            break
    return GapLeft(
        call_id=call_id,
        responder_id=unit.place_id,
        lat=unit.base_lat,
        lon=unit.base_lon,
        radius_m=policy.coverage_radius_m,
        left=left,
        needed=policy.coverage_units_min,
        move_up=None if move_up is None else move_up[0],
        travel_s=None if move_up is None else move_up[1],
        reason="nearest_to_spare" if move_up is not None else "nobody_to_spare",
    )


def _can_be_spared(state: EmergencyState, policy: EmergencyParameters, unit: Unit, gone: dict[str, str]) -> bool:
    """Whether its own base would keep enough without it."""
    left = 0
    base = Point(unit.base_lat, unit.base_lon)
    for _, unit_id, _ in state.units.callable.nearest_first(base, policy.coverage_radius_m):
        if unit_id != unit.place_id and unit_id not in gone:
            left += 1
            if left >= policy.coverage_units_min:
                return True
    return False
