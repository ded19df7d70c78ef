"""What the rows say, as JSON-able dicts: the reading side of PostgreSQL, for the gateway, the page and the checkers.

Every function takes an asyncpg pool and passes values as parameters only. Nothing here decides; free numbers and ages are
arithmetic on what the projector copied from the journal. Errors of PostgreSQL pass through: the caller answers 503.
Personal data: only the opaque ids that events carry.
"""

from datetime import date
from typing import Any, Protocol

import orjson

from infra.postgres import beds_queries, childcare_queries, emergency_queries, meals_queries
from infra.postgres.values import civil_day
from schemas.journal import instant
from schemas.topics import DOMAINS
from streams.tail import Position


class DomainQueries(Protocol):
    """What a domain's own module of queries offers; the functions below say what each means."""

    async def request(self, pool: Any, request_id: str) -> dict[str, Any] | None: ...
    async def capacity(self, pool: Any, area: str, near: tuple[float, float] | None, days: list[date] | None) -> list[dict[str, Any]]: ...
    async def overview(self, pool: Any, area: str | None, day: date | None) -> dict[str, Any]: ...
    async def providers_map(self, pool: Any, area: str | None, day: date | None) -> list[dict[str, Any]]: ...
    async def requests_map(self, pool: Any, area: str | None, limit: int) -> list[dict[str, Any]]: ...


DOMAIN_QUERIES: dict[str, DomainQueries] = {
    "meals": meals_queries,
    "beds": beds_queries,
    "emergency": emergency_queries,
    "childcare": childcare_queries,
}
"""Who answers for a domain's own tables: one module and one line a domain."""

assert set(DOMAINS) <= DOMAIN_QUERIES.keys(), "every domain that is switched on can be asked"


async def positions(pool: Any, domain: str) -> dict[int, Position]:
    """How far the rows have followed each partition of the domain's journal."""
    rows = await pool.fetch(
        "SELECT partition, next_offset, epoch, seq, source_offset FROM journal_positions WHERE domain = $1 ORDER BY partition",
        domain,
    )
    return {row[0]: Position(row[1], row[2], row[3], row[4]) for row in rows}


async def decision(pool: Any, event_id: str, domain: str | None = None) -> dict[str, Any] | None:
    """The first decision of this event id as the contract shows it, None when there is none.

    ``echoes`` counts later sendings of the id by kind (`repeat`, `conflict`, `again`) when there were any. An id that went
    to several domains (the calendar) gives the earliest unless `domain` names one.
    """
    row = await pool.fetchrow(
        """
        SELECT body::text AS body, domain, area FROM decisions
        WHERE event_id = $1 AND ($2::text IS NULL OR domain = $2)
        ORDER BY decided_ms, domain, area LIMIT 1
        """,
        event_id,
        domain,
    )
    if row is None:
        return None
    body: dict[str, Any] = orjson.loads(row["body"])
    echoes = await pool.fetch(
        "SELECT kind, count(*) FROM decision_echoes WHERE event_id = $1 AND domain = $2 AND area = $3 GROUP BY kind ORDER BY kind",
        event_id,
        row["domain"],
        row["area"],
    )
    if echoes:
        body["echoes"] = {echo[0]: echo[1] for echo in echoes}
    return body


async def set_aside(pool: Any, event_id: str) -> list[dict[str, Any]]:
    """Where an event id was not decided: quarantined by a codec reason, or `forwarded` to partition ``home``."""
    rows = await pool.fetch(
        """
        SELECT domain, partition, source_offset, event_index, reason, home FROM events_set_aside
        WHERE event_id = $1 ORDER BY domain, partition, journal_offset, set_aside_index LIMIT 20
        """,
        event_id,
    )
    return [dict(row) for row in rows]


