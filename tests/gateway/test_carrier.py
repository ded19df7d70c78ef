"""What the carrier packs together, and what it never makes wait."""

import asyncio

import pytest

from infra.gateway.carrier import GATHER_FROM_EVENTS, GATHER_S, Carrier
from schemas.envelope import BATCH_EVENTS_MAX


class Log:
    """Confirms a record when it is told to; keeps how many events each record held."""

    partitions = 1

    def __init__(self) -> None:
        self.records: list[int] = []
        self.confirm = asyncio.Event()
        self.confirm.set()

    async def publish(self, key: bytes | None, value: bytes, *, partition: int, headers: tuple[tuple[str, bytes], ...] = ()) -> int:
        """One record of so many events."""
        assert (key, partition, bool(headers)) == (b"310106", 0, True)
        self.records.append(value.count(b","[0:1]) + 1)
        await self.confirm.wait()
        return len(self.records)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits of the carrier; each ends at once."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("infra.gateway.carrier.asyncio.sleep", sleep)
    return waited


async def _record(carrier: Carrier, events: int) -> None:
    await carrier.record("meals", "310106", [b"%d" % number for number in range(events)], 5.0)


async def _behind_one_in_flight(log: Log, carrier: Carrier, events: int) -> None:
    """One event on its way, and so many that come before the log confirms it, each with its own caller."""
    log.confirm.clear()
    callers = [asyncio.create_task(_record(carrier, 1))]
    while not log.records:
        await asyncio.wait(callers, timeout=0.001)
    callers += [asyncio.create_task(_record(carrier, 1)) for _ in range(events)]
    while carrier.queued_events < events:
        await asyncio.wait(callers, timeout=0.001)
    log.confirm.set()
    await asyncio.gather(*callers)


async def test_a_lone_event_waits_for_nobody(waits: list[float]) -> None:
    log = Log()
    carrier = Carrier({"meals": log})
    await _record(carrier, 1)
    await _record(carrier, 1)
    assert (log.records, waits) == ([1, 1], [])


async def test_the_few_that_come_during_one_send_share_the_next_record_and_do_not_wait(waits: list[float]) -> None:
    log = Log()
    await _behind_one_in_flight(log, Carrier({"meals": log}), GATHER_FROM_EVENTS - 2)
    assert (log.records, waits) == ([1, GATHER_FROM_EVENTS - 2], [])


async def test_in_a_rush_a_record_waits_a_moment_to_be_fuller(waits: list[float]) -> None:
    log = Log()
    await _behind_one_in_flight(log, Carrier({"meals": log}), GATHER_FROM_EVENTS)
    assert (log.records, waits) == ([1, GATHER_FROM_EVENTS], [GATHER_S])


async def test_a_full_record_leaves_at_once_and_what_is_left_over_waits_for_more(waits: list[float]) -> None:
    log = Log()
    await _record(Carrier({"meals": log}), 2 * BATCH_EVENTS_MAX + 1)
    assert (log.records, waits) == ([BATCH_EVENTS_MAX, BATCH_EVENTS_MAX, 1], [GATHER_S])
