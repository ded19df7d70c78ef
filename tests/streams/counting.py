"""A real domain, small enough to reason about: each area counts, and holds units that expire. Used to test the carrying.

`register(name)` makes its events known under a domain name of the test's own, so that every test has its own topics.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from agents.core import InvariantBroken, Row, Verdict, accept, refuse
from schemas import registry
from schemas.decisions import Reasoned
from schemas.envelope import Event
from schemas.facts import CaseStuck, Fact
from schemas.primitives import Id, Model


class Fault(StrEnum):
    """What an event is told to break."""

    DECIDE = "decide"
    EVOLVE = "evolve"
    INVARIANT = "invariant"
    MEMORY = "memory"


class Amount(Model):
    """How much to add; `why_bytes` asks for an explanation of that size."""

    amount: int
    fault: Fault | None = None
    why_bytes: int = 0


class AddedEvent(Event):
    """Add to the area's total."""

    type: Literal["counting.added.v1"]
    data: Amount


class Hold(Model):
    """Hold one unit until so long after now."""

    hold_id: Id
    seconds: int


class HeldEvent(Event):
    """Hold a unit."""

    type: Literal["counting.held.v1"]
    data: Hold


class Counted(Fact, fact="counting.counted.v1"):
    """The total grew."""

    amount: int
    total: int
    fault: str | None = None


class HoldMade(Fact, fact="counting.hold.made.v1"):
    """A unit is held."""

    hold_id: str
    expires_ms: int


class HoldExpired(Fact, fact="counting.hold.expired.v1"):
    """The hold is over."""

    hold_id: str


@dataclass
class Count:
    """One area."""

    total: int = 0
    sum_of_amounts: int = 0
    holds: dict[str, int] = field(default_factory=dict)


class Counting:
    """See the module."""

    # ruff: noqa: ARG002 - the protocol fixes the arguments, a small domain does not need them all

    operator = "desk"

    def __init__(self, name: str) -> None:
        self.name = name

    def blank(self, area: str) -> Count:
        return Count()

    def decide(self, state: Count, event: Event, now_ms: int) -> Verdict:
        if isinstance(event, AddedEvent):
            if event.data.fault is Fault.DECIDE:
                raise ZeroDivisionError("told to")
            if event.data.amount < 0:
                return refuse("negative")
            fact = Counted(amount=event.data.amount, total=state.total + event.data.amount, fault=event.data.fault)
            why = {"considered": 1, "rejected": ["x" * event.data.why_bytes]} if event.data.why_bytes else None
            return accept(fact, why=why)
        assert isinstance(event, HeldEvent)
        return accept(HoldMade(hold_id=event.data.hold_id, expires_ms=now_ms + 1000 * event.data.seconds))

    def evolve(self, state: Count, fact: Fact, now_ms: int) -> None:
        match fact:
            case Counted():
                if fact.fault == Fault.EVOLVE:
                    raise KeyError("told to")
                if fact.fault == Fault.MEMORY:
                    raise MemoryError
                state.sum_of_amounts += fact.amount
                state.total = fact.total if fact.fault != Fault.INVARIANT else -1
            case HoldMade():
                state.holds[fact.hold_id] = fact.expires_ms
            case HoldExpired():
                del state.holds[fact.hold_id]
            case CaseStuck():
                state.holds.pop(fact.case, None)

    def due(self, state: Count, now_ms: int) -> str | None:
        return min((hold for hold, expires_ms in state.holds.items() if expires_ms <= now_ms), default=None)

    def fire(self, state: Count, key: str, now_ms: int) -> tuple[Reasoned, ...]:
        return (Reasoned(HoldExpired(hold_id=key)),)

    def next_deadline(self, state: Count) -> int | None:
        return min(state.holds.values(), default=None)

    def forget(self, state: Count, now_ms: int) -> None:
        """Nothing here grows old."""

    def check(self, state: Count, facts: Iterable[Fact]) -> None:
        self.check_all(state)

    def check_all(self, state: Count) -> None:
        if state.total != state.sum_of_amounts:
            raise InvariantBroken("the total is not the sum")

    def seen_memory_ms(self, state: Count) -> int:
        return 24 * 3600 * 1000

    def policy_versions(self, state: Count, now_ms: int) -> dict[str, str]:
        return {}

    def dump(self, state: Count) -> Iterator[Row]:
        yield ["total", state.total, state.sum_of_amounts]
        for hold, expires_ms in state.holds.items():
            yield ["hold", hold, expires_ms]

    def load(self, area: str, rows: Iterable[Row]) -> Count:
        state = Count()
        for row in rows:
            if row[0] == "total":
                state.total, state.sum_of_amounts = row[1], row[2]
            else:
                state.holds[row[1]] = row[2]
        return state

    def gauges(self, state: Count) -> dict[str, int]:
        return {"open_cases": len(state.holds)}


def register(name: str) -> Counting:
    """The counting domain under this name, its events known to the codec."""
    if name not in registry.DOMAIN_EVENTS:
        registry.DOMAIN_EVENTS[name] = (AddedEvent, HeldEvent)
        monkey: Any = registry
        monkey.DOMAINS = (*monkey.DOMAINS, name)
        registry.known_types.cache_clear()
        registry.known_stems.cache_clear()
    return Counting(name)


def added(event_id: str, area: str, amount: object = 1, **data: Any) -> dict[str, Any]:
    """An event that adds."""
    return _event("counting.added.v1", event_id, area, {"amount": amount, **data})


def held(event_id: str, area: str, seconds: int) -> dict[str, Any]:
    """An event that holds; the hold has the event's id."""
    return _event("counting.held.v1", event_id, area, {"hold_id": event_id, "seconds": seconds})


def _event(kind: str, event_id: str, area: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/tests",
        "type": kind,
        "time": "2026-11-22T09:00:00+08:00",
        "area": area,
        "actor": "tester:t-1",
        "data": data,
    }
