"""Reads the logs of a run from where they are: a file, Kafka's topics, PostgreSQL's tables."""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from infra.checkers.logs import Input, Logs, Sent, judge

Tables = dict[str, list[dict[str, Any]]]
READ_STALL_MS = 15_000
UNKNOWN_TOPIC = 3


async def read_logs(
    bootstrap: str, domain: str, *, sent: list[Sent] | None, quarantine: list[Input], tables: Tables | None, only_ours: bool = True
) -> Logs:
    """Everything of one domain's run. Its topics are read to their present ends; what the domains share is handed in.

    Raises `TimeoutError` when a topic stops giving records before its end.
    """
    events = await read_topic(bootstrap, f"{domain}.events")
    journal = await read_topic(bootstrap, f"{domain}.decisions")
    return Logs(
        sent=[one for one in sent or () if one.domain == domain],
        inputs=events,
        journal=judge([(record.partition, record.offset, record.value) for record in journal]),
        quarantine=quarantine,
        tables=tables,
        domain=domain,
        partitions=await partition_count(bootstrap, f"{domain}.events"),
        only_ours=only_ours and sent is not None,
    )


def read_sent(path: Path) -> list[Sent]:
    """C from its JSON lines. A record whose fate was never noted, or whose line was torn by a crash, is unknown."""
    begun: dict[int, dict[str, Any]] = {}
    fates: dict[int, dict[str, Any]] = {}
    for line in path.read_bytes().splitlines():
        try:
            entry = orjson.loads(line)
        except ValueError:
            continue
        (fates if "outcome" in entry else begun)[entry["record"]] = entry
    out = []
    for number, entry in sorted(begun.items()):
        fate = fates.get(number, {"outcome": "unknown", "offset": None, "refused": []})
        raw = base64.b64decode(entry["raw"]) if "raw" in entry else None
        out.append(
            Sent(
                number, entry["via"], entry["key"], entry["partition"], tuple(entry.get("events", ())), raw,
                fate["outcome"], fate["offset"], frozenset(fate["refused"]), entry["domain"],
            )
        )  # fmt: skip
    return out


async def partition_count(bootstrap: str, topic: str) -> int:
    """How many partitions the topic has, 0 when there is no such topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        (described,) = await admin.describe_topics([topic])
    finally:
        await admin.close()
    if described["error_code"] == UNKNOWN_TOPIC:
        return 0
    if described["error_code"] != 0:
        raise KafkaError(f"{topic}: error {described['error_code']}")
    return len(described["partitions"])


async def read_topic(bootstrap: str, topic: str) -> list[Input]:
    """Every record of the topic up to its present end, by partition and offset; empty when there is no such topic."""
    places = [TopicPartition(topic, number) for number in range(await partition_count(bootstrap, topic))]
    if not places:
        return []
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest",
        max_partition_fetch_bytes=8 * 1024 * 1024, isolation_level="read_uncommitted",
    )  # fmt: skip
    await consumer.start()
    try:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        out: list[Input] = []
        while True:
            waiting = [place for place in places if await consumer.position(place) < ends[place]]
            if not waiting:
                break
            got = await consumer.getmany(*waiting, timeout_ms=READ_STALL_MS)
            if not got:
                raise TimeoutError(f"{topic} gives nothing more before its end")
            for place, rows in got.items():
                out += [
                    Input(row.partition, row.offset, row.timestamp, row.key, row.value, dict(row.headers))
                    for row in rows
                    if row.offset < ends[place]
                ]
    finally:
        await consumer.stop()
    out.sort(key=lambda record: (record.partition, record.offset))
    return out


async def read_tables(dsn: str, names: Iterable[str]) -> Tables:
    """P: every one of these tables that exists, in one repeatable-read snapshot; jsonb as Python objects, dates as text."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=orjson.loads, schema="pg_catalog")
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            present = {row["name"] for row in await connection.fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")}
            return {
                name: [_plain(dict(row)) for row in await connection.fetch(f"SELECT * FROM {name}")]  # noqa: S608 - names our own code declares
                for name in names
                if name in present
            }
    finally:
        await connection.close()


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
