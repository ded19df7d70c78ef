"""Who sends what while the system is tormented: districts of the scenario through Kafka and through the gateway, and a crowd.

Every client keeps its own log; `merged` makes one of them for the checkers.
"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import orjson
from aiokafka.errors import KafkaError

from infra.scenario.day import DayPlan, build_day, with_ticks
from infra.scenario.player import Play, Progress, play_items
from infra.scenario.words import Item
from infra.supervisor.deployment import Deployment

KAFKA_DISTRICTS = ("310106", "310110")
HTTP_DISTRICT = "310101"
CROWD_DISTRICT = "310151"
HTTP_PERMILLE = 250
SHORT_MINUTES = 4.0
GIVE_UP_S_MIN, GIVE_UP_S_MAX = 240.0, 900.0
"""Longer than any fault: a careful client repeats until it has an answer."""


@dataclass(frozen=True)
class Load:
    """How much. `scale` is the share of a day's demand that comes within `seconds`."""

    seed: str
    seconds: float
    scale: float
    tick_minutes: int
    kafka_districts: tuple[str, ...] = KAFKA_DISTRICTS

    @property
    def give_up_s(self) -> float:
        """Longer than any fault of a run of this length."""
        return max(GIVE_UP_S_MIN, min(GIVE_UP_S_MAX, 3 * self.seconds))


def load_for(seed: str, seconds: float) -> Load:
    """The whole demand of a day, in half an hour or more: 170,000 events and the crowd's. A run of a few minutes is about its faults, on
    a machine that may be small: it has half of that pace, and a district less."""
    minutes = seconds / 60
    if minutes < SHORT_MINUTES:
        return Load(seed, seconds, scale=max(0.02, minutes / 75), tick_minutes=15, kafka_districts=KAFKA_DISTRICTS[:1])
    return Load(seed, seconds, scale=min(1.0, minutes / 30), tick_minutes=1 if minutes > 10 else 5)


class Crowd:
    """People of one more district, who come in bursts as fast as the servers take them."""

    def __init__(self, load: Load, deployment: Deployment, logs: Path) -> None:
        self._plan = DayPlan(districts=(CROWD_DISTRICT,), seed=f"{load.seed}/crowd", scale=min(2.0, load.scale * 2))
        self._give_up_s = load.give_up_s
        self._items = list(with_ticks(build_day(self._plan), self._plan, 15))
        self._deployment = deployment
        self._logs = logs
        self._next = 0
        self._coming: asyncio.Task[None] | None = None
        self.pace_per_s = 0.0
        self.logs: list[Path] = []

    def come(self, factor: float, seconds: float) -> int:
        """So many times the usual pace for so long; returns how many events will come. Bursts follow one another."""
        count = round(self.pace_per_s * factor * seconds)
        burst = self._items[self._next : self._next + count]
        self._next += len(burst)
        log = self._logs / f"sent-crowd-{len(self.logs)}.jsonl"
        self.logs.append(log)
        self._coming = asyncio.create_task(self._send(burst, log, self._coming))
        return len(burst)

    async def gone(self) -> None:
        """Until every burst is answered for."""
        if self._coming is not None:
            await self._coming

    async def _send(self, burst: list[Item], log: Path, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        play = Play(plan=self._plan, bootstrap=self._deployment.bootstrap, log_path=log, give_up_s=self._give_up_s)
        give_up_s = time.monotonic() + self._give_up_s
        while True:
            try:
                await play_items(play, burst)
                return
            except KafkaError:
                # Only before anything is sent: the crowd has come while there was no broker, and stands there until there is one.
                if _anything_in(log) or time.monotonic() > give_up_s:
                    raise
                await asyncio.sleep(1)


def _anything_in(log: Path) -> bool:
    return log.exists() and log.stat().st_size > 0


@dataclass
class Traffic:
    """All clients of a run."""

    plays: list[tuple[Play, list[Item]]]
    crowd: Crowd

    @property
    def pace_per_s(self) -> float:
        """How many events come a second without the crowd."""
        return sum(len(items) / (play.seconds or 1.0) for play, items in self.plays)

    async def run(self) -> list[Progress]:
        """Send everything at its pace; returns when the fate of every record is known."""
        return list(await asyncio.gather(*(play_items(play, items) for play, items in self.plays)))

    def merged(self, into: Path) -> Path:
        """One sent log of them all."""
        number = 0
        with into.open("wb") as out:
            for log in [play.log_path for play, _ in self.plays] + self.crowd.logs:
                if not log.exists():
                    continue
                numbers: dict[int, int] = {}
                for line in log.read_bytes().splitlines():
                    entry = orjson.loads(line)
                    if entry["record"] not in numbers:
                        number += 1
                        numbers[entry["record"]] = number
                    out.write(orjson.dumps(entry | {"record": numbers[entry["record"]]}) + b"\n")
        return into


def make_traffic(load: Load, deployment: Deployment) -> Traffic:
    """Build the days; the deployment runs already."""
    logs = deployment.shape.home
    plays = []
    for name, districts, permille in (("kafka", load.kafka_districts, 0), ("http", (HTTP_DISTRICT,), HTTP_PERMILLE)):
        plan = DayPlan(districts=districts, seed=f"{load.seed}/{name}", scale=load.scale)
        play = Play(
            plan=plan,
            bootstrap=deployment.bootstrap,
            log_path=logs / f"sent-{name}.jsonl",
            seconds=load.seconds,
            http_url=deployment.url if permille else None,
            http_permille=permille,
            give_up_s=load.give_up_s,
        )
        plays.append((play, list(with_ticks(build_day(plan), plan, load.tick_minutes))))
    traffic = Traffic(plays, Crowd(load, deployment, logs))
    traffic.crowd.pace_per_s = traffic.pace_per_s
    return traffic
