"""Reading the tables of meals (see `infra.postgres.queries` for what each function promises)."""

from datetime import date, timedelta
from typing import Any

import orjson

from infra.postgres.values import instant_or_none, today
from schemas.journal import instant

DAYS_SHOWN = 7
WALK_S_MAX = 900
"""The 15-minute circle of the seeds (S19); the projector marks orders by the same figure."""
_EARTH_RADIUS_M = 6_371_008.8

_DISTANCE_M = f"""
round(2 * {_EARTH_RADIUS_M} * asin(least(1, sqrt(
    sin(radians(lat - $2) / 2) ^ 2 + cos(radians($2)) * cos(radians(lat)) * sin(radians(lon - $3) / 2) ^ 2
))))::integer
"""

_PROVIDERS_NEAR = f"""
SELECT *, {_DISTANCE_M} AS distance_m FROM meals_providers
WHERE area = $1 AND listed_ms IS NOT NULL ORDER BY distance_m, provider_id
"""  # noqa: S608 - built from constants of this module; every value is a parameter
_PROVIDER_COUNT = "SELECT count(*) FROM meals_providers WHERE listed_ms IS NOT NULL AND ($1::text IS NULL OR area = $1)"
_PROVIDERS = """
SELECT *, NULL::integer AS distance_m FROM meals_providers WHERE area = $1 AND listed_ms IS NOT NULL ORDER BY provider_id
"""


async def request(pool: Any, request_id: str) -> dict[str, Any] | None:
    """An order by its id, or else a standing order, or else what a kitchen holds for another area's order."""
    order = await pool.fetchrow("SELECT * FROM meals_orders WHERE order_id = $1 ORDER BY placed_ms, area LIMIT 1", request_id)
    if order is not None:
        return await _order(pool, order)
    standing = await pool.fetchrow(
        "SELECT * FROM meals_standing_orders WHERE standing_order_id = $1 ORDER BY recorded_ms, area LIMIT 1", request_id
    )
    if standing is not None:
        return await _standing_order(pool, standing)
    guest = await pool.fetchrow("SELECT * FROM meals_guests WHERE guest_id = $1 ORDER BY asked_ms, area LIMIT 1", request_id)
    return None if guest is None else _guest(guest)


def _guest(guest: Any) -> dict[str, Any]:
    """The person's own request is the home area's: it is asked for by ``home_order_id``."""
    plain = (
        "guest_id", "area", "state", "reason", "home_area", "home_order_id", "provider_id", "meal", "portions", "service", "distance_m",
        "travel_s", "event_id",
    )  # fmt: skip
    return {
        "kind": "guest",
        **{name: guest[name] for name in plain},
        "date": _day(guest["day"]),
        "diets": orjson.loads(guest["diets"]) if guest["diets"] else [],
        "asked_at": instant(guest["asked_ms"]),
        "changed_at": instant(guest["changed_ms"]),
        "closes_at": instant_or_none(guest["closes_ms"]),
        "history": [],
    }


async def _order(pool: Any, order: Any) -> dict[str, Any]:
    history = await pool.fetch(
        """
        SELECT h.at_ms, h.fact_type, h.data::text AS data, coalesce(h.why, d.body -> 'why')::text AS why, h.event_id,
               d.event_type, d.policy::text AS policy
        FROM meals_order_history AS h
        LEFT JOIN decisions AS d ON d.event_id = h.event_id AND d.domain = 'meals' AND d.area = h.area
        WHERE h.order_id = $1 AND h.area = $2 ORDER BY h.journal_offset, h.record_index, h.fact_index
        """,
        order["order_id"],
        order["area"],
    )
    plain = (
        "order_id", "area", "state", "reason", "person_id", "meal", "portions", "service", "street", "provider_id", "distance_m",
        "travel_s", "price_fen", "subsidy_fen", "standing_order_id", "attempts", "last_attempt", "late",
        "event_id", "lending_area",
    )  # fmt: skip
    return {
        "kind": "order",
        **{name: order[name] for name in plain},
        "date": order["day"].isoformat(),
        "diets": orjson.loads(order["diets"]) if order["diets"] else [],
        "position": None if order["lat"] is None else {"lat": order["lat"], "lon": order["lon"]},
        "placed_at": instant(order["placed_ms"]),
        "changed_at": instant(order["changed_ms"]),
        "cutoff_at": instant_or_none(order["cutoff_ms"]),
        "closes_at": instant_or_none(order["closes_ms"]),
        "next_attempt_at": instant_or_none(order["next_attempt_ms"]),
        "welfare_check_at": instant_or_none(order["welfare_check_ms"]),
        "history": [
            {
                "at": instant(row["at_ms"]),
                "type": row["fact_type"],
                "data": orjson.loads(row["data"]),
                "why": None if row["why"] is None else orjson.loads(row["why"]),
                "event_id": row["event_id"],
                "event_type": row["event_type"],
                "policy": None if row["policy"] is None else orjson.loads(row["policy"]),
            }
            for row in history
        ],
    }


