"""Who waits for a responder, who gets the next one that is free, and whom an operator could take from a lesser incident."""

from typing import Any

import pytest

from tests.agents.emergency.world import World, fact, north, short, types, why

DISPATCHED, SHORT, SUGGESTED = "responder.dispatched", "dispatch.short", "dispatch.preemption_suggested"


def sent_to(world: World) -> dict[str, str]:
    """Which responder is on which incident."""
    return {unit_id: unit.engaged for unit_id, unit in world.state.units.by_id.items() if unit.engaged is not None}


def searches(world: World) -> list[str]:
    """The incidents that the last decision looked for somebody for, in order."""
    facts = [reasoned.fact for reasoned in world.decisions[-1].facts]
    return [one.model_dump()["call_id"] for one in facts if short(one) in ("dispatch.complete", SHORT)]


# Who becomes free ---------------------------------------------------------------------------------------------------------------


def test_who_fits_not_the_gravest_that_waits_goes_to_the_next_it_fits() -> None:
    world = World()
    world.policy(stopgap=False)
    world.press("grave", "p-1", channel="smoke")  # fire watch and first aid
    world.press("lesser", "p-2", channel="no_motion")  # first aid only
    world.send("call.triaged", call_id="lesser", severity="help", kind="other")  # anybody
    world.unit("a", 300, skills=("driving",))
    assert sent_to(world) == {"a": "lesser"}
    assert searches(world) == ["lesser"], "the one it does not fit is not looked for in vain"


@pytest.mark.parametrize(
    ("unit", "metres"),
    [({"skills": ()}, 300), ({"skills": ("first_aid",)}, 5200), ({"skills": ("first_aid",), "max_travel_s": 60}, 900)],
    ids=["without the skill", "too far for the policy", "too far for itself"],
)
def test_who_fits_nobody_that_waits_wakes_nobody(unit: dict[str, Any], metres: float) -> None:
    world = World()
    world.policy(stopgap=False)
    world.press("k-1", "p-1")
    world.press("k-2", "p-2")
    world.unit("a", metres, **unit)
    assert searches(world) == []
    assert sent_to(world) == {}


def test_who_is_free_and_comes_near_enough_goes_to_the_one_that_waits() -> None:
    world = World()
    world.unit("a", 5200)
    world.press("k-1", "p-1")
    assert sent_to(world) == {}
    world.send("responder.positioned", responder_id="a", position=north(4800))
    assert sent_to(world) == {"a": "k-1"}


def test_one_that_said_no_to_the_first_goes_to_the_second() -> None:
    world = World()
    world.unit("a", 300)
    world.press("first", "p-1")
    world.press("second", "p-2")
    world.send("dispatch.declined", call_id="first", responder_id="a", reason="far")
    assert sent_to(world) == {"a": "second"}


def test_two_who_are_released_together_go_to_the_two_that_wait() -> None:
    world = World()
    world.policy(rest_after_case_s=0)
    world.unit("a", 300, skills=("first_aid", "lifting"))
    world.unit("b", 400, skills=("first_aid", "lifting"))
    world.press("fall", "p-1", channel="fall")
    world.press("k-2", "p-2")
    world.press("k-3", "p-3")
    assert set(sent_to(world).values()) == {"fall"}
    world.send("call.closed", call_id="fall", outcome="helped")
    assert sorted(sent_to(world).values()) == ["k-2", "k-3"]


def test_who_made_the_graver_look_and_was_not_taken_goes_to_the_lesser_at_once() -> None:
    world = World()
    world.policy(rest_after_case_s=0, stopgap=False)
    world.unit("a", 500, skills=("first_aid", "lifting"))
    world.unit("b", 900, skills=("first_aid", "lifting"), max_travel_s=100)
    world.press("fall", "p-1", channel="fall", position=north(700))
    world.press("grave", "p-2", channel="no_motion", position=north(900))
    world.press("lesser", "p-3", channel="no_motion", position=north(450))
    world.send("call.triaged", call_id="lesser", severity="help", kind="other")
    assert set(sent_to(world).values()) == {"fall"}
    # Both are released by one event: the first makes the graver incident look, which takes the second, who fits no other.
    world.send("call.closed", call_id="fall", outcome="helped")
    assert sent_to(world) == {"a": "lesser", "b": "grave"}
    assert world.state.woken == {}


def test_who_said_no_to_the_lesser_and_yields_the_graver_to_a_nearer_one_waits() -> None:
    world = World()
    world.unit("a", 900)
    world.press("first", "p-1")
    world.press("second", "p-2")
    world.send("dispatch.declined", call_id="first", responder_id="a", reason="far")
    assert sent_to(world) == {"a": "second"}
    world.unit("b", 300)
    assert sent_to(world) == {"a": "second", "b": "first"}
    assert world.state.woken == {}


def test_an_incident_that_ends_while_it_waits_takes_no_turn_from_the_others() -> None:
    world = World()
    world.policy(rest_after_case_s=0)
    world.unit("a", 300, skills=("first_aid",))
    world.press("fall", "p-1", channel="fall")  # lifting is still looked for
    world.press("k-2", "p-2", channel="no_motion")
    world.send("call.closed", call_id="fall", outcome="helped")
    assert sent_to(world) == {"a": "k-2"}


