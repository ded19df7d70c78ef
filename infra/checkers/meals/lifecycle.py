"""I06, I07, T02: an order's life, that nothing is left behind, and that clocks act neither early nor twice."""

from heapq import heappop, heappush
from typing import Any

from infra.checkers.fold import Eye, Recent
from infra.checkers.logs import Decided
from infra.checkers.meals.model import TERMINAL, Area

STEPS_MAX = 64
"""Pieces of due work one event may carry (contract of the core); so many decisions later overdue work has had its turn."""
NEXT: dict[str, set[str | None]] = {
    "meals.order.assigned.v1": {None},
    "meals.order.refused.v1": {None},
    "meals.order.reassigned.v1": {"assigned", "attempted", "unplaced", "asked", "elsewhere"},
    "meals.order.asked_elsewhere.v1": {None, "assigned", "asked", "elsewhere"},
    "meals.order.placed_elsewhere.v1": {"asked", "elsewhere"},
    "meals.order.nowhere.v1": {"asked", "elsewhere"},
    "meals.guest.assigned.v1": {None},
    "meals.guest.refused.v1": {None},
    "meals.guest.moved.v1": {"assigned"},
    "meals.guest.released.v1": {"assigned"},
    "meals.guest.closed.v1": {"assigned"},
    "meals.order.unplaced.v1": {"assigned", "attempted"},
    "meals.order.cancelled.v1": {"assigned", "unplaced", "asked", "elsewhere"},
    "meals.delivery.attempted.v1": {"assigned", "attempted", "elsewhere"},
    "meals.order.welfare_check_due.v1": {"assigned", "attempted"},
    "meals.order.delivered.v1": {"assigned", "attempted", "welfare_check", "elsewhere"},
    "meals.order.closed.v1": {"assigned", "attempted", "welfare_check", "unplaced", "elsewhere"},
}
"""Which states each fact may find an order in (None: never spoken of); the published table of moves, from the fact's side."""


class OrderMoves(Eye[Area]):
    """I06: every move is in the table, nothing leaves a terminal state, and each order ends once."""

    def __init__(self) -> None:
        super().__init__("I06")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Judge the move."""
        allowed = NEXT.get(fact["type"])
        if allowed is None:
            return
        order_id = fact["data"].get("order_id") or fact["data"]["guest_id"]
        order = area.orders.get(order_id)
        state = None if order is None else order.state
        if state is not None and state in TERMINAL:
            self.note(f"order {order_id} is {state} and {fact['type']} moves it", decided)
        elif state not in allowed:
            self.note(f"order {order_id} is {state or 'unknown'} and {fact['type']} does not start there", decided)


class NoOrphans(Eye[Area]):
    """I07: every open order has a deadline still to come or a human; an order without a kitchen has a human's task at once."""

    def __init__(self, *, settled: bool = True) -> None:
        super().__init__("I07")
        self._settled = settled
        self._closing: dict[str, list[tuple[int, str]]] = {}
        self._recent: dict[str, Recent] = {}
        self._asked: dict[str, list[tuple[int, str]]] = {}

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:  # noqa: ARG002 - the shape of a watch
        """Remember when the order must have ended."""
        closes_ms = fact["data"].get("closes_ms")
        if closes_ms is not None and "order_id" in fact["data"]:
            heappush(self._closing.setdefault(area.area, []), (closes_ms, fact["data"]["order_id"]))
        if fact["type"] == "meals.order.asked_elsewhere.v1":
            heappush(self._asked.setdefault(area.area, []), (fact["data"]["answer_by_ms"], fact["data"]["order_id"]))

    def after(self, area: Area, decided: Decided) -> None:
        """Look at what should have ended, and at what has just lost its kitchen."""
        for fact in decided.body["facts"]:
            if fact["type"] in ("meals.order.unplaced.v1", "meals.order.nowhere.v1"):
                order = area.orders.get(fact["data"]["order_id"])
                if order is not None and order.state == "unplaced" and not area.has_human(fact["data"]["order_id"]):
                    self.note(f"order {fact['data']['order_id']} has no kitchen and no human", decided)
            elif fact["type"] == "meals.order.welfare_check_due.v1":
                order = area.orders.get(fact["data"]["order_id"])
                if order is None or order.state != "welfare_check" or area.has_human(fact["data"]["order_id"]):
                    continue
                self.note(f"a welfare check of order {fact['data']['order_id']} is due and nobody owns it", decided)
        recent = self._recent.setdefault(area.area, Recent(STEPS_MAX))
        waiting = self._closing.get(area.area, [])
        # Work due before the oldest of the last decisions has been offered at least that many turns.
        while waiting and waiting[0][0] < recent.oldest_ms:
            self._expect_ended(area, heappop(waiting), decided)
        asked = self._asked.get(area.area, [])
        while asked and asked[0][0] < recent.oldest_ms:
            answer_by_ms, order_id = heappop(asked)
            order = area.orders[order_id]
            if order.state == "asked" and order.answer_by_ms <= answer_by_ms and not area.has_human(f"ask|{order_id}"):
                self.note(f"order {order_id} still waits for a neighbour's answer, due at {answer_by_ms}", decided)
        recent.add(decided.time_ms)

    def end(self, areas: dict[str, Area]) -> None:
        """At rest nothing overdue may be open."""
        if not self._settled:
            return
        for area in areas.values():
            for order_id, order in area.orders.items():
                if order.state not in TERMINAL and order.closes_ms + 3_600_000 < area.now_ms and not area.has_human(order_id):
                    self.note(f"order {order_id} is {order.state} an hour after it should have closed")

    def _expect_ended(self, area: Area, entry: tuple[int, str], decided: Decided) -> None:
        order = area.orders.get(entry[1])
        if order is None or order.state in TERMINAL or order.closes_ms > entry[0] or area.has_human(entry[1]):
            return
        self.note(f"order {entry[1]} is {order.state}, its deadline has passed and no human owns it", decided)


