"""The drill: synthetic events that prove the whole chain while it runs, kept apart from everything real (reliability page, E12).

A drill's events carry all three marks: the reserved area, the source, and the channel ``system``. Who counts, lists or tells
people leaves the area out; who decides does not know of drills at all, since a drill that is treated otherwise proves nothing.
"""

DRILL_AREA = "000000"
"""No division of the country has this code: real ones begin with 11 (GB/T 2260)."""
DRILL_SOURCE = "/laoxiao/drill"
DRILL_SOURCES = ("/laoxiao/", "/clock/")
"""How the sources begin that may name the drill's area: drills, and what our own processes make of them (ticks, handovers).
From anybody else the area is a mistake, and an event in it would be seen by nobody."""
DRILL_ACTOR = "system:drill"
DRILL_CHANNEL = "system"


def is_drill(area: str) -> bool:
    """Whether this area is the drill's."""
    return area == DRILL_AREA
