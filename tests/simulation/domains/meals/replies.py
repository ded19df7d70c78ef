"""What a courier does who hears of an order: brings it on its day, and now and then nobody opens."""

from collections.abc import Mapping
from typing import Any

from tests.simulation.checkers.logs import minute_ms
from tests.simulation.domains.port import Reply, Step

AT_MINUTE = {"breakfast": 450, "lunch": 705, "dinner": 1050}
RESULTS = ("delivered", "delivered", "no_answer", "no_answer", "failed", "refused")


def replies(fact: str, data: Mapping[str, Any], mood: bytes, now_ms: int) -> Reply | None:
    """One report at mealtime, of one order in four, whether it was a delivery or not; of the others nobody says anything."""
    if fact not in ("meals.order.assigned.v1", "meals.order.reassigned.v1") or mood[0] % 4:
        return None
    at_ms = minute_ms(data["date"], AT_MINUTE[data["meal"]] + mood[1] % 90)
    report = {"order_id": data["order_id"], "result": RESULTS[mood[2] % len(RESULTS)]}
    return Reply(max(0, at_ms - now_ms), Step("meals.delivery.reported.v1", report, "courier:w-1"))