class TimersInTime(Eye[Area]):
    """T02: what the clock does, it does not before its instant, once, and in the order it was due."""

    def __init__(self) -> None:
        super().__init__("T02")
        self._runs: set[tuple[str, str, str]] = set()

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Judge facts that a deadline causes."""
        data, now_ms = fact["data"], decided.time_ms
        match fact["type"]:
            case "meals.order.closed.v1":
                order = area.orders.get(data["order_id"])
                if order is not None and now_ms < order.closes_ms and data["result"] in ("unreported", "delivery_unreported", "unplaced"):
                    self.note(f"order {data['order_id']} was closed {order.closes_ms - now_ms} ms early", decided)
            case "meals.request.withdrawn.v1" if data["reason"] == "no_answer":
                order = area.orders.get(data["order_id"])
                if order is not None and now_ms < order.answer_by_ms:
                    self.note(f"the neighbour asked for {data['order_id']} had {order.answer_by_ms - now_ms} ms left to answer", decided)
            case "meals.kitchen.counted.v1":
                self._count(area, decided, data)
            case "meals.standing_order.run.v1":
                standing = area.standing.get(data["standing_order_id"])
                key = (area.area, data["standing_order_id"], data["date"])
                if key in self._runs:
                    self.note(f"standing order {data['standing_order_id']} ran twice for {data['date']}", decided)
                self._runs.add(key)
                if standing is None:
                    self.note(f"standing order {data['standing_order_id']} ran and was never recorded", decided)
                elif standing["next_run_ms"] is None or now_ms < standing["next_run_ms"]:
                    self.note(f"standing order {data['standing_order_id']} ran early", decided)
            case _:
                pass

    def after(self, area: Area, decided: Decided) -> None:
        """Within one decision, closings follow the order of their deadlines."""
        closings = [
            area.orders[fact["data"]["order_id"]].closes_ms
            for fact in decided.body["facts"]
            if fact["type"] == "meals.order.closed.v1" and fact["data"]["order_id"] in area.orders
        ]
        if decided.body["event_type"] == "clock.ticked.v1" and closings != sorted(closings):
            self.note("overdue orders were closed out of the order they were due in", decided)

    def _count(self, area: Area, decided: Decided, data: dict[str, Any]) -> None:
        slot = area.slots.get((data["provider_id"], data["date"], data["meal"]))
        if slot is None:
            self.note(f"{data['provider_id']} counted a meal it never published", decided)
            return
        if slot.counts and not data["recount"]:
            self.note(f"{data['provider_id']} counted {data['date']} {data['meal']} twice without calling it a recount", decided)
        cutoffs = area.cutoffs.get((data["provider_id"], data["date"], data["meal"]))
        if cutoffs is not None and decided.time_ms < cutoffs:
            self.note(
                f"{data['provider_id']} counted {data['date']} {data['meal']} {cutoffs - decided.time_ms} ms before the cut-off", decided
            )
        if slot.held != data["portions"] or sum(data["by_service"].values()) != data["portions"]:
            self.note(f"{data['provider_id']} counted {data['portions']} portions and holds {slot.held}", decided)
