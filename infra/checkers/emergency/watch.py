"""What every eye on emergency knows: the event that a decision answers, and which facts a deadline makes by itself."""

from collections.abc import Callable
from typing import Any

from infra.checkers.emergency.model import Area
from infra.checkers.fold import Eye, Fact
from infra.checkers.logs import Decided, Logs
from infra.checkers.violation import Violation

EventOf = Callable[[Decided], dict[str, Any] | None]
STEPS_MAX = 64
"""Pieces of due work one event may carry; each makes a fact, so fewer facts mean that nothing due was left."""

CLOCKED = {
    "emergency.dispatch.short.v1", "emergency.dispatch.complete.v1", "emergency.dispatch.preemption_suggested.v1",
    "emergency.coverage.gap_left.v1", "emergency.call.escalated.v1",
    "emergency.call.reviewed.v1", "emergency.responder.unheard.v1", "emergency.scene.check_missed.v1", "emergency.contact.called.v1",
    "emergency.contact.exhausted.v1", "emergency.device.missed.v1", "emergency.call.call_back_missed.v1",
}  # fmt: skip
HUMAN = {"task.opened.v1", "task.closed.v1", "case.stuck.v1"}


def by_clock(fact: Fact) -> bool:
    """Whether a deadline, or a search that somebody else's event made due, explains this fact."""
    kind, data = fact["type"], fact["data"]
    match kind:
        case "emergency.responder.dispatched.v1":
            return data["override"] is None
        case "emergency.dispatch.ended.v1":
            return data["cause"] in ("timeout", "unheard")
        case "emergency.call.prioritised.v1":
            return bool(data["cause"] == "silent")
        case "emergency.coverage.changed.v1":
            return bool(data["cause"] == "device_missed")
        case _:
            return kind in CLOCKED


def own(fact: Fact) -> bool:
    """Whether only the decision's own event explains this fact."""
    return fact["type"] not in HUMAN and not by_clock(fact)


def events_of(logs: Logs) -> EventOf:
    """The event a decision answers, as it stands in the input log."""

    def event_of(decided: Decided) -> dict[str, Any] | None:
        for event in logs.parsed.get((decided.partition, decided.source_offset)) or ():
            if isinstance(event, dict) and event.get("id") == decided.event_id and event.get("type") == decided.body["event_type"]:
                return event
        return None

    return event_of


class Watch(Eye[Area]):
    """An eye with several invariants."""

    def owned(self, area: Area, decided: Decided, about: str, kind: str) -> bool:
        """Whether a human has it, or has just said that he is done with it: then the next look gives it to somebody again."""
        done = any(
            fact["type"] == "task.closed.v1" and (fact["data"].get("about"), fact["data"].get("kind")) == (about, kind)
            for fact in decided.body["facts"]
        )
        return done or any(task["about"] == about and task["kind"] == kind for task in area.tasks.values())

    def say(self, invariant: str, sentence: str, decided: Decided) -> None:
        """Keep one violation."""
        self.found.append(Violation(invariant, sentence, decided.partition, decided.offset))
