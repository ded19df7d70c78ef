"""The projector's own entry points on a real journal: follow it, stop, rebuild."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from streams.kafka import KafkaJournal
from streams.memory import MemoryJournal
from streams.projections.errors import PositionAhead
from streams.projections.registry import PROJECTIONS
from streams.projections.source import KafkaSource
from streams.projector import rebuild, run
from tests.streams.ground import Ground, new_ground
from tests.streams.projections.oracle import Oracle
from tests.streams.projections.running import QUICK
from tests.streams.projections.story import Story
from tests.streams.projections.tables import MEALS, assert_tables_are, dump, fetch

pytestmark = pytest.mark.stack


async def _publish(ground: Ground, told: MemoryJournal, already: list[int]) -> None:
    """What the story has told since, to Kafka."""
    async with KafkaJournal(ground.bootstrap, ground.domain) as journal:
        for partition in range(told.partitions):
            fresh = told.entries(partition)[already[partition] :]
            await asyncio.gather(*(journal.append(partition, b"a", entry.value or b"") for entry in fresh))
            already[partition] += len(fresh)


async def _follow(ground: Ground, dsn: str) -> None:
    """`run` until the rows stand where the journal ends now."""
    async with KafkaSource(ground.bootstrap, ground.domain) as source:
        ends = await source.ends()
    stop = asyncio.Event()
    following = asyncio.create_task(run(bootstrap=ground.bootstrap, dsn=dsn, stop=stop, domains=[ground.domain], pace=QUICK))
    query = "SELECT partition, next_offset FROM journal_positions WHERE domain = $1"
    async with asyncio.timeout(60):
        while not following.done() and {r[0]: r[1] for r in await fetch(dsn, query, ground.domain)} != ends:  # noqa: ASYNC110 - it lives in PostgreSQL
            await asyncio.sleep(0.05)
        stop.set()
        await following


@pytest.fixture
def new_domain(kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Ground]:
    """A ground whose domain is projected as meals are."""

    def make() -> Ground:
        ground = new_ground(kafka_bootstrap, "projected")
        monkeypatch.setitem(PROJECTIONS, ground.domain, replace(MEALS, domain=ground.domain))
        return ground

    return make


async def test_a_journal_on_kafka_is_followed_resumed_and_rebuilt(new_domain: Callable[[], Ground], database: str) -> None:
    ground = new_domain()
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
    await rebuild(bootstrap=ground.bootstrap, dsn=database, domain=ground.domain, pace=QUICK)
    assert await dump(database) == incremental


async def test_a_topic_that_was_deleted_and_made_anew_asks_for_a_rebuild(new_domain: Callable[[], Ground], database: str) -> None:
    ground = new_domain()
    for records in (10, 2):
        await ground.make_topics(1)
        told = MemoryJournal(1)
        Story(32, told).tell(records)
        await _publish(ground, told, [0])
        if records == 10:
            await _follow(ground, database)
            await _delete(ground)
    with pytest.raises(PositionAhead, match="position_ahead_of_journal"):
        await _follow(ground, database)
    await rebuild(bootstrap=ground.bootstrap, dsn=database, domain=ground.domain, pace=QUICK)
    await assert_tables_are(Oracle([[entry.value or b"" for entry in told.entries(0)]]), database)


async def _delete(ground: Ground) -> None:
    """Delete the domain's topics and wait until the broker has forgotten them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=ground.bootstrap)
    await admin.start()
    try:
        names = {name for name in await admin.list_topics() if name.startswith(f"{ground.domain}.")}
        await admin.delete_topics(sorted(names))
        async with asyncio.timeout(30):
            while names & set(await admin.list_topics()):  # noqa: ASYNC110 - it lives in the broker
                await asyncio.sleep(0.1)
    finally:
        await admin.close()
