"""I06, I07, T02, W02, DRAW: the lives of applications and beds, and that refusals cost what they should and no more."""

import hashlib
from heapq import heappop, heappush
from typing import Any

from infra.checkers.beds.lines import finished
from infra.checkers.beds.model import ENDED, Application, Area
from infra.checkers.beds.order import Moment
from infra.checkers.beds.policy import DAY_MS, answer_by, calendars, end_of, in_force
from infra.checkers.civil import minute_ms
from infra.checkers.fold import Eye
from infra.checkers.logs import Decided

NEXT: dict[str, set[str | None]] = {
    "application.queued": {None},
    "application.refused": {None},
    "offer.made": {"queued"},
    "offer.accepted": {"offered"},
    "offer.declined": {"offered", "accepted"},
    "offer.expired": {"offered"},
    "offer.deadline_moved": {"offered"},
    "offer.withdrawn": {"offered", "accepted"},
    "allocation.overridden": {"queued", "offered", "accepted", "suspended"},
    "admission.missed": {"accepted"},
    "bed.released": {"offered", "accepted"},
    "application.suspended": {"queued", "suspended"},
    "application.resumed": {"suspended"},
    "application.reassessment_due": {"queued", "reassess"},
    "application.reassessed": {"queued", "offered", "accepted", "suspended", "reassess"},
    "application.approved": {"queued", "offered", "accepted", "suspended", "reassess"},
    "application.exclusion_ended": {"queued", "offered", "accepted", "suspended", "reassess"},
    "application.ended": {"queued", "suspended", "reassess"},
}
"""Which states each fact may find an application in (None: never spoken of); the published table of moves, from the fact's side."""
BED_NEXT: dict[str, set[str | None]] = {
    "free": {"held", "occupied", "cleaning", "closed", "free"},
    "held": {"held"},
    "reserved": {"reserved"},
    "occupied": {"occupied", "free", "cleaning", "closed"},
    "vacated": {"free", "occupied", "cleaning", "closed"},
    "cleaning": {"free", "occupied", "cleaning", "closed"},
    "closed": {"free", "occupied", "cleaning", "closed"},
}
"""What a publication may make of a bed; an occupied one only while nobody of ours lies in it."""


