"""Who must hear of a decision: facts become notifications with deterministic ids, handed to a notifier at least once (E07).

A notification carries coded values and opaque ids only; whoever delivers it looks the person up in the registry.
"""

import asyncio
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import orjson

from agents.shared.ids import derived_id
from schemas.decisions import Decision
from schemas.facts import Fact
from schemas.journal import instant

HEARD: dict[str, str] = {
    "task.opened.v1": "operator",
    "meals.order.assigned.v1": "person",
    "meals.order.reassigned.v1": "person",
    "meals.order.refused.v1": "person",
    "meals.order.cancelled.v1": "person",
    "meals.order.unplaced.v1": "operator",
    "meals.order.welfare_check_due.v1": "operator",
    "meals.slot.overcommitted.v1": "provider",
    "meals.kitchen.counted.v1": "provider",
}
"""Fact type to who hears of it. The only place that says so."""

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
CODED = ("kind", "reason", "cause", "owner", "about", "date", "meal", "portions", "attempts", "result")
"""Besides ids, the fields of a fact that a notification shows: codes and counts, never a position or free text."""


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


def notifications_of(domain: str, partition: int, seq: int, decision: Decision) -> list[Notification]:
    """What this decision gives to tell; empty for most."""
    found: list[Notification] = []
    for number, reasoned in enumerate(decision.facts):
        audience = HEARD.get(reasoned.fact.type)
        if audience is None:
            continue
        # Partition and seq name a valid journal record for ever; the event's id and the place name the fact in it.
        identity = derived_id("ntf", domain, str(partition), str(seq), decision.event_id, str(number))
        data = _shown(reasoned.fact)
        found.append(
            Notification(identity, audience, reasoned.fact.type, decision.area, decision.event_id, instant(decision.time_ms), data)
        )
    return found


def _shown(fact: Fact) -> dict[str, object]:
    shown = {name: value for name, value in fact.__dict__.items() if (name.endswith("_id") or name in CODED) and value is not None}
    # An operator's reason is free text, a refusal's is a code: only a code may leave the journal.
    if not _CODE.fullmatch(str(shown.get("reason", "a"))):
        del shown["reason"]
    return shown
