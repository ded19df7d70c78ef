"""Which domains can be checked: one line a domain."""

from infra.checkers.domain import AnyChecks
from infra.checkers.meals.checks import CHECKS as MEALS

CHECKS: dict[str, AnyChecks] = {one.domain: one for one in (MEALS,)}
"""Domain name to what its package declares."""
