# ruff: noqa: ARG002 - the shape of the ports
"""The reactor in simulated time: the real `streams.reactor.Reactor` on ports in memory, killed and failing between any two steps."""

from collections.abc import AsyncGenerator, Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from streams.handovers import registry as handovers
from streams.notifications.notice import Notification
from streams.ports import PLAYED_AT_HEADER, SourceRecord
from streams.reactor import Reactor, ReactorConfig
from streams.tail import Judged
from streams.validity import Validity
from tests.simulation.domains.port import Reply, Step
from tests.simulation.homes import home_of
from tests.simulation.plan import event_value
from tests.simulation.readers import run_straight
from tests.simulation.words import envelope
from tests.simulation.world import World

KEY = bytes(range(32))
Replies = Callable[[str, Mapping[str, Any], bytes, int], Reply | None]
RESULTS = ("done", "done", "needs_help", "no_answer")
"""How a task may end; the last two of a welfare check are handed to emergency."""


class ReactorEvents:
    """`EventLog` as the reactor holds it: what it publishes is on the simulated log, or is not when the broker cannot be reached."""

    def __init__(self, world: World, faults: World) -> None:
        self.partitions = world.options.partitions
        self._world = world
        self._faults = faults

    async def publish(self, key: bytes | None, value: bytes, *, partition: int, headers: tuple[tuple[str, bytes], ...] = ()) -> int:
        """One more record; a fault may strike before it is there, or after, with the answer lost."""
        if self._faults.hit("publish_fails", 0) is not None:
            raise OSError("simulated: the broker cannot be reached")
        offset = self._world.append_event(partition, key, value, headers)
        if self._faults.hit("publish_fails_late", 0) is not None:
            raise OSError("simulated: published, and the answer timed out")
        return offset

    async def read(self, partition: int, start: int, stop: int) -> AsyncGenerator[SourceRecord, None]:
        """Originals."""
        for record in self._world.events._records[partition][start:stop]:
            yield record

    async def start_offset(self, partition: int) -> int:
        """Nothing is ever deleted."""
        return 0

    async def end_offset(self, partition: int) -> int:
        """The next offset."""
        return len(self._world.events._records[partition])


class ReactorProcess:
    """Reads each partition's journal, reacts, then saves how far it got: everything may happen twice, nothing may be left out."""

    def __init__(self, world: World, neighbours: Mapping[str, World], replies: Replies) -> None:
        self.world = world
        self.quarantined: list[tuple[int, int, str, int | None]] = []
        self.told: list[tuple[str, str, str, str]] = []
        self._desk = Desk(world, replies)
        domain = world.options.domain
        config = ReactorConfig(
            "", KEY, Path("unused"), domains=(domain,), quarantine_per_minute_max=10**9, played=world.options.clock == "played"
        )
        # Routes between the domains of this run, whether they are switched on yet or not.
        routes = handovers.routes_from(domain, tuple(neighbours), handovers.ALL)
        self.reactor = Reactor(
            domain, config, events=ReactorEvents(world, world), quarantine=self, notifier=self, routes=routes,
            outlets={route.target: ReactorEvents(neighbours[route.target], world) for route in routes},
        )  # fmt: skip
        self._saved = [(0, Validity()) for _ in range(world.options.partitions)]

    def look(self, records_max: int = 40) -> None:
        """React to some records, then save how far it got; a crash or a failure in between repeats them."""
        for partition, (start, validity) in enumerate(self._saved):
            if start >= len(self.world.journal._values[partition]):
                continue
            judge = Validity(validity.epoch, validity.seq, validity.source_offset)
            entries = self.world.decoded(partition, start, records_max)
            batch = [Judged(partition, offset, value, record, judge.accept(offset, record)) for offset, value, record in entries]
            try:
                run_straight(self.reactor.react(batch))
            except OSError:
                continue
            if self.world.hit("reactor_crash", 0) is None:
                self._saved[partition] = (start + len(entries), judge)

    async def put(self, key: bytes | None, value: bytes, headers: tuple[tuple[str, bytes], ...]) -> None:
        """`Quarantine`: where the original came from, and why it is here."""
        named = {name: text.decode() for name, text in headers}
        _, partition, offset = named["origin"].rsplit("/", 2)
        index = named["index"]
        self.quarantined.append((int(partition), int(offset), named["reason"], int(index) if index else None))

    async def send(self, notifications: list[Notification]) -> None:
        """`Notifier`: who was told what."""
        for one in notifications:
            self.told.append((one.id, one.fact, one.area, one.event_id))
            if one.fact == "task.opened.v1":
                self._desk.hear(one)
            else:
                self._desk.reply(one)


class Desk:
    """The people who own human tasks: they hear of one, and most of the time they finish it, sooner or later, well or badly. Others who
    are told of something may answer it, as their domain says (`SimDomain.replies`).

    What they do follows from the task's id and from nothing else, so that a shorter plan finds them doing the same.
    """

    def __init__(self, world: World, replies: Replies) -> None:
        self._world = world
        self._replies = replies
        self._heard: set[str] = set()

    def hear(self, task: Notification) -> None:
        """Told twice is heard once."""
        task_id = str(task.data["task_id"])
        if task_id in self._heard:
            return
        self._heard.add(task_id)
        mood = sha256(task_id.encode()).digest()
        if mood[0] % 4:
            self._world.later(self._world.now_ms + mood[1] * 60_000, lambda: self._finish(task, task_id, RESULTS[mood[2] % len(RESULTS)]))

    def reply(self, told: Notification) -> None:
        """Whoever was told may answer, once however often told."""
        if told.id in self._heard:
            return
        self._heard.add(told.id)
        answer = self._replies(told.fact, told.data, sha256(told.id.encode()).digest(), self._world.now_ms)
        if answer is None:
            return
        self._world.later(self._world.now_ms + answer.after_ms, lambda: self._send(f"reply-{told.id}", told.area, answer.step))

    def _finish(self, task: Notification, task_id: str, result: str) -> None:
        data = {"domain": self._world.options.domain, "task_id": task_id, "result": result}
        self._send(f"desk-{task_id}", task.area, Step("task.completed.v1", data, "operator:desk"))

    def _send(self, event_id: str, area: str, step: Step) -> None:
        world = self._world
        if world.still:
            return
        event = envelope(event_id, step.event_type, world.now_ms, area, step.actor, step.data)
        headers = () if world.options.clock == "wall" else ((PLAYED_AT_HEADER, str(world.now_ms).encode()),)
        world.append_event(home_of(area, world.options.partitions), area.encode(), event_value(event).encode(), headers)
