"""What an event of meals deserves, worked out on the naive picture: the outcome, and where it matters the reason and the facts.

Each function gets the picture as it stands when the event's own facts begin, and returns the invariant that a difference breaks.
"""

from collections.abc import Callable
from typing import Any

from tests.simulation.checkers.logs import DAY_MS, day_of, minute_ms
from tests.simulation.domains.meals.lending import neighbour_asked, neighbour_withdrawn, next_neighbour
from tests.simulation.domains.meals.model import OPEN, TIMES, Area
from tests.simulation.domains.meals.placing import foretell

Data = dict[str, Any]
Deserved = tuple[str, Data]


def order_placed(area: Area, data: Data) -> Deserved:
    """A known id stays what it was; the past and the far future are refused; else who can take it gets it."""
    known = area.orders.get(data["order_id"])
    if known is not None:
        reason = "order_already_refused" if known.state == "refused" else "order_exists"
        return "I05", {"outcome": "refused", "reason": reason}
    today = day_of(area.now_ms)
    if data["date"] < today:
        return "C09", {"outcome": "refused", "reason": "date_past"}
    if data["date"] > day_of(area.now_ms + area.policy()["order_days_ahead_max"] * DAY_MS):
        return "C09", {"outcome": "refused", "reason": "date_too_far"}
    wish = {
        "lat": data["position"]["lat"], "lon": data["position"]["lon"], "date": data["date"], "meal": data["meal"],
        "portions": data["portions"], "service": data["service"], "diets": data.get("diets", ()),
    }  # fmt: skip
    foretold = foretell(area, wish, data.get("preferred_provider_id"))
    if foretold is None:
        asked = next_neighbour(area, wish, {})
        return ("N02", {"outcome": "accepted", "lending_area": asked}) if asked is not None else ("C09", {"outcome": "refused"})
    return "N01", {"outcome": "accepted", "provider_id": foretold[0], "portions": data["portions"]}


def order_cancelled(area: Area, data: Data) -> Deserved:
    """Until the hour of the meal, once (C05)."""
    if data["order_id"] in area.guests:
        return "C05", {"outcome": "refused"}
    order = area.orders.get(data["order_id"])
    if order is None:
        return "C05", {"outcome": "refused", "reason": "unknown_order"}
    if order.state not in OPEN:
        return "C05", {"outcome": "refused", "reason": "order_closed"}
    until_ms = minute_ms(order.data["date"], TIMES[order.data["meal"]]["cancel"])
    if order.state in ("unplaced", "asked") or (order.state in ("assigned", "elsewhere") and area.now_ms <= until_ms):
        return "C05", {"outcome": "accepted", "order_id": order.order_id, "provider_id": order.provider}
    return "C05", {"outcome": "refused", "reason": "cancel_too_late"}


def order_overridden(area: Area, data: Data) -> Deserved:
    """An operator's choice goes before distance and cut-off, never before room, opening, diet, service or the
    end of the meal."""
    order = area.orders.get(data["order_id"])
    if order is None or order.state not in ("assigned", "unplaced", "asked", "elsewhere"):
        return "C01", {"outcome": "refused", "reason": frozenset({"unknown_order", "order_closed", "in_delivery"})}
    kitchen = area.kitchens.get(data["provider_id"])
    if kitchen is None or kitchen.listed is None:
        return "C01", {"outcome": "refused", "reason": "unknown_provider"}
    if order.provider == data["provider_id"]:
        return "C01", {"outcome": "refused", "reason": "already_there"}
    if order.data["service"] not in kitchen.listed["services"] or not set(order.data["diets"]) <= set(kitchen.listed["diets"]):
        return "C01", {"outcome": "refused", "reason": "provider_unsuitable"}
    key = (data["provider_id"], order.data["date"], order.data["meal"])
    slot = area.slots.get(key)
    if slot is None or slot.fact is None or area.shut(key):
        return "C01", {"outcome": "refused", "reason": "provider_not_open"}
    if minute_ms(order.data["date"], TIMES[order.data["meal"]]["end"]) <= area.now_ms:
        return "C01", {"outcome": "refused", "reason": "date_past"}
    if area.free(key) < order.portions:
        return "C01", {"outcome": "refused", "reason": "provider_full"}
    return "C01", {"outcome": "accepted"}


def capacity_published(area: Area, data: Data) -> Deserved:
    """Of each slot the highest version wins, in whatever order they come (C06)."""
    last_day = day_of(area.now_ms + area.policy()["capacity_days_ahead_max"] * DAY_MS)
    wanted = set()
    for offered in data["slots"]:
        key = (data["provider_id"], offered["date"], offered["meal"])
        known = area.slots.get(key)
        over = minute_ms(offered["date"], TIMES[offered["meal"]]["end"]) <= area.now_ms
        if not over and offered["date"] <= last_day and (known is None or data["version"] > known.version):
            wanted.add((offered["date"], offered["meal"]))
    return "C06", {"outcome": "accepted" if wanted else "refused", "slots": wanted}


def delivery_reported(area: Area, data: Data) -> Deserved | None:
    """Of an open order on its day; after the hour it cannot be said before."""
    order = area.orders.get(data["order_id"])
    if order is None or order.state not in OPEN:
        return "I06", {"outcome": "refused", "reason": frozenset({"unknown_order", "order_closed"})}
    if order.provider is None and order.away is None:
        return "I06", {"outcome": "refused", "reason": "not_at_a_provider"}
    if day_of(area.now_ms) < order.data["date"]:
        return "T02", {"outcome": "refused", "reason": "before_meal"}
    if data["result"] == "delivered":
        return "I06", {"outcome": "accepted", "order_id": order.order_id}
    if order.data["service"] != "delivery":
        return "I06", {"outcome": "refused", "reason": "not_a_delivery"}
    return None


def provider_closed(area: Area, data: Data) -> Deserved | None:
    """A closure that has an end ahead is taken as it is said."""
    if data.get("until") is None:
        return "C01", {"outcome": "accepted", "provider_id": data["provider_id"]}
    return None


DESERVED: dict[str, Callable[[Area, Data], Deserved | None]] = {
    "meals.order.placed.v1": order_placed,
    "meals.order.cancelled.v1": order_cancelled,
    "meals.order.overridden.v1": order_overridden,
    "meals.capacity.published.v1": capacity_published,
    "meals.delivery.reported.v1": delivery_reported,
    "meals.provider.closed.v1": provider_closed,
    "meals.neighbour.asked.v1": neighbour_asked,
    "meals.neighbour.withdrawn.v1": neighbour_withdrawn,
}
