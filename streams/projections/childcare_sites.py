"""The facts of childcare beyond one booking as rows: sites and sessions, the institution file, quotas between areas, entitlements."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import orjson

from schemas import childcare_facts as booked
from schemas import childcare_site_facts as facts
from schemas.facts import Fact
from streams.projections.childcare_tables import CHILDREN, ENTITLEMENTS, FILE_LINES, FILES, QUOTA_REQUESTS, QUOTAS, SEATS, SESSIONS, SITES
from streams.projections.fold import Fold, Why, json_text
from streams.projections.rows import Key, Place, Row, Rows, Table


def _site(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((SITES, (place.area, fact.site_id)),)


def _session(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((SESSIONS, (place.area, fact.session_id)),)


def _request(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((QUOTA_REQUESTS, (fact.request_id, place.area)),)


def _child(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((CHILDREN, (fact.child_id, place.area)),)


def _entitlement(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((ENTITLEMENTS, (fact.entitlement_id, place.area)),)


def where(place: Place) -> Row:
    """The columns of an appended row that say where in the journal it comes from."""
    return {
        "partition": place.partition, "journal_offset": place.offset, "record_index": place.record_index, "fact_index": place.fact_index,
    }  # fmt: skip


def _line(rows: Rows, place: Place, fact: Any, **counts: int) -> None:
    """A line in the institution file, and its sums."""
    row: Row = {"area": place.area, "site_id": fact.site_id, **where(place), "at_ms": place.at_ms, "fact_type": fact.type}
    rows.append(FILE_LINES, row | {"data": json_text(fact.__dict__), "event_id": place.event_id})
    if counts:
        rows.add(FILES, (place.area, fact.site_id), **counts)


# Sites and their sessions.


def _site_row(rows: Rows, place: Place, site_id: str) -> Row:
    """The site as known, or a bare row of one that is spoken of before it is listed (I09)."""
    row = rows.get(SITES, (place.area, site_id))
    return {**dict.fromkeys(SITES.columns), "area": place.area, "site_id": site_id, "closures": "[]"} if row is None else row


def _listed(rows: Rows, place: Place, fact: facts.SiteListed, why: Why | None) -> None:  # noqa: ARG001 - shape of Apply
    row = _site_row(rows, place, fact.site_id)
    row = {**row, "name": fact.name, "kind": fact.kind, "lat": fact.lat, "lon": fact.lon, "street": fact.street, "listed_ms": place.at_ms}
    if fact.inspection_due_ms is not None:
        row["inspection_due_ms"] = fact.inspection_due_ms
    rows.put(SITES, (place.area, fact.site_id), row)


def _closed(rows: Rows, place: Place, fact: facts.SiteClosureRecorded, why: Why | None) -> None:  # noqa: ARG001
    row = _site_row(rows, place, fact.site_id)
    standing = [one for one in orjson.loads(row["closures"]) if not _over(one, place.at_ms)]
    standing.append({"from_ms": fact.from_ms, "until_ms": fact.until_ms, "reason": fact.reason})
    rows.put(SITES, (place.area, fact.site_id), {**row, "closures": json_text(standing)})
    _line(rows, place, fact)


def _reopened(rows: Rows, place: Place, fact: facts.SiteReopeningRecorded, why: Why | None) -> None:  # noqa: ARG001
    row = _site_row(rows, place, fact.site_id)
    ended: list[dict[str, Any]] = []
    for one in orjson.loads(row["closures"]):
        if one["from_ms"] < fact.from_ms:
            until_ms = one["until_ms"]
            ended.append({**one, "until_ms": fact.from_ms if until_ms is None else min(until_ms, fact.from_ms)})
    standing = [one for one in ended if not _over(one, place.at_ms)]
    rows.put(SITES, (place.area, fact.site_id), {**row, "closures": json_text(standing)})
    _line(rows, place, fact)


def _over(closure: dict[str, Any], at_ms: int) -> bool:
    return closure["until_ms"] is not None and closure["until_ms"] <= at_ms


def _published(rows: Rows, place: Place, fact: facts.SessionPublished, why: Why | None) -> None:  # noqa: ARG001
    key = (place.area, fact.session_id)
    row = rows.get(SESSIONS, key) or {**dict.fromkeys(SESSIONS.columns), "area": place.area, "session_id": fact.session_id}
    row = {
        **row, "site_id": fact.site_id, "service": fact.service, "day": date.fromisoformat(fact.date), "mode": fact.mode,
        "starts_ms": fact.starts_ms, "ends_ms": fact.ends_ms, "closes_ms": fact.closes_ms, "seats": fact.seats,
        "staff_planned": fact.staff, "weighted": fact.weighted, "care_limit": fact.care_limit, "version": fact.version,
        "published_ms": place.at_ms,
    }  # fmt: skip
    rows.put(SESSIONS, key, row)


def _staffing(rows: Rows, place: Place, fact: facts.StaffingRecorded, why: Why | None) -> None:  # noqa: ARG001
    values = {"staff_present": fact.staff_present, "care_limit": fact.care_limit, "reported_ms": fact.reported_ms}
    rows.change(SESSIONS, (place.area, fact.session_id), **values)


def _understaffed(rows: Rows, place: Place, fact: facts.SessionUnderstaffed, why: Why | None) -> None:  # noqa: ARG001
    rows.add(SEATS, (place.area, fact.session_id), understaffed=1)
    _line(rows, place, fact, understaffed=1)


def _breached(rows: Rows, place: Place, fact: facts.RatioBreached, why: Why | None) -> None:  # noqa: ARG001
    rows.add(SEATS, (place.area, fact.session_id), ratio_breaches=1)
    _line(rows, place, fact, ratio_breaches=1)


def _session_closed(rows: Rows, place: Place, fact: facts.SessionClosed, why: Why | None) -> None:  # noqa: ARG001
    rows.change(SESSIONS, (place.area, fact.session_id), closed_ms=place.at_ms)
    _line(rows, place, fact, sessions=1)


# The institution file.


def _incident(rows: Rows, place: Place, fact: facts.IncidentRecorded, why: Why | None) -> None:  # noqa: ARG001
    _line(rows, place, fact, incidents=1)


def _inspected(rows: Rows, place: Place, fact: facts.InspectionRecorded, why: Why | None) -> None:  # noqa: ARG001
    values = {"inspected_ms": place.at_ms, "inspection_result": fact.result, "inspection_due_ms": fact.next_due_ms}
    rows.change(SITES, (place.area, fact.site_id), overdue_since_ms=None, **values)
    _line(rows, place, fact, inspections=1)


def _inspection_overdue(rows: Rows, place: Place, fact: facts.InspectionOverdue, why: Why | None) -> None:  # noqa: ARG001
    row = _site_row(rows, place, fact.site_id)
    since_ms = fact.due_ms if row["overdue_since_ms"] is None else row["overdue_since_ms"]
    rows.put(SITES, (place.area, fact.site_id), {**row, "overdue_since_ms": since_ms, "inspection_due_ms": fact.next_due_ms})
    _line(rows, place, fact, inspections_missed=1)


# A child's quota, asked from another area; children; entitlements.


def reserve(rows: Rows, area: str, of: tuple[str, str, int], granted: int, units: int) -> None:
    """Units of (service, holder, year) promised to a booking."""
    service, holder, year = of
    key = (holder, area, service, year)
    rows.raise_to(QUOTAS, key, granted=granted)
    rows.add(QUOTAS, key, held=units)


def settle(rows: Rows, area: str, of: tuple[str, str, int], units: int, result: str) -> None:
    """What became of them: ``returned`` or ``consumed``; anything else leaves them promised."""
    service, holder, year = of
    if units and result in ("returned", "consumed"):
        # A merged row says all of its columns: nothing was granted by this.
        rows.raise_to(QUOTAS, (holder, area, service, year), granted=0)
        rows.add(QUOTAS, (holder, area, service, year), held=-units, used=units if result == "consumed" else 0)


def _request_row(place: Place, fact: Any, **values: Any) -> Row:
    row = {**dict.fromkeys(QUOTA_REQUESTS.columns), "area": place.area, "request_id": fact.request_id, "booking_id": fact.booking_id}
    return row | {"units": 0, "overdue": 0, "event_id": place.event_id} | values


def _reserved(rows: Rows, place: Place, fact: facts.QuotaReserved, why: Why | None) -> None:  # noqa: ARG001
    row = _request_row(
        place, fact, state="reserved", child_id=fact.child_id, service=fact.service, holder=fact.quota_holder, year=fact.quota_year,
        units_asked=fact.units_asked, units=fact.units, asking_area=fact.asking_area, settle_by_ms=fact.settle_by_ms,
        decided_ms=place.at_ms,
    )  # fmt: skip
    rows.put(QUOTA_REQUESTS, (fact.request_id, place.area), row)
    reserve(rows, place.area, (fact.service, fact.quota_holder, fact.quota_year), fact.granted, fact.units)


def _denied(rows: Rows, place: Place, fact: facts.QuotaDenied, why: Why | None) -> None:  # noqa: ARG001
    row = _request_row(
        place, fact, state="denied", reason=fact.reason, child_id=fact.child_id, service=fact.service, year=fact.quota_year,
        units_asked=fact.units_asked, asking_area=fact.asking_area, decided_ms=place.at_ms,
    )  # fmt: skip
    rows.put(QUOTA_REQUESTS, (fact.request_id, place.area), row)


def _settled(rows: Rows, place: Place, fact: facts.QuotaSettled, why: Why | None) -> None:  # noqa: ARG001
    key = (fact.request_id, place.area)
    row = rows.get(QUOTA_REQUESTS, key)
    if row is None:
        row = _request_row(place, fact)
    elif fact.units:
        settle(rows, place.area, (row["service"], row["holder"], row["year"]), fact.units, fact.result)
    rows.put(QUOTA_REQUESTS, key, {**row, "state": fact.result, "settle_by_ms": None, "settled_ms": place.at_ms})


def _overdue(rows: Rows, place: Place, fact: facts.QuotaOverdue, why: Why | None) -> None:  # noqa: ARG001
    key = (fact.request_id, place.area)
    row = rows.get(QUOTA_REQUESTS, key)
    if row is None:
        raise KeyError("an overdue question that was never answered")
    rows.put(QUOTA_REQUESTS, key, {**row, "overdue": row["overdue"] + 1, "settle_by_ms": fact.next_ms})


def _child_row(rows: Rows, place: Place, child_id: str, **values: Any) -> None:
    key = (child_id, place.area)
    row = rows.get(CHILDREN, key) or {**dict.fromkeys(CHILDREN.columns), "area": place.area, "child_id": child_id, "no_shows": 0}
    rows.put(CHILDREN, key, {**row, **values})


def _restricted(rows: Rows, place: Place, fact: booked.ChildRestricted, why: Why | None) -> None:  # noqa: ARG001
    _child_row(rows, place, fact.child_id, no_shows=fact.no_shows, restricted_until_ms=fact.until_ms)


def _persons(rows: Rows, place: Place, fact: booked.PickupPersonsRecorded, why: Why | None) -> None:  # noqa: ARG001
    _child_row(rows, place, fact.child_id, pickup_version=fact.version, pickup_persons=json_text(fact.persons))


def _owed(rows: Rows, place: Place, fact: facts.EntitlementRecorded, why: Why | None) -> None:  # noqa: ARG001
    row: Row = {
        "area": place.area, "entitlement_id": fact.entitlement_id, "state": "owed", "service": fact.service,
        "holder_id": fact.holder_id, "year": fact.year, "sessions": fact.sessions, "had": None, "due_ms": fact.due_ms,
        "recorded_ms": place.at_ms, "ended_ms": None,
    }  # fmt: skip
    rows.put(ENTITLEMENTS, (fact.entitlement_id, place.area), row)


def _met(rows: Rows, place: Place, fact: facts.EntitlementMet, why: Why | None) -> None:  # noqa: ARG001
    rows.change(ENTITLEMENTS, (fact.entitlement_id, place.area), state="met", had=fact.had, ended_ms=place.at_ms)


def _unmet(rows: Rows, place: Place, fact: facts.EntitlementUnmet, why: Why | None) -> None:  # noqa: ARG001
    rows.change(ENTITLEMENTS, (fact.entitlement_id, place.area), state="unmet", had=fact.had, ended_ms=place.at_ms)


FOLDS: dict[type[Fact], Fold] = {
    facts.SiteListed: Fold(_listed, _site),
    facts.SiteClosureRecorded: Fold(_closed, _site),
    facts.SiteReopeningRecorded: Fold(_reopened, _site),
    facts.SessionPublished: Fold(_published, _session),
    facts.StaffingRecorded: Fold(_staffing, _session),
    facts.SessionUnderstaffed: Fold(_understaffed),
    facts.RatioBreached: Fold(_breached),
    facts.SessionClosed: Fold(_session_closed, _session),
    facts.IncidentRecorded: Fold(_incident),
    facts.InspectionRecorded: Fold(_inspected, _site),
    facts.InspectionOverdue: Fold(_inspection_overdue, _site),
    facts.QuotaReserved: Fold(_reserved, _request),
    facts.QuotaDenied: Fold(_denied, _request),
    facts.QuotaSettled: Fold(_settled, _request),
    facts.QuotaOverdue: Fold(_overdue, _request),
    facts.EntitlementRecorded: Fold(_owed, _entitlement),
    facts.EntitlementMet: Fold(_met, _entitlement),
    facts.EntitlementUnmet: Fold(_unmet, _entitlement),
    booked.ChildRestricted: Fold(_restricted, _child),
    booked.PickupPersonsRecorded: Fold(_persons, _child),
}
