"""Runs a plan: phase one with faults, then heal, then everything must come to rest; the result is what really happened."""

import gc
import hashlib
import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from agents.catalogue import DOMAINS
from agents.core import Domain
from schemas.journal import Clock
from streams import clock, owner, projector, recovery, snapshotter
from streams.ports import PLAYED_AT_HEADER
from streams.recovery import replay
from streams.runtime import PartitionRuntime
from streams.snapshots import PackedArea, pack
from streams.statehash import state_hash
from tests.simulation.broken import BrokenDomain
from tests.simulation.group import Group
from tests.simulation.plan import HOUR_MS, Fault, Plan, Send
from tests.simulation.readers import ProjectorProcess, ReactorProcess, run_through
from tests.simulation.worker import Worker
from tests.simulation.world import Attempt, Ended, World, decoded_once

REST_MS = 2 * HOUR_MS
"""After the heal everything that was sent must be answered within this time (liveness)."""
DRAIN_MS = 6 * 24 * HOUR_MS
"""After this time every meal of the run is over, and so must be every order."""


@dataclass
class Run:
    """The logs of a run, raw, and what the checkers cannot fold by themselves."""

    plan: Plan
    inputs: list[list[tuple[int, bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]]]
    journal: list[list[bytes]]
    attempts: list[Attempt]
    ended: list[Ended]
    committed: list[int]
    quarantined: list[tuple[int, int, str, int | None]]
    tables: dict[str, list[dict[str, Any]]]
    applied: list[tuple[int, int]]
    injected: dict[str, int]
    at_rest: list[int]
    """How many input records of each partition were there when the system had to be at rest."""
    answered_at_rest: list[int]
    live_hashes: dict[str, str] = field(default_factory=dict)
    replayed_hashes: dict[str, str] = field(default_factory=dict)
    snapshot_hashes: dict[str, str] = field(default_factory=dict)
    due_at_end: list[str] = field(default_factory=list)
    loop_errors: list[str] = field(default_factory=list)
    unstable: bool = False
    fingerprint: str = ""


class _InlineDump:
    """Instead of a forked child: the picture is packed at once. A simulated process cannot fork."""

    def __init__(self, runtime: PartitionRuntime[Any]) -> None:
        self._packed: list[PackedArea] = [pack(runtime.domain, runtime.areas[name]) for name in sorted(runtime.changed)]

    def wait(self) -> list[PackedArea]:
        """The packed areas."""
        return self._packed

    def kill(self) -> None:
        """Nothing runs."""


class _NoTime:
    """`time` for modules that measure themselves: a run may not depend on how fast this machine is."""

    @staticmethod
    def monotonic() -> float:
        """Always the same."""
        return 0.0

    time = perf_counter = monotonic


@contextmanager
def deterministic() -> Iterator[None]:
    """No real clock, no fork, no log lines, while runs go on."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    gc.disable()  # a run allocates much and keeps little; what is left is collected at the end
    try:
        with (
            warnings.catch_warnings(),
            patch.object(snapshotter, "ForkedDump", _InlineDump),
            patch.object(snapshotter, "time", _NoTime),
            patch.object(recovery, "time", _NoTime),
            patch.object(recovery, "decode", decoded_once),
            patch.object(owner, "time", _NoTime),
            patch.object(clock, "time", _NoTime),
            patch.object(projector, "time", _NoTime),
        ):
            # A killed process leaves coroutines that nobody will ever await: that is what being killed means.
            warnings.filterwarnings("ignore", message="coroutine .* was never awaited", category=RuntimeWarning)
            yield
            gc.collect()
    finally:
        gc.enable()
        logging.disable(before)


class Simulation:
    """One run."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.options = plan.options
        self.world = World(plan)
        domain: Domain[Any] = DOMAINS[plan.options.domain]
        self.domain = BrokenDomain(domain, plan.options.broken_code) if plan.options.broken_code else domain
        self.workers = [Worker(self.world, index, self.domain, self._left) for index in range(plan.options.workers)]
        self.group = Group(self.world, self.workers)
        self.projector = ProjectorProcess(self.world)
        self.reactor = ReactorProcess(self.world)
        self._look_ms = plan.options.look_ms
        self._looks = 0

    def run(self) -> Run:
        """All phases."""
        world, options = self.world, self.options
        heal_ms = options.start_ms + options.span_ms
        for worker in self.workers:
            worker.start()
            self.group.join(worker.index)
        for number, send in enumerate(self.plan.sends):
            world.later(send.at_ms, self._attempting(number, send))
        for fault in self.plan.faults:
            world.later(fault.at_ms, self._faulting(fault))
        self._repeat(options.look_ms, self._look)
        self._repeat(options.commit_ms * 20, self._commit)
        world.run_until(heal_ms)
        world.heal()
        world.run_until(heal_ms + REST_MS)
        at_rest = [self._end(p) for p in range(options.partitions)]
        world.run_until(heal_ms + REST_MS + 60_000)
        answered = [self._answered(p) for p in range(options.partitions)]
        self._look_ms = HOUR_MS
        world.run_until(heal_ms + REST_MS + DRAIN_MS)
        return self._result(at_rest, answered)

    def _left(self, index: int) -> None:
        self.group.left(index)

    def _repeat(self, every_ms: int, work: Any) -> None:
        def again() -> None:
            work()
            self.world.later(self.world.now_ms + max(every_ms, self._look_ms), again)

        self.world.later(self.world.now_ms + every_ms, again)

    def _look(self) -> None:
        for worker in self.workers:
            worker.when_running(worker.look)
        self._looks += 1
        if self._looks % 3 == 0 or self.world.healed:
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

    def _result(self, at_rest: list[int], answered: list[int]) -> Run:
        world, options = self.world, self.options
        run = Run(
            plan=self.plan,
            inputs=[[(r.timestamp_ms, r.key, r.value, r.headers) for r in log] for log in world.events._records],
            journal=[list(values) for values in world.journal._values],
            attempts=world.attempts,
            ended=world.ended,
            committed=list(world.committed),
            quarantined=self.reactor.quarantined,
            tables={
                table.name: list(self.projector.tables.rows[table].values()) + self.projector.tables.appended[table]
                for table in self.projector.tables.rows
            },
            applied=self.projector.tables.history,
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
        digest.update(repr((run.ended, run.quarantined, sorted(run.live_hashes.items()), run.applied)).encode())
        run.fingerprint = digest.hexdigest()
        assert options is self.options
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
        port = self.workers[0]._carrying
        assert port is not None
        for partition in range(self.options.partitions):
            for store, into in ((None, run.replayed_hashes), (port.snapshots, run.snapshot_hashes)):
                replayed = run_through(
                    replay(self.domain, port.journal, partition=partition, snapshots=store, clock=Clock(self.options.clock))
                )
                into.update(replayed.hashes)


def simulate(plan: Plan) -> Run:
    """Run a plan once. `deterministic` must be entered."""
    return Simulation(plan).run()


def real_now_s() -> float:
    """The only real clock of the simulator: how long it took, for the report."""
    return time.perf_counter()
