"""What the player's HTTP client makes of each answer: taken, not taken, or not known and sent again."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from infra.scenario.http_client import Answer, GatewayClient


class _Scripted(BaseHTTPRequestHandler):
    """Answers with the status and body that the path of the last test set."""

    answers: list[tuple[int, bytes]] = []  # noqa: RUF012 - filled anew by each test
    seen: list[tuple[str, str, bytes]] = []  # noqa: RUF012
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.seen.append((self.path, self.headers["content-type"], body))
        status, answer = self.answers.pop(0)
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    _Scripted.answers, _Scripted.seen = [], []
    with HTTPServer(("127.0.0.1", 0), _Scripted) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (202, b'{"accepted":[{"id":"a","status":"recorded"}]}', Answer("acked")),
        (200, b'{"decisions":[],"rejected":[{"index":1,"id":"b","code":"invalid_event"}]}', Answer("acked", ("b",))),
        (409, b"{}", Answer("acked")),
        (422, b"{}", Answer("unknown")),
        (400, b"{}", Answer("refused")),
        (503, b"{}", Answer("unknown", again=True)),
        (429, b"{}", Answer("unknown", again=True)),
    ],
)
def test_each_answer_has_its_meaning(server: HTTPServer, status: int, body: bytes, expected: Answer) -> None:
    _Scripted.answers = [(status, body)]
    client = GatewayClient(f"http://127.0.0.1:{server.server_port}")
    assert client.post(b"[]", batch=True, played_at_ms=7) == expected
    assert _Scripted.seen == [("/v1/events", "application/cloudevents-batch+json", b"[]")]
    client.close()


def test_a_server_that_is_not_there_promises_nothing() -> None:
    with HTTPServer(("127.0.0.1", 0), _Scripted) as gone:
        port = gone.server_port
    assert GatewayClient(f"http://127.0.0.1:{port}").post(b"{}", batch=False, played_at_ms=7) == Answer("unknown", again=True)
