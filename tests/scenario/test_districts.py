"""The districts' figures are those of the seeds, and what is not from a seed says so."""

import re

import pytest

from infra.scenario.district import district_codes, load_district
from infra.scenario.meals.world import build_world
from infra.scenario.population import DIETS

STREETS_JINGAN = {
    "310106006": "江宁路街道", "310106011": "石门二路街道", "310106012": "南京西路街道", "310106013": "静安寺街道",
    "310106014": "曹家渡街道", "310106015": "天目西路街道", "310106016": "北站街道", "310106017": "宝山路街道",
    "310106018": "共和新路街道", "310106019": "大宁路街道", "310106020": "彭浦新村街道", "310106021": "临汾路街道",
    "310106022": "芷江西路街道", "310106101": "彭浦镇",
}  # fmt: skip
"""The official codes and names of 静安's streets."""
SEEDS = {
    "310106": {
        "meals_per_day": 13_500, "meal_places": 96, "meal_places_target_added": 20, "care_centres": 23, "care_homes": 48,
        "care_home_beds": 7_466, "service_stations": 73, "activity_rooms": 225, "kindergartens": 89, "nurseries_with_classes": 52,
        "childcare_places": 2_600, "dementia_beds_target": 500, "elders_60": 410_000, "streets": 14,
    },
    "310151": {
        "meals_per_day": 9_000, "meals_per_day_2020": 5_500, "meal_places_target_added": 26, "care_homes": 47,
        "care_homes_public": 25, "care_home_beds": 8_547, "care_home_beds_basic": 5_135, "care_home_beds_target": 10_105,
        "dementia_beds_target": 300, "childcare_places": 940, "baobao_sites": 26, "baobao_classes": 32, "baobao_places": 1_280,
        "streets": 18,
    },
    "310110": {"care_home_beds_target": 11_020, "dementia_beds_target": 1_000, "care_centres_target": 32, "streets": 12},
    "310101": {
        "dementia_beds_target": 500, "baobao_free_sessions_per_year": 12, "bath_visits_per_year": 50_000,
        "psychology_visits_per_year": 50_000, "streets": 10,
    },
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(SEEDS))
def test_the_figures_are_those_of_the_seeds(code: str) -> None:
    district = load_district(code)
    assert {name: district.figures[name] for name in SEEDS[code]} == SEEDS[code]
    assert len(district.streets) == SEEDS[code]["streets"]


def test_jingan_has_its_official_streets() -> None:
    assert {street.code: street.name for street in load_district("310106").streets} == STREETS_JINGAN


@pytest.mark.parametrize("code", district_codes())
def test_every_number_has_a_source_or_a_reason(code: str) -> None:
    district = load_district(code)
    assert all(re.match(r"seed 00\d|official street codes", source) for source in district.sources.values())
    assert all(len(reason) >= 10 for reason in district.why.values())
    assert not district.figures.keys() & district.assumed.keys()
    assert all(street.code.startswith(code) for street in district.streets)


@pytest.mark.parametrize("code", district_codes())
def test_the_world_adds_up_to_the_figures_and_stays_in_its_frame(code: str) -> None:
    district = load_district(code)
    world = build_world(district, "test", people_count=1_000)
    assert len(world.places) == district.figure("meal_places")
    assert sum(sum(place.capacity.values()) for place in world.places) == district.figure("meals_per_day")
    assert world.capacity("lunch") > world.capacity("dinner") > world.capacity("breakfast") > 0
    assert len(world.people) == 1_000
    lats, lons = [p[0] for p in district.polygon], [p[1] for p in district.polygon]
    spots = [(one.lat, one.lon) for one in world.people] + [(one.lat, one.lon) for one in world.places]
    assert all(min(lats) <= lat <= max(lats) and min(lons) <= lon <= max(lons) for lat, lon in spots)
    assert all(60 <= person.age <= 105 and set(person.needs) <= set(DIETS) for person in world.people)
    assert all(place.provider_id.startswith("syn-") and "合成" in place.name for place in world.places)
    assert {place.kind for place in world.places} == {"canteen", "meal_point", "kitchen"}


def test_people_live_by_the_streets_shares() -> None:
    district = load_district("310106")
    world = build_world(district, "test", people_count=10_000)
    for street in district.streets:
        assert sum(person.street == street.code for person in world.people) == street.elders_permille * 10


def test_an_unknown_district_names_those_that_exist() -> None:
    with pytest.raises(KeyError, match="310106"):
        load_district("310999")
