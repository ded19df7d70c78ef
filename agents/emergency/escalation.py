"""The chain that never stops by itself: who is told next when no human act came in time (E-R9, E03-E05, E12-E15).

Every open incident has one ladder deadline, from the moment it is opened until a human closes it. An operator's act moves it; when
it comes, either the incident is in human hands and is looked at again later, or the next level is told. Levels rise by one, the last
one repeats, and none is skipped, however late the clock is.
"""

from agents.emergency.calls import prioritised
from agents.emergency.policy import EmergencyParameters, SignalRule
from agents.emergency.state import Call, EmergencyState
from agents.shared.explanation import because
from schemas.decisions import Reasoned
from schemas.emergency_facts import CallEscalated, CallPrioritised, CallReviewed


def laddered(state: EmergencyState, call_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """The ladder's time has come."""
    call = state.calls[call_id]
    policy = state.policy_of(call)
    cause = _cause(call, policy, now_ms)
    if cause is None:
        step_by_ms = max(now_ms + 1000, call.last_act_ms + policy.review_s * 1000)
        fact = CallReviewed(call_id=call_id, state=call.state.value, step_by_ms=step_by_ms)
        return (Reasoned(fact, because("in_human_hands", last_act_ms=call.last_act_ms)),)
    last = len(policy.ladder)
    level = min(call.level + 1, last)
    step = policy.ladder[level - 1]
    escalated = CallEscalated(
        call_id=call_id,
        level=level,
        to=step.to,
        cause=cause,
        severity=call.severity,
        person_id=call.person_id,
        repeated=call.level == last,
        suggests=step.suggests,
        resumed=call.manual,
        step_by_ms=_next_ms(call, policy, cause, level, now_ms),
    )
    facts = [Reasoned(escalated, because(cause, opened_ms=call.opened_ms, last_act_ms=call.last_act_ms))]
    if (cause == "untriaged" or (cause == "unanswered" and step.silent)) and not (call.severity == "life" and call.dispatching):
        facts.append(Reasoned(treated_as_life(call, policy), because("silent", level=level)))
    return tuple(facts)


def treated_as_life(call: Call, policy: EmergencyParameters) -> CallPrioritised:
    """Nobody speaks: a life emergency, and responders go (E14)."""
    return prioritised(call, policy, "silent", SignalRule(kind=call.kind, severity="life", dispatch_at_once=True))


def _cause(call: Call, policy: EmergencyParameters, now_ms: int) -> str | None:
    """Why the next level must be told; None when the incident is in human hands."""
    if call.answered_ms is None:
        return "unanswered"
    if not call.triaged and not call.manual and not call.handed_to:
        return "untriaged"
    if not call.in_hand() and not call.manual:
        return "unserved"
    if now_ms - call.last_act_ms >= policy.review_s * 1000:
        return "handed_over" if call.handed_to else "no_act"
    return None


def _next_ms(call: Call, policy: EmergencyParameters, cause: str, level: int, now_ms: int) -> int:
    """When the level after this one is told. Unanswered levels keep their instants since the opening, but never come closer together
    than the policy set them, so that a late clock does not shout at everybody at once."""
    if cause != "unanswered" or level == len(policy.ladder):
        return now_ms + policy.repeat_s * 1000
    gap_ms = (policy.ladder[level].after_s - policy.ladder[level - 1].after_s) * 1000
    planned_ms = call.opened_ms + policy.ladder[level].after_s * 1000
    return planned_ms if planned_ms > now_ms else now_ms + min(gap_ms, 5000)


def after_act_ms(call: Call, policy: EmergencyParameters, now_ms: int, *, triaged: bool, manual: bool) -> int:
    """By when the next act must be seen, after an operator did something."""
    if not triaged and not manual and not call.handed_to:
        return now_ms + policy.triage_s * 1000
    return now_ms + (policy.review_s if manual or call.handed_to else policy.unserved_s) * 1000
