"""Events into verdicts: one function an event. None of them changes anything. Read `ANSWERS` for who answers what."""

from collections.abc import Callable
from typing import Any

from agents.beds import applications, inventory, offers, overrides, residents
from agents.beds.policy import BedsParameters
from agents.beds.state import BedsState
from agents.core import Verdict, accept, refuse
from agents.shared.calendar import CalendarYear
from agents.shared.explanation import because
from agents.shared.policy import parse
from schemas import beds
from schemas.decisions import CoreReason
from schemas.envelope import Event
from schemas.facts import PolicyAdopted, PolicyPublishedEvent


def decide(state: BedsState, event: Event, now_ms: int) -> Verdict:
    """Answer one event of beds."""
    return ANSWERS[type(event)](state, event, now_ms)


def policy_published(state: BedsState, event: PolicyPublishedEvent, now_ms: int) -> Verdict:
    """A policy version, validated whole before it is adopted: a bad one leaves the one in force untouched.

    A draw's seed is taken only after its hash was published without it, and a draw once committed is never another.
    """
    data = event.data
    if data.policy == "beds":
        if state.policies.holds(data.version):
            return refuse(CoreReason.STALE_VERSION, because("version_exists"))
        parsed = parse(BedsParameters, data.parameters)
        broken = None if parsed is None else _draw_broken(state, parsed)
        if parsed is None or broken is not None:
            return refuse(CoreReason.INVALID_POLICY, None if broken is None else because("draws", draw_id=broken))
    elif data.policy == "calendar":
        year = parse(CalendarYear, data.parameters)
        if year is None or not year.consistent():
            return refuse(CoreReason.INVALID_POLICY)
        if state.calendar_versions.get(year.year) == data.version:
            return refuse(CoreReason.STALE_VERSION, because("version_exists"))
    else:
        return refuse(CoreReason.UNKNOWN_POLICY)
    adopted = PolicyAdopted(
        policy=data.policy,
        version=data.version,
        in_force_from=data.in_force_from.isoformat(),
        parameters=data.parameters,
        source=data.source,
    )
    moved = offers.deadlines_moved(state, parse(CalendarYear, data.parameters), now_ms) if data.policy == "calendar" else []
    return accept(adopted, *moved)


def _draw_broken(state: BedsState, parsed: BedsParameters) -> str | None:
    """A draw that was not committed before its seed came, or whose hash is not the committed one."""
    for draw in parsed.draws:
        committed = state.draws.get(draw.draw_id)
        if committed != draw.seed_sha256 and (committed is not None or draw.seed is not None):
            return draw.draw_id
    return None


# Each row takes the event of its own key, which no type checker can say of a table.
ANSWERS: dict[type[Event], Callable[[BedsState, Any, int], Verdict]] = {
    PolicyPublishedEvent: policy_published,
    beds.FacilityRegisteredEvent: inventory.registered,
    beds.InventoryPublishedEvent: inventory.published,
    beds.ApplicationSubmittedEvent: applications.submitted,
    beds.ApplicationReassessedEvent: applications.reassessed,
    beds.ApplicationWithdrawnEvent: applications.withdrawn,
    beds.ApplicationPausedEvent: applications.paused,
    beds.ApplicationResumedEvent: applications.resumed,
    beds.PersonDiedEvent: applications.person_died,
    beds.PriorityApprovedEvent: applications.approved,
    beds.OfferAcceptedEvent: offers.accepted,
    beds.OfferDeclinedEvent: offers.declined,
    beds.FacilityDeclinedEvent: offers.facility_declined,
    beds.AdmissionConfirmedEvent: residents.admitted,
    beds.BedVacatedEvent: residents.vacated,
    beds.BedCleanedEvent: residents.cleaned,
    beds.ResidentTransferredEvent: residents.transferred,
    beds.LeaveStartedEvent: residents.leave_started,
    beds.LeaveEndedEvent: residents.leave_ended,
    beds.ExtensionRequestedEvent: residents.extension_requested,
    beds.AllocationOverriddenEvent: overrides.overridden,
}
