"""The projector's own entry points on a real journal: follow it, stop, rebuild."""

import asyncio
from functools import partial

import pytest

from schemas.topics import decisions_topic
from streams.kafka import KafkaJournal
from streams.memory import MemoryJournal
from streams.projections.errors import PositionAhead
from streams.projections.source import KafkaSource
from streams.projector import Projector
from tests.streams.ground import Ground, new_ground
from tests.streams.projections.oracle import Oracle
from tests.streams.projections.running import QUICK
from tests.streams.projections.story import Story
from tests.streams.projections.tables import MEALS, assert_tables_are, dump

pytestmark = pytest.mark.stack


async def _publish(ground: Ground, told: MemoryJournal, already: list[int]) -> None:
    """What the story has told since, to Kafka."""
    async with KafkaJournal(ground.bootstrap, ground.domain) as journal:
        for partition in range(told.partitions):
            fresh = told.entries(partition)[already[partition] :]
            await asyncio.gather(*(journal.append(partition, b"a", entry.value or b"") for entry in fresh))
            already[partition] += len(fresh)


async def _follow(ground: Ground, dsn: str, *, rebuild: bool = False) -> None:
    source = partial(KafkaSource, ground.bootstrap, ground.domain)
    async with source() as asked:
        until = await asked.ends()
    async with asyncio.timeout(60):
        await Projector(MEALS, dsn, source, pace=QUICK).run(asyncio.Event(), until=until, rebuild=rebuild)


async def test_a_journal_on_kafka_is_followed_resumed_and_rebuilt(kafka_bootstrap: str, database: str) -> None:
    ground = new_ground(kafka_bootstrap, "projected")
    await ground.make_topics(2)
    told = MemoryJournal(2)
    story = Story(31, told)
    published = [0, 0]
    for _ in range(2):
        story.tell(40)
        await _publish(ground, told, published)
        await _follow(ground, database)
    oracle = Oracle([[entry.value or b"" for entry in told.entries(p)] for p in range(2)])
    await assert_tables_are(oracle, database)
    incremental = await dump(database)
    await _follow(ground, database, rebuild=True)
    assert await dump(database) == incremental


async def test_a_journal_that_was_made_anew_asks_for_a_rebuild(kafka_bootstrap: str, database: str) -> None:
    long, short = new_ground(kafka_bootstrap, "old"), new_ground(kafka_bootstrap, "anew")
    assert decisions_topic(long.domain) != decisions_topic(short.domain)
    for ground, records in ((long, 10), (short, 2)):
        await ground.make_topics(1)
        told = MemoryJournal(1)
        Story(32, told).tell(records)
        await _publish(ground, told, [0])
    await _follow(long, database)
    with pytest.raises(PositionAhead, match="position_ahead_of_journal"):
        await _follow(short, database)
