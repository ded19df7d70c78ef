"""The numbers of the page of beds: the board of beds, the waitlist by class, open offers, the latest allocations."""

from datetime import date, timedelta
from typing import Any

import orjson

from agents.beds.policy import BedsParameters
from infra.postgres.beds_line import READY, Values, class_sql, policy_on
from infra.postgres.values import instant_or_none, today
from schemas.journal import instant

OFFERS_SHOWN = 60
ALLOCATIONS_SHOWN = 30
WAITS_DAYS = 365

_TYPES = "array_position(ARRAY['basic', 'nursing', 'dementia', 'respite', 'home'], {0})"


async def overview(pool: Any, area: str | None, day: date | None) -> dict[str, Any]:
    """Beds by type and pool, who waits and how long by class, what is offered until when, what was allotted and why, tasks."""
    its_today, now_ms = await today(pool, "beds", area)
    day = its_today if day is None else day
    states = await pool.fetch(
        "SELECT state, count(*) AS n FROM beds_applications WHERE ($1::text IS NULL OR area = $1) GROUP BY state", area
    )
    tasks = await pool.fetch(
        "SELECT kind, count(*) AS n FROM tasks WHERE domain = 'beds' AND ($1::text IS NULL OR area = $1) AND closed_ms IS NULL "
        "GROUP BY kind ORDER BY kind",
        area,
    )
    by_kind = {row["kind"]: row["n"] for row in tasks}
    counted = {row["state"]: row["n"] for row in states}
    return {
        "domain": "beds",
        "area": area,
        "date": day.isoformat(),
        "now": instant(now_ms),
        "applications": counted,
        "day": await _of_day(pool, area, day),
        "board": await _board(pool, area),
        "pool": await _pool(pool, area, its_today),
        "waits": await _waits(pool, area, its_today),
        "offers_open": await _open_offers(pool, area, now_ms),
        "allocations": await _allocations(pool, area),
        "refused_by_reason": await _refused(pool, area, day),
        "decisions": await _answers(pool, area, day),
        "facilities": await _facilities(pool, area),
        "tasks_open": sum(by_kind.values()),
        "tasks_by_kind": by_kind,
    }


async def _of_day(pool: Any, area: str | None, day: date) -> dict[str, int]:
    row = await pool.fetchrow(
        """
        SELECT count(*) FILTER (WHERE kind = 'admitted') AS admitted, count(*) FILTER (WHERE kind = 'vacated') AS vacated
        FROM beds_placements WHERE day = $1 AND ($2::text IS NULL OR area = $2)
        """,
        day,
        area,
    )
    return {"admitted": row["admitted"], "vacated": row["vacated"]}


async def _board(pool: Any, area: str | None) -> list[dict[str, Any]]:
    rows = await pool.fetch(
        f"""
        SELECT bed_type, pool, count(*) FILTER (WHERE state <> 'closed') AS total, count(*) FILTER (WHERE state = 'free') AS free,
               count(*) FILTER (WHERE state = 'held') AS held, count(*) FILTER (WHERE state = 'reserved') AS reserved,
               count(*) FILTER (WHERE state = 'occupied') AS occupied,
               count(*) FILTER (WHERE state IN ('vacated', 'cleaning')) AS cleaning, count(*) FILTER (WHERE state = 'closed') AS closed
        FROM beds_beds WHERE ($1::text IS NULL OR area = $1) GROUP BY bed_type, pool
        ORDER BY {_TYPES.format("bed_type")}, array_position(ARRAY['street', 'district', 'city'], pool)
        """,  # noqa: S608 - built from a constant of this module; every value is a parameter
        area,
    )
    return [dict(row) for row in rows]


async def _pool(pool: Any, area: str | None, day: date) -> dict[str, Any] | None:
    """The share of the district's and the city's beds among those the quota speaks of (B-R2), now, and whether it is below."""
    if area is None:
        return None
    policy = await policy_on(pool, area, day)
    row = await pool.fetchrow(
        """
        SELECT count(*) AS basic, count(*) FILTER (WHERE pool IN ('district', 'city')) AS pooled,
               coalesce((SELECT below_quota FROM beds_pools WHERE area = $1), false) AS below_quota
        FROM beds_beds WHERE area = $1 AND state <> 'closed' AND bed_type = ANY($2::text[])
        """,
        area,
        list(policy.quota_types),
    )
    return {**dict(row), "percent_min": policy.quota_percent_min}


async def _waits(pool: Any, area: str | None, day: date) -> dict[str, list[dict[str, Any]]]:
    """Who waits, with days so far, and the days that those admitted in the last year had waited: by class, by street, by sex.

    Classes are those of the policy in force; over all areas, which may differ, those of the last assessment."""
    policy = None if area is None else await policy_on(pool, area, day)
    return {grouping: await _waits_by(pool, area, day, grouping, policy) for grouping in ("class", "street", "sex")}


