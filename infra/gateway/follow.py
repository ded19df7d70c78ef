"""Following the journal of one domain and feeding its board, for ever, through outages of Kafka and PostgreSQL."""

import asyncio
import logging
from typing import Any

from infra.gateway.board import Board
from infra.postgres import queries
from infra.telemetry.metrics import Metrics
from schemas.journal import JournalCorrupt
from streams.kafka import LogTruncated
from streams.tail import JournalTail, Position

POLL_SECONDS = 0.5
RECORDS_MAX = 10
"""Per poll: bounds how long the loop is busy with decisions before it answers HTTP again. A record that a client under load packed
holds a hundred of them and costs three milliseconds of it: two hundred of those would keep a press waiting for half a second."""
FULL_POLLS_MAX = 20
"""So many full polls in a row mean that the tail has fallen behind."""
PAUSE_SECONDS = 1.0

log = logging.getLogger("laoxiao.gateway")


async def follow(bootstrap: str, board: Board, pool: Any, metrics: Metrics) -> None:
    """Read the journal from where PostgreSQL stands and go on; after trouble, from where the reading ended.

    `JournalCorrupt` and `LogTruncated` leave this function: what follows could not be judged, so the process must end.
    """
    places: dict[int, Position] | None = None
    while True:
        try:
            if places is None:
                async with asyncio.timeout(10):
                    places = await queries.positions(pool, board.domain)
            async with JournalTail(bootstrap, board.domain, places) as tail:
                try:
                    await _read(tail, board, metrics)
                finally:
                    places = tail.positions()
        except (JournalCorrupt, LogTruncated):
            raise
        except (Exception, asyncio.CancelledError) as error:  # the servers may be away for any reason
            # A closing Kafka consumer lets the cancellation of its own fetch escape; only one that is meant for us ends this.
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and (task is None or task.cancelling() > 0):
                raise
            board.caught_up = False
            log.warning("journal tail of %s waits: %s", board.domain, type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS)


async def _read(tail: JournalTail, board: Board, metrics: Metrics) -> None:
    lag_gauge = metrics.gateway_journal_lag.labels(domain=board.domain)
    empty_polls = full_polls = 0
    while True:
        batch = await tail.batch(POLL_SECONDS, RECORDS_MAX)
        for judged in batch:
            board.take(judged)
            await asyncio.sleep(0)
        if batch:
            # Fetches are bounded, so a short batch says nothing about the end of the log: only an empty one does.
            full_polls = full_polls + 1 if len(batch) == RECORDS_MAX else 0
            board.polled(caught_up=board.caught_up and full_polls < FULL_POLLS_MAX)
            empty_polls = 0
        elif empty_polls == 0 or not board.caught_up:
            lag = await tail.lag()
            lag_gauge.set(lag)
            board.polled(caught_up=lag == 0)
            empty_polls += 1
        else:
            # Every so often the broker is asked again, so that "caught up" is never an old story.
            board.polled(caught_up=True)
            empty_polls = (empty_polls + 1) % 4
