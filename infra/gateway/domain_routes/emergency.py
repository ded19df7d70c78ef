"""The resource routes of emergency. A call is never refused for what is wrong with it (`emergency_calls`); all else is one event."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from infra.gateway.answering import answer, as_json
from infra.gateway.domain_routes.acts import Act
from infra.gateway.domain_routes.door import DomainDoor
from infra.gateway.domain_routes.emergency_calls import call_event
from infra.gateway.gateway import Gateway
from infra.gateway.intake import BINARY, check
from infra.gateway.openapi import ANSWERS, IDEMPOTENT, PREFER
from infra.gateway.problems import Problem
from schemas import emergency as words
from schemas.emergency_devices import DeviceHeartbeat
from schemas.emergency_mending import RAISED

ACTS = (
    Act("calls/{call_id}/answer", "emergency.call.answered.v1", words.CallAnswered, "An operator takes a call"),
    Act("calls/{call_id}/triage", "emergency.call.triaged.v1", words.CallTriaged, "Judge a call"),
    Act("calls/{call_id}/takeover", "emergency.call.taken_over.v1", words.CallTakenOver, "Steer it by hand, or give it back"),
    Act("calls/{call_id}/acceptance", "emergency.dispatch.accepted.v1", words.DispatchAnswered, "A responder accepts"),
    Act("calls/{call_id}/decline", "emergency.dispatch.declined.v1", words.DispatchAnswered, "A responder declines"),
    Act("calls/{call_id}/arrival", "emergency.responder.arrived.v1", words.ResponderArrived, "A responder is at the scene"),
    Act("calls/{call_id}/check_in", "emergency.scene.checked_in.v1", words.SceneCheckedIn, "A word from the scene"),
    Act("calls/{call_id}/override", "emergency.dispatch.overridden.v1", words.DispatchOverridden, "Send this responder"),
    Act("calls/{call_id}/call_off", "emergency.dispatch.cancelled.v1", words.DispatchCancelled, "Call this responder off"),
    Act("calls/{call_id}/handover", "emergency.call.handed_over.v1", words.CallHandedOver, "To 120, 110, 119 or the family"),
    Act("calls/{call_id}/contact", "emergency.contact.answered.v1", words.ContactAnswered, "What a family contact answered"),
    Act("calls/{call_id}/close", "emergency.call.closed.v1", words.CallClosed, "End an incident with its outcome"),
    Act("calls/{call_id}/callback", "emergency.call.called_back.v1", words.CallClosed, "The person was called back"),
    Act("responders/{responder_id}/status", "emergency.responder.reported.v1", words.ResponderReported, "A responder's status"),
    Act("responders/{responder_id}/position", "emergency.responder.positioned.v1", words.ResponderPositioned, "Where one is"),
    Act("devices/{device_id}/heartbeat", "emergency.device.heartbeat.v1", DeviceHeartbeat, "A device lives"),
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
    """Calling for help, and the calls not decided yet."""
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

    return routes


DOOR = DomainDoor(
    "emergency", request_id_fields=("call_id", "into_call_id"), acts=ACTS, routes=routes_of, never_refused=frozenset({RAISED})
)
"""Named in `infra.gateway.domain_routes.registry`."""
