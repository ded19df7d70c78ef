"""Reading the tables of childcare (see `infra.postgres.queries` for what each function promises); files and quotas: `childcare_files`.

Free seats are arithmetic on what the projector copied. Whether a holiday closes a service is its policy: a day that the calendar in
force names is only marked ``holiday`` here.
"""

from datetime import date, timedelta
from typing import Any

import orjson

from infra.postgres import childcare_files
from infra.postgres.childcare_sessions import EARTH_RADIUS_M, SESSIONS, closures, holidays_of, session, slot
from infra.postgres.values import instant_or_none, today
from schemas.journal import instant

DAYS_SHOWN = 7
LIST_MAX = 40
"""Lines of the lists on the page: waitlists, offers, breaches."""
STATES = (
    "waitlisted", "offered", "quota_asked", "held", "confirmed", "checked_in", "completed", "no_show", "turned_away", "cancelled",
    "expired", "declined", "displaced", "refused",
)  # fmt: skip
NEAR_STATES = ("offered", "quota_asked", "held", "confirmed", "checked_in", "completed", "no_show", "turned_away")
_DISTANCE_M = f"""
round(2 * {EARTH_RADIUS_M} * asin(least(1, sqrt(
    sin(radians(lat - $2) / 2) ^ 2 + cos(radians($2)) * cos(radians(lat)) * sin(radians(lon - $3) / 2) ^ 2
))))::integer
"""
_SITES_NEAR = f"""
SELECT *, {_DISTANCE_M} AS distance_m FROM childcare_sites WHERE area = $1 AND listed_ms IS NOT NULL ORDER BY distance_m, site_id
"""  # noqa: S608 - built from constants of this module; every value is a parameter
_SITES = """
SELECT *, NULL::integer AS distance_m FROM childcare_sites
WHERE listed_ms IS NOT NULL AND ($1::text IS NULL OR area = $1) ORDER BY area, site_id
"""


async def request(pool: Any, request_id: str) -> dict[str, Any] | None:
    """A booking by its id; else the file of a site, the quota of a child, a session, or an entitlement."""
    booking = await pool.fetchrow("SELECT * FROM childcare_bookings WHERE booking_id = $1 ORDER BY placed_ms, area LIMIT 1", request_id)
    if booking is not None:
        return await _booking(pool, booking)
    for look in (childcare_files.site_file, childcare_files.child, session, childcare_files.entitlement):
        found = await look(pool, request_id)
        if found is not None:
            return found
    return None


async def _booking(pool: Any, row: Any) -> dict[str, Any]:
    history = await pool.fetch(
        """
        SELECT h.at_ms, h.fact_type, h.data::text AS data, coalesce(h.why, d.body -> 'why')::text AS why, h.event_id,
               d.event_type, d.policy::text AS policy
        FROM childcare_booking_history AS h
        LEFT JOIN decisions AS d ON d.event_id = h.event_id AND d.domain = 'childcare' AND d.area = h.area
        WHERE h.booking_id = $1 AND h.area = $2 ORDER BY h.journal_offset, h.record_index, h.fact_index
        """,
        row["booking_id"],
        row["area"],
    )
    plain = (
        "booking_id", "area", "state", "reason", "child_id", "family_id", "service", "site_id", "session_id", "mode", "units",
        "free_units", "quota", "quota_left", "quota_year", "price_fen", "provisional", "request_id", "home_area", "distance_m", "travel_s",
        "group_id", "joined_to", "rank", "offer_id", "offer_kind", "late_s", "event_id",
    )  # fmt: skip
    return {
        "kind": "booking",
        **{name: row[name] for name in plain},
        "session_ids": orjson.loads(row["session_ids"]),
        "date": row["day"].isoformat(),
        "position": None if row["lat"] is None else {"lat": row["lat"], "lon": row["lon"]},
        "starts_at": instant_or_none(row["starts_ms"]),
        "ends_at": instant_or_none(row["ends_ms"]),
        "deadline_at": instant_or_none(row["deadline_ms"]),
        "checked_in_at": instant_or_none(row["checked_in_ms"]),
        "ended_at": instant_or_none(row["ended_ms"]),
        "placed_at": instant(row["placed_ms"]),
        "changed_at": instant(row["changed_ms"]),
        "history": [
            {
                "at": instant(line["at_ms"]),
                "type": line["fact_type"],
                "data": orjson.loads(line["data"]),
                "why": None if line["why"] is None else orjson.loads(line["why"]),
                "event_id": line["event_id"],
                "event_type": line["event_type"],
                "policy": None if line["policy"] is None else orjson.loads(line["policy"]),
            }
            for line in history
        ],
    }


