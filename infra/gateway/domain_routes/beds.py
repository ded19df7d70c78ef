"""The resource routes of beds: families apply and answer, homes publish, admit and report, the office approves and overrides."""

from infra.gateway.domain_routes.acts import Act
from infra.gateway.domain_routes.beds_why import why_routes
from infra.gateway.domain_routes.door import DomainDoor
from schemas import beds as words

APPLICATION = "applications/{application_id}"
OFFER = APPLICATION + "/offers/{offer_id}"
HOME = "facilities/{facility_id}"
BED = HOME + "/beds/{bed_id}"
ACTS = (
    Act("applications", "beds.application.submitted.v1", words.ApplicationSubmitted, "Apply for a bed", new="application_id"),
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


DOOR = DomainDoor("beds", request_id_fields=("application_id",), acts=ACTS, routes=why_routes)
"""Named in `infra.gateway.domain_routes.registry`."""
