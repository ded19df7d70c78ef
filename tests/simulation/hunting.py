"""Judging one plan, and looking for the seed that catches a planted mistake.

`python -m tests.simulation.hunting` writes `planted/caught_at.json` anew: in which plan each mistake shows first. Most plans show none of
them and cost as much as one that does, so the tests begin where it showed when the file was written. A file out of date only costs time.
"""

import json
from pathlib import Path
from typing import NamedTuple

from tests.simulation.checkers.logs import Violation
from tests.simulation.checkers.report import check
from tests.simulation.domains.registry import SIMULATED
from tests.simulation.engine import deterministic, simulate
from tests.simulation.plan import Plan
from tests.simulation.planted.catalogue import PLANTED
from tests.simulation.planted.kind import Planted
from tests.simulation.run import Run
from tests.simulation.swarm import draw_plan

DET = frozenset({"DET"})
"""Mistakes that only two processes can see."""
CAUGHT_AT_FILE = Path(__file__).parent / "planted" / "caught_at.json"
CAUGHT_AT: dict[str, int] = json.loads(CAUGHT_AT_FILE.read_text())


class Judged(NamedTuple):
    """A plan, what happened, and what was wrong with it. ``run`` is None when the simulator itself could not go on."""

    plan: Plan
    run: Run | None
    found: list[Violation]


def judge(plan: Plan, planted: Planted | None = None) -> Judged:
    """Run a plan once (inside `engine.deterministic`), with a mistake planted or not."""
    if planted is None:
        return _judge(plan)
    with planted.active(SIMULATED[plan.options.domain].silence):
        return _judge(plan)


def _judge(plan: Plan) -> Judged:
    try:
        run = simulate(plan)
    except Exception as error:  # noqa: BLE001 - a reader of the journal broke: that is a finding like any other
        return Judged(plan, None, [Violation("R70", f"a reader broke: {type(error).__name__}: {error}")])
    return Judged(plan, run, check(run, first_only=True))


def read_again(plan: Plan, planted: Planted | None = None) -> str:
    """The hash of a second reading; nothing is judged, nothing is projected."""
    if planted is None:
        return simulate(plan, second=True).fingerprint
    with planted.active(SIMULATED[plan.options.domain].silence):
        return simulate(plan, second=True).fingerprint


def planted_plan(planted: Planted, number: int, events: int = 150) -> Plan:
    """A plan in which the mistake can show."""
    return draw_plan(f"planted/{number}", events, domain=planted.domain, beside=planted.beside, **planted.fixed)


def hunt(planted: Planted, plans_max: int, events: int = 150) -> tuple[int, Judged] | None:
    """A plan in which a checker complains, and its number: first where it was caught before, then from the beginning."""
    remembered = CAUGHT_AT.get(planted.name)
    first = [] if remembered is None else [remembered]
    for number in (*first, *(number for number in range(plans_max) if number != remembered)):
        judged = judge(planted_plan(planted, number, events), planted)
        if judged.found:
            return number, judged
    return None


def remember(plans_max: int = 60) -> None:
    """Look anew for the first plan that shows each mistake, and write it down."""
    CAUGHT_AT.clear()
    with deterministic():
        found = {name: hunt(planted, plans_max) for name, planted in PLANTED.items() if planted.caught_by != DET}
    numbers = {name: caught[0] for name, caught in sorted(found.items()) if caught is not None}
    CAUGHT_AT_FILE.write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    remember()
