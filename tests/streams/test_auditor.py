"""The auditor on real Kafka: alarms on their topic told once, over a restart too; heartbeats while it works and only then."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest

from schemas.alarms import Alarm, AlarmKind
from schemas.drill import DRILL_AREA
from schemas.journal import Clock, Decided, JournalRecord, Opened, encode
from streams.auditor import meals, process, scripts, tables
from streams.auditor.domain import Limits
from streams.auditor.doors import NotTaken, read_alarms
from streams.auditor.drills import Drill
from streams.auditor.heartbeats import HeartbeatEar
from streams.auditor.live_check import LiveCheck
from streams.auditor.process import AuditorConfig, run_auditor
from streams.kafka import KafkaEventLog, KafkaJournal
from streams.partitioning import home_partition
from tests.streams.ground import Ground
from tests.streams.test_auditor_conditions import assigned, cancelled, decision, published

pytestmark = pytest.mark.stack
LIMITS = Limits(step_s=600, grace_s=0, progress_s=1.0, drill_wait_s=2, not_audited_s=3.0)
LONG_AGO_MS = 1_763_780_000_000


@dataclass
class Heard:
    """Whom the auditor tells: people, metrics, the pulse."""

    told: list[Alarm] = field(default_factory=list)
    beats: int = 0
    pulses: int = 0
    offers_judged: int = 0
    drilled_results: list[tuple[str, float | None]] = field(default_factory=list)

    async def tell(self, alarms: list[Alarm]) -> None:
        self.told += alarms

    def beat(self, _at_s: float) -> None:
        self.beats += 1

    def domain(self, domain: str, open_cases: int, unread: int) -> None:
        pass

    def judged(self, domain: str, count: int) -> None:  # noqa: ARG002 - the last word counts
        self.offers_judged = count

    def alarms(self, domain: str, kind: AlarmKind, open_now: int) -> None:
        pass

    def raised(self, domain: str, kind: AlarmKind) -> None:
        pass

    def drilled(self, _domain: str, result: str, seconds: float | None) -> None:
        self.drilled_results.append((result, seconds))

    def pulse(self) -> None:
        self.pulses += 1

    @property
    def states(self) -> list[tuple[AlarmKind, bool]]:
        return [(alarm.kind, alarm.raised) for alarm in self.told]


@pytest.fixture
def audited(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """The ground's own domain, read as meals are."""
    monkeypatch.setitem(tables.TABLES, ground.domain, replace(meals.TABLE, domain=ground.domain))
    monkeypatch.setitem(scripts.SCRIPTS, ground.domain, scripts.meals)
    monkeypatch.setattr(process, "BEAT_EVERY_S", 0.5)
    return ground


@contextlib.asynccontextmanager
async def auditing(
    ground: Ground, *, drills: bool = False, door: object = None, limits: Limits = LIMITS, check: LiveCheck | None = None
) -> AsyncIterator[Heard]:
    heard, stop = Heard(), asyncio.Event()
    config = AuditorConfig(ground.bootstrap, ground.domain, Clock.WALL, limits, (ground.domain,), drills)
    checks = {} if check is None else {ground.domain: check}
    running = asyncio.create_task(
        run_auditor(config, stop, metrics=heard, teller=heard, pulse=heard.pulse, door=door, checks=checks)  # type: ignore[arg-type]  # a test's door
    )
    try:
        yield heard
    finally:
        stop.set()
        await asyncio.wait_for(running, 30)


async def write(ground: Ground, *records: JournalRecord, partition: int = 0) -> None:
    async with KafkaJournal(ground.bootstrap, ground.domain) as journal:
        for record in records:
            await journal.append(partition, b"310106", encode(record))


async def until(what: str, holds: Callable[[], bool | Awaitable[bool]], within_s: float = 20.0) -> None:
    deadline_s = time.monotonic() + within_s
    while True:
        answer = holds()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline_s, f"not in time: {what}"
        await asyncio.sleep(0.05)


async def on_topic(ground: Ground) -> list[tuple[AlarmKind, bool]]:
    return [(alarm.kind, alarm.raised) for alarm in await read_alarms(ground.bootstrap) if alarm.domain == ground.domain]


def late_order() -> Decided:
    """An order whose meal was over long ago, and nobody has ended it."""
    slot = published().model_copy(update={"closes_ms": LONG_AGO_MS})
    return Decided(0, 1, 0, 0, (decision(slot, assigned(), now_ms=LONG_AGO_MS - 1_000),))


async def test_an_overdue_case_is_told_once_over_a_restart_and_ended_when_it_ends(audited: Ground) -> None:
    await audited.make_topics(2)
    await write(audited, Opened("w", Clock.WALL), late_order())
    async with auditing(audited) as heard:
        await until("told", lambda: heard.states == [(AlarmKind.OVERDUE_CASE, True)])
        await until("written", lambda: _is(on_topic(audited), [(AlarmKind.OVERDUE_CASE, True)]))
        pulses = heard.pulses
        await until("it goes on looking", lambda: heard.pulses > pulses + 2)
        assert len(heard.told) == 1, "told once while it lasts"
    async with auditing(audited) as heard:
        await until("it looks again", lambda: heard.beats > 1)
        assert heard.told == []
        await write(audited, Decided(0, 2, 0, 1, (decision(cancelled(), now_ms=LONG_AGO_MS),)))
        await until("ended", lambda: heard.states == [(AlarmKind.OVERDUE_CASE, False)])
        await until("written", lambda: _is(on_topic(audited), [(AlarmKind.OVERDUE_CASE, True), (AlarmKind.OVERDUE_CASE, False)]))


