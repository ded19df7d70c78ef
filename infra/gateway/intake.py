"""From an HTTP request to checked events: the CloudEvents HTTP binding in its three modes, read by the one codec.

Structured: one event object. Batched: a JSON array, each event answered on its own. Binary: attributes in ``ce-*`` headers,
``data`` as the JSON body.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson
from starlette.datastructures import Headers

from infra.gateway.problems import Problem, Trouble, rejected
from schemas.codec import Rejected, Rejection, Unreadable, decode_event, parse_json
from schemas.decisions import Received
from schemas.envelope import BATCH_EVENTS_MAX
from schemas.registry import domains_addressed

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
BINARY = "application/json"

FORBIDDEN_TYPES = (
    "clock.ticked.v1", "childcare.quota.reserve_requested.v1", "childcare.quota.answered.v1", "childcare.quota.settle_requested.v1",
    "childcare.account.requested.v1", "childcare.account.answered.v1",
    "meals.neighbour.asked.v1", "meals.neighbour.answered.v1", "meals.neighbour.withdrawn.v1",
)  # fmt: skip
"""Made by our own processes only. A tick from outside would be a lie about who spoke; an answer from outside would make sessions free
that no home area has reserved, or place an order at a kitchen that never heard of it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One event that may be recorded: where it goes and the exact bytes."""

    index: int
    received: Received
    domains: tuple[str, ...]
    value: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """One event that may not: its place, its id when readable, and field names, never values."""

    index: int
    event_id: str | None
    code: str
    where: tuple[str, ...] = ()
    event_type: str | None = None

    def body(self) -> dict[str, Any]:
        """As the answer of a batch shows it."""
        return {"index": self.index, "id": self.event_id, "code": self.code, "where": list(self.where)}


Item = Taken | Refused


def media_type(headers: Headers) -> str:
    """The content type without parameters. UTF-8 is the only charset of JSON."""
    kind, _, parameters = headers.get("content-type", "").partition(";")
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            raise Problem(415, Trouble.UNSUPPORTED_MEDIA_TYPE)
    return kind.strip().lower()


def read_events(headers: Headers, body: bytes) -> tuple[list[object], bool]:
    """The parsed events in order, and whether they came as a batch. Raises `Problem` for a body that is no JSON of ours."""
    kind = media_type(headers)
    if kind not in (STRUCTURED, BATCHED, BINARY):
        raise Problem(415, Trouble.UNSUPPORTED_MEDIA_TYPE, extra={"taken": [STRUCTURED, BATCHED, BINARY]})
    parsed = json_body(body)
    if kind == BINARY:
        return [_binary(headers, parsed)], False
    if kind == STRUCTURED:
        if not isinstance(parsed, dict):
            raise rejected(Rejected.NOT_AN_EVENT)
        return [parsed], False
    if not isinstance(parsed, list):
        raise rejected(Rejected.NOT_AN_EVENT)
    if not parsed:
        raise rejected(Rejected.EMPTY_BATCH)
    if len(parsed) > BATCH_EVENTS_MAX:
        raise rejected(Rejected.BATCH_TOO_LONG)
    return parsed, True


def json_body(body: bytes) -> Any:
    """The body as Python objects, by the codec's strict rules. An empty body is bad JSON here."""
    try:
        return parse_json(body)
    except Unreadable as unreadable:
        raise rejected(Rejected.BAD_JSON if unreadable.reason is Rejected.NULL_VALUE else unreadable.reason) from None


def check(events: Iterable[object]) -> list[Item]:
    """Each event checked alone, in order: a bad one does not take its neighbours along."""
    return [_check_one(index, parsed) for index, parsed in enumerate(events)]


def _check_one(index: int, parsed: object) -> Item:
    if not isinstance(parsed, dict):
        return Refused(index, None, Rejected.NOT_AN_EVENT)
    if parsed.get("type") in FORBIDDEN_TYPES:
        return Refused(index, None, Trouble.FORBIDDEN_TYPE, ("type",))
    try:
        item = decode_event(None, parsed, 0, index)
        # The sender's own attributes go on as they came: a model dumped again would spell times and numbers in another way,
        # and the digest that tells a repeat from a conflict is made of what was sent.
        value = orjson.dumps(parsed)
    except (TypeError, RecursionError):
        # An integer beyond 64 bits or a nesting beyond the encoder's: legal JSON that no event of ours holds.
        return Refused(index, None, Rejected.INVALID_EVENT, (), _type_of(parsed))
    if isinstance(item, Rejection):
        return Refused(index, item.event_id, item.reason, item.where, _type_of(parsed))
    event = item.event
    return Taken(index, item, domains_addressed(event.type, parsed.get("data")), value)


def _type_of(parsed: dict[str, Any]) -> str | None:
    said = parsed.get("type")
    return said if isinstance(said, str) else None


def _binary(headers: Headers, data: object) -> dict[str, object]:
    event: dict[str, object] = {}
    for name, value in headers.items():
        if not name.startswith("ce-"):
            continue
        attribute = name[3:]
        if attribute in event or attribute in ("data", "datacontenttype"):
            raise Problem(400, Trouble.REPEATED_HEADER, extra={"where": ["ce-attributes"]})
        try:
            event[attribute] = unquote(value, errors="strict")
        except UnicodeDecodeError:
            raise Problem(400, Trouble.INVALID_HEADER, extra={"where": ["ce-attributes"]}) from None
    event["datacontenttype"] = BINARY
    event["data"] = data
    return event
