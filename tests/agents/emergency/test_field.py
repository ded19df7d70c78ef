"""What responders say, and what their silence leads to; contacts, access, operators, the end."""

import json
from typing import Any

import pytest

from tests.agents.emergency.world import World, fact, north, short, types


def going(**cover: Any) -> World:
    """A press with one responder asked."""
    world = World()
    world.policy(fix_age_s_max=86400)
    if cover:
        world.send("coverage.registered", person_id="p-1", lives_alone=True, **cover)
    world.unit("r-1", 500)
    world.press()
    return world


def test_a_mission_from_asking_to_call_back() -> None:
    world = going()
    assert world.call().state == "dispatched"
    world.send("call.answered", call_id="k-1", operator_id="op-1")
    world.send("dispatch.accepted", call_id="k-1", responder_id="r-1")
    assert world.call().state == "accepted"
    assert types(world.send("responder.reported", responder_id="r-1", status="en_route"))[-1] == "responder.en_route"
    assert world.call().state == "en_route"
    world.tick(120)
    arrived = fact(world.send("responder.arrived", call_id="k-1", responder_id="r-1"), "responder.arrived")
    assert (arrived["travel_ms"], world.call().state) == (120_000, "on_scene")
    closed = world.send("call.closed", call_id="k-1", outcome="rescued")
    assert types(closed) == ["responder.released", "call.closed"]
    assert fact(closed, "call.closed")["callback_by_ms"] == world.now_ms + 86_400_000
    assert fact(world.send("call.called_back", call_id="k-1", outcome="helped"), "call.called_back")["late"] is False
    assert world.state.ended["k-1"].state == "called_back"
    assert world.send("call.called_back", call_id="k-1", outcome="helped").reason == "called_back_already"
    assert world.state.units.by_id["r-1"].shelf is not None


def test_setting_out_is_accepting_and_standing_there_is_arriving() -> None:
    world = going()
    decision = world.send("responder.reported", responder_id="r-1", status="on_scene")
    assert types(decision) == ["responder.status_recorded", "dispatch.accepted", "responder.arrived"]


def test_going_off_on_the_way_sends_somebody_else() -> None:
    world = going()
    world.unit("r-2", 900)
    world.send("dispatch.accepted", call_id="k-1", responder_id="r-1")
    decision = world.send("responder.reported", responder_id="r-1", status="off")
    assert fact(decision, "dispatch.ended")["cause"] == "gone_off"
    assert fact(decision, "responder.dispatched")["responder_id"] == "r-2"


def test_a_late_acceptance_changes_nothing() -> None:
    world = going()
    world.unit("r-2", 900)
    world.tick(60)
    assert world.send("dispatch.accepted", call_id="k-1", responder_id="r-1").reason == "not_dispatched"
    assert world.send("dispatch.accepted", call_id="k-1", responder_id="r-2").outcome == "accepted"
    assert world.send("dispatch.accepted", call_id="k-1", responder_id="r-2").reason == "accepted_already"


def test_silence_on_the_way_is_checked_by_a_human_and_in_the_end_somebody_else_goes() -> None:
    world = going()
    world.unit("r-2", 900)
    world.send("dispatch.accepted", call_id="k-1", responder_id="r-1")
    found = [(second, short(one)) for second, one in world.run(540, 60) if short(one).startswith(("responder.", "dispatch.ended"))]
    assert found == [(180, "responder.unheard"), (360, "responder.unheard"), (540, "dispatch.ended"), (540, "responder.dispatched")]
    assert "responder_unheard" not in world.call().tasks


def test_a_position_on_the_way_is_a_word_and_ends_the_check() -> None:
    world = going()
    world.send("dispatch.accepted", call_id="k-1", responder_id="r-1")
    world.tick(180)
    assert "responder_unheard" in world.call().tasks
    decision = world.send("responder.positioned", responder_id="r-1", position=north(200))
    assert types(decision) == ["responder.located", "task.closed.v1".removesuffix(".v1")]
    assert not [one for _, one in world.run(179, 1) if short(one) == "responder.unheard"]


