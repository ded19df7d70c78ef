# ruff: noqa: ARG002 - the shape of the ports
"""The ports of `streams.ports` as one simulated process sees them: appends are on their way for a while and may never arrive."""

import asyncio
from asyncio import Future
from collections import deque
from collections.abc import AsyncGenerator, Callable

from aiokafka.errors import KafkaError

from streams.ports import JournalEntry, SourceRecord
from tests.simulation.loop import SimLoop
from tests.simulation.world import World


class Process:
    """What the ports need of the process they belong to."""

    index: int
    loop: SimLoop
    paused: bool

    def kill(self, landing: int = 0) -> None:
        """SIGKILL; so many appends on their way still land."""

    def when_running(self, work: Callable[[], None]) -> None:
        """Do this now, or when the process goes on."""
        raise NotImplementedError


class EventPort:
    """`EventLog`."""

    def __init__(self, world: World, process: Process) -> None:
        self.partitions = world.options.partitions
        self._world = world
        self._process = process

    async def publish(self, key: bytes | None, value: bytes, *, partition: int, headers: tuple[tuple[str, bytes], ...] = ()) -> int:
        """A tick of the owner's clock."""
        if self._world.hit("tick_fails", self._process.index) is not None:
            raise OSError("simulated: the broker cannot be reached")
        return self._world.append_event(partition, key, value, headers)

    async def read(self, partition: int, start: int, stop: int) -> AsyncGenerator[SourceRecord, None]:
        """Straight from the topic."""
        for offset in range(start, stop):
            yield self._world.events.at(partition, offset)

    async def start_offset(self, partition: int) -> int:
        """Nothing is ever deleted."""
        return 0

    async def end_offset(self, partition: int) -> int:
        """The next offset."""
        return await self._world.events.end_offset(partition)


class JournalPort:
    """`Journal`, with a producer that belongs to the process and dies with it."""

    def __init__(self, world: World, process: Process) -> None:
        self.partitions = world.options.partitions
        self._world = world
        self._process = process
        self._loop = process.loop
        self._outbox: list[deque[tuple[Future[int], bytes]]] = [deque() for _ in range(self.partitions)]
        self._flushing = [False] * self.partitions

    def append(self, partition: int, key: bytes, value: bytes) -> "Future[int]":
        """On its way; the idempotent producer keeps the order of a partition."""
        future: Future[int] = self._loop.create_future()
        self._outbox[partition].append((future, value))
        if not self._flushing[partition]:
            self._flushing[partition] = True
            at_ms = self._world.now_ms + self._world.options.append_ms
            self._world.later(at_ms, lambda: self._process.when_running(lambda: self._flush(partition)))
        return future

    async def read(self, partition: int, start: int, stop: int) -> AsyncGenerator[JournalEntry, None]:
        """What is durable."""
        values = self._world.journal._values[partition]
        for offset in range(start, min(stop, len(values))):
            yield JournalEntry(partition, offset, values[offset])

    async def end_offset(self, partition: int) -> int:
        """The next offset."""
        return await self._world.journal.end_offset(partition)

    def land(self, amount: int) -> None:
        """The process is gone, and the first appends of each partition reach the broker all the same."""
        for partition, waiting in enumerate(self._outbox):
            for _ in range(min(amount, len(waiting))):
                self._world.journal.add(partition, waiting.popleft()[1])
            waiting.clear()

    def _flush(self, partition: int) -> None:
        self._flushing[partition] = False
        waiting, world, index = self._outbox[partition], self._world, self._process.index
        if not waiting or self._loop.dead:
            return
        if world.hit("crash_before_append", index) is not None:
            self._process.kill()
            return
        landing = world.hit("crash_after_append", index)
        if landing is not None:
            self._process.kill(1 + landing)
            return
        if world.hit("append_fails", index) is not None:
            self._fail(waiting.popleft()[0])
            return
        late = world.hit("append_fails_late", index) is not None
        done = []
        while waiting:
            future, value = waiting.popleft()
            done.append((future, world.journal.add(partition, value)))
        self._loop.do(self._resolve, done, late)

    def _resolve(self, done: list[tuple["Future[int]", int]], late: bool) -> None:
        for future, offset in done:
            if future.done():
                continue  # whoever waited for it was cancelled
            if late:
                future.set_exception(KafkaError("simulated: written, and the answer timed out"))
                return
            future.set_result(offset)

    def _fail(self, future: "Future[int]") -> None:
        if not future.done():
            self._loop.do(future.set_exception, KafkaError("simulated: not enough replicas"))


class SnapshotPort:
    """`SnapshotStore` on a compacted topic: of each key the last value."""

    def __init__(self, world: World, process: Process) -> None:
        self._world = world
        self._process = process

    async def put(self, partition: int, key: str, value: bytes | None) -> None:
        """One chunk or manifest."""
        world, process = self._world, self._process
        if process.loop.dead:
            return
        if world.hit("crash_mid_snapshot", process.index) is not None:
            process.kill()
            await asyncio.sleep(3600)
            return
        if world.hit("snapshot_fails", process.index) is not None:
            raise OSError("simulated: the broker cannot be reached")
        kept = world.snapshots[partition]
        kept.pop(key, None)
        if value is not None:
            kept[key] = value
        if key.startswith("@manifest"):
            world.count("snapshot")
            if world.hit("crash_after_snapshot", process.index) is not None:
                process.kill()

    async def read(self, partition: int) -> AsyncGenerator[tuple[str, bytes | None], None]:
        """Every key's last value."""
        for key, value in list(self._world.snapshots[partition].items()):
            yield key, value
