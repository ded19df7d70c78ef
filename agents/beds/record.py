"""What anybody who holds the journal's facts can work out with a list and a sort: the line as it was at any fact.

Deliberately naive and deliberately not built on the index that decides: it looks at every application for every bed. A certificate
is checked with it, and the tests hold every single offer against it (W01).
"""

from dataclasses import dataclass, field
from datetime import date
from math import asin, cos, radians, sin, sqrt
from typing import Any, NamedTuple

from agents.beds.order import drawn
from agents.beds.policy import BedsParameters
from agents.shared.calendar import day_of
from schemas.beds_reasons import BedsRule

Data = dict[str, Any]
EARTH_RADIUS_M = 6_371_008.8
WAITING = "queued"
NEXT_STATE = {
    "offer.made": "offered",
    "offer.accepted": "accepted",
    "application.suspended": "suspended",
    "application.resumed": WAITING,
    "application.reassessment_due": "reassess",
}


class Place(NamedTuple):
    """A place in the line of one bed, comparable: the criteria, the tie-break, the application."""

    key: tuple[int, ...]
    tie: str
    application_id: str


@dataclass(slots=True)
class Record:
    """Facts applied so far, as plain dicts by their ids."""

    applications: dict[str, Data] = field(default_factory=dict)
    facilities: dict[str, Data] = field(default_factory=dict)
    beds: dict[tuple[str, str], Data] = field(default_factory=dict)
    overrides: dict[tuple[str, str], Data] = field(default_factory=dict)
    """By bed: the last allocation out of order, until its offer is made."""
    policies: list[tuple[str, str, BedsParameters]] = field(default_factory=list)

    def policy(self, now_ms: int) -> tuple[str, BedsParameters]:
        """Version and parameters in force: the latest start not after today, then the higher version name."""
        today = day_of(now_ms).isoformat()
        held = sorted(((start, version) for start, version, _ in self.policies if start <= today))
        if not held:
            return "default/1", BedsParameters()
        return held[-1][1], next(found for start, version, found in self.policies if (start, version) == held[-1])

    def apply(self, kind: str, data: Data) -> None:
        """Take in one fact."""
        name = kind.removeprefix("beds.").removesuffix(".v1")
        if kind == "policy.adopted.v1" and data["policy"] == "beds":
            self.policies.append((data["in_force_from"], data["version"], BedsParameters.model_validate(data["parameters"], strict=False)))
        elif name == "allocation.overridden":
            self.overrides[(data["facility_id"], data["bed_id"])] = data
        elif name.startswith(("bed.", "facility.", "inventory.")):
            self._of_places(name, data)
        else:
            self._of_applications(name, data)

    def _of_places(self, name: str, data: Data) -> None:
        if name == "facility.listed":
            self.facilities.setdefault(data["facility_id"], {"fresh": False}).update(data)
        elif name == "facility.silent":
            self.facilities[data["facility_id"]]["fresh"] = False
        elif name == "inventory.reported":
            known = self.facilities.setdefault(data["facility_id"], {"fresh": False})
            if data["stale_at_ms"] != known.get("stale_at_ms", 0):
                known.update(fresh=True, stale_at_ms=data["stale_at_ms"])
        elif name == "bed.listed":
            self.beds.setdefault((data["facility_id"], data["bed_id"]), {}).update(data)
        elif name == "bed.released":
            self.beds[(data["facility_id"], data["bed_id"])]["state"] = data["state"]
            self.applications[data["application_id"]]["state"] = WAITING
        elif name in ("bed.vacated", "bed.cleaning", "bed.freed"):
            self.beds[(data["facility_id"], data["bed_id"])]["state"] = name.removeprefix("bed.").replace("freed", "free")

    def _of_applications(self, name: str, data: Data) -> None:
        application = self.applications.get(data.get("application_id") or "")
        bed = self.beds.get((data.get("facility_id") or "", data.get("bed_id") or ""))
        if name == "application.queued":
            self.applications[data["application_id"]] = {**data, "state": WAITING, "emergency": False, "excluded": {}}
        elif name == "admission.recorded":
            assert bed is not None
            bed["state"] = "occupied"
            if application is not None and data["cause"] == "offer":
                del self.applications[data["application_id"]]
        elif application is not None:
            if name in ("offer.made", "offer.accepted"):
                assert bed is not None
                bed["state"] = "held" if name == "offer.made" else "reserved"
            if name == "application.ended":
                del self.applications[data["application_id"]]
            _changed(application, name, data)

    def place(self, application_id: str, now_ms: int) -> Place:
        """Where this application stands in the order on that day."""
        application = self.applications[application_id]
        _, policy = self.policy(now_ms)
        start, today = date.fromisoformat(application["eligible_date"]), day_of(now_ms)
        months = (today.year - start.year) * 12 + today.month - start.month - (1 if today.day < start.day else 0)
        classes = [each.categories for each in policy.priority_classes]
        rank = next((place for place, named in enumerate(classes) if set(named) & set(application["categories"])), len(classes))
        named = {
            "emergency": 0 if application["emergency"] else 1,
            "priority_class": rank,
            "level": -application["level"],
            "score": -(application["score"] + max(0, min(policy.waiting_bonus_max, months))),
            "eligible_date": start.toordinal(),
        }
        tie = f"~{application['arrival']:012d}"
        for draw in policy.draws:
            if draw.draw_id == application["draw_id"] and draw.seed is not None:
                tie = drawn(draw.seed, application_id)
        return Place(tuple(named[criterion] for criterion in policy.order), tie, application_id)

    def ruled_out(self, application_id: str, facility_id: str, bed_id: str, now_ms: int) -> BedsRule | None:
        """The first rule by which this free bed could not go to this application at that instant, or None."""
        application, bed, facility = self.applications[application_id], self.beds[(facility_id, bed_id)], self.facilities[facility_id]
        _, policy = self.policy(now_ms)
        promised = ("offered", "accepted")
        siblings = [other for other in self.applications.values() if other["person_id"] == application["person_id"]]
        within_m = application["within_m"]
        distance_m = great_circle_m(application["lat"], application["lon"], facility.get("lat", 0.0), facility.get("lon", 0.0))
        rules = (
            (any(other["state"] in promised for other in siblings), BedsRule.OPEN_OFFER),
            (application["state"] != WAITING, BedsRule.NOT_QUEUED),
            (bed["bed_type"] not in application["bed_types"], BedsRule.TYPE),
            (bed["sex"] not in ("any", application["sex"]), BedsRule.SEX),
            ("street" not in facility, BedsRule.NOT_LISTED),
            (not facility["fresh"], BedsRule.STALE_INVENTORY),
            (bed["pool"] not in policy.pools_served, BedsRule.POOL_NOT_SERVED),
            (bool(application["choices"]) and facility_id not in application["choices"], BedsRule.NOT_CHOSEN),
            (within_m is not None and distance_m > within_m, BedsRule.TOO_FAR),
            (facility_id in application["excluded"], BedsRule.EXCLUDED),
        )
        return next((rule for broken, rule in rules if broken), None)

    def suited(self, facility_id: str, bed_id: str, now_ms: int) -> list[Place]:
        """Everybody this free bed suits, in order; the street's own right aside."""
        suits = (name for name in self.applications if self.ruled_out(name, facility_id, bed_id, now_ms) is None)
        return sorted(self.place(name, now_ms) for name in suits)

    def line(self, facility_id: str, bed_id: str, now_ms: int) -> tuple[list[Place], bool]:
        """Everybody this free bed suits, first in order first; and whether they are the street's own, by right (B-R2)."""
        everybody = self.suited(facility_id, bed_id, now_ms)
        if self.beds[(facility_id, bed_id)]["pool"] != "street":
            return everybody, False
        street = self.facilities[facility_id]["street"]
        own = [place for place in everybody if self.applications[place.application_id]["street"] == street]
        if own:
            return own, True
        return (everybody, False) if self.policy(now_ms)[1].street_beds_open else ([], False)


