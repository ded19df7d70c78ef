"""One dispatch region under test: events go through the real validators, decisions through the real core, every step is checked."""

from datetime import datetime
from typing import Any

import orjson

from agents import core
from agents.emergency import DOMAIN
from agents.emergency.state import Call, EmergencyState
from schemas.codec import digest_of
from schemas.decisions import Decision, Received
from schemas.facts import Fact
from schemas.journal import SHANGHAI
from schemas.registry import event_adapter

AREA = "3101"
CENTRE = (31.2304, 121.4737)
METRE_LAT = 1 / 111_195
"""Degrees of latitude that a metre is."""
ADAPTER = event_adapter("emergency")[0]


def at(text: str) -> int:
    """``2026-11-22 09:00`` in Shanghai as milliseconds since the epoch."""
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


def north(metres: float) -> dict[str, float]:
    """A position so far north of the centre."""
    return {"lat": round(CENTRE[0] + metres * METRE_LAT, 6), "lon": CENTRE[1]}


def envelope(kind: str, data: dict[str, Any], event_id: str, now_ms: int, actor: str = "operator:op-1") -> dict[str, Any]:
    """A CloudEvent as a client sends it."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/tests",
        "type": kind if kind.endswith(".v1") else f"emergency.{kind}.v1",
        "time": datetime.fromtimestamp(now_ms / 1000, SHANGHAI).isoformat(),
        "area": AREA,
        "actor": actor,
        "data": data,
    }


def received(kind: str, data: dict[str, Any], event_id: str, now_ms: int, actor: str = "operator:op-1") -> Received:
    """The event as the core takes it. The domain is not switched on yet, so the codec's own way in would not know the type."""
    parsed = envelope(kind, data, event_id, now_ms, actor)
    return Received(ADAPTER.validate_json(orjson.dumps(parsed)), digest_of(parsed), now_ms)


class World:
    """A region, its clock, and what it answered."""

    def __init__(self, now: str = "2026-11-22 09:00") -> None:
        self.area: core.AreaState[EmergencyState] = core.blank(DOMAIN, AREA)
        self.now_ms = at(now)
        self.decisions: list[Decision] = []
        self.count = 0

    @property
    def state(self) -> EmergencyState:
        return self.area.domain

    def call(self, call_id: str = "k-1") -> Call:
        """An open incident."""
        return self.state.calls[call_id]

    def send(self, kind: str, /, event_id: str | None = None, actor: str = "operator:op-1", **data: Any) -> Decision:
        """Answer one event now."""
        self.count += 1
        return self.take(received(kind, data, event_id or f"e-{self.count}", self.now_ms, actor))

    def take(self, item: Received) -> Decision:
        decision = core.handle(DOMAIN, self.area, item)
        self.decisions.append(decision)
        assert decision.error is None, decision.error
        DOMAIN.check_all(self.state)
        return decision

    def tick(self, later_s: float = 0) -> list[Fact]:
        """Let the clock say that it is so many seconds later; returns what happened, ticking on while work is due."""
        self.now_ms += int(later_s * 1000)
        facts: list[Fact] = []
        for _ in range(1000):
            decision = self.send("clock.ticked.v1")
            facts += [reasoned.fact for reasoned in decision.facts]
            deadline = core.next_deadline(DOMAIN, self.area)
            if deadline is None or deadline > self.now_ms:
                assert "case.stuck.v1" not in [fact.type for fact in facts]
                return facts
        raise AssertionError("the clock never comes to rest")

    def run(self, seconds: int, every_s: int = 1) -> list[tuple[int, Fact]]:
        """Tick on time for so long; each fact with the seconds since the start."""
        out: list[tuple[int, Fact]] = []
        for second in range(every_s, seconds + 1, every_s):
            out += [(second, fact) for fact in self.tick(every_s)]
        return out

    def unit(self, unit_id: str, metres: float = 500, kind: str = "nurse", skills: tuple[str, ...] = ("first_aid",), **more: Any) -> None:
        """A responder so far north of the centre who is available now."""
        self.send("responder.registered", responder_id=unit_id, kind=kind, position=north(metres), skills=list(skills), **more)
        self.send("responder.reported", responder_id=unit_id, status="available", position=north(metres))

    def press(self, call_id: str = "k-1", person_id: str | None = "p-1", channel: str = "button", **more: Any) -> Decision:
        """A person presses the button at the centre."""
        data: dict[str, Any] = {"call_id": call_id, "channel": channel, "position": north(0)} | more
        if person_id is not None:
            data["person_id"] = person_id
        return self.send("call.raised", actor="device:d-1", **{key: value for key, value in data.items() if value is not None})

    def policy(self, version: str = "v1", in_force_from: str = "2026-01-01", **parameters: Any) -> Decision:
        """Put parameters in force."""
        return self.send(
            "policy.published.v1", policy="emergency", version=version, in_force_from=in_force_from, parameters=parameters, source="test"
        )


def types(decision: Decision) -> list[str]:
    """The types of a decision's facts, in order, without the domain and the version."""
    return [short(reasoned.fact) for reasoned in decision.facts]


def short(fact: Fact) -> str:
    """``emergency.call.opened.v1`` as ``call.opened``."""
    return fact.type.removeprefix("emergency.").removesuffix(".v1")


def fact(decision: Decision, kind: str) -> dict[str, Any]:
    """The data of the one fact of this type."""
    (found,) = (reasoned.fact for reasoned in decision.facts if short(reasoned.fact) == kind)
    return found.model_dump()


def why(decision: Decision, kind: str) -> dict[str, Any]:
    """The explanation of the one fact of this type."""
    (found,) = (reasoned for reasoned in decision.facts if short(reasoned.fact) == kind)
    assert found.why is not None
    return found.why
