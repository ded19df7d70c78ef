"""A disk of one broker that can be full: a small file system where mounting is allowed, else a limit on what the process may write."""

import contextlib
import os
import resource
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

ROOM_BYTES = 64 * 1024
SIZE = "6g"
RUN_S_MAX = 30.0
INDEX_BYTES = 16 * 1024
"""Entries for eight megabytes of records, more than comes while the disk is full."""


class Disk(ABC):
    """Can be filled and freed while the broker runs."""

    kind: str

    @abstractmethod
    def fill(self) -> None:
        """From now on nothing more fits."""

    @abstractmethod
    def free(self) -> None:
        """Room again."""

    @abstractmethod
    def remove(self) -> None:
        """Undo what was set up; the broker is gone."""


class SmallFileSystem(Disk):
    """A tmpfs mounted over the broker's log directory. Filling it shrinks the file system to what it holds: ENOSPC at the next write."""

    kind = "tmpfs shrunk to its content (ENOSPC)"

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        _run("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "laoxiao-fault-disk", str(directory))
        try:
            # Some sandboxes mount and then neither resize nor say so: what cannot be filled and freed is no fault disk.
            self.fill()
            assert self._size_bytes() <= 4 * ROOM_BYTES, "the file system did not shrink"
            self.free()
            assert self._size_bytes() > 4 * ROOM_BYTES, "the file system did not grow"
        except BaseException:
            self._unmount()
            raise

    def fill(self) -> None:
        """See `Disk`. A write between looking and shrinking makes the shrinking fail: then look again.

        The broker's index files are sparse and mapped into memory. A page of one that cannot be made is no failed write but a broken
        access, after which the broker goes on with two batches at one offset in that partition: nothing that its clients could
        heal. What such a file needs next is therefore made first, as a file system that reserves it would have.
        """
        for index in (*self._directory.rglob("*.index"), *self._directory.rglob("*.timeindex")):
            with contextlib.suppress(OSError), index.open("r+b") as opened:
                os.posix_fallocate(opened.fileno(), 0, min(INDEX_BYTES, index.stat().st_size))
        for _ in range(20):
            with contextlib.suppress(subprocess.CalledProcessError):
                _run("mount", "-o", f"remount,size={self._used_bytes() + ROOM_BYTES}", str(self._directory))
                return
        raise OSError(f"{self._directory} grows faster than it can be filled")

    def free(self) -> None:
        """See `Disk`."""
        _run("mount", "-o", f"remount,size={SIZE}", str(self._directory))

    def remove(self) -> None:
        """See `Disk`. What it holds stays where it was, on the machine's own disk: a failed run is looked at afterwards. Who still looks
        at the file system keeps it until he goes; it is out of the tree at once."""
        kept = self._directory.with_name(f"{self._directory.name}.kept")
        shutil.copytree(self._directory, kept, dirs_exist_ok=True)
        self._unmount()
        shutil.copytree(kept, self._directory, dirs_exist_ok=True)
        shutil.rmtree(kept)

    def _unmount(self) -> None:
        try:
            _run("umount", str(self._directory))
        except subprocess.CalledProcessError:
            _run("umount", "-l", str(self._directory))

    def _size_bytes(self) -> int:
        stand = os.statvfs(self._directory)
        return stand.f_blocks * stand.f_frsize

    def _used_bytes(self) -> int:
        stand = os.statvfs(self._directory)
        return (stand.f_blocks - stand.f_bfree) * stand.f_frsize


class FileSizeLimit(Disk):
    """RLIMIT_FSIZE of the running broker at what its segments have already: its next append fails with EFBIG, as the machine's owner
    without the right to mount can have it. Not ENOSPC, but the same path in the broker: a log directory that cannot be written."""

    kind = "RLIMIT_FSIZE of the broker (EFBIG)"

    def __init__(self, pid: Callable[[], int | None]) -> None:
        self._pid = pid

    def fill(self) -> None:
        """See `Disk`."""
        self._limit(1)

    def free(self) -> None:
        """See `Disk`."""
        self._limit(resource.RLIM_INFINITY)

    def remove(self) -> None:
        """See `Disk`: the limit went with its process."""

    def _limit(self, size_bytes: int) -> None:
        pid = self._pid()
        if pid is not None:
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes if size_bytes != resource.RLIM_INFINITY else hard, hard))


def disk_for(directory: Path, pid: Callable[[], int | None]) -> Disk:
    """The best that is allowed here."""
    try:
        return SmallFileSystem(directory)
    except (OSError, AssertionError, subprocess.SubprocessError):
        return FileSizeLimit(pid)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=RUN_S_MAX)
