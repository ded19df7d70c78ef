"""The rows are the fold of the journal, however it is cut, replayed or rebuilt (L02, L05)."""

from dataclasses import replace

import pytest

from streams.memory import MemoryJournal
from tests.streams.projections.oracle import Oracle
from tests.streams.projections.running import QUICK, project
from tests.streams.projections.story import Story
from tests.streams.projections.tables import assert_tables_are, dump

pytestmark = pytest.mark.stack


def _oracle(journal: MemoryJournal) -> Oracle:
    return Oracle([[entry.value or b"" for entry in journal.entries(p)] for p in range(journal.partitions)])


@pytest.mark.parametrize("seed", range(4))
async def test_tables_equal_a_naive_fold_of_the_journal_at_every_stop(database: str, seed: int) -> None:
    journal = MemoryJournal(2)
    story = Story(seed, journal)
    pace = replace(QUICK, decisions_max=1 + 30 * seed)
    for _ in range(3):
        story.tell(60)
        await project(database, journal, pace)
        oracle = _oracle(journal)
        assert (
            min(len(oracle.orders), len(oracle.guests), len(oracle.tasks), len(oracle.standing), len(oracle.echoes), len(oracle.owners)) > 2
        )
        await assert_tables_are(oracle, database)


async def test_the_same_journal_gives_the_same_tables_in_one_go_in_pieces_and_rebuilt(database: str) -> None:
    journal = MemoryJournal(2)
    Story(11, journal).tell(150)
    await project(database, journal, replace(QUICK, decisions_max=10**6))
    in_one_go = await dump(database)
    assert all(lines for lines in in_one_go.values())
    await project(database, journal, replace(QUICK, decisions_max=1, records_max=3), rebuild=True)
    assert await dump(database) == in_one_go
    await project(database, journal, rebuild=True)
    assert await dump(database) == in_one_go


async def test_following_again_from_the_end_changes_nothing(database: str) -> None:
    journal = MemoryJournal(1)
    Story(12, journal).tell(20)
    await project(database, journal)
    before = await dump(database)
    await project(database, journal)
    assert await dump(database) == before
