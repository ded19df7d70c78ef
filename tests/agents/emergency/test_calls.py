"""Signals: never refused, each to one incident, repeats joined."""

from typing import Any

import pytest

from agents.emergency import DOMAIN
from schemas.decisions import Outcome
from tests.agents.emergency.world import World, fact, north, types, why


def test_a_press_is_an_incident_with_a_responder_on_the_way_in_one_decision() -> None:
    world = World()
    world.unit("r-1", 400)
    decision = world.press()
    assert types(decision) == ["call.opened", "responder.dispatched", "coverage.gap_left", "dispatch.complete"]
    opened = fact(decision, "call.opened")
    assert (opened["severity"], opened["kind"], opened["channel"]) == ("life", "medical", "button")
    assert opened["step_by_ms"] == world.now_ms + 10_000
    sent = fact(decision, "responder.dispatched")
    assert (sent["responder_id"], sent["travel_s"], sent["distance_m"]) == ("r-1", 124, 400)
    assert sent["accept_by_ms"] == world.now_ms + 60_000


def test_a_phone_call_waits_for_triage_and_goes_out_with_it() -> None:
    world = World()
    world.unit("r-1")
    assert types(world.press(channel="phone")) == ["call.opened"]
    world.send("call.answered", call_id="k-1", operator_id="op-1")
    decision = world.send("call.triaged", call_id="k-1", severity="urgent")
    assert types(decision) == ["call.triaged", "responder.dispatched", "coverage.gap_left", "dispatch.complete"]


@pytest.mark.parametrize(
    ("data", "review"),
    [
        ({"person_id": None, "position": None}, {"person_missing", "position_missing"}),
        ({"person_id": None}, {"person_missing"}),
        ({"position": None}, {"position_missing"}),
        ({"device_id": "nobody-knows"}, {"device_unknown"}),
        ({"channel": "unknown", "needs_review": ["channel", "note"]}, {"channel", "note"}),
    ],
)
def test_whatever_is_missing_the_call_is_taken_and_in_front_of_an_operator(data: dict[str, Any], review: set[str]) -> None:
    world = World()
    decision = world.press(**data)
    assert decision.outcome is Outcome.ACCEPTED
    assert set(fact(decision, "call.opened")["needs_review"]) == review
    tasks = [task.kind.value for task in world.area.tasks.values()]
    assert "call_needs_review" in tasks
    assert "no_responder" in tasks
    world.send("call.triaged", call_id="k-1", severity="life")
    assert [task.kind.value for task in world.area.tasks.values()] == ["no_responder"]


def test_a_call_without_a_place_uses_the_device_s_then_the_person_s() -> None:
    world = World()
    world.send("coverage.registered", person_id="p-1", lives_alone=True, position=north(50))
    world.send("device.registered", device_id="d-1", kind="button", person_id="p-1", position=north(100))
    world.send("device.registered", device_id="d-2", kind="button", person_id="p-1")
    by_device = fact(world.press("k-1", person_id=None, device_id="d-1", position=None), "call.opened")
    assert (by_device["person_id"], by_device["lat"]) == ("p-1", north(100)["lat"])
    assert (by_device["position_from"], by_device["needs_review"]) == ("device", ())
    world.send("call.closed", call_id="k-1", outcome="test")
    by_person = fact(world.press("k-2", person_id=None, device_id="d-2", position=None), "call.opened")
    assert (by_person["lat"], by_person["position_from"]) == (north(50)["lat"], "person")


def test_a_place_that_comes_later_sends_somebody_at_once() -> None:
    world = World()
    world.unit("r-1")
    assert fact(world.press(position=None), "dispatch.short")["reasons"] == ("no_incident_position",)
    decision = world.press("k-2")
    assert types(decision) == ["call.merged", "responder.dispatched", "coverage.gap_left", "dispatch.complete", "task.closed"]


