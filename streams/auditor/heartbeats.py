"""Hearing the auditor: what others use to notice that it is gone. The newest heartbeat on the topic, and how old it is."""

import asyncio
import time
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.alarms import Heartbeat, decode_heartbeat
from schemas.topics import HEARTBEATS
from streams.kafka import partition_count, reader

SILENT_S_MAX = 20.0
"""Four heartbeats: an auditor not heard for so long is gone, and must be missed."""


class HeartbeatEar:
    """Reads the heartbeat topic, from its newest record on."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._consumer: AIOKafkaConsumer | None = None
        self.last: Heartbeat | None = None

    async def __aenter__(self) -> Self:
        self._consumer = reader(self._bootstrap, isolation_level="read_uncommitted")
        try:
            await self._consumer.start()
            places = [TopicPartition(HEARTBEATS, number) for number in range(await partition_count(self._consumer, HEARTBEATS))]
            async with asyncio.timeout(10):
                starts, ends = await self._consumer.beginning_offsets(places), await self._consumer.end_offsets(places)
            self._consumer.assign(places)
            for place in places:
                self._consumer.seek(place, max(starts[place], ends[place] - 1))
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    async def listen(self, wait_s: float) -> None:
        """Take in what has come within `wait_s`."""
        assert self._consumer is not None, "enter first"
        for rows in (await self._consumer.getmany(timeout_ms=max(1, round(wait_s * 1000)))).values():
            for row in rows:
                heard = decode_heartbeat(row.value)
                if self.last is None or heard.at_ms > self.last.at_ms:
                    self.last = heard

    def age_s(self) -> float | None:
        """Seconds since the last heartbeat by this machine's clock; None when none was ever heard."""
        return None if self.last is None else max(0.0, time.time() - self.last.at_ms / 1000)
