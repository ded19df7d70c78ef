"""From a seed to a plan: which faults are on, how the world is sized, what is sent, what goes wrong (swarm testing).

Three streams of random numbers, so that shrinking or changing one does not shift the others: options and workload, faults, schedule.
"""

from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

from tests.simulation.domains.registry import SIMULATED
from tests.simulation.fault_list import KINDS, draw_faults
from tests.simulation.plan import HOUR_MS, Options, Plan
from tests.simulation.sending import draw_sends

AREAS = ("310106", "310101", "310110", "310151", "3101", "pudong-east")
STARTS_MS = tuple(
    round(datetime.fromisoformat(text).timestamp() * 1000)
    for text in (
        "2026-11-22T06:00:00+08:00",
        "2026-12-31T06:00:00+08:00",  # the run crosses the year
        "2028-02-28T06:00:00+08:00",  # towards 29 February
        "2026-01-01T06:00:00+08:00",
    )
)


def draw_options(seed: str, events: int = 300, domain: str = "meals") -> Options:
    """The swarm's draw. About a quarter of the seeds have no fault at all: the plain path must be right too."""
    draw = Random(f"{seed}/options")
    start_ms = draw.choice(STARTS_MS) + draw.randrange(0, 12 * HOUR_MS)
    faults_on: tuple[str, ...] = ()
    if draw.random() < 0.8:
        faults_on = tuple(kind for kind in KINDS if draw.random() < 0.45)
    return Options(
        seed=seed,
        domain=domain,
        areas=AREAS[: draw.choice((1, 1, 2, 3, 5))],
        partitions=draw.choice((1, 1, 2, 3)),
        workers=draw.choice((1, 2, 2, 3)),
        clock="played" if draw.random() < 0.15 else "wall",
        start_ms=start_ms,
        span_ms=draw.choice((6, 24, 36, 60)) * HOUR_MS,
        events=events,
        append_ms=draw.choice((0, 0, 5, 200, 1500)),
        poll_records_max=draw.choice((1, 7, 50, 500)),
        in_flight_max=draw.choice((2, 20, 1000, 1000)),
        snapshot_every=draw.choice((15, 40, 120, 100_000)),
        look_ms=draw.choice((240_000, 600_000, 1_800_000)),
        session_ms=draw.choice((10_000, 45_000)),
        restart_ms=draw.choice((1_000, 30_000, 600_000)),
        commit_ms=draw.choice((5_000, 120_000)),
        broken_code=draw.choice(("decide", "evolve")) if draw.random() < 0.06 else "",
        faults_on=faults_on,
        own=SIMULATED[domain].swarm(Random(f"{seed}/own")),
    )


def draw_plan(seed: str, events: int = 300, *, beside: tuple[str, ...] = (), **fixed: Any) -> Plan:
    """The whole run of a seed, with other domains beside it on the same clock, each with a third of the events.

    ``fixed`` options are not left to the draw; faults named in it come on top of the drawn ones.
    """
    options = draw_options(seed, events, fixed.get("domain", "meals"))
    if "faults_on" in fixed:
        fixed["faults_on"] = tuple(kind for kind in KINDS if kind in options.faults_on or kind in fixed["faults_on"])
    options = replace(options, **fixed)
    sends = draw_sends(SIMULATED[options.domain], options, Random(f"{seed}/workload"), Random(f"{seed}/sending"))
    faults = draw_faults(options, Random(f"{seed}/faults"), [send.at_ms for send in sends])
    shared: dict[str, Any] = {"clock": options.clock, "start_ms": options.start_ms, "span_ms": options.span_ms}
    others = tuple(draw_plan(f"{seed}/{name}", max(40, events // 3), domain=name, **shared) for name in beside)
    return Plan(options, sends, faults, others)
