"""What a projection module declares per fact type."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from schemas.facts import Fact
from streams.projections.rows import Key, Place, Rows, Table

Why = dict[str, Any]
Needs = Callable[[Place, Any], Iterable[tuple[Table, Key]]]
Apply = Callable[[Rows, Place, Any, Why | None], None]

_SHANGHAI_MS = 8 * 3600 * 1000
_DAY_MS = 86_400_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def needs_nothing(place: Place, fact: Fact) -> Iterable[tuple[Table, Key]]:  # noqa: ARG001 - the shape of `Needs`
    """For facts that change no entity."""
    return ()


@dataclass(frozen=True, slots=True)
class Fold:
    """How one fact type becomes rows: ``needs`` names the entities to read first, ``apply`` writes into the batch's rows."""

    apply: Apply
    needs: Needs = needs_nothing


def civil_day(at_ms: int) -> date:
    """The civil date in Shanghai (UTC+8, no summer time since 1991) at an instant in milliseconds since the epoch."""
    return date.fromordinal(_EPOCH_ORDINAL + (at_ms + _SHANGHAI_MS) // _DAY_MS)


def json_text(value: object) -> str | None:
    """JSON for a jsonb column; None stays NULL."""
    return None if value is None else orjson.dumps(value).decode()
