"""The auditor's process: follows every domain's journal, judges once a second, drills once a step, and shows that it lives.

Read `run_auditor` first. Per domain one task reads (`_follow`), one drills (`_drill`), and where there is a live check one reads for it
(`_check`); one judges, tells and beats (`_judge_all`).
State is only what the journals say: a restarted auditor reads them again. Alarms that were open are read from their topic.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Protocol

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.alarms import Alarm, AlarmKind, Heartbeat
from schemas.journal import Clock, Decided
from schemas.topics import DOMAINS, decisions_topic, events_topic
from streams.auditor.domain import Condition, DomainBook, Limits
from streams.auditor.doors import Door, Lines, NotTaken, Teller, read_alarms
from streams.auditor.drills import DrillWatch, drill_of
from streams.auditor.following import PAUSE_S, follow, pause, reader_of
from streams.auditor.keeper import AlarmKeeper
from streams.auditor.live_check import LiveCheck
from streams.auditor.scripts import SCRIPTS
from streams.auditor.tables import TABLES
from streams.tail import JournalTail

JUDGE_EVERY_S = 1.0
BEAT_EVERY_S = 5.0
POLL_S = 0.25
RECORDS_MAX = 500
"""Per poll: bounds how long the loop is busy before it judges and beats again."""
CHECKED_MAX = 25
"""Records a live check takes at once: bounds how long this process cannot end."""
ASK_S_MAX = 10.0

DRILLED = frozenset({AlarmKind.DRILL_UNANSWERED, AlarmKind.DRILL_WRONG, AlarmKind.DRILL_NOT_TAKEN, AlarmKind.AGENTS_SILENT})
UNREAD = frozenset({AlarmKind.NOT_AUDITED})
CHECKED = frozenset({AlarmKind.UNFAIR, AlarmKind.DUPLICATE_PERSON})
READ = frozenset(AlarmKind) - DRILLED - UNREAD - CHECKED
"""Which kinds are judged from the books, from the drills, by the live checks, and which when there is nothing to judge from."""

_log = logging.getLogger("laoxiao.auditor")


class AuditMetrics(Protocol):
    """What the auditor tells about itself; `infra.telemetry` implements it. Labels come from closed lists."""

    def beat(self, at_s: float) -> None:
        """Every domain was judged at this time (gauge, seconds since the epoch)."""

    def domain(self, domain: str, open_cases: int, unread: int) -> None:
        """Open cases outside the drill area, and journal records not read yet (gauges)."""

    def judged(self, domain: str, count: int) -> None:
        """Things that the domain's live check has judged since the start (gauge)."""

    def alarms(self, domain: str, kind: AlarmKind, open_now: int) -> None:
        """Alarms of a kind that are open (gauge)."""

    def raised(self, domain: str, kind: AlarmKind) -> None:
        """An alarm was raised (counter)."""

    def drilled(self, domain: str, result: str, seconds: float | None) -> None:
        """A drill ended: ``right``, ``wrong`` or ``not_taken`` (counter), so long after its sending (histogram)."""


@dataclass(frozen=True, slots=True)
class AuditorConfig:
    """How the auditor runs. ``drills`` False only watches; it then does not know when agents are silent without input."""

    bootstrap: str
    name: str = "auditor"
    clock: Clock = Clock.WALL
    limits: Limits = field(default_factory=Limits)
    domains: tuple[str, ...] = DOMAINS
    drills: bool = True


