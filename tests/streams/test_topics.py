"""The topics are created as the table says, and a start on others is refused by name."""

import asyncio

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.topics import decisions_topic, events_topic, snapshots_topic, topics
from streams.topics import TopicsUnfit, TopicTrouble, check_topics, create_topics
from tests.streams.ground import Ground

pytestmark = pytest.mark.stack


async def make(ground: Ground, name: str, partitions: int, **config: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=ground.bootstrap)
    await admin.start()
    table = {topic.name: topic for topic in topics((ground.domain,))}
    settings = table[name].config(1) | {key.replace("_", "."): value for key, value in config.items()}
    try:
        await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=settings)])
        async with asyncio.timeout(15):
            while (await admin.describe_topics([name]))[0]["error_code"]:  # noqa: ASYNC110 - the broker tells nobody
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def test_created_topics_pass_the_check_and_are_created_once(ground: Ground) -> None:
    created = await create_topics(ground.bootstrap, 3, (ground.domain,))
    assert {events_topic(ground.domain), decisions_topic(ground.domain), snapshots_topic(ground.domain)} <= set(created)
    assert await create_topics(ground.bootstrap, 3, (ground.domain,)) == []
    await check_topics(ground.bootstrap, 3, (ground.domain,))


async def test_every_difference_is_found_and_named(ground: Ground) -> None:
    await make(ground, events_topic(ground.domain), 2, message_timestamp_type="CreateTime", retention_ms="1000")
    await make(ground, decisions_topic(ground.domain), 3, cleanup_policy="compact", max_message_bytes="1000000")
    with pytest.raises(TopicsUnfit) as unfit:
        await check_topics(ground.bootstrap, 3, (ground.domain,))
    found = {(finding.topic.rsplit(".", 1)[1], finding.trouble) for finding in unfit.value.findings if finding.topic != "quarantine"}
    assert found == {
        ("events", TopicTrouble.PARTITION_COUNT),
        ("events", TopicTrouble.TIMESTAMP_TYPE),
        ("events", TopicTrouble.RETENTION),
        ("decisions", TopicTrouble.CLEANUP_POLICY),
        ("decisions", TopicTrouble.MESSAGE_BYTES),
        ("snapshots", TopicTrouble.MISSING),
    }
