"""Start, stop, kill and restart one real PostgreSQL server on loopback."""

import json
import os
import secrets
import shutil
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg

from infra.stack.child import Child, Launch, log_tail, run_to_end
from infra.stack.errors import StackError, StackReason
from infra.stack.home import free_ports, port_is_free
from infra.stack.own_loop import in_own_loop
from infra.stack.postgres_binaries import Binaries, find_binaries, reachable_directory, server_user

_ROLE = "laoxiao"
_DATABASE = "postgres"
_INIT_SECONDS_MAX = 120.0
_STOP_GRACE_S = 15.0
_LEFTOVER_WAIT_S = 20.0
_PAUSE_S = 0.02
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    # Durability stays as PostgreSQL ships it; named here so that nobody "speeds up" the tests with it.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def existing_postgres() -> str | None:
    """The DSN that `LAOXIAO_POSTGRES` names, None when it names none."""
    return os.environ.get("LAOXIAO_POSTGRES", "").strip() or None


class PostgresServer:
    """One PostgreSQL of our own: UTF-8, C collation, fsync on, password by SCRAM, loopback port, no socket file.

    `directory` keeps data, port and password; a new object on the same directory goes on where the last one ended, also
    after SIGKILL. As root it runs as an unprivileged user, and where that user cannot reach `directory`, `place` is another
    one. All methods block. `dsn` is known once `start` has returned.
    """

    def __init__(self, directory: Path) -> None:
        self._user = server_user()
        self._asked_place = directory.resolve()
        self.place = reachable_directory(directory, self._user)
        self._child: Child | None = None
        self._port = 0
        self._password = ""

    @property
    def dsn(self) -> str:
        """`postgresql://...` of the superuser role on the maintenance database; it holds a password, do not log it."""
        return self.database_dsn(_DATABASE)

    def database_dsn(self, database: str) -> str:
        """The same for a database of that name on this server."""
        assert self._port, "start() has not been called"
        return f"postgresql://{_ROLE}:{self._password}@127.0.0.1:{self._port}/{database}"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id; None when it does not run."""
        return self._child.pid if self._child is not None and self._child.running else None

    @property
    def log_file(self) -> Path:
        """Everything the server prints."""
        return self.place / "server.log"

    @property
    def data_dir(self) -> Path:
        """PGDATA."""
        return self.place / "data"

    def start(self, deadline_s: float = 60.0) -> None:
        """Make the data directory if there is none, start the server and wait until it answers a query.

        Raises `StackError`: postgres_missing, postgres_user_missing, postgres_init_failed, postgres_died,
        postgres_not_ready, data_of_other_shape, data_in_use. After an error no process of ours is left.
        """
        assert self.pid is None, "already started"
        binaries = self._binaries()
        self._make_place()
        self._load_shape()
        if not (self.data_dir / "PG_VERSION").exists():
            self._initialise(binaries)
        self._clear_leftovers()
        self._launch(binaries)
        try:
            self._wait_ready(deadline_s)
        except BaseException:
            self.stop(grace_s=0)
            raise

    def stop(self, grace_s: float = _STOP_GRACE_S) -> None:
        """Fast shutdown (connections are ended, everything is flushed), SIGKILL after the grace. Twice does no harm."""
        if self._child is not None:
            self._child.stop(signal.SIGINT, grace_s)
            self._clear_leftovers()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the postmaster; SIGKILL returns when it is gone (its backends notice and follow)."""
        assert self._child is not None, "start() has not been called"
        if number == signal.SIGKILL:
            self._child.kill()
        else:
            self._child.send(number)

    def erase(self) -> None:
        """Stop, and remove the data for ever."""
        self.stop(grace_s=0)
        shutil.rmtree(self.place, ignore_errors=True)
        if self.place != self._asked_place:
            self.place.parent.rmdir()  # our own place outside the run directory held nothing else

    def restart(self, deadline_s: float = 60.0) -> None:
        """Start again on the same data and port, after a fast shutdown if it runs."""
        self.stop()
        self.start(deadline_s)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _binaries(self) -> Binaries:
        """The programs; for data that exists, those of its version."""
        version_file = self.data_dir / "PG_VERSION"
        if not version_file.exists():
            return find_binaries()
        major = int(version_file.read_text().split(".")[0])
        try:
            return find_binaries(major)
        except StackError as trouble:
            raise StackError(
                StackReason.DATA_OF_OTHER_SHAPE,
                f"{self.data_dir} was made by PostgreSQL {major}: {trouble.detail}",
                f"install PostgreSQL {major}, or move {self.place} away if nothing in it is needed",
            ) from trouble

    def _make_place(self) -> None:
        self.place.parent.mkdir(parents=True, exist_ok=True)
        self.place.mkdir(mode=0o700, exist_ok=True)
        self._give(self.place)

    def _give(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.uid, self._user.gid)

    def _load_shape(self) -> None:
        """Read or choose port and password; a port that is taken meanwhile is chosen anew."""
        shape_file = self.place / "server.json"
        if shape_file.exists():
            shape = json.loads(shape_file.read_text())
            self._port, self._password = shape["port"], shape["password"]
        else:
            self._password = secrets.token_hex(16)
        if not self._port or not port_is_free(self._port):
            self._port = free_ports(1)[0]
        part = shape_file.with_suffix(".part")
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        part.write_text(json.dumps({"port": self._port, "password": self._password}))
        part.replace(shape_file)

    def _initialise(self, binaries: Binaries) -> None:
        """initdb beside the final place, then rename: an interrupted initdb is never taken for a data directory."""
        part = self.place / "data.part"
        shutil.rmtree(part, ignore_errors=True)
        password_file = self.place / "password"
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(self._password)
        self._give(password_file)
        names = [f"--pgdata={part}", f"--username={_ROLE}", f"--pwfile={password_file}"]
        flags = ["--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--data-checksums", "--no-instructions"]
        try:
            answer = run_to_end(
                [str(binaries.directory / "initdb"), *names, *flags],
                user=self._user,
                working_dir=self.place,
                environment=_environment(),
                timeout_s=_INIT_SECONDS_MAX,
            )
        finally:
            password_file.unlink(missing_ok=True)
        if answer.returncode != 0:
            raise StackError(
                StackReason.POSTGRES_INIT_FAILED,
                "\n".join(answer.stdout.splitlines()[-15:]),
                f"is there room on the disk of {self.place}?",
            )
        part.rename(self.data_dir)

    def _clear_leftovers(self) -> None:
        """Wait until nobody of an earlier server works in the data directory, then drop its stale pid file.

        Backends of a killed postmaster end by themselves in a moment; starting beside one would be refused or, without the
        pid file, harmful. A pid file whose number now belongs to a stranger would keep the server from ever starting.
        """
        started = time.monotonic()
        while leftovers := processes_in(self.data_dir):
            if time.monotonic() - started > _LEFTOVER_WAIT_S:
                raise StackError(
                    StackReason.DATA_IN_USE,
                    f"processes {leftovers} work in {self.data_dir}",
                    "another server of ours runs on this directory: stop it, or name another with LAOXIAO_HOME",
                )
            time.sleep(_PAUSE_S)
        if Path("/proc/self/cwd").exists():  # elsewhere we cannot see who lives; PostgreSQL then judges its pid file
            (self.data_dir / "postmaster.pid").unlink(missing_ok=True)

    def _launch(self, binaries: Binaries) -> None:
        settings = {**_SETTINGS, "port": str(self._port)}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._child = Child(
            Launch(
                name="postgres",
                program=[str(binaries.directory / "postgres"), "-D", str(self.data_dir), *flags],
                log_file=self.log_file,
                working_dir=self.data_dir,
                death_signal=signal.SIGINT,  # fast shutdown, also when our own process was killed
                environment=_environment(),
                user=self._user,
            )
        )

    def _wait_ready(self, deadline_s: float) -> None:
        started = time.monotonic()
        while True:
            refusal = in_own_loop(_refusal(self.dsn))
            if refusal is None:
                return
            assert self._child is not None
            if not self._child.running:
                raise StackError(
                    StackReason.POSTGRES_DIED,
                    f"ended with code {self._child.exit_code}; its log ends:\n{log_tail(self.log_file)}",
                    "the last lines of its log say why",
                )
            if time.monotonic() - started > deadline_s:
                raise StackError(
                    StackReason.POSTGRES_NOT_READY,
                    f"after {deadline_s:.0f} s: {refusal}; its log ends:\n{log_tail(self.log_file)}",
                    "a machine under heavy load may need a longer deadline",
                )
            time.sleep(_PAUSE_S)


