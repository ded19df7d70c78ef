"""Real workers as processes, and what a test asks a real broker about them."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from schemas.journal import Decided, Opened
from streams.kafka import producer
from streams.partitioning import home_partition
from streams.tail import JournalTail, Judged, Position
from tests.streams.counting import register
from tests.streams.ground import Ground

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def worker(ground: Ground, partitions: int, owner: str = "w", **settings: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of the ground's domain; killed at the end when it still runs."""
    config = {"bootstrap": ground.bootstrap, "domain": ground.domain, "partitions": partitions, "clock": "wall", "owner": owner}
    config |= {"session_timeout_s": 6.0} | settings
    command = [sys.executable, "-m", "tests.streams.worker_process", json.dumps(config)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()


@dataclass
class Journal:
    """What readers of the journal have believed so far."""

    positions: dict[int, Position] = field(default_factory=dict)
    records: list[Judged] = field(default_factory=list)

    @property
    def answered(self) -> list[str]:
        """Ids of the events decided in valid records, repeats left out."""
        return [d.event_id for r in self._valid() for d in r.decisions if not d.repeat and d.event_type != "clock.ticked.v1"]

    @property
    def facts(self) -> list[str]:
        """Types of the facts in valid records."""
        return [reasoned.fact.type for r in self._valid() for d in r.decisions for reasoned in d.facts]

    @property
    def openers(self) -> list[str]:
        """Who opened epochs."""
        return [judged.record.owner for judged in self.records if isinstance(judged.record, Opened)]

    def _valid(self) -> list[Decided]:
        return [judged.record for judged in self.records if judged.valid and isinstance(judged.record, Decided)]


async def follow(ground: Ground, journal: Journal, wanted: Any, deadline_s: float = 40.0) -> float:
    """Read on until `wanted(journal)`; returns the seconds it took."""
    started_s = time.monotonic()
    async with JournalTail(ground.bootstrap, ground.domain, journal.positions) as tail:
        while not wanted(journal):
            assert time.monotonic() < started_s + deadline_s, f"not in time: {len(journal.answered)} answered, {journal.openers} opened"
            journal.records += await tail.batch(0.2, 1_000)
            journal.positions = tail.positions()
    return time.monotonic() - started_s


async def send(
    ground: Ground, partitions: int, events: list[dict[str, Any]], *, partition: int | None = None, pause_s: float = 0.0
) -> None:
    """Each event as a record of its own, to its home or to the partition named."""
    register(ground.domain)
    client = producer(ground.bootstrap)
    await client.start()
    try:
        for event in events:
            place = home_partition(event["area"], partitions) if partition is None else partition
            stored = await client.send(f"{ground.domain}.events", orjson.dumps(event), key=event["area"].encode(), partition=place)
            if pause_s:
                await stored
                await asyncio.sleep(pause_s)
        await client.flush()
    finally:
        await client.stop()


async def send_raw(ground: Ground, partition: int, value: bytes | None, key: bytes | None = b"k") -> None:
    """Any bytes."""
    client = producer(ground.bootstrap)
    await client.start()
    try:
        await client.send_and_wait(f"{ground.domain}.events", value, key=key, partition=partition)
    finally:
        await client.stop()
