"""Twelve free sessions a year, whatever happens; asked for elsewhere by event."""

from typing import Any

import pytest

from schemas.decisions import Decision
from tests.agents.childcare.world import DAY, World, fact, kinds, session, types

HOME = "310101"


def days(world: World, count: int, start: int = 1, month: str = "2026-11") -> list[str]:
    """One session a day; returns their ids."""
    world.site("s-1")
    offered = [session(f"d-{month}-{number}", day=f"{month}-{number:02}") for number in range(start, start + count)]
    world.publish("s-1", *offered)
    return [each["session_id"] for each in offered]


def spend(world: World, count: int) -> list[str]:
    """Book so many sessions for the child ``k``."""
    ids = days(world, count, 9)
    for number, session_id in enumerate(ids):
        assert world.book(f"b-{number}", session_id, child_id="k").outcome == "accepted"
    return ids


def test_the_thirteenth_is_charged_never_free_and_a_returned_one_is_free_again() -> None:
    world = World("2026-11-08 09:00")
    world.policy(services={"care": {"price_fen": {"drop_in": 4000}}})
    spend(world, 13)
    confirmed = [decision for decision in world.decisions if types(decision) == ["booking.confirmed"]]
    assert [fact(decision, "booking.confirmed")["quota_left"] for decision in confirmed] == list(range(11, -1, -1))
    assert fact(world.decisions[-1], "booking.held")["price_fen"] == 4000
    assert world.left("k") == (0, 12)
    world.send("booking.cancelled", booking_id="b-5")
    assert world.left("k") == (0, 11)
    assert fact(world.book("b-again", "d-2026-11-14", child_id="k"), "booking.confirmed")["free"] is True
    assert world.left("k") == (0, 12)


def test_where_policy_does_not_sell_the_thirteenth_is_refused() -> None:
    world = World("2026-11-08 09:00")
    world.policy(services={"care": {"free_per_year": 1, "after_quota": "refuse"}})
    first, second = days(world, 2, 9)
    world.book("b-1", first, child_id="k")
    assert world.book("b-2", second, child_id="k").reason == "quota_spent"


def test_the_year_is_that_of_the_day_of_care_in_shanghai() -> None:
    world = World("2026-12-25 09:00")
    world.site("s-1")
    world.publish("s-1", session("old", "22:00", "23:59", day="2026-12-31"), session("new", day="2027-01-01"))
    world.policy(services={"care": {"free_per_year": 1}})
    assert fact(world.book("b-1", "old", child_id="k"), "booking.confirmed")["quota_year"] == 2026
    assert fact(world.book("b-2", "new", child_id="k"), "booking.confirmed")["quota_left"] == 0
    assert (world.left("k", 2026), world.left("k", 2027)) == ((0, 1), (0, 1))


@pytest.mark.parametrize(
    ("now", "between", "used"),
    [
        (f"{DAY} 06:59", "return", 0),
        ("2026-11-23 09:00", "return", 0),
        ("2026-11-23 09:01", "return", 0),
        ("2026-11-23 09:01", "consume", 1),
        (f"{DAY} 07:00", "return", 0),
        (f"{DAY} 07:01", "return", 1),
    ],
)
def test_a_cancellation_returns_or_consumes_exactly_one(now: str, between: str, used: int) -> None:
    world = World()
    world.policy(services={"care": {"cancel_between": between}})
    world.house()
    world.book("b-1", "s-1-am", child_id="k")
    world.tick(now)
    decision = world.send("booking.cancelled", booking_id="b-1")
    assert fact(decision, "booking.cancelled")["quota"] == ("consumed" if used else "returned")
    assert world.left("k") == (used, 0)


def test_a_no_show_consumes_and_checking_in_consumes() -> None:
    world = World()
    world.house()
    world.book("b-1", "s-1-am", child_id="k")
    world.book("b-2", "s-1-am", child_id="l")
    world.tick(f"{DAY} 09:00")
    world.send("child.checked_in", booking_id="b-2", by="p")
    assert world.left("l") == (1, 0)
    assert kinds(world.tick(f"{DAY} 09:30")) == ["booking.no_show"]
    assert world.left("k") == (1, 0)


def test_a_quota_raised_in_mid_year_is_more_and_one_lowered_takes_nothing_back() -> None:
    world = World("2026-11-08 09:00")
    ids = days(world, 4, 9)
    world.policy("v1", services={"care": {"free_per_year": 1}})
    world.book("b-1", ids[0], child_id="k")
    assert types(world.book("b-2", ids[1], child_id="k")) == ["booking.held"]
    world.policy("v2", services={"care": {"free_per_year": 2}})
    assert types(world.book("b-3", ids[2], child_id="k")) == ["booking.confirmed"]
    world.policy("v3", services={"care": {"free_per_year": 1}})
    assert types(world.book("b-4", ids[3], child_id="k")) == ["booking.held"]
    assert world.left("k") == (0, 2)


