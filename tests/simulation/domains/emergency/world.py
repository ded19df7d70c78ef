"""What people, devices, responders, contacts and operators send: few of each, so that every responder is fought over.

Open loop: whoever answers a dispatch answers blindly, as the outside does when its messages are late: often about an incident it
is not on, twice, after somebody else was sent, or never. Steps are drawn in no order of time, so each speaks of what is sent
shortly before its own instant; beside them `story` tells whole incidents.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.simulation.domains.emergency import desk
from tests.simulation.domains.port import Opening, Step
from tests.simulation.plan import Options
from tests.simulation.words import civil_day, rfc3339

STEPS = {
    "press": 5, "again": 7, "odd": 2, "accept": 10, "decline": 4, "arrive": 5, "check_in": 4, "report": 9, "position": 8, "answer": 7,
    "triage": 7, "take": 2, "override": 3, "call_off": 2, "hand": 2, "close": 16, "call_back": 4, "contact": 5, "device": 2,
    "heartbeat": 4, "battery": 2, "retire": 1, "cover": 2, "uncover": 1, "policy": 1, "task": 1, "register": 2,
}  # fmt: skip
CHANNELS = ("button", "button", "button", "phone", "fall", "smoke", "no_motion", "operator", "unknown")
SKILLS: tuple[tuple[str, ...], ...] = (
    (), ("first_aid",), ("first_aid",), ("first_aid", "lifting"), ("lifting",), ("fire_safety", "first_aid"),
)  # fmt: skip
KINDS = ("nurse", "nurse", "volunteer", "rescue_car", "station", "odd_kind")
Sent = tuple[int, str]
"""An instant and a call id."""


@dataclass
class EmergencyWorld:
    """One region, and what has been sent about it."""

    name: str
    lat: float
    lon: float
    spread: float
    slow: bool
    flood: int
    stories: int
    start_ms: int
    span_ms: int
    units: list[str]
    people: list[str]
    devices: list[str]
    day: str
    calls: list[Sent] = field(default_factory=list)
    pressed: dict[str, dict[str, Any]] = field(default_factory=dict)
    closed: list[Sent] = field(default_factory=list)
    where: dict[str, dict[str, float]] = field(default_factory=dict)
    """Where each unit last said that it is."""

    def opening(self, draw: Random) -> list[Opening]:
        """The region's policy, its responders, devices and people; some come late or never, and the first press may come before."""
        out: list[Opening] = []
        if self.slow:
            out.append(Opening(0, "policy", "slow", desk.published(self, "slow", desk.SLOW)))
        for unit_id in self.units:
            out.append(Opening(draw.randrange(50_000), "register", f"r-{unit_id}", _listed(self, draw, unit_id)))
            if draw.random() < 0.9:
                self.where[unit_id] = self.place(draw)
                data = {"responder_id": unit_id, "status": "available", "position": self.where[unit_id]}
                out.append(Opening(draw.randrange(20_000, 60_000), "report", f"a-{unit_id}", _reported(data)))
        for device_id in self.devices:
            if draw.random() < 0.8:
                out.append(Opening(draw.randrange(60_000), "device", f"d-{device_id}", desk.device(self, draw, 0, device_id)))
        for person_id in self.people:
            if draw.random() < 0.7:
                out.append(Opening(draw.randrange(60_000), "cover", f"c-{person_id}", desk.covered(self, draw, person_id)))
        for number in range(self.flood):
            data = {"call_id": f"flood-{self.name}-{number}", "channel": "button", "device_id": "d-flood"}
            out.append(Opening(60_000 + number, "again", f"flood-{number}", Step("emergency.call.raised.v1", data, "device:d-flood")))
        if self.flood:
            out.append(Opening(4_000_000, "close", "flood-end", desk.ended(f"flood-{self.name}-0", "test", "operator:op-1")))
        for number in range(self.stories):
            out += self.story(draw, draw.randrange(60_000, self.span_ms), f"s{number}")
        return out

    def story(self, draw: Random, after_ms: int, name: str) -> list[Opening]:
        """One incident from the press to its call-back, as it goes when people are there: in about the right order, by whoever may have
        been sent, some of it twice, some too late, some never."""
        out: list[Opening] = []
        at_ms = self.start_ms + after_ms

        def send(kind: str, later_s: float, chance: float = 1.0) -> None:
            if draw.random() < chance:
                later_ms = max(0, after_ms + round(1000 * later_s))
                out.append(
                    Opening(later_ms, kind, f"{name}-{len(out)}", self.step(draw, kind, self.start_ms + later_ms, f"{name}-{len(out)}"))
                )

        for _ in range(draw.randrange(3)):
            send("report", -draw.randrange(1, 200))
        send(draw.choice(("press", "press", "press", "odd")), 0)
        call_id = self.calls[-1][1] if self.calls and self.calls[-1][0] == at_ms else None
        for _ in range(draw.choice((0, 0, 1, 4))):
            send("again", draw.choice((0.2, 5, 100, 299, 301, 2000)))
        send("answer", draw.choice((4, 12, 40, 300)), 0.6)
        for _ in range(draw.randrange(4)):
            send("accept", draw.choice((3, 20, 59, 61, 250, 400)))
        send("decline", draw.choice((5, 50)), 0.3)
        send("contact", draw.choice((10, 40)), 0.4)
        send("triage", draw.choice((20, 100, 800)), 0.4)
        send("take", draw.choice((15, 60, 500)), 0.15)
        send("hand", draw.choice((60, 600)), 0.1)
        send("override", draw.choice((30, 200)), 0.2)
        for _ in range(draw.randrange(3)):
            send("arrive", draw.choice((120, 400, 1500)))
        send("check_in", draw.choice((500, 1800)), 0.4)
        send("report", draw.choice((100, 900)), 0.5)
        if call_id is not None and draw.random() < 0.93:
            later_ms = after_ms + 1000 * draw.choice((90, 700, 2500, 9000))
            self.closed.append((self.start_ms + later_ms, call_id))
            outcome = draw.choice(("rescued", "helped", "false", "test"))
            out.append(Opening(later_ms, "close", f"{name}-end", desk.ended(call_id, outcome, "operator:op-1")))
            if draw.random() < 0.5:
                data = {"call_id": call_id, "outcome": "helped"}
                back = Step("emergency.call.called_back.v1", data, "operator:op-2")
                out.append(Opening(later_ms + 1000 * draw.choice((5, 7000, 90_000)), "call_back", f"{name}-back", back))
        return out

    def step(self, draw: Random, kind: str, at_ms: int, number: int | str) -> Step:
        """One event of this kind."""
        return _MAKERS[kind](self, draw, at_ms, number)

    def place(self, draw: Random, near: float = 1.0) -> dict[str, float]:
        """Somewhere in the region."""
        spread = self.spread * near
        return {"lat": round(self.lat + draw.uniform(-spread, spread), 6), "lon": round(self.lon + draw.uniform(-spread, spread), 6)}

    def unit(self, draw: Random, call_id: str = "") -> str:
        """Anybody; of an incident with a place rather one of those nearest to it, who may well have been sent."""
        place = self.pressed.get(call_id, {}).get("position")
        if isinstance(place, dict) and draw.random() < 0.7:
            far = {unit: abs(here["lat"] - place["lat"]) + abs(here["lon"] - place["lon"]) for unit, here in self.where.items()}
            return draw.choice(sorted(far, key=lambda unit: (far[unit], unit))[:3] or self.units)
        # A few units say most: of a crowd those at the beginning of the list are heard of again and again.
        return "u-nobody" if draw.random() < 0.02 else self.units[min(draw.randrange(len(self.units)), draw.randrange(len(self.units)))]

    def call(self, draw: Random, at_ms: int, sent: list[Sent] | None = None) -> str:
        """A call id sent shortly before; now and then one nobody knows."""
        known = self.calls if sent is None else sent
        recent = sorted(one for one in known if one[0] <= at_ms)[-3:]
        if not recent or draw.random() < 0.03:
            recent = [(0, "k-nobody")]
        # Mostly the newest: what comes late speaks of those before it.
        return recent[-1 if draw.random() < 0.6 else draw.randrange(len(recent))][1]


