"""One worker process: the real owners, clocks and recovery, and around them what Faust and the operating system do to them."""

from collections import deque
from collections.abc import Callable
from typing import Any

from agents.core import Domain
from schemas.journal import Clock
from streams.clock import OwnerClock
from streams.owner import Carrying, OwnerState, PartitionOwner
from streams.ports import SourceRecord
from tests.simulation.loop import SimLoop
from tests.simulation.plan import HOUR_MS
from tests.simulation.ports import EventPort, JournalPort, Process, SnapshotPort
from tests.simulation.run import Ended
from tests.simulation.world import World

RESTARTS_MAX = 60
"""A supervisor that restarts a process so often in one run has a process that cannot live."""


class Worker(Process):
    """A place where a worker process runs, is killed, and is started again."""

    def __init__(self, world: World, index: int, domain: Domain[Any], left: Callable[[int], None]) -> None:
        self.world = world
        self.index = index
        self.alive = False
        self.paused = False
        self.starts = 0
        self.skew_ms = 0
        self.assigned: set[int] = set()
        self.owners: dict[int, PartitionOwner[Any]] = {}
        self.loop = SimLoop(world.later, lambda: world.now_ms)
        self._domain = domain
        self._left = left
        self._clocks: dict[int, OwnerClock[Any]] = {}
        self._fetched: dict[int, deque[SourceRecord]] = {}
        self._positions: dict[int, int] = {}
        self._pumping: set[int] = set()
        self._deferred: list[Callable[[], None]] = []
        self._journal: JournalPort | None = None
        self._carrying: Carrying[Any] | None = None

    # The operating system -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """A fresh process: nothing of the one before it is left."""
        self.starts += 1
        self.alive, self.paused = True, False
        self.loop = loop = SimLoop(self.world.later, lambda: self.world.now_ms)
        self.assigned, self.owners, self._clocks = set(), {}, {}
        self._fetched, self._positions, self._pumping, self._deferred = {}, {}, set(), []
        self._journal = JournalPort(self.world, self)
        self._carrying = Carrying(
            domain=self._domain,
            events=EventPort(self.world, self),
            journal=self._journal,
            snapshots=SnapshotPort(self.world, self),
            committed=self._committed,
            die=self._die,
            owner=f"w{self.index}-{self.starts}",
            clock=Clock(self.world.options.clock),
            in_flight_max=self.world.options.in_flight_max,
            snapshot_every=self.world.options.snapshot_every,
            now_s=lambda: (self.world.now_ms + self.skew_ms) / 1000,
        )
        assert loop is self.loop

    def kill(self, landing: int = 0) -> None:
        """SIGKILL; the supervisor starts another one, the group finds out by the session timeout."""
        if not self.alive:
            return
        self.alive = self.paused = False
        if self._journal is not None:
            self._journal.land(landing)
        self.loop.kill()
        self._deferred.clear()
        self._left(self.index)

    def pause(self, pause_ms: int) -> None:
        """SIGSTOP, and SIGCONT after that time."""
        if not self.alive or self.paused:
            return
        self.paused = True
        incarnation = self.starts
        self.world.later(self.world.now_ms + pause_ms, lambda: self._resume(incarnation))

    def when_running(self, work: Callable[[], None]) -> None:
        """Now, or after SIGCONT; never when the process is gone."""
        if self.paused:
            self._deferred.append(work)
        elif self.alive:
            work()

    def _resume(self, incarnation: int) -> None:
        if not self.alive or self.starts != incarnation:
            return
        self.paused = False
        deferred, self._deferred = self._deferred, []
        for work in deferred:
            if self.alive:
                work()

    def _die(self, code: int, reason: str) -> None:
        if self.alive:
            self.world.ended.append(Ended(self.world.now_ms, f"w{self.index}-{self.starts}", code, reason))
            self.kill()

    # The group ------------------------------------------------------------------------------------------------------------------

    def assign(self, partitions: set[int]) -> None:
        """Faust's callback, as `streams.app` has it: everything is released, and what was assigned is taken."""
        if self.alive:
            self.loop.do(self._assigned, partitions)
            for partition in partitions:
                self.pump_soon(partition)

    def commit(self) -> None:
        """The group's offsets, which are only a hint."""
        for partition in self.assigned:
            position = self._positions[partition]
            self.world.committed[partition] = max(self.world.committed[partition], position)
            self.world.commits.append((self.world.now_ms, partition, position))

    def _assigned(self, partitions: set[int]) -> None:
        assert self._carrying is not None
        for owner in self.owners.values():
            owner.release()
        self.assigned = set(partitions)
        for partition in sorted(partitions):
            if partition not in self.owners:
                owner = self.owners[partition] = PartitionOwner(self._carrying, partition)
                self._clocks[partition] = OwnerClock(self._carrying, owner, self.loop.time)
            self._fetched[partition] = deque()
            self._positions[partition] = self.world.committed[partition]
            self.owners[partition].take()

    async def _committed(self, partition: int) -> int:
        return self.world.committed[partition]

    # Delivery -------------------------------------------------------------------------------------------------------------------

    def pump_soon(self, partition: int) -> None:
        """Records of this partition may be waiting."""
        if self.alive and partition in self.assigned and partition not in self._pumping:
            self._pumping.add(partition)
            incarnation = self.starts
            wait_ms = 1 + (self.world.options.append_ms if self._fetched.get(partition) else 0)
            self.world.later(self.world.now_ms + wait_ms, lambda: self._pump_of(incarnation, partition))

    def _pump_of(self, incarnation: int, partition: int) -> None:
        if self.starts == incarnation:
            self.when_running(lambda: self._pump(partition))

    def _pump(self, partition: int) -> None:
        self._pumping.discard(partition)
        if partition not in self.assigned:
            return
        fetched = self._fetched[partition]
        if not fetched:
            self._fetch(partition, fetched)
            if not self.alive:
                return
        self.loop.do(self._offer, partition, fetched)
        if self.alive and (fetched or self._positions[partition] < self._end(partition)):
            self.pump_soon(partition)

    def _fetch(self, partition: int, fetched: deque[SourceRecord]) -> None:
        start = self._positions[partition]
        stop = min(self._end(partition), start + self.world.options.poll_records_max)
        fetched.extend(self.world.events.at(partition, offset) for offset in range(start, stop))
        self._positions[partition] = stop
        if stop > start:
            ahead = self.world.hit("crash_after_fetch", self.index)
            if ahead is not None:
                if ahead % 2:
                    self.commit()  # Faust's background commit may already have counted what was only fetched
                self.kill()

    def _offer(self, partition: int, fetched: deque[SourceRecord]) -> None:
        owner = self.owners[partition]
        while fetched and self.alive and not owner.full:
            owner.offer(fetched.popleft())
            if owner.state is OwnerState.LIVE:
                landing = self.world.hit("crash_after_handle", self.index)
                if landing is not None:
                    self.kill(landing)

    def _end(self, partition: int) -> int:
        return len(self.world.events._records[partition])

    # Clock ----------------------------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """The owners' clocks look for due deadlines."""
        for partition, owner in self.owners.items():
            if not self.alive or owner.state is not OwnerState.LIVE or owner.runtime is None:
                continue
            # An hour of margin: a clock that looks where nothing is near only costs time, one that ticks early must still be seen.
            now_ms = self.world.now_ms + max(0, self.skew_ms) + HOUR_MS
            if any(deadline_ms <= max(now_ms, area.now_ms + HOUR_MS) for area, deadline_ms in owner.runtime.deadlines()):
                self.loop.spawn(self._clocks[partition].look())

    @property
    def unstable(self) -> bool:
        """Whether it was started more often than any run of faults explains."""
        return self.starts > RESTARTS_MAX
