# ruff: noqa: ARG005 - patches have the shape of what they replace
"""Beds as the simulator takes it."""

from unittest.mock import patch

from agents.beds import DOMAIN
from agents.beds.domain import Beds
from schemas.beds import EVENTS
from tests.simulation.domains.beds.judging import Judge, by_clock
from tests.simulation.domains.beds.planted import MISTAKES
from tests.simulation.domains.beds.world import STEPS, draw_own, draw_world
from tests.simulation.domains.port import SimDomain, Step
from tests.simulation.plan import DAY_MS
from tests.simulation.planted.kind import Patch


def _silence() -> list[Patch]:
    return [
        patch.object(Beds, "check", lambda self, state, facts: None),
        patch.object(Beds, "check_all", lambda self, state: None),
    ]


PART = SimDomain(
    decider=DOMAIN,
    events=EVENTS,
    world=draw_world,
    steps=STEPS,
    batch_kinds=("apply", "apply", "accept", "clean"),
    stranger=Step("beds.application.withdrawn.v1", {"application_id": "a-x"}, "person:p-9"),
    judging=Judge,
    by_clock=by_clock,
    swarm=draw_own,
    silence=_silence,
    heard=frozenset(
        {
            "beds.application.queued.v1",
            "beds.application.refused.v1",
            "beds.application.reassessed.v1",
            "beds.application.reassessment_due.v1",
            "beds.application.approved.v1",
            "beds.application.suspended.v1",
            "beds.application.resumed.v1",
            "beds.application.ended.v1",
            "beds.offer.made.v1",
            "beds.offer.deadline_moved.v1",
            "beds.offer.expired.v1",
            "beds.offer.declined.v1",
            "beds.offer.accepted.v1",
            "beds.admission.missed.v1",
            "beds.admission.recorded.v1",
            "beds.bed.released.v1",
            "beds.bed.conflicted.v1",
            "beds.bed.overdue.v1",
            "beds.offer.withdrawn.v1",
            "beds.stay.ending.v1",
            "beds.stay.extended.v1",
            "beds.allocation.overridden.v1",
            "beds.facility.silent.v1",
            "beds.pool.below_quota.v1",
        }
    ),
    mistakes=MISTAKES,
    drain_ms=9 * DAY_MS,  # after it every promise of a run has been kept or has ended
)
