"""PostgreSQL as the projector uses it: one connection, one lock, one transaction per batch."""

import asyncio
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import asyncpg

from streams.projections import sql
from streams.projections.errors import AnotherProjector, SchemaMissing
from streams.projections.registry import Projection
from streams.projections.rows import Key, Mode, Row, Rows, Table
from streams.tail import Position

LOCK_WAIT_S = 40.0
"""Longer than PostgreSQL needs to notice that the connection of a dead projector is gone (keepalives below: 25 s)."""
_LOCK_CLASS = 0x4C414F58
_LOCK_PAUSE_S = 0.25
_SESSION = {
    "application_name": "laoxiao projector",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "idle_in_transaction_session_timeout": "60000",
    # Rows and position are lost or kept together, and the journal has both: waiting for the disk would buy nothing.
    "synchronous_commit": "off",
    "jit": "off",
}
_COMMAND_TIMEOUT_S = 60.0
_PLACE = ("partition", "journal_offset", "record_index")
_GONE_CLASSES = ("08", "25", "40", "53", "55", "57", "58")
"""SQLSTATE classes after which the same batch may succeed later: connection, read-only or ended transaction, rollback, resources,
locks, operator intervention (restart, termination), system."""

_LOST = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""How a lost connection shows itself in the driver. `InternalClientError` is what a statement gets when the server's last words
arrived between two of ours."""


class StoreLost(Exception):
    """PostgreSQL is not there for now; what was in flight is either wholly in it or not at all."""


class DataRefused(Exception):
    """PostgreSQL, or its driver, does not take these values."""


class Saved(NamedTuple):
    """A position as stored, with the hash of the record before it."""

    position: Position
    last_record: bytes | None


@contextmanager
def _named() -> Iterator[None]:
    """Turn the driver's many errors into the three that the projector treats differently; the rest is broken code."""
    try:
        yield
    except asyncpg.PostgresError as error:
        state = error.sqlstate or ""
        if state[:2] in _GONE_CLASSES:
            raise StoreLost(f"{type(error).__name__} {state}") from error
        if state[:2] in ("22", "23"):
            raise DataRefused(f"{type(error).__name__} {state}") from error
        if state in ("42P01", "42703", "42P10"):
            raise SchemaMissing("run `laoxiao migrate`; the database lacks a table or a column of this release") from error
        raise
    except ValueError as error:  # the driver's own DataError, and text that is not UTF-8
        raise DataRefused(type(error).__name__) from error
    except _LOST as error:
        raise StoreLost(type(error).__name__) from error


