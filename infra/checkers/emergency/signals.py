"""E01, E06, E14: no signal is refused, each is in exactly one incident, and that is the right one, as grave as policy says."""

import re
from typing import Any, NamedTuple

from infra.checkers.emergency.model import Area, Incident
from infra.checkers.emergency.policy import GRAVITY, in_force, mix, signal, version_in_force
from infra.checkers.emergency.watch import EventOf, Watch
from infra.checkers.fold import Fact
from infra.checkers.logs import Decided

RAISED = "emergency.call.raised.v1"
OPENED = "emergency.call.opened.v1"
MERGED = "emergency.call.merged.v1"
BOX = (30.6, 120.8, 31.95, 122.3)
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class Subject(NamedTuple):
    """Whose signal it is, and where."""

    person_id: str | None
    device_id: str | None
    place: tuple[float, float] | None
    place_from: str | None


class Signals(Watch):
    """Judges every `emergency.call.raised.v1`, and that nothing else opens or joins incidents."""

    def __init__(self, event_of: EventOf) -> None:
        super().__init__("E01")
        self._event_of = event_of

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """An opening or a merge, on the picture it was decided on."""
        if fact["type"] not in (OPENED, MERGED):
            return
        event = self._event_of(decided) if decided.body["event_type"] == RAISED else None
        if event is None:
            self.say("E06", f"{fact['data']['call_id']}: an incident without a signal", decided)
            return
        data = fact["data"]
        sent = _usable(event)
        subject = _subject(area, sent)
        wanted = _joins(area, sent, subject, decided.time_ms)
        if fact["type"] == MERGED:
            self._merge(area, decided, data, wanted)
            if data["person_id"] != subject.person_id or data["device_id"] != subject.device_id:
                self.say("E06", f"the signal {data['call_id']} is of {subject.person_id}, {subject.device_id}", decided)
            return
        if wanted is not None:
            self.say("E06", f"{data['call_id']} is opened and repeats {wanted.call_id}", decided)
        if data["call_id"] in area.calls or data["call_id"] in area.ended:
            self.say("E06", f"{data['call_id']} is opened twice", decided)
        self._opening(area, decided, data, sent, subject)

    def after(self, area: Area, decided: Decided) -> None:
        """Each signal is in exactly one incident, and never refused but for its id or our own mistake."""
        body = decided.body
        if body["event_type"] != RAISED or not decided.effect:
            return
        if body.get("error") is not None:
            return
        if body["outcome"] != "accepted":
            self.say("E01", f"{decided.event_id} was refused: {body['reason']}", decided)
            return
        count = sum(fact["type"] in (OPENED, MERGED) for fact in body["facts"])
        if count != 1:
            self.say("E06", f"the signal {decided.event_id} is in {count} incidents", decided)
        for fact in body["facts"]:
            call_id = fact["data"].get("call_id", "")
            doubtful = fact["type"] == OPENED and fact["data"]["needs_review"] and call_id in area.calls
            if doubtful and not self.owned(area, decided, call_id, "call_needs_review"):
                self.say("E01", f"{call_id} needs review and no human has it", decided)

    def _merge(self, area: Area, decided: Decided, data: dict[str, Any], wanted: Incident | None) -> None:
        incident = area.calls.get(data["into_call_id"])
        if incident is None:
            self.say("E06", f"{data['call_id']} joined {data['into_call_id']}, which is not open", decided)
        elif wanted is None or wanted.call_id != incident.call_id:
            self.say("E06", f"{data['call_id']} joined {incident.call_id}, not {None if wanted is None else wanted.call_id}", decided)
        elif data["count"] != incident.signals + 1:
            self.say("E06", f"{incident.call_id} counts {data['count']} signals, there are {incident.signals + 1}", decided)

    def _opening(self, area: Area, decided: Decided, data: dict[str, Any], sent: dict[str, Any], subject: Subject) -> None:
        policy = in_force(area, decided.time_ms)
        kind, severity, at_once = signal(policy, data["channel"])
        wanted = {
            "channel": sent.get("channel", "unknown"), "kind": kind, "severity": severity, "dispatching": at_once,
            "roles": [list(role) for role in mix(policy, kind)], "policy": version_in_force(area, decided.time_ms),
            "first_seat": policy["first_seat"], "step_by_ms": decided.time_ms + 1000 * policy["ladder"][0]["after_s"],
            "person_id": subject.person_id, "device_id": subject.device_id, "position_from": subject.place_from,
            "lat": None if subject.place is None else subject.place[0], "lon": None if subject.place is None else subject.place[1],
        }  # fmt: skip
        wrong = [name for name, value in wanted.items() if data[name] != value]
        for name in wrong[:1]:
            invariant = "E03" if name in ("step_by_ms", "first_seat") else "E01"
            self.say(invariant, f"{data['call_id']} is opened with {name} {data[name]}, it is {wanted[name]}", decided)
        review = set(data["needs_review"])
        for code, holds in (
            ("person_missing", subject.person_id is None),
            ("position_missing", subject.place is None),
            ("device_unknown", subject.device_id is not None and subject.device_id not in area.devices),
            ("device_silent", subject.device_id in area.devices and not area.lives(str(subject.device_id))),
            ("call_id_reused", data["call_id"] != data["signal_id"]),
        ):
            if holds != (code in review) and code not in (sent.get("needs_review") or ()):
                self.say("E01", f"{data['call_id']}: needs_review {sorted(review)}, {code} is {holds}", decided)


