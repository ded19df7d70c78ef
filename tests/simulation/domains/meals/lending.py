"""Between areas: an order that no kitchen at home can take is asked of the neighbours that policy names, and nothing is held for nobody.

One writer a fact, as in `judging`, which takes them in. A guest is kept as an order under the id of its request.
"""

from typing import TYPE_CHECKING, Any

from tests.simulation.checkers.logs import minute_ms
from tests.simulation.domains.meals.model import TIMES, Area, Order
from tests.simulation.domains.meals.placing import foretell

if TYPE_CHECKING:
    from tests.simulation.domains.meals.judging import Judge

Data = dict[str, Any]
CLOSE_AFTER_MS = 7_200_000
ANSWERED = "meals.neighbour.answered.v1"


def next_neighbour(area: Area, wish: Data, tried: Data) -> str | None:
    """Whom policy asks next, as long as ordering is open by its late rule."""
    times = TIMES[wish["meal"]]
    if area.now_ms > minute_ms(wish["date"], times["late"]) or area.now_ms >= minute_ms(wish["date"], times["end"]) + CLOSE_AFTER_MS:
        return None
    left = [one for one in area.policy().get("neighbours", ()) if one != area.name and one not in tried]
    return left[0] if left else None


def taken_back(judge: "Judge", order: Order) -> None:
    """C05: whoever takes an order away from a neighbour says so to it in the same decision, unless the neighbour gave it up itself."""
    if order.state not in ("asked", "elsewhere") or order.request is None:
        return
    assert judge.dec is not None
    withdrawn = [f["data"]["request_id"] for f in judge.dec.body["facts"] if f["type"] == "meals.request.withdrawn.v1"]
    if judge.dec.body["event_type"] != ANSWERED and order.request[0] not in withdrawn:
        judge.say("C05", f"{order.order_id} leaves {order.request[1]}, which may hold portions for it and is not told")


def answered_in_time(judge: "Judge", area: Area) -> None:
    """I07: whoever was asked has answered by now, or was given up."""
    for order in area.open.values():
        if order.state == "asked" and order.answer_by_ms is not None and order.answer_by_ms <= area.now_ms:
            judge.say("I07", f"order {order.order_id}: nobody answered and nobody else was asked")


def _asked(judge: "Judge", area: Area, data: Data) -> None:
    order = area.orders.get(data["order_id"])
    wanted = next_neighbour(area, data, data["tried"])
    if data["lending_area"] != wanted:
        judge.say("N02", f"order {data['order_id']} is asked of {data['lending_area']}, policy says {wanted}")
    preferred = None
    if order is None and judge.dec is not None and judge.dec.event is not None and data["standing_order_id"] is None:
        preferred = judge.dec.event["data"].get("preferred_provider_id")
    found = foretell(area, data, preferred)
    if found is not None:
        judge.say("N01", f"order {data['order_id']} is asked elsewhere although {found} could take it")
    if order is None:
        order = Order(data["order_id"], "asked", data, None, data["closes_ms"], data["portions"])
        area.orders[order.order_id] = area.open[order.order_id] = order
    else:
        if order.provider != data["from_provider_id"]:
            judge.say("C03", f"{order.order_id} leaves {data['from_provider_id']}, it was at {order.provider}")
        taken_back(judge, order)
        judge.release(area, order)
        judge.move(area, order.order_id, "asked")
    order.provider = order.away = None
    order.closes_ms, order.answer_by_ms = data["closes_ms"], data["answer_by_ms"]
    order.request = (data["request_id"], data["lending_area"])


def _placed(judge: "Judge", area: Area, data: Data) -> None:
    order = area.orders.get(data["order_id"])
    if order is None or order.request != (data["request_id"], data["lending_area"]):
        judge.say("N02", f"order {data['order_id']} is placed by {data['lending_area']}, which was not asked")
        return
    judge.move(area, data["order_id"], "elsewhere")
    order.away, order.closes_ms = data["provider_id"], data["closes_ms"]


def _nowhere(judge: "Judge", area: Area, data: Data) -> None:
    order = area.orders.get(data["order_id"])
    if order is not None:
        found, wanted = foretell(area, order.data, None), next_neighbour(area, data, data["tried"])
        if found is not None or wanted is not None:
            judge.say("N01", f"{order.order_id} goes before a human although {found or wanted} is left")
        taken_back(judge, order)
        order.away, order.request, order.closes_ms = None, None, data["closes_ms"]
    judge.move(area, data["order_id"], "unplaced")


