"""One area of childcare under test: events are validated as the codec would, decisions go through the real core, every step is checked."""

from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

import orjson

from agents import core
from agents.childcare import DOMAIN
from agents.childcare.state import ChildcareState
from schemas.decisions import Decision, Received
from schemas.facts import Fact
from schemas.journal import SHANGHAI
from schemas.registry import event_adapter
from tests.agents.world import CENTRE, at, north

AREA = "310106"
DAY = "2026-11-24"
"""A Tuesday, two days after the world's beginning."""


@cache
def adapter() -> Any:
    """Events of childcare, which `schemas.topics.DOMAINS` does not name while the domain is not switched on."""
    return event_adapter("childcare")[0]


def clock(day: str, time: str) -> str:
    """An instant as a sender writes it."""
    return f"{day}T{time}:00+08:00"


def received(kind: str, data: dict[str, Any], event_id: str, now_ms: int, *, area: str = AREA, time_ms: int | None = None) -> Received:
    """The event as the core takes it."""
    envelope = {
        "specversion": "1.0",
        "id": event_id,
        "source": "/tests",
        "type": kind if kind.endswith(".v1") else f"childcare.{kind}.v1",
        "time": datetime.fromtimestamp((now_ms if time_ms is None else time_ms) / 1000, SHANGHAI).isoformat(),
        "area": area,
        "actor": "relative:p-1",
        "data": data,
    }
    wire = orjson.dumps(envelope)
    return Received(adapter().validate_json(wire), sha256(wire).digest()[:16], now_ms)


class World:
    """An area, its clock, and what it answered."""

    def __init__(self, now: str = "2026-11-22 09:00", area: str = AREA) -> None:
        self.area: core.AreaState[ChildcareState] = core.blank(DOMAIN, area)
        self.now_ms = at(now)
        self.decisions: list[Decision] = []
        self.count = 0

    @property
    def state(self) -> ChildcareState:
        return self.area.domain

    def send(self, kind: str, /, event_id: str | None = None, time_ms: int | None = None, **data: Any) -> Decision:
        """Answer one event now; ``from_`` stands for ``from``."""
        self.count += 1
        data = {name.rstrip("_"): value for name, value in data.items()}
        return self.take(received(kind, data, event_id or f"e-{self.count}", self.now_ms, area=self.area.area, time_ms=time_ms))

    def take(self, item: Received) -> Decision:
        decision = core.handle(DOMAIN, self.area, item)
        self.decisions.append(decision)
        DOMAIN.check_all(self.state)
        return decision

    def tick(self, now: str | int) -> list[Fact]:
        """Let the clock go on to then, deadline by deadline; returns what happened."""
        until_ms = at(now) if isinstance(now, str) else now
        facts: list[Fact] = []
        for _ in range(3000):
            deadline = core.next_deadline(DOMAIN, self.area)
            self.now_ms = until_ms if deadline is None or deadline > until_ms else max(self.now_ms, deadline)
            facts += [reasoned.fact for reasoned in self.send("clock.ticked.v1").facts]
            deadline = core.next_deadline(DOMAIN, self.area)
            if self.now_ms == until_ms and (deadline is None or deadline > until_ms):
                return facts
        raise AssertionError("the clock never comes to rest")

    def site(self, site_id: str, metres: float = 100, **more: Any) -> Decision:
        """Register a baby house so far north of the centre."""
        data = {"site_id": site_id, "name": "宝宝屋", "position": north(metres), "street": "310106013", "kind": "baby_house"} | more
        return self.send("site.registered", **data)

    def publish(self, site_id: str, *sessions: dict[str, Any], version: int = 1) -> Decision:
        return self.send("sessions.published", site_id=site_id, version=version, sessions=list(sessions))

    def house(self, site_id: str = "s-1", metres: float = 100, **more: Any) -> str:
        """A house with one morning session; returns the session's id."""
        self.site(site_id, metres)
        offered = session(f"{site_id}-am", **more)
        assert self.publish(site_id, offered).outcome == "accepted"
        return f"{site_id}-am"

    def book(self, booking_id: str, session_id: str | None = None, **more: Any) -> Decision:
        """Book for a child of two years; without a session id, a window on the day."""
        data: dict[str, Any] = {
            "booking_id": booking_id,
            "child_id": f"k-{booking_id}",
            "family_id": f"f-{booking_id}",
            "birth_date": "2024-10-01",
            "position": {"lat": CENTRE[0], "lon": CENTRE[1]},
        }
        if session_id is not None:
            data["session_id"] = session_id
        elif "window" not in more:
            data["window"] = {"date": DAY, "from": "09:00", "to": "11:00"}
        return self.send("booking.requested", **(data | more))

    def policy(self, version: str = "v1", **parameters: Any) -> Decision:
        """A policy of this area, in force for long."""
        return self.send(
            "policy.published.v1", policy="childcare", version=version, in_force_from="2025-01-01", parameters=parameters, source="test"
        )

    def seats(self, session_id: str) -> tuple[int, int, int, int]:
        """Free, held, used, closed."""
        found = self.state.sessions[session_id]
        return found.free, found.held, found.used, found.closed

    def left(self, child_id: str, year: int = 2026, service: str = "care") -> tuple[int, int]:
        """Used and reserved of a holder's year."""
        name = f"{service}|{child_id}|{year}"
        return self.state.ledger.balance(f"used|{name}"), self.state.ledger.held(name)


def session(session_id: str, start: str = "09:00", end: str = "11:00", day: str = DAY, **more: Any) -> dict[str, Any]:
    """A session as published: ten seats and enough staff unless said otherwise."""
    return {"session_id": session_id, "start": clock(day, start), "end": clock(day, end), "mode": "drop_in", "seats": 10, "staff": 4} | more


def types(decision: Decision) -> list[str]:
    """The types of a decision's facts without the domain's name, in order."""
    return [reasoned.fact.type.removeprefix("childcare.").removesuffix(".v1") for reasoned in decision.facts]


def kinds(facts: list[Fact]) -> list[str]:
    """The same of facts alone."""
    return [fact.type.removeprefix("childcare.").removesuffix(".v1") for fact in facts]


def fact(decision: Decision, kind: str) -> dict[str, Any]:
    """The data of the one fact of this type."""
    (found,) = (reasoned.fact for reasoned in decision.facts if reasoned.fact.type == f"childcare.{kind}.v1")
    return found.model_dump()
