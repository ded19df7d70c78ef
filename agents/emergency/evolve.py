"""Facts of incidents into state: with `evolve_base`, the only writer. One function a fact; whoever adds a fact adds its row.

Deadline keys name the work they stand for: ``ladder|<call>`` (the next escalation; every open incident has one), ``search|<call>``,
``contact|<call>``, ``ask|<call>|<responder>``, ``watch|...``, ``check|...``, ``heartbeat|<device>``, ``callback|<call>``. Work to be
done at once has an instant before all real ones, by severity, so that a press is served before any backlog (`AT_ONCE_MS`).
"""

from collections.abc import Callable
from typing import Any

from agents.emergency.evolve_base import BASE_WRITERS
from agents.emergency.state import Call, EmergencyState, Ended, Engagement
from agents.emergency.states import CallState, Leg
from agents.emergency.steps import (
    arm,
    call_contacts,
    forget_work,
    leave,
    move,
    move_leg,
    name_of,
    set_severity,
    set_short,
    wake_next,
    wake_waiting,
    want,
)
from schemas import emergency_facts as facts
from schemas.facts import Fact


def evolve(state: EmergencyState, fact: Fact, now_ms: int) -> None:
    """Write one fact."""
    WRITERS[type(fact)](state, fact, now_ms)


def _opened(state: EmergencyState, fact: facts.CallOpened, now_ms: int) -> None:
    assert fact.call_id not in state.calls, "an incident is opened once"
    call = Call(fact.call_id)
    call.channel, call.kind, call.severity = fact.channel, fact.kind, fact.severity
    call.person_id, call.device_id = fact.person_id, fact.device_id
    call.lat, call.lon = fact.lat, fact.lon
    call.version, call.correlationid = fact.policy, fact.correlationid
    call.needs_review, call.roles = fact.needs_review, fact.roles
    call.opened_ms = call.last_act_ms = now_ms
    call.dispatching = fact.dispatching
    move(call, CallState.RECEIVED)
    state.calls[call.call_id] = call
    for subject in subjects(call):
        state.latest[subject] = call.call_id
    if fact.signal_id != fact.call_id:
        name_of(state, call, fact.signal_id)
    arm(state, f"ladder|{call.call_id}", fact.step_by_ms)
    want(state, call)
    call_contacts(state, call)


def subjects(call: Call) -> tuple[str, ...]:
    """Whom and what a repeated signal must come from to join this incident."""
    found = []
    if call.person_id is not None:
        found.append(f"person:{call.person_id}")
    if call.device_id is not None:
        found.append(f"device:{call.device_id}")
    return tuple(found)


def _merged(state: EmergencyState, fact: facts.CallMerged, _now_ms: int) -> None:
    call = state.calls[fact.into_call_id]
    call.signals = fact.count
    if fact.kept:
        name_of(state, call, fact.call_id)
    if call.lat is None and fact.lat is not None:
        call.lat, call.lon = fact.lat, fact.lon
        want(state, call)


def _prioritised(state: EmergencyState, fact: facts.CallPrioritised, _now_ms: int) -> None:
    call = state.calls[fact.call_id]
    set_severity(state, call, fact.severity)
    call.kind, call.roles, call.dispatching = fact.kind, fact.roles, fact.dispatching
    want(state, call)
    call_contacts(state, call)


def _answered(state: EmergencyState, fact: facts.CallAnsweredFact, now_ms: int) -> None:
    call = state.calls[fact.call_id]
    call.answered_ms = now_ms
    call.operator_id = fact.operator_id
    call.silent = fact.silent
    _acted(state, call, fact.step_by_ms, now_ms)


def _triaged(state: EmergencyState, fact: facts.CallTriagedFact, now_ms: int) -> None:
    call = state.calls[fact.call_id]
    call.triaged = True
    if call.answered_ms is None:
        call.answered_ms = now_ms
    set_severity(state, call, fact.severity)
    call.kind, call.needs, call.roles, call.dispatching = fact.kind, fact.needs, fact.roles, fact.dispatching
    call.lat, call.lon = fact.lat, fact.lon
    if not fact.dispatching:
        state.deadlines.clear(f"contact|{call.call_id}")
        call.called_contact = None
    want(state, call)
    call_contacts(state, call)
    _acted(state, call, fact.step_by_ms, now_ms)


