"""The facts of beds about applications and offers as rows (schemas/beds_facts.py says what each fact means)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import orjson

from schemas import beds_facts as facts
from schemas import beds_stay_facts as stay_facts
from schemas.facts import Fact
from streams.projections import beds_places
from streams.projections.beds_places import bed_key
from streams.projections.beds_tables import APPLICATIONS, BEDS, HISTORY, OFFERS, PLACEMENTS
from streams.projections.fold import Fold, Why, civil_day, json_text
from streams.projections.rows import Key, Place, Row, Rows, Table

NOWHERE: Row = {"offer_id": None, "facility_id": None, "bed_id": None, "promised_until_ms": None}
"""An application to which nothing is promised."""


def _application(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((APPLICATIONS, (fact.application_id, place.area)),)


def _promise(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    yield APPLICATIONS, (fact.application_id, place.area)
    yield OFFERS, (fact.offer_id, place.area)
    yield BEDS, bed_key(place, fact)


def _deadline(place: Place, fact: facts.OfferDeadlineMoved) -> Iterable[tuple[Table, Key]]:
    yield APPLICATIONS, (fact.application_id, place.area)
    yield OFFERS, (fact.offer_id, place.area)


def _admission(place: Place, fact: facts.AdmissionRecorded) -> Iterable[tuple[Table, Key]]:
    yield BEDS, bed_key(place, fact)
    if fact.application_id is not None:
        yield APPLICATIONS, (fact.application_id, place.area)
    if fact.offer_id is not None:
        yield OFFERS, (fact.offer_id, place.area)


def _history(rows: Rows, place: Place, fact: Any, why: Why | None) -> None:
    row: Row = {"area": place.area, "application_id": fact.application_id, **_at(place), "at_ms": place.at_ms, "fact_type": fact.type}
    rows.append(HISTORY, row | {"data": json_text(fact.__dict__), "why": json_text(why), "event_id": place.event_id})


def _at(place: Place) -> Row:
    return {
        "partition": place.partition, "journal_offset": place.offset, "record_index": place.record_index, "fact_index": place.fact_index,
    }  # fmt: skip


def _change(rows: Rows, place: Place, application_id: str, **values: Any) -> Row:
    return rows.change(APPLICATIONS, (application_id, place.area), changed_ms=place.at_ms, **values)


# Applications.


def _queued(rows: Rows, place: Place, fact: facts.ApplicationQueued, why: Why | None) -> None:
    row: Row = {
        **dict.fromkeys(APPLICATIONS.columns), "area": place.area, "application_id": fact.application_id, "state": "queued",
        "person_id": fact.person_id, "lat": fact.lat, "lon": fact.lon, "street": fact.street, "sex": fact.sex, "level": fact.level,
        "score": fact.score, "assessed_day": date.fromisoformat(fact.assessed_date), "assessment_until_ms": fact.assessment_until_ms,
        "categories": json_text(fact.categories), "priority_class": fact.priority_class, "bed_types": json_text(fact.bed_types),
        "wished": json_text(fact.wished), "choices": json_text(fact.choices), "within_m": fact.within_m, "stay_days": fact.stay_days,
        "stay_from": None if fact.stay_from is None else date.fromisoformat(fact.stay_from),
        "eligible_day": date.fromisoformat(fact.eligible_date), "draw_id": fact.draw_id, "arrival": fact.arrival, "emergency": False,
        "refusals": 0, "offers": 0, "excluded": "{}", "rank_first": fact.rank, "queued_ms": place.at_ms, "changed_ms": place.at_ms,
        "event_id": place.event_id,
    }  # fmt: skip
    rows.put(APPLICATIONS, (fact.application_id, place.area), row)
    _history(rows, place, fact, why)


def _refused(rows: Rows, place: Place, fact: facts.ApplicationRefused, why: Why | None) -> None:
    row: Row = {
        **dict.fromkeys(APPLICATIONS.columns), "area": place.area, "application_id": fact.application_id, "state": "refused",
        "reason": fact.reason, "person_id": fact.person_id, "emergency": False, "refusals": 0, "offers": 0, "excluded": "{}",
        "changed_ms": place.at_ms, "event_id": place.event_id,
    }  # fmt: skip
    rows.put(APPLICATIONS, (fact.application_id, place.area), row)
    _history(rows, place, fact, why)


def _reassessed(rows: Rows, place: Place, fact: facts.ApplicationReassessedFact, why: Why | None) -> None:
    requeued = {"state": "queued"} if fact.requeued else {}
    _change(
        rows, place, fact.application_id, level=fact.level, score=fact.score, assessed_day=date.fromisoformat(fact.assessed_date),
        assessment_until_ms=fact.assessment_until_ms, categories=json_text(fact.categories), priority_class=fact.priority_class,
        bed_types=json_text(fact.bed_types), wished=json_text(fact.wished), **requeued,
    )  # fmt: skip
    _history(rows, place, fact, why)


def _reassessment_due(rows: Rows, place: Place, fact: facts.ReassessmentDue, why: Why | None) -> None:
    _change(rows, place, fact.application_id, state="reassess")
    _history(rows, place, fact, why)


def _approved(rows: Rows, place: Place, fact: facts.PriorityApprovedFact, why: Why | None) -> None:
    _change(rows, place, fact.application_id, emergency=True, approver=fact.approver)
    _history(rows, place, fact, why)


def _suspended(rows: Rows, place: Place, fact: facts.ApplicationSuspended, why: Why | None) -> None:
    refusals = 0 if fact.cause == "refusals" else fact.refusals
    _change(rows, place, fact.application_id, state="suspended", suspension=fact.cause, suspended_until_ms=fact.until_ms, refusals=refusals)
    _history(rows, place, fact, why)


def _resumed(rows: Rows, place: Place, fact: facts.ApplicationResumedFact, why: Why | None) -> None:
    _change(rows, place, fact.application_id, state="queued", suspension=None, suspended_until_ms=None)
    _history(rows, place, fact, why)


def _exclusion_ended(rows: Rows, place: Place, fact: facts.ExclusionEnded, why: Why | None) -> None:
    row = rows.get(APPLICATIONS, (fact.application_id, place.area))
    excluded = {} if row is None else orjson.loads(row["excluded"])
    kept = {facility_id: until_ms for facility_id, until_ms in excluded.items() if facility_id not in fact.facility_ids}
    _change(rows, place, fact.application_id, excluded=json_text(kept))
    _history(rows, place, fact, why)


def _ended(rows: Rows, place: Place, fact: facts.ApplicationEnded, why: Why | None) -> None:
    values = {"suspension": None, "suspended_until_ms": None, "excluded": "{}", **NOWHERE}
    _change(rows, place, fact.application_id, state=fact.state, reason=fact.reason, **values)
    _history(rows, place, fact, why)


# Offers and the beds they hold.


def _offer_made(rows: Rows, place: Place, fact: facts.OfferMade, why: Why | None) -> None:
    application = rows.get(APPLICATIONS, (fact.application_id, place.area))
    if application is None:
        raise KeyError("an offer to an application that was never queued")
    row: Row = {
        **dict.fromkeys(OFFERS.columns), "area": place.area, "offer_id": fact.offer_id, "application_id": fact.application_id,
        "state": "open", "facility_id": fact.facility_id, "bed_id": fact.bed_id, "bed_type": fact.bed_type, "bed_sex": fact.bed_sex,
        "pool": fact.pool, "lane": fact.lane, "distance_m": fact.distance_m, "priority_class": application["priority_class"],
        "criteria": json_text(fact.order), "sort_key": json_text(fact.key), "tie": fact.tie,
        "next_application_id": fact.next_application_id, "next_key": json_text(fact.next_key), "next_tie": fact.next_tie,
        "waiting": fact.waiting, "override_reason": fact.override_reason, "made_ms": place.at_ms,
        "expires_ms": fact.expires_at_ms, "provisional": fact.provisional,
        "partition": place.partition, "journal_offset": place.offset, "event_id": place.event_id,
    }  # fmt: skip
    rows.put(OFFERS, (fact.offer_id, place.area), row)
    _change(
        rows, place, fact.application_id, state="offered", offers=application["offers"] + 1, offer_id=fact.offer_id,
        facility_id=fact.facility_id, bed_id=fact.bed_id, promised_until_ms=fact.expires_at_ms,
    )  # fmt: skip
    beds_places.change(rows, place, fact, state="held", application_id=fact.application_id, offer_id=fact.offer_id)
    _history(rows, place, fact, why)


def _deadline_moved(rows: Rows, place: Place, fact: facts.OfferDeadlineMoved, why: Why | None) -> None:
    rows.change(OFFERS, (fact.offer_id, place.area), expires_ms=fact.expires_at_ms, provisional=fact.provisional)
    _change(rows, place, fact.application_id, promised_until_ms=fact.expires_at_ms)
    _history(rows, place, fact, why)


def _offer_accepted(rows: Rows, place: Place, fact: facts.OfferAcceptedFact, why: Why | None) -> None:
    values = {"state": "accepted", "answered_ms": place.at_ms, "admit_by_ms": fact.admit_by_ms}
    rows.change(OFFERS, (fact.offer_id, place.area), **values)
    _change(rows, place, fact.application_id, state="accepted", promised_until_ms=fact.admit_by_ms)
    beds_places.change(rows, place, fact, state="reserved")
    _history(rows, place, fact, why)


def _offer_declined(rows: Rows, place: Place, fact: facts.OfferDeclinedFact, why: Why | None) -> None:
    values = {"state": "declined", "by": fact.by, "reason": fact.reason, "counted": fact.counted}
    rows.change(OFFERS, (fact.offer_id, place.area), answered_ms=place.at_ms, ended_ms=place.at_ms, **values)
    _set_apart(rows, place, fact)
    _history(rows, place, fact, why)


def _offer_expired(rows: Rows, place: Place, fact: facts.OfferExpired | facts.AdmissionMissed, why: Why | None) -> None:
    state = "expired" if isinstance(fact, facts.OfferExpired) else "missed"
    rows.change(OFFERS, (fact.offer_id, place.area), state=state, counted=fact.counted, ended_ms=place.at_ms)
    _set_apart(rows, place, fact)
    _history(rows, place, fact, why)


def _set_apart(rows: Rows, place: Place, fact: facts.OfferDeclinedFact | facts.OfferExpired | facts.AdmissionMissed) -> None:
    row = rows.get(APPLICATIONS, (fact.application_id, place.area))
    excluded = {} if row is None else orjson.loads(row["excluded"])
    excluded[fact.facility_id] = fact.excluded_until_ms
    _change(rows, place, fact.application_id, refusals=fact.refusals, excluded=json_text(excluded))


def _told(rows: Rows, place: Place, fact: stay_facts.AllocationOverriddenFact | stay_facts.OfferWithdrawn, why: Why | None) -> None:
    """Told in the history; what follows from it are the facts after it."""
    _change(rows, place, fact.application_id)
    _history(rows, place, fact, why)


def _released(rows: Rows, place: Place, fact: facts.BedReleased, why: Why | None) -> None:
    """The end of a promise; an offer that nothing ended before (a withdrawal, a death) ends here."""
    offer = rows.get(OFFERS, (fact.offer_id, place.area))
    if offer is not None and offer["ended_ms"] is None:
        rows.change(OFFERS, (fact.offer_id, place.area), state="released", reason=fact.cause, ended_ms=place.at_ms)
    _change(rows, place, fact.application_id, state="queued", **NOWHERE)
    beds_places.change(rows, place, fact, state=fact.state, application_id=None, offer_id=None, conflicted=False)
    _history(rows, place, fact, why)


def _admitted(rows: Rows, place: Place, fact: facts.AdmissionRecorded, why: Why | None) -> None:
    beds_places.change(
        rows, place, fact, state="occupied", published="occupied", application_id=None, offer_id=None, resident_id=fact.application_id,
        person_id=fact.person_id, until_ms=fact.until_ms, conflicted=False,
    )  # fmt: skip
    row: Row = {"area": place.area, **_at(place), "kind": "admitted", "day": civil_day(place.at_ms), "at_ms": place.at_ms}
    named = ("facility_id", "bed_id", "application_id", "offer_id", "bed_type", "pool", "cause", "sex", "waited_days")
    rows.append(PLACEMENTS, row | {name: getattr(fact, name) for name in named})
    if fact.offer_id is not None:
        rows.change(OFFERS, (fact.offer_id, place.area), state="admitted", ended_ms=place.at_ms)
    if fact.application_id is not None:
        where = {"facility_id": fact.facility_id, "bed_id": fact.bed_id}
        if fact.cause == "offer":
            end = {"excluded": "{}", "offer_id": None, "promised_until_ms": None, "admitted_ms": place.at_ms}
            _change(rows, place, fact.application_id, state="admitted", waited_days=fact.waited_days, **end, **where)
        else:
            _change(rows, place, fact.application_id, **where)
        _history(rows, place, fact, why)


FOLDS: dict[type[Fact], Fold] = {
    facts.ApplicationQueued: Fold(_queued, _application),
    facts.ApplicationRefused: Fold(_refused, _application),
    facts.ApplicationReassessedFact: Fold(_reassessed, _application),
    facts.ReassessmentDue: Fold(_reassessment_due, _application),
    facts.PriorityApprovedFact: Fold(_approved, _application),
    facts.ApplicationSuspended: Fold(_suspended, _application),
    facts.ApplicationResumedFact: Fold(_resumed, _application),
    facts.ExclusionEnded: Fold(_exclusion_ended, _application),
    facts.ApplicationEnded: Fold(_ended, _application),
    facts.OfferMade: Fold(_offer_made, _promise),
    facts.OfferDeadlineMoved: Fold(_deadline_moved, _deadline),
    facts.OfferAcceptedFact: Fold(_offer_accepted, _promise),
    facts.OfferDeclinedFact: Fold(_offer_declined, _promise),
    facts.OfferExpired: Fold(_offer_expired, _promise),
    facts.AdmissionMissed: Fold(_offer_expired, _promise),
    facts.BedReleased: Fold(_released, _promise),
    facts.AdmissionRecorded: Fold(_admitted, _admission),
    stay_facts.AllocationOverriddenFact: Fold(_told, _application),
    stay_facts.OfferWithdrawn: Fold(_told, _application),
    **beds_places.FOLDS,
}

NOT_PROJECTED: dict[type[Fact], str] = {}
