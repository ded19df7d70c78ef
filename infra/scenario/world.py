"""A synthetic population and synthetic meal places of a district: seeded, labelled, never real.

Every id begins with ``syn-``. The same district, seed and sizes give the same world on every machine: each part draws from
its own generator seeded by a string, so that one part's size never moves another's draws.
"""

import math
from dataclasses import dataclass
from random import Random

from infra.scenario.district import MEALS, District, Street
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


@dataclass(frozen=True, slots=True)
class Place:
    """A place that serves meals. ``capacity`` is portions of one day by meal."""

    provider_id: str
    name: str
    kind: str
    street: str
    lat: float
    lon: float
    services: tuple[str, ...]
    diets: tuple[str, ...]
    delivery_radius_m: int | None
    capacity: dict[str, int]


@dataclass(frozen=True, slots=True)
class World:
    """People and places of one district."""

    district: District
    seed: str
    people: tuple[Person, ...]
    places: tuple[Place, ...]

    def capacity(self, meal: str) -> int:
        """Portions of this meal a day that all places together can have."""
        return sum(place.capacity[meal] for place in self.places)


def build_world(district: District, seed: str, people_count: int, scale: float = 1.0) -> World:
    """The district's places with ``scale`` of its daily capacity, and so many people by the streets' shares."""
    by_street = largest_remainder(people_count, [street.elders_permille for street in district.streets])
    people: list[Person] = []
    for street, count in zip(district.streets, by_street, strict=True):
        draw = Random(f"{seed}/people/{street.code}")
        people += [_person(draw, district, street, number) for number in range(count)]
    return World(district, seed, tuple(people), _places(district, seed, scale))


def _person(draw: Random, district: District, street: Street, number: int) -> Person:
    lat, lon = _near(draw, district, street)
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


def _places(district: District, seed: str, scale: float) -> tuple[Place, ...]:
    seats = [street for street in district.streets for _ in range(street.meal_places)]
    kinds = _kinds(district, seats)
    draw = Random(f"{seed}/places")
    weights = [{"canteen": 200, "meal_point": 90, "kitchen": 400}[kind] + draw.randrange(40) for kind in kinds]
    meals_day = round(district.figure("meals_per_day") * scale)
    totals = largest_remainder(meals_day, [district.meal_share[meal] for meal in MEALS])
    by_meal = {meal: largest_remainder(total, weights) for meal, total in zip(MEALS, totals, strict=True)}
    places: list[Place] = []
    for number, (street, kind) in enumerate(zip(seats, kinds, strict=True)):
        capacity = {meal: by_meal[meal][number] for meal in MEALS}
        places.append(_place(draw, district, street, kind=kind, number=number, capacity=capacity))
    return tuple(places)


def _kinds(district: District, seats: list[Street]) -> list[str]:
    """Canteens go round the streets first, then kitchens spread evenly over what is left; the rest are meal points."""
    kinds = ["meal_point"] * len(seats)
    rounds: dict[str, int] = {}
    order: list[tuple[int, int]] = []
    for index, street in enumerate(seats):
        order.append((rounds.get(street.code, 0), index))
        rounds[street.code] = rounds.get(street.code, 0) + 1
    order.sort()
    canteens, kitchens = district.figure("canteens"), district.figure("kitchens")
    for _, index in order[:canteens]:
        kinds[index] = "canteen"
    rest = [index for _, index in order[canteens:]]
    for step in range(kitchens):
        kinds[rest[step * len(rest) // kitchens]] = "kitchen"
    return kinds


def _place(draw: Random, district: District, street: Street, *, kind: str, number: int, capacity: dict[str, int]) -> Place:
    lat, lon = _near(draw, district, street)
    diets = ["regular"]
    for diet, likely in (("low_salt", 0.85), ("low_sugar", 0.75), ("soft", 0.65), ("vegetarian", 0.35), ("halal", 0.12)):
        if draw.random() < likely * (0.7 if kind == "meal_point" else 1.0):
            diets.append(diet)
    services: tuple[str, ...] = ("dine_in", "pickup", "delivery")
    radius_m: int | None = draw.choice((1500, 2000, 2500))
    if kind == "kitchen":
        services, radius_m = ("pickup", "delivery"), draw.choice((3000, 4000, 5000))
    elif kind == "meal_point" and draw.random() < 0.4:
        services, radius_m = ("dine_in", "pickup"), None
    if radius_m is not None and district.code == "310151":
        radius_m *= 3  # rural towns: the delivery network covers villages (seed 001)
    word = {"canteen": "社区长者食堂", "meal_point": "助餐点", "kitchen": "中央厨房"}[kind]
    return Place(
        provider_id=f"syn-c-{street.code}-{number:03d}",
        name=f"{street.name}{word}（合成{number:03d}）",
        kind=kind,
        street=street.code,
        lat=lat,
        lon=lon,
        services=services,
        diets=tuple(diets),
        delivery_radius_m=radius_m,
        capacity=capacity,
    )


def _near(draw: Random, district: District, street: Street) -> tuple[float, float]:
    """A point in the street's disc, kept inside the district's frame."""
    south, north = min(p[0] for p in district.polygon), max(p[0] for p in district.polygon)
    west, east = min(p[1] for p in district.polygon), max(p[1] for p in district.polygon)
    reach_m, angle = street.radius_m * math.sqrt(draw.random()), draw.uniform(0, 2 * math.pi)
    lat = street.lat + reach_m * math.sin(angle) / METRES_PER_DEGREE
    lon = street.lon + reach_m * math.cos(angle) / (METRES_PER_DEGREE * math.cos(math.radians(street.lat)))
    return round(min(max(lat, south), north), 6), round(min(max(lon, west), east), 6)
