"""What the auditor knows of one area, folded from facts by the domain's table: open cases, pools, human tasks, breaches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemas.facts import CaseStuck, Fact, TaskClosed, TaskKind, TaskOpened
from streams.auditor.table import CaseRow, FlagRow, Places, PoolRow, Step, Table

BREACH_MEMORY_MS = 24 * 3600 * 1000
"""A capacity that was broken once stays an alarm so long; the journal keeps it for ever."""
POOL_MEMORY_MS = 2 * 24 * 3600 * 1000
"""A pool whose own deadline is so long past, and in which nobody holds anything, is forgotten."""

PoolKey = tuple[str, ...]
CaseKey = tuple[str, str]


@dataclass(slots=True, eq=False)
class Pool:
    """One capacity. ``total`` is None until it is published; ``flagged`` while a promise beyond it has been said openly."""

    key: PoolKey
    total: int | None = None
    held: int = 0
    used: int = 0
    flagged: bool = False
    deadline: tuple[str, int] | None = None

    @property
    def name(self) -> str:
        """As the domain's deadline keys have it."""
        return "|".join(self.key)

    @property
    def over(self) -> bool:
        """More promised than there is."""
        return self.held + self.used > (self.total or 0)


@dataclass(slots=True, eq=False)
class Case:
    """One open case and what it holds."""

    kind: str
    key: str
    deadlines: dict[str, int] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    pool: Pool | None = None
    places: int = 0
    used: bool = False


class Overdue(NamedTuple):
    """An open case whose deadline (milliseconds since the epoch) is past."""

    deadline_ms: int
    kind: str
    key: str


class Breach(NamedTuple):
    """Something about a pool that cannot be true."""

    pool: str
    what: str


