"""What one domain gives to a played day: the seam between the day and a domain's room."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from infra.scenario.district import District
from infra.scenario.plan import DayPlan
from infra.scenario.words import Item

Answer = Callable[[Mapping[str, Any], Random], str | None]
"""A task as the gateway lists it (``task_id, kind, about, detail, age_s, ...``), and a draw; the result code an operator ends it
with, or None to leave it open."""


Follow = Callable[[Mapping[str, Any], str, int], Iterable[Item]]
"""The overview of an area as the gateway shows it, the plan's seed, and the scenario's clock; what clients send because of what they
see there, now or at a later ``at_ms``. An item is sent once, whatever is seen again: its event's id names the occasion."""


def _same_area(district: District) -> str:
    return district.code


@dataclass(frozen=True)
class DaySource:
    """One domain's part of the day. Declared once, as `SOURCE`, in ``infra/scenario/<domain>/day.py``.

    - ``items(plan, district)``: everything the domain's clients send in this district from `plan.starts_ms` to `plan.ends_ms`, in
      no particular order; equal plans give equal items. Items need not name their domain: the day stamps them.
    - ``area(district)``: where the district is coordinated: itself, unless the domain pools higher up. It gets the clock's ticks.
    - ``answer``: how an operator ends this domain's human tasks.
    - ``follow``: how clients react to what was decided (offers); None when they do not.
    """

    domain: str
    items: Callable[[DayPlan, District], Iterator[Item]]
    answer: Answer
    area: Callable[[District], str] = _same_area
    follow: Follow | None = None
