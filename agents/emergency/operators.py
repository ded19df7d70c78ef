"""What operators do with an incident: answer, judge, take over, override, call off, hand over, close, call back.

Only the roles that policy names may (E05); what they do is recorded with who did it, and an override with its reason.
"""

from typing import Any

from agents.core import Verdict, accept, refuse
from agents.emergency import handover
from agents.emergency.contacts import gone
from agents.emergency.escalation import after_act_ms, treated_as_life
from agents.emergency.policy import EmergencyParameters
from agents.emergency.protocol import Derived, derived
from agents.emergency.seek import dispatched, gap_left
from agents.emergency.state import Call, EmergencyState
from agents.emergency.states import CallState, Leg
from agents.emergency.tasks import all_closed, task_closed
from agents.shared.explanation import because
from agents.shared.nearest import Point
from agents.shared.responders import Ask, Found
from schemas import emergency as words
from schemas.decisions import Reasoned, Why
from schemas.emergency_facts import (
    CallAnsweredFact,
    CallCalledBackFact,
    CallClosedFact,
    CallHandedOverFact,
    CallTakenOverFact,
    CallTriagedFact,
    ResponderReleased,
)
from schemas.emergency_reasons import EmergencyReason
from schemas.facts import Fact, TaskClosed, TaskKind


def _open(state: EmergencyState, event: Any) -> tuple[Call, EmergencyParameters] | Verdict:
    """The incident an operator acts on, or the refusal: an unknown or ended one, or an actor who may not."""
    call = state.call(event.data.call_id)
    if call is None:
        return refuse(gone(state, event.data.call_id))
    policy = state.policy_of(call)
    role = event.actor.split(":", 1)[0]
    if role not in policy.human_roles:
        return refuse(EmergencyReason.NOT_AUTHORISED, because("human_roles", role=role))
    return call, policy


def answered(state: EmergencyState, event: words.CallAnsweredEvent, now_ms: int) -> Verdict:
    """An operator speaks with the person, or hears nobody: then it is a life emergency at once."""
    found = _open(state, event)
    if isinstance(found, Verdict):
        return found
    call, policy = found
    if call.answered_ms is not None:
        return refuse(EmergencyReason.ANSWERED_ALREADY, because("answered_before", operator_id=call.operator_id))
    data = event.data
    fact = CallAnsweredFact(
        call_id=call.call_id,
        operator_id=data.operator_id,
        silent=data.silent,
        waited_ms=now_ms - call.opened_ms,
        step_by_ms=after_act_ms(call, policy, now_ms, triaged=call.triaged, manual=call.manual),
    )
    if data.silent and not call.triaged:
        return accept(fact, treated_as_life(call, policy), why=because("silent"))
    return accept(fact)


def triaged(state: EmergencyState, event: words.CallTriagedEvent, now_ms: int) -> Verdict:
    """A human judged it: the mix follows the kind and the needs; a false alarm calls everybody off who was sent. Answers to the
    protocol's questions raise or lower what he says, unless he says why it stands (E18)."""
    found = _open(state, event)
    if isinstance(found, Verdict):
        return found
    call, policy = found
    data = event.data
    asked = derived(policy.protocol, data.kind or call.kind, data.answers, data.severity.value, silent=call.silent)
    severity = asked.severity if data.severity_reason is None else data.severity.value
    kind = data.kind or asked.kind or call.kind
    needs = tuple(dict.fromkeys((*data.needs, *asked.needs))) if asked.needs else data.needs
    false = severity == words.Severity.FALSE
    position = data.position
    fact = CallTriagedFact(
        call_id=call.call_id,
        by=event.actor,
        severity=severity,
        kind=kind,
        needs=needs,
        roles=() if false else policy.mix(kind, needs),
        dispatching=not false,
        lat=call.lat if position is None else position.lat,
        lon=call.lon if position is None else position.lon,
        step_by_ms=after_act_ms(call, policy, now_ms, triaged=True, manual=call.manual),
        answers=asked.answers,
        ignored=asked.ignored,
        said=data.severity.value if data.answers else None,
        derived=asked.severity if data.answers else None,
        rule=asked.rule,
        severity_reason=data.severity_reason,
    )
    why = _by_protocol(call, data, asked)
    if not false:
        return accept(fact, *task_closed(call, TaskKind.CALL_NEEDS_REVIEW, "triaged"), why=why)
    called_off = [released(call, policy, responder_id, "triaged_false", now_ms) for responder_id in call.engaged]
    return accept(fact, *called_off, *all_closed(call, "triaged_false"), why=why)


