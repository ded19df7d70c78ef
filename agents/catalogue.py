"""Every domain that decides, by its word."""

from typing import Any

from agents.beds import DOMAIN as BEDS
from agents.childcare import DOMAIN as CHILDCARE
from agents.core import Domain
from agents.emergency import DOMAIN as EMERGENCY
from agents.meals import DOMAIN as MEALS

DOMAINS: dict[str, Domain[Any]] = {MEALS.name: MEALS, BEDS.name: BEDS, EMERGENCY.name: EMERGENCY, CHILDCARE.name: CHILDCARE}
"""A carrier handles states of any domain without looking inside, hence the open type of the state."""
