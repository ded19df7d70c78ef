"""Ends a process that has stopped moving (exit 73): Faust's consumers can stall silently, and a paused owner must not linger.

Two looks: on the loop, at partitions with unanswered records and no progress; from a thread, at the loop itself.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from aiokafka.errors import KafkaError

from streams.owner import EXIT_WATCHDOG, Carrying, OwnerState, PartitionOwner

S = TypeVar("S")
_log = logging.getLogger(__name__)
LOOK_S = 1.0
ASK_S_MAX = 5.0


class Watchdog(Generic[S]):
    """Watches the owners of one process; also reports their lag, in-flight records and gauges."""

    def __init__(self, carrying: Carrying[S], owners: Callable[[], Iterable[PartitionOwner[S]]], stall_s: float) -> None:
        self._c = carrying
        self._owners = owners
        self._stall_s = stall_s
        self._seen: dict[int, tuple[int, float]] = {}

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look(time.monotonic())
            await asyncio.sleep(LOOK_S)

    async def look(self, now_s: float) -> None:
        """One look. A broker that cannot be asked is no stall of ours: waiting for it is all that anybody can do."""
        for owner in list(self._owners()):
            if owner.state in {OwnerState.RELEASED, OwnerState.FAILED}:
                self._seen.pop(owner.partition, None)
                continue
            lag = await self._lag(owner)
            self._report(owner, lag)
            progress, since_s = self._seen.get(owner.partition, (-1, now_s))
            if lag is None or lag == 0 or progress != owner.progress:
                self._seen[owner.partition] = (owner.progress, now_s)
            elif now_s - since_s > self._stall_s:
                name = f"{self._c.domain.name}[{owner.partition}]"
                self._c.die(EXIT_WATCHDOG, f"{name}: {lag} records behind and no progress for {now_s - since_s:.0f} s")

    async def _lag(self, owner: PartitionOwner[S]) -> int | None:
        try:
            async with asyncio.timeout(ASK_S_MAX):
                end = await self._c.events.end_offset(owner.partition)
        except (KafkaError, OSError, TimeoutError) as error:
            _log.warning("%s[%d]: the end of the log is unknown: %s", self._c.domain.name, owner.partition, type(error).__name__)
            return None
        handled = owner.runtime.next_source_offset if owner.runtime is not None else 0
        return max(0, end - handled)

    def _report(self, owner: PartitionOwner[S], lag: int | None) -> None:
        name = self._c.domain.name
        if lag is not None:
            self._c.metrics.lag(name, owner.partition, lag)
        self._c.metrics.in_flight(name, owner.partition, owner.in_flight)
        if owner.state is OwnerState.LIVE and owner.runtime is not None:
            self._c.metrics.gauges(name, owner.partition, owner.runtime.gauges())


class LoopGuard:
    """A thread that ends the process when the event loop has not turned for `stall_s`, or the whole process was paused so long:
    by then the group has given the partitions to somebody else."""

    def __init__(self, stall_s: float, die: Callable[[int, str], None]) -> None:
        self._stall_s = stall_s
        self._die = die
        self._beat_s = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="loop-guard", daemon=True)

    async def run(self) -> None:
        """Beat, until cancelled."""
        self._beat_s = time.monotonic()
        self._thread.start()
        try:
            while True:
                self._beat_s = time.monotonic()
                await asyncio.sleep(self._stall_s / 10)
        finally:
            self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(self._stall_s / 4):
            silent_s = time.monotonic() - self._beat_s
            if silent_s > self._stall_s:
                self._die(EXIT_WATCHDOG, f"the event loop stood still for {silent_s:.1f} s")
