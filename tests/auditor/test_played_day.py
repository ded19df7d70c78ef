"""A played day with drills in it: they move no area's clock but their own, make no row, and every invariant holds."""

from pathlib import Path

import asyncpg
import pytest

from infra.checkers.reading import read_topic
from infra.scenario.day import DayPlan
from schemas.alarms import AlarmKind
from schemas.drill import DRILL_AREA
from schemas.journal import Decided, decode
from streams.auditor.doors import read_alarms
from tests.faults.processes import DISTRICTS, Harm, deployment, play_and_verify

pytestmark = pytest.mark.stack


class NoHarm(Harm):
    """The day is left alone."""

    async def run(self, _running: object) -> None:
        await self.enough.wait()


async def test_a_played_day_with_drills_is_sound_and_no_row_shows_them(server_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAOXIAO_AUDIT_STEP_S", "4")
    async with deployment(server_directory / "drilled-day", workers=1, domains=("meals",)) as running:
        plan = DayPlan(districts=DISTRICTS, seed="drilled", scale=0.01, domains=("meals",))
        _, report = await play_and_verify(running, plan, 20, NoHarm())
        drilled = [
            decision
            for row in await read_topic(running.bootstrap, "meals.decisions")
            if isinstance(record := decode(row.value), Decided)
            for decision in record.decisions
            if decision.area == DRILL_AREA
        ]
        connection = await asyncpg.connect(running.dsn)
        try:
            tables = ("areas", "decisions", "decision_tallies", "meals_orders", "meals_slots", "meals_providers", "meals_order_tallies")
            shown = {name: await connection.fetchval(f"SELECT count(*) FROM {name} WHERE area = $1", DRILL_AREA) for name in tables}  # noqa: S608 - names from the line above
            real = await connection.fetchval("SELECT count(*) FROM meals_orders")
        finally:
            await connection.close()
        raised = [alarm for alarm in await read_alarms(running.bootstrap) if alarm.raised]

    assert report.ok, report.text()
    facts = [reasoned.fact.type for decision in drilled for reasoned in decision.facts]
    assert facts.count("meals.order.assigned.v1") == facts.count("meals.order.cancelled.v1") >= 3
    assert set(shown.values()) == {0}, shown
    assert real > 0
    wrong = {AlarmKind.ORPHANED_CASE, AlarmKind.OVERDUE_CASE, AlarmKind.CAPACITY_BROKEN, AlarmKind.DRILL_WRONG, AlarmKind.NOT_AUDITED}
    assert not [alarm for alarm in raised if alarm.kind in wrong], raised
