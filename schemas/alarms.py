"""The auditor's words: what it raises alarms about, how an alarm and a heartbeat lie on their topics.

One alarm is one condition at one place. It is written when the condition begins (``raised``) and again, with the same id, when it
ends (``ended``); in between nothing is said. ``place`` and ``detail`` hold opaque ids, codes and counts, never a person's data.
"""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import orjson


class AlarmKind(StrEnum):
    """What the auditor finds. A closed list: a metric carries it."""

    ORPHANED_CASE = "orphaned_case"
    """An open case has neither a next deadline nor a human owner (I07)."""
    OVERDUE_CASE = "overdue_case"
    """A deadline is past by more than the grace, and nothing has happened."""
    CAPACITY_BROKEN = "capacity_broken"
    """A capacity is negative, promised beyond what was published without saying so, or not conserved (C01, C02)."""
    NO_PROGRESS = "no_progress"
    """A partition has unanswered input and answered nothing for too long."""
    AGENTS_SILENT = "agents_silent"
    """The dead man's alarm: no drill has been decided for more than two steps, whatever the reason (E12)."""
    DRILL_UNANSWERED = "drill_unanswered"
    """A drill was taken in and not decided in time."""
    DRILL_WRONG = "drill_wrong"
    """A drill was decided otherwise than its script says, or skipped."""
    DRILL_NOT_TAKEN = "drill_not_taken"
    """The way in (gateway or log) did not take the drill."""
    FAILED_RECORDS = "failed_records"
    """Owners ended on broken code of ours, too often."""
    STUCK_CASES = "stuck_cases"
    """Cases whose deadline our own code could not act on."""
    QUARANTINED = "quarantined"
    """Too many events were set aside."""
    UNFAIR = "unfair"
    """Somebody was passed over without a coded reason, or what an allocation says of itself is not so (W01, W04, NEAREST, WHY, DRAW)."""
    DUPLICATE_PERSON = "duplicate_person"
    """One person waits twice for the same kind of bed, or lies in two: areas decide alone, and none of them can see it (B13)."""
    NOT_AUDITED = "not_audited"
    """The auditor cannot read or judge a journal: it says nothing about that domain until this ends; of ``<domain>/check``, the live check
    is behind or has failed, and only its own alarms are missing."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One state of one alarm. ``since_ms`` is when the condition was first seen, ``at_ms`` when this was written (wall clock)."""

    id: str
    kind: AlarmKind
    domain: str
    place: str
    raised: bool
    since_ms: int
    at_ms: int
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[AlarmKind, str, str]:
        """What makes two alarms the same condition."""
        return self.kind, self.domain, self.place


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The auditor has just judged every domain. ``domains`` maps each to its open cases, open alarms and unread journal records."""

    auditor: str
    at_ms: int
    step_s: float
    domains: dict[str, dict[str, int]]


ALARM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "kind", "domain", "place", "raised", "since_ms", "at_ms", "detail"],
    "properties": {
        "id": {"type": "string"},
        "kind": {"enum": [kind.value for kind in AlarmKind]},
        "domain": {"type": "string"},
        "place": {"type": "string", "description": "an area with a case or a pool, or a partition"},
        "raised": {"type": "boolean", "description": "false when the condition has ended"},
        "since_ms": {"type": "integer"},
        "at_ms": {"type": "integer"},
        "detail": {"type": "object"},
    },
    "additionalProperties": False,
}
HEARTBEAT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["auditor", "at_ms", "step_s", "domains"],
    "properties": {
        "auditor": {"type": "string"},
        "at_ms": {"type": "integer"},
        "step_s": {"type": "number"},
        "domains": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}}},
    },
    "additionalProperties": False,
}
"""JSON Schemas of the two records, for the AsyncAPI document."""


def encode(record: Alarm | Heartbeat) -> bytes:
    """As bytes for the topic."""
    return orjson.dumps(asdict(record))


def decode_alarm(value: bytes | None) -> Alarm:
    """Raises `ValueError` for what no auditor wrote."""
    try:
        body = orjson.loads(value or b"")
        return Alarm(**(body | {"kind": AlarmKind(body["kind"])}))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not an alarm: {type(error).__name__}") from error


def decode_heartbeat(value: bytes | None) -> Heartbeat:
    """Raises `ValueError` for what no auditor wrote."""
    try:
        return Heartbeat(**orjson.loads(value or b""))
    except (TypeError, ValueError) as error:
        raise ValueError(f"not a heartbeat: {type(error).__name__}") from error
