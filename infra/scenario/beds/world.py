"""Synthetic homes of a district, their beds, and people who wait for one: seeded, labelled, never real.

How many homes and beds there are is the seeds' figure; how the beds divide into types, rooms and pools, how many are occupied and
how many people wait is assumed, each with its reason in the district's file.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from infra.scenario.district import District, Street
from infra.scenario.population import Person, near, population
from infra.scenario.portions import largest_remainder
from schemas.beds import BEDS_PUBLISHED_MAX

BEDS_OF_A_HOME_MIN = 3
EXTRA_CATEGORIES = ((0.04, "special_poor"), (0.02, "family_planning_special"), (0.06, "alone"), (0.10, "disabled"), (0.12, "very_old"))
"""Shares of applicants with a category that ranks (B-R1); assumed."""


@dataclass(frozen=True, slots=True)
class Bed:
    """One bed as its home publishes it on the first morning."""

    bed_id: str
    bed_type: str
    sex: str
    pool: str
    state: str

    def row(self, state: str | None = None) -> dict[str, str]:
        """As an inventory names it."""
        return {"bed_id": self.bed_id, "type": self.bed_type, "sex": self.sex, "pool": self.pool, "state": state or self.state}


@dataclass(frozen=True, slots=True)
class Home:
    """A home with its beds."""

    facility_id: str
    name: str
    street: str
    lat: float
    lon: float
    beds: tuple[Bed, ...]

    def publications(self, state: str | None = None) -> list[dict[str, Any]]:
        """Its first word on every bed, in as many publications as one may have rows."""
        rows = [bed.row(state) for bed in self.beds]
        parts = [rows[start : start + BEDS_PUBLISHED_MAX] for start in range(0, len(rows), BEDS_PUBLISHED_MAX)]
        return [{"facility_id": self.facility_id, "version": number, "beds": part} for number, part in enumerate(parts, 1)]


@dataclass(frozen=True, slots=True)
class World:
    """Homes of one district, and the people who may apply."""

    district: District
    seed: str
    homes: tuple[Home, ...]
    people: tuple[Person, ...]

    def number(self, name: str) -> int:
        """A figure of beds, or an assumed one."""
        return self.district.domain_figure("beds", name)

    def shares(self, name: str) -> dict[str, int]:
        """An assumed division in thousandths."""
        found: dict[str, int] = self.district.of("beds").assumed[name]
        return found


def build_world(district: District, seed: str, people: int, scale: float = 1.0) -> World:
    """The district's homes with `scale` of their beds, and so many people."""
    homes = _homes(district, seed, scale)
    return World(district, seed, homes, population(district, seed, people))


def _homes(district: District, seed: str, scale: float) -> tuple[Home, ...]:
    count, beds = district.domain_figure("beds", "care_homes"), district.domain_figure("beds", "care_home_beds")
    by_street = largest_remainder(count, [street.elders_permille for street in district.streets])
    seats = [street for street, number in zip(district.streets, by_street, strict=True) for _ in range(number)]
    draw = Random(f"{seed}/homes")
    weights = [40 + draw.randrange(120) for _ in seats]
    total = max(round(beds * scale), BEDS_OF_A_HOME_MIN * count)
    sizes = [BEDS_OF_A_HOME_MIN + more for more in largest_remainder(total - BEDS_OF_A_HOME_MIN * count, weights)]
    return tuple(_home(draw, district, street, number=number, size=sizes[number]) for number, street in enumerate(seats))


def _home(draw: Random, district: District, street: Street, *, number: int, size: int) -> Home:
    lat, lon = near(draw, district, street)
    assumed = district.of("beds").assumed
    drawn = {name: (list(assumed[name]), list(assumed[name].values())) for name in ("type", "room", "pool", "state")}
    beds = []
    for place in range(size):
        kind, sex, pool, state = (draw.choices(names, shares)[0] for names, shares in drawn.values())
        beds.append(Bed(f"b{place:03d}", kind, sex, pool, state))
    word = "长者照护之家" if size < 50 else "养老院"
    return Home(f"syn-h-{street.code}-{number:02d}", f"{street.name}{word}（合成{number:02d}）", street.code, lat, lon, tuple(beds))


def wish(world: World, person: Person, draw: Random, *, number: int, today: date) -> dict[str, Any]:
    """One person's application as the assessment office writes it, without the date of a paper one."""
    level = draw.choices((1, 2, 3, 4, 5, 6), (3, 22, 25, 22, 17, 11))[0]
    categories = [] if draw.random() < 0.03 else ["registered"]
    categories += [name for share, name in EXTRA_CATEGORIES if draw.random() < share]
    if person.age >= 90 and "very_old" not in categories:
        categories.append("very_old")
    kinds = ["nursing", "basic"] if level >= 4 else ["basic"]
    more: dict[str, Any] = {}
    roll = draw.random()
    if roll < 0.06:
        kinds, categories = ["dementia", *kinds], [*categories, "dementia"]
    elif roll < 0.09:
        kinds, more = ["respite"], {"stay_days": draw.choice((7, 14, 28))}
    reach = draw.random()
    if reach < 0.45:
        homes = sorted(world.homes, key=lambda home: abs(home.lat - person.lat) + abs(home.lon - person.lon))[:12]
        more["choices"] = [home.facility_id for home in draw.sample(homes, k=min(len(homes), draw.choice((1, 2, 3, 5))))]
    elif reach < 0.6:
        more["max_travel_s"] = draw.choice((900, 1800, 2700))
    return {
        "application_id": f"syn-app-{world.district.code}-{number:06d}",
        "person_id": person.person_id,
        "position": {"lat": person.lat, "lon": person.lon},
        "street": person.street,
        "sex": "f" if draw.random() < 0.6 else "m",
        "assessed_level": level,
        "assessed_on": (today - timedelta(days=draw.randrange(1, 400) if draw.random() < 0.98 else 800)).isoformat(),
        "categories": categories,
        "bed_types": kinds,
        "score": draw.randrange(10, 90),
        "age": person.age,
        **more,
    }
