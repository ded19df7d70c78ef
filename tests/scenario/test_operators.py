"""The desks of a played day: they end what has waited a while, once, with a result of the domain's own, and leave the rest."""

from pathlib import Path
from typing import Any

import pytest

from infra.scenario.day import DayPlan
from infra.scenario.operators import Operators
from infra.scenario.packets import Packet
from infra.scenario.sender import Play, Progress


class Desk:
    """Stands for the way out: keeps what is sent."""

    def __init__(self) -> None:
        self.progress = Progress(items=0, played_ms=1_795_485_600_000)
        self.sent: list[Packet] = []

    async def send(self, packet: Packet) -> None:
        self.sent.append(packet)


class List:
    """Stands for the gateway's list of tasks."""

    def __init__(self, *tasks: dict[str, Any]) -> None:
        self.rows = list(tasks)

    def tasks(self, _domain: str, area: str) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["area"] == area]


def task(task_id: str, age_s: int, kind: str = "unplaced_request") -> dict[str, Any]:
    return {"task_id": task_id, "area": "310106", "kind": kind, "about": "o-1", "age_s": age_s, "detail": {}}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def operators(desk: Desk, tasks: List, path: Path) -> Operators:
    play = Play(plan=DayPlan(domains=("meals",)), bootstrap="", log_path=path / "sent.jsonl", http_url="http://127.0.0.1:9")
    made = Operators(play, desk)  # type: ignore[arg-type]  # the two methods an operator uses
    made._gateway = tasks  # type: ignore[assignment]
    return made


async def test_a_task_that_has_waited_is_ended_once_and_a_fresh_one_waits(desk: Desk, tmp_path: Path) -> None:
    staff = operators(desk, List(task("task:old", 3_600), task("task:new", 60)), tmp_path)
    for _ in range(3):
        staff._look_at_s = 0.0
        await staff.work()
    (packet,) = desk.sent
    event = packet.items[0].event
    assert event is not None
    assert packet.http
    assert (event["type"], event["area"], packet.domain) == ("task.completed.v1", "310106", "meals")
    assert event["data"] == {"domain": "meals", "task_id": "task:old", "result": "family_informed"}
    assert packet.at_ms == desk.progress.played_ms


async def test_a_welfare_check_ends_well_or_with_somebody_in_need(desk: Desk, tmp_path: Path) -> None:
    staff = operators(desk, List(*(task(f"task:{n}", 3_600, "welfare_check") for n in range(15))), tmp_path)
    await staff.work()
    results = {packet.items[0].event["data"]["result"] for packet in desk.sent if packet.items[0].event is not None}
    assert len(desk.sent) == 15
    assert results <= {"well", "needs_help"}
    assert "well" in results
