"""Why not me, where do I stand: certificates that check from the journal alone, positions and forecasts (B14, B15)."""

import json
from typing import Any

import pytest

from agents import core
from agents.beds import DOMAIN
from agents.beds.certificate import Certificate, allocation, verify, why_not
from agents.beds.position import forecast, positions
from schemas.beds_facts import OfferMade
from schemas.decisions import Decision
from tests.agents.beds.district import AREA, OTHER_STREET, District, fact, offered
from tests.agents.beds.random_year import RandomYear

SALT = "family-salt"


def facts_of(decisions: list[Decision]) -> list[tuple[int, int, str, dict[str, Any]]]:
    """The journal as anybody reads it: plain JSON."""
    plain = [
        (seq, decision.time_ms, reasoned.fact.type, reasoned.fact.model_dump(mode="json"))
        for seq, decision in enumerate(decisions)
        for reasoned in decision.facts
    ]
    return [(seq, now_ms, kind, json.loads(json.dumps(data))) for seq, now_ms, kind, data in plain]


def certified(decisions: list[Decision], offer_id: str, application_id: str) -> Certificate:
    found = allocation(AREA, enumerate(decisions), offer_id)
    assert found is not None
    return why_not(found, application_id, SALT)


@pytest.fixture
def district() -> District:
    district = District()
    district.home("f1", 2000)
    return district


def test_it_says_who_was_ahead_by_which_rule_at_which_sequence(district: District) -> None:
    district.apply("me")
    district.apply("first", categories=["registered", "special_poor"])
    district.apply("second", assessed_level=5)
    made = fact(district.publish("f1", b1="free"), "offer.made")
    certificate = certified(district.decisions, made["offer_id"], "me")
    assert (certificate["rule"], certificate["criterion"], certificate["ahead_count"]) == ("behind", "priority_class", 2)
    assert certificate["seq"] == 4
    assert verify(certificate, "me", facts_of(district.decisions)) == []


@pytest.mark.parametrize(
    ("wish", "rule"),
    [
        ({"sex": "m"}, "sex"),
        ({"bed_types": ["nursing"], "assessed_level": 5}, "type"),
        ({"choices": ["f2"]}, "not_chosen"),
        ({"max_travel_s": 60}, "too_far"),
        ({"street": OTHER_STREET, "categories": ["registered", "special_poor"]}, "street_first"),
    ],
)
def test_it_names_the_rule_that_ruled_the_applicant_out(district: District, wish: dict[str, Any], rule: str) -> None:
    district.apply("me", **wish)
    district.apply("winner")
    made = fact(district.publish("f1", b1={"sex": "f", "pool": "street"}), "offer.made")
    certificate = certified(district.decisions, made["offer_id"], "me")
    assert certificate["rule"] == rule
    assert verify(certificate, "me", facts_of(district.decisions)) == []


def test_it_holds_no_id_of_anybody_else(district: District) -> None:
    district.apply("me")
    district.apply("neighbour", assessed_level=6)
    made = fact(district.publish("f1", b1="free"), "offer.made")
    text = json.dumps(certified(district.decisions, made["offer_id"], "me"))
    assert "neighbour" not in text
    assert "p-" not in text


@pytest.mark.parametrize("field", ["rule", "ahead_count", "ahead", "seq", "winner", "mine", "criterion", "policy", "bed_id", "order"])
def test_a_certificate_that_was_changed_does_not_verify(district: District, field: str) -> None:
    district.apply("me")
    district.apply("first", assessed_level=6)
    made = fact(district.publish("f1", b1="free"), "offer.made")
    certificate = certified(district.decisions, made["offer_id"], "me")
    forged = {**certificate, field: "forged"}
    assert verify(forged, "me", facts_of(district.decisions)) == [f"{field} is not what the journal says"]


def test_an_allocation_that_overtook_somebody_does_not_verify(district: District) -> None:
    district.apply("me")
    district.apply("later")
    made = fact(district.publish("f1", b1="free"), "offer.made")
    certificate = certified(district.decisions, made["offer_id"], "later")
    forged = [
        (seq, now_ms, kind, {**data, "application_id": "later"} if kind == "beds.offer.made.v1" else data)
        for seq, now_ms, kind, data in facts_of(district.decisions)
    ]
    assert verify(certificate, "later", forged) == ["the bed did not go to the first in order"]


@pytest.mark.parametrize("seed", range(2))
def test_certificates_of_a_random_year_all_verify(seed: int) -> None:
    area = core.blank(DOMAIN, AREA)
    year = RandomYear(seed, area)
    decisions = [core.handle(DOMAIN, area, year.next()) for _ in range(500)]
    made = [reasoned.fact for decision in decisions for reasoned in decision.facts if isinstance(reasoned.fact, OfferMade)]
    facts = facts_of(decisions)
    asking = list(area.domain.applications)[:3]
    rules = set()
    for offer in made[::3]:
        for application_id in [*asking, offer.application_id]:
            certificate = certified(decisions, offer.offer_id, application_id)
            rules.add(certificate["rule"])
            assert verify(certificate, application_id, facts) == []
    assert len(rules) > 2


def test_a_position_counts_who_is_ahead_and_a_forecast_needs_vacancies(district: District) -> None:
    district.apply("a")
    district.apply("me")
    district.apply("ahead", assessed_level=6)
    (place,) = positions(district.state, "me") or ()
    assert (place.rank, place.ahead_by_class, place.forecast.expected_days) == (3, {"general": 2}, None)
    assert positions(district.state, "nobody") is None


def test_a_forecast_brackets_what_it_expects_and_narrows_with_what_was_seen() -> None:
    few, many = forecast(20, 5, 50), forecast(20, 500, 5000)
    for each in (few, many):
        assert each.low_days is not None
        assert each.expected_days is not None
        assert each.high_days is not None
        assert each.low_days < each.expected_days < each.high_days
    assert many.high_days - many.low_days < few.high_days - few.low_days  # type: ignore[operator]  # shown above not to be None
    assert abs((many.expected_days or 0) - 200) <= 2


def test_vacancies_seen_make_the_forecast(district: District) -> None:
    district.publish("f1", **{f"b{number}": "occupied" for number in range(10)})
    for number in range(10):
        district.tick(district.now_ms + 86_400_000)
        district.publish("f1")
        district.send("bed.vacated", facility_id="f1", bed_id=f"b{number}")
        district.send("bed.cleaned", facility_id="f1", bed_id=f"b{number}")
    for number in range(11):
        district.apply(f"a{number}")
    (place,) = positions(district.state, "a10") or ()
    assert (place.forecast.vacancies, place.forecast.days_seen, place.rank) == (10, 10, 1)
    assert place.forecast.expected_days == 2
    assert offered(district.publish("f1")) == []
