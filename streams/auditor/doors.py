"""The ways in for drills, and the ways out for what the auditor says: Kafka here, HTTP and files in `infra`."""

import asyncio
import logging
from types import TracebackType
from typing import Any, Protocol, Self

import orjson
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.alarms import Alarm, Heartbeat, decode_alarm, encode
from schemas.drill import DRILL_AREA
from schemas.journal import Clock
from schemas.topics import ALARMS, HEARTBEATS, events_topic
from streams.auditor.drills import Drill
from streams.kafka import partition_count, producer, reader
from streams.partitioning import home_partition
from streams.ports import PLAYED_AT_HEADER

SEND_S_MAX = 10.0

_log = logging.getLogger("laoxiao.auditor")


class NotTaken(Exception):
    """A way in did not say that it holds the drill durably; `code` says why. It may hold it all the same."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Door(Protocol):
    """A way in. `send` returns once every event of the drill is durable, and raises `NotTaken` otherwise."""

    async def send(self, drill: Drill) -> None:
        """Send the whole story, in order."""


class Teller(Protocol):
    """Who tells people. `tell` returns when the alarms are safely taken over; at least once, the same id for the same state."""

    async def tell(self, alarms: list[Alarm]) -> None:
        """Take over these alarms."""


class Lines:
    """The auditor's own producer: drills straight into the log, alarms and heartbeats on their topics.

    Opened when first needed and again after an error, so that Kafka may be away when the auditor starts.
    """

    def __init__(self, bootstrap: str, clock: Clock) -> None:
        self._bootstrap = bootstrap
        self._clock = clock
        self._producer: AIOKafkaProducer | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._drop()

    async def send(self, drill: Drill) -> None:
        """`Door`: one record to the drill area's home. Played deployments take its time from the header, as the player's do."""
        topic = events_topic(drill.domain)
        headers = [("content-type", b"application/cloudevents-batch+json")]
        if self._clock is Clock.PLAYED:
            headers.append((PLAYED_AT_HEADER, str(drill.start_ms).encode()))
        try:
            async with asyncio.timeout(SEND_S_MAX):
                client = await self._open()
                home = home_partition(DRILL_AREA, await partition_count(client, topic))
                await client.send_and_wait(topic, orjson.dumps(drill.events), key=DRILL_AREA.encode(), partition=home, headers=headers)
        except (KafkaError, OSError, TimeoutError) as error:
            await self._drop()
            raise NotTaken(f"log: {type(error).__name__}") from error

    async def say(self, record: Alarm | Heartbeat) -> bool:
        """Write to the topic of its kind; False when Kafka did not take it, and the caller tries again later."""
        topic, key = (ALARMS, record.id) if isinstance(record, Alarm) else (HEARTBEATS, record.auditor)
        try:
            async with asyncio.timeout(SEND_S_MAX):
                client = await self._open()
                await client.send_and_wait(topic, encode(record), key=key.encode())
        except (KafkaError, OSError, TimeoutError) as error:
            _log.warning("%s is not taken: %s", topic, type(error).__name__)
            await self._drop()
            return False
        return True

    async def _open(self) -> AIOKafkaProducer:
        # Drills and alarms may want it at the same moment: one of two producers would be left open for ever.
        async with self._opening:
            if self._producer is None:
                client = producer(self._bootstrap)
                try:
                    await client.start()
                except BaseException:
                    await client.stop()
                    raise
                self._producer = client
            return self._producer

    async def _drop(self) -> None:
        client, self._producer = self._producer, None
        if client is not None:
            try:
                async with asyncio.timeout(SEND_S_MAX):
                    await client.stop()
            except (KafkaError, OSError, TimeoutError) as error:
                _log.warning("a producer did not stop cleanly: %s", type(error).__name__)


async def read_alarms(bootstrap: str) -> list[Alarm]:
    """Every alarm record still on the topic, oldest first. Raises what reading raises."""
    found: list[Alarm] = []
    client = reader(bootstrap)
    await client.start()
    try:
        places = [TopicPartition(ALARMS, number) for number in range(await partition_count(client, ALARMS))]
        ends = await client.end_offsets(places)
        starts = await client.beginning_offsets(places)
        client.assign(places)
        for place in places:
            client.seek(place, starts[place])
        while any([await client.position(place) < ends[place] for place in places]):
            rows: dict[Any, list[Any]] = await client.getmany(timeout_ms=500)
            found += [decode_alarm(row.value) for batch in rows.values() for row in batch]
    finally:
        await client.stop()
    return sorted(found, key=lambda alarm: (alarm.at_ms, not alarm.raised))
