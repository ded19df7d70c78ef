"""A call for help is never refused for what is wrong with its ornaments (E01; reliability page, section 5, emergency exception).

The schema of `emergency.call.raised.v1` stays strict: it says what a good sender sends, and is frozen like any other. When an
event breaks it, `mend` drops or replaces exactly the parts named by the rules that were broken and lists them in
``needs_review``; the codec validates the result again, strictly. What stays outside is structure: no JSON, no envelope id, no
area, another domain, too large; and an id that came before with another body.
"""

import re
from typing import Any

from schemas.primitives import ID_PATTERN

RAISED = "emergency.call.raised.v1"
TIME_UNKNOWN = "2020-01-01T00:00:00Z"
"""Stands for a time no clock can have meant (a device that woke up in 1970): the core flags it ``skewed`` and decides by received-at."""
REPLACED: dict[str, str] = {
    "time": TIME_UNKNOWN,
    "source": "/unknown",
    "actor": "device:unknown",
    "datacontenttype": "application/json",
}
"""Required or defaulted attributes of the envelope with what stands for one that cannot be used."""
DROPPED = frozenset({"subject", "causationid", "correlationid", "onbehalfof", "channel", "dataschema"})
STRUCTURE = frozenset({"specversion", "id", "type", "area"})
REVIEW_MAX = 24

_ID = re.compile(ID_PATTERN)
_CODE = re.compile(r"^[a-z][a-z0-9_]{0,63}\Z")
_FIELDS = ("channel", "person_id", "device_id", "position", "note")


def mend(parsed: dict[str, Any], broken: tuple[tuple[int | str, ...], ...]) -> dict[str, Any] | None:
    """The event without what cannot be used, or None when it is its structure that is broken.

    ``broken`` are the paths that validation named, without the type's own tag. The argument is not changed.
    """
    heads = {str(path[0]) if path else "" for path in broken}
    if "" in heads or heads & STRUCTURE:
        return None
    out = dict(parsed)
    review: list[str] = []
    for head in sorted(heads - {"data"}):
        if head in REPLACED:
            out[head] = REPLACED[head]
        else:
            out.pop(head, None)
        review.append(f"envelope_{head}" if head in REPLACED or head in DROPPED else "extension")
    data = parsed.get("data")
    inside = {str(path[1]) for path in broken if len(path) > 1 and path[0] == "data"}
    out["data"] = _mended_data(data if isinstance(data, dict) else {}, inside, str(parsed.get("id")), review)
    if not isinstance(data, dict):
        out["data"]["needs_review"] = [*out["data"]["needs_review"][: REVIEW_MAX - 1], "data"]
    return out


def _mended_data(data: dict[str, Any], inside: set[str], event_id: str, review: list[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name in _FIELDS:
        if name in inside and name in data:
            review.append(name)
        elif name in data:
            kept[name] = data[name]
    if "channel" not in kept:
        kept["channel"] = "unknown"
        if "channel" not in review:
            review.append("channel")
    call_id = data.get("call_id")
    if isinstance(call_id, str) and _ID.fullmatch(call_id):
        kept["call_id"] = call_id
    else:
        kept["call_id"] = event_id
        review.append("call_id")
    if any(name not in (*_FIELDS, "call_id", "needs_review") for name in data):
        review.append("unknown_field")
    said = data.get("needs_review")
    own = [code for code in said if isinstance(code, str) and _CODE.fullmatch(code)] if isinstance(said, (list, tuple)) else []
    kept["needs_review"] = list(dict.fromkeys([*review, *own]))[:REVIEW_MAX]
    return kept