def draw_world(options: Options, draw: Random, name: str) -> EmergencyWorld:
    """The world of one region."""
    crowd = draw.random() < 0.1
    units = draw.randrange(28, 45) if crowd else draw.choice((1, 2, 3, 5, 8))
    people = draw.choice((2, 4, 8))
    return EmergencyWorld(
        name=name,
        lat=round(31.15 + draw.random() * 0.2, 6),
        lon=round(121.35 + draw.random() * 0.2, 6),
        spread=draw.choice((0.004, 0.015, 0.03)),
        slow=options.own.get("slow_percent", 90) > draw.randrange(100),
        flood=options.own.get("flood", 0),
        stories=options.events // (24 * len(options.areas)),
        start_ms=options.start_ms,
        span_ms=options.span_ms,
        units=[f"u-{number:02d}" for number in range(units)],
        people=[f"p-{number}" for number in range(people)],
        devices=[f"d-{number}" for number in range(people)],
        day=civil_day(options.start_ms),
    )


def draw_own(draw: Random) -> dict[str, Any]:
    """How many regions of a hundred take their time, and how many presses one device sends in the same moment at the beginning."""
    return {"slow_percent": draw.choice((100, 100, 80)), "flood": draw.choice((0, 0, 0, 0, 60))}


# Who calls ----------------------------------------------------------------------------------------------------------------------


