"""The core contract: how one area answers one event, whatever the domain (design, section 5).

Read `handle` first: it is the whole path from event to decision. `decide` and `fire` only look; `evolve` is the only writer;
time is what the log says. A domain is one object with the methods of `Domain`; the core adds what every domain needs: the
area's clock, the memory of answered ids, human tasks, and the containment of our own mistakes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from agents.shared.ids import derived_id
from agents.shared.seen import SeenIds
from schemas.decisions import CoreReason, Decision, Outcome, Reasoned, Received, Why
from schemas.envelope import Event
from schemas.facts import (
    CaseStuck,
    ClockTickedEvent,
    Fact,
    TaskClosed,
    TaskCompletedEvent,
    TaskKind,
    TaskOpened,
)
from schemas.ownership import FACILITY_ACTOR, speaks_for_another

S = TypeVar("S")

STEPS_MAX = 64
"""Due pieces of work one event may carry along: bounds the size of a journal record and the wait of the next event.
What is left is due at once, so the owner's clock posts the next tick without delay."""
SKEW_MS_MAX = 15 * 60 * 1000
"""A sender's `time` further than this from received-at is flagged `skewed` (T03); it is never used for deciding."""

Row = list[Any]
"""One JSON-able line of a snapshot: a kind, then the values."""


class InvariantBroken(AssertionError):
    """The state contradicts itself: broken code. The process must end before anything is committed."""


class Verdict(NamedTuple):
    """What a domain decided on an event: facts to evolve in order, and why. A refusal's facts only remember that it was refused,
    or call a human."""

    outcome: Outcome
    reason: str | None
    facts: tuple[Reasoned, ...]
    why: Why | None


def accept(*facts: Fact | Reasoned, why: Why | None = None) -> Verdict:
    """An accepted verdict."""
    return Verdict(Outcome.ACCEPTED, None, tuple(f if isinstance(f, Reasoned) else Reasoned(f) for f in facts), why)


def refuse(reason: str, why: Why | None = None) -> Verdict:
    """A refused verdict with its own named reason."""
    return Verdict(Outcome.REFUSED, str(reason), (), why)


class Domain(Protocol[S]):
    """One service domain: pure functions over its state of one area. Declared once per domain package as `DOMAIN`."""

    name: str
    """The domain's word, first part of its event types and topics."""
    operator: str
    """Who owns a human task of this domain when policy names nobody."""

    def blank(self, area: str) -> S:
        """The state of an area nothing is known of."""

    def decide(self, state: S, event: Event, now_ms: int) -> Verdict:
        """Answer one event; changes nothing. Bad input is a refusal; an exception is a mistake of ours."""

    def evolve(self, state: S, fact: Fact, now_ms: int) -> None:
        """Write one fact into the state: the only writer. Must accept every fact that `decide` and `fire` make."""

    def due(self, state: S, now_ms: int) -> str | None:
        """The key of the next piece of work due at `now_ms` (an expired deadline, a case to place again), or None.
        Changes nothing; the order is total and deterministic."""

    def fire(self, state: S, key: str, now_ms: int) -> tuple[Reasoned, ...]:
        """The facts of that piece of work. Evolving them must end it: `due` may not name the same work again at once."""

    def next_deadline(self, state: S) -> int | None:
        """When `due` will next have something (milliseconds since the epoch), or None. Not later than the truth."""

    def forget(self, state: S, now_ms: int) -> None:
        """Drop closed cases older than the policy's memory window. Depends on nothing but state and `now_ms`. Called whenever
        the area's now has moved, before anything else is asked, so this is also where the policy in force is chosen."""

    def check(self, state: S, facts: Iterable[Fact]) -> None:
        """Raise `InvariantBroken` when what these facts touched contradicts itself (conservation, orphaned cases).
        Called after every event, so it looks only at what was touched."""

    def check_all(self, state: S) -> None:
        """The same over the whole state: after recovery, in tests and in the simulator."""

    def seen_memory_ms(self, state: S) -> int:
        """How long an answered id is remembered: longer than any client's retry (policy)."""

    def policy_versions(self, state: S, now_ms: int) -> dict[str, str]:
        """Name and version of the policies in force, as a decision cites them."""

    def dump(self, state: S) -> Iterator[Row]:
        """The state as rows, in a stable order."""

    def load(self, area: str, rows: Iterable[Row]) -> S:
        """The state that `dump` made; derived indexes are rebuilt."""

    def gauges(self, state: S) -> dict[str, int]:
        """Numbers for ops, names from a closed list: `open_cases`, `capacity_free`, ... Cheap: kept as counters."""


@dataclass(slots=True)
class Task:
    """A case a named human owns."""

    kind: TaskKind
    about: str
    owner: str
    opened_ms: int
    detail: dict[str, Any]


