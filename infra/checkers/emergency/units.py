"""The rest of the naive model: responders, contacts, devices and coverage; and `MODEL`, the whole."""

from collections.abc import Callable
from typing import Any

from infra.checkers import fold
from infra.checkers.emergency.model import CALL_WRITERS, WORK, Area, Device, Incident, Leg, Unit, on_call

Data = dict[str, Any]


def _listed(area: Area, data: Data) -> None:
    unit = area.units.get(data["responder_id"])
    if unit is None:
        area.units[data["responder_id"]] = Unit(data, data["lat"], data["lon"])
        return
    unit.listed = data
    if unit.fix_ms is None:
        unit.lat, unit.lon = data["lat"], data["lon"]


def _status(area: Area, data: Data) -> None:
    unit = area.units.get(data["responder_id"])
    if unit is None:
        return
    unit.status = data["status"]
    if data.get("reserved_from_ms") is not None:
        unit.reserved = data["reserved_from_ms"], data["reserved_until_ms"]
    _located(area, data)


def _located(area: Area, data: Data) -> None:
    unit = area.units.get(data["responder_id"])
    if unit is None:
        return
    if data["lat"] is not None:
        unit.lat, unit.lon, unit.fix_ms = data["lat"], data["lon"], area.now_ms
    if data["watch_by_ms"] is not None and unit.on is not None:
        area.set(data["watch_by_ms"], "watch", unit.on, data["responder_id"])
        incident = area.calls.get(unit.on)
        if incident is not None and data["responder_id"] in incident.legs:
            incident.legs[data["responder_id"]].misses = 0


def _dispatched(area: Area, incident: Incident, data: Data) -> None:
    responder_id = data["responder_id"]
    incident.legs[responder_id] = Leg(data["role"], "asked", area.now_ms)
    incident.asked.pop(responder_id, None)
    if incident.dispatched_ms is None:
        incident.dispatched_ms = area.now_ms
    if data["override"] is not None:
        incident.last_act_ms = area.now_ms
    if responder_id in area.units:
        area.units[responder_id].on = incident.call_id
    area.set(data["accept_by_ms"], "ask", incident.call_id, responder_id)
    area.want(incident)


def _short(area: Area, incident: Incident, data: Data) -> None:
    incident.short = True
    area.set(data["retry_ms"], "search", incident.call_id)


def _complete(area: Area, incident: Incident, data: Data) -> None:  # noqa: ARG001 - the shape of a writer
    area.want(incident)


def _goes_on(state: str, work: str, due: str) -> Callable[[Area, Incident, Data], None]:
    def write(area: Area, incident: Incident, data: Data) -> None:
        responder_id = data["responder_id"]
        leg = incident.legs.get(responder_id)
        if leg is None:
            return
        leg.state, leg.misses = state, 0
        incident.last_act_ms = area.now_ms
        incident.accepted.add(f"responder:{responder_id}")
        if state == "on_scene" and incident.arrived_ms is None:
            incident.arrived_ms = area.now_ms
        for other in WORK:
            area.drop(other, incident.call_id, responder_id)
        area.set(data[due], work, incident.call_id, responder_id)

    return write


def _unheard(area: Area, incident: Incident, data: Data) -> None:
    if data["responder_id"] in incident.legs:
        incident.legs[data["responder_id"]].misses = data["count"]
        area.set(data["watch_by_ms"], "watch", incident.call_id, data["responder_id"])


def _check_missed(area: Area, incident: Incident, data: Data) -> None:
    if data["responder_id"] in incident.legs:
        incident.legs[data["responder_id"]].misses = data["count"]
        area.set(data["check_by_ms"], "check", incident.call_id, data["responder_id"])


def _checked_in(area: Area, incident: Incident, data: Data) -> None:
    if data["responder_id"] in incident.legs:
        incident.legs[data["responder_id"]].misses = 0
        incident.last_act_ms = area.now_ms
        area.set(data["check_by_ms"], "check", incident.call_id, data["responder_id"])


def _leaves(area: Area, incident: Incident, responder_id: str, rest_until_ms: int) -> None:
    incident.legs.pop(responder_id, None)
    unit = area.units.get(responder_id)
    if unit is not None:
        unit.on = None
        unit.rest_until_ms = max(unit.rest_until_ms, rest_until_ms)
        if unit.status not in ("resting", "off"):
            unit.status = "available"
    for work in WORK:
        area.drop(work, incident.call_id, responder_id)


def _ended(area: Area, incident: Incident, data: Data) -> None:
    responder_id = data["responder_id"]
    _leaves(area, incident, responder_id, 0)
    if data["cause"] != "gone_off":
        incident.asked[responder_id] = "declined_before" if data["cause"] == "declined" else "no_answer_before"
        while len(incident.asked) > area.policy_of(incident)["asked_kept"]:
            del incident.asked[next(iter(incident.asked))]
    incident.round = data["round"]
    area.want(incident)


