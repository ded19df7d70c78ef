"""Whom an incident gets, who comes after them, and what is left behind."""

import pytest

from agents.emergency.snapshot import dump, load
from tests.agents.emergency.world import AREA, World, fact, north, short, types, why


def test_the_soonest_goes_not_the_nearest() -> None:
    world = World()
    world.unit("walker", 400, kind="volunteer")
    world.unit("rider", 900, kind="nurse")
    reasons = why(world.press(), "responder.dispatched")
    assert reasons["chosen"] == "rider"
    assert reasons["travel_s"] == 279


def test_a_fall_needs_two_and_nobody_is_chosen_for_both_roles() -> None:
    world = World()
    world.unit("both", 100, skills=("first_aid", "lifting"))
    world.unit("lifter", 800, skills=("lifting",))
    decision = world.press(channel="fall")
    sent = [reasoned.fact.model_dump() for reasoned in decision.facts if short(reasoned.fact) == "responder.dispatched"]
    assert [(one["role"], one["responder_id"]) for one in sent] == [("first_aid", "both"), ("lifting", "lifter")]


def test_who_does_not_answer_is_followed_by_the_next_and_wider() -> None:
    world = World()
    world.unit("near", 400)
    world.unit("far", 1800)
    assert fact(world.press(), "responder.dispatched")["circle_m"] == 1000
    world.tick(59)
    facts = [short(found) for found in world.tick(1)]
    assert facts[:2] == ["dispatch.ended", "responder.dispatched"]
    engaged = world.call().engaged
    assert list(engaged) == ["far"]


def test_two_who_do_not_answer_take_turns_for_ever() -> None:
    world = World()
    world.policy(fix_age_s_max=86400)
    world.unit("a", 400)
    world.unit("b", 500)
    world.press()
    sent = [found.model_dump()["responder_id"] for _, found in world.run(300, 10) if short(found) == "responder.dispatched"]
    assert sent == ["b", "a", "b", "a", "b"]


def test_who_declined_is_not_asked_again_and_the_next_one_is_at_once() -> None:
    world = World()
    world.unit("a", 400)
    world.unit("b", 500)
    world.press()
    decision = world.send("dispatch.declined", call_id="k-1", responder_id="a", reason="too_far")
    assert fact(decision, "dispatch.ended")["cause"] == "declined"
    assert fact(decision, "responder.dispatched")["responder_id"] == "b"
    last = world.send("dispatch.declined", call_id="k-1", responder_id="b")
    assert fact(last, "dispatch.short")["reasons"] == ("all_asked",)
    assert world.call().state == "received"


def test_nobody_with_the_skills_is_a_reason_to_send_somebody_and_go_on_looking() -> None:
    world = World()
    world.unit("helper", 300, skills=())
    decision = world.press()
    sent = fact(decision, "responder.dispatched")
    assert (sent["role"], sent["fit"]) == ("stopgap", False)
    assert fact(decision, "dispatch.short")["reasons"] == ("skill_missing",)
    world.unit("nurse", 900)
    assert list(world.call().engaged) == ["helper", "nurse"]
    assert "no_responder" not in world.call().tasks


def test_nobody_at_all_is_an_operator_s_case_that_stays_open_and_is_looked_for_again() -> None:
    world = World()
    decision = world.press()
    assert fact(decision, "dispatch.short")["reasons"] == ("no_candidates",)
    assert fact(decision, "task.opened")["kind"] == "no_responder"
    found = [second for second, one in world.run(120) if short(one) == "dispatch.short"]
    assert found == [30, 60, 90, 120]
    assert len([task for task in world.area.tasks.values() if task.kind == "no_responder"]) == 1


def test_each_shortfall_has_its_own_reason() -> None:
    world = World()
    world.policy(stopgap=False)
    world.unit("far", 6000)
    assert fact(world.press("k-1"), "dispatch.short")["reasons"] == ("outside_radius",)
    world.unit("stale", 300)
    world.tick(301)
    assert fact(world.press("k-2", "p-2"), "dispatch.short")["reasons"] == ("locations_too_stale",)
    world.send("responder.reported", responder_id="stale", status="off")
    assert fact(world.press("k-3", "p-3"), "dispatch.short")["reasons"] == ("not_staffed",)
    world.send("responder.registered", responder_id="unfixed", kind="nurse", position=north(10), skills=["first_aid"])
    world.send("responder.reported", responder_id="unfixed", status="available")
    assert fact(world.press("k-4", "p-4"), "dispatch.short")["reasons"] == ("no_location_data",)


def test_one_in_rest_goes_last_and_its_broken_rest_is_on_record() -> None:
    world = World()
    world.unit("tired", 300)
    world.send("responder.reported", responder_id="tired", status="resting")
    decision = world.press()
    assert fact(decision, "responder.dispatched")["rested"] is False
    assert why(decision, "responder.dispatched")["rest_broken"] is True


def reserved(world: World, unit_id: str, since: str, until: str) -> None:
    """This responder, available as before, is kept for planned work."""
    times = {"reserved_from": f"2026-11-22T{since}:00+08:00", "reserved_until": f"2026-11-22T{until}:00+08:00"}
    world.send("responder.reported", responder_id=unit_id, status="available", **times)