def test_the_scene_checks_in_every_quarter_of_an_hour_and_is_asked_for_ever() -> None:
    world = going()
    world.send("responder.arrived", call_id="k-1", responder_id="r-1")
    world.tick(899)
    world.send("scene.checked_in", call_id="k-1", responder_id="r-1")
    found = [second for second, one in world.run(2700, 60) if short(one) == "scene.check_missed"]
    assert found == [900, 1800, 2700]
    assert "scene_unheard" in world.call().tasks


def test_the_scene_asking_for_more_makes_the_mix_wider() -> None:
    world = going()
    world.unit("r-2", 900, skills=("lifting",))
    world.send("responder.arrived", call_id="k-1", responder_id="r-1")
    decision = world.send("scene.checked_in", call_id="k-1", responder_id="r-1", needs=["lifting"])
    assert fact(decision, "responder.dispatched")["responder_id"] == "r-2"


def test_leaving_the_scene_keeps_the_incident_open_and_sends_nobody_again() -> None:
    world = going()
    world.send("responder.arrived", call_id="k-1", responder_id="r-1")
    decision = world.send("responder.reported", responder_id="r-1", status="available")
    assert fact(decision, "responder.released")["cause"] == "left_scene"
    assert not world.call().missing()
    assert world.call().state == "on_scene"


def test_contacts_are_called_in_listed_order_twice_and_then_the_operators_have_it() -> None:
    contacts = [{"contact_id": "c-1"}, {"contact_id": "night", "from_minute": 1300, "until_minute": 300}, {"contact_id": "c-2"}]
    world = going(contacts=contacts, access_id="box-1")
    assert world.call().called_contact == "c-1"
    found = [(second, one.model_dump()) for second, one in world.run(200) if short(one).startswith("contact.")]
    assert [(second, one.get("contact_id"), one.get("round")) for second, one in found] == [
        (30, "c-2", 1),
        (60, "c-1", 2),
        (90, "c-2", 2),
        (120, None, None),
    ]
    assert found[0][1]["skipped"] == ("night",)


def test_the_way_in_is_shown_only_to_who_accepted_and_showing_it_is_a_fact() -> None:
    world = going(contacts=[{"contact_id": "c-1"}, {"contact_id": "c-2"}], access_id="box-1")
    assert "access.released" not in types(world.send("contact.answered", call_id="k-1", contact_id="c-1", result="declined"))
    accepted = world.send("contact.answered", call_id="k-1", contact_id="c-2", result="accepted")
    released = fact(accepted, "access.released")
    assert (released["access_id"], released["to_kind"], released["to_id"]) == ("box-1", "contact", "c-2")
    assert not [one for _, one in world.run(120, 10) if short(one) == "contact.called"]
    by_responder = world.send("responder.arrived", call_id="k-1", responder_id=next(iter(world.call().engaged)))
    assert fact(by_responder, "access.released")["to_kind"] == "responder"


def test_a_contact_who_was_passed_over_or_joined_the_list_later_was_not_called_and_is_shown_nothing() -> None:
    night = {"contact_id": "night", "from_minute": 1300, "until_minute": 300}
    world = going(contacts=[night, {"contact_id": "c-1"}], access_id="box-1")
    assert world.call().called_contact == "c-1"
    assert world.send("contact.answered", call_id="k-1", contact_id="night", result="accepted").reason == "unknown_contact"
    new = [{"contact_id": "stranger"}, {"contact_id": "c-1"}]
    world.send("coverage.registered", person_id="p-1", lives_alone=True, contacts=new, access_id="box-1")
    assert world.send("contact.answered", call_id="k-1", contact_id="stranger", result="accepted").reason == "unknown_contact"
    assert world.send("contact.answered", call_id="k-1", contact_id="c-1", result="accepted").reason is None


def test_whoever_becomes_free_goes_to_the_oldest_that_has_a_place() -> None:
    world = World()
    world.press("k-1", person_id="p-1", position=None)
    world.press("k-2", person_id="p-2")
    world.send("responder.registered", responder_id="r-1", kind="nurse", position=north(500), skills=["first_aid"])
    decision = world.send("responder.reported", responder_id="r-1", status="available", position=north(500))
    assert fact(decision, "responder.dispatched")["call_id"] == "k-2"


def test_a_contact_nobody_called_cannot_accept() -> None:
    world = going(contacts=[{"contact_id": "c-1"}, {"contact_id": "c-2"}])
    assert world.send("contact.answered", call_id="k-1", contact_id="c-2", result="accepted").reason == "unknown_contact"


