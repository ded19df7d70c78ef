"""Each question the page asks, on rows that the projector made of one small day."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import asyncpg
import orjson
import pytest

from infra.postgres import queries
from infra.postgres.migrator import migrate
from schemas import meals_facts as m
from schemas.decisions import CoreReason, Outcome
from schemas.facts import PolicyAdopted, TaskKind, TaskOpened
from schemas.journal import SetAside, decision_json, instant
from streams.memory import MemoryJournal
from streams.tail import Position
from tests.streams.projections.journals import Pen
from tests.streams.projections.running import project
from tests.streams.projections.story import FIRST_DAY, START_MS, assigned, decision, listed, slot

pytestmark = pytest.mark.stack
MINUTE_MS = 60_000
NEAR = (31.2401, 121.4400)
WHAT: dict[str, Any] = {"person_id": "p-1", "date": FIRST_DAY.isoformat(), "meal": "lunch", "portions": 2}


def _at(minute: int) -> int:
    return START_MS + minute * MINUTE_MS


def _day(journal: MemoryJournal) -> None:
    """Two canteens, one moved and one delivered and one cancelled order, refusals, a task; another district with one canteen."""
    pen = Pen(journal)
    for partition in range(2):
        pen.open(partition)
    refused: dict[str, Any] = {"outcome": Outcome.REFUSED, "reason": "no_capacity"}
    no_room = m.OrderRefused(order_id="o-4", reason="no_capacity", **WHAT)
    move = m.OrderReassigned(
        order_id="o-1", provider_id="c-2", from_provider_id="c-1", distance_m=2900, travel_s=3770, cause="provider_closed",
        capacity_version=1, cutoff_ms=START_MS, closes_ms=START_MS, **WHAT,
    )  # fmt: skip
    closure = m.ProviderClosureRecorded(provider_id="c-1", from_ms=_at(7), until_ms=None, reason="repair")
    policy = {"parameters": {"cutoff": 1}, "source": "M-R8"}
    in_force = PolicyAdopted(policy="meals", version="2026.1", in_force_from="2026-01-01", **policy)
    later = PolicyAdopted(policy="meals", version="2027.1", in_force_from="2027-01-01", **policy)
    pen.decide(0, decision("e-1", listed("c-1"), listed("c-2", lat=31.21), at_ms=_at(0), event_type="meals.provider.registered.v1"))
    pen.decide(0, decision("e-2", slot("c-1", 10), slot("c-2", 3), in_force, later, at_ms=_at(1)))
    pen.decide(
        0,
        decision("e-3", assigned("o-1"), at_ms=_at(2)),
        decision("e-4", assigned("o-2", distance_m=600, travel_s=780), at_ms=_at(3)),
        decision("e-5", assigned("o-3"), at_ms=_at(4)),
        decision("e-6", no_room, at_ms=_at(5), **refused),
        aside=(SetAside("unknown_type", 4, "e-bad"),),
    )
    pen.decide(0, decision("e-7", m.OrderCancelledFact(order_id="o-3", provider_id="c-1", reason="ill", **WHAT), at_ms=_at(6)))
    pen.decide(0, decision("e-8", closure, move, at_ms=_at(7), event_type="meals.provider.closed.v1"))
    pen.decide(0, decision("e-9", m.OrderDelivered(order_id="o-2", provider_id="c-1", **WHAT), at_ms=_at(8)))
    task = TaskOpened(task_id="t-1", kind=TaskKind.WELFARE_CHECK, about="o-1", owner="operator", detail={"attempts": 2})
    pen.decide(0, decision("e-10", task, at_ms=_at(9)), decision("e-3", at_ms=_at(9), repeat=True))
    pen.decide(0, decision("e-3", at_ms=_at(10), outcome=Outcome.REFUSED, reason=str(CoreReason.CONFLICT)))
    pen.decide(0, decision("tick-1", at_ms=_at(20), event_type="clock.ticked.v1"))
    pen.decide(1, decision("f-1", listed("c-1"), at_ms=_at(3), area="310151"))


@pytest.fixture
async def pool(fresh_database: str) -> AsyncIterator[Any]:
    await migrate(fresh_database)
    journal = MemoryJournal(2)
    _day(journal)
    await project(fresh_database, journal)
    async with asyncpg.create_pool(fresh_database, min_size=1, max_size=2) as made:
        yield made


async def test_a_decision_is_shown_as_first_made_with_its_echoes_counted(pool: Any) -> None:
    shown = await queries.decision(pool, "e-3")
    expected = orjson.loads(orjson.dumps(decision_json(decision("e-3", assigned("o-1"), at_ms=_at(2)))))
    assert shown == expected | {"echoes": {"repeat": 1, "conflict": 1}}
    assert await queries.decision(pool, "e-3", "beds") is None
    assert await queries.decision(pool, "nobody") is None


async def test_an_event_that_was_set_aside_says_why(pool: Any) -> None:
    (aside,) = await queries.set_aside(pool, "e-bad")
    assert (aside["reason"], aside["partition"], aside["source_offset"], aside["event_index"]) == ("unknown_type", 0, 2, 4)


async def test_a_request_shows_its_state_and_each_step_with_time_and_reason(pool: Any) -> None:
    order = await queries.request(pool, "meals", "o-1")
    assert order is not None
    assert (order["state"], order["provider_id"], order["distance_m"], order["area"]) == ("assigned", "c-2", 2900, "310106")
    assert order["placed_at"] == instant(_at(2))
    steps = [(step["at"], step["type"], step["event_id"], step["event_type"]) for step in order["history"]]
    assert steps == [
        (instant(_at(2)), "meals.order.assigned.v1", "e-3", "meals.order.placed.v1"),
        (instant(_at(7)), "meals.order.reassigned.v1", "e-8", "meals.provider.closed.v1"),
    ]
    assert order["history"][1]["data"]["cause"] == "provider_closed"
    assert order["history"][0]["why"] == {"considered": 1, "chosen": None, "rejected": []}
    assert order["history"][0]["policy"] == {"meals": "310106/1"}
    refused = await queries.request(pool, "meals", "o-4")
    assert refused is not None
    assert (refused["state"], refused["reason"], refused["position"]) == ("refused", "no_capacity", None)
    assert await queries.request(pool, "meals", "o-unknown") is None


async def test_capacity_lists_the_nearest_first_with_free_held_and_total(pool: Any) -> None:
    near = await queries.capacity(pool, "meals", "310106", NEAR)
    assert [provider["provider_id"] for provider in near] == ["c-1", "c-2"]
    assert near[0]["distance_m"] < 50
    assert 3000 < near[1]["distance_m"] < 3500
    (lunch,) = near[0]["slots"]
    assert (lunch["total"], lunch["held"], lunch["used"], lunch["free"], lunch["version"]) == (10, 0, 2, 8, 1)
    assert lunch["data_age_s"] == near[0]["data_age_s"] == 19 * 60
    assert near[0]["closures"] == [{"from": instant(_at(7)), "until": None, "reason": "repair", "now": True}]
    (full,) = near[1]["slots"]
    assert (full["total"], full["held"], full["free"], full["overcommitted"]) == (3, 2, 1, False)
    assert [provider["distance_m"] for provider in await queries.capacity(pool, "meals", "310106")] == [None, None]
    assert (await queries.capacity(pool, "meals", "310106", None, [date(2027, 1, 1)]))[0]["slots"] == []
    other_side = await queries.capacity(pool, "meals", "310106", (31.20, 121.44))
    assert [provider["provider_id"] for provider in other_side] == ["c-2", "c-1"]


async def test_the_overview_counts_the_day(pool: Any) -> None:
    day = await queries.overview(pool, "meals", "310106", FIRST_DAY)
    assert day["orders"] == {
        "placed": 4, "portions": 8, "assigned": 1, "asked": 0, "elsewhere": 0, "unplaced": 0, "refused": 1,
        "cancelled": 1, "delivered": 1, "closed": 0, "open": 1,
    }  # fmt: skip
    assert day["refused_by_reason"] == {"no_capacity": 1}
    assert day["within_15_minutes"] == {"orders": 1, "of": 3, "share": 0.3333}
    assert day["capacity"] == {"lunch": {"total": 13, "held": 2, "used": 2, "free": 9, "overcommitted_slots": 0}}
    assert (day["tasks_open"], day["tasks_by_kind"], day["providers"]) == (1, {"welfare_check": 1}, 2)
    assert day["projection"]["partitions"] == 2
    assert day["now"] == instant(_at(20))
    orjson.dumps(day)
    city = await queries.overview(pool, "meals", None, FIRST_DAY)
    assert (city["providers"], city["orders"]) == (3, day["orders"])
    answers = [a for a in day["decisions"] if a["event_type"] == "meals.order.placed.v1"]
    assert {(a["outcome"], a["reason"]): (a["decisions"], a["repeats"]) for a in answers} == {
        ("accepted", ""): (7, 1),
        ("refused", "conflict"): (1, 0),
        ("refused", "no_capacity"): (1, 0),
    }


async def test_latest_decisions_come_newest_first_and_without_idle_ticks(pool: Any) -> None:
    latest = await queries.latest_decisions(pool, "meals", "310106", 3)
    assert [shown["event_id"] for shown in latest] == ["e-10", "e-9", "e-8"]
    assert latest[2]["why"]["considered"] == 2
    everywhere = await queries.latest_decisions(pool, "meals", None, 100)
    assert len(everywhere) == 11
    assert {shown["area"] for shown in everywhere} == {"310106", "310151"}


async def test_open_tasks_areas_policies_and_positions(pool: Any) -> None:
    (task,) = await queries.open_tasks(pool, "meals", "310106")
    assert (task["task_id"], task["kind"], task["about"], task["age_s"]) == ("t-1", "welfare_check", "o-1", 11 * 60)
    assert task["detail"] == {"attempts": 2}
    assert await queries.open_tasks(pool, "meals", "310151") == []
    areas = await queries.areas(pool, "meals")
    assert [(a["area"], a["partition"], a["tasks_open"]) for a in areas] == [("310106", 0, 1), ("310151", 1, 0)]
    policies = await queries.policies(pool, "meals", "310106")
    assert [(p["version"], p["in_force"]) for p in policies] == [("2027.1", False), ("2026.1", True)]
    places = await queries.positions(pool, "meals")
    assert places == {0: Position(10, 0, 9, 8), 1: Position(2, 0, 1, 0)}


async def test_maps_show_providers_with_free_and_requests_without_persons(pool: Any) -> None:
    providers = await queries.providers_map(pool, "meals", "310106", FIRST_DAY)
    assert [(p["provider_id"], p["total"], p["free"], p["position"]["lat"]) for p in providers] == [
        ("c-1", 10, 8, 31.24),
        ("c-2", 3, 1, 31.21),
    ]
    requests = await queries.requests_map(pool, "meals", None, 2)
    assert [(r["request_id"], r["state"]) for r in requests] == [("o-3", "cancelled"), ("o-2", "delivered")]
    assert all("person_id" not in r and r["position"] == {"lat": 31.23, "lon": 121.45} for r in requests)


async def test_values_are_never_statements(pool: Any) -> None:
    hostile = "x'; DROP TABLE decisions; --"
    assert await queries.decision(pool, hostile) is None
    assert await queries.request(pool, "meals", hostile) is None
    assert await queries.capacity(pool, "meals", hostile, NEAR) == []
    assert (await queries.overview(pool, "meals", hostile))["orders"]["placed"] == 0
    assert await queries.decision(pool, "e-1") is not None
