"""Every simulated domain, one line each."""

from tests.simulation.domains.beds.part import PART as BEDS
from tests.simulation.domains.childcare.part import PART as CHILDCARE
from tests.simulation.domains.emergency.part import PART as EMERGENCY
from tests.simulation.domains.meals.part import PART as MEALS
from tests.simulation.domains.port import SimDomain

SIMULATED: dict[str, SimDomain] = {part.name: part for part in (MEALS, BEDS, EMERGENCY, CHILDCARE)}
