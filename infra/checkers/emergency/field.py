"""E09, I06, E19: one incident a responder, its way in order, free when it leaves; the way in only to whoever accepted."""

from typing import Any

from infra.checkers.emergency.model import WORK, Area, Incident, Leg
from infra.checkers.emergency.watch import Watch
from infra.checkers.fold import Fact
from infra.checkers.logs import Decided

DISPATCHED = "emergency.responder.dispatched.v1"
RELEASED = "emergency.responder.released.v1"
ENDED = "emergency.dispatch.ended.v1"
STARTS: dict[str, tuple[str, ...]] = {
    "emergency.dispatch.accepted.v1": ("asked",),
    "emergency.responder.en_route.v1": ("accepted",),
    "emergency.responder.arrived.v1": ("accepted", "en_route"),
    "emergency.responder.unheard.v1": ("accepted", "en_route"),
    "emergency.scene.checked_in.v1": ("on_scene",),
    "emergency.scene.check_missed.v1": ("on_scene",),
}
"""From which leg each fact starts: the published table of a responder's way."""
LEAVES = {"declined": ("asked", "accepted", "en_route"), "gone_off": ("asked", "accepted", "en_route"), "timeout": ("asked",),
          "unheard": ("accepted", "en_route")}  # fmt: skip
BACK = ("received", "answered", "triaged", "dispatched", "accepted", "en_route", "on_scene", "handed_over")
PROMISES = {"watch_by_ms": "watch_s", "check_by_ms": "check_in_s", "accept_by_ms": "accept_s"}
"""By when the next word is due: not later than policy says."""


