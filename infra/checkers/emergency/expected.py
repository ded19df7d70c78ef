"""What the tables of emergency must hold (see `infra.checkers.expected`; the columns are told in the migration)."""

from collections.abc import Callable
from typing import Any, ClassVar

from infra.checkers.emergency.model import Area, Incident
from infra.checkers.expected import Columns, Expected, Row
from infra.checkers.logs import Decided

Data = dict[str, Any]
JSON = frozenset({"needs_review", "roles", "engaged", "short_roles", "skills", "why"})
"""Columns that hold JSON: a reader that gets text parses them."""
ASKED = ("role", "level", "travel_s", "distance_m", "circle_m", "data_age_s", "fit", "rested", "override", "accept_by_ms")
OPENED = ("signal_id", "channel", "device_id", "related_call_id", "correlationid", "policy")
CHANGES: dict[str, Callable[[Row, Data, int], Row]] = {
    "emergency.call.answered.v1": lambda _, data, __: {"operator_id": data["operator_id"]},
    "emergency.call.taken_over.v1": lambda _, data, __: {"operator_id": data["operator_id"]},
    "emergency.call.escalated.v1": lambda _, data, __: {"told": data["to"], "suggests": data["suggests"]},
    "emergency.call.handed_over.v1": lambda _, data, now_ms: {
        "handed_to": data["to"], "reference": data["reference"], "handed_ms": now_ms,
    },
    "emergency.contact.answered.v1": lambda _, data, __: {"contact_id": data["contact_id"]} if data["result"] == "accepted" else {},
    "emergency.dispatch.accepted.v1": lambda row, _, now_ms: {"accepted_ms": row["accepted_ms"] or now_ms},
    "emergency.dispatch.short.v1": lambda _, data, __: {
        "short_roles": [list(pair) for pair in zip(data["roles"], data["reasons"], strict=True)],
    },
    "emergency.dispatch.complete.v1": lambda _, __, ___: {"short_roles": []},
    "emergency.call.triaged.v1": lambda _, data, __: {} if data["dispatching"] else {"short_roles": []},
    "emergency.call.closed.v1": lambda _, data, now_ms: {
        "closed_ms": now_ms, "outcome": data["outcome"], "callback_by_ms": data["callback_by_ms"], "short_roles": [], "step_by_ms": None,
    },
    "emergency.call.called_back.v1": lambda _, data, now_ms: {"called_back_ms": now_ms, "outcome": data["outcome"]},
}  # fmt: skip
"""What a fact changes in its incident's row, beside what the model knows."""


