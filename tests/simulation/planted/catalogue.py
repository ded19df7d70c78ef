"""All planted mistakes by name: of the core, of the carrying, and of every simulated domain."""

from tests.simulation.domains.registry import SIMULATED
from tests.simulation.planted import carrying, core
from tests.simulation.planted.kind import Planted

_ALL = (*core.MISTAKES, *carrying.MISTAKES, *(mistake for part in SIMULATED.values() for mistake in part.mistakes))
PLANTED: dict[str, Planted] = {one.name: one for one in _ALL}

assert len(PLANTED) == len(_ALL), "two mistakes of one name"
