"""E02 as the checkers see it where one decision does several things: what is judged is where somebody went when it became free."""

from typing import Any

import pytest

from infra.checkers.emergency.checks import CHECKS
from infra.checkers.fold import fold
from infra.checkers.logs import Logs, judge
from schemas import journal
from schemas.journal import Clock, Opened
from tests.agents.emergency.world import World, north, types
from tests.checkers.planting import change_fact, find

SENT = "emergency.responder.dispatched.v1"
QUIET: dict[str, Any] = {"stopgap": False, "search_retry_s": 900, "accept_s": 310, "repeat_s": 3600, "fix_age_s_max": 3600}
"""Nothing else is due in the decision that is judged: what is touched in it is not judged."""
DISPATCHED_AND_TAKEN = ["responder.dispatched", "responder.released", "responder.dispatched"]


@pytest.fixture
def world() -> World:
    """One responder, asked for the first of four incidents, all of which wait for somebody; ``lesser`` is the least. An answer is due."""
    world = World()
    world.policy(**QUIET)
    world.unit("a", 300)
    for number, call_id in enumerate(("first", "second", "third", "lesser")):
        world.press(call_id, f"p-{number}", channel="button" if number else "smoke")
    world.send("call.triaged", call_id="lesser", severity="help", kind="medical")
    assert world.state.units.by_id["a"].engaged == "first"
    world.run(305)
    world.now_ms += 10_000
    return world


def logs_of(world: World) -> Logs:
    """What it decided, as a journal."""
    raw: list[tuple[int, int, bytes | None]] = [(0, 0, journal.encode(Opened("test", Clock.WALL)))]
    for number, decision in enumerate(world.decisions, 1):
        raw.append((0, number, journal.encode(journal.Decided(0, number, 0, number - 1, (decision,)))))
    return Logs(inputs=[], journal=judge(raw), domain="emergency")


def complaints(logs: Logs) -> list[str]:
    """What is said against who went where."""
    eyes = CHECKS.eyes(logs, 1)
    fold(logs, CHECKS.model, eyes)
    return [one.sentence for eye in eyes for one in eye.found if one.invariant == "E02"]


def test_whom_an_operator_takes_from_the_gravest_in_the_same_decision_had_gone_there(world: World) -> None:
    decision = world.send("dispatch.overridden", call_id="lesser", responder_id="a", reason="seen")
    assert [kind for kind in types(decision) if kind.startswith("responder")] == DISPATCHED_AND_TAKEN
    assert world.state.units.by_id["a"].engaged == "lesser"
    assert complaints(logs_of(world)) == []


def test_an_incident_that_is_judged_lesser_in_the_same_decision_was_the_gravest_before(world: World) -> None:
    decision = world.send("call.triaged", call_id="first", severity="help", kind="medical")
    assert types(decision).index("responder.dispatched") < types(decision).index("call.triaged")
    assert world.state.units.by_id["a"].engaged == "first"
    assert complaints(logs_of(world)) == []


def test_whoever_has_moved_since_it_was_sent_went_to_the_gravest_that_it_could_reach_then() -> None:
    far = World()
    far.policy(**QUIET)
    far.unit("a", 4800)
    far.press("lesser", "p-1", channel="smoke")
    far.send("call.triaged", call_id="lesser", severity="help", kind="fire")
    far.press("grave", "p-2", position=north(-1000))
    far.run(305)
    far.send("responder.reported", responder_id="a", status="available", position=north(4800))
    far.now_ms += 10_000
    decision = far.send("responder.positioned", responder_id="a", position=north(3000))
    assert types(decision).index("responder.dispatched") < types(decision).index("responder.located")
    assert far.state.units.by_id["a"].engaged == "lesser"
    assert complaints(logs_of(far)) == []


def test_who_goes_to_the_lesser_while_the_graver_waits_is_complained_of(world: World) -> None:
    world.send("dispatch.declined", call_id="first", responder_id="a", reason="far")
    logs = logs_of(world)
    assert complaints(logs) == []
    place, data = find(logs, SENT, lambda one: one["call_id"] == "second")
    planted = change_fact(logs, place, SENT, lambda one: one == data, call_id="lesser", severity="help")
    assert any("a became free and goes to lesser, third is graver and waits" in one for one in complaints(planted))
