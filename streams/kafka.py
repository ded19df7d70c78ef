"""The ports on Kafka, through aiokafka: explicit partitions, idempotent producers with acks=all, readers without a group."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from schemas.topics import JOURNAL_RECORD_BYTES_MAX, QUARANTINE, decisions_topic, events_topic, snapshots_topic
from streams import connections
from streams.ports import JournalEntry, SourceRecord

connections.install()

REQUEST_BYTES_MAX = JOURNAL_RECORD_BYTES_MAX + 200_000
"""One journal record of the largest size with its framing."""
BATCH_BYTES_MAX = 512 * 1024
FETCH_BYTES_MAX = 4 * 1024 * 1024
GATHER_S = 0.01
"""Under load a batch waits so long after the one before it: a produce request costs both sides far more than a record does. The
first record after a pause never waits."""
GATHER_RECORDS_MAX = 256
GATHER_FROM_RECORDS = 8
"""So many that came during one send mean a flood, where a fuller batch is worth its wait; fewer leave at once."""
ASK_S_MAX = 2.0
"""A broker answers a question about offsets in milliseconds. A client that has no answer for so long may hold a connection that is
dead without anybody having said so (a firewall that forgot it), and would hold it for its whole request timeout: ask another way."""
READ_STALL_S = 60.0
"""A read that gets nothing for so long is given up: the caller ends the process and a supervisor tries again."""


class LogTruncated(RuntimeError):
    """Records that a reader still needs are gone from the log (retention, or a cluster restored from elsewhere)."""


class ReadStalled(RuntimeError):
    """The broker gave nothing more although the log goes on."""


def producer(bootstrap: str, **options: Any) -> AIOKafkaProducer:
    """A producer that neither loses nor doubles nor reorders what it is handed."""
    settings = {"acks": "all", "enable_idempotence": True, "max_request_size": REQUEST_BYTES_MAX, "max_batch_size": BATCH_BYTES_MAX}
    return AIOKafkaProducer(bootstrap_servers=bootstrap, **(settings | options))


def reader(bootstrap: str, **options: Any) -> AIOKafkaConsumer:
    """A consumer without a group: it is told where to read and commits nothing."""
    settings: dict[str, Any] = {
        "group_id": None,
        "enable_auto_commit": False,
        # A position that is not in the log must be an error, never a silent jump.
        "auto_offset_reset": "none",
        "max_partition_fetch_bytes": FETCH_BYTES_MAX,
        "isolation_level": "read_committed",
    }
    return AIOKafkaConsumer(bootstrap_servers=bootstrap, **(settings | options))


async def partition_count(client: AIOKafkaConsumer | AIOKafkaProducer, topic: str) -> int:
    """How many partitions the topic has; `KafkaError` when it does not exist."""
    cluster_client = client.client if isinstance(client, AIOKafkaProducer) else client._client
    partitions = await cluster_client._wait_on_metadata(topic)
    return len(partitions)


async def group_position(bootstrap: str, group: str, place: TopicPartition) -> int:
    """The offset from which a group would be given this partition's records; 0 when it has committed nothing."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        committed = (await admin.list_consumer_group_offsets(group, partitions=[place])).get(place)
    finally:
        await admin.close()
    return max(0, int(committed.offset)) if committed is not None else 0


