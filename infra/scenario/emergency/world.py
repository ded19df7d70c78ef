"""Synthetic clients with their devices, contacts and keys, and responders of a district: seeded, labelled, never real."""

from dataclasses import dataclass
from random import Random
from typing import Any

from infra.scenario.district import District, Street
from infra.scenario.emergency.grid import Spot, crossing_near
from infra.scenario.plan import DayPlan
from infra.scenario.population import Person, population

SPEED_M_S = {"volunteer": 1.3, "community_worker": 4.2, "nurse": 4.2, "security": 4.2, "rescue_car": 6.0, "station": 4.2}
"""The policy's speeds (see `policy`): who is slower than promised is late."""
SKILLS = {
    "volunteer": ("first_aid",), "community_worker": ("first_aid", "lifting"), "nurse": ("first_aid",),
    "security": ("lifting", "fire_safety"), "rescue_car": ("first_aid", "lifting", "fire_safety"), "station": ("first_aid", "lifting"),
}  # fmt: skip
MOBILE = ("nurse", "security", "community_worker", "volunteer")
REGION_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Device:
    """A device; one that ``stops`` falls silent so many hours after the day before began."""

    device_id: str
    kind: str
    person_id: str
    spot: Spot
    stops_hour: float | None


@dataclass(frozen=True, slots=True)
class Client:
    """A covered person."""

    person: Person
    lives_alone: bool
    devices: tuple[Device, ...]
    contacts: tuple[dict[str, Any], ...]
    access_id: str | None

    @property
    def spot(self) -> Spot:
        """Home."""
        return self.person.lat, self.person.lon


@dataclass(slots=True)
class Unit:
    """A responder and where it is in the rehearsal."""

    responder_id: str
    kind: str
    base: Spot
    reach_m: float
    night: bool
    spot: Spot
    goal: Spot
    moved_ms: int = 0
    call_id: str | None = None
    on_duty: bool = False


@dataclass(frozen=True)
class World:
    """Clients and responders of one district; ``area`` is its dispatch region."""

    district: District
    seed: str
    area: str
    clients: tuple[Client, ...]
    units: tuple[Unit, ...]


def region(district: District) -> str:
    """The dispatch region that pools the district's emergencies (design, section 2)."""
    return district.code[:REGION_DIGITS]


def build_world(plan: DayPlan, district: District) -> World:
    """The same plan and district give the same world; the people are those of the other domains."""
    seed = f"{plan.seed}/{district.code}"
    count = max(40, round(district.domain_figure("emergency", "clients") * plan.scale))
    people = population(district, seed, count)
    draw = Random(f"{seed}/emergency/clients")
    clients = tuple(_client(draw, person) for person in people)
    return World(district, seed, region(district), clients, _units(plan, district, Random(f"{seed}/emergency/units")))


def _client(draw: Random, person: Person) -> Client:
    alone = "living_alone" in person.categories or draw.random() < 0.55
    tail = person.person_id.removeprefix("syn-p-")
    devices = []
    for kind, likely in (("button", 0.93), ("smoke", 0.2), ("fall", 0.15), ("no_motion", 0.1)):
        if draw.random() < likely:
            stops = draw.uniform(1, 16) if draw.random() < 0.012 else None
            devices.append(Device(f"syn-d-{tail}-{kind}", kind, person.person_id, (person.lat, person.lon), stops))
    contacts = tuple(
        {"contact_id": f"syn-k-{tail}-{n}", **({"from_minute": 420, "until_minute": 1320} if draw.random() < 0.4 else {})}
        for n in range(draw.choice((0, 0, 1, 1, 2, 3)))
    )
    return Client(person, alone, tuple(devices), contacts, f"syn-key-{tail}" if alone and draw.random() < 0.6 else None)


def _units(plan: DayPlan, district: District, draw: Random) -> tuple[Unit, ...]:
    """A manned station in every street, mobile responders over the streets, and two cars."""
    out = [_unit(draw, street, "station", n, night=True) for n, street in enumerate(district.streets)]
    mobile = max(8, round(district.domain_figure("emergency", "mobile_responders") * plan.scale))
    for n in range(mobile):
        street = district.streets[n * 5 % len(district.streets)]
        out.append(_unit(draw, street, MOBILE[n % len(MOBILE)], n, night=n % 3 == 0))
    out += [_unit(draw, draw.choice(district.streets), "rescue_car", n, night=True) for n in range(2)]
    return tuple(out)


def _unit(draw: Random, street: Street, kind: str, number: int, *, night: bool) -> Unit:
    base = crossing_near(draw, (street.lat, street.lon), street.radius_m * 0.6)
    return Unit(f"syn-u-{street.code}-{kind}-{number:02d}", kind, base, street.radius_m, night, base, base)