def wait_for_postgres(dsn: str, *, deadline_s: float = 30.0) -> None:
    """Block until an existing server answers a query; raises `postgres_not_ready`."""
    started = time.monotonic()
    while (refusal := in_own_loop(_refusal(dsn))) is not None:
        if time.monotonic() - started > deadline_s:
            raise StackError(
                StackReason.POSTGRES_NOT_READY,
                f"the server that LAOXIAO_POSTGRES names, after {deadline_s:.0f} s: {refusal}",
                "are address, role and password right?",
            )
        time.sleep(0.2)


def processes_in(directory: Path) -> list[int]:
    """Ids of the processes whose working directory is this one (Linux; elsewhere none are seen).

    Every PostgreSQL process of a server lives in its data directory, so this sees backends that outlived their postmaster.
    """
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == directory:
                found.append(int(entry.name))
        except OSError:
            continue  # ended meanwhile, or not ours to see
    return sorted(found)


async def _refusal(dsn: str) -> str | None:
    """None when the server answers a query, else the kind of trouble in words (without the DSN)."""
    connection = None
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
        assert await connection.fetchval("SELECT 1", timeout=5) == 1
        await connection.close(timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        if connection is not None:
            connection.terminate()
        return f"{type(error).__name__}: {error}"
    return None


def _environment() -> dict[str, str]:
    """Nothing of our own environment may change the server (PGDATA, PGPORT, LC_*)."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}
