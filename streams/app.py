"""Faust: membership in the consumer group and delivery of raw records, nothing else. No tables, no producer, no web, no truth.

Names are storage: the app id is the consumer group, pinned here and in `tests/streams/test_names.py`.

    app id   laoxiao-<domain>      one group per domain, so that a flood of meals never delays an emergency
    agent    <domain>              one, without concurrency
    topic    <domain>.events       raw bytes; nothing is declared by Faust
"""

import asyncio
import gc
import logging
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import faust
import uvloop
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from agents.core import Domain
from schemas.journal import Clock
from schemas.topics import events_topic
from streams.clock import OwnerClock
from streams.delivery import AT_HAND_MAX, AtHand, LeanConsumer, NoTables, QuietMonitor
from streams.ending import cancel_until_ended
from streams.kafka import KafkaEventLog, KafkaJournal, KafkaSnapshots, group_position
from streams.metrics import NO_METRICS, Metrics
from streams.owner import EXIT_BROKEN, EXIT_MEMORY, EXIT_TOPICS, EXIT_WATCHDOG, Carrying, PartitionOwner
from streams.ports import SourceRecord
from streams.topics import TopicsUnfit, check_topics
from streams.watchdog import LoopGuard, Watchdog

_log = logging.getLogger(__name__)

STOP_S_MAX = 15.0
"""A clean stop that takes longer is no clean stop: without a broker nothing becomes durable, and nobody needs this process."""
GARBAGE_THRESHOLDS = (50_000, 20, 50)
"""Nearly everything a decision makes is freed by counting references; cycles are few, and looking for them holds decisions up."""
QUIET_LOGGERS = ("faust", "mode", "aiokafka")


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """How one worker of one domain runs. `owner` is the process's name in the journal: an opaque id, unique in the deployment.

    `instance` makes the worker a static member of its group: killed and started again under the same name within the session
    timeout, it has its partitions back at once. It must be stable over restarts and unique among running workers; a worker that
    goes for good is then missed only after the session timeout. None: an ordinary member.
    """

    bootstrap: str
    domain: str
    partitions: int
    clock: Clock
    owner: str
    snapshot_every: int = 50_000
    in_flight_max: int = 1_000
    session_timeout_s: float = 10.0
    stall_s: float = 15.0
    rebalance_s_max: float = 30.0
    instance: str | None = None


def make_app(config: WorkerConfig) -> faust.App:
    """The Faust app of one domain, with every setting that matters set here."""
    # A heartbeat every third of the session at most, so that two lost ones do not cost the partitions; and every second, since the
    # answer to it is how the others hear that a worker is gone and its partitions wait for them.
    heartbeat_s = min(1.0, config.session_timeout_s / 3.5)
    app = faust.App(
        f"laoxiao-{config.domain}",
        broker=[f"kafka://{server}" for server in config.bootstrap.split(",")],
        broker_client_id=config.owner,
        store="memory://",
        value_serializer="raw",
        key_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=config.partitions,
        table_standby_replicas=0,
        broker_session_timeout=config.session_timeout_s,
        broker_heartbeat_interval=heartbeat_s,
        broker_rebalance_timeout=config.rebalance_s_max,
        # Commits are only a hint where to begin delivering: the journal knows where we are.
        broker_commit_interval=1.0,
        broker_commit_every=5_000,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 * 1024 * 1024,
        stream_buffer_maxsize=4_096,
        stream_wait_empty=False,
        consumer_group_instance_id=config.instance,
        TableManager=NoTables,
        Monitor=QuietMonitor,
        # Faust makes this directory whether it has tables or not; nothing is ever kept in it.
        datadir=Path(tempfile.gettempdir()) / "laoxiao-faust",
        web_enabled=False,
        web_tables_enabled=False,
        web_router_enabled=False,
        worker_redirect_stdouts=False,
    )
    app.transport.Consumer = LeanConsumer
    return app


