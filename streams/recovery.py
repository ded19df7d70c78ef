"""Rebuild a partition from its newest snapshot and its journal (design, section 4, step 2); and the same for any past moment."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, TypeVar

from agents.core import Domain
from schemas.journal import Clock, JournalCorrupt, decode
from streams.metrics import NO_METRICS, Metrics
from streams.ports import Journal, JournalEntry, SnapshotStore
from streams.runtime import PartitionRuntime
from streams.snapshots import Loaded, Manifest, load_newest, unpack
from streams.statehash import state_hash
from streams.tail import Position
from streams.validity import Validity

S = TypeVar("S")
_log = logging.getLogger(__name__)

SLICE_S = 0.02
"""How long folding may hold the loop: the other partitions of the process are deciding meanwhile."""


def _nothing() -> None:
    pass


class RecoveryFailed(RuntimeError):
    """The partition cannot be rebuilt; nothing may be decided in it by this process (exit 72)."""


@dataclass(slots=True)
class Recovered(Generic[S]):
    """A runtime that stands where the journal stood, and from which snapshot it came."""

    runtime: PartitionRuntime[S]
    manifest: Manifest | None
    records: int
    seconds: float


async def recover(
    domain: Domain[S],
    journal: Journal,
    snapshots: SnapshotStore | None,
    *,
    partition: int,
    stop: int,
    clock: Clock,
    metrics: Metrics = NO_METRICS,
    moved: Callable[[], None] = _nothing,
) -> Recovered[S]:
    """The state after the valid records below journal offset `stop`. Raises `RecoveryFailed`.

    `moved` is called, from whatever thread, with every piece taken in: a long recovery is not a stalled one.
    """
    started_s = time.monotonic()

    def fresh() -> PartitionRuntime[S]:
        return PartitionRuntime(domain, partition=partition, partitions=journal.partitions, clock=clock, metrics=metrics)

    loaded = await load_newest(snapshots, partition) if snapshots is not None else Loaded(None, [])
    runtime: PartitionRuntime[S] | None = None
    manifest = loaded.manifest
    if manifest is not None and manifest.position.next_offset <= stop:
        # In a thread: a large area takes seconds, and heartbeats, the loop's guard and the other partitions must go on meanwhile.
        # Nobody else has hold of this runtime; cancelled, the thread ends by itself with one that nobody takes.
        runtime = await asyncio.to_thread(_from_snapshot, loaded, fresh(), moved)
        if runtime is None:
            metrics.alarm(domain.name, "snapshot_unusable")
    if runtime is None or manifest is None:
        runtime, start = fresh(), 0
    else:
        start = manifest.position.next_offset
    records = await fold_range(runtime, journal, start, stop, moved)
    try:
        await asyncio.to_thread(runtime.check_all)
    except Exception as error:
        raise RecoveryFailed(f"partition {partition} contradicts itself: {type(error).__name__}") from error
    return Recovered(runtime, manifest, records, time.monotonic() - started_s)


async def fold_range(runtime: PartitionRuntime[S], journal: Journal, start: int, stop: int, moved: Callable[[], None] = _nothing) -> int:
    """Fold the journal entries with ``start <= offset < stop``; returns how many were read. Raises `RecoveryFailed`.

    `moved` is called with every entry.
    """
    records = 0
    slice_end_s = time.monotonic() + SLICE_S
    async with aclosing(journal.read(runtime.partition, start, stop)) as entries:
        async for entry in entries:
            records += 1
            _fold_one(runtime, entry)
            moved()
            if time.monotonic() > slice_end_s:
                await asyncio.sleep(0)
                slice_end_s = time.monotonic() + SLICE_S
    return records


def _fold_one(runtime: PartitionRuntime[S], entry: JournalEntry) -> None:
    where = f"partition {runtime.partition}, journal offset {entry.offset}"
    try:
        runtime.fold(entry.offset, decode(entry.value))
    except JournalCorrupt as error:
        raise RecoveryFailed(f"{where}: {error}") from error
    except Exception as error:
        raise RecoveryFailed(f"{where} breaks the state: {type(error).__name__}") from error


@dataclass(frozen=True, slots=True)
class Replayed(Generic[S]):
    """A past moment: the runtime with all areas as they stood, and the hash of each."""

    runtime: PartitionRuntime[S]
    hashes: dict[str, str]
    position: Position


async def replay(
    domain: Domain[S],
    journal: Journal,
    *,
    partition: int,
    until: int | None = None,
    snapshots: SnapshotStore | None = None,
    clock: Clock = Clock.WALL,
) -> Replayed[S]:
    """Rebuild `partition` as it stood before journal offset `until` (None: now). With `snapshots` it is faster and must end in
    the same hashes; without, it proves the journal alone. A snapshot newer than `until` is passed over."""
    end = await journal.end_offset(partition)
    stop = end if until is None else min(until, end)
    recovered = await recover(domain, journal, snapshots, partition=partition, stop=stop, clock=clock)
    runtime = recovered.runtime
    hashes = {name: state_hash(domain, runtime.areas[name]) for name in sorted(runtime.areas)}
    return Replayed(runtime, hashes, Position.after(stop - 1, runtime.validity))


def _from_snapshot(loaded: Loaded, runtime: PartitionRuntime[S], moved: Callable[[], None]) -> PartitionRuntime[S] | None:
    """The runtime set to where the snapshot stands; None when this release cannot read it, for the journal can always be read."""
    assert loaded.manifest is not None
    try:
        for packed in loaded.areas:
            runtime.areas[packed.area] = unpack(runtime.domain, packed, moved)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a snapshot is only a shortcut: whatever is wrong with it, the journal is not
        _log.warning("the snapshot of partition %d cannot be loaded: %s", runtime.partition, type(error).__name__)
        return None
    position = loaded.manifest.position
    runtime.validity = Validity(position.epoch, position.seq, position.source_offset)
    runtime.failures = dict(loaded.manifest.failures)
    return runtime
