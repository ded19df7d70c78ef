"""Signals into incidents: never refused, each to exactly one incident, repeats joined (E01, E06, E16)."""

from typing import NamedTuple

from agents.core import Verdict, accept
from agents.emergency.policy import EmergencyParameters, SignalRule
from agents.emergency.state import SEVERITIES, Call, EmergencyState
from agents.emergency.tasks import open_task
from agents.shared.explanation import because
from agents.shared.ids import derived_id
from schemas.emergency import CallRaised, CallRaisedEvent
from schemas.emergency_facts import CallMerged, CallOpened, CallPrioritised
from schemas.emergency_reasons import Review
from schemas.facts import Fact, TaskKind


class Subject(NamedTuple):
    """Whose signal it is and where, as far as anybody knows, and what a human should look at."""

    person_id: str | None
    lat: float | None
    lon: float | None
    position_from: str | None
    needs_review: tuple[str, ...]


def raised(state: EmergencyState, event: CallRaisedEvent, now_ms: int) -> Verdict:
    """Join the incident this signal repeats, or open one; nothing about a signal is a reason to refuse it."""
    data = event.data
    subject = identify(state, data)
    call = _repeats(state, data, subject, now_ms)
    if call is not None:
        return _merged(state, call, data, subject)
    policy = state.policies.at(now_ms)
    rule = policy.signal(data.channel.value)
    call_id, review = data.call_id, subject.needs_review
    if call_id in state.ended or call_id in state.names or call_id in state.calls:
        call_id = derived_id("call", event.id)
        review = (*review, Review.CALL_ID_REUSED.value)
    related = _latest(state, subject.person_id, data.device_id)
    fact = CallOpened(
        call_id=call_id,
        signal_id=data.call_id,
        channel=data.channel.value,
        kind=rule.kind,
        severity=rule.severity,
        person_id=subject.person_id,
        device_id=data.device_id,
        lat=subject.lat,
        lon=subject.lon,
        position_from=subject.position_from,
        needs_review=review,
        dispatching=rule.dispatch_at_once,
        roles=policy.mix(rule.kind),
        policy=state.policies.version,
        first_seat=policy.first_seat,
        step_by_ms=now_ms + policy.ladder[0].after_s * 1000,
        correlationid=event.correlationid,
        related_call_id=None if related is None else related.call_id,
    )
    why = because("opened", channel=data.channel.value, window_s=policy.merge_window_s, related=fact.related_call_id)
    if not review:
        return accept(fact, why=why)
    task = open_task(call_id, TaskKind.CALL_NEEDS_REVIEW, now_ms, severity=rule.severity, needs_review=list(review))
    return accept(fact, task, why=why)


def identify(state: EmergencyState, data: CallRaised) -> Subject:
    """Person and place from the signal, else from the device's registration, else from the person's."""
    review = dict.fromkeys(data.needs_review)
    person_id = data.person_id
    device = None if data.device_id is None else state.devices.get(data.device_id)
    if data.device_id is not None and device is None:
        review[Review.DEVICE_UNKNOWN.value] = None
    if device is not None:
        if not state.lives(device.device_id):
            review[Review.DEVICE_SILENT.value] = None
        if person_id is None:
            person_id = device.person_id
        elif device.person_id is not None and device.person_id != person_id:
            review[Review.PERSON_DIFFERS.value] = None
    if person_id is None:
        review[Review.PERSON_MISSING.value] = None
    cover = None if person_id is None else state.covers.get(person_id)
    for known, source in ((data.position, "signal"), (device, "device"), (cover, "person")):
        if known is not None and known.lat is not None:
            return Subject(person_id, known.lat, known.lon, source, tuple(review))
    review[Review.POSITION_MISSING.value] = None
    return Subject(person_id, None, None, None, tuple(review))


def _repeats(state: EmergencyState, data: CallRaised, subject: Subject, now_ms: int) -> Call | None:
    """The open incident that this signal belongs to: the same call id, or the same person or device inside the window. Another
    person, a later signal, and one after an operator judged the incident false open a new one."""
    named = state.call(data.call_id)
    if named is not None and _same_subject(named, subject.person_id, data.device_id):
        return named
    call = _latest(state, subject.person_id, data.device_id)
    if call is None or call.severity not in SEVERITIES:
        return None
    return call if now_ms - call.opened_ms < state.policy_of(call).merge_window_s * 1000 else None


def _latest(state: EmergencyState, person_id: str | None, device_id: str | None) -> Call | None:
    """The newest open incident of this person, or of this device when nothing says that it was another person's."""
    call_id = None if person_id is None else state.latest.get(f"person:{person_id}")
    if call_id is not None:
        return state.calls[call_id]
    call_id = None if device_id is None else state.latest.get(f"device:{device_id}")
    if call_id is None:
        return None
    call = state.calls[call_id]
    return call if _same_subject(call, person_id, device_id) else None


def _same_subject(call: Call, person_id: str | None, device_id: str | None) -> bool:
    """Whether nothing says that this is about somebody else."""
    if person_id is not None and call.person_id is not None:
        return person_id == call.person_id
    if device_id is not None and call.device_id is not None:
        return device_id == call.device_id
    return person_id is None or call.person_id is None


def _merged(state: EmergencyState, call: Call, data: CallRaised, subject: Subject) -> Verdict:
    policy = state.policy_of(call)
    known = data.call_id == call.call_id or data.call_id in state.names or data.call_id in state.calls or data.call_id in state.ended
    fact = CallMerged(
        call_id=data.call_id,
        into_call_id=call.call_id,
        channel=data.channel.value,
        person_id=subject.person_id,
        device_id=data.device_id,
        count=call.signals + 1,
        kept=not known and len(call.names) < policy.merged_names_kept,
        lat=subject.lat,
        lon=subject.lon,
    )
    facts: list[Fact] = [fact]
    rule = policy.signal(data.channel.value)
    if not call.triaged and _stronger(rule, call):
        facts.append(prioritised(call, policy, "signal", rule))
    return accept(*facts, why=because("merge_window", window_s=policy.merge_window_s, opened_ms=call.opened_ms))


def _stronger(rule: SignalRule, call: Call) -> bool:
    graver = SEVERITIES.index(rule.severity) < SEVERITIES.index(call.severity)
    return graver or (rule.dispatch_at_once and not call.dispatching)


def prioritised(call: Call, policy: EmergencyParameters, cause: str, rule: SignalRule) -> CallPrioritised:
    """An incident is raised to what this rule asks for; it never sinks by a rule."""
    graver = SEVERITIES.index(rule.severity) < SEVERITIES.index(call.severity)
    kind = rule.kind if graver else call.kind
    return CallPrioritised(
        call_id=call.call_id,
        cause=cause,
        severity=rule.severity if graver else call.severity,
        kind=kind,
        roles=policy.mix(kind, call.needs),
        dispatching=call.dispatching or rule.dispatch_at_once,
    )