class Moves(Eye[Area]):
    """I06: every move is in the table, nothing leaves a terminal state, each application ends once."""

    def __init__(self) -> None:
        super().__init__("I06")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Judge the move of the application, or of the bed."""
        data = fact["data"]
        name = fact["type"].removeprefix("beds.").removesuffix(".v1")
        allowed = {"accepted"} if name == "admission.recorded" and data["cause"] == "offer" else NEXT.get(name)
        if allowed is not None and fact["type"].startswith("beds."):
            found = area.applications.get(data["application_id"])
            state = None if found is None else found.state
            if state in ENDED:
                self.note(f"{data['application_id']} is {state} and {fact['type']} moves it", decided)
            elif state not in allowed:
                self.note(f"{data['application_id']} is {state or 'unknown'} and {fact['type']} does not start there", decided)
        if name == "bed.listed":
            bed = area.bed(data)
            if bed is not None and data["state"] not in BED_NEXT[bed.state]:
                self.note(f"{data['bed_id']} of {data['facility_id']} goes from {bed.state} to {data['state']}", decided)


class NoOrphans(Eye[Area]):
    """I07: every open application, every bed on its way to the next person, has an instant still to come, or a human."""

    def __init__(self, *, settled: bool = True) -> None:
        super().__init__("I07")
        self._settled = settled
        self._waiting: dict[str, list[tuple[int, str, tuple[str, ...]]]] = {}
        self._touched: dict[str, tuple[set[str], set[tuple[str, str]]]] = {}

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:  # noqa: ARG002 - the shape of an eye
        """Remember whose instants may have changed."""
        data = fact["data"]
        applications, beds = self._touched.setdefault(area.area, (set(), set()))
        if data.get("application_id") is not None:
            applications.add(data["application_id"])
        if "bed_id" in data:
            beds.add((data["facility_id"], data["bed_id"]))
        if fact["type"] == "task.closed.v1" and data["task_id"] in area.about:
            applications.add(area.about[data["task_id"]]["about"])

    def after(self, area: Area, decided: Decided) -> None:
        """What is past must have happened; what is touched must have something to come."""
        waiting = self._waiting.setdefault(area.area, [])
        applications, beds = self._touched.pop(area.area, (set(), set()))
        for name in applications:
            one = area.open.get(name)
            if one is not None and one.lapse_ms is not None:
                heappush(waiting, (one.lapse_ms, "lapse", (name,)))
            if one is not None and one.due_ms is not None:
                heappush(waiting, (one.due_ms, "application", (name,)))
            elif one is not None and not area.has_human(name):
                self.note(f"{name} is {one.state}, without deadline and without a human", decided)
        for key in beds:
            bed = area.beds.get(key)
            for kind, due_ms in () if bed is None else bed.due.items():
                heappush(waiting, (due_ms, kind, key))
            if bed is not None and bed.state == "vacated" and "cleaning" not in bed.due and not _stuck(area, "clean", key):
                self.note(f"{key} is vacated and nobody expects it to be cleaned", decided)
        if finished(decided):
            while waiting and waiting[0][0] <= area.now_ms:
                self._past(area, heappop(waiting), decided)

    def end(self, areas: dict[str, Area]) -> None:
        """At rest nothing overdue may be open."""
        for area in areas.values() if self._settled else ():
            for name, one in area.open.items():
                if one.due_ms is not None and one.due_ms + 3_600_000 < area.now_ms and not _owned(area, one):
                    self.note(f"{name} is {one.state} an hour after its deadline")

    def _past(self, area: Area, entry: tuple[int, str, tuple[str, ...]], decided: Decided) -> None:
        due_ms, kind, key = entry
        if kind == "lapse":
            if key[0] in area.open and not area.has_human(f"lapse|{key[0]}"):
                self.note(f"{key[0]} is {area.open[key[0]].state}, and the last day of its stay has come", decided)
            return
        if kind == "application":
            one = area.open.get(key[0])
            if one is not None and one.due_ms == due_ms and not _owned(area, one):
                self.note(f"{key[0]} is {one.state}, its deadline {due_ms} has passed in silence", decided)
            return
        bed = area.beds.get((key[0], key[1]))
        if bed is not None and bed.due.get(kind) == due_ms and not _stuck(area, "clean" if kind == "cleaning" else kind, key):
            self.note(f"{key} is {bed.state}, its {kind} was expected by {due_ms} and nobody was told", decided)


class TimersInTime(Eye[Area]):
    """T02: what the clock does, it does not before its instant; deadlines are the policy's, counted in working days (B-R9)."""

    def __init__(self) -> None:
        super().__init__("T02")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Judge facts that an instant causes, or that set one."""
        data, now_ms = fact["data"], decided.time_ms
        application = area.open.get(data.get("application_id") or "")
        bed = area.beds.get((data.get("facility_id", ""), data.get("bed_id", "")))
        match fact["type"].removeprefix("beds.").removesuffix(".v1"):
            case "application.reassessment_due" if application is not None:
                self._not_before(decided, f"{application.application_id} is to be assessed", application.due_ms)
            case "application.resumed" if application is not None and data["cause"] == "time":
                self._not_before(decided, f"{application.application_id} is resumed", application.due_ms)
            case "application.exclusion_ended" if application is not None:
                for facility_id in data["facility_ids"]:
                    self._not_before(decided, f"{application.application_id} and {facility_id}", application.excluded.get(facility_id))
            case "bed.cleaning" | "bed.overdue" as what if bed is not None:
                kind = "cleaning" if what == "bed.cleaning" else data["kind"]
                happens = "is cleaned" if what == "bed.cleaning" else f"is overdue ({kind})"
                self._not_before(decided, f"{bed.key} {happens}", bed.due.get(kind))
            case "offer.made":
                policy = in_force(area, now_ms)
                self._set(decided, data["offer_id"], data, answer_by(calendars(area), now_ms, policy["offer_working_days"]))
            case "offer.deadline_moved":
                offer, policy = area.offers.get(data["offer_id"]), in_force(area, now_ms)
                if offer is not None:
                    until_ms, provisional = answer_by(calendars(area), offer.made_ms, policy["offer_working_days"])
                    self._set(decided, data["offer_id"], data, (max(until_ms, now_ms), provisional))
            case "offer.accepted":
                self._is(decided, f"{data['offer_id']}: admission", data["admit_by_ms"], _admit_by(area, now_ms, application))
            case "inventory.reported":
                self._reported(area, decided, data)
            case _:
                pass

    def after(self, area: Area, decided: Decided) -> None:
        """A calendar moves every provisional deadline that it changes."""
        if not any(fact["type"] == "policy.adopted.v1" and fact["data"]["policy"] == "calendar" for fact in decided.body["facts"]):
            return
        working_days = in_force(area, decided.time_ms)["offer_working_days"]
        for offer_id, offer in area.offers.items():
            if offer.state == "open" and offer.data["provisional"]:
                until_ms, provisional = answer_by(calendars(area), offer.made_ms, working_days)
                if not provisional or offer.due_ms not in (until_ms, decided.time_ms):
                    self.note(f"{offer_id} keeps a provisional deadline although the calendar came", decided)

    def _reported(self, area: Area, decided: Decided, data: dict[str, Any]) -> None:
        facility = area.facility(data["facility_id"])
        latest_ms = decided.time_ms + in_force(area, decided.time_ms)["inventory_age_s_max"] * 1000
        if data["version"] <= facility.version:
            latest_ms = facility.stale_at_ms
        if data["stale_at_ms"] != latest_ms:
            self.note(f"the word of {data['facility_id']} is good until {data['stale_at_ms']}, by policy {latest_ms}", decided)

    def _not_before(self, decided: Decided, what: str, due_ms: int | None) -> None:
        if due_ms is None or decided.time_ms < due_ms:
            self.note(f"{what} at {decided.time_ms}, due at {due_ms}", decided)

    def _set(self, decided: Decided, what: str, data: dict[str, Any], wanted: tuple[int, bool]) -> None:
        if (data["expires_at_ms"], data["provisional"]) != wanted:
            self.note(f"{what} is open until {data['expires_at_ms']} ({data['provisional']}), by policy and calendar {wanted}", decided)

    def _is(self, decided: Decided, what: str, said: int, wanted: int) -> None:
        if said != wanted:
            self.note(f"{what} until {said}, by policy {wanted}", decided)


def _admit_by(area: Area, now_ms: int, one: Application | None) -> int:
    """The policy's days after the answer; a stay with a first day is awaited until then."""
    wanted = end_of(now_ms, in_force(area, now_ms)["admission_days"])
    if one is not None and one.first.get("stay_from") is not None:
        wanted = max(wanted, minute_ms(one.first["stay_from"], 1440))
    return wanted


