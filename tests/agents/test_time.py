"""Deadlines, the memory of answers, and the calendar."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.shared.calendar import CalendarYear, WorkingDays, day_of, midnight_ms
from agents.shared.deadlines import Deadlines
from agents.shared.seen import SeenIds
from schemas.decisions import Outcome
from schemas.journal import instant

keys = st.sampled_from([f"k-{number}" for number in range(8)])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(keys, st.one_of(st.none(), st.integers(0, 50))), max_size=300))
def test_deadlines_come_in_the_order_of_time_then_key_and_one_a_key(deeds: list[tuple[str, int | None]]) -> None:
    deadlines, model = Deadlines(), dict[str, int]()
    for key, when_ms in deeds:
        if when_ms is None:
            deadlines.clear(key)
            model.pop(key, None)
        else:
            deadlines.set(key, when_ms)
            model[key] = when_ms
        expected = min(((when, name) for name, when in model.items()), default=None)
        assert deadlines.first() == expected
        assert dict(deadlines.dump()) == model
        if expected is not None:
            assert deadlines.due(expected[0] - 1) is None
            assert deadlines.due(expected[0]) == expected[1]


def test_a_deadline_moved_ten_thousand_times_takes_no_more_memory() -> None:
    deadlines = Deadlines()
    for when_ms in range(10_000):
        deadlines.set("k", when_ms)
    assert len(deadlines._heap) < 200


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)), max_size=100))
def test_an_answer_is_known_until_it_is_older_than_the_memory(steps: list[tuple[int, int]]) -> None:
    seen, model, now_ms = SeenIds(), dict[str, int](), 0
    for number, wait in steps:
        now_ms += wait
        seen.forget(now_ms - 10)
        model = {event_id: when for event_id, when in model.items() if when >= now_ms - 10}
        event_id = f"e-{number}"
        if event_id not in model:
            seen.remember(event_id, b"d", Outcome.ACCEPTED, None, now_ms)
            model[event_id] = now_ms
        assert {known for known in (f"e-{other}" for other in range(31)) if seen.get(known)} == set(model)
        assert [row[0] for row in seen.dump()] == list(model)


def test_an_id_is_answered_once() -> None:
    seen = SeenIds()
    seen.remember("e", b"d", Outcome.REFUSED, "no_capacity", 1)
    with pytest.raises(ValueError, match="once"):
        seen.remember("e", b"d", Outcome.REFUSED, "no_capacity", 1)


GOLDEN_WEEK = CalendarYear(
    year=2026,
    holidays=tuple(date(2026, 10, day) for day in range(1, 8)),
    workdays=(date(2026, 10, 10),),
)


def test_holidays_and_exchanged_weekends_go_before_monday_to_friday() -> None:
    days = WorkingDays()
    days.adopt(GOLDEN_WEEK)
    assert not days.is_working_day(date(2026, 10, 1))
    assert days.is_working_day(date(2026, 10, 10))
    assert days.after(date(2026, 9, 30), 1).day == date(2026, 10, 8)
    assert days.after(date(2026, 10, 1), 0).day == date(2026, 10, 8)
    assert days.after(date(2026, 10, 9), 1).day == date(2026, 10, 10)


def test_beyond_the_last_known_year_a_deadline_is_provisional() -> None:
    days = WorkingDays()
    days.adopt(GOLDEN_WEEK)
    assert not days.after(date(2026, 12, 30), 1).provisional
    assert days.after(date(2026, 12, 31), 1).provisional


@given(st.dates(date(2025, 12, 1), date(2027, 1, 31)), st.integers(0, 60))
def test_so_many_working_days_lie_between_a_day_and_its_deadline(start: date, working_days: int) -> None:
    days = WorkingDays()
    days.adopt(GOLDEN_WEEK)
    end = days.after(start, working_days).day
    assert days.is_working_day(end)
    passed = sum(days.is_working_day(start + timedelta(days=ahead)) for ahead in range(1, (end - start).days + 1))
    assert passed == working_days or (working_days == 0 and passed <= 1)


@given(st.integers(0, 4_102_444_800_000))
def test_a_day_begins_at_midnight_in_shanghai(now_ms: int) -> None:
    day = day_of(now_ms)
    assert instant(now_ms)[:10] == day.isoformat()
    assert midnight_ms(day) <= now_ms < midnight_ms(day) + 86_400_000
