"""Kills, restarts, a second projector, restored backups, data PostgreSQL does not take: fault rows 17-21."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import Any

import asyncpg
import pytest

from infra.postgres.migrator import migrate
from schemas.facts import CaseStuck, Fact, TaskClosed, TaskKind, TaskOpened
from schemas.journal import Clock, Opened, encode
from schemas.meals_facts import OrderDelivered
from streams.memory import MemoryJournal
from streams.projections import registry, shared
from streams.projections.errors import AnotherProjector, FactUnprojectable, OtherJournal, PositionAhead, RowsRefused, SchemaMissing
from streams.projections.store import Saved, Store
from streams.tail import Position
from tests.stack.servers import StartPostgres
from tests.streams.projections.journals import Pen
from tests.streams.projections.oracle import Oracle
from tests.streams.projections.running import QUICK, following, project, projector
from tests.streams.projections.story import FIRST_DAY, START_MS, Story, assigned, decision
from tests.streams.projections.tables import MEALS, assert_tables_are, dump, fetch

pytestmark = pytest.mark.stack
SMALL = replace(QUICK, decisions_max=20)


def _oracle(journal: MemoryJournal) -> Oracle:
    return Oracle([[entry.value or b"" for entry in journal.entries(p)] for p in range(journal.partitions)])


async def _until(true: Callable[[], Awaitable[bool]], deadline_s: float = 30) -> None:
    async with asyncio.timeout(deadline_s):
        while not await true():  # noqa: ASYNC110 - the condition lives in another process
            await asyncio.sleep(0.02)


async def _stands_at_end(dsn: str, journal: MemoryJournal) -> bool:
    try:
        rows = await fetch(dsn, "SELECT partition, next_offset FROM journal_positions ORDER BY 1")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    return [tuple(row) for row in rows] == [(p, len(journal.entries(p))) for p in range(journal.partitions)]


@asynccontextmanager
async def _table_locked(dsn: str, table: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def _projector_waits_for(dsn: str, table: str) -> bool:
    """It stands in its transaction, positions moved, and wants this locked table."""
    found = await fetch(
        dsn,
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'laoxiao projector' "
        "AND wait_event_type = 'Lock' AND query LIKE '% ' || $1 || ' %'",
        table,
    )
    return bool(found)


async def _kill_projector_session(dsn: str) -> int:
    """Kill -TERM its backend and wait until it is gone; how many there were."""
    query = "SELECT pid, pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'laoxiao projector'"
    return len(await fetch(dsn, f"{query} AND datname = current_database()"))


async def test_a_session_killed_between_position_and_rows_leaves_neither(database: str) -> None:
    journal = MemoryJournal(2)
    story = Story(21, journal)
    story.tell(10)
    await project(database, journal)
    before = await dump(database)
    story.tell(30)
    async with _table_locked(database, "meals_order_history"):
        task = asyncio.create_task(project(database, journal))
        await _until(lambda: _projector_waits_for(database, "meals_order_history"))
        assert await _kill_projector_session(database) == 1
        without = await dump(database, leave_out="meals_order_history")
        assert without == {name: lines for name, lines in before.items() if name != "meals_order_history"}
    await task
    await assert_tables_are(_oracle(journal), database)


async def test_a_storm_of_killed_sessions_neither_loses_nor_doubles_a_row(database: str) -> None:
    journal = MemoryJournal(2)
    story = Story(22, journal)
    rng = Random("storm/22")
    killed = 0
    async with following(database, journal, SMALL):
        for _ in range(25):
            story.tell(15)
            await asyncio.sleep(rng.random() * 0.08)
            killed += await _kill_projector_session(database)
        await _until(lambda: _stands_at_end(database, journal))
    assert killed >= 10
    await assert_tables_are(_oracle(journal), database)


async def test_postgres_killed_and_started_again_in_the_middle_is_followed_to_the_same_tables(start_postgres: StartPostgres) -> None:
    server = await asyncio.to_thread(start_postgres)
    await migrate(server.dsn)
    journal = MemoryJournal(2)
    story = Story(23, journal)
    story.tell(60)
    async with following(server.dsn, journal, SMALL):
        await _until(lambda: _stands_at_end(server.dsn, journal))
        await asyncio.to_thread(server.kill)
        story.tell(60)  # agents go on deciding meanwhile
        await asyncio.to_thread(server.restart)
        await _until(lambda: _stands_at_end(server.dsn, journal))
        await asyncio.to_thread(server.stop)
        story.tell(60)
        await asyncio.to_thread(server.start)
        await _until(lambda: _stands_at_end(server.dsn, journal))
    await assert_tables_are(_oracle(journal), server.dsn)


async def test_of_two_projectors_one_ends_with_a_name_and_the_rows_stay_right(database: str) -> None:
    journal = MemoryJournal(2)
    story = Story(24, journal)
    async with following(database, journal, SMALL) as first:
        story.tell(40)
        await _until(lambda: _stands_at_end(database, journal))
        story.tell(40)
        with pytest.raises(AnotherProjector, match="another_projector"):
            await projector(database, journal, replace(SMALL, lock_wait_s=0.3)).run(asyncio.Event())
        await _until(lambda: _stands_at_end(database, journal))
        assert not first.done()
    await assert_tables_are(_oracle(journal), database)


async def test_a_writer_that_got_past_the_lock_still_cannot_move_a_position_twice(database: str) -> None:
    """A pooler may hide the session lock; the position itself is the last guard."""
    journal = MemoryJournal(1)
    Pen(journal).open(0)
    await project(database, journal)
    stale = {0: Saved(Position(), None)}
    async with Store(database, MEALS) as store:
        with pytest.raises(AnotherProjector):
            async with store.transaction():
                await store.advance(stale, {0: Saved(Position(5, 0, 4, 4), b"x")})
    rows = await fetch(database, "SELECT next_offset, epoch FROM journal_positions")
    assert [tuple(row) for row in rows] == [(1, 0)]


async def test_an_older_backup_is_continued_from_where_it_stands(database: str) -> None:
    journal = MemoryJournal(2)
    story = Story(25, journal)
    story.tell(30)
    await project(database, journal)
    backup = database + "_backup"
    name = database.rsplit("/", 1)[1]
    maintenance = database.rsplit("/", 1)[0] + "/postgres"
    await fetch(maintenance, f'CREATE DATABASE "{name}_backup" TEMPLATE "{name}"')
    try:
        story.tell(30)
        await project(database, journal)
        await project(backup, journal)
        assert await dump(backup) == await dump(database)
    finally:
        await fetch(maintenance, f'DROP DATABASE "{name}_backup" WITH (FORCE)')


async def test_rows_ahead_of_the_journal_ask_for_a_rebuild_and_get_it(database: str) -> None:
    journal = MemoryJournal(1)
    Story(26, journal).tell(10)
    await project(database, journal)
    shorter = MemoryJournal(1)
    Story(26, shorter).tell(3)
    with pytest.raises(PositionAhead, match="rebuild"):
        await project(database, shorter)
    await project(database, shorter, rebuild=True)
    await assert_tables_are(_oracle(shorter), database)


async def test_rows_of_another_journal_of_the_same_length_ask_for_a_rebuild(database: str) -> None:
    journal = MemoryJournal(1)
    Story(27, journal).tell(10)
    await project(database, journal)
    other = MemoryJournal(1)
    story = Story(28, other)
    while len(other.entries(0)) <= len(journal.entries(0)):
        story.tell(1)
    with pytest.raises(OtherJournal, match="other_journal"):
        await project(database, other)


async def test_a_stray_record_of_an_old_owner_makes_no_row(database: str) -> None:
    journal = MemoryJournal(1)
    pen = Pen(journal)
    old = pen.open(0)
    pen.decide(0, decision("e-1", assigned("o-1")))
    pen.open(0, "worker-b")
    pen.decide(0, decision("e-stray", assigned("o-stray")), epoch=old)
    pen.decide(0, decision("e-2", assigned("o-2")))
    await project(database, journal)
    assert [row[0] for row in await fetch(database, "SELECT order_id FROM meals_orders ORDER BY 1")] == ["o-1", "o-2"]
    assert [row[0] for row in await fetch(database, "SELECT event_id FROM decisions ORDER BY 1")] == ["e-1", "e-2"]


def _journal_with(bad: bytes | None, *bad_facts: Fact, **values: Any) -> MemoryJournal:
    """Two good records, the bad one at offset 3, and another good one."""
    journal = MemoryJournal(1)
    pen = Pen(journal)
    pen.open(0)
    pen.decide(0, decision("e-1", assigned("o-1")))
    pen.decide(0, decision("e-2", assigned("o-2")))
    if bad is not None:
        journal.add(0, bad)
        pen.open(0)
    else:
        pen.decide(0, decision("e-bad", *bad_facts, **values))
    pen.decide(0, decision("e-3", assigned("o-3")))
    return journal


@pytest.mark.parametrize(
    "journal",
    [
        pytest.param(_journal_with(encode(Opened("a\x00b", Clock.WALL))), id="nul in text"),
        pytest.param(_journal_with(None, why={"note": "a\x00b"}), id="nul in jsonb"),
        pytest.param(_journal_with(None, assigned("o-4", portions=2**40)), id="number too large"),
    ],
)
async def test_data_postgres_refuses_stops_with_its_position_and_keeps_all_before_it(database: str, journal: MemoryJournal) -> None:
    for _ in range(2):  # starting again meets the same wall, by the same name
        with pytest.raises(RowsRefused, match=r"rows_refused: meals.decisions\[0\] offset 3") as refused:
            await project(database, journal)
        assert (refused.value.partition, refused.value.offset) == (0, 3)
        assert [row[0] for row in await fetch(database, "SELECT event_id FROM decisions ORDER BY 1")] == ["e-1", "e-2"]
        assert (await fetch(database, "SELECT next_offset FROM journal_positions"))[0][0] == 3


async def test_a_fact_that_contradicts_those_before_it_is_named_with_its_position(database: str) -> None:
    what = {"provider_id": "c-1", "person_id": "p-1", "date": FIRST_DAY.isoformat(), "meal": "lunch", "portions": 1}
    journal = _journal_with(None, OrderDelivered(order_id="o-unknown", **what))
    with pytest.raises(FactUnprojectable, match=r"meals.decisions\[0\] offset 3: KeyError"):
        await project(database, journal)
    assert (await fetch(database, "SELECT next_offset FROM journal_positions"))[0][0] == 3


async def test_a_fact_type_nobody_projects_stops_the_projector(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = {fact: why for fact, why in shared.NOT_PROJECTED.items() if fact is not CaseStuck}
    monkeypatch.setitem(registry.PROJECTIONS, "meals", replace(MEALS, not_projected=silent))
    journal = _journal_with(None, CaseStuck(case="o-1", error="KeyError"))
    with pytest.raises(FactUnprojectable, match=r"offset 3: .*case\.stuck\.v1"):
        await project(database, journal)


async def test_a_database_without_tables_is_told_to_migrate(fresh_database: str) -> None:
    with pytest.raises(SchemaMissing, match="laoxiao migrate"):
        await project(fresh_database, _journal_with(None))


async def test_a_locked_table_delays_rows_and_nothing_else(database: str) -> None:
    journal = MemoryJournal(1)
    pen = Pen(journal)
    pen.open(0)
    task = TaskOpened(task_id="t-1", kind=TaskKind.UNPLACED_REQUEST, about="o-1", owner="operator")
    pen.decide(0, decision("e-1", task), decision("e-2", TaskClosed(task_id="t-1", result="called"), at_ms=START_MS + 60_000))
    async with following(database, journal):
        async with _table_locked(database, "tasks"):
            pen.decide(0, decision("e-3", assigned("o-1")))
            await _until(lambda: _projector_waits_for(database, "tasks"))
            assert await fetch(database, "SELECT 1 FROM decisions") == []
        await _until(lambda: _stands_at_end(database, journal))
    tasks = await fetch(database, "SELECT closed_ms - opened_ms, result FROM tasks")
    assert [tuple(row) for row in tasks] == [(60_000, "called")]


async def test_rows_know_how_fresh_they_are(database: str) -> None:
    journal = MemoryJournal(1)
    Pen(journal).open(0)

    async def fresh() -> bool:
        rows = await fetch(database, "SELECT extract(epoch FROM now() - min(caught_up_at)) FROM journal_positions")
        return rows[0][0] is not None and rows[0][0] < 5

    async with following(database, journal):
        await _until(fresh)
