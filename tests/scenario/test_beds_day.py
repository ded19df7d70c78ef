"""The beds part of a played day: the seeds' homes and beds, decided by the real core as foreseen; and a year that is the same again."""

from collections import Counter

import orjson
import pytest

from agents import core
from agents.beds import DOMAIN
from infra.bench.beds_year import replayed
from infra.scenario.beds.day import SOURCE, world_of
from infra.scenario.beds.world import build_world
from infra.scenario.beds.year import year_of
from infra.scenario.district import district_codes, load_district
from infra.scenario.plan import DayPlan
from schemas.beds import BEDS_PUBLISHED_MAX, InventoryPublished
from schemas.beds_reasons import BedsReason
from schemas.decisions import CoreReason, Received
from schemas.registry import event_adapter

FIGURES = {"310106": (48, 7_466), "310151": (47, 8_547)}


@pytest.mark.parametrize("code", sorted(FIGURES))
def test_homes_and_beds_are_the_seeds_figures(code: str) -> None:
    world = world_of(DayPlan(districts=(code,)), load_district(code))
    assert (len(world.homes), sum(len(home.beds) for home in world.homes)) == FIGURES[code]
    assert all(home.facility_id.startswith("syn-") for home in world.homes)


@pytest.mark.parametrize("code", district_codes())
def test_every_district_has_a_day_of_beds_and_says_what_it_assumes(code: str) -> None:
    plan = DayPlan(districts=(code,), scale=0.05)
    items = list(SOURCE.items(plan, load_district(code)))
    assert items == list(SOURCE.items(plan, load_district(code)))
    assert all(plan.starts_ms <= item.at_ms <= plan.ends_ms for item in items)
    assert all(len(why) >= 10 for why in load_district(code).of("beds").why.values())


def test_a_home_with_more_beds_than_a_publication_takes_publishes_them_in_parts() -> None:
    district = load_district("310151")
    largest = max(build_world(district, "parts", 80, scale=2.0).homes, key=lambda home: len(home.beds))
    assert len(largest.beds) > BEDS_PUBLISHED_MAX, "too small a home to show it"
    parts = largest.publications()
    assert [row["bed_id"] for part in parts for row in part["beds"]] == [bed.bed_id for bed in largest.beds]
    for part in parts:
        assert 0 < len(InventoryPublished.model_validate_json(orjson.dumps(part)).beds) <= BEDS_PUBLISHED_MAX


def test_what_people_answer_is_accepted_when_decided_anew_and_what_goes_wrong_is_refused_by_name() -> None:
    plan = DayPlan(scale=0.1)
    area = core.blank(DOMAIN, "310106")
    adapter = event_adapter("beds")[0]
    seen: Counter[tuple[str, str | None]] = Counter()
    for item in sorted(SOURCE.items(plan, load_district("310106")), key=lambda one: one.at_ms):
        assert item.event is not None
        body = orjson.dumps(item.event)
        decision = core.handle(DOMAIN, area, Received(adapter.validate_json(body), body[:16], item.at_ms))
        seen[item.kind, decision.reason] += 1
    DOMAIN.check_all(area.domain)
    honest = ("acceptance", "refusal", "admission", "vacancy")
    answered = [(reason, n) for (kind, reason), n in seen.items() if kind in honest]
    assert {reason for reason, _ in answered} == {None}
    assert sum(n for _, n in answered) > 20
    assert seen["strange_answer", BedsReason.UNKNOWN_OFFER] == 1
    assert seen["second_application", BedsReason.DUPLICATE_PERSON] == 1
    assert seen["late_publication", CoreReason.STALE_VERSION] == 1
    assert any(task.kind == "bed_conflict" for task in area.tasks.values())


def test_a_simulated_year_replays_to_the_same_allocation_to_the_bit() -> None:
    life = year_of(load_district("310106"), "tests", applications=300, vacancies=250)
    (_, first, counts), (_, second, _) = replayed(life.received), replayed(life.received)
    assert first == second
    assert counts["admissions"] > 100
    assert counts["vacancies"] == 250