def _changed(application: Data, name: str, data: Data) -> None:
    """What a fact changes of one open application."""
    if name in NEXT_STATE:
        application["state"] = NEXT_STATE[name]
    elif name in ("offer.declined", "offer.expired", "admission.missed"):
        application["excluded"][data["facility_id"]] = data["excluded_until_ms"]
    elif name == "application.exclusion_ended":
        for facility_id in data["facility_ids"]:
            del application["excluded"][facility_id]
    elif name == "application.reassessed":
        application.update({each: data[each] for each in ("level", "score", "categories", "bed_types")})
        if data["requeued"]:
            application["state"] = WAITING
    elif name == "application.approved":
        application["emergency"] = True


def great_circle_m(lat: float, lon: float, other_lat: float, other_lon: float) -> int:
    """Whole metres, by the chord between unit vectors as `agents.shared.nearest` documents it."""
    first, second = _on_sphere(lat, lon), _on_sphere(other_lat, other_lon)
    dx, dy, dz = first[0] - second[0], first[1] - second[1], first[2] - second[2]
    return int(2 * EARTH_RADIUS_M * asin(sqrt(dx * dx + dy * dy + dz * dz) * 0.5) + 0.5)


def _on_sphere(lat: float, lon: float) -> tuple[float, float, float]:
    phi, lam = radians(lat), radians(lon)
    return cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi)
