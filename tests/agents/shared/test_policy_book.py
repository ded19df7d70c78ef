"""The policy in force is what a list of versions, sorted anew each day, says; adoption in any order ends in the same book."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agents.shared.calendar import midnight_ms
from agents.shared.policy import DEFAULT_VERSION, PolicyBook

START = date(2026, 12, 20)


class Rules(BaseModel):
    """One parameter is enough."""

    places: int = 0


versions = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), max_size=12, unique_by=lambda pair: pair[0])
"""Number in the name, days after the start from which it is in force."""


def _adopt(book: PolicyBook[Rules], number: int, after: int, now_ms: int) -> None:
    book.adopt(f"v{number:02d}", (START + timedelta(days=after)).isoformat(), {"places": number + 1}, now_ms)


def _expected(adopted: list[tuple[int, int]], day: int) -> tuple[str, int]:
    begun = sorted((after, f"v{number:02d}", number + 1) for number, after in adopted if after <= day)
    return (begun[-1][1], begun[-1][2]) if begun else (DEFAULT_VERSION, 0)


@given(versions, st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_in_force_is_the_latest_start_then_the_higher_name_while_time_and_versions_come(
    told: list[tuple[int, int]], steps: list[int]
) -> None:
    book: PolicyBook[Rules] = PolicyBook(Rules)
    day = 0
    adopted: list[tuple[int, int]] = []
    for turn, step in enumerate(steps):
        day += step
        now_ms = midnight_ms(START + timedelta(days=day)) + turn
        found: Any = book.at(now_ms)
        assert (book.version, found.places) == _expected(adopted, day)
        if turn < len(told):
            _adopt(book, *told[turn], now_ms)
            adopted.append(told[turn])
            assert (book.version, book.at(now_ms).places) == _expected(adopted, day)
            assert book.holds(f"v{told[turn][0]:02d}")


@given(versions, st.randoms(use_true_random=False), st.integers(0, 35))
def test_versions_in_any_order_end_in_the_same_one(told: list[tuple[int, int]], draw: Any, day: int) -> None:
    now_ms = midnight_ms(START + timedelta(days=day))
    found = set()
    for _ in range(3):
        draw.shuffle(told)
        book: PolicyBook[Rules] = PolicyBook(Rules)
        for number, after in told:
            _adopt(book, number, after, now_ms)
        found.add((book.version, book.at(now_ms).places))
    assert found == {_expected(told, day)}
