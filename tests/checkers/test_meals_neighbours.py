"""Areas that lend to each other: the eyes pass what the real core and the real routes did, and catch what was planted in it (N02)."""

from infra.checkers.logs import Logs
from infra.checkers.meals import lifecycle
from infra.checkers.meals.checks import CHECKS
from infra.checkers.meals.neighbours import Lending
from infra.checkers.outbox import check_handovers
from tests.checkers.lending import HOME
from tests.checkers.planting import change_fact, drop_facts, find, watched

ASKED = "meals.order.asked_elsewhere.v1"


def test_what_the_areas_did_passes_every_eye(lent: Logs) -> None:
    found = [violation for eye in CHECKS.eyes(lent, 1) for violation in watched(lent, eye)]
    assert found == []
    assert check_handovers({"meals": lent}, {"meals": CHECKS.hands_over}) == {"meals": []}
    assert find(lent, "meals.guest.released.v1", lambda data: data["cause"] == "provider_closed")


def _said(logs: Logs) -> str:
    return " | ".join(violation.sentence for violation in watched(logs, Lending()))


def test_n02_an_area_that_policy_does_not_name_next_is_asked(lent: Logs) -> None:
    place, _ = find(lent, ASKED)
    assert "policy says" in _said(change_fact(lent, place, ASKED, lending_area="310151"))


def test_n02_a_loan_without_a_policy_that_lends(lent: Logs) -> None:
    place, _ = find(lent, "policy.adopted.v1", lambda data: data["parameters"].get("lends_to") == [HOME])
    assert "its policy does not" in _said(change_fact(lent, place, "policy.adopted.v1", parameters={}))


def test_n02_an_order_elsewhere_that_nobody_holds(lent: Logs) -> None:
    planted = drop_facts(lent, lambda kind, data: kind == "meals.guest.assigned.v1" and data["provider_id"] == "f-1")
    assert "which holds nothing for it" in _said(planted)


def test_n02_portions_held_for_an_order_that_wants_nothing(lent: Logs) -> None:
    planted = drop_facts(lent, lambda kind, data: kind == "meals.guest.released.v1" and data["cause"] == "withdrawn")
    assert "which wants nothing" in _said(planted)


def test_n02_an_answer_of_an_area_that_was_not_asked(lent: Logs) -> None:
    place, _ = find(lent, "meals.order.placed_elsewhere.v1")
    assert "which was not asked" in _said(change_fact(lent, place, "meals.order.placed_elsewhere.v1", request_id="ask:x"))


def test_i06_a_guest_ends_that_never_began(lent: Logs) -> None:
    place, _ = find(lent, "meals.guest.released.v1")
    planted = change_fact(lent, place, "meals.guest.released.v1", guest_id="ask:x")
    assert "ask:x is unknown" in " | ".join(violation.sentence for violation in watched(planted, lifecycle.OrderMoves()))
