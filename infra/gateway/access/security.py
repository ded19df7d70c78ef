"""Security events: one line of JSON in the log and one count each. Neither holds a token, an id of a person, or a value a client sent."""

import logging
import time
from collections.abc import Callable

import orjson

from infra.gateway.access.principal import Principal, Sender, Unproven
from infra.telemetry.metrics import Metrics

LINES_PER_S_MAX = 20
"""Who hammers at the door is counted whole; the log shows so many a second and how many it left out."""

log = logging.getLogger("laoxiao.security")


class SecurityLog:
    """Tells of what was refused. ``token`` is the id of a token that was signed by us: the office that issued it knows for whom."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._refused = metrics.named("laoxiao_gateway_access_refused_total")
        self._unproven = metrics.named("laoxiao_gateway_calls_unproven_total")
        self._clock = clock
        self._second = 0
        self._lines = 0
        self._left_out = 0

    def refused(self, code: str, sender: Sender, route: str, count: int = 1) -> None:
        """So many events, or one request, were refused. ``route`` is a method and a path template."""
        self._refused.labels(access=code).inc(count)
        self._tell("refused", code, sender, route, count)

    def unproven_call(self, code: str, sender: Sender, route: str) -> None:
        """A call for help was taken from a sender that did not prove itself."""
        self._unproven.labels(access=code).inc()
        self._tell("call_taken", code, sender, route, 1)

    def _tell(self, what: str, code: str, sender: Sender, route: str, count: int) -> None:
        second = int(self._clock())
        if second != self._second:
            self._second, self._lines = second, 0
        self._lines += 1
        if self._lines > LINES_PER_S_MAX:
            self._left_out += 1
            return
        line: dict[str, object] = {"security": what, "code": str(code), "route": route, "count": count}
        if isinstance(sender, Principal):
            line |= {"role": str(sender.role), "token": sender.token_id}
        elif isinstance(sender, Unproven) and sender.token_id:
            line["token"] = sender.token_id
        if self._left_out:
            line["left_out"], self._left_out = self._left_out, 0
        log.warning("%s", orjson.dumps(line).decode())
