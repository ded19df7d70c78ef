# ruff: noqa: ARG005 - patches have the shape of what they replace
"""Emergency as the simulator takes it."""

from unittest.mock import patch

from agents.emergency import DOMAIN
from agents.emergency.domain import Emergency
from infra.checkers.emergency.watch import by_clock
from schemas.emergency import EVENTS
from tests.simulation.domains.emergency.judging import Judge
from tests.simulation.domains.emergency.planted import MISTAKES
from tests.simulation.domains.emergency.replies import replies
from tests.simulation.domains.emergency.world import STEPS, draw_own, draw_world
from tests.simulation.domains.port import SimDomain, Step
from tests.simulation.plan import HOUR_MS
from tests.simulation.planted.kind import Patch


def _silence() -> list[Patch]:
    return [
        patch.object(Emergency, "check", lambda self, state, facts: None),
        patch.object(Emergency, "check_all", lambda self, state: None),
    ]


PART = SimDomain(
    decider=DOMAIN,
    events=EVENTS,
    world=draw_world,
    steps=STEPS,
    batch_kinds=("again", "again", "position", "accept", "heartbeat"),
    stranger=Step("emergency.device.heartbeat.v1", {"device_id": "d-x"}, "device:d-x"),
    judging=Judge,
    by_clock=by_clock,
    replies=replies,
    swarm=draw_own,
    silence=_silence,
    heard=frozenset(
        {
            "emergency.call.opened.v1", "emergency.call.prioritised.v1", "emergency.call.escalated.v1", "emergency.responder.dispatched.v1",
            "emergency.dispatch.ended.v1", "emergency.responder.released.v1", "emergency.responder.unheard.v1",
            "emergency.scene.check_missed.v1", "emergency.coverage.gap_left.v1", "emergency.contact.called.v1",
            "emergency.dispatch.preemption_suggested.v1",
            "emergency.contact.exhausted.v1", "emergency.access.released.v1", "emergency.call.handed_over.v1",
            "emergency.call.call_back_missed.v1", "quarantine.kept.v1",
        }
    ),
    mistakes=MISTAKES,
    drain_ms=6 * HOUR_MS,
)  # fmt: skip