class RefusalsCost(Eye[Area]):
    """W02: a home's refusal costs the applicant nothing; a suspension comes with the policy's count and not sooner; a new assessment
    or an approval changes the place in line at once and never the date."""

    def __init__(self) -> None:
        super().__init__("W02")
        self._due: dict[str, int] = {}

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Count."""
        data, name = fact["data"], fact["type"].removeprefix("beds.").removesuffix(".v1")
        application = area.open.get(data.get("application_id") or "")
        if application is None:
            return
        if name in ("offer.declined", "offer.expired", "admission.missed"):
            self._refused(area, decided, name, data, application)
        elif name == "application.suspended" and data["cause"] == "refusals":
            until_ms = self._due.pop(application.application_id, None)
            if until_ms != data["until_ms"]:
                self.note(f"{application.application_id} is suspended until {data['until_ms']}, by its refusals {until_ms}", decided)
        elif name in ("application.reassessed", "application.approved"):
            self._moved(area, decided, name, data, application)

    def after(self, area: Area, decided: Decided) -> None:  # noqa: ARG002 - the shape of an eye
        """Enough refusals suspend."""
        for name in sorted(self._due):
            self.note(f"{name} has refused often enough and is not suspended", decided)
        self._due.clear()

    def _refused(self, area: Area, decided: Decided, name: str, data: dict[str, Any], one: Application) -> None:
        policy = in_force(area, decided.time_ms)
        by_home = data.get("by") == "facility"
        counts = {"offer.expired": policy["expiry_counts"], "admission.missed": policy["missed_admission_counts"]}
        counted = counts.get(name, not by_home and data.get("reason") not in policy["reasonable_reasons"])
        if (data["counted"], data["refusals"]) != (counted, one.refusals + counted):
            said = f"{data['refusals']} refusals, counted {data['counted']}"
            self.note(f"{one.application_id}: {name} makes {said}; it is {one.refusals + counted}, {counted}", decided)
        days = policy["facility_rest_days"] if by_home else policy["refused_rest_days"]
        until_ms = None if days is None else decided.time_ms + days * DAY_MS
        if data["excluded_until_ms"] != until_ms:
            self.note(
                f"{one.application_id} rests from {data['facility_id']} until {data['excluded_until_ms']}, by policy {until_ms}", decided
            )
        if counted and one.refusals + 1 >= policy["refusals_max"]:
            self._due[one.application_id] = decided.time_ms + policy["suspension_days"] * DAY_MS

    def _moved(self, area: Area, decided: Decided, name: str, data: dict[str, Any], one: Application) -> None:
        moment, emergency = Moment(area, decided.time_ms), one.emergency or name == "application.approved"
        level, score, categories = one.level, one.score, one.categories
        if name == "application.reassessed":
            level, score, categories = data["level"], data["score"], data["categories"]
        wanted = moment.place_of(one.first, level, score, categories, emergency)
        if tuple(data["key"]) != wanted.key or data.get("tie", wanted.tie) != wanted.tie:
            self.note(f"{one.application_id} moves to {data['key']}, by what is known to {wanted[:2]}", decided)


class FairDraw(Eye[Area]):
    """DRAW: a seed is revealed only after its hash was committed, and is the committed one; nobody applies to a draw already known."""

    def __init__(self) -> None:
        super().__init__("DRAW")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Judge policies and entries."""
        data = fact["data"]
        if fact["type"] == "policy.adopted.v1" and data["policy"] == "beds":
            for draw in data["parameters"].get("draws", ()):
                self._draw(area, decided, draw)
        elif fact["type"] == "beds.application.queued.v1":
            unknown = [draw["draw_id"] for draw in in_force(area, decided.time_ms)["draws"] if draw.get("seed") is None]
            if data["draw_id"] != (unknown[-1] if unknown else None):
                self.note(f"{data['application_id']} takes part in draw {data['draw_id']}; not revealed are {unknown}", decided)

    def _draw(self, area: Area, decided: Decided, draw: dict[str, Any]) -> None:
        committed, seed = area.draws.get(draw["draw_id"]), draw.get("seed")
        if committed is not None and committed != draw["seed_sha256"]:
            self.note(f"draw {draw['draw_id']} was committed to another seed", decided)
        if seed is not None and committed is None:
            self.note(f"the seed of draw {draw['draw_id']} comes without having been committed before", decided)
        if seed is not None and hashlib.sha256(seed.encode()).hexdigest() != draw["seed_sha256"]:
            self.note(f"the seed of draw {draw['draw_id']} is not the committed one", decided)


def _owned(area: Area, one: Application) -> bool:
    """By a human, for its own sake or because our code could not act on its deadline."""
    name = one.application_id
    return area.has_human(name) or any(area.has_human(f"{kind}|{name}") for kind in ("assess", "offer", "admit", "resume", "lapse"))


def _stuck(area: Area, kind: str, key: tuple[str, ...]) -> bool:
    return area.has_human(f"{kind}|{key[0]}|{key[1]}")
