"""Ways through a synthetic street grid: along the parallels first, then along the meridians, from crossing to crossing."""

import math
from random import Random

from infra.scenario.population import METRES_PER_DEGREE

BLOCK_M = 150.0
"""Between two crossings; assumed."""

Spot = tuple[float, float]
"""Latitude and longitude."""


def _per_lon(lat: float) -> float:
    return METRES_PER_DEGREE * math.cos(math.radians(lat))


def way_m(start: Spot, end: Spot) -> float:
    """Metres along the grid."""
    return abs(end[1] - start[1]) * _per_lon(start[0]) + abs(end[0] - start[0]) * METRES_PER_DEGREE


def along(start: Spot, end: Spot, metres: float) -> Spot:
    """Where somebody is who has gone so many metres of the way."""
    east_m = (end[1] - start[1]) * _per_lon(start[0])
    if metres < abs(east_m):
        return start[0], round(start[1] + math.copysign(metres, east_m) / _per_lon(start[0]), 6)
    north_m = (end[0] - start[0]) * METRES_PER_DEGREE
    rest = min(metres - abs(east_m), abs(north_m))
    return round(start[0] + math.copysign(rest, north_m) / METRES_PER_DEGREE, 6), end[1]


def crossing_near(draw: Random, around: Spot, reach_m: float) -> Spot:
    """A crossing somewhere near."""
    blocks = max(1, int(reach_m / BLOCK_M))
    north, east = draw.randrange(-blocks, blocks + 1), draw.randrange(-blocks, blocks + 1)
    lat = around[0] + north * BLOCK_M / METRES_PER_DEGREE
    return round(lat, 6), round(around[1] + east * BLOCK_M / _per_lon(lat), 6)
