"""What happens outside because of a decision: sealed originals, events sent home, notifications that carry no person."""

import asyncio
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.journal import FORWARDED, Clock, Decided, SetAside
from schemas.topics import events_topic
from streams.memory import MemoryEventLog, MemoryQuarantine
from streams.notifications import JsonLinesNotifier
from streams.partitioning import home_partition
from streams.reactor import GroupPositions, Reactor, ReactorConfig
from streams.runtime import PartitionRuntime
from streams.sealed import NotOurs, seal, unseal
from streams.tail import Judged, Position
from tests.streams.counting import added, register
from tests.streams.ground import Ground

KEY = b"0123456789abcdef0123456789abcdef"
AREA = "310106"


class Stage:
    """A reactor of the counting domain on memory ports with two partitions."""

    def __init__(self, path: Path) -> None:
        self.events = MemoryEventLog(2, lambda: 1_000)
        self.quarantine = MemoryQuarantine()
        self.told = path / "told.jsonl"
        config = ReactorConfig("", KEY, self.told, ("counting",), quarantine_per_minute_max=2)
        self.reactor = Reactor("counting", config, events=self.events, quarantine=self.quarantine, notifier=JsonLinesNotifier(self.told))

    async def react(self, offset: int, *aside: SetAside, valid: bool = True, partition: int = 0, seq: int = 1) -> None:
        await self.reactor.react([Judged(0, 9, b"", Decided(0, seq, partition, offset, (), aside), valid)])


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def test_an_event_of_a_batch_is_sent_home_alone_with_its_id_key_and_headers(stage: Stage) -> None:
    home = home_partition(AREA, 2)
    batch = [added("e-1", AREA), added("e-2", AREA, 7)]
    headers = (("playedat", b"5000"),)
    stage.events.add(b"wrong", orjson.dumps(batch), partition=1 - home, headers=headers)
    await stage.react(0, SetAside(FORWARDED, 1, "e-2", home), partition=1 - home)
    (sent,) = stage.events.records(home)
    assert (sent.key, sent.headers) == (AREA.encode(), headers)
    assert json.loads(sent.value or b"") == batch[1]


async def test_an_original_in_quarantine_can_be_read_with_the_key_and_only_as_what_it_is(stage: Stage) -> None:
    stage.events.add(b"Mr Wang", b"{not json, 13800000000", partition=0)
    await stage.react(0, SetAside("bad_json"))
    ((key, sealed, headers),) = stage.quarantine.kept
    origin = f"{events_topic('counting')}/0/0".encode()
    assert key is None, "a key that is no id may name a person"
    assert dict(headers) == {"reason": b"bad_json", "origin": origin, "index": b""}
    assert b"138" not in sealed
    assert unseal(KEY, origin, sealed) == b"{not json, 13800000000"
    for wrong in (origin + b"1", b"other/0/0"):
        with pytest.raises(NotOurs):
            unseal(KEY, wrong, sealed)
    with pytest.raises(NotOurs):
        unseal(b"1" * 32, origin, sealed)


async def test_two_sealings_of_the_same_bytes_differ() -> None:
    assert seal(KEY, b"o", b"same") != seal(KEY, b"o", b"same")


async def test_a_record_that_does_not_count_causes_nothing(stage: Stage) -> None:
    stage.events.add(b"k", b"{", partition=0)
    await stage.react(0, SetAside("bad_json"), valid=False)
    assert stage.quarantine.kept == []


class Alarms:
    """Collects alarms; every other metric goes nowhere."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def alarm(self, _domain: str, name: str) -> None:
        self.names.append(name)

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


async def test_too_much_quarantine_raises_one_alarm_and_goes_on(stage: Stage) -> None:
    alarms = Alarms()
    stage.reactor.metrics = alarms
    for offset in range(5):
        stage.events.add(b"k", b"{", partition=0)
        await stage.react(offset, SetAside("bad_json"), seq=offset + 1)
    assert len(stage.quarantine.kept) == 5
    assert alarms.names == ["quarantine_rate"]


async def test_a_human_task_is_told_with_the_same_id_however_often_and_without_a_position(stage: Stage) -> None:
    runtime = PartitionRuntime(register("counting"), partition=0, partitions=1, clock=Clock.WALL)
    runtime.validity.epoch = 0
    stage.events.add(AREA.encode(), orjson.dumps(added("e-1", AREA, fault="decide")), partition=0)
    from schemas.journal import decode

    record = decode(runtime.handle(stage.events.at(0, 0)))
    for _ in range(2):
        await stage.reactor.react([Judged(0, 1, b"", record, True)])
    told = [json.loads(line) for line in stage.told.read_text().splitlines()]
    assert told[0] == told[1]
    assert (told[0]["audience"], told[0]["fact"], told[0]["event_id"]) == ("operator", "task.opened.v1", "e-1")
    assert not {"lat", "lon", "position"} & set(told[0]["data"])


@pytest.mark.stack
async def test_positions_come_back_with_the_validity_they_stand_for(ground: Ground) -> None:
    await ground.make_topics(2)
    async with GroupPositions(ground.bootstrap, ground.domain) as positions:
        assert await positions.load() == {}
        await positions.store({0: Position(12, 4, 7, 99), 1: Position()})
    async with GroupPositions(ground.bootstrap, ground.domain) as positions:
        assert await positions.load() == {0: Position(12, 4, 7, 99)}
        await positions.store({0: Position(13, 4, 8, 100), 1: Position(1, 0, 0, -1)})
        assert await asyncio.wait_for(positions.load(), 10) == {0: Position(13, 4, 8, 100), 1: Position(1, 0, 0, -1)}