class Raises(Watch):
    """E14: an incident is made graver by a stronger signal, by silence or by the scene; no rule makes it lighter."""

    def __init__(self) -> None:
        super().__init__("E14")

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge a prioritisation."""
        data = fact["data"]
        incident = area.calls.get(data["call_id"]) if fact["type"] == "emergency.call.prioritised.v1" else None
        if incident is None:
            return
        if incident.severity in GRAVITY and GRAVITY.index(data["severity"]) > GRAVITY.index(incident.severity):
            self.say("E14", f"{incident.call_id} falls from {incident.severity} to {data['severity']}", decided)
        if incident.dispatching and not data["dispatching"]:
            self.say("E14", f"{incident.call_id}: nobody is looked for any more", decided)
        if data["cause"] in ("silent", "scene") and (data["severity"], data["dispatching"]) != ("life", True):
            self.say("E14", f"{incident.call_id} is {data['cause']} and no life emergency", decided)

    def after(self, area: Area, decided: Decided) -> None:
        """A stronger signal that joins raises its incident; a silent one is a life emergency."""
        for fact in decided.body["facts"]:
            data = fact["data"]
            if fact["type"] == MERGED:
                incident = area.calls.get(data["into_call_id"])
                if incident is None or incident.triaged or incident.severity not in GRAVITY:
                    continue
                _, severity, at_once = signal(area.policy_of(incident), data["channel"])
                if GRAVITY.index(severity) < GRAVITY.index(incident.severity) or (at_once and not incident.dispatching):
                    self.say("E14", f"{incident.call_id} was joined by a graver signal and stays {incident.severity}", decided)
            elif fact["type"] == "emergency.call.answered.v1" and data["silent"]:
                incident = area.calls.get(data["call_id"])
                if incident is not None and not incident.triaged and (incident.severity, incident.dispatching) != ("life", True):
                    self.say("E14", f"{incident.call_id} is silent and no life emergency", decided)
            elif fact["type"] == "emergency.call.escalated.v1":
                incident = area.calls.get(data["call_id"])
                if incident is None or incident.answered_ms is not None:
                    continue
                silent = any(step.get("silent", False) for step in area.policy_of(incident)["ladder"][: incident.level][-1:])
                if silent and (incident.severity, incident.dispatching) != ("life", True):
                    self.say("E14", f"{incident.call_id} has been silent up to level {incident.level} and is no life emergency", decided)


def _usable(event: dict[str, Any]) -> dict[str, Any]:
    """What of a signal can be used; the rest is as if it had not been said (reliability page, section 5)."""
    data = event.get("data")
    data = data if isinstance(data, dict) else {}
    out: dict[str, Any] = {"call_id": data.get("call_id") if _is_id(data.get("call_id")) else event.get("id")}
    for name in ("person_id", "device_id"):
        if _is_id(data.get(name)):
            out[name] = data[name]
    if data.get("channel") in ("button", "phone", "fall", "smoke", "no_motion", "operator", "unknown"):
        out["channel"] = data["channel"]
    position = data.get("position")
    if isinstance(position, dict) and set(position) == {"lat", "lon"} and _inside(position["lat"], position["lon"]):
        out["position"] = (float(position["lat"]), float(position["lon"]))
    said = data.get("needs_review")
    out["needs_review"] = said if isinstance(said, list) else []
    return out


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _inside(lat: object, lon: object) -> bool:
    for value in (lat, lon):
        if isinstance(value, bool) or not isinstance(value, int | float) or round(value, 9) != value:
            return False
    assert isinstance(lat, int | float)
    assert isinstance(lon, int | float)
    return BOX[0] <= lat <= BOX[2] and BOX[1] <= lon <= BOX[3]


def _subject(area: Area, sent: dict[str, Any]) -> Subject:
    device_id: str | None = sent.get("device_id")
    device = None if device_id is None else area.devices.get(device_id)
    person_id: str | None = sent.get("person_id")
    if person_id is None and device is not None:
        person_id = device.listed["person_id"]
    if "position" in sent:
        return Subject(person_id, device_id, sent["position"], "signal")
    cover = None if person_id is None else area.covers.get(person_id)
    for known, name in ((None if device is None else device.listed, "device"), (cover, "person")):
        if known is not None and known["lat"] is not None:
            return Subject(person_id, device_id, (known["lat"], known["lon"]), name)
    return Subject(person_id, device_id, None, None)


def _joins(area: Area, sent: dict[str, Any], subject: Subject, now_ms: int) -> Incident | None:
    """The open incident this signal repeats: the one of its own call id, else the newest of the person or device, if that is open,
    not judged false, and inside the window."""
    named = area.named(sent["call_id"])
    if named is not None and _same(named, subject):
        return named
    found = _newest(area, lambda incident: subject.person_id is not None and incident.person_id == subject.person_id)
    if found is None:
        found = _newest(area, lambda incident: subject.device_id is not None and incident.device_id == subject.device_id)
        if found is not None and not _same(found, subject):
            found = None
    if found is None or found.severity not in GRAVITY:
        return None
    window_ms = 1000 * area.policy_of(found)["merge_window_s"]
    return found if now_ms - found.opened_ms < window_ms else None


def _newest(area: Area, fits: Any) -> Incident | None:
    """The newest incident ever of this subject, unless it has ended."""
    newest = next((incident for incident in reversed(area.order) if fits(incident)), None)
    return newest if newest is not None and newest.call_id in area.calls else None


def _same(incident: Incident, subject: Subject) -> bool:
    for known, said in ((incident.person_id, subject.person_id), (incident.device_id, subject.device_id)):
        if known is not None and said is not None:
            return known == said
    return incident.person_id is None or subject.person_id is None
