"""The player: sends a day to a real Kafka and a real gateway at a chosen pace, as careful clients would, and logs what it sent."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from infra.scenario.day import DayPlan, build_day, with_ticks
from infra.scenario.http_client import GatewayClient
from infra.scenario.packets import Packet, packets
from infra.scenario.sent_log import SentLog
from infra.scenario.words import Item
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
    domain: str = "meals"


async def play_day(play: Play, on_progress: Callable[[Progress], None] = lambda _: None) -> Progress:
    """Send the whole day and return when every record is acknowledged, refused or given up.

    Raises `KafkaError` only when the cluster cannot be reached at the start.
    """
    items = list(with_ticks(build_day(play.plan), play.plan, play.tick_minutes))
    return await play_items(play, items, on_progress)


async def play_items(play: Play, items: list[Item], on_progress: Callable[[Progress], None] = lambda _: None) -> Progress:
    """Send these items as `play_day` does."""
    progress = Progress(items=len(items), played_ms=play.plan.starts_ms)
    http_permille = play.http_permille if play.http_url else 0
    with SentLog(play.log_path) as log:
        async with _Sender(play, log, progress) as sender:
            await _send_all(play, sender, packets(items, play.plan.seed, http_permille), on_progress)
    on_progress(progress)
    return progress


async def _send_all(play: Play, sender: "_Sender", stream: Iterable[Packet], on_progress: Callable[[Progress], None]) -> None:
    started = time.monotonic()
    span_ms = play.plan.ends_ms - play.plan.starts_ms
    for packet in stream:
        if play.seconds is not None:
            due = started + play.seconds * (packet.at_ms - play.plan.starts_ms) / span_ms
            ahead_s = due - time.monotonic()
            if ahead_s > 0.005:
                await asyncio.sleep(ahead_s)
        await sender.send(packet)
        on_progress(sender.progress)


class _Sender:
    """Hands packets over in order and follows each to its fate."""

    def __init__(self, play: Play, log: SentLog, progress: Progress) -> None:
        self._play = play
        self._log = log
        self.progress = progress
        self._room = asyncio.Semaphore(IN_FLIGHT_MAX)
        self._following: set[asyncio.Task[None]] = set()
        self._renewing = asyncio.Lock()
        self._producer = self._new_producer()
        self._topic = events_topic(play.domain)
        self._partitions = 0
        self._gateway = GatewayClient(play.http_url) if play.http_url else None

    async def __aenter__(self) -> "_Sender":
        await self._producer.start()
        self._partitions = len(await self._producer.partitions_for(self._topic))
        return self

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
        home = home_partition(packet.area, self._partitions)
        partition = (home + 1) % self._partitions if packet.stray else home
        number = self._log.sending(packet, partition=partition, sent_at_ms=_wall_ms())
        first: asyncio.Future[RecordMetadata] | None
        try:
            first = await self._hand_over(packet, partition)
        except KafkaError:
            first = None
        task = asyncio.create_task(self._follow(packet, partition, number, first))
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    async def _hand_over(self, packet: Packet, partition: int) -> "asyncio.Future[RecordMetadata]":
        kind = b"application/cloudevents+json" if len(packet.items) == 1 else b"application/cloudevents-batch+json"
        headers = [(PLAYED_AT_HEADER, str(packet.at_ms).encode()), ("content-type", kind)]
        future: asyncio.Future[RecordMetadata] = await self._producer.send(
            self._topic, packet.value, key=packet.area.encode(), partition=partition, headers=headers
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
            answer = await asyncio.to_thread(gateway.post, packet.value, len(packet.items) > 1)
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