async def test_input_that_nobody_answers_is_told_and_ends_with_the_answer(audited: Ground) -> None:
    await audited.make_topics(2)
    async with KafkaEventLog(audited.bootstrap, audited.domain) as events:
        await events.publish(b"310106", b"{}", partition=1)
    async with auditing(audited) as heard:
        await until("told", lambda: heard.states == [(AlarmKind.NO_PROGRESS, True)])
        assert heard.told[0].place == "1"
        await write(audited, Opened("w", Clock.WALL), Decided(0, 1, 1, 0, ()), partition=1)
        await until("ended", lambda: heard.states == [(AlarmKind.NO_PROGRESS, True), (AlarmKind.NO_PROGRESS, False)])


async def test_a_journal_that_cannot_be_read_is_told_and_no_heartbeat_claims_otherwise(audited: Ground) -> None:
    await audited.make_topics(2)
    async with HeartbeatEar(audited.bootstrap) as ear, auditing(audited) as heard:

        async def beating() -> bool:
            await ear.listen(0.1)
            return ear.last is not None and ear.last.auditor == audited.domain

        await until("a heartbeat", beating)
        async with KafkaJournal(audited.bootstrap, audited.domain) as journal:
            await journal.append(0, b"310106", b'{"not": "a record"}')
        await until("told", lambda: heard.states == [(AlarmKind.NOT_AUDITED, True)])
        beats, pulses = heard.beats, heard.pulses
        await until("it still lives", lambda: heard.pulses > pulses + 2)
        assert heard.beats == beats, "a heartbeat says that every domain was judged"
        assert ear.age_s() is not None


class ShutDoor:
    """A way in that takes nothing."""

    def __init__(self) -> None:
        self.seen: list[Drill] = []

    async def send(self, drill: Drill) -> None:
        self.seen.append(drill)
        raise NotTaken("gateway: 503")


async def test_a_drill_that_the_gateway_does_not_take_goes_into_the_log_is_told_and_is_missed_unanswered(audited: Ground) -> None:
    await audited.make_topics(2)
    door = ShutDoor()
    async with auditing(audited, drills=True, door=door) as heard:
        await until("told", lambda: {AlarmKind.DRILL_NOT_TAKEN, AlarmKind.DRILL_UNANSWERED} <= {kind for kind, _ in heard.states})
    async with KafkaEventLog(audited.bootstrap, audited.domain) as events:
        home = home_partition(DRILL_AREA, 2)
        assert await events.end_offset(home) == 1, "straight into the log, in one record"
        rows = [row async for row in events.read(home, 0, 1)]
    assert rows[0].key == DRILL_AREA.encode()
    assert all(event["id"].encode() in (rows[0].value or b"") for event in door.seen[0].events)


async def test_an_answered_drill_is_measured_from_its_sending_to_the_journal(audited: Ground) -> None:
    await audited.make_topics(2)
    door = Answering(audited)
    async with auditing(audited, drills=True, door=door) as heard:
        await until("answered", lambda: [result for result, _ in heard.drilled_results] == ["right"])
        seconds = heard.drilled_results[0][1]
        assert seconds is not None
        assert 0 <= seconds < 10
        assert heard.told == []


class Answering:
    """A way in behind which an agent answers at once, as the script says."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def send(self, drill: Drill) -> None:
        from schemas.facts import FACTS

        made = []
        for event in drill.events:
            wanted = drill.expected.get(event["id"])
            facts = [] if wanted is None else [_example(FACTS[wanted].type)]
            made.append(decision(*facts, now_ms=round(time.time() * 1000), area=DRILL_AREA, event_id=event["id"]))
        home = home_partition(DRILL_AREA, 2)
        await write(self._ground, Opened("w", Clock.WALL), Decided(0, 1, home, 0, tuple(made)), partition=home)


def _example(name: str):  # type: ignore[no-untyped-def]  # any fact
    from schemas.meals import ProviderListed

    listed = ProviderListed(
        provider_id="c", name="n", kind="canteen", lat=31.2, lon=121.4, street="s", services=(), diets=(), delivery_radius_m=None
    )
    far = published().model_copy(update={"closes_ms": 4_000_000_000_000})
    return {
        "meals.provider.listed.v1": listed,
        "meals.slot.published.v1": far,
        "meals.order.assigned.v1": assigned(),
        "meals.order.cancelled.v1": cancelled(),
    }[name]


async def _is(found: Awaitable[list[tuple[AlarmKind, bool]]], wanted: list[tuple[AlarmKind, bool]]) -> bool:
    return await found == wanted
