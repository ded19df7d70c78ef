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

from array import array
from collections.abc import Iterable, Iterator
from itertools import repeat
from math import asin, cos, dist, floor, radians, sin, sqrt
from struct import Struct
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
WIDE = 3
"""Cells along the side of a wide cell: who has to look beyond the block around its own cell finds some sixty places more at once."""
SCAN_ALL_MAX = 32
"""Up to so many places it is cheaper to look at all of them than at empty cells."""
MIDDLE_CELLS_MAX = 1 << 11
"""A settled grid of so few cells, a district, takes the wide block in two parts, which it keeps for every cell: an asker who looks
beyond the first block seldom needs all of ten times its places. A larger grid would put most parts together for one asker each."""
SHELLS_MAX = 1 << 14
"""What one grid keeps of blocks and rings put together; far more than a district asks for."""
LEAP_PLACES = 16
"""Rings are taken together until they hold so many places ..."""
LEAP_RINGS = 4
"""... or are so many: a ring at a time, an asker where little is would sort the few it waits for again and again."""
TIE = 1.6e-7
"""Chords of the unit sphere that differ by more belong to distances that differ by more than a metre."""
FAR = 3.0
"""Longer than any chord."""
SURE_M = 0.999 * CELL_M
"""Times the cosine of the latitude: nothing outside the block around an asker's cell is nearer, wherever in its cell the asker is."""
UNSURE_M = 1e-6
"""Metres worked out from a chord differ by less from those of `Point.distance_m`; so close to a half, that one decides."""
_each_spot = Struct("3d").iter_unpack


class Place:
    """A position on the unit sphere with an id. Subclasses add what is there."""

    __slots__ = ("across", "at", "cell", "lat", "lon", "place_id", "x", "y", "z")

    def __init__(self, place_id: str, lat: float, lon: float) -> None:
        self.place_id = place_id
        self.move(lat, lon)

    def move(self, lat: float, lon: float) -> None:
        """Set the position, in degrees. A place that a grid holds is taken out first."""
        self.lat = lat
        self.lon = lon
        phi, lam = radians(lat), radians(lon)
        self.across = across = cos(phi)
        self.x = x = across * cos(lam)
        self.y = y = across * sin(lam)
        self.z = z = sin(phi)
        self.at = (x, y, z)
        self.cell = floor(lat / CELL_DEGREES) * ROW + floor(lon / CELL_DEGREES)


class Point(Place):
    """Who asks."""

    __slots__ = ()

    def __init__(self, lat: float, lon: float) -> None:
        self.place_id = ""
        self.move(lat, lon)

    def distance_m(self, place: Place) -> int:
        """Great-circle distance in whole metres."""
        dx = self.x - place.x
        dy = self.y - place.y
        dz = self.z - place.z
        return int(DIAMETER_M * asin(sqrt(dx * dx + dy * dy + dz * dz) * 0.5) + 0.5)


L = TypeVar("L", bound=Place)


class Cell(Generic[L]):
    """Places, and beside them where they are, packed: an asker runs through the positions and touches only the places it is given.
    Packed, because in a large area every float of its own costs a wait for memory."""

    __slots__ = ("places", "ring", "spots")

    def __init__(self) -> None:
        self.places: list[L] = []
        self.spots = array("d")
        self.ring = 0
        """Of rings put together: the last of them."""


