"""`laoxiao status`: what stands where, for a person at a terminal."""

import asyncpg
from aiokafka import TopicPartition
from rich.console import Console
from rich.table import Table

from infra.settings import Settings
from schemas.journal import instant
from schemas.topics import DOMAINS, QUARANTINE, decisions_topic, events_topic
from streams.auditor.doors import read_alarms
from streams.auditor.heartbeats import SILENT_S_MAX, HeartbeatEar
from streams.kafka import partition_count, reader
from streams.reactor import group_name


async def print_status(settings: Settings) -> int:
    """One row per partition: input, decided, projected, reacted. Returns 1 when something is behind or cannot be asked."""
    console = Console(soft_wrap=True)
    behind = 0
    for domain in DOMAINS:
        rows = await _partitions(settings, domain)
        table = Table("partition", "events", "undecided", "journal", "unprojected", "unreacted", "epoch", title=domain)
        for row in rows:
            table.add_row(*(str(value) for value in row))
            behind += any(isinstance(value, int) and value > 0 for value in (row[2], row[4], row[5]))
        console.print(table)
    asker = reader(settings.kafka)
    await asker.start()
    try:
        places = [TopicPartition(QUARANTINE, partition) for partition in range(await partition_count(asker, QUARANTINE))]
        console.print(f"quarantine: {sum((await asker.end_offsets(places)).values())} originals")
    finally:
        await asker.stop()
    silent = await _print_auditor(settings, console)
    return 1 if behind or silent else 0


async def _print_auditor(settings: Settings, console: Console) -> bool:
    """The auditor's last heartbeat and its open alarms; True when it has not been heard lately."""
    async with HeartbeatEar(settings.kafka) as ear:
        await ear.listen(2.0)
    age_s = ear.age_s()
    latest = {alarm.key: alarm for alarm in await read_alarms(settings.kafka)}
    heard = "never heard" if age_s is None else f"heard {age_s:.0f} s ago"
    console.print(f"auditor: {heard}")
    for alarm in latest.values():
        if alarm.raised:
            console.print(f"alarm: {alarm.kind} {alarm.domain} {alarm.place} since {instant(alarm.since_ms)}")
    return age_s is None or age_s > SILENT_S_MAX


async def _partitions(settings: Settings, domain: str) -> list[tuple[int | str, ...]]:
    asker = reader(settings.kafka, group_id=group_name(domain))
    await asker.start()
    try:
        partitions = range(await partition_count(asker, events_topic(domain)))
        inputs = {p: TopicPartition(events_topic(domain), p) for p in partitions}
        journals = {p: TopicPartition(decisions_topic(domain), p) for p in partitions}
        ends = await asker.end_offsets([*inputs.values(), *journals.values()])
        reacted = {p: await asker.committed(place) or 0 for p, place in journals.items()}
    finally:
        await asker.stop()
    projected = await _projected(settings, domain)
    rows: list[tuple[int | str, ...]] = []
    for p in partitions:
        end, journal_end = ends[inputs[p]], ends[journals[p]]
        stand = projected.get(p)
        # Without PostgreSQL nobody here knows how far the decisions are: say so instead of guessing.
        undecided: int | str = end - (stand["source_offset"] + 1) if stand else ("?" if end else 0)
        unprojected: int | str = journal_end - stand["next_offset"] if stand else ("?" if journal_end else 0)
        rows.append((p, end, undecided, journal_end, unprojected, journal_end - reacted[p], stand["epoch"] if stand else "?"))
    return rows


async def _projected(settings: Settings, domain: str) -> dict[int, asyncpg.Record]:
    try:
        connection = await asyncpg.connect(settings.postgres, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return {}
    try:
        rows = await connection.fetch(
            "SELECT partition, next_offset, source_offset, epoch FROM journal_positions WHERE domain = $1", domain
        )
    finally:
        await connection.close()
    return {row["partition"]: row for row in rows}
