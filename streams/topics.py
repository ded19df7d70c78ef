"""Create the topics of `schemas.topics`, and check at every start that they are what the carrying needs.

A topic with the wrong clean-up policy loses the truth, one with the wrong partition count breaks the single writer: a worker
does not start on either (exit 74). Faust declares nothing.
"""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from schemas.topics import DOMAINS, QUARANTINE, Topic, replication_factor, topics

VISIBLE_S_MAX = 15.0


class TopicTrouble(StrEnum):
    """What can be wrong with a topic. Wire names: runbooks and tests name them."""

    MISSING = "topic_missing"
    PARTITION_COUNT = "wrong_partition_count"
    REPLICATION = "wrong_replication"
    CLEANUP_POLICY = "wrong_cleanup_policy"
    TIMESTAMP_TYPE = "wrong_timestamp_type"
    RETENTION = "retention_too_short"
    MESSAGE_BYTES = "message_bytes_too_small"


@dataclass(frozen=True, slots=True)
class TopicFinding:
    """One thing that is not as it must be."""

    topic: str
    trouble: TopicTrouble
    wanted: str
    found: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.trouble} (wanted {self.wanted}, found {self.found})"


class TopicsUnfit(RuntimeError):
    """The topics are not what `schemas.topics` says; `findings` names each difference."""

    def __init__(self, findings: list[TopicFinding]) -> None:
        super().__init__("; ".join(str(finding) for finding in findings))
        self.findings = findings


async def create_topics(bootstrap: str, partitions: int, domains: tuple[str, ...] = DOMAINS) -> list[str]:
    """Create what is missing and return its names; what exists is left alone (`check_topics` judges it)."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        brokers = len((await admin.describe_cluster())["brokers"])
        present = {row["topic"] for row in await _described(admin, topics(domains)) if row["error_code"] == 0}
        wanted = [topic for topic in topics(domains) if topic.name not in present]
        if not wanted:
            return []
        answer = await admin.create_topics([_new(topic, partitions, brokers) for topic in wanted])
        for name, code, message in answer.topic_errors:
            # Two processes may create at the same time; whoever came second finds it there.
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)(f"{name}: {message}")
        await _until_visible(admin, tuple(wanted))
        return [topic.name for topic in wanted]
    finally:
        await admin.close()


async def check_topics(bootstrap: str, partitions: int, domains: tuple[str, ...] = DOMAINS) -> None:
    """Raise `TopicsUnfit` with every difference between the cluster and `schemas.topics`."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        brokers = len((await admin.describe_cluster())["brokers"])
        described = {row["topic"]: row for row in await _described(admin, topics(domains))}
        findings: list[TopicFinding] = []
        for topic in topics(domains):
            row = described.get(topic.name)
            if row is None or for_code(row["error_code"]) is UnknownTopicOrPartitionError:
                findings.append(TopicFinding(topic.name, TopicTrouble.MISSING, "the topic", "none"))
                continue
            if row["error_code"]:
                raise for_code(row["error_code"])(topic.name)
            findings += _findings(topic, row, await _config(admin, topic.name), partitions, brokers)
    finally:
        await admin.close()
    if findings:
        raise TopicsUnfit(findings)


async def _until_visible(admin: AIOKafkaAdminClient, created: tuple[Topic, ...]) -> None:
    """A broker acknowledges a topic before it shows it; whoever asks in between would find it missing. Raises TimeoutError."""
    async with asyncio.timeout(VISIBLE_S_MAX):
        while any(row["error_code"] for row in await _described(admin, created)):  # noqa: ASYNC110 - the broker tells nobody
            await asyncio.sleep(0.05)


def _findings(topic: Topic, row: dict[str, Any], config: dict[str, str], partitions: int, brokers: int) -> list[TopicFinding]:
    found: list[TopicFinding] = []

    def expect(trouble: TopicTrouble, wanted: object, got: object, *, fits: bool) -> None:
        if not fits:
            found.append(TopicFinding(topic.name, trouble, str(wanted), str(got)))

    count = len(row["partitions"])
    wanted_count = partitions if topic.partitioned else 1
    expect(TopicTrouble.PARTITION_COUNT, wanted_count, count, fits=count == wanted_count or not topic.partitioned)
    copies = min((len(one["replicas"]) for one in row["partitions"]), default=0)
    wanted_copies = replication_factor(brokers)
    expect(TopicTrouble.REPLICATION, wanted_copies, copies, fits=copies >= wanted_copies)
    policy = config["cleanup.policy"]
    expect(TopicTrouble.CLEANUP_POLICY, topic.cleanup_policy, policy, fits=policy == topic.cleanup_policy)
    stamp = config["message.timestamp.type"]
    expect(TopicTrouble.TIMESTAMP_TYPE, topic.timestamp_type, stamp, fits=stamp == topic.timestamp_type)
    kept_ms = int(config["retention.ms"])
    long_enough = kept_ms == -1 or (topic.retention_ms != -1 and kept_ms >= topic.retention_ms)
    expect(TopicTrouble.RETENTION, topic.retention_ms, kept_ms, fits=long_enough)
    size = int(config["max.message.bytes"])
    expect(TopicTrouble.MESSAGE_BYTES, topic.message_bytes_max, size, fits=size >= topic.message_bytes_max)
    return found


def _new(topic: Topic, partitions: int, brokers: int) -> NewTopic:
    count = partitions if topic.partitioned else 1
    return NewTopic(topic.name, count, replication_factor(brokers), topic_configs=topic.config(brokers))


async def _described(admin: AIOKafkaAdminClient, wanted: tuple[Topic, ...]) -> list[dict[str, Any]]:
    return list(await admin.describe_topics([topic.name for topic in wanted]))


async def _config(admin: AIOKafkaAdminClient, topic: str) -> dict[str, str]:
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    entries: dict[str, str] = {}
    for answer in answers:
        for resource in answer.resources:
            if resource[0]:
                raise for_code(resource[0])(topic)
            entries |= {entry[0]: entry[1] for entry in resource[4]}
    return entries


assert QUARANTINE in {topic.name for topic in topics()}, "the quarantine is declared beside the domains' topics"
