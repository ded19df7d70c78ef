"""A naive model of emergency: incidents, responders, devices, people, as the journal's facts tell them. No index, no shared code.

``due`` holds every promise of a next look by name: ``ladder``, ``search``, ``contact``, ``callback`` of an incident, ``ask``,
``watch``, ``check`` of a responder on it, ``heartbeat`` of a device. What is to be done at once is due at 0.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from infra.checkers import fold
from infra.checkers.emergency.policy import Parameters, Role, of_version

Data = dict[str, Any]
Key = tuple[str, ...]
CALL_TASKS = ("call_needs_review", "no_responder", "responder_unheard", "scene_unheard")
WORK = ("ask", "watch", "check")


@dataclass
class Unit:
    """One responder."""

    listed: Data
    lat: float
    lon: float
    status: str = "off"
    fix_ms: int | None = None
    rest_until_ms: int = 0
    reserved: tuple[int, int] = (0, 0)
    """Kept for planned work from then until before then."""
    on: str | None = None
    """The incident it is on."""


@dataclass
class Leg:
    """A responder of an incident: ``asked``, ``accepted``, ``en_route`` or ``on_scene``."""

    role: str
    state: str
    asked_ms: int
    misses: int = 0


@dataclass
class Incident:
    """An incident that no human has closed."""

    opened: Data
    opened_ms: int
    last_act_ms: int
    severity: str
    kind: str
    roles: list[Role]
    dispatching: bool
    lat: float | None
    lon: float | None
    state: str = "received"
    answered_ms: int | None = None
    dispatched_ms: int | None = None
    arrived_ms: int | None = None
    triaged: bool = False
    manual: bool = False
    silent: bool = False
    """Nobody has been heard: rung in vain up to a silent step, or answered without a word."""
    level: int = 0
    signals: int = 1
    round: int = 0
    short: bool = False
    needs: tuple[str, ...] = ()
    names: set[str] = field(default_factory=set)
    legs: dict[str, Leg] = field(default_factory=dict)
    served: list[str] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)
    handed: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    contact_step: int = 0
    waiting_for: str | None = None
    accepted_contact: str | None = None
    shown: set[str] = field(default_factory=set)
    """To whom the way in was shown, ``kind:id``."""
    accepted: set[str] = field(default_factory=set)
    """Who has said that he comes, ``kind:id``."""

    @property
    def call_id(self) -> str:
        """Its own name."""
        return str(self.opened["call_id"])

    @property
    def person_id(self) -> str | None:
        """Who needs help, when anybody knows."""
        person_id: str | None = self.opened["person_id"]
        return person_id

    @property
    def device_id(self) -> str | None:
        """What called."""
        device_id: str | None = self.opened["device_id"]
        return device_id

    def missing(self) -> list[Role]:
        """Roles that nobody fills or has filled."""
        filled = [leg.role for leg in self.legs.values()] + self.served
        left = []
        for role in self.roles:
            if role[0] in filled:
                filled.remove(role[0])
            else:
                left.append(role)
        return left

    def wants(self) -> bool:
        """Whether the rules must look for somebody."""
        return self.dispatching and not self.manual and bool(self.missing())

    def in_hand(self) -> bool:
        """Whether whoever is needed is coming, another desk has it, or nobody is called."""
        coming = not self.missing() and all(leg.state != "asked" for leg in self.legs.values())
        return bool(self.handed) or not self.dispatching or coming

    def stands(self) -> str:
        """The state that what is known amounts to (E-R8)."""
        if self.handed:
            return "handed_over"
        legs = {leg.state for leg in self.legs.values()}
        if "on_scene" in legs or self.served:
            return "on_scene"
        for state in ("en_route", "accepted"):
            if state in legs:
                return state
        if legs:
            return "dispatched"
        return "triaged" if self.triaged else "answered" if self.answered_ms is not None else "received"


@dataclass
class Device:
    """A device in use."""

    listed: Data
    seen_ms: int
    level: int = 0
    low: bool = False
    battery: int | None = None


@dataclass
class Area(fold.Area):
    """One area, as its facts tell it."""

    units: dict[str, Unit] = field(default_factory=dict)
    calls: dict[str, Incident] = field(default_factory=dict)
    order: list[Incident] = field(default_factory=list)
    """Every incident ever opened, oldest first."""
    ended: dict[str, Data] = field(default_factory=dict)
    """`emergency.call.closed.v1` by incident; ``called_back`` is added when the person was called back."""
    devices: dict[str, Device] = field(default_factory=dict)
    covers: dict[str, Data] = field(default_factory=dict)
    due: dict[Key, int] = field(default_factory=dict)
    stuck: set[Key] = field(default_factory=set)
    """What our own code could not do: a human has it."""
    said_covered: dict[str, bool] = field(default_factory=dict)

    def named(self, call_id: str) -> Incident | None:
        """The open incident of this name, its own or that of a merged signal."""
        found = self.calls.get(call_id)
        if found is not None:
            return found
        return next((incident for incident in self.calls.values() if call_id in incident.names), None)

    def policy_of(self, incident: Incident) -> Parameters:
        """What the incident runs on until it ends."""
        return of_version(self, incident.opened["policy"])

    def lives(self, device_id: str) -> bool:
        """Whether a device is in use and was heard of in time."""
        device = self.devices.get(device_id)
        return device is not None and device.level == 0

    def counted(self, person_id: str) -> bool:
        """Whether this person must be covered (E-R1)."""
        cover = self.covers.get(person_id)
        return cover is not None and cover["lives_alone"] and cover["eligible"]

    def covered(self, person_id: str) -> bool:
        """By a contact plan or a living device."""
        alive = any(device.listed["person_id"] == person_id and device.level == 0 for device in self.devices.values())
        return bool(self.covers[person_id]["contacts"]) or alive

    def set(self, at_ms: int, *key: str) -> None:
        """The next look at this is then."""
        self.due[key] = at_ms
        self.stuck.discard(key)

    def drop(self, *key: str) -> None:
        """Nothing is awaited there."""
        self.due.pop(key, None)
        self.stuck.discard(key)

    def want(self, incident: Incident) -> None:
        """Somebody is looked for at once, or nobody is looked for."""
        key = ("search", incident.call_id)
        if incident.wants():
            if key not in self.stuck:
                self.due[key] = 0
        else:
            self.drop(*key)
            incident.short = False


# Incidents ----------------------------------------------------------------------------------------------------------------------


def _opened(area: Area, data: Data) -> None:
    now_ms = area.now_ms
    incident = Incident(
        data, now_ms, now_ms, data["severity"], data["kind"], [tuple(role) for role in data["roles"]], data["dispatching"],
        data["lat"], data["lon"],
    )  # fmt: skip
    if data["signal_id"] != data["call_id"] and area.named(data["signal_id"]) is None:
        incident.names.add(data["signal_id"])
    area.calls[data["call_id"]] = incident
    area.order.append(incident)
    area.set(data["step_by_ms"], "ladder", data["call_id"])
    area.want(incident)
    _call_contacts(area, incident)


def _call_contacts(area: Area, incident: Incident) -> None:
    cover = None if incident.person_id is None else area.covers.get(incident.person_id)
    begins = incident.dispatching and not incident.contact_step and incident.accepted_contact is None
    if begins and cover is not None and cover["contacts"] and area.policy_of(incident)["contact_rounds"]:
        area.due.setdefault(("contact", incident.call_id), 0)


def _merged(area: Area, data: Data) -> None:
    incident = area.calls.get(data["into_call_id"])
    if incident is None:
        return
    incident.signals += 1
    if data["kept"] and area.named(data["call_id"]) is None:
        incident.names.add(data["call_id"])
    if incident.lat is None and data["lat"] is not None:
        incident.lat, incident.lon = data["lat"], data["lon"]
        area.want(incident)


def on_call(write: Callable[[Area, Incident, Data], None]) -> Callable[[Area, Data], None]:
    """A writer that needs its incident; without one the eyes complain."""

    def wrapped(area: Area, data: Data) -> None:
        incident = area.calls.get(data["call_id"])
        if incident is not None:
            write(area, incident, data)
            incident.state = incident.stands()

    return wrapped


def _prioritised(area: Area, incident: Incident, data: Data) -> None:
    incident.severity, incident.kind, incident.dispatching = data["severity"], data["kind"], data["dispatching"]
    incident.roles = [tuple(role) for role in data["roles"]]
    area.want(incident)
    _call_contacts(area, incident)


def _acted(area: Area, incident: Incident, data: Data) -> None:
    incident.last_act_ms = area.now_ms
    if incident.answered_ms is None:
        incident.answered_ms = area.now_ms
    area.set(data["step_by_ms"], "ladder", incident.call_id)


def _answered(area: Area, incident: Incident, data: Data) -> None:
    incident.silent = data["silent"]
    _acted(area, incident, data)


def _triaged(area: Area, incident: Incident, data: Data) -> None:
    incident.triaged = True
    incident.severity, incident.kind, incident.dispatching = data["severity"], data["kind"], data["dispatching"]
    incident.roles, incident.needs = [tuple(role) for role in data["roles"]], tuple(data["needs"])
    incident.lat, incident.lon = data["lat"], data["lon"]
    if not data["dispatching"]:
        area.drop("contact", incident.call_id)
        incident.waiting_for = None
    area.want(incident)
    _call_contacts(area, incident)
    _acted(area, incident, data)


def _taken_over(area: Area, incident: Incident, data: Data) -> None:
    incident.manual = data["control"] == "manual"
    area.want(incident)
    _acted(area, incident, data)


def _handed(area: Area, incident: Incident, data: Data) -> None:
    incident.handed.append(data["to"])
    _acted(area, incident, data)


def _escalated(area: Area, incident: Incident, data: Data) -> None:
    incident.level = data["level"]
    step = area.policy_of(incident)["ladder"][: incident.level][-1:]
    if data["cause"] == "unanswered" and any(one.get("silent", False) for one in step):
        incident.silent = True
    if data["resumed"]:
        incident.manual = False
        area.want(incident)
    area.set(data["step_by_ms"], "ladder", incident.call_id)


def _reviewed(area: Area, incident: Incident, data: Data) -> None:
    area.set(data["step_by_ms"], "ladder", incident.call_id)


def _closed(area: Area, data: Data) -> None:
    incident = area.calls.pop(data["call_id"], None)
    if incident is not None:
        for key in [key for key in area.due if key[1] == incident.call_id and key[0] != "heartbeat"]:
            area.drop(*key)
        for responder_id in incident.legs:
            if responder_id in area.units:
                area.units[responder_id].on = None
    area.ended[data["call_id"]] = {**data, "ended_ms": area.now_ms, "called_back": False, "missed": 0}
    if data["callback_by_ms"] is not None:
        area.set(data["callback_by_ms"], "callback", data["call_id"])


def _called_back(area: Area, data: Data) -> None:
    area.drop("callback", data["call_id"])
    if data["call_id"] in area.ended:
        area.ended[data["call_id"]] |= {"called_back": True, "outcome": data["outcome"]}


def _call_back_missed(area: Area, data: Data) -> None:
    area.set(data["next_ms"], "callback", data["call_id"])
    if data["call_id"] in area.ended:
        area.ended[data["call_id"]]["missed"] = data["count"]


def _case_stuck(area: Area, data: Data) -> None:
    key = tuple(data["case"].split("|"))
    area.due.pop(key, None)
    area.stuck.add(key)


CALL_WRITERS: dict[str, Callable[[Area, Data], None]] = {
    "emergency.call.opened.v1": _opened,
    "emergency.call.merged.v1": _merged,
    "emergency.call.prioritised.v1": on_call(_prioritised),
    "emergency.call.answered.v1": on_call(_answered),
    "emergency.call.triaged.v1": on_call(_triaged),
    "emergency.call.taken_over.v1": on_call(_taken_over),
    "emergency.call.handed_over.v1": on_call(_handed),
    "emergency.call.escalated.v1": on_call(_escalated),
    "emergency.call.reviewed.v1": on_call(_reviewed),
    "emergency.call.closed.v1": _closed,
    "emergency.call.called_back.v1": _called_back,
    "emergency.call.call_back_missed.v1": _call_back_missed,
    "case.stuck.v1": _case_stuck,
}
