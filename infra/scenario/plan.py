"""Which day is played, where, and of which domains."""

from dataclasses import dataclass
from datetime import date, timedelta

from infra.scenario.words import MINUTE_MS, at
from schemas.topics import DOMAINS

DEFAULT_DATE = date(2026, 11, 24)
"""A Tuesday without a holiday near it."""


@dataclass(frozen=True, slots=True)
class DayPlan:
    """Which day to play. ``scale`` is the part of a district's daily capacity and demand: 1.0 is the whole day."""

    districts: tuple[str, ...] = ("310106",)
    day: date = DEFAULT_DATE
    seed: str = "laoxiao"
    scale: float = 1.0
    domains: tuple[str, ...] = DOMAINS

    @property
    def starts_ms(self) -> int:
        """The scenario's clock before its first item: 06:30 of the day before."""
        return at(self.day - timedelta(days=1), 6.5)

    @property
    def ends_ms(self) -> int:
        """When the last tick is: a minute before midnight, so that whoever looks afterwards sees this day and not an empty next one."""
        return at(self.day, 24) - MINUTE_MS

    def prefix(self, code: str) -> str:
        """How the ids of this day's events in this district begin."""
        return f"syn-{code}-{self.day:%Y%m%d}"
