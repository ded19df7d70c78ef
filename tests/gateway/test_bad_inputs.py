"""Bad inputs at the door: each is answered with its status and its stable code, nothing is echoed, nothing falls over."""

import asyncio
import gzip
import socket
from typing import Any, NamedTuple

import orjson
import pytest

from tests.gateway.conftest import Running, order

CANARY = "王小明13800001234"

pytestmark = pytest.mark.stack


class Case(NamedTuple):
    name: str
    body: bytes
    status: int
    code: str
    media: str = "application/cloudevents+json"
    headers: tuple[tuple[str, str], ...] = ()


def with_data(**changes: Any) -> bytes:
    event = order()
    return orjson.dumps(event | {"data": event["data"] | changes})


def raw(old: bytes, new: bytes) -> bytes:
    body = orjson.dumps(order())
    assert old in body
    return body.replace(old, new)


BATCH = "application/cloudevents-batch+json"
GOOD = orjson.dumps(order())
CASES = (
    Case("empty body", b"", 400, "bad_json"),
    Case("not json", b"{not json", 400, "bad_json"),
    Case("truncated", GOOD[:-5], 400, "bad_json"),
    Case("byte order mark", b"\xef\xbb\xbf" + GOOD, 400, "bad_json"),
    Case("utf-16", GOOD.decode().encode("utf-16"), 400, "bad_json"),
    Case("bytes ff fe", b"\xff\xfe", 400, "bad_json"),
    Case("null", b"null", 400, "not_an_event"),
    Case("number", b"3", 400, "not_an_event"),
    Case("array in structured mode", b"[]", 400, "not_an_event"),
    Case("empty batch", b"[]", 400, "empty_batch", BATCH),
    Case("batch of 501", orjson.dumps([{}] * 501), 413, "batch_too_long", BATCH),
    Case("nesting bomb", b"[" * 100_000, 400, "bad_json"),
    Case("nesting bomb in data", raw(b'"p-2"', b"[" * 5000 + b"]" * 5000), 400, "bad_json"),
    Case("duplicate key", raw(b'"portions":1', b'"portions":1,"portions":2'), 400, "duplicate_key"),
    Case("NaN", raw(b"31.23", b"NaN"), 400, "bad_json"),
    Case("infinite", raw(b"31.23", b"1e999"), 422, "invalid_event"),
    Case("NUL in text", raw(b'"p-2"', b'"p\\u00002"'), 422, "nul_character"),
    Case("integer as text", with_data(portions="3"), 422, "invalid_event"),
    Case("boolean for integer", with_data(portions=True), 422, "invalid_event"),
    Case("zero portions", with_data(portions=0), 422, "invalid_event"),
    Case("negative portions", with_data(portions=-1), 422, "invalid_event"),
    Case("huge integer", raw(b'"portions":1', b'"portions":' + b"1" + b"0" * 30), 422, "invalid_event"),
    Case("unknown field", with_data(nickname=CANARY), 422, "invalid_event"),
    Case("unknown enum", with_data(meal=CANARY), 422, "invalid_event"),
    Case("swapped position", with_data(position={"lat": 121.45, "lon": 31.23}), 422, "invalid_event"),
    Case("null island", with_data(position={"lat": 0, "lon": 0}), 422, "invalid_event"),
    Case("id with spaces", orjson.dumps(order("a b")), 422, "invalid_event"),
    Case("id with a path", orjson.dumps(order("../../x")), 422, "invalid_event"),
    Case("id of 100 KB", orjson.dumps(order("x" * 100_000)), 413, "too_large"),
    Case("unknown type", orjson.dumps(order(type="meals.order.dreamt.v1")), 422, "unknown_type"),
    Case("unknown version", orjson.dumps(order(type="meals.order.placed.v9")), 422, "unknown_version"),
    Case("other domain", orjson.dumps(order(type="taxi.ride.requested.v1")), 422, "unknown_type"),
    Case("quota from outside", orjson.dumps(order(type="childcare.quota.answered.v1")), 403, "forbidden_type"),
    Case("clock from outside", orjson.dumps(order(type="clock.ticked.v1") | {"data": {}}), 403, "forbidden_type"),
    Case("time without zone", orjson.dumps(order(time="2026-11-22T09:12:03")), 422, "invalid_event"),
    Case("time as number", orjson.dumps(order(time=1763772723)), 422, "invalid_event"),
    Case("time in 1970", orjson.dumps(order(time="1970-01-01T00:00:00Z")), 422, "invalid_event"),
    Case("time in 2126", orjson.dumps(order(time="2126-11-22T09:12:03+08:00")), 422, "invalid_event"),
    Case("not a date", with_data(date="2026-02-30"), 422, "invalid_event"),
    Case("body of 1.1 MB", b" " * 1_100_000, 413, "body_too_large"),
    Case("form", b"a=b", 415, "unsupported_media_type", "application/x-www-form-urlencoded"),
    Case("text", GOOD, 415, "unsupported_media_type", "text/plain"),
    Case("other charset", GOOD, 415, "unsupported_media_type", "application/cloudevents+json; charset=gb18030"),
    Case("gzip", gzip.compress(GOOD), 415, "content_encoding_refused", headers=(("content-encoding", "gzip"),)),
    Case("binary without attributes", b"{}", 400, "not_an_event", "application/json"),
    Case("binary with data in a header", b"{}", 400, "repeated_header", "application/json", (("ce-data", "x"),)),
    Case("two content types", GOOD, 400, "repeated_header", headers=(("content-type", "text/plain"),)),
    Case("too many headers", GOOD, 431, "too_many_headers", headers=tuple((f"x-{n}", "1") for n in range(80))),
)


