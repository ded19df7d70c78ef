"""From bytes to events, strictly: what is not exactly right becomes a `Rejection` with a named reason, never an exception
and never a guess (reliability page, section 5)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

import jiter
import orjson
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from schemas.decisions import Received
from schemas.drill import DRILL_AREA, DRILL_SOURCES
from schemas.envelope import (
    BATCH_EVENTS_MAX,
    EVENT_BYTES_MAX,
    EXTENSION_NAME_PATTERN,
    EXTENSIONS_MAX,
    IDENTITY_ATTRIBUTES,
    RECORD_BYTES_MAX,
    Event,
)
from schemas.primitives import ID_PATTERN
from schemas.registry import MENDING, domains_addressed, event_adapter, known_stems, known_types


class Rejected(StrEnum):
    """Why bytes are not an event. Wire names, never reused; a metric and the quarantine carry them."""

    NULL_VALUE = "null_value"
    TOO_LARGE = "too_large"
    BAD_JSON = "bad_json"
    DUPLICATE_KEY = "duplicate_key"
    NUL_CHARACTER = "nul_character"
    NOT_AN_EVENT = "not_an_event"
    EMPTY_BATCH = "empty_batch"
    BATCH_TOO_LONG = "batch_too_long"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_VERSION = "unknown_version"
    WRONG_DOMAIN = "wrong_domain"
    INVALID_EVENT = "invalid_event"
    KEY_MISMATCH = "key_mismatch"
    MIXED_AREAS = "mixed_areas"
    RESERVED_AREA = "reserved_area"
    """The drill's area in an event that is no drill: there nobody would see it, so it may not be taken in."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """One rejected event or record. ``where`` names fields and rules, never values: values may be personal."""

    reason: Rejected
    index: int | None = None
    event_id: str | None = None
    where: tuple[str, ...] = ()


Item = Received | Rejection

_ADAPTERS: dict[str, tuple[TypeAdapter[Event], TypeAdapter[list[Event]]]] = {}


def parse_json(value: bytes | None, bytes_max: int = RECORD_BYTES_MAX) -> Any:
    """JSON to Python objects. Raises `Unreadable`: duplicate keys, NaN, infinities, NUL, BOM, other encodings, nesting bombs."""
    if value is None or not value:
        raise Unreadable(Rejected.NULL_VALUE)
    if len(value) > bytes_max:
        raise Unreadable(Rejected.TOO_LARGE)
    try:
        parsed = jiter.from_json(value, catch_duplicate_keys=True, allow_inf_nan=False, cache_mode="keys")
    except ValueError as error:
        duplicate = "duplicate key" in str(error).lower()
        raise Unreadable(Rejected.DUPLICATE_KEY if duplicate else Rejected.BAD_JSON) from error
    if b"\\u0000" in value and _has_nul(parsed):
        raise Unreadable(Rejected.NUL_CHARACTER)
    return parsed


class Unreadable(ValueError):
    """Bytes that are no JSON of ours at all."""

    def __init__(self, reason: Rejected) -> None:
        super().__init__(str(reason))
        self.reason = reason


def digest_of(parsed: dict[str, Any]) -> bytes:
    """What two sendings of one event have in common: a 16-byte hash of its identity attributes in canonical order.

    Of a valid event only: an invalid one may hold numbers that canonical JSON cannot write.
    """
    return _digest(_identity(parsed))


def decode_record(domain: str, key: bytes | None, value: bytes | None, received_at_ms: int) -> list[Item]:
    """One Kafka record of ``<domain>.events`` to its events, in order; a rejected one keeps its place.

    A record that cannot be read at all, or that mixes areas or belies its key, is one rejection with ``index`` None.
    """
    try:
        parsed = parse_json(value)
    except Unreadable as unreadable:
        return [Rejection(unreadable.reason)]
    assert value is not None
    if isinstance(parsed, dict):
        items = [_decode_one(domain, parsed, value, None, received_at_ms)]
    elif isinstance(parsed, list):
        if not parsed:
            return [Rejection(Rejected.EMPTY_BATCH)]
        if len(parsed) > BATCH_EVENTS_MAX:
            return [Rejection(Rejected.BATCH_TOO_LONG)]
        items = _decode_batch(domain, parsed, value, received_at_ms)
    else:
        return [Rejection(Rejected.NOT_AN_EVENT)]
    areas = [item.event.area for item in items if isinstance(item, Received)]
    if areas:
        if areas[0] == DRILL_AREA:
            batch = isinstance(parsed, list)
            items = [_unless_reserved(item, index if batch else None) for index, item in enumerate(items)]
        if areas.count(areas[0]) != len(areas):
            return [Rejection(Rejected.MIXED_AREAS)]
        if key != areas[0].encode():
            return [Rejection(Rejected.KEY_MISMATCH, where=("key",))]
    return items


