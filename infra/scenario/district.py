"""A district as data: the figures of the seeds with their sources, what we assumed, and a synthetic geographic frame."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parent / "districts"
MEALS = ("breakfast", "lunch", "dinner")
NOT_DOMAINS = frozenset({"figures", "assumed", "frame"})
"""Tables of a district's file that are no domain's."""


@dataclass(frozen=True, slots=True)
class Street:
    """One street or town: its official code and name, and a synthetic place on the map."""

    code: str
    name: str
    lat: float
    lon: float
    radius_m: int
    elders_permille: int
    meal_places: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What one domain adds to a district: ``[<domain>.figures]`` with their sources, ``[<domain>.assumed]`` with their reasons."""

    figures: dict[str, int]
    sources: dict[str, str]
    assumed: dict[str, Any]
    why: dict[str, str]


NO_FIGURES = Figures({}, {}, {}, {})


@dataclass(frozen=True, slots=True)
class District:
    """One district. ``figures`` come from the seeds, ``sources`` says where; ``assumed`` names what does not, ``why`` the reason.

    Positions are WGS-84 and synthetic: no official coordinates came with the seeds.
    """

    code: str
    name: str
    word: str
    figures: dict[str, int]
    sources: dict[str, str]
    assumed: dict[str, Any]
    why: dict[str, str]
    polygon: tuple[tuple[float, float], ...]
    streets: tuple[Street, ...]
    domains: dict[str, Figures]

    def figure(self, name: str) -> int:
        """A number, from the seeds when they have it, else the assumed one. Raises `KeyError` when there is neither."""
        return self.figures[name] if name in self.figures else int(self.assumed[name])

    def of(self, domain: str) -> Figures:
        """What this domain adds; empty when nothing."""
        return self.domains.get(domain, NO_FIGURES)

    def domain_figure(self, domain: str, name: str) -> int:
        """A number of a domain: its own from the seeds, its own assumed one, else the district's. Raises `KeyError`."""
        own = self.of(domain)
        if name in own.figures:
            return own.figures[name]
        return int(own.assumed[name]) if name in own.assumed else self.figure(name)

    def is_assumed(self, name: str) -> bool:
        """Whether this number is the project's own."""
        return name not in self.figures and name in self.assumed

    @property
    def meal_share(self) -> dict[str, int]:
        """Share of the day's meals by meal, in thousandths."""
        return {meal: int(self.assumed["meal_share_permille"][meal]) for meal in MEALS}


def district_codes() -> tuple[str, ...]:
    """Every district that has a file, in order of code."""
    return tuple(sorted(path.stem for path in DIRECTORY.glob("*.toml")))


@cache
def load_district(code: str) -> District:
    """Read one district's file. Raises `KeyError` naming the districts that exist when it is none of them."""
    if code not in district_codes():
        raise KeyError(f"no district {code}; there are {', '.join(district_codes())}")
    with (DIRECTORY / f"{code}.toml").open("rb") as file:
        raw = tomllib.load(file)
    if raw["frame"]["label"] != "synthetic":
        raise ValueError("a frame without official coordinates is labelled synthetic")
    streets = tuple(
        Street(s["code"], s["name"], s["centre"][0], s["centre"][1], s["radius_m"], s["elders_permille"], s["meal_places"])
        for s in raw["streets"]
    )
    shared = _figures(raw)
    return District(
        code=raw["code"],
        name=raw["name"],
        word=raw["word"],
        figures=shared.figures,
        sources=shared.sources,
        assumed=shared.assumed,
        why=shared.why,
        polygon=tuple((point[0], point[1]) for point in raw["frame"]["polygon"]),
        streets=streets,
        domains={name: _figures(raw[name]) for name in raw if name not in NOT_DOMAINS and isinstance(raw[name], dict)},
    )


def _figures(raw: dict[str, Any]) -> Figures:
    figures, assumed = raw.get("figures", {}), raw.get("assumed", {})
    return Figures(
        figures={name: entry["value"] for name, entry in figures.items()},
        sources={name: entry["source"] for name, entry in figures.items()},
        assumed={name: entry["value"] for name, entry in assumed.items()},
        why={name: entry["why"] for name, entry in assumed.items()},
    )