def _by_protocol(call: Call, data: words.CallTriaged, asked: Derived) -> Why | None:
    """Why the priority is not simply what the operator said, or why it is all the same."""
    said, answer, protocol = data.severity.value, asked.rule, call.version
    if data.severity_reason is not None:
        return because("operator_knows_better", reason=data.severity_reason, derived=asked.severity, answer=answer, protocol=protocol)
    if asked.kept:
        return because("silent_not_lowered", said=said, answer=answer, protocol=protocol)
    if answer is not None:
        return because("by_protocol", said=said, answer=answer, protocol=protocol)
    return None


def taken_over(state: EmergencyState, event: words.CallTakenOverEvent, now_ms: int) -> Verdict:
    """At every moment: who is sent already goes on, the rules choose nobody else until they are given it back."""
    found = _open(state, event)
    if isinstance(found, Verdict):
        return found
    call, policy = found
    data = event.data
    manual = data.control is words.Control.MANUAL
    return accept(
        CallTakenOverFact(
            call_id=call.call_id,
            operator_id=data.operator_id,
            reason=data.reason,
            control=data.control.value,
            step_by_ms=after_act_ms(call, policy, now_ms, triaged=call.triaged, manual=manual),
        )
    )


def overridden(state: EmergencyState, event: words.DispatchOverriddenEvent, now_ms: int) -> Verdict:
    """This responder goes, whatever distance, skills, rest or age of data say; taken from another incident if need be, which then
    looks for somebody else (E09). The rule it would have failed is recorded."""
    found = _open(state, event)
    if isinstance(found, Verdict):
        return found
    call, policy = found
    data = event.data
    unit = state.units.by_id.get(data.responder_id)
    if unit is None:
        return refuse(EmergencyReason.UNKNOWN_RESPONDER)
    if data.responder_id in call.engaged:
        return refuse(EmergencyReason.ALREADY_THERE)
    facts: list[Fact] = []
    other = None if unit.engaged is None else state.calls[unit.engaged]
    if other is not None:
        facts.append(released(other, state.policy_of(other), unit.place_id, "overridden", now_ms, reason=data.reason))
    distance_m = travel_s = 0
    rule = "no_incident_position"
    if call.lat is not None and call.lon is not None:
        point = Point(call.lat, call.lon)
        distance_m = point.distance_m(unit)
        travel_s = state.units.travel.travel_s(unit.kind, distance_m)
        ask = Ask(point, (), distance_m, call.asked, not policy.rest_excluded)
        rule = state.units.ruled_out(unit, ask, travel_s, now_ms) or "none"
    role = call.role_for(unit.skills)
    chosen = Found(unit, distance_m, travel_s, rule != "in_rest", rule == "planned_work")
    fact = dispatched(call, policy, chosen, role, now_ms, circle_m=0, override=data.reason)
    facts.append(fact)
    gap = gap_left(state, call.call_id, policy, unit, {unit.place_id: "chosen"})
    why = because("override", chosen_by=event.actor, overrides=rule, taken_from=None if other is None else other.call_id)
    return accept(*facts, *(() if gap is None else (gap,)), why=why)


