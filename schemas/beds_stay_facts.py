"""The facts of beds about allocations out of order and about respite stays; the rest is in `schemas.beds_facts`."""

from schemas.facts import Fact


class AllocationOverriddenFact(Fact, fact="beds.allocation.overridden.v1"):
    """An operator gave this bed to this applicant out of order. ``reason`` is a code of the policy: the offer that follows carries it
    too. ``displaced_*``: whose open offer of this bed was taken back for it."""

    facility_id: str
    bed_id: str
    application_id: str
    person_id: str
    approver: str
    reason: str
    displaced_application_id: str | None
    displaced_offer_id: str | None


class OfferWithdrawn(Fact, fact="beds.offer.withdrawn.v1"):
    """We took a promise back, by an override; the bed's release follows. It costs the applicant nothing: date, refusals and homes stay."""

    offer_id: str
    application_id: str
    person_id: str
    facility_id: str
    bed_id: str
    reason: str


class StayEnding(Fact, fact="beds.stay.ending.v1"):
    """A respite stay ends at ``until_ms``, which is near: family and home prepare for it, or ask for an extension."""

    facility_id: str
    bed_id: str
    application_id: str
    person_id: str
    until_ms: int


class StayExtended(Fact, fact="beds.stay.extended.v1"):
    """A respite stay now ends at ``until_ms``; it was extended ``extensions`` times so far."""

    facility_id: str
    bed_id: str
    application_id: str
    person_id: str
    until_ms: int
    days: int
    extensions: int
