"""500 families ask for one seat at the same moment over HTTP: one gets it, whatever happens to the worker meanwhile.

Collected only when childcare is switched on (`conftest.collect_ignore`): until then no topic of it exists.
"""

import asyncio
import os
import secrets
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.files import files_max
from infra.supervisor.processes import Service, Supervised
from schemas.journal import SHANGHAI
from tests.gateway.conftest import PARTITIONS, RunGateway, Running, unique

FAMILIES = 500
SEAT_NAMES = {"no_seat", "waitlist_full", "no_staff"}
"""How a family may be told that somebody else has the seat."""
ANSWERED_S_MAX = 120.0
"""For one family, on a machine where everything else is slow too."""
OTHER_FILES = 300
"""What this process has open beside the families' connections: the gateway's to Kafka and PostgreSQL, and what earlier tests left."""
AREA = "310106"
DAY = (datetime.now(SHANGHAI) + timedelta(days=3)).date().isoformat()
StartWorker = Callable[[], Supervised]


@pytest.fixture
def start_worker(own_kafka: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Real workers of childcare, each a process; ended with the test."""
    started: list[Supervised] = []

    def start() -> Supervised:
        name = f"worker-{len(started) + 1}"
        environment = {
            "LAOXIAO_KAFKA": own_kafka, "LAOXIAO_PARTITIONS": str(PARTITIONS), "LAOXIAO_PROCESS": name, "LAOXIAO_HOME": str(tmp_path),
            "LAOXIAO_CLOCK": "wall", "LAOXIAO_SESSION_TIMEOUT_S": "6",
        }  # fmt: skip
        worker = Supervised(Service(name, ("worker", "--domain", "childcare"), environment), tmp_path / "logs", lambda _: None)
        worker.start()
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.stop()


class Families:
    """A house with one seat, and everybody who wants it."""

    def __init__(self, running: Running) -> None:
        # As many connections as families: the test's own client keeps a queue of them, and a queue is no rush. Both ends of each lie in
        # this process; where it may not open so many files, the last families do queue.
        room = min(FAMILIES, (files_max() - OTHER_FILES) // 2)
        limits = httpx.Limits(max_connections=room, max_keepalive_connections=room)
        address = f"http://127.0.0.1:{running.port}"
        self._client = httpx.AsyncClient(base_url=address, timeout=ANSWERED_S_MAX, trust_env=False, limits=limits)
        self._run = secrets.token_hex(3)
        self.session_id = f"seat-{self._run}"
        self.answered = 0
        self.enough = asyncio.Event()

    async def house(self) -> None:
        """One house, one session, one seat; returns when it is decided, so when a worker is at work."""
        site = {
            "site_id": f"house-{self._run}", "name": "宝宝屋", "position": {"lat": 31.23, "lon": 121.45}, "street": "310106013",
            "kind": "baby_house",
        }  # fmt: skip
        session = {
            "session_id": self.session_id, "start": f"{DAY}T09:00:00+08:00", "end": f"{DAY}T11:00:00+08:00", "mode": "drop_in",
            "seats": 1, "staff": 4,
        }  # fmt: skip
        published = {"site_id": f"house-{self._run}", "version": 1, "sessions": [session]}
        for kind, data in (("site.registered", site), ("sessions.published", published)):
            event = _event(kind, unique("ev"), data)
            decision = await self._decided(event["id"], await self._post(event))
            assert decision["outcome"] == "accepted", decision

    async def rush(self, *, killed_at: int) -> list[dict[str, Any]]:
        """Everybody at once; ``enough`` is set when so many have an answer. The decision of each, in no order."""
        events = [
            _event(
                "booking.requested",
                f"ev-{self._run}-{number}",
                {
                    "booking_id": f"b-{self._run}-{number}", "child_id": f"k-{self._run}-{number}", "family_id": f"f-{self._run}-{number}",
                    "birth_date": (datetime.now(SHANGHAI) - timedelta(days=700)).date().isoformat(),
                    "position": {"lat": 31.23, "lon": 121.45}, "session_id": self.session_id,
                },
            )
            for number in range(FAMILIES)
        ]  # fmt: skip

        async def one(event: dict[str, Any]) -> dict[str, Any]:
            decision = await self._decided(event["id"], await self._post(event))
            self.answered += 1
            if self.answered >= killed_at:
                self.enough.set()
            return decision

        try:
            async with asyncio.TaskGroup() as families:  # one that fails ends the others
                asked = [families.create_task(one(event)) for event in events]
            return [task.result() for task in asked]
        finally:
            # Who waits for so many answers may not wait for ever when they do not come.
            self.enough.set()
            await self._client.aclose()

    async def _post(self, event: dict[str, Any]) -> httpx.Response:
        """As clients do: what the gateway says is not recorded yet is sent again under the same id."""
        headers = {"content-type": "application/cloudevents+json", "prefer": "wait=30"}
        async with asyncio.timeout(ANSWERED_S_MAX):
            while True:
                answer = await self._client.post("/v1/events", json=event, headers=headers)
                if answer.status_code != 503:
                    return answer
                await asyncio.sleep(0.2)

    async def _decided(self, event_id: str, answer: httpx.Response) -> dict[str, Any]:
        """The decision: at once, or asked for until it is there (the client was told 202: it is recorded)."""
        assert answer.status_code in (200, 202), (answer.status_code, answer.text)
        if answer.status_code == 200:
            (only,) = answer.json()["decisions"]
            return dict(only)
        async with asyncio.timeout(ANSWERED_S_MAX):
            while True:
                again = await self._client.get(f"/v1/decisions/{event_id}")
                if again.status_code == 200:
                    return dict(again.json())
                await asyncio.sleep(0.2)


def _event(kind: str, event_id: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": event_id, "source": "/tests/app", "type": f"childcare.{kind}.v1", "area": AREA,
        "time": datetime.now(SHANGHAI).isoformat(timespec="milliseconds"), "actor": "relative:p-1", "data": data,
    }  # fmt: skip


def one_seat_only(decisions: list[dict[str, Any]]) -> None:
    """One confirmed; everybody else is named a place in the waitlist, each another one, or a reason."""
    assert len({decision["event_id"] for decision in decisions}) == FAMILIES
    facts = [fact for decision in decisions for fact in decision["facts"]]
    kinds = Counter(fact["type"] for fact in facts)
    assert kinds["childcare.booking.confirmed.v1"] == 1, kinds
    assert kinds["childcare.booking.waitlisted.v1"] + kinds["childcare.booking.refused.v1"] == FAMILIES - 1, kinds
    ranks = sorted(fact["data"]["rank"] for fact in facts if fact["type"] == "childcare.booking.waitlisted.v1")
    assert ranks == list(range(1, len(ranks) + 1))
    reasons = {decision["reason"] for decision in decisions if decision["outcome"] == "refused"}
    assert reasons <= SEAT_NAMES, reasons


async def test_500_families_at_once_and_one_seat(
    own_kafka: str, database: str, run_gateway: RunGateway, start_worker: StartWorker
) -> None:  # fmt: skip
    start_worker()
    running = await run_gateway(own_kafka, database)
    families = Families(running)
    await families.house()
    one_seat_only(await families.rush(killed_at=FAMILIES))


async def test_500_families_at_once_and_one_seat_while_the_worker_is_killed_and_another_takes_over(
    own_kafka: str, database: str, run_gateway: RunGateway, start_worker: StartWorker
) -> None:  # fmt: skip
    worker = start_worker()
    running = await run_gateway(own_kafka, database)
    families = Families(running)
    await families.house()
    rush = asyncio.create_task(families.rush(killed_at=20))
    await families.enough.wait()
    if rush.done():
        await rush  # it failed, and says why
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    left = FAMILIES - families.answered
    start_worker()
    one_seat_only(await rush)
    assert left > 0, "the worker was killed after the rush"
