"""A resource request becomes one event and goes the way of all events: checked, recorded, perhaps waited for."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Path, Request
from starlette.responses import Response

from infra.gateway.access.access import speaker
from infra.gateway.answering import answer
from infra.gateway.gateway import Gateway
from infra.gateway.intake import BINARY, check, json_body, media_type
from infra.gateway.problems import Problem, Trouble, rejected
from schemas.codec import Rejected
from schemas.primitives import ID_PATTERN

IdPath = Annotated[str, Path(pattern=ID_PATTERN, max_length=64)]

_ENVELOPE_FIELDS = ("area", "actor", "time", "onbehalfof", "channel", "correlationid")
_REQUIRED = ("area", "actor", "time")
_ID = re.compile(ID_PATTERN)


async def go(
    gateway: Gateway, request: Request, event_type: str, source: str, *, subject: str | None = None, subject_field: str | None = None,
    data_of: Callable[[dict[str, Any]], Any],
) -> Response:  # fmt: skip
    """Record one event made of this request.

    The `Idempotency-Key` is its id; `area`, `actor` and `time` come from the caller (an event stamped here would be another body at
    every retry; only an `actor` left out is the token's own, which does not change); ``data_of`` makes its data of the rest of the
    body; the subject is given, or taken from ``subject_field`` of the data.
    """
    body = _object(request, await request.body())
    event = {name: body.pop(name) for name in _ENVELOPE_FIELDS if name in body}
    if gateway.access is not None:
        event.setdefault("actor", speaker(request))
    missing = [f"{name}: missing" for name in _REQUIRED if name not in event]
    if missing:
        raise rejected(Rejected.INVALID_EVENT, tuple(missing))
    data = data_of(body)
    event |= {"specversion": "1.0", "id": _key(request), "source": source, "type": event_type, "data": data}
    about = data.get(subject_field) if subject is None and isinstance(data, dict) and subject_field is not None else subject
    if isinstance(about, str):
        event["subject"] = about
    return await answer(gateway, check([event]), request, batch=False)


def only_data(body: dict[str, Any]) -> Any:
    """The body's `data`; anything beside it is unknown."""
    strangers = [name for name in body if name != "data"]
    if strangers or not isinstance(body.get("data"), dict):
        raise rejected(Rejected.INVALID_EVENT, ("data: expected beside area, actor and time",))
    return body["data"]


def _object(request: Request, body: bytes) -> dict[str, Any]:
    if media_type(request.headers) != BINARY:
        raise Problem(415, Trouble.UNSUPPORTED_MEDIA_TYPE, extra={"taken": [BINARY]})
    parsed = json_body(body)
    if not isinstance(parsed, dict):
        raise rejected(Rejected.NOT_AN_EVENT)
    return parsed


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key")
    if key is None:
        raise Problem(400, Trouble.MISSING_IDEMPOTENCY_KEY)
    key = key.strip('"')
    if not _ID.match(key):
        raise Problem(400, Trouble.INVALID_HEADER, extra={"where": ["idempotency-key"]})
    return key