class Store:
    """The rows of one domain. Enter it to connect and to become the only writer; every method may raise `StoreLost`."""

    def __init__(self, dsn: str, projection: Projection, lock_wait_s: float = LOCK_WAIT_S) -> None:
        self._dsn = dsn
        self._projection = projection
        self._lock_wait_s = lock_wait_s
        self._connection: Any = None

    async def __aenter__(self) -> Self:
        with _named():
            self._connection = await asyncpg.connect(self._dsn, timeout=10, command_timeout=_COMMAND_TIMEOUT_S, server_settings=_SESSION)
        try:
            await self._lock()
        except BaseException:
            self._connection.terminate()
            raise
        return self

    async def __aexit__(self, *ignored: object) -> None:
        if self._connection is None:
            return
        try:
            await self._connection.close(timeout=2)
        except (asyncpg.PostgresError, *_LOST):
            self._connection.terminate()  # it was lost; there is nothing left to end properly

    async def _lock(self) -> None:
        """Wait until no other session holds the domain, so that a batch of our own dead session has been decided too."""
        domain_number = zlib.crc32(self._projection.domain.encode()) - 2**31
        deadline_s = asyncio.get_running_loop().time() + self._lock_wait_s
        while True:
            with _named():
                if await self._connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", _LOCK_CLASS, domain_number):
                    return
            if asyncio.get_running_loop().time() > deadline_s:
                raise AnotherProjector(f"the rows of {self._projection.domain} have a writer")
            await asyncio.sleep(_LOCK_PAUSE_S)

    async def positions(self, partitions: int) -> dict[int, Saved]:
        """Where the rows stand, of every partition ever seen; new partitions begin at the journal's start."""
        domain = self._projection.domain
        with _named():
            await self._connection.execute(sql.BEGIN_AT, domain, list(range(partitions)))
            rows = await self._connection.fetch(sql.POSITIONS, domain)
        return {row[0]: Saved(Position(row[1], row[2], row[3], row[4]), row[5]) for row in rows}

    async def caught_up(self, at_s: float) -> None:
        """The rows had all that the journal held at this instant (seconds since the epoch, wall clock)."""
        with _named():
            await self._connection.execute(sql.CAUGHT_UP, self._projection.domain, at_s)

    async def clear(self) -> None:
        """Remove every row and position of the domain, in one transaction."""
        with _named():
            async with self._connection.transaction():
                for table in self._projection.tables:
                    if table.by_domain:
                        await self._connection.execute(f"DELETE FROM {table.name} WHERE domain = $1", self._projection.domain)  # noqa: S608
                    else:
                        await self._connection.execute(f"TRUNCATE {table.name}")
                await self._connection.execute("DELETE FROM journal_positions WHERE domain = $1", self._projection.domain)

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Name the driver's errors around `transaction`."""
        with _named():
            yield

    def transaction(self) -> Any:
        """The driver's transaction: commits at the end of the block, rolls back on an exception."""
        return self._connection.transaction()

    async def advance(self, was: dict[int, Saved], now: dict[int, Saved]) -> None:
        """Move the positions of `now` from exactly `was`. Raises `AnotherProjector` when one of them stands elsewhere."""
        columns: list[list[Any]] = [[] for _ in range(8)]
        for partition, saved in sorted(now.items()):
            before, after = was[partition].position, saved.position
            moved = (partition, before.next_offset, before.epoch, *after, saved.last_record)
            for column, value in zip(columns, moved, strict=True):
                column.append(value)
        with _named():
            status = await self._connection.execute(sql.ADVANCE, self._projection.domain, *columns)
        if _count(status) != len(now):
            raise AnotherProjector(f"a position of {self._projection.domain} is not where this projector left it")

    async def read(self, keys: dict[Table, set[Key]]) -> dict[Table, dict[Key, Row]]:
        """The entities of these keys that exist."""
        found: dict[Table, dict[Key, Row]] = {}
        for table, wanted in keys.items():
            with _named():
                rows = await self._connection.fetch(sql.read_statement(table), *map(list, zip(*wanted, strict=True)))
            entities = (dict(zip(table.columns, row, strict=True)) for row in rows)
            found[table] = {tuple(entity[name] for name in table.key): entity for entity in entities}
        return found

    async def write(self, rows: Rows) -> None:
        """Everything the batch makes, table by table."""
        for table in self._projection.tables:
            batch = rows.of(table)
            if not batch:
                continue
            columns = [[row[name] for row in batch] for name in table.columns]
            with _named():
                status = await self._connection.execute(sql.write_statement(table), *columns)
            if table.mode is Mode.FIRST and _count(status) < len(batch):
                await self._spill(table, rows, batch)

    async def _spill(self, table: Table, rows: Rows, batch: list[Row]) -> None:
        """Rows whose key the table had already go to the table that keeps the later ones."""
        assert table.spill is not None
        columns = [[row[name] for row in batch] for name in (*table.key, *_PLACE)]
        with _named():
            kept = {tuple(row) for row in await self._connection.fetch(sql.kept_statement(table, _PLACE), *columns)}
        for row in batch:
            if tuple(row[name] for name in table.key) in kept:
                rows.append(*table.spill(row))


def _count(status: str) -> int:
    """Rows touched, from PostgreSQL's command tag (``INSERT 0 12``)."""
    return int(status.rsplit(" ", 1)[-1])
