"""The schedule: everything from the seed, a quarter of the draws empty, no kind left out, no two faults on one part."""

from itertools import pairwise

from tests.faults.catalogue import CATALOGUE, Draw, schedule
from tests.faults.fault import Scene

ONE = Scene(brokers=1, workers=2, session_timeout_s=6, long_s=60.0)
THREE = Scene(brokers=3, workers=2, session_timeout_s=6, long_s=300.0)


def shape(draws: list[Draw]) -> list[tuple[float, float, list[tuple[str, float, str]]]]:
    return [(d.at_s, d.lasts_s, [(f.name, f.lasts_s, repr(f.fault.describe())) for f in d.faults]) for d in draws]


def test_equal_seeds_give_equal_schedules_and_other_seeds_others() -> None:
    assert shape(schedule("7", 3600, THREE)) == shape(schedule("7", 3600, THREE))
    assert shape(schedule("7", 3600, THREE)) != shape(schedule("8", 3600, THREE))


def test_an_hour_draws_every_kind_and_leaves_a_quarter_of_the_draws_empty() -> None:
    draws = [schedule(f"hour-{number}", 3600, THREE) for number in range(10)]
    for one in draws:
        assert {fault.name for draw in one for fault in draw.faults} == set(CATALOGUE)
        assert all(20 <= draw.lasts_s <= 60 for draw in one[:-1])
    empty = sum(not draw.faults for one in draws for draw in one)
    assert 0.2 < empty / sum(map(len, draws)) < 0.3


def test_no_part_has_two_faults_at_one_time_and_none_outlasts_the_run() -> None:
    for number in range(20):
        for scene in (ONE, THREE):
            faults = [fault for draw in schedule(f"parts-{number}", 1200, scene) for fault in draw.faults]
            assert all(fault.at_s + fault.lasts_s <= 1200 for fault in faults)
            for part in {part for fault in faults for part in fault.fault.touches}:
                on_it = sorted((f.at_s, f.at_s + f.lasts_s) for f in faults if part in f.fault.touches)
                assert all(first[1] <= second[0] for first, second in pairwise(on_it)), part


def test_what_the_machine_does_not_allow_is_never_drawn() -> None:
    drawn = {fault.name for draw in schedule("without", 3600, ONE, missing={"clock-jumps"}) for fault in draw.faults}
    assert drawn == set(CATALOGUE) - {"clock-jumps"}