async def capacity(pool: Any, area: str, near: tuple[float, float] | None, days: list[date] | None) -> list[dict[str, Any]]:
    """Sites, nearest or by id, each with its sessions of these days, and the children who are there now."""
    first, now_ms = await today(pool, "childcare", area)
    days = [first + timedelta(days=ahead) for ahead in range(DAYS_SHOWN)] if days is None else days
    sites = await pool.fetch(_SITES, area) if near is None else await pool.fetch(_SITES_NEAR, area, *near)
    rows = await pool.fetch(
        f"{SESSIONS} WHERE s.area = $1 AND s.day = ANY($2::date[]) ORDER BY s.site_id, s.starts_ms, s.session_id",
        area,
        days,
    )
    holidays = await holidays_of(pool, area)
    slots: dict[str, list[dict[str, Any]]] = {}
    shut = {row["site_id"]: orjson.loads(row["closures"]) for row in sites}
    for row in rows:
        slots.setdefault(row["site_id"], []).append(slot(row, shut.get(row["site_id"], []), holidays, now_ms))
    present = await _present(pool, area)
    return [_site(row, slots.get(row["site_id"], []), present, now_ms) for row in sites]


async def _present(pool: Any, area: str | None) -> dict[tuple[str, str], int]:
    """Children who are there now, by area and site."""
    rows = await pool.fetch(
        """
        SELECT area, site_id, count(*) AS n FROM childcare_bookings
        WHERE state = 'checked_in' AND ($1::text IS NULL OR area = $1) GROUP BY area, site_id
        """,
        area,
    )
    return {(row["area"], row["site_id"]): row["n"] for row in rows}


def _site(row: Any, slots: list[dict[str, Any]], present: dict[tuple[str, str], int], now_ms: int) -> dict[str, Any]:
    ages = [one["data_age_s"] for one in slots]
    return {
        "provider_id": row["site_id"],
        **{name: row[name] for name in ("site_id", "area", "name", "kind", "street", "distance_m")},
        "position": {"lat": row["lat"], "lon": row["lon"]},
        "closures": closures(row["closures"], now_ms),
        "inspection_overdue": row["overdue_since_ms"] is not None,
        "present": present.get((row["area"], row["site_id"]), 0),
        "slots": slots,
        "data_age_s": min(ages) if ages else None,
    }


async def overview(pool: Any, area: str | None, day: date | None) -> dict[str, Any]:
    """Bookings of the day of care by where they stand, sites and children now, waitlists, open offers, breaches, duties, tasks."""
    its_today, now_ms = await today(pool, "childcare", area)
    day = its_today if day is None else day
    tallies = await pool.fetch(
        """
        SELECT state, reason, service, sum(bookings)::bigint AS bookings, sum(free_bookings)::bigint AS free,
               sum(near_bookings)::bigint AS near
        FROM childcare_booking_tallies WHERE day = $1 AND ($2::text IS NULL OR area = $2)
        GROUP BY state, reason, service HAVING sum(bookings) <> 0 ORDER BY state, reason, service
        """,
        day,
        area,
    )
    tasks = await pool.fetch(
        """
        SELECT kind, count(*) AS tasks FROM tasks
        WHERE domain = 'childcare' AND ($1::text IS NULL OR area = $1) AND closed_ms IS NULL GROUP BY kind ORDER BY kind
        """,
        area,
    )
    by_kind = {row["kind"]: row["tasks"] for row in tasks}
    return {
        "domain": "childcare",
        "area": area,
        "date": day.isoformat(),
        "now": instant(now_ms),
        "bookings": _bookings(tallies),
        "refused_by_reason": _by_reason(tallies, "refused"),
        "within_15_minutes": _near(tallies),
        "capacity": await _capacity_of_day(pool, area, day),
        "coming": await _coming(pool, area, day),
        "now_there": await _now_there(pool, area, day, now_ms),
        "waitlists": await _waitlists(pool, area, now_ms),
        "offers": await _offers(pool, area, now_ms),
        "duties": await childcare_files.duties(pool, area),
        "tasks_open": sum(by_kind.values()),
        "tasks_by_kind": by_kind,
        "providers": await pool.fetchval(
            "SELECT count(*) FROM childcare_sites WHERE listed_ms IS NOT NULL AND ($1::text IS NULL OR area = $1)", area
        ),
    }


