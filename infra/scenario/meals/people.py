"""What people do in a day: order, cancel, keep standing orders; and what operators and couriers do with their orders."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from infra.scenario.district import MEALS
from infra.scenario.meals.world import World
from infra.scenario.population import Person
from infra.scenario.words import MINUTE_MS, Item, Sender, at, courier, desk, event, orderer

STANDING_SHARE = 0.06
"""People with a standing order for lunch; assumed."""


class Placed(NamedTuple):
    """One order as it was sent."""

    at_ms: int
    order_id: str
    person: Person
    meal: str
    service: str
    sender: Sender
    item: Item


def people_items(world: World, day: date, prefix: str) -> Iterator[Item]:
    """Every item of people, desks and couriers, in no particular order."""
    standing = _standing(world, day, prefix)
    yield from standing
    regulars = {item.event["data"]["person_id"] for item in standing if item.event is not None and item.kind == "standing"}
    orders = list(_orders(world, day, prefix, regulars))
    yield from (placed.item for placed in orders)
    cancelled = set()
    for placed, item in _cancellations(world, day, prefix, orders):
        cancelled.add(placed.order_id)
        yield item
    kept = [placed for placed in orders if placed.order_id not in cancelled]
    yield from _overrides(world, day, prefix, kept)
    yield from _deliveries(world, day, prefix, kept)


def _wish(world: World, person: Person, meal: str, draw: Random) -> dict[str, Any]:
    roll = draw.random()
    service = "delivery" if person.housebound or roll < 0.15 else "pickup" if roll < 0.45 else "dine_in"
    data: dict[str, Any] = {
        "person_id": person.person_id,
        "position": {"lat": person.lat, "lon": person.lon},
        "meal": meal,
        "portions": 2 if draw.random() < 0.07 else 1,
        "service": service,
        "street": person.street,
        "age": person.age,
    }
    if person.needs:
        data["diets"] = list(person.needs)
    if person.categories:
        data["categories"] = list(person.categories)
    if draw.random() < 0.05:
        near = [place.provider_id for place in world.places if place.street == person.street]
        data["preferred_provider_id"] = draw.choice(near)
    return data


def _when(draw: Random, day: date, meal: str) -> int:
    """When this order is placed: an evening-before peak and a morning peak, a few too late (shares assumed)."""
    eve = day - timedelta(days=1)
    roll = draw.random()
    evening = at(eve, draw.triangular(15.0, 19.95, 18.2))
    daytime = at(eve, draw.uniform(9.0, 15.0))
    if meal == "breakfast":
        return evening if roll < 0.80 else daytime if roll < 0.99 else at(day, draw.uniform(6.0, 8.0))
    if meal == "lunch":
        if roll < 0.85:
            return evening if roll < 0.72 else daytime
        return at(day, draw.triangular(6.4, 8.45, 7.6)) if roll < 0.985 else at(day, draw.uniform(8.6, 11.0))
    if roll < 0.55:
        return evening if roll < 0.45 else daytime
    return at(day, draw.triangular(7.0, 12.0, 8.3)) if roll < 0.98 else at(day, draw.uniform(15.0, 17.5))


def _orders(world: World, day: date, prefix: str, regulars: set[str]) -> Iterator[Placed]:
    demand = int(world.district.assumed["demand_permille"])
    number = 0
    for meal in MEALS:
        draw = Random(f"{world.seed}/orders/{meal}")
        wanted = world.capacity(meal) * demand // 1000
        if meal == "lunch":
            wanted -= len(regulars)
        people = [person for person in world.people if meal != "lunch" or person.person_id not in regulars]
        draw.shuffle(people)
        turn = 0
        while wanted > 0:
            person = people[turn % len(people)]
            turn += 1
            data = _wish(world, person, meal, draw)
            at_ms = _when(draw, day, meal)
            number += 1
            order_id = f"syn-ord-{world.district.code}-{day:%Y%m%d}-{number:06d}"
            sender = orderer(world.district.word, person, draw)
            body = {"order_id": order_id, "date": day.isoformat(), **data}
            sent_ms = at_ms - draw.randrange(200, 20_000)
            one = event(
                f"{prefix}-ord-{number:06d}",
                "meals.order.placed.v1",
                sent_ms,
                area=world.district.code,
                sender=sender,
                data=body,
                subject=order_id,
            )
            wanted -= data["portions"]
            yield Placed(at_ms, order_id, person, meal, data["service"], sender, Item(at_ms, "order", world.district.code, one))


def _standing(world: World, day: date, prefix: str) -> list[Item]:
    """Standing lunch orders, made the morning before; a few are paused over the day or stopped again (M2, M3)."""
    eve = day - timedelta(days=1)
    draw = Random(f"{world.seed}/standing")
    area, word = world.district.code, world.district.word
    count = round(world.capacity("lunch") * STANDING_SHARE)
    items: list[Item] = []
    for number, person in enumerate(draw.sample(world.people, k=min(count, len(world.people)))):
        at_ms = at(eve, draw.uniform(9.0, 11.5))
        standing_id = f"syn-std-{area}-{number:05d}"
        weekdays = sorted({day.isoweekday(), *draw.sample(range(1, 8), k=draw.randrange(1, 5))})
        body = {"standing_order_id": standing_id, "weekdays": weekdays, "from": day.isoformat(), **_wish(world, person, "lunch", draw)}
        if draw.random() < 0.2:
            body["until"] = (day + timedelta(days=draw.randrange(0, 60))).isoformat()
        sender = orderer(word, person, draw)
        name = f"{prefix}-std-{number:05d}"
        items.append(
            Item(
                at_ms,
                "standing",
                area,
                event(name, "meals.standing_order.placed.v1", at_ms - 900, area=area, sender=sender, data=body, subject=standing_id),
            )
        )
        change = draw.random()
        later_ms = at(eve, draw.uniform(11.6, 12.5))
        if change < 0.04:
            pause = {"standing_order_id": standing_id, "from": day.isoformat(), "until": (day + timedelta(days=3)).isoformat()}
            paused = event(
                f"{name}-pause", "meals.standing_order.paused.v1", later_ms - 900, area=area, sender=sender, data=pause, subject=standing_id
            )
            items.append(Item(later_ms, "standing_pause", area, paused))
        elif change < 0.06:
            stop = {"standing_order_id": standing_id, "from": day.isoformat()}
            stopped = event(
                f"{name}-stop", "meals.standing_order.stopped.v1", later_ms - 900, area=area, sender=sender, data=stop, subject=standing_id
            )
            items.append(Item(later_ms, "standing_stop", area, stopped))
    return items


def _cancellations(world: World, day: date, prefix: str, orders: list[Placed]) -> Iterator[tuple[Placed, Item]]:
    """About 3 % change their mind; one in eight of them too late, one in ten twice (C05)."""
    draw = Random(f"{world.seed}/cancellations")
    area = world.district.code
    for placed in orders:
        if draw.random() >= 0.03:
            continue
        late = draw.random() < 0.12
        at_ms = max(placed.at_ms + 5 * MINUTE_MS, at(day, 10.5)) if late else placed.at_ms + draw.randrange(3 * MINUTE_MS, 55 * MINUTE_MS)
        body = {"order_id": placed.order_id, "reason": draw.choice(("changed_mind", "ill", "family_visit"))}
        name = f"{prefix}-can-{placed.order_id[-6:]}"
        one = event(name, "meals.order.cancelled.v1", at_ms - 800, area=area, sender=placed.sender, data=body, subject=placed.order_id)
        yield placed, Item(at_ms, "cancellation", area, one)
        if draw.random() < 0.1:
            again_ms = at_ms + draw.randrange(20_000, 300_000)
            two = event(
                f"{name}-2", "meals.order.cancelled.v1", again_ms - 800, area=area, sender=placed.sender, data=body, subject=placed.order_id
            )
            yield placed, Item(again_ms, "cancellation_again", area, two)


def _overrides(world: World, day: date, prefix: str, kept: list[Placed]) -> Iterator[Item]:
    """An operator moves a few orders by hand, to a place of the same street or, unwisely, to any place."""
    draw = Random(f"{world.seed}/overrides")
    area = world.district.code
    eve = day - timedelta(days=1)
    early = [placed for placed in kept if placed.at_ms < at(eve, 20) and placed.meal == "lunch"]
    for number, placed in enumerate(draw.sample(early, k=min(len(early), 4 + len(early) // 800))):
        street = [place for place in world.places if place.street == placed.person.street]
        place = draw.choice(street if number % 4 else list(world.places))
        at_ms = at(eve, draw.uniform(20.1, 21.5)) if number % 3 else at(day, draw.uniform(7.0, 8.4))
        body = {"order_id": placed.order_id, "provider_id": place.provider_id, "reason": "家属要求就近用餐"}
        one = event(
            f"{prefix}-ovr-{number:04d}",
            "meals.order.overridden.v1",
            at_ms - 700,
            area=area,
            sender=desk(world.district.word, draw),
            data=body,
            subject=placed.order_id,
        )
        yield Item(at_ms, "override", area, one)


def _deliveries(world: World, day: date, prefix: str, kept: list[Placed]) -> Iterator[Item]:
    """Couriers report; nobody at the door is tried again ten minutes later, and a second silence is a welfare check (M-R8)."""
    draw = Random(f"{world.seed}/deliveries")
    area, word = world.district.code, world.district.word
    windows = {"breakfast": (6.8, 8.2), "lunch": (10.8, 12.6), "dinner": (16.6, 18.4)}
    for placed in kept:
        start, end = windows[placed.meal]
        if placed.service != "delivery" or placed.at_ms >= at(day, start):
            continue
        first_ms = at(day, draw.uniform(start, end))
        roll, sender = draw.random(), courier(word, draw)
        name = f"{prefix}-del-{placed.order_id[-6:]}"

        def report(tag: str, at_ms: int, result: str, *, placed: Placed = placed, sender: Sender = sender, name: str = name) -> Item:
            body = {"order_id": placed.order_id, "result": result}
            one = event(
                f"{name}-{tag}", "meals.delivery.reported.v1", at_ms - 600, area=area, sender=sender, data=body, subject=placed.order_id
            )
            return Item(at_ms, f"delivery_{result}", area, one)

        if roll < 0.955:
            yield report("1", first_ms, "delivered")
        elif roll < 0.985:
            yield report("1", first_ms, "no_answer")
            second = "no_answer" if draw.random() < 0.35 else "delivered"
            yield report("2", first_ms + 10 * MINUTE_MS + draw.randrange(60_000), second)
        elif roll < 0.993:
            yield report("1", first_ms, "refused" if roll < 0.99 else "failed")
        # the rest is never reported: somebody must notice
