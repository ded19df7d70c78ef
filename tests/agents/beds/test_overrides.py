"""A bed given out of order: with a coded reason, at no cost to those who are passed, and never two beds for one person."""

import pytest

from agents.beds.certificate import allocation, verify, why_not
from schemas.decisions import Decision
from tests.agents.beds.district import AREA, OTHER_STREET, District, fact, offered, types

SALT = "salt"


@pytest.fixture
def district() -> District:
    """Two homes; b1 of f1 is held for ``first``, the first in line; ``second`` and ``third`` wait."""
    district = District()
    district.home("f1")
    district.home("f2", 500)
    for name, score in (("first", 9), ("second", 5), ("third", 1)):
        district.apply(name, score=score)
    assert offered(district.publish("f1", b1="free")) == [("first", "f1", "b1")]
    return district


def override(district: District, application_id: str, bed_id: str = "b1", facility_id: str = "f1", reason: str = "court_order") -> Decision:
    return district.send(
        "allocation.overridden", application_id=application_id, facility_id=facility_id, bed_id=bed_id, approver="op-2", reason=reason
    )


def test_an_open_offer_is_taken_back_and_the_bed_goes_to_whom_the_operator_named(district: District) -> None:
    decision = override(district, "third")
    assert types(decision) == ["allocation.overridden", "offer.withdrawn", "bed.released", "task.opened", "offer.made"]
    made = fact(decision, "offer.made")
    assert (made["application_id"], made["lane"], made["override_reason"]) == ("third", "override", "court_order")
    assert made["next_application_id"] == "first", "who would have got it is named"
    assert district.where("third") == "offered"


def test_whoever_is_passed_loses_nothing_and_gets_the_next_bed(district: District) -> None:
    before = district.state.applications["first"].eligible_day
    override(district, "third")
    found = district.state.applications["first"]
    assert (district.where("first"), found.refusals, found.excluded, found.eligible_day) == ("queued", 0, {}, before)
    assert offered(district.publish("f1", b2="free")) == [("first", "f1", "b2")]


def test_an_override_opens_a_task_that_only_a_human_closes(district: District) -> None:
    decision = override(district, "third")
    (task,) = (each.fact.model_dump() for each in decision.facts if each.fact.type == "task.opened.v1")
    assert (task["kind"], task["about"], task["detail"]["displaced"]) == ("override_review", "third", "first")
    district.settle("third")
    assert task["task_id"] in district.area.tasks
    closed = district.send("task.completed.v1", domain="beds", task_id=task["task_id"], result="upheld")
    assert types(closed) == ["task.closed.v1".removesuffix(".v1")]
    assert task["task_id"] not in district.area.tasks


def test_nobody_has_two_beds_by_an_override(district: District) -> None:
    district.publish("f2", b1="free")
    assert district.where("second") == "offered"
    district.accept("second")
    decision = override(district, "second")
    assert [each for each in types(decision) if each == "bed.released"] == ["bed.released"] * 2
    held = [bed.key for home in district.state.facilities.values() for bed in home.beds.values() if bed.application_id == "second"]
    assert held == ["f1|b1"]
    assert offered(decision) == [("second", "f1", "b1"), ("first", "f2", "b1")], "the bed given up goes on in the same decision"


def test_a_suspended_person_who_chose_elsewhere_may_be_given_a_bed(district: District) -> None:
    district.apply("away", choices=["f2"], max_travel_s=60, street=OTHER_STREET)
    district.send("application.paused", application_id="away")
    assert offered(override(district, "away", reason="emergency_placement")) == [("away", "f1", "b1")]


@pytest.mark.parametrize(
    ("ruling", "reason"),
    [
        ({"reason": "a_friend"}, "reason_unknown"),
        ({"application_id": "first"}, "already_promised"),
        ({"application_id": "nobody"}, "unknown_application"),
        ({"bed_id": "b9"}, "unknown_bed"),
        ({"bed_id": "men"}, "bed_unsuitable"),
        ({"bed_id": "nursing"}, "bed_unsuitable"),
        ({"bed_id": "taken"}, "bed_not_free"),
        ({"bed_id": "citys"}, "bed_not_offered"),
    ],
)
def test_what_no_reason_overrides(district: District, ruling: dict[str, str], reason: str) -> None:
    more = {"men": {"sex": "m"}, "nursing": {"type": "nursing"}, "taken": "occupied", "citys": {"pool": "city"}}
    district.publish("f1", b1="free", **more)
    assert override(district, **({"application_id": "third"} | ruling)).reason == reason


def test_an_accepted_bed_is_never_taken(district: District) -> None:
    district.accept("first")
    assert override(district, "third").reason == "bed_not_free"


def certificates(district: District, offer_id: str, application_id: str) -> tuple[dict[str, object], list[str]]:
    decisions = list(enumerate(district.decisions))
    found = allocation(AREA, decisions, offer_id)
    assert found is not None
    certificate = why_not(found, application_id, SALT)
    facts = [(seq, each.time_ms, one.fact.type, one.fact.model_dump()) for seq, each in decisions for one in each.facts]
    return certificate, verify(certificate, application_id, facts)


def test_the_certificate_shows_an_overtaking_with_its_reason_and_holds(district: District) -> None:
    offer_id = fact(override(district, "second", reason="clerical_mistake"), "offer.made")["offer_id"]
    mine, wrong = certificates(district, offer_id, "first")
    assert (mine["rule"], mine["override"], mine["criterion"], wrong) == ("overtaken", "clerical_mistake", "score", [])
    behind, wrong = certificates(district, offer_id, "third")
    assert (behind["rule"], behind["ahead_count"], wrong) == ("behind", 2, [])
    winner, wrong = certificates(district, offer_id, "second")
    assert (winner["rule"], wrong) == (None, [])


def test_a_certificate_does_not_hold_against_a_journal_in_which_nobody_gave_the_word(district: District) -> None:
    offer_id = fact(override(district, "second"), "offer.made")["offer_id"]
    certificate, _ = certificates(district, offer_id, "first")
    facts = [
        (seq, each.time_ms, one.fact.type, one.fact.model_dump())
        for seq, each in enumerate(district.decisions)
        for one in each.facts
        if one.fact.type != "beds.allocation.overridden.v1"
    ]
    assert verify(certificate, "first", facts) == ["the bed went out of order without a coded reason"]
