"""A seeded run of events over every rule of meals; ``python -m tests.agents.random_day SEED STEPS`` prints the digest of where it ends."""

import hashlib
import random
import sys
from typing import Any

import orjson

from agents import core
from agents.meals import DOMAIN
from schemas.decisions import Received
from schemas.journal import instant
from tests.agents.world import AREA, CENTRE, at, received

MEALS = ("breakfast", "lunch", "dinner")


class RandomDay:
    """Makes events one after the other; knows only ids it has used itself."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.now_ms = at("2026-11-22 09:00")
        self.count = 0
        self.orders: list[str] = ["unknown"]
        self.standing: list[str] = ["unknown"]
        self.sent: list[Received] = []

    def next(self) -> Received:
        """The next event, sometimes one that was sent before."""
        rng = self.rng
        self.count += 1
        self.now_ms += rng.choice((0, 1_000, 60_000, 300_000)) if rng.random() < 0.99 else 4 * 3_600_000
        if self.sent and rng.random() < 0.03:
            return rng.choice(self.sent[-30:])
        makers = (self.order, self.order, self.order, self.order, self.cancel, self.deliver, self.deliver, self.capacity, self.provider,
                  self.closed, self.override, self.repeat_wish, self.tick, self.policy)  # fmt: skip
        kind, data = rng.choice(makers)()
        item = received(kind, data, f"e-{self.count}", self.now_ms)
        self.sent.append(item)
        return item

    def order(self) -> tuple[str, dict[str, Any]]:
        order_id = f"o-{self.rng.randrange(3000)}"
        self.orders.append(order_id)
        return "order.placed", {"order_id": order_id, "date": self.date(), **self.wish()}

    def repeat_wish(self) -> tuple[str, dict[str, Any]]:
        standing_order_id = f"s-{self.rng.randrange(20)}"
        if standing_order_id in self.standing and self.rng.random() < 0.6:
            if self.rng.random() < 0.5:
                return "standing_order.stopped", {"standing_order_id": standing_order_id}
            return "standing_order.paused", {"standing_order_id": standing_order_id, "from": self.date(), "until": "2026-12-30"}
        self.standing.append(standing_order_id)
        weekdays = self.rng.sample(range(1, 8), 3)
        return "standing_order.placed", {"standing_order_id": standing_order_id, "from": self.date(), "weekdays": weekdays, **self.wish()}

    def wish(self) -> dict[str, Any]:
        rng = self.rng
        wish: dict[str, Any] = {
            "person_id": f"p-{rng.randrange(40)}",
            "position": self.position(),
            "meal": rng.choice(MEALS),
            "portions": rng.choice((1, 1, 1, 2, 5)),
            "service": rng.choice(("dine_in", "pickup", "delivery")),
            "diets": rng.choice(((), (), ("soft",), ("halal",))),
            "age": rng.randrange(55, 95),
            "categories": rng.choice(((), ("registered",), ("registered", "low_income"))),
        }
        if rng.random() < 0.2:
            wish["preferred_provider_id"] = self.provider_id()
        return wish

    def cancel(self) -> tuple[str, dict[str, Any]]:
        return "order.cancelled", {"order_id": self.rng.choice(self.orders[-40:])}

    def deliver(self) -> tuple[str, dict[str, Any]]:
        result = self.rng.choice(("delivered", "no_answer", "no_answer", "no_answer", "failed", "refused"))
        return "delivery.reported", {"order_id": self.rng.choice(self.orders[-120:]), "result": result}

    def capacity(self) -> tuple[str, dict[str, Any]]:
        rng = self.rng
        slots = [{"date": self.date(), "meal": rng.choice(MEALS), "capacity": rng.choice((0, 2, 6, 10, 30))} for _ in range(6)]
        return "capacity.published", {"provider_id": self.provider_id(), "version": rng.randrange(1, 60), "slots": slots}

    def provider(self) -> tuple[str, dict[str, Any]]:
        rng = self.rng
        return "provider.registered", {
            "provider_id": self.provider_id(),
            "name": "社区食堂",
            "kind": "canteen",
            "position": self.position(),
            "street": "310106013",
            "services": rng.choice((["dine_in"], ["dine_in", "pickup", "delivery"], ["delivery", "pickup"])),
            "diets": rng.choice((["regular"], ["regular", "soft"], ["regular", "soft", "halal"])),
            "delivery_radius_m": rng.choice((None, 500, 3000)),
        }

    def closed(self) -> tuple[str, dict[str, Any]]:
        if self.rng.random() < 0.75:
            return "provider.reopened", {"provider_id": self.provider_id(), "reason": "repaired"}
        return "provider.closed", {"provider_id": self.provider_id(), "reason": "power_cut"}

    def override(self) -> tuple[str, dict[str, Any]]:
        return "order.overridden", {"order_id": self.rng.choice(self.orders[-80:]), "provider_id": self.provider_id(), "reason": "by phone"}

    def tick(self) -> tuple[str, dict[str, Any]]:
        return "clock.ticked.v1", {}

    def policy(self) -> tuple[str, dict[str, Any]]:
        rng = self.rng
        return "policy.published.v1", {
            "policy": "meals",
            "version": f"v{rng.randrange(30)}",
            "in_force_from": self.date(),
            "parameters": {
                "meal_price_fen": {"lunch": rng.choice((1500, 2000))},
                "kitchen_recount": rng.random() < 0.5,
                "seen_memory_s": rng.choice((3600, 259_200)),
            },
            "source": "test",
        }

    def provider_id(self) -> str:
        return f"c-{self.rng.randrange(12)}"

    def date(self) -> str:
        days_ahead = self.rng.choice((0, 0, 1, 1, 2, 3))
        return core_day(self.now_ms + days_ahead * 86_400_000)

    def position(self) -> dict[str, float]:
        return {"lat": round(CENTRE[0] + self.rng.uniform(-0.01, 0.01), 6), "lon": round(CENTRE[1] + self.rng.uniform(-0.01, 0.01), 6)}


def core_day(now_ms: int) -> str:
    """The date in Shanghai."""
    return instant(now_ms)[:10]


def digest(seed: int, steps: int) -> str:
    """A hash of every decision and of the state at the end."""
    day, area = RandomDay(seed), core.blank(DOMAIN, AREA)
    seen = hashlib.sha256()
    for _ in range(steps):
        decision = core.handle(DOMAIN, area, day.next())
        facts = [[reasoned.fact.type, reasoned.fact.model_dump(mode="json"), reasoned.why] for reasoned in decision.facts]
        seen.update(orjson.dumps([decision.outcome, decision.reason, decision.why, facts]))
    for row in core.dump(DOMAIN, area):
        seen.update(orjson.dumps(row))
    return seen.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(digest(int(sys.argv[1]), int(sys.argv[2])))
