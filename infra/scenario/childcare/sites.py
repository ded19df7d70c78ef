"""What the sites do in a day: register, publish sessions (also in the wrong order), report who is there, close, are inspected."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from infra.scenario.childcare.world import Site, World
from infra.scenario.words import MINUTE_MS, Item, Sender, at, event, house, rfc3339

RUSH_DAYS_AHEAD = 14
"""The day whose booking opens at nine on the played day (C-R3)."""


def send(world: World, kind: str, event_id: str, event_type: str, at_ms: int, *, sender: Sender, data: dict[str, Any]) -> Item:
    """One event of this district."""
    area = world.district.code
    one = event(event_id, f"childcare.{event_type}.v1", at_ms - 1200, area=area, sender=sender, data=data)
    return Item(at_ms, kind, area, one)


def site_items(world: World, prefix: str) -> Iterator[Item]:
    """Every item of the sites, in no particular order."""
    yield from _registrations(world, prefix)
    yield from _publications(world, prefix)
    yield from _staffing(world, prefix)
    yield from _troubles(world, prefix)


def _house(world: World, site: Site) -> Sender:
    return house(world.district.word, site.site_id)


def _registrations(world: World, prefix: str) -> Iterator[Item]:
    eve = world.plan.day - timedelta(days=1)
    for number, site in enumerate(world.sites):
        data = {
            "site_id": site.site_id, "name": site.name, "kind": "other" if site.kind == "bath_team" else site.kind, "street": site.street,
            "position": {"lat": site.lat, "lon": site.lon},
        }  # fmt: skip
        name = f"{prefix}-cc-reg-{number:03d}"
        yield send(world, "registration", name, "site.registered", at(eve, 6.9) + number * 4000, sender=_house(world, site), data=data)


def _publications(world: World, prefix: str) -> Iterator[Item]:
    """Sessions of the day, the next, and the one that opens; some are sent twice, or an older version after a newer one (C06)."""
    eve = world.plan.day - timedelta(days=1)
    draw = world.draw("publications")
    by_day = [(ahead, world.slots(world.plan.day + timedelta(days=ahead))) for ahead in (0, 1, RUSH_DAYS_AHEAD)]
    for number, site in enumerate(world.sites):
        for ahead, slots in by_day:
            own = [slot for slot in slots if slot.site is site]
            data = {"site_id": site.site_id, "version": 2, "sessions": [slot.offered() for slot in own]}
            name = f"{prefix}-cc-ses-{number:03d}-{ahead}"
            at_ms = at(eve, 7.3) + number * 9000 + ahead * 500
            yield send(world, "publication", name, "sessions.published", at_ms, sender=_house(world, site), data=data)
            roll = draw.random()
            if roll < 0.03:
                old = {**data, "version": 1, "sessions": [slot.offered(site.seats + 9) for slot in own]}
                later_ms = at_ms + draw.randrange(MINUTE_MS, 30 * MINUTE_MS)
                yield send(world, "publication_late", f"{name}-old", "sessions.published", later_ms, sender=_house(world, site), data=old)
            elif roll < 0.05:
                first = send(world, "publication_again", name, "sessions.published", at_ms, sender=_house(world, site), data=data)
                yield first._replace(at_ms=at_ms + 90_000)


def _staffing(world: World, prefix: str) -> Iterator[Item]:
    """Every site says who is there before a session; one in twelve has a carer fewer, and in a few one leaves while children are in."""
    draw = world.draw("staffing")
    for number, slot in enumerate(slot for slot in world.slots(world.plan.day) if slot.service == "care"):
        roll = draw.random()
        missing = 1 if roll < 0.08 else 2 if roll < 0.1 else 0
        present = max(0, slot.staff - missing)
        name = f"{prefix}-cc-stf-{number:04d}"
        data = {"site_id": slot.site.site_id, "session_id": slot.session_id, "staff_present": present}
        at_ms = slot.starts_ms - draw.randrange(15, 40) * MINUTE_MS
        yield send(world, "staffing", name, "staffing.reported", at_ms, sender=_house(world, slot.site), data=data)
        if draw.random() < 0.02:
            # A carer falls ill in the middle of it: the ratio may break, and half an hour later somebody stands in (C-R4).
            middle_ms = (slot.starts_ms + slot.ends_ms) // 2
            back_ms = middle_ms + 30 * MINUTE_MS
            fewer = {**data, "staff_present": max(0, present * 2 // 3 - 1)}
            yield send(world, "staffing_ill", f"{name}-ill", "staffing.reported", middle_ms, sender=_house(world, slot.site), data=fewer)
            yield send(world, "staffing_back", f"{name}-back", "staffing.reported", back_ms, sender=_house(world, slot.site), data=data)


def _troubles(world: World, prefix: str) -> Iterator[Item]:
    """Seats lowered in the evening, a burst pipe at half past seven, incidents, and a morning of inspections (seed 004: monthly)."""
    plan = world.plan
    eve = plan.day - timedelta(days=1)
    draw = world.draw("troubles")
    care = [site for site in world.sites if site.kind in ("baby_house", "kindergarten")]
    lowered, shut, fell, hurt = (care[index] for index in draw.sample(range(len(care)), k=4))
    own = [slot for slot in world.slots(plan.day) if slot.site is lowered]
    fewer = {"site_id": lowered.site_id, "version": 3, "sessions": [slot.offered(max(1, lowered.seats * 7 // 10)) for slot in own]}
    yield send(world, "seats_lowered", f"{prefix}-cc-low", "sessions.published", at(eve, 20.5), sender=_house(world, lowered), data=fewer)
    closed = {"site_id": shut.site_id, "reason": "burst_pipe", "until": rfc3339(at(plan.day, 14))}
    yield send(world, "closure", f"{prefix}-cc-shut", "site.closed", at(plan.day, 7.5), sender=_house(world, shut), data=closed)
    opened = {"site_id": shut.site_id, "reason": "repaired"}
    yield send(world, "reopening", f"{prefix}-cc-open", "site.reopened", at(plan.day, 12.6), sender=_house(world, shut), data=opened)
    for tag, site, kind, severity in (("fall", fell, "fall", "minor"), ("allergy", hurt, "allergy", "serious")):
        incident = {"incident_id": f"{prefix}-cc-inc-{tag}", "site_id": site.site_id, "kind": kind, "severity": severity}
        yield send(
            world, "incident", f"{prefix}-cc-inc-{tag}", "incident.reported", at(plan.day, 10.4), sender=_house(world, site), data=incident
        )
    inspector = Sender("worker:syn-inspector-1", "app", f"/scenario/{world.district.word}/inspection")
    for number, site in enumerate(draw.sample(care, k=min(8, len(care)))):
        result = draw.choice(("passed", "passed", "passed", "to_rectify"))
        data = {"inspection_id": f"{prefix}-cc-insp-{number}", "site_id": site.site_id, "result": result}
        at_ms = at(plan.day, 9.2) + number * 25 * MINUTE_MS
        yield send(world, "inspection", f"{prefix}-cc-insp-{number}", "site.inspected", at_ms, sender=inspector, data=data)