def _press(world: EmergencyWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    call_id = f"k-{world.name}-{number}"
    data: dict[str, Any] = {"call_id": call_id, "channel": draw.choice(CHANNELS)}
    if draw.random() < 0.75:
        data["person_id"] = draw.choice(world.people)
    if draw.random() < 0.6:
        data["device_id"] = draw.choice((*world.devices, "d-unknown"))
    if draw.random() < 0.75:
        data["position"] = world.place(draw)
    if draw.random() < 0.1:
        data["note"] = "听不清"
    world.calls.append((at_ms, call_id))
    world.pressed[call_id] = data
    return Step("emergency.call.raised.v1", data, f"device:{data.get('device_id', 'd-none')}")


def _again(world: EmergencyWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    """The same person or device once more: under the same call id, a new one, or the id of another's call."""
    known = world.pressed.get(world.call(draw, at_ms))
    if known is None:
        return _press(world, draw, at_ms, number)
    data = dict(known)
    luck = draw.random()
    if luck < 0.6:
        data["call_id"] = f"k-{world.name}-{number}"
        world.pressed[data["call_id"]] = data
        if draw.random() < 0.3:
            world.calls.append((at_ms, data["call_id"]))
    elif luck < 0.75:
        data["person_id"] = draw.choice(world.people)
    for name in ("person_id", "device_id", "position"):
        if draw.random() < 0.15:
            data.pop(name, None)
    if draw.random() < 0.3:
        data["channel"] = draw.choice(CHANNELS)
    return Step("emergency.call.raised.v1", data, "device:d-0")


def _odd(world: EmergencyWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    """A call with something in it that cannot be used: it is taken all the same."""
    step = _press(world, draw, at_ms, number)
    data = dict(step.data)
    data |= draw.choice(
        (
            {"position": {"lat": 121.4, "lon": 31.2}}, {"position": {"lat": 0, "lon": 0}}, {"position": "here"}, {"channel": "smell"},
            {"person_id": "../../etc"}, {"device_id": 7}, {"note": "x" * 900}, {"colour": "red"}, {"person_id": None, "device_id": None},
            {"position": {"lat": 31.2, "lon": None}}, {"needs_review": "all"},
        )
    )  # fmt: skip
    if draw.random() < 0.2:
        data.pop("channel", None)
    return Step(step.event_type, data, step.actor)


# Who comes ----------------------------------------------------------------------------------------------------------------------


def _listed(world: EmergencyWorld, draw: Random, unit_id: str) -> Step:
    data: dict[str, Any] = {
        "responder_id": unit_id, "kind": draw.choice(KINDS), "position": world.place(draw), "skills": list(draw.choice(SKILLS)),
    }  # fmt: skip
    if draw.random() < 0.2:
        data["max_travel_s"] = draw.choice((60, 600, 3600))
    return Step("emergency.responder.registered.v1", data, f"responder:{unit_id}")


def _reported(data: dict[str, Any]) -> Step:
    return Step("emergency.responder.reported.v1", data, f"responder:{data['responder_id']}")


def _report(world: EmergencyWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    status = draw.choice(("available",) * 6 + ("en_route", "en_route", "on_scene", "on_scene", "resting", "off"))
    data: dict[str, Any] = {"responder_id": world.unit(draw), "status": status}
    if draw.random() < 0.7:
        data["position"] = world.where[data["responder_id"]] = world.place(draw)
    if draw.random() < 0.15:
        since, hours = draw.randrange(-2, 3), draw.choice((0, 1, 4, 24))
        data["reserved_from"] = rfc3339(at_ms + since * 3_600_000)
        data["reserved_until"] = rfc3339(at_ms + (since + hours) * 3_600_000)
    return _reported(data)


def _position(world: EmergencyWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    unit_id = world.unit(draw)
    world.where[unit_id] = world.place(draw)
    return Step("emergency.responder.positioned.v1", {"responder_id": unit_id, "position": world.where[unit_id]}, f"responder:{unit_id}")


def _register(world: EmergencyWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    return _listed(world, draw, world.unit(draw))


def _of_unit(event: str) -> Callable[[EmergencyWorld, Random, int, int | str], Step]:
    def make(world: EmergencyWorld, draw: Random, at_ms: int, number: int | str) -> Step:
        call_id = world.call(draw, at_ms)
        unit_id = world.unit(draw, call_id)
        data: dict[str, Any] = {"call_id": call_id, "responder_id": unit_id}
        if event == "scene.checked_in" and draw.random() < 0.3:
            data["needs"] = draw.choice((["lifting"], ["first_aid", "doctor"]))
        if event == "dispatch.declined" and draw.random() < 0.5:
            data["reason"] = "too_far"
        return Step(f"emergency.{event}.v1", data, f"responder:{unit_id}")

    return make


_MAKERS: dict[str, Callable[[EmergencyWorld, Random, int, int | str], Step]] = {
    "press": _press, "again": _again, "odd": _odd, "accept": _of_unit("dispatch.accepted"), "decline": _of_unit("dispatch.declined"),
    "arrive": _of_unit("responder.arrived"), "check_in": _of_unit("scene.checked_in"), "report": _report, "position": _position,
    "answer": desk.answer, "triage": desk.triage, "take": desk.take, "override": desk.override,
    "call_off": desk.call_off, "hand": desk.hand,
    "close": desk.close,
    "call_back": desk.call_back, "contact": desk.contact, "device": desk.device, "heartbeat": desk.heartbeat, "battery": desk.battery,
    "retire": desk.retire,
    "cover": desk.cover, "uncover": desk.uncover, "policy": desk.policy, "task": desk.task, "register": _register,
}  # fmt: skip
