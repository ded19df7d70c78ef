"""What the tables of meals must hold (see `infra.checkers.expected`)."""

from typing import Any, ClassVar

from infra.checkers.expected import Columns, Expected
from infra.checkers.logs import Decided
from infra.checkers.meals.model import Area

SHOWN_AS_BEFORE = ("attempted", "welfare_check")
"""States of the model in which the tables go on to show where the meal comes from."""
SHOWN = ("assigned", "elsewhere")
"""An own kitchen, or a neighbouring area's."""
NOWHERE: dict[str, Any] = {"provider_id": None, "distance_m": None, "travel_s": None}
ORDER_FACTS = ("meals.order.", "meals.delivery.", "meals.request.")


class MealsExpected(Expected[Area]):
    """Rows of meals."""

    OWN_KEYS: ClassVar[dict[str, Columns]] = {
        "meals_orders": ("order_id", "area"),
        "meals_slots": ("day", "area", "meal", "provider_id"),
        "meals_providers": ("area", "provider_id"),
        "meals_kitchen_counts": ("day", "area", "meal", "provider_id"),
        "meals_standing_orders": ("standing_order_id", "area"),
        "meals_order_tallies": ("day", "area", "meal", "state", "reason"),
        "meals_guests": ("guest_id", "area"),
    }
    COUNTED: ClassVar[dict[str, Columns]] = {
        "meals_order_history": ("area", "order_id", "fact_type"),
        "meals_standing_runs": ("area", "standing_order_id", "day", "order_id", "skipped"),
        "meals_closures": ("area", "provider_id", "kind"),
    }
    ZEROS: ClassVar[dict[str, Columns]] = {"meals_order_tallies": ("orders", "portions")}

    def rows_of(self, area: Area, decided: Decided, kind: str, data: dict[str, Any]) -> None:
        """Rows that a fact alone makes."""
        if kind.startswith(ORDER_FACTS):
            self.counts["meals_order_history"][area.area, data["order_id"], kind] += 1
            self._order(area, decided, kind, data)
        elif kind.startswith("meals.guest."):
            self._guest(area, decided, kind, data)
        elif kind == "meals.standing_order.run.v1":
            self.counts["meals_standing_runs"][area.area, data["standing_order_id"], data["date"], data["order_id"], data["skipped"]] += 1
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
            self.counts["meals_closures"][area.area, data["provider_id"], "closed" if "closure" in kind else "reopened"] += 1

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
            row["state"] = SHOWN[order.request is not None] if order.state in SHOWN_AS_BEFORE else order.state
            row["attempts"] = order.total_attempts
            key = (row["day"], area.area, row["meal"], row["state"], row["reason"] or "")
            tally = tallies.setdefault(key, {"orders": 0, "portions": 0})
            tally["orders"] += 1
            tally["portions"] += row["portions"]

    def _order(self, area: Area, decided: Decided, kind: str, data: dict[str, Any]) -> None:
        orders, key = self.tables["meals_orders"], (data["order_id"], area.area)
        first_asked = kind == "meals.order.asked_elsewhere.v1" and key not in orders
        if first_asked or kind in ("meals.order.assigned.v1", "meals.order.refused.v1"):
            orders[key] = {
                "person_id": data["person_id"], "day": data["date"], "meal": data["meal"], "portions": data["portions"],
                "reason": data["cause"] if first_asked else data.get("reason"), "lending_area": data.get("lending_area"),
                "provider_id": data.get("provider_id"), "distance_m": data.get("distance_m"),
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
                row |= {name: data[name] for name in ("provider_id", "distance_m", "travel_s", "capacity_version")}
                row |= {"reason": None, "lending_area": None}
            case "meals.order.placed_elsewhere.v1":
                row |= {name: data[name] for name in ("provider_id", "distance_m", "travel_s", "lending_area")} | {"reason": None}
            case "meals.order.asked_elsewhere.v1":
                row |= NOWHERE | {"reason": data["cause"], "lending_area": data["lending_area"]}
            case "meals.order.nowhere.v1":
                row |= NOWHERE | {"reason": data["reason"], "lending_area": None}
            case "meals.order.unplaced.v1":
                row |= NOWHERE | {"reason": data["cause"]}
            case "meals.order.cancelled.v1":
                row["reason"] = data["reason"]
            case "meals.order.closed.v1":
                row["reason"] = data["result"]
            case "meals.order.delivered.v1":
                row["reason"] = None
            case _:
                pass

    def _guest(self, area: Area, decided: Decided, kind: str, data: dict[str, Any]) -> None:
        guests, key = self.tables["meals_guests"], (data["guest_id"], area.area)
        state = kind.split(".")[2]
        if state in ("assigned", "refused"):
            guests[key] = {
                "state": state, "reason": data.get("reason"), "home_area": data["home_area"], "home_order_id": data["home_order_id"],
                "provider_id": data.get("provider_id"), "day": data.get("date"), "meal": data.get("meal"), "portions": data.get("portions"),
                "distance_m": data.get("distance_m"), "asked_ms": decided.time_ms, "event_id": decided.event_id,
            }  # fmt: skip
        elif key in guests and state == "moved":
            guests[key] |= {"provider_id": data["provider_id"], "distance_m": data["distance_m"], "reason": data["cause"]}
        elif key in guests:
            guests[key] |= {"state": state, "reason": data.get("cause")}

    def _change_standing(self, area: Area, data: dict[str, Any], **values: Any) -> None:
        row = self.tables["meals_standing_orders"].get((data["standing_order_id"], area.area))
        if row is not None:
            row |= values
