"""Reading a journal for ever: through outages of Kafka, and not beyond what nobody can judge."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiokafka import AIOKafkaConsumer

from schemas.journal import JournalCorrupt
from streams.kafka import LogTruncated, reader
from streams.tail import JournalTail, Position

PAUSE_S = 1.0

_log = logging.getLogger("laoxiao.auditor")


async def follow(
    bootstrap: str, domain: str, read: Callable[[JournalTail], Awaitable[None]], cannot_read: Callable[[str], None], stop: asyncio.Event
) -> None:
    """Let `read` have the domain's journal until `stop`; after an outage, from where the reading ended.

    A journal that cannot be judged is told to `cannot_read` by the error's name, and read no further by this process. What `read` raises
    of our own mistakes is raised.
    """
    places: dict[int, Position] = {}
    while not stop.is_set():
        try:
            async with JournalTail(bootstrap, domain, places) as tail:
                try:
                    await read(tail)
                finally:
                    places = tail.positions()
        except (JournalCorrupt, LogTruncated) as error:
            # What follows cannot be judged by anybody; the alarm stays until somebody has looked and started us again.
            cannot_read(type(error).__name__)
            _log.critical("the journal of %s cannot be read: %s", domain, type(error).__name__)
            await stop.wait()
        except (Exception, asyncio.CancelledError) as error:  # Kafka may be away for any reason
            # A closing Kafka consumer lets the cancellation of its own fetch escape; only one that is meant for us ends this.
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and (task is None or task.cancelling() > 0):
                raise
            if isinstance(error, AssertionError | LookupError | TypeError | ValueError):
                raise
            _log.warning("the journal of %s is not read: %s", domain, type(error).__name__)
            await pause(stop, PAUSE_S)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Until `stop`, or so long."""
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await stop.wait()
    except TimeoutError:
        return


class reader_of:  # noqa: N801 - used as a context manager function
    """A consumer that only asks for offsets."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer = reader(bootstrap)

    async def __aenter__(self) -> AIOKafkaConsumer:
        await self._consumer.start()
        return self._consumer

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()
