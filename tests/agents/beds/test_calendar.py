"""The calendar in the tree: valid policy data, and working days counted over holidays and worked weekends (G-R5)."""

from datetime import date

import pytest

from agents.shared.calendar import CalendarYear, WorkingDays
from agents.shared.policy import parse
from infra.calendar.produce import YearUnknown, calendar_policy, produced, years
from tests.agents.beds.district import District


def known() -> WorkingDays:
    days = WorkingDays()
    for year in years():
        parsed = parse(CalendarYear, calendar_policy(year)["parameters"])
        assert parsed is not None
        days.adopt(parsed)
    return days


@pytest.mark.parametrize("year", years())
def test_every_year_in_the_tree_is_taken_as_a_policy(year: int) -> None:
    assert District().send("policy.published.v1", **calendar_policy(year)).reason is None


def test_the_national_day_of_2026_is_counted_as_announced() -> None:
    days = known()
    assert [day for day in (20, 25, 27) if days.is_working_day(date(2026, 9, day))] == [20]  # Sunday worked; 中秋
    assert not any(days.is_working_day(date(2026, 10, day)) for day in range(1, 8))
    assert days.is_working_day(date(2026, 10, 10))  # Saturday worked in exchange
    assert days.after(date(2026, 9, 30), 3).day == date(2026, 10, 10)
    assert not days.after(date(2026, 9, 30), 3).provisional


def test_beyond_the_last_year_in_the_tree_a_deadline_is_provisional() -> None:
    assert known().after(date(max(years()), 12, 30), 3).provisional


def test_a_year_nobody_announced_is_refused() -> None:
    with pytest.raises(YearUnknown):
        produced(2031, {date(2030, 1, 1): "x"}, {}, "test")
