"""Faults of the servers: brokers killed, paused, restarted in turn, with a full disk; PostgreSQL stopped for long or killed."""

import asyncio
import random
import signal
from typing import Any

from tests.faults.fault import Fault, Repeated, Scene
from tests.faults.rig import Rig

READY_S_MAX = 150.0


class KillBroker(Fault):
    """SIGKILL of one broker: rows 6 and 7. One of three stays away until it is healed; the only one is back after some seconds."""

    name = "kill-broker"
    touches = frozenset({"broker"})

    def __init__(self, scene: Scene, draw: random.Random) -> None:
        super().__init__(scene, draw)
        self.node = draw.randrange(scene.brokers)
        if scene.brokers == 1:
            self.lasts_s = draw.uniform(0.5, 12.0)

    async def start(self, rig: Rig) -> None:
        """See `Fault`."""
        await asyncio.to_thread(rig.kafka.kill, self.node)
        rig.did("kill broker", node=self.node)

    async def heal(self, rig: Rig) -> None:
        """See `Fault`."""
        await asyncio.to_thread(rig.kafka.restart, self.node, READY_S_MAX)

    def describe(self) -> dict[str, Any]:
        """See `Fault`."""
        return {"node": self.node}


class PauseBroker(Fault):
    """SIGSTOP of one broker, longer than the cluster waits for its heartbeat: row 8."""

    name = "pause-broker"
    touches = frozenset({"broker"})

    def __init__(self, scene: Scene, draw: random.Random) -> None:
        super().__init__(scene, draw)
        self.node = draw.randrange(scene.brokers)
        self.lasts_s = draw.uniform(3, 20)

    async def start(self, rig: Rig) -> None:
        """See `Fault`."""
        rig.kafka.kill(self.node, signal.SIGSTOP)
        rig.did("pause broker", node=self.node)

    async def heal(self, rig: Rig) -> None:
        """See `Fault`."""
        rig.kafka.kill(self.node, signal.SIGCONT)

    def describe(self) -> dict[str, Any]:
        """See `Fault`."""
        return {"node": self.node}


class RollBrokers(Fault):
    """SIGTERM and start of every broker in turn: row 9. It heals when the round is over."""

    name = "roll-brokers"
    touches = frozenset({"broker"})
    _rolling: asyncio.Task[None] | None = None

    async def start(self, rig: Rig) -> None:
        """See `Fault`."""
        self._rolling = asyncio.create_task(self._roll(rig))

    async def _roll(self, rig: Rig) -> None:
        for node in range(self.scene.brokers):
            rig.did("restart broker", node=node)
            await asyncio.to_thread(rig.kafka.restart, node, READY_S_MAX)
            await asyncio.sleep(1)

    async def heal(self, rig: Rig) -> None:  # noqa: ARG002 - the signature of every fault
        """See `Fault`."""
        if self._rolling is not None:
            await self._rolling


class FullDisk(Fault):
    """The log directory of broker 0 is full: row 22. The broker must end without a false acknowledgement, and serve again with room."""

    name = "full-disk"
    touches = frozenset({"broker"})

    def __init__(self, scene: Scene, draw: random.Random) -> None:
        super().__init__(scene, draw)
        self.lasts_s = draw.uniform(5, 12) if scene.brokers == 1 else draw.uniform(8, 30)

    async def start(self, rig: Rig) -> None:
        """See `Fault`."""
        assert rig.disk is not None
        await asyncio.to_thread(rig.disk.fill)
        rig.did("disk full", how=rig.disk.kind)

    async def heal(self, rig: Rig) -> None:
        """See `Fault`. A broker whose only log directory failed ends by itself; one that wrote nothing meanwhile goes on."""
        assert rig.disk is not None
        await asyncio.to_thread(rig.disk.free)
        if rig.kafka.nodes[0].pid is None:
            rig.did("broker ended by its full disk")
        await asyncio.to_thread(rig.kafka.restart, 0, READY_S_MAX)


class StopPostgres(Fault):
    """PostgreSQL stopped for long: row 17. Agents go on deciding; the rows follow afterwards."""

    name = "stop-postgres"
    touches = frozenset({"postgres"})

    def __init__(self, scene: Scene, draw: random.Random) -> None:
        super().__init__(scene, draw)
        self.lasts_s = scene.long_s

    async def start(self, rig: Rig) -> None:
        """See `Fault`."""
        await asyncio.to_thread(rig.postgres.stop)
        rig.did("stop postgres")

    async def heal(self, rig: Rig) -> None:
        """See `Fault`."""
        if rig.postgres.pid is None:
            await asyncio.to_thread(rig.postgres.start, READY_S_MAX)


class KillPostgres(Repeated):
    """SIGKILL of the postmaster, its crash recovery, and again: row 18."""

    name = "kill-postgres"
    touches = frozenset({"postgres"})
    _restarting: asyncio.Task[None] | None = None

    async def strikes(self, rig: Rig) -> None:
        """See `Repeated`."""
        while True:
            await asyncio.to_thread(rig.postgres.kill)
            rig.did("kill postgres")
            await asyncio.sleep(self.draw.uniform(0.2, 3))
            self._restarting = asyncio.create_task(asyncio.to_thread(rig.postgres.start, READY_S_MAX))
            await asyncio.shield(self._restarting)
            await asyncio.sleep(self.draw.uniform(3, 10))

    async def heal(self, rig: Rig) -> None:
        """See `Fault`."""
        await super().heal(rig)
        if self._restarting is not None:
            await self._restarting
        if rig.postgres.pid is None:
            await asyncio.to_thread(rig.postgres.start, READY_S_MAX)
