"""The outermost ring: what a request may look like at all, how long it may take to arrive, and what every answer carries."""

import asyncio
import logging
import time
import traceback
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.gateway.problems import Problem, Trouble
from infra.telemetry.metrics import READ_ROUTES, Metrics
from schemas.envelope import RECORD_BYTES_MAX

BODY_BYTES_MAX = RECORD_BYTES_MAX
BODY_SECONDS_MAX = 10.0
HEADERS_MAX = 64
HEAD_BYTES_MAX = 16 * 1024
QUERY_BYTES_MAX = 1024

log = logging.getLogger("laoxiao.gateway")

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


class Guard:
    """ASGI middleware. Reads the body itself, bounded in bytes and seconds, so that no route ever sees more."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, body_seconds_max: float = BODY_SECONDS_MAX) -> None:
        self._app = app
        self._metrics = metrics
        self._body_seconds_max = body_seconds_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s = time.perf_counter()
        answered = _Answered(send, started_s)
        try:
            _check_head(scope)
            body = await self._body(scope, receive)
            await self._app(scope, _replay(body, receive), answered)
        except Problem as problem:
            await self._fail(problem, scope, receive, answered)
        except Exception as error:  # noqa: BLE001 - a mistake of ours in one request must not show its inside to the caller
            # The class and the places only: a message may hold what the client sent.
            places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(traceback.extract_tb(error.__traceback__)[-4:]))
            log.error("request failed: %s in %s at %s", type(error).__name__, _route(scope), places)
            await self._fail(Problem(500, Trouble.INTERNAL_ERROR), scope, receive, answered)
        self._count(scope, answered.status, time.perf_counter() - started_s)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), None)
        if declared is not None and int(declared) > BODY_BYTES_MAX:
            raise Problem(413, Trouble.BODY_TOO_LARGE, headers={"Connection": "close"})
        if scope["method"] in ("GET", "HEAD"):
            return b""
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._body_seconds_max):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return b""
                    part = message.get("body", b"")
                    size += len(part)
                    if size > BODY_BYTES_MAX:
                        raise Problem(413, Trouble.BODY_TOO_LARGE, headers={"Connection": "close"})
                    parts.append(part)
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            raise Problem(408, Trouble.REQUEST_TOO_SLOW, headers={"Connection": "close"}) from None

    async def _fail(self, problem: Problem, scope: Scope, receive: Receive, answered: "_Answered") -> None:
        if answered.status == 0:
            await problem.response()(scope, receive, answered)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        self._metrics.gateway_requests.labels(route=route, status=str(status)).inc()
        waited = any(name == b"prefer" for name, _ in scope["headers"])
        if route != "live" and not waited:
            self._metrics.gateway_seconds.labels(route=route).observe(seconds)


class _Answered:
    """The `send` of one request: adds the security headers, completes ``Server-Timing``, and remembers the status."""

    def __init__(self, send: Send, started_s: float) -> None:
        self._send = send
        self._started_s = started_s
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [self._timed(*pair) for pair in message.get("headers", ())]
            present = {name.lower() for name, _ in headers}
            headers += [pair for pair in SECURITY_HEADERS if pair[0] not in present]
            if b"cache-control" not in present:
                headers.append((b"cache-control", b"no-store"))
            message["headers"] = headers
        await self._send(message)

    def _timed(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        if name != b"server-timing":
            return name, value
        return name, value + b", total;dur=%.3f" % ((time.perf_counter() - self._started_s) * 1000)


def _check_head(scope: Scope) -> None:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if len(headers) > HEADERS_MAX:
        raise Problem(431, Trouble.TOO_MANY_HEADERS, headers={"Connection": "close"})
    if sum(len(name) + len(value) for name, value in headers) + len(scope["raw_path"]) > HEAD_BYTES_MAX:
        # The parser bounds an unfinished head only; one that comes in a single read is measured here.
        raise Problem(431, Trouble.HEADER_TOO_LARGE, headers={"Connection": "close"})
    names = [name for name, _ in headers]
    if b"content-encoding" in names:
        raise Problem(415, Trouble.CONTENT_ENCODING_REFUSED, headers={"Accept-Encoding": "identity"})
    if b"content-length" in names and b"transfer-encoding" in names:
        raise Problem(400, Trouble.AMBIGUOUS_LENGTH, headers={"Connection": "close"})
    for once in (b"content-type", b"idempotency-key", b"content-length", b"playedat"):
        if names.count(once) > 1:
            raise Problem(400, Trouble.REPEATED_HEADER, headers={"Connection": "close"})
    query: bytes = scope["query_string"]
    if len(query) > QUERY_BYTES_MAX:
        raise Problem(400, Trouble.INVALID_PARAMETER)
    parameters = [pair.split(b"=", 1)[0] for pair in query.split(b"&") if pair]
    if len(set(parameters)) != len(parameters):
        raise Problem(400, Trouble.REPEATED_PARAMETER)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once, then whatever the connection says (a disconnect)."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _route(scope: Scope) -> str:
    """The closed-list name of a route, for metrics and logs: never the path itself, which may hold an id."""
    parts: list[Any] = [part for part in scope["path"].split("/") if part]
    if parts[:1] == ["v1"] and len(parts) > 1:
        if parts[1] == "events":
            return "events"
        if parts[1] == "decisions":
            return "decisions"
        word = parts[2] if len(parts) > 2 else parts[1]
        return word if word in READ_ROUTES else "resources"
    if parts[:1] in (["healthz"], ["readyz"]):
        return "health"
    if parts == ["metrics"]:
        return "metrics"
    return "page"
