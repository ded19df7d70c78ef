"""The world of one run: one virtual clock, one heap, the logs, and the fault switches. One thread, no real time, no hidden order."""

from collections.abc import Callable
from functools import lru_cache
from heapq import heappop, heappush
from random import Random

from schemas.journal import JournalRecord, decode
from streams.memory import MemoryEventLog, MemoryJournal
from tests.simulation.plan import Options, Plan
from tests.simulation.run import Attempt, Ended


@lru_cache(maxsize=2048)
def decoded_once(value: bytes | None) -> JournalRecord:
    """The real decoder; the same bytes are not decoded again, since recoveries and readers of one run read the same few hundred."""
    return decode(value)


class Universe:
    """One clock and one heap, shared by every domain of a run."""

    def __init__(self, options: Options) -> None:
        self.now_ms = options.start_ms
        self.healed = False
        self._heap: list[tuple[int, float, int, Callable[[], None]]] = []
        self._count = 0
        self._draw = Random(f"{options.seed}/schedule").random

    def later(self, at_ms: int, work: Callable[[], None]) -> None:
        """Do this at that instant; what falls on one instant comes in an order the seed draws."""
        self._count += 1
        heappush(self._heap, (max(at_ms, self.now_ms), self._draw(), self._count, work))

    def run_until(self, stop_ms: int) -> None:
        """Everything up to an instant."""
        heap = self._heap
        while heap and heap[0][0] <= stop_ms:
            at_ms, _, _, work = heappop(heap)
            self.now_ms = max(self.now_ms, at_ms)
            work()
        self.now_ms = max(self.now_ms, stop_ms)


class World:
    """Everything outside the processes of one domain: its logs, what its clients know, and its fault switches."""

    def __init__(self, plan: Plan, universe: Universe) -> None:
        self.plan = plan
        self.options = plan.options
        self.universe = universe
        self.later = universe.later
        self.broker_skew_ms = 0
        self.events = MemoryEventLog(plan.options.partitions, self._broker_ms)
        self.journal = MemoryJournal(plan.options.partitions)
        self.snapshots: list[dict[str, bytes]] = [{} for _ in range(plan.options.partitions)]
        self.committed = [0] * plan.options.partitions
        self.commits: list[tuple[int, int, int]] = []
        self.attempts: list[Attempt] = []
        self.ended: list[Ended] = []
        self.injected: dict[str, int] = {}
        self.on_append: list[Callable[[int], None]] = []
        self.still = False
        """The run is at its end: people begin nothing new."""
        self._armed: dict[tuple[str, int], list[int]] = {}
        self._decoded: list[list[JournalRecord]] = [[] for _ in range(plan.options.partitions)]

    @property
    def now_ms(self) -> int:
        """The one clock."""
        return self.universe.now_ms

    @property
    def healed(self) -> bool:
        """Whether the time of faults is over."""
        return self.universe.healed

    def append_event(self, partition: int, key: bytes | None, value: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()) -> int:
        """One more record on the events topic; whoever consumes the partition hears of it."""
        offset = self.events.add(key, value, partition=partition, headers=headers)
        for hear in self.on_append:
            hear(partition)
        return offset

    def decoded(self, partition: int, start: int, records_max: int) -> list[tuple[int, bytes, JournalRecord]]:
        """The journal as its readers see it; each record is decoded once, since decoding is most of what a reader does."""
        values, known = self.journal._values[partition], self._decoded[partition]
        stop = min(len(values), start + records_max)
        while len(known) < stop:
            known.append(decoded_once(values[len(known)]))
        return [(offset, values[offset], known[offset]) for offset in range(start, stop)]

    def arm(self, kind: str, target: int, amount: int) -> None:
        """The next time this worker (or reader) gets to that point, the fault happens."""
        self._armed.setdefault((kind, target), []).append(amount)

    def hit(self, kind: str, target: int) -> int | None:
        """BUGGIFY: whether an armed fault happens here and now; its amount, or None."""
        armed = self._armed.get((kind, target))
        if not armed or self.healed:
            return None
        self.count(kind)
        return armed.pop(0)

    def count(self, kind: str) -> None:
        """One more fault that really happened."""
        self.injected[kind] = self.injected.get(kind, 0) + 1

    def heal(self) -> None:
        """No more faults."""
        self._armed.clear()

    def _broker_ms(self) -> int:
        return self.now_ms + self.broker_skew_ms
