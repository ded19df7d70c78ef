"""N02: an order that no kitchen at home can take goes to the neighbours that policy names, in their order, and both sides agree."""

from typing import Any

from infra.checkers.fold import Eye
from infra.checkers.logs import Decided
from infra.checkers.meals.model import TERMINAL, Area
from infra.checkers.meals.policy import in_force

TOLD = frozenset(
    {
        "meals.order.asked_elsewhere.v1", "meals.request.withdrawn.v1", "meals.guest.assigned.v1", "meals.guest.moved.v1",
        "meals.guest.refused.v1", "meals.guest.released.v1",
    }
)  # fmt: skip
"""Facts that the other area must hear of."""


class Lending(Eye[Area]):
    """Who may be asked, who may lend, and at rest: a hold for every order elsewhere, an order for every hold."""

    def __init__(self, *, settled: bool = True) -> None:
        super().__init__("N02")
        self._settled = settled

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Judge the question and the loan by the policies of their own areas."""
        data, policy = fact["data"], in_force(area, decided.time_ms)
        match fact["type"]:
            case "meals.order.asked_elsewhere.v1":
                left = [one for one in policy["neighbours"] if one != area.area and one not in data["tried"]]
                if data["lending_area"] not in left[:1]:
                    self.note(f"order {data['order_id']} is asked of {data['lending_area']}; policy says {left[:1]}", decided)
            case "meals.order.nowhere.v1":
                order = area.orders.get(data["order_id"])
                if order is not None and order.request is not None and order.request[1] not in data["tried"]:
                    self.note(f"order {data['order_id']} is given up while {order.request[1]} was asked", decided)
            case "meals.order.placed_elsewhere.v1":
                order = area.orders.get(data["order_id"])
                if order is None or order.request != (data["request_id"], data["lending_area"]):
                    self.note(f"order {data['order_id']} is placed by {data['lending_area']}, which was not asked", decided)
            case "meals.guest.assigned.v1":
                if data["home_area"] not in policy["lends_to"]:
                    self.note(f"{area.area} lends to {data['home_area']} and its policy does not", decided)
            case _:
                pass

    def end(self, areas: dict[str, Area]) -> None:
        """At rest nothing is on its way: what one side says, the other says too."""
        if not self._settled:
            return
        for area in areas.values():
            for order_id, order in area.orders.items():
                if order.state == "elsewhere":
                    self._lent(area, order_id, areas)
                if order.home is not None and order.state not in TERMINAL:
                    self._owned(area, order_id, areas)

    def _lent(self, area: Area, order_id: str, areas: dict[str, Area]) -> None:
        order = area.orders[order_id]
        assert order.request is not None, "only an asked order is elsewhere"
        lender = areas.get(order.request[1])
        guest = None if lender is None else lender.orders.get(order.request[0])
        if guest is None or guest.portions != order.portions or guest.state not in ("assigned", "closed"):
            self.note(f"order {order_id} is at {order.request[1]}, which holds nothing for it")
        elif guest.state == "assigned" and guest.provider_id != order.provider_id:
            self.note(f"order {order_id} is said to be at {order.provider_id}, it is at {guest.provider_id}")

    def _owned(self, area: Area, guest_id: str, areas: dict[str, Area]) -> None:
        guest = area.orders[guest_id]
        assert guest.home is not None
        home = areas.get(guest.home[0])
        order = None if home is None else home.orders.get(guest.home[1])
        if order is None or order.request is None or order.request[0] != guest_id or order.state in ("cancelled", "unplaced"):
            self.note(f"{area.area} holds {guest.portions} for {guest.home[1]} of {guest.home[0]}, which wants nothing")
