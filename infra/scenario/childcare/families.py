"""What families do: book for the day and at the opening of another, cancel, bring, collect, come late, do not come."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

from infra.scenario.childcare.sites import RUSH_DAYS_AHEAD, send
from infra.scenario.childcare.world import Family, Slot, World
from infra.scenario.words import MINUTE_MS, Item, Sender, at, house

RUSH_SHARE = 0.8
"""Of the seats of the day that opens at nine, how many are asked for in its first minutes; assumed."""
OTHERS = 9000
"""Numbers of families that have one job in the day each."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking as its family made it; ``seated`` is what the family may expect: it asked while seats were left."""

    booking_id: str
    family: Family
    child_id: str
    slot: Slot
    at_ms: int
    seated: bool


def parent(world: World, family: Family) -> Sender:
    """The family's own app."""
    street = f"/scenario/{world.district.word}/{family.street}"
    return Sender(f"relative:{family.persons[0]}", "app", f"{street}/app", family.children[0][0])


def family_items(world: World, prefix: str) -> Iterator[Item]:
    """Every item of the families, in no particular order."""
    day = world.plan.day
    booked: list[Booked] = []
    for item, made in _bookings(world, prefix):
        yield item
        booked += made
    for item, _ in _rush(world, prefix, first=len(booked)):
        yield item
    for number, one in enumerate(booked):
        yield from _life(world, prefix, world.draw("life", one.booking_id), one, number)
    yield from _thirteenth(world, prefix, day)
    yield from _duties(world, prefix)


def _wish(family: Family, slot: Slot, *, window: bool) -> dict[str, Any]:
    data: dict[str, Any] = {"family_id": family.family_id, "position": {"lat": family.lat, "lon": family.lon}, "service": slot.service}
    if window:
        data["window"] = {"date": slot.day.isoformat(), "from": _clock(slot.from_hour), "to": _clock(slot.to_hour), "mode": slot.mode}
    else:
        data["session_id"] = slot.session_id
    if family.home_area is not None and slot.service == "care":
        data["home_area"] = family.home_area
    if slot.service == "bathing":
        data["categories"] = ["level_2_or_above"]
    return data


def _clock(hour: float) -> str:
    return f"{int(hour):02d}:{round(hour % 1 * 60):02d}"


def _asked(world: World, family: Family, slot: Slot, name: str, at_ms: int, *, window: bool) -> Item:
    """One booking, or a group's."""
    wish = _wish(family, slot, window=window)
    if len(family.children) == 1:
        ((child_id, born),) = family.children
        data = {"booking_id": name, "child_id": child_id, "birth_date": born.isoformat(), **wish}
        return send(world, "booking", f"{name}-ask", "booking.requested", at_ms, sender=parent(world, family), data=data)
    children = [
        {"booking_id": f"{name}{n}", "child_id": kid, "birth_date": born.isoformat()} for n, (kid, born) in enumerate(family.children)
    ]
    data = {"group_id": f"{name}-g", "children": children, **wish}
    return send(world, "group", f"{name}-ask", "group.requested", at_ms, sender=parent(world, family), data=data)


def _months(slot: Slot) -> tuple[int, int]:
    return {"newborn_visit": (0, 2), "bathing": (900, 1150)}.get(slot.service, (13, 34))


def _bookings(world: World, prefix: str) -> Iterator[tuple[Item, list[Booked]]]:
    """For the day: the evening before and, for what begins late enough, that morning. Some sessions are asked for beyond their seats."""
    plan = world.plan
    eve = plan.day - timedelta(days=1)
    number = 0
    for slot in world.slots(plan.day):
        draw = world.draw("demand", slot.session_id)
        wanted = round(slot.site.seats * draw.choice((0.4, 0.6, 0.75, 0.9, 0.95, 1.15)))
        asks = sorted(_when(draw, plan.day, eve, slot) for _ in range(wanted))
        left = slot.site.seats
        for at_ms in asks:
            family = world.family(number, _months(slot), siblings=slot.service == "care" and draw.random() < 0.04, site=slot.site)
            name = f"{prefix}-cc-b-{number:05d}"
            seated = left >= len(family.children)
            window = seated and len(family.children) == 1 and draw.random() < 0.12
            left -= len(family.children) if seated else 0
            item = _asked(world, family, slot, name, at_ms, window=window)
            many = len(family.children) > 1
            ids = [f"{name}{n}" if many else name for n in range(len(family.children))]
            yield item, [Booked(one, family, kid, slot, at_ms, seated) for one, (kid, _) in zip(ids, family.children, strict=True)]
            number += 1


def _when(draw: Random, day: Any, eve: Any, slot: Slot) -> int:
    if slot.from_hour >= 11 and draw.random() < 0.25:
        return at(day, draw.uniform(6.7, 10.4))
    return at(eve, min(22.5, draw.choice((draw.gauss(9.6, 0.4), draw.gauss(20.2, 0.8), draw.uniform(9.1, 21.5)))))


def _rush(world: World, prefix: str, first: int) -> Iterator[tuple[Item, None]]:
    """Nine o'clock: a day opens. Some press a little early and are told so; most come in the first three minutes."""
    opens_ms = at(world.plan.day, 9.0)
    draw = world.draw("rush")
    number = first
    for slot in world.slots(world.plan.day + timedelta(days=RUSH_DAYS_AHEAD)):
        if slot.service != "care" or slot.mode == "hourly":
            continue
        for _ in range(round(slot.site.seats * RUSH_SHARE)):
            family = world.family(number, site=slot.site)
            early = draw.random() < 0.03
            at_ms = opens_ms - draw.randrange(1000, 90_000) if early else opens_ms + int(min(draw.expovariate(1 / 60), 3000) * 1000)
            name = f"{prefix}-cc-r-{number:05d}"
            yield _asked(world, family, slot, name, at_ms, window=draw.random() < 0.3), None
            if early:
                again_ms = opens_ms + draw.randrange(500, 8_000)
                yield _asked(world, family, slot, f"{name}-2", again_ms, window=False), None
            number += 1


