"""The fairness audit as the auditor runs it, on real Kafka: what it finds is told like every other alarm, and a person hears the same."""

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from infra.cli import fairness
from infra.fairness.beds import BedsFairness
from schemas.alarms import AlarmKind
from schemas.journal import Clock, Decided, JournalRecord, Opened
from streams.auditor import beds, tables
from streams.auditor.domain import Limits
from streams.tail import Judged
from tests.fairness.journals import overtaken
from tests.streams.ground import Ground
from tests.streams.test_auditor import audited, auditing, late_order, until, write  # noqa: F401 - `audited` is a fixture

pytestmark = pytest.mark.stack
LIMITS = Limits(step_s=600, grace_s=10**9, progress_s=600, drill_wait_s=2, not_audited_s=30)


def journal_of_the_overtaken() -> list[JournalRecord]:
    """An opening, and one decision a record."""
    return [Opened("w", Clock.WALL), *(Decided(0, seq, 0, seq, (one,)) for seq, one in enumerate(overtaken(), 1))]


async def test_an_allocation_that_passes_somebody_over_is_told_with_its_place_while_the_auditor_goes_on(
    audited: Ground,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(tables.TABLES, audited.domain, replace(beds.TABLE, domain=audited.domain))
    await audited.make_topics(1)
    *before, last = journal_of_the_overtaken()
    await write(audited, *before)
    async with auditing(audited, limits=LIMITS, check=BedsFairness()) as heard:
        await until("it has judged what is there", lambda: heard.beats > 1)
        assert heard.told == [], "nobody has been offered anything"
        await write(audited, last)
        await until("told", lambda: (AlarmKind.UNFAIR, True) in heard.states)
        told = {alarm.place: alarm.detail for alarm in heard.told if alarm.kind is AlarmKind.UNFAIR}
        assert set(told) == {f"310106/0@{len(before)}.0|{name}" for name in ("W01", "WHY")}
        assert told[f"310106/0@{len(before)}.0|W01"] == {"invariant": "W01"}, "an alarm tells nothing of people"
        assert heard.offers_judged == 1
        beats = heard.beats
        await until("it goes on", lambda: heard.beats > beats)


async def test_laoxiao_fairness_says_of_a_journal_what_was_unfair_and_who_waits(
    audited: Ground,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(fairness, "DOMAIN", audited.domain)
    await audited.make_topics(1)
    *before, last = journal_of_the_overtaken()
    assert fairness.told(fairness.as_json(await fairness.audited(audited.bootstrap, 0), None), machine=False) == fairness.NOTHING_FOUND
    await write(audited, *before)
    assert fairness.told(fairness.as_json(await fairness.audited(audited.bootstrap, 0), None), machine=False) == 0
    said = capsys.readouterr().out
    assert "0 offers judged, 0 unfair" in said
    assert "general" in said
    await write(audited, last)
    report = fairness.as_json(await fairness.audited(audited.bootstrap, 0), "310106")
    assert fairness.told(report, machine=False) == fairness.UNFAIR
    said = capsys.readouterr().out
    assert "1 offers judged, 2 unfair" in said
    assert "first in order is a1" in said
    assert report["areas"]["310106"]["waits"]["sex"]["f"]["waiting"] == 1


async def test_a_long_line_to_judge_delays_no_alarm_of_the_book_and_too_long_a_one_is_told(audited: Ground) -> None:  # noqa: F811 - the fixture
    class Slow(BedsFairness):
        """An audit that is still at its first offer."""

        def take(self, records: Sequence[Judged]) -> None:
            over.wait(60)
            super().take(records)

    over = threading.Event()
    await audited.make_topics(1)
    await write(audited, Opened("w", Clock.WALL), late_order())
    limits = Limits(step_s=600, grace_s=0, progress_s=600, drill_wait_s=2, not_audited_s=30, not_checked_s=1.0)
    try:
        async with auditing(audited, limits=limits, check=Slow()) as heard:
            behind = f"{audited.domain}/check"
            await until("both told", lambda: {alarm.place for alarm in heard.told} >= {behind, "310106/order:o-1"})
            assert heard.beats > 0, "the auditor beats"
            over.set()
            await until("it has caught up", lambda: (AlarmKind.NOT_AUDITED, False) in heard.states)
    finally:
        over.set()


async def test_a_mistake_in_the_check_is_told_and_stops_nothing_else(audited: Ground) -> None:  # noqa: F811 - the fixture
    class Mistaken(BedsFairness):
        """Broken code of ours."""

        def take(self, records: Sequence[Judged]) -> None:
            raise KeyError(len(records))

    await audited.make_topics(1)
    await write(audited, Opened("w", Clock.WALL))
    limits = Limits(step_s=600, grace_s=0, progress_s=600, drill_wait_s=2, not_audited_s=30)
    async with auditing(audited, limits=limits, check=Mistaken()) as heard:
        await until("told", lambda: [(one.place, one.detail["error"]) for one in heard.told] == [(f"{audited.domain}/check", "KeyError")])
        await write(audited, late_order())
        await until("the book goes on", lambda: (AlarmKind.OVERDUE_CASE, True) in heard.states)
        beats = heard.beats
        await until("and beats", lambda: heard.beats > beats)
    async with auditing(audited, limits=limits, check=BedsFairness()) as heard:
        await until("mended, it is ended", lambda: (AlarmKind.NOT_AUDITED, False) in heard.states)
