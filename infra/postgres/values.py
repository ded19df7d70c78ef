"""Values between rows and JSON."""

from datetime import date, datetime
from typing import Any

from schemas.journal import SHANGHAI, instant


def civil_day(at_ms: int) -> date:
    """The civil date in Shanghai at an instant in milliseconds since the epoch."""
    return datetime.fromtimestamp(at_ms / 1000, SHANGHAI).date()


def instant_or_none(at_ms: int | None) -> str | None:
    """`instant`, of something that may not have happened."""
    return None if at_ms is None else instant(at_ms)


async def today(pool: Any, domain: str, area: str | None) -> tuple[date, int]:
    """The civil date and the instant (milliseconds) of the area's own clock; of the newest area when `area` is None."""
    now_ms = await pool.fetchval("SELECT max(now_ms) FROM areas WHERE domain = $1 AND ($2::text IS NULL OR area = $2)", domain, area)
    return civil_day(now_ms or 0), now_ms or 0
