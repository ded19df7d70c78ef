"""Arrival and departure: who may bring and collect, the health gate, no-shows, extension, children not collected."""

from typing import Any

import pytest

from schemas.decisions import Decision
from schemas.facts import TaskOpened
from tests.agents.childcare.world import DAY, World, fact, kinds, session, types


def booked(*, at: str = f"{DAY} 09:00", **more: Any) -> World:
    """One booking in a session from nine to eleven, with the clock at its start."""
    world = World()
    world.house(**more)
    world.book("b-1", "s-1-am", child_id="k")
    world.tick(at)
    return world


def test_a_child_is_brought_and_collected_by_whom_the_list_names_and_nobody_else() -> None:
    world = booked()
    world.send("pickup_persons.registered", child_id="k", version=2, persons=["mother", "gran"])
    assert world.send("pickup_persons.registered", child_id="k", version=1, persons=["stranger"]).reason == "stale_version"
    refused = world.send("child.checked_in", booking_id="b-1", by="stranger")
    assert (refused.reason, types(refused)) == ("not_authorised", ["task.opened"])
    assert types(world.send("child.checked_in", booking_id="b-1", by="mother")) == ["child.checked_in"]
    refused = world.send("child.checked_out", booking_id="b-1", by="stranger")
    assert (refused.reason, fact_kind(refused)) == ("not_authorised", "safeguarding")
    assert types(world.send("child.checked_out", booking_id="b-1", by="gran")) == ["child.checked_out"]
    assert world.send("child.checked_out", booking_id="b-1", by="gran").reason == "booking_closed"
    assert world.seats("s-1-am") == (9, 0, 1, 0)


def fact_kind(decision: Decision) -> str:
    """The kind of the one task a decision opened."""
    (reasoned,) = decision.facts
    assert isinstance(reasoned.fact, TaskOpened)
    return reasoned.fact.kind.value


def test_a_child_without_a_list_goes_with_whoever_brought_it() -> None:
    world = booked()
    world.send("child.checked_in", booking_id="b-1", by="father")
    assert world.send("child.checked_out", booking_id="b-1", by="neighbour").reason == "not_authorised"
    assert world.send("child.checked_out", booking_id="b-1", by="father").outcome == "accepted"


@pytest.mark.parametrize(("celsius", "taken"), [(37.9, True), (38.0, False), (39.4, False), (None, True)])
def test_from_thirty_eight_degrees_on_a_child_is_not_taken_in_and_loses_nothing(celsius: float | None, taken: bool) -> None:
    world = booked()
    measured: dict[str, Any] = {} if celsius is None else {"temperature_c": celsius}
    decision = world.send("child.checked_in", booking_id="b-1", by="p", **measured)
    assert decision.reason == (None if taken else "health_gate")
    assert types(decision) == (["child.checked_in"] if taken else ["child.turned_away"])
    if not taken:
        assert (world.left("k"), world.seats("s-1-am")) == ((0, 0), (10, 0, 0, 0))
        assert str(celsius) not in str(decision)


def test_the_gate_can_ask_for_a_temperature() -> None:
    world = World()
    world.policy(services={"care": {"temperature_required": True}})
    world.house()
    world.book("b-1", "s-1-am")
    world.tick(f"{DAY} 08:29")
    assert world.send("child.checked_in", booking_id="b-1", by="p").reason == "too_early"
    world.tick(f"{DAY} 08:30")
    assert world.send("child.checked_in", booking_id="b-1", by="p").reason == "temperature_missing"


def test_too_few_staff_in_the_room_takes_no_more_children_in_and_calls_a_human() -> None:
    world = World()
    world.house(staff=2, seats=6)
    for number in range(6):
        world.book(f"b-{number}", "s-1-am")
    world.tick(f"{DAY} 09:00")
    for number in range(3):
        world.send("child.checked_in", booking_id=f"b-{number}", by="p")
    decision = world.send("staffing.reported", site_id="s-1", session_id="s-1-am", staff_present=1)
    assert types(decision)[:2] == ["staffing.recorded", "session.understaffed"]
    assert sorted(world.state.bookings) == ["b-0", "b-1", "b-2"]
    decision = world.send("staffing.reported", site_id="s-1", session_id="s-1-am", staff_present=0)
    assert types(decision) == ["staffing.recorded", "session.understaffed", "ratio.breached", "task.opened"]
    breached = fact(decision, "ratio.breached")
    assert (breached["children_present"], breached["care_present"], breached["care_limit"]) == (3, 525, 0)
    assert world.state.sites["s-1"].file.ratio_breaches == 1