async def _standing_order(pool: Any, standing: Any) -> dict[str, Any]:
    runs = await pool.fetch(
        """
        SELECT r.day, r.order_id, r.skipped, r.at_ms, o.state, o.reason
        FROM meals_standing_runs AS r LEFT JOIN meals_orders AS o ON o.order_id = r.order_id AND o.area = r.area
        WHERE r.standing_order_id = $1 AND r.area = $2 ORDER BY r.day DESC LIMIT 60
        """,
        standing["standing_order_id"],
        standing["area"],
    )
    plain = (
        "standing_order_id", "area", "person_id", "meal", "portions", "service", "street", "age", "preferred_provider_id", "event_id",
    )  # fmt: skip
    return {
        "kind": "standing_order",
        **{name: standing[name] for name in plain},
        "state": "ended" if standing["next_day"] is None else "running",
        "position": {"lat": standing["lat"], "lon": standing["lon"]},
        **{name: orjson.loads(standing[name]) for name in ("diets", "categories", "weekdays")},
        "from": standing["from_day"].isoformat(),
        "until": _day(standing["until_day"]),
        "paused_from": _day(standing["paused_from"]),
        "paused_until": _day(standing["paused_until"]),
        "stopped_from": _day(standing["stopped_from"]),
        "next_date": _day(standing["next_day"]),
        "next_run_at": instant_or_none(standing["next_run_ms"]),
        "placed_at": instant(standing["recorded_ms"]),
        "changed_at": instant(standing["changed_ms"]),
        "history": [
            {
                "at": instant(run["at_ms"]),
                "date": run["day"].isoformat(),
                "order_id": run["order_id"],
                "skipped": run["skipped"],
                "state": run["state"],
                "reason": run["reason"],
            }
            for run in runs
        ],
    }


async def capacity(pool: Any, area: str, near: tuple[float, float] | None, days: list[date] | None) -> list[dict[str, Any]]:
    """Providers, nearest or by id, each with its slots of these days."""
    first, now_ms = await today(pool, "meals", area)
    days = [first + timedelta(days=n) for n in range(DAYS_SHOWN)] if days is None else days
    if near is None:
        providers = await pool.fetch(_PROVIDERS, area)
    else:
        providers = await pool.fetch(_PROVIDERS_NEAR, area, *near)
    slots: dict[str, list[dict[str, Any]]] = {}
    rows = await pool.fetch(
        """
        SELECT * FROM meals_slots WHERE area = $1 AND day = ANY($2::date[])
        ORDER BY provider_id, day, array_position(ARRAY['breakfast', 'lunch', 'dinner'], meal)
        """,
        area,
        days,
    )
    for row in rows:
        slots.setdefault(row["provider_id"], []).append(_slot(row, now_ms))
    return [_provider(row, slots.get(row["provider_id"], []), now_ms) for row in providers]


def _slot(row: Any, now_ms: int) -> dict[str, Any]:
    total = row["capacity"] or 0
    return {
        "date": row["day"].isoformat(),
        "meal": row["meal"],
        "total": total,
        "held": row["held"],
        "used": row["used"],
        "free": max(total - row["held"] - row["used"], 0),
        "overcommitted": row["overcommitted"],
        "starts_at": instant_or_none(row["starts_ms"]),
        "ends_at": instant_or_none(row["ends_ms"]),
        "cutoff": instant_or_none(row["cutoff_ms"]),
        "version": row["version"],
        "data_age_s": None if row["published_ms"] is None else (now_ms - row["published_ms"]) // 1000,
    }


