"""What a test that failed may have left in a directory of ours: processes, file systems, files. Afterwards nothing is left."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

GONE_S_MAX = 10.0
TRIES = 20


def sweep(place: Path) -> list[str]:
    """End every process that lives by this directory, unmount what is mounted below it, remove it. Says what was found.

    Only processes that name this very directory (working directory, home or arguments) are touched: its name is nobody else's.
    """
    found = end_leavings(place)
    for attempt in range(TRIES):
        shutil.rmtree(place, ignore_errors=attempt < TRIES - 1)
        if not place.exists():
            break
        time.sleep(0.1)  # a server that is being ended still makes files
    return found


def end_leavings(place: Path) -> list[str]:
    """The same, but the files stay."""
    found = [f"process {pid}: {said}" for pid, said in living_by(place).items()]
    _end(place)
    return found + [f"mounted: {where}" for where in unmount_below(place)]


@contextmanager
def process_group(command: list[str], **options: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """A process in a group of its own; afterwards the whole group is gone, whatever happened, and nobody waited for it for ever."""
    process = subprocess.Popen(command, start_new_session=True, **options)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GONE_S_MAX)


def living_by(place: Path) -> dict[int, str]:
    """Processes of ours that work in the directory or were started for it, each with its command line."""
    wanted = os.fsencode(str(place.resolve()))
    found: dict[int, str] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        if pid in (os.getpid(), os.getppid()):
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            texts = [command, (entry / "environ").read_bytes(), os.fsencode((entry / "cwd").readlink())]
        except OSError:
            continue  # ended meanwhile, or not ours
        if command and any(wanted in text for text in texts):
            found[pid] = command.replace(b"\0", b" ").decode(errors="replace")[:120]
    return found


def _end(place: Path) -> None:
    deadline_s = time.monotonic() + GONE_S_MAX
    while (pids := living_by(place)) and time.monotonic() < deadline_s:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        time.sleep(0.1)


def unmount_below(place: Path) -> list[str]:
    """Unmount every file system that is mounted in the directory, the innermost first; a busy one is taken out of the tree."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return []
    inside = [Path(line.split()[1]) for line in mounts.read_text().splitlines() if Path(line.split()[1]).is_relative_to(place.resolve())]
    gone = []
    for where in sorted(inside, key=lambda one: -len(one.parts)):
        for command in (["umount", str(where)], ["umount", "-l", str(where)]):
            try:
                done = subprocess.run(command, check=False, capture_output=True, timeout=30)
            except (OSError, subprocess.TimeoutExpired):
                continue
            if done.returncode == 0:
                gone.append(str(where))
                break
    return gone
