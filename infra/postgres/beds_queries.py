"""Reading the tables of beds (see `infra.postgres.queries` for what each function promises)."""

from datetime import date
from typing import Any

import orjson

from infra.postgres.beds_board import overview
from infra.postgres.beds_line import positions
from infra.postgres.values import instant_or_none, today
from schemas.journal import instant

__all__ = ["capacity", "overview", "providers_map", "request", "requests_map"]

_EARTH_RADIUS_M = 6_371_008.8
_NEAR = f"""
SELECT *, round(2 * {_EARTH_RADIUS_M} * asin(least(1, sqrt(
    sin(radians(lat - $2) / 2) ^ 2 + cos(radians($2)) * cos(radians(lat)) * sin(radians(lon - $3) / 2) ^ 2
))))::integer AS distance_m FROM beds_facilities WHERE area = $1 AND listed_ms IS NOT NULL ORDER BY distance_m, facility_id
"""  # noqa: S608 - built from a constant of this module; every value is a parameter
_BY_ID = "SELECT *, NULL::integer AS distance_m FROM beds_facilities WHERE area = $1 AND listed_ms IS NOT NULL ORDER BY facility_id"


async def request(pool: Any, request_id: str) -> dict[str, Any] | None:
    """An application by its id, or the one that an offer of this id was made to: state, place in line, open offer, history."""
    row = await pool.fetchrow(
        """
        SELECT * FROM beds_applications WHERE application_id = $1
           OR (application_id, area) IN (SELECT application_id, area FROM beds_offers WHERE offer_id = $1)
        ORDER BY changed_ms, area LIMIT 1
        """,
        request_id,
    )
    if row is None:
        return None
    offers = await pool.fetch(
        """
        SELECT o.*, f.name FROM beds_offers AS o LEFT JOIN beds_facilities AS f ON f.area = o.area AND f.facility_id = o.facility_id
        WHERE o.application_id = $1 AND o.area = $2 ORDER BY o.made_ms DESC, o.journal_offset DESC LIMIT 20
        """,
        row["application_id"],
        row["area"],
    )
    day, _ = await today(pool, "beds", row["area"])
    return {
        **_application(row),
        "positions": await positions(pool, row, day) if row["lat"] is not None else [],
        "waited_so_far_days": (day - row["eligible_day"]).days if row["eligible_day"] is not None else None,
        "offer": next((_offer(one) for one in offers if one["state"] in ("open", "accepted")), None),
        "offers_made": [_offer(one) for one in offers],
        "history": await _history(pool, row),
    }


def _application(row: Any) -> dict[str, Any]:
    plain = (
        "application_id", "area", "state", "reason", "person_id", "street", "sex", "level", "score", "priority_class", "within_m",
        "stay_days", "emergency", "refusals", "facility_id", "bed_id", "suspension", "rank_first", "waited_days", "event_id",
    )  # fmt: skip
    return {
        "kind": "application",
        **{name: row[name] for name in plain},
        **{name: orjson.loads(row[name]) if row[name] else [] for name in ("categories", "bed_types", "wished", "choices")},
        "assessed_on": _day(row["assessed_day"]),
        "eligible_on": _day(row["eligible_day"]),
        "stay_from": _day(row["stay_from"]),
        "assessment_until": instant_or_none(row["assessment_until_ms"]),
        "suspended_until": instant_or_none(row["suspended_until_ms"]),
        "excluded": {name: instant_or_none(until_ms) for name, until_ms in orjson.loads(row["excluded"]).items()},
        "queued_at": instant_or_none(row["queued_ms"]),
        "admitted_at": instant_or_none(row["admitted_ms"]),
        "left_at": instant_or_none(row["left_ms"]),
        "changed_at": instant(row["changed_ms"]),
    }


def _offer(row: Any) -> dict[str, Any]:
    plain = (
        "offer_id", "state", "by", "reason", "counted", "facility_id", "name", "bed_id", "bed_type", "pool", "lane",
        "override_reason", "distance_m", "provisional",
    )  # fmt: skip
    return {
        **{name: row[name] for name in plain},
        "made_at": instant(row["made_ms"]),
        "expires_at": instant(row["expires_ms"]),
        "admit_by": instant_or_none(row["admit_by_ms"]),
        "ended_at": instant_or_none(row["ended_ms"]),
    }


async def _history(pool: Any, row: Any) -> list[dict[str, Any]]:
    rows = await pool.fetch(
        """
        SELECT h.at_ms, h.fact_type, h.data::text AS data, coalesce(h.why, d.body -> 'why')::text AS why, h.event_id,
               d.event_type, d.policy::text AS policy
        FROM beds_application_history AS h
        LEFT JOIN decisions AS d ON d.event_id = h.event_id AND d.domain = 'beds' AND d.area = h.area
        WHERE h.application_id = $1 AND h.area = $2 ORDER BY h.journal_offset, h.record_index, h.fact_index
        """,
        row["application_id"],
        row["area"],
    )
    return [
        {
            "at": instant(one["at_ms"]),
            "type": one["fact_type"],
            "data": _told(orjson.loads(one["data"])),
            "why": None if one["why"] is None else orjson.loads(one["why"]),
            "event_id": one["event_id"],
            "event_type": one["event_type"],
            "policy": None if one["policy"] is None else orjson.loads(one["policy"]),
        }
        for one in rows
    ]


