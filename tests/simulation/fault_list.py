"""Every kind of fault the shell can meet, and how a run's faults are drawn."""

from random import Random

from tests.simulation.plan import Fault, Options

WORKER_KINDS = {
    "crash_now": 3,
    "crash_after_fetch": 1,
    "crash_after_handle": 2,
    "crash_before_append": 2,
    "crash_after_append": 2,
    "crash_mid_snapshot": 1,
    "crash_after_snapshot": 1,
    "pause": 3,
    "append_fails": 1,
    "append_fails_late": 1,
    "tick_fails": 1,
    "snapshot_fails": 1,
    "worker_clock": 1,
}
PARTITION_KINDS = {"rebalance": 3, "commit_ahead": 2, "commit_back": 2}
BROKER_KINDS = {"broker_clock": 2}
READER_KINDS = {"pg_fails": 2, "pg_fails_late": 2, "projector_crash": 1, "reactor_crash": 2, "publish_fails": 1, "publish_fails_late": 1}
SEND_KINDS = ("duplicate", "lost_before", "lost_after", "stray", "poison", "conflict", "late", "batch", "skew")
"""Drawn with the workload: they are properties of what is sent."""

KINDS: tuple[str, ...] = (*WORKER_KINDS, *PARTITION_KINDS, *BROKER_KINDS, *READER_KINDS, *SEND_KINDS)
CLOCK_JUMPS_MS = (-262_000, -4_000, -1_000, 1_000, 64_000, 262_000)


def draw_faults(options: Options, draw: Random, busy_ms: list[int]) -> tuple[Fault, ...]:
    """Faults of the kinds that are on: most of them while something is on its way (``busy_ms``: when records are sent), since a
    process that has nothing to do survives anything."""
    weights = {**WORKER_KINDS, **PARTITION_KINDS, **BROKER_KINDS, **READER_KINDS}
    on = [kind for kind in weights if kind in options.faults_on]
    faults = []
    for kind in on:
        for _ in range(draw.randrange(0, weights[kind] + 1)):
            at_ms = options.start_ms + draw.randrange(0, options.span_ms)
            if busy_ms and draw.random() < 0.75:
                at_ms = draw.choice(busy_ms) + draw.choice((0, draw.randrange(1, 50), draw.randrange(1, 2 * options.append_ms + 1000)))
            faults.append(_fault(options, draw, kind, at_ms))
    return tuple(sorted(faults, key=lambda fault: (fault.at_ms, fault.kind, fault.target)))


def _fault(options: Options, draw: Random, kind: str, at_ms: int) -> Fault:
    if kind in PARTITION_KINDS:
        return Fault(at_ms, kind, draw.randrange(options.partitions), draw.randrange(1, 60))
    if kind in BROKER_KINDS:
        return Fault(at_ms, kind, 0, draw.choice(CLOCK_JUMPS_MS))
    if kind in READER_KINDS:
        return Fault(at_ms, kind, 0, draw.randrange(1, 6))
    amount = draw.randrange(0, 4)
    if kind == "pause":
        # The third lets a replaced owner go on in the very moment in which its successor decides for the first time.
        amount = draw.choice((2_000, 1_800_000, options.session_ms + options.append_ms * draw.randrange(4, 9) // 4 + 5, 60_000))
    elif kind == "worker_clock":
        amount = draw.choice(CLOCK_JUMPS_MS)
    return Fault(at_ms, kind, draw.randrange(options.workers), amount)