class Responders(Watch):
    """A responder is on at most one incident, and each knows the other."""

    def __init__(self) -> None:
        super().__init__("E09")

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge each step of a responder."""
        kind, data = fact["type"], fact["data"]
        responder_id = data.get("responder_id")
        if responder_id is None or "call_id" not in data or kind == "emergency.coverage.gap_left.v1":
            return
        incident = area.calls.get(data["call_id"])
        if incident is None:
            self.say("E09", f"{kind} of {responder_id} on {data['call_id']}, which is not open", decided)
            return
        leg = incident.legs.get(responder_id)
        if kind == DISPATCHED:
            self._sent(area, incident, decided, data)
        elif leg is None:
            self.say("E09", f"{kind}: {responder_id} is not on {incident.call_id}", decided)
            return
        else:
            self._moved(area, incident, leg, decided, fact)
        policy = area.policy_of(incident)
        for name, parameter in PROMISES.items():
            if data.get(name) is not None and data[name] > decided.time_ms + 1000 * policy[parameter]:
                self.say("I07", f"{responder_id} on {incident.call_id}: {name} is later than policy allows", decided)

    def after(self, area: Area, decided: Decided) -> None:
        """What the facts touched still fits together; whoever is on an incident is awaited in one way."""
        if not any("responder_id" in fact["data"] for fact in decided.body["facts"]):
            return
        on = {(unit_id, unit.on) for unit_id, unit in area.units.items() if unit.on is not None}
        told = {(unit_id, incident.call_id) for incident in area.calls.values() for unit_id in incident.legs}
        for unit_id, call_id in sorted(on ^ told):
            self.say("E09", f"{unit_id} and {call_id} do not know each other", decided)
        for unit_id, call_id in sorted(told):
            awaited = [work for work in WORK if (work, call_id, unit_id) in area.due or (work, call_id, unit_id) in area.stuck]
            if len(awaited) != 1:
                self.say("I07", f"{unit_id} on {call_id} is awaited by {awaited}", decided)

    def _sent(self, area: Area, incident: Incident, decided: Decided, data: dict[str, Any]) -> None:
        unit = area.units.get(data["responder_id"])
        if unit is None:
            self.say("E09", f"{data['responder_id']} is sent and unknown", decided)
        elif unit.on is not None:
            self.say("E09", f"{data['responder_id']} is on {unit.on} and is sent to {incident.call_id}", decided)
        if data["level"] != incident.round + 1:
            self.say("I06", f"{incident.call_id} asks in round {incident.round + 1}, the fact says {data['level']}", decided)

    def _moved(self, area: Area, incident: Incident, leg: Leg, decided: Decided, fact: Fact) -> None:
        kind, data = fact["type"], fact["data"]
        starts = LEAVES[data["cause"]] if kind == ENDED else STARTS.get(kind)
        if starts is not None and leg.state not in starts:
            self.say("I06", f"{kind}: {data['responder_id']} on {incident.call_id} is {leg.state}", decided)
        if kind == "emergency.responder.unheard.v1" and data["count"] != leg.misses + 1:
            self.say("I06", f"{data['responder_id']} is unheard for the {data['count']}th time, it is the {leg.misses + 1}th", decided)
        if kind == RELEASED:
            tired = leg.state in ("en_route", "on_scene")
            rest_ms = decided.time_ms + 1000 * area.policy_of(incident)["rest_after_case_s"] if tired else 0
            if data["rest_until_ms"] != rest_ms:
                self.say("E9R", f"{data['responder_id']} rests until {data['rest_until_ms']}, it is {rest_ms}", decided)
            if data["cause"] == "overridden" and decided.body["event_type"] != "emergency.dispatch.overridden.v1":
                self.say("E09", f"{data['responder_id']} is taken away and nobody decided so", decided)


class Moves(Watch):
    """I06: an incident goes forward, falls back only as its responders drop out, and never leaves a hand-over but to its end."""

    def __init__(self) -> None:
        super().__init__("I06")
        self._before: dict[tuple[str, str], str] = {}

    def after(self, area: Area, decided: Decided) -> None:
        """Compare each incident that was spoken of with where it stood."""
        lost = {fact["data"]["call_id"] for fact in decided.body["facts"] if fact["type"] in (ENDED, RELEASED)}
        for fact in decided.body["facts"]:
            call_id = fact["data"].get("call_id")
            incident = area.calls.get(call_id)
            if incident is None:
                continue
            before = self._before.get((area.area, call_id), "received")
            fell = BACK.index(incident.state) < BACK.index(before)
            if fell and (call_id not in lost or before == "handed_over"):
                self.say("I06", f"{call_id} falls from {before} to {incident.state}", decided)
            self._before[area.area, call_id] = incident.state


class Access(Watch):
    """E19, E-R7: contacts in listed order, twice, when they may be called; the way in only to who accepted, once, and to all of them."""

    def __init__(self) -> None:
        super().__init__("E19")

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge what is shown, and who is called."""
        kind, data = fact["type"], fact["data"]
        incident = area.calls.get(data.get("call_id", ""))
        if incident is None:
            return
        cover = None if incident.person_id is None else area.covers.get(incident.person_id)
        if kind == "emergency.access.released.v1":
            who = f"{data['to_kind']}:{data['to_id']}"
            if who not in incident.accepted:
                self.say("E19", f"{who} has not accepted {incident.call_id} and is shown the way in", decided)
            if who in incident.shown:
                self.say("E19", f"{who} is shown the way in twice", decided)
            if cover is None or data["access_id"] != cover["access_id"] or data["person_id"] != incident.person_id:
                self.say("E19", f"{who} is shown {data['access_id']} for {data['person_id']}", decided)
        elif kind == "emergency.contact.called.v1":
            self._called(area, incident, cover, decided, data)
        elif kind == "emergency.contact.answered.v1" and data["contact_id"] not in incident.called:
            self.say("E19", f"{data['contact_id']} answers {incident.call_id} and was never called", decided)
        elif kind == "emergency.contact.exhausted.v1" and _next_contact(area, incident, cover, decided.time_ms) is not None:
            self.say("E19", f"{incident.call_id}: contacts are said to be exhausted and are not", decided)

    def after(self, area: Area, decided: Decided) -> None:
        """Whoever accepts in this decision is shown the way in, when there is one."""
        for fact in decided.body["facts"]:
            kind, data = fact["type"], fact["data"]
            if kind == "emergency.dispatch.accepted.v1":
                who = f"responder:{data['responder_id']}"
            elif kind == "emergency.contact.answered.v1" and data["result"] == "accepted":
                who = f"contact:{data['contact_id']}"
            else:
                continue
            incident = area.calls.get(data["call_id"])
            cover = None if incident is None or incident.person_id is None else area.covers.get(incident.person_id)
            if incident is not None and cover is not None and cover["access_id"] is not None and who not in incident.shown:
                self.say("E19", f"{who} accepted {incident.call_id} and is not shown the way in", decided)

    def _called(self, area: Area, incident: Incident, cover: dict[str, Any] | None, decided: Decided, data: dict[str, Any]) -> None:
        wanted = _next_contact(area, incident, cover, decided.time_ms)
        if wanted is None or (data["step"], data["contact_id"]) != wanted:
            self.say("E19", f"{incident.call_id} calls {data['contact_id']} as step {data['step']}, it is {wanted}", decided)
        if data["answer_by_ms"] > decided.time_ms + 1000 * area.policy_of(incident)["contact_wait_s"]:
            self.say("I07", f"{incident.call_id} waits too long for {data['contact_id']}", decided)
        if incident.accepted_contact is not None:
            self.say("E19", f"{incident.call_id} calls on after {incident.accepted_contact} accepted", decided)


def _next_contact(area: Area, incident: Incident, cover: dict[str, Any] | None, now_ms: int) -> tuple[int, str] | None:
    """Who is called next, and as which step of all rounds; None when the list is exhausted."""
    if cover is None or not cover["contacts"]:
        return None
    minute = (now_ms // 60_000 + 480) % 1440
    count = len(cover["contacts"])
    for step in range(incident.contact_step, count * area.policy_of(incident)["contact_rounds"]):
        place = step % count
        since, until = cover["from_minutes"][place], cover["until_minutes"][place]
        awake = since <= minute < until if since <= until else minute >= since or minute < until
        if awake:
            return step + 1, cover["contacts"][place]
    return None