def _taken_over(state: EmergencyState, fact: facts.CallTakenOverFact, now_ms: int) -> None:
    call = state.calls[fact.call_id]
    call.operator_id = fact.operator_id
    if call.answered_ms is None:
        call.answered_ms = now_ms
    call.manual = fact.control == "manual"
    want(state, call)
    _acted(state, call, fact.step_by_ms, now_ms)


def _acted(state: EmergencyState, call: Call, step_by_ms: int, now_ms: int) -> None:
    call.last_act_ms = now_ms
    arm(state, f"ladder|{call.call_id}", step_by_ms)
    move(call, call.progress())


def _escalated(state: EmergencyState, fact: facts.CallEscalated, _now_ms: int) -> None:
    call = state.calls[fact.call_id]
    assert fact.level in (call.level, call.level + 1), "levels rise by one"
    assert (fact.level == call.level) == fact.repeated
    call.level = fact.level
    if fact.cause == "unanswered" and state.policy_of(call).ladder[fact.level - 1].silent:
        call.silent = True
    if fact.resumed:
        call.manual = False
        want(state, call)
    arm(state, f"ladder|{call.call_id}", fact.step_by_ms)


def _reviewed(state: EmergencyState, fact: facts.CallReviewed, _now_ms: int) -> None:
    arm(state, f"ladder|{fact.call_id}", fact.step_by_ms)


def _dispatched(state: EmergencyState, fact: facts.ResponderDispatched, now_ms: int) -> None:
    call = state.calls[fact.call_id]
    unit = state.units.by_id[fact.responder_id]
    state.units.engage(unit, call.call_id)
    state.woken.pop(fact.responder_id, None)
    call.engaged[fact.responder_id] = Engagement(fact.role, Leg.ASKED, now_ms)
    call.asked.pop(fact.responder_id, None)
    if call.dispatched_ms is None:
        call.dispatched_ms = now_ms
    if fact.override is not None:
        call.last_act_ms = now_ms
    arm(state, f"ask|{call.call_id}|{fact.responder_id}", fact.accept_by_ms)
    move(call, call.progress())
    want(state, call)


def _short(state: EmergencyState, fact: facts.DispatchShort, now_ms: int) -> None:
    call = state.calls[fact.call_id]
    call.attempt = fact.attempt
    set_short(state, call, True)
    arm(state, f"search|{call.call_id}", fact.retry_ms)
    wake_next(state, call.call_id, now_ms)


def _complete(state: EmergencyState, fact: facts.SearchEnded, now_ms: int) -> None:
    call = state.calls[fact.call_id]
    call.attempt = 0
    want(state, call)
    wake_next(state, call.call_id, now_ms)


def _accepted(state: EmergencyState, fact: facts.DispatchAcceptedFact, now_ms: int) -> None:
    _moves_on(state, fact.call_id, fact.responder_id, Leg.ACCEPTED, now_ms)
    arm(state, f"watch|{fact.call_id}|{fact.responder_id}", fact.watch_by_ms)


def _en_route(state: EmergencyState, fact: facts.ResponderEnRoute, now_ms: int) -> None:
    _moves_on(state, fact.call_id, fact.responder_id, Leg.EN_ROUTE, now_ms)
    arm(state, f"watch|{fact.call_id}|{fact.responder_id}", fact.watch_by_ms)


def _arrived(state: EmergencyState, fact: facts.ResponderArrivedFact, now_ms: int) -> None:
    call = _moves_on(state, fact.call_id, fact.responder_id, Leg.ON_SCENE, now_ms)
    if call.arrived_ms is None:
        call.arrived_ms = now_ms
    arm(state, f"check|{fact.call_id}|{fact.responder_id}", fact.check_by_ms)