class Grid(Generic[L]):
    """Places by cell. Adding, removing and asking cost nothing that grows with the number of places elsewhere.

    An asker first looks at the block of cells around its own, then at the block of wide cells around its own wide cell (of a small
    settled grid in two parts), then at the rings of wide cells around that. ``settled`` says that the grid is asked far
    more often than it changes: then the first block is kept ready for every cell, which costs memory for nine times the places and
    spares the walk through nine scattered cells.
    """

    __slots__ = ("_near", "_places", "_settled", "_shells", "_wide")

    def __init__(self, *, settled: bool = False) -> None:
        self._places: dict[str, L] = {}
        self._settled = settled
        self._near: dict[int, Cell[L]] = {}
        """What lies in a cell; of a settled grid, in the block around it."""
        self._wide: dict[int, Cell[L]] = {}
        self._shells: dict[tuple[int, int], Cell[L]] = {}
        """Blocks, and rings around blocks, put together when first asked for; emptied by every change."""

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, place_id: str) -> bool:
        return place_id in self._places

    def add(self, place: L) -> None:
        """Take in a place; it does not move while it is here."""
        assert place.place_id not in self._places
        self._places[place.place_id] = place
        for near in _around(place.cell, 1) if self._settled else (place.cell,):
            _put(self._near, near, place)
        _put(self._wide, _wide_cell(place), place)
        if self._shells:
            self._shells.clear()

    def remove(self, place: L) -> None:
        """Take a place out."""
        del self._places[place.place_id]
        for near in _around(place.cell, 1) if self._settled else (place.cell,):
            _take(self._near, near, place)
        _take(self._wide, _wide_cell(place), place)
        if self._shells:
            self._shells.clear()

    def nearest_first(self, point: Point, within_m: int) -> Iterator[tuple[int, str, L]]:
        """Every place not farther than `within_m`, as (distance in metres, id, place), in the order of (distance, id).

        Places wait in the order of their chords, so the metres are worked out only for those that are given out; where chords are
        so close that the metres may be equal, these and the ids decide. The grid must not change meanwhile.
        """
        count = len(self._places)
        found = self._near.get(point.cell) if self._settled and count > SCAN_ALL_MAX else self._first(point, count)
        if found is None:
            found = Cell()
        places = found.places
        chords = list(map(dist, _each_spot(found.spots), repeat(point.at)))
        # Most askers take one place, and the nearest is seldom as far as what may lie outside the block: for that one no order of
        # the places and no bound is worked out. Whatever is not plain is left to `_on`.
        sure_m = within_m + 1 if len(places) == count else min(within_m + 1, int(SURE_M * point.across) - 1)
        turn = 0
        in_order = sorted(chords)
        in_order.append(FAR)
        for chord in in_order:
            if chord == FAR or in_order[turn + 1] <= chord + TIE:
                break
            metres = DIAMETER_M * asin(chord * 0.5) + 0.5
            distance_m = int(metres)
            if distance_m >= sure_m or not UNSURE_M < metres - distance_m < 1 - UNSURE_M:
                break
            place = places[chords.index(chord)]
            yield distance_m, place.place_id, place
            turn += 1
        yield from self._on(point, within_m, places, chords, turn)

    def _on(self, point: Point, within_m: int, places: list[L], chords: list[float], turn: int) -> Iterator[tuple[int, str, L]]:
        """Go on after so many of the first block have been given out."""
        count = len(self._places)
        side, around, given = 1, 1, 0
        waiting = sorted(range(len(chords)), key=chords.__getitem__) if turn < len(chords) else []
        while True:
            seen_within_m = within_m + 1 if len(places) == count else min(within_m + 1, _bound_m(point, side, around))
            size = len(waiting)
            while turn < size:
                index = waiting[turn]
                chord = chords[index]
                if turn + 1 < size and chords[waiting[turn + 1]] <= chord + TIE:
                    _settle(point, places, chords, waiting, turn)
                    index = waiting[turn]
                    chord = chords[index]
                if given:  # from the first block, whose places come again in the wide one
                    given -= 1
                else:
                    metres = DIAMETER_M * asin(chord * 0.5) + 0.5
                    distance_m = int(metres)
                    if not UNSURE_M < metres - distance_m < 1 - UNSURE_M:
                        distance_m = point.distance_m(places[index])
                    if distance_m >= seen_within_m:
                        break
                    place = places[index]
                    yield distance_m, place.place_id, place
                turn += 1
            if seen_within_m > within_m:
                return
            if side < WIDE and self._settled and len(self._near) <= MIDDLE_CELLS_MAX:
                found = self._part(point, around)
                side, around = (1, 2) if around == 1 else (WIDE, WIDE)
            else:
                if side < WIDE:
                    places, chords, waiting, given, turn, around = [], [], [], turn, 0, 0
                found = self._shell(_wide_cell(point), around // WIDE + 1)
                side, around = WIDE, found.ring * WIDE
            if found.places:
                waiting = [*waiting[turn:], *range(len(places), len(places) + len(found.places))]
                places = places + found.places
                chords += map(dist, _each_spot(found.spots), repeat(point.at))
                waiting.sort(key=chords.__getitem__)
                turn = 0

    def _first(self, point: Point, count: int) -> Cell[L]:
        """The block of cells around the asker's, where none is ready; every place when these are few."""
        key = (point.cell, 0) if count > SCAN_ALL_MAX else (0, -1)
        block = self._shells.get(key)
        if block is None:
            block = self._new_shell(key)
            if count > SCAN_ALL_MAX:
                _gather(block, self._near, _around(point.cell, 1))
            else:
                for place in self._places.values():
                    block.places.append(place)
                    block.spots.extend(place.at)
        return block

    def _part(self, point: Point, around: int) -> Cell[L]:
        """What of the wide block lies around the block of three by three cells and in that of five by five (``around`` is 1), or beyond
        that one (2)."""
        key = (point.cell, -1 - around)
        part = self._shells.get(key)
        if part is None:
            wide = self._shell(_wide_cell(point), 1)
            inner, outer = set(_around(point.cell, 1)), set(_around(point.cell, 2))
            part = self._new_shell(key)
            for place in wide.places:
                if place.cell in outer if around == 1 else place.cell not in outer and place.cell not in inner:
                    part.places.append(place)
                    part.spots.extend(place.at)
        return part

    def _shell(self, wide: int, ring: int) -> Cell[L]:
        """What lies in the wide cells at this Chebyshev distance and as far on as makes a leap, or (1) not beyond it."""
        key = (wide, ring)
        shell = self._shells.get(key)
        if shell is None:
            shell = self._new_shell(key)
            for last in range(ring, ring + (LEAP_RINGS if ring > 1 else 1)):
                shell.ring = last
                _gather(shell, self._wide, _around(wide, last))
                if len(shell.places) >= LEAP_PLACES:
                    break
        return shell

    def _new_shell(self, key: tuple[int, int]) -> Cell[L]:
        if len(self._shells) >= SHELLS_MAX:
            self._shells.clear()
        shell: Cell[L] = Cell()
        self._shells[key] = shell
        return shell


def _wide_cell(place: Place) -> int:
    return floor(place.lat / CELL_DEGREES) // WIDE * ROW + floor(place.lon / CELL_DEGREES) // WIDE


def _put(cells: dict[int, Cell[L]], cell: int, place: L) -> None:
    found = cells.get(cell)
    if found is None:
        found = cells[cell] = Cell()
    found.spots.extend(place.at)
    found.places.append(place)


def _take(cells: dict[int, Cell[L]], cell: int, place: L) -> None:
    found = cells[cell]
    index = found.places.index(place)
    del found.places[index], found.spots[3 * index : 3 * index + 3]
    if not found.places:
        del cells[cell]


def _gather(shell: Cell[L], cells: dict[int, Cell[L]], wanted: Iterable[int]) -> None:
    spots, places = shell.spots, shell.places
    for cell in wanted:
        inside = cells.get(cell)
        if inside is not None:
            spots += inside.spots
            places += inside.places


def _around(cell: int, ring: int) -> list[int]:
    """The cells at exactly this Chebyshev distance; the whole block for the first ring."""
    if ring == 1:
        above, below = cell + ROW, cell - ROW
        return [below - 1, below, below + 1, cell - 1, cell, cell + 1, above - 1, above, above + 1]
    first, last = cell - ring * ROW, cell + ring * ROW
    sides = [side for row in range(first + ROW, last, ROW) for side in (row - ring, row + ring)]
    return [*range(first - ring, first + ring + 1), *sides, *range(last - ring, last + ring + 1)]


def _settle(point: Point, places: list[L], chords: list[float], waiting: list[int], turn: int) -> None:
    """Put those whose chords are as good as equal to that of the next in line in the order of (distance, id)."""
    end, limit = turn + 1, chords[waiting[turn]] + TIE
    while end < len(waiting) and chords[waiting[end]] <= limit:
        end += 1
    waiting[turn:end] = sorted(waiting[turn:end], key=lambda index: (point.distance_m(places[index]), places[index].place_id))


def _bound_m(point: Point, side: int, around: int) -> int:
    """Nothing outside what has been seen is nearer than this many metres: the cells (side 1) or wide cells (side `WIDE`) up to so many
    cells around that of the asker."""
    up, right = point.lat / CELL_DEGREES % side, point.lon / CELL_DEGREES % side
    to_parallel_m = CELL_M * ((up if 2 * up < side else side - up) + around)
    to_meridian_m = EARTH_RADIUS_M * point.across * sin(CELL_RADIANS * ((right if 2 * right < side else side - right) + around))
    return int(to_parallel_m if to_parallel_m < to_meridian_m else to_meridian_m) - 1
