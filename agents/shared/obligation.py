"""Obligations: evidence of one kind about X is expected in a window, else a ladder is climbed, rung by rung, for ever.

The shape behind heartbeats, visits, inspections, call-backs and stale feeds (design, section 5). It keeps who owes what, how far
up the ladder a miss has gone, and one deadline each; what a rung does (a fact, a task) is the domain's own. Evidence ends a miss
at once and opens the next window; only `end` ends the obligation.
"""

from collections.abc import Iterator

from agents.shared.deadlines import Deadlines


class Obligation:
    """One thing expected of one X. ``level`` 0: nothing is missing; else the rung that was reached."""

    __slots__ = ("about", "key", "level", "seen_ms", "window_ms")

    def __init__(self, about: str, key: str, window_ms: int, seen_ms: int) -> None:
        self.about = about
        self.key = key
        self.window_ms = window_ms
        self.seen_ms = seen_ms
        self.level = 0


class Obligations:
    """All obligations of one kind in an area. Deadline keys are ``<kind>|<about>``."""

    __slots__ = ("_deadlines", "_owed", "kind", "missing")

    def __init__(self, kind: str, deadlines: Deadlines) -> None:
        self.kind = kind
        self.missing = 0
        """Derived: how many are above the ladder's foot."""
        self._deadlines = deadlines
        self._owed: dict[str, Obligation] = {}

    def __len__(self) -> int:
        return len(self._owed)

    def __contains__(self, about: str) -> bool:
        return about in self._owed

    def __iter__(self) -> Iterator[Obligation]:
        return iter(self._owed.values())

    def get(self, about: str) -> Obligation | None:
        """What is expected of this X, or None."""
        return self._owed.get(about)

    def expect(self, about: str, window_ms: int, seen_ms: int, due_ms: int) -> None:
        """From now on evidence about X is expected every ``window_ms``, first by ``due_ms``. Replaces what was expected before."""
        assert window_ms > 0
        self.end(about)
        owed = Obligation(about, f"{self.kind}|{about}", window_ms, seen_ms)
        self._owed[about] = owed
        self._deadlines.set(owed.key, due_ms)

    def seen(self, about: str, now_ms: int, due_ms: int) -> None:
        """Evidence came: nothing is missing, and the next is due at ``due_ms``."""
        owed = self._owed[about]
        owed.seen_ms = now_ms
        if owed.level:
            owed.level = 0
            self.missing -= 1
        self._deadlines.set(owed.key, due_ms)

    def missed(self, about: str, level: int, next_ms: int) -> None:
        """A rung was taken; the next look is at ``next_ms``. The last rung repeats: the level then stays."""
        owed = self._owed[about]
        assert level in (owed.level, owed.level + 1), "a ladder is climbed rung by rung"
        assert level > 0
        if not owed.level:
            self.missing += 1
        owed.level = level
        self._deadlines.set(owed.key, next_ms)

    def end(self, about: str) -> None:
        """Nothing is expected of X any more; ending what is not owed changes nothing."""
        owed = self._owed.pop(about, None)
        if owed is not None:
            self.missing -= owed.level > 0
            self._deadlines.clear(owed.key)

    def dump(self) -> Iterator[list[object]]:
        """Rows ``[about, window_ms, seen_ms, level]``; the deadlines lie with the other deadlines."""
        for owed in self._owed.values():
            yield [owed.about, owed.window_ms, owed.seen_ms, owed.level]

    def load(self, about: str, window_ms: int, seen_ms: int, level: int) -> None:
        """Take back one row of `dump`."""
        owed = Obligation(about, f"{self.kind}|{about}", window_ms, seen_ms)
        owed.level = level
        self.missing += level > 0
        self._owed[about] = owed


def rung(waits_ms: tuple[int, ...], level: int) -> tuple[int, int]:
    """The rung after this level and the wait until the next look: levels rise by one, the last repeats for ever. A ladder that
    policy made shorter meanwhile pulls nobody down."""
    following = max(level, min(level + 1, len(waits_ms)))
    return following, waits_ms[min(following, len(waits_ms)) - 1]
