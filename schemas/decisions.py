"""The answer to one event, and the reasons every domain shares."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from schemas.envelope import Event
from schemas.facts import Fact

Why = dict[str, Any]
"""JSON-able explanation: ``considered`` (count), ``chosen`` (id or null), ``rejected`` (list of ``{provider_id, rule,
distance_m, data_age_s?}``, nearest first), and what else the rule that decided looked at. Built by ``agents.shared.explanation``."""


class Outcome(StrEnum):
    """An event is accepted, or refused with a named reason. There is no third answer."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class CoreReason(StrEnum):
    """Refusals every domain shares; a domain adds its own enum. Wire names are never reused."""

    CONFLICT = "conflict"
    """The id came before with another body."""
    INTERNAL_ERROR = "internal_error"
    """Our own code failed on this event; a human task is open."""
    UNKNOWN_TASK = "unknown_task"
    STALE_VERSION = "stale_version"
    """A publication that an already known, newer one supersedes (C06)."""
    UNKNOWN_POLICY = "unknown_policy"
    INVALID_POLICY = "invalid_policy"
    FORBIDDEN_SOURCE = "forbidden_source"
    """A facility sent this of another facility (`schemas.ownership`; P03)."""


class Received(NamedTuple):
    """One decoded event as the core takes it.

    ``received_at_ms`` is the broker's timestamp of its record (milliseconds since the epoch, UTC), or the scenario's clock
    in a played deployment, or 0 when a played record carries none; ``digest`` is the hash of its identity attributes.
    """

    event: Event
    digest: bytes
    received_at_ms: int


class Reasoned(NamedTuple):
    """A fact with its own explanation, when a deadline and not the event's rule caused it."""

    fact: Fact
    why: Why | None = None


@dataclass(slots=True)
class Decision:
    """The answer to exactly one event: outcome, facts in order, and why (design, section 2).

    ``facts`` are in the order they were evolved: due work before the event's own facts, work they caused after them.
    ``repeat`` marks the answer to an id seen before: same outcome and reason, no facts of its own; readers show the first one.
    ``flags`` are coded observations such as ``skewed``. ``error`` names the exception class behind ``internal_error``.
    """

    event_id: str
    event_type: str
    area: str
    time_ms: int
    outcome: Outcome
    reason: str | None
    policy: dict[str, str]
    facts: list[Reasoned]
    why: Why | None
    digest: bytes
    subject: str | None = None
    correlationid: str | None = None
    repeat: bool = False
    flags: tuple[str, ...] = field(default=())
    error: str | None = None