async def latest_decisions(pool: Any, domain: str, area: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest decisions with their `why`, newest first; of every area when `area` is None. Ticks that did nothing are left out."""
    rows = await pool.fetch(
        """
        SELECT newest.body::text AS body FROM areas AS a CROSS JOIN LATERAL (
            SELECT d.body, d.decided_ms, d.journal_offset, d.record_index FROM decisions AS d
            WHERE d.domain = a.domain AND d.area = a.area AND (d.fact_count > 0 OR d.event_type <> 'clock.ticked.v1')
            ORDER BY d.decided_ms DESC, d.journal_offset DESC, d.record_index DESC LIMIT $3
        ) AS newest
        WHERE a.domain = $1 AND ($2::text IS NULL OR a.area = $2)
        ORDER BY newest.decided_ms DESC, a.partition, newest.journal_offset DESC, newest.record_index DESC LIMIT $3
        """,
        domain,
        area,
        limit,
    )
    return [orjson.loads(row["body"]) for row in rows]


async def open_tasks(pool: Any, domain: str, area: str | None) -> list[dict[str, Any]]:
    """The tasks a human owns, oldest first, with their age on the area's own clock; at most 500."""
    rows = await pool.fetch(
        """
        SELECT t.task_id, t.area, t.kind, t.about, t.owner, t.detail::text AS detail, t.event_id, t.opened_ms,
               (a.now_ms - t.opened_ms) / 1000 AS age_s
        FROM tasks AS t JOIN areas AS a ON a.domain = t.domain AND a.area = t.area
        WHERE t.domain = $1 AND ($2::text IS NULL OR t.area = $2) AND t.closed_ms IS NULL
        ORDER BY t.opened_ms, t.task_id LIMIT 500
        """,
        domain,
        area,
    )
    return [
        {
            "task_id": row["task_id"],
            "area": row["area"],
            "kind": row["kind"],
            "about": row["about"],
            "owner": row["owner"],
            "detail": orjson.loads(row["detail"]),
            "event_id": row["event_id"],
            "opened_at": instant(row["opened_ms"]),
            "age_s": row["age_s"],
        }
        for row in rows
    ]


async def areas(pool: Any, domain: str) -> list[dict[str, Any]]:
    """Every area the domain has decided for: its own clock, decisions made, open tasks, policies in force there."""
    rows = await pool.fetch(
        """
        SELECT a.area, a.partition, a.now_ms, a.decisions,
               (SELECT count(*) FROM tasks AS t WHERE t.domain = a.domain AND t.area = a.area AND t.closed_ms IS NULL) AS tasks_open
        FROM areas AS a WHERE a.domain = $1 ORDER BY a.area
        """,
        domain,
    )
    return [
        {
            "area": row["area"],
            "partition": row["partition"],
            "now": instant(row["now_ms"]),
            "decisions": row["decisions"],
            "tasks_open": row["tasks_open"],
        }
        for row in rows
    ]


async def policies(pool: Any, domain: str, area: str) -> list[dict[str, Any]]:
    """Every policy version the area holds, newest in force first; ``in_force`` marks the one that counts on the area's day."""
    now_ms = await pool.fetchval("SELECT now_ms FROM areas WHERE domain = $1 AND area = $2", domain, area)
    rows = await pool.fetch(
        """
        SELECT policy, version, in_force_from, parameters::text AS parameters, source, adopted_ms,
               row_number() OVER (PARTITION BY policy ORDER BY (in_force_from <= $3) DESC, in_force_from DESC, adopted_ms DESC) = 1
                   AND in_force_from <= $3 AS in_force
        FROM policies WHERE domain = $1 AND area = $2 ORDER BY policy, in_force_from DESC, adopted_ms DESC, version
        """,
        domain,
        area,
        civil_day(now_ms or 0),
    )
    return [
        {
            "policy": row["policy"],
            "version": row["version"],
            "in_force_from": row["in_force_from"].isoformat(),
            "in_force": row["in_force"],
            "parameters": orjson.loads(row["parameters"]),
            "source": row["source"],
            "adopted_at": instant(row["adopted_ms"]),
        }
        for row in rows
    ]


async def request(pool: Any, domain: str, request_id: str) -> dict[str, Any] | None:
    """One request (an order, a standing order): its state now and its history with times and reasons; None when unknown."""
    return await DOMAIN_QUERIES[domain].request(pool, request_id)


async def capacity(
    pool: Any, domain: str, area: str, near: tuple[float, float] | None = None, days: list[date] | None = None
) -> list[dict[str, Any]]:
    """The area's providers with their slots; nearest first with ``distance_m`` (great circle) when `near` = (lat, lon) is given.

    `days` defaults to the area's today and the six days after. Instants and ages are on the area's own clock.
    """
    return await DOMAIN_QUERIES[domain].capacity(pool, area, near, days)


async def overview(pool: Any, domain: str, area: str | None, day: date | None = None) -> dict[str, Any]:
    """The numbers of one day for the living page; of all areas when `area` is None; `day` defaults to the newest area's today."""
    numbers = await DOMAIN_QUERIES[domain].overview(pool, area, day)
    numbers["projection"] = await freshness(pool, domain)
    return numbers


async def freshness(pool: Any, domain: str) -> dict[str, Any]:
    """How old the picture is: ``age_s`` since the rows last had all the journal held, in seconds of the wall clock; None before that."""
    row = await pool.fetchrow(
        """
        SELECT extract(epoch FROM now() - min(caught_up_at))::float8 AS age_s, count(*) AS partitions,
               coalesce(sum(next_offset), 0)::bigint AS records
        FROM journal_positions WHERE domain = $1
        """,
        domain,
    )
    return {"age_s": row["age_s"], "partitions": row["partitions"], "records": row["records"]}


async def providers_map(pool: Any, domain: str, area: str | None, day: date | None = None) -> list[dict[str, Any]]:
    """Providers with position and the day's total, held and free, for a map."""
    return await DOMAIN_QUERIES[domain].providers_map(pool, area, day)


async def requests_map(pool: Any, domain: str, area: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest requests that carry a position, with state and provider, newest first, for a map. No person is named."""
    return await DOMAIN_QUERIES[domain].requests_map(pool, area, limit)
