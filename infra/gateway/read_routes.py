"""The answers: decisions, requests, capacity, the page's numbers, and the live view."""

from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from infra.gateway.access.access import sender_of
from infra.gateway.access.seeing import areas_seen, identity, may_see, seen_domains
from infra.gateway.answering import as_json
from infra.gateway.board import Board
from infra.gateway.catching_up import caught_up_with
from infra.gateway.gateway import Gateway
from infra.gateway.live import LiveView
from infra.gateway.openapi import READ_ANSWERS
from infra.gateway.problems import Problem, Trouble
from infra.postgres import queries
from schemas.primitives import ID_PATTERN
from schemas.topics import DOMAINS

LIST_MAX = 200

Id = Annotated[str, Path(pattern=ID_PATTERN)]
Area = Annotated[str, Query(pattern=ID_PATTERN, description="the area's code")]
AnyArea = Annotated[str | None, Query(pattern=ID_PATTERN, description="the area's code; all areas when absent")]
Domain = Annotated[str, Path(pattern="^[a-z]{1,32}$", description=f"one of {', '.join(DOMAINS)}")]
Near = Annotated[str | None, Query(pattern=r"^-?\d{1,2}(\.\d{1,9})?,-?\d{1,3}(\.\d{1,9})?$", description="`lat,lon`, WGS-84")]
Limit = Annotated[int, Query(ge=1, le=LIST_MAX)]
Day = Annotated[date | None, Query(description="the area's today when absent")]


def router(gateway: Gateway) -> APIRouter:
    """Routes that read."""
    routes = APIRouter(responses=READ_ANSWERS)
    _one(routes, gateway)
    _lists(routes, gateway)
    return routes


def _board(gateway: Gateway, domain: str) -> Board:
    board = gateway.boards.get(domain)
    if board is None:
        raise Problem(404, Trouble.NOT_FOUND)
    return board


def _one(routes: APIRouter, gateway: Gateway) -> None:
    @routes.get("/v1/decisions/{event_id}", summary="The decision of one event", tags=["events"])
    async def get_decision(request: Request, event_id: Id) -> Response:
        """The first decision of this id. 202 with `status` while the event is recorded and not decided yet."""
        for board in gateway.boards.values():
            remembered = board.decision(event_id)
            if remembered is not None:
                may_see(gateway.access, request, board.domain, remembered)
                return as_json(remembered)
        recorded = any(board.is_recorded(event_id) for board in gateway.boards.values())
        try:
            found = await gateway.read(queries.decision, event_id)
            aside = [] if found is not None else await gateway.read(queries.set_aside, event_id)
        except Problem:
            if not recorded:
                raise
            found, aside = None, []
        if found is not None:
            may_see(gateway.access, request, found["event_type"].split(".", 1)[0], found)
            return as_json(found)
        kept = next((row for row in aside if row["reason"] != "forwarded"), None)
        if kept is not None:
            return as_json({"event_id": event_id, "status": "set_aside", "reason": kept["reason"]})
        if recorded or aside:
            return as_json({"event_id": event_id, "status": "recorded"}, 202)
        raise Problem(404, Trouble.NOT_FOUND)

    @routes.get("/v1/{domain}/requests/{request_id}", summary="One request: its state and history", tags=["reading"])
    async def get_request(request: Request, domain: Domain, request_id: Id) -> Response:
        """`behind` is true when this gateway has seen a newer decision than the register shows; it is then in `newest`."""
        board = _board(gateway, domain)
        touched = board.touched(request_id)
        behind = not await caught_up_with(gateway, domain, request_id)
        found = await gateway.read(queries.request, domain, request_id)
        if found is None and touched is None:
            raise Problem(404, Trouble.NOT_FOUND)
        newest = None if touched is None else board.decision(touched.event_id)
        may_see(gateway.access, request, domain, found or newest)
        body: dict[str, Any] = found if found is not None else {"request_id": request_id, "state": "decided", "history": []}
        if behind:
            body |= {"behind": True, "newest": newest}
        return as_json(body)


