"""The rows of childcare say what the agent's own state says after any order of events (L02)."""

import asyncio
from functools import partial

import orjson
import pytest

from agents import core
from agents.childcare import DOMAIN
from agents.childcare.seating import present
from agents.childcare.state import ChildcareState
from schemas.decisions import Decision
from streams.memory import MemoryJournal
from streams.projections.registry import PROJECTIONS
from streams.projector import Projector
from tests.agents.childcare.random_day import RandomDay
from tests.agents.childcare.world import AREA
from tests.streams.projections.journals import MemorySource, Pen, opened
from tests.streams.projections.running import QUICK
from tests.streams.projections.tables import fetch

pytestmark = pytest.mark.stack
STEPS = 2_500


async def project_childcare(dsn: str, decisions: list[Decision]) -> None:
    """Rows of these decisions, several in a journal record."""
    journal = MemoryJournal(1)
    pen = Pen(journal)
    pen.open(0)
    for start in range(0, len(decisions), 7):
        pen.decide(0, *decisions[start : start + 7])
    source = MemorySource(journal)
    await Projector(PROJECTIONS["childcare"], dsn, partial(opened, source), None, QUICK).run(asyncio.Event(), until=await source.ends())


@pytest.mark.parametrize("seed", [3, 8])
async def test_rows_of_a_random_run_are_the_state_of_the_agent(database: str, seed: int) -> None:
    day, area = RandomDay(seed), core.blank(DOMAIN, AREA)
    made: list[Decision] = []
    for _ in range(STEPS):
        decision = core.handle(DOMAIN, area, day.next())
        day.learn(decision)
        made.append(decision)
    await project_childcare(database, made)
    await _assert_bookings(database, area.domain)
    await _assert_sessions(database, area.domain)
    await _assert_files(database, area.domain)
    await _assert_quotas(database, area.domain)


async def _assert_bookings(dsn: str, state: ChildcareState) -> None:
    rows = await fetch(dsn, "SELECT * FROM childcare_bookings")
    assert {
        r["booking_id"]: (
            r["state"], r["child_id"], orjson.loads(r["session_ids"]), r["starts_ms"], r["ends_ms"], r["free_units"] or 0, r["price_fen"],
            r["provisional"], r["answered"], r["offer_id"], r["level"], r["deadline_ms"],
        )
        for r in rows
        if r["ended_ms"] is None
    } == {
        one.booking_id: (
            one.state.value, one.child_id, [session.session_id for session in one.run], one.starts_ms, one.ends_ms, one.free_units,
            one.price_fen, one.provisional, one.answered, one.offer_id, one.level,
            state.deadlines.when(f"case|{one.booking_id}"),
        )
        for one in state.bookings.values()
    }  # fmt: skip
    ended = {r["booking_id"]: r["state"] for r in rows if r["ended_ms"] is not None}
    assert ended == {booking_id: end.state.value for booking_id, end in state.ended.items()}
    assert len(set(ended.values())) >= 7, "the run ends bookings in many ways"
    tallied = await fetch(dsn, "SELECT state, sum(bookings) AS n FROM childcare_booking_tallies GROUP BY state HAVING sum(bookings) <> 0")
    counted = await fetch(dsn, "SELECT state, count(*) AS n FROM childcare_bookings GROUP BY state")
    assert {r["state"]: r["n"] for r in tallied} == {r["state"]: r["n"] for r in counted}


async def _assert_sessions(dsn: str, state: ChildcareState) -> None:
    rows = await fetch(dsn, "SELECT * FROM childcare_sessions JOIN childcare_seats USING (area, session_id)")
    shown = {r["session_id"]: r for r in rows}
    published = {r["session_id"]: r for r in await fetch(dsn, "SELECT * FROM childcare_sessions")}
    met = 0
    for session_id, session in state.sessions.items():
        one = published[session_id]
        assert (one["seats"], one["version"], one["service"]) == (session.total, session.version, session.service)
        assert (one["staff_planned"], one["staff_present"]) == (session.planned, session.reported)
        if session.weighted:
            assert one["care_limit"] == session.care.total
        row = shown.get(session_id)
        if row is None:
            assert not session.bookings
            continue
        met += 1
        waiting = [each for each in session.waiting.values() if each.state.value == "waitlisted"]
        assert (row["held"], row["used"], row["attended"], row["no_shows"]) == (
            session.held, session.used, session.attended, session.no_shows,
        )  # fmt: skip
        assert (row["present"], row["care_present"]) == present(session)
        assert row["waiting"] == len(waiting)
        assert row["offered"] == sum(each.state.value == "offered" for each in session.bookings.values())
        if session.weighted:
            assert (row["care_held"], row["care_used"]) == (session.care.held, session.care.used)
    assert met > 10


async def _assert_files(dsn: str, state: ChildcareState) -> None:
    rows = await fetch(dsn, "SELECT s.*, f.* FROM childcare_sites AS s LEFT JOIN childcare_site_files AS f USING (area, site_id)")
    names = ("sessions", "attended", "no_shows", "late_pickups", "ratio_breaches", "understaffed", "incidents", "inspections",
             "inspections_missed")  # fmt: skip
    shown = {r["site_id"]: r for r in await fetch(dsn, "SELECT * FROM childcare_site_files")}
    for site_id, site in state.sites.items():
        counts = {name: 0 if site_id not in shown else shown[site_id][name] for name in names}
        assert counts == {name: getattr(site.file, name) for name in names}
    assert {r["name"] for r in rows if r["listed_ms"] is not None} == {site.name for site in state.sites.values() if site.listed}


async def _assert_quotas(dsn: str, state: ChildcareState) -> None:
    rows = await fetch(dsn, "SELECT * FROM childcare_quotas")
    ledger = state.ledger
    shown = {f"{r['service']}|{r['holder']}|{r['year']}": (r["granted"], r["held"], r["used"]) for r in rows}
    books = {
        name: (ledger.balance(name) + ledger.balance(f"used|{name}"), ledger.held(name), ledger.balance(f"used|{name}"))
        for name in ledger.accounts
        if not name.startswith(("used|", "grants|"))
    }
    assert shown == books
    assert len(shown) > 10
    asked = await fetch(dsn, "SELECT request_id, state FROM childcare_quota_requests")
    assert {r["request_id"]: r["state"] for r in asked} == {name: one.state for name, one in state.requests.items()}
    owed = await fetch(dsn, "SELECT entitlement_id FROM childcare_entitlements WHERE state = 'owed'")
    assert {r["entitlement_id"] for r in owed} == set(state.entitlements)
    children = await fetch(dsn, "SELECT child_id, pickup_version FROM childcare_children WHERE pickup_version IS NOT NULL")
    assert {r["child_id"]: r["pickup_version"] for r in children} == {child_id: one[0] for child_id, one in state.pickup.items()}
