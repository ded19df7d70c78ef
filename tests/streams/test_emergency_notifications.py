"""Who is told in an emergency, and what: codes and opaque ids; the way in only to the one who accepted."""

from schemas.decisions import Decision
from schemas.drill import DRILL_AREA
from streams.notifications import Notification, notifications_of
from tests.agents.emergency.world import World


def told(*decisions: Decision) -> list[Notification]:
    return [one for seq, decision in enumerate(decisions) for one in notifications_of("emergency", 0, seq, decision)]


def pressed() -> World:
    """A press with a responder near and two contacts, one accepted."""
    world = World()
    world.unit("r-1", 300)
    world.send("coverage.registered", person_id="p-1", lives_alone=True, contacts=[{"contact_id": "c-1"}], access_id="safe-77")
    world.press("k-1", "p-1", note="张阿婆，三楼，138 0000 0000")
    return world


def test_a_press_tells_the_first_seat_the_responder_and_the_contact() -> None:
    world = pressed()
    found = {(one.audience, one.fact): one.data for one in told(*world.decisions)}
    assert found["operator", "emergency.call.opened.v1"]["first_seat"] == "first_seat"
    sent = found["responder", "emergency.responder.dispatched.v1"]
    assert (sent["responder_id"], sent["call_id"], sent["severity"]) == ("r-1", "k-1", "life")
    assert found["family", "emergency.contact.called.v1"]["contact_id"] == "c-1"


def test_every_level_of_the_chain_tells_its_own_seat() -> None:
    world = World()
    world.press("k-1", "p-1")
    world.run(70)
    seats = [one.data["to"] for one in told(*world.decisions) if one.fact == "emergency.call.escalated.v1"]
    assert seats[:3] == ["second_seat", "supervisor", "duty_manager"]


def test_the_way_in_is_told_to_those_who_accepted_and_to_nobody_else() -> None:
    world = pressed()
    assert [one for one in told(*world.decisions) if "safe-77" in str(one.data)] == []
    world.send("dispatch.accepted", call_id="k-1", responder_id="r-1")
    world.send("contact.answered", call_id="k-1", contact_id="c-1", result="accepted")
    shown = [(one.audience, one.data["to_id"]) for one in told(*world.decisions) if "safe-77" in str(one.data)]
    assert shown == [("responder", "r-1"), ("family", "c-1")]


def test_nothing_that_is_told_holds_free_text_or_a_position() -> None:
    world = pressed()
    world.send("dispatch.overridden", call_id="k-1", responder_id="r-1", reason="王护士离得最近")
    world.send("call.handed_over", call_id="k-1", to="120")
    world.send("call.closed", call_id="k-1", outcome="rescued")
    for one in told(*world.decisions):
        assert not {"lat", "lon", "note", "override", "eido", "summary"} & one.data.keys(), one.fact
        assert "138" not in str(one.data)


def test_a_drill_rings_nowhere() -> None:
    world = pressed()
    for decision in world.decisions:
        decision.area = DRILL_AREA
    assert told(*world.decisions) == []
