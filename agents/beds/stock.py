"""Beds changing state: the transition table, the counts, and the index of free beds."""

from bisect import insort

from agents.beds.state import Bed, BedsState, Facility, Group
from agents.beds.states import BED_TRANSITIONS, BedState
from agents.shared.calendar import day_number

POOLED = ("district", "city")


def facility_of(state: BedsState, facility_id: str) -> Facility:
    """The facility, listed or not yet."""
    facility = state.facilities.get(facility_id)
    if facility is None:
        facility = state.facilities[facility_id] = Facility(facility_id)
    return facility


def bed_of(state: BedsState, facility_id: str, bed_id: str) -> Bed | None:
    """The bed, or None."""
    facility = state.facilities.get(facility_id)
    return None if facility is None else facility.beds.get(bed_id)


def like(bed: Bed) -> Group:
    """The group this bed would be free in, whether it is free or not: to ask who waits for it."""
    return Group(bed.facility, bed.bed_type, bed.sex, bed.pool)


def add_bed(state: BedsState, bed: Bed) -> None:
    """A bed that was not known before, in the state it says."""
    assert bed.bed_id not in bed.facility.beds
    bed.facility.beds[bed.bed_id] = bed
    _count(state, bed, 1)
    if bed.state is BedState.FREE:
        _put_in(state, bed)


def describe(state: BedsState, bed: Bed, bed_type: str, sex: str, pool: str) -> None:
    """Another type, room or pool."""
    if (bed.bed_type, bed.sex, bed.pool) == (bed_type, sex, pool):
        return
    if bed.state is BedState.FREE:
        _take_out(state, bed)
    _count(state, bed, -1)
    bed.bed_type, bed.sex, bed.pool = bed_type, sex, pool
    _count(state, bed, 1)
    if bed.state is BedState.FREE:
        _put_in(state, bed)


def move(state: BedsState, bed: Bed, to: BedState, now_ms: int) -> None:
    """From one state to another: one the table names (I06)."""
    assert to in BED_TRANSITIONS[bed.state], f"a bed does not go from {bed.state} to {to}"
    if bed.state is BedState.FREE:
        _take_out(state, bed)
    _count(state, bed, -1)
    vacated = to is BedState.FREE and bed.state not in (BedState.HELD, BedState.RESERVED)
    bed.state = to
    _count(state, bed, 1)
    if to is BedState.FREE:
        _put_in(state, bed)
        if vacated:
            days = bed.facility.vacancies.setdefault(bed.bed_type, {})
            today = day_number(now_ms)
            days[today] = days.get(today, 0) + 1
            first = today - state.policies.current.vacancy_days
            for day in [day for day in days if day < first]:
                del days[day]


def look_again(state: BedsState, facility: Facility) -> None:
    """The facility can be used (again): its free beds are looked at."""
    for group in facility.groups.values():
        state.dirty[group.key] = group


def _put_in(state: BedsState, bed: Bed) -> None:
    facility = bed.facility
    alike = (bed.bed_type, bed.sex, bed.pool)
    group = facility.groups.get(alike)
    if group is None:
        group = facility.groups[alike] = Group(facility, *alike)
        state.free.setdefault((bed.bed_type, bed.pool), {}).setdefault(facility.place_id, []).append(group)
    insort(group.beds, bed.bed_id)
    state.dirty[group.key] = group


def _take_out(state: BedsState, bed: Bed) -> None:
    facility = bed.facility
    alike = (bed.bed_type, bed.sex, bed.pool)
    group = facility.groups[alike]
    group.beds.remove(bed.bed_id)
    if group.beds:
        return
    del facility.groups[alike]
    by_facility = state.free[bed.bed_type, bed.pool]
    by_facility[facility.place_id].remove(group)
    if not by_facility[facility.place_id]:
        del by_facility[facility.place_id]
    if not by_facility:
        del state.free[bed.bed_type, bed.pool]
    state.dirty.pop(group.key, None)


def _count(state: BedsState, bed: Bed, one: int) -> None:
    counts = state.counts
    counts[bed.state.value] = counts.get(bed.state.value, 0) + one
    if bed.state is not BedState.CLOSED and bed.bed_type in state.policies.current.quota_types:
        state.basic += one
        if bed.pool in POOLED:
            state.pooled += one
