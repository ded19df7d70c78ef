"""A TCP proxy of one link, and everything that can go wrong on a link.

    link = Proxy(); await link.start(); link.upstream = ("127.0.0.1", port)
    link.toxics = Toxics(latency_s=0.3, jitter_s=0.2)      # from now on, for open connections too
    link.heal()                                            # back to a plain wire

What a cut holds back is delivered after healing, as TCP does: a proxy that dropped bytes would corrupt a stream, which no network
does. All of it runs on one event loop; `farm.ProxyFarm` gives it a thread of its own.
"""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from tests.faults.frames import PRODUCE, Frame, Frames

CHUNK_BYTES = 65_536
QUEUE_CHUNKS_MAX = 64
RESET_EVERY_S = 1.0
BROKEN_PROXY = "the proxy itself broke"


@dataclass(frozen=True)
class Toxics:
    """What is wrong with a link; the default is nothing.

    `only` narrows all of it to connections whose first Kafka request named this client id. `reset`: every connection is
    reset each second. `cut_up` holds what clients send, `cut_down` what the server sends; both is a stall. `half_open`: a new
    connection is accepted and nobody is behind it. `slice_bytes`: packets of at most so many bytes, `slice_pause_s` apart.
    `lose_responses`: so many times the server gets a request that changes something, and its response is swallowed and the
    connection reset. `hold_from`: the connection stalls, for good, when it carries a request of that Kafka API key.
    """

    latency_s: float = 0.0
    jitter_s: float = 0.0
    reset: bool = False
    cut_up: bool = False
    cut_down: bool = False
    half_open: bool = False
    slice_bytes: int = 0
    slice_pause_s: float = 0.0005
    lose_responses: int = 0
    hold_from: int | None = None
    only: str | None = None


PLAIN = Toxics()


def kafka_write(frame: Frame) -> bool:
    """Whether this request appends to a log."""
    return frame.api_key == PRODUCE


