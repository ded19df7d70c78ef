"""The chain that never stops by itself."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agents.emergency.world import World, fact, short


def steps(world: World, seconds: int) -> list[tuple[int, int, str]]:
    """Second, level and who is told, of every escalation of so long."""
    found = [(second, one.model_dump()) for second, one in world.run(seconds) if short(one) == "call.escalated"]
    return [(second, one["level"], one["to"]) for second, one in found]


def test_an_unanswered_call_climbs_and_its_last_level_repeats_until_a_human_acts() -> None:
    world = World()
    world.press(channel="phone")
    assert steps(world, 181) == [
        (10, 1, "second_seat"),
        (30, 2, "supervisor"),
        (60, 3, "duty_manager"),
        (120, 3, "duty_manager"),
        (180, 3, "duty_manager"),
    ]


def test_after_a_minute_of_silence_a_phone_call_is_a_life_emergency_and_somebody_goes() -> None:
    world = World()
    world.policy(fix_age_s_max=86400)
    world.unit("r-1")
    world.press(channel="phone")
    world.tick(10)
    world.tick(20)
    kinds = [short(found) for found in world.tick(30)]
    assert kinds == ["call.escalated", "call.prioritised", "responder.dispatched", "coverage.gap_left", "dispatch.complete"]
    assert world.call().severity == "life"


def test_an_answered_call_where_nobody_speaks_is_a_life_emergency_at_once() -> None:
    world = World()
    world.unit("r-1")
    world.press(channel="phone")
    decision = world.send("call.answered", call_id="k-1", operator_id="op-1", silent=True)
    assert fact(decision, "call.prioritised")["cause"] == "silent"
    assert fact(decision, "responder.dispatched")["severity"] == "life"


def test_an_answered_call_that_nobody_judges_climbs_on() -> None:
    world = World()
    world.press(channel="phone")
    world.tick(5)
    world.send("call.answered", call_id="k-1", operator_id="op-1")
    assert steps(world, 130) == [(60, 1, "second_seat"), (120, 2, "supervisor")]
    assert world.call().severity == "life"


def test_a_judged_call_that_nobody_serves_climbs_on() -> None:
    world = World()
    world.press()
    world.send("call.triaged", call_id="k-1", severity="life")
    assert [level for _, level, _ in steps(world, 300)] == [1, 2, 3, 3, 3]


def test_a_served_call_is_looked_at_and_not_escalated_until_nobody_does_anything() -> None:
    world = World()
    world.unit("r-1")
    world.press()
    world.send("call.triaged", call_id="k-1", severity="life")
    world.send("responder.arrived", call_id="k-1", responder_id="r-1")
    found = [(second, short(one)) for second, one in world.run(1800, 60) if short(one).startswith("call.")]
    assert found == [(60, "call.reviewed"), (1800, "call.escalated")]


def test_an_operator_who_takes_over_and_does_nothing_is_not_the_end() -> None:
    world = World()
    world.press(channel="phone")
    world.send("call.taken_over", call_id="k-1", operator_id="op-1", reason="I know her")
    world.send("call.triaged", call_id="k-1", severity="life")
    assert not world.call().engaged
    world.policy("v2", fix_age_s_max=86400)
    world.unit("r-1")
    assert not world.call().engaged
    found = [one.model_dump() for _, one in world.run(1800, 60) if short(one) == "call.escalated"]
    assert [one["resumed"] for one in found] == [True]
    assert not world.call().manual


def test_an_incident_runs_on_the_policy_it_started_with() -> None:
    world = World()
    world.press("k-1")
    world.policy(ladder=[{"after_s": 40, "to": "someone_else"}])
    world.press("k-2", "p-2")
    found = [(second, one.model_dump()) for second, one in world.run(45) if short(one) == "call.escalated"]
    assert [(second, one["call_id"], one["to"]) for second, one in found] == [
        (10, "k-1", "second_seat"),
        (30, "k-1", "supervisor"),
        (40, "k-2", "someone_else"),
    ]


def test_a_clock_that_was_away_skips_no_level() -> None:
    world = World()
    world.press(channel="phone")
    levels = [one.model_dump()["level"] for one in world.tick(3600) if short(one) == "call.escalated"]
    levels += [level for _, level, _ in steps(world, 20)]
    assert levels == [1, 2, 3]


def test_no_device_or_responder_stops_an_escalation() -> None:
    world = World()
    world.press()
    for kind, data in (
        ("call.answered", {"operator_id": "d-1"}),
        ("call.triaged", {"severity": "false"}),
        ("call.closed", {"outcome": "false"}),
        ("call.taken_over", {"operator_id": "d-1", "reason": "x"}),
        ("call.handed_over", {"to": "120"}),
    ):
        assert world.send(kind, actor="device:d-1", call_id="k-1", **data).reason == "not_authorised"
    assert steps(world, 10) == [(10, 1, "second_seat")]


def test_an_answer_to_one_incident_stops_no_other_and_a_second_answer_changes_nothing() -> None:
    world = World()
    world.press("k-1", channel="phone")
    world.press("k-2", "p-2", channel="phone")
    world.send("call.answered", call_id="k-1", operator_id="op-1")
    assert world.send("call.answered", call_id="k-1", operator_id="op-2").reason == "answered_already"
    found = [one.model_dump()["call_id"] for one in world.tick(10) if short(one) == "call.escalated"]
    assert found == ["k-2"]


@settings(max_examples=25)
@given(acts=st.lists(st.tuples(st.integers(1, 200), st.sampled_from(("answer", "triage", "take", "wait"))), max_size=6))
def test_whatever_operators_do_or_leave_an_open_incident_is_never_silent_for_longer_than_its_step(acts: list[tuple[int, str]]) -> None:
    """E03, E04: between two looks never more than the step that was promised; levels rise by one."""
    world = World()
    promised_ms = world.press().facts[0].fact.model_dump()["step_by_ms"]
    level = 0
    for wait_s, act in [*acts, (400, "wait")]:
        for found in world.tick(wait_s):
            values = found.model_dump()
            if short(found) == "call.escalated":
                assert values["level"] - level in (0, 1)
                level = values["level"]
        data = {"call_id": "k-1"}
        match act:
            case "answer":
                world.send("call.answered", operator_id="op-1", **data)
            case "triage":
                world.send("call.triaged", severity="urgent", **data)
            case "take":
                world.send("call.taken_over", operator_id="op-1", reason="mine", **data)
        promised_ms = world.state.deadlines.when("ladder|k-1") or 0
        assert world.now_ms < promised_ms <= world.now_ms + 1_800_000


@pytest.mark.parametrize("parameters", [{"ladder": [{"after_s": 30, "to": "a"}, {"after_s": 10, "to": "b"}]}, {"circles_m": [2000, 1000]}])
def test_a_policy_that_contradicts_itself_is_refused(parameters: dict[str, Any]) -> None:
    assert World().policy(**parameters).reason == "invalid_policy"
