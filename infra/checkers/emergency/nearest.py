"""NEAREST, E02: whoever is sent is the soonest that is fit, by an O(n) look at all; nobody found means that nobody was."""

import math

from infra.checkers.emergency.model import Area, Incident, Unit
from infra.checkers.emergency.policy import Parameters, fix_age_ms, in_force, travel_s
from infra.checkers.emergency.watch import Watch
from infra.checkers.fold import Fact
from infra.checkers.logs import Decided

EARTH_RADIUS_M = 6_371_008.8
TOLERANCE_M = 1.0
FIRST_LOOK = 24
"""So many nearest ones are looked at whether fit or not; behind them the order of those in rest is not promised."""
STOPGAP = "stopgap"


def distance_m(lat: float, lon: float, unit: Unit) -> float:
    """Great circle by the haversine formula."""
    phi, psi = math.radians(lat), math.radians(unit.lat)
    half = math.sin((psi - phi) / 2) ** 2 + math.cos(phi) * math.cos(psi) * math.sin(math.radians(unit.lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(half))


class NearestFit(Watch):
    """Follows each search: whom it sends, for which role, from which circle; and whom it calls nobody."""

    def __init__(self, every: int = 1) -> None:
        super().__init__("NEAREST")
        self._every = every
        self._seen = 0
        self._place: tuple[int, int, int] | None = None
        self._travel: dict[str, Parameters] = {}
        self._asked: dict[str, dict[str, str]] = {}
        """Who had been asked of an incident when its search began: one search asks for all roles."""
        self.looked_at = 0

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge one choice, or one search that found nobody."""
        place = (decided.partition, decided.offset, decided.place)
        if place != self._place:
            self._place = place
            self._asked.clear()
            # Who is fresh and how fast he is goes by the policy in force when the event came.
            self._travel[area.area] = in_force(area, decided.time_ms)
        data = fact["data"]
        incident = area.calls.get(data.get("call_id", ""))
        if incident is None:
            return
        if fact["type"] == "emergency.responder.dispatched.v1":
            self._asked.setdefault(incident.call_id, dict(incident.asked))
            self._seen += 1
            if self._seen % self._every == 0:
                self.looked_at += 1
                self._sent(area, incident, decided, fact)
        elif fact["type"] == "emergency.dispatch.short.v1":
            self._short(area, incident, decided, fact)
            self._asked.pop(incident.call_id, None)
        elif fact["type"] == "emergency.dispatch.complete.v1":
            self._asked.pop(incident.call_id, None)
            if incident.missing():
                self.say("E02", f"{incident.call_id} is said to be complete and lacks {incident.missing()}", decided)

    def _sent(self, area: Area, incident: Incident, decided: Decided, fact: Fact) -> None:
        data, now_ms = fact["data"], decided.time_ms
        unit = area.units.get(data["responder_id"])
        if unit is None:
            return
        travel = self._travel[area.area]
        if incident.lat is not None and incident.lon is not None:
            metres = distance_m(incident.lat, incident.lon, unit)
            if abs(metres - data["distance_m"]) > TOLERANCE_M:
                self.say("NEAREST", f"{unit.listed['responder_id']} is {metres:.0f} m away, the fact says {data['distance_m']}", decided)
            wanted_s = math.ceil(travel_s(travel, unit.listed["kind"], data["distance_m"]) - 1e-9)
            if data["travel_s"] != wanted_s:
                self.say("NEAREST", f"{unit.listed['responder_id']} needs {wanted_s} s, the fact says {data['travel_s']}", decided)
        if data["override"] is not None:
            return
        if incident.lat is None or not incident.dispatching or incident.manual:
            self.say("NEAREST", f"somebody is sent to {incident.call_id}, where nobody is looked for", decided)
            return
        skills = () if data["role"] == STOPGAP else next((r[1:] for r in incident.missing() if r[0] == data["role"]), None)
        if skills is None:
            self.say("NEAREST", f"{incident.call_id} does not lack the role {data['role']}", decided)
            return
        if data["role"] == STOPGAP and (incident.legs or incident.served):
            self.say("NEAREST", f"{incident.call_id} is sent a stopgap and is not alone", decided)
        self._judge(Look(area, incident, travel, skills, now_ms), decided, fact)

    def _judge(self, look: "Look", decided: Decided, fact: Fact) -> None:
        data, call_id = fact["data"], look.incident.call_id
        chosen = data["responder_id"]
        again = bool((fact.get("why") or {}).get("asked_again"))
        if again and look.best({}) is not None:
            self.say("NEAREST", f"{call_id} asks {chosen} again and has not asked all", decided)
        allowed = look.again(chosen, self._asked[call_id]) if again else {}
        against = look.rules(chosen, allowed)
        if ("in_rest" in against) == data["rested"]:
            self.say("NEAREST", f"{chosen} is sent to {call_id} as rested {data['rested']}, in rest is {'in_rest' in against}", decided)
        if ("planned_work" in against) != data.get("reserved", False):
            self.say("NEAREST", f"{chosen} is sent to {call_id}, reserved is {'planned_work' in against} and not on record", decided)
        against -= {"in_rest", "planned_work"}
        if against:
            self.say("NEAREST", f"{chosen} is sent to {call_id} against {', '.join(sorted(against))}", decided)
            return
        best = look.best(allowed, last_circle=again)
        if best is None:
            return
        circle_m, seconds, metres, unit_id, rested = best
        spare = not data["rested"] or data.get("reserved", False)
        own_m = look.metres(chosen)
        own_s = travel_s(look.travel, look.area.units[chosen].listed["kind"], own_m)
        if data["circle_m"] != circle_m and abs(own_m - circle_m) > TOLERANCE_M and abs(metres - circle_m) > TOLERANCE_M:
            self.say("NEAREST", f"{call_id}: {chosen} is looked for within {data['circle_m']} m, {unit_id} was within {circle_m}", decided)
        elif rested and spare:
            self.say("NEAREST", f"{chosen} is taken from rest or planned work for {call_id}, {unit_id} was free of both", decided)
        elif rested != spare and (rested or len(look.area.units) <= FIRST_LOOK):
            slack_s = travel_s(look.travel, look.area.units[chosen].listed["kind"], TOLERANCE_M) + 1
            tie = own_m == metres and own_s == seconds and chosen > unit_id
            if seconds + slack_s < own_s or tie:
                self.say("NEAREST", f"{chosen} at {own_s:.0f} s is sent to {call_id}, {unit_id} at {seconds:.0f} s was fit", decided)
        self._rejected(look, decided, fact, allowed)

    def _rejected(self, look: "Look", decided: Decided, fact: Fact, allowed: dict[str, str]) -> None:
        """Everybody named as passed over was passed over by a rule that holds."""
        for entry in (fact.get("why") or {}).get("rejected", ()):
            rule = entry["rule"]
            if rule == "chosen_for_another_role":
                rule = "engaged"
            if rule not in look.rules(entry["provider_id"], allowed):
                self.say("NEAREST", f"{entry['provider_id']} was passed over by {rule}, which is not true", decided)

    def _short(self, area: Area, incident: Incident, decided: Decided, fact: Fact) -> None:
        data, now_ms = fact["data"], decided.time_ms
        policy = area.policy_of(incident)
        if data["retry_ms"] > now_ms + 1000 * policy["review_s" if incident.lat is None else "search_retry_s"]:
            self.say("E02", f"{incident.call_id} is looked for again too late", decided)
        missing = incident.missing()
        names = [role[0] for role in missing]
        for role in data["roles"]:
            if role not in names:
                self.say("E02", f"{incident.call_id} is short of {role} and is not", decided)
        if sorted(names) != sorted(data["roles"]):
            self.say("E02", f"{incident.call_id} lacks {names}, the fact says {data['roles']}", decided)
        if incident.lat is None:
            if set(data["reasons"]) != {"no_incident_position"}:
                self.say("E02", f"{incident.call_id} has no position, the reason is {data['reasons']}", decided)
            return
        for role, reason in zip(data["roles"], data["reasons"], strict=True):
            skills = next((one[1:] for one in missing if one[0] == role), ())
            look = Look(area, incident, self._travel[area.area], skills, now_ms)
            everybody = {unit_id: "" for unit_id, rule in incident.asked.items() if rule == "no_answer_before"}
            best = look.best({}) or look.best(everybody, last_circle=True)
            if best is not None and best[2] < look.policy["circles_m"][-1] - TOLERANCE_M:
                self.say("E02", f"{incident.call_id} finds nobody for {role}: {best[3]} at {best[2]:.0f} m was fit", decided)
            nobody = not area.units
            if (reason == "no_candidates") != nobody:
                self.say("E02", f"{incident.call_id}: the reason is {reason} with {len(area.units)} responders", decided)
        stopgap = look.policy["stopgap"] and not incident.legs and not incident.served
        if stopgap:
            any_look = Look(area, incident, self._travel[area.area], (), now_ms)
            best = any_look.best({})
            if best is not None and best[2] < look.policy["circles_m"][-1] - TOLERANCE_M:
                self.say("E02", f"{incident.call_id} is left alone, {best[3]} could have gone", decided)


class Look:
    """One look for one role: every unit by every rule."""

    def __init__(self, area: Area, incident: Incident, travel: Parameters, skills: tuple[str, ...], now_ms: int) -> None:
        self.area, self.incident, self.travel, self.skills, self.now_ms = area, incident, travel, skills, now_ms
        self.policy = area.policy_of(incident)
        self._metres: dict[str, float] = {}

    def metres(self, unit_id: str) -> float:
        """How far."""
        found = self._metres.get(unit_id)
        if found is None:
            assert self.incident.lat is not None
            assert self.incident.lon is not None
            found = self._metres[unit_id] = distance_m(self.incident.lat, self.incident.lon, self.area.units[unit_id])
        return found

    def rules(self, unit_id: str, allowed: dict[str, str]) -> set[str]:
        """Every rule that speaks against it; ``allowed`` may be asked again although they did not answer."""
        unit = self.area.units.get(unit_id)
        if unit is None:
            return {"unknown"}
        against = set()
        if unit_id in self.incident.asked and unit_id not in allowed:
            against.add(self.incident.asked[unit_id])
        if unit.on is not None:
            against.add("engaged")
        if unit.status == "off":
            against.add("off")
        elif unit.status not in ("available", "resting"):
            against.add("busy")
        if not set(self.skills) <= set(unit.listed["skills"]):
            against.add("skill_missing")
        if unit.fix_ms is None:
            against.add("no_fix")
        elif self.now_ms - unit.fix_ms > fix_age_ms(self.travel, unit.listed["kind"]):
            against.add("stale_position")
        limit_s = unit.listed["max_travel_s"]
        if limit_s is not None and math.ceil(travel_s(self.travel, unit.listed["kind"], round(self.metres(unit_id))) - 1e-9) > limit_s:
            against.add("too_far_for_it")
        if unit.status == "resting" or self.now_ms < unit.rest_until_ms:
            against.add("in_rest")
        elif unit.reserved[0] <= self.now_ms < unit.reserved[1]:
            against.add("planned_work")
        return against

    def best(self, allowed: dict[str, str], *, last_circle: bool = False) -> tuple[int, float, float, str, bool] | None:
        """Circle, seconds, metres, id, and whether free of rest and planned work, of who must go; None when nobody can."""
        circles = self.policy["circles_m"]
        first = len(circles) - 1 if last_circle else min(self.incident.round, len(circles) - 1)
        for circle_m in circles[first:]:
            found: list[tuple[bool, float, float, str]] = []
            for unit_id, unit in self.area.units.items():
                if round(self.metres(unit_id)) > circle_m:
                    continue
                against = self.rules(unit_id, allowed)
                if not against or against == {"planned_work"} or (against == {"in_rest"} and not self.policy["rest_excluded"]):
                    seconds = travel_s(self.travel, unit.listed["kind"], self.metres(unit_id))
                    found.append((bool(against), seconds, self.metres(unit_id), unit_id))
            if found:
                tired, seconds, metres, unit_id = min(found)
                return circle_m, seconds, metres, unit_id, not tired
        return None

    def again(self, chosen: str, asked: dict[str, str]) -> dict[str, str]:
        """Who may be asked again when everybody was asked: the half that was asked longest ago, else all."""
        silent = [unit_id for unit_id, rule in asked.items() if rule == "no_answer_before"]
        half = dict.fromkeys(silent[: (len(silent) + 1) // 2], "")
        return half if chosen in half or self.best(half, last_circle=True) is not None else dict.fromkeys(silent, "")
