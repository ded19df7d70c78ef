"""I06, E05: what each event deserves: accepted or refused by its own reason, worked out on the naive picture. A late or double answer
changes nothing."""

from collections.abc import Callable
from typing import Any

from infra.checkers.emergency.model import Area, Incident
from infra.checkers.emergency.policy import of_version
from infra.checkers.emergency.watch import EventOf, Watch, own
from infra.checkers.fold import Fact
from infra.checkers.logs import Decided

Data = dict[str, Any]
Answer = str | None
"""The reason of a refusal, None for acceptance."""


class Answers(Watch):
    """Foretells outcome and reason of every event but signals, which `signals` judges."""

    def __init__(self, event_of: EventOf) -> None:
        super().__init__("I06")
        self._event_of = event_of
        self._place: tuple[int, int, int] | None = None

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """The event's own facts begin: now it is judged."""
        if own(fact):
            self._once(area, decided)

    def after(self, area: Area, decided: Decided) -> None:
        """An event without facts of its own is judged when all due work is done."""
        self._once(area, decided)

    def _once(self, area: Area, decided: Decided) -> None:
        place = (decided.partition, decided.offset, decided.place)
        if place == self._place:
            return
        self._place = place
        body = decided.body
        maker = DESERVED.get(body["event_type"])
        if maker is None or not decided.effect or body.get("error") is not None:
            return
        event = self._event_of(decided)
        if event is None:
            return
        wanted = maker(area, event, decided.time_ms)
        if body["reason"] != wanted:
            invariant = "E05" if body["event_type"].startswith("emergency.call.") else "I06"
            self.say(invariant, f"{decided.event_id} {body['event_type']}: {body['reason']}, it deserves {wanted}", decided)


def _gone(area: Area, call_id: str) -> str:
    return "call_closed" if call_id in area.ended else "unknown_call"


def _by_human(also: Callable[[Area, Incident, Data], Answer]) -> Callable[[Area, Data, int], Answer]:
    """An operator's act on an open incident."""

    def answer(area: Area, event: Data, now_ms: int) -> Answer:  # noqa: ARG001 - the shape of an answer
        data = event["data"]
        incident = area.named(data["call_id"])
        if incident is None:
            return _gone(area, data["call_id"])
        if event["actor"].split(":")[0] not in area.policy_of(incident)["human_roles"]:
            return "not_authorised"
        return also(area, incident, data)

    return answer


def _of_responder(also: Callable[[str], Answer]) -> Callable[[Area, Data, int], Answer]:
    """What a responder says of an incident; ``also`` judges by its leg."""

    def answer(area: Area, event: Data, now_ms: int) -> Answer:  # noqa: ARG001 - the shape of an answer
        data = event["data"]
        incident = area.named(data["call_id"])
        if incident is None:
            return _gone(area, data["call_id"])
        leg = incident.legs.get(data["responder_id"])
        if leg is None:
            return "not_dispatched" if data["responder_id"] in area.units else "unknown_responder"
        return also(leg.state)

    return answer


def _overridden(area: Area, incident: Incident, data: Data) -> Answer:
    if data["responder_id"] not in area.units:
        return "unknown_responder"
    return "already_there" if data["responder_id"] in incident.legs else None


def _called_back(area: Area, event: Data, now_ms: int) -> Answer:  # noqa: ARG001 - the shape of an answer
    call_id = event["data"]["call_id"]
    if area.named(call_id) is not None:
        return "call_open"
    closed = area.ended.get(call_id)
    if closed is None:
        return "unknown_call"
    opened = next((incident.opened for incident in area.order if incident.call_id == call_id), None)
    if opened is not None and event["actor"].split(":")[0] not in of_version(area, opened["policy"])["human_roles"]:
        return "not_authorised"
    if closed["called_back"]:
        return "called_back_already"
    return "call_closed" if closed["callback_by_ms"] is None else None


def _contact(area: Area, event: Data, now_ms: int) -> Answer:  # noqa: ARG001 - the shape of an answer
    data = event["data"]
    incident = area.named(data["call_id"])
    if incident is None:
        return _gone(area, data["call_id"])
    late = data["result"] == "accepted" and data["contact_id"] in incident.called
    if data["contact_id"] != incident.waiting_for and not late:
        return "unknown_contact"
    return "accepted_already" if incident.accepted_contact is not None else None


def _known_unit(area: Area, event: Data, now_ms: int) -> Answer:  # noqa: ARG001 - the shape of an answer
    return None if event["data"]["responder_id"] in area.units else "unknown_responder"


def _known_device(area: Area, event: Data, now_ms: int) -> Answer:  # noqa: ARG001 - the shape of an answer
    return None if event["data"]["device_id"] in area.devices else "unknown_device"


def _taken(area: Area, event: Data, now_ms: int) -> Answer:  # noqa: ARG001 - the shape of an answer
    return None


DESERVED: dict[str, Callable[[Area, Data, int], Answer]] = {
    "emergency.call.answered.v1": _by_human(lambda _, incident, __: None if incident.answered_ms is None else "answered_already"),
    "emergency.call.triaged.v1": _by_human(lambda *_: None),
    "emergency.call.taken_over.v1": _by_human(lambda *_: None),
    "emergency.call.handed_over.v1": _by_human(lambda *_: None),
    "emergency.call.closed.v1": _by_human(lambda *_: None),
    "emergency.call.called_back.v1": _called_back,
    "emergency.dispatch.overridden.v1": _by_human(_overridden),
    "emergency.dispatch.cancelled.v1": _by_human(lambda _, one, data: None if data["responder_id"] in one.legs else "not_dispatched"),
    "emergency.dispatch.accepted.v1": _of_responder(lambda leg: None if leg == "asked" else "accepted_already"),
    "emergency.dispatch.declined.v1": _of_responder(lambda leg: "arrived_already" if leg == "on_scene" else None),
    "emergency.responder.arrived.v1": _of_responder(lambda leg: "arrived_already" if leg == "on_scene" else None),
    "emergency.scene.checked_in.v1": _of_responder(lambda leg: None if leg == "on_scene" else "not_on_scene"),
    "emergency.contact.answered.v1": _contact,
    "emergency.responder.registered.v1": _taken,
    "emergency.responder.reported.v1": _known_unit,
    "emergency.responder.positioned.v1": _known_unit,
    "emergency.device.registered.v1": _taken,
    "emergency.device.heartbeat.v1": _known_device,
    "emergency.device.battery.v1": _known_device,
    "emergency.device.retired.v1": _known_device,
    "emergency.coverage.registered.v1": _taken,
    "emergency.coverage.ended.v1": lambda area, event, _: None if event["data"]["person_id"] in area.covers else "unknown_person",
}