class Worker:
    """One process of one domain: the Faust app, the owners of its partitions, clock and watchdogs."""

    def __init__(self, config: WorkerConfig, domain: Domain[Any], metrics: Metrics, die: Callable[[int, str], None]) -> None:
        self.config = config
        self.app = make_app(config)
        self.owners: dict[int, PartitionOwner[Any]] = {}
        self._domain = domain
        self._metrics = metrics
        self._die = die
        self._carrying: Carrying[Any] | None = None
        self._background: list[asyncio.Task[None]] = []
        self._outside_since_s: float | None = time.monotonic()
        topic = self.app.topic(events_topic(config.domain), key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
        self.app.agent(topic, name=config.domain)(self._consume)
        self.app.on_partitions_assigned.connect(self._assigned)
        self.app.on_partitions_revoked.connect(self._revoked)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set: then stop cleanly, with everything durable and a snapshot of each partition.

        Raises `TopicsUnfit` or a Kafka error at the start; later troubles end in `die`.
        """
        config = self.config
        self._metrics.in_group(config.domain, inside=False)
        await check_topics(config.bootstrap, config.partitions, (config.domain,))
        async with AsyncExitStack() as stack:
            self._carrying = Carrying(
                domain=self._domain,
                events=await stack.enter_async_context(KafkaEventLog(config.bootstrap, config.domain)),
                journal=await stack.enter_async_context(KafkaJournal(config.bootstrap, config.domain)),
                snapshots=await stack.enter_async_context(KafkaSnapshots(config.bootstrap, config.domain)),
                committed=lambda partition: group_position(config.bootstrap, self.app.conf.id, self._place(partition)),
                die=self._die,
                owner=config.owner,
                clock=config.clock,
                metrics=self._metrics,
                in_flight_max=config.in_flight_max,
                snapshot_every=config.snapshot_every,
            )
            watchdog = Watchdog(self._carrying, self.owners.values, config.stall_s)
            guard = LoopGuard(config.session_timeout_s / 2, self._die)
            self._spawn("watchdog", watchdog.run())
            self._spawn("loop-guard", guard.run())
            # Beside the start and not after it: a group that lets nobody in holds up Faust's start as well.
            self._spawn("membership", self._watch_membership())
            self.app.finalize()
            await self.app.start()
            _log.info("worker of %s is up, missed after %.0f s of silence", config.domain, config.session_timeout_s)
            await self._until(stop)
            await self._stop()

    async def _consume(self, stream: Any) -> None:
        """The only agent. Nothing may leave its body: Faust would acknowledge the event and go on (faust.md, A)."""
        at_hand = AtHand(stream)
        async for event in stream.events():
            try:
                owner = self._offer(event.message)
                # Those that wait behind it, without a turn of the loop for each.
                for _ in range(AT_HAND_MAX):
                    message = None if owner is not None and owner.full else at_hand.next()
                    if message is None:
                        break
                    owner = self._offer(message)
                    at_hand.done(message)
            except BaseException as error:  # noqa: BLE001 - see above
                _log.exception("the agent broke")
                self._die(_code_of(error), f"agent: {type(error).__name__}")
                return
            if owner is not None and owner.full:
                await owner.room()

    def _offer(self, message: Any) -> PartitionOwner[Any] | None:
        owner = self.owners.get(message.partition)
        if owner is not None:
            owner.offer(_source_record(message))
        return owner

    async def _assigned(self, _app: Any, assigned: set[Any], **_: Any) -> None:
        """Inside the group's rebalance: only start what has to be done."""
        self._outside_since_s = None
        self._metrics.in_group(self.config.domain, inside=True)
        wanted = {place.partition for place in assigned if place.topic == events_topic(self.config.domain)}
        assert self._carrying is not None
        for partition, owner in self.owners.items():
            if partition not in wanted:
                owner.release()
        for partition in sorted(wanted):
            if partition not in self.owners:
                self.owners[partition] = PartitionOwner(self._carrying, partition)
                self._spawn(f"clock-{partition}", OwnerClock(self._carrying, self.owners[partition]).run())
            self.owners[partition].release()
            self.owners[partition].take()

    async def _revoked(self, _app: Any, revoked: set[Any], **_: Any) -> None:
        self._metrics.in_group(self.config.domain, inside=False)
        if self._outside_since_s is None:
            self._outside_since_s = time.monotonic()
        for place in revoked:
            owner = self.owners.get(place.partition) if place.topic == events_topic(self.config.domain) else None
            if owner is not None:
                owner.release()

    async def _until(self, stop: asyncio.Event) -> None:
        """Wait for `stop`; a Faust that has crashed on its own must not leave us standing."""
        while not stop.is_set():
            if self.app.should_stop or self.app.crashed:
                self._die(_code_of(self.app.crash_reason), f"Faust ended: {type(self.app.crash_reason).__name__}")
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await stop.wait()

    async def _watch_membership(self) -> None:
        while True:
            await self._check_membership()
            await asyncio.sleep(0.5)

    async def _check_membership(self) -> None:
        """A rebalance that never ends leaves every owner released, where the watchdog has nothing to look at: end the process.

        Not while the broker cannot be asked: then nobody can join anything, and a new process could not either.
        """
        since_s, config = self._outside_since_s, self.config
        outside_s_max = config.rebalance_s_max + 2 * config.session_timeout_s + config.stall_s
        if since_s is None or time.monotonic() - since_s < outside_s_max:
            return
        assert self._carrying is not None
        try:
            async with asyncio.timeout(5):
                await self._carrying.events.end_offset(0)
        except (KafkaError, OSError, TimeoutError):
            self._outside_since_s = time.monotonic()
            return
        self._die(EXIT_WATCHDOG, f"outside the group for {outside_s_max:.0f} s although the broker answers")

    async def _stop(self) -> None:
        """Owners first: what they hold must be durable before the group is left and others open our partitions."""
        await asyncio.gather(*(owner.close() for owner in self.owners.values()))
        await cancel_until_ended(self._background)
        await self.app.stop()

    def _spawn(self, name: str, work: Any) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._background_ended)
        self._background.append(task)

    def _background_ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is not None:
            _log.error("%s ended", task.get_name(), exc_info=task.exception())
            self._die(EXIT_BROKEN, f"{task.get_name()}: {type(task.exception()).__name__}")

    def _place(self, partition: int) -> TopicPartition:
        return TopicPartition(events_topic(self.config.domain), partition)


