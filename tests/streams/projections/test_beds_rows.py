"""The rows of beds say what the agent's own state says after any order of events (L02), and the queries read them."""

import asyncio
from functools import partial
from typing import Any

import asyncpg
import orjson
import pytest

from agents import core
from agents.beds import DOMAIN
from agents.beds.position import positions
from agents.beds.state import BedsState
from infra.postgres import beds_queries
from schemas.beds_facts import OfferMade
from schemas.decisions import Decision
from streams.memory import MemoryJournal
from streams.projections.registry import PROJECTIONS
from streams.projector import Projector
from tests.agents.beds.district import AREA, CENTRE, District
from tests.agents.beds.random_year import RandomYear
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
    await Projector(PROJECTIONS["beds"], dsn, partial(opened, source), None, QUICK).run(asyncio.Event(), until=await source.ends())


@pytest.mark.parametrize("seed", [1, 8])
async def test_rows_of_a_random_year_are_the_state_of_the_agent(database: str, seed: int) -> None:
    area = core.blank(DOMAIN, AREA)
    year = RandomYear(seed, area)
    made = [core.handle(DOMAIN, area, year.next()) for _ in range(STEPS)]
    await _project(database, made)
    await _assert_places(database, area.domain)
    await _assert_applications(database, area.domain)
    offers = [reasoned.fact.offer_id for decision in made for reasoned in decision.facts if isinstance(reasoned.fact, OfferMade)]
    rows = await fetch(database, "SELECT offer_id, state FROM beds_offers")
    assert sorted(row["offer_id"] for row in rows) == sorted(offers)
    standing = {one.offer_id for one in area.domain.applications.values() if one.offer_id is not None}
    assert {row["offer_id"] for row in rows if row["state"] in ("open", "accepted")} == standing
    async with asyncpg.create_pool(database, min_size=1, max_size=2) as pool:
        await _assert_positions(pool, area.domain)
        await _assert_numbers(pool, area.domain, standing)


async def _assert_places(database: str, state: BedsState) -> None:
    rows = await fetch(database, "SELECT * FROM beds_beds")
    found = {(r["facility_id"], r["bed_id"]): _of_row(r) for r in rows}
    known = {(one.place_id, bed.bed_id): _of_bed(bed) for one in state.facilities.values() for bed in one.beds.values()}
    assert found == known
    rows = await fetch(database, "SELECT facility_id, silent, version, listed_ms IS NOT NULL AS listed FROM beds_facilities")
    assert {(r["facility_id"], r["silent"], r["version"], r["listed"]) for r in rows} == {
        (one.place_id, one.silent, one.version, one.listed) for one in state.facilities.values()
    }
    rows = await fetch(database, "SELECT facility_id, bed_type, sum(freed)::int AS n FROM beds_vacancies GROUP BY 1, 2")
    assert {(r["facility_id"], r["bed_type"]): r["n"] for r in rows} == {
        (one.place_id, kind): sum(days.values()) for one in state.facilities.values() for kind, days in one.vacancies.items()
    }
    rows = await fetch(database, "SELECT below_quota FROM beds_pools")
    assert any(row["below_quota"] for row in rows) == state.below_quota


def _of_row(row: Any) -> tuple[Any, ...]:
    named = ("state", "bed_type", "sex", "pool", "application_id", "offer_id", "resident_id", "person_id", "until_ms", "leave_until_ms")
    return tuple(row[name] for name in named)


def _of_bed(bed: Any) -> tuple[Any, ...]:
    return (
        bed.state.value, bed.bed_type, bed.sex, bed.pool, bed.application_id, bed.offer_id, bed.resident_id, bed.person_id,
        bed.until_ms, bed.leave_until_ms,
    )  # fmt: skip


