"""E03, E04, E05, E08: the chain is never silent, rises by one, and only a human who may stops it."""

from typing import Any

from infra.checkers.emergency.model import Area, Incident
from infra.checkers.emergency.policy import Parameters
from infra.checkers.emergency.watch import EventOf, Watch, own
from infra.checkers.fold import Fact
from infra.checkers.logs import Decided

ACTS = {
    "emergency.call.answered.v1", "emergency.call.triaged.v1", "emergency.call.taken_over.v1", "emergency.call.handed_over.v1",
    "emergency.call.closed.v1", "emergency.call.called_back.v1",
}  # fmt: skip
"""Facts that only a human can cause (E05)."""
ABOUT_NOTHING_ELSE = ACTS | {
    "emergency.dispatch.accepted.v1", "emergency.dispatch.ended.v1", "emergency.responder.arrived.v1", "emergency.scene.checked_in.v1",
    "emergency.contact.answered.v1",
}  # fmt: skip


class Chain(Watch):
    """E03, E04: each step of the ladder comes when and where policy says; its next instant is never later than that."""

    def __init__(self) -> None:
        super().__init__("E03")

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge a step on the picture it was taken on."""
        data = fact["data"]
        incident = area.calls.get(data.get("call_id", ""))
        if incident is None:
            return
        policy, now_ms = area.policy_of(incident), decided.time_ms
        match fact["type"]:
            case "emergency.call.escalated.v1":
                self._escalation(incident, policy, decided, data)
            case "emergency.call.reviewed.v1":
                if _cause(incident, policy, now_ms) is not None:
                    self.say("E03", f"{incident.call_id} is in nobody's hands and is passed over", decided)
                self._next(incident, decided, data, max(now_ms + 1000, incident.last_act_ms + 1000 * policy["review_s"]))
            case "emergency.call.answered.v1":
                self._next(incident, decided, data, now_ms + 1000 * _after_act(incident, policy, incident.triaged, incident.manual))
            case "emergency.call.triaged.v1":
                self._next(incident, decided, data, now_ms + 1000 * _after_act(incident, policy, True, incident.manual))
            case "emergency.call.taken_over.v1":
                manual = data["control"] == "manual"
                self._next(incident, decided, data, now_ms + 1000 * _after_act(incident, policy, incident.triaged, manual))
            case "emergency.call.handed_over.v1":
                self._next(incident, decided, data, now_ms + 1000 * policy["review_s"])
            case _:
                pass

    def _escalation(self, incident: Incident, policy: Parameters, decided: Decided, data: dict[str, Any]) -> None:
        ladder, now_ms = policy["ladder"], decided.time_ms
        cause = _cause(incident, policy, now_ms)
        if cause != data["cause"]:
            self.say("E03", f"{incident.call_id} escalates as {data['cause']}, it is {cause}", decided)
        level = min(incident.level + 1, len(ladder))
        if (data["level"], data["repeated"]) != (level, incident.level == len(ladder)):
            self.say("E04", f"{incident.call_id} goes from level {incident.level} to {data['level']}", decided)
            return
        if data["to"] != ladder[level - 1]["to"]:
            self.say("E04", f"{incident.call_id}: level {level} tells {data['to']}", decided)
        next_ms = now_ms + 1000 * policy["repeat_s"]
        if cause == "unanswered" and level < len(ladder):
            planned_ms = incident.opened_ms + 1000 * ladder[level]["after_s"]
            gap_ms = 1000 * (ladder[level]["after_s"] - ladder[level - 1]["after_s"])
            next_ms = planned_ms if planned_ms > now_ms else now_ms + min(gap_ms, 5000)
        self._next(incident, decided, data, next_ms)

    def _next(self, incident: Incident, decided: Decided, data: dict[str, Any], latest_ms: int) -> None:
        if data["step_by_ms"] > latest_ms:
            self.say("E03", f"{incident.call_id} is looked at again {data['step_by_ms'] - latest_ms} ms late", decided)


class HumanActs(Watch):
    """E05, E08: only a human whom policy names stops, steers or closes, and only the incident he speaks of; a close is coded. Whoever
    cannot be served is before an operator."""

    def __init__(self, event_of: EventOf) -> None:
        super().__init__("E05")
        self._event_of = event_of

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge who did it, and to what."""
        kind, data = fact["type"], fact["data"]
        if kind in ABOUT_NOTHING_ELSE and own(fact):
            event = self._event_of(decided)
            spoken_of = None if event is None else event["data"].get("call_id")
            if spoken_of is not None:
                incident = area.named(spoken_of)
                meant = spoken_of if incident is None else incident.call_id
                if data["call_id"] != meant:
                    self.say("E05", f"{decided.event_id} speaks of {meant} and {kind} is about {data['call_id']}", decided)
        if kind in ACTS:
            self._authority(area, decided, fact)
        if kind == "emergency.call.closed.v1":
            incident = area.calls.get(data["call_id"])
            if incident is None:
                self.say("E08", f"{data['call_id']} is closed and was not open", decided)
            elif incident.legs:
                self.say("E09", f"{data['call_id']} is closed with {sorted(incident.legs)} on it", decided)
            if decided.body["event_type"] != "emergency.call.closed.v1" or not data["outcome"]:
                self.say("E08", f"{data['call_id']} is closed by {decided.body['event_type']}, outcome {data['outcome']}", decided)
            elif incident is not None:
                self._ending(area, incident, decided, data)

    def after(self, area: Area, decided: Decided) -> None:
        """An incident that found nobody is an operator's task (E08); so is a call-back that nobody made."""
        for fact in decided.body["facts"]:
            call_id = fact["data"].get("call_id")
            if fact["type"] == "emergency.dispatch.short.v1":
                incident = area.calls.get(call_id)
                if incident is not None and incident.short and not self.owned(area, decided, call_id, "no_responder"):
                    self.say("E08", f"{call_id} found nobody and no human has it", decided)
            elif fact["type"] == "emergency.call.call_back_missed.v1":
                waiting = call_id in area.ended and not area.ended[call_id]["called_back"]
                if waiting and not self.owned(area, decided, call_id, "call_back_missed"):
                    self.say("E08", f"{call_id} was not called back and no human has it", decided)

    def _authority(self, area: Area, decided: Decided, fact: Fact) -> None:
        event, data = self._event_of(decided), fact["data"]
        incident = area.calls.get(data["call_id"]) or next((one for one in area.order if one.call_id == data["call_id"]), None)
        if event is None or incident is None:
            return
        role = str(event.get("actor", "")).split(":")[0]
        if role not in area.policy_of(incident)["human_roles"]:
            self.say("E05", f"{fact['type']} of {data['call_id']} by {role}", decided)
        if data.get("by", event.get("actor")) != event.get("actor"):
            self.say("E05", f"{fact['type']} of {data['call_id']} names {data['by']}, it was {event.get('actor')}", decided)

    def _ending(self, area: Area, incident: Incident, decided: Decided, data: dict[str, Any]) -> None:
        policy = area.policy_of(incident)
        owed = None if data["outcome"] in policy["callback_not_for"] else decided.time_ms + 1000 * policy["callback_s"]
        wanted = {
            "callback_by_ms": owed, "signals": incident.signals, "level": incident.level, "opened_ms": incident.opened_ms,
            "answered_ms": incident.answered_ms, "dispatched_ms": incident.dispatched_ms, "arrived_ms": incident.arrived_ms,
            "severity": incident.severity, "person_id": incident.person_id,
        }  # fmt: skip
        for name, value in wanted.items():
            if data[name] != value:
                self.say("E22", f"{incident.call_id} is closed with {name} {data[name]}, it is {value}", decided)


def _cause(incident: Incident, policy: Parameters, now_ms: int) -> str | None:
    """Why somebody must be told now; None when the incident is in human hands."""
    if incident.answered_ms is None:
        return "unanswered"
    if not incident.triaged and not incident.manual and not incident.handed:
        return "untriaged"
    if not incident.manual and not incident.in_hand():
        return "unserved"
    if now_ms - incident.last_act_ms >= 1000 * policy["review_s"]:
        return "handed_over" if incident.handed else "no_act"
    return None


def _after_act(incident: Incident, policy: Parameters, triaged: bool, manual: bool) -> int:
    """Seconds until the next act must be seen."""
    if not triaged and not manual and not incident.handed:
        return int(policy["triage_s"])
    return int(policy["review_s"] if manual or incident.handed else policy["unserved_s"])
