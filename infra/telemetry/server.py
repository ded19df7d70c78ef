"""`/metrics` of a process that serves nothing else: a thread on loopback, so that a busy loop cannot hide its own numbers."""

from types import TracebackType
from typing import Self

from prometheus_client import start_http_server

from infra.telemetry.metrics import Metrics


class MetricsServer:
    """Serves one registry on ``127.0.0.1``. ``port`` 0 takes a free one, told by `port` once entered."""

    def __init__(self, metrics: Metrics, port: int) -> None:
        self._metrics = metrics
        self.port = port

    def __enter__(self) -> Self:
        self._server, self._thread = start_http_server(self.port, addr="127.0.0.1", registry=self._metrics.registry)
        self.port = int(self._server.server_port)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)
