"""Device life on obligations, and who is covered."""

from typing import Any

from agents.emergency import DOMAIN
from tests.agents.emergency.world import World, fact, short, types


def home(**device: Any) -> World:
    """A person living alone with one button that beats every minute."""
    world = World()
    world.send("coverage.registered", person_id="p-1", lives_alone=True)
    data: dict[str, Any] = {"device_id": "d-1", "kind": "button", "person_id": "p-1", "heartbeat_s": 60} | device
    world.send("device.registered", **data)
    return world


def covered(world: World) -> tuple[int, int]:
    gauges = DOMAIN.gauges(world.state)
    return gauges["alone_covered"], gauges["alone_eligible"]


def test_three_missed_heartbeats_make_one_maintenance_case_with_reminders_until_it_lives() -> None:
    world = home()
    world.policy(device_ladder_s=[600, 1200])
    found = [(second, one.model_dump()["level"]) for second, one in world.run(3600, 60) if short(one) == "device.missed"]
    assert found == [(180, 1), (780, 2), (1980, 2), (3180, 2)]
    assert [task.kind for task in world.area.tasks.values()] == ["device_maintenance"]
    decision = world.send("device.heartbeat", device_id="d-1")
    assert types(decision) == ["device.heard", "task.closed", "coverage.changed"]
    assert not world.area.tasks


def test_heartbeats_in_time_are_one_small_fact_each() -> None:
    world = home()
    for _ in range(5):
        world.tick(150)
        assert types(world.send("device.heartbeat", device_id="d-1", battery_percent=80)) == ["device.heard"]
    assert DOMAIN.gauges(world.state)["devices_silent"] == 0


def test_a_low_battery_is_a_case_and_a_new_one_ends_it() -> None:
    world = home()
    assert types(world.send("device.battery", device_id="d-1", battery_percent=15)) == ["device.battery_recorded", "task.opened"]
    assert types(world.send("device.heartbeat", device_id="d-1", battery_percent=12)) == ["device.heard"]
    assert types(world.send("device.heartbeat", device_id="d-1", battery_percent=95)) == [
        "device.heard",
        "device.battery_recorded",
        "task.closed",
    ]


def test_a_silent_device_uncovers_its_person_and_a_living_one_covers_again() -> None:
    world = home()
    assert covered(world) == (1, 1)
    changed = [one.model_dump() for one in world.tick(180) if short(one) == "coverage.changed"]
    assert [(one["covered"], one["cause"]) for one in changed] == [(False, "device_missed")]
    assert covered(world) == (0, 1)
    assert fact(world.send("device.heartbeat", device_id="d-1"), "coverage.changed")["covered"] is True
    assert covered(world) == (1, 1)


def test_a_contact_plan_covers_too_and_who_does_not_live_alone_is_not_counted() -> None:
    world = home()
    world.send("device.retired", device_id="d-1", reason="broken")
    assert covered(world) == (0, 1)
    world.send("coverage.registered", person_id="p-1", lives_alone=True, contacts=[{"contact_id": "c-1"}])
    assert covered(world) == (1, 1)
    world.send("coverage.registered", person_id="p-2", lives_alone=False)
    assert covered(world) == (1, 1)
    world.send("coverage.ended", person_id="p-1", reason="moved")
    assert covered(world) == (0, 0)


def test_a_device_given_to_another_person_covers_that_one() -> None:
    world = home()
    world.send("coverage.registered", person_id="p-2", lives_alone=True)
    decision = world.send("device.registered", device_id="d-1", kind="button", person_id="p-2")
    assert [one.fact.model_dump()["person_id"] for one in decision.facts if short(one.fact) == "coverage.changed"] == ["p-1", "p-2"]
    assert covered(world) == (1, 2)


def test_a_device_that_was_silent_and_presses_is_taken_with_a_question() -> None:
    world = home()
    world.tick(180)
    opened = fact(world.press(person_id=None, device_id="d-1"), "call.opened")
    assert opened["person_id"] == "p-1"
    assert "device_silent" in opened["needs_review"]


def test_nobody_knows_an_unknown_device() -> None:
    world = World()
    for kind, data in (("heartbeat", {}), ("battery", {"battery_percent": 5}), ("retired", {"reason": "broken"})):
        assert world.send(f"device.{kind}", device_id="d-9", **data).reason == "unknown_device"
    assert world.send("coverage.ended", person_id="p-9", reason="moved").reason == "unknown_person"


def test_a_case_a_human_closed_too_early_is_opened_again() -> None:
    world = home()
    world.tick(180)
    (task_id,) = world.area.tasks
    world.send("task.completed.v1", domain="emergency", task_id=task_id, result="called")
    assert not world.area.tasks
    world.tick(86_400)
    assert [task.kind for task in world.area.tasks.values()] == ["device_maintenance"]


def test_the_calendar_every_domain_is_sent_is_taken_note_of_and_other_policies_are_not() -> None:
    world = World()
    data = {"version": "1", "in_force_from": "2026-01-01", "source": "test"}
    calendar = {"year": 2026, "holidays": ["2026-10-01"]}
    assert world.send("policy.published.v1", policy="calendar", parameters=calendar, **data).outcome == "accepted"
    assert world.send("policy.published.v1", policy="calendar", parameters={}, **data).reason == "invalid_policy"
    assert world.send("policy.published.v1", policy="meals", parameters={}, **data).reason == "unknown_policy"
    assert world.policy("a").outcome == "accepted"
    assert world.policy("a").reason == "stale_version"
