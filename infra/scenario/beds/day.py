"""The beds part of a played day: homes publish, the paper waitlist is taken over, people apply, offers are answered, beds turn over.

What goes wrong does: somebody applies twice, an answer comes twice or to an offer nobody made, a publication is late or says of a
promised bed that it is taken, somebody dies, an emergency is approved.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

from infra.scenario.beds.life import Life
from infra.scenario.beds.world import World, build_world, wish
from infra.scenario.district import District
from infra.scenario.plan import DayPlan
from infra.scenario.policies import calendar_item, policy_item
from infra.scenario.source import DaySource
from infra.scenario.words import HOUR_MS, Item, Sender, at, house, office

PEOPLE_PER_BED = 0.4
"""Of the district's synthetic people so many may apply; assumed."""
RESULTS = {
    "bed_conflict": "agreed_with_home",
    "bed_overdue": "asked_home",
    "reassessment_due": "assessor_sent",
    "pool_below_quota": "noted",
}


def world_of(plan: DayPlan, district: District) -> World:
    """The homes and people of this district, for this plan."""
    beds = district.domain_figure("beds", "care_home_beds") * plan.scale
    return build_world(district, f"{plan.seed}/{district.code}", max(80, round(beds * PEOPLE_PER_BED)), plan.scale)


def _items(plan: DayPlan, district: District) -> Iterator[Item]:
    world, prefix, day = world_of(plan, district), plan.prefix(district.code), plan.day
    draw = Random(f"{world.seed}/beds")
    life = Life(district.code, prefix, district.word, draw)
    yield from _policies(life, world, day, prefix)
    _homes(life, world, day, draw)
    _people(life, world, day, draw, plan.scale)
    _turnover(life, world, day, draw)
    _mishaps(life, world, day, draw)
    yield from life.lived(plan.ends_ms - HOUR_MS // 4)


def _policies(life: Life, world: World, day: date, prefix: str) -> Iterator[Item]:
    eve = day - timedelta(days=1)
    area, word = world.district.code, world.district.word
    source = "B-R1, B-R2, B-R9, B-R10; example values for a played day"
    in_force = date(eve.year, 1, 1).isoformat()
    at_ms = at(eve, 6.6)
    items = (
        policy_item(
            area, "beds", f"{area}/2026.1", beds_parameters(world), source=source, in_force=in_force, at_ms=at_ms, prefix=prefix, word=word
        ),
        calendar_item(area, day, at_ms=at_ms + 1000, prefix=prefix, word=word),
    )
    for item in items:
        assert item.event is not None
        life.handle(item.event, item.at_ms)
        yield item


def beds_parameters(world: World) -> dict[str, Any]:
    """B-R9's order, B-R2's quota of this district (10 in the centre, 15 in the suburbs), deadlines of offers and admissions [O]."""
    return {
        "order": ["emergency", "priority_class", "level", "score", "eligible_date"],
        "waiting_bonus_max": 5,
        "pools_served": ["street", "district"],
        "quota_types": ["basic", "nursing", "dementia"],
        "quota_percent_min": world.number("quota_percent_min"),
        "offer_working_days": 3,
        "admission_days": 7,
        "inventory_age_s_max": 48 * 3600,
    }


def _homes(life: Life, world: World, day: date, draw: Random) -> None:
    eve, word = day - timedelta(days=1), world.district.word
    for number, home in enumerate(world.homes):
        sender = house(word, home.facility_id)
        listed = {
            "facility_id": home.facility_id, "name": home.name, "position": {"lat": home.lat, "lon": home.lon}, "street": home.street,
        }  # fmt: skip
        life.plan(at(eve, 7.0) + number * 9000, "registration", "beds.facility.registered.v1", listed, sender)
        for first in home.publications():
            life.plan(at(eve, 7.5) + number * 40_000, "publication", "beds.inventory.published.v1", first, sender)
        # Nothing changed by itself: the home says so, and its data stays fresh (C07).
        fresh = {"facility_id": home.facility_id, "version": 10, "beds": []}
        life.plan(at(day, 7.2 + 1.5 * draw.random()), "publication", "beds.inventory.published.v1", fresh, sender)


def _people(life: Life, world: World, day: date, draw: Random, scale: float) -> None:
    """The paper waitlist on the first morning, then those who apply on the two days."""
    eve = day - timedelta(days=1)
    beds = sum(len(home.beds) for home in world.homes)
    people = list(world.people)
    draw.shuffle(people)
    backlog = min(beds * world.number("backlog_permille") // 1000, len(people) * 3 // 4)
    clerk = office(world.district.word)
    for number, person in enumerate(people[:backlog]):
        data = wish(world, person, draw, number=number, today=eve)
        applied = date.fromisoformat(data["assessed_on"]) + timedelta(days=draw.randrange(0, 20))
        data["applied_on"] = min(applied, eve - timedelta(days=1)).isoformat()
        paper = clerk._replace(channel="paper", onbehalfof=person.person_id)
        life.plan(at(eve, 8.3) + number * HOUR_MS // max(backlog, 1), "paper_application", "beds.application.submitted.v1", data, paper)
    daily = max(4, round(world.number("applications_per_year") / 365 * scale))
    rest = people[backlog : backlog + 2 * daily]
    for place, person in enumerate(rest):
        data = wish(world, person, draw, number=backlog + place, today=eve)
        at_ms = at(eve if place < daily else day, draw.triangular(8.5, 17.0, 10.0))
        relative = Sender(f"relative:{person.person_id.replace('syn-p-', 'syn-r-')}", "app", f"/scenario/{world.district.word}/app")
        life.plan(at_ms, "application", "beds.application.submitted.v1", data, relative._replace(onbehalfof=person.person_id))


def _turnover(life: Life, world: World, day: date, draw: Random) -> None:
    """Beds become free in the daytime of both days: so many a year as assumed."""
    eve = day - timedelta(days=1)
    beds = sum(len(home.beds) for home in world.homes)
    daily = max(4, round(beds * world.number("vacancies_permille_per_year") / 1000 / 365))
    for number in range(2 * daily):
        at_ms = at(eve if number < daily else day, draw.triangular(8.6, 16.5, 10.5))
        life.plan(at_ms, "vacancy", "beds.bed.vacated.v1", _occupied(life, world, draw), office(world.district.word))


def _occupied(life: Life, world: World, draw: Random) -> Any:
    """Some bed of ours that is occupied when the time comes."""

    def chosen() -> dict[str, Any] | None:
        for _ in range(200):
            home = draw.choice(world.homes)
            bed = draw.choice(home.beds)
            known = life.area.domain.facilities.get(home.facility_id)
            if known is not None and bed.bed_id in known.beds and known.beds[bed.bed_id].state.value == "occupied":
                return {
                    "facility_id": home.facility_id,
                    "bed_id": bed.bed_id,
                    "reason": draw.choice(("deceased", "moved_home", "hospital")),
                }
        return None

    return chosen


def _mishaps(life: Life, world: World, day: date, draw: Random) -> None:
    eve, word = day - timedelta(days=1), world.district.word
    clerk = office(word)
    waiting = life.area.domain.applications

    def somebody(kind: str, event_type: str, at_ms: int, state: str = "queued", **more: Any) -> None:
        def data() -> dict[str, Any] | None:
            found = [name for name, one in waiting.items() if one.state.value == state]
            return {"application_id": draw.choice(found), **more} if found else None

        life.plan(at_ms, kind, event_type, data, clerk)

    for number in range(3):
        later_ms = at(day, 9.0 + number)
        somebody("withdrawal", "beds.application.withdrawn.v1", at(eve, 10.5 + number), reason="found_elsewhere")
        somebody("reassessment", "beds.application.reassessed.v1", later_ms, assessed_level=6, assessed_on=eve.isoformat())
        somebody("pause", "beds.application.paused.v1", later_ms + HOUR_MS // 3, until=(day + timedelta(days=30)).isoformat())
    somebody("approval", "beds.priority.approved.v1", at(day, 9.4), approver="syn-op-01", reason="caregiver_lost")
    somebody("approval", "beds.priority.approved.v1", at(eve, 14.2), approver="syn-op-02", reason="home_unsafe")
    somebody("strange_answer", "beds.offer.accepted.v1", at(day, 10.1), offer_id="syn-no-such-offer")
    somebody("withdrawal", "beds.application.withdrawn.v1", at(day, 11.2), state="offered", reason="deceased_relative")

    def died() -> dict[str, Any] | None:
        found = [one.person_id for one in waiting.values()]
        return {"person_id": draw.choice(found)} if found else None

    def twice() -> dict[str, Any] | None:
        found = [one for one in world.people if one.person_id in life.area.domain.persons]
        return wish(world, draw.choice(found), draw, number=900_000, today=eve) if found else None

    def conflicting() -> dict[str, Any] | None:
        """A bed that is promised is said to be taken: ours stands, a human sees to it."""
        for home in world.homes:
            known = life.area.domain.facilities[home.facility_id]
            for bed in home.beds:
                if known.beds[bed.bed_id].state.value in ("held", "reserved"):
                    return {"facility_id": home.facility_id, "version": 5, "beds": [bed.row("occupied")]}
        return None

    def late() -> dict[str, Any]:
        """Sent again after a newer version: refused as stale for every bed it names."""
        home = world.homes[0]
        return {"facility_id": home.facility_id, "version": 1, "beds": [home.beds[0].row("free")]}

    life.plan(at(day, 8.9), "death", "beds.person.died.v1", died, clerk)
    life.plan(at(eve, 15.0), "second_application", "beds.application.submitted.v1", twice, clerk)
    life.plan(at(eve, 16.0), "contradiction", "beds.inventory.published.v1", conflicting, clerk)
    life.plan(at(day, 12.0), "late_publication", "beds.inventory.published.v1", late, clerk)


def _answer(task: Mapping[str, Any], draw: Random) -> str:  # noqa: ARG001 - the shape of `Answer`
    return RESULTS.get(task["kind"], "handled")


SOURCE = DaySource(domain="beds", items=_items, answer=_answer)
"""Named in `infra.scenario.sources`."""
