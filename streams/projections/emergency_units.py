"""The facts of responders, devices and coverage as rows (schemas/emergency_units_facts.py says what each fact means)."""

from collections.abc import Iterable
from typing import Any

from schemas import emergency_units_facts as facts
from schemas.facts import Fact
from streams.projections.emergency_tables import COVERAGE, DEVICES, UNITS
from streams.projections.fold import Fold, Why, json_text
from streams.projections.rows import Key, Place, Row, Rows, Table


def _unit(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((UNITS, (place.area, fact.responder_id)),)


def _device(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((DEVICES, (fact.device_id, place.area)),)


def _person(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((COVERAGE, (fact.person_id, place.area)),)


def _unit_listed(rows: Rows, place: Place, fact: facts.ResponderListed, why: Why | None) -> None:  # noqa: ARG001 - shape of Apply
    key = (place.area, fact.responder_id)
    before = rows.get(UNITS, key)
    row: Row = {
        **(dict.fromkeys(UNITS.columns) if before is None else before), "area": place.area, "responder_id": fact.responder_id,
        "kind": fact.kind, "base_lat": fact.lat, "base_lon": fact.lon, "skills": json_text(fact.skills),
        "max_travel_s": fact.max_travel_s, "listed_ms": place.at_ms,
    }  # fmt: skip
    if before is None:
        row |= {"status": "off", "status_ms": place.at_ms, "rest_until_ms": 0}
    rows.put(UNITS, key, row)


RESERVED = ("reserved_from_ms", "reserved_until_ms")


def _unit_status(rows: Rows, place: Place, fact: facts.ResponderStatusRecorded, why: Why | None) -> None:  # noqa: ARG001
    where = {} if fact.lat is None else {"lat": fact.lat, "lon": fact.lon, "fix_ms": place.at_ms}
    kept = {name: value for name in RESERVED if (value := getattr(fact, name)) is not None}
    rows.change(UNITS, (place.area, fact.responder_id), status=fact.status, status_ms=place.at_ms, **where, **kept)


def _unit_located(rows: Rows, place: Place, fact: facts.ResponderLocated, why: Why | None) -> None:  # noqa: ARG001
    rows.change(UNITS, (place.area, fact.responder_id), lat=fact.lat, lon=fact.lon, fix_ms=place.at_ms)


def _device_listed(rows: Rows, place: Place, fact: facts.DeviceListed, why: Why | None) -> None:  # noqa: ARG001
    key = (fact.device_id, place.area)
    before = rows.get(DEVICES, key)
    known = before is not None and before["retired_ms"] is None
    row: Row = {
        **dict.fromkeys(DEVICES.columns), "area": place.area, "device_id": fact.device_id, "kind": fact.kind,
        "person_id": fact.person_id, "lat": fact.lat, "lon": fact.lon, "window_ms": fact.window_ms, "due_ms": fact.due_ms,
        "missed": 0, "battery_low": False, "listed_ms": place.at_ms,
    }  # fmt: skip
    if known and before is not None:
        row |= {name: before[name] for name in ("heard_ms", "battery_percent", "battery_low")}
    rows.put(DEVICES, key, row)


def _device_heard(rows: Rows, place: Place, fact: facts.DeviceHeard, why: Why | None) -> None:  # noqa: ARG001
    battery = {} if fact.battery_percent is None else {"battery_percent": fact.battery_percent}
    rows.change(DEVICES, (fact.device_id, place.area), heard_ms=place.at_ms, due_ms=fact.due_ms, missed=0, **battery)


def _battery(rows: Rows, place: Place, fact: facts.DeviceBatteryRecorded, why: Why | None) -> None:  # noqa: ARG001
    rows.change(DEVICES, (fact.device_id, place.area), battery_percent=fact.battery_percent, battery_low=fact.low)


def _device_missed(rows: Rows, place: Place, fact: facts.DeviceMissed, why: Why | None) -> None:  # noqa: ARG001
    rows.change(DEVICES, (fact.device_id, place.area), missed=fact.level, due_ms=fact.next_ms)


def _device_retired(rows: Rows, place: Place, fact: facts.DeviceRetiredFact, why: Why | None) -> None:  # noqa: ARG001
    rows.change(DEVICES, (fact.device_id, place.area), retired_ms=place.at_ms, retired_reason=fact.reason)


def _coverage(rows: Rows, place: Place, fact: facts.CoverageRecorded, why: Why | None) -> None:  # noqa: ARG001
    key = (fact.person_id, place.area)
    before = rows.get(COVERAGE, key)
    row: Row = {
        "area": place.area, "person_id": fact.person_id, "lives_alone": fact.lives_alone, "eligible": fact.eligible,
        "lat": fact.lat, "lon": fact.lon, "contacts": len(fact.contacts), "has_access": fact.access_id is not None,
        "covered": before is not None and before["covered"], "cause": None if before is None else before["cause"],
        "changed_ms": place.at_ms, "ended_ms": None, "ended_reason": None,
    }  # fmt: skip
    rows.put(COVERAGE, key, row)


def _coverage_changed(rows: Rows, place: Place, fact: facts.CoverageChanged, why: Why | None) -> None:  # noqa: ARG001
    rows.change(COVERAGE, (fact.person_id, place.area), covered=fact.covered, cause=fact.cause, changed_ms=place.at_ms)


def _coverage_ended(rows: Rows, place: Place, fact: facts.CoverageEndedFact, why: Why | None) -> None:  # noqa: ARG001
    rows.change(COVERAGE, (fact.person_id, place.area), ended_ms=place.at_ms, ended_reason=fact.reason, changed_ms=place.at_ms)


FOLDS: dict[type[Fact], Fold] = {
    facts.ResponderListed: Fold(_unit_listed, _unit),
    facts.ResponderStatusRecorded: Fold(_unit_status, _unit),
    facts.ResponderLocated: Fold(_unit_located, _unit),
    facts.DeviceListed: Fold(_device_listed, _device),
    facts.DeviceHeard: Fold(_device_heard, _device),
    facts.DeviceBatteryRecorded: Fold(_battery, _device),
    facts.DeviceMissed: Fold(_device_missed, _device),
    facts.DeviceRetiredFact: Fold(_device_retired, _device),
    facts.CoverageRecorded: Fold(_coverage, _person),
    facts.CoverageChanged: Fold(_coverage_changed, _person),
    facts.CoverageEndedFact: Fold(_coverage_ended, _person),
}
"""Of every fact of these; joined to the rest by `streams.projections.emergency`."""
