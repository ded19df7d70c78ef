"""Runs a plan: phase one with faults, then heal, then everything must come to rest; the result is what really happened."""

import gc
import hashlib
import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any
from unittest.mock import patch

from agents.core import Domain
from schemas import registry
from schemas.journal import Clock
from streams import clock, owner, projector, reactor, recovery, snapshotter
from streams.ports import PLAYED_AT_HEADER
from streams.recovery import replay
from streams.statehash import state_hash
from tests.simulation.broken import BrokenDomain
from tests.simulation.domains.port import SimDomain
from tests.simulation.domains.registry import SIMULATED
from tests.simulation.group import Group
from tests.simulation.inline import InlineDump, NoCollector, NoTime
from tests.simulation.plan import HOUR_MS, Fault, Plan, Send
from tests.simulation.reacting import ReactorProcess
from tests.simulation.readers import ProjectorProcess, run_through
from tests.simulation.run import Attempt, Run
from tests.simulation.worker import Worker
from tests.simulation.world import Universe, World, decoded_once

REST_MS = 2 * HOUR_MS
"""After the heal everything that was sent must be answered within this time (liveness)."""


@contextmanager
def deterministic() -> Iterator[None]:
    """No real clock, no fork, no log lines, while runs go on."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    gc.collect()
    gc.freeze()
    gc.disable()  # a run allocates much and keeps little; what is left is collected after it
    try:
        with (
            warnings.catch_warnings(),
            patch.object(snapshotter, "ForkedDump", InlineDump),
            patch.object(snapshotter, "time", NoTime),
            patch.object(recovery, "time", NoTime),
            patch.object(recovery, "decode", decoded_once),
            patch.object(owner, "time", NoTime),
            patch.object(owner, "gc", NoCollector),
            patch.object(clock, "time", NoTime),
            patch.object(projector, "time", NoTime),
            patch.object(reactor, "time", NoTime),
        ):
            # A killed process leaves coroutines that nobody will ever await: that is what being killed means.
            warnings.filterwarnings("ignore", message="coroutine .* was never awaited", category=RuntimeWarning)
            yield
    finally:
        gc.enable()
        gc.unfreeze()
        logging.disable(before)


@contextmanager
def switched_on(part: SimDomain) -> Iterator[None]:
    """The codec knows this domain while it is simulated, also before `schemas.topics.DOMAINS` does."""
    table: Any = registry
    if part.name in table.DOMAINS:
        yield
        return
    with (
        patch.dict(registry.DOMAIN_EVENTS, {part.name: part.events}),
        patch.object(registry, "DOMAINS", (*table.DOMAINS, part.name)),
    ):
        _forget_types()
        try:
            yield
        finally:
            _forget_types()


def _forget_types() -> None:
    registry.known_types.cache_clear()
    registry.known_stems.cache_clear()


READ_MIN = 30
"""Fewer records than any reader takes at once."""


class Line:
    """One domain of a run: its processes and its world. A second reading looks only for another outcome: no rows, no replays."""

    def __init__(self, plan: Plan, universe: Universe, *, second: bool) -> None:
        self.plan = plan
        self.second = second
        self.part = SIMULATED[plan.options.domain]
        self.options = plan.options
        self.world = World(plan, universe)
        domain: Domain[Any] = self.part.decider
        self.domain = BrokenDomain(domain, plan.options.broken_code) if plan.options.broken_code else domain
        self.workers = [Worker(self.world, index, self.domain, self._left) for index in range(plan.options.workers)]
        self.group = Group(self.world, self.workers)
        self.projector = None if second else ProjectorProcess.of(self.world)
        self.reactor = ReactorProcess(self.world, {}, self.part.replies)
        self.look_ms = plan.options.look_ms
        self._looks = 0

    def begin(self, neighbours: dict[str, World]) -> None:
        """Everything that is going to happen is put on the heap."""
        world = self.world
        self.reactor = ReactorProcess(world, neighbours, self.part.replies)
        for worker in self.workers:
            worker.start()
            self.group.join(worker.index)
        for number, send in enumerate(self.plan.sends):
            world.later(send.at_ms, self._attempting(number, send))
        for fault in self.plan.faults:
            world.later(fault.at_ms, self._faulting(fault))
        self._repeat(self.options.look_ms, self._look)
        self._repeat(self.options.commit_ms * 20, self._commit)

    def sent(self) -> list[int]:
        """How many input records each partition has."""
        return [self._end(partition) for partition in range(self.options.partitions)]

    def answered(self) -> list[int]:
        """How far the owner of each partition has got."""
        return [self._answered(partition) for partition in range(self.options.partitions)]

    def _left(self, index: int) -> None:
        self.group.left(index)

    def _repeat(self, every_ms: int, work: Any) -> None:
        def again() -> None:
            work()
            self.world.later(self.world.now_ms + max(every_ms, self.look_ms), again)

        self.world.later(self.world.now_ms + every_ms, again)

    def read_on(self) -> None:
        """The readers take what is left, some records at a time."""
        records = max(len(values) for values in self.world.journal._values)
        for _ in range(records // READ_MIN + 1):
            if self.projector is not None:
                self.projector.look()
            self.reactor.look()

    def _look(self) -> None:
        for worker in self.workers if not self.world.still else ():
            worker.when_running(worker.look)
        self._looks += 1
        if self.projector is not None and (self._looks % 4 == 0 or self.world.healed):
            self.projector.look()
        self.reactor.look()

    def _commit(self) -> None:
        for worker in self.workers:
            worker.when_running(worker.commit)

    def _attempting(self, number: int, send: Send, turn: int = 0) -> Any:
        """One try of a client; it goes on until one is acknowledged or it has no more."""

        def attempt() -> None:
            fate = send.tries[turn] if turn < len(send.tries) else "gone"
            offsets: tuple[int, ...] = ()
            if fate in ("ok", "lost_after"):
                headers = () if send.played_at_ms is None else ((PLAYED_AT_HEADER, str(send.played_at_ms).encode()),)
                key = None if send.key is None else send.key.encode()
                value = None if send.value is None else send.value.encode("latin-1")
                offsets = (self.world.append_event(send.partition, key, value, headers),)
            if fate != "ok":
                self.world.count(fate)
            self.world.attempts.append(Attempt(number, "ok" if fate == "ok" else "info", offsets))
            if fate != "ok" and turn + 1 < len(send.tries):
                self.world.later(self.world.now_ms + send.retry_ms, self._attempting(number, send, turn + 1))

        return attempt

    def _faulting(self, fault: Fault) -> Any:
        def happen() -> None:
            world = self.world
            if world.healed:
                return
            worker = self.workers[fault.target % len(self.workers)]
            match fault.kind:
                case "crash_now":
                    world.count(fault.kind)
                    worker.kill(fault.amount)
                case "pause":
                    world.count(fault.kind)
                    worker.pause(fault.amount)
                    self.group.silent(worker.index)
                case "worker_clock":
                    world.count(fault.kind)
                    worker.skew_ms += fault.amount
                case "broker_clock":
                    world.count(fault.kind)
                    world.broker_skew_ms += fault.amount
                case "rebalance":
                    world.count(fault.kind)
                    self.group.rebalance(1 + fault.amount % 2)
                case "commit_ahead" | "commit_back":
                    world.count(fault.kind)
                    self._move_commit(fault)
                case _:
                    world.arm(fault.kind, fault.target if fault.kind.startswith(("crash", "append", "tick", "snap")) else 0, fault.amount)

        return happen

    def _move_commit(self, fault: Fault) -> None:
        """The group's offset is only a hint: it may be later than the journal, or much earlier."""
        partition = fault.target % self.options.partitions
        self.group.rebalance(1)
        committed = self.world.committed
        if fault.kind == "commit_ahead":
            committed[partition] = self._end(partition)
        else:
            committed[partition] = max(0, committed[partition] - fault.amount)

    def _end(self, partition: int) -> int:
        return len(self.world.events._records[partition])

    def _answered(self, partition: int) -> int:
        """How far the owner of a partition has got."""
        runtimes = [w.owners[partition].runtime for w in self.workers if w.alive and partition in w.assigned and partition in w.owners]
        return max((runtime.next_source_offset for runtime in runtimes if runtime is not None), default=0)

    def result(self, at_rest: list[int], answered: list[int]) -> Run:
        world = self.world
        run = Run(
            plan=self.plan,
            inputs=[[(r.timestamp_ms, r.key, r.value, r.headers) for r in log] for log in world.events._records],
            journal=[list(values) for values in world.journal._values],
            attempts=world.attempts,
            ended=world.ended,
            committed=list(world.committed),
            quarantined=self.reactor.quarantined,
            tables=None if self.projector is None else self.projector.tables.everything(),
            applied=[] if self.projector is None else self.projector.tables.history,
            notified=self.reactor.told,
            injected=world.injected,
            at_rest=at_rest,
            answered_at_rest=answered,
            unstable=any(worker.unstable for worker in self.workers),
            loop_errors=[str(e.get("exception") or e.get("message")) for worker in self.workers for e in worker.loop.errors],
        )
        self._hashes(run)
        digest = hashlib.sha256()
        for log in run.journal:
            for value in log:
                digest.update(value)
        for records in run.inputs:
            digest.update(repr([(r[0], r[1], r[2]) for r in records]).encode())
        digest.update(repr((run.ended, run.quarantined, run.notified, sorted(run.live_hashes.items()))).encode())
        run.fingerprint = digest.hexdigest()
        return run

    def _hashes(self, run: Run) -> None:
        """L01: the living state, the journal folded from its beginning, and the newest snapshot with the journal after it."""
        for worker in self.workers:
            for partition, one in worker.owners.items() if worker.alive else ():
                if partition not in worker.assigned or one.runtime is None:
                    continue
                for name, area in one.runtime.areas.items():
                    run.live_hashes[name] = state_hash(self.domain, area)
                for area, deadline_ms in one.runtime.deadlines():
                    # Played areas have no time but that of their records; the others must have been looked after by the clock.
                    now_ms = area.now_ms if self.options.clock == "played" else self.world.now_ms - 2 * HOUR_MS
                    if deadline_ms <= now_ms:
                        run.due_at_end.append(f"{area.area}@{deadline_ms}")
        if self.second:
            return
        port = self.workers[0]._carrying
        assert port is not None
        for partition in range(self.options.partitions):
            for store, into in ((None, run.replayed_hashes), (port.snapshots, run.snapshot_hashes)):
                if store is not None and not self.world.snapshots[partition]:
                    continue  # without a snapshot it is the journal alone once more
                replayed = run_through(
                    replay(self.domain, port.journal, partition=partition, snapshots=store, clock=Clock(self.options.clock))
                )
                into.update(replayed.hashes)


