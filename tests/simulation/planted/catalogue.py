"""All planted mistakes by name."""

from tests.simulation.planted import carrying, core, rules
from tests.simulation.planted.kind import Planted

PLANTED: dict[str, Planted] = {one.name: one for one in (*core.MISTAKES, *rules.MISTAKES, *carrying.MISTAKES)}
