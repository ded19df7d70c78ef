"""Faults of what we keep in the log for ourselves: snapshots that are torn or changed."""

import asyncio
import random
import signal
from typing import Any

from aiokafka import TopicPartition

from schemas.topics import DOMAINS, snapshots_topic
from streams.kafka import producer, reader
from tests.faults.fault import Fault, Scene
from tests.faults.rig import Rig

READ_S_MAX = 30.0


class SpoiledSnapshots(Fault):
    """Half of a domain's newest snapshot records are torn, or have a byte changed, and its workers are killed: row 24.

    Who takes over must see that they are not whole and fold the journal instead.
    """

    name = "spoiled-snapshots"
    touches = frozenset({"workers", "broker"})

    def __init__(self, scene: Scene, draw: random.Random) -> None:
        super().__init__(scene, draw)
        self.domain = draw.choice(DOMAINS)

    async def start(self, rig: Rig) -> None:
        """See `Fault`."""
        async with asyncio.timeout(READ_S_MAX):
            newest = await self._newest(rig)
            spoiled = await self._spoil(rig, newest)
        rig.did(self.name, domain=self.domain, records=spoiled)
        for number in range(self.scene.workers):
            rig.supervisor.running[f"worker-{self.domain}-{number + 1}"].send(signal.SIGKILL)

    async def _newest(self, rig: Rig) -> dict[tuple[int, bytes], bytes]:
        """The last value of every key."""
        places = [TopicPartition(snapshots_topic(self.domain), number) for number in range(rig.shape.partitions)]
        client = reader(rig.bootstrap)
        await client.start()
        try:
            client.assign(places)
            ends = await client.end_offsets(places)
            await client.seek_to_beginning(*places)
            found: dict[tuple[int, bytes], bytes] = {}
            while waiting := [place for place in places if await client.position(place) < ends[place]]:
                for place, rows in (await client.getmany(*waiting, timeout_ms=1000)).items():
                    found |= {(place.partition, row.key): row.value for row in rows if row.value}
        finally:
            await client.stop()
        return found

    async def _spoil(self, rig: Rig, newest: dict[tuple[int, bytes], bytes]) -> int:
        client = producer(rig.bootstrap)
        await client.start()
        spoiled = 0
        try:
            for (partition, key), value in sorted(newest.items()):
                if self.draw.random() < 0.5:
                    continue
                await client.send_and_wait(snapshots_topic(self.domain), self._torn(value), key=key, partition=partition)
                spoiled += 1
        finally:
            await client.stop()
        return spoiled

    def _torn(self, value: bytes) -> bytes:
        place = self.draw.randrange(len(value))
        if self.draw.random() < 0.5:
            return value[:place]
        return value[:place] + bytes([value[place] ^ 0x40]) + value[place + 1 :]

    async def heal(self, rig: Rig) -> None:
        """See `Fault`. The next snapshots are whole."""

    def describe(self) -> dict[str, Any]:
        """See `Fault`."""
        return {"domain": self.domain}
