"""Every alarm the auditor can raise, each by a planted violation: an alarm that never fired is not an alarm."""

from typing import Any

import pytest

from schemas.alarms import Alarm, AlarmKind
from schemas.decisions import Decision, Outcome, Reasoned
from schemas.drill import DRILL_AREA
from schemas.facts import CaseStuck, Fact, TaskClosed, TaskKind, TaskOpened
from schemas.journal import FORWARDED, Clock, Decided, Failed, JournalRecord, Opened, SetAside
from schemas.meals import OrderAssigned, OrderCancelledFact, OrderDelivered, OrderUnplaced, SlotOvercommitted, SlotPublished
from streams.auditor.domain import CASES_TOLD_MAX, Condition, DomainBook, Limits
from streams.auditor.drills import Drill, DrillWatch, drill_of
from streams.auditor.keeper import AlarmKeeper
from streams.auditor.meals import TABLE
from streams.auditor.process import READ, Auditor, AuditorConfig
from streams.auditor.scripts import SCRIPTS
from streams.tail import Judged
from tests.agents.world import at

AREA = "310106"
NOW_MS = at("2026-11-22 09:00")
CLOSES_MS = at("2026-11-22 15:00")
LIMITS = Limits(step_s=60, grace_s=120, progress_s=20, drill_wait_s=20, quarantined_max=3)
SLOT = {"provider_id": "c-1", "date": "2026-11-22", "meal": "lunch"}


def published(capacity: int = 10, version: int = 1) -> Fact:
    return SlotPublished(
        **SLOT, capacity=capacity, cutoff_ms=None, version=version, starts_ms=NOW_MS, ends_ms=CLOSES_MS, closes_ms=CLOSES_MS
    )


def assigned(order_id: str = "o-1", portions: int = 1) -> Fact:
    where = {"distance_m": 10, "travel_s": 10, "lat": 31.2, "lon": 121.4, "street": None}
    what = {"service": "dine_in", "diets": (), "price_fen": None, "subsidy_fen": None, "cutoff_ms": NOW_MS, "closes_ms": CLOSES_MS}
    return OrderAssigned(order_id=order_id, person_id="p-1", portions=portions, capacity_version=1, **SLOT, **where, **what)


def cancelled(order_id: str = "o-1", provider_id: str | None = "c-1") -> Fact:
    slot = SLOT | {"provider_id": provider_id}
    return OrderCancelledFact(order_id=order_id, person_id="p-1", portions=1, reason=None, **slot)


class Journal:
    """A book fed with records as a tail judges them."""

    def __init__(self, clock: Clock = Clock.WALL) -> None:
        self.book = DomainBook(TABLE, LIMITS)
        self.offset = 0
        self.record(Opened("w", clock))

    def record(self, record: JournalRecord, *, valid: bool = True) -> None:
        self.book.take(Judged(0, self.offset, b"", record, valid))
        self.offset += 1

    def decide(self, *facts: Fact, now_ms: int = NOW_MS, area: str = AREA, aside: tuple[SetAside, ...] = (), valid: bool = True) -> None:
        self.record(Decided(0, self.offset, 0, self.offset, (decision(*facts, now_ms=now_ms, area=area),), aside), valid=valid)

    def found(self, now_ms: int = NOW_MS) -> dict[AlarmKind, Condition]:
        return {condition.kind: condition for condition in self.book.conditions(now_ms)}


def decision(*facts: Fact, now_ms: int = NOW_MS, area: str = AREA, event_id: str = "e") -> Decision:
    reasoned = [Reasoned(fact) for fact in facts]
    return Decision(event_id, "meals.order.placed.v1", area, now_ms, Outcome.ACCEPTED, None, {}, reasoned, None, b"")


@pytest.fixture
def journal() -> Journal:
    return Journal()


def test_a_case_with_a_deadline_ahead_and_places_within_capacity_is_nothing_to_say(journal: Journal) -> None:
    journal.decide(published(), assigned())
    assert journal.found() == {}
    assert journal.book.open_cases == 1


