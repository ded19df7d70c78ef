"""The resource routes of beds: a family applies and answers, a home publishes, admits and reports a bed vacated."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from starlette.responses import Response

from infra.gateway.domain_routes.beds_why import add_why
from infra.gateway.domain_routes.door import DomainDoor
from infra.gateway.domain_routes.resource import IdPath, go, only_data
from infra.gateway.gateway import Gateway
from infra.gateway.openapi import ANSWERS, IDEMPOTENT, PREFER, wish_body
from schemas.beds import (
    AdmissionConfirmed,
    ApplicationReassessed,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    BedVacated,
    FacilityDeclined,
    InventoryPublished,
    OfferAccepted,
    OfferDeclined,
)
from schemas.primitives import Model

Handler = Callable[..., Awaitable[Response]]
APPLICATIONS = "/gateway/beds/applications"
FACILITIES = "/gateway/beds/facilities"


def routes_of(gateway: Gateway) -> APIRouter:
    """Every resource route of beds."""
    routes = APIRouter()
    _of_families(routes, gateway)
    _of_offers(routes, gateway)
    _of_homes(routes, gateway)
    add_why(routes, gateway)
    return routes


def _post(routes: APIRouter, path: str, summary: str, name: str, model: type[Model], *without: str) -> Callable[[Handler], Handler]:
    return routes.post(
        path, summary=summary, tags=["beds"], responses=ANSWERS, status_code=202,
        openapi_extra=wish_body(name, model, without=without) | {"parameters": [IDEMPOTENT, PREFER]},
    )  # fmt: skip


def _of_families(routes: APIRouter, gateway: Gateway) -> None:
    @_post(routes, "/v1/beds/applications", "Apply for a bed", "BedApplication", ApplicationSubmitted)
    async def apply(request: Request) -> Response:
        """Becomes `beds.application.submitted.v1`; the `Idempotency-Key` is the event's id."""
        return await go(gateway, request, "beds.application.submitted.v1", APPLICATIONS, subject_field="application_id", data_of=only_data)

    @_post(
        routes, "/v1/beds/applications/{application_id}/withdrawal", "Withdraw an application", "BedWithdrawal", ApplicationWithdrawn,
        "application_id",
    )  # fmt: skip
    async def withdraw(request: Request, application_id: IdPath) -> Response:
        """Becomes `beds.application.withdrawn.v1`; a bed promised goes on at once."""
        return await _about(gateway, request, "beds.application.withdrawn.v1", application_id)

    @_post(
        routes, "/v1/beds/applications/{application_id}/assessment", "Record a new assessment", "BedReassessment", ApplicationReassessed,
        "application_id",
    )  # fmt: skip
    async def reassess(request: Request, application_id: IdPath) -> Response:
        """Becomes `beds.application.reassessed.v1`; the rank changes at once, the date is kept."""
        return await _about(gateway, request, "beds.application.reassessed.v1", application_id)


def _of_offers(routes: APIRouter, gateway: Gateway) -> None:
    base = "/v1/beds/applications/{application_id}/offers/{offer_id}"
    both = ("application_id", "offer_id")

    @_post(routes, f"{base}/acceptance", "Accept an offer", "BedAcceptance", OfferAccepted, *both)
    async def accept(request: Request, application_id: IdPath, offer_id: IdPath) -> Response:
        """Becomes `beds.offer.accepted.v1`."""
        return await _about(gateway, request, "beds.offer.accepted.v1", application_id, offer_id=offer_id)

    @_post(routes, f"{base}/refusal", "Decline an offer", "BedRefusal", OfferDeclined, *both)
    async def decline(request: Request, application_id: IdPath, offer_id: IdPath) -> Response:
        """Becomes `beds.offer.declined.v1`; policy says which reasons do not count (B-R5, B-R9)."""
        return await _about(gateway, request, "beds.offer.declined.v1", application_id, offer_id=offer_id)

    @_post(routes, f"{base}/facility_refusal", "The home refuses the applicant", "FacilityRefusal", FacilityDeclined, *both)
    async def facility_declines(request: Request, application_id: IdPath, offer_id: IdPath) -> Response:
        """Becomes `beds.facility.declined.v1`; it never costs the applicant (W02)."""
        return await _about(gateway, request, "beds.facility.declined.v1", application_id, offer_id=offer_id)


def _of_homes(routes: APIRouter, gateway: Gateway) -> None:
    base = "/v1/beds/facilities/{facility_id}"
    both = ("facility_id", "bed_id")

    @_post(routes, f"{base}/inventory", "Publish beds", "BedInventory", InventoryPublished, "facility_id")
    async def publish(request: Request, facility_id: IdPath) -> Response:
        """Becomes `beds.inventory.published.v1`; for each bed the highest `version` wins in whatever order publications arrive."""
        return await go(
            gateway, request, "beds.inventory.published.v1", FACILITIES, subject=facility_id,
            data_of=lambda body: {**only_data(body), "facility_id": facility_id},
        )  # fmt: skip

    @_post(routes, base + "/beds/{bed_id}/admission", "Confirm an admission", "BedAdmission", AdmissionConfirmed, *both)
    async def admit(request: Request, facility_id: IdPath, bed_id: IdPath) -> Response:
        """Becomes `beds.admission.confirmed.v1`; of an applicant only in the bed promised to them."""
        return await _of_bed(gateway, request, "beds.admission.confirmed.v1", facility_id, bed_id)

    @_post(routes, base + "/beds/{bed_id}/vacancy", "Report a bed vacated", "BedVacancy", BedVacated, *both)
    async def vacate(request: Request, facility_id: IdPath, bed_id: IdPath) -> Response:
        """Becomes `beds.bed.vacated.v1`."""
        return await _of_bed(gateway, request, "beds.bed.vacated.v1", facility_id, bed_id)


async def _about(gateway: Gateway, request: Request, event_type: str, application_id: str, **more: str) -> Response:
    def data_of(body: dict[str, object]) -> dict[str, object]:
        return {**only_data(body), "application_id": application_id, **more}

    return await go(gateway, request, event_type, APPLICATIONS, subject=application_id, data_of=data_of)


async def _of_bed(gateway: Gateway, request: Request, event_type: str, facility_id: str, bed_id: str) -> Response:
    def data_of(body: dict[str, object]) -> dict[str, object]:
        return {**only_data(body), "facility_id": facility_id, "bed_id": bed_id}

    return await go(gateway, request, event_type, FACILITIES, subject=facility_id, data_of=data_of)


DOOR = DomainDoor("beds", request_id_fields=("application_id",), routes=routes_of)
"""Named in `infra.gateway.domain_routes.registry`."""
