"""Who watches the watchman: the gateway listens for the auditor's heartbeat and says when it is missing.

A missing auditor does not make the gateway unready, since it serves as well as before; it is named in ``/readyz`` under
``watched``, in a metric, and once in the log.
"""

import asyncio
import logging
import time
from typing import Any

from streams.auditor.heartbeats import SILENT_S_MAX, HeartbeatEar

LISTEN_S = 1.0
PAUSE_S = 2.0

log = logging.getLogger("laoxiao.gateway")


class AuditorWatch:
    """How long the auditor has been silent. `follow` listens; `state` is what people are shown."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._started_s = time.monotonic()
        self._age_s: float | None = None
        self._told = False
        self._heard: dict[str, Any] = {}

    def silent_s(self) -> float:
        """Seconds since the last heartbeat; since the start of this gateway when none was ever heard."""
        return time.monotonic() - self._started_s if self._age_s is None else self._age_s

    def state(self) -> dict[str, Any]:
        """``ok``, ``silent`` or ``starting``, with the seconds, and what the last heartbeat said of each domain."""
        silent_s = self.silent_s()
        status = "silent" if silent_s > SILENT_S_MAX else "ok" if self._age_s is not None else "starting"
        return {"status": status, "silent_s": round(silent_s, 1), "domains": self._heard}

    async def follow(self) -> None:
        """Listen for ever, through outages of Kafka."""
        while True:
            try:
                async with HeartbeatEar(self._bootstrap) as ear:
                    while True:
                        await ear.listen(LISTEN_S)
                        self._hear(ear)
            except (Exception, asyncio.CancelledError) as error:  # Kafka may be away for any reason
                # A closing Kafka consumer lets the cancellation of its own fetch escape; only one that is meant for us ends this.
                task = asyncio.current_task()
                if isinstance(error, asyncio.CancelledError) and (task is None or task.cancelling() > 0):
                    raise
                log.warning("the auditor cannot be heard: %s", type(error).__name__)
                if self._age_s is not None:
                    self._age_s += PAUSE_S
                await asyncio.sleep(PAUSE_S)

    def _hear(self, ear: HeartbeatEar) -> None:
        self._age_s = ear.age_s()
        if ear.last is not None:
            self._heard = ear.last.domains
        silent = self.silent_s() > SILENT_S_MAX
        if silent and not self._told:
            log.error("the auditor is silent for %.0f s: nobody watches the agents", self.silent_s())
        elif self._told and not silent:
            log.info("the auditor is heard again")
        self._told = silent
