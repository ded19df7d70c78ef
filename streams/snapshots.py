"""Snapshots of a partition's areas: how recovery is fast, never the truth.

On the topic, per partition: the chunks of each area under ``area/generation/chunk``, and a manifest under ``@manifest/slot`` that
names for every area the generation, the number of chunks and their digest, with the journal position they all stand for.

A snapshot never destroys the one before it: an area's chunks go to the generation (0 or 1) that the newest manifest does not
name, and the manifest, written last, goes to the other slot. A half-written snapshot has no manifest, or one whose digests do not
fit, and is passed over; with none left the journal is folded from its beginning.
"""

import gc
import hashlib
import logging
import os
import signal
import struct
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Generic, NamedTuple, TypeVar

import orjson
import zstandard

from agents import core
from agents.core import AreaState, Domain, Row
from streams.ports import SnapshotStore
from streams.runtime import PartitionRuntime
from streams.tail import Position

S = TypeVar("S")
_log = logging.getLogger(__name__)

CHUNK_BYTES_MAX = 900_000
MANIFEST_BYTES_MAX = 7_000_000
_FRAME = struct.Struct("<II")


class PackedArea(NamedTuple):
    """One area as it is stored: a compressed stream of JSON rows."""

    area: str
    stream: bytes

    @property
    def chunks(self) -> list[bytes]:
        """The stream in pieces that each fit a Kafka record."""
        return [self.stream[start : start + CHUNK_BYTES_MAX] for start in range(0, len(self.stream), CHUNK_BYTES_MAX)]


