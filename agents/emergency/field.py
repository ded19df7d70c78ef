"""What responders say: status, position, acceptance, arrival, check-in; and what their silence means (E3, E15, E-R9)."""

from agents.core import Verdict, accept, refuse
from agents.emergency.calls import prioritised
from agents.emergency.contacts import access_released, gone
from agents.emergency.operators import released
from agents.emergency.policy import SignalRule
from agents.emergency.state import Call, EmergencyState, Engagement
from agents.emergency.states import Leg
from agents.emergency.tasks import task_closed, task_opened
from agents.shared.explanation import because
from schemas import emergency as words
from schemas.decisions import Reasoned
from schemas.emergency_facts import (
    DispatchAcceptedFact,
    DispatchEnded,
    ResponderArrivedFact,
    ResponderEnRoute,
    ResponderUnheard,
    SceneCheckedInFact,
    SceneCheckMissed,
)
from schemas.emergency_reasons import EmergencyReason
from schemas.emergency_units_facts import ResponderListed, ResponderLocated, ResponderStatusRecorded
from schemas.facts import TaskKind

ROLES_MAX = 20
"""Roles one incident can have: a scene that keeps asking does not grow it without end."""
MOVING = (Leg.ACCEPTED, Leg.EN_ROUTE)
Facts = list[Reasoned]


def registered(_state: EmergencyState, event: words.ResponderRegisteredEvent, _now_ms: int) -> Verdict:
    """A directory entry; a later one replaces it whole. Nobody is available before it says so."""
    data = event.data
    return accept(
        ResponderListed(
            responder_id=data.responder_id,
            kind=data.kind,
            lat=data.position.lat,
            lon=data.position.lon,
            skills=tuple(sorted(set(data.skills))),
            max_travel_s=data.max_travel_s,
        )
    )


def reported(state: EmergencyState, event: words.ResponderReportedEvent, now_ms: int) -> Verdict:
    """A status, and what it means for the incident the responder is on."""
    data = event.data
    unit = state.units.by_id.get(data.responder_id)
    if unit is None:
        return refuse(EmergencyReason.UNKNOWN_RESPONDER)
    call = None if unit.engaged is None else state.calls[unit.engaged]
    engagement = None if call is None else call.engaged[unit.place_id]
    status = ResponderStatusRecorded(
        responder_id=unit.place_id,
        status=data.status.value,
        lat=None if data.position is None else data.position.lat,
        lon=None if data.position is None else data.position.lon,
        watch_by_ms=_watch_by_ms(state, call, engagement, now_ms),
        reserved_from_ms=None if data.reserved_from is None else round(data.reserved_from.timestamp() * 1000),
        reserved_until_ms=None if data.reserved_until is None else round(data.reserved_until.timestamp() * 1000),
    )
    if call is None or engagement is None:
        return accept(status)
    return accept(status, *_meaning(state, call, unit.place_id, data.status, now_ms))


def _meaning(state: EmergencyState, call: Call, responder_id: str, status: words.UnitStatus, now_ms: int) -> Facts:
    """Moving is accepting, being there is arriving, resting or off is leaving; available at the scene's end is leaving it."""
    engagement = call.engaged[responder_id]
    leg = engagement.leg
    facts: Facts = []
    gave_up = status in (words.UnitStatus.OFF, words.UnitStatus.RESTING) or (status is words.UnitStatus.AVAILABLE and leg is Leg.EN_ROUTE)
    if gave_up and leg is not Leg.ON_SCENE:
        return [*_unheard_closed(call, "gone_off"), Reasoned(_ended(call, responder_id, "gone_off", status.value))]
    if leg is Leg.ON_SCENE:
        if status in (words.UnitStatus.ON_SCENE, words.UnitStatus.EN_ROUTE):
            return facts
        left = released(call, state.policy_of(call), responder_id, "left_scene", now_ms)
        return [*task_closed(call, TaskKind.SCENE_UNHEARD, "left_scene"), Reasoned(left)]
    if status is words.UnitStatus.AVAILABLE:
        return _unheard_closed(call, "heard")
    if leg is Leg.ASKED:
        facts += _accepting(state, call, responder_id, engagement, now_ms)
    if status is words.UnitStatus.ON_SCENE:
        facts += _arriving(state, call, responder_id, engagement, now_ms)
    elif leg is not Leg.EN_ROUTE:
        watch_by_ms = now_ms + state.policy_of(call).watch_s * 1000
        facts.append(Reasoned(ResponderEnRoute(call_id=call.call_id, responder_id=responder_id, watch_by_ms=watch_by_ms)))
    return [*facts, *_unheard_closed(call, "heard")]