def decode_event(domain: str | None, parsed: object, received_at_ms: int, index: int | None = None) -> Item:
    """One already parsed event, for the gateway; ``domain`` None takes the domain that the type names."""
    if not isinstance(parsed, dict):
        return Rejection(Rejected.NOT_AN_EVENT, index)
    try:
        # Infinities (1e400) are kept as such, so that the field that holds one is named; orjson would write null.
        value = to_json(parsed, inf_nan_mode="constants")
    except (ValueError, TypeError, RecursionError):
        return Rejection(Rejected.BAD_JSON, index, _event_id(parsed))
    return _unless_reserved(_decode_one(domain, parsed, value, index, received_at_ms), index)


def encode_event(event: Event) -> bytes:
    """One event as CloudEvents JSON, its extension attributes included.

    Values may be spelled in another way than they came (an instant's fraction), which is another body to `digest_of`:
    whoever passes an event on passes on its bytes.
    """
    return event.model_dump_json(by_alias=True, exclude_none=True).encode()


def _unless_reserved(item: Item, index: int | None) -> Item:
    if isinstance(item, Received) and item.event.area == DRILL_AREA and not item.event.source.startswith(DRILL_SOURCES):
        return Rejection(Rejected.RESERVED_AREA, index, item.event.id, ("area", "source"))
    return item


def _adapters(domain: str) -> tuple[TypeAdapter[Event], TypeAdapter[list[Event]]]:
    if domain not in _ADAPTERS:
        _ADAPTERS[domain] = event_adapter(domain)
    return _ADAPTERS[domain]


_MEASURED_FROM = EVENT_BYTES_MAX * 3 // 4
"""Bytes of an identity from which an event in a batch is measured whole: all else in it is bounded far below the difference."""


def _decode_batch(domain: str, parsed: list[Any], value: bytes, received_at_ms: int) -> list[Item]:
    try:
        events = _adapters(domain)[1].validate_json(value)
    except (ValidationError, RecursionError):
        # One bad event must not take its neighbours along: each is read alone.
        return [decode_event(domain, one, received_at_ms, index) for index, one in enumerate(parsed)]
    # `_received` written out for the event that has nothing odd about it: the calls would be a tenth of the whole.
    return [
        Received(event, sha256(identity).digest()[:16], received_at_ms)
        if len(identity := orjson.dumps(tuple(map(one.get, IDENTITY_ATTRIBUTES)), option=orjson.OPT_SORT_KEYS)) <= _MEASURED_FROM
        and not event.__pydantic_extra__
        else _received(event, one, index, received_at_ms)
        for index, (event, one) in enumerate(zip(events, parsed, strict=True))
    ]


def _decode_one(domain: str | None, parsed: dict[str, Any], value: bytes, index: int | None, received_at_ms: int) -> Item:
    if len(value) > EVENT_BYTES_MAX:
        return Rejection(Rejected.TOO_LARGE, index, _event_id(parsed))
    event_type = parsed.get("type")
    wrong = _wrong_type(domain, event_type)
    if wrong is not None:
        return Rejection(wrong, index, _event_id(parsed), ("type",))
    addressed = (domain,) if domain is not None else domains_addressed(str(event_type), parsed.get("data"))
    if not addressed:
        return Rejection(Rejected.WRONG_DOMAIN, index, _event_id(parsed), ("data",))
    try:
        event = _adapters(addressed[0])[0].validate_json(value)
    except ValidationError as error:
        mended = _mended(addressed[0], parsed, error)
        if mended is None:
            return Rejection(Rejected.INVALID_EVENT, index, _event_id(parsed), _where(error))
        event = mended
    except RecursionError:
        return Rejection(Rejected.BAD_JSON, index, _event_id(parsed))
    return _received(event, parsed, index, received_at_ms)