class EmergencyExpected(Expected[Area]):
    """Rows of emergency."""

    OWN_KEYS: ClassVar[dict[str, Columns]] = {
        "emergency_incidents": ("call_id", "area"),
        "emergency_dispatches": ("call_id", "area", "responder_id"),
        "emergency_units": ("area", "responder_id"),
        "emergency_devices": ("device_id", "area"),
        "emergency_coverage": ("person_id", "area"),
    }
    COUNTED: ClassVar[dict[str, Columns]] = {"emergency_history": ("area", "call_id", "fact_type")}

    def rows_of(self, area: Area, decided: Decided, kind: str, data: Data) -> None:
        """Rows that a fact alone makes or changes."""
        if "call_id" in data and kind.startswith("emergency."):
            call_id = data.get("into_call_id", data["call_id"])
            self.counts["emergency_history"][area.area, call_id, kind] += 1
            self._incident(area, decided, kind, data)
        if "responder_id" in data and "call_id" in data:
            self._dispatch(area, decided, kind, data)
        elif kind.startswith("emergency.responder."):
            self._unit(area, decided, kind, data)
        elif kind.startswith("emergency.device."):
            self._device(area, decided, kind, data)
        elif kind.startswith("emergency.coverage."):
            self._cover(area, decided, kind, data)

    def end(self, areas: dict[str, Area]) -> None:
        """Where incidents and responders stand at last."""
        for area in areas.values():
            for incident in area.order:
                row = self.tables["emergency_incidents"].get((incident.call_id, area.area))
                if row is not None:
                    row |= _standing(area, incident)
            for unit_id, unit in area.units.items():
                known = unit.fix_ms is not None
                self.tables["emergency_units"][area.area, unit_id] |= {
                    "status": unit.status, "call_id": unit.on, "rest_until_ms": unit.rest_until_ms, "fix_ms": unit.fix_ms,
                    "reserved_from_ms": unit.reserved[0] or None, "reserved_until_ms": unit.reserved[1] or None,
                    "lat": unit.lat if known else None, "lon": unit.lon if known else None,
                }  # fmt: skip

    def _incident(self, area: Area, decided: Decided, kind: str, data: Data) -> None:
        table, now_ms = self.tables["emergency_incidents"], decided.time_ms
        if kind == "emergency.call.opened.v1":
            table[data["call_id"], area.area] = {
                **{name: data[name] for name in OPENED}, "needs_review": data["needs_review"], "told": data["first_seat"],
                "position_from": data["position_from"], "opened_ms": now_ms, "event_id": decided.event_id, "suggests": None,
                "operator_id": None, "contact_id": None, "handed_to": None, "reference": None, "handed_ms": None, "accepted_ms": None,
                "short_roles": [], "closed_ms": None, "called_back_ms": None, "callback_by_ms": None, "outcome": None,
                "step_by_ms": data["step_by_ms"],
            }  # fmt: skip
            return
        row = table.get((data.get("into_call_id", data["call_id"]), area.area))
        if row is None:
            return
        if "step_by_ms" in data:
            row["step_by_ms"] = data["step_by_ms"]
        if kind == "emergency.call.merged.v1" and area.calls[data["into_call_id"]].lat is None and data["lat"] is not None:
            row["position_from"] = "signal"
        change = CHANGES.get(kind)
        if change is not None:
            row |= change(row, data, now_ms)

    def _dispatch(self, area: Area, decided: Decided, kind: str, data: Data) -> None:
        table, key, now_ms = self.tables["emergency_dispatches"], (data["call_id"], area.area, data["responder_id"]), decided.time_ms
        if kind == "emergency.responder.dispatched.v1":
            table[key] = {
                **{name: data[name] for name in ASKED}, "times": 1 + table.get(key, {"times": 0})["times"], "leg": "asked", "cause": None,
                "asked_ms": now_ms, "accepted_ms": None, "en_route_ms": None, "arrived_ms": None, "checked_ms": None, "unheard": 0,
                "ended_ms": None, "event_id": decided.event_id,
            }  # fmt: skip
            return
        row = table.get(key)
        if row is None:
            return
        match kind:
            case "emergency.dispatch.accepted.v1":
                row |= {"leg": "accepted", "accepted_ms": now_ms}
            case "emergency.responder.en_route.v1":
                row |= {"leg": "en_route", "en_route_ms": now_ms}
            case "emergency.responder.arrived.v1":
                row |= {"leg": "on_scene", "arrived_ms": now_ms}
            case "emergency.responder.unheard.v1" | "emergency.scene.check_missed.v1":
                row["unheard"] = data["count"]
            case "emergency.scene.checked_in.v1":
                row |= {"unheard": 0, "checked_ms": now_ms}
            case "emergency.dispatch.ended.v1" | "emergency.responder.released.v1":
                row |= {"leg": "ended" if "dispatch" in kind else "released", "cause": data["cause"], "ended_ms": now_ms}
            case _:
                pass

    def _unit(self, area: Area, decided: Decided, kind: str, data: Data) -> None:
        row = self.tables["emergency_units"].setdefault((area.area, data["responder_id"]), {"status_ms": decided.time_ms})
        if kind == "emergency.responder.listed.v1":
            row |= {
                "kind": data["kind"], "base_lat": data["lat"], "base_lon": data["lon"], "skills": data["skills"],
                "max_travel_s": data["max_travel_s"], "listed_ms": decided.time_ms,
            }  # fmt: skip
        elif kind == "emergency.responder.status_recorded.v1":
            row["status_ms"] = decided.time_ms

    def _device(self, area: Area, decided: Decided, kind: str, data: Data) -> None:
        table, key, now_ms = self.tables["emergency_devices"], (data["device_id"], area.area), decided.time_ms
        row = table.get(key)
        if kind == "emergency.device.listed.v1":
            kept: Row = {"heard_ms": None, "battery_percent": None, "battery_low": False}
            if row is not None and row["retired_ms"] is None:
                kept = {name: row[name] for name in kept}
            table[key] = {
                **{name: data[name] for name in ("kind", "person_id", "lat", "lon", "window_ms", "due_ms")}, **kept, "missed": 0,
                "listed_ms": now_ms, "retired_ms": None, "retired_reason": None,
            }  # fmt: skip
            return
        if row is None:
            return
        match kind:
            case "emergency.device.heard.v1":
                row |= {"heard_ms": now_ms, "due_ms": data["due_ms"], "missed": 0}
                if data["battery_percent"] is not None:
                    row["battery_percent"] = data["battery_percent"]
            case "emergency.device.battery_recorded.v1":
                row |= {"battery_percent": data["battery_percent"], "battery_low": data["low"]}
            case "emergency.device.missed.v1":
                row |= {"missed": data["level"], "due_ms": data["next_ms"]}
            case "emergency.device.retired.v1":
                row |= {"retired_ms": now_ms, "retired_reason": data["reason"]}
            case _:
                pass

    def _cover(self, area: Area, decided: Decided, kind: str, data: Data) -> None:
        table, key = self.tables["emergency_coverage"], (data.get("person_id"), area.area)
        row = table.get(key)
        if kind == "emergency.coverage.recorded.v1":
            table[key] = {
                **{name: data[name] for name in ("lives_alone", "eligible", "lat", "lon")}, "contacts": len(data["contacts"]),
                "has_access": data["access_id"] is not None, "covered": row is not None and row["covered"],
                "cause": None if row is None else row["cause"], "ended_ms": None, "ended_reason": None,
            }  # fmt: skip
        elif row is not None and kind == "emergency.coverage.changed.v1":
            row |= {"covered": data["covered"], "cause": data["cause"]}
        elif row is not None and kind == "emergency.coverage.ended.v1":
            row |= {"ended_ms": decided.time_ms, "ended_reason": data["reason"]}


def _standing(area: Area, incident: Incident) -> Row:
    closed = area.ended.get(incident.call_id)
    state = incident.state if closed is None else "called_back" if closed["called_back"] else "closed"
    return {
        "state": state, "kind": incident.kind, "severity": incident.severity, "level": incident.level, "person_id": incident.person_id,
        "lat": incident.lat, "lon": incident.lon, "dispatching": incident.dispatching, "manual": incident.manual,
        "triaged": incident.triaged, "roles": [list(role) for role in incident.roles], "served": len(incident.served),
        "engaged": {unit_id: leg.state for unit_id, leg in incident.legs.items()}, "signals": incident.signals,
        "answered_ms": incident.answered_ms, "dispatched_ms": incident.dispatched_ms, "arrived_ms": incident.arrived_ms,
    }  # fmt: skip
