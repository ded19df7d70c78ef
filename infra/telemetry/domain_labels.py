"""What each domain adds to the closed lists of label values: one line a domain for its reasons; gauges are asked of the agents."""

from enum import StrEnum

from agents.catalogue import DOMAINS as AGENTS
from schemas.beds_reasons import BedsReason
from schemas.childcare_reasons import ChildcareReason
from schemas.emergency_reasons import EmergencyReason
from schemas.meals import MealsReason
from schemas.topics import DOMAINS

REASONS: dict[str, type[StrEnum]] = {"meals": MealsReason, "beds": BedsReason, "emergency": EmergencyReason, "childcare": ChildcareReason}
"""Domain name to its own reasons of refusal."""

assert set(DOMAINS) <= REASONS.keys(), "every domain has its reasons counted"

SHARED_GAUGES = (
    "open_cases", "open_tasks", "human_tasks", "standing_orders", "providers", "capacity_total", "capacity_free", "deadlines",
    "stuck_cases",
)  # fmt: skip
"""Gauges of every deployment, in the order of the page."""


def reasons() -> tuple[str, ...]:
    """Every domain's reasons, in the order of the domains, each once."""
    return tuple(dict.fromkeys(str(reason) for domain in DOMAINS for reason in REASONS[domain]))


def gauges() -> tuple[str, ...]:
    """The shared gauges, then what each domain's state counts beside them."""
    own = [name for domain in DOMAINS for name in AGENTS[domain].gauges(AGENTS[domain].blank("000000"))]
    return tuple(dict.fromkeys((*SHARED_GAUGES, *own)))
