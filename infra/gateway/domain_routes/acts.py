"""The resource routes that make one event each, of every domain: a table of acts, and the one way it becomes routes."""

from collections.abc import Callable, Coroutine, Iterable
from inspect import Parameter, Signature
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from infra.gateway.domain_routes.resource import IdPath, go, only_data
from infra.gateway.gateway import Gateway
from infra.gateway.openapi import ANSWERS, IDEMPOTENT, PREFER, wish_body


class Act(NamedTuple):
    """One route that makes one event.

    - ``path`` behind ``/v1/<domain>/``. Its ids are fields of the data, named as there; the event is about the first of them, and the
      body's ``data`` may be left out where they say it all.
    - ``new``: where the path has no id, the field of the data that names what comes into being, and so the event's subject.
    - ``says``: what a reader of the OpenAPI document should know beside the summary.
    """

    path: str
    event_type: str
    model: type[BaseModel]
    summary: str
    says: str = ""
    new: str | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """The fields that the path names, in its order."""
        return tuple(part.strip("{}") for part in self.path.split("/") if part.startswith("{"))


def routes_of(gateway: Gateway, domain: str, acts: Iterable[Act]) -> APIRouter:
    """A route ``POST /v1/<domain>/<path>`` for each act. Who may take it is said of its event type (`infra.gateway.access.event_rules`)."""
    routes = APIRouter(tags=[domain])
    for act in acts:
        assert (act.new is None) == bool(act.ids), f"{act.path}: the subject is the path's first id, or a field of the data"
        name = act.event_type.removesuffix(".v1").replace(".", "_")
        body = wish_body(f"{act.model.__name__}At_{name}", act.model, without=act.ids)
        routes.add_api_route(
            f"/v1/{domain}/{act.path}", _endpoint(gateway, domain, act), methods=["POST"], summary=act.summary, responses=ANSWERS,
            description=f"Becomes `{act.event_type}`; the `Idempotency-Key` is its id{f': {act.says}' if act.says else ''}.",
            status_code=202, openapi_extra=body | {"parameters": [IDEMPOTENT, PREFER]}, name=name,
        )  # fmt: skip
    return routes


def _endpoint(gateway: Gateway, domain: str, act: Act) -> Callable[..., Coroutine[Any, Any, Response]]:
    source = f"/gateway/{domain}/{act.path.split('/', 1)[0]}"

    async def take(request: Request, **ids: str) -> Response:
        def data_of(body: dict[str, Any]) -> Any:
            return {**(only_data(body) if body or not ids else {}), **ids}

        subject = next(iter(ids.values()), None)
        return await go(gateway, request, act.event_type, source, subject=subject, subject_field=act.new, data_of=data_of)

    # FastAPI checks and documents the parameters of a signature: the path's ids are this one's.
    parameters = [Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request)]
    parameters += [Parameter(name, Parameter.KEYWORD_ONLY, annotation=IdPath) for name in act.ids]
    take.__signature__ = Signature(parameters, return_annotation=Response)  # type: ignore[attr-defined]
    return take