class DomainAudit:
    """One domain under audit: its book, its live check if it has one, its drills, and as of when each is complete."""

    def __init__(self, domain: str, config: AuditorConfig, started_ms: int, check: LiveCheck | None = None) -> None:
        self.domain = domain
        self.book = DomainBook(TABLES[domain], config.limits)
        self.check = check
        self.drills = DrillWatch(domain, config.limits, started_ms)
        self.started_ms = started_ms
        self.checked_ms: int | None = None
        """As of when (wall clock) the live check has judged everything; None until it has for the first time."""
        self.check_said: tuple[Condition, ...] = ()
        """What it found as of then: in between, the areas are not all as of one moment."""
        self.check_failed: str | None = None
        self.complete_ms: int | None = None
        self.since_ms = started_ms
        """When the book was complete for the first time; the start until then."""
        self.unread = 0
        self.unreadable: str | None = None

    def completed(self, at_ms: int) -> None:
        """The book holds all that the journal held at `at_ms` (wall clock)."""
        if self.complete_ms is None:
            self.since_ms = at_ms
        self.complete_ms = at_ms

    def audited(self, now_ms: int, limits: Limits) -> bool:
        """Whether what the book says is still news."""
        last_ms = self.since_ms if self.complete_ms is None else self.complete_ms
        return self.unreadable is None and now_ms - last_ms <= 1000 * limits.not_audited_s

    def checked(self, at_ms: int) -> None:
        """The live check has judged all that the journal held at `at_ms` (wall clock)."""
        assert self.check is not None
        self.checked_ms, self.check_said = at_ms, tuple(self.check.conditions())

    def cannot_read(self, error: str) -> None:
        """The journal holds what nobody can judge."""
        self.unreadable = error

    def unread_condition(self, now_ms: int, limits: Limits) -> list[Condition]:
        """`NOT_AUDITED`, when it is so."""
        found = []
        if not self.audited(now_ms, limits):
            found.append(Condition(AlarmKind.NOT_AUDITED, self.domain, {"error": self.unreadable or "behind", "unread": self.unread}))
        last_ms = self.started_ms if self.checked_ms is None else self.checked_ms
        if self.check is not None and (self.check_failed is not None or now_ms - last_ms > 1000 * limits.not_checked_s):
            detail = {"error": self.check_failed or "behind", "judged": self.check.judged}
            found.append(Condition(AlarmKind.NOT_AUDITED, f"{self.domain}/check", detail))
        return found

    @property
    def settled(self) -> bool:
        """Whether everything has been read once: before that, nothing says that a predecessor's alarm of not reading has ended."""
        return self.complete_ms is not None and (self.check is None or self.checked_ms is not None)


class Auditor:
    """Everything the process holds. Tests drive `judge` by hand."""

    def __init__(
        self,
        config: AuditorConfig,
        *,
        lines: Lines,
        teller: Teller,
        metrics: AuditMetrics,
        started_ms: int,
        checks: Mapping[str, LiveCheck] | None = None,
    ) -> None:
        self.config = config
        self.lines = lines
        self.teller = teller
        self.metrics = metrics
        self.keeper = AlarmKeeper()
        self.audits = {domain: DomainAudit(domain, config, started_ms, (checks or {}).get(domain)) for domain in config.domains}
        self.untold: list[Alarm] = []
        self.unsaid: list[Alarm] = []
        """What people, and what the topic, have not taken yet."""

    async def judge(self, now_ms: int) -> None:
        """Look at every domain once: tell what began and what ended, and write it down."""
        said: list[Alarm] = []
        for audit in self.audits.values():
            said += self._of_domain(audit, now_ms)
        for alarm in said:
            _log.log(
                logging.ERROR if alarm.raised else logging.INFO,
                "alarm %s",
                orjson.dumps({"alarm": alarm.kind, "raised": alarm.raised, "domain": alarm.domain, "place": alarm.place, "id": alarm.id,
                              "detail": alarm.detail}).decode(),
            )  # fmt: skip
            if alarm.raised:
                self.metrics.raised(alarm.domain, alarm.kind)
        self.untold += said
        self.unsaid += said
        # People first: the topic may be what is broken. After a crash in between they hear it once more.
        if self.untold:
            try:
                await self.teller.tell(self.untold)
                self.untold = []
            except OSError as error:
                _log.critical("alarms cannot be told: %s", type(error).__name__)
        while self.unsaid and await self.lines.say(self.unsaid[0]):
            del self.unsaid[0]

    def healthy(self, now_ms: int) -> bool:
        """Whether a heartbeat would be true: every domain is being judged, and what was found has been written down."""
        return not self.untold and not self.unsaid and all(audit.audited(now_ms, self.config.limits) for audit in self.audits.values())

    def heartbeat(self, now_ms: int) -> Heartbeat:
        """What the others hear."""
        domains = {
            name: {"open_cases": audit.book.open_cases, "open_alarms": self.keeper.count(name), "unread": audit.unread}
            for name, audit in self.audits.items()
        }
        return Heartbeat(self.config.name, now_ms, self.config.limits.step_s, domains)

    def _of_domain(self, audit: DomainAudit, now_ms: int) -> list[Alarm]:
        limits, domain = self.config.limits, audit.domain
        said = self.keeper.changes(domain, UNREAD, audit.unread_condition(now_ms, limits), now_ms, settled=audit.settled)
        if audit.complete_ms is not None and audit.audited(now_ms, limits):
            settled = now_ms - audit.since_ms > 1000 * limits.settle_s
            said += self.keeper.changes(domain, READ, audit.book.conditions(audit.complete_ms), now_ms, settled=settled)
            if self.config.drills:
                drilled = audit.drills.conditions(audit.complete_ms, audit.book.drilled_ms)
                said += self.keeper.changes(domain, DRILLED, drilled, now_ms, settled=settled)
        self.metrics.domain(domain, audit.book.open_cases, audit.unread)
        if audit.check is not None:
            self.metrics.judged(domain, audit.check.judged)
            if audit.checked_ms is not None:
                said += self.keeper.changes(domain, CHECKED, audit.check_said, now_ms, settled=True)
        for kind in AlarmKind:
            self.metrics.alarms(domain, kind, self.keeper.count(domain, kind))
        return said


