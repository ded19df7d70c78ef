"""Faults of PostgreSQL while it runs: slow, its tables locked, no connection left, set back to an old backup."""

import asyncio
import os
import random
import shutil
from pathlib import Path
from typing import Any

import asyncpg

from tests.faults.fault import Fault, Scene
from tests.faults.rig import Rig

READY_S_MAX = 150.0
SLEEP_S = 0.3
TABLE = "journal_positions"
"""Every transaction of rows moves a position in it."""


class LockTables(Fault):
    """Somebody's forgotten session holds the table that every batch of rows needs: row 19. Agents go on deciding."""

    name = "lock-tables"
    touches = frozenset({"postgres"})
    _session: Any = None

    async def start(self, rig: Rig) -> None:
        """See `Fault`."""
        self._session = await asyncpg.connect(rig.dsn, timeout=20)
        await self._session.execute("BEGIN")
        await self._session.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE", timeout=60)
        rig.did(self.name)

    async def heal(self, rig: Rig) -> None:  # noqa: ARG002 - the signature of every fault
        """See `Fault`."""
        if self._session is not None:
            self._session.terminate()


class SlowPostgres(Fault):
    """Every batch of rows takes longer by a good part of a second, as on a disk that many share: row 19."""

    name = "slow-postgres"
    touches = frozenset({"postgres"})

    async def start(self, rig: Rig) -> None:
        """See `Fault`."""
        await _execute(
            rig,
            "CREATE OR REPLACE FUNCTION laoxiao_fault_wait() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN PERFORM pg_sleep({SLEEP_S}); RETURN NULL; END $$",
        )
        await _execute(
            rig, f"CREATE TRIGGER laoxiao_fault AFTER UPDATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION laoxiao_fault_wait()"
        )
        rig.did(self.name)

    async def heal(self, rig: Rig) -> None:
        """See `Fault`."""
        await _execute(rig, f"DROP TRIGGER IF EXISTS laoxiao_fault ON {TABLE}")
        await _execute(rig, "DROP FUNCTION IF EXISTS laoxiao_fault_wait()")


class NoConnections(Fault):
    """Somebody takes every connection that PostgreSQL has, and throws out who had one: row 20."""

    name = "no-connections"
    touches = frozenset({"postgres"})

    def __init__(self, scene: Scene, draw: random.Random) -> None:
        super().__init__(scene, draw)
        self._held: list[Any] = []
        self._grasping: asyncio.Task[None] | None = None

    async def start(self, rig: Rig) -> None:
        """See `Fault`."""
        await self._grasp(rig)
        await self._held[0].execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'laoxiao projector'")
        rig.did(self.name, held=len(self._held))
        self._grasping = asyncio.create_task(self._keep_grasping(rig))

    async def _keep_grasping(self, rig: Rig) -> None:
        while True:
            await self._grasp(rig)
            await asyncio.sleep(0.2)

    async def _grasp(self, rig: Rig) -> None:
        """Until it refuses."""
        while True:
            try:
                self._held.append(await asyncpg.connect(rig.dsn, timeout=20, server_settings={"application_name": "laoxiao fault"}))
            except asyncpg.TooManyConnectionsError:
                return

    async def heal(self, rig: Rig) -> None:  # noqa: ARG002 - the signature of every fault
        """See `Fault`. Raises what broke the grasping."""
        if self._grasping is not None:
            self._grasping.cancel()
            await asyncio.wait([self._grasping])
        for one in self._held:
            one.terminate()
        if self._grasping is not None and not self._grasping.cancelled():
            self._grasping.result()


class OldBackup(Fault):
    """PostgreSQL is set back to what it was when the fault began: row 21. The rows must follow from there, without a gap or a double."""

    name = "old-backup"
    touches = frozenset({"postgres"})
    _copied = False

    async def start(self, rig: Rig) -> None:
        """See `Fault`. A backup is made with the server stopped; it works on while it is old."""
        await asyncio.to_thread(self._copy, rig)
        self._copied = True
        await asyncio.to_thread(rig.postgres.start, READY_S_MAX)
        rig.did("backup")

    @staticmethod
    def _copy(rig: Rig) -> None:
        rig.postgres.stop()
        shutil.rmtree(_backup(rig), ignore_errors=True)
        _copy_tree(rig.postgres.data_dir, _backup(rig))

    async def heal(self, rig: Rig) -> None:
        """See `Fault`."""
        if self._copied:
            await asyncio.to_thread(self._set_back, rig)
            rig.did("backup restored")
        if rig.postgres.pid is None:
            await asyncio.to_thread(rig.postgres.start, READY_S_MAX)

    @staticmethod
    def _set_back(rig: Rig) -> None:
        rig.postgres.stop()
        shutil.rmtree(rig.postgres.data_dir)
        _backup(rig).rename(rig.postgres.data_dir)


def _backup(rig: Rig) -> Path:
    return rig.postgres.data_dir.with_name("backup")


def _copy_tree(source: Path, target: Path) -> None:
    """With owners: the server runs as a user of its own when we are root."""
    shutil.copytree(source, target, symlinks=True)
    for place in (source, *source.rglob("*")):
        seen = place.lstat()
        copied = target / place.relative_to(source)
        os.chown(copied, seen.st_uid, seen.st_gid, follow_symlinks=False)


async def _execute(rig: Rig, statement: str) -> None:
    connection = await asyncpg.connect(rig.dsn, timeout=20)
    try:
        await connection.execute(statement, timeout=60)
    finally:
        await connection.close(timeout=5)
