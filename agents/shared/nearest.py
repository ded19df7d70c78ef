"""The exact nearest places, one after the other, through a grid whose cost follows the density around the asker, not the
number of places.

Why our own grid and not H3: cells of equal latitude and longitude have a lower bound of distance that is two multiplications
and provable (below), their index is two integer divisions, and every position lies in one city, so neither poles nor the
antimeridian exist. H3's `grid_disk` needs a bound on cell size and distortion to be exact, and crosses into C for each ring.

Exactness. Distances are great-circle, rounded to whole metres; order is (distance, id), so there are no floating ties. After
the block of cells up to ring r around the asker's cell, a place not seen lies beyond a parallel or a meridian that bounds the
block. Great-circle distance to a parallel at Δφ is at least R·Δφ; to a meridian at Δλ it is R·asin(cos φ·sin Δλ), at least
R·cos φ·sin Δλ. Everything nearer than the smaller of these, less one metre for rounding, has been seen and may be given out.
"""

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from math import asin, cos, floor, radians, sin, sqrt
from typing import Generic, TypeVar

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG)."""
DIAMETER_M = 2 * EARTH_RADIUS_M
CELL_DEGREES = 1 / 200
"""About 556 m by 476 m in Shanghai: a few providers a cell at a district's density (100 in 37 km²)."""
CELL_RADIANS = radians(CELL_DEGREES)
CELL_M = EARTH_RADIUS_M * CELL_RADIANS
"""From one edge of a cell to the other, northwards."""
ROW = 1 << 20
"""Cells of one row: more than 360 degrees of them, so a cell is one integer."""
SCAN_ALL_MAX = 32
"""Up to so many places it is cheaper to look at all of them than at empty cells."""


class Place:
    """A position on the unit sphere with an id. Subclasses add what is there."""

    __slots__ = ("across", "cell", "lat", "lon", "place_id", "x", "y", "z")

    def __init__(self, place_id: str, lat: float, lon: float) -> None:
        self.place_id = place_id
        self.move(lat, lon)

    def move(self, lat: float, lon: float) -> None:
        """Set the position, in degrees. A place that a grid holds is taken out first."""
        self.lat = lat
        self.lon = lon
        phi, lam = radians(lat), radians(lon)
        across = cos(phi)
        self.across = across
        self.x = across * cos(lam)
        self.y = across * sin(lam)
        self.z = sin(phi)
        self.cell = floor(lat / CELL_DEGREES) * ROW + floor(lon / CELL_DEGREES)


class Point(Place):
    """Who asks."""

    __slots__ = ()

    def __init__(self, lat: float, lon: float) -> None:
        super().__init__("", lat, lon)

    def distance_m(self, place: Place) -> int:
        """Great-circle distance in whole metres."""
        dx = self.x - place.x
        dy = self.y - place.y
        dz = self.z - place.z
        return int(DIAMETER_M * asin(sqrt(dx * dx + dy * dy + dz * dz) * 0.5) + 0.5)


L = TypeVar("L", bound=Place)


class Grid(Generic[L]):
    """Places by cell. Adding, removing and asking cost nothing that grows with the number of places elsewhere."""

    __slots__ = ("_blocks", "_cells", "_places")

    def __init__(self) -> None:
        self._places: dict[str, L] = {}
        self._cells: dict[int, dict[str, L]] = {}
        self._blocks: dict[int, tuple[L, ...]] = {}
        """The nine cells around a cell, flattened when first asked for; emptied by every change."""

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, place_id: str) -> bool:
        return place_id in self._places

    def add(self, place: L) -> None:
        """Take in a place; it does not move while it is here."""
        assert place.place_id not in self._places
        self._places[place.place_id] = place
        self._cells.setdefault(place.cell, {})[place.place_id] = place
        if self._blocks:
            self._blocks.clear()

    def remove(self, place: L) -> None:
        """Take a place out."""
        del self._places[place.place_id]
        inside = self._cells[place.cell]
        del inside[place.place_id]
        if not inside:
            del self._cells[place.cell]
        if self._blocks:
            self._blocks.clear()

    def nearest_first(self, point: Point, within_m: int) -> Iterator[tuple[int, str, L]]:
        """Every place not farther than `within_m`, as (distance in metres, id, place), in the order of (distance, id)."""
        if len(self._places) <= SCAN_ALL_MAX:
            yield from sorted(_measured(point, self._places.values(), within_m))
            return
        waiting = _measured(point, self._block(point.cell), within_m)
        heapify(waiting)
        seen_within_m = _bound_m(point, 1)
        ring = 1
        while True:
            while waiting and waiting[0][0] < seen_within_m:
                yield heappop(waiting)
            if seen_within_m > within_m:
                break
            ring += 1
            for found in _measured(point, self._ring(point.cell, ring), within_m):
                heappush(waiting, found)
            seen_within_m = _bound_m(point, ring)
        while waiting:
            yield heappop(waiting)

    def _block(self, cell: int) -> tuple[L, ...]:
        block = self._blocks.get(cell)
        if block is None:
            around = (cell + row * ROW + column for row in (-1, 0, 1) for column in (-1, 0, 1))
            block = tuple(place for near in around for place in self._cells.get(near, {}).values())
            self._blocks[cell] = block
        return block

    def _ring(self, cell: int, ring: int) -> list[L]:
        """The places in the cells at exactly this Chebyshev distance."""
        cells = self._cells
        found: list[L] = []
        for row in range(-ring, ring + 1):
            step = 1 if row in (-ring, ring) else 2 * ring
            middle = cell + row * ROW
            for near in range(middle - ring, middle + ring + 1, step):
                if near in cells:
                    found.extend(cells[near].values())
        return found


def _measured(point: Point, places: Iterable[L], within_m: int) -> list[tuple[int, str, L]]:
    """Each place within reach with its distance; the loop is written out because it is the hottest of all."""
    x, y, z, twice = point.x, point.y, point.z, DIAMETER_M
    found = []
    for place in places:
        dx = x - place.x
        dy = y - place.y
        dz = z - place.z
        distance_m = int(twice * asin(sqrt(dx * dx + dy * dy + dz * dz) * 0.5) + 0.5)
        if distance_m <= within_m:
            found.append((distance_m, place.place_id, place))
    return found


def _bound_m(point: Point, ring: int) -> int:
    """Nothing outside the block up to this ring is nearer than this many metres."""
    lat, lon = point.lat / CELL_DEGREES, point.lon / CELL_DEGREES
    up, right = lat % 1, lon % 1
    to_parallel_m = CELL_M * ((up if up < 0.5 else 1 - up) + ring)
    to_meridian_m = EARTH_RADIUS_M * point.across * sin(CELL_RADIANS * ((right if right < 0.5 else 1 - right) + ring))
    return floor(min(to_parallel_m, to_meridian_m)) - 1
