"""SIGKILL at random moments of a played day, on real Kafka and PostgreSQL: nothing lost, nothing twice, tables equal to the journal."""

from pathlib import Path

import pytest

from infra.scenario.day import DayPlan
from tests.faults.processes import DISTRICTS, KILLED, RandomKills, deployment, play_and_verify

pytestmark = [pytest.mark.stack, pytest.mark.timeout(720)]
KILLS_MIN = 30
DOMAINS_KILLED = ("meals", "childcare")
"""Two that share a projector and a reactor; the torture beside this kills all of them, `test_emergency_kills` the one with its own."""


async def test_thirty_random_kills_lose_nothing_and_decide_nothing_twice(server_directory: Path) -> None:
    harm = RandomKills("kills-1", broker_every_s=22, kills_min=KILLS_MIN)
    async with deployment(server_directory / "kills", workers=2, domains=DOMAINS_KILLED) as running:
        plan = DayPlan(districts=DISTRICTS, seed="kills", scale=0.02, domains=DOMAINS_KILLED)
        played, report = await play_and_verify(running, plan, 44, harm)
        restarts = {name: one.restarts for name, one in running.supervisor.running.items()}

    print(f"\nkills {harm.done}, restarts {restarts}\n{report.text()}")
    assert report.ok, report.text()
    assert sum(harm.done.values()) >= KILLS_MIN, harm.done
    assert harm.done.keys() >= KILLED, harm.done
    assert played.records_unknown == 0, "every record was acknowledged in the end, so every one must be answered"
    (meals,) = [one for one in report.domains if one.checks.domain == "meals"]
    assert meals.counts["decisions"] > 1_000
    assert not meals.skipped, meals.skipped
