"""Faust's delivery without what it does for every single record and nobody here needs. Measured in `infra/docs/benchmarks.md`.

Faust waits for each record's callback with four tasks (the callback, the suspension of flow, its own stop and crash), counts every
record in a monitor that keeps histories, and waits a second at the start for tables to be declared. We have no tables, count for
ourselves, and the callback nearly always ends without waiting for anything.
"""

from collections.abc import Generator
from types import CoroutineType, coroutine
from typing import Any

from faust.sensors import Monitor
from faust.tables.manager import TableManager
from faust.transport.drivers.aiokafka import Consumer
from mode.services import WaitResults

AT_HAND_MAX = 16
"""Records taken from a stream's queue between two turns of the event loop: some two milliseconds of work."""


class AtHand:
    """The records that already wait behind the one that a stream has just given.

    Faust's iterator turns the whole event loop for every record (`sleep(0)`), and keeps a context variable and a weak reference for
    it. What waits is taken here as the iterator takes it: passed over without an acknowledgement when it belongs to another
    generation of the group or delivery is suspended, tracked before it is handed over, acknowledged after it.
    """

    __slots__ = ("_app", "_queue")

    def __init__(self, stream: Any) -> None:
        self._app = stream.app
        self._queue = stream.channel.queue

    def next(self) -> Any:
        """The next message, or None when nothing waits. An error in the queue is left there for the iterator to raise."""
        app, queue = self._app, self._queue
        while queue.qsize() and not queue._errors:
            message = queue.get_nowait().message
            if app.flow_control.is_active() and message.generation_id == app.consumer_generation_id:
                message.tracked = True
                app.consumer.track_message(message)
                return message
        return None

    def done(self, message: Any) -> None:
        """The message was handled."""
        message.ack(self._app.consumer)


class NoTables(TableManager):  # type: ignore[misc]  # Faust publishes no types here
    """Faust waits a second for tables to be declared before it begins; we have none, and an area stands still meanwhile."""

    async def on_start(self) -> None:
        """As Faust's, without the second."""
        await self._update_channels()
        await self.recovery.start()


class QuietMonitor(Monitor):  # type: ignore[misc]  # Faust publishes no types here
    """Counts nothing for each record. What ops need comes from `streams.metrics`."""

    def on_message_in(self, *_: Any) -> None:
        """Not counted."""

    def on_message_out(self, *_: Any) -> None:
        """Not counted."""

    def on_stream_event_in(self, *_: Any) -> None:
        """Not counted."""

    def on_stream_event_out(self, *_: Any) -> None:
        """Not counted."""

    def track_tp_end_offset(self, *_: Any) -> None:
        """Not kept: the watchdog asks the broker itself."""


class LeanConsumer(Consumer):  # type: ignore[misc]  # Faust publishes no types here
    """Faust's consumer; a callback that does not wait costs no task."""

    def highwater(self, tp: Any) -> int:  # noqa: ARG002 - Faust's own signature
        """Faust asks for every record, reading its settings for it, and only to tell the monitor, which keeps nothing of it."""
        return 0

    def verify_event_path(self, now: float, tp: Any) -> None:
        """Faust only looks here whether to write a line about a slow partition, and ends the process over a partition that has no position
        yet, which is how things are while a broker is coming back. Stalls are our watchdog's business."""

    async def wait_first(self, *coros: Any, timeout: Any = None) -> WaitResults:  # noqa: ASYNC109 - Faust's own signature
        """As Faust's, but the first coroutine is begun at once, and only if it has to wait are the others waited for with it."""
        first, others = coros[0], coros[1:]
        if timeout is not None or not isinstance(first, CoroutineType):
            return await super().wait_first(*coros, timeout=timeout)
        try:
            blocked_on = first.send(None)
        except StopIteration as ended:
            for other in others:
                other.close()
            return WaitResults([first], [ended.value], stopped=False)
        return await super().wait_first(_rest(first, blocked_on), *others)


async def _rest(begun: "CoroutineType[Any, Any, Any]", blocked_on: Any) -> Any:
    return await _resumed(begun, blocked_on)


@coroutine
def _resumed(begun: "CoroutineType[Any, Any, Any]", blocked_on: Any) -> Generator[Any, Any, Any]:
    """The rest of a coroutine that has run up to its first wait."""
    while True:
        try:
            value = yield blocked_on
        except BaseException as error:  # noqa: BLE001 - a cancellation belongs to the coroutine, which may handle it
            try:
                blocked_on = begun.throw(error)
            except StopIteration as ended:
                return ended.value
        else:
            try:
                blocked_on = begun.send(value)
            except StopIteration as ended:
                return ended.value
