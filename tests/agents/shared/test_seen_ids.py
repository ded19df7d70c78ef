"""The memory of answered ids is a plain list of what was answered within the memory's length, also after a snapshot."""

from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agents.shared.seen import SeenIds
from schemas.decisions import Outcome

ids = st.integers(0, 12).map(lambda number: f"e-{number}")
answers = st.sampled_from(((Outcome.ACCEPTED, None), (Outcome.REFUSED, "no_capacity")))


class Kept(NamedTuple):
    """One answer in mind."""

    name: str
    body: bytes
    outcome: str
    reason: str | None
    at_ms: int


class SeenMachine(RuleBasedStateMachine):
    """Beside the memory: every answer still in mind, oldest first."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = SeenIds()
        self.kept: list[Kept] = []
        self.now_ms = 0

    @rule(event_id=ids, body=st.binary(min_size=16, max_size=16), answer=answers)
    def answer(self, event_id: str, body: bytes, answer: tuple[Outcome, str | None]) -> None:
        outcome, reason = answer
        if event_id in [one.name for one in self.kept]:
            with pytest.raises(ValueError, match="once"):
                self.seen.remember(event_id, body, outcome, reason, self.now_ms)
            return
        self.seen.remember(event_id, body, outcome, reason, self.now_ms)
        self.kept.append(Kept(event_id, body, str(outcome), reason, self.now_ms))

    @rule(ahead_ms=st.integers(0, 50), memory_ms=st.integers(0, 60))
    def time_goes_on(self, ahead_ms: int, memory_ms: int) -> None:
        self.now_ms += ahead_ms
        self.seen.forget(self.now_ms - memory_ms)
        self.kept = [one for one in self.kept if one.at_ms >= self.now_ms - memory_ms]

    @rule(at_ms=st.integers(1, 1000))
    def the_area_hears_its_first_instant(self, at_ms: int) -> None:
        if self.now_ms == 0:
            self.seen.date(at_ms)
            self.kept = [one._replace(at_ms=at_ms) if one.at_ms == 0 else one for one in self.kept]
            self.now_ms = at_ms

    @rule()
    def a_snapshot_is_loaded(self) -> None:
        loaded = SeenIds()
        for row in self.seen.dump():
            loaded.load(row)
        self.seen = loaded

    @invariant()
    def it_knows_what_the_list_knows(self) -> None:
        assert len(self.seen) == len(self.kept)
        assert list(self.seen.dump()) == [[name, body.hex(), outcome, reason, at] for name, body, outcome, reason, at in self.kept]
        known = {one[0]: one[1:] for one in self.kept}
        for number in range(13):
            found = self.seen.get(f"e-{number}")
            assert (None if found is None else tuple(found)) == known.get(f"e-{number}")


TestSeen = SeenMachine.TestCase
TestSeen.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
