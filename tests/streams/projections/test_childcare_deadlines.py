"""When a booking is next looked at, as its row shows it: the instant the agent's own state has, also where that is not what a fact says."""

from dataclasses import replace

import pytest

from agents import core
from agents.childcare import DOMAIN
from agents.childcare.state import ChildcareState
from schemas.decisions import Decision
from tests.agents.childcare.world import AREA, DAY, World, session, types
from tests.agents.world import at
from tests.streams.projections.tables import fetch
from tests.streams.projections.test_childcare_rows import project_childcare

pytestmark = pytest.mark.stack
MANY = 40
"""Children; what is due for all of them twice is more than one event may carry."""


async def _shown(dsn: str) -> dict[str, int]:
    rows = await fetch(dsn, "SELECT booking_id, deadline_ms FROM childcare_bookings WHERE ended_ms IS NULL")
    return {row["booking_id"]: row["deadline_ms"] for row in rows}


def _due(state: ChildcareState) -> dict[str, int | None]:
    return {booking_id: state.deadlines.when(f"case|{booking_id}") for booking_id in state.bookings}


def _published(world: World) -> None:
    world.site("s-1")
    world.publish(
        "s-1", session("h-9", "09:00", "10:00", seats=MANY, staff=MANY), session("h-10", "10:00", "11:00", seats=MANY, staff=MANY)
    )


async def test_a_child_in_the_room_that_is_booked_on_is_due_when_its_first_booking_ends(database: str) -> None:
    world = World()
    _published(world)
    world.book("b-1", "h-9", child_id="k")
    world.tick(f"{DAY} 09:00")
    world.send("child.checked_in", booking_id="b-1", by="p")
    assert _due(world.state) == {"b-1": at(f"{DAY} 10:15")}
    world.book("b-2", "h-10", child_id="k")
    await project_childcare(database, world.decisions)
    assert await _shown(database) == _due(world.state) == {"b-1": at(f"{DAY} 10:00"), "b-2": at(f"{DAY} 10:30")}


async def test_children_that_went_on_long_ago_are_due_at_once_when_a_late_clock_finds_them(database: str) -> None:
    """The clock stands still until both sessions are over: one event carries them all on, and asks for the first of them only."""
    world = World()
    _published(world)
    for number in range(MANY):
        for session_id in ("h-9", "h-10"):
            world.book(f"{session_id}-{number}", session_id, child_id=f"k-{number}")
    world.tick(f"{DAY} 09:00")
    for number in range(MANY):
        world.send("child.checked_in", booking_id=f"h-9-{number}", by="p")
    world.now_ms = at(f"{DAY} 11:30")
    late = types(world.send("clock.ticked.v1"))
    assert late.count("child.carried_over") == MANY
    assert 0 < late.count("child.uncollected") < MANY
    await project_childcare(database, world.decisions)
    shown = await _shown(database)
    assert shown == _due(world.state)
    assert list(shown.values()).count(world.now_ms) == MANY - late.count("child.uncollected")


async def test_an_offer_taken_back_after_its_session_began_is_due_at_once(database: str) -> None:
    """As when our own code could not end the offer in time: the wait is over the moment it is resumed, not when the session began."""
    world = World()
    world.house(seats=1)
    world.book("b-0", "s-1-am")
    world.book("b-1", "s-1-am")
    world.send("booking.cancelled", booking_id="b-0")
    withdrawn = world.publish("s-1", session("s-1-am", seats=0), version=2)
    assert types(withdrawn) == ["session.published", "session.understaffed", "offer.withdrawn"]
    late = replace(withdrawn, time_ms=at(f"{DAY} 09:10"))
    decisions: list[Decision] = [*world.decisions[:-1], late]
    area = core.blank(DOMAIN, AREA)
    for decision in decisions:
        core.fold(DOMAIN, area, decision)
    await project_childcare(database, decisions)
    assert await _shown(database) == _due(area.domain) == {"b-1": at(f"{DAY} 09:10")}
