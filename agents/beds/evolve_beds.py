"""Facts about facilities, beds and residents into state. Called by `agents.beds.evolve` only."""

from collections.abc import Callable
from typing import Any

from agents.beds.lines import reroute
from agents.beds.state import Bed, BedsState
from agents.beds.states import BedState
from agents.beds.stock import POOLED, add_bed, bed_of, describe, facility_of, look_again, move
from agents.shared.calendar import DAY_MS
from schemas import beds_facts as facts
from schemas import beds_stay_facts as stay_facts
from schemas.facts import Fact


def _facility_listed(state: BedsState, fact: facts.FacilityListed, _now_ms: int) -> None:
    facility = facility_of(state, fact.facility_id)
    stays = facility.listed and (facility.lat, facility.lon, facility.street) == (fact.lat, fact.lon, fact.street)
    facility.move(fact.lat, fact.lon)
    facility.name = fact.name
    facility.street = fact.street
    state.listed += not facility.listed
    facility.listed = True
    if not stays:
        reroute(state, facility)
    look_again(state, facility)


def _inventory_reported(state: BedsState, fact: facts.InventoryReported, _now_ms: int) -> None:
    facility = facility_of(state, fact.facility_id)
    facility.version = max(facility.version, fact.version)
    for bed_id in fact.unchanged:
        facility.beds[bed_id].version = fact.version
    # An old publication repeats the instant that is known; a newer one sets it, also nearer when policy has become stricter (C07).
    if fact.stale_at_ms != facility.stale_at_ms:
        facility.stale_at_ms = fact.stale_at_ms
        facility.silent = False
        state.deadlines.set(f"stale|{fact.facility_id}", fact.stale_at_ms)
        look_again(state, facility)


def _facility_silent(state: BedsState, fact: facts.FacilitySilent, _now_ms: int) -> None:
    state.facilities[fact.facility_id].silent = True
    state.deadlines.clear(f"stale|{fact.facility_id}")


def _bed_listed(state: BedsState, fact: facts.BedListed, now_ms: int) -> None:
    facility = facility_of(state, fact.facility_id)
    bed = facility.beds.get(fact.bed_id)
    to = BedState(fact.state)
    if bed is None:
        bed = Bed(facility, fact.bed_id)
        bed.bed_type, bed.sex, bed.pool = fact.bed_type, fact.sex, fact.pool
        bed.state = to
        add_bed(state, bed)
    else:
        describe(state, bed, fact.bed_type, fact.sex, fact.pool)
        if to is not bed.state:
            state.deadlines.clear(f"clean|{bed.key}")
            state.stuck.pop(f"clean|{bed.key}", None)
            move(state, bed, to, now_ms)
    bed.version = fact.version
    bed.published = fact.published
    if to is BedState.CLEANING and f"clean|{bed.key}" not in state.deadlines and "cleaning" not in bed.task_ids:
        expect_clean(state, bed, now_ms)


def expect_clean(state: BedsState, bed: Bed, now_ms: int) -> None:
    """A facility said that it cleans: it is expected to be ready in the policy's time."""
    state.deadlines.set(f"clean|{bed.key}", now_ms + state.policies.at(now_ms).cleaning_s_max * 1000)


def _quota(state: BedsState, fact: facts.PoolBelowQuota | facts.PoolQuotaMet, _now_ms: int) -> None:
    state.below_quota = isinstance(fact, facts.PoolBelowQuota)


def occupied(state: BedsState, fact: facts.AdmissionRecorded, now_ms: int) -> None:
    """Somebody lies in the bed: a resident of ours by application, or one of the facility's own."""
    bed = bed_of(state, fact.facility_id, fact.bed_id)
    assert bed is not None
    move(state, bed, BedState.OCCUPIED, now_ms)
    bed.published = "occupied"
    bed.offer_id = bed.application_id = None
    bed.resident_id, bed.person_id, bed.until_ms = fact.application_id, fact.person_id, fact.until_ms
    if fact.application_id is None or fact.person_id is None:
        return
    assert fact.application_id not in state.residents
    state.residents[fact.application_id] = bed
    state.lying.setdefault(fact.person_id, []).append(bed)
    bed.extensions = fact.extensions
    _expect_end(state, bed, now_ms)


def _expect_end(state: BedsState, bed: Bed, now_ms: int) -> None:
    """Of a respite stay: told a while before, and somebody asks when it is over and the bed is not reported vacated."""
    if bed.until_ms is None:
        return
    policy = state.policies.at(now_ms)
    state.deadlines.set(f"stay|{bed.key}", max(bed.until_ms + policy.stay_grace_s * 1000, now_ms))
    notice_ms = bed.until_ms - policy.stay_notice_days * DAY_MS
    if notice_ms > now_ms:
        state.deadlines.set(f"notice|{bed.key}", notice_ms)


