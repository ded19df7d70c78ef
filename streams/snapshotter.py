"""When and how an owner's snapshot is made, beside its decisions: fork, wait until the journal holds what was seen, publish."""

import asyncio
import logging
import time
from collections.abc import Awaitable
from typing import Generic, TypeVar

from aiokafka.errors import KafkaError

from streams.metrics import Metrics
from streams.ports import SnapshotStore
from streams.runtime import PartitionRuntime
from streams.snapshots import DumpFailed, ForkedDump, Manifest, PackedArea, load_newest, publish
from streams.tail import Position
from streams.validity import Validity

S = TypeVar("S")
_log = logging.getLogger(__name__)
DUMP_S_MAX = 120.0


class Snapshotter(Generic[S]):
    """One at a time per partition. A failed snapshot is an alarm and no more: the journal still has everything."""

    def __init__(self, domain: str, store: SnapshotStore, partition: int, metrics: Metrics) -> None:
        self.held_up_seconds_max = 0.0
        self._domain = domain
        self._store = store
        self._partition = partition
        self._metrics = metrics
        self._last: Manifest | None = None
        self._last_is_known = False
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a snapshot is under way."""
        return self._task is not None and not self._task.done()

    async def idle(self) -> None:
        """Wait until none is under way."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def found(self, manifest: Manifest | None) -> None:
        """Recovery has read the topic: this is the newest manifest there."""
        self._last, self._last_is_known = manifest, True

    def doubt(self) -> None:
        """Somebody else may have written snapshots meanwhile: look before the next one, so as not to overwrite the newest."""
        self._last_is_known = False

    def begin(self, runtime: PartitionRuntime[S], durable: Awaitable[int]) -> None:
        """Picture the state now and publish it in the background.

        `durable` gives the journal offset of the last record this state contains, once that is on the journal and nobody else
        had opened the partition before it: only then is the snapshot true.
        """
        assert not self.busy, "one snapshot at a time"
        started_s = time.monotonic()
        dump = ForkedDump(runtime) if runtime.changed else None
        held_up_s = time.monotonic() - started_s
        self.held_up_seconds_max = max(self.held_up_seconds_max, held_up_s)
        picture = _Picture(runtime, started_s, held_up_s)
        self._task = asyncio.create_task(self._finish(picture, dump, durable), name=f"snapshot-{self._partition}")

    async def _finish(self, picture: "_Picture[S]", dump: ForkedDump[S] | None, durable: Awaitable[int]) -> None:
        try:
            packed = await _wait_for(dump) if dump is not None else []
            offset = await durable
            if not self._last_is_known:
                self.found((await load_newest(self._store, self._partition)).manifest)
            position = Position.after(offset, picture.validity)
            failures = picture.failures
            self._last = await publish(self._store, self._partition, packed, position=position, failures=failures, last=self._last)
        except (DumpFailed, KafkaError, OSError, TimeoutError):
            _log.exception("no snapshot of %s[%d] this time", self._domain, self._partition)
            self._metrics.alarm(self._domain, "snapshot_failed")
            picture.give_back()
            # What was written of it may be anything: the next one looks at the topic first.
            self.doubt()
            return
        seconds = time.monotonic() - picture.started_s
        self._metrics.snapshot(self._domain, seconds, picture.held_up_s, sum(len(one.stream) for one in packed))


class _Picture(Generic[S]):
    """What the state was when it was pictured."""

    def __init__(self, runtime: PartitionRuntime[S], started_s: float, held_up_s: float) -> None:
        at = runtime.validity
        self.validity = Validity(at.epoch, at.seq, at.source_offset)
        self.failures = dict(runtime.failures)
        self.started_s = started_s
        self.held_up_s = held_up_s
        self._runtime = runtime
        self._changed, runtime.changed = runtime.changed, set()

    def give_back(self) -> None:
        """The snapshot failed: what had changed has still to be saved."""
        self._runtime.changed |= self._changed


async def _wait_for(dump: ForkedDump[S]) -> list[PackedArea]:
    loop = asyncio.get_running_loop()
    # A child that a foreign lock has caught would never end by itself.
    killer = loop.call_later(DUMP_S_MAX, dump.kill)
    try:
        return await loop.run_in_executor(None, dump.wait)
    finally:
        killer.cancel()