def test_an_open_case_past_its_deadline_by_more_than_the_grace_is_told_until_it_ends(journal: Journal) -> None:
    journal.decide(published(), assigned())
    assert AlarmKind.OVERDUE_CASE not in journal.found(CLOSES_MS + 120_000)
    late = journal.found(CLOSES_MS + 120_001)[AlarmKind.OVERDUE_CASE]
    assert (late.place, late.detail) == (f"{AREA}/order:o-1", {"deadline_ms": CLOSES_MS})
    journal.decide(cancelled(), now_ms=CLOSES_MS + 121_000)
    assert journal.found(CLOSES_MS + 122_000) == {}


def test_an_area_of_a_played_deployment_is_late_by_its_own_clock_only() -> None:
    journal = Journal(Clock.PLAYED)
    journal.decide(published(), assigned())
    assert journal.found(CLOSES_MS + 86_400_000) == {}
    journal.decide(now_ms=CLOSES_MS + 120_001)
    assert AlarmKind.OVERDUE_CASE in journal.found(NOW_MS)


def test_many_late_cases_are_told_one_by_one_up_to_a_bound_and_the_others_together(journal: Journal) -> None:
    journal.decide(published(100), *(assigned(f"o-{number:02}") for number in range(CASES_TOLD_MAX + 3)))
    late = [one for one in journal.book.conditions(CLOSES_MS + 200_000) if one.kind is AlarmKind.OVERDUE_CASE]
    assert len(late) == CASES_TOLD_MAX + 1
    assert (late[-1].place, late[-1].detail) == (f"{AREA}/others", {"count": 3})


def test_an_open_case_without_deadline_is_told_unless_a_human_owns_it(journal: Journal) -> None:
    journal.decide(assigned())
    assert journal.found()[AlarmKind.ORPHANED_CASE].place == f"{AREA}/order:o-1"
    journal.decide(TaskOpened(task_id="t-1", kind=TaskKind.UNPLACED_REQUEST, about="o-1", owner="operator"))
    assert AlarmKind.ORPHANED_CASE not in journal.found()
    journal.decide(TaskClosed(task_id="t-1", result="done"))
    assert AlarmKind.ORPHANED_CASE in journal.found()


def test_a_deadline_given_up_without_a_human_is_told(journal: Journal) -> None:
    journal.decide(published(), assigned(), CaseStuck(case="close|c-1|2026-11-22|lunch", error="ValueError"))
    assert AlarmKind.ORPHANED_CASE in journal.found()


def test_a_stuck_case_is_told_and_not_called_late_while_its_human_works(journal: Journal) -> None:
    key = "close|c-1|2026-11-22|lunch"
    task = TaskOpened(task_id="t-1", kind=TaskKind.STUCK_CASE, about=key, owner="operator")
    journal.decide(published(), assigned(), task, CaseStuck(case=key, error="ValueError"))
    late_ms = CLOSES_MS + 3_600_000
    assert journal.found(late_ms).keys() == {AlarmKind.STUCK_CASES}
    journal.decide(TaskClosed(task_id="t-1", result="done"), now_ms=late_ms)
    assert journal.found(late_ms + 1_000) == {}, "the case is tried again: nobody can be late for that yet"
    assert AlarmKind.OVERDUE_CASE in journal.found(late_ms + 121_000)


BREAKS: dict[str, tuple[tuple[Fact, ...], ...]] = {
    "promised beyond capacity": ((published(1),), (assigned("o-1"),), (assigned("o-2"),)),
    "promised where nothing was published": ((assigned(),),),
    "freed twice": ((published(), assigned()), (cancelled(),), (cancelled(),)),
    "freed elsewhere": ((published(), assigned()), (cancelled(provider_id="c-2"),)),
    "delivered without a place": (
        (published(), assigned(), OrderUnplaced(order_id="o-1", from_provider_id="c-1", cause="provider_closed", person_id="p-1",
                                                date="2026-11-22", meal="lunch", portions=1, closes_ms=CLOSES_MS)),
        (OrderDelivered(order_id="o-1", person_id="p-1", portions=1, **SLOT),),
    ),
    "lowered without saying so": ((published(2), assigned("o-1"), assigned("o-2")), (published(1, 2),)),
    "negative": ((published(), assigned(portions=-1)),),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKS)
