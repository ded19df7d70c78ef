"""Emergency as the core sees it (`agents.core.Domain`)."""

from collections.abc import Iterable, Iterator

from agents.core import Row, Verdict
from agents.emergency import check, contacts, devices, ending, escalation, field, seek, tasks
from agents.emergency import snapshot as rows_of
from agents.emergency.decide import decide
from agents.emergency.evolve import evolve
from agents.emergency.state import EmergencyState
from agents.shared.calendar import DAY_MS
from schemas.decisions import Reasoned
from schemas.envelope import Event
from schemas.facts import Fact


class Emergency:
    """Incidents, responders, devices and coverage, for one dispatch region at a time; it keeps nothing itself."""

    name = "emergency"
    operator = tasks.OPERATOR

    def blank(self, area: str) -> EmergencyState:
        """An area nothing is known of."""
        return EmergencyState(area)

    def decide(self, state: EmergencyState, event: Event, now_ms: int) -> Verdict:
        """Answer one event."""
        return decide(state, event, now_ms)

    def evolve(self, state: EmergencyState, fact: Fact, now_ms: int) -> None:
        """Write one fact."""
        evolve(state, fact, now_ms)

    def due(self, state: EmergencyState, now_ms: int) -> str | None:
        """The key of the earliest work due."""
        return state.deadlines.due(now_ms)

    def fire(self, state: EmergencyState, key: str, now_ms: int) -> tuple[Reasoned, ...]:
        """The facts of that work; the kinds of keys are named in `evolve`."""
        kind, _, case = key.partition("|")
        call_id, _, responder_id = case.partition("|")
        match kind:
            case "search":
                return seek.sought(state, call_id, now_ms)
            case "ladder":
                return escalation.laddered(state, call_id, now_ms)
            case "ask":
                return field.unanswered(state, call_id, responder_id)
            case "watch":
                return field.unheard(state, call_id, responder_id, now_ms)
            case "check":
                return field.check_missed(state, call_id, responder_id, now_ms)
            case "contact":
                return contacts.next_called(state, call_id, now_ms)
            case "heartbeat":
                return devices.missed(state, case, now_ms)
            case "callback":
                return ending.call_back_missed(state, call_id, now_ms)
            case _:
                raise ValueError(f"unknown deadline {kind!r}")

    def next_deadline(self, state: EmergencyState) -> int | None:
        """The earliest instant of any deadline; one before all real instants is due at once."""
        first = state.deadlines.first()
        return None if first is None else first[0]

    def forget(self, state: EmergencyState, now_ms: int) -> None:
        """Choose the policy in force, let positions age by it, and drop ended incidents after the policy's memory."""
        policy = state.policies.at(now_ms)
        if state.policy_seen != state.policies.version:
            state.policy_seen = state.policies.version
            state.units.travel_by(policy.travel, now_ms)
        state.units.age(now_ms)
        before_ms = now_ms - policy.memory_days * DAY_MS
        while state.ended_order and state.ended[state.ended_order[0]].ended_ms < before_ms:
            del state.ended[state.ended_order.popleft()]

    def check(self, state: EmergencyState, facts: Iterable[Fact]) -> None:
        """What these facts touched."""
        check.check(state, facts)

    def check_all(self, state: EmergencyState) -> None:
        """The whole state."""
        check.check_all(state)

    def seen_memory_ms(self, state: EmergencyState) -> int:
        """By policy."""
        return state.policies.current.seen_memory_s * 1000

    def policy_versions(self, state: EmergencyState, now_ms: int) -> dict[str, str]:
        """The version in force; an open incident names its own in its opening."""
        state.policies.at(now_ms)
        return {"emergency": state.policies.version}

    def dump(self, state: EmergencyState) -> Iterator[Row]:
        """The state as rows."""
        return rows_of.dump(state)

    def load(self, area: str, rows: Iterable[Row]) -> EmergencyState:
        """The state that `dump` made."""
        return rows_of.load(area, rows)

    def gauges(self, state: EmergencyState) -> dict[str, int]:
        """Counters that cost nothing to read."""
        return {
            "open_cases": len(state.calls),
            "open_tasks": len(state.tasks),
            "waiting_cases": sum(map(len, state.short)),
            "responders": len(state.units),
            "responders_callable": len(state.units.callable),
            "devices": len(state.devices),
            "devices_silent": state.heartbeats.missing,
            "callbacks_owed": len(state.callbacks),
            "alone_eligible": state.alone,
            "alone_covered": state.alone_covered,
            "deadlines": len(state.deadlines),
            "stuck_cases": len(state.stuck),
        }
