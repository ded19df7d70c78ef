"""E02, E9P: who becomes free goes to the gravest that waits and that it fits; and for a life with nobody free an operator is told whom he
could take from a lesser incident. Both judged by looking at all, as everything here."""

import math
from typing import NamedTuple

from infra.checkers.emergency.model import Area, Incident
from infra.checkers.emergency.nearest import TOLERANCE_M, Look
from infra.checkers.emergency.policy import GRAVITY, fix_age_ms, in_force, travel_s
from infra.checkers.emergency.watch import STEPS_MAX, Watch
from infra.checkers.fold import Fact
from infra.checkers.logs import Decided

SENT = "emergency.responder.dispatched.v1"
SHORT = "emergency.dispatch.short.v1"
SUGGESTED = "emergency.dispatch.preemption_suggested.v1"
MOVES = ("emergency.responder.status_recorded.v1", "emergency.responder.located.v1")
FREES = (*MOVES, "emergency.dispatch.ended.v1", "emergency.responder.released.v1")
"""Facts that can make a responder free, or bring one near enough."""


class Before(NamedTuple):
    """What stood before the decision."""

    free: set[str]
    waiting: set[str]


class Freed(Watch):
    """Somebody looks at once when one becomes free, or comes near enough, whom a waiting incident could send; the graver one first."""

    def __init__(self) -> None:
        super().__init__("E02")
        self._place: tuple[int, int, int] | None = None
        self._before = Before(set(), set())

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:  # noqa: ARG002 - an eye's own shape
        """Remember who was free and who waited."""
        place = (decided.partition, decided.offset, decided.place)
        if place != self._place:
            self._place = place
            waiting = {call_id for call_id, incident in area.calls.items() if incident.short}
            self._before = Before(_free(area, decided) if waiting else set(), waiting)

    def after(self, area: Area, decided: Decided) -> None:
        """Judge each one that became free, or moved, in this decision."""
        facts = decided.body["facts"]
        if self._place != (decided.partition, decided.offset, decided.place) or not self._before.waiting or len(facts) >= STEPS_MAX:
            return
        heard = {fact["data"]["responder_id"] for fact in facts if fact["type"] in FREES}
        if not heard:
            return
        touched = {fact["data"].get("call_id") for fact in facts}
        untouched = [one for one in area.calls.values() if one.call_id in self._before.waiting - touched and one.short]
        still_free = _free(area, decided)
        for unit_id in sorted(heard):
            could = [one for one in untouched if ("search", one.call_id) not in area.stuck and _could_go(area, one, unit_id, decided)]
            if unit_id in still_free:
                if could:
                    self.say("E02", f"{unit_id} is free, {could[0].call_id} waits and could send it, and nobody looked", decided)
                continue
            if unit_id in self._before.free:
                continue  # it may have gone before it moved
            # Where it went then: later in the decision an operator may have taken it, or judged that incident anew.
            place = next((number for number, fact in reversed(list(enumerate(facts))) if _chosen(fact, unit_id)), None)
            if place is None or any(fact["type"] in MOVES and fact["data"]["responder_id"] == unit_id for fact in facts[place:]):
                continue  # nobody chose it, or it has moved since, and what it could reach then is not seen any more
            went = facts[place]["data"]
            if went["call_id"] not in self._before.waiting or went["severity"] not in GRAVITY:
                continue
            graver = [one for one in could if GRAVITY.index(one.severity) < GRAVITY.index(went["severity"])]
            if graver:
                self.say("E02", f"{unit_id} became free and goes to {went['call_id']}, {graver[0].call_id} is graver and waits", decided)


def _chosen(fact: Fact, unit_id: str) -> bool:
    """Whether a search of ours sent this one, and no operator."""
    return bool(fact["type"] == SENT and fact["data"]["override"] is None and fact["data"]["responder_id"] == unit_id)


