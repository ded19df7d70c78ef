"""What the tables must hold, folded from the journal in the plainest way: one dictionary a table, one entry a row."""

from collections import Counter
from datetime import datetime
from typing import Any

from infra.checkers.fold import Area, Eye, fold
from infra.checkers.logs import Decided, Logs
from infra.checkers.rules import SHANGHAI

Row = dict[str, Any]
Rows = dict[tuple[Any, ...], Row]
SHOWN = {"attempted": "assigned", "welfare_check": "assigned"}
"""States of the model that the tables show as another one."""
ORDER_FACTS = ("meals.order.", "meals.delivery.")


class Expected(Eye):
    """Collects rows while the model is folded; ``tables`` is whole when the fold has ended."""

    def __init__(self, domain: str) -> None:
        super().__init__("L02")
        self._domain = domain
        names = (
            "decisions", "decision_echoes", "areas", "decision_tallies", "tasks", "policies", "meals_orders", "meals_slots",
            "meals_providers", "meals_kitchen_counts", "meals_standing_orders", "meals_order_tallies",
        )  # fmt: skip
        self.tables: dict[str, Rows] = {name: {} for name in names}
        self.histories: Counter[tuple[str, str, str]] = Counter()
        self.runs: Counter[tuple[str, str, str, str | None, str | None]] = Counter()
        self.closures: Counter[tuple[str, str, str]] = Counter()

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Rows that a fact alone makes."""
        kind, data = fact["type"], fact["data"]
        if kind.startswith(ORDER_FACTS):
            self.histories[area.area, data["order_id"], kind] += 1
            self._order(area, decided, kind, data)
        elif kind == "meals.standing_order.run.v1":
            self.runs[area.area, data["standing_order_id"], data["date"], data["order_id"], data["skipped"]] += 1
            self._change_standing(area, data, next_day=data["next_date"], next_run_ms=data["next_run_ms"])
        elif kind == "meals.standing_order.recorded.v1":
            self.tables["meals_standing_orders"][data["standing_order_id"], area.area] = {
                "person_id": data["person_id"], "meal": data["meal"], "portions": data["portions"], "service": data["service"],
                "weekdays": data["weekdays"], "from_day": data["from_date"], "until_day": data["until_date"], "paused_from": None,
                "paused_until": None, "stopped_from": None, "next_day": data["next_date"], "next_run_ms": data["next_run_ms"],
            }  # fmt: skip
        elif kind == "meals.standing_order.pause_recorded.v1":
            self._change_standing(area, data, paused_from=data["from_date"], paused_until=data["until_date"])
        elif kind == "meals.standing_order.stop_recorded.v1":
            self._change_standing(area, data, stopped_from=data["from_date"])
        elif kind in ("meals.provider.closure_recorded.v1", "meals.provider.reopening_recorded.v1"):
            self.closures[area.area, data["provider_id"], "closed" if "closure" in kind else "reopened"] += 1
        else:
            self._shared(area, decided, kind, data)

    def after(self, area: Area, decided: Decided) -> None:
        """Rows that a decision makes."""
        body = decided.body
        row = self.tables["areas"].setdefault((self._domain, area.area), {"now_ms": 0, "decisions": 0})
        row["now_ms"], row["decisions"] = max(row["now_ms"], decided.time_ms), row["decisions"] + 1
        day = datetime.fromtimestamp(decided.time_ms / 1000, SHANGHAI).date().isoformat()
        key = (self._domain, day, area.area, body["event_type"], body["outcome"], body["reason"] or "")
        tally = self.tables["decision_tallies"].setdefault(key, {"decisions": 0, "repeats": 0})
        tally["repeats" if body.get("repeat") else "decisions"] += 1
        decisions, place = self.tables["decisions"], (self._domain, decided.partition, decided.offset, decided.place)
        first = (body["event_id"], self._domain, area.area)
        if body.get("repeat") or body["reason"] == "conflict" or first in decisions:
            kind = "repeat" if body.get("repeat") else "conflict" if body["reason"] == "conflict" else "again"
            self.tables["decision_echoes"][place] = {"event_id": body["event_id"], "area": area.area, "kind": kind}
            return
        decisions[first] = {
            "event_type": body["event_type"], "outcome": body["outcome"], "reason": body["reason"], "decided_ms": decided.time_ms,
            "partition": decided.partition, "journal_offset": decided.offset, "record_index": decided.place, "body": body,
        }  # fmt: skip

    def end(self, areas: dict[str, Area]) -> None:
        """Rows that show where things stand at last."""
        for area in areas.values():
            for (provider_id, day, meal), slot in area.slots.items():
                published = slot.published or {}
                self.tables["meals_slots"][day, area.area, meal, provider_id] = {
                    "capacity": published.get("capacity"), "version": published.get("version"),
                    "cutoff_ms": published.get("cutoff_ms"), "held": slot.held, "used": slot.used, "overcommits": slot.over_flags,
                }  # fmt: skip
            for (provider_id, day, meal), count in area.counts.items():
                row = {name: count[name] for name in ("portions", "by_service", "by_diet")}
                self.tables["meals_kitchen_counts"][day, area.area, meal, provider_id] = row
            for provider_id, provider in area.providers.items():
                names = ("name", "kind", "lat", "lon", "street", "services", "diets", "delivery_radius_m")
                listed = provider.listed or {}
                self.tables["meals_providers"][area.area, provider_id] = {name: listed.get(name) for name in names}
            self._orders(area)

    def _orders(self, area: Area) -> None:
        tallies = self.tables["meals_order_tallies"]
        for order_id, order in area.orders.items():
            row = self.tables["meals_orders"].get((order_id, area.area))
            if row is None:
                continue
            row["state"] = SHOWN.get(order.state, order.state)
            row["attempts"] = order.total_attempts
            key = (row["day"], area.area, row["meal"], row["state"], row["reason"] or "")
            tally = tallies.setdefault(key, {"orders": 0, "portions": 0})
            tally["orders"] += 1
            tally["portions"] += row["portions"]

    def _order(self, area: Area, decided: Decided, kind: str, data: dict[str, Any]) -> None:
        orders, key = self.tables["meals_orders"], (data["order_id"], area.area)
        if kind in ("meals.order.assigned.v1", "meals.order.refused.v1"):
            orders[key] = {
                "person_id": data["person_id"], "day": data["date"], "meal": data["meal"], "portions": data["portions"],
                "reason": data.get("reason"), "provider_id": data.get("provider_id"), "distance_m": data.get("distance_m"),
                "travel_s": data.get("travel_s"), "capacity_version": data.get("capacity_version"), "late": data.get("late", False),
                "price_fen": data.get("price_fen"), "subsidy_fen": data.get("subsidy_fen"),
                "standing_order_id": data["standing_order_id"], "placed_ms": decided.time_ms, "event_id": decided.event_id,
            }  # fmt: skip
            return
        row = orders.get(key)
        if row is None:
            return
        match kind:
            case "meals.order.reassigned.v1":
                row |= {name: data[name] for name in ("provider_id", "distance_m", "travel_s", "capacity_version")} | {"reason": None}
            case "meals.order.unplaced.v1":
                row |= {"provider_id": None, "distance_m": None, "travel_s": None, "reason": data["cause"]}
            case "meals.order.cancelled.v1":
                row["reason"] = data["reason"]
            case "meals.order.closed.v1":
                row["reason"] = data["result"]
            case "meals.order.delivered.v1":
                row["reason"] = None
            case _:
                pass

    def _change_standing(self, area: Area, data: dict[str, Any], **values: Any) -> None:
        row = self.tables["meals_standing_orders"].get((data["standing_order_id"], area.area))
        if row is not None:
            row |= values

    def _shared(self, area: Area, decided: Decided, kind: str, data: dict[str, Any]) -> None:
        tasks = self.tables["tasks"]
        match kind:
            case "task.opened.v1":
                tasks[self._domain, area.area, data["task_id"]] = {
                    "kind": data["kind"], "about": data["about"], "owner": data["owner"], "opened_ms": decided.time_ms,
                    "closed_ms": None, "result": None,
                }  # fmt: skip
            case "task.closed.v1":
                row = tasks.get((self._domain, area.area, data["task_id"]))
                if row is not None:
                    row |= {"closed_ms": decided.time_ms, "result": data["result"]}
            case "policy.adopted.v1":
                key = (self._domain, area.area, data["policy"], data["version"])
                names = ("in_force_from", "parameters", "source")
                self.tables["policies"][key] = {name: data[name] for name in names}
            case _:
                pass


def expected_tables(logs: Logs) -> Expected:
    """Fold the whole journal of these logs."""
    expected = Expected(logs.domain)
    fold(logs, [expected])
    return expected
