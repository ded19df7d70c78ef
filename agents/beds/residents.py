"""From admission to the clean bed: moving in, transfers, hospital leave, respite stays that end, vacating and cleaning."""

from agents.beds.applications import known
from agents.beds.lines import first_for
from agents.beds.offers import acceptance, closing, open_task
from agents.beds.state import Application, Bed, BedsState
from agents.beds.states import ApplicationState, BedState
from agents.beds.stock import bed_of, like
from agents.core import Verdict, accept, refuse
from agents.shared.calendar import DAY_MS, day_number, day_of, midnight_ms, midnight_ms_of
from agents.shared.explanation import because
from schemas.beds import (
    AdmissionConfirmedEvent,
    BedCleanedEvent,
    BedVacatedEvent,
    ExtensionRequestedEvent,
    LeaveEndedEvent,
    LeaveStartedEvent,
    ResidentTransferredEvent,
)
from schemas.beds_facts import (
    AdmissionRecorded,
    BedCleaning,
    BedFreed,
    BedOverdue,
    BedVacatedFact,
    LeaveEndedFact,
    LeaveStartedFact,
)
from schemas.beds_reasons import BedsReason
from schemas.beds_stay_facts import StayEnding, StayExtended
from schemas.decisions import Reasoned
from schemas.facts import Fact, TaskKind

PROMISED = (ApplicationState.OFFERED, ApplicationState.ACCEPTED)


def admitted(state: BedsState, event: AdmissionConfirmedEvent, now_ms: int) -> Verdict:
    """The person lies in the bed. Of an applicant only in the bed promised to them (no overtaking by the back door); moving
    in while the offer is open accepts it. Without an application the bed must be free, and is then filled outside the pool."""
    data = event.data
    bed = bed_of(state, data.facility_id, data.bed_id)
    if bed is None:
        return refuse(BedsReason.UNKNOWN_BED)
    if data.application_id is None:
        if bed.state is not BedState.FREE:
            return refuse(BedsReason.BED_NOT_FREE, because("state", state=bed.state.value))
        return accept(_recorded(bed, None, "outside_pool", None, now_ms))
    found = known(state, data.application_id)
    if isinstance(found, Verdict):
        return found
    if found.state not in PROMISED or found.bed is not bed:
        return refuse(BedsReason.NO_OFFER, because("state", state=found.state.value))
    facts: list[Fact] = []
    if now_ms >= found.promised_until_ms:
        return refuse(BedsReason.OFFER_EXPIRED if found.state is ApplicationState.OFFERED else BedsReason.ADMISSION_TOO_LATE)
    if found.state is ApplicationState.OFFERED:
        facts.append(acceptance(state, found, now_ms))
    for other in state.lying.get(found.person_id, ()):
        facts += _vacated(state, other, "moved", now_ms)
    until_ms = None
    if found.stay_days is not None:
        # Who comes late leaves on the day that was agreed; who comes early stays as long as was agreed.
        first = day_number(now_ms) if found.stay_from_day is None else min(found.stay_from_day, day_number(now_ms))
        until_ms = midnight_ms_of(first + found.stay_days + 1)
    facts.append(_recorded(bed, found, "offer", until_ms, now_ms))
    return accept(*facts, *closing(bed, "admitted", "conflict"))


def _recorded(bed: Bed, application: Application | None, cause: str, until_ms: int | None, now_ms: int) -> AdmissionRecorded:
    return AdmissionRecorded(
        facility_id=bed.facility.place_id,
        bed_id=bed.bed_id,
        application_id=None if application is None else application.application_id,
        person_id=None if application is None else application.person_id,
        offer_id=None if application is None else application.offer_id,
        bed_type=bed.bed_type,
        pool=bed.pool,
        cause=cause,
        sex=None if application is None else application.sex,
        waited_days=None if application is None else day_number(now_ms) - application.eligible_day,
        until_ms=until_ms,
    )


