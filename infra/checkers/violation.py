"""What a checker answers."""

from typing import NamedTuple


class Violation(NamedTuple):
    """One breach: which invariant, where (topic partition and offset, when it has a place), and a sentence for a person."""

    invariant: str
    sentence: str
    partition: int | None = None
    offset: int | None = None

    def line(self) -> str:
        """As a report shows it."""
        place = "" if self.partition is None else f" [{self.partition}@{self.offset}]"
        return f"{self.invariant}{place} {self.sentence}"
