"""Whose ways in the gateway opens: one line a domain."""

from infra.gateway.domain_routes.beds import DOOR as BEDS
from infra.gateway.domain_routes.childcare import DOOR as CHILDCARE
from infra.gateway.domain_routes.door import DomainDoor
from infra.gateway.domain_routes.emergency import DOOR as EMERGENCY
from infra.gateway.domain_routes.meals import DOOR as MEALS
from schemas.topics import DOMAINS

DOORS: dict[str, DomainDoor] = {one.domain: one for one in (MEALS, BEDS, EMERGENCY, CHILDCARE) if one.domain in DOMAINS}
"""The doors of the domains that are switched on."""

assert tuple(sorted(DOORS)) == tuple(sorted(DOMAINS)), "every domain has a door"
