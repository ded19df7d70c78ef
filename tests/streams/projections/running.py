"""Running the projector over a journal in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from streams.memory import MemoryJournal
from streams.projections.registry import PROJECTIONS
from streams.projector import Meter, Pace, Projector
from tests.streams.projections.journals import MemorySource, opened

QUICK = Pace(wait_s=0.02, gather_s=0.0, check_s=0.01, retry_s_min=0.02, retry_s_max=0.1, lock_wait_s=5)


def projector(dsn: str, journal: MemoryJournal, pace: Pace = QUICK, meter: Meter | None = None) -> Projector:
    """A projector of meals that reads this journal."""
    return Projector(PROJECTIONS["meals"], dsn, partial(opened, MemorySource(journal)), meter, pace)


async def project(dsn: str, journal: MemoryJournal, pace: Pace = QUICK, *, rebuild: bool = False) -> None:
    """Follow the journal to where it ends now."""
    until = await MemorySource(journal).ends()
    async with asyncio.timeout(60):
        await projector(dsn, journal, pace).run(asyncio.Event(), until=until, rebuild=rebuild)


@asynccontextmanager
async def following(dsn: str, journal: MemoryJournal, pace: Pace = QUICK) -> AsyncIterator[asyncio.Task[None]]:
    """A projector that runs beside the test; it is stopped, and what it raised is raised, at the end."""
    stop = asyncio.Event()
    task = asyncio.create_task(projector(dsn, journal, pace).run(stop))
    try:
        yield task
    finally:
        stop.set()
        async with asyncio.timeout(30):
            await task  # what ended the projector explains the test's failure better than the test's own error
