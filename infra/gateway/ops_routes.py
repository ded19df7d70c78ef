"""Alive, able, measured; and the page's files."""

import asyncio
from pathlib import Path as FilePath

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from infra.gateway.answering import as_json
from infra.gateway.gateway import Gateway

CHECK_SECONDS_MAX = 3.0

STATIC = FilePath(__file__).parent / "static"
MEDIA = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def router(gateway: Gateway) -> APIRouter:
    """Routes for ops."""
    routes = APIRouter(tags=["ops"])

    @routes.get("/healthz", summary="Alive")
    async def healthz() -> Response:
        """The process answers; nothing else is asked."""
        return as_json({"status": "ok"})

    @routes.get(
        "/readyz", summary="Able to serve, each need named", responses={503: {"description": "Something is missing; the body says what"}}
    )
    async def readyz() -> Response:
        """Asks every server now; nothing is remembered."""
        names = list(gateway.checks)
        states = await asyncio.gather(*(_ask(gateway, name) for name in names))
        checks = dict(zip(names, states, strict=True))
        ready = all(state == "ok" for state in states) and not gateway.stopping.is_set()
        # Named but not asked for: without its auditor the gateway serves as well as before, and people must know.
        watched = {} if gateway.auditor is None else {"auditor": gateway.auditor.state()}
        return as_json({"status": "ready" if ready else "not_ready", "checks": checks, "watched": watched}, 200 if ready else 503)

    @routes.get("/metrics", summary="Prometheus metrics", response_class=Response)
    async def metrics() -> Response:
        """Every gateway metric; names in infra/docs/metrics.md."""
        gateway.metrics.gateway_queued.alone().set(gateway.carrier.queued_events)
        if gateway.calls is not None:
            gateway.metrics.named("laoxiao_gateway_spool_waiting_events").alone().set(len(gateway.calls.spool.waiting))
            gateway.metrics.named("laoxiao_gateway_presses_undecided").alone().set(len(gateway.calls.presses))
        if gateway.auditor is not None:
            gateway.metrics.named("laoxiao_gateway_auditor_silent_seconds").alone().set(gateway.auditor.silent_s())
        for domain, board in gateway.boards.items():
            gateway.metrics.gateway_viewers.labels(domain=domain).set(board.viewers)
            gateway.metrics.gateway_waiters.labels(domain=domain).set(board.waiters)
        return Response(generate_latest(gateway.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return routes


async def _ask(gateway: Gateway, name: str) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS_MAX):
            return await gateway.checks[name]()
    except TimeoutError:
        return "timeout"
    except Exception as error:  # noqa: BLE001 - a probe says what is wrong, whatever it is; the name only, messages hold addresses
        return f"unreachable: {type(error).__name__}"


def page_router() -> APIRouter:
    """The page. Files are read once at the start and served by exact name, so no path can reach anything else."""
    routes = APIRouter(include_in_schema=False)
    files = {
        path.relative_to(STATIC).as_posix(): (path.read_bytes(), MEDIA[path.suffix])
        for path in sorted(STATIC.rglob("*"))
        if path.suffix in MEDIA
    }
    for name, (content, media) in files.items():
        path = "/" if name == "index.html" else f"/static/{name}"
        routes.add_api_route(path, _file(content, media), methods=["GET"])
    return routes


def _file(content: bytes, media: str):  # type: ignore[no-untyped-def]  # FastAPI reads the annotation of the inner function
    async def serve() -> Response:
        return Response(content, media_type=media, headers={"Cache-Control": "no-cache"})

    return serve
