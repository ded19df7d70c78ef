"""A really running gateway on a loopback port, over a Kafka of these tests' own and a fresh PostgreSQL database."""

import asyncio
import itertools
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from infra.gateway.gateway import Gateway
from infra.gateway.server import serve
from infra.postgres.migrator import migrate
from infra.settings import Settings
from infra.stack.kafka import KafkaCluster
from infra.stack.own_loop import in_own_loop
from schemas.topics import DOMAINS
from streams.topics import create_topics

PARTITIONS = 2
collect_ignore = [] if "childcare" in DOMAINS else ["test_last_seat.py"]
"""What is not switched on has no topics: its journeys over HTTP are collected from the day it is."""
STARTED_SECONDS_MAX = 30.0
_NUMBERS = itertools.count()
_RUN = secrets.token_hex(3)


def unique(prefix: str) -> str:
    """An id nobody used before: the log of these tests is shared by the session."""
    return f"{prefix}-{_RUN}-{next(_NUMBERS)}"


def order(event_id: str | None = None, *, area: str = "310106", portions: int = 1, **changes: Any) -> dict[str, Any]:
    """A valid `meals.order.placed.v1` as a CloudEvent; `changes` replace attributes."""
    event_id = event_id or unique("ev")
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": event_id,
        "source": "/tests/kiosk-1",
        "type": "meals.order.placed.v1",
        "time": "2026-11-22T09:12:03.120+08:00",
        "area": area,
        "actor": "relative:p-1",
        "data": {
            "order_id": f"ord-{event_id}",
            "person_id": "p-2",
            "position": {"lat": 31.23, "lon": 121.45},
            "meal": "lunch",
            "portions": portions,
            "service": "delivery",
            "date": "2026-11-23",
        },
    }
    return event | changes


async def until(condition: Callable[[], bool]) -> None:
    """Wait for it, not for luck: fails when it does not come true in time."""
    async with asyncio.timeout(STARTED_SECONDS_MAX):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)


@dataclass(frozen=True)
class Running:
    """One running gateway."""

    gateway: Gateway
    server: uvicorn.Server
    client: httpx.AsyncClient
    port: int
    serving: "asyncio.Task[int]"

    async def ready(self, *names: str) -> None:
        """Wait until the named checks (default: all) are ok."""
        async with asyncio.timeout(STARTED_SECONDS_MAX):
            while True:
                checks = (await self.client.get("/readyz")).json()["checks"]
                if all(state == "ok" for name, state in checks.items() if not names or name in names):
                    return
                await asyncio.sleep(0.05)


class RunGateway:
    """Starts gateways and stops them with the test."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._running: list[Running] = []

    async def __call__(self, kafka: str, postgres: str, *, ready: bool = True, home: Path | None = None) -> Running:
        port = free_port()
        settings = replace(
            Settings.from_environment(), kafka=kafka, postgres=postgres, partitions=PARTITIONS, http_host="127.0.0.1", http_port=port,
            home=home or self._home / f"gateway-{port}",
        )  # fmt: skip
        started: asyncio.Future[tuple[Gateway, uvicorn.Server]] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve(settings, started=started))
        ways: list[asyncio.Future[Any]] = [serving, started]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            raise AssertionError(f"the gateway ended before it served: {await serving}")
        gateway, server = started.result()
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=40, trust_env=False)
        running = Running(gateway, server, client, port, serving)
        self._running.append(running)
        await until(lambda: server.started)
        if ready:
            await running.ready()
        return running

    async def stop(self) -> None:
        """Stop all of them cleanly."""
        for running in self._running:
            await running.client.aclose()
            running.server.should_exit = True
            await running.serving


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="session")
def own_kafka(server_directory: Path) -> Iterator[str]:
    """A broker whose meals topics only these tests use, topics made."""
    with KafkaCluster(server_directory / "gateway-kafka", heap_mb=256) as cluster:
        in_own_loop(create_topics(cluster.bootstrap, PARTITIONS))
        yield cluster.bootstrap


@pytest.fixture
def database(fresh_database: str) -> str:
    """A database with today's tables."""
    in_own_loop(migrate(fresh_database))
    return fresh_database


@pytest.fixture
async def run_gateway(tmp_path: Path) -> AsyncIterator[RunGateway]:
    """Start gateways of the test's own."""
    runner = RunGateway(tmp_path)
    yield runner
    await runner.stop()


@pytest.fixture
async def running(own_kafka: str, database: str, run_gateway: RunGateway) -> Running:
    """One gateway, ready."""
    return await run_gateway(own_kafka, database)