def _released(area: Area, incident: Incident, data: Data) -> None:
    responder_id = data["responder_id"]
    leg = incident.legs.get(responder_id)
    if data["served"] and leg is not None:
        incident.served.append(leg.role)
    _leaves(area, incident, responder_id, data["rest_until_ms"])
    incident.last_act_ms = area.now_ms
    if data["cause"] == "cancelled":
        incident.asked[responder_id] = "declined_before"
    if data["cause"] in ("overridden", "cancelled"):
        area.want(incident)


def _contact_called(area: Area, incident: Incident, data: Data) -> None:
    incident.contact_step, incident.waiting_for = data["step"], data["contact_id"]
    incident.called.append(data["contact_id"])
    area.set(data["answer_by_ms"], "contact", incident.call_id)


def _contact_answered(area: Area, incident: Incident, data: Data) -> None:
    incident.waiting_for = None
    if data["result"] == "accepted":
        incident.accepted_contact = data["contact_id"]
        incident.accepted.add(f"contact:{data['contact_id']}")
        area.drop("contact", incident.call_id)
    else:
        area.set(area.now_ms, "contact", incident.call_id)


def _contacts_exhausted(area: Area, incident: Incident, data: Data) -> None:  # noqa: ARG001 - the shape of a writer
    incident.waiting_for = None
    area.drop("contact", incident.call_id)


def _shown(area: Area, incident: Incident, data: Data) -> None:  # noqa: ARG001 - the shape of a writer
    incident.shown.add(f"{data['to_kind']}:{data['to_id']}")


def _device_listed(area: Area, data: Data) -> None:
    before = area.devices.get(data["device_id"])
    device = area.devices[data["device_id"]] = Device(data, area.now_ms)
    if before is not None:
        device.low, device.battery = before.low, before.battery
    area.set(data["due_ms"], "heartbeat", data["device_id"])


def _device_heard(area: Area, data: Data) -> None:
    device = area.devices.get(data["device_id"])
    if device is not None:
        device.seen_ms, device.level = area.now_ms, 0
        if data["battery_percent"] is not None:
            device.battery = data["battery_percent"]
        area.set(data["due_ms"], "heartbeat", data["device_id"])


def _device_battery(area: Area, data: Data) -> None:
    device = area.devices.get(data["device_id"])
    if device is not None:
        device.low, device.battery = data["low"], data["battery_percent"]


def _device_missed(area: Area, data: Data) -> None:
    device = area.devices.get(data["device_id"])
    if device is not None:
        device.level = data["level"]
        area.set(data["next_ms"], "heartbeat", data["device_id"])


def _device_retired(area: Area, data: Data) -> None:
    area.devices.pop(data["device_id"], None)
    area.drop("heartbeat", data["device_id"])


def _cover(area: Area, data: Data) -> None:
    area.covers[data["person_id"]] = data


def _cover_ended(area: Area, data: Data) -> None:
    area.covers.pop(data["person_id"], None)
    area.said_covered.pop(data["person_id"], None)


def _cover_changed(area: Area, data: Data) -> None:
    area.said_covered[data["person_id"]] = data["covered"]


MODEL = fold.Model(
    Area,
    {
        **CALL_WRITERS,
        "emergency.responder.listed.v1": _listed,
        "emergency.responder.status_recorded.v1": _status,
        "emergency.responder.located.v1": _located,
        "emergency.responder.dispatched.v1": on_call(_dispatched),
        "emergency.dispatch.short.v1": on_call(_short),
        "emergency.dispatch.complete.v1": on_call(_complete),
        "emergency.dispatch.accepted.v1": on_call(_goes_on("accepted", "watch", "watch_by_ms")),
        "emergency.responder.en_route.v1": on_call(_goes_on("en_route", "watch", "watch_by_ms")),
        "emergency.responder.arrived.v1": on_call(_goes_on("on_scene", "check", "check_by_ms")),
        "emergency.responder.unheard.v1": on_call(_unheard),
        "emergency.scene.check_missed.v1": on_call(_check_missed),
        "emergency.scene.checked_in.v1": on_call(_checked_in),
        "emergency.dispatch.ended.v1": on_call(_ended),
        "emergency.responder.released.v1": on_call(_released),
        "emergency.contact.called.v1": on_call(_contact_called),
        "emergency.contact.answered.v1": on_call(_contact_answered),
        "emergency.contact.exhausted.v1": on_call(_contacts_exhausted),
        "emergency.access.released.v1": on_call(_shown),
        "emergency.device.listed.v1": _device_listed,
        "emergency.device.heard.v1": _device_heard,
        "emergency.device.battery_recorded.v1": _device_battery,
        "emergency.device.missed.v1": _device_missed,
        "emergency.device.retired.v1": _device_retired,
        "emergency.coverage.recorded.v1": _cover,
        "emergency.coverage.ended.v1": _cover_ended,
        "emergency.coverage.changed.v1": _cover_changed,
    },
)
"""How emergency is folded."""