def run_worker(config: WorkerConfig, *, domain: Domain[Any] | None = None, metrics: Metrics = NO_METRICS) -> NoReturn:
    """Run one worker until SIGTERM or SIGINT (exit 0) or a failure (70 to 74, see `infra/docs/architecture.md`). Never returns.

    `domain` None takes the one that `agents.catalogue` has under `config.domain`.
    """
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    if domain is None:
        from agents.catalogue import DOMAINS  # noqa: PLC0415 - a test's own domain needs no catalogue

        domain = DOMAINS[config.domain]
    assert domain.name == config.domain, "the domain object and the configuration name the same domain"
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        code = runner.run(_run(config, domain, metrics))
        # Faust's threads and tasks have nothing left to do that could matter, and must not hold up the end.
        _leave(code)


async def _run(config: WorkerConfig, domain: Domain[Any], metrics: Metrics) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask_to_stop() -> None:
        stop.set()
        # A thread, because the loop itself may be what does not come to an end.
        limit = threading.Timer(STOP_S_MAX, die, (EXIT_WATCHDOG, f"the stop took longer than {STOP_S_MAX:.0f} s"))
        limit.daemon = True
        limit.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask_to_stop)
    worker = Worker(config, domain, metrics, die)
    try:
        await worker.run(stop)
    except (TopicsUnfit, KafkaError, OSError) as error:
        _log.error("worker of %s cannot start: %s", config.domain, error)
        return EXIT_TOPICS
    return 0


def _code_of(error: BaseException | None) -> int:
    """Broken code, or a machine without memory, for which no code is to blame."""
    return EXIT_MEMORY if isinstance(error, MemoryError) else EXIT_BROKEN


def die(code: int, reason: str) -> None:
    """End the process at once: no commit, no farewell to the group, nothing repaired."""
    sys.stderr.write(f"laoxiao worker ends with {code}: {reason}\n")
    _leave(code)


def _leave(code: int) -> NoReturn:
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(code)


def _source_record(message: Any) -> SourceRecord:
    headers = message.headers
    pairs = tuple(headers.items()) if isinstance(headers, dict) else tuple(headers or ())
    return SourceRecord(message.partition, message.offset, round(message.timestamp * 1000), message.key, message.value, pairs)
