"""A year of a district's beds, for measurements and for the counterfactual: the same homes and manners as the played day, and a whole
year of applications and vacancies. Synthetic and seeded; equal arguments give equal events."""

from datetime import date, timedelta
from random import Random
from typing import Any

import orjson

from infra.calendar.produce import FOLDER as CALENDARS
from infra.scenario.beds.day import beds_parameters
from infra.scenario.beds.life import DAY_MS, Life
from infra.scenario.beds.world import World, build_world, wish
from infra.scenario.district import District
from infra.scenario.words import Sender, at, house, office

FIRST_DAY = date(2026, 1, 1)
VACANCIES_END_BEFORE_DAYS = 3


def year_of(district: District, seed: str, applications: int = 20_000, vacancies: int = 10_300) -> Life:
    """A life that has been lived for a year: what was sent is in `received`, with the ticks of the clock; the state is in `area`."""
    world = build_world(district, f"{seed}/{district.code}/year", applications)
    draw = Random(f"{world.seed}/lived")
    life = Life(district.code, f"syn-{district.code}-year", district.word, draw)
    life.keep_received = True
    _rules(life, world)
    _homes(life, world)
    _applications(life, world, draw, applications)
    for _ in range(vacancies):
        at_ms = at(FIRST_DAY, 12) + draw.randrange((365 - VACANCIES_END_BEFORE_DAYS) * DAY_MS)
        life.plan(at_ms, "vacancy", "beds.bed.vacated.v1", _vacancy(life, world, draw), office(district.word))
    for _ in life.lived(at(FIRST_DAY, 0) + 365 * DAY_MS):
        pass
    return life


def _rules(life: Life, world: World) -> None:
    clerk = office(world.district.word)
    first_ms = at(FIRST_DAY, 0.1)
    parameters = {"policy": "beds", "version": f"{world.district.code}/2026.1", "parameters": beds_parameters(world), "source": "B-R9 [O]"}
    life.plan(first_ms, "policy", "policy.published.v1", parameters | {"in_force_from": FIRST_DAY.isoformat()}, clerk)
    for path in sorted(CALENDARS.glob("20*.json")):
        life.plan(first_ms + 1000, "policy", "policy.published.v1", orjson.loads(path.read_bytes()), clerk)


def _homes(life: Life, world: World) -> None:
    """Full homes: in a year that begins with a line every bed is somebody's. Each speaks every day, mostly of nothing new (C07)."""
    for number, home in enumerate(world.homes):
        sender = house(world.district.word, home.facility_id)
        named = {"facility_id": home.facility_id, "name": home.name, "position": {"lat": home.lat, "lon": home.lon}, "street": home.street}
        life.plan(at(FIRST_DAY, 1) + number * 1000, "registration", "beds.facility.registered.v1", named, sender)
        for first in home.publications("occupied"):
            life.plan(at(FIRST_DAY, 2) + number * 1000, "publication", "beds.inventory.published.v1", first, sender)
        for day in range(1, 365):
            fresh = {"facility_id": home.facility_id, "version": day + 1, "beds": []}
            life.plan(at(FIRST_DAY, 7.5) + day * DAY_MS + number * 30_000, "publication", "beds.inventory.published.v1", fresh, sender)


def _applications(life: Life, world: World, draw: Random, applications: int) -> None:
    relative = Sender("relative:syn-r", "app", f"/scenario/{world.district.word}/app")
    people = list(world.people)
    draw.shuffle(people)
    for number, person in enumerate(people[:applications]):
        day = FIRST_DAY + timedelta(days=draw.randrange(365))
        data = wish(world, person, draw, number=number, today=day)
        life.plan(at(day, draw.triangular(8.5, 17.0, 10.0)), "application", "beds.application.submitted.v1", data, relative)


def _vacancy(life: Life, world: World, draw: Random) -> Any:
    def chosen() -> dict[str, Any] | None:
        for _ in range(500):
            home = draw.choice(world.homes)
            bed = draw.choice(home.beds)
            if life.area.domain.facilities[home.facility_id].beds[bed.bed_id].state.value == "occupied":
                return {"facility_id": home.facility_id, "bed_id": bed.bed_id, "reason": "moved_home"}
        return None

    return chosen
