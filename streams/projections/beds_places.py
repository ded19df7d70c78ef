"""The facts of beds about facilities, beds and residents as rows."""

from collections.abc import Iterable
from typing import Any

from schemas import beds_facts as facts
from schemas import beds_stay_facts as stay_facts
from schemas.facts import Fact
from streams.projections.beds_tables import APPLICATIONS, BEDS, FACILITIES, HISTORY, PLACEMENTS, POOLS, VACANCIES
from streams.projections.fold import Fold, Why, civil_day, json_text
from streams.projections.rows import Key, Place, Row, Rows, Table

PROMISED = ("held", "reserved")


def bed_key(place: Place, fact: Any) -> Key:
    """Where a bed's row stands."""
    return (place.area, fact.facility_id, fact.bed_id)


def change(rows: Rows, place: Place, fact: Any, **values: Any) -> Row:
    """Change the bed that a fact speaks of; a bed that becomes free otherwise than from a promise is a vacancy (B14)."""
    key = bed_key(place, fact)
    old = rows.get(BEDS, key)
    if old is None:
        raise KeyError("a fact of a bed that was never listed")
    if values.get("state") == "free" and old["state"] not in (*PROMISED, "free"):
        rows.add(VACANCIES, (place.area, fact.facility_id, values.get("bed_type", old["bed_type"]), civil_day(place.at_ms)), freed=1)
    return rows.change(BEDS, key, changed_ms=place.at_ms, **values)


