"""One partition in the hands of this process: the protocol of design section 4, steps 1 to 7.

Taking it: append `Opened`, rebuild from snapshot and journal, read straight from the topic what the group will not deliver, then
take what Faust delivers. Holding it: `offer` decides a record at once, without waiting, and hands the answer to the journal;
how many answers may be on their way is bounded by `room`. Losing it: `release`.

Every failure of ours ends in `Carrying.die(code, reason)`: nothing is repaired inside a process whose memory may be wrong.
"""

import asyncio
import gc
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Generic, TypeVar

from agents.core import Domain
from schemas.journal import Clock, Opened, decode, encode
from streams.metrics import NO_METRICS, Metrics
from streams.ports import EventLog, Journal, SnapshotStore, SourceRecord
from streams.recovery import RecoveryFailed, fold_range, recover
from streams.runtime import PartitionRuntime
from streams.snapshotter import Snapshotter

S = TypeVar("S")
_log = logging.getLogger(__name__)

EXIT_BROKEN, EXIT_APPEND, EXIT_RECOVERY, EXIT_WATCHDOG, EXIT_TOPICS = 70, 71, 72, 73, 74
EXIT_MEMORY = 77
"""The machine gave no more memory: nobody's code and no event is to blame, so nothing is noted against the event at hand."""
WAITING_MAX = 2_000
"""Records kept while recovery runs; later ones are dropped and read from the topic when their turn comes."""
KEEP_GAP_MAX = 20_000
"""Foreign journal records after which a partition that comes back is rebuilt from its snapshot instead of folded onto."""
FAILED_APPEND_S = 5.0


class OwnerState(Enum):
    """Where an owner is in the protocol."""

    RELEASED = "released"
    TAKING = "taking"
    CATCHING_UP = "catching_up"
    LIVE = "live"
    FAILED = "failed"


@dataclass(frozen=True)
class Carrying(Generic[S]):
    """What every owner of a process shares."""

    domain: Domain[S]
    events: EventLog
    journal: Journal
    snapshots: SnapshotStore
    committed: Callable[[int], Awaitable[int]]
    """Up to which input offset the consumer group has committed a partition: it will not deliver below that."""
    die: Callable[[int, str], None]
    owner: str
    clock: Clock = Clock.WALL
    metrics: Metrics = NO_METRICS
    in_flight_max: int = 1_000
    snapshot_every: int = 50_000
    now_s: Callable[[], float] = field(default=time.time)


