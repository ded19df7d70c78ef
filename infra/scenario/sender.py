"""Handing packets over: to Kafka as a careful client would, to the gateway one request at a time; each followed to its fate."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from infra.scenario.http_client import GatewayClient
from infra.scenario.packets import Packet
from infra.scenario.plan import DayPlan
from infra.scenario.sent_log import SentLog
from schemas.topics import events_topic
from streams.partitioning import home_partition
from streams.ports import PLAYED_AT_HEADER

IN_FLIGHT_MAX = 200
RETRY_PAUSE_S = 0.5


@dataclass(slots=True)
class Progress:
    """How far the play is; ``played_ms`` is the scenario's clock. Given to the callback after every packet."""

    items: int
    items_sent: int = 0
    records_sent: int = 0
    records_acked: int = 0
    records_unknown: int = 0
    records_refused: int = 0
    played_ms: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Play:
    """How to play. ``seconds`` is the wall time the whole day shall take, None as fast as the servers allow.

    ``http_url`` with ``http_permille`` sends that part of the ordinary packets through ``POST /v1/events``.
    There, operators also end the human tasks that the day makes (`infra.scenario.operators`).
    ``topics`` names a domain's events topic where it is not ``<domain>.events``.
    ``give_up_s`` is how long a client repeats a record under the same ids before its fate is logged as unknown.
    """

    plan: DayPlan
    bootstrap: str
    log_path: Path
    seconds: float | None = None
    tick_minutes: int = 1
    http_url: str | None = None
    http_permille: int = 0
    give_up_s: float = 120.0
    topics: Mapping[str, str] = field(default_factory=dict)


class RecordSender:
    """Hands packets over in order and follows each to its fate."""

    def __init__(self, play: Play, log: SentLog, progress: Progress) -> None:
        self._play = play
        self._log = log
        self.progress = progress
        self._room = asyncio.Semaphore(IN_FLIGHT_MAX)
        self._following: set[asyncio.Task[None]] = set()
        self._renewing = asyncio.Lock()
        self._producer = self._new_producer()
        self._partitions: dict[str, int] = {}
        self._gateway = GatewayClient(play.http_url) if play.http_url else None

    async def __aenter__(self) -> "RecordSender":
        give_up = time.monotonic() + self._play.give_up_s
        while True:
            try:
                await self._producer.start()
                return self
            except KafkaError:
                # A broker that is away when the day begins is asked again, as for a record.
                await self._producer.stop()
                if time.monotonic() > give_up:
                    raise
            await asyncio.sleep(RETRY_PAUSE_S)
            self._producer = self._new_producer()

    async def __aexit__(self, *_: object) -> None:
        if self._following:
            await asyncio.wait(self._following)
        await self._producer.stop()
        if self._gateway is not None:
            self._gateway.close()

    async def send(self, packet: Packet) -> None:
        """Send one packet; returns when the next may follow in order."""
        self.progress.items_sent += len(packet.items)
        self.progress.records_sent += 1
        self.progress.played_ms = max(self.progress.played_ms, packet.at_ms)
        if packet.http and self._gateway is not None:
            # What went to Kafka before must be there before the gateway's record: clients of one area do not overtake themselves.
            if self._following:
                await asyncio.wait(self._following)
            await self._send_http(packet, self._gateway)
            return
        await self._room.acquire()
        partitions = await self._partition_count(packet)
        home = home_partition(packet.area, partitions)
        partition = (home + 1) % partitions if packet.stray else home
        number = self._log.sending(packet, partition=partition, sent_at_ms=_wall_ms())
        first: asyncio.Future[RecordMetadata] | None
        try:
            first = await self._hand_over(packet, partition)
        except KafkaError:
            first = None
        task = asyncio.create_task(self._follow(packet, partition, number, first))
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    def _topic(self, packet: Packet) -> str:
        return self._play.topics.get(packet.domain) or events_topic(packet.domain)

    async def _partition_count(self, packet: Packet) -> int:
        topic = self._topic(packet)
        give_up = time.monotonic() + self._play.give_up_s
        while topic not in self._partitions:
            try:
                self._partitions[topic] = len(await self._producer.partitions_for(topic))
            except KafkaError:
                # Nothing is sent yet; a broker that is away now is asked again, as for a record.
                if time.monotonic() > give_up:
                    raise
                await asyncio.sleep(RETRY_PAUSE_S)
        return self._partitions[topic]

    async def _hand_over(self, packet: Packet, partition: int) -> "asyncio.Future[RecordMetadata]":
        kind = b"application/cloudevents+json" if len(packet.items) == 1 else b"application/cloudevents-batch+json"
        headers = [(PLAYED_AT_HEADER, str(packet.at_ms).encode()), ("content-type", kind)]
        future: asyncio.Future[RecordMetadata] = await self._producer.send(
            self._topic(packet), packet.value, key=packet.area.encode(), partition=partition, headers=headers
        )
        return future

    async def _follow(self, packet: Packet, partition: int, number: int, future: "asyncio.Future[RecordMetadata] | None") -> None:
        """Wait for the acknowledgement; on an error send the same bytes again until given up."""
        give_up = time.monotonic() + self._play.give_up_s
        attempts = 1
        try:
            while True:
                producer = self._producer
                try:
                    if future is None:
                        future = await self._hand_over(packet, partition)
                    done = await future
                    self.progress.records_acked += 1
                    self._log.settled(number, outcome="acked", attempts=attempts, offset=done.offset)
                    return
                except KafkaError:
                    future = None
                if time.monotonic() > give_up:
                    self.progress.records_unknown += 1
                    self._log.settled(number, outcome="unknown", attempts=attempts)
                    return
                await asyncio.sleep(RETRY_PAUSE_S)
                await self._renew(producer)
                attempts += 1
                self.progress.retries += 1
        finally:
            self._room.release()

    async def _renew(self, failed: AIOKafkaProducer) -> None:
        """A producer that lost a batch has a hole in its sequence and never recovers: take a new one."""
        async with self._renewing:
            if self._producer is not failed:
                return
            fresh = self._new_producer()
            try:
                await fresh.start()
            except KafkaError:
                await fresh.stop()
                return
            self._producer = fresh
            await failed.stop()

    async def _send_http(self, packet: Packet, gateway: GatewayClient) -> None:
        number = self._log.sending(packet, partition=None, sent_at_ms=_wall_ms())
        give_up = time.monotonic() + self._play.give_up_s
        attempts = 0
        while True:
            attempts += 1
            answer = await asyncio.to_thread(gateway.post, packet.value, len(packet.items) > 1, packet.at_ms)
            if not answer.again or time.monotonic() > give_up:
                break
            self.progress.retries += 1
            await asyncio.sleep(RETRY_PAUSE_S)
        match answer.outcome:
            case "acked":
                self.progress.records_acked += 1
            case "refused":
                self.progress.records_refused += 1
            case _:
                self.progress.records_unknown += 1
        outcome = answer.outcome if attempts == 1 or answer.outcome != "refused" else "unknown"
        self._log.settled(number, outcome=outcome, attempts=attempts, refused=answer.refused)

    def _new_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(bootstrap_servers=self._play.bootstrap, acks="all", enable_idempotence=True, max_request_size=1_048_588)


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
