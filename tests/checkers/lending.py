"""Areas that lend kitchens to each other, played through the real core and the real routes."""

from typing import Any

import orjson

from infra.checkers.logs import Logs
from schemas.journal import Decided, decode
from streams.handovers.handover import handovers_of
from streams.handovers.registry import routes_from
from streams.partitioning import home_partition
from tests.agents.world import at, envelope, north
from tests.checkers.in_memory import World

HOME, NEAR, FAR = "310106", "310101", "310110"


class Lender:
    """Sends events and carries what areas say to each other."""

    def __init__(self) -> None:
        self.world = World()
        self.now_ms = at("2026-11-22 09:00")
        self._carried = 0
        self._number = 0

    def send(self, area: str, kind: str, /, **data: Any) -> None:
        self._number += 1
        self.now_ms += 1000
        value = orjson.dumps(envelope(kind, data, f"e-{self._number}", self.now_ms, area))
        self.world._append(home_partition(area, self.world.partitions), area.encode(), value, self.now_ms)

    def carry(self) -> None:
        while self._carried < len(self.world.raw):
            _, _, raw = self.world.raw[self._carried]
            self._carried += 1
            record = decode(raw)
            if not isinstance(record, Decided):
                continue
            for decision in record.decisions:
                for one in handovers_of(routes_from("meals", ("meals",)), record.source_partition, record.seq, decision):
                    self.world._append(home_partition(one.area, self.world.partitions), one.area.encode(), one.value, self.now_ms)

    def order(self, order_id: str, **more: Any) -> None:
        data = {
            "order_id": order_id, "person_id": "p-1", "position": north(0), "date": "2026-11-23", "meal": "lunch", "portions": 1,
            "service": "dine_in",
        }  # fmt: skip
        self.send(HOME, "order.placed", **(data | more))
        self.carry()


def lent_logs() -> Logs:
    """Two orders lent, one of them cancelled, one that nobody could take, and one kitchen closed over its guest."""
    play = Lender()
    for area, parameters in ((HOME, {"neighbours": [NEAR, FAR]}), (NEAR, {"lends_to": [HOME]}), (FAR, {"lends_to": [HOME]})):
        policy = {"policy": "meals", "version": "1", "in_force_from": "2026-11-01", "parameters": parameters, "source": "test"}
        play.send(area, "policy.published.v1", **policy)
    for area, provider_id, metres in ((NEAR, "n-1", 400), (FAR, "f-1", 800)):
        kitchen = {"name": "食堂", "kind": "canteen", "position": north(metres), "street": "s", "services": ["dine_in"], "diets": ["soft"]}
        play.send(area, "provider.registered", provider_id=provider_id, **kitchen)
        slot = {"date": "2026-11-23", "meal": "lunch", "capacity": 2}
        play.send(area, "capacity.published", provider_id=provider_id, version=1, slots=[slot])
    for order_id in ("o-1", "o-2", "o-3"):
        play.order(order_id)
    play.order("o-4", service="delivery")
    play.send(HOME, "order.cancelled", order_id="o-1")
    play.carry()
    play.send(NEAR, "provider.closed", provider_id="n-1", reason="no_water")
    play.carry()
    return play.world.logs()
