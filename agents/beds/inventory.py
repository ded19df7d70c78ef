"""What facilities say of their beds, and how it is reconciled with what we promised: ours stands, a human is told.

`RESOLVED` is the whole rule, by our state and the published one.
"""

from typing import NamedTuple

from agents.beds.offers import closing, open_task
from agents.beds.policy import BedsParameters
from agents.beds.state import Bed, BedsState, Facility
from agents.beds.states import BedState
from agents.beds.stock import POOLED
from agents.core import Verdict, accept, refuse
from agents.shared.explanation import because, skipped
from schemas.beds import FacilityRegisteredEvent, InventoryPublishedEvent, PublishedBed
from schemas.beds_facts import (
    BedConflicted,
    BedListed,
    BedReconciled,
    FacilityListed,
    FacilitySilent,
    InventoryReported,
    PoolBelowQuota,
    PoolQuotaMet,
)
from schemas.decisions import CoreReason, Reasoned
from schemas.facts import Fact, TaskClosed, TaskKind

_B = BedState
KEEP = "keep"
CONFLICT = "conflict"

RESOLVED: dict[BedState, dict[str, BedState | str]] = {
    _B.FREE: {"free": KEEP, "occupied": _B.OCCUPIED, "cleaning": _B.CLEANING, "closed": _B.CLOSED},
    _B.HELD: {"free": KEEP, "occupied": CONFLICT, "cleaning": KEEP, "closed": CONFLICT},
    _B.RESERVED: {"free": KEEP, "occupied": CONFLICT, "cleaning": KEEP, "closed": CONFLICT},
    _B.OCCUPIED: {"free": CONFLICT, "occupied": KEEP, "cleaning": CONFLICT, "closed": CONFLICT},
    _B.VACATED: {"free": _B.FREE, "occupied": _B.OCCUPIED, "cleaning": _B.CLEANING, "closed": _B.CLOSED},
    _B.CLEANING: {"free": _B.FREE, "occupied": _B.OCCUPIED, "cleaning": KEEP, "closed": _B.CLOSED},
    _B.CLOSED: {"free": _B.FREE, "occupied": _B.OCCUPIED, "cleaning": _B.CLEANING, "closed": KEEP},
}
"""Our state and the published one: keep ours, take theirs, or a conflict. An occupant who is the facility's own and not ours is
theirs to speak of: then the published state is taken."""


class _Take(NamedTuple):
    to: BedState
    conflict: bool


def registered(_state: BedsState, event: FacilityRegisteredEvent, _now_ms: int) -> Verdict:
    """A directory entry; a later one replaces it whole."""
    data = event.data
    return accept(
        FacilityListed(facility_id=data.facility_id, name=data.name, lat=data.position.lat, lon=data.position.lon, street=data.street)
    )


def published(state: BedsState, event: InventoryPublishedEvent, now_ms: int) -> Verdict:
    """For each bed the highest version wins in any arrival order (C06, I09)."""
    data = event.data
    facility = state.facilities.get(data.facility_id)
    known = {} if facility is None else facility.beds
    facts: list[Fact] = []
    unchanged: list[str] = []
    left_out: list[dict[str, object]] = []
    taken: set[str] = set()
    for row in data.beds:
        bed = known.get(row.bed_id)
        if row.bed_id in taken or (bed is not None and data.version <= bed.version):
            version = None if bed is None else bed.version
            left_out.append({"bed_id": row.bed_id, "rule": CoreReason.STALE_VERSION.value, "version": version})
            continue
        taken.add(row.bed_id)
        told = _bed_facts(data.facility_id, bed, row, data.version)
        if told:
            facts += told
        else:
            unchanged.append(row.bed_id)
    stale_version = facility is not None and data.version <= facility.version
    if stale_version and not facts and not unchanged:
        return refuse(CoreReason.STALE_VERSION, skipped(left_out))
    policy = state.policies.at(now_ms)
    # An old publication that arrives late says nothing about today: only a newer one makes the data fresh.
    stale_at_ms = facility.stale_at_ms if facility is not None and stale_version else now_ms + policy.inventory_age_s_max * 1000
    reported = InventoryReported(facility_id=data.facility_id, version=data.version, unchanged=tuple(unchanged), stale_at_ms=stale_at_ms)
    return accept(reported, *facts, *_quota(state, policy, facility, facts), why=skipped(left_out) if left_out else None)