def _moves_on(state: EmergencyState, call_id: str, responder_id: str, leg: Leg, now_ms: int) -> Call:
    call = state.calls[call_id]
    engagement = call.engaged[responder_id]
    move_leg(engagement, leg)
    engagement.misses = 0
    forget_work(state, f"ask|{call_id}|{responder_id}")
    forget_work(state, f"watch|{call_id}|{responder_id}")
    call.last_act_ms = now_ms
    move(call, call.progress())
    return call


def _unheard(state: EmergencyState, fact: facts.ResponderUnheard, _now_ms: int) -> None:
    state.calls[fact.call_id].engaged[fact.responder_id].misses = fact.count
    arm(state, f"watch|{fact.call_id}|{fact.responder_id}", fact.watch_by_ms)


def _checked_in(state: EmergencyState, fact: facts.SceneCheckedInFact, now_ms: int) -> None:
    call = state.calls[fact.call_id]
    call.engaged[fact.responder_id].misses = 0
    call.last_act_ms = now_ms
    arm(state, f"check|{fact.call_id}|{fact.responder_id}", fact.check_by_ms)


def _check_missed(state: EmergencyState, fact: facts.SceneCheckMissed, _now_ms: int) -> None:
    state.calls[fact.call_id].engaged[fact.responder_id].misses = fact.count
    arm(state, f"check|{fact.call_id}|{fact.responder_id}", fact.check_by_ms)


def _dispatch_ended(state: EmergencyState, fact: facts.DispatchEnded, now_ms: int) -> None:
    call = state.calls[fact.call_id]
    woken = leave(state, call, fact.responder_id, 0)
    if fact.cause != "gone_off":
        call.asked[fact.responder_id] = "declined_before" if fact.cause == "declined" else "no_answer_before"
        while len(call.asked) > state.policy_of(call).asked_kept:
            del call.asked[next(iter(call.asked))]
    call.round = fact.round
    move(call, call.progress())
    want(state, call)
    if woken:
        wake_waiting(state, state.units.by_id[fact.responder_id], now_ms)


def _released(state: EmergencyState, fact: facts.ResponderReleased, now_ms: int) -> None:
    call = state.calls[fact.call_id]
    if fact.served:
        call.served.append(call.engaged[fact.responder_id].role)
    woken = leave(state, call, fact.responder_id, fact.rest_until_ms)
    call.last_act_ms = now_ms
    move(call, call.progress())
    if fact.cause == "cancelled":
        call.asked[fact.responder_id] = "declined_before"
    if fact.cause in ("overridden", "cancelled"):
        want(state, call)
    # Whom an operator takes away is on another incident with the next fact.
    if woken and fact.cause != "overridden":
        leaving = call.call_id if fact.cause in ("closed", "triaged_false") else None
        wake_waiting(state, state.units.by_id[fact.responder_id], now_ms, leaving)


def _contact_called(state: EmergencyState, fact: facts.ContactCalled, _now_ms: int) -> None:
    call = state.calls[fact.call_id]
    call.contact_step = fact.step
    call.called_contact = fact.contact_id
    if fact.contact_id not in call.called:
        call.called.append(fact.contact_id)
    arm(state, f"contact|{call.call_id}", fact.answer_by_ms)


def _contact_answered(state: EmergencyState, fact: facts.ContactAnsweredFact, now_ms: int) -> None:
    call = state.calls[fact.call_id]
    call.called_contact = None
    if fact.result == "accepted":
        call.accepted_contact = fact.contact_id
        forget_work(state, f"contact|{call.call_id}")
    else:
        arm(state, f"contact|{call.call_id}", now_ms)


def _contacts_exhausted(state: EmergencyState, fact: facts.ContactsExhausted, _now_ms: int) -> None:
    state.calls[fact.call_id].called_contact = None
    forget_work(state, f"contact|{fact.call_id}")


def _access_released(state: EmergencyState, fact: facts.AccessReleased, _now_ms: int) -> None:
    state.calls[fact.call_id].released_to.append(f"{fact.to_kind}:{fact.to_id}")


