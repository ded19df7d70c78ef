"""What must happen outside because of a decision: forwarding, quarantine, notifications. The journal is the outbox.

Per domain, for each batch of valid journal records, in this order:

1. what was set aside as `forwarded` is read in the input log and published alone to its home partition, with the same id;
2. what was rejected or broke our code is sealed and kept in `quarantine`;
3. what other domains or areas must hear is published to their input logs (`streams.handovers`);
4. notifications are handed to the notifier;
5. the position is committed, with the validity reached there as metadata.

A crash anywhere repeats the batch: homes and other domains answer a repeated id from memory, notifications carry the same id, and a
second copy in quarantine has the same origin headers.
"""

import asyncio
import logging
import re
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.structs import OffsetAndMetadata

from schemas.codec import Unreadable, parse_json
from schemas.journal import FORWARDED, Decided, SetAside
from schemas.primitives import ID_PATTERN
from schemas.topics import DOMAINS, decisions_topic, events_topic
from streams.handovers.handover import Route, handovers_of
from streams.handovers.registry import routes_from
from streams.kafka import KafkaEventLog, KafkaQuarantine, LogTruncated, reader
from streams.metrics import NO_METRICS, Metrics
from streams.notifications import JsonLinesNotifier, Notification, Notifier, notifications_of, unread_of
from streams.partitioning import home_partition
from streams.ports import PLAYED_AT_HEADER, EventLog, Quarantine, SourceRecord
from streams.sealed import KEY_BYTES, origin_of, seal
from streams.tail import JournalTail, Judged, Position

_log = logging.getLogger(__name__)

BATCH_RECORDS_MAX = 500
SPAN_MAX = 2_000
"""Originals this far apart in the input log are read one by one instead of with everything between them."""
COORDINATOR_S_MAX = 30.0


@dataclass(frozen=True, slots=True)
class ReactorConfig:
    """How the reactor runs. `quarantine_key` has 32 bytes; more than `quarantine_per_minute_max` originals raise an alarm; `played`
    says that records carry the scenario's clock."""

    bootstrap: str
    quarantine_key: bytes
    notifications: Path
    domains: tuple[str, ...] = DOMAINS
    quarantine_per_minute_max: int = 60
    played: bool = False


class Original(NamedTuple):
    """One event as it lies in the input log: its own bytes, or the whole record's where it cannot be taken apart."""

    record: SourceRecord
    value: bytes
    area: str | None


def group_name(domain: str) -> str:
    """The consumer group that holds the reactor's positions in the journal of a domain."""
    return f"laoxiao-reactor-{domain}"


