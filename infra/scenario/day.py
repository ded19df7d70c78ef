"""A day of one or more districts as a list of items in the order they are sent: the day before, the night, the day itself.

What happens is each domain's own (`infra.scenario.sources`); here the parts are merged into one day by the scenario's clock.
"""

from collections.abc import Iterable, Iterator

from infra.scenario.district import load_district
from infra.scenario.plan import DEFAULT_DATE, DayPlan
from infra.scenario.sources import SOURCES
from infra.scenario.words import MINUTE_MS, Item, Sender, event

__all__ = ["DEFAULT_DATE", "DayPlan", "areas_of", "build_day", "with_ticks"]


def areas_of(plan: DayPlan) -> list[tuple[str, str]]:
    """Every domain and area that the plan plays in, in a stable order. Raises `KeyError` for a domain without a day."""
    out: dict[tuple[str, str], None] = {}
    for domain in plan.domains:
        for code in plan.districts:
            out[domain, SOURCES[domain].area(load_district(code))] = None
    return list(out)


def build_day(plan: DayPlan) -> list[Item]:
    """Every item of the day in sending order; equal plans give equal lists, byte for byte."""
    items: list[Item] = []
    for domain in plan.domains:
        for code in plan.districts:
            items += [item._replace(domain=domain) for item in SOURCES[domain].items(plan, load_district(code))]
    items.sort(key=lambda item: item.at_ms)
    return items


def with_ticks(items: Iterable[Item], plan: DayPlan, tick_minutes: int) -> Iterator[Item]:
    """The items with a `clock.ticked.v1` per domain and area every so many played minutes, to the end of the plan's day."""
    step_ms = tick_minutes * MINUTE_MS
    places = areas_of(plan)
    next_ms = plan.starts_ms + step_ms
    for item in items:
        while next_ms <= item.at_ms:
            yield from _ticks(places, next_ms)
            next_ms += step_ms
        yield item
    while next_ms <= plan.ends_ms:
        yield from _ticks(places, next_ms)
        next_ms += step_ms


def _ticks(places: list[tuple[str, str]], at_ms: int) -> Iterator[Item]:
    sender = Sender("clock:scenario", "system", "/scenario/clock")
    for domain, area in places:
        one = event(f"syn-tick-{domain}-{area}-{at_ms}", "clock.ticked.v1", at_ms, area=area, sender=sender, data={})
        yield Item(at_ms, "tick", area, one, domain=domain)
