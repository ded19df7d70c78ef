"""The example policies of a played district: the meals rules of the features page as data, and the year's calendar."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from infra.scenario.words import Item, at, event, office
from infra.scenario.world import World


def policy_items(world: World, day: date, prefix: str) -> Iterator[Item]:
    """The policies in force, published before anything else of the day before."""
    eve = day - timedelta(days=1)
    in_force = date(eve.year, 1, 1).isoformat()
    policies = (
        ("meals", f"{world.district.code}/2026.1", meals_parameters(), "M-R2, M-R3, M-R4, M-R8; example values for a played day"),
        (
            "calendar",
            str(day.year),
            calendar_parameters(),
            "2026 holidays as announced by the State Council; from memory, check before real use",
        ),
    )
    for number, (name, version, parameters, source) in enumerate(policies):
        at_ms = at(eve, 6.6) + number * 1000
        body = {"policy": name, "version": version, "in_force_from": in_force, "parameters": parameters, "source": source}
        one = event(
            f"{prefix}-pol-{name}",
            "policy.published.v1",
            at_ms - 500,
            area=world.district.code,
            sender=office(world.district.word),
            data=body,
        )
        yield Item(at_ms, "policy", world.district.code, one)


def meals_parameters() -> dict[str, Any]:
    """Parameters of the meals policy."""
    return {}


def calendar_parameters() -> dict[str, Any]:
    """Holidays and make-up working days of 2026."""
    return {}