@dataclass(slots=True)
class AreaState(Generic[S]):
    """All that is known of one area in one domain. Equal logs give equal areas, to the bit."""

    area: str
    domain: S
    now_ms: int = 0
    seen: SeenIds = field(default_factory=SeenIds)
    tasks: dict[str, Task] = field(default_factory=dict)


def blank(domain: Domain[S], area: str) -> AreaState[S]:
    """An area nothing is known of."""
    return AreaState(area=area, domain=domain.blank(area))


def handle(domain: Domain[S], area: AreaState[S], received: Received) -> Decision:
    """Answer one event and evolve the area by it.

    1. The area's now moves to the record's received-at, never back.
    2. What is due by then is done first, so an expired promise cannot be used by the event that comes too late.
    3. A known id is answered from memory: the same body repeats the answer, another body is a conflict.
    4. What a facility says of another facility is refused (`schemas.ownership`); all else the domain decides. The facts are evolved;
       work they caused is done; what was touched is checked.

    An exception in `decide` changed nothing and becomes `refused: internal_error` with a human task. An exception in `evolve`
    or a broken invariant leaves this function: the caller must end the process.
    """
    event, digest, received_at_ms = received
    event_id = event.id
    state = area.domain
    now_ms = received_at_ms if received_at_ms > area.now_ms else area.now_ms
    _advance(domain, area, now_ms)
    facts: list[Reasoned] = []
    if domain.due(state, now_ms) is not None:
        _do_due_work(domain, area, facts)
    repeat = False
    error: str | None = None
    known = area.seen.get(event_id)
    if known is not None and known.digest == digest:
        verdict = Verdict(Outcome(known.outcome), known.reason, (), None)
        repeat = True
    elif known is not None:
        verdict = refuse(CoreReason.CONFLICT)
    else:
        try:
            verdict = _decide(domain, area, event)
        except MemoryError:
            raise
        except Exception as exception:  # noqa: BLE001 - any mistake of ours in one event must not stop an area (design 4.7)
            error = type(exception).__name__
            verdict = internal_error(domain, event_id, event.type, error)
    outcome, reason, decided, why = verdict
    if decided:
        for fact, _ in decided:
            _evolve(domain, area, fact)
        facts += decided
        if domain.due(state, now_ms) is not None:
            _do_due_work(domain, area, facts)
    if known is None and type(event) is not ClockTickedEvent:
        area.seen.remember(event_id, digest, outcome, reason, now_ms)
    domain.check(state, [fact for fact, _ in facts])
    # By position, in the order in which `Decision` declares its fields: by name, making it costs three times as much.
    return Decision(
        event_id, event.type, area.area, now_ms, outcome, reason, domain.policy_versions(state, now_ms), facts, why, digest,
        event.subject, event.correlationid, repeat, _flags(event, received_at_ms), error,
    )  # fmt: skip


def fold(domain: Domain[S], area: AreaState[S], decision: Decision) -> None:
    """Evolve the area by a decision read from the journal: ends in the state that `handle` left when it was made."""
    _advance(domain, area, decision.time_ms)
    for reasoned in decision.facts:
        _evolve(domain, area, reasoned.fact)
    ticked = decision.event_type == "clock.ticked.v1"
    if not decision.repeat and not ticked and area.seen.get(decision.event_id) is None:
        area.seen.remember(decision.event_id, decision.digest, decision.outcome, decision.reason, decision.time_ms)


def next_deadline(domain: Domain[S], area: AreaState[S]) -> int | None:
    """When this area next needs a tick, in milliseconds since the epoch."""
    return domain.next_deadline(area.domain)


def refuse_unanswerable(domain: Domain[S], area: AreaState[S], received: Received, error: str) -> Decision:
    """The answer to an event that broke the process twice: refused, a human task, nothing else touched (design 4.7).

    Due work is not done here, since it may be what broke; the next tick meets it again with its own containment.
    """
    event = received.event
    now_ms = max(area.now_ms, received.received_at_ms)
    _advance(domain, area, now_ms)
    verdict = internal_error(domain, event.id, event.type, error)
    for reasoned in verdict.facts:
        _evolve(domain, area, reasoned.fact)
    if area.seen.get(event.id) is None:
        area.seen.remember(event.id, received.digest, verdict.outcome, verdict.reason, now_ms)
    return Decision(
        event_id=event.id, event_type=event.type, area=area.area, time_ms=now_ms, outcome=verdict.outcome,
        reason=verdict.reason, policy={}, facts=list(verdict.facts), why=None, digest=received.digest,
        subject=event.subject, correlationid=event.correlationid, flags=_flags(event, received.received_at_ms), error=error,
    )  # fmt: skip