def test_a_capacity_that_is_not_conserved_is_told(journal: Journal, name: str) -> None:
    *before, last = BREAKS[name]
    for facts in before:
        journal.decide(*facts)
    assert AlarmKind.CAPACITY_BROKEN not in journal.found()
    journal.decide(*last)
    assert journal.found()[AlarmKind.CAPACITY_BROKEN].place.startswith(f"{AREA}/")


def test_a_capacity_lowered_below_its_use_and_flagged_is_right(journal: Journal) -> None:
    journal.decide(published(2), assigned("o-1"), assigned("o-2"))
    journal.decide(published(1, 2), SlotOvercommitted(**SLOT, capacity=1, used=2))
    assert journal.found() == {}


def test_lag_without_progress_is_told_after_its_time_and_ends_with_an_answer(journal: Journal) -> None:
    journal.book.measured(0, 7, 3, NOW_MS)
    assert journal.found(NOW_MS + 19_999) == {}
    assert journal.found(NOW_MS + 20_000)[AlarmKind.NO_PROGRESS].detail == {"lag": 3, "source_offset": 7}
    journal.book.measured(0, 8, 50, NOW_MS + 21_000)
    assert journal.found(NOW_MS + 22_000) == {}, "slow is not still"
    journal.book.measured(0, 8, 0, NOW_MS + 50_000)
    assert journal.found(NOW_MS + 90_000) == {}


def test_a_failed_record_is_told_for_a_while(journal: Journal) -> None:
    journal.decide(published())
    journal.record(Failed(0, 0, 5, "ValueError"))
    assert journal.found()[AlarmKind.FAILED_RECORDS].detail == {"count": 1}
    assert journal.found(NOW_MS + 600_001) == {}


def test_too_much_quarantine_is_told_and_forwarding_is_none(journal: Journal) -> None:
    journal.decide(published(), aside=(SetAside("bad_json"), SetAside("bad_json"), SetAside("bad_json"), SetAside(FORWARDED, 1, "e-2", 1)))
    assert journal.found() == {}
    journal.decide(aside=(SetAside("too_large"),))
    assert journal.found()[AlarmKind.QUARANTINED].detail == {"count": 4}


def test_what_a_fenced_owner_wrote_is_not_believed(journal: Journal) -> None:
    journal.decide(published(), assigned(), valid=False)
    assert journal.book.open_cases == 0


def drill(start_ms: int = NOW_MS) -> Drill:
    return drill_of("meals", SCRIPTS["meals"], start_ms)


def answer(watch: DrillWatch, drill: Drill, *, wrong: str | None = None, leave_out: str | None = None, at_ms: int = NOW_MS + 500) -> Any:
    """Decide every event of the drill as its script says, but for the named facts."""
    done = None
    facts = {"meals.order.assigned.v1": assigned(), "meals.order.cancelled.v1": cancelled(), "meals.slot.published.v1": published()}
    for event in drill.events:
        wanted = drill.expected.get(event["id"])
        if wanted == leave_out:
            continue
        fact = facts.get(wanted or "") or published()
        if wanted == "meals.provider.listed.v1":
            from schemas.meals import ProviderListed

            fact = ProviderListed(
                provider_id="c", name="n", kind="canteen", lat=31.2, lon=121.4, street="s", services=(), diets=(), delivery_radius_m=None
            )
        made = decision(*(() if wanted == wrong else (fact,)), area=DRILL_AREA, event_id=event["id"])
        done = watch.saw(made, at_ms) or done
    return done


