"""The operators' live view: server-sent events, one stream per open page, fed by the journal's tail.

A view holds a ring of the newest decisions and a count; a slow client misses decisions, never memory, and one that takes
nothing for a while is dropped. The page reads numbers from the register; the stream tells it when there is something new.
"""

import asyncio
import time
from collections.abc import Callable

import orjson
from starlette.types import Receive, Send

from infra.gateway.board import Board, Viewer
from infra.gateway.gateway import Gateway

COALESCE_SECONDS = 0.25
HEARTBEAT_SECONDS = 5.0
SEND_SECONDS_MAX = 10.0


class LiveView:
    """One stream."""

    def __init__(
        self, gateway: Gateway, board: Board, viewer: Viewer, *, send_seconds_max: float = SEND_SECONDS_MAX,
        still_good: Callable[[], bool] = lambda: True,
    ) -> None:  # fmt: skip
        self._gateway = gateway
        self._board = board
        self._viewer = viewer
        self._send_seconds_max = send_seconds_max
        self._still_good = still_good

    async def __call__(self, receive: Receive, send: Send) -> None:
        """Send until the client leaves, is too slow, may look no longer, or the process stops."""
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
        leaving = asyncio.create_task(_disconnected(receive))
        stopping = asyncio.create_task(self._gateway.stopping.wait())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await self._put(send, b"retry: 2000\n" + _event(b"state", self._state()))
            while not leaving.done() and not stopping.done() and self._still_good():
                news = asyncio.create_task(self._viewer.news.wait())
                try:
                    await asyncio.wait({leaving, stopping, news}, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    news.cancel()
                if not self._still_good():
                    break
                decisions, decided = self._viewer.take()
                message = _event(b"state", self._state())
                if decided:
                    body = b'{"decided":%d,"decisions":[%s]}' % (decided, b",".join(decisions))
                    message = _event(b"decisions", body) + message
                await self._put(send, message)
                # What comes meanwhile is sent together: a thousand decisions a second are four messages a second.
                await asyncio.sleep(COALESCE_SECONDS)
            if not leaving.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, OSError):
            # Too slow or gone: the connection closes and the page connects again when it can.
            return
        finally:
            self._board.unwatch(self._viewer)
            leaving.cancel()
            stopping.cancel()

    async def _put(self, send: Send, body: bytes) -> None:
        async with asyncio.timeout(self._send_seconds_max):
            await send({"type": "http.response.body", "body": body, "more_body": True})

    def _state(self) -> bytes:
        board = self._board
        age_ms = round((time.monotonic() - board.polled_at_s) * 1000) if board.polled_at_s else None
        state: dict[str, object] = {
            "caught_up": board.caught_up,
            "polled_ago_ms": age_ms,
            "recording": not self._gateway.carrier.last_failed,
        }
        if board.presses is not None:
            state["presses"] = board.presses.body()
        return orjson.dumps(state)


def _event(name: bytes, data: bytes) -> bytes:
    return b"event: " + name + b"\ndata: " + data + b"\n\n"


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
