"""Policy as data: versions, their dates, and what a meal costs under them (M-R2, M-R3)."""

from typing import Any

import pytest

from agents.meals.policy import SUBSIDY_DELIVERY, MealsParameters
from agents.meals.price import price
from tests.agents.world import World, fact

PRICES = {"meal_price_fen": {"lunch": 1800}}


def publish(world: World, version: str, in_force_from: str, parameters: dict[str, Any], policy: str = "meals") -> Any:
    return world.send(
        "policy.published.v1", policy=policy, version=version, in_force_from=in_force_from, parameters=parameters, source="test"
    )


def test_a_version_applies_from_its_date_and_every_decision_names_it() -> None:
    world = World()
    world.kitchen("a")
    world.publish("a", 5, date="2026-11-24")
    publish(world, "310106/2", "2026-11-23", PRICES)
    assert world.order("o-1", date="2026-11-24").policy == {"meals": "default/1"}
    world.tick("2026-11-23 00:00")
    decision = world.order("o-2", date="2026-11-24", age=70)
    assert decision.policy == {"meals": "310106/2"}
    assert fact(decision, "meals.order.assigned.v1")["price_fen"] == 1620


def test_versions_arriving_in_any_order_end_in_the_same_one() -> None:
    for order in ((("v1", "2026-11-01"), ("v2", "2026-11-20")), (("v2", "2026-11-20"), ("v1", "2026-11-01"))):
        world = World()
        for version, start in order:
            publish(world, version, start, {})
        assert world.tick("2026-11-22 10:00") == []
        assert world.decisions[-1].policy == {"meals": "v2"}


@pytest.mark.parametrize(
    ("parameters", "policy", "reason"),
    [
        ({"walk_circle": [900]}, "meals", "invalid_policy"),
        ({"walk_circles_s": [900, 300]}, "meals", "invalid_policy"),
        ({"late_kitchen_load_percent": "95"}, "meals", "invalid_policy"),
        ({"memory_days": 3}, "meals", "invalid_policy"),
        ({}, "beds", "unknown_policy"),
        ({"year": 2026, "holidays": ["2025-01-01"]}, "calendar", "invalid_policy"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_and_the_one_in_force_stays(parameters: dict[str, Any], policy: str, reason: str) -> None:
    world = World()
    decision = publish(world, "x", "2026-11-01", parameters, policy)
    assert decision.reason == reason
    assert decision.policy == {"meals": "default/1"}


def test_a_version_name_is_used_once() -> None:
    world = World()
    publish(world, "v1", "2026-11-01", {})
    assert publish(world, "v1", "2026-11-02", PRICES).reason == "stale_version"


@pytest.mark.parametrize(
    ("age", "categories", "granted_fen", "expected"),
    [
        (None, (), 0, (1800, 0, None)),
        (59, ("registered",), 0, (1800, 0, None)),
        (60, (), 0, (1620, 0, None)),
        (79, ("registered",), 0, (1620, 200, "registered_60")),
        (80, ("registered",), 0, (1530, 300, "registered_80")),
        (80, ("registered", "low_income"), 0, (1530, 500, "low_income")),
        (80, ("registered", "low_income"), 500, (1530, 0, "low_income")),
        (80, ("registered",), 100, (1530, 200, "registered_80")),
    ],
)
def test_the_putuo_rules_of_december_2025(
    age: int | None, categories: tuple[str, ...], granted_fen: int, expected: tuple[int, int, str | None]
) -> None:
    policy = MealsParameters(meal_price_fen={"lunch": 1800})
    cost = price(policy, meal="lunch", portions=1, service="dine_in", age=age, categories=categories, granted_fen=granted_fen)
    assert tuple(cost) == expected


def test_a_meal_below_the_threshold_is_not_subsidised_and_without_a_price_nothing_is_said() -> None:
    cheap = MealsParameters(meal_price_fen={"lunch": 1000})
    asked: dict[str, Any] = {
        "portions": 1,
        "service": "delivery",
        "age": 82,
        "categories": ("registered", "level_2_or_above"),
        "granted_fen": 0,
    }
    assert price(cheap, meal="lunch", **asked) == (850, 0, None)
    assert price(cheap, meal="dinner", **asked) == (None, None, None)
    adopted = MealsParameters(meal_price_fen={"lunch": 1000}, subsidies=(SUBSIDY_DELIVERY,))
    assert price(adopted, meal="lunch", **asked) == (850, 400, "delivery")


def test_a_day_s_subsidy_is_granted_once_and_given_back_with_the_order() -> None:
    world = World()
    publish(world, "v1", "2026-11-01", PRICES)
    world.kitchen("a")
    world.publish("a", 9)
    person = {"person_id": "p-1", "age": 80, "categories": ["registered"]}
    assert fact(world.order("o-1", **person), "meals.order.assigned.v1")["subsidy_fen"] == 300
    assert fact(world.order("o-2", **person), "meals.order.assigned.v1")["subsidy_fen"] == 0
    world.send("order.cancelled", order_id="o-1")
    assert fact(world.order("o-3", **person), "meals.order.assigned.v1")["subsidy_fen"] == 300


def test_an_age_below_the_policy_s_is_not_eligible() -> None:
    world = World()
    publish(world, "v1", "2026-11-01", {"eligible_age_min": 60})
    assert world.order("o-1", age=59).reason == "not_eligible"