async def run_auditor(
    config: AuditorConfig,
    stop: asyncio.Event,
    *,
    metrics: AuditMetrics,
    teller: Teller,
    pulse: "Pulse",
    door: Door | None = None,
    checks: Mapping[str, LiveCheck] | None = None,
) -> None:
    """Audit until `stop` is set. Drills go through `door`, and straight into the log where there is none or it does not take them.
    ``checks`` are the live checks, by domain.

    `pulse` is called whenever the judging loop has turned, whatever it found: who hears nothing there may end this process.
    """
    async with AsyncExitStack() as stack:
        lines = await stack.enter_async_context(Lines(config.bootstrap, config.clock))
        auditor = Auditor(config, lines=lines, teller=teller, metrics=metrics, started_ms=_now_ms(), checks=checks)
        for alarm in await _inherited(config.bootstrap, stop):
            if alarm.domain in auditor.audits:
                auditor.keeper.load(alarm)
        async with asyncio.TaskGroup() as tasks:
            for audit in auditor.audits.values():
                tasks.create_task(_follow(auditor, audit, stop), name=f"audit-{audit.domain}")
                if audit.check is not None:
                    tasks.create_task(_check(auditor, audit, audit.check, stop), name=f"check-{audit.domain}")
                if config.drills:
                    tasks.create_task(_drill(auditor, audit, door, stop), name=f"drill-{audit.domain}")
            tasks.create_task(_judge_all(auditor, pulse, stop), name="judge")


class Pulse(Protocol):
    """A sign of life that needs no Kafka."""

    def __call__(self) -> None:
        """The loop has turned."""


async def _inherited(bootstrap: str, stop: asyncio.Event) -> list[Alarm]:
    while not stop.is_set():
        try:
            return await read_alarms(bootstrap)
        except ValueError:
            raise
        except Exception as error:  # noqa: BLE001 - Kafka may be away for any reason; the supervisor sees no pulse meanwhile
            _log.warning("open alarms cannot be read: %s", type(error).__name__)
            await pause(stop, PAUSE_S)
    return []


async def _judge_all(auditor: Auditor, pulse: Pulse, stop: asyncio.Event) -> None:
    beaten_s = -BEAT_EVERY_S
    while not stop.is_set():
        now_ms = _now_ms()
        await auditor.judge(now_ms)
        pulse()
        if time.monotonic() - beaten_s >= BEAT_EVERY_S and auditor.healthy(now_ms) and await auditor.lines.say(auditor.heartbeat(now_ms)):
            beaten_s = time.monotonic()
            auditor.metrics.beat(now_ms / 1000)
        await pause(stop, JUDGE_EVERY_S)


async def _drill(auditor: Auditor, audit: DomainAudit, door: Door | None, stop: asyncio.Event) -> None:
    """One story at the start of every step. A way in that fails is tried once; then the log itself, with the same ids."""
    step_ms = round(auditor.config.limits.step_s * 1000)
    last = 0
    while not stop.is_set():
        step = _now_ms() // step_ms
        if step == last:
            await pause(stop, (step_ms * (step + 1) - _now_ms()) / 1000)
            continue
        last = step
        drill = drill_of(audit.domain, SCRIPTS[audit.domain], step * step_ms)
        audit.drills.sent(drill, _now_ms())
        trouble: str | None = None
        for way in (door, auditor.lines) if door is not None else (auditor.lines,):
            try:
                await way.send(drill)
            except NotTaken as error:
                trouble = trouble or error.code
                _log.warning("%s: a drill was not taken (%s)", audit.domain, error.code)
            else:
                audit.drills.taken(trouble)
                break
        else:
            audit.drills.not_taken(drill, trouble or "")
            auditor.metrics.drilled(audit.domain, "not_taken", None)


