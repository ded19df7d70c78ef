"""Events into verdicts: one function an event. None of them changes anything; `ANSWERS` says who answers what."""

from collections.abc import Callable
from typing import Any

from agents.core import Verdict, accept, refuse
from agents.emergency import calls, contacts, devices, field, operators
from agents.emergency.state import EmergencyState
from agents.shared.calendar import CalendarYear
from agents.shared.explanation import because
from agents.shared.policy import parse
from schemas import emergency as words
from schemas import emergency_devices as home
from schemas.decisions import CoreReason
from schemas.envelope import Event
from schemas.facts import PolicyAdopted, PolicyPublishedEvent


def decide(state: EmergencyState, event: Event, now_ms: int) -> Verdict:
    """Answer one event of emergency."""
    return ANSWERS[type(event)](state, event, now_ms)


def policy_published(state: EmergencyState, event: PolicyPublishedEvent, _now_ms: int) -> Verdict:
    """A policy version, validated whole before it is adopted: a bad one leaves the one in force untouched."""
    data = event.data
    if data.policy == "calendar":
        # Every domain is sent the working-day calendar; no deadline here counts working days, so it is taken note of and not kept.
        year = parse(CalendarYear, data.parameters)
        return accept(why=because("calendar_not_used")) if year is not None and year.consistent() else refuse(CoreReason.INVALID_POLICY)
    if data.policy != "emergency":
        return refuse(CoreReason.UNKNOWN_POLICY)
    if state.policies.holds(data.version):
        return refuse(CoreReason.STALE_VERSION, because("version_exists"))
    if not state.policies.accepts(data.parameters):
        return refuse(CoreReason.INVALID_POLICY)
    return accept(
        PolicyAdopted(
            policy=data.policy,
            version=data.version,
            in_force_from=data.in_force_from.isoformat(),
            parameters=data.parameters,
            source=data.source,
        )
    )


# Each row takes the event of its own key, which no type checker can say of a table.
ANSWERS: dict[type[Event], Callable[[EmergencyState, Any, int], Verdict]] = {
    PolicyPublishedEvent: policy_published,
    words.ResponderRegisteredEvent: field.registered,
    words.ResponderReportedEvent: field.reported,
    words.ResponderPositionedEvent: field.positioned,
    words.CallRaisedEvent: calls.raised,
    words.CallAnsweredEvent: operators.answered,
    words.CallTriagedEvent: operators.triaged,
    words.CallTakenOverEvent: operators.taken_over,
    words.DispatchAcceptedEvent: field.accepted,
    words.DispatchDeclinedEvent: field.declined,
    words.ResponderArrivedEvent: field.arrived,
    words.SceneCheckedInEvent: field.checked_in,
    words.DispatchOverriddenEvent: operators.overridden,
    words.DispatchCancelledEvent: operators.cancelled,
    words.CallHandedOverEvent: operators.handed_over,
    words.CallClosedEvent: operators.closed,
    words.CallCalledBackEvent: operators.called_back,
    words.ContactAnsweredEvent: contacts.answered,
    home.DeviceRegisteredEvent: devices.registered,
    home.DeviceHeartbeatEvent: devices.heartbeat,
    home.DeviceBatteryEvent: devices.battery,
    home.DeviceRetiredEvent: devices.retired,
    home.CoverageRegisteredEvent: devices.covered,
    home.CoverageEndedEvent: devices.ended,
}
