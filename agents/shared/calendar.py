"""Shanghai's civil time, and the working-day calendar as policy data.

China announces each year's holidays and the weekends worked in exchange (调休) late in the year before, so the calendar
arrives as a policy event a year; beyond the last known year an answer is provisional (design, section 5).
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field

from schemas.primitives import Day

DAY_MS = 24 * 3600 * 1000
MINUTE_MS = 60 * 1000
SHANGHAI_MS = 8 * 3600 * 1000
"""Shanghai's offset from UTC: one all year since 1992, so no time-zone database is asked."""
EPOCH = date(1970, 1, 1).toordinal()


def day_of(instant_ms: int) -> date:
    """The civil date in Shanghai at this instant (milliseconds since the epoch)."""
    return date.fromordinal(day_number(instant_ms))


def day_number(instant_ms: int) -> int:
    """The same as a proleptic ordinal (`date.toordinal`)."""
    return EPOCH + (instant_ms + SHANGHAI_MS) // DAY_MS


def midnight_ms(day: date) -> int:
    """When this civil date begins in Shanghai, in milliseconds since the epoch."""
    return (day.toordinal() - EPOCH) * DAY_MS - SHANGHAI_MS


def midnight_ms_of(day: int) -> int:
    """The same of a day number."""
    return (day - EPOCH) * DAY_MS - SHANGHAI_MS


@lru_cache(maxsize=4096)
def day_from(text: str) -> date:
    """``YYYY-MM-DD`` as a date."""
    return date.fromisoformat(text)


class CalendarYear(BaseModel):
    """Parameters of the ``calendar`` policy: one year's deviations from Monday to Friday."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    year: int = Field(ge=2000, le=2200)
    holidays: tuple[Day, ...] = Field(max_length=366, description="statutory days off, weekends among them allowed")
    workdays: tuple[Day, ...] = Field(default=(), max_length=60, description="weekend days worked in exchange (调休)")

    def consistent(self) -> bool:
        """Every day lies in the year, and none is both."""
        days = (*self.holidays, *self.workdays)
        return all(day.year == self.year for day in days) and len(set(days)) == len(days)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A date reached by counting working days; ``provisional`` until the calendar of every year it crosses is known."""

    day: date
    provisional: bool


@dataclass(slots=True)
class WorkingDays:
    """What is known of working days, by year."""

    years: dict[int, CalendarYear] = field(default_factory=dict)

    def adopt(self, year: CalendarYear) -> None:
        """Put a year's calendar in force; a later one for the same year replaces it."""
        assert year.consistent()
        self.years[year.year] = year

    def known(self, day: date) -> bool:
        """Whether this day's year has been published."""
        return day.year in self.years

    def is_holiday(self, day: date) -> bool:
        """A day named as a holiday; False in a year that is not known."""
        year = self.years.get(day.year)
        return year is not None and day in year.holidays

    def is_working_day(self, day: date) -> bool:
        """Named days first, then Monday to Friday; in an unknown year Monday to Friday, provisionally."""
        year = self.years.get(day.year)
        if year is not None:
            if day in year.holidays:
                return False
            if day in year.workdays:
                return True
        return day.isoweekday() <= 5

    def after(self, start: date, working_days: int) -> Deadline:
        """The date so many working days after `start`; 0 is the first working day not before it."""
        assert 0 <= working_days <= 1000
        provisional = not self.known(start)
        day, left = start, working_days
        while left > 0 or not self.is_working_day(day):
            day += timedelta(days=1)
            provisional = provisional or not self.known(day)
            if left > 0 and self.is_working_day(day):
                left -= 1
        return Deadline(day, provisional)
