"""The way in: events as they are."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from infra.gateway.access.judging import unreadable
from infra.gateway.answering import answer
from infra.gateway.gateway import Gateway
from infra.gateway.intake import check, read_events
from infra.gateway.openapi import ANSWERS, events_body
from infra.gateway.problems import Problem


def router(gateway: Gateway) -> APIRouter:
    """Routes that record whatever event is sent."""
    routes = APIRouter()

    @routes.post(
        "/v1/events", summary="Record events", tags=["events"], responses=ANSWERS, openapi_extra=events_body(), status_code=202
    )  # fmt: skip
    async def post_events(request: Request) -> Response:
        """CloudEvents 1.0 in structured, batched or binary mode. Each event of a batch gets its own result."""
        try:
            events, batch = read_events(request.headers, await request.body())
        except Problem:
            unreadable(gateway.access, request)
            raise
        return await answer(gateway, check(events), request, batch=batch)

    return routes
