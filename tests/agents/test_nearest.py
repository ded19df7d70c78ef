"""The grid gives exactly what looking at every place would, in the same order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.shared.nearest import CELL_DEGREES, SCAN_ALL_MAX, Grid, Place, Point

lattice = st.integers(-40, 40).map(lambda steps: steps * CELL_DEGREES / 4)
"""Quarter cells: many places lie on edges and corners, and many are equally far."""
anywhere = st.floats(-0.06, 0.06, allow_nan=False)
offset = st.one_of(lattice, anywhere)
few = st.lists(st.tuples(offset, offset), max_size=10)
many = st.lists(st.tuples(offset, offset), min_size=SCAN_ALL_MAX + 1, max_size=SCAN_ALL_MAX + 40)
"""Enough for the rings of cells to be walked."""
base = st.sampled_from(((31.23, 121.47), (30.6, 120.8), (31.95, 122.3)))


def brute(point: Point, places: list[Place], within_m: int) -> list[tuple[int, str]]:
    found = [(point.distance_m(place), place.place_id) for place in places]
    return sorted(pair for pair in found if pair[0] <= within_m)


@settings(max_examples=150, deadline=None)
@given(base, st.one_of(few, many, many), st.tuples(offset, offset), st.sampled_from((0, 400, 2_000, 12_000)), st.booleans())
def test_nearest_first_is_exactly_the_sorted_brute_force(
    origin: tuple[float, float], where: list[tuple[float, float]], asker: tuple[float, float], within_m: int, settled: bool
) -> None:
    places = [Place(f"p-{number:03d}", origin[0] + dlat, origin[1] + dlon) for number, (dlat, dlon) in enumerate(where)]
    grid: Grid[Place] = Grid(settled=settled)
    for place in places:
        grid.add(place)
    point = Point(origin[0] + asker[0], origin[1] + asker[1])
    assert [(distance_m, place_id) for distance_m, place_id, _ in grid.nearest_first(point, within_m)] == brute(point, places, within_m)


@settings(max_examples=40, deadline=None)
@given(many, offset, offset, st.data())
def test_it_stays_exact_while_places_come_and_go(where: list[tuple[float, float]], lat: float, lon: float, data: st.DataObject) -> None:
    places = [Place(f"p-{number:03d}", 31.2 + dlat, 121.4 + dlon) for number, (dlat, dlon) in enumerate(where)]
    grid: Grid[Place] = Grid(settled=data.draw(st.booleans()))
    present: list[Place] = []
    point = Point(31.2 + lat, 121.4 + lon)
    for place in places:
        grid.add(place)
        present.append(place)
        if data.draw(st.booleans()):
            gone = present.pop(data.draw(st.integers(0, len(present) - 1)))
            grid.remove(gone)
        found = next(((distance_m, place_id) for distance_m, place_id, _ in grid.nearest_first(point, 5_000)), None)
        assert found == next(iter(brute(point, present, 5_000)), None)
        assert len(grid) == len(present)


def test_the_distance_is_the_great_circle_s() -> None:
    people_s_square, lujiazui = Point(31.2304, 121.4737), Place("x", 31.2397, 121.4998)
    assert abs(people_s_square.distance_m(lujiazui) - 2_690) <= 5
