"""All checkers in the order of reading: the first violation names what broke."""

from collections.abc import Callable, Iterable

from tests.simulation.checkers import intake, outside, rest, rules, sequence, timing
from tests.simulation.checkers.logs import Logs, Violation, read
from tests.simulation.domains.registry import SIMULATED
from tests.simulation.run import Run

CHECKERS: dict[str, Callable[[Logs], Iterable[Violation]]] = {
    "I08": sequence.i08,
    "L05": sequence.l05,
    "L04": sequence.l04,
    "I02": intake.shape,
    "L09": sequence.l09,
    "I03": intake.i03,
    "I04": intake.i04,
    "P03": intake.p03,
    "T01": timing.t01,
    "T03": timing.t03,
    "RULES": rules.rules,
    "R70": sequence.process,
    "STABLE": rest.stable,
    "L01": rest.l01,
    "L02": rest.l02,
    "I01": intake.i01,
    "I01F": outside.forwarded,
    "E07": outside.e07,
    "L03": sequence.l03,
    "L07": rest.l07,
    "REST": rules.at_rest,
}


def check(run: Run, first_only: bool = False) -> list[Violation]:
    """Every violation of a run, in the order of the checkers; with ``first_only`` those of the first checker that complains."""
    every = [read(one, SIMULATED[one.plan.options.domain]) for one in (run, *run.beside)]
    found: list[Violation] = []
    for logs in every:
        for checker in CHECKERS.values():
            found += checker(logs)
            if found and first_only:
                return found
    for logs in every:
        found += outside.handed_over(logs, {other.part.name: other for other in every})
    return found