class Reactor:
    """The reactions of one domain on given ports; `react` is everything but the reading and the committing."""

    def __init__(
        self, domain: str, config: ReactorConfig, *, events: EventLog, quarantine: Quarantine, notifier: Notifier,
        routes: tuple[Route, ...] = (), outlets: Mapping[str, EventLog] | None = None,
    ) -> None:  # fmt: skip
        """``routes`` are the open ones of this domain; ``outlets`` has the input log of each of their targets."""
        assert len(config.quarantine_key) == KEY_BYTES, "the quarantine key has 32 bytes"
        self.metrics = NO_METRICS
        self._domain = domain
        self._key = config.quarantine_key
        self._events = events
        self._quarantine = quarantine
        self._notifier = notifier
        self._played = config.played
        self._routes = routes
        self._outlets = dict(outlets or {})
        assert {route.target for route in routes} <= self._outlets.keys(), "every route has an outlet"
        self._rate = _Rate(config.quarantine_per_minute_max)

    async def react(self, batch: list[Judged]) -> None:
        """Steps 1 to 4 for these records. An exception means that the batch must be done again."""
        decided = [judged.record for judged in batch if judged.valid and isinstance(judged.record, Decided)]
        aside = [record for record in decided if record.set_aside]
        originals = await self._originals(aside)
        for record in aside:
            original = originals.get((record.source_partition, record.source_offset))
            for one in record.set_aside:
                if original is None:
                    self._lost(record)
                elif one.reason == FORWARDED:
                    await self._forward(one, original)
                else:
                    await self._keep(one, original)
        await self._hand_over(decided)
        await self._notify(decided, originals)

    async def _originals(self, aside: list[Decided]) -> dict[tuple[int, int], SourceRecord]:
        wanted: dict[int, set[int]] = {}
        for record in aside:
            wanted.setdefault(record.source_partition, set()).add(record.source_offset)
        found: dict[tuple[int, int], SourceRecord] = {}
        for partition, offsets in wanted.items():
            low, high = min(offsets), max(offsets)
            ranges = [(low, high + 1)] if high - low <= SPAN_MAX else [(offset, offset + 1) for offset in sorted(offsets)]
            for start, stop in ranges:
                try:
                    async with aclosing(self._events.read(partition, start, stop)) as rows:
                        async for row in rows:
                            if row.offset in offsets:
                                found[partition, row.offset] = row
                except LogTruncated:
                    _log.exception("%s[%d]: originals from %d on are gone", self._domain, partition, start)
        return found

    async def _forward(self, one: SetAside, record: SourceRecord) -> None:
        original = _taken_apart(record, one.index)
        if original.area is None:
            await self._keep(one, record)
            return
        home = home_partition(original.area, self._events.partitions)
        await self._events.publish(original.area.encode(), original.value, partition=home, headers=record.headers)

    async def _keep(self, one: SetAside, record: SourceRecord) -> None:
        original = _taken_apart(record, one.index)
        origin = origin_of(events_topic(self._domain), record.partition, record.offset)
        index = "" if one.index is None else str(one.index)
        headers = (("reason", one.reason.encode()), ("origin", origin), ("index", index.encode()))
        # A stranger's key may be anything, also a name.
        key = record.key if record.key is not None and re.match(ID_PATTERN, record.key.decode(errors="replace")) else None
        await self._quarantine.put(key, seal(self._key, origin, original.value), headers)
        self.metrics.quarantined(self._domain, one.reason)
        if self._rate.exceeded(time.monotonic()):
            _log.error("%s: more than %d originals a minute go to quarantine", self._domain, self._rate.per_minute_max)
            self.metrics.alarm(self._domain, "quarantine_rate")

    def _lost(self, record: Decided) -> None:
        _log.error("%s[%d]: the original at %d is gone", self._domain, record.source_partition, record.source_offset)
        self.metrics.alarm(self._domain, "lost_to_retention")

    async def _hand_over(self, decided: list[Decided]) -> None:
        if not self._routes:
            return
        for record in decided:
            for decision in record.decisions:
                for one in handovers_of(self._routes, record.source_partition, record.seq, decision):
                    log = self._outlets[one.domain]
                    headers: tuple[tuple[str, bytes], ...] = (("content-type", b"application/cloudevents+json"),)
                    if self._played:
                        # The scenario's clock is when it was decided; a reactor that lags must not move it on.
                        headers += ((PLAYED_AT_HEADER, str(one.at_ms).encode()),)
                    await log.publish(one.area.encode(), one.value, partition=home_partition(one.area, log.partitions), headers=headers)

    async def _notify(self, decided: list[Decided], originals: dict[tuple[int, int], SourceRecord]) -> None:
        out: list[Notification] = []
        for record in decided:
            if record.set_aside:
                original = originals.get((record.source_partition, record.source_offset))
                out += unread_of(self._domain, record, 0 if original is None else original.timestamp_ms)
            for decision in record.decisions:
                out += notifications_of(self._domain, record.source_partition, record.seq, decision)
        if out:
            await self._notifier.send(out)
            for one in out:
                self.metrics.notified(self._domain, one.audience)