def _handed_over(state: EmergencyState, fact: facts.CallHandedOverFact, now_ms: int) -> None:
    call = state.calls[fact.call_id]
    call.handed_to.append(fact.to)
    if call.answered_ms is None:
        call.answered_ms = now_ms
    _acted(state, call, fact.step_by_ms, now_ms)


def _closed(state: EmergencyState, fact: facts.CallClosedFact, now_ms: int) -> None:
    call = state.calls.pop(fact.call_id)
    assert not call.engaged, "who is sent is released before the incident ends"
    assert not call.tasks, "its tasks end before the incident"
    move(call, CallState.CLOSED)
    set_short(state, call, False)
    for work in ("ladder", "search", "contact"):
        forget_work(state, f"{work}|{call.call_id}")
    for subject in subjects(call):
        if state.latest.get(subject) == call.call_id:
            del state.latest[subject]
    for name in call.names:
        del state.names[name]
    wake_next(state, call.call_id, now_ms)
    owed = fact.callback_by_ms is not None
    state.ended[call.call_id] = Ended(CallState.CLOSED, fact.outcome, call.person_id, now_ms, call.version, owed)
    if fact.callback_by_ms is None:
        state.ended_order.append(call.call_id)
    else:
        state.callbacks.expect(call.call_id, max(1, fact.callback_by_ms - now_ms), now_ms, fact.callback_by_ms)


def _called_back(state: EmergencyState, fact: facts.CallCalledBackFact, now_ms: int) -> None:
    ended = state.ended[fact.call_id]
    assert ended.state is CallState.CLOSED
    assert ended.callback
    ended.state = CallState.CALLED_BACK
    ended.callback = False
    ended.outcome = fact.outcome
    ended.ended_ms = now_ms
    state.callbacks.end(fact.call_id)
    state.stuck.pop(f"callback|{fact.call_id}", None)
    state.ended_order.append(fact.call_id)


def _call_back_missed(state: EmergencyState, fact: facts.CallBackMissed, _now_ms: int) -> None:
    owed = state.callbacks.get(fact.call_id)
    assert owed is not None
    state.callbacks.missed(fact.call_id, min(fact.count, owed.level + 1), fact.next_ms)


def _nothing(state: EmergencyState, fact: Fact, now_ms: int) -> None:
    """Said for readers; the state knows it by other facts."""


# Each row takes the fact of its own key, which no type checker can say of a table.
WRITERS: dict[type[Fact], Callable[[EmergencyState, Any, int], None]] = {
    **BASE_WRITERS,
    facts.CallOpened: _opened,
    facts.CallMerged: _merged,
    facts.CallPrioritised: _prioritised,
    facts.CallAnsweredFact: _answered,
    facts.CallTriagedFact: _triaged,
    facts.CallTakenOverFact: _taken_over,
    facts.CallEscalated: _escalated,
    facts.CallReviewed: _reviewed,
    facts.ResponderDispatched: _dispatched,
    facts.DispatchShort: _short,
    facts.SearchEnded: _complete,
    facts.PreemptionSuggested: _nothing,
    facts.DispatchAcceptedFact: _accepted,
    facts.ResponderEnRoute: _en_route,
    facts.ResponderArrivedFact: _arrived,
    facts.ResponderUnheard: _unheard,
    facts.SceneCheckedInFact: _checked_in,
    facts.SceneCheckMissed: _check_missed,
    facts.DispatchEnded: _dispatch_ended,
    facts.ResponderReleased: _released,
    facts.GapLeft: _nothing,
    facts.ContactCalled: _contact_called,
    facts.ContactAnsweredFact: _contact_answered,
    facts.ContactsExhausted: _contacts_exhausted,
    facts.AccessReleased: _access_released,
    facts.CallHandedOverFact: _handed_over,
    facts.CallClosedFact: _closed,
    facts.CallCalledBackFact: _called_back,
    facts.CallBackMissed: _call_back_missed,
}
