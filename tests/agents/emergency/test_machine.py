"""Any order of presses, answers, responders and silence: E01-E09 hold after every step, judged from the facts alone.

The model knows only what was sent and which facts came back; it shares no code with what decides.
"""

from typing import Any

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agents import core
from agents.emergency import DOMAIN
from agents.emergency.states import MOVES
from schemas.decisions import Decision, Outcome
from tests.agents.emergency.world import World, north, short

PEOPLE = st.sampled_from(("p-1", "p-2", None))
DEVICES = st.sampled_from(("d-1", "d-2", None))
CHANNELS = st.sampled_from(("button", "phone", "fall", "unknown"))
UNITS = st.sampled_from(("r-1", "r-2", "r-3", "r-4"))
PICK = st.integers(0, 99)
WINDOW_MS = 300_000


class Open:
    """What the model knows of an open incident."""

    def __init__(self, values: dict[str, Any], now_ms: int) -> None:
        self.person_id, self.device_id = values["person_id"], values["device_id"]
        self.opened_ms = self.told_ms = now_ms
        self.promised_ms: int = values["step_by_ms"]
        self.level = 0
        self.engaged: set[str] = set()
        self.signals = 1
        self.names = {values["call_id"], values["signal_id"]}


class Incidents(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.open: dict[str, Open] = {}
        self.closed: set[str] = set()
        self.on: dict[str, str] = {}
        self.count = 0
        self.states: dict[str, str] = {}

    def sent(self, event: str, /, actor: str = "operator:op-1", **data: Any) -> Decision:
        decision = self.world.send(event, actor=actor, **{name: value for name, value in data.items() if value is not None})
        self.read(decision)
        return decision

    def read(self, decision: Decision) -> None:
        """Judge every fact as it comes."""
        for reasoned in decision.facts:
            values = reasoned.fact.model_dump()
            match short(reasoned.fact):
                case "call.opened":
                    assert values["call_id"] not in self.open
                    assert values["call_id"] not in self.closed
                    self.open[values["call_id"]] = Open(values, decision.time_ms)
                case "call.merged":
                    self.merged(values, decision.time_ms)
                case "call.escalated":
                    incident = self.open[values["call_id"]]
                    assert values["level"] == (incident.level if values["repeated"] else incident.level + 1), "E04"
                    incident.level = values["level"]
                case "responder.dispatched":
                    assert values["responder_id"] not in self.on, "E09"
                    self.on[values["responder_id"]] = values["call_id"]
                    assert reasoned.why is not None or values["override"] is not None
                case "responder.released" | "dispatch.ended":
                    assert self.on.pop(values["responder_id"]) == values["call_id"]
                case "call.closed":
                    assert values["by"] == "operator:op-1", "E05, E08"
                    assert values["outcome"]
                    assert values["call_id"] not in self.on.values()
                    del self.open[values["call_id"]]
                    self.closed.add(values["call_id"])
                case _:
                    pass
            if values.get("step_by_ms") and values["call_id"] in self.open:
                self.open[values["call_id"]].promised_ms = values["step_by_ms"]

    def merged(self, values: dict[str, Any], now_ms: int) -> None:
        incident = self.open[values["into_call_id"]]
        incident.signals += 1
        assert values["count"] == incident.signals
        named = values["call_id"] in incident.names
        assert named or now_ms - incident.opened_ms < WINDOW_MS, "E06"
        incident.names.add(values["call_id"])
        if values["person_id"] is not None and incident.person_id is not None:
            assert values["person_id"] == incident.person_id, "E06"

    def some(self, pick: int) -> str:
        known = [*self.open, *sorted(self.closed)]
        return known[pick % len(known)] if known else "nobody"

    @rule(person_id=PEOPLE, device_id=DEVICES, channel=CHANNELS, here=st.booleans(), again=PICK)
    def press(self, person_id: str | None, device_id: str | None, channel: str, here: bool, again: int) -> None:
        self.count += 1
        call_id = self.some(again) if again < 20 and (self.open or self.closed) else f"k-{self.count}"
        before = len(self.open), sum(incident.signals for incident in self.open.values())
        decision = self.sent(
            "call.raised", actor="device:d-1", call_id=call_id, channel=channel, person_id=person_id, device_id=device_id,
            position=north(0) if here else None,
        )  # fmt: skip
        assert decision.outcome is Outcome.ACCEPTED, "E01"
        after = len(self.open), sum(incident.signals for incident in self.open.values())
        assert after[1] == before[1] + 1, "E06: every signal is in exactly one incident"

    @rule(unit=UNITS, metres=st.sampled_from((200, 900, 1500, 4000, 8000)), skills=st.sampled_from(((), ("first_aid",), ("lifting",))))
    def register(self, unit: str, metres: int, skills: tuple[str, ...]) -> None:
        self.sent("responder.registered", responder_id=unit, kind="nurse", position=north(metres), skills=list(skills))
        self.sent("responder.reported", responder_id=unit, status="available", position=north(metres))

    @rule(unit=UNITS, status=st.sampled_from(("available", "en_route", "on_scene", "resting", "off")))
    def report(self, unit: str, status: str) -> None:
        self.sent("responder.reported", responder_id=unit, status=status)

    @rule(unit=UNITS, act=st.sampled_from(("dispatch.accepted", "dispatch.declined", "responder.arrived", "scene.checked_in")))
    def respond(self, unit: str, act: str) -> None:
        self.sent(act, call_id=self.on.get(unit, "nobody"), responder_id=unit)

    @rule(pick=PICK, silent=st.booleans())
    def answer(self, pick: int, silent: bool) -> None:
        self.sent("call.answered", call_id=self.some(pick), operator_id="op-1", silent=silent)

    @rule(pick=PICK, severity=st.sampled_from(("life", "help", "false")))
    def triage(self, pick: int, severity: str) -> None:
        self.sent("call.triaged", call_id=self.some(pick), severity=severity)

    @rule(pick=PICK, control=st.sampled_from(("manual", "automatic")))
    def take(self, pick: int, control: str) -> None:
        self.sent("call.taken_over", call_id=self.some(pick), operator_id="op-1", reason="mine", control=control)

    @rule(pick=PICK, unit=UNITS)
    def override(self, pick: int, unit: str) -> None:
        self.sent("dispatch.overridden", call_id=self.some(pick), responder_id=unit, reason="by phone")

    @rule(pick=PICK)
    def hand_over(self, pick: int) -> None:
        self.sent("call.handed_over", call_id=self.some(pick), to="120")

    @rule(pick=PICK, outcome=st.sampled_from(("rescued", "test")))
    def close(self, pick: int, outcome: str) -> None:
        self.sent("call.closed", call_id=self.some(pick), outcome=outcome)

    @rule(pick=PICK)
    def close_by_a_device(self, pick: int) -> None:
        open_before = set(self.open)
        self.sent("call.closed", actor="device:d-1", call_id=self.some(pick), outcome="false")
        assert set(self.open) == open_before, "E05"

    @rule(seconds=st.sampled_from((1, 10, 61, 181, 301, 2000)))
    def wait(self, seconds: int) -> None:
        before = len(self.world.decisions)
        self.world.tick(seconds)
        for decision in self.world.decisions[before:]:
            self.read(decision)

    @rule()
    def restart(self) -> None:
        rows = [orjson.loads(orjson.dumps(row)) for row in core.dump(DOMAIN, self.world.area)]
        self.world.area = core.load(DOMAIN, rows)
        assert [orjson.loads(orjson.dumps(row)) for row in core.dump(DOMAIN, self.world.area)] == rows

    @invariant()
    def open_incidents_are_the_ones_the_facts_say_and_none_is_silent(self) -> None:
        state = self.world.state
        assert set(state.calls) == set(self.open), "E08: closed by nobody but a human"
        for call_id, incident in self.open.items():
            assert self.world.now_ms <= incident.promised_ms, "E03"
            assert state.deadlines.when(f"ladder|{call_id}") == incident.promised_ms, "E03"
            assert state.calls[call_id].level == incident.level
        assert {unit_id: unit.engaged for unit_id, unit in state.units.by_id.items() if unit.engaged is not None} == self.on, "E09"

    @invariant()
    def states_move_by_the_published_table(self) -> None:
        for call_id, call in self.world.state.calls.items():
            before = self.states.get(call_id, "received")
            assert before in ("received", call.state.value) or self.leads(before, call.state.value)
            self.states[call_id] = call.state.value

    @staticmethod
    def leads(before: str, after: str) -> bool:
        """Whether one or two moves lead there: one event may move an incident twice."""
        middles = [to for start, to in MOVES if start == before]
        return after in middles or any((middle, after) in MOVES for middle in middles)


Incidents.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
TestIncidents = Incidents.TestCase
