"""Calls as they come in, before anything is decided: what operators see at once, whatever becomes of log, disk or worker.

A press leaves the list when its decision is read in the journal; from then on it stands in the queue of incidents.
"""

import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.drill import is_drill
from schemas.emergency_mending import REVIEW_MAX

PRESSES_MAX = 20_000
SHOWN_MAX = 30
UNREAD_SHOWN_MAX = 20


@dataclass(slots=True)
class Press:
    """One call that is not decided yet. ``status``: received, recorded (in the log), spooled (on disk), memory (on neither)."""

    event_id: str
    call_id: str
    area: str
    channel: str
    device_id: str | None
    person_id: str | None
    received_s: float
    status: str = "received"
    needs_review: tuple[str, ...] = ()

    def body(self) -> dict[str, Any]:
        """As operators are shown it: opaque ids and codes."""
        return {
            "event_id": self.event_id, "call_id": self.call_id, "area": self.area, "channel": self.channel, "device_id": self.device_id,
            "person_id": self.person_id, "age_s": round(time.time() - self.received_s, 1), "status": self.status,
            "needs_review": list(self.needs_review),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unread:
    """What came in for an emergency and nobody could read: somebody may have called for help unheard. ``place`` is partition and offset
    of the input record; None when it came over HTTP and was answered with an error."""

    reason: str
    event_id: str | None
    place: tuple[int, int] | None
    seen_s: float

    def body(self) -> dict[str, Any]:
        """As operators are shown it."""
        place = None if self.place is None else {"partition": self.place[0], "offset": self.place[1]}
        return {"reason": self.reason, "event_id": self.event_id, "place": place, "age_s": round(time.time() - self.seen_s, 1)}


class Presses:
    """The list. ``wake`` is called whenever it changed."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._presses: OrderedDict[str, Press] = OrderedDict()
        self.seen = 0
        self.unread = 0
        self._unread: deque[Unread] = deque(maxlen=UNREAD_SHOWN_MAX)

    def __len__(self) -> int:
        return len(self._presses)

    def show(self, event_id: str, area: str, value: bytes) -> None:
        """A call has come in; nothing about its body can keep it from being shown."""
        if is_drill(area):
            # A drill proves the chain; nobody is to run for it.
            return
        data = orjson.loads(value).get("data")
        known = data if isinstance(data, dict) else {}
        self.seen += 1
        if event_id not in self._presses:
            self._presses[event_id] = Press(
                event_id, _word(known.get("call_id")) or event_id, area, _word(known.get("channel")) or "unknown",
                _word(known.get("device_id")), _word(known.get("person_id")), time.time(), needs_review=_codes(known.get("needs_review")),
            )  # fmt: skip
        while len(self._presses) > PRESSES_MAX:
            self._presses.popitem(last=False)
        self._wake()

    def mark(self, event_ids: list[str], status: str) -> None:
        """How these stand now."""
        for event_id in event_ids:
            press = self._presses.get(event_id)
            if press is not None:
                press.status = status
        self._wake()

    def settled(self, event_id: str) -> None:
        """Its decision is known, or the log set it aside."""
        if self._presses.pop(event_id, None) is not None:
            self._wake()

    def not_read(self, reason: str, event_id: str | None, place: tuple[int, int] | None) -> None:
        """Something for an emergency could not be read: operators are to look (reliability page, section 5)."""
        self.unread += 1
        self._unread.append(Unread(reason, event_id, place, time.time()))
        self._wake()

    def body(self) -> dict[str, Any]:
        """How many wait, and the oldest of them; what could not be read since this gateway began, and the newest of it."""
        oldest = [press.body() for _, press in zip(range(SHOWN_MAX), self._presses.values(), strict=False)]
        kept = sum(press.status in ("spooled", "memory") for press in self._presses.values())
        unread = {"count": self.unread, "newest": [one.body() for one in reversed(self._unread)]}
        return {"waiting": len(self._presses), "not_in_log": kept, "seen": self.seen, "oldest": oldest, "unread": unread}


def _word(value: object) -> str | None:
    return value[:64] if isinstance(value, str) and value else None


def _codes(value: object) -> tuple[str, ...]:
    """Codes of what a human should look at; anything else that stands there is not repeated."""
    return tuple(one for one in value if isinstance(one, str) and _CODE.fullmatch(one))[:REVIEW_MAX] if isinstance(value, list) else ()


_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