def _facility(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((FACILITIES, (place.area, fact.facility_id)),)


def _bed(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((BEDS, bed_key(place, fact)),)


def _bed_and_resident(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    yield BEDS, bed_key(place, fact)
    if fact.application_id is not None:
        yield APPLICATIONS, (fact.application_id, place.area)


def _pool(place: Place, fact: Fact) -> Iterable[tuple[Table, Key]]:  # noqa: ARG001 - the shape of `Needs`
    return ((POOLS, (place.area,)),)


def _facility_row(rows: Rows, place: Place, facility_id: str) -> Row:
    """The facility as known, or a bare row of one whose beds came before it was listed (I09)."""
    row = rows.get(FACILITIES, (place.area, facility_id))
    if row is None:
        row = {**dict.fromkeys(FACILITIES.columns), "area": place.area, "facility_id": facility_id, "version": 0, "silent": True}
    return row


def _listed(rows: Rows, place: Place, fact: facts.FacilityListed, why: Why | None) -> None:  # noqa: ARG001 - shape of Apply
    row = _facility_row(rows, place, fact.facility_id)
    entry = {"name": fact.name, "lat": fact.lat, "lon": fact.lon, "street": fact.street, "listed_ms": place.at_ms}
    rows.put(FACILITIES, (place.area, fact.facility_id), row | entry)


def _reported(rows: Rows, place: Place, fact: facts.InventoryReported, why: Why | None) -> None:  # noqa: ARG001
    row = _facility_row(rows, place, fact.facility_id)
    values: Row = {"version": max(row["version"], fact.version)}
    if fact.stale_at_ms != row["stale_at_ms"]:
        values |= {"reported_ms": place.at_ms, "stale_at_ms": fact.stale_at_ms, "silent": False}
    rows.put(FACILITIES, (place.area, fact.facility_id), row | values)


def _silent(rows: Rows, place: Place, fact: facts.FacilitySilent, why: Why | None) -> None:  # noqa: ARG001
    rows.change(FACILITIES, (place.area, fact.facility_id), silent=True)


def _bed_listed(rows: Rows, place: Place, fact: facts.BedListed, why: Why | None) -> None:  # noqa: ARG001
    said: Row = {
        "bed_type": fact.bed_type, "sex": fact.sex, "pool": fact.pool, "state": fact.state, "published": fact.published,
        "version": fact.version,
    }  # fmt: skip
    if rows.get(BEDS, bed_key(place, fact)) is not None:
        moved = {"overdue": None} if fact.state != fact.from_state else {}
        change(rows, place, fact, **said, **moved)
        return
    row: Row = {**dict.fromkeys(BEDS.columns), "area": place.area, "facility_id": fact.facility_id, "bed_id": fact.bed_id, **said}
    rows.put(BEDS, bed_key(place, fact), row | {"conflicted": False, "changed_ms": place.at_ms})


def _conflicted(rows: Rows, place: Place, fact: facts.BedConflicted, why: Why | None) -> None:  # noqa: ARG001
    change(rows, place, fact, conflicted=True)


def _reconciled(rows: Rows, place: Place, fact: facts.BedReconciled, why: Why | None) -> None:  # noqa: ARG001
    change(rows, place, fact, conflicted=False)


def _vacated(rows: Rows, place: Place, fact: facts.BedVacatedFact, why: Why | None) -> None:
    row = change(
        rows, place, fact, state="vacated", published="cleaning", resident_id=None, person_id=None, until_ms=None, leave_until_ms=None,
        conflicted=False, overdue=None,
    )  # fmt: skip
    left: Row = {
        **dict.fromkeys(PLACEMENTS.columns), "area": place.area, **_at(place), "kind": "vacated", "facility_id": fact.facility_id,
        "bed_id": fact.bed_id, "application_id": fact.application_id, "bed_type": row["bed_type"], "pool": row["pool"],
        "cause": fact.reason, "day": civil_day(place.at_ms), "at_ms": place.at_ms,
    }  # fmt: skip
    rows.append(PLACEMENTS, left)
    # A transfer vacates the old bed while the stay goes on.
    ends = {"left_ms": place.at_ms} if fact.reason != "transfer" else {}
    _of_resident(rows, place, fact, why, **ends)


def _cleaning(rows: Rows, place: Place, fact: facts.BedCleaning, why: Why | None) -> None:  # noqa: ARG001
    change(rows, place, fact, state="cleaning")


def _freed(rows: Rows, place: Place, fact: facts.BedFreed, why: Why | None) -> None:  # noqa: ARG001
    change(rows, place, fact, state="free", published="free", overdue=None)


def _leave_started(rows: Rows, place: Place, fact: facts.LeaveStartedFact, why: Why | None) -> None:
    change(rows, place, fact, leave_until_ms=fact.hold_until_ms)
    _of_resident(rows, place, fact, why)


def _leave_ended(rows: Rows, place: Place, fact: facts.LeaveEndedFact, why: Why | None) -> None:
    change(rows, place, fact, leave_until_ms=None, overdue=None)
    _of_resident(rows, place, fact, why)


def _overdue(rows: Rows, place: Place, fact: facts.BedOverdue, why: Why | None) -> None:
    change(rows, place, fact, overdue=fact.kind)
    _of_resident(rows, place, fact, why)


def _ending(rows: Rows, place: Place, fact: stay_facts.StayEnding, why: Why | None) -> None:
    _of_resident(rows, place, fact, why)


def _extended(rows: Rows, place: Place, fact: stay_facts.StayExtended, why: Why | None) -> None:
    change(rows, place, fact, until_ms=fact.until_ms)
    _of_resident(rows, place, fact, why)


def _of_resident(rows: Rows, place: Place, fact: Any, why: Why | None, **values: Any) -> None:
    """What happens to a resident of the pool is told in the history of their application."""
    if fact.application_id is None or rows.get(APPLICATIONS, (fact.application_id, place.area)) is None:
        return
    rows.change(APPLICATIONS, (fact.application_id, place.area), changed_ms=place.at_ms, **values)
    row: Row = {"area": place.area, "application_id": fact.application_id, **_at(place), "at_ms": place.at_ms, "fact_type": fact.type}
    rows.append(HISTORY, row | {"data": json_text(fact.__dict__), "why": json_text(why), "event_id": place.event_id})


def _quota(rows: Rows, place: Place, fact: facts.PoolBelowQuota | facts.PoolQuotaMet, why: Why | None) -> None:  # noqa: ARG001
    counted = {"pooled": fact.pooled, "basic": fact.basic, "percent_min": fact.percent_min, "changed_ms": place.at_ms}
    rows.put(POOLS, (place.area,), {"area": place.area, "below_quota": isinstance(fact, facts.PoolBelowQuota), **counted})


def _at(place: Place) -> Row:
    return {
        "partition": place.partition, "journal_offset": place.offset, "record_index": place.record_index, "fact_index": place.fact_index,
    }  # fmt: skip


FOLDS: dict[type[Fact], Fold] = {
    facts.FacilityListed: Fold(_listed, _facility),
    facts.InventoryReported: Fold(_reported, _facility),
    facts.FacilitySilent: Fold(_silent, _facility),
    facts.BedListed: Fold(_bed_listed, _bed),
    facts.BedConflicted: Fold(_conflicted, _bed),
    facts.BedReconciled: Fold(_reconciled, _bed),
    facts.BedVacatedFact: Fold(_vacated, _bed_and_resident),
    facts.BedCleaning: Fold(_cleaning, _bed),
    facts.BedFreed: Fold(_freed, _bed),
    facts.LeaveStartedFact: Fold(_leave_started, _bed_and_resident),
    facts.LeaveEndedFact: Fold(_leave_ended, _bed_and_resident),
    facts.BedOverdue: Fold(_overdue, _bed_and_resident),
    stay_facts.StayEnding: Fold(_ending, _bed_and_resident),
    stay_facts.StayExtended: Fold(_extended, _bed_and_resident),
    facts.PoolBelowQuota: Fold(_quota, _pool),
    facts.PoolQuotaMet: Fold(_quota, _pool),
}
