"""Where an order goes, and why it goes nowhere."""

import pytest

from tests.agents.world import World, at, fact, north, types


def test_the_nearest_kitchen_with_room_takes_the_order_and_the_nearer_full_one_is_named() -> None:
    world = World()
    for provider, metres, capacity in (("near", 100, 1), ("middle", 300, 5), ("far", 500, 5)):
        world.kitchen(provider, metres)
        world.publish(provider, capacity)
    world.order("o-1")
    decision = world.order("o-2")
    assigned = fact(decision, "meals.order.assigned.v1")
    assert (assigned["provider_id"], assigned["distance_m"], assigned["travel_s"]) == ("middle", 300, 390)
    assert decision.why is not None
    assert decision.why["rejected"] == [{"provider_id": "near", "rule": "no_capacity", "distance_m": 100, "data_age_s": 0}]
    assert decision.why["considered"] == 2
    assert decision.policy == {"meals": "default/1"}
    assert world.seats("near") == (0, 1, 0, 0)


def test_equally_far_kitchens_are_told_apart_by_id() -> None:
    world = World()
    for provider in ("b", "a", "c"):
        world.kitchen(provider, 200)
        world.publish(provider, 5)
    assert fact(world.order("o-1"), "meals.order.assigned.v1")["provider_id"] == "a"


def test_the_preferred_kitchen_goes_before_a_nearer_one_and_falls_back_when_it_cannot() -> None:
    world = World()
    world.kitchen("near", 100)
    world.kitchen("liked", 800)
    world.publish("near", 5)
    world.publish("liked", 1)
    assert fact(world.order("o-1", preferred_provider_id="liked"), "meals.order.assigned.v1")["provider_id"] == "liked"
    decision = world.order("o-2", preferred_provider_id="liked")
    assert fact(decision, "meals.order.assigned.v1")["provider_id"] == "near"
    assert decision.why is not None
    assert decision.why["rejected"][0]["provider_id"] == "liked"


def test_beyond_the_fifteen_minute_circle_the_wider_one_is_named() -> None:
    world = World()
    world.kitchen("a", 1000)
    world.publish("a", 5)
    decision = world.order("o-1")
    assert decision.why is not None
    assert decision.why["circle_s"] == 1800
    assert world.order("o-2", position=north(-2000)).reason == "no_provider_in_reach"


@pytest.mark.parametrize(
    ("kitchen", "order", "rule", "reason"),
    [
        ({"services": ["dine_in"]}, {"service": "delivery"}, "service_not_offered", "no_suitable_provider"),
        ({}, {"diets": ["halal"]}, "diet_not_served", "no_suitable_provider"),
        ({"delivery_radius_m": 150}, {"service": "delivery"}, "outside_delivery_radius", "no_suitable_provider"),
        ({}, {"meal": "dinner"}, "not_published", "no_capacity"),
        ({}, {"portions": 6}, "no_capacity", "no_capacity"),
    ],
)
def test_each_rule_that_rules_a_kitchen_out_has_its_own_name(
    kitchen: dict[str, object], order: dict[str, object], rule: str, reason: str
) -> None:
    world = World()
    world.kitchen("a", 200, **kitchen)
    world.publish("a", 5)
    decision = world.order("o-1", **order)
    assert decision.reason == reason
    assert decision.why is not None
    assert [candidate["rule"] for candidate in decision.why["rejected"]] == [rule]
    assert types(decision) == ["meals.order.refused.v1"]


def test_a_refused_order_id_stays_refused_when_capacity_comes() -> None:
    world = World()
    world.kitchen("a")
    assert world.order("o-1").reason == "no_capacity"
    world.publish("a", 5)
    decision = world.order("o-1")
    assert decision.reason == "order_already_refused"
    assert types(decision) == []
    assert world.order("o-2").outcome == "accepted"


def test_an_order_id_is_used_once() -> None:
    world = World()
    world.kitchen("a")
    world.publish("a", 5)
    world.order("o-1")
    assert world.order("o-1").reason == "order_exists"
    world.send("order.cancelled", order_id="o-1")
    assert world.order("o-1").reason == "order_exists"
    assert world.seats("a") == (5, 0, 0, 0)


@pytest.mark.parametrize(("date", "reason"), [("2026-11-21", "date_past"), ("2026-12-07", "date_too_far"), ("2026-11-22", "past_cutoff")])
def test_a_date_outside_the_window_is_refused_by_name(date: str, reason: str) -> None:
    world = World()
    world.kitchen("a")
    world.publish("a", 5, date="2026-11-22")
    assert world.order("o-1", date=date).reason == reason


def test_late_orders_go_only_where_the_kitchen_has_room_by_the_late_rule() -> None:
    world = World()
    world.kitchen("busy", 100)
    world.kitchen("calm", 300)
    world.publish("busy", 20)
    world.publish("calm", 20)
    for number in range(19):
        world.order(f"o-{number}", preferred_provider_id="busy")
    world.tick("2026-11-23 08:29")
    decision = world.order("late")
    assigned = fact(decision, "meals.order.assigned.v1")
    assert assigned["provider_id"] == "calm"
    assert assigned["late"] is True
    assert decision.why is not None
    assert decision.why["rejected"][0]["rule"] == "kitchen_busy_late"
    world.tick("2026-11-23 08:31")
    assert world.order("too-late").reason == "past_cutoff"