def cancelled(state: EmergencyState, event: words.DispatchCancelledEvent, now_ms: int) -> Verdict:
    """This responder is called off; its role is open again, and it is not asked again."""
    found = _open(state, event)
    if isinstance(found, Verdict):
        return found
    call, policy = found
    if event.data.responder_id not in call.engaged:
        return refuse(EmergencyReason.NOT_DISPATCHED)
    return accept(released(call, policy, event.data.responder_id, "cancelled", now_ms, reason=event.data.reason))


def handed_over(state: EmergencyState, event: words.CallHandedOverEvent, now_ms: int) -> Verdict:
    """Another desk gets all it needs; the incident stays open here until closed."""
    found = _open(state, event)
    if isinstance(found, Verdict):
        return found
    call, policy = found
    data = event.data
    fact = CallHandedOverFact(
        call_id=call.call_id,
        to=data.to.value,
        reference=data.reference,
        by=event.actor,
        eido=handover.eido(call, state.area, event.actor, data.to.value, now_ms),
        summary=handover.summary(call, data.to.value, now_ms),
        step_by_ms=now_ms + policy.review_s * 1000,
    )
    return accept(fact, *task_closed(call, TaskKind.CALL_NEEDS_REVIEW, "handed_over"))


def closed(state: EmergencyState, event: words.CallClosedEvent, now_ms: int) -> Verdict:
    """A human ends it with a coded outcome; who was sent is free, open tasks end, and a call-back is owed (E22)."""
    found = _open(state, event)
    if isinstance(found, Verdict):
        return found
    call, policy = found
    outcome = event.data.outcome.value
    facts: list[Fact | Reasoned] = [released(call, policy, responder_id, "closed", now_ms) for responder_id in call.engaged]
    facts += all_closed(call, "call_closed")
    facts.append(
        CallClosedFact(
            call_id=call.call_id,
            outcome=outcome,
            by=event.actor,
            channel=call.channel,
            kind=call.kind,
            severity=call.severity,
            person_id=call.person_id,
            signals=call.signals,
            level=call.level,
            opened_ms=call.opened_ms,
            answered_ms=call.answered_ms,
            dispatched_ms=call.dispatched_ms,
            arrived_ms=call.arrived_ms,
            callback_by_ms=None if outcome in policy.callback_not_for else now_ms + policy.callback_s * 1000,
        )
    )
    return accept(*facts)


def called_back(state: EmergencyState, event: words.CallCalledBackEvent, _now_ms: int) -> Verdict:
    """The person was asked how it went: late is better than never."""
    call_id = event.data.call_id
    if state.call(call_id) is not None:
        return refuse(EmergencyReason.CALL_OPEN)
    ended = state.ended.get(call_id)
    if ended is None:
        return refuse(EmergencyReason.UNKNOWN_CALL)
    if event.actor.split(":", 1)[0] not in state.policies.of(ended.version).human_roles:
        return refuse(EmergencyReason.NOT_AUTHORISED)
    if not ended.callback:
        return refuse(EmergencyReason.CALLED_BACK_ALREADY if ended.state is CallState.CALLED_BACK else EmergencyReason.CALL_CLOSED)
    owed = state.callbacks.get(call_id)
    fact = CallCalledBackFact(call_id=call_id, outcome=event.data.outcome.value, by=event.actor, late=owed is not None and owed.level > 0)
    task = () if ended.task_id is None else (TaskClosed(task_id=ended.task_id, result="called_back"),)
    return accept(*task, fact)


def released(
    call: Call, policy: EmergencyParameters, responder_id: str, cause: str, now_ms: int, *, reason: str | None = None
) -> ResponderReleased:
    """The responder leaves the incident; one that had set out rests."""
    leg = call.engaged[responder_id].leg
    tired = leg in (Leg.EN_ROUTE, Leg.ON_SCENE)
    return ResponderReleased(
        call_id=call.call_id,
        responder_id=responder_id,
        cause=cause,
        reason=reason,
        served=leg is Leg.ON_SCENE and cause == "left_scene",
        rest_until_ms=now_ms + policy.rest_after_case_s * 1000 if tired else 0,
    )
