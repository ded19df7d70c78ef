"""One thing to tell, and the channels that take it over."""

import asyncio
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import orjson


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing to tell. The same `id` comes again after a crash: whoever delivers it drops what was delivered."""

    id: str
    audience: str
    fact: str
    area: str
    event_id: str
    at: str
    data: dict[str, object]


class Notifier(Protocol):
    """A channel. `send` returns when every notification is safely taken over; an exception means none may be counted on."""

    async def send(self, notifications: list[Notification]) -> None:
        """Take over these notifications."""


class JsonLinesNotifier:
    """Appends to a file, one JSON object a line, and syncs: the channel of a deployment without others, and of tests."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, notifications: list[Notification]) -> None:
        """Append and sync; raises OSError when the disk does not take them."""
        lines = b"".join(orjson.dumps(asdict(one), option=orjson.OPT_APPEND_NEWLINE) for one in notifications)
        await asyncio.to_thread(self._append, lines)

    def _append(self, lines: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
