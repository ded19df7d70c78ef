"""Owners on memory ports, in this process: what a test of the protocol needs, without Kafka's seconds."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from schemas.journal import Clock, Decided, decode
from streams.memory import MemoryEventLog, MemoryJournal, MemorySnapshots
from streams.owner import Carrying, OwnerState, PartitionOwner
from streams.statehash import state_hash
from streams.validity import Validity
from tests.streams.counting import Count, register

PARTITIONS = 1


@dataclass
class World:
    """One partition of the counting domain: its logs, and how owners of it end."""

    clock: Clock = Clock.WALL
    snapshot_every: int = 1_000_000
    events: MemoryEventLog = field(default_factory=lambda: MemoryEventLog(PARTITIONS, lambda: 1_000_000))
    journal: MemoryJournal = field(default_factory=lambda: MemoryJournal(PARTITIONS))
    snapshots: MemorySnapshots = field(default_factory=MemorySnapshots)
    committed: int = 0
    ends: list[tuple[int, str]] = field(default_factory=list)

    def carrying(self, owner: str = "w", **changes: Any) -> Carrying[Count]:
        async def committed(partition: int) -> int:
            return self.committed

        settings: dict[str, Any] = {
            "domain": register("counting"),
            "events": self.events,
            "journal": self.journal,
            "snapshots": self.snapshots,
            "committed": committed,
            "die": lambda code, reason: self.ends.append((code, reason)),
            "owner": owner,
            "clock": self.clock,
            "snapshot_every": self.snapshot_every,
        }
        return Carrying(**(settings | changes))

    def send(self, *events: dict[str, Any], headers: tuple[tuple[str, bytes], ...] = ()) -> None:
        """Each as a record of its own."""
        for event in events:
            self.events.add(event["area"].encode(), orjson.dumps(event), partition=0, headers=headers)

    def deliver(self, owner: PartitionOwner[Count], start: int = 0) -> None:
        """Hand over what the log holds from `start` on, as the group would."""
        for record in self.events.records(0)[start:]:
            owner.offer(record)

    async def live(self, **changes: Any) -> PartitionOwner[Count]:
        """A fresh owner (a fresh process) that has taken the partition."""
        owner = PartitionOwner(self.carrying(**changes), 0)
        owner.take()
        await until(lambda: owner.state is OwnerState.LIVE or bool(self.ends))
        return owner

    def believed(self) -> list[Decided]:
        """The journal records that count."""
        judge = Validity()
        records = [(entry.offset, decode(entry.value)) for entry in self.journal.entries(0)]
        return [record for offset, record in records if judge.accept(offset, record) and isinstance(record, Decided)]

    def answered(self) -> list[str]:
        """The ids of the events decided, in order, repeats left out."""
        return [decision.event_id for record in self.believed() for decision in record.decisions if not decision.repeat]


def hashes(owner: PartitionOwner[Count]) -> dict[str, str]:
    """The hash of every area an owner holds."""
    assert owner.runtime is not None
    return {name: state_hash(owner.runtime.domain, area) for name, area in sorted(owner.runtime.areas.items())}


async def until(condition: Callable[[], bool], deadline_s: float = 10.0) -> None:
    """Wait for a condition; a test that waits longer has failed."""
    end_s = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end_s, "the condition did not come true in time"
        await asyncio.sleep(0.005)
