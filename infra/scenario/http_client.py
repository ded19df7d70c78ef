"""A plain HTTP client of the gateway, as a facility's own system would have one: one connection, one request at a time."""

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

TIMEOUT_S = 20.0
WAIT_S = 5
PLAYED_AT = "playedat"


class Answer(NamedTuple):
    """What became of one request: ``acked`` (all of it taken, except the ids in ``refused``), ``refused``, or ``unknown``.

    ``again`` says that the same ids are worth sending again: nothing was promised.
    """

    outcome: str
    refused: tuple[str, ...] = ()
    again: bool = False


class GatewayClient:
    """Not safe for use by two threads at once."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname is None:
            raise ValueError("the gateway is given as http://host:port")
        self._host, self._port = parts.hostname, parts.port or 80
        self._connection: http.client.HTTPConnection | None = None

    def post(self, value: bytes, batch: bool, played_at_ms: int) -> Answer:
        """One `POST /v1/events` that waits a little for the decisions; it names the scenario's clock, as played deployments allow."""
        kind = "application/cloudevents-batch+json" if batch else "application/cloudevents+json"
        headers = {"content-type": kind, "prefer": f"wait={WAIT_S}", PLAYED_AT: str(played_at_ms)}
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_S)
            self._connection.request("POST", "/v1/events", body=value, headers=headers)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer("unknown", again=True)
        if response.status in (200, 202):
            return Answer("acked", _refused_ids(body))
        if response.status == 409:
            # The decision itself: recorded, and refused as a conflict.
            return Answer("acked")
        if response.status == 422:
            # Refused at the door or set aside after it was recorded; the status alone does not tell.
            return Answer("unknown")
        if 400 <= response.status < 500 and response.status not in (408, 425, 429):
            return Answer("refused")
        return Answer("unknown", again=True)

    def tasks(self, domain: str, area: str) -> list[dict[str, Any]]:
        """The open human tasks of an area, oldest first; empty when the gateway cannot say."""
        found: list[dict[str, Any]] = self._read(f"/v1/{domain}/tasks?area={area}").get("tasks", [])
        return found

    def overview(self, domain: str, area: str) -> dict[str, Any]:
        """The numbers of an area's today; empty when the gateway cannot say."""
        return self._read(f"/v1/{domain}/overview?area={area}")

    def _read(self, path: str) -> dict[str, Any]:
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_S)
            self._connection.request("GET", path)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return {}
        if response.status != 200:
            return {}
        found: dict[str, Any] = json.loads(body)
        return found

    def close(self) -> None:
        """Drop the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _refused_ids(body: bytes) -> tuple[str, ...]:
    """The ids that an answer to a batch names as not taken."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return ()
    refused: list[object] = parsed.get("rejected", []) if isinstance(parsed, dict) else []
    return tuple(str(entry["id"]) for entry in refused if isinstance(entry, dict) and entry.get("id") is not None)
