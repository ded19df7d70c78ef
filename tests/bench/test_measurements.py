"""Each measurement runs whole, with tiny sizes, and returns the figures it promises. Nothing here judges a speed."""

import asyncio
from contextlib import suppress

import pytest

from infra.bench import core_runs, poison, recovery, rush, visible, worker
from infra.bench.figures import Reading
from infra.bench.http_load import Connections, open_loop


def _say(_what: str) -> None:
    pass


def _positive(readings: list[Reading]) -> None:
    for reading in readings:
        assert reading.value > 0, reading
        assert reading.peer_value is None or reading.peer_value > 0, reading


def test_the_core_is_measured_for_every_load_with_few_and_many_providers() -> None:
    readings = core_runs.measure(0, _say, orders=400, few=20, many=60)
    _positive(readings)
    assert [reading.name for reading in readings] == [
        f"core, {load}, {providers} providers" for load in ("usual", "busy", "full") for providers in (20, 60)
    ]


@pytest.mark.stack
@pytest.mark.parametrize(("records", "size"), [(200, 1), (10, 20)])
def test_a_real_worker_drains_a_filled_partition_and_every_order_is_decided_once(records: int, size: int) -> None:
    readings = worker.measure(worker.Load("tiny", records, size, 1.0), 0, _say)
    _positive(readings)
    assert readings[0].name == "tiny"
    assert readings[0].peer == worker.PEER


@pytest.mark.stack
def test_decisions_over_http_and_their_bare_peer_are_measured() -> None:
    readings = visible.measure(0, _say, per_s=20, seconds=1.0)
    _positive(readings)
    assert [reading.name for reading in readings] == [
        f"{what}, {share}" for what in ("http to visible decision", "http to recorded (202)") for share in ("p50", "p99")
    ]


@pytest.mark.stack
def test_a_booking_rush_is_carried_as_the_gateway_carries_it_and_tells_the_sender_from_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rush, "SITES", 2)  # houses that so few families can fill
    readings = rush.measure(0, _say, per_s=60, seconds=1.0)
    _positive(readings)
    assert [reading.unit for reading in readings] == ["ms", "ms", "ms", "ms", "µs/decision", "requests"]


@pytest.mark.stack
def test_good_orders_behind_poison_are_measured_beside_orders_alone() -> None:
    readings = poison.measure(0, _say, pairs=3)
    assert len(readings) == 8
    assert all(reading.value > 0 and reading.peer_value for reading in readings if reading.peer)


@pytest.mark.stack
def test_a_worker_recovers_a_past_that_was_laid_out_for_it() -> None:
    past = recovery.make_past(_say, open_orders=1_000, tail=200)
    readings = recovery.measure(past, _say)
    assert past.open_orders == 1_000
    _positive(readings[:3])
    assert [reading.unit for reading in readings] == ["s", "s", "ms", "ms", "s"]


async def test_an_open_loop_does_not_wait_for_slow_answers_and_counts_from_the_schedule() -> None:
    release = asyncio.Event()
    begun: list[int] = []

    async def send(number: int) -> None:
        begun.append(number)
        if number == 4:
            release.set()
        await release.wait()

    latencies_s = await open_loop(100, 5, send)
    assert begun == [0, 1, 2, 3, 4]
    # The first was due four hundredths before the last, and all were answered with it.
    assert latencies_s[0] >= 0.04


async def test_a_connection_is_used_again_and_answers_keep_their_bounds() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                body = await reader.readexactly(length)
                writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        writer.close()
        await writer.wait_closed()
        served.set()

    served = asyncio.Event()
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        connections = Connections("127.0.0.1", server.sockets[0].getsockname()[1])
        first = await connections.post("/", b"one", "")
        second = await connections.post("/", b"second", "")
        await connections.close()
        async with asyncio.timeout(5):
            await served.wait()
    assert (first.status, first.body, second.body, connections.opened) == (202, b"one", b"second", 1)
