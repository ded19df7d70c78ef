"""A working-day deadline is what counting day by day on paper gives, whatever the calendar."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agents.shared.calendar import CalendarYear, WorkingDays

days_of_2026 = st.integers(0, 364).map(lambda after: date(2026, 1, 1) + timedelta(days=after))


@given(
    st.sets(days_of_2026, max_size=60),
    st.sets(days_of_2026, max_size=20),
    st.dates(date(2025, 11, 1), date(2027, 2, 1)),
    st.integers(0, 40),
)
def test_counting_on_paper(holidays: set[date], exchanged: set[date], start: date, count: int) -> None:
    worked = {day for day in exchanged if day.isoweekday() > 5} - holidays
    days = WorkingDays()
    days.adopt(CalendarYear(year=2026, holidays=tuple(sorted(holidays)), workdays=tuple(sorted(worked))))
    paper, left = [start], count
    while True:
        day = paper[-1]
        works = day in worked or (day.isoweekday() <= 5 and day not in holidays)
        assert days.is_working_day(day) == works
        if works and left == 0:
            break
        if day != start and works:
            left -= 1
            if left == 0:
                break
        paper.append(day + timedelta(days=1))
    found = days.after(start, count)
    assert found.day == paper[-1]
    assert found.provisional == any(day.year != 2026 for day in paper)
