"""Every failure the simulator ever found, shrunk, replayed for ever.

A file of a planted mistake also proves itself: with the mistake in the code the plan fails as it did, without it the plan is clean.
"""

import pytest

from tests.simulation.engine import deterministic
from tests.simulation.hunting import judge
from tests.simulation.planted.catalogue import PLANTED
from tests.simulation.regressions import FOLDER, load

FILES = sorted(FOLDER.glob("*.json"))


def test_there_are_regressions_to_replay() -> None:
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_failure_found_once_stays_gone(path) -> None:  # type: ignore[no-untyped-def]  # parametrize gives a Path
    plan, body = load(path)
    with deterministic():
        judged = judge(plan)
        assert not judged.found, judged.found[0].line()
        if body["planted"] is not None:
            broken = judge(plan, PLANTED[body["planted"]])
            assert broken.found
            assert broken.found[0].invariant == body["invariant"]