def test_ten_thousand_presses_of_one_device_in_a_second_are_one_incident_counted() -> None:
    world = World()
    world.unit("r-1")
    world.press()
    from agents import core
    from tests.agents.emergency.world import received

    for number in range(9_999):
        data = {"call_id": f"m-{number}", "channel": "button", "person_id": "p-1", "device_id": "d-1", "position": north(0)}
        decision = core.handle(DOMAIN, world.area, received("call.raised", data, f"m-{number}", world.now_ms + number // 10))
        assert types(decision) == ["call.merged"]
    DOMAIN.check_all(world.state)
    assert world.call().signals == 10_000
    assert len(world.state.calls) == 1
    assert len(world.call().names) == 32
    assert len(world.state.names) == 32


def test_a_later_press_opens_a_new_incident_that_names_the_first() -> None:
    world = World()
    world.press()
    world.tick(299)
    assert types(world.press("k-2")) == ["call.merged"]
    world.tick(1)
    opened = fact(world.press("k-3"), "call.opened")
    assert (opened["call_id"], opened["related_call_id"]) == ("k-3", "k-1")


def test_another_person_on_the_same_device_is_another_incident() -> None:
    world = World()
    world.press(device_id="d-1")
    assert fact(world.press("k-2", person_id="p-2", device_id="d-1"), "call.opened")["call_id"] == "k-2"
    assert types(world.press("k-3", person_id="p-1", device_id="d-1"))[0] == "call.merged"


def test_a_press_after_an_operator_judged_it_false_is_taken_seriously_again() -> None:
    world = World()
    world.press()
    world.send("call.triaged", call_id="k-1", severity="false")
    assert "call.opened" in types(world.press("k-2"))


def test_a_call_id_that_was_closed_opens_a_new_incident_under_another() -> None:
    world = World()
    world.press()
    world.send("call.closed", call_id="k-1", outcome="false")
    opened = fact(world.press(), "call.opened")
    assert opened["call_id"].startswith("call:")
    assert opened["signal_id"] == "k-1"
    assert "call_id_reused" in opened["needs_review"]


def test_a_call_id_of_somebody_else_s_open_incident_does_not_join_it() -> None:
    world = World()
    world.press()
    opened = fact(world.press("k-1", person_id="p-2"), "call.opened")
    assert opened["call_id"] != "k-1"
    assert len(world.state.calls) == 2


def test_a_press_of_the_same_person_wakes_a_phone_call_that_waited() -> None:
    world = World()
    world.unit("r-1")
    world.press(channel="phone")
    decision = world.press("k-2", channel="button")
    assert types(decision) == ["call.merged", "call.prioritised", "responder.dispatched", "coverage.gap_left", "dispatch.complete"]
    assert world.call().severity == "life"


def test_an_operator_finds_an_incident_under_the_name_of_a_repeated_signal() -> None:
    world = World()
    world.press()
    world.press("k-2")
    assert fact(world.send("call.answered", call_id="k-2", operator_id="op-1"), "call.answered")["call_id"] == "k-1"


def test_the_same_event_again_is_the_same_answer_and_another_body_a_conflict() -> None:
    world = World()
    first = world.send("call.raised", event_id="x", call_id="k-1", channel="button", person_id="p-1")
    again = world.send("call.raised", event_id="x", call_id="k-1", channel="button", person_id="p-1")
    other = world.send("call.raised", event_id="x", call_id="k-1", channel="smoke", person_id="p-1")
    assert (again.repeat, again.outcome) == (True, first.outcome)
    assert other.reason == "conflict"
    assert world.call().signals == 1


def test_an_emergency_that_another_service_opens_keeps_its_causal_chain() -> None:
    from agents import core
    from schemas.codec import digest_of
    from schemas.decisions import Received
    from schemas.emergency import CallRaisedEvent
    from tests.agents.emergency.world import envelope

    world = World()
    parsed = envelope("call.raised", {"call_id": "w-1", "channel": "operator", "person_id": "p-1"}, "meals-welfare-1", world.now_ms)
    parsed |= {"correlationid": "order-7", "causationid": "e-9", "actor": "system:meals"}
    event = CallRaisedEvent.model_validate(parsed, strict=False)
    decision = core.handle(DOMAIN, world.area, Received(event, digest_of(parsed), world.now_ms))
    assert decision.correlationid == "order-7"
    assert fact(decision, "call.opened")["correlationid"] == "order-7"
    assert world.call("w-1").dispatching


def test_the_explanation_keeps_everybody_who_was_passed_over_with_the_rule_and_the_age_of_the_data() -> None:
    world = World()
    world.unit("stale", 100)
    world.tick(301)
    world.unit("off", 200)
    world.send("responder.reported", responder_id="off", status="off")
    world.unit("unskilled", 300, skills=())
    world.send("responder.registered", responder_id="silent", kind="nurse", position=north(350), skills=["first_aid"])
    world.send("responder.reported", responder_id="silent", status="available")
    world.unit("lazy", 400, max_travel_s=60)
    world.unit("resting", 450)
    world.send("responder.reported", responder_id="resting", status="resting")
    world.unit("good", 500)
    reasons = why(world.press(), "responder.dispatched")
    assert [(entry["provider_id"], entry["rule"]) for entry in reasons["rejected"]] == [
        ("stale", "stale_position"),
        ("off", "off"),
        ("unskilled", "skill_missing"),
        ("silent", "no_fix"),
        ("lazy", "too_far_for_it"),
        ("resting", "in_rest"),
    ]
    assert reasons["rejected"][0]["data_age_s"] == 301
    assert (reasons["chosen"], reasons["considered"]) == ("good", 7)
