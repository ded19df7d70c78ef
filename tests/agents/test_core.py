"""The core contract, with meals as the domain."""

from typing import Any

import pytest

from agents import core
from agents.meals import DOMAIN, delivery, orders
from agents.meals.decide import ANSWERS
from agents.meals.evolve import WRITERS
from schemas.facts import FACTS
from schemas.meals import OrderAssigned, OrderPlacedEvent
from schemas.registry import events_of
from tests.agents.world import World, at, fact, received, types


def ready() -> World:
    world = World()
    world.kitchen("a")
    world.publish("a", 5)
    return world


ORDER = {
    "order_id": "o-1",
    "person_id": "p-1",
    "position": {"lat": 31.2304, "lon": 121.4737},
    "date": "2026-11-23",
    "meal": "lunch",
    "portions": 1,
    "service": "dine_in",
}


def broken(*_: Any) -> Any:
    raise ZeroDivisionError


def test_every_event_has_an_answer_and_every_fact_a_writer() -> None:
    answered = set(ANSWERS) | {event for name, event in events_of("meals").items() if name in ("clock.ticked.v1", "task.completed.v1")}
    assert answered == set(events_of("meals").values())
    assert set(WRITERS) == {declared for name, declared in FACTS.items() if name.split(".")[0] in ("meals", "policy", "task", "case")}


def test_the_same_event_again_gets_the_same_answer_and_no_facts() -> None:
    world = ready()
    first = world.send("order.placed", "twice", **ORDER)
    again = world.take(received("order.placed", ORDER, "twice", world.now_ms))
    assert (again.outcome, again.reason, again.repeat, again.facts) == (first.outcome, first.reason, True, [])
    assert world.seats("a") == (4, 1, 0, 0)


def test_what_was_answered_before_the_first_instant_is_remembered_as_long_as_anything_else() -> None:
    """A played record may come without an instant: it is of no time, and not of 1970."""
    world = World()
    for at_ms in (0, at("2026-11-22T09:00"), at("2026-11-22T10:00")):
        item = received("provider.closed", {"provider_id": "a", "reason": "ill"}, "twice", at("2026-11-22T09:00"))
        answer = world.take(item._replace(received_at_ms=at_ms))
        assert answer.repeat == (at_ms > 0)


def test_the_same_id_with_another_body_is_a_conflict_and_changes_nothing() -> None:
    world = ready()
    world.send("order.placed", "twice", **ORDER)
    before = list(DOMAIN.dump(world.state))
    assert world.send("order.placed", "twice", **(ORDER | {"portions": 2})).reason == "conflict"
    assert list(DOMAIN.dump(world.state)) == before


def test_a_mistake_of_ours_in_deciding_changes_nothing_and_comes_before_a_human(monkeypatch: pytest.MonkeyPatch) -> None:
    world = ready()
    before = [row for row in DOMAIN.dump(world.state) if row[0] != "task"]
    answers: dict[Any, Any] = ANSWERS
    monkeypatch.setitem(answers, OrderPlacedEvent, broken)
    decision = world.send("order.placed", "bad", **ORDER)
    assert (decision.reason, decision.error) == ("internal_error", "ZeroDivisionError")
    assert fact(decision, "task.opened.v1")["about"] == "bad"
    assert [row for row in DOMAIN.dump(world.state) if row[0] != "task"] == before


def test_a_mistake_of_ours_in_firing_is_contained_and_tried_again_when_the_human_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    world = ready()
    world.order("o-1")
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "closed", broken)
        facts = world.tick("2026-11-23 15:00")
        assert [found.type for found in facts] == ["meals.kitchen.counted.v1", "task.opened.v1", "case.stuck.v1"]
        assert facts[2].model_dump()["error"] == "ZeroDivisionError"
        assert world.order("o-2", date="2026-11-23").reason == "past_cutoff"
    (task_id,) = world.area.tasks
    decision = world.send("task.completed.v1", domain="meals", task_id=task_id, result="repaired")
    assert types(decision) == ["task.closed.v1", "meals.order.closed.v1"]
    assert world.state.stuck == {}


def test_a_stuck_move_leaves_its_order_to_the_human_and_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    world = ready()
    world.order("o-1")
    with monkeypatch.context() as patched:
        patched.setattr(orders, "moved", broken)
        decision = world.send("provider.closed", provider_id="a", reason="power_cut")
    assert types(decision) == ["meals.provider.closure_recorded.v1", "task.opened.v1", "case.stuck.v1"]
    assert [found.type for found in world.tick("2026-11-23 15:00")][-1] == "meals.order.closed.v1"
    assert world.state.stuck == {}


def test_a_broken_invariant_leaves_the_core(monkeypatch: pytest.MonkeyPatch) -> None:
    world = ready()

    def forgetful(state: Any, found: OrderAssigned, now_ms: int) -> None:
        original(state, found, now_ms)
        state.deadlines.clear(f"close|a|{found.date}|{found.meal}")

    writers: dict[Any, Any] = WRITERS
    original = writers[OrderAssigned]
    monkeypatch.setitem(writers, OrderAssigned, forgetful)
    with pytest.raises(core.InvariantBroken):
        world.order("o-1")


def test_time_never_goes_back() -> None:
    world = ready()
    world.now_ms = at("2026-11-22 08:00")
    assert world.order("o-1").time_ms == at("2026-11-22 09:00")


def test_an_early_tick_does_nothing() -> None:
    world = ready()
    world.order("o-1")
    before = list(core.dump(DOMAIN, world.area))[1:]
    assert world.tick("2026-11-22 19:59") == []
    after = list(core.dump(DOMAIN, world.area))[1:]
    assert [row for row in after if row[:2] != ["d", "swept"]] == [row for row in before if row[:2] != ["d", "swept"]]


def test_an_expired_promise_cannot_be_used_by_the_event_that_comes_too_late() -> None:
    world = ready()
    world.order("o-1", service="delivery")
    world.now_ms = at("2026-11-23 15:00")
    decision = world.send("delivery.reported", order_id="o-1", result="delivered")
    assert decision.reason == "order_closed"
    assert "meals.order.closed.v1" in types(decision)


def test_an_event_that_broke_the_process_twice_is_refused_and_nothing_else_is_touched() -> None:
    world = ready()
    decision = core.refuse_unanswerable(DOMAIN, world.area, received("order.placed", ORDER, "e", world.now_ms), "Killed")
    assert (decision.reason, types(decision)) == ("internal_error", ["task.opened.v1"])
    assert world.send("order.placed", "e", **ORDER).repeat


def test_an_unknown_task_is_refused_by_name() -> None:
    assert ready().send("task.completed.v1", domain="meals", task_id="task:x", result="done").reason == "unknown_task"