def _vacated(state: BedsState, bed: Bed, reason: str | None, now_ms: int) -> list[Fact]:
    left = BedVacatedFact(
        facility_id=bed.facility.place_id,
        bed_id=bed.bed_id,
        application_id=bed.resident_id,
        person_id=bed.person_id,
        reason=reason,
        cleaning_at_ms=now_ms + state.policies.at(now_ms).cleaning_after_s * 1000,
    )
    return [left, *closing(bed, "vacated", "conflict", "leave", "stay")]


def vacated(state: BedsState, event: BedVacatedEvent, now_ms: int) -> Verdict:
    """The resident left; the bed is cleaned, then free."""
    data = event.data
    bed = bed_of(state, data.facility_id, data.bed_id)
    if bed is None:
        return refuse(BedsReason.UNKNOWN_BED)
    if bed.state is not BedState.OCCUPIED:
        return refuse(BedsReason.BED_NOT_OCCUPIED, because("state", state=bed.state.value))
    if data.application_id is not None and data.application_id != bed.resident_id:
        return refuse(BedsReason.NOT_THE_RESIDENT)
    return accept(*_vacated(state, bed, data.reason, now_ms))


def cleaned(state: BedsState, event: BedCleanedEvent, _now_ms: int) -> Verdict:
    """Free again: the next in order is asked in the same breath (W03)."""
    data = event.data
    bed = bed_of(state, data.facility_id, data.bed_id)
    if bed is None:
        return refuse(BedsReason.UNKNOWN_BED)
    if bed.state not in (BedState.VACATED, BedState.CLEANING):
        return refuse(BedsReason.BED_NOT_VACATED, because("state", state=bed.state.value))
    return accept(BedFreed(facility_id=data.facility_id, bed_id=data.bed_id), *closing(bed, "cleaned", "cleaning"))


def transferred(state: BedsState, event: ResidentTransferredEvent, now_ms: int) -> Verdict:
    """Into a bed that is free: one that nobody in line suits, or it would be held. The stay goes on with its end."""
    data = event.data
    old = state.residents.get(data.application_id)
    if old is None:
        return refuse(BedsReason.NOT_RESIDENT)
    bed = bed_of(state, data.facility_id, data.bed_id)
    if bed is None:
        return refuse(BedsReason.UNKNOWN_BED)
    if bed.state is not BedState.FREE:
        return refuse(BedsReason.BED_NOT_FREE, because("state", state=bed.state.value))
    return accept(
        *_vacated(state, old, "transfer", now_ms),
        AdmissionRecorded(
            facility_id=data.facility_id,
            bed_id=data.bed_id,
            application_id=data.application_id,
            person_id=old.person_id,
            offer_id=None,
            bed_type=bed.bed_type,
            pool=bed.pool,
            cause="transfer",
            sex=None,
            waited_days=None,
            until_ms=old.until_ms,
            extensions=old.extensions,
        ),
        why=because("transfer", reason=data.reason),
    )


def leave_started(state: BedsState, event: LeaveStartedEvent, now_ms: int) -> Verdict:
    """In hospital: the bed is held for the policy's days, or until an earlier date given, before a human looks (B17)."""
    data = event.data
    bed = state.residents.get(data.application_id)
    if bed is None:
        return refuse(BedsReason.NOT_RESIDENT)
    if bed.leave_until_ms is not None:
        return refuse(BedsReason.ALREADY_ON_LEAVE)
    if data.until is not None and data.until < day_of(now_ms):
        return refuse(BedsReason.DATE_PAST)
    longest_ms = midnight_ms_of(day_number(now_ms) + state.policies.at(now_ms).leave_days_max + 1)
    hold_until_ms = longest_ms if data.until is None else min(longest_ms, midnight_ms(data.until) + 24 * 3600 * 1000)
    return accept(
        LeaveStartedFact(
            facility_id=bed.facility.place_id,
            bed_id=bed.bed_id,
            application_id=data.application_id,
            person_id=bed.person_id or "",
            hold_until_ms=hold_until_ms,
        )
    )


