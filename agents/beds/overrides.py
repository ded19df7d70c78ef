"""A bed given out of order by an operator, with a coded reason (B16). W01 knows no other overtaking.

What no reason overrides: one bed a person and one person a bed, an accepted bed, the room's sex, the types the person is assessed
for, a valid assessment, a home's stale word (C07). What it does: the order, a street's first right, the person's own choices and
distance, homes that rest, a suspension.
"""

from agents.beds.applications import known
from agents.beds.lines import usable
from agents.beds.offers import open_task, release
from agents.beds.state import Application, Bed, BedsState
from agents.beds.states import ApplicationState, BedState
from agents.beds.stock import bed_of, like
from agents.core import Verdict, accept, refuse
from agents.shared.explanation import because
from schemas.beds import AllocationOverriddenEvent
from schemas.beds_facts import ApplicationResumedFact
from schemas.beds_reasons import BedsReason, BedsRule
from schemas.beds_stay_facts import AllocationOverriddenFact, OfferWithdrawn
from schemas.facts import Fact, TaskKind


def overridden(state: BedsState, event: AllocationOverriddenEvent, now_ms: int) -> Verdict:
    """Promises that stand in the way are taken back, at no cost to those who had them; the offer follows in the same decision, and
    a second person is asked to look at it."""
    data = event.data
    found = known(state, data.application_id)
    if isinstance(found, Verdict):
        return found
    bed = bed_of(state, data.facility_id, data.bed_id)
    if bed is None:
        return refuse(BedsReason.UNKNOWN_BED)
    refused = _refused(state, found, bed, data.reason, now_ms)
    if refused is not None:
        return refused
    displaced = None if bed.application_id is None else state.applications[bed.application_id]
    mine = (state.applications[name] for name in state.persons[found.person_id])
    given_up = {each.application_id: each for each in (*mine, displaced) if each is not None and each.bed is not None}
    facts: list[Fact] = [
        AllocationOverriddenFact(
            facility_id=data.facility_id,
            bed_id=data.bed_id,
            application_id=found.application_id,
            person_id=found.person_id,
            approver=data.approver,
            reason=data.reason,
            displaced_application_id=None if displaced is None else displaced.application_id,
            displaced_offer_id=None if displaced is None else displaced.offer_id,
        )
    ]
    for each in given_up.values():
        facts += _taken_back(each, data.reason)
    if found.state is ApplicationState.SUSPENDED:
        facts.append(ApplicationResumedFact(application_id=found.application_id, person_id=found.person_id, cause="override"))
    task = open_task(
        TaskKind.OVERRIDE_REVIEW,
        found.application_id,
        bed.key,
        event.id,
        facility_id=data.facility_id,
        bed_id=data.bed_id,
        reason=data.reason,
        approver=data.approver,
        displaced=None if displaced is None else displaced.application_id,
    )
    return accept(*facts, task)


def _refused(state: BedsState, found: Application, bed: Bed, reason: str, now_ms: int) -> Verdict | None:
    policy = state.policies.at(now_ms)
    if reason not in policy.override_reasons:
        return refuse(BedsReason.REASON_UNKNOWN, because("override_reasons", reasons=list(policy.override_reasons)))
    if bed.application_id == found.application_id:
        return refuse(BedsReason.ALREADY_PROMISED, because("offer", offer_id=bed.offer_id))
    if now_ms >= found.assessment_until_ms:
        return refuse(BedsReason.ASSESSMENT_EXPIRED, because("assessment_valid_days", assessed_on=found.assessed_date))
    if bed.state not in (BedState.FREE, BedState.HELD) or bed.published != BedState.FREE.value:
        return refuse(BedsReason.BED_NOT_FREE, because("state", state=bed.state.value, published=bed.published))
    if bed.bed_type not in found.bed_types:
        return refuse(BedsReason.BED_UNSUITABLE, because(BedsRule.TYPE, bed_type=bed.bed_type))
    if bed.sex not in ("any", found.sex):
        return refuse(BedsReason.BED_UNSUITABLE, because(BedsRule.SEX, sex=bed.sex))
    if not usable(policy, like(bed)) or now_ms >= bed.facility.stale_at_ms:
        return refuse(BedsReason.BED_NOT_OFFERED, because("pools_served", pool=bed.pool, stale_at_ms=bed.facility.stale_at_ms))
    return None


def _taken_back(application: Application, reason: str) -> list[Fact]:
    bed = application.bed
    assert bed is not None
    assert application.offer_id is not None
    told = OfferWithdrawn(
        offer_id=application.offer_id,
        application_id=application.application_id,
        person_id=application.person_id,
        facility_id=bed.facility.place_id,
        bed_id=bed.bed_id,
        reason=reason,
    )
    return [told, *release(application, "overridden")]
