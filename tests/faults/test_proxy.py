"""The proxy on real sockets: what it does to a connection is what its toxic says, and nothing else."""

import asyncio
import contextlib
import struct
import time
from collections.abc import AsyncIterator

import pytest

from tests.faults.proxy import Proxy, Toxics

CLIENT_ID = b"w-1"


class Echo:
    """A server that sends everything back, and keeps what it received."""

    def __init__(self) -> None:
        self.received = b""
        self.pieces = 0
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(OSError):
            while piece := await reader.read(65_536):
                self.received += piece
                self.pieces += 1
                writer.write(piece)
                await writer.drain()
        writer.transport.abort()


class Broker(Echo):
    """Answers every request frame of Kafka's with its correlation id."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                (size,) = struct.unpack(">i", await reader.readexactly(4))
                body = await reader.readexactly(size)
                self.received += body
                writer.write(struct.pack(">i", 8) + body[4:8] + b"done")
        writer.transport.abort()


@contextlib.asynccontextmanager
async def link(server: Echo, *, kafka: bool = False) -> AsyncIterator[Proxy]:
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    proxy = Proxy(upstream=("127.0.0.1", listener.sockets[0].getsockname()[1]), kafka=kafka)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
        listener.close()


@contextlib.asynccontextmanager
async def client(proxy: Proxy) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def ask(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], message: bytes, within_s: float = 5.0) -> bytes:
    reader, writer = streams
    writer.write(message)
    async with asyncio.timeout(within_s):
        return await reader.readexactly(len(message))


def request(api_key: int, correlation_id: int, body: bytes = b"x", client_id: bytes = CLIENT_ID) -> bytes:
    head = struct.pack(">hhih", api_key, 9, correlation_id, len(client_id)) + client_id
    return struct.pack(">i", len(head) + len(body)) + head + body


async def test_without_toxics_every_byte_arrives_in_both_directions() -> None:
    server = Echo()
    message = bytes(range(256)) * 4_000
    async with link(server) as proxy, client(proxy) as streams:
        assert await ask(streams, message) == message
    assert server.received == message


async def test_latency_delays_open_connections_too_and_does_not_serialise_what_follows() -> None:
    async with link(Echo()) as proxy, client(proxy) as streams:
        await ask(streams, b"before")
        proxy.toxics = Toxics(latency_s=0.2, jitter_s=0.05)
        started_s = time.monotonic()
        assert await ask(streams, b"hello") == b"hello"
        assert 0.4 <= time.monotonic() - started_s < 2.0
        assert proxy.done["latency"] >= 2


async def test_a_reset_is_felt_at_once_and_new_connections_work_after_healing() -> None:
    async with link(Echo()) as proxy, client(proxy) as streams:
        await ask(streams, b"before")
        proxy.toxics = Toxics(reset=True)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(streams[0].readexactly(1), 5)
        proxy.heal()
        async with client(proxy) as again:
            assert await ask(again, b"after") == b"after"


async def test_a_cut_holds_one_direction_only_and_delivers_after_healing() -> None:
    server = Echo()
    async with link(server) as proxy, client(proxy) as streams:
        await ask(streams, b"before")
        proxy.toxics = Toxics(cut_down=True)
        with pytest.raises(TimeoutError):
            await ask(streams, b"heard", within_s=0.3)
        assert server.received == b"beforeheard"
        proxy.toxics = Toxics(cut_up=True)
        assert await asyncio.wait_for(streams[0].readexactly(5), 5) == b"heard"
        with pytest.raises(TimeoutError):
            await ask(streams, b"later", within_s=0.3)
        assert server.received == b"beforeheard"
        proxy.heal()
        assert await asyncio.wait_for(streams[0].readexactly(5), 5) == b"later"


async def test_a_half_open_link_accepts_and_never_answers_and_its_connections_end_with_it() -> None:
    server = Echo()
    async with link(server) as proxy:
        proxy.toxics = Toxics(half_open=True)
        async with client(proxy) as streams:
            with pytest.raises(TimeoutError):
                await ask(streams, b"anybody", within_s=0.3)
            assert server.connections == 0
            proxy.heal()
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await asyncio.wait_for(streams[0].readexactly(1), 5)


async def test_the_slicer_makes_tiny_packets_and_loses_nothing() -> None:
    server = Echo()
    async with link(server) as proxy, client(proxy) as streams:
        await ask(streams, b"before")
        proxy.toxics = Toxics(slice_bytes=7, slice_pause_s=0.001)
        before = server.pieces
        assert await ask(streams, b"0123456789" * 20) == b"0123456789" * 20
        assert server.pieces - before >= 20


async def test_a_lost_response_is_of_a_request_that_the_broker_has_really_taken() -> None:
    broker = Broker()
    async with link(broker, kafka=True) as proxy, client(proxy) as (reader, writer):
        proxy.toxics = Toxics(lose_responses=1)
        writer.write(request(3, 1))
        assert (await asyncio.wait_for(reader.readexactly(12), 5))[4:8] == struct.pack(">i", 1), "reading is not disturbed"
        writer.write(request(0, 2, b"append this"))
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(12), 5)
        assert broker.received.endswith(b"append this")
        assert proxy.done["lost_response"] == 1
        async with client(proxy) as again:
            again[1].write(request(0, 3, b"again"))
            assert (await asyncio.wait_for(again[0].readexactly(12), 5))[4:8] == struct.pack(">i", 3), "once means once"


async def test_a_transaction_whose_commit_is_not_answered_has_reached_the_server() -> None:
    server = Echo()
    async with link(server) as proxy, client(proxy) as streams:
        proxy.toxics = Toxics(lose_responses=1)
        assert await ask(streams, b"SELECT 1") == b"SELECT 1"
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await ask(streams, b"COMMIT;")
        assert server.received.endswith(b"COMMIT;")


async def test_toxics_for_one_client_id_leave_the_others_alone() -> None:
    async with link(Broker(), kafka=True) as proxy, client(proxy) as mine, client(proxy) as other:
        proxy.toxics = Toxics(cut_down=True, cut_up=True, only="w-1")
        mine[1].write(request(1, 1))
        other[1].write(request(1, 1, client_id=b"another"))
        assert len(await asyncio.wait_for(other[0].readexactly(12), 5)) == 12
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(mine[0].readexactly(12), 0.3)
        proxy.heal()
        assert len(await asyncio.wait_for(mine[0].readexactly(12), 5)) == 12


async def test_frames_are_followed_however_the_bytes_are_cut() -> None:
    broker = Broker()
    async with link(broker, kafka=True) as proxy, client(proxy) as (reader, writer):
        proxy.toxics = Toxics(lose_responses=1, slice_bytes=1, slice_pause_s=0)
        for number in range(20):
            writer.write(request(18, number))
            assert (await asyncio.wait_for(reader.readexactly(12), 5))[4:8] == struct.pack(">i", number)
        writer.write(request(0, 99))
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(12), 5)
        assert proxy.done["lost_response"] == 1


async def test_forgotten_connections_stall_for_good_while_new_ones_work() -> None:
    async with link(Echo()) as proxy, client(proxy) as old:
        await ask(old, b"before")
        proxy.forget_all()
        with pytest.raises(TimeoutError):
            await ask(old, b"anybody", within_s=0.3)
        async with client(proxy) as new:
            assert await ask(new, b"hello") == b"hello"


async def test_a_connection_is_held_from_the_named_request_on() -> None:
    async with link(Broker(), kafka=True) as proxy, client(proxy) as (reader, writer):
        proxy.toxics = Toxics(hold_from=11)
        writer.write(request(3, 1))
        assert len(await asyncio.wait_for(reader.readexactly(12), 5)) == 12
        writer.write(request(11, 2))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readexactly(12), 0.3)
