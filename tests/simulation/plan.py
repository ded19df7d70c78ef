"""What one run consists of, as data: options, the list of sends and the list of faults. No random number is drawn while it runs.

The artefact of a failure is this plan and not its seed: a shrinker may drop any send and any fault, and what is left still runs
(reliability page, section 4.9). Instants are virtual milliseconds since the epoch.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True)
class Options:
    """What the swarm drew for a seed; everything a run needs besides its sends and faults."""

    seed: str
    domain: str = "meals"
    areas: tuple[str, ...] = ("310106",)
    partitions: int = 1
    workers: int = 1
    clock: str = "wall"
    start_ms: int = 0
    span_ms: int = 36 * HOUR_MS
    events: int = 300
    append_ms: int = 0
    """How long an append to the journal is on its way."""
    poll_records_max: int = 50
    in_flight_max: int = 1000
    snapshot_every: int = 50
    look_ms: int = 300_000
    """How often an owner looks for due deadlines."""
    session_ms: int = 45_000
    restart_ms: int = 5_000
    commit_ms: int = 60_000
    broken_code: str = ""
    """``decide`` or ``evolve``: our own code raises on marked events, as a planted defect of a release would."""
    faults_on: tuple[str, ...] = ()
    own: dict[str, Any] = field(default_factory=dict)
    """What the domain drew for itself."""


@dataclass(frozen=True)
class Send:
    """One record a client (or a facility, or a stranger) writes.

    ``tries`` are the attempts: ``ok``; ``lost_before`` (never reached the log) or ``lost_after`` (written, the answer lost), after
    which the client sends the same again ``retry_ms`` later. ``bytes`` is the record's value in Latin-1, None a null value.
    """

    at_ms: int
    kind: str
    key: str | None
    value: str | None
    partition: int
    tries: tuple[str, ...] = ("ok",)
    retry_ms: int = 1000
    played_at_ms: int | None = None


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. ``target`` is a worker's or partition's number; ``amount`` depends on the kind."""

    at_ms: int
    kind: str
    target: int = 0
    amount: int = 0


@dataclass(frozen=True)
class Plan:
    """A whole run."""

    options: Options
    sends: tuple[Send, ...] = field(default=())
    faults: tuple[Fault, ...] = field(default=())
    beside: tuple["Plan", ...] = field(default=())
    """Other domains on the same clock, each with its own logs, clients and faults; reactors hand over between them."""

    def with_parts(self, sends: tuple[Send, ...], faults: tuple[Fault, ...]) -> "Plan":
        """The same options with other deliveries."""
        return replace(self, sends=sends, faults=faults)

    def to_json(self) -> dict[str, Any]:
        """As it is stored; defaults are left out so that a shrunk plan reads well."""
        return {
            "options": _short(asdict(self.options), asdict(Options(""))),
            "sends": [_short(asdict(send), {"tries": ("ok",), "retry_ms": 1000, "played_at_ms": None}) for send in self.sends],
            "faults": [_short(asdict(fault), {"target": 0, "amount": 0}) for fault in self.faults],
            **({"beside": [plan.to_json() for plan in self.beside]} if self.beside else {}),
        }

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "Plan":
        """The inverse of `to_json`."""
        options = Options(**{name: _tuples(value) for name, value in body["options"].items()})
        sends = tuple(Send(**{name: _tuples(value) for name, value in send.items()}) for send in body["sends"])
        beside = tuple(cls.from_json(one) for one in body.get("beside", ()))
        return cls(options, sends, tuple(Fault(**fault) for fault in body["faults"]), beside)


def _short(values: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in defaults or defaults[name] != value}


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def event_value(event: dict[str, Any] | list[dict[str, Any]]) -> str:
    """An event (or a batch) as the value of a record."""
    return json.dumps(event, ensure_ascii=True, separators=(",", ":"))
