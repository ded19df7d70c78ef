"""What the local PostgreSQL promises: committed rows outlive kills, and it always starts again."""

import asyncio
import os
import time

import asyncpg
import pytest

from infra.stack.errors import StackError, StackReason
from infra.stack.postgres import PostgresServer, processes_in
from tests.stack.servers import StartPostgres

pytestmark = pytest.mark.stack


async def _fetch(dsn: str, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_committed_rows_outlive_sigkill_and_uncommitted_ones_do_not(start_postgres: StartPostgres) -> None:
    server = await asyncio.to_thread(start_postgres)
    await _fetch(server.dsn, "CREATE TABLE kept (number int)")
    await _fetch(server.dsn, "INSERT INTO kept SELECT generate_series(1, 500)")
    connection = await asyncpg.connect(server.dsn)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("INSERT INTO kept VALUES (-1)")

    server.kill()
    connection.terminate()
    await asyncio.to_thread(server.restart)

    assert await _fetch(server.dsn, "SELECT count(*), min(number) FROM kept") == [(500, 1)]


def test_it_starts_three_times_in_a_row_on_the_same_data(start_postgres: StartPostgres) -> None:
    server = start_postgres()
    first_dsn = server.dsn
    for _ in range(2):
        server.stop()
        assert processes_in(server.data_dir) == []
        again = PostgresServer(server.place)
        again.start()
        assert again.dsn == first_dsn
        again.stop()
        server.start()


def test_a_stale_pid_file_that_names_a_living_stranger_does_not_keep_it_down(start_postgres: StartPostgres) -> None:
    server = start_postgres()
    pid_file = server.data_dir / "postmaster.pid"
    stranger = pid_file.read_text().replace(str(server.pid), str(os.getpid()), 1)
    server.kill()
    pid_file.write_text(stranger)

    server.restart()

    assert server.pid is not None


def test_a_second_server_on_the_same_data_is_refused_and_the_first_goes_on(start_postgres: StartPostgres) -> None:
    server = start_postgres()
    first_pid = server.pid
    started = time.monotonic()

    with pytest.raises(StackError) as trouble:
        PostgresServer(server.place).start()

    assert trouble.value.reason is StackReason.DATA_IN_USE
    assert time.monotonic() - started < 30
    assert server.pid == first_pid


async def test_durability_and_encoding_are_what_the_projections_rely_on(postgres_dsn: str) -> None:
    query = "SELECT current_setting('fsync'), current_setting('synchronous_commit'), current_setting('server_encoding')"

    assert await _fetch(postgres_dsn, query) == [("on", "on", "UTF8")]


async def test_a_fresh_database_is_empty_and_takes_chinese(fresh_database: str) -> None:
    tables = await _fetch(fresh_database, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'")

    assert tables == []
    assert await _fetch(fresh_database, "SELECT '一老一小', length('一老一小')") == [("一老一小", 4)]
