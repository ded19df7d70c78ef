"""A deployment of real processes with its day being played, for tests that break it."""

import asyncio
import contextlib
import logging
import random
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from infra.checkers.report import Report
from infra.scenario.day import DayPlan
from infra.scenario.player import Play, Progress, play_day
from infra.supervisor.deployment import Deployment, Shape
from infra.supervisor.verify import verify
from schemas.journal import Clock
from schemas.topics import DOMAINS
from streams.ending import cancel_until_ended

KILLED = frozenset({"worker", "projector", "gateway", "reactor", "broker"})
"""Of each of these one at least."""
BROKER_KILLS_MAX = 2
"""Everything waits while a broker starts, which a busy machine spends a minute on."""
HEAL_S_MAX = 150.0
"""For the kills that are still missing when the day is over, and the last broker's start."""
DISTRICTS = ("310106", "310151", "310110", "310101")
"""Four areas, so that both workers own something that matters."""


@contextlib.asynccontextmanager
async def deployment(home: Path, *, workers: int, domains: tuple[str, ...] = DOMAINS) -> AsyncIterator[Deployment]:
    """Real Kafka, PostgreSQL and every process of ours (of these domains), watched by a supervisor; gone afterwards."""
    shape = Shape(home=home, clock=Clock.PLAYED, workers=workers, session_timeout_s=6, snapshot_every=400, domains=domains)
    # What a client has to say about each broken connection is no news here, and buries what a failed test has to say.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    running = Deployment(shape, told=lambda _: None)
    watching: asyncio.Task[None] | None = None
    try:
        await running.start()
        watching = asyncio.create_task(_watch(running))
        yield running
    finally:
        if watching is not None:
            await cancel_until_ended([watching])
        await asyncio.to_thread(running.stop)


async def play_and_verify(running: Deployment, plan: DayPlan, seconds: float, harm: "Harm") -> tuple[Progress, Report]:
    """Play the day while `harm` is done; heal; wait for rest; check every invariant on what really happened."""
    log = running.shape.home / "sent.jsonl"
    play = Play(plan, running.bootstrap, log, seconds=seconds, tick_minutes=5, http_url=running.url, http_permille=30)
    harming = asyncio.create_task(harm.run(running), name="harm")
    playing = asyncio.create_task(play_day(play), name="play")
    try:
        # Harm that broke half way has healed nothing: clients would wait for what nobody starts again.
        await asyncio.wait({harming, playing}, return_when=asyncio.FIRST_COMPLETED)
        if harming.done():
            harming.result()
        played = await playing
        harm.enough.set()
        async with asyncio.timeout(HEAL_S_MAX):
            await harming
    finally:
        await _ended(harming, playing)
    return played, await verify(running, log)


async def _ended(*tasks: "asyncio.Task[Any]") -> None:
    """Cancelled where they still run, and waited for within bounds: a client of a server that is gone may close slowly."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HEAL_S_MAX):
            await cancel_until_ended(tasks)


class Harm(ABC):
    """What is done to a deployment while it works; `enough` ends it, and then everything has been healed."""

    def __init__(self) -> None:
        self.enough = asyncio.Event()
        self.done: dict[str, int] = {}

    @abstractmethod
    async def run(self, running: Deployment) -> None:
        """Do it until `enough`; whatever it raises ends the day."""

    async def pause(self, seconds: float) -> bool:
        """Wait; True when it is enough."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.enough.wait()
        return self.enough.is_set()


class RandomKills(Harm):
    """SIGKILL of a random process every second or two: workers, projector, gateway, reactor, and now and then the broker; so many in all,
    and every kind of them."""

    def __init__(self, seed: str, *, broker_every_s: float, kills_min: int) -> None:
        super().__init__()
        self._kills_min = kills_min
        self._draw = random.Random(seed)
        self._broker_every_s = broker_every_s

    async def run(self, running: Deployment) -> None:
        broker_due_s = time.monotonic() + self._broker_every_s / 2
        while True:
            wait_s = self._draw.uniform(0.8, 2.0)
            if sum(self.done.values()) >= self._kills_min and self.done.keys() >= KILLED:
                # More would only make a slow machine slower: every one of them loads the whole project anew.
                await self.enough.wait()
                return
            if await self.pause(wait_s):
                # The day is over: what is still missing is killed while the rest of it is being decided and projected.
                await asyncio.sleep(wait_s)
            if time.monotonic() > broker_due_s and self.done.get("broker", 0) < BROKER_KILLS_MAX and running.stack.kafka is not None:
                await asyncio.to_thread(running.stack.kafka.kill, 0)
                self._count("broker")
                await asyncio.sleep(self._draw.uniform(0.1, 1.5))
                await asyncio.to_thread(running.stack.kafka.restart, 0)
                broker_due_s = time.monotonic() + self._broker_every_s
                continue
            name = self._draw.choice(sorted(running.supervisor.running))
            if running.supervisor.running[name].send(signal.SIGKILL):
                self._count(name.split("-")[0])

    def _count(self, name: str) -> None:
        self.done[name] = self.done.get(name, 0) + 1


async def _watch(running: Deployment) -> None:
    while True:
        running.tick()
        await asyncio.sleep(0.05)
