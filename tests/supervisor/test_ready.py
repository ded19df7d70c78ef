"""A deployment is ready when whoever is killed next has somebody who takes over."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from infra.supervisor.deployment import Deployment, Shape
from infra.telemetry.carrying import in_group
from schemas.journal import Clock
from schemas.topics import DOMAINS

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif("emergency" not in DOMAINS, reason="emergency is not switched on yet"),
]
OWNS_ONE = 'laoxiao_owned_partitions{domain="emergency"} 1.0'
OPENED_S_MAX = 20.0


async def shown(running: Deployment) -> list[str]:
    """What the metrics of both workers say."""
    async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
        ports = [running.metrics_ports[f"worker-emergency-{number}"] for number in (1, 2)]
        return [(await client.get(f"http://127.0.0.1:{port}/metrics")).text for port in ports]


async def test_a_deployment_is_ready_when_every_worker_is_in_its_group_also_one_that_owns_nothing(
    server_directory: Path,
) -> None:
    shape = Shape(server_directory / "ready", clock=Clock.WALL, workers=2, partitions=1, domains=("emergency",))
    running = Deployment(shape, told=lambda _: None)
    try:
        await running.start()
        assert [in_group(text) for text in await shown(running)] == [True, True]
        deadline_s = time.monotonic() + OPENED_S_MAX
        while [OWNS_ONE in text for text in await shown(running)].count(True) != 1:
            assert time.monotonic() < deadline_s, "nobody has opened the only partition"
            await asyncio.sleep(0.2)
        assert [in_group(text) for text in await shown(running)] == [True, True]
    finally:
        await asyncio.to_thread(running.stop)
