"""Real processes, real Kafka and PostgreSQL: agents that stop are missed (E12), and so is an auditor that stops."""

import asyncio
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from infra.stack.own_loop import in_own_loop
from infra.supervisor.deployment import Deployment, Shape
from schemas.alarms import Alarm, AlarmKind
from schemas.drill import DRILL_AREA
from schemas.journal import Clock
from streams.auditor.doors import read_alarms

pytestmark = pytest.mark.stack
STEP_S = 5.0


@pytest.fixture(scope="module")
def running(server_directory: Path) -> Iterator[Deployment]:
    """One deployment of one domain for all journeys of this file, watched by a supervisor; each leaves it calm."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LAOXIAO_AUDIT_STEP_S", str(STEP_S))
        environment.setenv("LAOXIAO_AUDIT_PROGRESS_S", "8")
        shape = Shape(
            server_directory / "dead-man", clock=Clock.WALL, partitions=2, session_timeout_s=6, domains=("meals",), auditor_silent_s_max=32
        )
        deployment = Deployment(shape, told=lambda _: None)
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.05):
                deployment.tick()

        watching = threading.Thread(target=watch, name="supervisor", daemon=True)
        try:
            in_own_loop(deployment.start())
            watching.start()
            yield deployment
        finally:
            over.set()
            if watching.ident is not None:
                watching.join(10)
            deployment.stop()


async def until(what: str, within_s: float, holds: Callable[[], Awaitable[bool]]) -> float:
    started_s = time.monotonic()
    while not await holds():
        assert time.monotonic() - started_s < within_s, f"not within {within_s:.0f} s: {what}"
        await asyncio.sleep(0.25)
    return time.monotonic() - started_s


async def open_alarms(running: Deployment) -> dict[AlarmKind, Alarm]:
    last: dict[AlarmKind, Alarm] = {}
    for alarm in await read_alarms(running.bootstrap):
        last[alarm.kind] = alarm
    return {kind: alarm for kind, alarm in last.items() if alarm.raised}


async def scraped(running: Deployment, process: str, series: str) -> float | None:
    url = f"{running.url}/metrics" if process == "gateway" else f"http://127.0.0.1:{running.metrics_ports[process]}/metrics"
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        lines = (await client.get(url)).text.splitlines()
    return next((float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(series + " ")), None)


async def readiness(running: Deployment) -> tuple[str, str]:
    """What the gateway says of itself and of the auditor."""
    async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
        said = (await client.get(f"{running.url}/readyz")).json()
    return said["status"], said["watched"]["auditor"]["status"]


async def test_stopped_agents_raise_the_dead_mans_alarm_after_two_steps_and_it_ends_when_they_go_on(running: Deployment) -> None:
    right = 'laoxiao_drills_total{domain="meals",drill="right"}'

    async def drilled() -> bool:
        return (await scraped(running, "auditor", right) or 0) >= 2

    async def calm() -> bool:
        return not await open_alarms(running)

    await until("two drills answered rightly", 40, drilled)
    # On a slow machine the gateway may have come up after the first drills; a later one goes through it.
    await until("nothing is wrong", 40, calm)
    assert (await readiness(running))[1] == "ok"
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        for page in ("areas", "overview", "map"):
            shown = await client.get(f"{running.url}/v1/meals/{page}")
            assert shown.status_code == 200, page
            assert "drill" not in shown.text, page
            assert DRILL_AREA not in shown.text, page
    assert await scraped(running, "worker-meals-1", 'laoxiao_state{domain="meals",gauge="capacity_total"}') in (None, 0)
    assert (await scraped(running, "worker-meals-1", 'laoxiao_decided_total{domain="meals"}') or 0) > 0, "it was really decided"

    worker = running.supervisor.running["worker-meals-1"]
    assert worker.send(signal.SIGSTOP)

    async def missed() -> bool:
        return {AlarmKind.AGENTS_SILENT, AlarmKind.NO_PROGRESS} <= (await open_alarms(running)).keys()

    await until("the dead man's alarm", 3 * STEP_S + 20, missed)
    silent = (await open_alarms(running))[AlarmKind.AGENTS_SILENT]
    assert silent.at_ms - silent.detail["last_decision_ms"] > 2000 * STEP_S
    told = [orjson.loads(line) for line in (running.shape.home / "alarms.jsonl").read_bytes().splitlines()]
    assert ("operator", "auditor.alarm.raised.v1", AlarmKind.AGENTS_SILENT) in {
        (one["audience"], one["fact"], one["data"]["kind"]) for one in told
    }

    worker.send(signal.SIGCONT)
    await until("every alarm ended", 60, calm)


async def test_an_auditor_that_stands_still_is_missed_by_the_gateway_and_ended_by_the_supervisor(running: Deployment) -> None:
    auditor = running.supervisor.running["auditor"]

    async def heard() -> bool:
        return (await readiness(running))[1] == "ok"

    await until("a heartbeat", 30, heard)
    pid, before = auditor.pid, auditor.restarts
    assert auditor.send(signal.SIGSTOP)

    async def missed() -> bool:
        # The gateway serves as well as before, and says so.
        return await readiness(running) == ("ready", "silent")

    await until("the gateway misses it", 50, missed)
    assert (await scraped(running, "gateway", "laoxiao_gateway_auditor_silent_seconds") or 0) > 20

    async def ended() -> bool:
        return auditor.restarts == before + 1 and auditor.pid not in (None, pid)

    await until("the supervisor ends and starts it", 80, ended)
    await until("it is heard again", 40, heard)