def kinds(watch: DrillWatch, now_ms: int, drilled_ms: int | None = NOW_MS) -> set[AlarmKind]:
    return {condition.kind for condition in watch.conditions(now_ms, drilled_ms)}


def test_the_same_step_gives_the_same_drill_and_another_step_other_ids() -> None:
    assert drill() == drill()
    assert not {event["id"] for event in drill().events} & {event["id"] for event in drill(NOW_MS + 60_000).events}
    assert {(event["area"], event["source"], event["channel"]) for event in drill().events} == {(DRILL_AREA, "/laoxiao/drill", "system")}


def test_a_drill_answered_in_time_is_measured_and_nothing_to_say() -> None:
    watch, one = DrillWatch("meals", LIMITS, NOW_MS), drill()
    watch.sent(one, NOW_MS)
    watch.taken()
    assert answer(watch, one) == (True, 0.5)
    assert kinds(watch, NOW_MS + 60_000) == set()


def test_a_drill_without_its_answer_is_told_until_it_comes() -> None:
    watch, one = DrillWatch("meals", LIMITS, NOW_MS), drill()
    watch.sent(one, NOW_MS)
    assert kinds(watch, NOW_MS + 20_000) == set()
    assert kinds(watch, NOW_MS + 20_001) == {AlarmKind.DRILL_UNANSWERED}
    answer(watch, one)
    assert kinds(watch, NOW_MS + 30_000) == set()


def test_a_drill_decided_otherwise_than_its_script_is_told_until_one_is_right() -> None:
    watch, one, two = DrillWatch("meals", LIMITS, NOW_MS), drill(), drill(NOW_MS + 60_000)
    watch.sent(one, NOW_MS)
    assert answer(watch, one, wrong="meals.order.assigned.v1").right is False
    assert kinds(watch, NOW_MS + 1_000) == {AlarmKind.DRILL_WRONG}
    watch.sent(two, NOW_MS + 60_000)
    assert answer(watch, two).right is True
    assert kinds(watch, NOW_MS + 61_000) == set()


def test_a_drill_that_was_skipped_is_told() -> None:
    watch, one, two = DrillWatch("meals", LIMITS, NOW_MS), drill(), drill(NOW_MS + 60_000)
    watch.sent(one, NOW_MS)
    assert answer(watch, one, leave_out="meals.order.cancelled.v1") is None
    watch.sent(two, NOW_MS + 60_000)
    assert answer(watch, two).right is False
    assert kinds(watch, NOW_MS + 61_000) == {AlarmKind.DRILL_WRONG}


def test_a_way_in_that_does_not_take_a_drill_is_told_also_when_a_second_one_did() -> None:
    watch = DrillWatch("meals", LIMITS, NOW_MS)
    watch.sent(drill(), NOW_MS)
    watch.not_taken(drill(), "log: KafkaError")
    assert kinds(watch, NOW_MS + 60_000) == {AlarmKind.DRILL_NOT_TAKEN}, "nobody owes an answer to what was not taken"
    watch.taken("gateway: 503")
    assert kinds(watch, NOW_MS) == {AlarmKind.DRILL_NOT_TAKEN}
    watch.taken()
    assert kinds(watch, NOW_MS) == set()


def test_agents_that_decide_no_drill_for_more_than_two_steps_are_told() -> None:
    watch = DrillWatch("meals", LIMITS, NOW_MS)
    assert kinds(watch, NOW_MS + 120_000, None) == set()
    assert kinds(watch, NOW_MS + 120_001, None) == {AlarmKind.AGENTS_SILENT}
    assert kinds(watch, NOW_MS + 120_001, NOW_MS + 10_000) == set()


LATE = Condition(AlarmKind.OVERDUE_CASE, f"{AREA}/order:o-1", {"deadline_ms": 1})


