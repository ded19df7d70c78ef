"""W01, W03, W04, NEAREST and WHY: who got which bed, judged at every offer on everybody who waited at that prefix."""

from typing import Any

from infra.checkers.beds.model import Application, Area, Bed, BedKey
from infra.checkers.beds.order import Moment, Place, distance_m, standing
from infra.checkers.beds.policy import class_of
from infra.checkers.fold import Eye
from infra.checkers.logs import Decided

OFFER = "beds.offer.made.v1"
STEPS_MAX = 64
"""Pieces of due work one event may carry (contract of the core); each makes a fact at least."""


def finished(decided: Decided) -> bool:
    """Whether everything due was done with this decision: our own code did not fail, and the steps sufficed."""
    return decided.body.get("error") is None and len(decided.body["facts"]) < STEPS_MAX


def place_of(data: dict[str, Any], prefix: str = "") -> Place:
    """The place in line that an offer names."""
    return Place(tuple(data[f"{prefix}key"]), data[f"{prefix}tie"], data[f"{prefix}application_id"])


class Sampled(Eye[Area]):
    """An eye that looks at every ``every``-th offer (1: at all)."""

    def __init__(self, invariant: str, every: int = 1) -> None:
        super().__init__(invariant)
        self._every = every
        self._turn = 0
        self.looked_at = 0

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Its turn comes with offers of beds that are known, to people who are known."""
        if fact["type"] != OFFER:
            return
        self._turn += 1
        application, bed = area.open.get(fact["data"]["application_id"]), area.bed(fact["data"])
        if self._turn % self._every == 0 and application is not None and bed is not None:
            self.looked_at += 1
            self.judge(Moment(area, decided.time_ms), decided, fact["data"], (application, bed))

    def judge(self, moment: Moment, decided: Decided, data: dict[str, Any], pair: tuple[Application, Bed]) -> None:
        """Judge one offer on the state it was decided on."""


class NoOvertaking(Sampled):
    """W01: nobody whom this bed suits, in line at that prefix, stands before who got it; and the offer says so truly. Out of order goes
    only what an operator's word gave to that applicant, in the same decision, with a reason of the policy."""

    def __init__(self, every: int = 1) -> None:
        super().__init__("W01", every)

    def judge(self, moment: Moment, decided: Decided, data: dict[str, Any], pair: tuple[Application, Bed]) -> None:
        """Sort everybody."""
        if data["lane"] == "override" or data.get("override_reason") is not None:
            self._override(moment, decided, data, pair)
            return
        everybody, own = moment.line(pair[1])
        line = own or everybody
        name, offered = f"{data['bed_id']} of {data['facility_id']}", place_of(data)
        if not line or line[0].application_id != offered.application_id:
            first = line[0].application_id if line else "nobody"
            self.note(f"{name} is offered to {offered.application_id}, first in order is {first}", decided)
        elif line[0] != offered:
            self.note(f"{name}: {offered.application_id} stands at {line[0][:2]}, the offer says {offered[:2]}", decided)
        if (data["lane"] == "own_street") != bool(own):
            self.note(f"{name} is offered in lane {data['lane']}; {len(own)} of the street's own wait for it", decided)

    def _override(self, moment: Moment, decided: Decided, data: dict[str, Any], pair: tuple[Application, Bed]) -> None:
        word, name = moment.area.overrides.get(pair[1].key), f"{data['bed_id']} of {data['facility_id']}"
        same = any(fact["type"] == "beds.allocation.overridden.v1" and fact["data"] == word for fact in decided.body["facts"])
        if word is None or not same or (word["application_id"], word["reason"]) != (data["application_id"], data["override_reason"]):
            self.note(f"{name} goes to {data['application_id']} out of order, and nobody said so", decided)
        elif data["lane"] != "override" or word["reason"] not in moment.policy["override_reasons"]:
            self.note(
                f"{name} goes to {data['application_id']} out of order for {word['reason']}, which is no reason of the policy", decided
            )
        if moment.place(pair[0]) != place_of(data):
            self.note(f"{name}: {data['application_id']} stands at {moment.place(pair[0])[:2]}, the offer says otherwise", decided)
        if pair[1].bed_type not in pair[0].bed_types or pair[1].sex not in ("any", pair[0].first["sex"]):
            self.note(f"{name} does not suit {data['application_id']}", decided)