def test_one_kept_for_planned_work_is_passed_over_by_that_rule() -> None:
    world = World()
    world.unit("near", 300)
    world.unit("far", 900)
    reserved(world, "near", "08:30", "11:00")
    decision = world.press()
    sent = fact(decision, "responder.dispatched")
    assert (sent["responder_id"], sent["reserved"]) == ("far", False)
    assert [(one["provider_id"], one["rule"]) for one in why(decision, "responder.dispatched")["rejected"]] == [("near", "planned_work")]


def test_one_kept_for_planned_work_goes_when_nobody_else_can_and_that_is_on_record() -> None:
    world = World()
    world.policy(rest_excluded=True)
    world.unit("r-1", 300)
    reserved(world, "r-1", "09:00", "11:00")
    decision = world.press()
    sent = fact(decision, "responder.dispatched")
    assert (sent["responder_id"], sent["rested"], sent["reserved"]) == ("r-1", True, True)
    assert why(decision, "responder.dispatched")["reservation_broken"] is True


@pytest.mark.parametrize(("since", "until"), [("09:01", "11:00"), ("08:00", "09:00"), ("08:00", "08:00")])
def test_before_and_after_planned_work_a_responder_is_like_any_other(since: str, until: str) -> None:
    world = World()
    world.unit("r-1", 300)
    reserved(world, "r-1", "08:00", "12:00")
    reserved(world, "r-1", since, until)
    assert fact(world.press(), "responder.dispatched")["reserved"] is False


def test_a_status_without_times_and_a_snapshot_leave_a_reservation_as_it_is() -> None:
    world = World()
    world.unit("r-1", 300)
    reserved(world, "r-1", "08:00", "12:00")
    world.send("responder.reported", responder_id="r-1", status="available")
    (kept,) = load(AREA, dump(world.state)).units.by_id.values()
    assert kept.reserved_until_ms - kept.reserved_from_ms == 4 * 3_600_000
    rows = [row[:-2] if row[0] == "unit" else row for row in dump(world.state)]
    assert load(AREA, rows).units.by_id["r-1"].reserved_until_ms == 0


def test_an_operator_who_takes_one_from_planned_work_is_told_which_rule_that_breaks() -> None:
    world = World()
    world.press()
    world.unit("r-1", 9000)
    reserved(world, "r-1", "08:00", "12:00")
    decision = world.send("dispatch.overridden", call_id="k-1", responder_id="r-1", reason="phone")
    assert fact(decision, "responder.dispatched")["reserved"] is True
    assert decision.why is not None
    assert decision.why["overrides"] == "planned_work"


def test_policy_can_leave_those_in_rest_alone() -> None:
    world = World()
    world.policy(rest_excluded=True)
    world.unit("tired", 300)
    world.send("responder.reported", responder_id="tired", status="resting")
    assert fact(world.press(), "dispatch.short")["reasons"] == ("all_in_rest",)


def test_after_an_incident_a_responder_rests_and_others_go_first() -> None:
    world = World()
    world.unit("a", 300)
    world.press()
    world.send("responder.arrived", call_id="k-1", responder_id="a")
    closed = world.send("call.closed", call_id="k-1", outcome="rescued")
    assert fact(closed, "responder.released")["rest_until_ms"] == world.now_ms + 900_000
    world.unit("b", 900)
    assert fact(world.press("k-2", "p-2"), "responder.dispatched")["responder_id"] == "b"


def test_a_responder_is_on_one_incident_and_the_second_call_gets_another() -> None:
    world = World()
    world.unit("a", 300)
    world.unit("b", 900)
    world.press()
    decision = world.press("k-2", "p-2")
    assert fact(decision, "responder.dispatched")["responder_id"] == "b"
    assert why(decision, "responder.dispatched")["rejected"][0]["rule"] == "engaged"


def test_who_becomes_free_goes_to_the_gravest_incident_that_waits() -> None:
    world = World()
    world.press("k-1", "p-1", channel="no_motion")
    world.press("k-2", "p-2")
    world.unit("a", 300)
    assert world.call("k-2").engaged.keys() == {"a"}
    assert not world.call("k-1").engaged


def test_what_a_dispatch_leaves_uncovered_is_said_with_who_could_move_up() -> None:
    world = World()
    world.unit("sent", 100)
    world.unit("spare", 4000, skills=())
    world.unit("spare-too", 4100, skills=())
    gap = fact(world.press(), "coverage.gap_left")
    assert (gap["left"], gap["needed"], gap["move_up"], gap["reason"]) == (0, 1, "spare", "nearest_to_spare")


def test_an_area_with_others_near_is_left_with_no_gap() -> None:
    world = World()
    world.unit("sent", 100)
    world.unit("other", 1500, skills=())
    assert "coverage.gap_left" not in types(world.press())


def test_nobody_is_moved_up_who_would_leave_a_gap_behind() -> None:
    world = World()
    world.unit("sent", 100)
    world.unit("lonely", 4000, skills=())
    assert fact(world.press(), "coverage.gap_left")["reason"] == "nobody_to_spare"


def test_a_search_that_passes_over_dozens_still_finds_the_nearest_fit_one() -> None:
    world = World()
    for number in range(60):
        world.unit(f"x-{number}", 10 + number, skills=())
    world.unit("fit", 700)
    decision = world.press()
    assert fact(decision, "responder.dispatched")["responder_id"] == "fit"
    assert why(decision, "responder.dispatched")["rest"] == {"skill_missing": 12}
