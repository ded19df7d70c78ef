# ruff: noqa: ARG002 - the shape of the ports
"""The reactor in simulated time: the real `streams.reactor.Reactor` on ports in memory, killed and failing between any two steps."""

from collections.abc import AsyncGenerator
from pathlib import Path

from streams.notifications import Notification
from streams.ports import SourceRecord
from streams.reactor import Reactor, ReactorConfig
from streams.tail import Judged
from streams.validity import Validity
from tests.simulation.readers import run_straight
from tests.simulation.world import World

KEY = bytes(range(32))


class ReactorEvents:
    """`EventLog` as the reactor holds it: what it publishes is on the simulated log, or is not when the broker cannot be reached."""

    def __init__(self, world: World) -> None:
        self.partitions = world.options.partitions
        self._world = world

    async def publish(self, key: bytes | None, value: bytes, *, partition: int, headers: tuple[tuple[str, bytes], ...] = ()) -> int:
        """One more record; a fault may strike before it is there, or after, with the answer lost."""
        if self._world.hit("publish_fails", 0) is not None:
            raise OSError("simulated: the broker cannot be reached")
        offset = self._world.append_event(partition, key, value, headers)
        if self._world.hit("publish_fails_late", 0) is not None:
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

    def __init__(self, world: World) -> None:
        self.world = world
        self.quarantined: list[tuple[int, int, str, int | None]] = []
        self.told: list[tuple[str, str, str, str]] = []
        config = ReactorConfig("", KEY, Path("unused"), domains=(world.options.domain,), quarantine_per_minute_max=10**9)
        self.reactor = Reactor(world.options.domain, config, events=ReactorEvents(world), quarantine=self, notifier=self)
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
        self.told += [(one.id, one.fact, one.area, one.event_id) for one in notifications]
