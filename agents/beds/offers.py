"""Offers: answered by the person, refused by the facility, expired; and the reservation that follows an acceptance."""

from typing import Literal

from agents.beds.match import expiry
from agents.beds.policy import BedsParameters
from agents.beds.state import Application, Bed, BedsState
from agents.beds.states import ApplicationState, BedState
from agents.core import Verdict, accept, refuse
from agents.shared.calendar import DAY_MS, CalendarYear, WorkingDays, day_number, midnight_ms_of
from agents.shared.explanation import because
from agents.shared.ids import derived_id
from schemas.beds import FacilityDeclinedEvent, OfferAcceptedEvent, OfferDeclinedEvent
from schemas.beds_facts import (
    AdmissionMissed,
    ApplicationSuspended,
    BedReleased,
    ExclusionEnded,
    OfferAcceptedFact,
    OfferDeadlineMoved,
    OfferDeclinedFact,
    OfferExpired,
)
from schemas.beds_reasons import BedsReason
from schemas.decisions import Reasoned
from schemas.facts import Fact, TaskClosed, TaskKind, TaskOpened

OPERATOR = "beds-operator"
"""Who owns a human task of beds."""


def accepted(state: BedsState, event: OfferAcceptedEvent, now_ms: int) -> Verdict:
    """The bed is reserved until the admission's deadline (B-R9)."""
    found = _open_offer(state, event.data.application_id, event.data.offer_id, now_ms)
    if isinstance(found, Verdict):
        return found
    return accept(acceptance(state, found, now_ms))


def acceptance(state: BedsState, application: Application, now_ms: int) -> OfferAcceptedFact:
    """Whole days after the day of the answer, to the end of the last; a stay with a first day is awaited until then."""
    bed = application.bed
    assert bed is not None
    assert application.offer_id is not None
    last = day_number(now_ms) + state.policies.at(now_ms).admission_days
    if application.stay_from_day is not None:
        last = max(last, application.stay_from_day)
    return OfferAcceptedFact.made(
        {
            "offer_id": application.offer_id,
            "application_id": application.application_id,
            "person_id": application.person_id,
            "facility_id": bed.facility.place_id,
            "bed_id": bed.bed_id,
            "admit_by_ms": midnight_ms_of(last + 1),
        }
    )


def declined(state: BedsState, event: OfferDeclinedEvent, now_ms: int) -> Verdict:
    """By the person: counted unless the policy calls the reason reasonable; enough of them suspend (B-R9)."""
    data = event.data
    found = _open_offer(state, data.application_id, data.offer_id, now_ms)
    if isinstance(found, Verdict):
        return found
    policy = state.policies.at(now_ms)
    return accept(*_refusal(policy, found, "applicant", data.reason, now_ms))


def facility_declined(state: BedsState, event: FacilityDeclinedEvent, now_ms: int) -> Verdict:
    """By the facility, also after the person accepted: never costs the applicant, the bed goes to the next (W02)."""
    data = event.data
    found = _promised(state, data.application_id, data.offer_id)
    if isinstance(found, Verdict):
        return found
    if found.state is ApplicationState.OFFERED and now_ms >= found.promised_until_ms:
        return refuse(BedsReason.OFFER_EXPIRED)
    policy = state.policies.at(now_ms)
    if data.reason not in policy.facility_reasons:
        return refuse(BedsReason.REASON_UNKNOWN, because("facility_reasons", reasons=list(policy.facility_reasons)))
    return accept(*_refusal(policy, found, "facility", data.reason, now_ms))


def _refusal(
    policy: BedsParameters, application: Application, by: Literal["applicant", "facility"], reason: str | None, now_ms: int
) -> list[Fact]:
    bed = application.bed
    assert bed is not None
    assert application.offer_id is not None
    counted = by == "applicant" and reason not in policy.reasonable_reasons
    refusals = application.refusals + counted
    days = policy.refused_rest_days if by == "applicant" else policy.facility_rest_days
    fact = OfferDeclinedFact.made(
        {
            "offer_id": application.offer_id,
            "application_id": application.application_id,
            "person_id": application.person_id,
            "facility_id": bed.facility.place_id,
            "bed_id": bed.bed_id,
            "by": by,
            "reason": reason,
            "counted": counted,
            "refusals": refusals,
            "excluded_until_ms": None if days is None else now_ms + days * DAY_MS,
        }
    )
    cause = "declined" if by == "applicant" else "facility_declined"
    return [fact, *release(application, cause), *_suspension(policy, application, counted, refusals, now_ms)]