def test_an_override_takes_a_responder_from_another_incident_which_gets_somebody_else() -> None:
    world = going()
    world.unit("r-2", 900)
    world.press("k-2", "p-2")
    decision = world.send("dispatch.overridden", call_id="k-2", responder_id="r-1", reason="knows the house")
    assert fact(decision, "responder.released")["cause"] == "overridden"
    assert decision.why is not None
    assert (decision.why["overrides"], decision.why["taken_from"]) == ("engaged", "k-1")
    assert set(world.call("k-2").engaged) == {"r-1", "r-2"}
    assert world.state.units.by_id["r-1"].engaged == "k-2"
    assert "search|k-1" in world.state.deadlines
    assert world.send("dispatch.overridden", call_id="k-2", responder_id="r-1", reason="again").reason == "already_there"
    assert world.send("dispatch.overridden", call_id="k-2", responder_id="r-9", reason="who").reason == "unknown_responder"


def test_who_is_called_off_is_not_sent_again() -> None:
    world = going()
    world.unit("r-2", 900)
    decision = world.send("dispatch.cancelled", call_id="k-1", responder_id="r-1", reason="knows him too well")
    assert fact(decision, "responder.dispatched")["responder_id"] == "r-2"


def test_a_false_alarm_calls_everybody_off_and_still_has_to_be_closed() -> None:
    world = going()
    decision = world.send("call.triaged", call_id="k-1", severity="false")
    assert fact(decision, "responder.released")["cause"] == "triaged_false"
    assert [short(one) for _, one in world.run(1801, 60) if short(one) == "call.escalated"] == ["call.escalated"]


@pytest.mark.parametrize("to", ["120", "110", "119", "family"])
def test_a_hand_over_carries_what_the_desk_needs_and_no_name(to: str) -> None:
    world = going()
    world.send("dispatch.accepted", call_id="k-1", responder_id="r-1")
    decision = world.send("call.handed_over", call_id="k-1", to=to, reference="x-9")
    handed = fact(decision, "call.handed_over")
    eido = handed["eido"]
    assert (eido["incidentComponent"]["internalIncidentId"], eido["incidentComponent"]["incidentCommonPriorityNumber"]) == ("k-1", 1)
    assert eido["locationComponent"][0]["locationByReferenceUrl"] == "geo:31.2304,121.4737;crs=wgs84"
    assert eido["emergencyResourceComponent"][0]["$id"] == "r-1"
    references = {part["$id"] for parts in eido.values() if isinstance(parts, list) for part in parts}
    assert {reference["$ref"] for reference in eido["callComponent"][0]["personReference"]} <= references
    assert handed["summary"]["求助人"] == "p-1"
    json.dumps(handed)
    assert world.call().state == "handed_over"
    assert not world.send("call.closed", call_id="k-1", outcome="rescued").reason


def test_closing_needs_a_human_and_is_final() -> None:
    world = going()
    assert world.send("call.closed", actor="responder:r-1", call_id="k-1", outcome="rescued").reason == "not_authorised"
    assert world.send("call.called_back", call_id="k-1", outcome="rescued").reason == "call_open"
    world.send("call.closed", call_id="k-1", outcome="rescued")
    assert world.send("call.closed", call_id="k-1", outcome="false").reason == "call_closed"
    assert world.send("call.answered", call_id="nobody", operator_id="op-1").reason == "unknown_call"


def test_a_call_back_nobody_made_is_asked_for_until_it_is_made() -> None:
    world = going()
    world.send("call.closed", call_id="k-1", outcome="helped")
    found = [second for second, one in world.run(86400 + 3 * 14400, 7200) if short(one) == "call.call_back_missed"]
    assert found == [86400, 86400 + 14400, 86400 + 28800, 86400 + 43200]
    assert [task.kind for task in world.area.tasks.values()] == ["call_back_missed"]
    decision = world.send("call.called_back", call_id="k-1", outcome="helped")
    assert fact(decision, "call.called_back")["late"] is True
    assert not world.area.tasks


def test_a_test_call_owes_no_call_back_and_is_forgotten_in_time() -> None:
    world = going()
    world.send("call.closed", call_id="k-1", outcome="test")
    assert "k-1" in world.state.ended
    world.tick(16 * 86400)
    assert "k-1" not in world.state.ended
