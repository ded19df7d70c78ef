"""The memory of answered event ids: what makes sending again safe (I03-I05)."""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from schemas.decisions import Outcome


class Answer(NamedTuple):
    """What was answered to an id, and until when it is kept in mind."""

    digest: bytes
    outcome: str
    reason: str | None
    answered_ms: int


class SeenIds:
    """Ids in the order they were answered, so that forgetting costs only what it forgets.

    The bound in time is policy and longer than any client's retry; the area's now never goes back, so the order of
    insertion is the order of time.
    """

    __slots__ = ("_answers", "_order")

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}
        # A dict alone would do, but taking its first key again and again costs what was deleted before it.
        self._order: deque[str] = deque()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, event_id: str) -> Answer | None:
        """The answer given to this id, or None when it was never seen or is forgotten."""
        return self._answers.get(event_id)

    def remember(self, event_id: str, digest: bytes, outcome: Outcome, reason: str | None, now_ms: int) -> None:
        """Keep an answer. An id is answered once: a second answer is a mistake of the caller."""
        if event_id in self._answers:
            raise ValueError("an id is remembered once")
        self._answers[event_id] = tuple.__new__(Answer, (digest, str(outcome), reason, now_ms))  # by its class it costs twice as much
        self._order.append(event_id)

    def forget(self, before_ms: int) -> None:
        """Drop every answer given before this instant."""
        answers, order = self._answers, self._order
        while order and answers[order[0]].answered_ms < before_ms:
            del answers[order.popleft()]

    def date(self, now_ms: int) -> None:
        """The area's first instant: what was answered before it knew any time was answered no earlier than now, not in 1970."""
        for event_id, answer in self._answers.items():
            if answer.answered_ms == 0:
                self._answers[event_id] = answer._replace(answered_ms=now_ms)

    def dump(self) -> Iterator[list[object]]:
        """Rows ``[id, digest hex, outcome, reason, answered_ms]``, oldest first."""
        for event_id, answer in self._answers.items():
            yield [event_id, answer.digest.hex(), answer.outcome, answer.reason, answer.answered_ms]

    def load(self, row: list[object]) -> None:
        """Take back one row of `dump`."""
        event_id, digest, outcome, reason, answered_ms = row
        self._answers[str(event_id)] = Answer(
            bytes.fromhex(str(digest)), str(outcome), None if reason is None else str(reason), int(str(answered_ms))
        )
        self._order.append(str(event_id))