def _bed_facts(facility_id: str, bed: Bed | None, row: PublishedBed, version: int) -> list[Fact]:
    """What this row changes; empty when it only confirms what is known."""
    if bed is None:
        return [_listed(facility_id, row, version, (None, BedState(row.state.value)), "new")]
    take = _resolved(bed, row.state.value)
    same = (bed.bed_type, bed.sex, bed.pool, bed.published) == (row.type.value, row.sex.value, row.pool.value, row.state.value)
    if same and take.to is bed.state and take.conflict == ("conflict" in bed.task_ids):
        return []
    outside = take.to is BedState.OCCUPIED and bed.state in (BedState.FREE, BedState.VACATED, BedState.CLEANING)
    facts: list[Fact] = [_listed(facility_id, row, version, (bed.state, take.to), "occupied_outside_pool" if outside else "published")]
    if take.conflict and "conflict" not in bed.task_ids:
        applicant = bed.application_id or bed.resident_id
        facts += [
            BedConflicted(
                facility_id=facility_id, bed_id=bed.bed_id, ours=bed.state.value, published=row.state.value, application_id=applicant
            ),
            open_task(
                TaskKind.BED_CONFLICT,
                applicant or facility_id,
                bed.key,
                str(version),
                facility_id=facility_id,
                bed_id=bed.bed_id,
                ours=bed.state.value,
                published=row.state.value,
            ),
        ]
    elif not take.conflict and "conflict" in bed.task_ids:
        facts += [
            BedReconciled(facility_id=facility_id, bed_id=bed.bed_id, state=take.to.value),
            *closing(bed, "reconciled", "conflict"),
        ]
    if bed.state is BedState.CLEANING and take.to is not BedState.CLEANING:
        facts += closing(bed, "published", "cleaning")
    return facts


def _resolved(bed: Bed, said: str) -> _Take:
    answer = RESOLVED[bed.state][said]
    if answer == CONFLICT and bed.state is BedState.OCCUPIED and bed.resident_id is None:
        return _Take(BedState(said), False)
    if answer == CONFLICT:
        return _Take(bed.state, True)
    return _Take(bed.state if answer == KEEP else BedState(answer), False)


def _listed(facility_id: str, row: PublishedBed, version: int, moved: tuple[BedState | None, BedState], cause: str) -> BedListed:
    before, after = moved
    return BedListed(
        facility_id=facility_id,
        bed_id=row.bed_id,
        version=version,
        bed_type=row.type.value,
        sex=row.sex.value,
        pool=row.pool.value,
        published=row.state.value,
        from_state=None if before is None else before.value,
        state=after.value,
        cause=cause,
    )


def _quota(state: BedsState, policy: BedsParameters, facility: Facility | None, facts: list[Fact]) -> list[Fact]:
    """Whether district and city still hold their share of the basic beds after these facts (B-R2), told when it changes."""
    basic, pooled = state.basic, state.pooled
    for fact in facts:
        if isinstance(fact, BedListed):
            bed = None if facility is None else facility.beds.get(fact.bed_id)
            if bed is not None and bed.state is not BedState.CLOSED and bed.bed_type in policy.quota_types:
                basic, pooled = basic - 1, pooled - (bed.pool in POOLED)
            if fact.state != BedState.CLOSED.value and fact.bed_type in policy.quota_types:
                basic, pooled = basic + 1, pooled + (fact.pool in POOLED)
    below = basic > 0 and pooled * 100 < policy.quota_percent_min * basic
    if below == state.below_quota:
        return []
    if not below:
        met = PoolQuotaMet(pooled=pooled, basic=basic, percent_min=policy.quota_percent_min)
        return [met] if state.quota_task_id is None else [met, TaskClosed(task_id=state.quota_task_id, result="quota_met")]
    task = open_task(TaskKind.POOL_BELOW_QUOTA, state.area, str(basic), str(pooled), str(state.arrivals), basic=basic, pooled=pooled)
    return [PoolBelowQuota(pooled=pooled, basic=basic, percent_min=policy.quota_percent_min), task]


def silent(state: BedsState, facility_id: str) -> tuple[Reasoned, ...]:
    """The facility's word has grown old: nobody is sent there on it (C07)."""
    facility = state.facilities[facility_id]
    fact = FacilitySilent(facility_id=facility_id, since_ms=facility.stale_at_ms)
    return (Reasoned(fact, because("inventory_age_s_max")),)