async def test_every_bad_body_gets_its_status_and_code_and_no_value_comes_back(running: Running) -> None:
    wrong: list[str] = []
    for case in CASES:
        headers = [("content-type", case.media), *case.headers]
        answer = await running.client.post("/v1/events", content=case.body, headers=headers)
        problem = answer.json()
        if (answer.status_code, problem["code"]) != (case.status, case.code):
            wrong.append(f"{case.name}: {answer.status_code} {problem['code']}, expected {case.status} {case.code}")
        assert answer.headers["content-type"] == "application/problem+json"
        assert CANARY not in answer.text
        assert "Traceback" not in answer.text
    assert wrong == []


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/events", 405, "method_not_allowed"),
        ("TRACE", "/v1/events", 405, "method_not_allowed"),
        ("DELETE", "/v1/meals/orders/o-1", 404, "not_found"),
        ("POST", "/v1/events/", 404, "not_found"),
        ("GET", "//v1//meals//areas", 404, "not_found"),
        ("GET", "/static/..%2f..%2fserver.py", 404, "not_found"),
        ("GET", "/static/%2e%2e/server.py", 404, "not_found"),
        ("GET", "/v1/meals/areas;x=1", 404, "not_found"),
        ("GET", "/v1/taxi/areas", 404, "not_found"),
        ("GET", "/v1/meals/capacity", 422, "invalid_parameter"),
        ("GET", "/v1/meals/capacity?area=a&area=b", 400, "repeated_parameter"),
        ("GET", "/v1/meals/capacity?area=a&near=north", 422, "invalid_parameter"),
        ("GET", "/v1/meals/capacity?area=a&near=99,121", 422, "invalid_parameter"),
        ("GET", "/v1/meals/decisions?limit=100000", 422, "invalid_parameter"),
        ("GET", "/v1/decisions/a%20b", 422, "invalid_parameter"),
        ("GET", "/v1/decisions/nobody-sent-this", 404, "not_found"),
        ("GET", "/v1/meals/requests/nobody-sent-this", 404, "not_found"),
    ],
)
async def test_a_wrong_way_is_a_named_problem(running: Running, method: str, path: str, status: int, code: str) -> None:
    answer = await running.client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def talk(port: int, sent: bytes, deadline_s: float = 15.0) -> bytes:
    """Send raw bytes and read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        await writer.drain()
        async with asyncio.timeout(deadline_s):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"this is no http\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nhost: a\r\nx: a\rb\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 70_000 + b"\r\n\r\n", b"431"),
        (b"POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello", b"400"),
        (b"POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999\r\n\r\n", b"413"),
    ],
)
async def test_what_is_no_clean_http_is_answered_as_a_problem_and_closed(running: Running, sent: bytes, status: bytes) -> None:
    answer = await talk(running.port, sent)
    assert answer.split(b" ", 2)[1] == status
    assert b"application/problem+json" in answer


async def test_an_endless_chunked_body_is_cut_at_the_limit(running: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(b"POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-type: application/cloudevents+json\r\ntransfer-encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    sent = 0
    try:
        async with asyncio.timeout(15):
            while sent < 50_000_000:
                writer.write(chunk)
                await writer.drain()
                sent += 65536
    except OSError:
        pass
    assert sent < 20_000_000, "the connection must be closed long before"
    writer.close()
    assert reader is not None


async def test_a_head_that_never_ends_is_given_up(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.gateway.protocol.PatientProtocol.head_seconds_max", 0.3)
    assert (await talk(running.port, b"GET /healthz HTTP/1.1\r\nhost: a\r\n")).split(b" ", 2)[1] == b"408"
    assert await talk(running.port, b"") == b""


async def test_every_answer_carries_the_security_headers(running: Running) -> None:
    for path in ("/", "/healthz", "/v1/decisions/none", "/openapi.json"):
        headers = (await running.client.get(path)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers
    assert (await running.client.get("/v1/decisions/none")).headers["cache-control"] == "no-store"


async def test_logs_and_metrics_hold_nothing_that_a_client_sent(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    await running.client.post("/v1/events", content=with_data(nickname=CANARY), headers={"content-type": "application/cloudevents+json"})
    await running.client.get("/v1/decisions/canary-138-0000-1234")
    metrics = (await running.client.get("/metrics")).text
    for text in (caplog.text, metrics):
        assert CANARY not in text
        assert "canary-138-0000-1234" not in text
    assert 'laoxiao_gateway_rejected_total{code="invalid_event"}' in metrics


async def test_the_gateway_listens_on_loopback_only(running: Running) -> None:
    names = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    assert {sock.getsockname()[0] for server in running.server.servers for sock in server.sockets} == {"127.0.0.1"}
    assert names is not None
