"""Which domains have a part in a played day: one line a domain."""

from infra.scenario.beds.day import SOURCE as BEDS
from infra.scenario.childcare.day import SOURCE as CHILDCARE
from infra.scenario.emergency.day import SOURCE as EMERGENCY
from infra.scenario.meals.day import SOURCE as MEALS
from infra.scenario.source import DaySource

SOURCES: dict[str, DaySource] = {
    one.domain: one
    for one in (
        MEALS,
        EMERGENCY,
        BEDS,
        CHILDCARE,
    )
}
"""Domain name to its part of the day."""
