"""The owner's clock: posts `clock.ticked.v1` into an area's own partition when something there is due (design, section 5).

Only the log moves time: the tick's instant is what the broker stamps on it. So a deadline is looked for by two clocks: ours, and the
log's own, which is the area's now plus the time that has passed here since it was seen. A clock of ours that is behind delays nothing
in an area that has been heard of; one that is ahead makes a tick come too early; then the deadline is still there, and the tick is
posted again when the log's own clock says so, or after growing pauses.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import orjson
from aiokafka.errors import KafkaError

from agents.core import AreaState
from agents.shared.ids import derived_id
from schemas.journal import Clock, instant
from streams.owner import Carrying, OwnerState, PartitionOwner
from streams.ports import PLAYED_AT_HEADER
from streams.runtime import PartitionRuntime

S = TypeVar("S")
_log = logging.getLogger(__name__)

LOOK_S = 0.1
AGAIN_S_MIN = 0.25
AGAIN_S_MAX = 30.0


@dataclass(slots=True)
class _Posted:
    """The last tick of one area: for which deadline, at which input offset, and when the same may be tried again."""

    deadline_ms: int
    offset: int
    attempt: int
    again_s_min: float
    again_s: float


class OwnerClock(Generic[S]):
    """Ticks for the areas of one owned partition; at most one of an area is on its way."""

    def __init__(self, carrying: Carrying[S], owner: PartitionOwner[S], monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._c = carrying
        self._owner = owner
        self._monotonic_s = monotonic_s
        self._posted: dict[str, _Posted] = {}
        self._seen: dict[str, tuple[int, float]] = {}

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> int:
        """Post what is due now; returns how many ticks went out."""
        runtime = self._owner.runtime
        if self._owner.state is not OwnerState.LIVE or runtime is None:
            return 0
        due = [(area, deadline_ms) for area, deadline_ms in runtime.deadlines() if deadline_ms <= self._now_ms(area)]
        posted = 0
        for area, deadline_ms in due:
            posted += await self._post(runtime, area, deadline_ms)
        return posted

    def _now_ms(self, area: AreaState[S]) -> int:
        """Wall: the later of ours and the log's, since a deadline may pass without any event. Played: the area's own, which only
        records move."""
        if self._c.clock is not Clock.WALL:
            return area.now_ms
        return max(round(self._c.now_s() * 1000), self._log_now_ms(area))

    def _log_now_ms(self, area: AreaState[S]) -> int:
        """The area's now, moved on by what has passed here since it was first seen: no wall clock of ours is in it."""
        now_s = self._monotonic_s()
        seen_ms, seen_s = self._seen.get(area.area, (None, 0.0))
        if seen_ms != area.now_ms:
            self._seen[area.area] = (area.now_ms, now_s)
            return area.now_ms
        return area.now_ms + round((now_s - seen_s) * 1000)

    async def _post(self, runtime: PartitionRuntime[S], area: AreaState[S], deadline_ms: int) -> int:
        last = self._posted.get(area.area)
        attempt = 0
        if last is not None:
            if last.offset >= runtime.next_source_offset:
                return 0
            if last.deadline_ms == deadline_ms:
                now_s, due_by_the_log = self._monotonic_s(), self._log_now_ms(area) >= deadline_ms
                if now_s < (last.again_s_min if due_by_the_log else last.again_s):
                    return 0
                attempt = last.attempt + 1
        try:
            offset = await self._c.events.publish(
                area.area.encode(),
                tick(self._c.domain.name, area, deadline_ms, attempt),
                partition=runtime.partition,
                headers=self._headers(area),
            )
        except (KafkaError, OSError, TimeoutError) as error:
            _log.warning("%s[%d]: a tick could not be posted: %s", self._c.domain.name, runtime.partition, type(error).__name__)
            self._c.metrics.alarm(self._c.domain.name, "tick_not_posted")
            offset = -1
        pause_s = min(AGAIN_S_MAX, AGAIN_S_MIN * 2**attempt)
        now_s = self._monotonic_s()
        self._posted[area.area] = _Posted(deadline_ms, offset, min(attempt, 16), now_s + AGAIN_S_MIN, now_s + pause_s)
        return int(offset >= 0)

    def _headers(self, area: AreaState[S]) -> tuple[tuple[str, bytes], ...]:
        if self._c.clock is Clock.WALL:
            return ()
        return ((PLAYED_AT_HEADER, str(area.now_ms).encode()),)


def tick(domain: str, area: AreaState[S], deadline_ms: int, attempt: int) -> bytes:
    """The event, the same from whoever posts it: its id and time derive from the deadline."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": derived_id("tick", domain, area.area, str(deadline_ms), str(attempt)),
            "source": f"/clock/{domain}",
            "type": "clock.ticked.v1",
            "time": instant(deadline_ms),
            "area": area.area,
            "actor": "clock:owner",
            "data": {},
        }
    )
