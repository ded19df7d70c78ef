"""The ground of one run: a fresh broker (and PostgreSQL where wanted) in a directory of its own, gone afterwards.

Every run starts from empty topics, so that no figure depends on how many runs there were before it.
"""

import asyncio
import os
import secrets
import shutil
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from infra.stack.child import log_tail
from infra.stack.home import free_ports, run_home
from infra.stack.kafka import KafkaCluster
from infra.stack.postgres import PostgresServer
from infra.supervisor.processes import Service, Supervised
from streams.kafka import producer
from streams.partitioning import home_partition
from streams.topics import create_topics

AREA = "310106"
DOMAIN = "meals"
PARTITIONS = 6
"""As in a deployment; the area's home is one of them."""
HOME = home_partition(AREA, PARTITIONS)

Say = Callable[[str], None]


class BenchFailed(RuntimeError):
    """The measurement did not come about; no figure is better than a wrong one."""


@dataclass(slots=True)
class Ground:
    """Started servers and the processes of ours on them."""

    home: Path
    bootstrap: str
    dsn: str = ""
    services: list[Supervised] = field(default_factory=list)

    def run(self, name: str, *arguments: str, **environment: str) -> Supervised:
        """Start `laoxiao` with these arguments; it is stopped with the ground and never started again."""
        settings = {
            "LAOXIAO_KAFKA": self.bootstrap,
            "LAOXIAO_POSTGRES": self.dsn,
            "LAOXIAO_HOME": str(self.home),
            "LAOXIAO_PARTITIONS": str(PARTITIONS),
            "LAOXIAO_CLOCK": "wall",
            "LAOXIAO_PROCESS": name,
        }
        service = Supervised(Service(name, arguments, settings | environment), self.home / "logs", lambda _: None)
        service.start()
        self.services.append(service)
        return service

    def require_running(self) -> None:
        """Raise `BenchFailed` with the end of its log when a process has ended."""
        for service in self.services:
            if service.pid is None:
                raise BenchFailed(f"{service.service.name} ended; its log ends:\n{log_tail(service.log_file)}")

    async def wait_for(self, what: str, met: Callable[[], Awaitable[bool]], *, deadline_s: float, pause_s: float = 0.2) -> None:
        """Return when `met` holds. Raises `BenchFailed` after the deadline or when a process ends."""
        end_s = time.monotonic() + deadline_s
        while not await met():
            self.require_running()
            if time.monotonic() > end_s:
                tails = "\n".join(f"{one.service.name}:\n{log_tail(one.log_file)}" for one in self.services)
                raise BenchFailed(f"not within {deadline_s:.0f} s: {what}\n{tails}")
            await asyncio.sleep(pause_s)


@contextmanager
def ground(name: str, *, postgres: bool = False) -> Iterator[Ground]:
    """A fresh ground under the run directory's ``bench``; everything on it ends and is removed with the block."""
    home = run_home() / "bench" / f"{name}-{secrets.token_hex(4)}"
    home.mkdir(parents=True)
    cluster = KafkaCluster(home / "kafka-1", brokers=1)
    register = PostgresServer(home / "postgres") if postgres else None
    made: Ground | None = None
    try:
        cluster.start(120)
        if register is not None:
            register.start(120)
        made = Ground(home, cluster.bootstrap, register.dsn if register is not None else "")
        asyncio.run(create_topics(made.bootstrap, PARTITIONS))
        yield made
    finally:
        for service in reversed(made.services if made is not None else []):
            service.stop()
        cluster.stop(grace_s=2)
        if register is not None:
            register.erase()
        shutil.rmtree(home, ignore_errors=True)


async def append_all(bootstrap: str, topic: str, values: list[bytes], *, partition: int = HOME, key: bytes = AREA.encode()) -> None:
    """Append these records in order; returns when all are durable."""
    writer = producer(bootstrap, linger_ms=5)
    await writer.start()
    try:
        for start in range(0, len(values), 5_000):
            sent = [await writer.send(topic, value, key=key, partition=partition) for value in values[start : start + 5_000]]
            await asyncio.gather(*sent)
    finally:
        await writer.stop()


class Ends:
    """Asks where a topic's partition ends; cheap enough to ask often."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None)

    async def __aenter__(self) -> "Ends":
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def of(self, topic: str, partition: int = HOME) -> int:
        """The offset the next record will have."""
        place = TopicPartition(topic, partition)
        return int((await self._consumer.end_offsets([place]))[place])


def metrics_of(port: int) -> dict[str, float]:
    """Every sample of a process's `/metrics`, summed over its labels; empty while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    except OSError:
        return {}
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return sums


def metrics_port() -> tuple[int, dict[str, str]]:
    """A free port and the setting that makes a process serve its metrics there."""
    port = free_ports(1)[0]
    return port, {"LAOXIAO_METRICS_PORT": str(port)}


def processor_s(pid: int | None) -> float:
    """Processor seconds that this process has used, in user and kernel (Linux)."""
    if pid is None:
        raise BenchFailed("the process has ended")
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def child_failed(code: int, output: Any) -> BenchFailed:
    """The failure of a helper process of a measurement."""
    return BenchFailed(f"a measuring process ended with {code}: {str(output)[-2000:]}")