class TrueCertificates(Sampled):
    """WHY: what an offer and an entry into the line say of others is so: who came next, how many waited, how many were ahead.
    Without ``entries``, offers only."""

    def __init__(self, every: int = 1, *, entries: bool = True) -> None:
        super().__init__("WHY", every)
        self._entries = entries

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Entries too."""
        super().before(area, decided, fact)
        if self._entries and fact["type"] == "beds.application.queued.v1":
            self._turn += 1
            if self._turn % self._every == 0:
                self._entered(Moment(area, decided.time_ms), decided, fact["data"])

    def judge(self, moment: Moment, decided: Decided, data: dict[str, Any], pair: tuple[Application, Bed]) -> None:
        """The next in line is the next of the street's own by right, else of everybody."""
        everybody, own = moment.line(pair[1])
        others = [place for place in everybody if place.application_id != data["application_id"]]
        following = ([place for place in own if place in others] or others)[:1]
        said = [] if data["next_application_id"] is None else [place_of(data, "next_")]
        if following != said:
            self.note(f"{data['offer_id']} says that {said} came next, it was {following}", decided)
        waiting = sum(moment.ready(one) for one in moment.area.open.values())
        if waiting != data["waiting"]:
            self.note(f"{data['offer_id']} says that {data['waiting']} waited, it was {waiting}", decided)

    def _entered(self, moment: Moment, decided: Decided, data: dict[str, Any]) -> None:
        place = moment.place_of(data, data["level"], data["score"], data["categories"], False)
        if (tuple(data["key"]), data["tie"]) != place[:2]:
            self.note(f"{data['application_id']} stands at {place[:2]}, its entry says {data['key']} {data['tie']}", decided)
        ahead = [(sum(found.values()), rank, found) for rank, found in enumerate(self._each(moment, place, data))]
        count, rank, by_class = min(ahead, key=lambda one: one[:2])
        if (data["rank_type"], data["ahead"], data["rank"]) != (data["bed_types"][rank], count, count + 1):
            self.note(f"{data['application_id']} has {count} ahead, its entry says {data['ahead']}", decided)
        elif by_class != data["ahead_by_class"]:
            self.note(f"{data['application_id']} has {by_class} ahead, its entry says {data['ahead_by_class']}", decided)

    def _each(self, moment: Moment, place: Place, data: dict[str, Any]) -> list[dict[str, int]]:
        return [standing(moment, place, {"sex": data["sex"]}, bed_type) for bed_type in data["bed_types"]]


class NearestBed(Sampled):
    """NEAREST: whoever's turn it is takes the best of all beds that are theirs to take, by their ranking, then by distance."""

    def __init__(self, every: int = 1) -> None:
        super().__init__("NEAREST", every)

    def judge(self, moment: Moment, decided: Decided, data: dict[str, Any], pair: tuple[Application, Bed]) -> None:
        """Look at every free bed."""
        application, bed = pair
        best = bed if data["lane"] == "override" else moment.best(application)
        if best is None or best.key != bed.key:
            found = None if best is None else best.key
            self.note(f"{data['application_id']} is offered {bed.key}, the one to take is {found}", decided)
        away_m = distance_m(application, moment.area.facilities[bed.facility_id])
        if away_m != data["distance_m"]:
            self.note(f"{data['offer_id']} says {data['distance_m']} m, it is {away_m}", decided)


