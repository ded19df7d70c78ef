"""Publications, closures, and what becomes of orders that lose their kitchen."""

from itertools import permutations

from agents import core
from agents.meals import DOMAIN
from tests.agents.world import World, fact, types


def test_the_highest_version_wins_and_an_older_one_is_refused() -> None:
    world = World()
    world.kitchen("a")
    world.publish("a", 5, version=2)
    decision = world.publish("a", 9, version=1)
    assert decision.reason == "stale_version"
    assert decision.why is not None
    assert decision.why["skipped"] == [{"date": "2026-11-23", "meal": "lunch", "rule": "stale_version", "version": 2}]
    assert world.publish("a", 9, version=2).reason == "stale_version"
    assert world.seats("a") == (5, 0, 0, 0)


def test_a_publication_takes_the_new_slots_and_says_which_it_left_out() -> None:
    world = World()
    slots = [
        {"date": "2026-11-21", "meal": "lunch", "capacity": 5},
        {"date": "2026-11-23", "meal": "lunch", "capacity": 5},
        {"date": "2026-11-23", "meal": "lunch", "capacity": 6},
        {"date": "2027-11-23", "meal": "lunch", "capacity": 6},
    ]
    decision = world.send("capacity.published", provider_id="a", version=1, slots=slots)
    assert types(decision) == ["meals.slot.published.v1"]
    assert decision.why is not None
    assert [left["rule"] for left in decision.why["skipped"]] == ["date_past", "stale_version", "date_too_far"]


def test_any_arrival_order_of_directory_capacity_and_closure_ends_the_same() -> None:
    """I09, C06: capacity and closures may come before the provider they are of."""
    ends = set()
    for steps in permutations(range(4)):
        world = World()
        deeds = (
            lambda w: w.kitchen("a"),
            lambda w: w.publish("a", 5, version=1),
            lambda w: w.publish("a", 7, version=2),
            lambda w: w.send(
                "provider.closed", provider_id="a", from_="2026-11-24T00:00:00+08:00", until="2026-11-25T00:00:00+08:00", reason="repair"
            ),
        )
        for step in steps:
            deeds[step](world)
        world.publish("a", 3, version=9, date="2026-11-24")
        ends.add(str(sorted(str(row) for row in DOMAIN.dump(world.state))))
        assert fact(world.order("o-1"), "meals.order.assigned.v1")["capacity_version"] == 2
        assert world.seats("a", "2026-11-24") == (0, 0, 0, 3)
    assert len(ends) == 1


def test_capacity_lowered_below_its_orders_is_flagged_and_the_latest_orders_move() -> None:
    world = World()
    world.kitchen("a", 100)
    world.kitchen("b", 300)
    world.publish("a", 3)
    world.publish("b", 1)
    for number in range(3):
        world.order(f"o-{number}")
    decision = world.publish("a", 1, version=2)
    assert types(decision) == [
        "meals.slot.published.v1",
        "meals.slot.overcommitted.v1",
        "meals.order.reassigned.v1",
        "meals.order.unplaced.v1",
        "task.opened.v1",
    ]
    assert fact(decision, "meals.order.reassigned.v1")["order_id"] == "o-2"
    assert fact(decision, "meals.order.unplaced.v1")["order_id"] == "o-1"
    assert fact(decision, "task.opened.v1")["about"] == "o-1"
    assert world.seats("a") == (0, 1, 0, 0)
    assert decision.facts[2].why is not None


def test_a_closed_kitchen_s_orders_move_or_come_before_a_human_and_nobody_is_dropped() -> None:
    world = World()
    world.kitchen("a", 100)
    world.kitchen("b", 300)
    world.publish("a", 5)
    world.publish("b", 1)
    world.order("o-1")
    world.order("o-2")
    decision = world.send("provider.closed", provider_id="a", reason="power_cut")
    assert fact(decision, "meals.order.reassigned.v1")["cause"] == "provider_closed"
    unplaced = fact(decision, "meals.order.unplaced.v1")
    task = fact(decision, "task.opened.v1")
    assert (task["about"], task["owner"]) == (unplaced["order_id"], "meals-operator")
    assert world.seats("a") == (0, 0, 0, 5)
    assert world.order("o-3").reason == "no_capacity"
    assert types(world.send("provider.reopened", provider_id="a", reason="power_back")) == ["meals.provider.reopening_recorded.v1"]
    assert world.seats("a") == (5, 0, 0, 0)
    moved = world.send("order.overridden", order_id=unplaced["order_id"], provider_id="a", reason="open again")
    assert types(moved) == ["task.closed.v1", "meals.order.reassigned.v1"]
    assert world.area.tasks == {}


def test_a_closure_touches_only_meals_served_while_it_lasts() -> None:
    world = World()
    world.kitchen("a")
    world.publish("a", 5, date="2026-11-23")
    world.publish("a", 5, date="2026-11-24")
    world.order("o-1")
    window = {"from_": "2026-11-24T00:00:00+08:00", "until": "2026-11-25T00:00:00+08:00"}
    decision = world.send("provider.closed", provider_id="a", reason="repair", **window)
    assert types(decision) == ["meals.provider.closure_recorded.v1"]
    assert world.seats("a", "2026-11-23") == (4, 1, 0, 0)
    assert world.seats("a", "2026-11-24") == (0, 0, 0, 5)
    past = {"from_": "2026-11-20T00:00:00+08:00", "until": "2026-11-21T00:00:00+08:00"}
    assert world.send("provider.closed", provider_id="a", reason="repair", **past).reason == "window_empty"


def test_more_orders_than_one_event_may_carry_are_moved_by_the_ticks_that_follow() -> None:
    world = World()
    world.kitchen("a", 100)
    world.kitchen("b", 300)
    world.publish("a", 200)
    world.publish("b", 200)
    for number in range(100):
        world.order(f"o-{number:03d}")
    first = world.send("provider.closed", provider_id="a", reason="power_cut")
    assert types(first).count("meals.order.reassigned.v1") == core.STEPS_MAX
    assert core.next_deadline(DOMAIN, world.area) == world.now_ms
    rest = world.tick(world.now_ms)
    assert len(rest) == 100 - core.STEPS_MAX
    assert world.seats("a") == (0, 0, 0, 200)
    assert world.seats("b") == (100, 100, 0, 0)


def test_a_kitchen_that_moves_is_found_at_its_new_place() -> None:
    world = World()
    world.kitchen("a", 100)
    world.kitchen("b", 300)
    world.publish("a", 5)
    world.publish("b", 5)
    world.kitchen("a", 600)
    assert fact(world.order("o-1"), "meals.order.assigned.v1")["provider_id"] == "b"


def test_meals_long_past_leave_the_state() -> None:
    world = World()
    world.kitchen("a")
    world.publish("a", 5)
    world.order("o-1")
    world.tick("2026-11-23 16:00")
    assert len(world.state.ended) == 1
    world.tick("2026-11-25 09:00")
    assert world.state.days == {}
    world.tick("2026-12-09 09:00")
    assert world.state.ended == {}
    assert DOMAIN.gauges(world.state)["capacity_total"] == 0