class _Log:
    """What every topic needs: one producer, one consumer for questions, range reads by consumers of their own."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self.partitions = 0
        self._producer: AIOKafkaProducer | None = None
        self._asker: AIOKafkaConsumer | None = None
        self._renewing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._producer = producer(self._bootstrap)
        self._asker = reader(self._bootstrap)
        try:
            await self._producer.start()
            await self._asker.start()
            self.partitions = await partition_count(self._producer, self._topic)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for client in (self._producer, self._asker):
            if client is not None:
                await client.stop()

    async def end_offset(self, partition: int) -> int:
        """The offset the next record will have (of what is committed, where transactions are used)."""
        tp = TopicPartition(self._topic, partition)
        return int((await self._ask(lambda asker: asker.end_offsets([tp])))[tp])

    async def start_offset(self, partition: int) -> int:
        """The offset of the oldest record still kept."""
        tp = TopicPartition(self._topic, partition)
        return int((await self._ask(lambda asker: asker.beginning_offsets([tp])))[tp])

    async def _ask(self, question: Callable[[AIOKafkaConsumer], Awaitable[dict[TopicPartition, int]]]) -> dict[TopicPartition, int]:
        """Ask over the connections there are; when they stay silent, over new ones. So a silence is the broker's, not a connection's."""
        asker = self._asker
        assert asker is not None, "enter the log first"
        with suppress(TimeoutError):
            async with asyncio.timeout(ASK_S_MAX):
                return await question(asker)
        async with self._renewing:
            stale = self._asker is asker  # else another question has been asked over new ones meanwhile
            if stale:
                fresh = reader(self._bootstrap)
                try:
                    await fresh.start()
                except (KafkaError, OSError):
                    await fresh.stop()  # nobody answers at all: the old one waits as well as any
                except BaseException:
                    await fresh.stop()
                    raise
                else:
                    self._asker = fresh
                    await asker.stop()
            current = self._asker
        assert current is not None, "nobody leaves the log while it is asked"
        return await question(current)

    async def _range(self, partition: int, start: int, stop: int) -> AsyncGenerator[Any, None]:
        """Consumer records with ``start <= offset < stop``; raises `LogTruncated`, `ReadStalled`."""
        if start >= stop:
            return
        tp = TopicPartition(self._topic, partition)
        consumer = reader(self._bootstrap)
        await consumer.start()
        try:
            consumer.assign([tp])
            consumer.seek(tp, start)
            while True:
                rows = await _fetch(consumer, tp)
                for row in rows:
                    if row.offset >= stop:
                        return
                    yield row
                # Not the last row's offset: control records and compacted ones have none to show.
                if await consumer.position(tp) >= stop:
                    return
        finally:
            await consumer.stop()


async def _fetch(consumer: AIOKafkaConsumer, tp: TopicPartition) -> list[Any]:
    before = await consumer.position(tp)
    deadline_s = asyncio.get_running_loop().time() + READ_STALL_S
    while True:
        try:
            rows = (await consumer.getmany(tp, timeout_ms=500)).get(tp, [])
        except OffsetOutOfRangeError as error:
            raise LogTruncated(f"{tp.topic}[{tp.partition}] has no offset {before}") from error
        if rows or await consumer.position(tp) > before:
            return list(rows)
        if asyncio.get_running_loop().time() > deadline_s:
            raise ReadStalled(f"{tp.topic}[{tp.partition}] gives nothing at {before}")


class KafkaEventLog(_Log):
    """`EventLog` on ``<domain>.events``."""

    def __init__(self, bootstrap: str, domain: str) -> None:
        super().__init__(bootstrap, events_topic(domain))

    async def publish(self, key: bytes | None, value: bytes, *, partition: int, headers: tuple[tuple[str, bytes], ...] = ()) -> int:
        """Append one record and return its offset once it is durable."""
        assert self._producer is not None, "enter the log first"
        stored = await self._producer.send_and_wait(self._topic, value, key=key, partition=partition, headers=list(headers))
        return int(stored.offset)

    async def read(self, partition: int, start: int, stop: int) -> AsyncGenerator[SourceRecord, None]:
        """The records with ``start <= offset < stop``, in order."""
        async with aclosing(self._range(partition, start, stop)) as rows:
            async for row in rows:
                yield SourceRecord(partition, row.offset, row.timestamp, row.key, row.value, tuple(row.headers))


class KafkaJournal(_Log):
    """`Journal` on ``<domain>.decisions``.

    Appends are packed by us, one batch on its way per partition and the next one growing meanwhile: under load a batch carries
    hundreds of records for the price of one request; alone, a record leaves at once.
    """

    def __init__(self, bootstrap: str, domain: str) -> None:
        super().__init__(bootstrap, decisions_topic(domain))
        self._queues: dict[int, deque[tuple[bytes, bytes, asyncio.Future[int]]]] = {}
        self._senders: dict[int, asyncio.Task[None]] = {}
        self._broken: dict[int, BaseException] = {}

    def append(self, partition: int, key: bytes, value: bytes) -> "asyncio.Future[int]":
        """Hand over one record; after a failure every later append of the partition fails too, so nothing overtakes it."""
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        broken = self._broken.get(partition)
        if broken is not None:
            future.set_exception(broken)
            return future
        self._queues.setdefault(partition, deque()).append((key, value, future))
        if partition not in self._senders:
            self._senders[partition] = asyncio.create_task(self._send_all(partition), name=f"journal-{partition}")
        return future

    async def read(self, partition: int, start: int, stop: int) -> AsyncGenerator[JournalEntry, None]:
        """The entries with ``start <= offset < stop``, in order."""
        async with aclosing(self._range(partition, start, stop)) as rows:
            async for row in rows:
                yield JournalEntry(partition, row.offset, row.value)

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await asyncio.gather(*self._senders.values(), return_exceptions=True)
        await super().__aexit__(kind, error, trace)

    async def _send_all(self, partition: int) -> None:
        """Send until the queue is empty. The task ends then; the next append starts another."""
        queue = self._queues[partition]
        while queue:
            waiting: list[asyncio.Future[int]] = []
            try:
                stored = await self._send_batch(partition, queue, waiting)
            except (KafkaError, OSError, TimeoutError) as error:
                self._broken[partition] = error
                rest = [future for _, _, future in queue]
                queue.clear()
                for future in waiting + rest:
                    if not future.done():
                        future.set_exception(error)
                break
            for place, future in enumerate(waiting):
                if not future.done():
                    future.set_result(stored + place)
            if GATHER_FROM_RECORDS <= len(queue) < GATHER_RECORDS_MAX:
                await asyncio.sleep(GATHER_S)
        del self._senders[partition]

    async def _send_batch(
        self, partition: int, queue: deque[tuple[bytes, bytes, "asyncio.Future[int]"]], waiting: list["asyncio.Future[int]"]
    ) -> int:
        """Move what fits into one batch from `queue` to `waiting`; returns the offset of its first record once durable."""
        assert self._producer is not None, "enter the journal first"
        batch = self._producer.create_batch()
        size_bytes = 0
        while queue:
            key, value, future = queue[0]
            size_bytes += len(key) + len(value) + 100
            # The first one always fits: a record may be larger than a batch usually is.
            if waiting and (size_bytes > BATCH_BYTES_MAX or batch.append(key=key, value=value, timestamp=None) is None):
                break
            if not waiting:
                batch.append(key=key, value=value, timestamp=None)
            waiting.append(future)
            queue.popleft()
        batch.close()
        delivery = await self._producer.send_batch(batch, self._topic, partition=partition)
        return int((await delivery).offset)


class KafkaSnapshots(_Log):
    """`SnapshotStore` on ``<domain>.snapshots``."""

    def __init__(self, bootstrap: str, domain: str) -> None:
        super().__init__(bootstrap, snapshots_topic(domain))

    async def put(self, partition: int, key: str, value: bytes | None) -> None:
        """Write one chunk; durable when this returns."""
        assert self._producer is not None, "enter the store first"
        await self._producer.send_and_wait(self._topic, value, key=key.encode(), partition=partition)

    async def read(self, partition: int) -> AsyncGenerator[tuple[str, bytes | None], None]:
        """Every chunk still in the log, oldest first."""
        start, stop = await self.start_offset(partition), await self.end_offset(partition)
        async with aclosing(self._range(partition, start, stop)) as rows:
            async for row in rows:
                if row.key is not None:
                    yield row.key.decode(errors="replace"), row.value


class KafkaQuarantine(_Log):
    """`Quarantine` on its topic; the key's partition, so that what belongs together lies together."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(bootstrap, QUARANTINE)

    async def put(self, key: bytes | None, value: bytes, headers: tuple[tuple[str, bytes], ...]) -> None:
        """Keep one original; durable when this returns."""
        assert self._producer is not None, "enter the quarantine first"
        await self._producer.send_and_wait(self._topic, value, key=key, headers=list(headers))
