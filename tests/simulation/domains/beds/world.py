# ruff: noqa: ARG005 - the shape of a maker
"""What families, homes and offices send about beds: a few homes, a few beds, many who wait.

Open loop: whoever answers an offer names it by the id the agents will derive, without knowing whether it was made; beside single
steps `stories` tell whole turnovers, so that offers, admissions and vacancies follow one another under every fault.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from agents.shared.ids import derived_id
from tests.simulation.domains.port import Opening, Step
from tests.simulation.plan import DAY_MS, HOUR_MS, Options
from tests.simulation.words import civil_day

STEPS = {
    "apply": 24, "accept": 16, "decline": 10, "refuse": 6, "confirm": 14, "publish": 9, "vacate": 9, "clean": 10, "reassess": 5,
    "withdraw": 2, "pause": 2, "resume": 2, "died": 1, "approve": 4, "transfer": 2, "leave": 3, "back": 2, "policy": 3, "calendar": 1,
    "task": 1, "register": 2, "override": 6, "extend": 4,
}  # fmt: skip
STREETS = ("s-1", "s-2")
TYPES = ("basic", "basic", "basic", "nursing", "respite")
SEEDS = tuple(f"seed-{number}-nobody-knew-before" for number in range(3))
PLAIN: tuple[dict[str, Any], ...] = (
    {}, {"street_beds_open": False}, {"choices_by": "distance"}, {"order": ["score", "emergency", "level"]},
    {"order": ["emergency", "priority_class", "eligible_date"]}, {"waiting_bonus_max": 1}, {"refusals_max": 1, "expiry_counts": False},
    {"refusals_max": 3}, {"offer_working_days": 0}, {"pools_served": ["street", "district", "city"]}, {"inventory_age_s_max": 6 * 3600},
    {"facility_rest_days": 1}, {"reasonable_reasons": []}, {"cleaning_s_max": 3600, "cleaning_after_s": 0}, {"no_such_parameter": 1},
    {"override_reasons": ["court_order"]}, {"stay_extension_if_waiting": True, "stay_extensions_max": 2}, {"stay_notice_days": 0},
    {"priority_classes": [{"code": "alone", "categories": ["alone"]}]}, {"missed_admission_counts": False, "admission_days": 2},
)  # fmt: skip
"""What an office may change, one thing at a time; the last but two is refused."""


@dataclass
class BedsWorld:
    """One area: its homes, who lives there, and what has been sent about them."""

    name: str
    start_ms: int
    span_ms: int
    lat: float
    lon: float
    persons: int
    stories: int
    base: dict[str, Any]
    homes: list[dict[str, Any]]
    beds: list[tuple[str, dict[str, Any]]]
    applied: list[tuple[int, str, str]] = field(default_factory=list)
    """When, application, person."""
    versions: dict[str, int] = field(default_factory=dict)
    said: list[dict[str, Any]] = field(default_factory=list)
    policies: int = 0

    def opening(self, draw: Random) -> list[Opening]:
        """Rules, homes and their beds, sometimes the beds first (I09); then stories over the whole span."""
        out = [Opening(0, "policy", "p-first", self.policy(draw, {}))]
        for year in (2025, 2026, 2027, 2028):
            if draw.random() < 0.6:
                out.append(Opening(draw.randrange(1, 60_000), "calendar", f"y-{year}", _year(draw, year, f"y/{year}")))
        for home in self.homes:
            step = Step("beds.facility.registered.v1", home, f"provider:{home['facility_id']}")
            out.append(Opening(draw.randrange(1, 50_000), "register", f"r-{home['facility_id']}", step))
            out.append(Opening(draw.randrange(1, 60_000), "publish", f"k-{home['facility_id']}", self.published(draw, home["facility_id"])))
        for number in range(self.stories):
            out += _story(self, draw, number)
        return out

    def step(self, draw: Random, kind: str, at_ms: int, number: int | str) -> Step:
        """One event of this kind."""
        return _MAKERS[kind](self, draw, at_ms, number)

    def policy(self, draw: Random, change: dict[str, Any]) -> Step:
        """The area's rules with one thing changed, and the draws as far as they are known."""
        self.policies += 1
        reveal = draw.randrange(-1, len(SEEDS)) if self.policies > 1 else -1
        draws = []
        for number, seed in enumerate(SEEDS[: draw.choice((1, 2, 3))]):
            one = {"draw_id": f"d{number}", "seed_sha256": hashlib.sha256(seed.encode()).hexdigest()}
            if number <= reveal:
                one["seed"] = seed
            if draw.random() < 0.06:
                other = f"another-{number}-{'x' * 16}"  # a draw is drawn again: nobody may
                one = {"draw_id": f"d{number}", "seed_sha256": hashlib.sha256(other.encode()).hexdigest(), "seed": other}
            draws.append(one)
        body = {
            "policy": "beds", "version": f"{self.name}/{self.policies:03d}", "parameters": {**self.base, "draws": draws, **change},
            "in_force_from": civil_day(self.start_ms + (0 if self.policies == 1 else draw.choice((0, 0, 1, 2)) * DAY_MS)),
            "source": "simulated",
        }  # fmt: skip
        return Step("policy.published.v1", body, "office:o-1")

    def published(self, draw: Random, facility_id: str) -> Step:
        """What a home says of its beds: all at first, later some."""
        first = facility_id not in self.versions
        version = self.versions.get(facility_id, 0) + draw.choice((1, 1, 3))
        self.versions[facility_id] = version
        rows = []
        for home, bed in self.beds:
            if home == facility_id and (first or draw.random() < 0.6):
                state = draw.choices(("free", "occupied", "cleaning", "closed"), (8, 2, 1, 1))[0]
                rows.append({**bed, "state": state, **({"type": draw.choice(TYPES)} if draw.random() < 0.04 else {})})
        body = {"facility_id": facility_id, "version": version, "beds": rows if draw.random() < 0.9 or first else []}
        self.said.append(body)
        return Step("beds.inventory.published.v1", body, f"provider:{facility_id}")

    def application(self, draw: Random, at_ms: int, number: int | str) -> Step:
        """A family applies: most are registered residents of sixty and more, some are not eligible, some apply twice."""
        person = f"p-{draw.randrange(self.persons)}"
        application_id = f"a-{self.name}-{number}"
        if self.applied and draw.random() < 0.03:
            application_id = draw.choice(self.applied)[1]
        respite = draw.random() < 0.15
        body: dict[str, Any] = {
            "application_id": application_id, "person_id": person, "position": _near(draw, self.lat, self.lon), "sex": draw.choice("ffm"),
            "street": draw.choice(STREETS), "assessed_level": draw.choice((1, 2, 3, 4, 5, 6)),
            "assessed_on": civil_day(at_ms - draw.choice((1, 30, 400, 729, 730, 731, 800)) * DAY_MS),
            "categories": draw.choice((["registered"], ["registered"], ["registered", "alone"], ["registered", "special_poor"],
                                       ["alone"], ["registered", "needs_hospital"], ["registered", "unheard_of"])),
            "bed_types": ["respite"] if respite else draw.choice((["basic"], ["basic", "nursing"], ["nursing", "basic"], ["nursing"])),
            "score": draw.choice((0, 0, 3, 4, 10)),
        }  # fmt: skip
        plain = draw.random() < 0.85
        if plain or draw.random() < 0.1:
            self.applied.append((at_ms, application_id, person))  # who will hardly be taken is seldom spoken of again
        if plain:
            body["assessed_level"], body["categories"] = draw.choice((4, 4, 5)), draw.choice((["registered"], ["registered", "alone"]))
            body["assessed_on"] = civil_day(at_ms - 30 * DAY_MS)
        if respite != (draw.random() < 0.02):
            body["stay_days"] = draw.choice((1, 2, 61)) if draw.random() < 0.1 else 1
        if respite and draw.random() < 0.5:
            body["stay_from"] = civil_day(at_ms + draw.choice((-1, 0, 1, 1, 2, 3, 10, 400)) * DAY_MS)
        if draw.random() < 0.3:
            body["choices"] = draw.sample([home["facility_id"] for home in self.homes], draw.choice((1, min(2, len(self.homes)))))
        if draw.random() < 0.2:
            body["max_travel_s"] = draw.choice((60, 200, 900))
        if draw.random() < 0.6:
            body["applied_on"] = _anniversary(draw, at_ms)
        if draw.random() < 0.1:
            body["age"] = draw.choice((59, 60, 75, 91))
        return Step("beds.application.submitted.v1", body, f"person:{person}")

    def known(self, draw: Random, at_ms: int) -> tuple[str, str]:
        """Somebody who applied before, mostly lately; now and then nobody."""
        if draw.random() < 0.03:
            return "a-nobody", "p-nobody"
        before = [(sent_ms, application_id, person) for sent_ms, application_id, person in self.applied if sent_ms <= at_ms]
        if not before:
            return "a-nobody", "p-nobody"
        _, application_id, person = draw.choice(sorted(before)[-12:])
        return application_id, person

    def bed(self, draw: Random) -> dict[str, Any]:
        """One of the area's beds."""
        facility_id, bed = draw.choice(self.beds)
        return {"facility_id": facility_id, "bed_id": "b-none" if draw.random() < 0.02 else bed["bed_id"]}


