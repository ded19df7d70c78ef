"""A server process we started: its log, its signals, its end."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

_LEASH = Path(__file__).with_name("leash.py")
_LOG_BYTES_MAX = 10_000_000
_TAIL_BYTES = 16_000
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class User:
    """The unprivileged user a server runs as when we are root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Launch:
    """How to start one server: `program` is an argument list with an absolute path first."""

    name: str
    program: Sequence[str]
    log_file: Path
    working_dir: Path
    death_signal: signal.Signals
    environment: Mapping[str, str]
    user: User | None = None


class Child:
    """One server process in its own session, so that Ctrl-C reaches only the supervisor.

    It dies by `death_signal` when this process dies in any way (Linux); elsewhere only `stop` ends it.
    """

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._process = _spawner.run(lambda: _spawn(launch))

    @property
    def pid(self) -> int:
        """The process id of the server itself (the leash has become it)."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process has not ended; a paused (SIGSTOP) process is running."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: ended by that signal."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when the process has ended."""
        self._process.send_signal(number)

    def wait(self, timeout_s: float) -> bool:
        """Whether the process ended within the time."""
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, number: signal.Signals, grace_s: float) -> None:
        """Ask by signal, wait, then SIGKILL. Afterwards the process is gone and reaped."""
        if not self.running:
            return
        self.send(number)
        self.send(signal.SIGCONT)  # a paused process hears nothing but SIGKILL
        if not self.wait(grace_s):
            self.kill()

    def kill(self) -> None:
        """SIGKILL and reap."""
        self._process.kill()
        self._process.wait()

    def log_tail(self) -> str:
        """The last lines of its log, for an error message."""
        return log_tail(self._launch.log_file)


def log_tail(log_file: Path, lines: int = 25) -> str:
    """The last lines of a log file; says so when there is none."""
    try:
        with log_file.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - _TAIL_BYTES))
            text = log.read().decode("utf-8", "replace")
    except OSError as error:
        return f"(no log at {log_file}: {error.strerror})"
    return "\n".join(text.splitlines()[-lines:]) or f"({log_file} is empty)"


def leashed(program: Sequence[str], death_signal: signal.Signals, user: User | None) -> list[str]:
    """The argument list that runs `program` through the leash."""
    uid, gid = (user.uid, user.gid) if user else (-1, -1)
    leash = [sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), str(int(death_signal)), str(uid), str(gid)]
    return [*leash, *program]


def run_to_end(
    program: Sequence[str], *, user: User | None, working_dir: Path, environment: Mapping[str, str], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run a short tool (format, initdb) under the same leash and hand back its exit code and joined output."""
    return subprocess.run(
        leashed(program, signal.SIGKILL, user),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=working_dir,
        env=dict(environment),
        timeout=timeout_s,
        check=False,
        text=True,
        errors="replace",
    )


def _spawn(launch: Launch) -> subprocess.Popen[bytes]:
    log_file = launch.log_file
    log_file.parent.mkdir(parents=True, exist_ok=True)
    if log_file.exists() and log_file.stat().st_size > _LOG_BYTES_MAX:
        log_file.replace(log_file.with_suffix(".old.log"))
    with log_file.open("ab") as log:
        return subprocess.Popen(
            leashed(launch.program, launch.death_signal, launch.user),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=launch.working_dir,
            env=dict(launch.environment),
            start_new_session=True,
        )


class _Spawner:
    """One thread that starts every child and lives as long as this process.

    Linux sends the parent-death signal when the *thread* that forked ends. A server started from a pool thread would
    die with that thread.
    """

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._owner_pid = -1

    def run(self, task: Callable[[], _Result]) -> _Result:
        """Run the task on the thread and hand back what it returns or raises."""
        future: Future[_Result] = Future()

        def serve() -> None:
            try:
                future.set_result(task())
            except BaseException as error:  # noqa: BLE001 - carried to the caller, whose error it is
                future.set_exception(error)

        with self._lock:
            if self._owner_pid != os.getpid():  # first use, or a fork: threads do not come along
                self._tasks = queue.SimpleQueue()
                threading.Thread(target=self._loop, args=(self._tasks,), name="spawner", daemon=True).start()
                self._owner_pid = os.getpid()
        self._tasks.put(serve)
        return future.result()

    @staticmethod
    def _loop(tasks: queue.SimpleQueue[Callable[[], None]]) -> None:
        while True:
            tasks.get()()


_spawner = _Spawner()
