"""What the places do in a day: register, publish capacity (also wrongly), close, reopen, correct."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from infra.scenario.district import MEALS
from infra.scenario.meals.world import Place, World
from infra.scenario.words import Item, at, event, house, rfc3339


def place_items(world: World, day: date, prefix: str) -> Iterator[Item]:
    """Every item of the places, in no particular order."""
    yield from _registrations(world, day, prefix)
    yield from _publications(world, day, prefix)
    yield from _corrections(world, day, prefix)
    yield from _closures(world, day, prefix)


def _registrations(world: World, day: date, prefix: str) -> Iterator[Item]:
    eve = day - timedelta(days=1)
    for number, place in enumerate(world.places):
        data: dict[str, Any] = {
            "provider_id": place.provider_id,
            "name": place.name,
            "kind": place.kind,
            "position": {"lat": place.lat, "lon": place.lon},
            "street": place.street,
            "services": list(place.services),
            "diets": list(place.diets),
        }
        if place.delivery_radius_m is not None:
            data["delivery_radius_m"] = place.delivery_radius_m
        yield _item(
            world,
            "registration",
            f"{prefix}-reg-{number:03d}",
            "meals.provider.registered.v1",
            at_ms=at(eve, 7.1) + number * 9000,
            place=place,
            data=data,
        )


def _slots(place: Place, days: tuple[date, ...], factor: float = 1.0) -> list[dict[str, Any]]:
    return [{"date": day.isoformat(), "meal": meal, "capacity": round(place.capacity[meal] * factor)} for day in days for meal in MEALS]


def _publications(world: World, day: date, prefix: str) -> Iterator[Item]:
    eve, next_day = day - timedelta(days=1), day + timedelta(days=1)
    for number, place in enumerate(world.places):
        data = {"provider_id": place.provider_id, "version": 1, "slots": _slots(place, (day, next_day))}
        yield _item(
            world,
            "publication",
            f"{prefix}-cap-{number:03d}-1",
            "meals.capacity.published.v1",
            at_ms=at(eve, 8.0) + number * 20_000,
            place=place,
            data=data,
        )


def _corrections(world: World, day: date, prefix: str) -> Iterator[Item]:
    """Some raise or lower their figures; some are sent twice, late, or in the wrong order; one falls below what it promised."""
    eve = day - timedelta(days=1)
    draw = Random(f"{world.seed}/corrections")
    chosen = draw.sample(range(len(world.places)), k=max(10, len(world.places) // 8))
    for turn, number in enumerate(chosen):
        place = world.places[number]
        first_ms = at(eve, 12.0 + 7.5 * draw.random())

        def publish(version: int, factor: float, at_ms: int, tag: str, *, place: Place = place, number: int = number) -> Item:
            data = {"provider_id": place.provider_id, "version": version, "slots": _slots(place, (day,), factor)}
            name = f"{prefix}-cap-{number:03d}-{version}{tag}"
            return _item(world, f"correction{tag}", name, "meals.capacity.published.v1", at_ms=at_ms, place=place, data=data)

        if turn == 0:
            # Below use: lowered to a tenth when the evening's orders are in (C01).
            yield publish(2, 0.1, at(eve, 19.8), "")
        elif turn in (1, 2):
            # The newer one overtakes the older one on the way (C06).
            yield publish(3, 0.8, first_ms, "")
            yield publish(2, 1.3, first_ms + 600_000, "-late")
        elif turn in (3, 4):
            yield publish(2, 1.1, first_ms, "")
            yield publish(2, 1.1, first_ms + 45_000, "-again")
        elif turn == 5:
            yield publish(2, 1.2, at(day, 9.5), "")
        else:
            yield publish(2, draw.choice((0.8, 0.9, 1.1, 1.2)), first_ms, "")


def _closures(world: World, day: date, prefix: str) -> Iterator[Item]:
    eve, next_day = day - timedelta(days=1), day + timedelta(days=1)
    draw = Random(f"{world.seed}/closures")
    announced, sudden, brief, evening, undone = (world.places[n] for n in draw.sample(range(len(world.places)), k=5))

    def closed(tag: str, at_ms: int, place: Place, **data: str) -> Item:
        body = {"provider_id": place.provider_id, **data}
        return _item(world, "closure", f"{prefix}-close-{tag}", "meals.provider.closed.v1", at_ms=at_ms, place=place, data=body)

    def reopened(tag: str, at_ms: int, place: Place) -> Item:
        body = {"provider_id": place.provider_id, "reason": "repaired"}
        return _item(world, "reopening", f"{prefix}-open-{tag}", "meals.provider.reopened.v1", at_ms=at_ms, place=place, data=body)

    window = {"from": rfc3339(at(day, 0)), "until": rfc3339(at(next_day, 0))}
    yield closed("announced", at(eve, 11.0), announced, reason="maintenance", **window)
    yield closed("sudden", at(day, 7.67), sudden, reason="kitchen_fault")
    yield closed("brief", at(day, 9.2), brief, reason="power_cut")
    yield reopened("brief", at(day, 10.0), brief)
    yield closed("evening", at(day, 12.5), evening, reason="inspection", **{"from": rfc3339(at(day, 16)), "until": rfc3339(at(day, 22))})
    yield closed("undone", at(eve, 13.0), undone, reason="staff_shortage", **window)
    yield reopened("undone", at(eve, 14.5), undone)


def _item(world: World, kind: str, event_id: str, event_type: str, *, at_ms: int, place: Place, data: dict[str, Any]) -> Item:
    area = world.district.code
    sender = house(world.district.word, place.provider_id)
    return Item(
        at_ms, kind, area, event(event_id, event_type, at_ms - 1500, area=area, sender=sender, data=data, subject=place.provider_id)
    )
