"""Reading the sessions of childcare: how each stands, near a point, and with its bookings."""

from datetime import date
from typing import Any

import orjson

from infra.postgres.values import instant_or_none, today
from schemas.journal import instant

EARTH_RADIUS_M = 6_371_008.8
SESSIONS = """
SELECT s.*, coalesce(c.held, 0) AS held, coalesce(c.used, 0) AS used, coalesce(c.care_held, 0) AS care_held,
       coalesce(c.care_used, 0) AS care_used, coalesce(c.present, 0) AS present, coalesce(c.care_present, 0) AS care_present,
       coalesce(c.waiting, 0) AS waiting, coalesce(c.offered, 0) AS offered, coalesce(c.attended, 0) AS attended,
       coalesce(c.no_shows, 0) AS no_shows
FROM childcare_sessions AS s LEFT JOIN childcare_seats AS c ON c.area = s.area AND c.session_id = s.session_id
"""


def closures(text: str, now_ms: int) -> list[dict[str, Any]]:
    """Closures of a site that are not over; ``now`` says that one is on."""
    return [
        {
            "from": instant(one["from_ms"]),
            "until": instant_or_none(one["until_ms"]),
            "reason": one["reason"],
            "now": one["from_ms"] <= now_ms,
        }
        for one in orjson.loads(text)
        if one["until_ms"] is None or one["until_ms"] > now_ms
    ]


async def holidays_of(pool: Any, area: str) -> frozenset[str]:
    """Days off by the calendars that the area has adopted, ``YYYY-MM-DD``; of a year the latest version counts."""
    rows = await pool.fetch(
        "SELECT parameters::text FROM policies WHERE domain = 'childcare' AND area = $1 AND policy = 'calendar' ORDER BY adopted_ms", area
    )
    years = {one.get("year"): one.get("holidays", []) for one in (orjson.loads(row[0]) for row in rows)}
    return frozenset(day for days in years.values() for day in days)


def slot(row: Any, closures: list[dict[str, Any]], holidays: frozenset[str], now_ms: int) -> dict[str, Any]:
    """One session as it stands. ``free`` counts seats; ``care_free`` is what the staff may still care for (hundredths, None: unbounded).

    ``breach``: more children are in the room than its staff may care for. ``short``: more is promised than there is.
    """
    closed = any(one["from_ms"] < row["ends_ms"] and (one["until_ms"] is None or row["starts_ms"] < one["until_ms"]) for one in closures)
    taken, care = row["held"] + row["used"], row["care_held"] + row["care_used"]
    weighted = row["weighted"]
    care_free = max(row["care_limit"] - care, 0) if weighted else None
    free = 0 if closed or care_free == 0 else max(row["seats"] - taken, 0)
    plain = ("session_id", "service", "mode", "held", "used", "present", "waiting", "offered", "attended", "no_shows", "version")
    return {
        **{name: row[name] for name in plain},
        "date": row["day"].isoformat(),
        "starts_at": instant(row["starts_ms"]),
        "ends_at": instant(row["ends_ms"]),
        "total": row["seats"],
        "free": free,
        "care_free": care_free,
        "staff": row["staff_planned"] if row["staff_present"] is None else row["staff_present"],
        "staff_planned": row["staff_planned"],
        "staff_reported": row["staff_present"] is not None,
        "breach": bool(weighted and row["care_present"] > row["care_limit"]),
        "short": bool(taken > row["seats"] or (weighted and care > row["care_limit"])),
        "closed": closed,
        "holiday": row["day"].isoformat() in holidays,
        "now": row["starts_ms"] <= now_ms < row["ends_ms"],
        "over": row["ends_ms"] <= now_ms,
        "data_age_s": (now_ms - row["published_ms"]) // 1000,
    }


async def sessions_near(
    pool: Any, area: str, near: tuple[float, float] | None, day: date | None, *, service: str | None = None, session_id: str | None = None,
    free_only: bool = False, limit: int = 200,
) -> list[dict[str, Any]]:  # fmt: skip
    """Sessions of a day, nearest site first (by id without a point), then by their start."""
    its_today, now_ms = await today(pool, "childcare", area)
    day = its_today if day is None else day
    found = await pool.fetch(
        f"""
        SELECT one.*, p.name, p.closures::text AS closures, p.lat, p.lon,
               CASE WHEN $5::double precision IS NULL THEN NULL ELSE round(2 * {EARTH_RADIUS_M} * asin(least(1, sqrt(
                   sin(radians(p.lat - $5) / 2) ^ 2 + cos(radians($5)) * cos(radians(p.lat)) * sin(radians(p.lon - $6) / 2) ^ 2
               ))))::integer END AS distance_m
        FROM ({SESSIONS} WHERE s.area = $1 AND s.day = $2 AND ($3::text IS NULL OR s.service = $3)
              AND ($4::text IS NULL OR s.session_id = $4)) AS one
        LEFT JOIN childcare_sites AS p ON p.area = one.area AND p.site_id = one.site_id
        WHERE $4::text IS NOT NULL OR p.listed_ms IS NOT NULL
        ORDER BY distance_m NULLS LAST, one.site_id, one.starts_ms, one.session_id LIMIT 2000
        """,  # noqa: S608 - built from constants; every value is a parameter
        area,
        day,
        service,
        session_id,
        None if near is None else near[0],
        None if near is None else near[1],
    )
    holidays = await holidays_of(pool, area)
    out = []
    for row in found:
        one = slot(row, [] if row["closures"] is None else orjson.loads(row["closures"]), holidays, now_ms)
        if free_only and (one["free"] == 0 or one["over"]):
            continue
        position = None if row["lat"] is None else {"lat": row["lat"], "lon": row["lon"]}
        out.append({"site_id": row["site_id"], "name": row["name"], "distance_m": row["distance_m"], "position": position, **one})
    return out[:limit]


async def session(pool: Any, session_id: str) -> dict[str, Any] | None:
    """A session as it stands, with the bookings that hold, use or wait for its seats."""
    row = await pool.fetchrow(
        "SELECT area, day FROM childcare_sessions WHERE session_id = $1 ORDER BY published_ms, area LIMIT 1", session_id
    )
    if row is None:
        return None
    near = await sessions_near(pool, row["area"], None, row["day"], session_id=session_id)
    bookings = await pool.fetch(
        """
        SELECT booking_id, child_id, state, weight, rank, deadline_ms FROM childcare_bookings
        WHERE area = $1 AND session_ids ? $2 AND day = $3 AND ended_ms IS NULL ORDER BY placed_ms, booking_id LIMIT 200
        """,
        row["area"],
        session_id,
        row["day"],
    )
    return {
        "kind": "session",
        **near[0],
        "area": row["area"],
        "state": "session_over" if near[0]["over"] else "session_open",
        "reason": None,
        "bookings": [
            {**{name: one[name] for name in ("booking_id", "child_id", "state", "weight", "rank")}, "deadline_at": instant_or_none(one[5])}
            for one in bookings
        ],
        "history": [],
    }
