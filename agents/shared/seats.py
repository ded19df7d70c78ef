"""Seats: how many places one provider has in one slot, and who may take one.

The capacity shape of meals, sessions, visits and nights (design, section 5). Conservation, free + held + used + closed =
total, holds at every event; `free` is its own counter, so the assertion can fail. It goes below zero only when a publication
lowers the total below what is promised: then the slot is overcommitted, takes nothing more, and drops nobody by itself (C01).
"""

from collections.abc import Sequence


class Seats:
    """The places of one provider in one slot.

    ``free`` can be promised; ``held`` is promised; ``used`` was consumed; ``closed`` would be free were the provider open.
    ``version`` is that of the publication in force, 0 when none came; ``published_ms`` is when it arrived.
    """

    __slots__ = ("closed", "free", "held", "published_ms", "shut", "total", "used", "version")

    def __init__(self) -> None:
        self.total = 0
        self.free = 0
        self.held = 0
        self.used = 0
        self.closed = 0
        self.version = 0
        self.published_ms = 0
        self.shut = False

    @property
    def overcommitted(self) -> bool:
        """More is promised or consumed than there is."""
        return self.held + self.used > self.total

    def conserved(self) -> bool:
        """The law of conservation, and that no counter but ``free`` of an overcommitted slot is below zero."""
        return (
            self.free + self.held + self.used + self.closed == self.total
            and self.held >= 0
            and self.used >= 0
            and self.closed >= 0
            and (self.free >= 0 or self.overcommitted)
            and not (self.shut and self.free > 0)
        )

    def newer(self, version: int) -> bool:
        """Whether a publication of this version would win: the highest does, in whatever order they arrive (C06)."""
        return version > self.version

    def publish(self, version: int, total: int, now_ms: int) -> None:
        """Put a newer publication in force."""
        assert version > self.version, "an older publication never replaces a newer one"
        assert total >= 0
        self.version = version
        self.published_ms = now_ms
        self.total = total
        self._settle_rest()

    def resize(self, total: int) -> None:
        """The total changed while the publication stays the same one: fewer staff came, a room is out of use."""
        assert total >= 0
        self.total = total
        self._settle_rest()

    def shut_down(self) -> None:
        """No free place until `open_up`; what is held stays held until somebody moves it."""
        self.shut = True
        self._settle_rest()

    def open_up(self) -> None:
        """Free places are free again."""
        self.shut = False
        self._settle_rest()

    def hold(self, places: int) -> None:
        """Promise places. Whoever calls this has looked: there are as many free."""
        assert 0 < places <= self.free, "only what is free can be promised"
        self.free -= places
        self.held += places

    def release(self, places: int) -> None:
        """Take a promise back. The caller owns the promise, and frees it once (C05)."""
        assert 0 < places <= self.held, "only what is held can be released"
        self.held -= places
        self._settle_rest()

    def consume(self, places: int) -> None:
        """A promise was kept: held becomes used."""
        assert 0 < places <= self.held, "only what is held can be used"
        self.held -= places
        self.used += places

    def _settle_rest(self) -> None:
        """What is neither held nor used is free, or closed while the provider is."""
        rest = self.total - self.held - self.used
        self.closed = rest if self.shut and rest > 0 else 0
        self.free = rest - self.closed


def run_is_free(run: Sequence[Seats], places: int) -> bool:
    """Whether every slot of a run (nights, the hours of a session) has so many free places."""
    return all(seats.free >= places for seats in run)


def hold_run(run: Sequence[Seats], places: int) -> None:
    """Promise places in every slot of a run, or in none of them."""
    assert run_is_free(run, places), "a run is held whole or not at all"
    for seats in run:
        seats.hold(places)
