"""A line of keys in order: who is first, and how many are ahead of whom, whatever its length.

Chunks of bounded size, so that joining and leaving move a few hundred references, not the whole line; measured at 50,000 keys.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator

CHUNK_MAX = 512


class Line:
    """Distinct keys in ascending order. Keys are strings made to sort as the order says: comparing them is one `memcmp`."""

    __slots__ = ("_chunks", "_ends", "_length")

    def __init__(self) -> None:
        self._chunks: list[list[str]] = []
        self._ends: list[str] = []
        """The last key of each chunk."""
        self._length = 0

    @classmethod
    def of(cls, keys: list[str]) -> "Line":
        """The line of distinct keys that are already in order: far cheaper than taking them in one by one."""
        line = cls()
        size = CHUNK_MAX // 2
        line._chunks = [keys[start : start + size] for start in range(0, len(keys), size)]
        line._ends = [chunk[-1] for chunk in line._chunks]
        line._length = len(keys)
        return line

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        for chunk in self._chunks:
            yield from chunk

    def first(self) -> str | None:
        """The smallest key, or None."""
        return self._chunks[0][0] if self._chunks else None

    def after(self, key: str) -> str | None:
        """The smallest key greater than this one, which need not be here."""
        chunks = self._chunks
        number = bisect_left(self._ends, key)
        if number == len(chunks):
            return None
        chunk = chunks[number]
        place = bisect_left(chunk, key)
        if chunk[place] == key:
            place += 1
        if place < len(chunk):
            return chunk[place]
        return chunks[number + 1][0] if number + 1 < len(chunks) else None

    def add(self, key: str) -> None:
        """Take a key in; it is not here yet."""
        self._length += 1
        chunks, ends = self._chunks, self._ends
        if not chunks:
            chunks.append([key])
            ends.append(key)
            return
        number = min(bisect_left(ends, key), len(chunks) - 1)
        chunk = chunks[number]
        insort(chunk, key)
        ends[number] = chunk[-1]
        if len(chunk) > CHUNK_MAX:
            half = len(chunk) // 2
            chunks.insert(number + 1, chunk[half:])
            del chunk[half:]
            ends[number] = chunk[-1]
            ends.insert(number + 1, chunks[number + 1][-1])

    def remove(self, key: str) -> None:
        """Take a key out; it is here."""
        chunks, ends = self._chunks, self._ends
        number = bisect_left(ends, key)
        chunk = chunks[number]
        place = bisect_left(chunk, key)
        assert chunk[place] == key, "only who is in line can leave it"
        del chunk[place]
        self._length -= 1
        if chunk:
            ends[number] = chunk[-1]
        else:
            del chunks[number], ends[number]

    def ahead_of(self, key: str) -> int:
        """How many keys are smaller than this one, which need not be here."""
        ends = self._ends
        # Most lines lie wholly ahead of a key or wholly behind it (another class): two comparisons say so.
        if not ends or ends[-1] < key:
            return self._length
        if self._chunks[0][0] >= key:
            return 0
        number = bisect_left(ends, key)
        return sum(map(len, self._chunks[:number])) + bisect_left(self._chunks[number], key)
