"""The client's own log (C): what was sent, and what became of it. The checkers believe it and the broker, nobody else.

JSON lines, two a record: one before it is sent, one when its fate is known. A record without the second line is unknown:
it may or may not have arrived, as after a client's crash.
"""

import base64
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import orjson

from infra.scenario.packets import Packet


class SentLog:
    """Writes the log; as a context manager it closes the file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = path.open("wb")
        self._number = 0

    def sending(self, packet: Packet, *, partition: int | None, sent_at_ms: int) -> int:
        """Note a record before its first attempt; returns its number."""
        self._number += 1
        line: dict[str, object] = {
            "record": self._number,
            "via": "http" if packet.http else "kafka",
            "domain": packet.domain,
            "key": packet.area,
            "partition": partition,
            "played_at_ms": packet.at_ms,
            "sent_at_ms": sent_at_ms,
            "kinds": [item.kind for item in packet.items],
        }
        if packet.items[0].raw is not None:
            line["raw"] = base64.b64encode(packet.items[0].raw).decode()
        else:
            line["events"] = [item.event for item in packet.items]
        self._write(line)
        return self._number

    def settled(self, number: int, *, outcome: str, attempts: int, offset: int | None = None, refused: tuple[str, ...] = ()) -> None:
        """Note a record's fate: ``acked`` (durable), ``refused`` (never taken), or ``unknown``.

        ``refused`` names the ids of a mixed answer that were not taken although the others were.
        """
        self._write({"record": number, "outcome": outcome, "attempts": attempts, "offset": offset, "refused": list(refused)})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def _write(self, line: dict[str, object]) -> None:
        self._file.write(orjson.dumps(line) + b"\n")
        self._file.flush()
