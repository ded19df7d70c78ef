"""The resource routes of emergency. A call is never refused for what is wrong with it (`emergency_calls`); all else is one event."""

from collections.abc import Callable
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from infra.gateway.answering import answer, as_json
from infra.gateway.domain_routes.door import DomainDoor
from infra.gateway.domain_routes.emergency_calls import call_event
from infra.gateway.domain_routes.resource import IdPath, go, only_data
from infra.gateway.gateway import Gateway
from infra.gateway.intake import BINARY, check
from infra.gateway.openapi import ANSWERS, IDEMPOTENT, PREFER, wish_body
from infra.gateway.problems import Problem
from schemas import emergency as words
from schemas.emergency_devices import DeviceHeartbeat
from schemas.emergency_mending import RAISED


class Act(NamedTuple):
    """One route that makes one event: its path behind ``/v1/emergency/``, the field its path names, and the rest of the data."""

    path: str
    event_type: str
    field: str
    model: type[BaseModel]
    summary: str


ACTS = (
    Act("calls/{id}/answer", "emergency.call.answered.v1", "call_id", words.CallAnswered, "An operator takes a call"),
    Act("calls/{id}/triage", "emergency.call.triaged.v1", "call_id", words.CallTriaged, "Judge a call"),
    Act("calls/{id}/takeover", "emergency.call.taken_over.v1", "call_id", words.CallTakenOver, "Steer it by hand, or give it back"),
    Act("calls/{id}/acceptance", "emergency.dispatch.accepted.v1", "call_id", words.DispatchAnswered, "A responder accepts"),
    Act("calls/{id}/decline", "emergency.dispatch.declined.v1", "call_id", words.DispatchAnswered, "A responder declines"),
    Act("calls/{id}/arrival", "emergency.responder.arrived.v1", "call_id", words.ResponderArrived, "A responder is at the scene"),
    Act("calls/{id}/check_in", "emergency.scene.checked_in.v1", "call_id", words.SceneCheckedIn, "A word from the scene"),
    Act("calls/{id}/override", "emergency.dispatch.overridden.v1", "call_id", words.DispatchOverridden, "Send this responder"),
    Act("calls/{id}/call_off", "emergency.dispatch.cancelled.v1", "call_id", words.DispatchCancelled, "Call this responder off"),
    Act("calls/{id}/handover", "emergency.call.handed_over.v1", "call_id", words.CallHandedOver, "To 120, 110, 119 or the family"),
    Act("calls/{id}/contact", "emergency.contact.answered.v1", "call_id", words.ContactAnswered, "What a family contact answered"),
    Act("calls/{id}/close", "emergency.call.closed.v1", "call_id", words.CallClosed, "End an incident with its outcome"),
    Act("calls/{id}/callback", "emergency.call.called_back.v1", "call_id", words.CallClosed, "The person was called back"),
    Act("responders/{id}/status", "emergency.responder.reported.v1", "responder_id", words.ResponderReported, "A responder's status"),
    Act("responders/{id}/position", "emergency.responder.positioned.v1", "responder_id", words.ResponderPositioned, "Where one is"),
    Act("devices/{id}/heartbeat", "emergency.device.heartbeat.v1", "device_id", DeviceHeartbeat, "A device lives"),
)  # fmt: skip

CALL_BODY = {
    "requestBody": {
        "required": True,
        "description": "Best as the `data` of `emergency.call.raised.v1` with `area`, `actor` and `time` beside it; whatever cannot "
        "be used is left out and named in `needs_review`. Fields may also stand at the top.",
        "content": {BINARY: {"schema": {"type": "object", "properties": {"data": {"$ref": "#/components/schemas/CallRaised"}}}}},
    }
}


def routes_of(gateway: Gateway) -> APIRouter:
    """Calling for help, and what operators, responders and devices say about it."""
    routes = APIRouter(tags=["emergency"])

    @routes.post(
        "/v1/emergency/calls", summary="Call for help", responses=ANSWERS, status_code=202,
        openapi_extra=CALL_BODY | {"parameters": [{**IDEMPOTENT, "required": False}, PREFER]},
    )  # fmt: skip
    async def call_for_help(request: Request) -> Response:
        """Becomes `emergency.call.raised.v1`. Only a body of which nothing can be read is a problem, and it says how else to call.

        202 with status `recorded`; `spooled` while the log is away: it is on disk and before the operators.
        """
        try:
            event = call_event(request.headers, await request.body())
        except Problem as problem:
            if gateway.calls is not None:
                gateway.calls.not_read(problem.code, None, RAISED)
            raise
        return await answer(gateway, check([event]), request, batch=False)

    @routes.get("/v1/emergency/presses", summary="Calls that are not decided yet")
    async def presses() -> Response:
        """What this gateway has taken and not seen decided: the oldest of them, and whether the log has each."""
        return as_json(gateway.calls.presses.body() if gateway.calls is not None else {"waiting": 0, "oldest": []})

    for act in ACTS:
        _add(routes, gateway, act)
    return routes


def _add(routes: APIRouter, gateway: Gateway, act: Act) -> None:
    name = act.event_type.removesuffix(".v1").replace(".", "_")

    async def take(request: Request, id: IdPath) -> Response:  # noqa: A002 - the path's own word
        source = f"/gateway/emergency/{act.path.split('/', 1)[0]}"
        return await go(gateway, request, act.event_type, source, subject=id, data_of=_with(act.field, id))

    take.__doc__ = f"Becomes `{act.event_type}`."
    extra = wish_body(f"{act.model.__name__}At_{name}", act.model, without=(act.field,)) | {"parameters": [IDEMPOTENT, PREFER]}
    routes.add_api_route(
        f"/v1/emergency/{act.path}", take, methods=["POST"], summary=act.summary, responses=ANSWERS, status_code=202,
        openapi_extra=extra, name=name,
    )  # fmt: skip


def _with(field: str, value: str) -> Callable[[dict[str, Any]], Any]:
    def data_of(body: dict[str, Any]) -> Any:
        return {**(only_data(body) if body else {}), field: value}

    return data_of


DOOR = DomainDoor("emergency", request_id_fields=("call_id", "into_call_id"), routes=routes_of, never_refused=frozenset({RAISED}))
"""Named in `infra.gateway.domain_routes.registry`."""
