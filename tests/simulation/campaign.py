"""Many seeds on a few processes, with progress, and what was found.

Every seed is read twice: once with readers, replays and checkers, and once more for its hash alone, in another process with another
hash seed of Python (L01); with one job both readings are done here.
"""

import gc
import os
import pickle
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any, NamedTuple, TypeVar
from unittest.mock import patch

from tests.simulation.engine import deterministic, real_now_s
from tests.simulation.hunting import judge, read_again
from tests.simulation.plan import Plan
from tests.simulation.planted.catalogue import PLANTED
from tests.simulation.planted.kind import Planted
from tests.simulation.swarm import draw_plan

CHUNK = 20
"""Seeds a process reads before its memory is given back."""
QUEUED_MAX = 2
"""Chunks a process may have before it: one it works on, one so that it need not wait."""
SAY_EVERY_S = 15.0


T = TypeVar("T")


class Seed(NamedTuple):
    """Which run."""

    domain: str
    name: str
    beside: tuple[str, ...] = ()

    def plan(self, events: int, mistake: Planted | None = None) -> Plan:
        """What it draws: so many events, of which the first domain has half where others are beside it."""
        if self.beside:
            events = -(-events // 2)
        beside = self.beside or (mistake.beside if mistake else ())
        return draw_plan(self.name, events, domain=self.domain, beside=beside, **(mistake.fixed if mistake else {}))

    def label(self) -> str:
        """For people."""
        return f"{'+'.join((self.domain, *self.beside))} seed {self.name}"


class Failure(NamedTuple):
    """One seed that broke an invariant."""

    seed: Seed
    invariant: str
    line: str


class Chunk(NamedTuple):
    """What the first readings of some seeds gave."""

    seeds: list[Seed]
    prints: list[str]
    """One hash a seed; empty where the simulator itself could not go on."""
    inputs: int
    inputs_min: int
    """Of the seed with the fewest."""
    journal: int
    injected: dict[str, int]
    failures: list[Failure]
    cpu_s: float


class Again(NamedTuple):
    """What the second readings gave."""

    prints: list[str]
    cpu_s: float


@dataclass
class Summary:
    """What a campaign gave."""

    seeds: int = 0
    inputs: int = 0
    inputs_min: int = sys.maxsize
    journal: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    run_twice: int = 0
    domains: Counter[str] = field(default_factory=Counter)
    injected: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)

    def rate(self) -> float:
        """Seeds a second so far; a first reading is more than half of the work."""
        return (0.6 * self.seeds + 0.4 * self.run_twice) / self.seconds if self.seconds else 0.0


def read_first(seeds: list[Seed], events: int, planted: str | None) -> Chunk:
    """Some seeds one after the other, judged."""
    mistake = PLANTED[planted] if planted else None
    injected: Counter[str] = Counter()
    failures: list[Failure] = []
    prints: list[str] = []
    inputs: list[int] = []
    journal = 0
    before_s = _cpu_s()
    with deterministic():
        for seed in seeds:
            judged = judge(seed.plan(events, mistake), mistake)
            if judged.found:
                failures.append(Failure(seed, judged.found[0].invariant, judged.found[0].line()))
            prints.append("" if judged.run is None else judged.run.fingerprint)
            runs = () if judged.run is None else (judged.run, *judged.run.beside)
            inputs.append(sum(len(log) for run in runs for log in run.inputs))
            for run in runs:
                journal += sum(map(len, run.journal))
                injected.update(run.injected)
    return Chunk(seeds, prints, sum(inputs), min(inputs), journal, dict(injected), failures, _cpu_s() - before_s)


def read_second(seeds: list[Seed], events: int, planted: str | None) -> Again:
    """The same seeds again, for their hashes only."""
    mistake = PLANTED[planted] if planted else None
    before_s = _cpu_s()
    with deterministic():
        prints = [read_again(seed.plan(events, mistake), mistake) for seed in seeds]
    return Again(prints, _cpu_s() - before_s)


def campaign(seeds: list[Seed], *, events: int, jobs: int, planted: str | None, failures_max: int) -> Summary:
    """All seeds; stops early after so many failures."""
    summary = Summary()
    progress = _Progress(len(seeds))
    chunks = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    for first, again in _read(chunks, events, planted, jobs):
        summary.seconds = progress.elapsed_s()
        if again is None:
            summary.seeds += len(first.seeds)
            summary.inputs += first.inputs
            summary.inputs_min = min(summary.inputs_min, first.inputs_min)
            summary.journal += first.journal
            summary.cpu_s += first.cpu_s
            summary.domains.update("+".join((seed.domain, *seed.beside)) for seed in first.seeds)
            summary.injected.update(first.injected)
            found = first.failures
        else:
            summary.run_twice += len(first.seeds)
            summary.cpu_s += again.cpu_s
            found = _different(first, again)
        summary.failures += found
        progress.found(found)
        progress.say(summary)
        if len(summary.failures) >= failures_max:
            break
    return summary


