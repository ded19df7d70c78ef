"""Synthetic meal places of a district and the people who eat there: seeded, labelled, never real."""

from dataclasses import dataclass
from random import Random

from infra.scenario.district import MEALS, District, Street
from infra.scenario.population import Person, near, population
from infra.scenario.portions import largest_remainder


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
    return World(district, seed, population(district, seed, people_count), _places(district, seed, scale))


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
    lat, lon = near(draw, district, street)
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