def _withdrawn(judge: "Judge", area: Area, data: Data) -> None:
    order = area.orders.get(data["order_id"])
    if order is None or order.request != (data["request_id"], data["lending_area"]):
        judge.say("N02", f"request {data['request_id']} is taken back and is not the open one of {data['order_id']}")
    elif data["reason"] == "no_answer":
        judge.early(area, f"giving up {data['lending_area']}", order.answer_by_ms)


def _guest(judge: "Judge", area: Area, data: Data) -> None:
    guest_id = data["guest_id"]
    if guest_id in area.orders:
        judge.say("I05", f"request {guest_id} was {area.orders[guest_id].state} and is taken on anew")
        return
    if data["home_area"] not in area.policy().get("lends_to", ()):
        judge.say("N02", f"{area.name} lends to {data['home_area']} and its policy does not")
    order = Order(guest_id, "assigned", data, None, data["closes_ms"], data["portions"])
    judge.nearest(area, data, data | {"order_id": guest_id}, None)
    judge.hold(area, order, data)
    area.orders[guest_id] = area.open[guest_id] = order
    area.guests.add(guest_id)


def _guest_refused(judge: "Judge", area: Area, data: Data) -> None:
    guest_id = data["guest_id"]
    if guest_id in area.orders:
        judge.say("I05", f"request {guest_id} is refused and was {area.orders[guest_id].state}")
        return
    area.orders[guest_id] = Order(guest_id, "refused", data, None, 0, 0)
    area.guests.add(guest_id)


def _guest_moved(judge: "Judge", area: Area, data: Data) -> None:
    guest = area.open.get(data["guest_id"])
    if guest is None:
        judge.say("I06", f"guest {data['guest_id']} is moved and is not open")
        return
    if data["from_provider_id"] != guest.provider:
        judge.say("C03", f"guest {guest.order_id} is moved from {data['from_provider_id']}, it was at {guest.provider}")
    judge.nearest(area, guest.data, data | {"order_id": guest.order_id}, None)
    judge.release(area, guest)
    judge.hold(area, guest, data)


def _guest_released(judge: "Judge", area: Area, data: Data) -> None:
    guest = area.open.get(data["guest_id"])
    if guest is not None:
        if data["cause"] != "withdrawn" and foretell(area, guest.data, None) is not None:
            judge.say("N01", f"guest {guest.order_id} is sent home although {foretell(area, guest.data, None)} could take it")
        judge.release(area, guest)
        guest.provider = None
    judge.move(area, data["guest_id"], "cancelled")


def _guest_closed(judge: "Judge", area: Area, data: Data) -> None:
    guest = area.open.get(data["guest_id"])
    if guest is not None:
        judge.early(area, f"guest {guest.order_id} closed", guest.closes_ms)
        judge.release(area, guest, use=True)
    judge.move(area, data["guest_id"], "closed")


def neighbour_asked(area: Area, data: Data) -> tuple[str, Data] | None:
    """Lent where policy lends and the nearest kitchen has room; a request known already is not taken on twice."""
    if data["request_id"] in area.orders:
        return "I05", {"outcome": "refused"}
    if data["home_area"] not in area.policy().get("lends_to", ()):
        return "N02", {"outcome": "refused", "reason": "not_lending"}
    wish = data | {"lat": data["position"]["lat"], "lon": data["position"]["lon"], "diets": data.get("diets", ())}
    found = foretell(area, wish, None)
    if found is None:
        return "N01", {"outcome": "refused"}
    return None  # it may have come too late: `_guest` judges what is given


def neighbour_withdrawn(area: Area, data: Data) -> tuple[str, Data]:
    """What home takes back is freed, once."""
    open_here = data["request_id"] in area.open
    known = data["request_id"] in area.orders
    return "C05", {"outcome": "accepted" if open_here or not known else "refused"}


WRITERS: dict[str, Any] = {
    "meals.order.asked_elsewhere.v1": _asked,
    "meals.order.placed_elsewhere.v1": _placed,
    "meals.order.nowhere.v1": _nowhere,
    "meals.request.withdrawn.v1": _withdrawn,
    "meals.guest.assigned.v1": _guest,
    "meals.guest.refused.v1": _guest_refused,
    "meals.guest.moved.v1": _guest_moved,
    "meals.guest.released.v1": _guest_released,
    "meals.guest.closed.v1": _guest_closed,
}
