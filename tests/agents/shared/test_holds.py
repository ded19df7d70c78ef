"""Holds over several slots (nights, the hours of a session) keep every slot's law, whole or not at all, under any sequence of deeds."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agents.shared.seats import Seats, hold_run, run_is_free

SLOTS = 5
run_of = st.tuples(st.integers(0, SLOTS - 1), st.integers(1, SLOTS)).map(lambda pair: range(pair[0], min(SLOTS, pair[0] + pair[1])))


class HoldsMachine(RuleBasedStateMachine):
    """Beside the counters: a list of promises, and for each slot what there is and what was used."""

    def __init__(self) -> None:
        super().__init__()
        self.slots = [Seats() for _ in range(SLOTS)]
        self.totals = [0] * SLOTS
        self.used = [0] * SLOTS
        self.promises: list[tuple[range, int]] = []

    def _promised(self, slot: int) -> int:
        return sum(places for run, places in self.promises if slot in run)

    @rule(slot=st.integers(0, SLOTS - 1), total=st.integers(0, 8))
    def publish(self, slot: int, total: int) -> None:
        self.slots[slot].publish(self.slots[slot].version + 1, total, 0)
        self.totals[slot] = total

    @rule(slot=st.integers(0, SLOTS - 1), shut=st.booleans())
    def close_or_open(self, slot: int, shut: bool) -> None:
        if shut:
            self.slots[slot].shut_down()
        else:
            self.slots[slot].open_up()

    @rule(run=run_of, places=st.integers(1, 4))
    def hold(self, run: range, places: int) -> None:
        wanted = [self.slots[slot] for slot in run]
        room = all(not self.slots[s].shut and self.totals[s] - self.used[s] - self._promised(s) >= places for s in run)
        assert run_is_free(wanted, places) == room
        if room:
            hold_run(wanted, places)
            self.promises.append((run, places))
        else:
            before = [(seats.free, seats.held) for seats in self.slots]
            with pytest.raises(AssertionError):
                hold_run(wanted, places)
            assert [(seats.free, seats.held) for seats in self.slots] == before

    @precondition(lambda self: self.promises)
    @rule(data=st.data(), kept=st.booleans())
    def end(self, data: st.DataObject, kept: bool) -> None:
        run, places = self.promises.pop(data.draw(st.integers(0, len(self.promises) - 1)))
        for slot in run:
            if kept:
                self.slots[slot].consume(places)
                self.used[slot] += places
            else:
                self.slots[slot].release(places)

    @invariant()
    def every_slot_is_what_the_list_says(self) -> None:
        for slot, seats in enumerate(self.slots):
            assert seats.conserved()
            promised = self._promised(slot)
            rest = self.totals[slot] - self.used[slot] - promised
            assert (seats.held, seats.used, seats.overcommitted) == (promised, self.used[slot], rest < 0)
            assert (seats.free, seats.closed) == ((0, rest) if seats.shut and rest > 0 else (rest, 0))


TestHolds = HoldsMachine.TestCase
TestHolds.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
