"""Standing orders: each day's order is made by the clock."""

from typing import Any

from agents.meals.standing import order_id_of
from tests.agents.world import CENTRE, World, types


def standing(world: World, **more: Any) -> Any:
    """Lunch on every day from 2026-11-23, a Monday."""
    data: dict[str, Any] = {
        "standing_order_id": "s-1",
        "person_id": "p-1",
        "position": {"lat": CENTRE[0], "lon": CENTRE[1]},
        "meal": "lunch",
        "portions": 1,
        "service": "dine_in",
        "weekdays": [1, 2, 3, 4, 5],
        "from": "2026-11-23",
    }
    return world.send("standing_order.placed", **(data | more))


def week(capacity: int = 5) -> World:
    """A kitchen with lunches for a week."""
    world = World()
    world.kitchen("a")
    slots = [{"date": f"2026-11-{day}", "meal": "lunch", "capacity": capacity} for day in range(23, 31)]
    world.send("capacity.published", provider_id="a", version=1, slots=slots)
    return world


def runs(facts: list[Any]) -> list[tuple[str, str | None]]:
    """Date and reason for skipping of each run."""
    return [(found.date, found.skipped) for found in facts if found.type == "meals.standing_order.run.v1"]


def test_the_clock_makes_the_order_at_noon_of_the_day_before_and_its_id_is_always_the_same() -> None:
    world = week()
    assert standing(world).outcome == "accepted"
    assert standing(world).reason == "standing_order_exists"
    assert world.tick("2026-11-22 11:59") == []
    facts = world.tick("2026-11-22 12:00")
    assert [found.type for found in facts] == ["meals.order.assigned.v1", "meals.standing_order.run.v1"]
    assert facts[0].model_dump()["order_id"] == order_id_of("s-1", "2026-11-23") == "meal:" + order_id_of("s-1", "2026-11-23")[5:]
    assert facts[0].model_dump()["standing_order_id"] == "s-1"


def test_after_downtime_missed_days_are_named_and_the_week_goes_on_at_the_weekdays_asked_for() -> None:
    world = week()
    standing(world)
    facts = world.tick("2026-11-26 12:00")
    assert runs(facts) == [
        ("2026-11-23", "date_past"),
        ("2026-11-24", "date_past"),
        ("2026-11-25", "date_past"),
        ("2026-11-26", "past_cutoff"),
        ("2026-11-27", None),
    ]
    world.publish("a", 5, version=2, date="2026-11-30")
    assert runs(world.tick("2026-11-29 12:00")) == [("2026-11-30", None)]


def test_a_pause_skips_with_a_reason_and_a_stop_ends_it() -> None:
    world = week()
    standing(world)
    world.send("standing_order.paused", standing_order_id="s-1", from_="2026-11-23", until="2026-11-24")
    assert runs(world.tick("2026-11-23 12:00")) == [("2026-11-23", "paused"), ("2026-11-24", "paused")]
    assert runs(world.tick("2026-11-24 12:00")) == [("2026-11-25", None)]
    world.send("standing_order.stopped", standing_order_id="s-1", from_="2026-11-26")
    assert world.tick("2026-11-27 12:00")[-1].type == "meals.order.closed.v1"
    assert world.send("standing_order.stopped", standing_order_id="s-1").reason == "unknown_standing_order"


def test_it_ends_after_its_last_day() -> None:
    world = week()
    standing(world, until="2026-11-24")
    assert runs(world.tick("2026-11-22 12:00")) == [("2026-11-23", None)]
    assert runs(world.tick("2026-11-23 12:00")) == [("2026-11-24", None)]
    assert world.state.standing == {}


def test_a_day_without_room_goes_before_a_human() -> None:
    world = week(capacity=0)
    standing(world)
    facts = world.tick("2026-11-22 12:00")
    assert [found.type for found in facts] == ["meals.order.refused.v1", "task.opened.v1", "meals.standing_order.run.v1"]
    assert runs(facts) == [("2026-11-23", "no_capacity")]


def test_a_window_without_such_a_weekday_is_refused() -> None:
    world = week()
    assert standing(world, weekdays=[6], until="2026-11-24").reason == "window_empty"
    paused = world.send("standing_order.paused", standing_order_id="s-9", from_="2026-11-23")
    assert paused.reason == "unknown_standing_order"


def test_one_placed_after_noon_for_tomorrow_is_ordered_at_once() -> None:
    world = week()
    world.tick("2026-11-22 15:00")
    assert types(standing(world)) == [
        "meals.standing_order.recorded.v1",
        "meals.order.assigned.v1",
        "meals.standing_order.run.v1",
    ]


def test_a_holiday_of_the_calendar_is_skipped_when_policy_says_so() -> None:
    world = week()
    policy = {"version": "310106/2026.2", "in_force_from": "2026-11-01", "source": "test"}
    world.send("policy.published.v1", policy="meals", parameters={"standing_skips_holidays": True}, **policy)
    holidays = {"year": 2026, "holidays": ["2026-11-24"]}
    world.send("policy.published.v1", policy="calendar", parameters=holidays, **policy)
    standing(world)
    world.tick("2026-11-22 12:00")
    assert runs(world.tick("2026-11-24 12:00")) == [("2026-11-24", "holiday"), ("2026-11-25", None)]
