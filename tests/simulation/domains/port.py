"""What a domain declares to be simulated. The frame does all else: how records travel, which faults strike, who is restarted."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple, Protocol

from agents.core import Domain
from schemas.envelope import Event
from tests.simulation.checkers.logs import Dec, Logs, Violation
from tests.simulation.plan import DAY_MS, Options
from tests.simulation.planted.kind import Patch, Planted


class Step(NamedTuple):
    """One event somebody sends: wire name, data, and who says so."""

    event_type: str
    data: dict[str, Any]
    actor: str = "person:p-1"


class Opening(NamedTuple):
    """One event of a run's first minute. ``name`` makes its id, unique in the area."""

    after_ms: int
    kind: str
    name: str
    step: Step


class Reply(NamedTuple):
    """What somebody who heard of a fact sends back, so long afterwards."""

    after_ms: int
    step: Step


class SmallWorld(Protocol):
    """What is out there in one area, and what has been sent about it. Small on purpose, so that everything is fought over.

    Open loop: nobody here knows an answer. Steps name cases by ids they made themselves, whether those were accepted or not, late,
    twice and out of order, as the outside does. Every draw comes from the generator handed in.
    """

    def opening(self, draw: Random) -> list[Opening]:
        """Providers introduce themselves and publish what they have; sometimes in the wrong order, sometimes not at all."""

    def step(self, draw: Random, kind: str, at_ms: int, number: int | str) -> Step:
        """One event of this kind at this instant; ``number`` is unique in the run and makes fresh case ids."""


class Judging(Protocol):
    """The naive picture of every area as the facts tell it, with what is wrong. Sorted lists and plain loops, no code of the product."""

    found: list[Violation]

    def decision(self, dec: Dec) -> None:
        """One decision that counts, in journal order: what the event deserves, each fact before it is written, and what must hold
        between two decisions. Breaches are appended to ``found``. A decision with an ``error`` met broken code of ours: it may have
        left due work to the next event, and says nothing about what the event deserves."""

    def at_rest(self, logs: Logs) -> Iterable[Violation]:
        """Asked once, after the heal and the days of ``drain_ms``: what must be over by then."""

    def rows(self, tables: Mapping[str, list[dict[str, Any]]]) -> Iterable[Violation]:
        """L02: the projected rows against the picture. Not asked while the domain has no projection."""


def _no_swarm(draw: Random) -> dict[str, Any]:
    return {}


def _nothing_for_others(fact: dict[str, Any]) -> Iterable[tuple[str, str]]:
    return ()


def _nobody_replies(fact: str, data: Mapping[str, Any], mood: bytes, now_ms: int) -> "Reply | None":
    return None


def _no_clockwork(fact: dict[str, Any]) -> bool:
    return False


@dataclass(frozen=True)
class SimDomain:
    """One simulated domain."""

    decider: Domain[Any]
    """The real object, as in `agents.catalogue`."""
    events: tuple[type[Event], ...]
    """Its event classes: the codec is told of them while a run goes on, so a domain can be simulated before it is switched on."""
    world: Callable[[Options, Random, str], SmallWorld]
    """Draws the world of one area. Options hold the span, the areas and this domain's own draws (``options.own``)."""
    steps: dict[str, int]
    """Kinds of steps and how often each is sent, as weights."""
    batch_kinds: tuple[str, ...]
    """Kinds that also come packed many to a record."""
    stranger: Step
    """A well-formed event about nothing we know; poison is made from it."""
    judging: Callable[[], Judging]
    by_clock: Callable[[dict[str, Any]], bool] = _no_clockwork
    """Whether a fact (its JSON) may stand in any decision of its area, because a deadline or another case made it; the facts of human
    tasks are known to the frame. The others must be the answer to the decision's own event (I03)."""
    swarm: Callable[[Random], dict[str, Any]] = _no_swarm
    """This domain's own options of a seed, JSON-able; printed with the seed and kept in a regression."""
    silence: Callable[[], list[Patch]] = list
    """Patches that switch the product's own assertions off, for mistakes declared ``silent``."""
    heard: frozenset[str] = frozenset()
    """Fact types somebody outside must hear of (E07), said here once more and not read from the product. Tasks are always heard of."""
    replies: Callable[[str, Mapping[str, Any], bytes, int], Reply | None] = _nobody_replies
    """What whoever was notified answers: fact type, the notification's data, and 32 bytes that follow from the notification's id alone
    (so that a shorter plan finds people doing the same), and when they hear of it. For what an open loop cannot know, such as the id of
    an offer."""
    hands_over: Callable[[dict[str, Any]], Iterable[tuple[str, str]]] = _nothing_for_others
    """Which (domain, event type) each fact (its JSON) is handed over as, said here once more and not read from the product (X01)."""
    mistakes: tuple[Planted, ...] = ()
    drain_ms: int = 6 * DAY_MS
    """How long after the heal every case of a run is over."""

    @property
    def name(self) -> str:
        """The domain's word."""
        return self.decider.name


def violations(judging: Judging, decisions: Iterable[Dec]) -> Iterator[Violation]:
    """Fold every decision into the picture."""
    for dec in decisions:
        judging.decision(dec)
    yield from judging.found
