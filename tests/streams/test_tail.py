"""The journal as its readers see it, on a real broker."""

import asyncio

import pytest

from schemas.journal import Clock, Decided, JournalCorrupt, Opened, encode
from streams.kafka import KafkaJournal, LogTruncated
from streams.tail import JournalTail, Judged, Position
from tests.streams.ground import Ground

pytestmark = pytest.mark.stack


async def journal_of(ground: Ground, *values: bytes) -> None:
    async with KafkaJournal(ground.bootstrap, ground.domain) as journal:
        await asyncio.gather(*(journal.append(0, b"", value) for value in values))


def decided(epoch: int, seq: int, source_offset: int) -> bytes:
    return encode(Decided(epoch, seq, 0, source_offset, ()))


async def read(tail: JournalTail, count: int) -> list[Judged]:
    found: list[Judged] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            found += await tail.batch(0.2, 2)
    return found


async def test_every_record_is_shown_once_and_judged(ground: Ground) -> None:
    await ground.make_topics(2)
    opened = encode(Opened("w", Clock.WALL))
    await journal_of(ground, opened, decided(0, 1, 0), opened, decided(0, 2, 1), decided(2, 2, 1))
    async with JournalTail(ground.bootstrap, ground.domain, {}) as tail:
        judged = await read(tail, 5)
        assert tail.positions() == {0: Position(5, 2, 2, 1), 1: Position()}
        assert await tail.lag() == 0
    assert [(one.offset, one.valid) for one in judged] == [(0, True), (1, True), (2, True), (3, False), (4, True)]


async def test_a_reader_goes_on_from_its_position_as_if_it_had_never_stopped(ground: Ground) -> None:
    await ground.make_topics(1)
    await journal_of(ground, encode(Opened("w", Clock.WALL)), decided(0, 1, 0), decided(0, 2, 1), decided(0, 2, 2), decided(0, 3, 2))
    async with JournalTail(ground.bootstrap, ground.domain, {}) as tail:
        first = await read(tail, 2)
        positions = tail.positions()
    async with JournalTail(ground.bootstrap, ground.domain, positions) as tail:
        rest = await read(tail, 5 - len(first))
    assert [one.offset for one in first + rest] == [0, 1, 2, 3, 4]
    assert [one.valid for one in first + rest] == [True, True, True, False, True]


async def test_a_record_no_release_wrote_is_never_skipped(ground: Ground) -> None:
    await ground.make_topics(1)
    await journal_of(ground, b'{"what":1}')
    async with JournalTail(ground.bootstrap, ground.domain, {}) as tail:
        with pytest.raises(JournalCorrupt):
            await read(tail, 1)


async def test_a_position_the_log_does_not_hold_is_an_error_not_a_jump(ground: Ground) -> None:
    await ground.make_topics(1)
    await journal_of(ground, encode(Opened("w", Clock.WALL)))
    async with JournalTail(ground.bootstrap, ground.domain, {0: Position(700, 0, 0, 0)}) as tail:
        with pytest.raises(LogTruncated):
            await read(tail, 1)