def test_the_third_no_show_in_ninety_days_leaves_only_the_day_itself_for_thirty() -> None:
    world = World("2026-11-20 09:00")
    world.site("s-1")
    world.publish("s-1", *(session(f"d-{number}", day=f"2026-11-{number}") for number in (21, 22, 23, 24, 25)))
    for number in (21, 22, 23):
        world.book(f"b-{number}", f"d-{number}", child_id="k")
    assert kinds(world.tick("2026-11-23 09:30"))[-2:] == ["booking.no_show", "child.restricted"]
    assert world.book("ahead", "d-25", child_id="k").reason == "same_day_only"
    world.tick("2026-11-25 08:00")
    assert world.book("today", "d-25", child_id="k").outcome == "accepted"


def test_a_child_that_stays_longer_goes_on_in_the_next_session_if_that_has_a_seat() -> None:
    world = World()
    world.site("s-1")
    world.publish("s-1", session("h-9", "09:00", "11:00", seats=1), session("h-11", "11:00", "12:00", seats=1))
    world.book("b-1", "h-9", child_id="k")
    assert world.send("extension.requested", booking_id="b-1").reason == "not_present"
    world.tick(f"{DAY} 09:00")
    world.send("child.checked_in", booking_id="b-1", by="p")
    world.tick(f"{DAY} 10:00")
    decision = world.send("extension.requested", booking_id="b-1")
    assert fact(decision, "booking.extended")["quota_left"] == 10
    assert (world.seats("h-11"), world.left("k")) == ((0, 0, 1, 0), (2, 0))
    world.tick(f"{DAY} 12:00")
    assert types(world.send("child.checked_out", booking_id="b-1", by="p")) == ["child.checked_out"]


def test_an_extension_needs_a_seat_and_an_hour_before_the_end() -> None:
    world = World()
    world.site("s-1")
    world.publish("s-1", session("h-9", "09:00", "11:00"), session("h-11", "11:00", "12:00", seats=0))
    world.book("b-1", "h-9")
    world.tick(f"{DAY} 09:00")
    world.send("child.checked_in", booking_id="b-1", by="p")
    assert world.send("extension.requested", booking_id="b-1").reason == "not_extendable"
    world.tick(f"{DAY} 10:01")
    assert world.send("extension.requested", booking_id="b-1").reason == "extension_too_late"


def test_adjacent_bookings_are_joined_the_child_goes_on_without_a_hand_over() -> None:
    world = World()
    world.site("s-1")
    world.publish("s-1", session("h-9", "09:00", "10:00"), session("h-10", "10:00", "11:00"))
    world.book("b-1", "h-9", child_id="k")
    assert fact(world.book("b-2", "h-10", child_id="k"), "booking.confirmed")["joined_to"] == "b-1"
    world.tick(f"{DAY} 09:00")
    world.send("child.checked_in", booking_id="b-1", by="mother")
    assert "child.carried_over" in kinds(world.tick(f"{DAY} 10:00"))
    assert world.state.bookings["b-2"].state == "checked_in"
    assert world.left("k") == (2, 0)
    assert world.send("child.checked_out", booking_id="b-2", by="mother").outcome == "accepted"


def test_when_the_adjacent_booking_falls_away_the_child_is_not_late_before_its_time() -> None:
    world = World()
    world.site("s-1")
    world.publish("s-1", session("h-9", "09:00", "11:00"), session("h-11", "11:00", "12:00"))
    world.book("b-1", "h-9", child_id="k")
    world.book("b-2", "h-11", child_id="k")
    world.tick(f"{DAY} 09:00")
    world.send("child.checked_in", booking_id="b-1", by="mother")
    world.send("booking.cancelled", booking_id="b-2")
    levels = [each.model_dump()["level"] for each in world.tick(f"{DAY} 11:15") if each.type == "childcare.child.uncollected.v1"]
    assert levels == [0, 1]


def test_a_child_nobody_collects_is_never_forgotten() -> None:
    world = booked()
    world.send("child.checked_in", booking_id="b-1", by="p")
    assert kinds(world.tick(f"{DAY} 11:15")) == ["child.uncollected"]
    facts = world.tick(f"{DAY} 11:45")
    assert "task.opened" in kinds(facts)
    (task_id,) = world.area.tasks
    world.send("task.completed.v1", domain="childcare", task_id=task_id, result="called")
    assert "task.opened" in kinds(world.tick(f"{DAY} 12:45"))
    decision = world.send("child.checked_out", booking_id="b-1", by="p")
    assert types(decision) == ["task.closed", "child.checked_out"]
    assert fact(decision, "child.checked_out")["late_s"] == 6300
    assert world.state.sites["s-1"].file.late_pickups == 1
