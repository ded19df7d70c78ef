"""A tiny owner for tests: reads the real event log, appends valid journal records with plain answers, nothing more."""

import asyncio
from contextlib import AsyncExitStack
from typing import Self

from schemas.codec import Rejection, decode_record
from schemas.decisions import CoreReason, Decision, Outcome, Reasoned, Received
from schemas.journal import Clock, Decided, Opened, SetAside, decode, encode
from schemas.meals import MealsReason, OrderPlacedEvent
from schemas.meals_facts import OrderAssigned
from streams.kafka import KafkaEventLog, KafkaJournal
from streams.ports import SourceRecord
from streams.validity import Validity

FULL_PORTIONS = 50
"""An order of so many portions finds no capacity here."""


class TinyOwner:
    """Owns every partition of meals while entered. Orders are assigned to ``c-001``; every other event is accepted."""

    def __init__(self, bootstrap: str, *, paused: bool = False) -> None:
        self._bootstrap = bootstrap
        self._seen: dict[tuple[str, str], tuple[bytes, Outcome, str | None]] = {}
        self._judges: dict[int, Validity] = {}
        self._stopping = False
        self.records: list[SourceRecord] = []
        self.going = asyncio.Event()
        if not paused:
            self.going.set()

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        self._events = await self._stack.enter_async_context(KafkaEventLog(self._bootstrap, "meals"))
        self._journal = await self._stack.enter_async_context(KafkaJournal(self._bootstrap, "meals"))
        for partition in range(self._events.partitions):
            self._judges[partition] = await self._open(partition)
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping = True
        self.going.set()
        await self._task
        await self._stack.aclose()

    async def _open(self, partition: int) -> Validity:
        judge = Validity()
        async for entry in self._journal.read(partition, 0, await self._journal.end_offset(partition)):
            record = decode(entry.value)
            if judge.accept(entry.offset, record) and isinstance(record, Decided):
                for one in record.decisions:
                    self._seen.setdefault((one.area, one.event_id), (one.digest, one.outcome, one.reason))
        opened = Opened("tiny", Clock.WALL)
        judge.accept(await self._journal.append(partition, b"", encode(opened)), opened)
        return judge

    async def _run(self) -> None:
        await self.going.wait()
        while not self._stopping:
            for partition, judge in self._judges.items():
                end = await self._events.end_offset(partition)
                async for record in self._events.read(partition, judge.source_offset + 1, end):
                    await self._answer(judge, record)
            await asyncio.sleep(0.01)

    async def _answer(self, judge: Validity, record: SourceRecord) -> None:
        self.records.append(record)
        items = decode_record("meals", record.key, record.value, record.timestamp_ms)
        decided = Decided(
            judge.epoch,
            judge.seq + 1,
            record.partition,
            record.offset,
            tuple(self._decide(item) for item in items if isinstance(item, Received)),
            tuple(SetAside(item.reason, item.index, item.event_id) for item in items if isinstance(item, Rejection)),
        )
        assert judge.accept(await self._journal.append(record.partition, record.key or b"", encode(decided)), decided)

    def _decide(self, received: Received) -> Decision:
        event = received.event
        known = self._seen.get((event.area, event.id))
        facts: list[Reasoned] = []
        why = None
        outcome, reason, repeat = Outcome.ACCEPTED, None, False
        if known is not None and known[0] == received.digest:
            outcome, reason, repeat = known[1], known[2], True
        elif known is not None:
            outcome, reason = Outcome.REFUSED, str(CoreReason.CONFLICT)
        elif isinstance(event, OrderPlacedEvent) and event.data.portions == FULL_PORTIONS:
            outcome, reason = Outcome.REFUSED, str(MealsReason.NO_CAPACITY)
        elif isinstance(event, OrderPlacedEvent):
            facts = [Reasoned(_assigned(event))]
            why = {"considered": 1, "chosen": "c-001", "rejected": []}
        self._seen.setdefault((event.area, event.id), (received.digest, outcome, reason))
        return Decision(
            event_id=event.id,
            event_type=event.type,
            area=event.area,
            time_ms=received.received_at_ms,
            outcome=outcome,
            reason=reason,
            policy={},
            facts=facts,
            why=why,
            digest=received.digest,
            subject=event.subject,
            repeat=repeat,
        )


def _assigned(event: OrderPlacedEvent) -> OrderAssigned:
    wish = event.data
    return OrderAssigned(
        order_id=wish.order_id,
        provider_id="c-001",
        distance_m=100,
        travel_s=120,
        person_id=wish.person_id,
        date=wish.date.isoformat(),
        meal=wish.meal,
        portions=wish.portions,
        service=wish.service,
        diets=(),
        lat=wish.position.lat,
        lon=wish.position.lon,
        street=None,
        price_fen=None,
        subsidy_fen=None,
        capacity_version=1,
        cutoff_ms=0,
        closes_ms=0,
    )