def _provider(row: Any, slots: list[dict[str, Any]], now_ms: int) -> dict[str, Any]:
    ages = [slot["data_age_s"] for slot in slots if slot["data_age_s"] is not None]
    plain = ("provider_id", "area", "name", "kind", "street", "delivery_radius_m")
    return {
        **{name: row[name] for name in plain},
        "position": {"lat": row["lat"], "lon": row["lon"]},
        "services": orjson.loads(row["services"]),
        "diets": orjson.loads(row["diets"]),
        "closures": [_closure(closure, now_ms) for closure in orjson.loads(row["closures"]) if not _over(closure, now_ms)],
        "distance_m": row["distance_m"],
        "slots": slots,
        "data_age_s": min(ages) if ages else None,
    }


def _over(closure: dict[str, Any], now_ms: int) -> bool:
    return closure["until_ms"] is not None and closure["until_ms"] <= now_ms


def _closure(closure: dict[str, Any], now_ms: int) -> dict[str, Any]:
    return {
        "from": instant(closure["from_ms"]),
        "until": instant_or_none(closure["until_ms"]),
        "reason": closure["reason"],
        "now": closure["from_ms"] <= now_ms,
    }


async def overview(pool: Any, area: str | None, day: date | None) -> dict[str, Any]:
    """Orders of the day by where they stand, the day's capacity by meal, the 15-minute share, answers given that day, tasks."""
    its_today, now_ms = await today(pool, "meals", area)
    day = its_today if day is None else day
    tallies = await pool.fetch(
        """
        SELECT state, reason, sum(orders)::bigint AS orders, sum(portions)::bigint AS portions, sum(near_orders)::bigint AS near_orders
        FROM meals_order_tallies WHERE day = $1 AND ($2::text IS NULL OR area = $2)
        GROUP BY state, reason HAVING sum(orders) <> 0 ORDER BY state, reason
        """,
        day,
        area,
    )
    answers = await pool.fetch(
        """
        SELECT event_type, outcome, reason, sum(decisions)::bigint AS decisions, sum(repeats)::bigint AS repeats
        FROM decision_tallies WHERE domain = 'meals' AND day = $1 AND ($2::text IS NULL OR area = $2)
        GROUP BY event_type, outcome, reason ORDER BY event_type, outcome, reason
        """,
        day,
        area,
    )
    tasks = await pool.fetch(
        """
        SELECT kind, count(*) AS tasks FROM tasks
        WHERE domain = 'meals' AND ($1::text IS NULL OR area = $1) AND closed_ms IS NULL GROUP BY kind ORDER BY kind
        """,
        area,
    )
    by_kind = {row["kind"]: row["tasks"] for row in tasks}
    return {
        "domain": "meals",
        "area": area,
        "date": day.isoformat(),
        "now": instant(now_ms),
        "orders": _orders(tallies),
        "refused_by_reason": _by_reason(tallies, "refused"),
        "closed_by_result": _by_reason(tallies, "closed"),
        "within_15_minutes": _near(tallies),
        "capacity": await _capacity_of_day(pool, area, day),
        "decisions": [dict(row) for row in answers],
        "tasks_open": sum(by_kind.values()),
        "tasks_by_kind": by_kind,
        "providers": await pool.fetchval(
            "SELECT count(*) FROM meals_providers WHERE listed_ms IS NOT NULL AND ($1::text IS NULL OR area = $1)", area
        ),
    }


def _orders(tallies: list[Any]) -> dict[str, int]:
    states = ("assigned", "asked", "elsewhere", "unplaced", "refused", "cancelled", "delivered", "closed")
    orders = {state: sum(row["orders"] for row in tallies if row["state"] == state) for state in states}
    return {
        "placed": sum(orders.values()),
        "portions": sum(row["portions"] for row in tallies),
        **orders,
        "open": sum(orders[state] for state in ("assigned", "asked", "elsewhere", "unplaced")),
    }


