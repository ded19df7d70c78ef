"""A worker paused past its session and continued: what it still appends is believed by nobody."""

import asyncio
import signal
import time
from pathlib import Path

import orjson
import pytest

from infra.checkers.reading import read_topic
from infra.scenario.day import DayPlan
from infra.supervisor.deployment import Deployment
from tests.faults.processes import DISTRICTS, Harm, deployment, play_and_verify

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


class PausedOwner(Harm):
    """SIGSTOP of a worker until another has opened its partitions, then SIGCONT: twice, each worker once."""

    async def run(self, running: Deployment) -> None:
        for name in ("worker-meals-1", "worker-meals-2"):
            await asyncio.sleep(5)
            before = await owners(running)
            assert running.supervisor.running[name].send(signal.SIGSTOP)
            deadline_s = time.monotonic() + 90
            while not self._taken_over(name, before, await owners(running)):
                assert time.monotonic() < deadline_s, f"nobody took over from {name}: {await owners(running)}"
                await asyncio.sleep(0.5)
            self.done[name] = self.done.get(name, 0) + 1
            running.supervisor.running[name].send(signal.SIGCONT)
            await asyncio.sleep(4)

    @staticmethod
    def _taken_over(name: str, before: dict[int, str], now: dict[int, str]) -> bool:
        held = [partition for partition, owner in before.items() if owner == name]
        return all(now[partition] != name for partition in held)


async def owners(running: Deployment) -> dict[int, str]:
    """Who opened each partition last."""
    last: dict[int, str] = {}
    for row in await read_topic(running.bootstrap, "meals.decisions"):
        record = orjson.loads(row.value or b"null")
        if "opened" in record:
            last[row.partition] = record["opened"]["owner"]
    return last


async def test_a_paused_owner_that_comes_back_changes_nothing_that_any_reader_believes(server_directory: Path) -> None:
    harm = PausedOwner()
    async with deployment(server_directory / "paused", workers=2, domains=("meals",)) as running:
        plan = DayPlan(districts=DISTRICTS, seed="paused", scale=0.02, domains=("meals",))
        played, report = await play_and_verify(running, plan, 30, harm)

    print(f"\npauses {harm.done}\n{report.text()}")
    assert report.ok, report.text()
    assert harm.done == {"worker-meals-1": 1, "worker-meals-2": 1}
    assert played.records_unknown == 0