def draw_world(options: Options, draw: Random, name: str) -> BedsWorld:
    """The world of one area."""
    lat, lon = round(31.15 + draw.random() * 0.2, 6), round(121.35 + draw.random() * 0.2, 6)
    homes: list[dict[str, Any]] = []
    beds: list[tuple[str, dict[str, Any]]] = []
    for number in range(draw.choice((1, 1, 2, 3, 5))):
        twin = homes and draw.random() < 0.2
        where = homes[-1]["position"] if twin else _near(draw, lat, lon)
        homes.append({"facility_id": f"f-{number}", "name": "养老院", "position": where, "street": draw.choice(STREETS)})
        for bed in range(draw.choice((1, 2, 2, 4))):
            row = {"bed_id": f"b-{bed}", "type": draw.choice(TYPES), "sex": draw.choice(("f", "m", "any", "any"))}
            beds.append((f"f-{number}", {**row, "pool": draw.choice(("street", "district", "district", "city"))}))
    base = {
        "offer_working_days": draw.choice((0, 0, 1, 3)), "admission_days": draw.choice((1, 1, 7)),
        "suspension_days": draw.choice((1, 2, 90)),
        "refused_rest_days": draw.choice((1, 1, 2, 30)), "inventory_age_s_max": draw.choice((6 * 3600, 48 * 3600, 20 * 86400)),
        "cleaning_after_s": draw.choice((0, 600, 7200)), "leave_days_max": draw.choice((1, 30)), "stay_grace_s": draw.choice((0, 43_200)),
        "stay_lead_days": draw.choice((0, 1, 7)),
        "seen_memory_s": 3 * 86400,
    }  # fmt: skip
    own = options.own
    return BedsWorld(
        name, options.start_ms, options.span_ms, lat, lon, own.get("persons", 40), own.get("stories", 4), base, homes, beds
    )  # fmt: skip


