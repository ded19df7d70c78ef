"""The migrator on real PostgreSQL."""

import asyncio
import shutil
from pathlib import Path

import asyncpg
import pytest

from infra.postgres.migrator import MIGRATIONS, MigrationError, migrate, read_migrations

pytestmark = pytest.mark.stack
NAMES = [migration.name for migration in read_migrations()]


async def _applied(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return [row[0] for row in await connection.fetch("SELECT name FROM schema_migrations ORDER BY name")]
    finally:
        await connection.close()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the migrations to tamper with."""
    return Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))


async def test_migrating_twice_applies_once(fresh_database: str) -> None:
    assert await migrate(fresh_database) == NAMES
    assert await migrate(fresh_database) == []
    assert await _applied(fresh_database) == NAMES


async def test_migrating_from_several_processes_at_once_applies_once(fresh_database: str) -> None:
    answers = await asyncio.gather(*(migrate(fresh_database) for _ in range(6)))
    assert sorted(answers, key=len) == [[]] * 5 + [NAMES]


async def test_an_edited_migration_is_refused_by_name(fresh_database: str, copy: Path) -> None:
    await migrate(fresh_database, copy)
    edited = copy / NAMES[0]
    edited.write_text(edited.read_text() + "\n-- one more thought\n")
    with pytest.raises(MigrationError, match=f"changed_migration: {NAMES[0]}") as refused:
        await migrate(fresh_database, copy)
    assert refused.value.code == "changed_migration"


async def test_a_database_of_a_newer_release_is_refused(fresh_database: str, copy: Path) -> None:
    later = copy / f"{len(NAMES) + 1:04}_later.sql"
    later.write_text("CREATE TABLE later (n integer);")
    assert await migrate(fresh_database, copy) == [*NAMES, later.name]
    with pytest.raises(MigrationError, match="unknown_migration"):
        await migrate(fresh_database)


async def test_a_failing_migration_leaves_nothing_of_itself(fresh_database: str, copy: Path) -> None:
    broken = copy / f"{len(NAMES) + 1:04}_broken.sql"
    broken.write_text("CREATE TABLE half (n integer); SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(fresh_database, copy)
    assert await _applied(fresh_database) == NAMES
    broken.write_text("CREATE TABLE half (n integer);")
    assert await migrate(fresh_database, copy) == [broken.name]


@pytest.mark.parametrize("stray", ["0010_gap.sql", "later.sql", "0003-Name.sql"])
async def test_a_gap_or_a_stray_name_is_refused(copy: Path, stray: str) -> None:
    (copy / stray).write_text("SELECT 1;")
    with pytest.raises(MigrationError, match="bad_migration_name"):
        read_migrations(copy)
