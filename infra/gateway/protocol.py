"""HTTP/1.1 with patience that ends: a request head must arrive in time, and what is no HTTP is answered as a problem."""

import asyncio
import sys
from typing import Any

import h11
import orjson
from uvicorn.protocols.http.h11_impl import H11Protocol

from infra.gateway.guard import SECURITY_HEADERS
from infra.gateway.problems import PROBLEM_TYPE, Trouble, title_of

HEAD_SECONDS_MAX = 10.0


class PatientProtocol(H11Protocol):
    """uvicorn's h11 protocol with a deadline on the head of each request (slow-loris) and errors of our shape."""

    head_seconds_max = HEAD_SECONDS_MAX

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the class above
        super().connection_made(transport)
        self._head_deadline = self.loop.call_later(self.head_seconds_max, self._head_too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        waiting_for_head = self.conn.their_state is h11.IDLE
        if waiting_for_head and self._head_deadline is None:
            self._head_deadline = self.loop.call_later(self.head_seconds_max, self._head_too_slow)
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_deadline()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's sentence is not ours
        """Called while h11's error is being handled: its hint tells a head that is too large from one that is no HTTP."""
        error = sys.exc_info()[1]
        too_large = isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == 431
        self._answer(431 if too_large else 400, Trouble.HEADER_TOO_LARGE if too_large else Trouble.MALFORMED_REQUEST)

    def _head_too_slow(self) -> None:
        self._head_deadline = None
        if self.transport.is_closing() or self.conn.their_state is not h11.IDLE:
            return
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            self._answer(408, Trouble.REQUEST_TOO_SLOW)
        else:
            self.transport.close()

    def _stop_deadline(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _answer(self, status: int, code: Trouble) -> None:
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
            return
        body = orjson.dumps({"type": "about:blank", "title": title_of(code), "status": status, "code": code})
        headers = [
            (b"content-type", PROBLEM_TYPE.encode()), (b"content-length", str(len(body)).encode()), (b"connection", b"close"),
            (b"cache-control", b"no-store"), *SECURITY_HEADERS,
        ]  # fmt: skip
        for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            written = self.conn.send(event)
            if written:
                self.transport.write(written)
        self.transport.close()
