"""From a failing plan to a small one: ddmin on sends and faults together, then simpler tries, then simpler options.

A candidate counts when the same invariant is still the first to break.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

from tests.simulation.hunting import judge
from tests.simulation.plan import Fault, Options, Plan, Send
from tests.simulation.planted.kind import Planted

T = TypeVar("T")
RUNS_MAX = 600


class Part(NamedTuple):
    """One send or fault, and of which domain of the run: 0 is the first, the others are beside it."""

    place: int
    part: Send | Fault


class Shrunk(NamedTuple):
    """The small plan, what breaks in it, and how many runs it took."""

    plan: Plan
    invariant: str
    sentence: str
    runs: int


def shrink(plan: Plan, invariant: str, planted: Planted | None = None, runs_max: int = RUNS_MAX) -> Shrunk:
    """The smallest plan found that still breaks the same invariant first."""
    runs = 0

    def fails(candidate: Plan) -> bool:
        nonlocal runs
        runs += 1
        found = judge(candidate, planted).found
        return bool(found) and found[0].invariant == invariant

    def left() -> bool:
        return runs < runs_max

    best = plan
    plans = (plan, *plan.beside)
    parts = [Part(place, part) for place, one in enumerate(plans) for part in _parts(one)]
    parts = ddmin(parts, lambda some: fails(_with(best, some)), left)
    best = _with(best, parts)
    best = _simpler_tries(best, fails, left)
    best = _simpler_options(best, fails, left)
    found = judge(best, planted).found
    return Shrunk(best, invariant, found[0].sentence if found else "", runs)


def ddmin(parts: Sequence[T], fails: Callable[[list[T]], bool], left: Callable[[], bool]) -> list[T]:
    """Zeller's delta debugging: a sub-list from which no part of the last grain can be taken away."""
    kept = list(parts)
    grains = 2
    while len(kept) >= 2 and left():
        size = max(1, len(kept) // grains)
        for start in range(0, len(kept), size):
            candidate = kept[:start] + kept[start + size :]
            if candidate and left() and fails(candidate):
                kept, grains = candidate, max(grains - 1, 2)
                break
        else:
            if size == 1:
                break
            grains = min(len(kept), grains * 2)
    return kept


def _parts(plan: Plan) -> list[Send | Fault]:
    return [*plan.sends, *plan.faults]


def _with(plan: Plan, parts: Sequence[Part]) -> Plan:
    def left(place: int, one: Plan) -> Plan:
        own = [part.part for part in parts if part.place == place]
        return one.with_parts(tuple(part for part in own if isinstance(part, Send)), tuple(part for part in own if isinstance(part, Fault)))

    beside = tuple(left(place, one) for place, one in enumerate(plan.beside, start=1))
    return replace(left(0, plan), beside=beside)


def _simpler_tries(plan: Plan, fails: Callable[[Plan], bool], left: Callable[[], bool]) -> Plan:
    for place, send in enumerate(plan.sends):
        if send.tries != ("ok",) and left():
            sends = (*plan.sends[:place], replace(send, tries=("ok",), retry_ms=1000), *plan.sends[place + 1 :])
            candidate = plan.with_parts(sends, plan.faults)
            plan = candidate if fails(candidate) else plan
    return plan


def _simpler_options(plan: Plan, fails: Callable[[Plan], bool], left: Callable[[], bool]) -> Plan:
    plain = Options(plan.options.seed)
    for change in (
        {"workers": 1}, {"append_ms": 0}, {"poll_records_max": 50}, {"in_flight_max": 1000}, {"snapshot_every": 100_000},
        {"look_ms": plain.look_ms}, {"broken_code": ""}, {"faults_on": ()},
    ):  # fmt: skip
        if left():
            candidate = replace(plan, options=replace(plan.options, **change))
            plan = candidate if fails(candidate) else plan
    return plan
