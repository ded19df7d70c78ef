"""A check of invariants on a journal as it grows, beside the auditor's own book. Handed in: the independent checkers live in `infra`."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from streams.auditor.domain import Condition
from streams.tail import Judged


class LiveCheck(Protocol):
    """Judges one domain's journal. State is only what the journal says: a restarted auditor reads it again."""

    @property
    def judged(self) -> int:
        """How many things it has judged so far."""

    def take(self, records: Sequence[Judged]) -> None:
        """The next records, in the order of each partition. Called in a thread; nothing else is asked meanwhile but `judged`."""

    def conditions(self) -> Iterable[Condition]:
        """What is wrong as of the last records taken, of the kinds that live checks judge (`UNFAIR`, `DUPLICATE_PERSON`)."""
