"""Synthetic directory and orders as raw CloudEvents, the bytes a record of ``meals.events`` holds. Seeded; dates lie ahead of today."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson

from infra.bench.core import box_of
from infra.bench.ground import AREA
from schemas.journal import SHANGHAI

PROVIDERS = 100
DAYS = tuple(range(2, 8))
"""Days ahead that are ordered for: past every cut-off question, inside how far ahead one may order."""


class World:
    """One area with `providers` kitchens that have room for `orders` orders, and its orders; the same seed gives the same bytes
    on the same day. `run` makes the ids of one run its own."""

    def __init__(self, orders: int, *, run: str, providers: int = PROVIDERS, days: tuple[int, ...] = DAYS, seed: int = 1) -> None:
        self._rng = random.Random(seed)
        self._box = box_of(providers)
        self._providers = providers
        self._run = run
        now = datetime.now(SHANGHAI)
        self._time = now.isoformat(timespec="milliseconds")
        self._dates = [(now + timedelta(days=day)).date().isoformat() for day in days]
        # Twice the room that is needed: orders find the nearest kitchen free or the one after it.
        self._capacity = max(2, round(2 * orders / (providers * len(days))))
        self._number = 0

    def directory(self) -> Iterator[bytes]:
        """Each kitchen's registration and what it can cook."""
        for number in range(self._providers):
            provider_id = f"c-{number:06d}"
            registered = {
                "provider_id": provider_id,
                "name": "社区长者食堂",
                "kind": "canteen",
                "position": self._position(),
                "street": "310106013",
                "services": ["dine_in", "pickup", "delivery"],
                "diets": ["regular", "soft", "low_salt"],
                "delivery_radius_m": 3000,
            }
            yield orjson.dumps(self._event("meals.provider.registered.v1", f"{self._run}-r-{number}", registered))
            slots = [{"date": date, "meal": "lunch", "capacity": self._capacity} for date in self._dates]
            published = {"provider_id": provider_id, "version": 1, "slots": slots}
            yield orjson.dumps(self._event("meals.capacity.published.v1", f"{self._run}-v-{number}", published))

    def order(self) -> dict[str, Any]:
        """The next order."""
        rng = self._rng
        number, self._number = self._number, self._number + 1
        data = {
            "order_id": f"ord-{self._run}-{number:07d}",
            "person_id": f"p-{rng.randrange(500_000):06d}",
            "position": self._position(),
            "date": rng.choice(self._dates),
            "meal": "lunch",
            "portions": 1,
            "service": rng.choice(("dine_in", "pickup", "delivery")),
            "diets": ["soft"] if rng.random() < 0.2 else [],
            "age": rng.randrange(60, 100),
        }
        return self._event("meals.order.placed.v1", f"{self._run}-{number:09d}", data)

    def singles(self, count: int) -> list[bytes]:
        """Records of one order each."""
        return [orjson.dumps(self.order()) for _ in range(count)]

    def batches(self, records: int, size: int) -> list[bytes]:
        """Records of `size` orders each."""
        return [orjson.dumps([self.order() for _ in range(size)]) for _ in range(records)]

    def _event(self, kind: str, event_id: str, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "id": event_id,
            "source": "/bench",
            "type": kind,
            "time": self._time,
            "area": AREA,
            "actor": "relative:p-1",
            "data": data,
        }

    def _position(self) -> dict[str, float]:
        south, west, north, east = self._box
        return {"lat": round(self._rng.uniform(south, north), 6), "lon": round(self._rng.uniform(west, east), 6)}