def test_whom_an_operator_takes_away_is_offered_to_nobody_on_the_way() -> None:
    world = World()
    world.unit("a", 300)
    world.press("first", "p-1")
    world.press("second", "p-2")
    world.press("third", "p-3")
    decision = world.send("dispatch.overridden", call_id="third", responder_id="a", reason="nearer than it looks")
    assert sent_to(world) == {"a": "third"}
    assert [one for one in searches(world) if one != "third"] == ["first"], "only who lost somebody looks for another"
    assert SUGGESTED not in types(decision)


def test_one_in_rest_wakes_who_may_break_rests_and_nobody_else() -> None:
    for excluded, woken in ((False, {"a": "k-2"}), (True, {})):
        world = World()
        world.policy(rest_excluded=excluded, rest_after_case_s=600)
        world.unit("a", 300)
        world.press("k-1", "p-1")
        world.send("responder.arrived", call_id="k-1", responder_id="a")
        world.press("k-2", "p-2")
        world.send("call.closed", call_id="k-1", outcome="helped")
        assert sent_to(world) == woken


# Nobody is free -----------------------------------------------------------------------------------------------------------------


def lesser(world: World, call_id: str, unit_id: str, metres: float, severity: str = "help", **more: Any) -> None:
    """An incident of this gravity with this responder on it, who has accepted."""
    world.unit(unit_id, metres, **more)
    world.press(call_id, f"p-{call_id}")
    world.send("call.triaged", call_id=call_id, severity=severity)
    world.send("dispatch.accepted", call_id=call_id, responder_id=unit_id)
    assert sent_to(world)[unit_id] == call_id


def test_for_a_life_with_nobody_free_the_soonest_on_a_lesser_incident_is_suggested_and_nobody_is_taken() -> None:
    world = World()
    lesser(world, "far", "f", 3000)
    lesser(world, "near", "n", 1200, severity="urgent")
    before = sent_to(world)
    decision = world.press("life", "p-life")
    found = fact(decision, SUGGESTED)
    assert (found["call_id"], found["candidate_id"], found["from_call_id"], found["from_severity"]) == ("life", "n", "near", "urgent")
    assert (found["role"], found["from_leg"], found["distance_m"]) == ("first_aid", "accepted", 1200)
    assert [(one["provider_id"], one["rule"]) for one in why(decision, SUGGESTED)["rejected"]] == [("f", "later_than_the_first")]
    assert sent_to(world) == before, "only a human takes somebody away"
    assert "call.opened" in types(decision)
    assert "task.opened" in types(decision)


def test_following_the_suggestion_is_an_override_and_the_lesser_incident_looks_again() -> None:
    world = World()
    lesser(world, "lesser", "n", 1200)
    found = fact(world.press("life", "p-life"), SUGGESTED)
    decision = world.send("dispatch.overridden", call_id=found["call_id"], responder_id=found["candidate_id"], reason="life before help")
    assert sent_to(world) == {"n": "life"}
    assert fact(decision, "responder.released")["call_id"] == "lesser"
    assert world.call("lesser").short


@pytest.mark.parametrize("severity", ["life", "urgent", "help"])
def test_only_a_life_is_a_reason_to_take_somebody_away_and_never_from_another_life(severity: str) -> None:
    world = World()
    lesser(world, "other", "n", 1200, severity=severity)
    for channel in ("button", "no_motion"):
        suggested = SUGGESTED in types(world.press(f"k-{channel}", f"p-{channel}", channel=channel))
        assert suggested == (channel == "button" and severity != "life")


def test_who_is_at_a_scene_lacks_the_skill_or_said_no_is_not_suggested_and_the_reason_is_told() -> None:
    world = World()
    world.policy(stopgap=False)
    lesser(world, "near", "n", 400)
    world.send("responder.arrived", call_id="near", responder_id="n")
    lesser(world, "next", "m", 800)
    world.press("lost", "p-lost")
    world.send("call.triaged", call_id="lost", severity="help", kind="lost")
    world.unit("driver", 900, skills=("driving",))
    assert sent_to(world)["driver"] == "lost"
    decision = world.press("life", "p-life")
    assert fact(decision, SUGGESTED)["candidate_id"] == "m"
    rules = {one["provider_id"]: one["rule"] for one in why(decision, SUGGESTED)["rejected"]}
    assert rules == {"n": "at_another_scene", "driver": "skill_missing"}


def test_the_suggestion_follows_what_is_true_when_it_is_looked_again() -> None:
    world = World()
    lesser(world, "lesser", "n", 1200)
    assert fact(world.press("life", "p-life"), SUGGESTED)["candidate_id"] == "n"
    world.send("responder.arrived", call_id="lesser", responder_id="n")
    facts = [short(one) for one in world.tick(31)]
    assert SHORT in facts
    assert SUGGESTED not in facts


def test_policy_can_do_without_suggestions_and_a_call_without_a_place_has_none() -> None:
    world = World()
    lesser(world, "lesser", "n", 1200)
    assert SUGGESTED not in types(world.press("nowhere", "p-nowhere", position=None))
    world.policy(suggest_preemption=False)
    assert SUGGESTED not in types(world.press("life", "p-life"))
