"""The HTTP application: routes, errors as problems, the outer guard."""

from typing import Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from infra.gateway import event_routes, openapi, ops_routes, read_routes
from infra.gateway.access.door import Door
from infra.gateway.domain_routes.acts import routes_of
from infra.gateway.domain_routes.registry import DOORS
from infra.gateway.gateway import Gateway
from infra.gateway.guard import BODY_SECONDS_MAX, Guard
from infra.gateway.problems import Problem, Trouble

_STATUS_CODES = {404: Trouble.NOT_FOUND, 405: Trouble.METHOD_NOT_ALLOWED}


def create_app(gateway: Gateway, *, body_seconds_max: float = BODY_SECONDS_MAX) -> ASGIApp:
    """The application over these dependencies. Starting and stopping them is the server's business."""
    # The interactive docs would load scripts from elsewhere; the document itself is at /openapi.json.
    app = FastAPI(
        title="Laoxiao gateway", version="1", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False,
        dependencies=[Depends(Door(gateway))],
    )  # fmt: skip
    app.include_router(event_routes.router(gateway))
    for domain, door in DOORS.items():
        app.include_router(routes_of(gateway, domain, door.acts))
        app.include_router(door.routes(gateway))
    app.include_router(ops_routes.router(gateway))
    app.include_router(read_routes.router(gateway))
    app.include_router(ops_routes.page_router())
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid_parameter)
    app.add_exception_handler(Exception, _mistake)
    app.include_router(openapi.router(app))
    return Guard(app, gateway.metrics, body_seconds_max=body_seconds_max)


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _STATUS_CODES.get(error.status_code, Trouble.MALFORMED_REQUEST)
    return Problem(error.status_code, code, headers=error.headers).response()


async def _invalid_parameter(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    rows: list[Any] = list(error.errors())
    where = [f"{'.'.join(str(part) for part in row['loc'][1:])}: {row['type']}" for row in rows[:10]]
    return Problem(422, Trouble.INVALID_PARAMETER, extra={"where": where}).response()


async def _mistake(_: Request, __: Exception) -> Response:
    # Starlette raises it again after this answer; the guard logs where it came from.
    return Problem(500, Trouble.INTERNAL_ERROR).response()
