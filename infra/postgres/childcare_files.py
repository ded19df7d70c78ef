"""What the rows of childcare say of one site over time (一机构一档案), of a child's free sessions, and of what is owed."""

from typing import Any

import orjson

from infra.postgres.childcare_sessions import closures
from infra.postgres.values import instant_or_none, today
from schemas.journal import instant

LINES_MAX = 200
COUNTS = (
    "sessions", "attended", "no_shows", "late_pickups", "ratio_breaches", "understaffed", "incidents", "inspections", "inspections_missed",
)  # fmt: skip


async def site_file(pool: Any, site_id: str) -> dict[str, Any] | None:
    """The institution file: its sums, what is due, and its newest lines in their order."""
    row = await pool.fetchrow("SELECT * FROM childcare_sites WHERE site_id = $1 ORDER BY listed_ms, area LIMIT 1", site_id)
    if row is None:
        return None
    area = row["area"]
    _, now_ms = await today(pool, "childcare", area)
    counts = await pool.fetchrow("SELECT * FROM childcare_site_files WHERE area = $1 AND site_id = $2", area, site_id)
    lines = await pool.fetch(
        """
        SELECT at_ms, fact_type, data::text AS data, event_id FROM childcare_file_lines WHERE area = $1 AND site_id = $2
        ORDER BY journal_offset DESC, record_index DESC, fact_index DESC LIMIT $3
        """,
        area,
        site_id,
        LINES_MAX,
    )
    present = await pool.fetchval(
        "SELECT count(*) FROM childcare_bookings WHERE area = $1 AND site_id = $2 AND state = 'checked_in'", area, site_id
    )
    shut = closures(row["closures"], now_ms)
    return {
        "kind": "site",
        **{name: row[name] for name in ("site_id", "area", "name", "street", "inspection_result")},
        "site_kind": row["kind"],
        "state": "site_closed" if any(one["now"] for one in shut) else "site_open",
        "reason": None,
        "position": None if row["lat"] is None else {"lat": row["lat"], "lon": row["lon"]},
        "closures": shut,
        "present": present,
        "file": {name: 0 if counts is None else counts[name] for name in COUNTS},
        "inspected_at": instant_or_none(row["inspected_ms"]),
        "inspection_due_at": instant_or_none(row["inspection_due_ms"]),
        "inspection_overdue_since": instant_or_none(row["overdue_since_ms"]),
        "history": [
            {
                "at": instant(one["at_ms"]),
                "type": one["fact_type"],
                "data": orjson.loads(one["data"]),
                "why": None,
                "event_id": one["event_id"],
            }
            for one in reversed(lines)
        ],
    }


async def child(pool: Any, child_id: str) -> dict[str, Any] | None:
    """A child (or a family, where the service counts by it): its quota of each year in each area, and its newest bookings."""
    quotas = await pool.fetch("SELECT * FROM childcare_quotas WHERE holder = $1 ORDER BY year DESC, area, service", child_id)
    bookings = await pool.fetch(
        """
        SELECT * FROM childcare_bookings WHERE child_id = $1 ORDER BY coalesce(starts_ms, placed_ms) DESC, booking_id LIMIT 60
        """,
        child_id,
    )
    known = await pool.fetchrow("SELECT * FROM childcare_children WHERE child_id = $1 ORDER BY area LIMIT 1", child_id)
    owed = await pool.fetch("SELECT * FROM childcare_entitlements WHERE holder_id = $1 ORDER BY due_ms, entitlement_id", child_id)
    if not (quotas or bookings or known or owed):
        return None
    restricted_ms = None if known is None else known["restricted_until_ms"]
    return {
        "kind": "child",
        "child_id": child_id,
        "state": "recorded",
        "reason": None,
        "quotas": [
            {
                **{name: row[name] for name in ("area", "service", "year", "granted", "held", "used")},
                "left": row["granted"] - row["held"] - row["used"],
            }
            for row in quotas
        ],
        "entitlements": [_entitlement(row) for row in owed],
        "pickup_persons": 0 if known is None or known["pickup_persons"] is None else len(orjson.loads(known["pickup_persons"])),
        "restricted_until": instant_or_none(restricted_ms),
        "bookings": [
            {
                **{name: row[name] for name in ("booking_id", "area", "state", "reason", "service", "mode", "site_id", "session_id")},
                "date": row["day"].isoformat(),
                "starts_at": instant_or_none(row["starts_ms"]),
            }
            for row in bookings
        ],
        "history": [],
    }


def _entitlement(row: Any) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("entitlement_id", "area", "state", "service", "holder_id", "year", "sessions", "had")},
        "due_at": instant(row["due_ms"]),
    }


async def entitlement(pool: Any, entitlement_id: str) -> dict[str, Any] | None:
    """What somebody is to have in a year, and what was had."""
    row = await pool.fetchrow(
        "SELECT * FROM childcare_entitlements WHERE entitlement_id = $1 ORDER BY recorded_ms, area LIMIT 1", entitlement_id
    )
    return None if row is None else {"kind": "entitlement", **_entitlement(row), "reason": None, "history": []}


async def duties(pool: Any, area: str | None) -> dict[str, int]:
    """Visits that nobody made in time, sessions somebody is owed and was not given, questions of other areas still unsettled."""
    row = await pool.fetchrow(
        """
        SELECT (SELECT count(*) FROM childcare_sites WHERE overdue_since_ms IS NOT NULL AND ($1::text IS NULL OR area = $1))
                   AS inspections_overdue,
               (SELECT count(*) FROM childcare_entitlements WHERE state = 'owed' AND ($1::text IS NULL OR area = $1))
                   AS entitlements_owed,
               (SELECT count(*) FROM childcare_entitlements WHERE state = 'unmet' AND ($1::text IS NULL OR area = $1))
                   AS entitlements_unmet,
               (SELECT count(*) FROM childcare_quota_requests WHERE state = 'reserved' AND ($1::text IS NULL OR area = $1))
                   AS quota_unsettled
        """,
        area,
    )
    return dict(row)
