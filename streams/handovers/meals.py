"""What meals tells others."""

from collections.abc import Iterator

from schemas.facts import TaskClosed, TaskKind
from streams.handovers.handover import Handed, Route, Wish

HELP_RESULTS = frozenset({"needs_help", "no_answer"})
"""Results of a welfare check with which somebody must go and look at once: help is needed, or still nobody answers."""
REGION_DIGITS = 4
"""Emergencies are pooled by dispatch region: the first four digits of a district's code (design, section 2)."""


def _help_needed(handed: Handed) -> Iterator[Wish]:
    """M-R8 taken to its end: nobody answered twice, the desk checked, and the person needs help."""
    task = handed.fact
    if not isinstance(task, TaskClosed) or task.kind is not TaskKind.WELFARE_CHECK or task.result not in HELP_RESULTS:
        return
    data = {"call_id": handed.id, "channel": "operator"}
    person_id = task.detail.get("person_id")
    if isinstance(person_id, str):
        data["person_id"] = person_id
    yield Wish("emergency.call.raised.v1", handed.decision.area[:REGION_DIGITS], handed.id, data)


ROUTES = (
    Route(
        name="welfare_check_to_emergency", source="meals", target="emergency", fact_types=frozenset({TaskClosed.type}), wishes=_help_needed
    ),
)
"""Named in `streams.handovers.registry`."""
