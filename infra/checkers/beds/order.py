"""The order of B-R9 and whom a bed suits, worked out again for one question at a time: a list and a sort, no index."""

import hashlib
from collections.abc import Iterator
from datetime import date
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from infra.checkers.beds.model import PROMISED, Application, Area, Bed, Facility
from infra.checkers.beds.policy import EMERGENCY, Parameters, class_of, in_force
from infra.checkers.civil import day_of

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG)."""
POOLS = ("street", "district", "city")


class Place(NamedTuple):
    """A place in line, comparable: the criteria, the tie-break, the application."""

    key: tuple[int, ...]
    tie: str
    application_id: str


class Moment:
    """One area at one instant: what the order is, whom a bed suits, which bed somebody should take."""

    def __init__(self, area: Area, now_ms: int) -> None:
        self.area = area
        self.policy: Parameters = in_force(area, now_ms)
        self.today = date.fromisoformat(day_of(now_ms))
        self._seeds = {draw["draw_id"]: draw["seed"] for draw in self.policy["draws"] if draw.get("seed") is not None}

    def place(self, application: Application) -> Place:
        """Where somebody stands today, whether in line or not."""
        first = application.first
        return self.place_of(first, application.level, application.score, application.categories, application.emergency)

    def place_of(self, first: dict[str, object], level: int, score: int, categories: list[str], emergency: bool) -> Place:
        """The same of what an application says."""
        named = {
            "emergency": 0 if emergency else 1,
            "priority_class": class_of(self.policy, categories)[0],
            "level": -level,
            "score": -(score + self.bonus(str(first["eligible_date"]))),
            "eligible_date": date.fromisoformat(str(first["eligible_date"])).toordinal(),
        }
        tie = f"~{int(str(first['arrival'])):012d}"
        seed = self._seeds.get(str(first["draw_id"])) if first["draw_id"] is not None else None
        if seed is not None:
            tie = hashlib.sha256(f"{seed}:{first['application_id']}".encode()).hexdigest()[:32]
        return Place(tuple(named[criterion] for criterion in self.policy["order"]), tie, str(first["application_id"]))

    def bonus(self, eligible_date: str) -> int:
        """Points for the whole months waited, capped (B-R7)."""
        start, today = date.fromisoformat(eligible_date), self.today
        months = (today.year - start.year) * 12 + today.month - start.month - (1 if today.day < start.day else 0)
        return max(0, min(int(self.policy["waiting_bonus_max"]), months))

    def code(self, application: Application) -> str:
        """The class somebody is counted under."""
        return EMERGENCY if application.emergency else class_of(self.policy, application.categories)[1]

    def ready(self, application: Application) -> bool:
        """In line: queued, and no bed promised to the same person elsewhere (C03)."""
        mine = self.area.persons.get(application.first["person_id"], ())
        return application.state == "queued" and not any(one.state in PROMISED for one in mine)

    def usable(self, bed: Bed) -> bool:
        """Whether the pool offers this bed at all: listed, its word fresh, of a served pool."""
        facility = self.area.facilities.get(bed.facility_id)
        return facility is not None and facility.listed is not None and not facility.silent and bed.pool in self.policy["pools_served"]

    def suits(self, application: Application, bed: Bed) -> bool:
        """Whether this bed, were it free, could go to somebody in line; the street's first right aside."""
        if bed.bed_type not in application.bed_types or bed.sex not in ("any", application.first["sex"]):
            return False
        if application.state != "queued" or bed.facility_id in application.excluded:
            return False
        if application.first["choices"] and bed.facility_id not in application.first["choices"]:
            return False
        return self.ready(application) and self.usable(bed) and self.reaches(application, bed.facility_id)

    def reaches(self, application: Application, facility_id: str) -> bool:
        """Near enough, as they wished."""
        within_m = application.first["within_m"]
        facility = self.area.facilities[facility_id]
        return within_m is None or distance_m(application, facility) <= within_m

    def own(self, application: Application, bed: Bed) -> bool:
        """A resident of the street the home stands in."""
        listed = self.area.facilities[bed.facility_id].listed
        return listed is not None and application.first["street"] == listed["street"]

    def line(self, bed: Bed) -> tuple[list[Place], list[Place]]:
        """Everybody this bed suits in order; and of a street's bed the street's own among them, who go first (B-R2)."""
        suited = [one for one in self.area.open.values() if self.suits(one, bed)]
        own = sorted(self.place(one) for one in suited if bed.pool == "street" and self.own(one, bed))
        everybody = sorted(self.place(one) for one in suited)
        return (everybody if bed.pool != "street" or self.policy["street_beds_open"] else own), own

    def waiter(self, bed: Bed) -> Application | None:
        """Anybody in line whom this free bed suits and who may have it."""
        only_own = bed.pool == "street" and not self.policy["street_beds_open"]
        found = (one for one in self.area.open.values() if self.suits(one, bed) and (not only_own or self.own(one, bed)))
        return next(found, None)

    def best(self, application: Application) -> Bed | None:
        """The free bed that somebody whose turn it is takes: their own ranking by policy, then the nearest (B-R9)."""
        open_to = [bed for bed in self.area.free.values() if self.suits(application, bed) and self._may_take(application, bed)]
        return min(open_to, key=lambda bed: self._preference(application, bed), default=None)

    def _may_take(self, application: Application, bed: Bed) -> bool:
        if bed.pool != "street" or self.own(application, bed):
            return True
        return bool(self.policy["street_beds_open"]) and not self.line(bed)[1]

    def _preference(self, application: Application, bed: Bed) -> tuple[object, ...]:
        choices = application.first["choices"]
        return (
            choices.index(bed.facility_id) if choices and self.policy["choices_by"] == "rank" else 0,
            distance_m(application, self.area.facilities[bed.facility_id]), bed.facility_id,
            application.bed_types.index(bed.bed_type), POOLS.index(bed.pool), bed.sex == "any", bed.bed_id,
        )  # fmt: skip


def standing(moment: Moment, place: Place, person: dict[str, str], bed_type: str) -> dict[str, int]:
    """How many in line for a type, in rooms of this sex, are ahead of a place, by class."""
    ahead: dict[str, int] = {}
    for one in in_line(moment, bed_type, person["sex"]):
        if moment.place(one) < place:
            code = moment.code(one)
            ahead[code] = ahead.get(code, 0) + 1
    return ahead


def in_line(moment: Moment, bed_type: str, sex: str) -> Iterator[Application]:
    """Everybody in line for this type and sex."""
    for one in moment.area.open.values():
        if bed_type in one.bed_types and one.first["sex"] == sex and moment.ready(one):
            yield one


def distance_m(application: Application, facility: Facility) -> int:
    """Great circle in whole metres, by the chord between unit vectors."""
    if facility.listed is None:
        return 0
    one = _on_sphere(application.first["lat"], application.first["lon"])
    other = _on_sphere(facility.listed["lat"], facility.listed["lon"])
    chord = sqrt(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)))
    return int(2 * EARTH_RADIUS_M * asin(chord * 0.5) + 0.5)


def _on_sphere(lat: float, lon: float) -> tuple[float, float, float]:
    phi, lam = radians(lat), radians(lon)
    return cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi)
