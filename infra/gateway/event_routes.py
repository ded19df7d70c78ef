"""The way in: events as they are, and the resource routes of meals that build one event each and go the same way."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from infra.gateway.answering import answer, wait_seconds
from infra.gateway.gateway import Gateway
from infra.gateway.intake import BINARY, check, json_body, media_type, read_events
from infra.gateway.openapi import ANSWERS, IDEMPOTENT, PREFER, events_body, wish_body
from infra.gateway.problems import Problem, Trouble, rejected
from schemas.codec import Rejected
from schemas.meals import CapacityPublished, OrderPlaced
from schemas.primitives import ID_PATTERN

IdPath = Annotated[str, Path(pattern=ID_PATTERN, max_length=64)]

_ENVELOPE_FIELDS = ("area", "actor", "time", "onbehalfof", "channel", "correlationid")
_REQUIRED = ("area", "actor", "time")
_ID = re.compile(ID_PATTERN)


def router(gateway: Gateway) -> APIRouter:
    """Routes that record."""
    routes = APIRouter()

    @routes.post(
        "/v1/events", summary="Record events", tags=["events"], responses=ANSWERS, openapi_extra=events_body(), status_code=202
    )  # fmt: skip
    async def post_events(request: Request) -> Response:
        """CloudEvents 1.0 in structured, batched or binary mode. Each event of a batch gets its own result."""
        events, batch = read_events(request.headers, await request.body())
        return await answer(gateway, check(events), batch=batch, wait_s=wait_seconds(request.headers))

    _meals(routes, gateway)
    return routes


def _meals(routes: APIRouter, gateway: Gateway) -> None:
    """The resource routes. `time` comes from the caller: an event stamped here would be another body at every retry."""

    async def go(request: Request, event_type: str, source: str, subject: str | None, data_of: Callable[[dict[str, Any]], Any]) -> Response:
        body = _object(request, await request.body())
        event = {name: body.pop(name) for name in _ENVELOPE_FIELDS if name in body}
        missing = [f"{name}: missing" for name in _REQUIRED if name not in event]
        if missing:
            raise rejected(Rejected.INVALID_EVENT, tuple(missing))
        data = data_of(body)
        event |= {"specversion": "1.0", "id": _key(request), "source": source, "type": event_type, "data": data}
        about = subject if subject is not None else data.get("order_id") if isinstance(data, dict) else None
        if isinstance(about, str):
            event["subject"] = about
        return await answer(gateway, check([event]), batch=False, wait_s=wait_seconds(request.headers))

    @routes.post(
        "/v1/meals/orders", summary="Order a meal", tags=["meals"], responses=ANSWERS, status_code=202,
        openapi_extra=wish_body("OrderPlaced", OrderPlaced) | {"parameters": [IDEMPOTENT, PREFER]},
    )  # fmt: skip
    async def place_order(request: Request) -> Response:
        """Becomes `meals.order.placed.v1`; the `Idempotency-Key` is the event's id."""
        return await go(request, "meals.order.placed.v1", "/gateway/meals/orders", None, _only_data)

    @routes.post(
        "/v1/meals/orders/{order_id}/cancellation", summary="Cancel an order", tags=["meals"], responses=ANSWERS, status_code=202,
        openapi_extra=wish_body("OrderCancellation", None, {"reason": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}})
        | {"parameters": [IDEMPOTENT, PREFER]},
    )  # fmt: skip
    async def cancel_order(request: Request, order_id: IdPath) -> Response:
        """Becomes `meals.order.cancelled.v1`."""
        return await go(
            request, "meals.order.cancelled.v1", "/gateway/meals/orders", order_id, lambda body: {**body, "order_id": order_id}
        )  # fmt: skip

    @routes.post(
        "/v1/meals/providers/{provider_id}/capacity", summary="Publish capacity", tags=["meals"], responses=ANSWERS, status_code=202,
        openapi_extra=wish_body("CapacityOffer", CapacityPublished, without=("provider_id",)) | {"parameters": [IDEMPOTENT, PREFER]},
    )  # fmt: skip
    async def publish_capacity(request: Request, provider_id: IdPath) -> Response:
        """Becomes `meals.capacity.published.v1`; the highest `version` wins in whatever order publications arrive."""
        return await go(
            request, "meals.capacity.published.v1", "/gateway/meals/providers", provider_id,
            lambda body: {**_only_data(body), "provider_id": provider_id},
        )  # fmt: skip


def _only_data(body: dict[str, Any]) -> Any:
    """The body's `data`; anything beside it is unknown."""
    strangers = [name for name in body if name != "data"]
    if strangers or not isinstance(body.get("data"), dict):
        raise rejected(Rejected.INVALID_EVENT, ("data: expected beside area, actor and time",))
    return body["data"]


def _object(request: Request, body: bytes) -> dict[str, Any]:
    if media_type(request.headers) != BINARY:
        raise Problem(415, Trouble.UNSUPPORTED_MEDIA_TYPE, extra={"taken": [BINARY]})
    parsed = json_body(body)
    if not isinstance(parsed, dict):
        raise rejected(Rejected.NOT_AN_EVENT)
    return parsed


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key")
    if key is None:
        raise Problem(400, Trouble.MISSING_IDEMPOTENCY_KEY)
    key = key.strip('"')
    if not _ID.match(key):
        raise Problem(400, Trouble.INVALID_HEADER, extra={"where": ["idempotency-key"]})
    return key