class GroupPositions:
    """Read positions kept as committed offsets of a group that nobody joins, with the validity reached as their metadata."""

    def __init__(self, bootstrap: str, domain: str) -> None:
        self._bootstrap = bootstrap
        self._group = group_name(domain)
        self._topic = decisions_topic(domain)
        self._consumer: AIOKafkaConsumer | None = None

    async def __aenter__(self) -> Self:
        self._consumer = reader(self._bootstrap, group_id=self._group)
        await self._consumer.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    async def load(self) -> dict[int, Position]:
        """The positions; a partition without one, or whose metadata is not ours, begins anew (everything here may be repeated)."""
        deadline_s = time.monotonic() + COORDINATOR_S_MAX
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await admin.start()
        try:
            while True:
                try:
                    rows = await admin.list_consumer_group_offsets(self._group)
                    break
                except GroupCoordinatorNotAvailableError:
                    # The first group of a fresh cluster makes Kafka create its offsets topic.
                    if time.monotonic() > deadline_s:
                        raise
                    await asyncio.sleep(0.2)
        finally:
            await admin.close()
        found: dict[int, Position] = {}
        for place, row in rows.items():
            if place.topic == self._topic and row.offset > 0:
                position = _position(row.offset, row.metadata)
                if position is not None:
                    found[place.partition] = position
        return found

    async def store(self, positions: dict[int, Position]) -> None:
        """Commit them."""
        assert self._consumer is not None, "enter first"
        places = {TopicPartition(self._topic, partition): position for partition, position in positions.items()}
        if self._consumer.assignment() != set(places):
            self._consumer.assign(list(places))
        await self._consumer.commit({place: OffsetAndMetadata(one.next_offset, _metadata(one)) for place, one in places.items()})


async def run_reactor(
    config: ReactorConfig, stop: asyncio.Event, *, metrics: Metrics = NO_METRICS, notifier: Notifier | None = None
) -> None:
    """React to every domain's journal until `stop` is set. Raises what makes going on impossible; a supervisor starts it again."""
    channel = notifier or JsonLinesNotifier(config.notifications)
    async with asyncio.TaskGroup() as tasks:
        for domain in config.domains:
            tasks.create_task(_follow(domain, config, stop, metrics, channel), name=f"reactor-{domain}")


async def _follow(domain: str, config: ReactorConfig, stop: asyncio.Event, metrics: Metrics, notifier: Notifier) -> None:
    async with AsyncExitStack() as stack:
        positions = await stack.enter_async_context(GroupPositions(config.bootstrap, domain))
        events = await stack.enter_async_context(KafkaEventLog(config.bootstrap, domain))
        quarantine = await stack.enter_async_context(KafkaQuarantine(config.bootstrap))
        routes = routes_from(domain)
        outlets = {
            target: await stack.enter_async_context(KafkaEventLog(config.bootstrap, target)) for target in {r.target for r in routes}
        }
        reactor = Reactor(
            domain, config, events=events, quarantine=quarantine, notifier=notifier, routes=routes, outlets=outlets
        )  # fmt: skip
        reactor.metrics = metrics
        tail = await stack.enter_async_context(JournalTail(config.bootstrap, domain, await positions.load()))
        while not stop.is_set():
            batch = await tail.batch(0.5, BATCH_RECORDS_MAX)
            if batch:
                await reactor.react(batch)
                await positions.store(tail.positions())


class _Rate:
    """Counts in whole minutes; says once a minute that there are too many."""

    def __init__(self, per_minute_max: int) -> None:
        self.per_minute_max = per_minute_max
        self._minute = -1
        self._count = 0

    def exceeded(self, now_s: float) -> bool:
        minute = int(now_s // 60)
        if minute != self._minute:
            self._minute, self._count = minute, 0
        self._count += 1
        return self._count == self.per_minute_max + 1


def _taken_apart(record: SourceRecord, index: int | None) -> Original:
    """The event at `index` of a batch with its own bytes; the record as it is when it holds one event or cannot be read."""
    try:
        parsed: Any = parse_json(record.value)
        one = parsed if index is None else parsed[index]
        value = (record.value or b"") if index is None else orjson.dumps(one)
    except (Unreadable, IndexError, KeyError, TypeError):
        # An integer beyond 64 bits, for one, cannot be written again: the whole record is kept instead.
        return Original(record, record.value or b"", None)
    area = one.get("area") if isinstance(one, dict) else None
    return Original(record, value, area if isinstance(area, str) else None)


def _metadata(position: Position) -> str:
    return orjson.dumps({"epoch": position.epoch, "seq": position.seq, "source_offset": position.source_offset}).decode()


def _position(offset: int, metadata: str) -> Position | None:
    try:
        body = orjson.loads(metadata)
        return Position(offset, body["epoch"], body["seq"], body["source_offset"])
    except (ValueError, KeyError, TypeError):
        return None
