"""The resource routes of meals."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from infra.gateway.domain_routes.door import DomainDoor
from infra.gateway.domain_routes.resource import IdPath, go, only_data
from infra.gateway.gateway import Gateway
from infra.gateway.openapi import ANSWERS, IDEMPOTENT, PREFER, wish_body
from schemas.meals import CapacityPublished, OrderPlaced


def routes_of(gateway: Gateway) -> APIRouter:
    """Ordering, cancelling, publishing capacity."""
    routes = APIRouter()

    @routes.post(
        "/v1/meals/orders", summary="Order a meal", tags=["meals"], responses=ANSWERS, status_code=202,
        openapi_extra=wish_body("OrderPlaced", OrderPlaced) | {"parameters": [IDEMPOTENT, PREFER]},
    )  # fmt: skip
    async def place_order(request: Request) -> Response:
        """Becomes `meals.order.placed.v1`; the `Idempotency-Key` is the event's id."""
        return await go(gateway, request, "meals.order.placed.v1", "/gateway/meals/orders", subject_field="order_id", data_of=only_data)

    @routes.post(
        "/v1/meals/orders/{order_id}/cancellation", summary="Cancel an order", tags=["meals"], responses=ANSWERS, status_code=202,
        openapi_extra=wish_body("OrderCancellation", None, {"reason": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}})
        | {"parameters": [IDEMPOTENT, PREFER]},
    )  # fmt: skip
    async def cancel_order(request: Request, order_id: IdPath) -> Response:
        """Becomes `meals.order.cancelled.v1`."""
        return await go(
            gateway, request, "meals.order.cancelled.v1", "/gateway/meals/orders", subject=order_id,
            data_of=lambda body: {**body, "order_id": order_id},
        )  # fmt: skip

    @routes.post(
        "/v1/meals/providers/{provider_id}/capacity", summary="Publish capacity", tags=["meals"], responses=ANSWERS, status_code=202,
        openapi_extra=wish_body("CapacityOffer", CapacityPublished, without=("provider_id",)) | {"parameters": [IDEMPOTENT, PREFER]},
    )  # fmt: skip
    async def publish_capacity(request: Request, provider_id: IdPath) -> Response:
        """Becomes `meals.capacity.published.v1`; the highest `version` wins in whatever order publications arrive."""
        return await go(
            gateway, request, "meals.capacity.published.v1", "/gateway/meals/providers", subject=provider_id,
            data_of=lambda body: {**only_data(body), "provider_id": provider_id},
        )  # fmt: skip

    return routes


DOOR = DomainDoor("meals", request_id_fields=("order_id", "standing_order_id"), routes=routes_of)
"""Named in `infra.gateway.domain_routes.registry`."""
