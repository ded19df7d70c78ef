"""One area under test: events go through the real codec, decisions through the real core, and every step is checked."""

from datetime import datetime
from typing import Any

from agents import core
from agents.meals import DOMAIN
from agents.meals.state import MealsState
from schemas.codec import decode_event
from schemas.decisions import Decision, Received
from schemas.facts import Fact
from schemas.journal import SHANGHAI

AREA = "310106"
CENTRE = (31.2304, 121.4737)
METRE_LAT = 1 / 111_195
"""Degrees of latitude that a metre is."""


def at(text: str) -> int:
    """``2026-11-22 09:00`` in Shanghai as milliseconds since the epoch."""
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


def north(metres: float) -> dict[str, float]:
    """A position so far north of the centre."""
    return {"lat": round(CENTRE[0] + metres * METRE_LAT, 6), "lon": CENTRE[1]}


def envelope(kind: str, data: dict[str, Any], event_id: str, now_ms: int, area: str = AREA) -> dict[str, Any]:
    """A CloudEvent as a client sends it."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/tests",
        "type": kind if kind.endswith(".v1") else f"meals.{kind}.v1",
        "time": datetime.fromtimestamp(now_ms / 1000, SHANGHAI).isoformat(),
        "area": area,
        "actor": "operator:op-1",
        "data": data,
    }


def received(kind: str, data: dict[str, Any], event_id: str, now_ms: int, area: str = AREA) -> Received:
    """The event as the core takes it."""
    item = decode_event("meals", envelope(kind, data, event_id, now_ms, area), now_ms)
    assert isinstance(item, Received), item
    return item


class World:
    """An area, its clock, and what it answered."""

    def __init__(self, now: str = "2026-11-22 09:00", area: str = AREA) -> None:
        self.area: core.AreaState[MealsState] = core.blank(DOMAIN, area)
        self.now_ms = at(now)
        self.decisions: list[Decision] = []
        self.count = 0

    @property
    def state(self) -> MealsState:
        return self.area.domain

    def send(self, kind: str, /, event_id: str | None = None, **data: Any) -> Decision:
        """Answer one event now; ``from_`` stands for ``from``."""
        self.count += 1
        data = {name.rstrip("_"): value for name, value in data.items()}
        return self.take(received(kind, data, event_id or f"e-{self.count}", self.now_ms, self.area.area))

    def take(self, item: Received) -> Decision:
        decision = core.handle(DOMAIN, self.area, item)
        self.decisions.append(decision)
        DOMAIN.check_all(self.state)
        return decision

    def tick(self, now: str | int) -> list[Fact]:
        """Let the clock say that it is so late; returns what happened, ticking on while work is due."""
        self.now_ms = at(now) if isinstance(now, str) else now
        facts: list[Fact] = []
        for _ in range(1000):
            decision = self.send("clock.ticked.v1")
            facts += [reasoned.fact for reasoned in decision.facts]
            deadline = core.next_deadline(DOMAIN, self.area)
            if deadline is None or deadline > self.now_ms:
                return facts
        raise AssertionError("the clock never comes to rest")

    def kitchen(self, provider_id: str, metres: float = 100, **more: Any) -> Decision:
        """Register a canteen so far north of the centre."""
        data: dict[str, Any] = {
            "provider_id": provider_id,
            "name": "社区食堂",
            "kind": "canteen",
            "position": north(metres),
            "street": "310106013",
            "services": ["dine_in", "pickup", "delivery"],
            "diets": ["regular", "soft"],
        } | more
        return self.send("provider.registered", **data)

    def publish(self, provider_id: str, capacity: int, version: int = 1, date: str = "2026-11-23", **more: Any) -> Decision:
        """Publish one lunch."""
        slot = {"date": date, "meal": "lunch", "capacity": capacity} | more
        return self.send("capacity.published", provider_id=provider_id, version=version, slots=[slot])

    def order(self, order_id: str, **more: Any) -> Decision:
        """Order a lunch at the centre for 2026-11-23."""
        data: dict[str, Any] = {
            "order_id": order_id,
            "person_id": f"p-{order_id}",
            "position": {"lat": CENTRE[0], "lon": CENTRE[1]},
            "date": "2026-11-23",
            "meal": "lunch",
            "portions": 1,
            "service": "dine_in",
        } | more
        return self.send("order.placed", **data)

    def seats(self, provider_id: str, date: str = "2026-11-23", meal: str = "lunch") -> tuple[int, int, int, int]:
        """Free, held, used, closed."""
        slot = self.state.providers[provider_id].slots[(date, meal)]
        return slot.free, slot.held, slot.used, slot.closed


def types(decision: Decision) -> list[str]:
    """The types of a decision's facts, in order."""
    return [reasoned.fact.type for reasoned in decision.facts]


def fact(decision: Decision, kind: str) -> dict[str, Any]:
    """The data of the one fact of this type."""
    (found,) = (reasoned.fact for reasoned in decision.facts if reasoned.fact.type == kind)
    return found.model_dump()
