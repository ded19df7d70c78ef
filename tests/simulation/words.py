"""Events as plain dictionaries and instants as text, made without any class of ours: the codec must judge them as it judges all."""

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

SHANGHAI = timezone(timedelta(hours=8))


@lru_cache(maxsize=8192)
def rfc3339(ms: int) -> str:
    """As people in Shanghai write it."""
    return datetime.fromtimestamp(ms / 1000, SHANGHAI).isoformat(timespec="milliseconds")


@lru_cache(maxsize=1024)
def civil_day(ms: int) -> str:
    """The date in Shanghai."""
    return datetime.fromtimestamp(ms / 1000, SHANGHAI).date().isoformat()


def envelope(  # noqa: PLR0917 - the attributes in the contract's order
    event_id: str, event_type: str, at_ms: int, area: str, actor: str, data: dict[str, Any]
) -> dict[str, Any]:
    """One CloudEvent."""
    return {
        "specversion": "1.0", "id": event_id, "source": "/sim", "type": event_type, "time": rfc3339(at_ms), "area": area, "actor": actor,
        "data": data,
    }  # fmt: skip
