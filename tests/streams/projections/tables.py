"""Reading the tables back, for comparing: with the oracle, and one database with another."""

from collections import Counter
from typing import Any

import asyncpg
import orjson

from streams.projections.registry import PROJECTIONS
from tests.streams.projections.oracle import Oracle

MEALS = PROJECTIONS["meals"]


async def fetch(dsn: str, query: str, *values: object) -> list[Any]:
    """Rows of one query."""
    connection = await asyncpg.connect(dsn)
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


async def dump(dsn: str, leave_out: str | None = None) -> dict[str, list[str]]:
    """Every row of every table of meals as text, in a stable order; wall-clock freshness is left out."""
    out = {}
    for name in [table.name for table in MEALS.tables if table.name != leave_out] + ["journal_positions"]:
        rows = await fetch(dsn, f"SELECT (to_jsonb(t) - 'caught_up_at')::text AS line FROM {name} AS t ORDER BY line")  # noqa: S608
        out[name] = [row["line"] for row in rows]
    return out


async def assert_tables_are(oracle: Oracle, dsn: str) -> None:
    """The database says what the oracle says, table by table (L02)."""
    assert await _decisions(dsn) == oracle.first
    echoes = await fetch(dsn, "SELECT event_id, area, kind, count(*) FROM decision_echoes GROUP BY 1, 2, 3")
    assert {tuple(row)[:3]: row[3] for row in echoes} == oracle.echoes
    assert await _decision_tallies(dsn) == oracle.decision_tallies
    clocks = await fetch(dsn, "SELECT area, now_ms, decisions FROM areas")
    assert {row[0]: (row[1], row[2]) for row in clocks} == oracle.clocks
    assert {tuple(row) for row in await fetch(dsn, "SELECT partition, epoch, owner FROM owners")} == oracle.owners
    assert {tuple(row) for row in await fetch(dsn, "SELECT partition, journal_offset, error FROM owner_failures")} == oracle.failures
    aside = await fetch(dsn, "SELECT partition, journal_offset, event_id FROM events_set_aside ORDER BY 1, 2")
    assert [tuple(row) for row in aside] == oracle.aside
    tasks = await fetch(dsn, "SELECT area, task_id, kind, closed_ms AS closed, result FROM tasks")
    assert {(r["area"], r["task_id"]): {k: r[k] for k in ("kind", "closed", "result")} for r in tasks} == oracle.tasks
    policies = await fetch(dsn, "SELECT area, version, in_force_from, parameters, adopted_ms FROM policies")
    assert {(r[0], r[1]): {"from": r[2].isoformat(), "parameters": orjson.loads(r[3]), "at": r[4]} for r in policies} == oracle.policies
    await _assert_orders(oracle, dsn)
    await _assert_providers(oracle, dsn)


async def _decisions(dsn: str) -> dict[tuple[str, str], tuple[int, int, int]]:
    rows = await fetch(dsn, "SELECT event_id, area, partition, journal_offset, record_index FROM decisions")
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}


async def _decision_tallies(dsn: str) -> Counter[Any]:
    rows = await fetch(dsn, "SELECT day, area, event_type, outcome, reason, decisions, repeats FROM decision_tallies")
    decisions = {(*tuple(row)[:5], "decisions"): row["decisions"] for row in rows if row["decisions"]}
    return Counter(decisions | {(*tuple(row)[:5], "repeats"): row["repeats"] for row in rows if row["repeats"]})


async def _assert_orders(oracle: Oracle, dsn: str) -> None:
    rows = await fetch(dsn, "SELECT * FROM meals_orders")
    assert {
        (r["area"], r["order_id"]): (
            r["state"], r["reason"], r["provider_id"], r["travel_s"], r["attempts"], r["welfare_check_ms"], r["day"].isoformat(),
            r["portions"], r["person_id"], r["price_fen"], orjson.loads(r["diets"] or "[]"), r["lat"], r["lending_area"],
        )
        for r in rows
    } == {
        key: (
            o["state"], o["why"], o["provider_id"], o["travel_s"], o["attempts"], o["welfare"], o["date"], o["portions"], o["person_id"],
            o.get("price_fen"), o.get("diets", []), o.get("lat"), o.get("lending"),
        )
        for key, o in oracle.orders.items()
    }  # fmt: skip
    guests = await fetch(dsn, "SELECT area, guest_id, state, reason, provider_id, portions FROM meals_guests")
    told = {key: (g["state"], g["why"], g["provider_id"], g["portions"]) for key, g in oracle.guests.items()}
    assert {tuple(row)[:2]: tuple(row)[2:] for row in guests} == told
    history = await fetch(dsn, "SELECT area, order_id, fact_type, count(*) FROM meals_order_history GROUP BY 1, 2, 3")
    assert {tuple(row)[:3]: row[3] for row in history} == oracle.history
    tallies = await fetch(dsn, "SELECT * FROM meals_order_tallies WHERE orders <> 0 OR portions <> 0 OR near_orders <> 0")
    assert {
        (r["area"], r["day"].isoformat(), r["meal"], r["state"], r["reason"]): (r["orders"], r["portions"], r["near_orders"])
        for r in tallies
    } == oracle.order_tallies()


async def _assert_providers(oracle: Oracle, dsn: str) -> None:
    rows = await fetch(dsn, "SELECT area, provider_id, lat, listed_ms, closures FROM meals_providers")
    assert {
        (r[0], r[1]): {"lat": r[2], "listed": r[3], "closures": [(c["from_ms"], c["until_ms"]) for c in orjson.loads(r[4])]} for r in rows
    } == oracle.providers
    closures = await fetch(dsn, "SELECT area, provider_id, kind, count(*) FROM meals_closures GROUP BY 1, 2, 3")
    assert {tuple(row)[:3]: row[3] for row in closures} == oracle.closures
    slots = await fetch(dsn, "SELECT * FROM meals_slots")
    assert {
        (r["area"], r["provider_id"], r["day"].isoformat(), r["meal"]): {
            "capacity": r["capacity"], "version": r["version"], "cutoff": r["cutoff_ms"], "held": r["held"], "used": r["used"],
            "overcommits": r["overcommits"],
        }
        for r in slots
    } == oracle.slots  # fmt: skip
    kitchen = await fetch(dsn, "SELECT area, provider_id, day, meal, portions, recounts FROM meals_kitchen_counts")
    assert {(r[0], r[1], r[2].isoformat(), r[3]): (r[4], r[5]) for r in kitchen} == oracle.kitchen
    standing = await fetch(dsn, "SELECT area, standing_order_id, next_day, paused_from, stopped_from FROM meals_standing_orders")
    assert {
        (r[0], r[1]): {name: day and day.isoformat() for name, day in zip(("next", "paused", "stopped"), tuple(r)[2:], strict=True)}
        for r in standing
    } == oracle.standing
    runs = await fetch(dsn, "SELECT area, standing_order_id, day, count(*) FROM meals_standing_runs GROUP BY 1, 2, 3")
    assert {(r[0], r[1], r[2].isoformat()): r[3] for r in runs} == oracle.runs