def leave_ended(state: BedsState, event: LeaveEndedEvent, _now_ms: int) -> Verdict:
    """Back in the bed that was kept."""
    bed = state.residents.get(event.data.application_id)
    if bed is None:
        return refuse(BedsReason.NOT_RESIDENT)
    if bed.leave_until_ms is None:
        return refuse(BedsReason.NOT_ON_LEAVE)
    return accept(
        LeaveEndedFact(
            facility_id=bed.facility.place_id,
            bed_id=bed.bed_id,
            application_id=event.data.application_id,
            person_id=bed.person_id or "",
        ),
        *closing(bed, "returned", "leave"),
    )


def extension_requested(state: BedsState, event: ExtensionRequestedEvent, now_ms: int) -> Verdict:
    """Before the end, as long and as often as policy says, and while nobody waits whom the bed would suit."""
    data = event.data
    bed = state.residents.get(data.application_id)
    if bed is None:
        return refuse(BedsReason.NOT_RESIDENT)
    if bed.until_ms is None:
        return refuse(BedsReason.NO_END)
    if now_ms >= bed.until_ms:
        return refuse(BedsReason.STAY_OVER, because("until", until_ms=bed.until_ms))
    policy = state.policies.at(now_ms)
    if data.days > policy.stay_extension_days_max:
        return refuse(BedsReason.EXTENSION_TOO_LONG, because("stay_extension_days_max", days=policy.stay_extension_days_max))
    if bed.extensions >= policy.stay_extensions_max:
        return refuse(BedsReason.EXTENSIONS_USED, because("stay_extensions_max", extensions=policy.stay_extensions_max))
    if not policy.stay_extension_if_waiting and first_for(state, policy, like(bed)) is not None:
        return refuse(BedsReason.SOMEBODY_WAITS, because("stay_extension_if_waiting"))
    return accept(
        StayExtended(
            facility_id=bed.facility.place_id,
            bed_id=bed.bed_id,
            application_id=data.application_id,
            person_id=bed.person_id or "",
            until_ms=bed.until_ms + data.days * DAY_MS,
            days=data.days,
            extensions=bed.extensions + 1,
        )
    )


def ending(state: BedsState, bed_key: str) -> tuple[Reasoned, ...]:
    """A stay ends soon."""
    bed = bed_at(state, bed_key)
    fact = StayEnding(
        facility_id=bed.facility.place_id,
        bed_id=bed.bed_id,
        application_id=bed.resident_id or "",
        person_id=bed.person_id or "",
        until_ms=bed.until_ms or 0,
    )
    return (Reasoned(fact, because("stay_notice_days")),)


def overdue(state: BedsState, kind: str, bed_key: str, now_ms: int) -> tuple[Reasoned, ...]:
    """A leave, a respite stay or a cleaning that did not end in time: somebody asks; nothing is taken from anybody."""
    bed = bed_at(state, bed_key)
    about = bed.resident_id or bed.facility.place_id
    fact = BedOverdue(facility_id=bed.facility.place_id, bed_id=bed.bed_id, application_id=bed.resident_id, kind=kind)
    task = open_task(
        TaskKind.BED_OVERDUE, about, kind, bed_key, str(now_ms), overdue=kind, facility_id=bed.facility.place_id, bed_id=bed.bed_id
    )
    return Reasoned(fact, because("overdue", kind=kind)), Reasoned(task)


def cleaning_begins(state: BedsState, bed_key: str, now_ms: int) -> tuple[Reasoned, ...]:
    """The resident's things are out."""
    bed = bed_at(state, bed_key)
    ready_by_ms = now_ms + state.policies.at(now_ms).cleaning_s_max * 1000
    return (Reasoned(BedCleaning(facility_id=bed.facility.place_id, bed_id=bed.bed_id, ready_by_ms=ready_by_ms)),)


def bed_at(state: BedsState, bed_key: str) -> Bed:
    """The bed of a deadline's key."""
    facility_id, _, bed_id = bed_key.partition("|")
    return state.facilities[facility_id].beds[bed_id]
