"""From bytes to events, strictly: what is not exactly right becomes a `Rejection` with a named reason, never an exception
and never a guess (reliability page, section 5)."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import jiter
import orjson
from pydantic import TypeAdapter, ValidationError

from schemas.decisions import Received
from schemas.envelope import BATCH_EVENTS_MAX, EVENT_BYTES_MAX, IDENTITY_ATTRIBUTES, RECORD_BYTES_MAX, Event
from schemas.registry import domains_addressed, event_adapter, known_types


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
    """What two sendings of one event have in common: a 16-byte hash of its identity attributes in canonical order."""
    identity = {name: parsed.get(name) for name in IDENTITY_ATTRIBUTES}
    return hashlib.blake2b(orjson.dumps(identity, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


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
    areas = {item.event.area for item in items if isinstance(item, Received)}
    if len(areas) > 1:
        return [Rejection(Rejected.MIXED_AREAS)]
    if areas and (key is None or key != next(iter(areas)).encode()):
        return [Rejection(Rejected.KEY_MISMATCH, where=("key",))]
    return items


def decode_event(domain: str | None, parsed: object, received_at_ms: int, index: int | None = None) -> Item:
    """One already parsed event, for the gateway; ``domain`` None takes the domain that the type names."""
    if not isinstance(parsed, dict):
        return Rejection(Rejected.NOT_AN_EVENT, index)
    return _decode_one(domain, parsed, orjson.dumps(parsed), index, received_at_ms)


def encode_event(event: Event) -> bytes:
    """One event as CloudEvents JSON."""
    return event.model_dump_json(exclude_none=True).encode()


def _adapters(domain: str) -> tuple[TypeAdapter[Event], TypeAdapter[list[Event]]]:
    if domain not in _ADAPTERS:
        _ADAPTERS[domain] = event_adapter(domain)
    return _ADAPTERS[domain]


def _decode_batch(domain: str, parsed: list[Any], value: bytes, received_at_ms: int) -> list[Item]:
    try:
        events = _adapters(domain)[1].validate_json(value)
    except (ValidationError, RecursionError):
        # One bad event must not take its neighbours along: each is read alone.
        return [decode_event(domain, one, received_at_ms, index) for index, one in enumerate(parsed)]
    return [Received(event, digest_of(one), received_at_ms) for event, one in zip(events, parsed, strict=True)]


def _decode_one(domain: str | None, parsed: dict[str, Any], value: bytes, index: int | None, received_at_ms: int) -> Item:
    event_id = parsed.get("id")
    event_id = event_id if isinstance(event_id, str) and len(event_id) <= 64 else None
    if len(value) > EVENT_BYTES_MAX:
        return Rejection(Rejected.TOO_LARGE, index, event_id)
    wrong = _wrong_type(domain, parsed.get("type"))
    if wrong is not None:
        return Rejection(wrong, index, event_id, ("type",))
    addressed = (domain,) if domain is not None else domains_addressed(parsed["type"], parsed.get("data"))
    if not addressed:
        return Rejection(Rejected.WRONG_DOMAIN, index, event_id, ("data",))
    try:
        event = _adapters(addressed[0])[0].validate_json(value)
    except ValidationError as error:
        return Rejection(Rejected.INVALID_EVENT, index, event_id, _where(error))
    return Received(event, digest_of(parsed), received_at_ms)


def _wrong_type(domain: str | None, event_type: object) -> Rejected | None:
    if not isinstance(event_type, str):
        return Rejected.NOT_AN_EVENT
    types = known_types()
    owners = types.get(event_type)
    if owners is None:
        stem = event_type.rsplit(".v", 1)[0]
        known_stem = any(known.rsplit(".v", 1)[0] == stem for known in types)
        return Rejected.UNKNOWN_VERSION if known_stem else Rejected.UNKNOWN_TYPE
    if domain is not None and domain not in owners:
        return Rejected.WRONG_DOMAIN
    return None


def _where(error: ValidationError) -> tuple[str, ...]:
    """Paths and rule names of the first ten errors, without the offending values."""
    rows = error.errors(include_url=False, include_context=False, include_input=False)[:10]
    return tuple(f"{'.'.join(str(part) for part in row['loc'][1:])}: {row['type']}" for row in rows)


def _has_nul(parsed: object) -> bool:
    if isinstance(parsed, str):
        return "\x00" in parsed
    if isinstance(parsed, dict):
        return any(_has_nul(part) for pair in parsed.items() for part in pair)
    if isinstance(parsed, list):
        return any(_has_nul(part) for part in parsed)
    return False
