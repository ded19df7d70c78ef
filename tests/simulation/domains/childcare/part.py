# ruff: noqa: ARG005 - patches have the shape of what they replace
"""Childcare as the simulator takes it."""

from collections.abc import Iterable
from typing import Any
from unittest.mock import patch

from agents.childcare import DOMAIN
from agents.childcare.domain import Childcare
from agents.shared.ledger import Ledger
from agents.shared.seats import Seats
from schemas.childcare import EVENTS
from tests.simulation.domains.childcare.judging import Judge
from tests.simulation.domains.childcare.planted import MISTAKES
from tests.simulation.domains.childcare.planted_rules import RULE_MISTAKES
from tests.simulation.domains.childcare.replies import replies
from tests.simulation.domains.childcare.rules import draw_own
from tests.simulation.domains.childcare.world import STEPS, draw_world
from tests.simulation.domains.port import SimDomain, Step
from tests.simulation.plan import DAY_MS
from tests.simulation.planted.kind import Patch

BY_CLOCK = frozenset(
    {
        "childcare.booking.expired.v1", "childcare.booking.no_show.v1", "childcare.booking.displaced.v1", "childcare.offer.made.v1",
        "childcare.offer.expired.v1", "childcare.offer.withdrawn.v1", "childcare.waitlist.closed.v1", "childcare.child.uncollected.v1",
        "childcare.child.carried_over.v1", "childcare.child.restricted.v1", "childcare.session.closed.v1",
        "childcare.inspection.overdue.v1", "childcare.quota.overdue.v1", "childcare.quota.settlement_asked.v1",
        "childcare.entitlement.met.v1", "childcare.entitlement.unmet.v1", "childcare.policy.applied.v1",
    }
)  # fmt: skip
"""Facts that a deadline or another case makes; and a place kept without the home area's answer."""
HANDED_OVER = {
    "childcare.quota.asked.v1": "childcare.quota.reserve_requested.v1",
    "childcare.quota.reserved.v1": "childcare.quota.answered.v1",
    "childcare.quota.denied.v1": "childcare.quota.answered.v1",
    "childcare.quota.settlement_asked.v1": "childcare.quota.settle_requested.v1",
    "childcare.account.asked.v1": "childcare.account.requested.v1",
    "childcare.account.handed.v1": "childcare.account.answered.v1",
    "childcare.account.counted.v1": "childcare.account.answered.v1",
}


def _by_clock(fact: dict[str, Any]) -> bool:
    unanswered = fact["type"] in ("childcare.booking.confirmed.v1", "childcare.booking.held.v1") and fact["data"]["provisional"]
    return fact["type"] in BY_CLOCK or bool(unanswered)


def _hands_over(fact: dict[str, Any]) -> Iterable[tuple[str, str]]:
    event_type = HANDED_OVER.get(fact["type"])
    return () if event_type is None else (("childcare", event_type),)


def _silence() -> list[Patch]:
    return [
        patch.object(Childcare, "check", lambda self, state, facts: None),
        patch.object(Childcare, "check_all", lambda self, state: None),
        patch.object(Seats, "conserved", lambda self: True),
        patch.object(Seats, "hold", _hold),
        patch.object(Seats, "release", _release),
        patch.object(Ledger, "sound", lambda self: True),
    ]


def _hold(self: Seats, places: int) -> None:
    self.free -= places
    self.held += places


def _release(self: Seats, places: int) -> None:
    self.held -= places
    settle: Any = self._settle_rest
    settle()


PART = SimDomain(
    decider=DOMAIN,
    events=EVENTS,
    world=draw_world,
    steps=STEPS,
    batch_kinds=("book", "book", "again", "cancel", "arrive"),
    stranger=Step("childcare.booking.cancelled.v1", {"booking_id": "b-x"}, "relative:p-9"),
    judging=Judge,
    by_clock=_by_clock,
    swarm=draw_own,
    silence=_silence,
    heard=frozenset(
        {
            "childcare.booking.confirmed.v1", "childcare.booking.held.v1", "childcare.quota.asked.v1", "childcare.booking.waitlisted.v1",
            "childcare.booking.refused.v1", "childcare.booking.cancelled.v1", "childcare.booking.expired.v1",
            "childcare.booking.no_show.v1", "childcare.booking.displaced.v1", "childcare.booking.extended.v1",
            "childcare.booking.repriced.v1", "childcare.offer.made.v1", "childcare.offer.expired.v1", "childcare.offer.withdrawn.v1",
            "childcare.waitlist.closed.v1", "childcare.child.checked_in.v1", "childcare.child.checked_out.v1",
            "childcare.child.turned_away.v1", "childcare.child.uncollected.v1", "childcare.child.restricted.v1",
            "childcare.session.understaffed.v1", "childcare.ratio.breached.v1", "childcare.inspection.overdue.v1",
        }
    ),
    replies=replies,
    hands_over=_hands_over,
    mistakes=(*MISTAKES, *RULE_MISTAKES),
    drain_ms=6 * DAY_MS,  # after it every session of a run is over
)  # fmt: skip
