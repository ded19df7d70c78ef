"""Deadlines: one instant for each key, in an order that no run can change. Nothing here fires; the core asks what is due."""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

SLACK = 64
"""Withdrawn entries the heap may keep beyond the number of live ones before it is rebuilt."""


class Deadlines:
    """A heap with lazy deletion. Two deadlines at the same instant come in the order of their keys."""

    __slots__ = ("_heap", "_when")

    def __init__(self) -> None:
        self._when: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._when)

    def __contains__(self, key: str) -> bool:
        return key in self._when

    def when(self, key: str) -> int | None:
        """When this key is due (milliseconds since the epoch), or None."""
        return self._when.get(key)

    def set(self, key: str, when_ms: int) -> None:
        """Set or move the one deadline of this key."""
        if self._when.get(key) == when_ms:
            return
        self._when[key] = when_ms
        heappush(self._heap, (when_ms, key))
        if len(self._heap) > 2 * len(self._when) + SLACK:
            self._heap = [(when, key) for key, when in self._when.items()]
            heapify(self._heap)

    def clear(self, key: str) -> None:
        """Withdraw the deadline of this key, if there is one."""
        self._when.pop(key, None)

    def first(self) -> tuple[int, str] | None:
        """The earliest live deadline and its key, or None."""
        heap, when = self._heap, self._when
        while heap:
            top = heap[0]
            if when.get(top[1]) == top[0]:
                return top
            heappop(heap)
        return None

    def due(self, now_ms: int) -> str | None:
        """The key of the earliest deadline that is not after `now_ms`, or None. It stays until it is cleared or moved."""
        heap = self._heap
        if not heap or heap[0][0] > now_ms:
            return None  # a withdrawn one lies not later than the first live one
        top = self.first()
        return top[1] if top is not None and top[0] <= now_ms else None

    def dump(self) -> Iterator[tuple[str, int]]:
        """Keys and instants, in the order they were first set."""
        yield from self._when.items()