async def _assert_applications(database: str, state: BedsState) -> None:
    rows = await fetch(database, "SELECT * FROM beds_applications")
    opened_ones = {r["application_id"]: r for r in rows if r["application_id"] in state.applications}
    assert opened_ones.keys() == state.applications.keys()
    for application_id, one in state.applications.items():
        row = opened_ones[application_id]
        assert (row["state"], row["level"], row["score"], row["emergency"]) == (one.state.value, one.level, one.score, one.emergency)
        assert (row["refusals"], row["offers"], row["offer_id"]) == (one.refusals, one.offers, one.offer_id), application_id
        assert tuple(orjson.loads(row["bed_types"])) == one.bed_types
        assert set(orjson.loads(row["excluded"])) == set(one.excluded)
        assert (row["bed_id"] is None) == (one.bed is None)
    ended = {r["application_id"]: (r["state"], r["reason"]) for r in rows if r["application_id"] not in state.applications}
    assert {name: ended[name] for name in state.ended} == {name: (one.state.value, one.reason) for name, one in state.ended.items()}


async def _assert_positions(pool: Any, state: BedsState) -> None:
    """The place in line that the rows give is the agent's own, and so is the forecast."""
    seen = 0
    for application_id in state.applications:
        answer = await beds_queries.request(pool, application_id)
        assert answer is not None
        ours = positions(state, application_id) or ()
        assert [(p["bed_type"], p["rank"], p["ahead_by_class"]) for p in answer["positions"]] == [
            (p.bed_type, p.rank, p.ahead_by_class) for p in ours
        ]
        for told, known in zip(answer["positions"], ours, strict=True):
            seen += told["rank"] > 1
            assert told["forecast"] == {
                "expected_days": known.forecast.expected_days, "low_days": known.forecast.low_days,
                "high_days": known.forecast.high_days, "vacancies": known.forecast.vacancies, "days_seen": known.forecast.days_seen,
            }  # fmt: skip
    assert seen > 0, "somebody waits behind somebody"


async def _assert_numbers(pool: Any, state: BedsState, standing: set[str]) -> None:
    view = await beds_queries.overview(pool, AREA, None)
    for grouping, rows in view["waits"].items():
        assert sum(row["waiting"] for row in rows) == state.waiting, grouping
        assert len({row["group"] for row in rows}) == len(rows), grouping
    for name in ("free", "held", "reserved", "occupied", "closed"):
        assert sum(row[name] for row in view["board"]) == state.counts.get(name, 0), name
    assert {one["offer_id"] for one in view["offers_open"]} <= standing
    homes = await beds_queries.capacity(pool, AREA, CENTRE, None)
    assert [home["distance_m"] for home in homes] == sorted(home["distance_m"] for home in homes)
    assert sum(home["free"] for home in homes) == sum(
        bed.state.value == "free" for one in state.facilities.values() if one.listed for bed in one.beds.values()
    )
    everything = [await beds_queries.providers_map(pool, None, None), await beds_queries.requests_map(pool, None, 50)]
    assert all(everything)


async def test_an_applicant_reads_their_place_their_offer_and_what_became_of_it_and_nobody_else(database: str) -> None:
    district = District()
    district.home("f1")
    district.apply("first", categories=["registered", "special_poor"])
    district.apply("second")
    district.publish("f1", b1="free")
    await _project(database, district.decisions)
    async with asyncpg.create_pool(database, min_size=1, max_size=2) as pool:
        answer = await beds_queries.request(pool, "first")
        assert answer is not None
        assert (answer["state"], answer["positions"], answer["offer"]["bed_id"]) == ("offered", [], "b1")
        assert [step["type"] for step in answer["history"]] == ["beds.application.queued.v1", "beds.offer.made.v1"]
        assert b"second" not in orjson.dumps(answer)
        (same,) = {(await beds_queries.request(pool, answer["offer"]["offer_id"]) or {}).get("application_id")}
        assert same == "first"
        view = await beds_queries.overview(pool, AREA, None)
        (made,) = view["allocations"]
        assert (made["criterion"], made["next_application_id"], made["lane"]) == ("priority_class", "second", "pool")
        assert await beds_queries.request(pool, "nobody") is None
