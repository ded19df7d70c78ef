"""Reading the tables of emergency (see `infra.postgres.queries` for what each function promises).

Ages are on the area's own clock. A position older than `FIX_AGE_S_MAX` is shown as stale; the agent's own limit is policy.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import orjson

from infra.postgres.emergency_protocol import protocol_of
from infra.postgres.values import instant_or_none, today
from schemas.journal import SHANGHAI, instant

FIX_AGE_S_MAX = 300
"""E-R10 [O]: positions older than five minutes are not sent on city streets. For colours only."""
ANSWER_S = (10, 60)
"""Answer-time objectives reported: 10 s (E-R2, E-R3) and 60 s (E-R4)."""
QUEUE_MAX = 200
DAY_MS = 86_400_000
_EARTH_RADIUS_M = 6_371_008.8
_SEVERITY = "array_position(ARRAY['life', 'urgent', 'help', 'false'], severity)"

_DISTANCE_M = f"""
round(2 * {_EARTH_RADIUS_M} * asin(least(1, sqrt(
    sin(radians(lat - $2) / 2) ^ 2 + cos(radians($2)) * cos(radians(lat)) * sin(radians(lon - $3) / 2) ^ 2
))))::integer
"""
_UNITS_NEAR = f"""
SELECT *, {_DISTANCE_M} AS distance_m FROM emergency_units WHERE area = $1
ORDER BY (status = 'available' AND call_id IS NULL AND lat IS NOT NULL) DESC, distance_m NULLS LAST, responder_id LIMIT 500
"""  # noqa: S608 - built from constants of this module; every value is a parameter
_UNITS = """
SELECT *, NULL::integer AS distance_m FROM emergency_units WHERE ($1::text IS NULL OR area = $1)
ORDER BY (status = 'available' AND call_id IS NULL) DESC, responder_id LIMIT 2000
"""
_OPEN = f"""
SELECT * FROM emergency_incidents WHERE closed_ms IS NULL AND ($1::text IS NULL OR area = $1)
ORDER BY {_SEVERITY}, opened_ms, call_id LIMIT {QUEUE_MAX}
"""  # noqa: S608


async def request(pool: Any, request_id: str) -> dict[str, Any] | None:
    """An incident by its call id or by that of a signal that opened or joined it; else a responder; else a device."""
    incident = await pool.fetchrow(
        """
        SELECT * FROM emergency_incidents WHERE call_id = $1 OR signal_id = $1
        ORDER BY (call_id = $1) DESC, opened_ms DESC, area LIMIT 1
        """,
        request_id,
    )
    if incident is None:
        incident = await pool.fetchrow(
            """
            SELECT i.* FROM emergency_history AS h JOIN emergency_incidents AS i ON i.call_id = h.call_id AND i.area = h.area
            WHERE h.fact_type = 'emergency.call.merged.v1' AND h.data ->> 'call_id' = $1 ORDER BY i.opened_ms DESC, i.area LIMIT 1
            """,
            request_id,
        )
    if incident is not None:
        return await _incident(pool, incident)
    unit = await pool.fetchrow(
        "SELECT *, NULL::integer AS distance_m FROM emergency_units WHERE responder_id = $1 ORDER BY listed_ms, area LIMIT 1", request_id
    )
    if unit is not None:
        return await _responder(pool, unit)
    device = await pool.fetchrow("SELECT * FROM emergency_devices WHERE device_id = $1 ORDER BY listed_ms, area LIMIT 1", request_id)
    return None if device is None else await _device(pool, device)


async def _now_ms(pool: Any, area: str | None) -> int:
    return (await today(pool, "emergency", area))[1]


async def _incident(pool: Any, row: Any) -> dict[str, Any]:
    now_ms = await _now_ms(pool, row["area"])
    found = await pool.fetch(
        """
        SELECT h.at_ms, h.fact_type, h.data::text AS data, coalesce(h.why, d.body -> 'why')::text AS why, h.event_id,
               d.event_type, d.policy::text AS policy
        FROM emergency_history AS h
        LEFT JOIN decisions AS d ON d.event_id = h.event_id AND d.domain = 'emergency' AND d.area = h.area
        WHERE h.call_id = $1 AND h.area = $2 ORDER BY h.journal_offset DESC, h.record_index DESC, h.fact_index DESC LIMIT 1000
        """,
        row["call_id"],
        row["area"],
    )
    history = list(reversed(found))  # of a flood of signals the newest lines are shown
    sent = await pool.fetch(
        "SELECT * FROM emergency_dispatches WHERE call_id = $1 AND area = $2 ORDER BY asked_ms, responder_id", row["call_id"], row["area"]
    )
    return {
        **_queued(row, now_ms),
        "signal_id": row["signal_id"],
        "position_from": row["position_from"],
        "roles": orjson.loads(row["roles"]),
        "related_call_id": row["related_call_id"],
        "correlationid": row["correlationid"],
        "policy": row["policy"],
        "protocol": await protocol_of(pool, row["area"], row["policy"]),
        "reference": row["reference"],
        "callback_by": instant_or_none(row["callback_by_ms"]),
        "called_back_at": instant_or_none(row["called_back_ms"]),
        "event_id": row["event_id"],
        "dispatches": [_dispatch(one) for one in sent],
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


def _queued(row: Any, now_ms: int) -> dict[str, Any]:
    """An incident as the operators' queue shows it."""
    plain = (
        "area", "call_id", "state", "channel", "kind", "severity", "level", "told", "suggests", "person_id", "device_id", "dispatching",
        "manual", "operator_id", "triaged", "signals", "contact_id", "handed_to", "outcome",
    )  # fmt: skip
    until_ms = now_ms if row["closed_ms"] is None else row["closed_ms"]
    return {
        "kind_of_request": "incident",
        **{name: row[name] for name in plain},
        "position": None if row["lat"] is None else {"lat": row["lat"], "lon": row["lon"]},
        "needs_review": orjson.loads(row["needs_review"]),
        "engaged": orjson.loads(row["engaged"]),
        "short_roles": orjson.loads(row["short_roles"]),
        "age_s": max(0, until_ms - row["opened_ms"]) // 1000,
        "opened_at": instant(row["opened_ms"]),
        "answered_at": instant_or_none(row["answered_ms"]),
        "dispatched_at": instant_or_none(row["dispatched_ms"]),
        "accepted_at": instant_or_none(row["accepted_ms"]),
        "arrived_at": instant_or_none(row["arrived_ms"]),
        "handed_over_at": instant_or_none(row["handed_ms"]),
        "closed_at": instant_or_none(row["closed_ms"]),
        "next_step_at": instant_or_none(row["step_by_ms"]),
        "changed_at": instant(row["changed_ms"]),
    }