def _extended(state: BedsState, fact: stay_facts.StayExtended, now_ms: int) -> None:
    bed = state.residents[fact.application_id]
    bed.until_ms, bed.extensions = fact.until_ms, fact.extensions
    state.deadlines.clear(f"notice|{bed.key}")
    _expect_end(state, bed, now_ms)


def _ending(state: BedsState, fact: stay_facts.StayEnding, _now_ms: int) -> None:
    state.deadlines.clear(f"notice|{fact.facility_id}|{fact.bed_id}")


def _vacated(state: BedsState, fact: facts.BedVacatedFact, now_ms: int) -> None:
    bed = bed_of(state, fact.facility_id, fact.bed_id)
    assert bed is not None
    move(state, bed, BedState.VACATED, now_ms)
    bed.published = "cleaning"
    if bed.resident_id is not None and bed.person_id is not None:
        del state.residents[bed.resident_id]
        there = state.lying[bed.person_id]
        there.remove(bed)
        if not there:
            del state.lying[bed.person_id]
    bed.resident_id = bed.person_id = bed.until_ms = bed.leave_until_ms = None
    bed.extensions = 0
    for kind in ("leave", "stay", "notice"):
        state.deadlines.clear(f"{kind}|{bed.key}")
        state.stuck.pop(f"{kind}|{bed.key}", None)
    state.deadlines.set(f"clean|{bed.key}", fact.cleaning_at_ms)


def _cleaning(state: BedsState, fact: facts.BedCleaning, now_ms: int) -> None:
    bed = bed_of(state, fact.facility_id, fact.bed_id)
    assert bed is not None
    move(state, bed, BedState.CLEANING, now_ms)
    state.deadlines.set(f"clean|{bed.key}", fact.ready_by_ms)


def _freed(state: BedsState, fact: facts.BedFreed, now_ms: int) -> None:
    bed = bed_of(state, fact.facility_id, fact.bed_id)
    assert bed is not None
    bed.published = "free"
    state.deadlines.clear(f"clean|{bed.key}")
    state.stuck.pop(f"clean|{bed.key}", None)
    move(state, bed, BedState.FREE, now_ms)


def _leave_started(state: BedsState, fact: facts.LeaveStartedFact, _now_ms: int) -> None:
    bed = state.residents[fact.application_id]
    bed.leave_until_ms = fact.hold_until_ms
    state.deadlines.set(f"leave|{bed.key}", fact.hold_until_ms)


def _leave_ended(state: BedsState, fact: facts.LeaveEndedFact, _now_ms: int) -> None:
    bed = state.residents[fact.application_id]
    bed.leave_until_ms = None
    state.deadlines.clear(f"leave|{bed.key}")
    state.stuck.pop(f"leave|{bed.key}", None)


def _overdue(state: BedsState, fact: facts.BedOverdue, _now_ms: int) -> None:
    kind = "clean" if fact.kind == "cleaning" else fact.kind
    state.deadlines.clear(f"{kind}|{fact.facility_id}|{fact.bed_id}")


def nothing(state: BedsState, fact: Fact, now_ms: int) -> None:
    """Said for readers; the state knows it by other facts."""


def recount(state: BedsState) -> None:
    """The beds the quota is a share of, counted anew: after loading, and when another policy comes into force."""
    types = state.policies.current.quota_types
    state.basic = state.pooled = 0
    for facility in state.facilities.values():
        for bed in facility.beds.values():
            if bed.state is not BedState.CLOSED and bed.bed_type in types:
                state.basic += 1
                state.pooled += bed.pool in POOLED


# Each row takes the fact of its own key, which no type checker can say of a table.
WRITERS: dict[type[Fact], Callable[[BedsState, Any, int], None]] = {
    facts.FacilityListed: _facility_listed,
    facts.InventoryReported: _inventory_reported,
    facts.FacilitySilent: _facility_silent,
    facts.BedListed: _bed_listed,
    facts.BedConflicted: nothing,
    facts.BedReconciled: nothing,
    facts.PoolBelowQuota: _quota,
    facts.PoolQuotaMet: _quota,
    facts.BedVacatedFact: _vacated,
    facts.BedCleaning: _cleaning,
    facts.BedFreed: _freed,
    facts.LeaveStartedFact: _leave_started,
    facts.LeaveEndedFact: _leave_ended,
    facts.BedOverdue: _overdue,
    stay_facts.StayEnding: _ending,
    stay_facts.StayExtended: _extended,
}