async def _follow(auditor: Auditor, audit: DomainAudit, stop: asyncio.Event) -> None:
    """The book reads the domain's journal."""

    async def read(tail: JournalTail) -> None:
        async with reader_of(auditor.config.bootstrap) as asker:
            await _read(auditor, audit, tail, asker, stop)

    await follow(auditor.config.bootstrap, audit.domain, read, audit.cannot_read, stop)


async def _check(auditor: Auditor, audit: DomainAudit, check: LiveCheck, stop: asyncio.Event) -> None:
    """The live check reads for itself, once the books are there: to judge may be a look at everybody who waits, in a thread that shares
    the processor with the loop. A mistake in it ends it, openly, and nothing else."""
    while not stop.is_set() and any(one.complete_ms is None for one in auditor.audits.values()):
        await pause(stop, POLL_S)

    async def read(tail: JournalTail) -> None:
        while not stop.is_set():
            asked_ms, ends = _now_ms(), await tail.ends()
            while not stop.is_set() and not tail.reached(ends):
                batch = await tail.batch(POLL_S, CHECKED_MAX)
                try:
                    await asyncio.to_thread(check.take, batch)
                except Exception as error:  # noqa: BLE001 - whatever it is: deadlines and drills must still be watched
                    _log.critical("the live check of %s has failed", audit.domain, exc_info=True)
                    audit.check_failed = type(error).__name__
                    await stop.wait()
                    return
            audit.checked(asked_ms)
            await pause(stop, POLL_S)

    await follow(auditor.config.bootstrap, audit.domain, read, audit.cannot_read, stop)


async def _read(auditor: Auditor, audit: DomainAudit, tail: JournalTail, asker: AIOKafkaConsumer, stop: asyncio.Event) -> None:
    asked: _Ends | None = None
    asked_s = 0.0
    while not stop.is_set():
        for judged in await tail.batch(POLL_S, RECORDS_MAX):
            audit.book.take(judged)
            if judged.valid and isinstance(judged.record, Decided):
                for decision in judged.record.decisions:
                    done = audit.drills.saw(decision, _now_ms())
                    if done is not None:
                        auditor.metrics.drilled(audit.domain, "right" if done.right else "wrong", done.seconds)
        if asked is None and time.monotonic() - asked_s >= JUDGE_EVERY_S:
            asked = await _ask(asker, audit.domain, sorted(tail.positions()))
            asked_s = time.monotonic()
        positions = tail.positions()
        if asked is not None:
            audit.unread = sum(max(0, end - positions[number].next_offset) for number, end in asked.journal.items())
            if audit.unread == 0:
                for number, position in positions.items():
                    answered = max(position.source_offset + 1, asked.start[number])
                    audit.book.measured(number, position.source_offset, asked.events[number] - answered, asked.at_ms)
                audit.completed(asked.at_ms)
                asked = None
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class _Ends:
    """Where journal and input ended at one moment; the book is complete as of then once it has read so far."""

    at_ms: int
    journal: dict[int, int]
    events: dict[int, int]
    start: dict[int, int]


async def _ask(asker: AIOKafkaConsumer, domain: str, partitions: list[int]) -> _Ends:
    at_ms = _now_ms()
    journal = [TopicPartition(decisions_topic(domain), number) for number in partitions]
    events = [TopicPartition(events_topic(domain), number) for number in partitions]
    async with asyncio.timeout(ASK_S_MAX):
        # The input first: what is answered between the two questions must not look like a journal ahead of its input.
        starts = await asker.beginning_offsets(events)
        ends = await asker.end_offsets(events)
        journal_ends = await asker.end_offsets(journal)
    return _Ends(
        at_ms,
        {place.partition: int(end) for place, end in journal_ends.items()},
        {place.partition: int(end) for place, end in ends.items()},
        {place.partition: int(start) for place, start in starts.items()},
    )


def _now_ms() -> int:
    return round(time.time() * 1000)