def _dispatch(row: Any) -> dict[str, Any]:
    plain = (
        "responder_id", "times", "leg", "cause", "role", "level", "travel_s", "distance_m", "circle_m", "data_age_s", "fit", "rested",
        "override", "unheard",
    )  # fmt: skip
    return {
        **{name: row[name] for name in plain},
        "why": None if row["why"] is None else orjson.loads(row["why"]),
        "asked_at": instant(row["asked_ms"]),
        "accept_by": instant(row["accept_by_ms"]),
        "accepted_at": instant_or_none(row["accepted_ms"]),
        "en_route_at": instant_or_none(row["en_route_ms"]),
        "arrived_at": instant_or_none(row["arrived_ms"]),
        "checked_at": instant_or_none(row["checked_ms"]),
        "ended_at": instant_or_none(row["ended_ms"]),
    }


def _unit(row: Any, now_ms: int) -> dict[str, Any]:
    """``callable`` says what the rows say: available, on no incident, with a position. Fresh enough is for the agent's policy."""
    located = row["lat"] is not None
    return {
        "provider_id": row["responder_id"],
        **{name: row[name] for name in ("responder_id", "area", "kind", "status", "max_travel_s", "call_id", "distance_m")},
        "skills": orjson.loads(row["skills"]),
        "callable": row["status"] == "available" and row["call_id"] is None and located,
        "resting": row["rest_until_ms"] > now_ms,
        "rest_until": instant_or_none(row["rest_until_ms"] or None),
        "reserved": row["reserved_from_ms"] is not None and row["reserved_from_ms"] <= now_ms < row["reserved_until_ms"],
        "reserved_from": instant_or_none(row["reserved_from_ms"]),
        "reserved_until": instant_or_none(row["reserved_until_ms"]),
        "position": {"lat": row["lat"], "lon": row["lon"]} if located else None,
        "base": {"lat": row["base_lat"], "lon": row["base_lon"]},
        "position_age_s": (now_ms - row["fix_ms"]) // 1000 if located else None,
        "status_age_s": (now_ms - row["status_ms"]) // 1000,
    }