def draw_own(draw: Random) -> dict[str, Any]:
    """How many people there are, and how many whole turnovers are told."""
    return {"persons": draw.choice((12, 60, 300)), "stories": draw.choice((0, 3, 6, 10))}


def _near(draw: Random, lat: float, lon: float) -> dict[str, float]:
    return {"lat": round(lat + draw.uniform(-0.02, 0.02), 6), "lon": round(lon + draw.uniform(-0.02, 0.02), 6)}


def _anniversary(draw: Random, at_ms: int) -> str:
    """A date some months back, of a day of the month that comes (again) in these days, so that a month more is waited soon."""
    day = date.fromisoformat(civil_day(at_ms + draw.choice((-1, 0, 1, 1, 2)) * DAY_MS))
    months = day.year * 12 + day.month - 1 - draw.choice((1, 1, 2, 4, 5, 12))
    back = date(months // 12, months % 12 + 1, min(day.day, 28 if day.day < 29 else day.day % 29 + 28 if months % 12 != 1 else 28))
    return (back + timedelta(days=draw.choice((0, 0, 0, 1)))).isoformat()


def _year(draw: Random, year: int, version: str) -> Step:
    """A year's holidays and the weekends worked for them; sometimes one that contradicts itself."""
    holidays = [f"{year}-01-01", f"{year}-01-02", f"{year}-12-31", f"{year}-11-23"]
    parameters: dict[str, Any] = {"year": year, "holidays": draw.sample(holidays, draw.choice((1, 2, 4)))}
    if year == 2026:
        parameters["workdays"] = draw.choice(([], ["2026-11-22"], ["2026-11-21", "2026-11-22"]))
    if draw.random() < 0.05:
        parameters["holidays"] = [f"{year + 1}-01-01"]
    body = {"policy": "calendar", "version": version, "in_force_from": f"{year}-01-01", "parameters": parameters, "source": "simulated"}
    return Step("policy.published.v1", body, "office:o-1")


def _story(area: BedsWorld, draw: Random, number: int) -> list[Opening]:
    """A turnover told whole: somebody applies, answers, moves in wherever it may be, leaves, and the bed is made ready again."""
    at_ms = draw.randrange(60_000, max(61_000, area.span_ms - 6 * HOUR_MS))
    told: list[tuple[int, str, Step]] = []
    application = area.application(draw, area.start_ms + at_ms, f"s{number}")
    name = application.data["application_id"]
    offer = {"application_id": name, "offer_id": derived_id("offer", name, str(draw.choice((1, 1, 1, 2))))}
    told.append((at_ms, "apply", application))
    answer_ms = at_ms + draw.choice((60_000, HOUR_MS, 30 * HOUR_MS))
    kind = draw.choice(("accept", "accept", "accept", "decline", "refuse"))
    told.append((answer_ms, kind, _answer(draw, kind, offer)))
    moved_ms = answer_ms + draw.choice((60_000, HOUR_MS, 26 * HOUR_MS))
    for facility_id, bed in area.beds[:6]:
        data = {"application_id": name, "facility_id": facility_id, "bed_id": bed["bed_id"]}
        told.append((moved_ms + draw.randrange(1000), "confirm", Step("beds.admission.confirmed.v1", data, f"provider:{facility_id}")))
    facility_id, bed = draw.choice(area.beds)
    place = {"facility_id": facility_id, "bed_id": bed["bed_id"]}
    left_ms = moved_ms + draw.choice((HOUR_MS, 20 * HOUR_MS))
    told.append((left_ms, "vacate", Step("beds.bed.vacated.v1", {**place, "reason": "went_home"}, f"provider:{facility_id}")))
    told.append((left_ms + draw.choice((1000, HOUR_MS)), "clean", Step("beds.bed.cleaned.v1", place, f"provider:{facility_id}")))
    if draw.random() < 0.5:
        away_ms = moved_ms + draw.choice((2000, HOUR_MS))
        told.append((away_ms, "leave", Step("beds.leave.started.v1", {"application_id": name}, "provider:f-0")))
        told.append(
            (away_ms + draw.choice((1000, 30 * HOUR_MS)), "back", Step("beds.leave.ended.v1", {"application_id": name}, "provider:f-0"))
        )
    elif draw.random() < 0.5:
        extension = Step("beds.extension.requested.v1", {"application_id": name, "days": 1}, "relative:p-1")
        told.append((moved_ms + 5000, "extend", extension))
        data = {"application_id": name, **area.bed(draw), "reason": "care"}
        told.append((moved_ms + HOUR_MS, "transfer", Step("beds.resident.transferred.v1", data, f"provider:{data['facility_id']}")))
    return [Opening(after_ms, kind, f"s{number}-{turn}", step) for turn, (after_ms, kind, step) in enumerate(told)]


def _answer(draw: Random, kind: str, offer: dict[str, Any]) -> Step:
    if kind == "accept":
        return Step("beds.offer.accepted.v1", offer, "relative:p-1")
    if kind == "decline":
        return Step("beds.offer.declined.v1", {**offer, "reason": draw.choice(("in_hospital", "too_small", None))}, "relative:p-1")
    return Step("beds.facility.declined.v1", {**offer, "reason": draw.choice(("infection", "bed_taken", "no_reason"))}, "provider:f-0")


def _answers(kind: str) -> Callable[[BedsWorld, Random, int, int | str], Step]:
    def make(area: BedsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
        name, _ = area.known(draw, at_ms)
        offer_id = derived_id("offer", name, str(draw.choice((1, 1, 1, 2, 2, 3))))
        return _answer(draw, kind, {"application_id": name, "offer_id": "offer:none" if draw.random() < 0.02 else offer_id})

    return make


def _publish(area: BedsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    if area.said and draw.random() < 0.3:
        body = draw.choice(area.said)  # an old publication comes again, under a new event id
        return Step("beds.inventory.published.v1", body, f"provider:{body['facility_id']}")
    return area.published(draw, draw.choice(area.homes)["facility_id"])


def _confirm(area: BedsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    name = None if draw.random() < 0.1 else area.known(draw, at_ms)[0]
    bed = area.bed(draw)
    return Step("beds.admission.confirmed.v1", {"application_id": name, **bed}, f"provider:{bed['facility_id']}")


def _of_bed(event_type: str, **more: Any) -> Callable[[BedsWorld, Random, int, int | str], Step]:
    def make(area: BedsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
        bed = area.bed(draw)
        return Step(event_type, {**bed, **more}, f"provider:{bed['facility_id']}")

    return make


def _of_application(event_type: str, **more: Any) -> Callable[[BedsWorld, Random, int, int | str], Step]:
    def make(area: BedsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
        return Step(event_type, {"application_id": area.known(draw, at_ms)[0], **more}, "relative:p-1")

    return make


def _reassess(area: BedsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    data: dict[str, Any] = {
        "application_id": area.known(draw, at_ms)[0], "assessed_level": draw.choice((1, 3, 4, 5, 6)),
        "assessed_on": civil_day(at_ms - draw.choice((-1, 0, 1, 1, 400)) * DAY_MS),
    }  # fmt: skip
    if draw.random() < 0.3:
        data["bed_types"] = draw.choice((["basic"], ["nursing", "basic"], ["respite"]))
    if draw.random() < 0.3:
        data["categories"] = draw.choice((["registered", "special_poor"], ["alone"], ["registered", "needs_hospital"]))
    if draw.random() < 0.3:
        data["score"] = draw.choice((0, 9))
    return Step("beds.application.reassessed.v1", data, "office:o-2")


def _pause(area: BedsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    data: dict[str, Any] = {"application_id": area.known(draw, at_ms)[0]}
    if draw.random() < 0.8:
        data["until"] = civil_day(at_ms + draw.choice((0, 1, 1, 2, 400)) * DAY_MS)
    return Step("beds.application.paused.v1", data, "relative:p-1")


def _leave(area: BedsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    data: dict[str, Any] = {"application_id": area.known(draw, at_ms)[0]}
    if draw.random() < 0.5:
        data["until"] = civil_day(at_ms + draw.choice((-1, 0, 1)) * DAY_MS)
    return Step("beds.leave.started.v1", data, "provider:f-0")


def _died(area: BedsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    return Step("beds.person.died.v1", {"person_id": area.known(draw, at_ms)[1]}, "office:o-3")


def _transfer(area: BedsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    data = {"application_id": area.known(draw, at_ms)[0], **area.bed(draw), "reason": "care"}
    # Whatever home it is about, this one speaks: one home may not speak for another (P03).
    return Step("beds.resident.transferred.v1", data, "provider:f-0")


def _override(area: BedsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    reason = draw.choice(("court_order", "court_order", "clerical_mistake", "because"))
    data = {"application_id": area.known(draw, at_ms)[0], **area.bed(draw), "approver": "op-2", "reason": reason}
    return Step("beds.allocation.overridden.v1", data, "operator:op-1")


def _register(area: BedsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    """A home moves."""
    home = draw.choice(area.homes)
    home = {**home, "position": _near(draw, area.lat, area.lon), "street": draw.choice(STREETS)}
    return Step("beds.facility.registered.v1", home, f"provider:{home['facility_id']}")


_MAKERS: dict[str, Callable[[BedsWorld, Random, int, int | str], Step]] = {
    "apply": lambda area, draw, at_ms, number: area.application(draw, at_ms, number),
    "accept": _answers("accept"), "decline": _answers("decline"), "refuse": _answers("refuse"), "confirm": _confirm, "publish": _publish,
    "vacate": _of_bed("beds.bed.vacated.v1", reason="went_home"), "clean": _of_bed("beds.bed.cleaned.v1"), "reassess": _reassess,
    "withdraw": _of_application("beds.application.withdrawn.v1", reason="other"), "pause": _pause,
    "resume": _of_application("beds.application.resumed.v1"), "died": _died,
    "approve": _of_application("beds.priority.approved.v1", approver="op-1", reason="fire"), "transfer": _transfer, "leave": _leave,
    "back": _of_application("beds.leave.ended.v1"),
    "policy": lambda area, draw, at_ms, number: area.policy(draw, draw.choice(PLAIN)),
    "calendar": lambda area, draw, at_ms, number: _year(draw, draw.choice((2026, 2027, 2028)), f"y/{number}"),
    "task": lambda area, draw, at_ms, number: Step(
        "task.completed.v1", {"domain": "beds", "task_id": f"task-{number}", "result": "done"}, "operator:op-1"
    ),
    "register": _register, "override": _override,
    "extend": lambda area, draw, at_ms, number: Step(
        "beds.extension.requested.v1", {"application_id": area.known(draw, at_ms)[0], "days": draw.choice((1, 1, 2, 15))}, "relative:p-1"
    ),
}  # fmt: skip
