"""What really happened in one run: the logs the checkers read."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.simulation.plan import Plan


class Attempt(NamedTuple):
    """C: what one client did and what it knows: ``ok`` (durable, it was told), or ``info`` (it does not know)."""

    send: int
    outcome: str
    offsets: tuple[int, ...]


class Ended(NamedTuple):
    """L: one process that ended by itself, with its exit code."""

    at_ms: int
    worker: str
    code: int
    reason: str


@dataclass
class Run:
    """The logs of a run, raw, and what the checkers cannot fold by themselves."""

    plan: Plan
    inputs: list[list[tuple[int, bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]]]
    journal: list[list[bytes]]
    attempts: list[Attempt]
    ended: list[Ended]
    committed: list[int]
    quarantined: list[tuple[int, int, str, int | None]]
    tables: dict[str, list[dict[str, Any]]] | None
    """None while the domain has no projection, or in a second reading."""
    applied: list[tuple[int, int]]
    notified: list[tuple[str, str, str, str]]
    """N: id, fact type, area and event id of every notification handed over, repeats included."""
    injected: dict[str, int]
    at_rest: list[int]
    """How many input records of each partition were there when the system had to be at rest."""
    answered_at_rest: list[int]
    live_hashes: dict[str, str] = field(default_factory=dict)
    replayed_hashes: dict[str, str] = field(default_factory=dict)
    snapshot_hashes: dict[str, str] = field(default_factory=dict)
    due_at_end: list[str] = field(default_factory=list)
    loop_errors: list[str] = field(default_factory=list)
    unstable: bool = False
    beside: list["Run"] = field(default_factory=list)
    """The other domains of the same run."""
    fingerprint: str = ""
    """One hash of all that the carrying did: inputs, journal, ends of processes, quarantine, living states. Two readings of one seed
    must give the same."""