async def _responder(pool: Any, row: Any) -> dict[str, Any]:
    """A responder, with the incidents it was sent to."""
    sent = await pool.fetch(
        """
        SELECT call_id, leg, cause, asked_ms FROM emergency_dispatches WHERE responder_id = $1 AND area = $2
        ORDER BY asked_ms DESC LIMIT 60
        """,
        row["responder_id"],
        row["area"],
    )
    history = [{"at": instant(one["asked_ms"]), "call_id": one["call_id"], "leg": one["leg"], "cause": one["cause"]} for one in sent]
    return {
        "kind_of_request": "responder",
        **_unit(row, await _now_ms(pool, row["area"])),
        "state": row["status"],
        "sent_to": history,
        "history": [],
    }


async def _device(pool: Any, row: Any) -> dict[str, Any]:
    now_ms = await _now_ms(pool, row["area"])
    state = "retired" if row["retired_ms"] is not None else "silent" if row["missed"] else "living"
    return {
        "kind_of_request": "device",
        **{name: row[name] for name in ("device_id", "area", "kind", "person_id", "missed", "battery_percent", "battery_low")},
        "state": state,
        "position": None if row["lat"] is None else {"lat": row["lat"], "lon": row["lon"]},
        "silent_s": None if row["heard_ms"] is None else (now_ms - row["heard_ms"]) // 1000,
        "heard_at": instant_or_none(row["heard_ms"]),
        "retired_at": instant_or_none(row["retired_ms"]),
        "history": [],
    }


async def capacity(pool: Any, area: str, near: tuple[float, float] | None, days: list[date] | None) -> list[dict[str, Any]]:  # noqa: ARG001
    """Responders: those who can be called first, nearest first when `near` is given. Their capacity is of now, whatever the day."""
    now_ms = await _now_ms(pool, area)
    rows = await pool.fetch(_UNITS, area) if near is None else await pool.fetch(_UNITS_NEAR, area, *near)
    return [_unit(row, now_ms) for row in rows]


async def overview(pool: Any, area: str | None, day: date | None) -> dict[str, Any]:
    """The queue of open incidents, the day's numbers, responders, devices, the coverage indicator, call-backs owed."""
    its_today, now_ms = await today(pool, "emergency", area)
    day = its_today if day is None else day
    queue = await pool.fetch(_OPEN, area)
    tasks = await pool.fetch(
        """
        SELECT kind, count(*) AS tasks FROM tasks
        WHERE domain = 'emergency' AND ($1::text IS NULL OR area = $1) AND closed_ms IS NULL GROUP BY kind ORDER BY kind
        """,
        area,
    )
    by_kind = {row["kind"]: row["tasks"] for row in tasks}
    return {
        "domain": "emergency",
        "area": area,
        "date": day.isoformat(),
        "now": instant(now_ms),
        "incidents": [_queued(row, now_ms) for row in queue],
        "open": await _open(pool, area),
        "day": await _day(pool, area, day),
        "responders": await _responders(pool, area, now_ms),
        "devices": await _devices(pool, area),
        "coverage": await _coverage(pool, area),
        "callbacks": await _callbacks(pool, area, now_ms),
        "tasks_open": sum(by_kind.values()),
        "tasks_by_kind": by_kind,
    }


async def _open(pool: Any, area: str | None) -> dict[str, Any]:
    rows = await pool.fetch(
        """
        SELECT severity, count(*) AS n, count(*) FILTER (WHERE answered_ms IS NULL) AS unanswered,
               count(*) FILTER (WHERE engaged = '{}' AND dispatching) AS unserved
        FROM emergency_incidents WHERE closed_ms IS NULL AND ($1::text IS NULL OR area = $1) GROUP BY severity
        """,
        area,
    )
    return {
        "all": sum(row["n"] for row in rows),
        "unanswered": sum(row["unanswered"] for row in rows),
        "unserved": sum(row["unserved"] for row in rows),
        "by_severity": {row["severity"]: row["n"] for row in rows},
    }


