"""What sites publish and report, in any order; and the file that is kept of them."""

from typing import Any

from tests.agents.childcare.world import DAY, World, fact, kinds, session, types
from tests.agents.world import at


def test_the_highest_version_wins_in_any_arrival_order() -> None:
    world = World()
    world.publish("s-1", session("a", seats=7), version=3)
    assert world.publish("s-1", session("a", seats=9), version=2).reason == "stale_version"
    assert world.publish("s-1", session("a", seats=9), version=3).reason == "stale_version"
    world.site("s-1")
    world.publish("s-1", session("a", seats=8), session("b", seats=1), version=4)
    assert world.seats("a")[0] == 8
    assert fact(world.book("b-1"), "booking.confirmed")["session_id"] == "a"


def test_a_site_speaks_only_of_its_own_sessions() -> None:
    world = World()
    world.house("s-1")
    world.site("s-2", 200)
    assert world.publish("s-2", session("s-1-am"), version=9).reason == "session_of_other_site"
    assert world.send("staffing.reported", site_id="s-2", session_id="s-1-am", staff_present=0).reason == "session_of_other_site"


def test_what_makes_no_session_is_left_out_by_name() -> None:
    world = World()
    decision = world.publish(
        "s-1",
        session("backwards", "11:00", "09:00"),
        session("past", day="2026-11-20"),
        session("far", day="2027-06-01"),
        session("odd", service="swimming"),
        session("good"),
    )
    assert types(decision) == ["session.published"]
    assert decision.why is not None
    left_out = {each["session_id"]: each["rule"] for each in decision.why["skipped"]}
    assert left_out == {"backwards": "session_empty", "past": "session_past", "far": "date_too_far", "odd": "unknown_service"}


def test_a_session_with_children_keeps_its_times() -> None:
    world = World()
    world.house()
    world.book("b-1", "s-1-am")
    assert world.publish("s-1", session("s-1-am", "10:00", "12:00"), version=2).reason == "session_has_bookings"
    world.send("booking.cancelled", booking_id="b-1")
    assert world.publish("s-1", session("s-1-am", "10:00", "12:00"), version=2).outcome == "accepted"


def test_the_staff_present_bound_the_children_by_weight_and_more_staff_take_more() -> None:
    world = World()
    world.house(staff=1)
    answers = [world.book(f"b-{number}", "s-1-am", waitlist=False).reason for number in range(4)]
    assert answers == [None, None, None, "no_staff"]
    world.send("staffing.reported", site_id="s-1", session_id="s-1-am", staff_present=2)
    assert world.book("b-4", "s-1-am").outcome == "accepted"
    world.publish("s-1", session("s-1-am", staff=0), version=2)
    assert world.state.sessions["s-1-am"].staff == 2  # who is there goes before the plan


def test_a_late_report_never_undoes_a_newer_one_and_a_fast_clock_counts_as_now() -> None:
    world = World()
    world.house()
    world.send("staffing.reported", site_id="s-1", session_id="s-1-am", staff_present=3, time_ms=at("2026-11-22 08:50"))
    old = world.send("staffing.reported", site_id="s-1", session_id="s-1-am", staff_present=0, time_ms=at("2026-11-22 08:40"))
    assert old.reason == "stale_version"
    world.send("staffing.reported", site_id="s-1", session_id="s-1-am", staff_present=2, time_ms=at("2027-01-01 00:00"))
    world.tick("2026-11-22 09:05")
    assert world.send("staffing.reported", site_id="s-1", session_id="s-1-am", staff_present=1).outcome == "accepted"


def test_capacity_too_old_is_never_used_by_itself() -> None:
    world = World()
    world.policy(capacity_age_s_max=3600)
    world.house()
    world.tick("2026-11-22 10:01")
    assert world.book("b-1", waitlist=False).reason == "stale_capacity"


def test_an_institution_has_one_file() -> None:
    world = World()
    world.house()
    world.book("b-1", "s-1-am")
    world.book("b-2", "s-1-am")
    world.send("incident.reported", incident_id="i-1", site_id="s-1", kind="fall", severity="minor")
    serious = world.send("incident.reported", incident_id="i-2", site_id="s-1", kind="allergy", severity="serious")
    assert types(serious) == ["incident.recorded", "task.opened"]
    assert (
        world.send("incident.reported", incident_id="i-2", site_id="s-1", kind="allergy", severity="serious").reason == "already_recorded"
    )
    world.tick(f"{DAY} 09:00")
    world.send("child.checked_in", booking_id="b-1", by="p")
    facts = world.tick(f"{DAY} 11:30")
    (closed,) = (each.model_dump() for each in facts if each.type == "childcare.session.closed.v1")
    assert (closed["attended"], closed["no_shows"], closed["seats"]) == (1, 1, 10)
    file = world.state.sites["s-1"].file
    assert (file.sessions, file.attended, file.no_shows, file.incidents) == (1, 1, 1, 2)


def test_a_site_is_visited_once_a_month_or_a_human_is_called_every_month_until_somebody_goes() -> None:
    world = World()
    world.site("s-1")
    world.tick("2026-12-10 09:00")
    world.send("site.inspected", inspection_id="v-1", site_id="s-1", result="passed")
    assert kinds(world.tick("2027-01-10 08:59")) == []
    assert kinds(world.tick("2027-01-10 09:00")) == ["inspection.overdue", "task.opened"]
    assert kinds(world.tick("2027-02-10 09:00")) == ["inspection.overdue", "task.opened"]
    world.send("site.inspected", inspection_id="v-2", site_id="s-1", result="to_rectify")
    assert kinds(world.tick("2027-03-12 09:00")) == []
    assert world.state.sites["s-1"].file.inspections_missed == 2


def test_a_session_leaves_the_state_a_day_after_it_closed() -> None:
    world = World()
    world.house()
    world.tick("2026-11-25 13:00")
    assert world.state.sessions == {}
    assert world.state.days == {}
    assert world.state.places_total == 0


def test_a_policy_that_opens_holidays_opens_them_when_its_day_comes_and_whoever_waits_is_offered_the_seat_then() -> None:
    world = World()
    session_id = world.house(seats=1)
    world.book("b-1", session_id)
    world.book("b-2", session_id)
    world.send("site.closed", site_id="s-1", reason="repair")
    calendar = {"year": 2026, "holidays": [DAY], "workdays": []}
    published: dict[str, Any] = {"in_force_from": "2026-01-01", "source": "test"}
    world.send("policy.published.v1", policy="calendar", version="c-1", parameters=calendar, **published)
    world.send("site.reopened", site_id="s-1", reason="repaired")
    assert world.seats(session_id) == (0, 0, 0, 1)
    opened = {"services": {"care": {"closed_on_holidays": False}}}
    later: dict[str, Any] = {"in_force_from": "2026-11-23", "source": "test"}
    assert types(world.send("policy.published.v1", policy="childcare", version="p-2", parameters=opened, **later)) == ["policy.adopted"]
    assert kinds(world.tick("2026-11-22 23:59")) == []
    assert world.seats(session_id) == (0, 0, 0, 1)
    facts = world.tick("2026-11-23 00:00")
    assert kinds(facts) == ["policy.applied", "offer.made"]
    assert facts[1].model_dump()["booking_id"] == "b-2"
    assert world.seats(session_id) == (0, 1, 0, 0)
