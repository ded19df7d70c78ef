"""From whatever a device sends to an event of a call: what can be read is used, what cannot is named, nothing is a reason to refuse.

The codec mends values that break a rule (`schemas.emergency_mending`); here is what it cannot: the shape around them.
"""

import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.datastructures import Headers

from infra.gateway.problems import Problem, Trouble
from schemas.codec import Unreadable, parse_json
from schemas.drill import is_drill
from schemas.emergency_mending import RAISED, TIME_UNKNOWN
from schemas.primitives import ID_PATTERN

REGION = "3101"
"""The city's one dispatch region: where a call goes whose own area cannot be read."""
REGION_DIGITS = 4
SOURCE = "/gateway/emergency/calls"
FIELDS = ("call_id", "channel", "person_id", "device_id", "position", "note", "needs_review")
ENVELOPE = ("area", "actor", "time", "onbehalfof", "channel", "correlationid", "causationid", "data")
TEXT_MAX = 2_000

_ID = re.compile(ID_PATTERN)
_AREA = re.compile(r"^[0-9]{4,12}$")


def call_event(headers: Headers, body: bytes) -> dict[str, Any]:
    """The event of this request. Raises `Problem` ``not_a_call`` when there is nothing in it at all."""
    parsed = _parsed(body)
    review: list[str] = []
    if not isinstance(parsed, dict):
        parsed, review = {}, ["data"]
    inner = parsed.get("data")
    if isinstance(inner, dict):
        given = inner
        review += ["unknown_field"] if any(name not in ENVELOPE for name in parsed) else []
    else:
        given = {name: value for name, value in parsed.items() if name not in ENVELOPE or name == "channel"}
        review += ["data"] if inner is not None else []
    event_id, time = _named(headers)
    event: dict[str, Any] = {
        "specversion": "1.0", "id": event_id, "source": SOURCE, "type": RAISED, "area": _area(parsed.get("area"), review),
        "actor": "device:unknown", "time": time,
    }  # fmt: skip
    for name in ("actor", "time", "onbehalfof", "correlationid", "causationid"):
        said = _usable(parsed.get(name))
        if isinstance(said, str):
            event[name] = said
        elif parsed.get(name) is not None:
            review.append(f"envelope_{name}")
    data: dict[str, Any] = {}
    for name in FIELDS:
        value = _usable(given.get(name))
        if value is not None:
            data[name] = value
        elif given.get(name) is not None:
            review.append(name)
    data.setdefault("call_id", event_id)
    if any(name not in FIELDS for name in given):
        review.append("unknown_field")
    own = data.get("needs_review")
    data["needs_review"] = [*dict.fromkeys(review), *(own if isinstance(own, list) else [])]
    event["data"] = data
    return event


def _parsed(body: bytes) -> Any:
    """The body as strictly as usual, else as mildly as possible."""
    try:
        parsed = parse_json(body)
    except Unreadable:
        try:
            parsed = json.loads(body.decode("utf-8-sig", errors="replace").replace("\x00", ""), strict=False)
        except (ValueError, RecursionError):
            raise Problem(400, Trouble.NOT_A_CALL) from None
    if parsed is None or parsed in ({}, [], ""):
        raise Problem(400, Trouble.NOT_A_CALL)
    return parsed


def _named(headers: Headers) -> tuple[str, str]:
    """The event's id and the time it has when the caller says none.

    A body alone is no name: the same press an hour later would be taken for this one sent again, and call nobody. With a key of the
    caller's, nothing of this moment may enter: sent again, it must be the same event.
    """
    key = headers.get("idempotency-key", "").strip('"')
    if _ID.fullmatch(key):
        return key, TIME_UNKNOWN
    return f"call-{uuid.uuid4().hex}", datetime.now(UTC).isoformat()


def _area(area: object, review: list[str]) -> str:
    """The dispatch region that an area belongs to: a district's code begins with it."""
    text = str(area) if isinstance(area, (str, int)) and not isinstance(area, bool) else ""
    if is_drill(text):
        return text
    if _AREA.fullmatch(text):
        return text[:REGION_DIGITS]
    review.append("area")
    return REGION


def _usable(value: Any) -> Any:
    """A value that any JSON writer takes and that cannot make the event too large, else None; the codec judges what it means."""
    if isinstance(value, str):
        return value[:TEXT_MAX].encode("utf-8", errors="replace").decode()
    try:
        return value if len(orjson.dumps(value)) <= TEXT_MAX else None
    except (TypeError, RecursionError):
        return None