def test_a_condition_is_told_once_while_it_lasts_and_once_when_it_ends() -> None:
    keeper = AlarmKeeper()
    (raised,) = keeper.changes("meals", READ, [LATE], 1_000, settled=True)
    assert (raised.raised, raised.since_ms) == (True, 1_000)
    assert keeper.changes("meals", READ, [LATE._replace(detail={"deadline_ms": 2})], 2_000, settled=True) == []
    (ended,) = keeper.changes("meals", READ, [], 3_000, settled=True)
    assert (ended.raised, ended.id, ended.at_ms) == (False, raised.id, 3_000)
    (again,) = keeper.changes("meals", READ, [LATE], 4_000, settled=True)
    assert again.id != raised.id


def test_a_restarted_auditor_tells_nothing_twice_and_ends_nothing_before_it_has_looked_long_enough() -> None:
    before = AlarmKeeper()
    (raised,) = before.changes("meals", READ, [LATE], 1_000, settled=True)
    after = AlarmKeeper()
    after.load(raised)
    assert after.changes("meals", READ, [], 2_000, settled=False) == []
    assert after.changes("meals", READ, [LATE], 3_000, settled=True) == []
    assert [alarm.raised for alarm in after.changes("meals", READ, [], 4_000, settled=False)] == [False], (
        "what it has seen itself it may end"
    )
    ended = AlarmKeeper()
    ended.load(raised)
    ended.load(Alarm(raised.id, *raised.key, raised=False, since_ms=1_000, at_ms=2_000))
    assert ended.open == {}


def test_one_domains_calm_ends_no_alarm_of_another() -> None:
    keeper = AlarmKeeper()
    keeper.changes("meals", READ, [LATE], 1_000, settled=True)
    assert keeper.changes("beds", READ, [], 2_000, settled=True) == []
    assert (keeper.count("meals"), keeper.count("beds"), keeper.count("meals", AlarmKind.NO_PROGRESS)) == (1, 0, 0)


class Full:
    """A channel whose disk is full for the first time it is asked."""

    def __init__(self) -> None:
        self.told: list[Alarm] = []
        self.asked = 0

    async def tell(self, alarms: list[Alarm]) -> None:
        self.asked += 1
        if self.asked == 1:
            raise OSError("full")
        self.told += alarms


class Page:
    """The alarm topic."""

    def __init__(self) -> None:
        self.said: list[Alarm] = []

    async def say(self, record: Any) -> bool:
        self.said.append(record)
        return True


class Deaf:
    """Metrics that nobody reads."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


async def test_an_alarm_that_cannot_be_told_is_written_all_the_same_and_told_later_once_and_no_heartbeat_hides_it() -> None:
    teller, page = Full(), Page()
    config = AuditorConfig("", limits=LIMITS, domains=("meals",), drills=False)
    auditor = Auditor(config, lines=page, teller=teller, metrics=Deaf(), started_ms=NOW_MS)  # type: ignore[arg-type]  # a topic in memory
    audit = auditor.audits["meals"]
    task = TaskOpened(task_id="t-1", kind=TaskKind.STUCK_CASE, about="end|o-1", owner="operator")
    audit.book.take(Judged(0, 0, b"", Opened("w", Clock.WALL), True))
    audit.book.take(Judged(0, 1, b"", Decided(0, 1, 0, 0, (decision(task),)), True))
    audit.completed(NOW_MS)
    await auditor.judge(NOW_MS)
    assert [alarm.kind for alarm in page.said] == [AlarmKind.STUCK_CASES]
    assert (teller.told, auditor.healthy(NOW_MS)) == ([], False)
    await auditor.judge(NOW_MS + 1_000)
    await auditor.judge(NOW_MS + 2_000)
    assert teller.told == page.said
    assert auditor.healthy(NOW_MS + 2_000)
    assert auditor.heartbeat(NOW_MS).domains == {"meals": {"open_cases": 0, "open_alarms": 1, "unread": 0}}
    await auditor.judge(NOW_MS + 61_000)
    assert [alarm.kind for alarm in teller.told] == [AlarmKind.STUCK_CASES, AlarmKind.NOT_AUDITED], "an old book is no news"
    assert not auditor.healthy(NOW_MS + 61_000)
