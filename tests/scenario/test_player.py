"""The player on a real Kafka: what its log says it sent is what the topic holds, at home, in order, with the scenario's clock."""

import asyncio
from pathlib import Path

import orjson
import pytest

from infra.checkers.logs import home_of
from infra.checkers.reading import partition_count, read_sent, read_topic
from infra.scenario.day import DayPlan, build_day, with_ticks
from infra.scenario.player import Play, Progress, play_day
from infra.scenario.sender import RecordSender
from infra.scenario.sent_log import SentLog
from tests.stack.servers import StartKafka
from tests.streams.ground import new_ground

pytestmark = pytest.mark.stack


async def test_a_played_day_lies_in_the_topic_as_the_sent_log_says(kafka_bootstrap: str, tmp_path: Path) -> None:
    ground = new_ground(kafka_bootstrap, "day")
    await ground.make_topics(3)
    plan = DayPlan(districts=("310106", "310101"), scale=0.02, domains=("meals",))
    told: list[Progress] = []
    topics = {"meals": f"{ground.domain}.events"}
    play = Play(plan=plan, bootstrap=kafka_bootstrap, log_path=tmp_path / "sent.jsonl", tick_minutes=30, topics=topics)
    done = await play_day(play, told.append)
    items = list(with_ticks(build_day(plan), plan, 30))
    sent = read_sent(tmp_path / "sent.jsonl")
    topic = {(record.partition, record.offset): record for record in await read_topic(kafka_bootstrap, f"{ground.domain}.events")}

    assert await partition_count(kafka_bootstrap, f"{ground.domain}.events") == 3
    assert done.items_sent == len(items)
    assert done.records_acked == len(sent) == len(topic)
    assert (done.records_unknown, done.retries) == (0, 0)
    assert plan.ends_ms - 30 * 60_000 < told[-1].played_ms <= plan.ends_ms
    stray = 0
    for one in sent:
        assert one.partition is not None
        assert one.offset is not None
        record = topic[one.partition, one.offset]
        assert one.outcome == "acked"
        assert record.key == one.key.encode()
        if one.raw is not None:
            assert record.value == one.raw
        else:
            parsed = orjson.loads(record.value or b"")
            assert tuple(parsed if isinstance(parsed, list) else [parsed]) == one.events
        stray += one.partition != home_of(one.key, 3)
    assert stray == sum(item.stray for item in items)
    for area in plan.districts:
        clocks = [int(record.headers["playedat"]) for record in topic.values() if record.key == area.encode()]
        assert len(clocks) > 100
    at_home = [int(r.headers["playedat"]) for r in topic.values() if r.key == b"310106" and r.partition == home_of("310106", 3)]
    assert at_home == sorted(at_home)


async def test_a_pace_is_kept(kafka_bootstrap: str, tmp_path: Path) -> None:
    import time

    ground = new_ground(kafka_bootstrap, "pace")
    await ground.make_topics(1)
    plan = DayPlan(scale=0.02, domains=("meals",))
    topics = {"meals": f"{ground.domain}.events"}
    log = tmp_path / "sent.jsonl"
    play = Play(plan=plan, bootstrap=kafka_bootstrap, log_path=log, seconds=4, tick_minutes=60, topics=topics)
    started = time.monotonic()
    await play_day(play)
    assert time.monotonic() - started >= 3.9


async def test_a_player_that_begins_while_the_broker_is_away_waits_for_it(start_kafka: StartKafka, tmp_path: Path) -> None:
    cluster = start_kafka(1)
    cluster.kill(0)
    play = Play(plan=DayPlan(domains=("meals",)), bootstrap=cluster.bootstrap, log_path=tmp_path / "sent.jsonl")
    with SentLog(play.log_path) as log:
        sender = RecordSender(play, log, Progress(items=0))
        first = sender._producer
        entering = asyncio.create_task(sender.__aenter__())
        async with asyncio.timeout(60):
            while sender._producer is first:
                assert not entering.done()
                await asyncio.sleep(0.05)
        await asyncio.to_thread(cluster.restart, 0)
        async with asyncio.timeout(60):
            await entering
        await sender.__aexit__()