def test_a_publication_s_own_cutoff_goes_before_the_policy_s() -> None:
    world = World()
    world.kitchen("a")
    world.publish("a", 5, cutoff="2026-11-22T12:00:00+08:00")
    world.tick("2026-11-22 12:00")
    assert world.order("o-1").outcome == "accepted"
    world.tick("2026-11-22 12:01")
    decision = world.order("o-2")
    assert decision.reason == "past_cutoff"


def test_capacity_older_than_policy_allows_is_never_used_and_shows_its_age() -> None:
    world = World("2026-11-10 09:00")
    world.kitchen("old", 100)
    world.kitchen("fresh", 400)
    world.publish("old", 5)
    world.tick("2026-11-18 09:00")
    decision = world.order("o-1")
    assert decision.reason == "stale_capacity"
    assert decision.why is not None
    assert decision.why["rejected"][0] == {"provider_id": "old", "rule": "stale_capacity", "distance_m": 100, "data_age_s": 8 * 86400}
    world.publish("fresh", 5)
    assert fact(world.order("o-2"), "meals.order.assigned.v1")["provider_id"] == "fresh"
    assert world.send("order.overridden", order_id="o-2", provider_id="old", reason="phoned them").outcome == "accepted"


def test_cancelling_frees_once_and_not_after_the_hour() -> None:
    world = World()
    world.kitchen("a")
    world.publish("a", 2)
    world.order("o-1", portions=2)
    assert world.send("order.cancelled", order_id="o-1").outcome == "accepted"
    assert world.send("order.cancelled", order_id="o-1").reason == "order_closed"
    assert world.seats("a") == (2, 0, 0, 0)
    assert world.send("order.cancelled", order_id="nobody").reason == "unknown_order"
    world.order("o-2")
    world.tick("2026-11-23 08:31")
    assert world.send("order.cancelled", order_id="o-2").reason == "cancel_too_late"
    assert world.seats("a") == (1, 1, 0, 0)


def test_an_operator_s_override_moves_the_portions_and_never_overfills() -> None:
    world = World()
    world.kitchen("a", 100)
    world.kitchen("b", 300)
    world.kitchen("plain", 400, diets=["regular"])
    world.publish("a", 5)
    world.publish("b", 1)
    world.order("o-1", diets=["soft"])
    world.order("o-2", preferred_provider_id="b")
    override = {"order_id": "o-1", "reason": "the family asked"}
    assert world.send("order.overridden", provider_id="b", **override).reason == "provider_full"
    assert world.send("order.overridden", provider_id="plain", **override).reason == "provider_unsuitable"
    assert world.send("order.overridden", provider_id="a", **override).reason == "already_there"
    assert world.send("order.overridden", provider_id="x", **override).reason == "unknown_provider"
    world.send("order.cancelled", order_id="o-2")
    moved = fact(world.send("order.overridden", provider_id="b", **override), "meals.order.reassigned.v1")
    assert (moved["from_provider_id"], moved["cause"], moved["reason"]) == ("a", "override", "the family asked")
    assert world.seats("a") == (5, 0, 0, 0)
    assert world.seats("b") == (0, 1, 0, 0)


def test_an_operator_cannot_put_an_order_where_the_meal_is_over() -> None:
    world = World()
    world.kitchen("a", 100)
    world.kitchen("b", 300)
    world.publish("a", 1)
    world.publish("b", 1)
    world.order("o-1")
    world.now_ms = at("2026-11-23 14:00")
    assert world.send("order.overridden", order_id="o-1", provider_id="b", reason="too late").reason == "date_past"
    assert world.seats("b") == (1, 0, 0, 0)


def test_a_ring_of_full_kitchens_does_not_hide_the_free_one_behind_it() -> None:
    world = World()
    for number in range(60):
        world.kitchen(f"full-{number:02d}", 5 + number)
        world.publish(f"full-{number:02d}", 0)
    world.kitchen("free", 700)
    world.publish("free", 1)
    decision = world.order("o-1")
    assert fact(decision, "meals.order.assigned.v1")["provider_id"] == "free"
    assert decision.why is not None
    assert len(decision.why["rejected"]) == 12
    assert decision.why["rest"] == {"no_capacity": 12}
    assert decision.why["passed_over_full"] is True
    assert world.order("o-2").reason == "no_capacity"


def test_behind_many_unsuitable_kitchens_the_reason_is_still_exact() -> None:
    world = World()
    for number in range(40):
        world.kitchen(f"plain-{number:02d}", 5 + number, diets=["regular"])
        world.publish(f"plain-{number:02d}", 5)
    assert world.order("o-1", diets=["soft"]).reason == "no_suitable_provider"
    world.kitchen("soft", 900)
    assert world.order("o-2", diets=["soft"]).reason == "no_capacity"
