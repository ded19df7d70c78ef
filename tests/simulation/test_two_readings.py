"""Two sets of checkers, written by different hands, read the same runs and agree that nothing is wrong."""

import orjson
import pytest

from infra.checkers import logs as other
from infra.checkers.report import check_all
from tests.simulation.engine import deterministic
from tests.simulation.hunting import judge
from tests.simulation.run import Run
from tests.simulation.swarm import draw_plan

NOT_COMPARED = {
    "L06": "reads the quarantine topic, which a simulated run has only as a list; L09 of this folder judges that",
    "T02": "takes a kitchen's cut-off from the orders it got; a kitchen that moves its cut-off later is judged only by this folder",
}


def logs_of(run: Run) -> other.Logs:
    """A simulated run as the checkers of real runs take it; what only a real run has (tables, quarantine topic) is left out."""
    inputs = [
        other.Input(partition, offset, at_ms, key, value, dict(headers))
        for partition, records in enumerate(run.inputs)
        for offset, (at_ms, key, value, headers) in enumerate(records)
    ]
    raw: list[tuple[int, int, bytes | None]] = [
        (partition, offset, value) for partition, values in enumerate(run.journal) for offset, value in enumerate(values)
    ]
    return other.Logs(
        sent=[sent for attempt in run.attempts if (sent := _sent(run, attempt.send, attempt.outcome, attempt.offsets)) is not None],
        inputs=inputs,
        journal=other.judge(raw),
        domain="meals",
        partitions=run.plan.options.partitions,
        only_ours=False,
    )


def _sent(run: Run, number: int, outcome: str, offsets: tuple[int, ...]) -> other.Sent | None:
    """Readable events of one attempt; bytes that are no event are judged by this folder's own checkers."""
    send = run.plan.sends[number]
    if send.value is None or send.kind in ("poison", "batch"):
        return None
    event = orjson.loads(send.value.encode("latin-1"))
    acked = "acked" if outcome == "ok" else "unsure"
    offset = offsets[0] if offsets else None
    return other.Sent(number, "kafka", send.key or "", send.partition, (event,), None, acked, offset, frozenset())


@pytest.mark.parametrize("number", range(8))
def test_the_checkers_of_real_runs_find_nothing_in_clean_simulated_runs(number: int) -> None:
    with deterministic():
        plan = draw_plan(f"two/{number}", 200, broken_code="")
        # A batch that holds one id twice, once well-formed and once not, is told apart only by the reading of this folder.
        judged = judge(plan.with_parts(tuple(send for send in plan.sends if send.kind != "batch"), plan.faults))
    assert judged.run is not None
    assert not judged.found
    lines = [violation.line() for violation in check_all(logs_of(judged.run)).violations if violation.invariant not in NOT_COMPARED]
    assert not lines, lines[:5]
