"""Deadlines are a plain dictionary asked for its smallest (instant, key), also after a snapshot."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agents.shared.deadlines import Deadlines

keys = st.integers(0, 20).map(lambda number: f"k-{number:02d}")


class DeadlinesMachine(RuleBasedStateMachine):
    """Beside the heap: a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.deadlines = Deadlines()
        self.when: dict[str, int] = {}

    @rule(key=keys, when_ms=st.integers(0, 30))
    def set_or_move(self, key: str, when_ms: int) -> None:
        self.deadlines.set(key, when_ms)
        self.when[key] = when_ms

    @rule(key=keys)
    def clear(self, key: str) -> None:
        self.deadlines.clear(key)
        self.when.pop(key, None)

    @rule(now_ms=st.integers(0, 31))
    def act_on_what_is_due(self, now_ms: int) -> None:
        done = []
        while (key := self.deadlines.due(now_ms)) is not None:
            done.append(key)
            self.deadlines.clear(key)
        assert done == sorted((key for key, at in self.when.items() if at <= now_ms), key=lambda key: (self.when[key], key))
        self.when = {key: at for key, at in self.when.items() if at > now_ms}

    @rule()
    def a_snapshot_is_loaded(self) -> None:
        loaded = Deadlines()
        for key, when_ms in self.deadlines.dump():
            loaded.set(key, when_ms)
        self.deadlines = loaded

    @invariant()
    def the_first_is_the_smallest(self) -> None:
        assert len(self.deadlines) == len(self.when)
        assert dict(self.deadlines.dump()) == self.when
        smallest = min(((at, key) for key, at in self.when.items()), default=None)
        assert self.deadlines.first() == smallest
        for key in ("k-00", "k-07", "k-20"):
            assert (key in self.deadlines, self.deadlines.when(key)) == (key in self.when, self.when.get(key))


TestDeadlines = DeadlinesMachine.TestCase
TestDeadlines.settings = settings(max_examples=40, stateful_step_count=50, deadline=None)
