"""The resource routes of beds: families apply and answer, homes publish, admit and report, the office approves and overrides."""

from collections.abc import Callable
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from infra.gateway.domain_routes.beds_why import add_why
from infra.gateway.domain_routes.door import DomainDoor
from infra.gateway.domain_routes.resource import IdPath, go, only_data
from infra.gateway.gateway import Gateway
from infra.gateway.openapi import ANSWERS, IDEMPOTENT, PREFER, wish_body
from schemas import beds as words


class Act(NamedTuple):
    """One route that makes one event: its path behind ``/v1/beds/``, whose ids are fields of the data, the rest of the data, and what it
    is for. The event is about the first id of the path."""

    path: str
    event_type: str
    model: type[BaseModel]
    summary: str
    says: str = ""


APPLICATION = "applications/{application_id}"
OFFER = APPLICATION + "/offers/{offer_id}"
HOME = "facilities/{facility_id}"
BED = HOME + "/beds/{bed_id}"
ACTS = (
    Act(f"{APPLICATION}/withdrawal", "beds.application.withdrawn.v1", words.ApplicationWithdrawn, "Withdraw an application",
        "a bed promised goes on at once"),
    Act(f"{APPLICATION}/assessment", "beds.application.reassessed.v1", words.ApplicationReassessed, "Record a new assessment",
        "the rank changes at once, the date is kept"),
    Act(f"{APPLICATION}/pause", "beds.application.paused.v1", words.ApplicationPaused, "No offers for a while", "the date is kept"),
    Act(f"{APPLICATION}/resumption", "beds.application.resumed.v1", words.ApplicationResumed, "Offers again before the pause ends"),
    Act(f"{APPLICATION}/priority_approval", "beds.priority.approved.v1", words.PriorityApproved, "Approve an emergency",
        "first in order from now on, with who approved it and why (B16)"),
    Act(f"{APPLICATION}/override", "beds.allocation.overridden.v1", words.AllocationOverridden, "Give a bed out of order",
        "with a coded reason of the policy; those passed over can see it"),
    Act(f"{APPLICATION}/leave", "beds.leave.started.v1", words.LeaveStarted, "A resident is in hospital", "the bed stays theirs (B17)"),
    Act(f"{APPLICATION}/return", "beds.leave.ended.v1", words.LeaveEnded, "A resident is back"),
    Act(f"{APPLICATION}/transfer", "beds.resident.transferred.v1", words.ResidentTransferred, "A resident moves to another bed"),
    Act(f"{APPLICATION}/extension", "beds.extension.requested.v1", words.ExtensionRequested, "Stay some days longer",
        "by policy, and while nobody waits for the bed"),
    Act(f"{OFFER}/acceptance", "beds.offer.accepted.v1", words.OfferAccepted, "Accept an offer"),
    Act(f"{OFFER}/refusal", "beds.offer.declined.v1", words.OfferDeclined, "Decline an offer",
        "policy says which reasons do not count (B-R5, B-R9)"),
    Act(f"{OFFER}/facility_refusal", "beds.facility.declined.v1", words.FacilityDeclined, "The home refuses the applicant",
        "it never costs the applicant (W02)"),
    Act(f"{HOME}/inventory", "beds.inventory.published.v1", words.InventoryPublished, "Publish beds",
        "for each bed the highest `version` wins in whatever order publications arrive"),
    Act(f"{BED}/admission", "beds.admission.confirmed.v1", words.AdmissionConfirmed, "Confirm an admission",
        "of an applicant only in the bed promised to them"),
    Act(f"{BED}/vacancy", "beds.bed.vacated.v1", words.BedVacated, "Report a bed vacated"),
    Act(f"{BED}/cleaning", "beds.bed.cleaned.v1", words.BedCleaned, "A bed is ready for the next person"),
)  # fmt: skip


def routes_of(gateway: Gateway) -> APIRouter:
    """Every resource route of beds."""
    routes = APIRouter(tags=["beds"])

    @routes.post(
        "/v1/beds/applications", summary="Apply for a bed", responses=ANSWERS, status_code=202,
        openapi_extra=wish_body("BedApplication", words.ApplicationSubmitted) | {"parameters": [IDEMPOTENT, PREFER]},
    )  # fmt: skip
    async def apply(request: Request) -> Response:
        """Becomes `beds.application.submitted.v1`; the `Idempotency-Key` is the event's id."""
        return await go(
            gateway, request, "beds.application.submitted.v1", "/gateway/beds/applications", subject_field="application_id",
            data_of=only_data,
        )  # fmt: skip

    for act in ACTS:
        _add(routes, gateway, act)
    add_why(routes, gateway)
    return routes


def _add(routes: APIRouter, gateway: Gateway, act: Act) -> None:
    source = f"/gateway/beds/{act.path.split('/', 1)[0]}"

    async def about(request: Request, application_id: IdPath) -> Response:
        return await _take(gateway, request, act, source, application_id=application_id)

    async def about_offer(request: Request, application_id: IdPath, offer_id: IdPath) -> Response:
        return await _take(gateway, request, act, source, application_id=application_id, offer_id=offer_id)

    async def of_home(request: Request, facility_id: IdPath) -> Response:
        return await _take(gateway, request, act, source, facility_id=facility_id)

    async def of_bed(request: Request, facility_id: IdPath, bed_id: IdPath) -> Response:
        return await _take(gateway, request, act, source, facility_id=facility_id, bed_id=bed_id)

    endpoints: dict[tuple[str, ...], Callable[..., Any]] = {
        ("application_id",): about, ("application_id", "offer_id"): about_offer, ("facility_id",): of_home,
        ("facility_id", "bed_id"): of_bed,
    }  # fmt: skip
    named = tuple(part.strip("{}") for part in act.path.split("/") if part.startswith("{"))
    endpoint = endpoints[named]
    endpoint.__doc__ = f"Becomes `{act.event_type}`; the `Idempotency-Key` is its id{f': {act.says}' if act.says else ''}."
    name = act.event_type.removesuffix(".v1").replace(".", "_")
    routes.add_api_route(
        f"/v1/beds/{act.path}", endpoint, methods=["POST"], summary=act.summary, responses=ANSWERS, status_code=202,
        openapi_extra=wish_body(f"{act.model.__name__}At_{name}", act.model, without=named) | {"parameters": [IDEMPOTENT, PREFER]},
        name=name,
    )  # fmt: skip


async def _take(gateway: Gateway, request: Request, act: Act, source: str, **ids: str) -> Response:
    """The body's ``data`` may be left out where the path says it all."""

    def data_of(body: dict[str, Any]) -> Any:
        return {**(only_data(body) if body else {}), **ids}

    return await go(gateway, request, act.event_type, source, subject=next(iter(ids.values())), data_of=data_of)


DOOR = DomainDoor("beds", request_id_fields=("application_id",), routes=routes_of)
"""Named in `infra.gateway.domain_routes.registry`."""
