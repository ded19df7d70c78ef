"""Faults of our own processes: killed, paused, restarted one after another, joined and left by others, with a clock that jumps."""

import asyncio
import random
import signal
import time
from typing import Any

from infra.supervisor.layout import sharing
from infra.supervisor.processes import Service
from schemas.topics import DOMAINS
from tests.faults.fault import Fault, Repeated, Scene
from tests.faults.rig import Rig

SERVICES = (*(f"{kind}{suffix}" for suffix, _ in sharing(DOMAINS) for kind in ("projector", "reactor")), "gateway", "auditor")
"""The processes of a deployment beside its workers."""
BACK_S_MAX = 30.0


def workers_of(scene: Scene) -> list[str]:
    """Names of the workers that belong to the deployment."""
    return [f"worker-{domain}-{number + 1}" for domain in DOMAINS for number in range(scene.workers)]


class KillWorkers(Repeated):
    """SIGKILL of a random worker every few seconds: rows 1 and 2 of the fault matrix."""

    name = "kill-workers"
    touches = frozenset({"workers"})

    async def strikes(self, rig: Rig) -> None:
        """See `Repeated`."""
        while True:
            victim = self.draw.choice(workers_of(self.scene))
            if rig.supervisor.running[victim].send(signal.SIGKILL):
                rig.did("kill worker", process=victim)
            await asyncio.sleep(self.draw.uniform(1.0, 6.0))


class KillServices(Repeated):
    """SIGKILL of projector, reactor, gateway or auditor every few seconds: row 5."""

    name = "kill-services"
    touches = frozenset(SERVICES)

    async def strikes(self, rig: Rig) -> None:
        """See `Repeated`."""
        while True:
            victim = self.draw.choice(SERVICES)
            if rig.supervisor.running[victim].send(signal.SIGKILL):
                rig.did(f"kill {victim.split('-')[0]}", process=victim)
            await asyncio.sleep(self.draw.uniform(0.8, 4.0))


class Pause(Fault):
    """SIGSTOP for the length of the draw, then SIGCONT: rows 3 and 8. A worker's pause outlives its session: a zombie owner."""

    name = "pause"

    def __init__(self, scene: Scene, draw: random.Random, victims: list[str], touches: str | None = None) -> None:
        super().__init__(scene, draw)
        self.victim = draw.choice(victims)
        self.touches = frozenset({touches or self.victim})
        self.name = f"pause-{touches or 'service'}"
        if touches == "workers":
            self.lasts_s = scene.session_timeout_s * draw.uniform(1.3, 3.0)

    async def start(self, rig: Rig) -> None:
        """See `Fault`."""
        if rig.supervisor.running[self.victim].send(signal.SIGSTOP):
            rig.did("pause", process=self.victim)

    async def heal(self, rig: Rig) -> None:
        """See `Fault`."""
        rig.supervisor.running[self.victim].send(signal.SIGCONT)

    def describe(self) -> dict[str, Any]:
        """See `Fault`."""
        return {"process": self.victim}


def pause_worker(scene: Scene, draw: random.Random) -> Fault:
    """SIGSTOP of a worker beyond its session timeout."""
    return Pause(scene, draw, workers_of(scene), "workers")


def pause_service(scene: Scene, draw: random.Random) -> Fault:
    """SIGSTOP of projector, reactor, gateway or auditor."""
    return Pause(scene, draw, list(SERVICES))


class RollingRestart(Repeated):
    """SIGTERM of every process in turn; the next one when the last is back: rows 4 and 33 with one release."""

    name = "rolling-restart"
    touches = frozenset({"workers", *SERVICES})

    async def strikes(self, rig: Rig) -> None:
        """See `Repeated`. Once round, then the fault only waits for its end."""
        for name in [*workers_of(self.scene), *SERVICES]:
            process = rig.supervisor.running[name]
            before, asked_s = process.restarts, time.monotonic()
            if process.send(signal.SIGTERM):
                rig.did("clean restart", process=name)
            while process.restarts == before and time.monotonic() - asked_s < BACK_S_MAX:  # noqa: ASYNC110 - nothing tells of a restart
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.5)


class RebalanceStorm(Repeated):
    """More workers join and leave every few seconds, half of them by SIGKILL: row 14. They are ordinary members, so that each coming
    and each going is a rebalance."""

    name = "rebalance-storm"
    touches = frozenset({"storm"})

    def __init__(self, scene: Scene, draw: random.Random) -> None:
        super().__init__(scene, draw)
        self._number = 0

    async def strikes(self, rig: Rig) -> None:
        """See `Repeated`."""
        while True:
            self._number += 1
            domain = self.draw.choice(DOMAINS)
            name = f"storm-{domain}-{self._number}"
            rig.metrics_ports[name] = 0
            environment = rig.environment(name) | {"LAOXIAO_PROCESS": ""}
            del rig.metrics_ports[name]
            process = rig.supervisor.add(Service(name, ("worker", "--domain", domain), environment))
            rig.did("worker joins", process=name)
            try:
                await asyncio.sleep(self.draw.uniform(2.5, 6.0))
            finally:
                del rig.supervisor.running[name]
                if self.draw.random() < 0.5:
                    process.send(signal.SIGKILL)
                await asyncio.to_thread(process.stop)
            await asyncio.sleep(self.draw.uniform(0.1, 1.5))


class ClockJumps(Repeated):
    """The wall clock of workers and gateway jumps, by 1 to 262 s either way, and strobes: row 26. Brokers keep theirs: time comes from
    the log alone."""

    name = "clock-jumps"
    touches = frozenset({"clock"})

    async def strikes(self, rig: Rig) -> None:
        """See `Repeated`."""
        assert rig.clock is not None
        while True:
            size_s = 2 ** self.draw.uniform(0, 8.03)
            jump_s = self.draw.choice((-1, 1)) * size_s
            strobe = self.draw.random() < 0.3
            rig.did("clock jump", seconds=round(jump_s, 1), strobe=strobe)
            for _ in range(20 if strobe else 1):
                rig.clock.set_ahead(jump_s)
                await asyncio.sleep(0.1)
                if strobe:
                    rig.clock.set_ahead(0)
                    await asyncio.sleep(0.1)
            await asyncio.sleep(self.draw.uniform(1, 5))

    async def heal(self, rig: Rig) -> None:
        """See `Fault`."""
        await super().heal(rig)
        assert rig.clock is not None
        rig.clock.set_ahead(0)
