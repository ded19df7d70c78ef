"""The resource routes of childcare: booking, offers, arrival and departure for families; sessions and staff for sites."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from infra.gateway.answering import as_json
from infra.gateway.domain_routes.door import DomainDoor
from infra.gateway.domain_routes.resource import IdPath, go, only_data
from infra.gateway.gateway import Gateway
from infra.gateway.openapi import ANSWERS, IDEMPOTENT, PREFER, READ_ANSWERS, wish_body
from infra.gateway.problems import Problem, Trouble
from infra.postgres import childcare_sessions
from schemas import childcare as words
from schemas import childcare_duties as duties
from schemas.primitives import ID_PATTERN

Area = Annotated[str, Query(pattern=ID_PATTERN, description="the area's code")]
Near = Annotated[str | None, Query(pattern=r"^-?\d{1,2}(\.\d{1,9})?,-?\d{1,3}(\.\d{1,9})?$", description="`lat,lon`, WGS-84")]
Day = Annotated[date | None, Query(description="the area's today when absent")]
Service = Annotated[str | None, Query(pattern="^[a-z][a-z0-9_]{0,63}$", description="all services when absent")]


class Act(NamedTuple):
    """One route that makes one event: its path behind ``/v1/childcare/``, the field its path names (or its data), the rest of the data."""

    path: str
    event_type: str
    field: str
    model: type[BaseModel]
    summary: str


ACTS = (
    Act("bookings", "childcare.booking.requested.v1", "booking_id", words.BookingRequested, "A place for one child"),
    Act("groups", "childcare.group.requested.v1", "group_id", words.GroupRequested, "Places for brothers and sisters, all or none"),
    Act("bookings/{id}/confirmation", "childcare.hold.confirmed.v1", "booking_id", words.HoldConfirmed, "Confirm a held place"),
    Act("bookings/{id}/cancellation", "childcare.booking.cancelled.v1", "booking_id", words.BookingCancelled, "Cancel a booking"),
    Act("bookings/{id}/extension", "childcare.extension.requested.v1", "booking_id", words.ExtensionRequested, "Stay one session more"),
    Act("bookings/{id}/acceptance", "childcare.offer.accepted.v1", "booking_id", words.OfferAnswer, "Take an offered place"),
    Act("bookings/{id}/decline", "childcare.offer.declined.v1", "booking_id", words.OfferRefusal, "Decline an offered place"),
    Act("bookings/{id}/check_in", "childcare.child.checked_in.v1", "booking_id", words.CheckedIn, "A child is brought"),
    Act("bookings/{id}/check_out", "childcare.child.checked_out.v1", "booking_id", words.CheckedOut, "A child is collected"),
    Act("children/{id}/pickup_persons", "childcare.pickup_persons.registered.v1", "child_id", words.PickupPersonsRegistered,
        "Who may bring and collect a child"),
    Act("children/{id}/home", "childcare.child.registered.v1", "child_id", words.ChildRegistered, "Whether a child lives in this area"),
    Act("sites/{id}/sessions", "childcare.sessions.published.v1", "site_id", words.SessionsPublished, "Publish sessions"),
    Act("sites/{id}/staffing", "childcare.staffing.reported.v1", "site_id", words.StaffingReported, "Who is there to care"),
    Act("sites/{id}/closure", "childcare.site.closed.v1", "site_id", words.SiteClosed, "Close a site"),
    Act("sites/{id}/reopening", "childcare.site.reopened.v1", "site_id", words.SiteReopened, "Open it again"),
    Act("sites/{id}/incidents", "childcare.incident.reported.v1", "site_id", duties.IncidentReported, "Something happened at a site"),
    Act("sites/{id}/inspections", "childcare.site.inspected.v1", "site_id", duties.SiteInspected, "Somebody came and looked"),
)  # fmt: skip


def routes_of(gateway: Gateway) -> APIRouter:
    """Everything a family or a site does, and the sessions near a point."""
    routes = APIRouter(tags=["childcare"])

    @routes.get("/v1/childcare/sessions", summary="Sessions near a point", responses=READ_ANSWERS)
    async def sessions(
        area: Area, near: Near = None, day: Day = None, service: Service = None, free: Annotated[bool, Query()] = True
    ) -> Response:
        """Nearest first when `near` is given; only those with a free seat that are not over, unless `free` is false."""
        place: tuple[float, float] | None = None
        if near is not None:
            lat, lon = (float(part) for part in near.split(","))
            if abs(lat) > 90 or abs(lon) > 180:
                raise Problem(422, Trouble.INVALID_PARAMETER, extra={"where": ["near: out_of_range"]})
            place = lat, lon
        rows = await gateway.read(partial(childcare_sessions.sessions_near, service=service, free_only=free), area, place, day)
        return as_json({"sessions": rows})

    for act in ACTS:
        _add(routes, gateway, act)
    return routes


def _add(routes: APIRouter, gateway: Gateway, act: Act) -> None:
    name = act.event_type.removesuffix(".v1").replace(".", "_")
    source = f"/gateway/childcare/{act.path.split('/', 1)[0]}"
    named = "{id}" in act.path

    async def take_new(request: Request) -> Response:
        return await go(gateway, request, act.event_type, source, subject_field=act.field, data_of=only_data)

    async def take(request: Request, id: IdPath) -> Response:  # noqa: A002 - the path's own word
        return await go(gateway, request, act.event_type, source, subject=id, data_of=_with(act.field, id))

    endpoint: Callable[..., Any] = take if named else take_new
    endpoint.__doc__ = f"Becomes `{act.event_type}`; the `Idempotency-Key` is its id."
    body = wish_body(f"{act.model.__name__}At_{name}", act.model, without=(act.field,) if named else ())
    routes.add_api_route(
        f"/v1/childcare/{act.path}", endpoint, methods=["POST"], summary=act.summary, responses=ANSWERS, status_code=202,
        openapi_extra=body | {"parameters": [IDEMPOTENT, PREFER]}, name=name,
    )  # fmt: skip


def _with(field: str, value: str) -> Callable[[dict[str, Any]], Any]:
    """The body's ``data`` may be left out where the path says it all."""

    def data_of(body: dict[str, Any]) -> Any:
        return {**(only_data(body) if body else {}), field: value}

    return data_of


DOOR = DomainDoor("childcare", request_id_fields=("booking_id", "next_booking_id", "child_id"), routes=routes_of)
"""Named in `infra.gateway.domain_routes.registry`."""