def positioned(state: EmergencyState, event: words.ResponderPositionedEvent, now_ms: int) -> Verdict:
    """A position: the hottest event of the domain."""
    data = event.data
    unit = state.units.by_id.get(data.responder_id)
    if unit is None:
        return refuse(EmergencyReason.UNKNOWN_RESPONDER)
    call = None if unit.engaged is None else state.calls[unit.engaged]
    engagement = None if call is None else call.engaged[unit.place_id]
    fact = ResponderLocated(
        responder_id=unit.place_id,
        lat=data.position.lat,
        lon=data.position.lon,
        watch_by_ms=_watch_by_ms(state, call, engagement, now_ms),
    )
    return accept(fact, *(() if call is None or engagement is None or not engagement.misses else _unheard_closed(call, "heard")))


def _watch_by_ms(state: EmergencyState, call: Call | None, engagement: Engagement | None, now_ms: int) -> int | None:
    if call is None or engagement is None or engagement.leg not in MOVING:
        return None
    return now_ms + state.policy_of(call).watch_s * 1000


def _unheard_closed(call: Call, result: str) -> Facts:
    return list(task_closed(call, TaskKind.RESPONDER_UNHEARD, result))


def _on(state: EmergencyState, call_id: str, responder_id: str) -> tuple[Call, Engagement] | EmergencyReason:
    """The incident and what the responder does on it, or why it has nothing to say there."""
    call = state.call(call_id)
    if call is None:
        return gone(state, call_id)
    engagement = call.engaged.get(responder_id)
    if engagement is None:
        known = responder_id in state.units.by_id
        return EmergencyReason.NOT_DISPATCHED if known else EmergencyReason.UNKNOWN_RESPONDER
    return call, engagement


def accepted(state: EmergencyState, event: words.DispatchAcceptedEvent, now_ms: int) -> Verdict:
    """The responder goes, and is shown the way in."""
    found = _on(state, event.data.call_id, event.data.responder_id)
    if isinstance(found, EmergencyReason):
        return refuse(found)
    call, engagement = found
    if engagement.leg is not Leg.ASKED:
        return refuse(EmergencyReason.ACCEPTED_ALREADY)
    return accept(*_accepting(state, call, event.data.responder_id, engagement, now_ms))


def _accepting(state: EmergencyState, call: Call, responder_id: str, engagement: Engagement, now_ms: int) -> Facts:
    fact = DispatchAcceptedFact(
        call_id=call.call_id,
        responder_id=responder_id,
        role=engagement.role,
        waited_ms=now_ms - engagement.asked_ms,
        watch_by_ms=now_ms + state.policy_of(call).watch_s * 1000,
    )
    return [Reasoned(fact), *map(Reasoned, access_released(state, call, "responder", responder_id))]


def declined(state: EmergencyState, event: words.DispatchDeclinedEvent, _now_ms: int) -> Verdict:
    """The responder will not come, also after it had accepted: the next one is asked."""
    data = event.data
    found = _on(state, data.call_id, data.responder_id)
    if isinstance(found, EmergencyReason):
        return refuse(found)
    call, engagement = found
    if engagement.leg is Leg.ON_SCENE:
        return refuse(EmergencyReason.ARRIVED_ALREADY)
    return accept(*_unheard_closed(call, "declined"), _ended(call, data.responder_id, "declined", data.reason))


def _ended(call: Call, responder_id: str, cause: str, reason: str | None) -> DispatchEnded:
    role = call.engaged[responder_id].role
    return DispatchEnded(call_id=call.call_id, responder_id=responder_id, role=role, cause=cause, reason=reason, round=call.round + 1)


