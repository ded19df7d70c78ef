"""One number for a whole area: equal logs give equal hashes, in every process, whatever its hash seed (L01)."""

import hashlib
from typing import TypeVar

import orjson

from agents import core
from agents.core import AreaState, Domain

S = TypeVar("S")


def state_hash(domain: Domain[S], area: AreaState[S]) -> str:
    """SHA-256 in hex over the area's snapshot rows, each as JSON with sorted keys, the rows in sorted order."""
    rows = sorted(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) for row in core.dump(domain, area))
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row)
        digest.update(b"\n")
    return digest.hexdigest()