def _bookings(tallies: list[Any]) -> dict[str, int]:
    found = {state: sum(row["bookings"] for row in tallies if row["state"] == state) for state in STATES}
    taken = [row for row in tallies if row["state"] in NEAR_STATES]
    return {"asked": sum(found.values()), **found, "seated": sum(r["bookings"] for r in taken), "free": sum(r["free"] for r in taken)}


def _by_reason(tallies: list[Any], state: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in tallies:
        if row["state"] == state:
            found[row["reason"]] = found.get(row["reason"], 0) + row["bookings"]
    return found


def _near(tallies: list[Any]) -> dict[str, Any]:
    """Of all who asked for the day and did not cancel: those with a place at most 15 minutes of travel away."""
    wanted = sum(row["bookings"] for row in tallies if row["state"] != "cancelled")
    near = sum(row["near"] for row in tallies if row["state"] in NEAR_STATES)
    return {"bookings": near, "of": wanted, "share": round(near / wanted, 4) if wanted else None}


async def _capacity_of_day(pool: Any, area: str | None, day: date) -> list[dict[str, Any]]:
    rows = await pool.fetch(
        f"""
        SELECT service, mode, count(*) AS sessions, sum(seats)::bigint AS total, sum(held)::bigint AS held, sum(used)::bigint AS used,
               sum(greatest(seats - held - used, 0))::bigint AS free, sum(waiting)::bigint AS waiting
        FROM ({SESSIONS} WHERE s.day = $1 AND ($2::text IS NULL OR s.area = $2)) AS one
        GROUP BY service, mode ORDER BY service = 'care' DESC, service,
            array_position(ARRAY['full_day', 'half_day', 'drop_in', 'hourly', 'visit'], mode)
        """,  # noqa: S608 - built from constants of this module
        day,
        area,
    )
    return [dict(row) for row in rows]


async def _coming(pool: Any, area: str | None, day: date) -> list[dict[str, Any]]:
    """Days after this one with sessions, at most a fortnight of them: how far they are taken."""
    rows = await pool.fetch(
        f"""
        SELECT day, count(*) AS sessions, sum(seats)::bigint AS total, sum(held)::bigint AS held, sum(used)::bigint AS used,
               sum(waiting)::bigint AS waiting
        FROM ({SESSIONS} WHERE s.day > $1 AND ($2::text IS NULL OR s.area = $2)) AS one GROUP BY day ORDER BY day LIMIT 14
        """,  # noqa: S608 - built from constants
        day,
        area,
    )
    named = ("sessions", "total", "held", "used", "waiting")
    return [{"date": row["day"].isoformat(), **{name: row[name] for name in named}} for row in rows]


async def _now_there(pool: Any, area: str | None, day: date, now_ms: int) -> dict[str, Any]:
    """Sessions that run at this moment, and every one whose children are more than its staff may care for."""
    rows = await pool.fetch(
        f"{SESSIONS} WHERE s.day = $1 AND ($2::text IS NULL OR s.area = $2) AND s.starts_ms <= $3 ORDER BY s.site_id, s.starts_ms",
        day,
        area,
        now_ms,
    )
    running = [row for row in rows if now_ms < row["ends_ms"]]
    breaches = [row for row in running if row["weighted"] and row["care_present"] > row["care_limit"]]
    present = await _present(pool, area)
    return {
        "sites": len({(row["area"], row["site_id"]) for row in running}),
        "sessions": len(running),
        "children": sum(present.values()),
        "seats": sum(row["seats"] for row in running),
        "staff": sum(row["staff_planned"] if row["staff_present"] is None else row["staff_present"] for row in running),
        "breaches": [
            {**{name: row[name] for name in ("area", "site_id", "session_id", "present", "care_present", "care_limit")}}
            for row in breaches[:LIST_MAX]
        ],
    }


async def _waitlists(pool: Any, area: str | None, now_ms: int) -> list[dict[str, Any]]:
    """Sessions to come with somebody waiting, the longest list first."""
    rows = await pool.fetch(
        f"""
        SELECT * FROM ({SESSIONS} WHERE c.waiting > 0 AND s.starts_ms > $2 AND ($1::text IS NULL OR s.area = $1)) AS one
        ORDER BY waiting DESC, starts_ms, session_id LIMIT {LIST_MAX}
        """,  # noqa: S608 - built from constants of this module
        area,
        now_ms,
    )
    named = ("area", "site_id", "session_id", "service", "mode", "waiting", "offered", "held", "used")
    return [
        {
            **{name: row[name] for name in named},
            "total": row["seats"],
            "starts_at": instant(row["starts_ms"]),
            "date": row["day"].isoformat(),
        }
        for row in rows
    ]


async def _offers(pool: Any, area: str | None, now_ms: int) -> list[dict[str, Any]]:
    """Open offers, the first to expire first."""
    rows = await pool.fetch(
        f"""
        SELECT area, booking_id, offer_id, offer_kind, site_id, session_id, day, starts_ms, ends_ms, deadline_ms, distance_m
        FROM childcare_bookings WHERE state = 'offered' AND ($1::text IS NULL OR area = $1)
        ORDER BY deadline_ms, booking_id LIMIT {LIST_MAX}
        """,  # noqa: S608 - a constant of this module
        area,
    )
    named = ("area", "booking_id", "offer_id", "offer_kind", "site_id", "session_id", "distance_m")
    return [
        {
            **{name: row[name] for name in named},
            "date": row["day"].isoformat(),
            "starts_at": instant(row["starts_ms"]),
            "ends_at": instant(row["ends_ms"]),
            "expires_at": instant(row["deadline_ms"]),
            "left_s": max(0, row["deadline_ms"] - now_ms) // 1000,
        }
        for row in rows
    ]


async def providers_map(pool: Any, area: str | None, day: date | None) -> list[dict[str, Any]]:
    """Sites with the day's sums; ``breach`` when one of its sessions now holds more children than its staff may care for."""
    its_today, now_ms = await today(pool, "childcare", area)
    rows = await pool.fetch(_SITES, area)
    sums = await pool.fetch(
        f"""
        SELECT area, site_id, sum(seats)::bigint AS total, sum(held)::bigint AS held, sum(used)::bigint AS used,
               sum(greatest(seats - held - used, 0))::bigint AS free,
               bool_or(weighted AND care_present > care_limit AND ends_ms > $3) AS breach
        FROM ({SESSIONS} WHERE s.day = $2 AND ($1::text IS NULL OR s.area = $1)) AS one GROUP BY area, site_id
        """,  # noqa: S608 - built from constants of this module
        area,
        its_today if day is None else day,
        now_ms,
    )
    of = {(row["area"], row["site_id"]): row for row in sums}
    present = await _present(pool, area)
    out = []
    for row in rows:
        site = _site(row, [], present, now_ms)
        del site["slots"], site["distance_m"], site["data_age_s"]
        one = of.get((row["area"], row["site_id"]))
        counts = {name: 0 if one is None else one[name] for name in ("total", "held", "used", "free")}
        out.append({**site, **counts, "breach": one is not None and one["breach"]})
    return out


async def requests_map(pool: Any, area: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest bookings with a position; refused ones carry none in their fact. No child is named."""
    rows = await pool.fetch(
        """
        SELECT newest.* FROM areas AS a CROSS JOIN LATERAL (
            SELECT b.* FROM childcare_bookings AS b WHERE b.area = a.area AND b.lat IS NOT NULL
            ORDER BY b.placed_ms DESC, b.booking_id LIMIT $2
        ) AS newest
        WHERE a.domain = 'childcare' AND ($1::text IS NULL OR a.area = $1) ORDER BY newest.placed_ms DESC, newest.booking_id LIMIT $2
        """,
        area,
        limit,
    )
    return [
        {
            "request_id": row["booking_id"],
            **{name: row[name] for name in ("area", "state", "reason", "service", "mode", "site_id", "distance_m")},
            "provider_id": row["site_id"],
            "position": {"lat": row["lat"], "lon": row["lon"]},
            "date": row["day"].isoformat(),
            "placed_at": instant(row["placed_ms"]),
        }
        for row in rows
    ]
