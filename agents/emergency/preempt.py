"""Nobody is free and a life is in danger: whom an operator could take from a lesser incident (E09: only a human's decision does it).

Looked at are responders who are asked, have accepted or are on the way to an incident of less gravity; one at a scene stays with the
person there. The soonest is named; between equals the one whose own incident is the lesser.
"""

from typing import NamedTuple

from agents.emergency.policy import EmergencyParameters
from agents.emergency.state import SEVERITIES, Call, EmergencyState, Engagement
from agents.emergency.states import Leg
from agents.shared.explanation import Considered
from agents.shared.nearest import Point
from agents.shared.responders import OFF, R_OFF, Ask, Unit
from schemas.decisions import Reasoned
from schemas.emergency_facts import PreemptionSuggested
from schemas.emergency_reasons import EmergencyRule, Shortfall

R_AT_SCENE = EmergencyRule.AT_ANOTHER_SCENE.value
R_LATER = EmergencyRule.LATER_THAN_THE_FIRST.value


class Taken(NamedTuple):
    """Somebody who could be taken; sorts by who should be."""

    travel_s: int
    lesser_first: int
    distance_m: int
    unit_id: str
    unit: Unit
    call: Call
    engagement: Engagement


def suggested(
    state: EmergencyState, call: Call, policy: EmergencyParameters, short: list[tuple[str, Shortfall]], now_ms: int
) -> tuple[Reasoned, ...]:
    """One suggestion for the first role that somebody could be taken for; none for an incident that is no life emergency."""
    if not policy.suggest_preemption or call.severity != SEVERITIES[0] or call.lat is None or call.lon is None:
        return ()
    wanted = [role for role in call.missing() if any(role[0] == name for name, _ in short)]
    for role in wanted:
        ask = Ask(Point(call.lat, call.lon), role[1:], policy.circles_m[-1], call.asked, True)
        seen = Considered()
        found = sorted(_takeable(state, ask, now_ms, seen))
        if not found:
            continue
        best = found[0]
        for other in found[1:]:
            seen.reject(other.unit_id, R_LATER, other.distance_m, _age_s(other.unit, now_ms))
        fact = PreemptionSuggested(
            call_id=call.call_id,
            candidate_id=best.unit_id,
            from_call_id=best.call.call_id,
            from_severity=best.call.severity,
            from_leg=best.engagement.leg.value,
            role=role[0],
            travel_s=best.travel_s,
            distance_m=best.distance_m,
            data_age_s=_age_s(best.unit, now_ms),
        )
        why = seen.why(best.unit_id, circle_m=ask.within_m, travel_s=best.travel_s, taken_from=best.call.call_id)
        return (Reasoned(fact, why),)
    return ()


def _takeable(state: EmergencyState, ask: Ask, now_ms: int, seen: Considered) -> list[Taken]:
    """Everybody on a lesser incident who could go, in no order that matters; the others are in ``seen`` with their rule."""
    found = []
    for call in state.calls.values():
        if call.severity not in SEVERITIES[1:]:
            continue
        for unit_id, engagement in call.engaged.items():
            unit = state.units.by_id[unit_id]
            distance_m = ask.point.distance_m(unit)
            if distance_m > ask.within_m:
                continue
            travel_s = state.units.travel.travel_s(unit.kind, distance_m)
            rule = R_AT_SCENE if engagement.leg is Leg.ON_SCENE else ask.excluded.get(unit_id)
            if rule is None and unit.status == OFF:
                rule = R_OFF
            rule = rule or state.units.unfit(unit, ask, travel_s, now_ms)
            if rule is None:
                lesser_first = -SEVERITIES.index(call.severity)
                found.append(Taken(travel_s, lesser_first, distance_m, unit_id, unit, call, engagement))
            else:
                seen.reject(unit_id, rule, distance_m, _age_s(unit, now_ms) if unit.fixed else None)
    return found


def _age_s(unit: Unit, now_ms: int) -> int:
    return (now_ms - unit.fix_ms) // 1000