def test_years_long_past_are_closed_and_the_ledger_still_sums_to_zero() -> None:
    world = World()
    world.house()
    world.book("b-1", "s-1-am", child_id="k")
    world.send("booking.cancelled", booking_id="b-1")
    assert world.state.ledger.accounts
    world.tick("2028-01-02 00:00")
    assert not world.state.ledger.accounts


class Pair:
    """Two areas, and the reactor between them: facts become events with the ids they name."""

    def __init__(self) -> None:
        self.here, self.home = World(), World(area=HOME)
        self.here.policy(services={"care": {"price_fen": {"drop_in": 4000}}})
        self.here.house()

    def ask(self, booking_id: str = "b-1", **more: Any) -> dict[str, Any]:
        decision = self.here.book(booking_id, "s-1-am", home_area=HOME, **({"child_id": "k"} | more))
        assert types(decision) == ["quota.asked"]
        return fact(decision, "quota.asked")

    def reserve(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What the home area says."""
        names = ("request_id", "booking_id", "child_id", "family_id", "service", "units", "asking_area")
        data = {name: asked[name] for name in names} | {"year": asked["quota_year"], "settle_by": "2026-12-01T12:00:00+08:00"}
        decision = self.home.send("quota.reserve_requested", event_id=asked["request_id"], **data)
        (said,) = (reasoned.fact.model_dump() for reasoned in decision.facts)
        return dict(said)

    def answer(self, said: dict[str, Any]) -> Decision:
        data = {"request_id": said["request_id"], "booking_id": said["booking_id"], "units": said.get("units", 0), "quota_left": 3}
        data |= {"reason": said["reason"]} if "reason" in said else {}
        return self.here.send("quota.answered", event_id=said["answer_id"], **data)

    def settle(self, decision: Decision) -> Decision:
        asked = fact(decision, "quota.settlement_asked")
        assert asked["home_area"] == HOME
        data = {name: asked[name] for name in ("request_id", "booking_id", "result")}
        return self.home.send("quota.settle_requested", event_id=asked["settlement_id"], **data)


def test_the_home_area_is_asked_reserves_and_hears_what_became_of_it() -> None:
    pair = Pair()
    said = pair.reserve(pair.ask())
    assert pair.home.left("k") == (0, 1)
    assert fact(pair.answer(said), "booking.confirmed")["free"] is True
    pair.here.tick(f"{DAY} 09:00")
    arrived = pair.here.send("child.checked_in", booking_id="b-1", by="p")
    assert types(arrived) == ["child.checked_in", "quota.settlement_asked"]
    assert types(pair.settle(arrived)) == ["quota.settled"]
    assert pair.home.left("k") == (1, 0)
    assert pair.here.left("k") == (0, 0)


def test_a_timely_cancellation_gives_the_unit_back_to_the_home_area() -> None:
    pair = Pair()
    pair.answer(pair.reserve(pair.ask()))
    pair.settle(pair.here.send("booking.cancelled", booking_id="b-1"))
    assert pair.home.left("k") == (0, 0)


def test_what_the_home_area_denies_is_charged() -> None:
    pair = Pair()
    pair.home.policy(services={"care": {"free_per_year": 0}})
    said = pair.reserve(pair.ask())
    assert said["reason"] == "quota_spent"
    held = fact(pair.answer(said), "booking.held")
    assert (held["free"], held["price_fen"]) == (False, 4000)


def test_without_an_answer_it_is_charged_provisionally_a_human_is_told_and_a_late_answer_reconciles() -> None:
    pair = Pair()
    asked = pair.ask()
    facts = pair.here.tick("2026-11-22 09:01")
    assert kinds(facts) == ["booking.held", "task.opened"]
    assert facts[0].model_dump()["provisional"] is True
    pair.here.send("hold.confirmed", booking_id="b-1")
    late = pair.answer(pair.reserve(asked))
    assert types(late) == ["task.closed", "booking.repriced"]
    repriced = fact(late, "booking.repriced")
    assert (repriced["was_price_fen"], repriced["price_fen"], repriced["ended"]) == (4000, 0, False)
    assert pair.answer({**asked, "answer_id": "again"}).reason == "quota_already_decided"


def test_an_answer_after_the_end_settles_the_use_and_says_what_to_pay_back() -> None:
    pair = Pair()
    asked = pair.ask()
    pair.here.tick("2026-11-22 09:01")
    pair.here.send("hold.confirmed", booking_id="b-1")
    pair.here.tick(f"{DAY} 09:30")
    late = pair.answer(pair.reserve(asked))
    assert types(late) == ["booking.repriced", "quota.settlement_asked"]
    assert fact(late, "booking.repriced")["ended"] is True
    pair.settle(late)
    assert pair.home.left("k") == (1, 0)


def test_a_booking_given_up_before_the_answer_leaves_nothing_reserved_in_either_order() -> None:
    for settled_first in (False, True):
        pair = Pair()
        asked = pair.ask()
        given_up = pair.here.send("booking.cancelled", booking_id="b-1")
        if settled_first:
            assert fact(pair.settle(given_up), "quota.settled")["units"] == 0
            said = pair.reserve(asked)
            assert said["reason"] == "quota_already_settled"
        else:
            said = pair.reserve(asked)
            pair.settle(given_up)
        assert pair.home.left("k") == (0, 0)
        assert pair.answer(said).reason == "booking_closed"
        assert pair.here.seats("s-1-am")[0] == 10


def test_what_nobody_settles_stays_reserved_and_goes_before_a_human_again_and_again() -> None:
    pair = Pair()
    pair.reserve(pair.ask())
    assert kinds(pair.home.tick("2026-12-01 12:00")) == ["quota.overdue", "task.opened"]
    assert kinds(pair.home.tick("2026-12-08 12:00")) == ["quota.overdue", "task.opened"]
    assert pair.home.left("k") == (0, 1)


def test_where_policy_refuses_without_an_answer_the_seat_is_free_and_the_home_area_told() -> None:
    pair = Pair()
    pair.here.policy("v2", quota_fallback="refuse")
    pair.ask()
    assert kinds(pair.here.tick("2026-11-22 09:01")) == ["booking.expired", "quota.settlement_asked"]
    assert pair.here.seats("s-1-am")[0] == 10


@pytest.mark.parametrize(("per_year", "told"), [(1, ["booking.expired", "quota.settlement_asked"]), (0, ["booking.expired"])])
def test_where_care_is_not_sold_an_answer_of_too_little_ends_the_offer_of_another_place_too(per_year: int, told: list[str]) -> None:
    pair = Pair()
    pair.here.policy("v2", services={"care": {"after_quota": "refuse", "units": {"drop_in": 2}}}, quota_answer_s=7200)
    pair.here.house("s-2", metres=200)
    pair.home.policy(services={"care": {"free_per_year": per_year}})
    said = pair.reserve(pair.ask())
    moved = pair.here.send("site.closed", site_id="s-1", reason="no_water")
    offer = next(each.fact.model_dump() for each in moved.facts if each.fact.type == "childcare.offer.made.v1")
    answer = pair.answer(said)
    assert types(answer) == told
    assert fact(answer, "booking.expired")["cause"] == "quota_denied"
    accepted = pair.here.send("offer.accepted", booking_id="b-1", offer_id=offer["offer_id"])
    assert accepted.reason == "booking_closed"
    assert pair.here.seats("s-2-am")[:2] == (10, 0)
    if per_year:
        pair.settle(answer)
    assert pair.home.left("k") == (0, 0)


def test_the_thirteenth_is_never_free_even_when_asked_for_here_and_elsewhere_at_once() -> None:
    pair = Pair()
    pair.home.policy(services={"care": {"free_per_year": 1}})
    pair.home.house("h-1")
    asked = pair.ask()
    assert fact(pair.home.book("b-9", "h-1-am", child_id="k"), "booking.confirmed")["free"] is True
    assert pair.reserve(asked)["reason"] == "quota_spent"
    assert pair.home.left("k") == (0, 1)


def test_a_home_area_that_knows_the_child_to_live_elsewhere_gives_no_free_session_and_says_why() -> None:
    pair = Pair()
    registered = pair.home.send("child.registered", child_id="k", version=2, at_home=False)
    assert fact(registered, "child.home_recorded") == {"child_id": "k", "version": 2, "at_home": False}
    before = pair.home.send("child.registered", child_id="k", version=1, at_home=True)
    assert types(before) == ["account.opened"], "it lived here before, and its account may be asked for; it does not live here now"
    assert pair.home.send("child.registered", child_id="k", version=1, at_home=True).reason == "stale_version"
    denied = pair.reserve(pair.ask())
    assert (denied["reason"], denied.get("quota_left")) == ("not_at_home_here", None)
    answer = pair.answer(denied)
    assert fact(answer, "booking.held")["free_units"] == 0
    assert answer.why is not None
    assert answer.why["reason"] == "not_at_home_here"
    assert pair.home.left("k") == (0, 0)
    pair.home.house("h-1")
    local = pair.home.book("b-7", "h-1-am", child_id="k")
    assert (local.reason, types(local)) == ("not_at_home_here", ["booking.refused"])
    pair.home.send("child.registered", child_id="k", version=3, at_home=True)
    assert fact(pair.home.book("b-8", "h-1-am", child_id="k"), "booking.confirmed")["free"] is True


def test_where_policy_keeps_the_quota_of_registered_children_only_a_child_nobody_registered_has_none() -> None:
    pair = Pair()
    pair.home.policy(home_children="registered")
    assert pair.reserve(pair.ask())["reason"] == "not_at_home_here"
    pair = Pair()
    pair.home.policy(home_children="registered")
    pair.home.send("child.registered", child_id="k", version=1, at_home=True)
    assert "reason" not in pair.reserve(pair.ask())
    assert pair.home.left("k") == (0, 1)