def arrived(state: EmergencyState, event: words.ResponderArrivedEvent, now_ms: int) -> Verdict:
    """At the scene; whoever never said that it accepts has done so by coming."""
    data = event.data
    found = _on(state, data.call_id, data.responder_id)
    if isinstance(found, EmergencyReason):
        return refuse(found)
    call, engagement = found
    if engagement.leg is Leg.ON_SCENE:
        return refuse(EmergencyReason.ARRIVED_ALREADY)
    facts: Facts = []
    if engagement.leg is Leg.ASKED:
        facts += _accepting(state, call, data.responder_id, engagement, now_ms)
    facts += _arriving(state, call, data.responder_id, engagement, now_ms)
    return accept(*facts, *_unheard_closed(call, "arrived"))


def _arriving(state: EmergencyState, call: Call, responder_id: str, engagement: Engagement, now_ms: int) -> Facts:
    fact = ResponderArrivedFact(
        call_id=call.call_id,
        responder_id=responder_id,
        travel_ms=now_ms - engagement.asked_ms,
        since_raised_ms=now_ms - call.opened_ms,
        check_by_ms=now_ms + state.policy_of(call).check_in_s * 1000,
    )
    return [Reasoned(fact)]


def checked_in(state: EmergencyState, event: words.SceneCheckedInEvent, now_ms: int) -> Verdict:
    """A word from the scene; asking for more help makes the incident grave and its mix wider."""
    data = event.data
    found = _on(state, data.call_id, data.responder_id)
    if isinstance(found, EmergencyReason):
        return refuse(found)
    call, engagement = found
    if engagement.leg is not Leg.ON_SCENE:
        return refuse(EmergencyReason.NOT_ON_SCENE)
    policy = state.policy_of(call)
    fact = SceneCheckedInFact(call_id=call.call_id, responder_id=data.responder_id, check_by_ms=now_ms + policy.check_in_s * 1000)
    facts: Facts = [Reasoned(fact), *task_closed(call, TaskKind.SCENE_UNHEARD, "checked_in")]
    if data.needs and call.severity != words.Severity.FALSE:
        raised = prioritised(call, policy, "scene", SignalRule(kind=call.kind, severity="life", dispatch_at_once=True))
        more = tuple((need, need) for need in dict.fromkeys(data.needs))
        facts.append(Reasoned(raised.model_copy(update={"roles": (*call.roles, *more)[:ROLES_MAX]})))
    return accept(*facts)


def unanswered(state: EmergencyState, call_id: str, responder_id: str) -> tuple[Reasoned, ...]:
    """No answer in time: the next one is asked, wider (E-R9)."""
    fact = _ended(state.calls[call_id], responder_id, "timeout", None)
    return (Reasoned(fact, because("accept_timeout")),)


def unheard(state: EmergencyState, call_id: str, responder_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """Nothing came from one that is on its way: an operator must check; after so many times somebody else is sent."""
    call = state.calls[call_id]
    policy = state.policy_of(call)
    count = call.engaged[responder_id].misses + 1
    if count >= policy.unheard_max:
        ended = Reasoned(_ended(call, responder_id, "unheard", None), because("unheard_max", count=count))
        return *_unheard_closed(call, "replaced"), ended
    fact = ResponderUnheard(
        call_id=call_id,
        responder_id=responder_id,
        count=count,
        silent_s=count * policy.watch_s,
        watch_by_ms=now_ms + policy.watch_s * 1000,
    )
    task = task_opened(call, TaskKind.RESPONDER_UNHEARD, now_ms, responder_id=responder_id)
    return Reasoned(fact, because("no_position")), *task


def check_missed(state: EmergencyState, call_id: str, responder_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """No word from the scene in time: an operator must ask, each time again."""
    call = state.calls[call_id]
    fact = SceneCheckMissed(
        call_id=call_id,
        responder_id=responder_id,
        count=call.engaged[responder_id].misses + 1,
        check_by_ms=now_ms + state.policy_of(call).check_in_s * 1000,
    )
    task = task_opened(call, TaskKind.SCENE_UNHEARD, now_ms, responder_id=responder_id)
    return Reasoned(fact, because("no_check_in")), *task
