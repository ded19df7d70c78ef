"""Which journal records count, as a table."""

import pytest

from schemas.journal import Clock, Decided, Failed, JournalRecord, Opened
from streams.validity import Validity

OPENED = Opened("w", Clock.WALL)


def decided(epoch: int, seq: int, source_offset: int) -> Decided:
    return Decided(epoch, seq, 0, source_offset, ())


CASES: dict[str, tuple[list[JournalRecord], list[bool]]] = {
    "nothing counts before an epoch": ([decided(5, 1, 0), OPENED, decided(1, 1, 0)], [False, True, True]),
    "a former owner is not believed after its successor opened": (
        [OPENED, decided(0, 1, 0), OPENED, decided(0, 2, 1), decided(2, 2, 1)], [True, True, True, False, True]
    ),
    "a lost record makes all that follow it void": (
        [OPENED, decided(0, 1, 0), decided(0, 3, 2), decided(0, 4, 3)], [True, True, False, False]
    ),
    "a doubled record counts once": ([OPENED, decided(0, 1, 0), decided(0, 1, 0)], [True, True, False]),
    "an input is answered once": ([OPENED, decided(0, 1, 4), decided(0, 2, 4)], [True, True, False]),
    "seq goes on over epochs": ([OPENED, decided(0, 1, 0), OPENED, decided(2, 1, 1), decided(2, 2, 1)], [True, True, True, False, True]),
    "only the owner can have failed": ([OPENED, OPENED, Failed(0, 0, 3, "E"), Failed(1, 0, 3, "E")], [True, True, False, True]),
    "input offsets may skip what the log does not hold": ([OPENED, decided(0, 1, 0), decided(0, 2, 9)], [True, True, True]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_record_counts_only_by_the_rule(name: str) -> None:
    records, expected = CASES[name]
    judge = Validity()
    assert [judge.accept(offset, record) for offset, record in enumerate(records)] == expected
