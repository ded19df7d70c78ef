"""Policies as a district's office publishes them, and the calendar that every domain is given."""

from datetime import date, timedelta
from typing import Any

from infra.scenario.words import Item, event, office


def policy_item(
    area: str, policy: str, version: str, parameters: dict[str, Any], *, source: str, in_force: str, at_ms: int, prefix: str, word: str
) -> Item:
    """One `policy.published.v1`; ``word`` is the district's, ``in_force`` the first civil day."""
    body = {"policy": policy, "version": version, "in_force_from": in_force, "parameters": parameters, "source": source}
    one = event(f"{prefix}-pol-{policy}", "policy.published.v1", at_ms - 500, area=area, sender=office(word), data=body)
    return Item(at_ms, "policy", area, one)


def calendar_item(area: str, day: date, *, at_ms: int, prefix: str, word: str) -> Item:
    """The year's calendar, which every domain takes under the same id."""
    source = "2026 holidays as announced by the State Council; from memory, check before real use"
    in_force = date((day - timedelta(days=1)).year, 1, 1).isoformat()
    return policy_item(
        area, "calendar", str(day.year), calendar_parameters(), source=source, in_force=in_force, at_ms=at_ms, prefix=prefix, word=word
    )


def calendar_parameters() -> dict[str, Any]:
    """Holidays of 2026 and the weekend days worked in exchange (调休)."""
    return {
        "year": 2026,
        "holidays": [
            *_days("2026-01-01", 3), *_days("2026-02-15", 9), *_days("2026-04-04", 3), *_days("2026-05-01", 5),
            *_days("2026-06-19", 3), *_days("2026-09-25", 3), *_days("2026-10-01", 7),
        ],
        "workdays": ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
    }  # fmt: skip


def _days(first: str, count: int) -> list[str]:
    start = date.fromisoformat(first)
    return [(start + timedelta(days=ahead)).isoformat() for ahead in range(count)]
