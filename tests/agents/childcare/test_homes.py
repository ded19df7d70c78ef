"""Where a child lives may be learned between the wish and the place: nothing is free here for a child whose quota is kept elsewhere."""

from typing import Any

from schemas.decisions import Decision
from tests.agents.childcare.world import DAY, World, fact, kinds, session, types

HOME = "310101"
CHARGED = {"price_fen": {"drop_in": 4000}}


def offered(world: World, **care: Any) -> dict[str, Any]:
    """The child ``k`` waited under ``b-1`` and is offered the seat; returns what accepts the offer."""
    world.policy(services={"care": CHARGED | care})
    world.house(seats=1)
    world.book("b-0", "s-1-am")
    world.book("b-1", "s-1-am", child_id="k")
    world.send("booking.cancelled", booking_id="b-0")
    return {"booking_id": "b-1", "offer_id": world.state.bookings["b-1"].offer_id}


def lives(world: World, version: int, *, here: bool) -> Decision:
    return world.send("child.registered", child_id="k", version=version, at_home=here)


def test_a_child_that_moved_away_while_it_waited_keeps_its_turn_is_charged_and_a_human_told() -> None:
    world = World()
    offer = offered(world)
    lives(world, 1, here=False)
    taken = world.send("offer.accepted", **offer)
    assert types(taken) == ["offer.accepted", "booking.held", "task.opened"]
    held, task = fact(taken, "booking.held"), taken.facts[2].fact.model_dump()
    assert (held["free_units"], held["quota_left"], held["price_fen"], held["request_id"]) == (0, None, 4000, None)
    assert (task["kind"], task["about"], task["detail"]["reason"]) == ("quota_undecided", "b-1", "not_at_home_here")
    assert taken.why is not None
    assert taken.why["known"] == "elsewhere"
    assert types(world.send("hold.confirmed", booking_id="b-1")) == ["booking.confirmed"]
    assert world.left("k") == (0, 0)
    assert types(world.send("booking.cancelled", booking_id="b-1")) == ["task.closed", "booking.cancelled"]


def test_where_nothing_is_sold_the_offer_is_refused_by_name_and_one_human_told_until_the_register_says_otherwise() -> None:
    world = World()
    offer = offered(world, after_quota="refuse")
    lives(world, 1, here=False)
    first = world.send("offer.accepted", **offer)
    assert (first.reason, types(first)) == ("not_at_home_here", ["task.opened"])
    again = world.send("offer.accepted", **offer)
    assert (again.reason, types(again)) == ("not_at_home_here", [])
    lives(world, 2, here=True)
    taken = world.send("offer.accepted", **offer)
    assert types(taken) == ["task.closed", "offer.accepted", "booking.confirmed"]
    assert fact(taken, "booking.confirmed")["free"] is True
    assert world.left("k") == (0, 1)


def test_whoever_waits_no_more_needs_no_human_to_find_its_home() -> None:
    world = World()
    offer = offered(world, after_quota="refuse")
    lives(world, 1, here=False)
    world.send("offer.accepted", **offer)
    world.publish("s-1", session("s-1-am", seats=0), version=2)
    assert world.state.bookings["b-1"].state == "waitlisted"
    assert kinds(world.tick(f"{DAY} 09:00"))[:2] == ["task.closed", "waitlist.closed"]
    assert not world.state.tasks


def test_where_the_quota_is_kept_for_registered_children_only_the_same_holds_of_a_child_nobody_registered() -> None:
    world = World()
    offer = offered(world)
    world.policy("v2", home_children="registered", services={"care": CHARGED})
    taken = world.send("offer.accepted", **offer)
    assert fact(taken, "booking.held")["free_units"] == 0
    assert taken.why is not None
    assert taken.why["known"] == "not_registered"
    other = World()
    offer = offered(other)
    lives(other, 1, here=True)
    other.policy("v2", home_children="registered", services={"care": CHARGED})
    assert fact(other.send("offer.accepted", **offer), "booking.confirmed")["free"] is True


def test_a_child_that_named_its_true_home_is_asked_for_there_whatever_the_register_says_here() -> None:
    world = World()
    world.house(seats=1)
    world.book("b-0", "s-1-am")
    world.book("b-1", "s-1-am", child_id="k", home_area=HOME)
    lives(world, 1, here=False)
    world.send("booking.cancelled", booking_id="b-0")
    taken = world.send("offer.accepted", booking_id="b-1", offer_id=world.state.bookings["b-1"].offer_id)
    assert types(taken) == ["offer.accepted", "quota.asked"]


def test_what_was_promised_stays_promised_and_what_is_asked_for_anew_is_not_free() -> None:
    world = World()
    world.policy(services={"care": CHARGED})
    world.site("s-1")
    world.publish("s-1", session("h-9"), session("h-11", "11:00", "12:00"))
    world.book("b-1", "h-9", child_id="k")
    lives(world, 1, here=False)
    world.tick(f"{DAY} 09:00")
    assert fact(world.send("child.checked_in", booking_id="b-1", by="p"), "child.checked_in")["free_units"] == 1
    longer = fact(world.send("extension.requested", booking_id="b-1"), "booking.extended")
    assert (longer["free_units"], longer["quota_left"], longer["price_fen"]) == (0, None, 4000)
    assert world.left("k") == (1, 0)