def _life(world: World, prefix: str, draw: Random, one: Booked, number: int) -> Iterator[Item]:
    """One booking after it was made: cancelled, brought, collected, forgotten."""
    if number % 3 == 0:
        data = {"child_id": one.child_id, "version": 1, "persons": list(one.family.persons)}
        at_ms = one.at_ms + 20_000
        yield send(
            world, "persons", f"{one.booking_id}-per", "pickup_persons.registered", at_ms, sender=parent(world, one.family), data=data
        )
    if not one.seated:
        return
    slot, roll = one.slot, draw.random()
    if roll < 0.05:
        at_ms = one.at_ms + int((slot.starts_ms - one.at_ms) * draw.uniform(0.2, 0.95))
        data = {"booking_id": one.booking_id, "reason": draw.choice(("ill", "plans_changed"))}
        yield send(world, "cancellation", f"{one.booking_id}-can", "booking.cancelled", at_ms, sender=parent(world, one.family), data=data)
        return
    if roll < 0.08:
        return  # nobody comes
    yield from _visit(world, prefix, draw, one)


def visit_times(draw: Random, starts_ms: int, ends_ms: int) -> tuple[int, int]:
    """When a child is brought and collected."""
    return starts_ms + draw.randrange(-12, 16) * MINUTE_MS, ends_ms + draw.randrange(-10, 12) * MINUTE_MS + draw.randrange(50_000)


def _visit(world: World, prefix: str, draw: Random, one: Booked) -> Iterator[Item]:
    slot, by = one.slot, one.family.persons[0]
    desk = house(world.district.word, slot.site.site_id)
    in_ms, out_ms = visit_times(draw, slot.starts_ms, slot.ends_ms)
    fever = draw.random() < 0.008
    arrived = {"booking_id": one.booking_id, "by": by, "temperature_c": 38.3 if fever else round(draw.uniform(36.2, 37.3), 1)}
    yield send(
        world, "check_in_fever" if fever else "check_in", f"{one.booking_id}-in", "child.checked_in", in_ms, sender=desk, data=arrived
    )
    if fever:
        return
    if slot.mode == "full_day" and draw.random() < 0.03:
        stay = {"booking_id": one.booking_id}
        yield send(
            world, "extension", f"{one.booking_id}-ext", "extension.requested", slot.ends_ms - 90 * MINUTE_MS, sender=desk, data=stay
        )
        out_ms += 55 * MINUTE_MS
    roll = draw.random()
    if roll < 0.004:
        stranger = {"booking_id": one.booking_id, "by": f"{prefix}-cc-stranger"}
        yield send(
            world, "check_out_stranger", f"{one.booking_id}-str", "child.checked_out", out_ms - 4 * MINUTE_MS, sender=desk, data=stranger
        )
    elif roll < 0.024:
        out_ms = slot.ends_ms + draw.randrange(20, 38) * MINUTE_MS
    elif roll < 0.026:
        out_ms = slot.ends_ms + draw.randrange(55, 80) * MINUTE_MS
    data = {"booking_id": one.booking_id, "by": by}
    yield send(world, "check_out", f"{one.booking_id}-out", "child.checked_out", out_ms, sender=desk, data=data)


def _thirteenth(world: World, prefix: str, day: Any) -> Iterator[Item]:
    """A family that books every hour there is: the thirteenth is charged (C-R1), held, and confirmed by paying."""
    family = replace(world.family(OTHERS), home_area=None)
    days = [day + timedelta(days=ahead) for ahead in (0, 1, RUSH_DAYS_AHEAD)]
    hours = [slot for each in days for slot in world.slots(each) if slot.site is world.sites[0] and (each > day or slot.from_hour >= 11)]
    at_ms = at(day, 9.4)
    for number, slot in enumerate(hours[:14]):
        name = f"{prefix}-cc-13-{number:02d}"
        yield _asked(world, family, slot, name, at_ms + number * 40_000, window=False)
        if number >= 12:
            paid = {"booking_id": name, "reference": f"{name}-paid"}
            paid_ms = at_ms + number * 40_000 + 90_000
            yield send(world, "confirmation", f"{name}-pay", "hold.confirmed", paid_ms, sender=parent(world, family), data=paid)


def _duties(world: World, prefix: str) -> Iterator[Item]:
    """Families who are to have guidance this year, newborns who are to be visited (S09)."""
    eve = world.plan.day - timedelta(days=1)
    clinic = Sender("worker:syn-clinic-1", "system", f"/scenario/{world.district.word}/clinic")
    count = max(4, round(world.district.domain_figure("childcare", "entitled_families") * world.plan.scale))
    for number in range(count):
        family = world.family(OTHERS + 1 + number, (0, 2))
        guidance = number % 2 == 0
        data: dict[str, Any] = {
            "entitlement_id": f"{prefix}-cc-own-{number:03d}", "service": "guidance" if guidance else "newborn_visit",
            "holder_id": family.family_id if guidance else family.children[0][0], "year": world.plan.day.year,
        }  # fmt: skip
        if not guidance:
            data["since"] = (eve - timedelta(days=3 + number % 20)).isoformat()
        at_ms = at(eve, 8.4) + number * 15_000
        yield send(world, "entitlement", f"{prefix}-cc-own-{number:03d}", "entitlement.registered", at_ms, sender=clinic, data=data)