def internal_error(domain: Domain[S], event_id: str, event_type: str, error: str) -> Verdict:
    """Refused by a mistake of ours: the case goes before a human."""
    task = TaskOpened(
        task_id=derived_id("task", event_id),
        kind=TaskKind.INTERNAL_ERROR,
        about=event_id,
        owner=domain.operator,
        detail={"event_type": event_type, "error": error},
    )
    return Verdict(Outcome.REFUSED, CoreReason.INTERNAL_ERROR, (Reasoned(task),), None)


def dump(domain: Domain[S], area: AreaState[S]) -> Iterator[Row]:
    """The area as snapshot rows: the core's own first, then the domain's."""
    yield ["core", area.area, area.now_ms]
    yield from (["seen", *values] for values in area.seen.dump())
    for task_id, task in area.tasks.items():
        yield ["task", task_id, str(task.kind), task.about, task.owner, task.opened_ms, task.detail]
    yield from (["d", *row] for row in domain.dump(area.domain))


def load(domain: Domain[S], rows: Iterable[Row]) -> AreaState[S]:
    """The area that `dump` made."""
    iterator = iter(rows)
    head = next(iterator)
    if head[0] != "core":
        raise ValueError("a snapshot starts with its core row")
    seen = SeenIds()
    tasks: dict[str, Task] = {}

    def domain_rows() -> Iterator[Row]:
        for row in iterator:
            match row[0]:
                case "d":
                    yield row[1:]
                case "seen":
                    seen.load(row[1:])
                case "task":
                    tasks[row[1]] = Task(TaskKind(row[2]), row[3], row[4], row[5], row[6])
                case kind:
                    raise ValueError(f"unknown snapshot row kind {kind!r}")

    state = domain.load(head[1], domain_rows())
    return AreaState(area=head[1], domain=state, now_ms=head[2], seen=seen, tasks=tasks)


def _advance(domain: Domain[S], area: AreaState[S], now_ms: int) -> None:
    if area.now_ms == 0 < now_ms:
        # A played record may come without an instant. Its answer is kept in mind from the first instant the area knows.
        area.seen.date(now_ms)
    if now_ms > area.now_ms:
        area.now_ms = now_ms
    else:
        now_ms = area.now_ms
    state = area.domain
    # The domain first: it chooses the policy in force now, which says how long ids are remembered.
    domain.forget(state, now_ms)
    area.seen.forget(now_ms - domain.seen_memory_ms(state))


def _do_due_work(domain: Domain[S], area: AreaState[S], facts: list[Reasoned]) -> None:
    """Act on what is due, one piece at a time, each seeing the state the one before left."""
    for _ in range(STEPS_MAX):
        key = domain.due(area.domain, area.now_ms)
        if key is None:
            return
        try:
            step = domain.fire(area.domain, key, area.now_ms)
        except MemoryError:
            raise
        except Exception as exception:  # noqa: BLE001 - one stuck case must not stop an area; a human gets it
            step = _stuck(domain, area, key, type(exception).__name__)
        for reasoned in step:
            _evolve(domain, area, reasoned.fact)
        facts.extend(step)


def _stuck(domain: Domain[S], area: AreaState[S], key: str, error: str) -> tuple[Reasoned, ...]:
    task = TaskOpened(
        task_id=derived_id("stuck", key, str(area.now_ms)),
        kind=TaskKind.STUCK_CASE,
        about=key,
        owner=domain.operator,
        detail={"error": error},
    )
    return Reasoned(task), Reasoned(CaseStuck(case=key, error=error))


def _decide(domain: Domain[S], area: AreaState[S], event: Event) -> Verdict:
    # Event and fact classes have no subclasses, and `isinstance` of another model asks pydantic first.
    if type(event) is ClockTickedEvent:
        return accept()
    if type(event) is TaskCompletedEvent:
        task = area.tasks.get(event.data.task_id)
        if task is None:
            return refuse(CoreReason.UNKNOWN_TASK)
        closed = TaskClosed(task_id=event.data.task_id, result=event.data.result, kind=task.kind, about=task.about, detail=task.detail)
        return accept(closed)
    if event.actor.startswith(FACILITY_ACTOR) and speaks_for_another(event.type, event.actor, event.data):
        return refuse(CoreReason.FORBIDDEN_SOURCE)
    return domain.decide(area.domain, event, area.now_ms)


def _evolve(domain: Domain[S], area: AreaState[S], fact: Fact) -> None:
    if type(fact) is TaskOpened:
        area.tasks[fact.task_id] = Task(fact.kind, fact.about, fact.owner, area.now_ms, fact.detail)
    elif type(fact) is TaskClosed:
        del area.tasks[fact.task_id]
    domain.evolve(area.domain, fact, area.now_ms)


def _flags(event: Event, received_at_ms: int) -> tuple[str, ...]:
    if received_at_ms == 0:
        return ()
    skew_ms = int(event.time.timestamp() * 1000) - received_at_ms
    return () if -SKEW_MS_MAX <= skew_ms <= SKEW_MS_MAX else ("skewed",)
