"""Which domains can be checked: one line a domain."""

from infra.checkers.beds.checks import CHECKS as BEDS
from infra.checkers.childcare.checks import CHECKS as CHILDCARE
from infra.checkers.domain import AnyChecks
from infra.checkers.emergency.checks import CHECKS as EMERGENCY
from infra.checkers.meals.checks import CHECKS as MEALS

CHECKS: dict[str, AnyChecks] = {one.domain: one for one in (MEALS, BEDS, EMERGENCY, CHILDCARE)}
"""Domain name to what its package declares."""
