"""The way in that is never closed: calls for help go to the log, else to the disk, else they stand before the operators all the same.

What a domain's door names as ``never_refused`` is taken here: shown at once, recorded as every event when the log confirms soon;
otherwise spooled, answered as ``spooled``, and sent in order, under the same ids, when the log is back.
"""

import asyncio
import logging

import orjson

from infra.gateway.carrier import Carrier, NotRecorded
from infra.gateway.intake import Taken
from infra.gateway.presses import Presses
from infra.gateway.problems import Problem, Trouble
from infra.gateway.spool import Spool
from infra.telemetry.metrics import Metrics

PATIENCE_S = 1.0
"""How long the log may take to confirm a call before it goes to the disk. What is in flight then may still arrive: same id, a repeat."""
SEND_S_MAX = 5.0
PAUSE_S = 0.25
TOGETHER_MAX = 200

log = logging.getLogger("laoxiao.gateway")


class Calls:
    """Takes the calls of one domain. `forward` runs beside the server."""

    def __init__(self, types: frozenset[str], carrier: Carrier, spool: Spool, presses: Presses, metrics: Metrics) -> None:
        self._types = types
        self._carrier = carrier
        self._metrics = metrics
        self.spool = spool
        self.presses = presses

    def open(self) -> None:
        """Take up what an earlier process left on disk; operators see it at once. Raises `SpoolTaken`."""
        for entry in self.spool.open():
            if orjson.loads(entry.value)["type"] in self._types:
                self.presses.show(entry.event_id, entry.area, entry.value)
                self.presses.mark([entry.event_id], "spooled")

    def not_read(self, code: str, event_id: str | None, event_type: str | None) -> None:
        """Something was refused at the door. When it was to be a call, operators are told: somebody may need help."""
        if event_type in self._types:
            log.critical("a call for help could not be read: %s", code)
            self.presses.not_read(code, event_id, None)

    def takes(self, one: Taken) -> bool:
        """Whether this event may not be refused."""
        return one.received.event.type in self._types

    async def record(self, taken: list[Taken], played_at_ms: int | None) -> frozenset[str]:
        """Calls, and what was sent with them: the ids that were spooled. All others are in the log. Raises `Problem` 503
        ``call_not_kept`` when neither disk nor log took one: it is before the operators, and waits in memory for the log."""
        lanes: dict[tuple[str, str], list[tuple[str, bytes]]] = {}
        for one in taken:
            event = one.received.event
            if self.takes(one):
                self.presses.show(event.id, event.area, one.value)
            lanes.setdefault((one.domains[0], event.area), []).append((event.id, one.value))
        spooled: list[str] = []
        lost: list[str] = []
        for lane, events in lanes.items():
            ids = [event_id for event_id, _ in events]
            if await self._in_log(lane, events, played_at_ms):
                self.presses.mark(ids, "recorded")
            elif await self.spool.keep(lane, events, played_at_ms):
                self.presses.mark(ids, "spooled")
                self._metrics.named("laoxiao_gateway_spooled_total").alone().inc(len(ids))
                spooled += ids
            else:
                self.presses.mark(ids, "memory")
                self._metrics.named("laoxiao_gateway_spool_failed_total").alone().inc(len(ids))
                lost += ids
        if lost:
            raise Problem(503, Trouble.CALL_NOT_KEPT, extra={"shown_to_operators": True, "ids": lost[:10]}, headers={"Retry-After": "1"})
        return frozenset(spooled)

    async def _in_log(self, lane: tuple[str, str], events: list[tuple[str, bytes]], played_at_ms: int | None) -> bool:
        if self.spool.waiting:
            # The order of calls is the order of presses: none overtakes those that wait.
            return False
        try:
            await self._carrier.record(*lane, [value for _, value in events], PATIENCE_S, played_at_ms)
        except NotRecorded:
            return False
        return True

    async def forward(self) -> None:
        """Send what waits, oldest first, for ever."""
        while True:
            await self.spool.news.wait()
            batch = self.spool.head(TOGETHER_MAX)
            first = batch[0]
            values = [entry.value for entry in batch]
            try:
                await self._carrier.record(first.domain, first.area, values, SEND_S_MAX, first.played_at_ms)
            except NotRecorded:
                await asyncio.sleep(PAUSE_S)
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, calls go on being sent
                log.critical("calls that wait cannot be sent: %s", type(error).__name__)
                await asyncio.sleep(SEND_S_MAX)
                continue
            self.spool.sent(len(batch))
            self.presses.mark([entry.event_id for entry in batch], "recorded")
            self._metrics.accepted.labels(domain=first.domain).inc(len(batch))
