"""Travel by mode: how long a way takes whom, and places in the order of that time.

Estimated travel time is the great circle times a detour factor, over the speed of the mode (design, section 5, "Nearest").
"""

from collections.abc import Iterable, Iterator
from heapq import merge
from typing import NamedTuple, TypeVar

from agents.shared.nearest import Grid, Place, Point

L = TypeVar("L", bound=Place)


class Way(NamedTuple):
    """How one kind of provider moves: ``speed_cm_s`` in centimetres a second; a position older than ``fix_age_ms_max`` is not
    where it is."""

    mode: str
    speed_cm_s: int
    fix_age_ms_max: int


class Travel:
    """The ways of every kind, by policy. A kind that policy does not know goes the ``other`` way."""

    __slots__ = ("detour_percent", "other", "ways")

    def __init__(self, detour_percent: int, ways: dict[str, Way], other: Way) -> None:
        self.detour_percent = detour_percent
        self.ways = ways
        self.other = other

    def way(self, kind: str) -> Way:
        """The way of this kind."""
        return self.ways.get(kind, self.other)

    def travel_s(self, kind: str, distance_m: int) -> int:
        """Estimated seconds on the way, rounded up."""
        return -(-distance_m * self.detour_percent // self.way(kind).speed_cm_s)

    def soonest_first(self, grids: Iterable[tuple[str, Grid[L]]], point: Point, within_m: int) -> Iterator[tuple[int, int, str, L]]:
        """Places of several grids, each of one kind, as (travel in seconds, distance in metres, id, place), in that order.

        Exact: within one kind time rises with distance, so the grids' own orders are merged.
        """
        streams = [self._timed(kind, grid, point, within_m) for kind, grid in grids]
        return iter(streams[0]) if len(streams) == 1 else merge(*streams, key=_order)

    def _timed(self, kind: str, grid: Grid[L], point: Point, within_m: int) -> Iterator[tuple[int, int, str, L]]:
        percent, speed_cm_s = self.detour_percent, self.way(kind).speed_cm_s
        for distance_m, place_id, place in grid.nearest_first(point, within_m):
            yield -(-distance_m * percent // speed_cm_s), distance_m, place_id, place


def _order(entry: tuple[int, int, str, L]) -> tuple[int, int, str]:
    return entry[:3]