class StoredArea(NamedTuple):
    """Where a manifest says that an area lies."""

    generation: int
    chunks: int
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one complete snapshot consists of."""

    slot: int
    position: Position
    areas: dict[str, StoredArea]
    failures: dict[int, int]

    def encode(self) -> bytes:
        """As the value of its record."""
        failures = {str(offset): count for offset, count in self.failures.items()}
        body = {"position": list(self.position), "areas": {a: list(s) for a, s in self.areas.items()}, "failures": failures}
        return zstandard.compress(orjson.dumps(body))

    @classmethod
    def decode(cls, slot: int, value: bytes) -> "Manifest":
        """Raises ValueError, KeyError, TypeError or ZstdError on anything else."""
        body = orjson.loads(zstandard.decompress(value))
        areas = {area: StoredArea(*stored) for area, stored in body["areas"].items()}
        return cls(slot, Position(*body["position"]), areas, {int(offset): count for offset, count in body["failures"].items()})


class Loaded(NamedTuple):
    """A usable snapshot, or nothing: the manifest and the packed areas it names."""

    manifest: Manifest | None
    areas: list[PackedArea]


def _nothing() -> None:
    pass


def pack(domain: Domain[S], area: AreaState[S]) -> PackedArea:
    """One area, compressed row by row so that a large one never lies in memory twice."""
    packer = zstandard.ZstdCompressor(level=3).compressobj()
    parts = [packer.compress(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)) for row in core.dump(domain, area)]
    parts.append(packer.flush())
    return PackedArea(area.area, b"".join(parts))


def unpack(domain: Domain[S], packed: PackedArea, moved: Callable[[], None] = _nothing) -> AreaState[S]:
    """The area that `pack` packed. `moved` is called with every row taken in."""
    lines = zstandard.ZstdDecompressor().decompressobj().decompress(packed.stream)

    def rows() -> Iterator[Row]:
        for line in lines.splitlines():
            moved()
            yield orjson.loads(line)

    return core.load(domain, rows())


async def load_newest(store: SnapshotStore, partition: int) -> Loaded:
    """The newest complete snapshot of a partition."""
    values: dict[str, bytes | None] = {}
    async for key, value in store.read(partition):
        values[key] = value
    manifests: list[Manifest] = []
    for slot in (0, 1):
        value = values.get(_manifest_key(slot))
        if value is not None:
            try:
                manifests.append(Manifest.decode(slot, value))
            except (ValueError, KeyError, TypeError, zstandard.ZstdError):
                _log.warning("a snapshot manifest of partition %d cannot be read", partition)
    for manifest in sorted(manifests, key=lambda m: m.position.next_offset, reverse=True):
        areas = _areas_of(manifest, values)
        if areas is not None:
            return Loaded(manifest, areas)
        _log.warning("the snapshot of partition %d at journal offset %d is not whole", partition, manifest.position.next_offset)
    return Loaded(None, [])


async def publish(
    store: SnapshotStore,
    partition: int,
    packed: list[PackedArea],
    *,
    position: Position,
    failures: dict[int, int],
    last: Manifest | None,
) -> Manifest:
    """Write the chunks of what changed, then the manifest; returns it. `last` is the newest manifest there is."""
    areas = dict(last.areas) if last is not None else {}
    for one in packed:
        before = areas.get(one.area)
        generation = 1 - before.generation if before is not None else 0
        chunks = one.chunks
        for number, chunk in enumerate(chunks):
            await store.put(partition, _chunk_key(one.area, generation, number), chunk)
        areas[one.area] = StoredArea(generation, len(chunks), _digest(one.stream))
    manifest = Manifest(1 - last.slot if last is not None else 0, position, areas, failures)
    value = manifest.encode()
    assert len(value) <= MANIFEST_BYTES_MAX, "more areas in one partition than a manifest can name"
    await store.put(partition, _manifest_key(manifest.slot), value)
    return manifest


class ForkedDump(Generic[S]):
    """The changed areas of a runtime, packed by a child process from its copy-on-write picture of our memory.

    Decisions stand still only while the kernel copies page tables. The child touches neither the loop nor Kafka nor any lock: it
    reads the state, writes one file and leaves by `os._exit`.
    """

    def __init__(self, runtime: PartitionRuntime[S]) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `wait`
        areas = [runtime.areas[name] for name in sorted(runtime.changed)]
        self.pid = os.fork()
        if self.pid == 0:
            _child(runtime.domain, areas, self._file.fileno())

    def wait(self) -> list[PackedArea]:
        """Block (in a thread) until the child is done. Raises `DumpFailed`."""
        try:
            _, status = os.waitpid(self.pid, 0)
        except ChildProcessError as error:
            self._file.close()
            raise DumpFailed("the child is gone") from error
        with self._file:
            if status != 0:
                raise DumpFailed(f"the child ended with status {status}")
            self._file.seek(0)
            return list(_frames(self._file))

    def kill(self) -> None:
        """End a child that takes too long; `wait` then raises."""
        os.kill(self.pid, signal.SIGKILL)


class DumpFailed(RuntimeError):
    """No snapshot this time; the next one tries again."""


def _child(domain: Domain[Any], areas: list[AreaState[Any]], descriptor: int) -> None:
    """The forked child's whole life."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)  # a signal to us must not wake the parent's loop
        gc.disable()  # a collection would run finalisers that belong to the parent
        os.nice(10)
        for area in areas:
            packed = pack(domain, area)
            name = packed.area.encode()
            _write_all(descriptor, _FRAME.pack(len(name), len(packed.stream)) + name)
            _write_all(descriptor, packed.stream)
        code = 0
    finally:
        os._exit(code)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _frames(file: IO[bytes]) -> Iterator[PackedArea]:
    while head := file.read(_FRAME.size):
        name_bytes, stream_bytes = _FRAME.unpack(head)
        name = file.read(name_bytes).decode()
        stream = file.read(stream_bytes)
        if len(stream) != stream_bytes:
            raise DumpFailed("the child's file is cut off")
        yield PackedArea(name, stream)


def _areas_of(manifest: Manifest, values: dict[str, bytes | None]) -> list[PackedArea] | None:
    areas: list[PackedArea] = []
    for area, stored in manifest.areas.items():
        chunks = [values.get(_chunk_key(area, stored.generation, number)) for number in range(stored.chunks)]
        stream = b"".join(chunk for chunk in chunks if chunk is not None)
        if _digest(stream) != stored.digest:
            return None
        areas.append(PackedArea(area, stream))
    return areas


def _digest(stream: bytes) -> str:
    return hashlib.blake2b(stream, digest_size=16).hexdigest()


def _chunk_key(area: str, generation: int, number: int) -> str:
    return f"{area}/{generation}/{number}"


def _manifest_key(slot: int) -> str:
    # An area's name has no "@", so no chunk can take a manifest's key.
    return f"@manifest/{slot}"
