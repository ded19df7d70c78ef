"""Deliveries, kitchen counts and the end of the meal."""

import pytest

from tests.agents.world import World, fact, types


def delivering() -> World:
    """One delivery at its meal's hour."""
    world = World()
    world.kitchen("a")
    world.publish("a", 5)
    world.order("o-1", service="delivery", portions=2)
    world.tick("2026-11-23 11:00")
    return world


def test_a_delivered_meal_s_portions_are_used_and_the_order_is_closed() -> None:
    world = delivering()
    assert types(world.send("delivery.reported", order_id="o-1", result="delivered")) == ["meals.order.delivered.v1"]
    assert world.seats("a") == (3, 0, 2, 0)
    assert world.send("delivery.reported", order_id="o-1", result="delivered").reason == "order_closed"


def test_nobody_answering_twice_makes_somebody_look_after_the_person() -> None:
    world = delivering()
    first = world.send("delivery.reported", order_id="o-1", result="no_answer")
    attempted = fact(first, "meals.delivery.attempted.v1")
    assert attempted["next_attempt_ms"] == world.now_ms + 600_000
    second = world.send("delivery.reported", order_id="o-1", result="no_answer")
    assert types(second) == ["meals.delivery.attempted.v1", "meals.order.welfare_check_due.v1", "task.opened.v1"]
    assert fact(second, "task.opened.v1")["kind"] == "welfare_check"
    assert fact(second, "task.opened.v1")["owner"] == "meals-operator"


def test_an_attempt_that_nobody_reports_is_a_welfare_check_too() -> None:
    world = delivering()
    world.send("delivery.reported", order_id="o-1", result="no_answer")
    assert world.tick(world.now_ms + 1_799_000) == []
    assert [found.type for found in world.tick(world.now_ms + 1_000)] == ["meals.order.welfare_check_due.v1", "task.opened.v1"]
    late = world.send("delivery.reported", order_id="o-1", result="delivered")
    assert types(late) == ["task.closed.v1", "meals.order.delivered.v1"]


def test_a_delivery_that_failed_twice_goes_before_a_human_without_a_welfare_check() -> None:
    world = delivering()
    world.send("delivery.reported", order_id="o-1", result="failed")
    assert types(world.send("delivery.reported", order_id="o-1", result="failed")) == ["meals.delivery.attempted.v1", "task.opened.v1"]
    closed = [found for found in world.tick("2026-11-23 15:00") if found.type == "meals.order.closed.v1"]
    assert [found.model_dump()["result"] for found in closed] == ["failed"]


@pytest.mark.parametrize(
    ("order", "report", "reason"),
    [
        ({"service": "pickup"}, {"result": "no_answer"}, "not_a_delivery"),
        ({"date": "2026-11-24"}, {"result": "delivered"}, "before_meal"),
        ({}, {"result": "delivered", "order_id": "other"}, "unknown_order"),
    ],
)
def test_a_report_that_cannot_be_is_refused_by_name(order: dict[str, str], report: dict[str, str], reason: str) -> None:
    world = World()
    world.kitchen("a")
    world.publish("a", 5)
    world.publish("a", 5, date="2026-11-24")
    world.order("o-1", **({"service": "delivery"} | order))
    world.tick("2026-11-23 11:00")
    assert world.send("delivery.reported", **({"order_id": "o-1"} | report)).reason == reason


def test_a_meal_handed_back_is_closed_as_refused() -> None:
    world = delivering()
    closed = fact(world.send("delivery.reported", order_id="o-1", result="refused"), "meals.order.closed.v1")
    assert closed["result"] == "refused"
    assert world.seats("a") == (3, 0, 2, 0)


def test_after_the_meal_the_clock_closes_what_is_open_and_asks_about_unreported_deliveries() -> None:
    world = delivering()
    world.kitchen("b", 200)
    facts = world.tick("2026-11-23 15:00")
    assert [found.type for found in facts] == ["task.opened.v1", "meals.order.closed.v1"]
    assert facts[0].model_dump()["kind"] == "delivery_unreported"
    assert facts[1].model_dump()["result"] == "delivery_unreported"
    assert world.state.orders == {}
    (task_id,) = world.area.tasks
    assert world.send("task.completed.v1", domain="meals", task_id=task_id, result="was_delivered").outcome == "accepted"
    assert world.area.tasks == {}


def test_an_order_without_a_kitchen_ends_with_its_meal_and_its_task_stays() -> None:
    world = World()
    world.kitchen("a")
    world.publish("a", 5)
    world.order("o-1")
    world.send("provider.closed", provider_id="a", reason="power_cut")
    closed = [found.model_dump() for found in world.tick("2026-11-23 15:00") if found.type == "meals.order.closed.v1"]
    assert [found["result"] for found in closed] == ["unplaced"]
    assert len(world.area.tasks) == 1


def test_a_kitchen_is_told_at_the_cutoff_what_to_cook_and_again_when_it_changes() -> None:
    world = World()
    world.kitchen("a")
    world.publish("a", 100)
    world.order("o-1", service="delivery", portions=2, diets=["soft"])
    world.order("o-2")
    assert world.tick("2026-11-22 19:59") == []
    (counted,) = world.tick("2026-11-22 20:00")
    assert counted.model_dump() == {
        "provider_id": "a",
        "date": "2026-11-23",
        "meal": "lunch",
        "portions": 3,
        "by_service": {"delivery": 2, "dine_in": 1},
        "by_diet": {"regular": 1, "soft": 2},
        "recount": False,
    }
    world.tick("2026-11-23 08:00")
    world.send("order.cancelled", order_id="o-1")
    world.order("o-3")
    (again,) = world.tick("2026-11-23 08:15")
    assert (again.model_dump()["portions"], again.model_dump()["recount"]) == (2, True)


def test_two_thousand_orders_of_one_meal_close_in_steps() -> None:
    world = World()
    world.kitchen("a")
    world.publish("a", 2000)
    for number in range(40):
        world.order(f"o-{number}", portions=50)
    closed = [found for found in world.tick("2026-11-23 15:00") if found.type == "meals.order.closed.v1"]
    assert len(closed) == 40
    assert world.seats("a") == (0, 0, 2000, 0)