class PartitionOwner(Generic[S]):
    """See the module. All methods run on one event loop; `offer` and `release` never wait."""

    def __init__(self, carrying: Carrying[S], partition: int) -> None:
        self.partition = partition
        self.state = OwnerState.RELEASED
        self.runtime: PartitionRuntime[S] | None = None
        self.in_flight = 0
        self.progress = 0
        """Rises with everything that moves the partition forward, recovery included: the watchdog's food."""
        self._c = carrying
        self._task: asyncio.Task[None] | None = None
        self._room = asyncio.Event()
        self._room.set()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._waiting: deque[SourceRecord] = deque()
        self._dropped_until = 0
        self._last_offset = -1
        self._checks: set[asyncio.Task[None]] = set()
        self._snapshotter: Snapshotter[S] = Snapshotter(carrying.domain.name, carrying.snapshots, partition, carrying.metrics)
        self._handled_since_snapshot = 0

    def take(self) -> None:
        """Begin to own the partition; recovery runs in the background, never inside the group's rebalance."""
        assert self.state is OwnerState.RELEASED, self.state
        self.state = OwnerState.TAKING
        self._waiting.clear()
        self._dropped_until = 0
        self._task = asyncio.create_task(self._own(), name=f"own-{self.partition}")
        self._task.add_done_callback(self._task_ended)

    def release(self) -> None:
        """Stop at once: nothing more is decided. What was handed to the journal goes on, and is believed only while nobody else
        has opened the partition. The state is kept: it is often us again who get the partition back."""
        if self.state in {OwnerState.RELEASED, OwnerState.FAILED}:
            return
        incomplete = self.state is OwnerState.TAKING
        self.state = OwnerState.RELEASED
        assert self._task is not None
        self._task.cancel()
        self._task = None
        if incomplete:
            self.runtime = None
        self._waiting.clear()
        self._c.metrics.released(self._c.domain.name, self.partition)

    async def close(self) -> None:
        """A clean stop: decide nothing more, let everything become durable, leave a snapshot."""
        complete = self.state in {OwnerState.CATCHING_UP, OwnerState.LIVE}
        self.release()
        await self._settled()
        await self._snapshotter.idle()
        if complete and self.runtime is not None:
            self._snapshotter.begin(self.runtime, self._believed(None))
            await self._snapshotter.idle()

    def offer(self, record: SourceRecord) -> None:
        """Take one delivered record. Decides it now when it is its turn; otherwise it waits, or is passed over."""
        if self.state is OwnerState.LIVE:
            assert self.runtime is not None
            due = self.runtime.next_source_offset
            if record.offset == due:
                self._handle(record)
            elif record.offset < due:
                self._c.metrics.skipped(self._c.domain.name)
            else:
                self._waiting.append(record)
                self._catch_up_again()
        elif self.state in {OwnerState.TAKING, OwnerState.CATCHING_UP}:
            if self._dropped_until == 0 and len(self._waiting) < WAITING_MAX:
                self._waiting.append(record)
            else:
                self._dropped_until = max(self._dropped_until, record.offset + 1)

    @property
    def full(self) -> bool:
        """Whether as many answers are on their way as may be: whoever offers should wait for `room`."""
        return self.in_flight >= self._c.in_flight_max

    async def room(self) -> None:
        """Return when another answer may be handed to the journal."""
        await self._room.wait()

    async def _own(self) -> None:
        await self._settled()
        await self._snapshotter.idle()
        self._require_turn()
        opened = encode(Opened(self._c.owner, self._c.clock))
        epoch = await self._c.journal.append(self.partition, b"", opened)
        self._require_turn()
        self._c.metrics.opened(self._c.domain.name, self.partition)
        await self._rebuild(epoch)
        assert self.runtime is not None
        if self.runtime.validity.epoch != epoch:
            raise RecoveryFailed(f"partition {self.partition}: the own epoch {epoch} is not the latest")
        self._last_offset = epoch
        end = await self._c.events.end_offset(self.partition)
        committed = await self._c.committed(self.partition)
        self._require_turn()
        if end < self.runtime.validity.source_offset + 1:
            raise RecoveryFailed(f"partition {self.partition}: the journal answers offsets that the event log (end {end}) does not have")
        self.state = OwnerState.CATCHING_UP
        await self._catch_up(min(committed, end))

    def _require_turn(self) -> None:
        """End a task that was cancelled and does not know it: on Python 3.11 `asyncio.wait_for`, inside the Kafka client, swallows a
        cancellation that comes in the turn in which its answer comes. Called after every wait, before anything is changed."""
        if self._task is not asyncio.current_task():
            raise asyncio.CancelledError

    async def _rebuild(self, epoch: int) -> None:
        """The state below `epoch`: our own one brought up to date when that is little work, else from snapshot and journal."""
        kept = self.runtime
        if kept is not None and epoch - self._last_offset <= KEEP_GAP_MAX:
            self.runtime = None
            started_s = time.monotonic()
            records = await fold_range(kept, self._c.journal, self._last_offset + 1, epoch + 1, self._moved)
            self._require_turn()
            self.runtime, seconds = kept, time.monotonic() - started_s
            if records > 1:
                self._snapshotter.doubt()
        else:
            self.runtime = None
            recovered = await recover(
                self._c.domain,
                self._c.journal,
                self._c.snapshots,
                partition=self.partition,
                stop=epoch + 1,
                clock=self._c.clock,
                metrics=self._c.metrics,
                moved=self._moved,
            )
            self._require_turn()
            self.runtime, records, seconds = recovered.runtime, recovered.records, recovered.seconds
            self._snapshotter.found(recovered.manifest)
        # What was just rebuilt lives long: the collector need not walk through it again and again.
        gc.freeze()
        self.progress += 1
        self._c.metrics.recovered(self._c.domain.name, seconds, records)
        _log.info("%s[%d] rebuilt from %d records in %.3f s", self._c.domain.name, self.partition, records, seconds)

    def _moved(self) -> None:
        self.progress += 1

    def _catch_up_again(self) -> None:
        self.state = OwnerState.CATCHING_UP
        self._task = asyncio.create_task(self._catch_up(0), name=f"catch-up-{self.partition}")
        self._task.add_done_callback(self._task_ended)

    async def _catch_up(self, target: int) -> None:
        """Handle everything below `target`, what waits, and what was dropped, in order; then the partition is live."""
        runtime = self.runtime
        assert runtime is not None
        while True:
            await self._handle_waiting(runtime)
            if self.state is OwnerState.FAILED:
                return
            if not self._waiting and self._dropped_until:
                target, self._dropped_until = max(target, self._dropped_until), 0
            elif self._waiting:
                target = max(target, self._waiting[0].offset)
            if runtime.next_source_offset >= target:
                self.state = OwnerState.LIVE
                return
            await self._read_gap(runtime, target)

    async def _handle_waiting(self, runtime: PartitionRuntime[S]) -> None:
        while self._waiting and self._waiting[0].offset <= runtime.next_source_offset:
            record = self._waiting.popleft()
            if record.offset == runtime.next_source_offset:
                await self.room()
                self._require_turn()
                self._handle(record)
                if self.progress % 64 == 0:  # others live on this loop too
                    await asyncio.sleep(0)
                    self._require_turn()

    async def _read_gap(self, runtime: PartitionRuntime[S], target: int) -> None:
        """Decide the records below `target` from the topic itself; afterwards there is nothing left below it."""
        start = await self._c.events.start_offset(self.partition)
        self._require_turn()
        if start > runtime.next_source_offset:
            # Retention has taken what nobody answered. The line must move on, and somebody must hear of it.
            _log.error("%s[%d]: offsets up to %d were lost to retention", self._c.domain.name, self.partition, start)
            self._c.metrics.set_aside(self._c.domain.name, "lost_to_retention")
            self._c.metrics.alarm(self._c.domain.name, "lost_to_retention")
            runtime.skip_to(start)
        records = 0
        async with aclosing(self._c.events.read(self.partition, runtime.next_source_offset, target)) as gap:
            async for record in gap:
                await self.room()
                self._require_turn()
                runtime.skip_to(record.offset)
                self._handle(record)
                records += 1
                if records % 64 == 0:
                    await asyncio.sleep(0)
        self._require_turn()
        runtime.skip_to(target)
        self._c.metrics.gap_read(self._c.domain.name, records)

    def _handle(self, record: SourceRecord) -> None:
        """One synchronous stretch: decide, evolve, check, hand over."""
        runtime = self.runtime
        assert runtime is not None
        if self.state is OwnerState.FAILED:
            return
        try:
            value = runtime.handle(record)
        except MemoryError:
            self._out_of_memory(record.offset)
            return
        except BaseException as error:  # noqa: BLE001 - broken code: say so in the journal and end (design 4.7)
            self._fail(record.offset, error)
            return
        self.progress += 1
        self.in_flight += 1
        self._quiet.clear()
        if self.full:
            self._room.clear()
        key = record.key if record.key is not None and len(record.key) <= 64 else b""
        future = self._c.journal.append(self.partition, key, value)
        future.add_done_callback(partial(self._durable, record.timestamp_ms))
        self._handled_since_snapshot += 1
        if self._handled_since_snapshot >= self._c.snapshot_every and not self._snapshotter.busy:
            self._handled_since_snapshot = 0
            self._snapshotter.begin(runtime, self._believed(future))

    def _durable(self, timestamp_ms: int, future: "asyncio.Future[int]") -> None:
        """The journal's answer to one append."""
        error = future.exception() if not future.cancelled() else asyncio.CancelledError()
        if error is not None:
            self._c.die(EXIT_APPEND, f"{self._c.domain.name}[{self.partition}]: append failed: {type(error).__name__}")
            return
        offset = future.result()
        if offset != self._last_offset + 1:
            check = asyncio.create_task(self._check_hole(self._last_offset + 1, offset))
            self._checks.add(check)
            check.add_done_callback(self._checks.discard)
            check.add_done_callback(self._task_ended)
        self._last_offset = offset
        self.in_flight -= 1
        if not self.full:
            self._room.set()
        if self.in_flight == 0:
            self._quiet.set()
        self._c.metrics.decided(self._c.domain.name, 1, max(0.0, self._c.now_s() - timestamp_ms / 1000))

    async def _check_hole(self, start: int, stop: int) -> None:
        """Somebody else wrote between two of our records. A paused former owner is harmless; a successor's `Opened` means that
        we are the former owner, and everything decided since is void."""
        async with aclosing(self._c.journal.read(self.partition, start, stop)) as hole:
            async for entry in hole:
                if isinstance(decode(entry.value), Opened):
                    self._c.die(EXIT_APPEND, f"{self._c.domain.name}[{self.partition}]: a successor opened at {entry.offset}")
                    return

    async def _believed(self, append: "asyncio.Future[int] | None") -> int:
        """The offset of this append (None: of the last one), once it is durable and no successor was found before it."""
        offset = await append if append is not None else self._last_offset
        while self._checks:
            await asyncio.gather(*self._checks)
        return offset

    async def _settled(self) -> None:
        await self._quiet.wait()
        while self._checks:
            await asyncio.gather(*self._checks)

    def _out_of_memory(self, source_offset: int) -> None:
        """End without a word in the journal: two such words would refuse an event that never did any harm."""
        self.state = OwnerState.FAILED
        self._c.metrics.alarm(self._c.domain.name, "owner_failed")
        self._c.die(EXIT_MEMORY, f"{self._c.domain.name}[{self.partition}]: no memory at offset {source_offset}")

    def _fail(self, source_offset: int, error: BaseException) -> None:
        self.state = OwnerState.FAILED
        name = f"{self._c.domain.name}[{self.partition}]"
        _log.error("%s: offset %d broke the process: %s", name, source_offset, type(error).__name__, exc_info=error)
        self._c.metrics.alarm(self._c.domain.name, "owner_failed")
        assert self.runtime is not None
        future = self._c.journal.append(self.partition, b"", self.runtime.failed(source_offset, error))
        asyncio.create_task(self._end_after(future, f"{name}: {type(error).__name__} at offset {source_offset}"))  # noqa: RUF006 - the process ends with it

    async def _end_after(self, future: "asyncio.Future[int]", reason: str) -> None:
        await asyncio.wait([future], timeout=FAILED_APPEND_S)
        self._c.die(EXIT_BROKEN, reason)

    def _task_ended(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            _log.error("%s[%d] cannot be owned", self._c.domain.name, self.partition, exc_info=error)
            self._c.die(EXIT_RECOVERY, f"{self._c.domain.name}[{self.partition}]: {type(error).__name__}: {error}")
