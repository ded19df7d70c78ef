"""Write to and read from a real topic, and watch processes end."""

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic


async def create_topic(bootstrap: str, topic: str, *, replicas: int) -> None:
    """One partition; the broker's answer is checked."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic(topic, 1, replicas)])
        errors = [(name, code, text) for name, code, text in answer.topic_errors if code != 0]
        assert not errors, errors
    finally:
        await admin.close()


async def append(bootstrap: str, topic: str, values: Iterable[bytes]) -> None:
    """Append in order, each acknowledged by every in-sync replica before the next."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic, value, partition=0)
    finally:
        await producer.stop()


async def read_to_end(bootstrap: str, topic: str, *, deadline_s: float = 30) -> list[bytes]:
    """Every value from the beginning to the end offset at the time of asking."""
    partition = TopicPartition(topic, 0)
    # "earliest" and no seek_to_beginning: after assign, aiokafka resets to "latest" in the background, which can overtake
    # the seek and leave the position at the end.
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    values: list[bytes] = []
    try:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        assert end > 0, "the topic is empty"
        async with asyncio.timeout(deadline_s):
            while await consumer.position(partition) < end:
                batches = await consumer.getmany(partition, timeout_ms=500)
                values += [record.value for batch in batches.values() for record in batch]
    finally:
        await consumer.stop()
    return values


async def leader_of(bootstrap: str, topic: str) -> int:
    """The node.id that leads the only partition."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        (described,) = await admin.describe_topics([topic])
        leader = described["partitions"][0]["leader"]
        assert isinstance(leader, int)
        return leader
    finally:
        await admin.close()


def ended_within(pids: Iterable[int], deadline_s: float) -> bool:
    """Whether all of these processes are gone (a zombie is gone) before the deadline."""
    started = time.monotonic()
    left = set(pids)
    while left and time.monotonic() - started < deadline_s:
        left = {pid for pid in left if alive(pid)}
        time.sleep(0.02)
    return not left


def alive(pid: int) -> bool:
    """Whether the process runs."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
