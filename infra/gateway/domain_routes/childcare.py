"""The resource routes of childcare: booking, offers, arrival and departure for families; sessions and staff for sites."""

from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from infra.gateway.answering import as_json
from infra.gateway.domain_routes.acts import Act
from infra.gateway.domain_routes.door import DomainDoor
from infra.gateway.gateway import Gateway
from infra.gateway.openapi import READ_ANSWERS
from infra.gateway.problems import Problem, Trouble
from infra.postgres import childcare_sessions
from schemas import childcare as words
from schemas import childcare_duties as duties
from schemas.primitives import ID_PATTERN

Area = Annotated[str, Query(pattern=ID_PATTERN, description="the area's code")]
Near = Annotated[str | None, Query(pattern=r"^-?\d{1,2}(\.\d{1,9})?,-?\d{1,3}(\.\d{1,9})?$", description="`lat,lon`, WGS-84")]
Day = Annotated[date | None, Query(description="the area's today when absent")]
Service = Annotated[str | None, Query(pattern="^[a-z][a-z0-9_]{0,63}$", description="all services when absent")]


ACTS = (
    Act("bookings", "childcare.booking.requested.v1", words.BookingRequested, "A place for one child", new="booking_id"),
    Act("groups", "childcare.group.requested.v1", words.GroupRequested, "Places for brothers and sisters, all or none", new="group_id"),
    Act("bookings/{booking_id}/confirmation", "childcare.hold.confirmed.v1", words.HoldConfirmed, "Confirm a held place"),
    Act("bookings/{booking_id}/cancellation", "childcare.booking.cancelled.v1", words.BookingCancelled, "Cancel a booking"),
    Act("bookings/{booking_id}/extension", "childcare.extension.requested.v1", words.ExtensionRequested, "Stay one session more"),
    Act("bookings/{booking_id}/acceptance", "childcare.offer.accepted.v1", words.OfferAnswer, "Take an offered place"),
    Act("bookings/{booking_id}/decline", "childcare.offer.declined.v1", words.OfferRefusal, "Decline an offered place"),
    Act("bookings/{booking_id}/check_in", "childcare.child.checked_in.v1", words.CheckedIn, "A child is brought"),
    Act("bookings/{booking_id}/check_out", "childcare.child.checked_out.v1", words.CheckedOut, "A child is collected"),
    Act("children/{child_id}/pickup_persons", "childcare.pickup_persons.registered.v1", words.PickupPersonsRegistered,
        "Who may bring and collect a child"),
    Act("children/{child_id}/home", "childcare.child.registered.v1", words.ChildRegistered, "Whether a child lives in this area"),
    Act("sites/{site_id}/sessions", "childcare.sessions.published.v1", words.SessionsPublished, "Publish sessions"),
    Act("sites/{site_id}/staffing", "childcare.staffing.reported.v1", words.StaffingReported, "Who is there to care"),
    Act("sites/{site_id}/closure", "childcare.site.closed.v1", words.SiteClosed, "Close a site"),
    Act("sites/{site_id}/reopening", "childcare.site.reopened.v1", words.SiteReopened, "Open it again"),
    Act("sites/{site_id}/incidents", "childcare.incident.reported.v1", duties.IncidentReported, "Something happened at a site"),
    Act("sites/{site_id}/inspections", "childcare.site.inspected.v1", duties.SiteInspected, "Somebody came and looked"),
)  # fmt: skip


def routes_of(gateway: Gateway) -> APIRouter:
    """The sessions near a point."""
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

    return routes


DOOR = DomainDoor("childcare", request_id_fields=("booking_id", "next_booking_id", "child_id"), acts=ACTS, routes=routes_of)
"""Named in `infra.gateway.domain_routes.registry`."""
