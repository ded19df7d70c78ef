"""The rules of the domain itself, which its part of the simulator brings along (`domains.port.Judging`)."""

from collections.abc import Iterable

from tests.simulation.checkers.logs import Logs, Violation


def rules(logs: Logs) -> list[Violation]:
    """Every decision in order, on the domain's naive picture."""
    logs.judging = judging = logs.part.judging()
    for dec in logs.decisions:
        judging.decision(dec)
    return judging.found


def at_rest(logs: Logs) -> Iterable[Violation]:
    """What the domain says must be over at the end."""
    assert logs.judging is not None, "the rules are folded first"
    return logs.judging.at_rest(logs)
