"""Records that no reader of ours wrote: each must be set aside with a name, and the line must move on."""

import json
from random import Random
from typing import Any

from tests.simulation.domains.port import SimDomain
from tests.simulation.words import envelope

SHAPES = 16


def poison_value(part: SimDomain, draw: Random, area: str, number: int, at_ms: int) -> tuple[str | None, str | None]:
    """Value (Latin-1 text of the bytes) and key of one bad record."""
    event_type, data, actor = part.stranger
    good = envelope(f"e-{area}-x{number}", event_type, at_ms, area, actor, data)
    text = json.dumps(good)
    shape = draw.randrange(SHAPES)
    key: str | None = area
    changes: dict[int, dict[str, Any]] = {
        5: {"type": event_type.rsplit(".v", 1)[0] + ".v9"},
        6: {"type": unheard_of(part.name)},
        7: {"data": {**data, "colour": "red"}},
        8: {"id": "../../etc"},
        9: {"time": "1970-01-01T08:00:00+08:00"},
        10: {"subject": "nul\x00"},
    }
    plain: dict[int, str | None] = {
        0: "{not json", 1: None, 2: "[]", 3: "\xff\xfe\x00\x01", 4: text[:-20], 11: text[:-1] + ',"id":"twice"}', 12: "[" * 5000,
        13: "\xef\xbb\xbf" + text,
    }  # fmt: skip
    if shape in plain:
        return plain[shape], key
    if shape in changes:
        return json.dumps({**good, **changes[shape]}), key
    return text, "310999" if shape == 14 else None


def unheard_of(domain: str) -> str:
    """An event type that no release knows."""
    return f"{domain}.soup.tasted.v1"
