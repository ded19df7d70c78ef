"""Seats keep their law under any sequence of deeds."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agents.shared.seats import Seats, hold_run, run_is_free


class SeatsMachine(RuleBasedStateMachine):
    """A model of plain lists beside the counters."""

    def __init__(self) -> None:
        super().__init__()
        self.seats = Seats()
        self.promises: list[int] = []
        self.eaten = 0
        self.version = 0

    @rule(total=st.integers(0, 20), step=st.integers(1, 3))
    def publish(self, total: int, step: int) -> None:
        self.version += step
        assert self.seats.newer(self.version)
        assert not self.seats.newer(self.version - step)
        self.seats.publish(self.version, total, 0)

    @precondition(lambda self: self.seats.free > 0)
    @rule(data=st.data())
    def hold(self, data: st.DataObject) -> None:
        places = data.draw(st.integers(1, self.seats.free))
        self.seats.hold(places)
        self.promises.append(places)

    @rule(places=st.integers(1, 30))
    def more_than_free_is_never_promised(self, places: int) -> None:
        if places > self.seats.free:
            with pytest.raises(AssertionError):
                self.seats.hold(places)

    @precondition(lambda self: self.promises)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        self.seats.release(self.promises.pop(data.draw(st.integers(0, len(self.promises) - 1))))

    @precondition(lambda self: self.promises)
    @rule()
    def consume(self) -> None:
        places = self.promises.pop()
        self.seats.consume(places)
        self.eaten += places

    @rule()
    def shut_down(self) -> None:
        self.seats.shut_down()

    @rule()
    def open_up(self) -> None:
        self.seats.open_up()

    @invariant()
    def the_law_holds(self) -> None:
        seats = self.seats
        assert seats.conserved()
        assert (seats.held, seats.used) == (sum(self.promises), self.eaten)
        assert seats.overcommitted == (sum(self.promises) + self.eaten > seats.total)
        if seats.overcommitted:
            assert seats.free < 0
        if seats.shut:
            assert seats.free <= 0


SeatsMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestSeats = SeatsMachine.TestCase


def test_a_broken_counter_is_noticed() -> None:
    seats = Seats()
    seats.publish(1, 5, 0)
    seats.hold(2)
    seats.free += 1
    assert not seats.conserved()


def test_a_run_is_held_whole_or_not_at_all() -> None:
    nights = [Seats() for _ in range(3)]
    for night, places in zip(nights, (2, 1, 2), strict=True):
        night.publish(1, places, 0)
    assert run_is_free(nights, 1)
    hold_run(nights, 1)
    with pytest.raises(AssertionError):
        hold_run(nights, 1)
    assert [night.held for night in nights] == [1, 1, 1]


def test_a_promise_is_freed_once() -> None:
    seats = Seats()
    seats.publish(1, 5, 0)
    seats.hold(2)
    seats.release(2)
    with pytest.raises(AssertionError):
        seats.release(2)
    assert seats.free == 5
