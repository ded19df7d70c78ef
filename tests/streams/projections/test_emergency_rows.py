"""The rows of emergency say what the agent's own state says after any order of events (L02), and the queries read them."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

import asyncpg
import orjson
import pytest

from agents import core
from agents.emergency import DOMAIN
from agents.emergency.state import EmergencyState
from infra.postgres import emergency_queries
from schemas.decisions import Decision
from schemas.drill import DRILL_AREA
from streams.memory import MemoryJournal
from streams.projections.registry import PROJECTIONS
from streams.projector import Projector
from tests.agents.emergency.random_day import RandomDay
from tests.agents.emergency.world import AREA, CENTRE, World
from tests.streams.projections.journals import MemorySource, Pen, opened
from tests.streams.projections.running import QUICK
from tests.streams.projections.tables import fetch

pytestmark = pytest.mark.stack
STEPS = 900


async def _project(dsn: str, decisions: list[Decision]) -> None:
    journal = MemoryJournal(1)
    pen = Pen(journal)
    pen.open(0)
    for start in range(0, len(decisions), 7):
        pen.decide(0, *decisions[start : start + 7])
    source = MemorySource(journal)
    await Projector(PROJECTIONS["emergency"], dsn, partial(opened, source), None, QUICK).run(asyncio.Event(), until=await source.ends())


@pytest.mark.parametrize("seed", [3, 8])
async def test_rows_of_a_random_day_are_the_state_of_the_agent(database: str, seed: int) -> None:
    day, area = RandomDay(seed), core.blank(DOMAIN, AREA)
    made: list[Decision] = []
    for _ in range(STEPS):
        decision = core.handle(DOMAIN, area, day.next())
        day.learn(decision)
        made.append(decision)
    await _project(database, made)
    await _assert_incidents(database, area.domain)
    await _assert_units(database, area.domain)
    rows = await fetch(database, "SELECT device_id, missed, battery_low FROM emergency_devices WHERE retired_ms IS NULL")
    owed = area.domain.heartbeats
    assert {(r["device_id"], r["missed"] > 0, r["battery_low"]) for r in rows} == {
        (device_id, (owed.get(device_id) or _missing()).level > 0, device.low) for device_id, device in area.domain.devices.items()
    }
    counted = await fetch(
        database,
        "SELECT count(*) AS n, count(*) FILTER (WHERE covered) AS covered FROM emergency_coverage "
        "WHERE lives_alone AND eligible AND ended_ms IS NULL",
    )
    assert (counted[0]["n"], counted[0]["covered"]) == (area.domain.alone, area.domain.alone_covered)


def _missing() -> Any:
    raise AssertionError("every device in use owes a heartbeat")


async def _assert_incidents(dsn: str, state: EmergencyState) -> None:
    rows = await fetch(dsn, "SELECT * FROM emergency_incidents")
    assert len(rows) > 20
    assert {
        r["call_id"]: (
            r["state"], r["severity"], r["kind"], r["level"], r["signals"], r["manual"], r["dispatching"], r["lat"], r["contact_id"],
            r["operator_id"], r["answered_ms"], r["dispatched_ms"], r["arrived_ms"], r["served"], orjson.loads(r["engaged"]),
        )
        for r in rows
        if r["closed_ms"] is None
    } == {
        call.call_id: (
            call.state.value, call.severity, call.kind, call.level, call.signals, call.manual, call.dispatching, call.lat,
            call.accepted_contact, call.operator_id, call.answered_ms, call.dispatched_ms, call.arrived_ms, len(call.served),
            {responder_id: one.leg.value for responder_id, one in call.engaged.items()},
        )
        for call in state.calls.values()
    }  # fmt: skip
    closed = {r["call_id"]: (r["state"], r["outcome"]) for r in rows if r["closed_ms"] is not None}
    assert {call_id: closed[call_id] for call_id in state.ended} == {
        call_id: (ended.state.value, ended.outcome) for call_id, ended in state.ended.items()
    }


async def _assert_units(dsn: str, state: EmergencyState) -> None:
    rows = await fetch(dsn, "SELECT * FROM emergency_units")
    assert {r["responder_id"]: (r["status"], r["call_id"], r["fix_ms"], r["rest_until_ms"]) for r in rows} == {
        unit_id: (unit.status, unit.engaged, unit.fix_ms if unit.fixed else None, unit.rest_until_ms)
        for unit_id, unit in state.units.by_id.items()
    }


async def test_a_drill_leaves_no_row_and_the_queue_shows_real_people_gravest_first(database: str) -> None:
    world = World()
    world.unit("r-1", 300)
    world.press("k-phone", "p-2", "phone")
    world.press("k-button", "p-1")
    world.press("k-again", "p-1")
    drilled = [_moved(one) for one in world.decisions]
    await _project(database, world.decisions + drilled)
    assert await fetch(database, "SELECT area FROM emergency_incidents WHERE area = $1", DRILL_AREA) == []
    async with asyncpg.create_pool(database, min_size=1, max_size=2) as pool:
        overview = await emergency_queries.overview(pool, AREA, None)
        assert [one["call_id"] for one in overview["incidents"]] == ["k-button", "k-phone"]
        assert overview["open"] == {"all": 2, "unanswered": 2, "unserved": 0, "by_severity": {"life": 1, "urgent": 1}}
        assert (overview["day"]["incidents"], overview["day"]["signals"]) == (2, 3)
        joined = await emergency_queries.request(pool, "k-again")
        assert joined is not None
        assert (joined["call_id"], joined["signals"]) == ("k-button", 2)
        (sent,) = joined["dispatches"]
        assert (sent["responder_id"], sent["leg"], sent["why"]["chosen"]) == ("r-1", "asked", "r-1")
        assert [step["type"] for step in joined["history"]][:2] == ["emergency.call.opened.v1", "emergency.responder.dispatched.v1"]
        near = await emergency_queries.capacity(pool, AREA, CENTRE, None)
        assert [(one["responder_id"], one["callable"], one["call_id"]) for one in near] == [("r-1", False, "k-button")]
        assert near[0]["distance_m"] == pytest.approx(300, abs=2)
        responder = await emergency_queries.request(pool, "r-1")
        assert responder is not None
        assert responder["sent_to"][0]["call_id"] == "k-button"


async def test_the_questions_shown_are_those_of_the_policy_an_incident_began_with(database: str) -> None:
    question = {
        "question": "talks",
        "zh": "能说话吗",
        "en": "Talks",
        "answers": [{"answer": "no", "zh": "否", "en": "No", "raises_to": "life"}],
    }
    world = World()
    world.press("k-1", "p-1")
    world.policy("own", protocol={"medical": [question]})
    world.press("k-2", "p-2", "phone")
    world.send("call.triaged", call_id="k-2", severity="help", answers=[{"question": "talks", "answer": "no"}])
    await _project(database, world.decisions)
    async with asyncpg.create_pool(database, min_size=1, max_size=2) as pool:
        by_default = await emergency_queries.request(pool, "k-1")
        by_own = await emergency_queries.request(pool, "k-2")
    assert by_default is not None
    assert by_own is not None
    assert [one["question"] for one in by_default["protocol"]["fall"]] == ["conscious", "bleeding", "head_hit", "stands"]
    shown = {"question": "talks", "zh": "能说话吗", "en": "Talks", "answers": [{"answer": "no", "zh": "否", "en": "No"}]}
    assert by_own["protocol"] == {"medical": [shown]}
    (judged,) = (step["data"] for step in by_own["history"] if step["type"] == "emergency.call.triaged.v1")
    assert (judged["severity"], judged["answers"], by_own["severity"]) == ("life", ["talks:no"], "life")


async def test_the_reference_of_a_key_safe_stands_in_no_row(database: str) -> None:
    world = World()
    world.unit("r-1", 300)
    world.send("coverage.registered", person_id="p-1", lives_alone=True, access_id="safe-77")
    world.press("k-1", "p-1")
    world.send("dispatch.accepted", call_id="k-1", responder_id="r-1")
    await _project(database, world.decisions)
    history = await fetch(database, "SELECT data::text AS data, fact_type FROM emergency_history")
    assert "emergency.access.released.v1" in {row["fact_type"] for row in history}
    assert [row for row in history if "safe-77" in row["data"]] == []
    assert (await fetch(database, "SELECT has_access FROM emergency_coverage"))[0]["has_access"] is True


def _moved(decision: Decision) -> Decision:
    return replace(decision, area=DRILL_AREA, event_id=f"drill-{decision.event_id}")
