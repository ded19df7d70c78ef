"""Seeded ways to spoil a valid record, of its bytes and of its structure: what the fuzz tests throw at the readers."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

TOKENS = (
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u0000", b"\\ud800", b"null", b"true", b"1e400", b"-0.0", b"NaN", b"\x00", b"\xff",
    b"\xef\xbb\xbf", b'"id":"x",', b"9" * 40, b"\xe2\x80\xae", b" " * 50,
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**63, 10**30, 0.5, -0.0, float("1e308"), "", "x", "a" * 300, "\u202e", "\x00", "食", [], [[]], {}, {"a": {}},
    "1795309200", "2026-02-29", "2026-11-22T24:00:00+08:00", [None] * 600, {"a" * 200: 1}, "meals.order.placed.v9",
)  # fmt: skip


def spoilt_bytes(random_: random.Random, value: bytes) -> bytes:
    """One to four cuts, flips, insertions or repetitions somewhere in the bytes."""
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(len(value) + 1)
        match random_.randrange(5):
            case 0:
                value = value[:at] + random_.choice(TOKENS) + value[at:]
            case 1:
                value = value[:at] + value[at + random_.randint(1, 20) :]
            case 2:
                value = value[:at] + bytes([random_.randrange(256)]) + value[at + 1 :]
            case 3:
                value = value[:at] + value[at : at + random_.randint(1, 60)] + value[at:]
            case _:
                value = value[:at] + random_.choice(TOKENS) + value[at + random_.randint(1, 8) :]
    return value


def spoilt_structure(random_: random.Random, parsed: Any) -> Any:
    """The same JSON with one to three values replaced, removed, renamed, added or moved."""
    made = copy.deepcopy(parsed)
    for _ in range(random_.randint(1, 3)):
        places = list(_places(made))
        if not places:
            break
        holder, key = random_.choice(places)
        match random_.randrange(5):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[random_.choice(("id", "Area", "type", "unknown", "ext1", "trace-id", "食"))] = holder.pop(key)
            case 2:
                _, other = random_.choice(places)
                if isinstance(holder, dict) and isinstance(other, str):
                    holder[other] = copy.deepcopy(holder[key])
            case _:
                holder[key] = copy.deepcopy(random_.choice(VALUES))
    return made


def _places(parsed: Any) -> Iterator[tuple[Any, Any]]:
    inner = parsed.items() if isinstance(parsed, dict) else enumerate(parsed) if isinstance(parsed, list) else ()
    for key, part in list(inner):
        yield parsed, key
        yield from _places(part)


def spoilt(random_: random.Random, parsed: Any) -> bytes:
    """A valid JSON value, spoilt one way or both."""
    value = json.dumps(spoilt_structure(random_, parsed) if random_.random() < 0.6 else parsed, ensure_ascii=random_.random() < 0.3)
    encoded = value.encode("utf-8", "surrogatepass")
    return spoilt_bytes(random_, encoded) if random_.random() < 0.5 else encoded
