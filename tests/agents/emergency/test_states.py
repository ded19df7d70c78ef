"""The published tables of moves."""

import pytest

from agents.core import InvariantBroken
from agents.emergency.check import call_sound
from agents.emergency.states import LEGS, TRANSITIONS, CallState, Leg
from agents.emergency.steps import move
from tests.agents.emergency.world import World


def test_every_state_is_reached_from_the_first_and_leads_to_the_end() -> None:
    reached, todo = {CallState.NEW}, [CallState.NEW]
    while todo:
        for following in TRANSITIONS[todo.pop()] - reached:
            reached.add(following)
            todo.append(following)
    assert reached == set(CallState)
    assert [state for state, following in TRANSITIONS.items() if not following] == [CallState.CALLED_BACK]
    assert all(CallState.CLOSED in TRANSITIONS[state] for state in reached - {CallState.NEW, CallState.CLOSED, CallState.CALLED_BACK})


def test_nothing_leaves_the_end_and_nothing_comes_before_the_beginning() -> None:
    assert TRANSITIONS[CallState.CLOSED] == {CallState.CALLED_BACK}
    assert all(CallState.NEW not in following for following in TRANSITIONS.values())
    assert TRANSITIONS[CallState.HANDED_OVER] == {CallState.CLOSED}
    assert LEGS[Leg.ON_SCENE] == frozenset()


def test_a_move_outside_the_table_is_broken_code() -> None:
    world = World()
    world.press()
    with pytest.raises(AssertionError):
        move(world.call(), CallState.CALLED_BACK)


@pytest.mark.parametrize("work", ["ladder", "search"])
def test_an_open_incident_without_a_timer_is_impossible(work: str) -> None:
    world = World()
    world.press()
    call_sound(world.state, world.call())
    world.state.deadlines.clear(f"{work}|k-1")
    with pytest.raises(InvariantBroken):
        call_sound(world.state, world.call())


def test_a_responder_on_two_incidents_is_noticed() -> None:
    world = World()
    world.unit("r-1")
    world.press()
    world.state.units.by_id["r-1"].engaged = "k-2"
    with pytest.raises(InvariantBroken):
        call_sound(world.state, world.call())
