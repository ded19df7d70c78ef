"""Events into verdicts: one function an event. None of them changes anything. Read `ANSWERS` at the end for who answers what."""

from collections.abc import Callable
from typing import Any

from agents.childcare import answers, attendance, bookings, moves, quota, requests, sites, waitlist
from agents.childcare.policy import ChildcareParameters
from agents.childcare.state import ChildcareState
from agents.core import Verdict, accept, refuse
from agents.shared.calendar import CalendarYear, day_of
from agents.shared.explanation import because
from agents.shared.policy import parse
from schemas.childcare import (
    BookingCancelledEvent,
    BookingRequestedEvent,
    ChildCheckedInEvent,
    ChildCheckedOutEvent,
    ChildRegisteredEvent,
    ExtensionRequestedEvent,
    GroupRequestedEvent,
    HoldConfirmedEvent,
    OfferAcceptedEvent,
    OfferDeclinedEvent,
    PickupPersonsRegisteredEvent,
    SessionsPublishedEvent,
    SiteClosedEvent,
    SiteRegisteredEvent,
    SiteReopenedEvent,
    StaffingReportedEvent,
)
from schemas.childcare_duties import (
    AccountAnsweredEvent,
    AccountRequestedEvent,
    EntitlementRegisteredEvent,
    IncidentReportedEvent,
    QuotaAnsweredEvent,
    QuotaReserveRequestedEvent,
    QuotaSettleRequestedEvent,
    SiteInspectedEvent,
)
from schemas.decisions import CoreReason, Why
from schemas.envelope import Event
from schemas.facts import PolicyAdopted, PolicyPublishedEvent


def decide(state: ChildcareState, event: Event, now_ms: int) -> Verdict:
    """Answer one event of childcare."""
    return ANSWERS[type(event)](state, event, now_ms)


def policy_published(state: ChildcareState, event: PolicyPublishedEvent, now_ms: int) -> Verdict:
    """A policy version, validated whole before it is adopted: a bad one leaves the one in force untouched."""
    data = event.data
    if data.policy == "childcare":
        if state.policies.holds(data.version):
            return refuse(CoreReason.STALE_VERSION, because("version_exists"))
        parameters = parse(ChildcareParameters, data.parameters)
        if parameters is None:
            return refuse(CoreReason.INVALID_POLICY)
        lost = _service_lost(state, data.version, data.in_force_from.isoformat(), parameters, now_ms)
        if lost is not None:
            return refuse(CoreReason.INVALID_POLICY, lost)
    elif data.policy == "calendar":
        year = parse(CalendarYear, data.parameters)
        if year is None or not year.consistent():
            return refuse(CoreReason.INVALID_POLICY)
        if state.calendar_versions.get(year.year) == data.version:
            return refuse(CoreReason.STALE_VERSION, because("version_exists"))
    else:
        return refuse(CoreReason.UNKNOWN_POLICY)
    return accept(
        PolicyAdopted(
            policy=data.policy,
            version=data.version,
            in_force_from=data.in_force_from.isoformat(),
            parameters=data.parameters,
            source=data.source,
        )
    )


def _service_lost(state: ChildcareState, version: str, in_force_from: str, parameters: ChildcareParameters, now_ms: int) -> Why | None:
    """Which service would be taken away, or None. A declaration once made may be changed, not dropped: bookings stand under it.

    Neither by this version, nor by one still to come that was published before the service was declared: that one must be replaced
    first, by another of its day with a later name.
    """
    declared: set[str] = set()
    to_come: dict[str, str] = {}
    for name, start, known in state.policies.dump():
        declared.update(known.get("services", {}))
        if start > day_of(now_ms).isoformat() and (start, name) > (in_force_from, version):
            to_come[start] = max(name, to_come.get(start, ""))
    for service in sorted(declared):
        if parameters.rules(service) is None:
            return because("service_lost", service=service)
    for start, name in sorted(to_come.items()):
        for service in sorted(parameters.services):
            if state.policies.of(name).rules(service) is None:
                return because("service_lost", service=service, version=name, in_force_from=start)
    return None


# Each row takes the event of its own key, which no type checker can say of a table.
ANSWERS: dict[type[Event], Callable[[ChildcareState, Any, int], Verdict]] = {
    PolicyPublishedEvent: policy_published,
    SiteRegisteredEvent: sites.registered,
    SessionsPublishedEvent: sites.published,
    StaffingReportedEvent: sites.staffing_reported,
    SiteClosedEvent: sites.closed,
    SiteReopenedEvent: sites.reopened,
    IncidentReportedEvent: sites.incident_reported,
    SiteInspectedEvent: sites.inspected,
    BookingRequestedEvent: requests.requested,
    GroupRequestedEvent: requests.group_requested,
    HoldConfirmedEvent: bookings.hold_confirmed,
    BookingCancelledEvent: bookings.cancelled,
    ExtensionRequestedEvent: bookings.extension_requested,
    OfferAcceptedEvent: waitlist.accepted,
    OfferDeclinedEvent: waitlist.declined,
    ChildCheckedInEvent: attendance.checked_in,
    ChildCheckedOutEvent: attendance.checked_out,
    ChildRegisteredEvent: moves.registered,
    PickupPersonsRegisteredEvent: attendance.persons_registered,
    QuotaReserveRequestedEvent: quota.reserve_requested,
    QuotaSettleRequestedEvent: quota.settle_requested,
    QuotaAnsweredEvent: answers.quota_answered,
    AccountRequestedEvent: moves.requested,
    AccountAnsweredEvent: moves.answered,
    EntitlementRegisteredEvent: answers.entitlement_registered,
}
