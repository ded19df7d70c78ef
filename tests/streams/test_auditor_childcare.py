"""The auditor's table of childcare agrees with what the agents hold after every event of random days."""

from collections.abc import Iterator

import pytest

from agents import core
from agents.childcare import DOMAIN
from agents.childcare.state import Booking, ChildcareState
from agents.childcare.states import SEATED, BookingState
from streams.auditor.book import AreaBook
from streams.auditor.childcare import TABLE
from tests.agents.childcare.random_day import RandomDay
from tests.agents.childcare.world import AREA


def due(state: ChildcareState, booking: Booking) -> int | None:
    """When the agents will next do something about this booking; the end of the session it has a seat in is common to all there."""
    keys = [f"case|{booking.booking_id}"]
    if booking.state in SEATED and booking.state is not BookingState.CHECKED_IN:
        keys.append(f"close|{booking.first.session_id}")
    return min((when for when in map(state.deadlines.when, keys) if when is not None), default=None)


def differences(state: ChildcareState, book: AreaBook) -> Iterator[str]:
    seen = {key for kind, key in book.cases if kind == "booking"}
    yield from (f"open booking {name}" for name in seen ^ set(state.bookings))
    reserved = {key for kind, key in book.cases if kind == "quota_request"}
    yield from (f"request {name}" for name in reserved ^ {name for name, one in state.requests.items() if one.state == "reserved"})
    yield from (f"entitlement {name}" for name in {key for kind, key in book.cases if kind == "entitlement"} ^ set(state.entitlements))
    for booking in state.bookings.values():
        if booking.booking_id not in seen:
            continue
        told, own = book.deadline_ms(book.cases["booking", booking.booking_id]), due(state, booking)
        # A child that will go on with its next booking is looked at earlier than the auditor knows.
        early = booking.state is BookingState.CHECKED_IN and None not in (told, own) and (told or 0) >= (own or 0)
        if told != own and not early:
            yield f"deadline of {booking.booking_id} ({booking.state}): {told} and {own}"
    for session in state.sessions.values():
        pool = book.pools.get((session.session_id,))
        first = [one for one in state.bookings.values() if one.run and one.first is session and one.state in SEATED]
        held = sum(one.state is not BookingState.CHECKED_IN for one in first)
        if pool is None or (pool.total, pool.held) != (session.total, held):
            yield f"seats of {session.session_id}"
    yield from (str(breach) for breach in book.breaches())
    yield from (str(orphan) for orphan in book.orphans())


@pytest.mark.parametrize("seed", range(5))
def test_after_every_event_of_a_random_day_the_childcare_table_says_what_the_agents_hold(seed: int) -> None:
    day, area, book = RandomDay(seed), core.blank(DOMAIN, AREA), AreaBook(TABLE)
    opened = 0
    for _ in range(500):
        decision = core.handle(DOMAIN, area, day.next())
        day.learn(decision)
        book.take((reasoned.fact for reasoned in decision.facts), decision.time_ms)
        assert list(differences(area.domain, book)) == []
        opened = max(opened, len(book.cases))
    assert opened > 15, "a day without bookings proves nothing"