def simulate(plan: Plan, *, second: bool = False) -> Run:
    """Run a plan once, with every domain beside it. `deterministic` must be entered."""
    with ExitStack() as stack:
        for one in (plan, *plan.beside):
            stack.enter_context(switched_on(SIMULATED[one.options.domain]))
        run = _all_phases(plan, second)
    _collect_now_and_then()
    return run


_runs_uncollected = count(1)
COLLECT_EVERY = 40
"""Runs; more than a chunk of a campaign has. A run leaves a few thousand objects in rings, and finding them costs up to a tenth of it."""


def _collect_now_and_then() -> None:
    if next(_runs_uncollected) % COLLECT_EVERY == 0:
        gc.collect()


def _all_phases(plan: Plan, second: bool) -> Run:
    universe = Universe(plan.options)
    lines = [Line(one, universe, second=second) for one in (plan, *plan.beside)]
    worlds = {line.part.name: line.world for line in lines}
    assert len(worlds) == len(lines), "a domain cannot be beside itself"
    for line in lines:
        line.begin(worlds)
    heal_ms = plan.options.start_ms + plan.options.span_ms
    universe.run_until(heal_ms)
    universe.healed = True
    for line in lines:
        line.world.heal()
    universe.run_until(heal_ms + REST_MS)
    at_rest = [line.sent() for line in lines]
    universe.run_until(heal_ms + REST_MS + 60_000)
    answered = [line.answered() for line in lines]
    for line in lines:
        line.look_ms = HOUR_MS
    universe.run_until(heal_ms + REST_MS + max(line.part.drain_ms for line in lines))
    # Domains whose work never ends (an open incident is escalated for ever) are read when nothing is on its way.
    for line in lines:
        line.world.still = True
    # Twice: what the readers hand on themselves (strays, handovers) has its minute to be decided, and is then read too.
    for _ in range(2):
        universe.run_until(universe.now_ms + 60_000)
        for line in lines:
            line.read_on()
    run, *beside = [line.result(*ends) for line, *ends in zip(lines, at_rest, answered, strict=True)]
    run.beside = beside
    if beside:
        run.fingerprint = hashlib.sha256("".join(one.fingerprint for one in (run, *beside)).encode()).hexdigest()
    return run


def real_now_s() -> float:
    """The only real clock of the simulator: how long it took, for the report."""
    return time.perf_counter()
