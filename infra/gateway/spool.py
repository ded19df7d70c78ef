"""What may not be refused while the log is away: kept on disk in order, synced before anybody hears "spooled", read again after a crash.

One file, only appended to, one line an entry: a checksum, then JSON. A line without its checksum at the end is a write that was cut
short, whose caller was never answered; it is cut off. ``{"done": n}`` says that entries up to ``n`` are in the log. Such marks are
not synced: an entry that is sent again after a crash has its old id and is answered as a repeat. When nothing waits, the file is
emptied. Entries that the disk did not take wait in memory and are sent like the others.
"""

import asyncio
import base64
import fcntl
import logging
import os
import zlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import orjson

WAITING_MAX = 100_000
"""Entries kept in memory at once; what comes beyond is on no disk and its caller is told so."""
DISK_S_MAX = 3.0
"""How long a caller waits for the disk before it is told that nothing keeps its call."""

log = logging.getLogger("laoxiao.gateway")


class Entry(NamedTuple):
    """One event on its way: where it goes, its exact bytes, and the scenario's clock in a played deployment."""

    number: int
    domain: str
    area: str
    event_id: str
    value: bytes
    played_at_ms: int | None


class SpoolTaken(RuntimeError):
    """Another process holds this spool: two gateways need a name each (``LAOXIAO_PROCESS``)."""


@dataclass(slots=True)
class _Write:
    """Lines on their way to the disk; `stored` tells whether they are there."""

    lines: bytes
    stored: asyncio.Future[bool]


class SpoolFile:
    """The file. Blocking; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self._size = 0

    def open(self) -> list[Entry]:
        """Take the file and return what still waits, in order. Raises `SpoolTaken`, or `OSError` when there can be no file."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise SpoolTaken(str(self._path.name)) from None
        self._file = file
        _sync_folder(self._path.parent)
        content = os.pread(file, os.fstat(file).st_size, 0)
        entries, self._size, damaged = _parse(content)
        if damaged:
            log.critical("the spool holds %d lines that cannot be read; a copy is kept beside it", damaged)
            self._path.with_suffix(".damaged").write_bytes(content)
        if self._size != len(content):
            os.ftruncate(file, self._size)
        return entries

    def append(self, lines: bytes) -> None:
        """Write and sync. After an `OSError` nothing of the lines counts, and the next append begins where the last good one ended."""
        if self._file < 0:
            raise OSError("no spool file")
        self._cut()
        place = self._size
        view = memoryview(lines)
        while view:
            written = os.pwrite(self._file, view, place)
            view = view[written:]
            place += written
        os.fsync(self._file)
        self._size = place

    def mark(self, number: int) -> None:
        """Entries up to this one are in the log. Not synced."""
        if self._file >= 0:
            self._cut()
            self._size += os.pwrite(self._file, _line({"done": number}), self._size)

    def _cut(self) -> None:
        """Remove what a failed write left behind the last good line."""
        if os.fstat(self._file).st_size > self._size:
            os.ftruncate(self._file, self._size)

    def clear(self) -> None:
        """Nothing waits."""
        if self._file >= 0:
            os.ftruncate(self._file, 0)
            self._size = 0

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _sync_folder(folder: Path) -> None:
    """A new file is on the disk only when its name is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _line(body: dict[str, Any]) -> bytes:
    text = orjson.dumps(body)
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _parse(content: bytes) -> tuple[list[Entry], int, int]:
    """What waits, how many bytes are whole lines, and how many of those cannot be read."""
    entries: dict[int, Entry] = {}
    damaged = 0
    end = content.rfind(b"\n") + 1
    for line in content[:end].splitlines():
        crc, _, text = line.partition(b" ")
        try:
            body = orjson.loads(text) if int(crc, 16) == zlib.crc32(text) else None
        except ValueError:
            body = None
        if not isinstance(body, dict):
            damaged += 1
        elif "done" in body:
            entries = {number: entry for number, entry in entries.items() if number > body["done"]}
        else:
            value = base64.b64decode(body["value"])
            entries[body["n"]] = Entry(body["n"], body["domain"], body["area"], body["id"], value, body["played_at_ms"])
    return list(entries.values()), end, damaged


class Spool:
    """Entries that wait for the log, in order. Used from one event loop; the disk is written in a thread, many callers at a time."""

    def __init__(self, path: Path) -> None:
        self._file = SpoolFile(path)
        self._writes: list[_Write] = []
        self._writer: asyncio.Task[None] | None = None
        self._number = 0
        self.waiting: deque[Entry] = deque()
        self.news = asyncio.Event()

    def open(self) -> list[Entry]:
        """What an earlier process left, which waits from now on. Without a disk the gateway serves all the same. Raises `SpoolTaken`."""
        try:
            found = self._file.open()
        except OSError as error:
            log.critical("no spool on disk, calls wait in memory only: %s", type(error).__name__)
            return []
        if found:
            log.warning("%d calls wait in the spool of an earlier process", len(found))
            self._number = found[-1].number
            self.waiting.extend(found)
            self.news.set()
        return found

    async def keep(self, lane: tuple[str, str], events: Iterable[tuple[str, bytes]], played_at_ms: int | None) -> bool:
        """Let these ``(id, bytes)`` of one ``(domain, area)`` wait. True: they are synced on disk. False: in memory only."""
        entries = []
        for event_id, value in events:
            self._number += 1
            entries.append(Entry(self._number, *lane, event_id, value, played_at_ms))
        if len(self.waiting) + len(entries) > WAITING_MAX:
            return False
        self.waiting.extend(entries)
        self.news.set()
        lines = b"".join(
            _line(
                {
                    "n": one.number, "domain": one.domain, "area": one.area, "id": one.event_id, "played_at_ms": one.played_at_ms,
                    "value": base64.b64encode(one.value).decode(),
                }
            )
            for one in entries
        )  # fmt: skip
        write = _Write(lines, asyncio.get_running_loop().create_future())
        self._writes.append(write)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all(), name="spool-writer")
        # A caller that hangs up must not take the writing of the others along; a disk that hangs is as good as none.
        done, _ = await asyncio.wait({write.stored}, timeout=DISK_S_MAX)
        return bool(done) and write.stored.result()

    def head(self, count_max: int) -> list[Entry]:
        """The oldest entries of one lane and one instant."""
        out: list[Entry] = []
        for entry in self.waiting:
            if len(out) == count_max or (out and (entry[1:3], entry.played_at_ms) != (out[0][1:3], out[0].played_at_ms)):
                break
            out.append(entry)
        return out

    def sent(self, count: int) -> None:
        """The oldest so many are durable in the log."""
        for _ in range(count):
            last = self.waiting.popleft()
        if self._writer is None and count:
            try:
                if self.waiting:
                    self._file.mark(last.number)
                else:
                    self._file.clear()
            except OSError as error:
                # They will be sent again after a crash, under the same ids.
                log.warning("the spool could not be marked: %s", type(error).__name__)
        if not self.waiting:
            self.news.clear()

    async def close(self) -> None:
        """Finish writing and let go of the file."""
        if self._writer is not None:
            await self._writer
        self._file.close()

    async def _write_all(self) -> None:
        """Everything asked for while the disk was busy goes with the next sync."""
        try:
            while self._writes:
                now, self._writes = self._writes, []
                stored = True
                try:
                    await asyncio.to_thread(self._file.append, b"".join(write.lines for write in now))
                except OSError as error:
                    stored = False
                    log.critical("the disk does not take %d calls: %s", len(now), type(error).__name__)
                for write in now:
                    if not write.stored.done():
                        write.stored.set_result(stored)
        finally:
            self._writer = None
