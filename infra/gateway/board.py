"""What the gateway knows from the journal's tail: it answers those who wait, remembers a bounded while, and feeds live views.

Nothing here is the truth: the journal is, and PostgreSQL shows it. The memory bridges the moments in which the projection is
behind (L08, read your write).
"""

import asyncio
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from infra.gateway.intake import Taken
from infra.gateway.presses import Presses
from schemas.decisions import CoreReason, Decision
from schemas.journal import FORWARDED, Decided, decision_json
from streams.tail import Judged

MEMORY_BYTES_MAX = 32_000_000
"""Of remembered decisions: about fifteen thousand with their explanations."""
RECORDED_MAX = 50_000
"""Ids recorded here of which no decision has been seen yet."""
REQUESTS_MAX = 50_000
VIEWERS_MAX = 200
VIEW_DECISIONS_MAX = 40
"""Decisions one live view holds between two sends; more are counted, not kept."""


class Answer(NamedTuple):
    """What a waiter hears: a decision as JSON, or the reason why the record was set aside."""

    decision: dict[str, Any] | None
    set_aside: str | None = None


class Touched(NamedTuple):
    """The newest decision that touched a request, and where the journal holds it."""

    event_id: str
    partition: int
    next_offset: int


@dataclass(slots=True, eq=False)
class Viewer:
    """One open live view: a ring of decisions, not a queue, so that a slow client costs nothing but its own freshness."""

    area: str
    ring: deque[bytes] = field(default_factory=lambda: deque(maxlen=VIEW_DECISIONS_MAX))
    decided: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self) -> tuple[list[bytes], int]:
        """What came since the last call: the newest decisions, and how many there were in all."""
        out = list(self.ring), self.decided
        self.ring.clear()
        self.decided = 0
        self.news.clear()
        return out


