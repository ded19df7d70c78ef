"""When everything that was sent has been answered, projected and acted on: the moment at which the truth can be checked."""

import asyncio
import contextlib
import time

import asyncpg
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from infra.supervisor.deployment import Deployment
from schemas.topics import decisions_topic, events_topic
from streams.kafka import reader
from streams.reactor import group_name

QUIET_S_MAX = 120.0
ASK_S_MAX = 30.0
"""For one look at everything."""
CLOSE_S_MAX = 5.0


class StillBusy(RuntimeError):
    """Something was sent that is still not answered, projected or acted on; the message says where and how much."""


async def wait_until_quiet(deployment: Deployment, within_s: float = QUIET_S_MAX) -> float:
    """Stop the drills, which never end by themselves, and wait until no topic has anything unread, seen twice in a row.

    Returns the seconds it took; raises `StillBusy`. What the drills sent so far is waited for like everything else.
    """
    await asyncio.to_thread(deployment.stop_auditor)
    started = time.monotonic()
    quiet = 0
    while quiet < 2:
        left = await _lags(deployment)
        quiet = quiet + 1 if not left else 0
        if time.monotonic() - started > within_s:
            raise StillBusy(", ".join(f"{what}: {count}" for what, count in sorted(left.items())))
        await asyncio.sleep(0.25)
    return time.monotonic() - started


async def _lags(deployment: Deployment) -> dict[str, int]:
    """What is unread, by reader; empty when nothing is. A server that does not answer counts as busy."""
    left: dict[str, int] = {}
    try:
        async with asyncio.timeout(ASK_S_MAX):
            for domain in deployment.shape.domains:
                left |= await _domain_lags(deployment, domain)
    except (OSError, TimeoutError, KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        left["unreachable"] = 1
        left[type(error).__name__] = 1
    return {what: count for what, count in left.items() if count > 0}


async def _domain_lags(deployment: Deployment, domain: str) -> dict[str, int]:
    partitions = range(deployment.shape.partitions)
    inputs = [TopicPartition(events_topic(domain), partition) for partition in partitions]
    journals = [TopicPartition(decisions_topic(domain), partition) for partition in partitions]
    asker = reader(deployment.bootstrap, group_id=group_name(domain))
    try:
        await asker.start()  # inside, because a start that is cut short leaves connections too
        ends = await asker.end_offsets([*inputs, *journals])
        reacted = {place: await asker.committed(place) or 0 for place in journals}
    finally:
        # A client that is closed while its broker is away can wait for that broker.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S_MAX):
                await asker.stop()
    connection = await asyncpg.connect(deployment.dsn, timeout=5)
    try:
        rows = await connection.fetch("SELECT partition, next_offset, source_offset FROM journal_positions WHERE domain = $1", domain)
    finally:
        await connection.close()
    stand = {row["partition"]: row for row in rows}
    return {
        f"{domain} undecided": sum(ends[p] - (stand[p.partition]["source_offset"] + 1 if p.partition in stand else 0) for p in inputs),
        f"{domain} unprojected": sum(ends[p] - (stand[p.partition]["next_offset"] if p.partition in stand else 0) for p in journals),
        f"{domain} unreacted": sum(ends[p] - reacted[p] for p in journals if ends[p]),
    }
