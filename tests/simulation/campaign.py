"""Many seeds on a few processes, with progress, and what was found."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import NamedTuple

from tests.simulation.engine import deterministic, real_now_s
from tests.simulation.hunting import judge
from tests.simulation.planted.catalogue import PLANTED
from tests.simulation.swarm import draw_plan

CHUNK = 20


class Failure(NamedTuple):
    """One seed that broke an invariant."""

    seed: str
    invariant: str
    line: str


class Chunk(NamedTuple):
    """What some seeds gave."""

    seeds: int
    inputs: int
    decisions: int
    injected: dict[str, int]
    failures: list[Failure]
    repeats: int
    cpu_s: float


@dataclass
class Summary:
    """What a campaign gave."""

    seeds: int = 0
    inputs: int = 0
    journal: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    run_twice: int = 0
    injected: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)


def run_chunk(seeds: list[str], events: int, planted: str | None, twice_every: int) -> Chunk:
    """Some seeds one after the other; now and then one twice, which must give the same logs to the byte."""
    mistake = PLANTED[planted] if planted else None
    injected: Counter[str] = Counter()
    failures: list[Failure] = []
    inputs = journal = repeats = 0
    before_s = os.times()
    with deterministic():
        for number, seed in enumerate(seeds):
            plan = draw_plan(seed, events, **(mistake.fixed if mistake else {}))
            judged = judge(plan, mistake)
            if judged.found:
                failures.append(Failure(seed, judged.found[0].invariant, judged.found[0].line()))
            if judged.run is None:
                continue
            inputs += sum(map(len, judged.run.inputs))
            journal += sum(map(len, judged.run.journal))
            injected.update(judged.run.injected)
            if twice_every and number % twice_every == 0:
                again = judge(plan, mistake)
                repeats += 1
                if again.run is None or again.run.fingerprint != judged.run.fingerprint:
                    failures.append(Failure(seed, "DET", f"DET seed {seed} gave two different runs"))
    after_s = os.times()
    return Chunk(
        len(seeds), inputs, journal, dict(injected), failures, repeats, after_s.user + after_s.system - before_s.user - before_s.system
    )


def campaign(seeds: list[str], *, events: int, jobs: int, planted: str | None, failures_max: int, twice_every: int = CHUNK) -> Summary:
    """All seeds; stops early after so many failures."""
    summary = Summary()
    started_s = real_now_s()
    chunks = iter([seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)])
    for chunk in _chunks(chunks, events, jobs, planted, twice_every):
        summary.seeds += chunk.seeds
        summary.inputs += chunk.inputs
        summary.journal += chunk.decisions
        summary.cpu_s += chunk.cpu_s
        summary.run_twice += chunk.repeats
        summary.injected.update(chunk.injected)
        summary.failures += chunk.failures
        summary.seconds = real_now_s() - started_s
        _progress(summary, len(seeds))
        if len(summary.failures) >= failures_max:
            break
    return summary


def _chunks(chunks: Iterator[list[str]], events: int, jobs: int, planted: str | None, twice_every: int) -> Iterator[Chunk]:
    if jobs <= 1:
        for chunk in chunks:
            yield run_chunk(chunk, events, planted, twice_every)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running: set[Future[Chunk]] = set()
        for chunk in chunks:
            running.add(pool.submit(run_chunk, chunk, events, planted, twice_every))
            if len(running) > jobs:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                try:
                    for one in done:
                        yield one.result()
                except GeneratorExit:
                    pool.shutdown(cancel_futures=True)
                    raise
        for one in running:
            yield one.result()


def _progress(summary: Summary, total: int) -> None:
    rate = summary.seeds / summary.seconds if summary.seconds else 0.0
    line = f"{summary.seeds}/{total} seeds  {summary.inputs} events  {len(summary.failures)} failed  {rate:.1f} seeds/s"
    end = "\r" if sys.stderr.isatty() else "\n"
    if sys.stderr.isatty() or summary.seeds % (CHUNK * 25) == 0 or summary.seeds == total:
        sys.stderr.write(line + end)
        sys.stderr.flush()
