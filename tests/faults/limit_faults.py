"""Limits of the machine, laid on one process while it runs: files, memory, processor; and the whole machine at once."""

import asyncio
import contextlib
import random
import resource
import signal
from abc import abstractmethod
from pathlib import Path
from typing import Any

from tests.faults.fault import Fault, Repeated, Scene
from tests.faults.process_faults import SERVICES, workers_of
from tests.faults.rig import Rig

MEMORY_LEFT_BYTES = 4 * 1024 * 1024
READY_S_MAX = 150.0
AWAKE_S, ASLEEP_S = 0.01, 0.09
"""A tenth of a processor."""


class Limited(Fault):
    """A limit of the kernel on one process; it goes with the process, so a restart heals as well."""

    limit: int
    victims: tuple[str, ...] | None = None
    _laid: tuple[int, tuple[int, int]] | None = None

    def __init__(self, scene: Scene, draw: random.Random) -> None:
        super().__init__(scene, draw)
        self.victim = draw.choice([*workers_of(scene), *SERVICES])
        self.touches = frozenset({"workers" if self.victim.startswith("worker-") else self.victim})

    @abstractmethod
    def size(self, pid: int) -> int:
        """What the limit is set to."""

    async def start(self, rig: Rig) -> None:
        """See `Fault`. A process that ends meanwhile is one that noticed."""
        pid = rig.supervisor.running[self.victim].pid
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            before = resource.prlimit(pid, self.limit)
            resource.prlimit(pid, self.limit, (self.size(pid), before[1]))
            self._laid = (pid, before)
            rig.did(self.name, process=self.victim)

    async def heal(self, rig: Rig) -> None:
        """See `Fault`."""
        if self._laid is not None and rig.supervisor.running[self.victim].pid == self._laid[0]:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(self._laid[0], self.limit, self._laid[1])

    def describe(self) -> dict[str, Any]:
        """See `Fault`."""
        return {"process": self.victim}


class FewFiles(Limited):
    """No file or connection more than are open now: row 30."""

    name = "few-files"
    limit = resource.RLIMIT_NOFILE

    def size(self, pid: int) -> int:
        """See `Limited`."""
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))


class LittleMemory(Limited):
    """Hardly more memory than it has now: row 28. It must go on, or end and be started again; never answer otherwise than with it."""

    name = "little-memory"
    limit = resource.RLIMIT_AS

    def size(self, pid: int) -> int:
        """See `Limited`."""
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
        return pages * resource.getpagesize() + MEMORY_LEFT_BYTES


class Starved(Repeated):
    """One process gets a tenth of a processor, in slices: row 29."""

    name = "starved"

    def __init__(self, scene: Scene, draw: random.Random) -> None:
        super().__init__(scene, draw)
        self.victim = draw.choice([*workers_of(scene), *SERVICES])
        self.touches = frozenset({"workers" if self.victim.startswith("worker-") else self.victim})

    async def strikes(self, rig: Rig) -> None:
        """See `Repeated`."""
        rig.did(self.name, process=self.victim)
        process = rig.supervisor.running[self.victim]
        while True:
            process.send(signal.SIGSTOP)
            await asyncio.sleep(ASLEEP_S)
            process.send(signal.SIGCONT)
            await asyncio.sleep(AWAKE_S)

    async def heal(self, rig: Rig) -> None:
        """See `Fault`."""
        await super().heal(rig)
        rig.supervisor.running[self.victim].send(signal.SIGCONT)

    def describe(self) -> dict[str, Any]:
        """See `Fault`."""
        return {"process": self.victim}


class PowerCut(Fault):
    """Everything of ours, every broker and PostgreSQL end at one moment, and start again in any order: row 34."""

    name = "power-cut"
    touches = frozenset({"workers", *SERVICES, "broker", "postgres", "storm"})

    def __init__(self, scene: Scene, draw: random.Random) -> None:
        super().__init__(scene, draw)
        self.lasts_s = draw.uniform(0.2, 3.0)
        self.order = draw.sample(["postgres", *map(str, range(scene.brokers))], scene.brokers + 1)

    async def start(self, rig: Rig) -> None:
        """See `Fault`. Who supervises is part of the machine, but is needed for the other faults of the run: it stays."""
        for process in list(rig.supervisor.running.values()):
            process.send(signal.SIGKILL)
        for node in range(self.scene.brokers):
            rig.kafka.kill(node)
        rig.postgres.kill()
        rig.did(self.name)

    async def heal(self, rig: Rig) -> None:
        """See `Fault`. Our processes are started by their supervisor all the while, before there is any server."""
        starts = []
        for name in self.order:
            work = (rig.postgres.start, READY_S_MAX) if name == "postgres" else (rig.kafka.restart, int(name), READY_S_MAX)
            starts.append(asyncio.create_task(asyncio.to_thread(*work)))
            await asyncio.sleep(self.draw.uniform(0.1, 2.0))
        await asyncio.gather(*starts)

    def describe(self) -> dict[str, Any]:
        """See `Fault`."""
        return {"order": self.order}
