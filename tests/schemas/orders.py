"""Valid events to spoil: the frozen examples, as mappings and as bytes."""

import copy
import json
from typing import Any

from tests.schemas.freeze import frozen_examples

DOMAIN = "meals"
KEY = b"310106"
RECEIVED_MS = 1_795_309_200_000
_EXAMPLES = frozen_examples("events")


def event(name: str = "meals.order.placed.v1", **changes: Any) -> dict[str, Any]:
    """The first example of a type. A change names a path with double underscores (``data__position__lat``); the value
    ``GONE`` removes what is there."""
    made: dict[str, Any] = copy.deepcopy(_EXAMPLES[name][0])
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = made
        for part in parents:
            place = place[part]
        if value is GONE:
            del place[last]
        else:
            place[last] = value
    return made


GONE = object()


def raw(*events: dict[str, Any]) -> bytes:
    """One event as it stands alone in a record, several as a batch."""
    return json.dumps(events[0] if len(events) == 1 else list(events), ensure_ascii=False).encode()


def spoilt(old: str, new: str, name: str = "meals.order.placed.v1") -> bytes:
    """An example's bytes with one spelling replaced, for what no encoder writes."""
    text = raw(event(name)).decode()
    assert text.count(old) == 1, (old, text)
    return text.replace(old, new).encode()
