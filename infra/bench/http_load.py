"""An open loop of HTTP requests: each is due at its own moment, whatever became of the ones before; its latency counts from then.

A closed loop would wait for a slow answer and so hide the requests that should have come meanwhile.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple

_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


class Answer(NamedTuple):
    """One HTTP answer."""

    status: int
    body: bytes
    head: bytes = b""


class Connections:
    """Keep-alive connections to one server; as many as are in use at once, each used again when it is free."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._free: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()
        self.opened = 0

    async def post(self, path: str, body: bytes, headers: str) -> Answer:
        """One POST. A connection that breaks raises; nothing is sent twice."""
        reader, writer = self._idle() or await self._open()
        head = f"POST {path} HTTP/1.1\r\nhost: {self._host}:{self._port}\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
        writer.write(head.encode() + body)
        answer_head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(answer_head)
        answer = Answer(int(answer_head[9:12]), await reader.readexactly(int(length[1]) if length else 0), answer_head)
        self._free.append((reader, writer))
        return answer

    def _idle(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """The one used last; what the server has closed meanwhile, as it does after some idle seconds, is let go."""
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.opened += 1
        return await asyncio.open_connection(self._host, self._port)

    async def close(self) -> None:
        """Close what is open and free."""
        while self._free:
            _, writer = self._free.pop()
            writer.close()


async def open_loop(per_s: float, count: int, send: Callable[[int], Awaitable[None]], late_s: list[float] | None = None) -> list[float]:
    """Call `send(0)`, `send(1)`, ... each at its scheduled moment, `per_s` a second; seconds from schedule to return of each.

    ``late_s``, as long as ``count``, takes how long after its moment each was really begun: the sender's own part of its latency.
    """
    latencies_s = [0.0] * count
    began_s = time.perf_counter() + 0.1

    async def one(number: int) -> None:
        due_s = began_s + number / per_s
        if late_s is not None:
            late_s[number] = time.perf_counter() - due_s
        await send(number)
        latencies_s[number] = time.perf_counter() - due_s

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            pause_s = began_s + number / per_s - time.perf_counter()
            if pause_s > 0:
                await asyncio.sleep(pause_s)
            group.create_task(one(number))
    return latencies_s