def expired(state: BedsState, application_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """Nobody answered in time (W03): the next is asked in the same breath."""
    application = state.applications[application_id]
    bed = application.bed
    assert bed is not None
    assert application.offer_id is not None
    policy = state.policies.at(now_ms)
    refusals = application.refusals + policy.expiry_counts
    fact = OfferExpired(
        offer_id=application.offer_id,
        application_id=application_id,
        person_id=application.person_id,
        facility_id=bed.facility.place_id,
        bed_id=bed.bed_id,
        counted=policy.expiry_counts,
        refusals=refusals,
        excluded_until_ms=now_ms + policy.refused_rest_days * DAY_MS,
    )
    facts = [fact, *release(application, "expired"), *_suspension(policy, application, policy.expiry_counts, refusals, now_ms)]
    return _because("offer_working_days", facts)


def missed(state: BedsState, application_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """Accepted, but did not move in (B-R6: unclaimed ones are released again)."""
    application = state.applications[application_id]
    bed = application.bed
    assert bed is not None
    assert application.offer_id is not None
    policy = state.policies.at(now_ms)
    counted = policy.missed_admission_counts
    refusals = application.refusals + counted
    fact = AdmissionMissed(
        offer_id=application.offer_id,
        application_id=application_id,
        person_id=application.person_id,
        facility_id=bed.facility.place_id,
        bed_id=bed.bed_id,
        counted=counted,
        refusals=refusals,
        excluded_until_ms=now_ms + policy.refused_rest_days * DAY_MS,
    )
    facts = [fact, *release(application, "not_admitted"), *_suspension(policy, application, counted, refusals, now_ms)]
    return _because("admission_days", facts)


def rested(state: BedsState, application_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """Facilities refused long enough ago may be offered again."""
    over = tuple(sorted(name for name, until_ms in state.applications[application_id].excluded.items() if until_ms <= now_ms))
    return (Reasoned(ExclusionEnded(application_id=application_id, facility_ids=over)),)


def deadlines_moved(state: BedsState, year: CalendarYear | None, now_ms: int) -> list[Fact]:
    """Offers whose deadline was provisional, counted again by the calendar that came; never to an instant already past."""
    assert year is not None
    known = WorkingDays({**state.calendar.years, year.year: year})
    facts: list[Fact] = []
    policy = state.policies.at(now_ms)
    for application in sorted(state.provisional.values(), key=lambda each: each.arrival):
        assert application.offer_id is not None
        until_ms, provisional = expiry(known, policy, application.offered_ms)
        until_ms = max(until_ms, now_ms)
        if (until_ms, provisional) != (application.promised_until_ms, True):
            facts.append(
                OfferDeadlineMoved(
                    offer_id=application.offer_id,
                    application_id=application.application_id,
                    expires_at_ms=until_ms,
                    provisional=provisional,
                )
            )
    return facts


def release(application: Application, cause: str) -> list[Fact]:
    """The bed goes back: free, unless the facility has said something else meanwhile."""
    bed = application.bed
    assert bed is not None
    assert application.offer_id is not None
    released = BedReleased.made(
        {
            "facility_id": bed.facility.place_id,
            "bed_id": bed.bed_id,
            "offer_id": application.offer_id,
            "application_id": application.application_id,
            "cause": cause,
            "state": BedState(bed.published).value,
        }
    )
    return [released, *closing(bed, "released", "conflict")]


def closing(bed: Bed, result: str, *kinds: str) -> list[Fact]:
    """The end of the human tasks of these kinds about a bed."""
    return [TaskClosed(task_id=bed.task_ids[kind], result=result) for kind in kinds if kind in bed.task_ids]


def open_task(kind: TaskKind, about: str, *causes: str, **detail: object) -> TaskOpened:
    """A human task of this domain; its id follows from what it is about."""
    return TaskOpened(task_id=derived_id("task", kind.value, about, *causes), kind=kind, about=about, owner=OPERATOR, detail=detail)


def _suspension(policy: BedsParameters, application: Application, counted: bool, refusals: int, now_ms: int) -> list[Fact]:
    if not counted or refusals < policy.refusals_max:
        return []
    return [
        ApplicationSuspended(
            application_id=application.application_id,
            person_id=application.person_id,
            cause="refusals",
            refusals=refusals,
            until_ms=now_ms + policy.suspension_days * DAY_MS,
        )
    ]


def _because(rule: str, facts: list[Fact]) -> tuple[Reasoned, ...]:
    return tuple(Reasoned(fact, because(rule) if number == 0 else None) for number, fact in enumerate(facts))


def _promised(state: BedsState, application_id: str, offer_id: str) -> Application | Verdict:
    """The application to which this offer is open or reserved, or the refusal that says what became of it."""
    application = state.applications.get(application_id)
    if application is None:
        ended = state.ended.get(application_id)
        if ended is None:
            return refuse(BedsReason.UNKNOWN_APPLICATION)
        return refuse(BedsReason.APPLICATION_CLOSED, because("ended", state=ended.state.value))
    if application.offer_id == offer_id:
        return application
    made = any(offer_id == derived_id("offer", application_id, str(number)) for number in range(application.offers, 0, -1))
    if not made:
        return refuse(BedsReason.UNKNOWN_OFFER)
    return refuse(BedsReason.OFFER_EXPIRED if offer_id == application.expired_offer_id else BedsReason.OFFER_NOT_OPEN)


def _open_offer(state: BedsState, application_id: str, offer_id: str, now_ms: int) -> Application | Verdict:
    found = _promised(state, application_id, offer_id)
    if isinstance(found, Verdict):
        return found
    if found.state is not ApplicationState.OFFERED:
        return refuse(BedsReason.OFFER_NOT_OPEN, because("state", state=found.state.value))
    if now_ms >= found.promised_until_ms:
        # Due work is bounded per event: what expired is expired, whether or not its turn to be told has come.
        return refuse(BedsReason.OFFER_EXPIRED, because("expires_at", expires_at_ms=found.promised_until_ms))
    return found