def _lists(routes: APIRouter, gateway: Gateway) -> None:
    @routes.get("/v1/domains", summary="The domains this deployment serves", tags=["page"])
    async def get_domains(request: Request) -> Response:
        """In the order the page shows them, and who asks, as the gateway knows it."""
        you = None if gateway.access is None else identity(sender_of(request))
        return as_json({"domains": seen_domains(gateway.access, request, list(gateway.boards)), "played": gateway.played, "you": you})

    @routes.get("/v1/{domain}/capacity", summary="Providers and their slots", tags=["reading"])
    async def get_capacity(domain: Domain, area: Area, near: Near = None, day: Day = None) -> Response:
        """Nearest first when `near` is given."""
        _board(gateway, domain)
        place: tuple[float, float] | None = None
        if near is not None:
            lat, lon = (float(part) for part in near.split(","))
            if abs(lat) > 90 or abs(lon) > 180:
                raise Problem(422, Trouble.INVALID_PARAMETER, extra={"where": ["near: out_of_range"]})
            place = lat, lon
        rows = await gateway.read(queries.capacity, domain, area, place, None if day is None else [day])
        return as_json({"providers": rows})

    @routes.get("/v1/{domain}/areas", summary="Areas that have decided anything", tags=["page"])
    async def get_areas(request: Request, domain: Domain) -> Response:
        """With each area's own clock and open tasks."""
        _board(gateway, domain)
        return as_json({"areas": areas_seen(gateway.access, request, domain, await gateway.read(queries.areas, domain))})

    @routes.get("/v1/{domain}/overview", summary="The numbers of one day", tags=["page"])
    async def get_overview(domain: Domain, area: AnyArea = None, day: Day = None) -> Response:
        """With how far this gateway has seen the journal beyond the register."""
        board = _board(gateway, domain)
        body = await gateway.read(queries.overview, domain, area, day)
        positions = await gateway.read(queries.positions, domain)
        ahead = [offset - positions[p].next_offset if p in positions else offset for p, offset in board.next_offsets.items()]
        body["journal"] = {"caught_up": board.caught_up, "records_ahead": sum(max(0, n) for n in ahead)}
        return as_json(body)

    @routes.get("/v1/{domain}/decisions", summary="The newest decisions with their reasons", tags=["page"])
    async def get_decisions(domain: Domain, area: AnyArea = None, limit: Limit = 50) -> Response:
        """Newest first."""
        _board(gateway, domain)
        return as_json({"decisions": await gateway.read(queries.latest_decisions, domain, area, limit)})

    @routes.get("/v1/{domain}/tasks", summary="Open tasks that a human owns", tags=["page"])
    async def get_tasks(domain: Domain, area: AnyArea = None) -> Response:
        """Oldest first."""
        _board(gateway, domain)
        return as_json({"tasks": await gateway.read(queries.open_tasks, domain, area)})

    @routes.get("/v1/{domain}/map", summary="Providers and newest requests with positions", tags=["page"])
    async def get_map(domain: Domain, area: AnyArea = None, day: Day = None, limit: Limit = 120) -> Response:
        """No person is named."""
        _board(gateway, domain)
        providers = await gateway.read(queries.providers_map, domain, area, day)
        requests = await gateway.read(queries.requests_map, domain, area, limit)
        return as_json({"providers": providers, "requests": requests})

    @routes.get("/v1/{domain}/live", summary="Live view as server-sent events", tags=["page"], response_model=None)
    async def get_live(request: Request, domain: Domain, area: Area) -> Any:
        """Events `decisions` {decided, decisions} and `state` {caught_up, polled_ago_ms, recording}."""
        board = _board(gateway, domain)
        viewer = board.watch(area)
        if viewer is None:
            raise Problem(503, Trouble.TOO_MANY_VIEWERS, headers={"Retry-After": "10"})
        access = gateway.access
        good = (lambda: True) if access is None else partial(access.still_good, sender_of(request))
        return _Streaming(LiveView(gateway, board, viewer, still_good=good))


class _Streaming(Response):
    """An ASGI callable of our own as a response."""

    def __init__(self, stream: LiveView) -> None:
        super().__init__()
        self._stream = stream

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002 - ASGI's three
        await self._stream(receive, send)
