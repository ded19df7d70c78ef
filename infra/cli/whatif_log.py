"""What `laoxiao whatif` reads: everything that was sent to one area, as bytes, with what the crowd is learnt from.

A year of a district is some eighty thousand events: bytes of them fit in a tenth of the memory that their objects take, and each life
reads them once.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from agents.beds.counterfactual import Answered
from schemas.codec import Rejection, decode_event

DOMAIN = "beds"


class WhatifLog:
    """Events in order, one JSON line each: ``{"at_ms", "event", "refused", "offers": [[application, offer], ...]}``."""

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines

    @classmethod
    def of(cls, items: Iterable[Answered]) -> "WhatifLog":
        """The log of these."""
        return cls([_line(item) for item in items])

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Answered]:
        for line in self.lines:
            row = orjson.loads(line)
            item = decode_event(DOMAIN, row["event"], row["at_ms"])
            if isinstance(item, Rejection):
                raise ValueError(f"an event of a log was accepted once: {item.reason}")
            yield Answered(item._replace(received_at_ms=row["at_ms"]), row["refused"], tuple((one[0], one[1]) for one in row["offers"]))

    def save(self, path: Path) -> None:
        """Write it, a line an event."""
        path.write_bytes(b"".join(line + b"\n" for line in self.lines))

    @classmethod
    def load(cls, path: Path) -> "WhatifLog":
        """What `save` wrote."""
        with path.open("rb") as file:
            return cls([line.rstrip(b"\n") for line in file if line.strip()])


def _line(item: Answered) -> bytes:
    event = item.received.event.model_dump(mode="json", by_alias=True, exclude_none=True)
    return orjson.dumps({"at_ms": item.received.received_at_ms, "event": event, "refused": item.refused, "offers": item.offers})
