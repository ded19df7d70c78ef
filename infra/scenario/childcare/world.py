"""Synthetic sites of childcare in a district, their sessions of a day, and the families who book: seeded, labelled, never real."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from infra.scenario.district import District, Street
from infra.scenario.plan import DayPlan
from infra.scenario.population import near
from infra.scenario.portions import largest_remainder
from infra.scenario.words import at, rfc3339

YOUNG_WEIGHT, CARE_PER_STAFF = 175, 525
"""C-R4, C-R3: a child under three weighs 1.75, one carer may care for 5.25."""
TIMES: dict[str, tuple[tuple[str, float, float], ...]] = {
    "kindergarten": (("full_day", 8.0, 16.0), ("hourly", 16.0, 17.0)),
    "baby_house": (
        ("half_day", 8.5, 11.5), ("hourly", 11.5, 12.5), ("hourly", 12.5, 13.5), ("half_day", 13.5, 16.5), ("hourly", 16.5, 17.5),
    ),
    "guidance_station": (("drop_in", 9.5, 11.0), ("drop_in", 14.0, 15.5)),
    "bath_team": tuple(("visit", 8.5 + 1.5 * n, 9.5 + 1.5 * n) for n in range(5)),
    "health_centre": (("visit", 9.0, 10.0), ("visit", 10.5, 11.5), ("visit", 14.0, 15.0)),
}  # fmt: skip
"""When each kind of site has its sessions; assumed."""
SERVICE = {
    "kindergarten": "care",
    "baby_house": "care",
    "guidance_station": "guidance",
    "health_centre": "newborn_visit",
    "bath_team": "bathing",
}
WORDS = {
    "kindergarten": "托幼一体幼儿园",
    "baby_house": "社区宝宝屋",
    "guidance_station": "科学育儿指导站",
    "health_centre": "社区卫生服务中心",
    "bath_team": "助浴队",
}


@dataclass(frozen=True, slots=True)
class Site:
    """One site with so many seats at a time."""

    site_id: str
    name: str
    kind: str
    street: str
    lat: float
    lon: float
    seats: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One session of a site."""

    session_id: str
    site: Site
    day: date
    from_hour: float
    to_hour: float
    mode: str

    @property
    def service(self) -> str:
        """Which declaration holds for it."""
        return SERVICE[self.site.kind]

    @property
    def starts_ms(self) -> int:
        """Its start."""
        return at(self.day, self.from_hour)

    @property
    def ends_ms(self) -> int:
        """Its end."""
        return at(self.day, self.to_hour)

    @property
    def staff(self) -> int:
        """Carers planned: enough for every seat with a child under three (C-R3, C-R4)."""
        return -(-self.site.seats * YOUNG_WEIGHT // CARE_PER_STAFF) if self.service == "care" else 2

    def offered(self, seats: int | None = None) -> dict[str, Any]:
        """As the site publishes it."""
        return {
            "session_id": self.session_id, "start": rfc3339(self.starts_ms), "end": rfc3339(self.ends_ms), "mode": self.mode,
            "seats": self.site.seats if seats is None else seats, "staff": self.staff, "service": self.service,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Family:
    """Parents with one child or two under three. ``home_area`` is another district's when they live there."""

    family_id: str
    children: tuple[tuple[str, date], ...]
    lat: float
    lon: float
    street: str
    home_area: str | None
    persons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    """Sites and families of one district."""

    plan: DayPlan
    district: District
    seed: str
    sites: tuple[Site, ...]

    def draw(self, *names: str) -> Random:
        """A generator of its own for whatever has this name: one part's size never moves another's draws."""
        return Random("/".join((self.seed, *names)))

    def slots(self, day: date) -> list[Slot]:
        """Every session of that day, in a stable order."""
        return [
            Slot(f"{site.site_id}-{day:%m%d}-{number}", site, day, from_hour, to_hour, mode)
            for site in self.sites
            for number, (mode, from_hour, to_hour) in enumerate(TIMES[site.kind])
        ]

    def family(self, number: int, months: tuple[int, int] = (13, 34), *, siblings: bool = False, site: Site | None = None) -> Family:
        """The family of this number. Four in five of those who book at ``site`` live in its street; assumed."""
        draw = self.draw("family", str(number))
        streets = self.district.streets
        if site is not None and draw.random() < 0.8:
            streets = tuple(each for each in streets if each.code == site.street)
        street = streets[draw.randrange(len(streets))]
        lat, lon = near(draw, self.district, street)
        code = self.district.code
        born = self.plan.day - timedelta(days=draw.randrange(*months) * 30 + draw.randrange(28))
        children = [(f"syn-kid-{code}-{number:05d}", born)]
        if siblings:
            children.append((f"syn-kid-{code}-{number:05d}b", born))
        away = draw.random() < self.district.domain_figure("childcare", "other_home_permille") / 1000
        home = next(other for other in ("310110", "310106") if other != code) if away else None
        persons = tuple(f"syn-rel-{code}-{number:05d}-{which}" for which in range(draw.choice((1, 2, 2, 3))))
        return Family(f"syn-fam-{code}-{number:05d}", tuple(children), lat, lon, street.code, home, persons)


def build_world(plan: DayPlan, district: District) -> World:
    """The district's sites with ``plan.scale`` of their seats."""
    seed = f"{plan.seed}/{district.code}/childcare"
    draw = Random(f"{seed}/sites")
    sites: list[Site] = []
    for kind, seats in _seats(district):
        for number, count in enumerate(seats):
            street = district.streets[number % len(district.streets)]
            sites.append(_site(draw, district, street, kind=kind, number=number, seats=max(1, round(count * plan.scale))))
    return World(plan, district, seed, tuple(sites))


def _seats(district: District) -> list[tuple[str, list[int]]]:
    """Seats of every site by kind. The seeds' figures where they have them: 崇明's 26 sites, 32 classes, 1,280 places of 宝宝屋;
    静安's 52 nursery-class kindergartens, which share its 2,600 places with the streets' 宝宝屋."""

    def figure(name: str) -> int:
        return district.domain_figure("childcare", name)

    if "baobao_classes" in district.figures:
        classes = largest_remainder(figure("baobao_classes"), [1] * figure("baobao_sites"))
        a_class = figure("baobao_places") // figure("baobao_classes")
        houses = [a_class * count for count in classes]
    else:
        houses = [figure("baby_house_seats")] * figure("baby_houses")
    found = [("baby_house", houses)]
    if "nurseries_with_classes" in district.figures:
        places = figure("childcare_places") - sum(houses)
        found.append(("kindergarten", largest_remainder(places, [1] * figure("nurseries_with_classes"))))
    if "bath_visits_per_year" in district.figures:
        a_visit = -(-figure("bath_visits_per_year") // (365 * figure("bath_teams") * len(TIMES["bath_team"])))
        found.append(("bath_team", [a_visit] * figure("bath_teams")))
    found.append(("guidance_station", [figure("guidance_seats")]))
    found.append(("health_centre", [figure("newborn_visits_an_hour")] * 2))
    return found


def _site(draw: Random, district: District, street: Street, *, kind: str, number: int, seats: int) -> Site:
    lat, lon = near(draw, district, street)
    tag = {"baby_house": "bh", "kindergarten": "kg", "guidance_station": "gs", "health_centre": "hc", "bath_team": "bt"}[kind]
    name = f"{street.name}{WORDS[kind]}（合成{number:02d}）"
    return Site(f"syn-{tag}-{street.code}-{number:02d}", name, kind, street.code, lat, lon, seats)