async def _day(pool: Any, area: str | None, day: date) -> dict[str, Any]:
    """Incidents opened that day: how soon answered, sent and reached (E21), and how they ended."""
    from_ms = int(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).timestamp() * 1000)
    rows = await pool.fetch(
        """
        SELECT state, channel, outcome, signals, answered_ms - opened_ms AS answer_ms, dispatched_ms - opened_ms AS dispatch_ms,
               arrived_ms - opened_ms AS arrive_ms
        FROM emergency_incidents WHERE opened_ms >= $1 AND opened_ms < $2 AND ($3::text IS NULL OR area = $3)
        """,
        from_ms,
        from_ms + DAY_MS,
        area,
    )
    answered = [row["answer_ms"] for row in rows if row["answer_ms"] is not None]
    return {
        "incidents": len(rows),
        "signals": sum(row["signals"] for row in rows),
        "answered": len(answered),
        **{f"answered_in_{s}_s": sum(ms <= s * 1000 for ms in answered) for s in ANSWER_S},
        "dispatch_s_p50": _middle_s(row["dispatch_ms"] for row in rows),
        "arrive_s_p50": _middle_s(row["arrive_ms"] for row in rows),
        "by_channel": _counts(row["channel"] for row in rows),
        "by_outcome": _counts(row["outcome"] for row in rows if row["outcome"] is not None),
    }


def _counts(values: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in sorted(values):
        found[value] = found.get(value, 0) + 1
    return found


def _middle_s(values_ms: Iterable[int | None]) -> float | None:
    ordered = sorted(value for value in values_ms if value is not None)
    return None if not ordered else round(ordered[len(ordered) // 2] / 1000, 1)


async def _responders(pool: Any, area: str | None, now_ms: int) -> dict[str, int]:
    row = await pool.fetchrow(
        """
        SELECT count(*) AS listed, count(call_id) AS engaged,
               count(*) FILTER (WHERE status = 'available' AND call_id IS NULL AND lat IS NOT NULL) AS available,
               count(*) FILTER (WHERE status = 'resting' AND call_id IS NULL) AS resting,
               count(*) FILTER (WHERE status = 'off' AND call_id IS NULL) AS off,
               count(*) FILTER (WHERE status = 'available' AND call_id IS NULL AND kind <> 'station' AND fix_ms < $2) AS stale
        FROM emergency_units WHERE ($1::text IS NULL OR area = $1)
        """,
        area,
        now_ms - FIX_AGE_S_MAX * 1000,
    )
    return dict(row)


async def _devices(pool: Any, area: str | None) -> dict[str, int]:
    row = await pool.fetchrow(
        """
        SELECT count(*) AS in_use, count(*) FILTER (WHERE missed > 0) AS silent, count(*) FILTER (WHERE battery_low) AS battery_low
        FROM emergency_devices WHERE retired_ms IS NULL AND ($1::text IS NULL OR area = $1)
        """,
        area,
    )
    return dict(row)


async def _coverage(pool: Any, area: str | None) -> dict[str, Any]:
    row = await pool.fetchrow(
        """
        SELECT count(*) AS counted, count(*) FILTER (WHERE covered) AS covered FROM emergency_coverage
        WHERE lives_alone AND eligible AND ended_ms IS NULL AND ($1::text IS NULL OR area = $1)
        """,
        area,
    )
    share = round(row["covered"] / row["counted"], 4) if row["counted"] else None
    return {"counted": row["counted"], "covered": row["covered"], "share": share}


async def _callbacks(pool: Any, area: str | None, now_ms: int) -> dict[str, int]:
    row = await pool.fetchrow(
        """
        SELECT count(*) AS owed, count(*) FILTER (WHERE callback_by_ms < $2) AS overdue FROM emergency_incidents
        WHERE callback_by_ms IS NOT NULL AND called_back_ms IS NULL AND ($1::text IS NULL OR area = $1)
        """,
        area,
        now_ms,
    )
    return dict(row)


async def providers_map(pool: Any, area: str | None, day: date | None) -> list[dict[str, Any]]:  # noqa: ARG001 - positions are of now
    """Responders who ever said where they are."""
    now_ms = await _now_ms(pool, area)
    return [_unit(row, now_ms) for row in await pool.fetch(_UNITS, area) if row["lat"] is not None]


async def requests_map(pool: Any, area: str | None, limit: int) -> list[dict[str, Any]]:
    """Open incidents with a position, gravest and oldest first. No person is named."""
    now_ms = await _now_ms(pool, area)
    rows = [row for row in await pool.fetch(_OPEN, area) if row["lat"] is not None]
    named = ("area", "state", "severity", "channel", "kind", "level")
    return [
        {
            "request_id": row["call_id"],
            **{name: row[name] for name in named},
            "position": {"lat": row["lat"], "lon": row["lon"]},
            "age_s": max(0, now_ms - row["opened_ms"]) // 1000,
            "responders": list(orjson.loads(row["engaged"])),
            "placed_at": instant(row["opened_ms"]),
        }
        for row in rows[:limit]
    ]