class Suggestions(Watch):
    """E9P: named exactly when a life has nobody free and somebody could be taken: the soonest, from a lesser incident, from no scene."""

    def __init__(self) -> None:
        super().__init__("E9P")
        self._due: dict[str, tuple[int, str]] = {}

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """A search that fell short makes one due; a suggestion is judged."""
        data = fact["data"]
        incident = area.calls.get(data.get("call_id", ""))
        if incident is None:
            return
        if fact["type"] == SHORT:
            best = self._best(area, incident, data["roles"], decided)
            if best is not None:
                self._due[incident.call_id] = best
        elif fact["type"] == SUGGESTED:
            self._judge(area, incident, decided, fact)

    def after(self, area: Area, decided: Decided) -> None:  # noqa: ARG002 - an eye's own shape
        """Whatever was due was said."""
        for call_id, (seconds, unit_id) in self._due.items():
            self.say("E9P", f"{call_id} has nobody free and nobody is told that {unit_id} could be there in {seconds} s", decided)
        self._due.clear()

    def _judge(self, area: Area, incident: Incident, decided: Decided, fact: Fact) -> None:
        data = fact["data"]
        due = self._due.pop(incident.call_id, None)
        other = area.calls.get(data["from_call_id"])
        leg = None if other is None else other.legs.get(data["candidate_id"])
        role = next((role for role in incident.missing() if role[0] == data["role"]), None)
        if other is None or leg is None or role is None:
            self.say("E9P", f"{incident.call_id}: {data['candidate_id']} is not on {data['from_call_id']}, or no role is missing", decided)
            return
        said = _seconds(area, incident, data["candidate_id"], role[1:], decided.time_ms)
        if said is None or other.severity not in GRAVITY[1:] or leg.state == "on_scene" or incident.severity != "life":
            self.say("E9P", f"{data['candidate_id']} is proposed for {incident.call_id} and may not be taken from {other.call_id}", decided)
        elif due is not None and due[0] + 1 < said:
            self.say("E9P", f"{data['candidate_id']} at {said} s is proposed for {incident.call_id}, {due[1]} needs {due[0]} s", decided)
        if (data["from_severity"], data["from_leg"]) != (other.severity, leg.state) or data["travel_s"] != said:
            self.say("E9P", f"{data['candidate_id']} is proposed for {incident.call_id} with what is not true of it", decided)

    def _best(self, area: Area, incident: Incident, short: list[str], decided: Decided) -> tuple[int, str] | None:
        """Seconds and id of the soonest that could be taken; None when nobody need be named."""
        if incident.severity != "life" or incident.lat is None or not area.policy_of(incident)["suggest_preemption"]:
            return None
        for role in incident.missing():
            if role[0] not in short:
                continue
            found = [
                (seconds, unit_id)
                for other in area.calls.values()
                if other.severity in GRAVITY[1:]
                for unit_id, leg in other.legs.items()
                if leg.state != "on_scene" and (seconds := _seconds(area, incident, unit_id, role[1:], decided.time_ms)) is not None
            ]
            if found:
                return min(found)
        return None


def _free(area: Area, decided: Decided) -> set[str]:
    """Who could be sent somewhere now."""
    travel = in_force(area, decided.time_ms)
    return {
        unit_id
        for unit_id, unit in area.units.items()
        if unit.on is None
        and unit.status in ("available", "resting")
        and unit.fix_ms is not None
        and decided.time_ms - unit.fix_ms <= fix_age_ms(travel, unit.listed["kind"])
    }


def _could_go(area: Area, incident: Incident, unit_id: str, decided: Decided) -> bool:
    """Whether a search of this incident could send it, clear of every edge; ``engaged`` since then does not matter."""
    if incident.lat is None or not incident.wants():
        return False
    look = Look(area, incident, in_force(area, decided.time_ms), (), decided.time_ms)
    skills = set(area.units[unit_id].listed["skills"])
    alone = look.policy["stopgap"] and not incident.legs and not incident.served
    if not alone and not any(skills.issuperset(role[1:]) for role in incident.missing()):
        return False
    allowed = {unit_id: ""} if incident.asked.get(unit_id) == "no_answer_before" else {}
    against = look.rules(unit_id, allowed) - {"engaged", "planned_work"}
    if not look.policy["rest_excluded"]:
        against.discard("in_rest")
    return not against and look.metres(unit_id) < look.policy["circles_m"][-1] - TOLERANCE_M


def _seconds(area: Area, incident: Incident, unit_id: str, skills: tuple[str, ...], now_ms: int) -> int | None:
    """How long it would take to come from where it is, or None when a rule forbids it. What it does now is no rule here."""
    travel = in_force(area, now_ms)
    look = Look(area, incident, travel, skills, now_ms)
    if (
        look.rules(unit_id, {}) - {"engaged", "busy", "in_rest", "planned_work"}
        or round(look.metres(unit_id)) > look.policy["circles_m"][-1]
    ):
        return None
    seconds = travel_s(travel, area.units[unit_id].listed["kind"], round(look.metres(unit_id)))
    return math.ceil(seconds - 1e-9)
