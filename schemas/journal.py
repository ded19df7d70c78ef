"""The journal on the wire: one record of ``<domain>.decisions``, written and read here and nowhere else (contract, "Journal record").

Three kinds of record::

    {"opened": {"owner": ..., "clock": "wall" | "played"}}                      its offset is the owner's epoch
    {"epoch", "seq", "source": {"partition", "offset"}, "decisions": [...],     the answers to one input record
     "set_aside": [...]}                                                         what of it was not decided here, and why
    {"epoch", "failed": {"source": {...}, "error": ...}}                         the owner ended on this input record
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from typing import Any

import orjson

from schemas.decisions import Decision, Outcome, Reasoned
from schemas.facts import FACTS, Fact

SHANGHAI = timezone(timedelta(hours=8))
"""China has kept one offset without summer time since 1991; no time-zone database is needed."""


class JournalCorrupt(ValueError):
    """A record that no release of ours can have written."""


class Clock(StrEnum):
    """Whose time the deployment runs on; recorded so that every replay agrees."""

    WALL = "wall"
    PLAYED = "played"


@dataclass(frozen=True, slots=True)
class Opened:
    """An owner takes a partition; the offset of this record is its epoch."""

    owner: str
    clock: Clock


@dataclass(frozen=True, slots=True)
class SetAside:
    """One event of the input record that was not decided here.

    ``reason`` is a codec rejection (the event goes to quarantine) or ``forwarded`` (it belongs to partition ``home``).
    ``index`` is its place in the record, or None for the record as a whole. The bytes stay in the input log under the
    record's source offset; reactors read them there.
    """

    reason: str
    index: int | None = None
    event_id: str | None = None
    home: int | None = None


FORWARDED = "forwarded"


@dataclass(frozen=True, slots=True)
class Decided:
    """The answers to one input record, in the order of its events."""

    epoch: int
    seq: int
    source_partition: int
    source_offset: int
    decisions: tuple[Decision, ...]
    set_aside: tuple[SetAside, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Failed:
    """The owner met broken code or a broken machine on this input record and ended."""

    epoch: int
    source_partition: int
    source_offset: int
    error: str


JournalRecord = Opened | Decided | Failed


@lru_cache(maxsize=4096)
def instant(ms: int) -> str:
    """Milliseconds since the epoch as RFC 3339 in Shanghai, as people there read it."""
    return datetime.fromtimestamp(ms / 1000, SHANGHAI).isoformat(timespec="milliseconds")


@lru_cache(maxsize=4096)
def instant_ms(text: str) -> int:
    """The inverse of `instant`."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def decision_json(decision: Decision) -> dict[str, Any]:
    """The decision as the contract shows it; optional attributes appear only when they say something."""
    out: dict[str, Any] = {
        "event_id": decision.event_id,
        "event_type": decision.event_type,
        "area": decision.area,
        "time": instant(decision.time_ms),
        "outcome": decision.outcome,
        "reason": decision.reason,
        "policy": decision.policy,
        "facts": [_fact_json(reasoned) for reasoned in decision.facts],
        "why": decision.why,
        "digest": decision.digest.hex(),
    }
    if decision.subject is not None:
        out["subject"] = decision.subject
    if decision.correlationid is not None:
        out["correlationid"] = decision.correlationid
    if decision.repeat:
        out["repeat"] = True
    if decision.flags:
        out["flags"] = list(decision.flags)
    if decision.error is not None:
        out["error"] = decision.error
    return out


def encode(record: JournalRecord) -> bytes:
    """One journal record as bytes."""
    match record:
        case Decided():
            body: dict[str, Any] = {
                "epoch": record.epoch,
                "seq": record.seq,
                "source": {"partition": record.source_partition, "offset": record.source_offset},
                "decisions": [decision_json(decision) for decision in record.decisions],
            }
            if record.set_aside:
                body["set_aside"] = [
                    {"reason": a.reason, "index": a.index, "event_id": a.event_id, "home": a.home} for a in record.set_aside
                ]
        case Opened():
            body = {"opened": {"owner": record.owner, "clock": record.clock}}
        case Failed():
            source = {"partition": record.source_partition, "offset": record.source_offset}
            body = {"epoch": record.epoch, "failed": {"source": source, "error": record.error}}
    return orjson.dumps(body, default=_model_json)


def decode(value: bytes | None) -> JournalRecord:
    """One journal record from bytes. Raises `JournalCorrupt`, also for a fact type this release does not know:
    a reader that guessed would build another truth."""
    if value is None:
        raise JournalCorrupt("a journal record has a value")
    try:
        body = orjson.loads(value)
        if "opened" in body:
            return Opened(_text(body["opened"]["owner"]), Clock(body["opened"]["clock"]))
        if "failed" in body:
            failed = body["failed"]
            source = failed["source"]
            return Failed(_whole(body["epoch"]), _whole(source["partition"]), _whole(source["offset"]), _text(failed["error"]))
        source = body["source"]
        return Decided(
            epoch=_whole(body["epoch"]),
            seq=_whole(body["seq"]),
            source_partition=_whole(source["partition"]),
            source_offset=_whole(source["offset"]),
            decisions=tuple(map(_decision, body["decisions"])),
            set_aside=tuple(SetAside(**a) for a in body.get("set_aside", ())),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise JournalCorrupt(f"not a journal record: {type(error).__name__}") from error


def _fact_json(reasoned: Reasoned) -> dict[str, Any]:
    out: dict[str, Any] = {"type": reasoned.fact.type, "data": reasoned.fact.__dict__}
    if reasoned.why is not None:
        out["why"] = reasoned.why
    return out


def _model_json(value: object) -> object:
    if isinstance(value, Fact):
        return value.__dict__
    model_dump = getattr(value, "model_dump", None)
    if model_dump is None:
        raise TypeError(f"{type(value).__name__} does not belong in a journal record")
    return model_dump(mode="json")


def _whole(value: object) -> int:
    """A position in a log: what orders everything is not taken on trust."""
    if type(value) is not int or value < 0:
        raise ValueError("not a position")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _fact(body: dict[str, Any]) -> Reasoned:
    # The validator itself, not `model_validate`: recovery folds millions of these, and the wrapper is a fifth of the cost.
    return Reasoned(FACTS[body["type"]].__pydantic_validator__.validate_python(body["data"]), body.get("why"))


_OUTCOMES = {str(outcome): outcome for outcome in Outcome}


def _decision(body: dict[str, Any]) -> Decision:
    get = body.get
    return Decision(
        event_id=body["event_id"],
        event_type=body["event_type"],
        area=body["area"],
        time_ms=instant_ms(body["time"]),
        outcome=_OUTCOMES[body["outcome"]],
        reason=body["reason"],
        policy=body["policy"],
        facts=[_fact(fact) for fact in body["facts"]],
        why=body["why"],
        digest=bytes.fromhex(body["digest"]),
        subject=get("subject"),
        correlationid=get("correlationid"),
        repeat=get("repeat", False),
        flags=tuple(get("flags", ())),
        error=get("error"),
    )