class AgeingBound(Sampled):
    """W04: nobody is passed by a later arrival who is no better by any criterion: for such the bound is none at all.

    Written without the sort key: class, level and score as they were assessed, and the date. ``passed_most`` is how often a single
    person in line was passed by later arrivals of their own class who had something better to show; without ``counting`` it is not kept.
    """

    def __init__(self, every: int = 1, *, counting: bool = True) -> None:
        super().__init__("W04", every)
        self._counting = counting
        self._passed: dict[tuple[str, str], int] = {}

    @property
    def passed_most(self) -> int:
        """Of anybody."""
        return max(self._passed.values(), default=0)

    def judge(self, moment: Moment, decided: Decided, data: dict[str, Any], pair: tuple[Application, Bed]) -> None:
        """Compare who got the bed with everybody who came earlier and whom it suits."""
        winner, bed = pair
        if "eligible_date" not in moment.policy["order"] or data["lane"] == "override":
            return
        by_right = data["lane"] == "own_street"
        rank = class_of(moment.policy, winner.categories)[0]
        for one in moment.area.open.values():
            if one is winner or one.first["eligible_date"] >= winner.first["eligible_date"] or not moment.suits(one, bed):
                continue
            if by_right and not moment.own(one, bed):
                continue
            mine = class_of(moment.policy, one.categories)[0]
            no_better = winner.level <= one.level and winner.score <= one.score and rank >= mine and winner.emergency <= one.emergency
            if no_better:
                passed = f"{one.application_id}, who came on {one.first['eligible_date']}, is passed by {winner.application_id}"
                self.note(f"{passed} of {winner.first['eligible_date']}, who is no better by any criterion", decided)
            elif self._counting and mine == rank:
                key = (moment.area.area, one.application_id)
                self._passed[key] = self._passed.get(key, 0) + 1


class NobodyWaits(Eye[Area]):
    """W03: when everything due was done, no free bed is left that suits somebody in line. Looked at where something moved, and
    wholly when another policy came into force and at the end."""

    def __init__(self, *, settled: bool = True) -> None:
        super().__init__("W03")
        self._settled = settled
        self._beds: dict[str, set[BedKey]] = {}
        self._persons: dict[str, set[str]] = {}
        self._policies: dict[str, object] = {}

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:  # noqa: ARG002 - the shape of an eye
        """Remember what moves."""
        data = fact["data"]
        beds, persons = self._beds.setdefault(area.area, set()), self._persons.setdefault(area.area, set())
        if "bed_id" in data:
            beds.add((data["facility_id"], data["bed_id"]))
        elif "facility_id" in data:
            beds.update(key for key in area.free if key[0] == data["facility_id"])
        application = area.open.get(data.get("application_id") or "")
        if application is not None or "person_id" in data:
            persons.add(data["person_id"] if application is None else application.first["person_id"])

    def after(self, area: Area, decided: Decided) -> None:
        """Look at it."""
        if not finished(decided):
            return
        moment = Moment(area, decided.time_ms)
        beds, persons = self._beds.pop(area.area, set()), self._persons.pop(area.area, set())
        if self._policies.get(area.area) != moment.policy:
            self._policies[area.area] = moment.policy
            beds = set(area.free)
        self._free(moment, beds, decided)
        for person_id in sorted(persons, key=str):
            for one in list(area.persons.get(person_id, ())):
                best = moment.best(one) if moment.ready(one) else None
                if best is not None:
                    self.note(f"{one.application_id} waits and {best.key} is free and suits", decided)

    def end(self, areas: dict[str, Area]) -> None:
        """At rest, everything."""
        for area in areas.values() if self._settled else ():
            self._free(Moment(area, area.now_ms), set(area.free), None)

    def _free(self, moment: Moment, keys: set[BedKey], decided: Decided | None) -> None:
        seen: set[tuple[str, ...]] = set()
        for key in sorted(keys):
            bed = moment.area.free.get(key)
            alike = () if bed is None else (bed.facility_id, bed.bed_type, bed.sex, bed.pool)
            if bed is None or alike in seen:
                continue
            seen.add(alike)
            waiter = moment.waiter(bed)
            if waiter is not None:
                self.note(f"{key} is free and {waiter.application_id}, whom it suits, waits", decided)
