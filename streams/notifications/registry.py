"""Every domain's table of who hears of what: one line a domain."""

from streams.notifications.beds import HEARING as BEDS
from streams.notifications.childcare import HEARING as CHILDCARE
from streams.notifications.emergency import HEARING as EMERGENCY
from streams.notifications.hearing import SHARED, Hearing, joined
from streams.notifications.meals import HEARING as MEALS

HEARINGS: dict[str, Hearing] = {
    "meals": joined(MEALS),
    "beds": joined(BEDS),
    "emergency": joined(EMERGENCY),
    "childcare": joined(CHILDCARE),
}
"""Domain name to its table with the shared one."""


def hearing_of(domain: str) -> Hearing:
    """The domain's table; the shared one alone for a domain without a table of its own."""
    return HEARINGS.get(domain, SHARED)
