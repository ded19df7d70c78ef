"""The resource routes of meals."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from infra.gateway.domain_routes.acts import Act
from infra.gateway.domain_routes.door import DomainDoor
from infra.gateway.domain_routes.resource import IdPath, go
from infra.gateway.gateway import Gateway
from infra.gateway.openapi import ANSWERS, IDEMPOTENT, PREFER, wish_body
from schemas.meals import CapacityPublished, OrderPlaced

ACTS = (
    Act("orders", "meals.order.placed.v1", OrderPlaced, "Order a meal", new="order_id"),
    Act("providers/{provider_id}/capacity", "meals.capacity.published.v1", CapacityPublished, "Publish capacity",
        "the highest `version` wins in whatever order publications arrive"),
)  # fmt: skip


def routes_of(gateway: Gateway) -> APIRouter:
    """Cancelling."""
    routes = APIRouter(tags=["meals"])

    @routes.post(
        "/v1/meals/orders/{order_id}/cancellation", summary="Cancel an order", responses=ANSWERS, status_code=202,
        openapi_extra=wish_body("OrderCancellation", None, {"reason": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}})
        | {"parameters": [IDEMPOTENT, PREFER]},
    )  # fmt: skip
    async def cancel_order(request: Request, order_id: IdPath) -> Response:
        """Becomes `meals.order.cancelled.v1`. Its reason stands beside area, actor and time: the wire says so since the first version."""
        return await go(
            gateway, request, "meals.order.cancelled.v1", "/gateway/meals/orders", subject=order_id,
            data_of=lambda body: {**body, "order_id": order_id},
        )  # fmt: skip

    return routes


DOOR = DomainDoor("meals", request_id_fields=("order_id", "standing_order_id"), acts=ACTS, routes=routes_of)
"""Named in `infra.gateway.domain_routes.registry`."""