def _by_reason(tallies: list[Any], state: str) -> dict[str, int]:
    return {row["reason"]: row["orders"] for row in tallies if row["state"] == state}


def _near(tallies: list[Any]) -> dict[str, Any]:
    """Of all orders of the day that nobody cancelled, those whose provider is at most 15 minutes of travel away."""
    wanted = sum(row["orders"] for row in tallies if row["state"] != "cancelled")
    near = sum(row["near_orders"] for row in tallies if row["state"] in ("assigned", "elsewhere", "delivered", "closed"))
    return {"orders": near, "of": wanted, "share": round(near / wanted, 4) if wanted else None}


async def _capacity_of_day(pool: Any, area: str | None, day: date) -> dict[str, Any]:
    rows = await pool.fetch(
        """
        SELECT meal, coalesce(sum(capacity), 0)::bigint AS total, sum(held)::bigint AS held, sum(used)::bigint AS used,
               coalesce(sum(greatest(capacity - held - used, 0)), 0)::bigint AS free,
               count(*) FILTER (WHERE overcommitted) AS overcommitted_slots
        FROM meals_slots WHERE day = $1 AND ($2::text IS NULL OR area = $2)
        GROUP BY meal ORDER BY array_position(ARRAY['breakfast', 'lunch', 'dinner'], meal)
        """,
        day,
        area,
    )
    return {row["meal"]: {name: row[name] for name in ("total", "held", "used", "free", "overcommitted_slots")} for row in rows}


async def providers_map(pool: Any, area: str | None, day: date | None) -> list[dict[str, Any]]:
    """Providers with the day's sums."""
    its_today, now_ms = await today(pool, "meals", area)
    rows = await pool.fetch(
        """
        SELECT p.*, NULL::integer AS distance_m, s.total, s.held, s.used, s.free
        FROM meals_providers AS p LEFT JOIN (
            SELECT area, provider_id, coalesce(sum(capacity), 0)::bigint AS total, sum(held)::bigint AS held, sum(used)::bigint AS used,
                   coalesce(sum(greatest(capacity - held - used, 0)), 0)::bigint AS free
            FROM meals_slots WHERE day = $2 AND ($1::text IS NULL OR area = $1) GROUP BY area, provider_id
        ) AS s ON s.area = p.area AND s.provider_id = p.provider_id
        WHERE p.listed_ms IS NOT NULL AND ($1::text IS NULL OR p.area = $1) ORDER BY p.area, p.provider_id
        """,
        area,
        its_today if day is None else day,
    )
    out = []
    for row in rows:
        provider = _provider(row, [], now_ms)
        del provider["slots"], provider["distance_m"], provider["data_age_s"]
        out.append({**provider, **{name: row[name] or 0 for name in ("total", "held", "used", "free")}})
    return out


async def requests_map(pool: Any, area: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest orders with a position; refused orders carry none in their fact."""
    rows = await pool.fetch(
        """
        SELECT newest.* FROM areas AS a CROSS JOIN LATERAL (
            SELECT o.order_id, o.area, o.state, o.reason, o.lat, o.lon, o.day, o.meal, o.service, o.portions, o.provider_id,
                   o.distance_m, o.placed_ms
            FROM meals_orders AS o WHERE o.area = a.area AND o.lat IS NOT NULL ORDER BY o.placed_ms DESC, o.order_id LIMIT $2
        ) AS newest
        WHERE a.domain = 'meals' AND ($1::text IS NULL OR a.area = $1) ORDER BY newest.placed_ms DESC, newest.order_id LIMIT $2
        """,
        area,
        limit,
    )
    return [
        {
            "request_id": row["order_id"],
            "area": row["area"],
            "state": row["state"],
            "reason": row["reason"],
            "position": {"lat": row["lat"], "lon": row["lon"]},
            "date": row["day"].isoformat(),
            "meal": row["meal"],
            "service": row["service"],
            "portions": row["portions"],
            "provider_id": row["provider_id"],
            "distance_m": row["distance_m"],
            "placed_at": instant(row["placed_ms"]),
        }
        for row in rows
    ]


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