class Board:
    """The gateway's view of one domain's journal. Used from one event loop only."""

    def __init__(
        self,
        domain: str,
        *,
        request_id_fields: tuple[str, ...] = (),
        memory_bytes_max: int = MEMORY_BYTES_MAX,
        viewers_max: int = VIEWERS_MAX,
    ) -> None:
        self.domain = domain
        self._request_id_fields = request_id_fields
        self._memory_bytes_max = memory_bytes_max
        self._viewers_max = viewers_max
        self._memory_bytes = 0
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._recorded: OrderedDict[str, None] = OrderedDict()
        self._requests: OrderedDict[str, Touched] = OrderedDict()
        self._waiting: dict[str, list[tuple[bytes, asyncio.Future[Answer]]]] = {}
        self._viewers: dict[str, set[Viewer]] = {}
        self.presses: Presses | None = None
        """Calls not decided yet, of a domain whose calls may not be refused."""
        self.next_offsets: dict[int, int] = {}
        self.polled_at_s = 0.0
        self.caught_up = False

    # The journal's side

    def polled(self, *, caught_up: bool) -> None:
        """The tail was read just now; `caught_up` when it had no more to give."""
        self.polled_at_s = time.monotonic()
        self.caught_up = caught_up

    def take(self, judged: Judged) -> None:
        """One journal record, valid or not, in order."""
        self.next_offsets[judged.partition] = judged.offset + 1
        record = judged.record
        if not judged.valid or not isinstance(record, Decided):
            return
        for decision in record.decisions:
            self._take_decision(decision, judged)
        for aside in record.set_aside:
            if self.presses is not None and aside.reason != FORWARDED:
                self.presses.not_read(aside.reason, aside.event_id, (record.source_partition, record.source_offset))
                if aside.event_id is not None:
                    self.presses.settled(aside.event_id)
            if aside.event_id is not None and aside.reason != FORWARDED:
                self._recorded.pop(aside.event_id, None)
                for _, future in self._waiting.get(aside.event_id, ()):
                    _settle(future, Answer(None, aside.reason))

    def _take_decision(self, decision: Decision, judged: Judged) -> None:
        event_id = decision.event_id
        self._recorded.pop(event_id, None)
        if self.presses is not None:
            self.presses.settled(event_id)
        if decision.event_type == "clock.ticked.v1" and not decision.facts:
            return
        encoded = orjson.dumps(decision_json(decision), default=_plain)
        first = not decision.repeat and decision.reason != CoreReason.CONFLICT
        if first and event_id not in self._memory:
            self._remember(event_id, encoded)
        waiting = self._waiting.get(event_id)
        if waiting:
            shown = self._memory.get(event_id, encoded) if decision.repeat else encoded
            for digest, future in waiting:
                if digest == decision.digest:
                    _settle(future, Answer(orjson.loads(shown)))
        for reasoned in decision.facts:
            for name in self._request_id_fields:
                request_id = getattr(reasoned.fact, name, None)
                if isinstance(request_id, str):
                    self._requests[request_id] = Touched(event_id, judged.partition, judged.offset + 1)
                    self._requests.move_to_end(request_id)
        while len(self._requests) > REQUESTS_MAX:
            self._requests.popitem(last=False)
        for viewer in self._viewers.get(decision.area, ()):
            viewer.ring.append(encoded)
            viewer.decided += 1
            viewer.news.set()

    def _remember(self, event_id: str, encoded: bytes) -> None:
        self._memory[event_id] = encoded
        self._memory_bytes += len(encoded)
        while self._memory_bytes > self._memory_bytes_max:
            _, dropped = self._memory.popitem(last=False)
            self._memory_bytes -= len(dropped)

    # The callers' side

    def expect(self, taken: Taken) -> "asyncio.Future[Answer]":
        """A future for the answer to exactly this body. Ask before recording, so that no answer can be missed."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(taken.received.event.id, []).append((taken.received.digest, future))
        return future

    def forget(self, taken: Taken, future: "asyncio.Future[Answer]") -> None:
        """The caller waits no longer."""
        event_id = taken.received.event.id
        left = [entry for entry in self._waiting.get(event_id, ()) if entry[1] is not future]
        if left:
            self._waiting[event_id] = left
        else:
            self._waiting.pop(event_id, None)

    def recorded(self, event_id: str) -> None:
        """The log holds this event; its decision has not been seen yet."""
        if event_id in self._memory:
            return
        self._recorded[event_id] = None
        while len(self._recorded) > RECORDED_MAX:
            self._recorded.popitem(last=False)

    def is_recorded(self, event_id: str) -> bool:
        """Whether this process recorded it and still waits for the decision."""
        return event_id in self._recorded

    def decision(self, event_id: str) -> dict[str, Any] | None:
        """The first decision of this id, while it is remembered."""
        encoded = self._memory.get(event_id)
        return None if encoded is None else orjson.loads(encoded)

    def touched(self, request_id: str) -> Touched | None:
        """The newest decision seen that touched this request."""
        return self._requests.get(request_id)

    def watch(self, area: str) -> Viewer | None:
        """A live view of one area; None when too many are open."""
        if sum(map(len, self._viewers.values())) >= self._viewers_max:
            return None
        viewer = Viewer(area)
        self._viewers.setdefault(area, set()).add(viewer)
        return viewer

    def wake(self) -> None:
        """Every live view has something new to show."""
        for viewers in self._viewers.values():
            for viewer in viewers:
                viewer.news.set()

    def unwatch(self, viewer: Viewer) -> None:
        """The live view is closed."""
        viewers = self._viewers[viewer.area]
        viewers.discard(viewer)
        if not viewers:
            del self._viewers[viewer.area]

    @property
    def viewers(self) -> int:
        """Open live views."""
        return sum(map(len, self._viewers.values()))

    @property
    def waiters(self) -> int:
        """Callers waiting for a decision."""
        return sum(map(len, self._waiting.values()))


def _settle(future: "asyncio.Future[Answer]", answer: Answer) -> None:
    if not future.done():
        future.set_result(answer)


def _plain(value: object) -> object:
    fields = getattr(value, "__dict__", None)
    if fields is None:
        raise TypeError(f"{type(value).__name__} does not belong in a decision")
    return fields
