"""Bring a database to the newest shape: numbered SQL files, each applied once, in order, in its own transaction.

A file that was applied never changes again: its checksum is kept beside its name, and a difference is a named error,
because two databases with the same history must have the same shape. New shapes are new files.
"""

import hashlib
import re
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

MIGRATIONS = Path(__file__).parent / "migrations"
_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
_LOCK = 0x6C616F7869616F  # "laoxiao": one migrator at a time in one database
_LOCK_WAIT_S = 120.0

_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class MigrationError(RuntimeError):
    """The migrations and the database contradict each other. ``code`` is stable."""

    def __init__(self, code: str, name: str, advice: str) -> None:
        super().__init__(f"{code}: {name}: {advice}")
        self.code = code
        self.name = name


class Migration(NamedTuple):
    """One file."""

    name: str
    sql: str
    checksum: str


def read_migrations(directory: Path = MIGRATIONS) -> list[Migration]:
    """Every file in its order. Raises `MigrationError` `bad_migration_name` for a stray or a gap in the numbers."""
    found: list[Migration] = []
    for path in sorted(directory.glob("*.sql")):
        match = _NAME.match(path.name)
        if match is None or int(match[1]) != len(found) + 1:
            raise MigrationError("bad_migration_name", path.name, "files are 0001_name.sql, 0002_name.sql, without a gap")
        sql = path.read_text(encoding="utf-8")
        found.append(Migration(path.name, sql, hashlib.sha256(sql.encode()).hexdigest()))
    return found


async def migrate(dsn: str, directory: Path = MIGRATIONS) -> list[str]:
    """Apply what is missing and return the names applied now, in order; an empty list when there was nothing to do.

    Safe to call from several processes at once. Raises `MigrationError`: `changed_migration` (an applied file was edited),
    `unknown_migration` (the database is newer than this release), `bad_migration_name`; errors of PostgreSQL pass through
    and leave the failing file unapplied as a whole.
    """
    migrations = read_migrations(directory)
    connection = await asyncpg.connect(dsn, timeout=10, command_timeout=_LOCK_WAIT_S)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(_TABLE)
        rows = await connection.fetch("SELECT name, checksum FROM schema_migrations ORDER BY name")
        applied = {row["name"]: row["checksum"] for row in rows}
        _check(migrations, applied)
        return [await _apply(connection, migration) for migration in migrations if migration.name not in applied]
    finally:
        await connection.close()  # ends the session and with it the lock


def _check(migrations: list[Migration], applied: dict[str, str]) -> None:
    known = {migration.name: migration for migration in migrations}
    for name, checksum in applied.items():
        if name not in known:
            raise MigrationError("unknown_migration", name, "this database was migrated by a newer release; use that release")
        if known[name].checksum != checksum:
            raise MigrationError("changed_migration", name, "an applied file never changes; put the change into a new file")


async def _apply(connection: Any, migration: Migration) -> str:
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute("INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", migration.name, migration.checksum)
    return migration.name