class AreaBook:
    """One area of one domain. `take` folds a decision's facts; the rest answers questions and changes nothing but memory."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._bare = {kind.name for kind in table.kinds if kind.bare}
        self._again = {kind.name: kind.again for kind in table.kinds if kind.again is not None}
        self._grace_s = {kind.name: kind.grace_s for kind in table.kinds}
        self.cases: dict[CaseKey, Case] = {}
        self.pools: dict[PoolKey, Pool] = {}
        self.tasks: dict[str, tuple[TaskKind, str]] = {}
        self.now_ms = 0
        self._owned: dict[str, int] = {}
        self._withdrawn: set[str] = set()
        self._released: dict[str, int] = {}
        self._breaches: dict[Breach, int] = {}
        self._forgot_ms = 0

    def take(self, facts: Iterable[Fact], at_ms: int) -> None:
        """Fold the facts of one decision made at `at_ms` (the area's now)."""
        self.now_ms = max(self.now_ms, at_ms)
        touched: dict[PoolKey, Pool] = {}
        for fact in facts:
            match fact:
                case TaskOpened():
                    self.tasks[fact.task_id] = (fact.kind, fact.about)
                    self._owned[fact.about] = self._owned.get(fact.about, 0) + 1
                case TaskClosed():
                    self._task_closed(fact.task_id)
                case CaseStuck():
                    self._withdrawn.add(fact.case)
                case _:
                    for row in self._table.rows.get(type(fact), ()):
                        self._apply(row, fact.__dict__, touched)
        # Judged when the whole decision is in: a capacity lowered and the flag that says so are two facts of one decision.
        for pool in touched.values():
            if not pool.over:
                pool.flagged = False
            elif not pool.flagged:
                self._broken(pool.key, "promised beyond capacity")
            if min(pool.held, pool.used, pool.total or 0) < 0:
                self._broken(pool.key, "negative")
        self._forget()

    def deadline_ms(self, case: Case) -> int | None:
        """When something must happen to this case; None when nothing will."""
        soonest: int | None = None
        for name, due_ms in case.deadlines.items():
            soonest = _sooner(soonest, self._in_force(name, case.key, due_ms))
        if case.pool is not None and case.pool.deadline is not None and not case.used:
            name, due_ms = case.pool.deadline
            soonest = _sooner(soonest, self._in_force(name, case.pool.name, due_ms))
        return soonest

    def overdue(self, now_ms: int, grace_s: float) -> list[Overdue]:
        """Open cases past their deadline by more than their grace, the oldest first."""
        late_ms = {kind: now_ms - 1000 * (grace_s if own_s is None else own_s) for kind, own_s in self._grace_s.items()}
        found = []
        for case in self.cases.values():
            due_ms = self.deadline_ms(case)
            if due_ms is not None and due_ms < late_ms[case.kind]:
                found.append(Overdue(due_ms, case.kind, case.key))
        return sorted(found)

    def orphans(self) -> list[CaseKey]:
        """Open cases without a deadline and without a human who owns them."""
        waiting = (case for case in self.cases.values() if case.kind not in self._bare)
        return sorted((case.kind, case.key) for case in waiting if self.deadline_ms(case) is None and not self._has_owner(case))

    def breaches(self) -> list[Breach]:
        """What is wrong with the pools: now, and lately. In order."""
        now = {Breach(pool.name, "promised beyond capacity") for pool in self.pools.values() if pool.over and not pool.flagged}
        return sorted(now | set(self._breaches))

    def stuck(self) -> list[str]:
        """Ids of the open tasks about deadlines that our code could not act on."""
        return sorted(task_id for task_id, (kind, _) in self.tasks.items() if kind is TaskKind.STUCK_CASE)

    def _apply(self, row: CaseRow | PoolRow | FlagRow, data: dict[str, Any], touched: dict[PoolKey, Pool]) -> None:
        match row:
            case CaseRow():
                self._move(row, data, touched)
            case PoolRow():
                pool = self._pool(_pool_key(row.pool, data))
                gone = row.gone_if is not None and row.gone_if(data)
                pool.total = 0 if gone else 1 if row.total is None else data[row.total]
                if row.deadline is not None:
                    pool.deadline = (row.deadline[0], data[row.deadline[1]])
                touched[pool.key] = pool
            case FlagRow():
                pool = self._pool(_pool_key(row.pool, data))
                pool.flagged = True
                touched[pool.key] = pool

    def _move(self, row: CaseRow, data: dict[str, Any], touched: dict[PoolKey, Pool]) -> None:
        if row.only_if is not None and not row.only_if(data):
            return
        names = (row.key,) if isinstance(row.key, str) else row.key
        key = (row.kind, "|".join(_pool_key(names, data)))
        case = self.cases.get(key)
        if case is None:
            if row.step is not Step.OPENS:
                # A case this journal never opened: I06 is the checkers' matter, but places must not change hands for it.
                if row.places in (Places.FREE, Places.USE):
                    self._broken(key, "places of a case that is not open")
                return
            case = self.cases[key] = Case(*key)
        if row.places is not None:
            self._settle(row, case, data, touched)
        before = dict(case.known)
        case.known.update((name, data[name]) for name in row.remembers)
        for name in row.clears:
            case.deadlines.pop(name, None)
        for name, source in () if any(name in case.deadlines for name in row.unless) else row.deadlines.items():
            due_ms = data[source] if source in data else case.known.get(source)
            if due_ms is None:
                case.deadlines.pop(name, None)
            else:
                case.deadlines[name] = due_ms
        if row.step is Step.ENDS or (row.ends_if is not None and row.ends_if(before, data)):
            del self.cases[key]

    def _settle(self, row: CaseRow, case: Case, data: dict[str, Any], touched: dict[PoolKey, Pool]) -> None:
        """Move places between free, held and used: what a case holds it gives back once, and only it (C04, C05)."""
        pool, holds = case.pool, case.pool is not None and not case.used
        if pool is not None:
            touched[pool.key] = pool
        if row.places is Places.HOLD:
            if case.used:
                self._broken((case.kind, case.key), "places held again after they were used")
            if pool is not None and holds:
                pool.held -= case.places
            case.pool = self._pool(_pool_key(row.pool, data))
            case.places = 1 if row.amount is None else data[row.amount]
            case.used = False
            case.pool.held += case.places
            touched[case.pool.key] = case.pool
            return
        if row.places is Places.FREE:
            named = _pool_key(row.pool, data) if row.pool else ()
            if named and all(part != "None" for part in named) and not (holds and pool is not None and pool.key == named):
                self._broken(named, "freed what was not held")
            if pool is not None and holds:
                pool.held -= case.places
            case.pool, case.places, case.used = None, 0, False
            return
        if pool is None:
            if row.places is Places.USE:
                self._broken((case.kind, case.key), "used what was not held")
        elif holds:
            pool.held -= case.places
            pool.used += case.places
            case.used = True

    def _task_closed(self, task_id: str) -> None:
        _, about = self.tasks.pop(task_id, (None, task_id))
        left = self._owned.get(about, 0) - 1
        if left > 0:
            self._owned[about] = left
            return
        self._owned.pop(about, None)
        for kind, (name, after_ms) in self._again.items():
            case = self.cases.get((kind, about))
            if case is not None and not case.deadlines:
                case.deadlines[name] = self.now_ms + after_ms
        if about in self._withdrawn:
            # The human is done: the deadline counts again, and nobody can be late for it before now.
            self._withdrawn.discard(about)
            self._released[about] = self.now_ms

    def _in_force(self, name: str, rest: str, due_ms: int) -> int | None:
        if not self._withdrawn and not self._released:
            return due_ms  # nearly always: this is asked of every open case once a second
        key = f"{name}|{rest}"
        return None if key in self._withdrawn else max(due_ms, self._released.get(key, 0))

    def _has_owner(self, case: Case) -> bool:
        return any(about in self._owned for about in self._abouts(case))

    def _abouts(self, case: Case) -> Iterator[str]:
        yield case.key
        yield from (f"{name}|{case.key}" for name in case.deadlines)
        if case.pool is not None and case.pool.deadline is not None:
            yield f"{case.pool.deadline[0]}|{case.pool.name}"

    def _pool(self, key: PoolKey) -> Pool:
        return self.pools.setdefault(key, Pool(key))

    def _broken(self, key: tuple[str, ...], what: str) -> None:
        self._breaches[Breach("|".join(key), what)] = self.now_ms

    def _forget(self) -> None:
        if self.now_ms - self._forgot_ms < 3_600_000:
            return
        self._forgot_ms = self.now_ms
        self._breaches = {breach: at_ms for breach, at_ms in self._breaches.items() if self.now_ms - at_ms < BREACH_MEMORY_MS}
        self._released = {key: at_ms for key, at_ms in self._released.items() if self.now_ms - at_ms < POOL_MEMORY_MS}
        held = {case.pool.key for case in self.cases.values() if case.pool is not None}
        for key, pool in list(self.pools.items()):
            if pool.deadline is not None and self.now_ms - pool.deadline[1] > POOL_MEMORY_MS and key not in held:
                del self.pools[key]


def _sooner(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)


def _pool_key(fields: tuple[str, ...], data: dict[str, Any]) -> PoolKey:
    return tuple(str(data[name]) for name in fields)