@dataclass(eq=False)
class Connection:
    """One client's connection and ours to the server."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    client_id: str | None = None
    unreal: bool = False
    """Accepted while the link was half open: there is nobody behind it."""
    forgotten: bool = False
    """Nothing passes any more, and nobody says so: a firewall in between has lost its entry."""
    doomed: int | None = None
    """The correlation id of the request whose response will not arrive; -1: whatever the server says next."""
    asked: Frames = field(default_factory=lambda: Frames(requests=True))
    answered: Frames = field(default_factory=lambda: Frames(requests=False))

    def reset(self) -> None:
        """RST to both sides, as a firewall or a crashed host would send it."""
        self.forgotten = False  # whoever waits for it to pass may end
        for writer in (self.client, self.server):
            if writer is not None:
                _abort(writer)


class Proxy:
    """One link: a loopback port that leads to `upstream`. `commits` marks bytes of a PostgreSQL client that end a transaction."""

    def __init__(self, name: str = "link", *, port: int = 0, upstream: tuple[str, int] | None = None, kafka: bool = True) -> None:
        self.name = name
        self.port = port
        self.upstream = upstream
        self.kafka = kafka
        self.done: dict[str, int] = {}
        """How often something was really done to a connection: an injected fault that touched nothing proves nothing."""
        self._toxics = PLAIN
        self._losses = 0
        self._changed = asyncio.Event()
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._serving: set[asyncio.Task[Any]] = set()
        self._listener: asyncio.Server | None = None
        self._draw = random.Random(name)

    @property
    def toxics(self) -> Toxics:
        """What is wrong now."""
        return self._toxics

    @toxics.setter
    def toxics(self, toxics: Toxics) -> None:
        self._toxics = toxics
        self._losses = toxics.lose_responses
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    @property
    def open_connections(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    async def start(self) -> None:
        """Listen."""
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]
        self._spawn(self._reset_again_and_again())

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        assert self._listener is not None
        self._listener.close()
        self.heal()
        self.reset_all()
        if self._serving:
            await asyncio.wait(self._serving, timeout=10)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def heal(self) -> None:
        """A plain wire again. Connections that never had anybody behind them are reset: the server does not know of them."""
        for connection in list(self._connections):
            if connection.unreal or connection.forgotten:
                connection.reset()
        self.toxics = PLAIN

    def reset_all(self) -> None:
        """RST every connection that the toxics concern."""
        for connection in list(self._connections):
            if self._concerns(connection):
                self._count("reset")
                connection.reset()

    def forget_all(self) -> None:
        """Every open connection stalls for good; new ones are as good as ever. Healing resets the old ones."""
        for connection in self._connections:
            connection.forgotten = True
            self._count("forgotten")

    def _concerns(self, connection: Connection) -> bool:
        return self._toxics.only is None or self._toxics.only == connection.client_id

    def _count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1

    async def _reset_again_and_again(self) -> None:
        while True:
            if self._toxics.reset:
                self.reset_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RESET_EVERY_S):
                    await self._changed.wait()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(writer)
        self._connections.add(connection)
        serving = asyncio.current_task()
        assert serving is not None
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)
        try:
            if self._toxics.half_open and self._toxics.only is None:
                self._count("half_open")
                connection.unreal = True
                while await reader.read(CHUNK_BYTES):  # swallowed: nobody is there
                    pass
            else:
                await self._both_ways(connection, reader)
        except* OSError:
            pass  # either side is gone; the other is told below
        except* AssertionError:
            self._count(BROKEN_PROXY)
        finally:
            connection.reset()
            self._connections.discard(connection)

    async def _both_ways(self, connection: Connection, reader: asyncio.StreamReader) -> None:
        assert self.upstream is not None, "the link leads nowhere yet"
        server_reader, connection.server = await asyncio.open_connection(*self.upstream)
        async with asyncio.TaskGroup() as both:
            both.create_task(self._carry(connection, reader, connection.server, up=True))
            both.create_task(self._carry(connection, server_reader, connection.client, up=False))

    async def _carry(self, connection: Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        """One direction: read into a queue with the time each piece is due, write from it. Ends when the reader does."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(QUEUE_CHUNKS_MAX)

        async def write() -> None:
            while True:
                due_s, piece = await queue.get()
                if due_s > loop.time():
                    await asyncio.sleep(due_s - loop.time())
                if up:
                    self._notice(connection, piece)
                await self._until_passable(connection, up=up)
                if not piece:
                    writer.write_eof()
                    return
                if not up and self._swallow(connection, piece):
                    continue
                await self._write(connection, writer, piece)

        writing = asyncio.create_task(write())
        try:
            piece = b"-"
            while piece:
                piece = await reader.read(CHUNK_BYTES)
                if up and self.kafka and connection.client_id is None:
                    connection.client_id = connection.asked.client_id_in(piece)
                await queue.put((loop.time() + self._delay_s(connection), piece))
            await writing
        finally:
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await writing

    def _delay_s(self, connection: Connection) -> float:
        toxics = self._toxics
        if not toxics.latency_s or not self._concerns(connection):
            return 0.0
        self._count("latency")
        return toxics.latency_s + self._draw.uniform(0, toxics.jitter_s)

    async def _until_passable(self, connection: Connection, *, up: bool) -> None:
        held = False
        while connection.forgotten or (self._concerns(connection) and (self._toxics.cut_up if up else self._toxics.cut_down)):
            if not held:
                self._count("cut_up" if up else "cut_down")
                held = True
            await self._changed.wait()

    async def _write(self, connection: Connection, writer: asyncio.StreamWriter, piece: bytes) -> None:
        toxics = self._toxics
        if not toxics.slice_bytes or not self._concerns(connection):
            writer.write(piece)
            await writer.drain()
            return
        self._count("slice")
        place = 0
        while place < len(piece):
            if not self._toxics.slice_bytes:  # healed in the middle of a large answer
                writer.write(piece[place:])
                break
            size = self._draw.randint(1, toxics.slice_bytes)
            writer.write(piece[place : place + size])
            await writer.drain()
            await asyncio.sleep(toxics.slice_pause_s)
            place += size
        await writer.drain()

    def _notice(self, connection: Connection, piece: bytes) -> None:
        """The server has been sent this; if it changes something and a response is to be lost, doom the connection."""
        frames = connection.asked.feed(piece) if self.kafka else []
        if self._concerns(connection) and any(frame.api_key == self._toxics.hold_from for frame in frames):
            connection.forgotten = True
            self._count("forgotten")
        if self._losses <= 0 or connection.doomed is not None or not self._concerns(connection):
            return
        if self.kafka:
            writes = [frame.correlation_id for frame in frames if kafka_write(frame)]
            if writes:
                connection.doomed = writes[0]
                self._losses -= 1
        elif b"COMMIT" in piece:
            connection.doomed = -1
            self._losses -= 1

    def _swallow(self, connection: Connection, piece: bytes) -> bool:
        """Whether this is the response that gets lost; then the connection is reset."""
        frames = connection.answered.feed(piece) if self.kafka else []
        doomed = connection.doomed
        if doomed is None or (self.kafka and all(frame.correlation_id != doomed for frame in frames)):
            return False
        self._count("lost_response")
        connection.reset()
        return True

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _abort(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        plug: socket.socket | None = writer.get_extra_info("socket")
        if plug is not None and plug.fileno() >= 0:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
