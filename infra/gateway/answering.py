"""From checked events to the HTTP answer: record, perhaps wait for the decisions, say honestly what is known."""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from infra.gateway.access.judging import permitted
from infra.gateway.board import Answer
from infra.gateway.gateway import Gateway
from infra.gateway.intake import Item, Refused, Taken
from infra.gateway.problems import Problem, Trouble, rejected
from infra.postgres import queries
from schemas.decisions import CoreReason
from streams.ports import PLAYED_AT_HEADER

WAIT_SECONDS_MAX = 30
_MILLISECONDS = re.compile(r"^\d{1,15}$")
_WAIT = re.compile(r"^wait\s*=\s*\"?(\d{1,6})\"?$")


class Timing:
    """How long each step of one answer took, as the ``Server-Timing`` header says it (W3C): ``log``, until the log had confirmed;
    ``decision``, from then until the decision was read in the journal. The guard adds ``total``."""

    def __init__(self) -> None:
        self._last_s = time.perf_counter()
        self._steps: list[str] = []

    def step(self, name: str) -> None:
        """This step is done."""
        now_s = time.perf_counter()
        self._steps.append(f"{name};dur={(now_s - self._last_s) * 1000:.3f}")
        self._last_s = now_s

    def header(self) -> dict[str, str]:
        """The steps so far."""
        return {"Server-Timing": ", ".join(self._steps)}


@dataclass(slots=True)
class Heard:
    """What became of one event."""

    taken: Taken
    answer: Answer | None = field(default=None)
    spooled: bool = False


def wait_seconds(headers: Headers) -> int | None:
    """The `wait` preference (RFC 7240), at most 30 s; None when absent or not understood: a preference may be ignored."""
    for line in headers.getlist("prefer"):
        for preference in line.split(","):
            match = _WAIT.match(preference.split(";")[0].strip().lower())
            if match is not None:
                return min(int(match[1]), WAIT_SECONDS_MAX)
    return None


def as_json(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(body), status, headers=headers, media_type="application/json")


def played_at(gateway: Gateway, headers: Headers) -> int | None:
    """The scenario's clock that a player sends along, in milliseconds since the epoch. Anywhere but in a played deployment nobody
    may say what time it is: the header is refused there, not ignored."""
    value = headers.get(PLAYED_AT_HEADER)
    if value is None:
        return None
    if not gateway.played or not _MILLISECONDS.match(value):
        raise Problem(400, Trouble.INVALID_HEADER, extra={"where": [PLAYED_AT_HEADER]})
    return int(value)


async def answer(gateway: Gateway, items: Sequence[Item], request: Request, *, batch: bool) -> Response:
    """Record what may be recorded and answer each event on its own. What the sender may not send is not recordable.

    1. Nothing recordable: a problem (of the one event, or 422 with all of them).
    2. Everything recordable goes to the log; unless all of it is confirmed, 503, and the same ids may be sent again.
    3. Without a wait 202; with one, the decisions when all arrived in time (200), else 202 with those that did.
    4. A call for help that waits on disk for the log is ``spooled``: nobody is kept waiting for its decision.
    """
    headers = request.headers
    items = await permitted(gateway, request, items)
    wait_s, played_at_ms = wait_seconds(headers), played_at(gateway, headers)
    refused = [item for item in items if isinstance(item, Refused)]
    taken = [item for item in items if isinstance(item, Taken)]
    for one in refused:
        gateway.metrics.gateway_rejected.labels(code=one.code).inc()
        if gateway.calls is not None:
            gateway.calls.not_read(one.code, one.event_id, one.event_type)
    if not taken:
        if not batch:
            raise rejected(refused[0].code, refused[0].where)
        raise Problem(422, Trouble.NOTHING_RECORDED, extra={"rejected": [one.body() for one in refused]})
    timing = Timing()
    if wait_s is None:
        spooled = await gateway.record(taken, played_at_ms)
        timing.step("log")
        return _recorded([Heard(one, spooled=one.received.event.id in spooled) for one in taken], refused, timing.header())
    heard = await _record_and_wait(gateway, taken, wait_s, played_at_ms, timing)
    applied = {"Preference-Applied": f"wait={wait_s}"} | timing.header()
    if any(one.answer is None for one in heard):
        return _recorded(heard, refused, applied)
    if not batch:
        _raise_for(heard[0])
    body: dict[str, Any] = {"decisions": [_decided(one) for one in heard]}
    if refused:
        body["rejected"] = [one.body() for one in refused]
    return as_json(body, headers=applied)


def _recorded(heard: Sequence[Heard], refused: Sequence[Refused], headers: dict[str, str]) -> Response:
    accepted: list[dict[str, Any]] = []
    for one in heard:
        row: dict[str, Any] = {"id": one.taken.received.event.id, "status": "spooled" if one.spooled else "recorded"}
        if one.answer is not None:
            row |= {"status": "decided", "decision": _decided(one)}
        accepted.append(row)
    body: dict[str, Any] = {"accepted": accepted}
    if refused:
        body["rejected"] = [one.body() for one in refused]
    return as_json(body, 202, headers)


async def _record_and_wait(
    gateway: Gateway, taken: list[Taken], wait_s: int, played_at_ms: int | None, timing: Timing
) -> list[Heard]:  # fmt: skip
    """Waiters are registered before recording, so that no answer can come too early to be heard."""
    waiting = [(one, domain, gateway.boards[domain].expect(one)) for one in taken for domain in one.domains[:1]]
    try:
        spooled = await gateway.record(taken, played_at_ms)
        timing.step("log")
        if not spooled:
            await asyncio.wait([future for _, _, future in waiting], timeout=wait_s)
            timing.step("decision")
        heard = [Heard(one, future.result() if future.done() else None, one.received.event.id in spooled) for one, _, future in waiting]
    finally:
        for one, domain, future in waiting:
            gateway.boards[domain].forget(one, future)
            future.cancel()
    for row in heard:
        await _show_first(gateway, row)
    return heard


async def _show_first(gateway: Gateway, heard: Heard) -> None:
    """A repeat is shown as the first decision of its id; when memory has forgotten it, the register knows."""
    if heard.answer is None or heard.answer.decision is None or not heard.answer.decision.get("repeat"):
        return
    try:
        first = await gateway.read(queries.decision, heard.taken.received.event.id)
    except Problem:
        return
    if first is not None and first.get("area") == heard.taken.received.event.area:
        heard.answer = Answer(first)


def _decided(heard: Heard) -> dict[str, Any]:
    assert heard.answer is not None
    if heard.answer.decision is not None:
        return heard.answer.decision
    return {"event_id": heard.taken.received.event.id, "outcome": "set_aside", "reason": heard.answer.set_aside}


def _raise_for(heard: Heard) -> None:
    assert heard.answer is not None
    event_id = heard.taken.received.event.id
    if heard.answer.decision is None:
        raise Problem(422, str(heard.answer.set_aside), extra={"event_id": event_id})
    if heard.answer.decision["reason"] == CoreReason.CONFLICT:
        raise Problem(409, Trouble.CONFLICT, extra={"event_id": event_id})