def _mended(domain: str, parsed: dict[str, Any], error: ValidationError) -> Event | None:
    """The event without its unusable parts, where its type allows that; its digest stays that of what was sent."""
    mend = MENDING.get(str(parsed.get("type")))
    if mend is None:
        return None
    broken = tuple(row["loc"][1:] for row in error.errors(include_url=False, include_context=False, include_input=False))
    body = mend(parsed, broken)
    if body is None:
        return None
    try:
        return _adapters(domain)[0].validate_json(to_json(body))
    except (ValidationError, ValueError):
        return None


def _received(event: Event, parsed: dict[str, Any], index: int | None, received_at_ms: int) -> Item:
    if event.__pydantic_extra__:
        malformed = _malformed_extensions(event.__pydantic_extra__)
        if malformed is not None:
            return Rejection(Rejected.INVALID_EVENT, index, event.id, (malformed,))
    identity = _identity(parsed)
    if index is not None and len(identity) > _MEASURED_FROM and len(to_json(parsed)) > EVENT_BYTES_MAX:
        return Rejection(Rejected.TOO_LARGE, index, event.id)
    return Received(event, _digest(identity), received_at_ms)


def _identity(parsed: dict[str, Any]) -> bytes:
    get = parsed.get
    return orjson.dumps(tuple(map(get, IDENTITY_ATTRIBUTES)), option=orjson.OPT_SORT_KEYS)


def _digest(identity: bytes) -> bytes:
    return sha256(identity).digest()[:16]


_EXTENSION_NAME = re.compile(EXTENSION_NAME_PATTERN)


def _malformed_extensions(extensions: dict[str, Any]) -> str | None:
    """The rule that unknown envelope attributes break; their values were checked with the event."""
    if len(extensions) > EXTENSIONS_MAX:
        return "extensions: too_many"
    if not all(map(_EXTENSION_NAME.fullmatch, extensions)):
        return "extensions: bad_name"
    return None


_ID = re.compile(ID_PATTERN)


def _event_id(parsed: dict[str, Any]) -> str | None:
    """The id of an event that is refused, when it is one: anything else could be personal, or break whoever stores it."""
    event_id = parsed.get("id")
    return event_id if isinstance(event_id, str) and _ID.fullmatch(event_id) else None


_VERSIONED = re.compile(r"([a-z0-9_.]{1,96})\.v[0-9]{1,6}")


def _wrong_type(domain: str | None, event_type: object) -> Rejected | None:
    if not isinstance(event_type, str):
        return Rejected.NOT_AN_EVENT
    owners = known_types().get(event_type)
    if owners is None:
        versioned = _VERSIONED.fullmatch(event_type)
        return Rejected.UNKNOWN_VERSION if versioned and versioned[1] in known_stems() else Rejected.UNKNOWN_TYPE
    if domain is not None and domain not in owners:
        return Rejected.WRONG_DOMAIN
    return None


_FIELD_NAME = re.compile(r"[a-z_]{1,32}")
_RULE_NAME = re.compile(r"[a-z_]{1,64}")


def _where(error: ValidationError) -> tuple[str, ...]:
    """Paths and rule names of the first ten errors. Nothing a sender wrote is repeated but a name of letters: a misspelt
    field can be found by it, and a telephone number or a name in Chinese used as a key cannot get into a log."""
    rows = error.errors(include_url=False, include_context=False, include_input=False)[:10]
    return tuple(dict.fromkeys(_place(row["loc"][1:], _rule(row["type"], row["msg"])) for row in rows))


def _place(path: tuple[int | str, ...], rule: str) -> str:
    if path and path[0] not in Event.model_fields:
        return "extensions: bad_value"
    return f"{'.'.join(map(_path_part, path))}: {rule}"


def _path_part(part: int | str) -> str:
    return str(part) if isinstance(part, int) or _FIELD_NAME.fullmatch(part) else "?"


def _rule(kind: str, message: str) -> str:
    """A rule of ours that raised a plain ValueError names itself in the message."""
    own = message.removeprefix("Value error, ")
    return own if kind == "value_error" and _RULE_NAME.fullmatch(own) else kind


def _has_nul(parsed: object) -> bool:
    """Whether a string or a key holds NUL. Without recursion: the nesting is the sender's choice."""
    stack = [parsed]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            if "\x00" in part:
                return True
        elif isinstance(part, dict):
            stack.extend(part)
            stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)
    return False