async def _waits_by(pool: Any, area: str | None, day: date, grouping: str, policy: BedsParameters | None) -> list[dict[str, Any]]:
    values = Values(area, day)
    if grouping == "class":  # only what is used: a statement may hold no other value
        grouped = "priority_class" if policy is None else class_sql(policy, values)
    else:
        grouped = {"street": "street", "sex": "sex"}[grouping]
    since = values.add(day - timedelta(days=WAITS_DAYS))
    rows = await pool.fetch(
        f"""
        SELECT {grouped} AS "group", count(*) FILTER (WHERE {READY}) AS waiting,
               (avg($2::date - eligible_day) FILTER (WHERE {READY}))::integer AS waiting_days_mean,
               (max($2::date - eligible_day) FILTER (WHERE {READY}))::integer AS waiting_days_max,
               count(*) FILTER (WHERE state = 'admitted') AS admitted,
               (avg(waited_days) FILTER (WHERE state = 'admitted'))::integer AS waited_days_mean
        FROM beds_applications AS a
        WHERE ($1::text IS NULL OR area = $1) AND lat IS NOT NULL
          AND (state = 'queued' OR (state = 'admitted' AND admitted_ms >= extract(epoch FROM {since}::date)::bigint * 1000))
        GROUP BY 1 ORDER BY 2 DESC, 1
        """,  # noqa: S608 - built from constants; every value is a parameter
        *values.all,
    )
    return [dict(row) for row in rows]


_WITH_NAMES = """
FROM beds_offers AS o LEFT JOIN beds_facilities AS f ON f.area = o.area AND f.facility_id = o.facility_id
WHERE ($1::text IS NULL OR o.area = $1)
"""


async def _open_offers(pool: Any, area: str | None, now_ms: int) -> list[dict[str, Any]]:
    rows = await pool.fetch(
        f"SELECT o.*, f.name {_WITH_NAMES} AND o.state = 'open' ORDER BY o.expires_ms, o.offer_id LIMIT $2",
        area,
        OFFERS_SHOWN,
    )
    plain = ("offer_id", "application_id", "area", "facility_id", "name", "bed_id", "bed_type", "pool", "priority_class", "provisional")
    return [
        {
            **{name: row[name] for name in plain},
            "made_at": instant(row["made_ms"]),
            "expires_at": instant(row["expires_ms"]),
            "left_s": (row["expires_ms"] - now_ms) // 1000,
        }
        for row in rows
    ]


async def _allocations(pool: Any, area: str | None) -> list[dict[str, Any]]:
    rows = await pool.fetch(
        f"""
        SELECT o.*, f.name {_WITH_NAMES} ORDER BY o.made_ms DESC, o.journal_offset DESC, o.offer_id LIMIT $2
        """,
        area,
        ALLOCATIONS_SHOWN,
    )
    plain = (
        "offer_id", "application_id", "area", "state", "by", "reason", "facility_id", "name", "bed_id", "bed_type", "pool", "lane",
        "override_reason", "distance_m", "priority_class", "waiting", "next_application_id",
    )  # fmt: skip
    return [
        {
            **{name: row[name] for name in plain},
            "made_at": instant(row["made_ms"]),
            "expires_at": instant(row["expires_ms"]),
            "ended_at": instant_or_none(row["ended_ms"]),
            **_by_what(row),
        }
        for row in rows
    ]


def _by_what(row: Any) -> dict[str, Any]:
    """What put the one who got the bed before the next in line: the first criterion in which their keys differ, with both values."""
    if row["next_key"] is None:
        return {"criterion": None, "values": None}
    order, mine, other = (orjson.loads(row[name]) for name in ("criteria", "sort_key", "next_key"))
    for criterion, one, two in zip(order, mine, other, strict=True):
        if one != two:
            return {"criterion": criterion, "values": [one, two]}
    return {"criterion": "draw" if not row["tie"].startswith("~") else "arrival", "values": None}


async def _refused(pool: Any, area: str | None, day: date) -> dict[str, int]:
    rows = await pool.fetch(
        """
        SELECT reason, sum(decisions)::bigint AS n FROM decision_tallies
        WHERE domain = 'beds' AND day = $1 AND outcome = 'refused' AND ($2::text IS NULL OR area = $2) GROUP BY reason ORDER BY 2 DESC, 1
        """,
        day,
        area,
    )
    return {row["reason"]: row["n"] for row in rows}


async def _answers(pool: Any, area: str | None, day: date) -> list[dict[str, Any]]:
    rows = await pool.fetch(
        """
        SELECT event_type, outcome, reason, sum(decisions)::bigint AS decisions, sum(repeats)::bigint AS repeats
        FROM decision_tallies WHERE domain = 'beds' AND day = $1 AND ($2::text IS NULL OR area = $2)
        GROUP BY event_type, outcome, reason ORDER BY event_type, outcome, reason
        """,
        day,
        area,
    )
    return [dict(row) for row in rows]


async def _facilities(pool: Any, area: str | None) -> dict[str, int]:
    row = await pool.fetchrow(
        "SELECT count(*) AS listed, count(*) FILTER (WHERE silent) AS silent FROM beds_facilities "
        "WHERE listed_ms IS NOT NULL AND ($1::text IS NULL OR area = $1)",
        area,
    )
    return dict(row)
