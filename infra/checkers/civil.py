"""Civil days and instants in Shanghai, written from the contract for every domain's checkers."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

SHANGHAI = timezone(timedelta(hours=8))


def day_of(at_ms: int) -> str:
    """The civil date, ``YYYY-MM-DD``, of an instant in milliseconds since the epoch."""
    return datetime.fromtimestamp(at_ms / 1000, SHANGHAI).date().isoformat()


def minute_ms(day: str, minute: int) -> int:
    """An instant of that day: so many minutes after its midnight, which may be before or after the day itself."""
    midnight = datetime.combine(date.fromisoformat(day), datetime.min.time(), SHANGHAI)
    return int(midnight.timestamp() * 1000) + minute * 60_000


def parameters_in_force(policies: list[dict[str, Any]], name: str, defaults: dict[str, Any], now_ms: int) -> dict[str, Any]:
    """The parameters of a policy on this day: the latest version not after it, then the higher name; over the defaults."""
    today = day_of(now_ms)
    held = [policy for policy in policies if policy["policy"] == name and policy["in_force_from"] <= today]
    if not held:
        return defaults
    return {**defaults, **max(held, key=lambda policy: (policy["in_force_from"], policy["version"]))["parameters"]}