def _different(first: Chunk, again: Again) -> list[Failure]:
    return [
        Failure(seed, "DET", f"DET {seed.label()} gave two different runs")
        for seed, one, other in zip(first.seeds, first.prints, again.prints, strict=True)
        if one and one != other
    ]


Reading = tuple[Chunk, Again | None]


def _read(chunks: Sequence[list[Seed]], events: int, planted: str | None, jobs: int) -> Iterator[Reading]:
    """Each chunk twice: first as it was judged, then as it was read again."""
    if jobs > 1:
        yield from _read_beside(chunks, events, planted, jobs)
        return
    for chunk in chunks:
        first = read_first(chunk, events, planted)
        yield first, None
        yield first, read_second(chunk, events, planted)


def _read_beside(chunks: Sequence[list[Seed]], events: int, planted: str | None, jobs: int) -> Iterator[Reading]:
    """On several processes, the second reading never where the first was."""
    pools = [_pool(number) for number in range(jobs)]
    waiting = list(reversed(chunks))
    under_way: dict[Future[Any], tuple[int, Chunk | None]] = {}
    busy = [0] * jobs
    try:
        while waiting or under_way:
            while waiting and min(busy) < QUEUED_MAX:
                place = busy.index(min(busy))
                busy[place] += 1
                under_way[pools[place].submit(_in_a_child, read_first, waiting.pop(), events, planted)] = place, None
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for one in done:
                place, first = under_way.pop(one)
                busy[place] -= 1
                if first is not None:
                    yield first, one.result()
                    continue
                first = one.result()
                yield first, None
                other = (place + 1) % jobs
                busy[other] += 1
                under_way[pools[other].submit(_in_a_child, read_second, first.seeds, events, planted)] = other, first
    finally:
        for pool in pools:
            pool.shutdown(wait=True, cancel_futures=True)


def _pool(number: int) -> ProcessPoolExecutor:
    """One process with a hash seed of its own."""
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    with patch.dict(os.environ, {"PYTHONHASHSEED": str(1000 + 7 * number)}):
        pool.submit(_settle).result()
    return pool


def _settle() -> None:
    """What a process has imported stays for good: no collection looks at it again."""
    gc.collect()
    gc.freeze()


def _in_a_child(work: Callable[[list[Seed], int, str | None], T], seeds: list[Seed], events: int, planted: str | None) -> T:
    """Done in a fork that ends with its work: what runs leave behind goes with it, and nobody need look for it (a tenth of a run)."""
    into, out = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with os.fdopen(out, "wb") as pipe:
                pickle.dump(work(seeds, events, planted), pipe)
            status = 0
        except BaseException:  # noqa: BLE001 - said, and the end is an exit code
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(out)
    with os.fdopen(into, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if status:
        raise ChildProcessError(f"a reading of {seeds[0].label()} and those after it ended with status {status}")
    result: T = pickle.loads(answer)  # noqa: S301 - our own child's
    return result


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system


class _Progress:
    """A line now and then: how far, how fast, how long still."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._started_s = real_now_s()
        self._said_s = self._started_s

    def elapsed_s(self) -> float:
        return real_now_s() - self._started_s

    def found(self, failures: list[Failure]) -> None:
        """Failures are said as they come: a long campaign need not end before somebody looks at one."""
        for failure in failures:
            sys.stderr.write(f"{failure.seed.label()}: {failure.line}\n")

    def say(self, summary: Summary) -> None:
        now_s, rate = real_now_s(), summary.rate()
        if not sys.stderr.isatty() and now_s - self._said_s < SAY_EVERY_S and summary.run_twice < self._total:
            return
        self._said_s = now_s
        left_s = max(0.0, self._total / rate - summary.seconds) if rate else 0.0
        sys.stderr.write(
            f"{summary.run_twice}/{self._total} seeds twice  {summary.inputs} events  {len(summary.failures)} failed  {rate:.1f} seeds/s  "
            f"{int(left_s) // 60}:{int(left_s) % 60:02d} left" + ("\r" if sys.stderr.isatty() else "\n")
        )
        sys.stderr.flush()
