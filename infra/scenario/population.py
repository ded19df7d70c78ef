"""A synthetic population of a district: seeded, labelled, never real; the same people in every domain's part of a day.

Every id begins with ``syn-``. The same district, seed and sizes give the same people on every machine: each part draws from
its own generator seeded by a string, so that one part's size never moves another's draws.
"""

import math
from dataclasses import dataclass
from random import Random

from infra.scenario.district import District, Street
from infra.scenario.portions import largest_remainder

DIETS = ("regular", "low_salt", "low_sugar", "soft", "halal", "vegetarian")
METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody aged 60 or more. ``needs`` are the diets a meal of theirs must satisfy (empty: anything)."""

    person_id: str
    street: str
    lat: float
    lon: float
    age: int
    categories: tuple[str, ...]
    needs: tuple[str, ...]
    housebound: bool


def population(district: District, seed: str, count: int) -> tuple[Person, ...]:
    """So many people aged 60 or more, by the streets' shares. A larger count adds people and changes none."""
    by_street = largest_remainder(count, [street.elders_permille for street in district.streets])
    people: list[Person] = []
    for street, number in zip(district.streets, by_street, strict=True):
        draw = Random(f"{seed}/people/{street.code}")
        people += [_person(draw, district, street, index) for index in range(number)]
    return tuple(people)


def _person(draw: Random, district: District, street: Street, number: int) -> Person:
    lat, lon = near(draw, district, street)
    age = min(60 + int(draw.expovariate(1 / 12.0)), 105)
    categories = ["registered"] if draw.random() < 0.88 else []
    if draw.random() < 0.04:
        categories.append("low_income")
    if age >= 80 and draw.random() < 0.25:
        categories.append("living_alone")
    if draw.random() < (0.30 if age >= 80 else 0.05):
        categories.append("level_2_or_above")
    shares: dict[str, int] = district.assumed["diet_permille"]
    diet = draw.choices(DIETS, [shares[name] for name in DIETS])[0]
    return Person(
        person_id=f"syn-p-{street.code}-{number:05d}",
        street=street.code,
        lat=lat,
        lon=lon,
        age=age,
        categories=tuple(categories),
        needs=() if diet == "regular" else (diet,),
        housebound=draw.random() < (0.45 if age >= 80 else 0.12),
    )


def near(draw: Random, district: District, street: Street) -> tuple[float, float]:
    """A point in the street's disc, kept inside the district's frame."""
    south, north = min(p[0] for p in district.polygon), max(p[0] for p in district.polygon)
    west, east = min(p[1] for p in district.polygon), max(p[1] for p in district.polygon)
    reach_m, angle = street.radius_m * math.sqrt(draw.random()), draw.uniform(0, 2 * math.pi)
    lat = street.lat + reach_m * math.sin(angle) / METRES_PER_DEGREE
    lon = street.lon + reach_m * math.cos(angle) / (METRES_PER_DEGREE * math.cos(math.radians(street.lat)))
    return round(min(max(lat, south), north), 6), round(min(max(lon, west), east), 6)