def _told(data: dict[str, Any]) -> dict[str, Any]:
    """Of a fact in one family's history nothing about another: who came next in line is for the certificate, which names nobody."""
    return {name: value for name, value in data.items() if not name.startswith("next_")}


async def capacity(pool: Any, area: str, near: tuple[float, float] | None, days: list[date] | None) -> list[dict[str, Any]]:  # noqa: ARG001 - beds have no slots
    """Facilities, nearest or by id, each with its beds by type, room and pool, and how old its word is (C07)."""
    _, now_ms = await today(pool, "beds", area)
    facilities = await pool.fetch(_BY_ID, area) if near is None else await pool.fetch(_NEAR, area, *near)
    rows = await pool.fetch(
        """
        SELECT facility_id, bed_type, sex, pool, count(*) FILTER (WHERE state <> 'closed') AS total,
               count(*) FILTER (WHERE state = 'free') AS free, count(*) FILTER (WHERE state = 'held') AS held,
               count(*) FILTER (WHERE state = 'reserved') AS reserved, count(*) FILTER (WHERE state = 'occupied') AS occupied,
               count(*) FILTER (WHERE state IN ('vacated', 'cleaning')) AS cleaning, count(*) FILTER (WHERE state = 'closed') AS closed
        FROM beds_beds WHERE area = $1 GROUP BY facility_id, bed_type, sex, pool ORDER BY facility_id, bed_type, sex, pool
        """,
        area,
    )
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["facility_id"], []).append({name: value for name, value in row.items() if name != "facility_id"})
    return [_facility(row, groups.get(row["facility_id"], []), now_ms) for row in facilities]


def _facility(row: Any, groups: list[dict[str, Any]], now_ms: int) -> dict[str, Any]:
    counted = ("total", "free", "held", "reserved", "occupied", "cleaning", "closed")
    return {
        "facility_id": row["facility_id"],
        "area": row["area"],
        "name": row["name"],
        "street": row["street"],
        "position": {"lat": row["lat"], "lon": row["lon"]},
        "distance_m": row["distance_m"],
        "data_age_s": None if row["reported_ms"] is None else (now_ms - row["reported_ms"]) // 1000,
        "silent": row["silent"],
        **{name: sum(group[name] for group in groups) for name in counted},
        "beds": groups,
    }


async def providers_map(pool: Any, area: str | None, day: date | None) -> list[dict[str, Any]]:  # noqa: ARG001 - as of now
    """Homes with position and beds."""
    rows = await pool.fetch(
        """
        SELECT f.facility_id, f.area, f.name, f.street, f.lat, f.lon, f.silent,
               count(*) FILTER (WHERE b.state <> 'closed') AS total, count(*) FILTER (WHERE b.state = 'free') AS free,
               count(*) FILTER (WHERE b.state IN ('held', 'reserved')) AS promised,
               count(*) FILTER (WHERE b.state = 'occupied') AS occupied
        FROM beds_facilities AS f LEFT JOIN beds_beds AS b ON b.area = f.area AND b.facility_id = f.facility_id
        WHERE f.listed_ms IS NOT NULL AND ($1::text IS NULL OR f.area = $1)
        GROUP BY f.facility_id, f.area, f.name, f.street, f.lat, f.lon, f.silent ORDER BY f.area, f.facility_id
        """,
        area,
    )
    plain = ("facility_id", "area", "name", "street", "silent", "total", "free", "promised", "occupied")
    return [{**{name: row[name] for name in plain}, "position": {"lat": row["lat"], "lon": row["lon"]}} for row in rows]


async def requests_map(pool: Any, area: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest applications with a position, and the home promised to them or where they live."""
    rows = await pool.fetch(
        """
        SELECT newest.* FROM areas AS a CROSS JOIN LATERAL (
            SELECT o.application_id, o.area, o.state, o.lat, o.lon, o.bed_types, o.facility_id, o.queued_ms
            FROM beds_applications AS o WHERE o.area = a.area AND o.lat IS NOT NULL ORDER BY o.queued_ms DESC, o.application_id LIMIT $2
        ) AS newest
        WHERE a.domain = 'beds' AND ($1::text IS NULL OR a.area = $1) ORDER BY newest.queued_ms DESC, newest.application_id LIMIT $2
        """,
        area,
        limit,
    )
    return [
        {
            "request_id": row["application_id"],
            "area": row["area"],
            "state": row["state"],
            "position": {"lat": row["lat"], "lon": row["lon"]},
            "bed_types": orjson.loads(row["bed_types"]),
            "facility_id": row["facility_id"],
            "queued_at": instant(row["queued_ms"]),
        }
        for row in rows
    ]


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
