"""The facts of bookings in childcare as rows (schemas/childcare_facts.py says what each fact means)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import orjson

from schemas import childcare_facts as facts
from schemas.childcare_site_facts import (
    AccountAsked,
    AccountCounted,
    AccountDeferred,
    AccountHanded,
    AccountOpened,
    PolicyApplied,
    QuotaSettlementAsked,
)
from schemas.facts import Fact
from streams.projections import childcare_sites
from streams.projections.childcare_sites import reserve, settle, where
from streams.projections.childcare_tables import BOOKINGS, FILES, HISTORY, SEATS, TALLIES
from streams.projections.fold import Fold, Why, civil_day, json_text
from streams.projections.rows import Key, Place, Row, Rows, Table

NEAR_S_MAX = 900
"""The 15-minute circle of the seeds (S19), by the travel time the fact gives."""
SEATED = frozenset({"offered", "quota_asked", "held", "confirmed"})
"""States whose seats are promised and not used."""
ENDED = frozenset({"completed", "no_show", "turned_away", "cancelled", "expired", "declined", "displaced", "refused"})


def _booking(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((BOOKINGS, (fact.booking_id, place.area)),)


def _both(place: Place, fact: facts.ChildCarriedOver) -> Iterable[tuple[Table, Key]]:
    return ((BOOKINGS, (fact.booking_id, place.area)), (BOOKINGS, (fact.next_booking_id, place.area)))


def _and_joined(place: Place, fact: facts.BookingConfirmed) -> Iterable[tuple[Table, Key]]:
    own = (BOOKINGS, (fact.booking_id, place.area))
    return (own,) if fact.joined_to is None else (own, (BOOKINGS, (fact.joined_to, place.area)))


def _history(rows: Rows, place: Place, fact: Any, why: Why | None, booking_id: str | None = None) -> None:
    booking_id = fact.booking_id if booking_id is None else booking_id
    row: Row = {"area": place.area, "booking_id": booking_id, **where(place), "at_ms": place.at_ms, "fact_type": fact.type}
    rows.append(HISTORY, row | {"data": json_text(fact.__dict__), "why": json_text(why), "event_id": place.event_id})


def _tally(rows: Rows, row: Row, sign: int) -> None:
    near = row["travel_s"] is not None and row["travel_s"] <= NEAR_S_MAX
    free = row["units"] is not None and row["units"] == row["free_units"]
    key = (row["day"], row["area"], row["service"], row["state"], row["reason"] or "")
    rows.add(TALLIES, key, bookings=sign, free_bookings=sign * free, near_bookings=sign * near)


def _known(rows: Rows, place: Place, booking_id: str) -> Row:
    row = rows.get(BOOKINGS, (booking_id, place.area))
    if row is None:
        raise KeyError("a fact of a booking that never was")
    return row


def _new(rows: Rows, place: Place, fact: Any, **values: Any) -> Row:
    """The first fact of a booking, or one that speaks of it anew: the row is what the fact says."""
    old = rows.get(BOOKINGS, (fact.booking_id, place.area))
    if old is not None:
        _tally(rows, old, -1)
    row: Row = {
        **dict.fromkeys(BOOKINGS.columns), "area": place.area, "booking_id": fact.booking_id, "child_id": fact.child_id,
        "family_id": fact.family_id, "service": fact.service, "session_ids": "[]", "quota_held": 0, "provisional": False,
        "answered": False, "level": 0, "placed_ms": place.at_ms, "changed_ms": place.at_ms, "event_id": place.event_id, **values,
    }  # fmt: skip
    rows.put(BOOKINGS, (fact.booking_id, place.area), row)
    _tally(rows, row, 1)
    return row


def _move(rows: Rows, place: Place, old: Row, **values: Any) -> Row:
    """Change a booking and the tallies it counts in."""
    _tally(rows, old, -1)
    row = rows.change(BOOKINGS, (old["booking_id"], place.area), changed_ms=place.at_ms, **values)
    _tally(rows, row, 1)
    return row


def _count(rows: Rows, row: Row, session_ids: Iterable[str], **counts: int) -> None:
    """Add to the seats of these sessions; ``care_*`` counts are of children and weighed here."""
    weight = row["weight"]
    amounts = {name: count * weight if name.startswith("care_") else count for name, count in counts.items()}
    for session_id in session_ids:
        rows.add(SEATS, (row["area"], session_id), **amounts)


def _run(row: Row) -> list[str]:
    found: list[str] = orjson.loads(row["session_ids"])
    return found


def _of(row: Row) -> tuple[str, str, int]:
    return row["service"], row["quota_holder"], row["quota_year"]


# Places.


def _placed(rows: Rows, place: Place, fact: Any, why: Why | None, *, state: str, deadline_ms: int) -> None:
    old = rows.get(BOOKINGS, (fact.booking_id, place.area))
    values: Row = {
        "state": state, "reason": None, "site_id": fact.site_id, "session_id": fact.session_id,
        "session_ids": json_text(fact.session_ids), "day": date.fromisoformat(fact.date), "starts_ms": fact.starts_ms,
        "ends_ms": fact.ends_ms, "mode": fact.mode, "age_months": fact.age_months, "weight": fact.weight, "units": fact.units,
        "free_units": fact.free_units, "quota_left": fact.quota_left, "quota_holder": fact.quota_holder,
        "quota_year": fact.quota_year, "price_fen": fact.price_fen, "provisional": fact.provisional, "answered": fact.answered,
        "request_id": fact.request_id, "home_area": fact.home_area, "lat": fact.lat, "lon": fact.lon, "distance_m": fact.distance_m,
        "travel_s": fact.travel_s, "capacity_version": fact.capacity_version, "group_id": fact.group_id, "joined_to": fact.joined_to,
        "rank": None, "offer_id": None, "offer_kind": None, "offered_ms": None, "deadline_ms": deadline_ms,
    }  # fmt: skip
    if old is None or old["state"] in ENDED:
        row = _new(rows, place, fact, **values)
        _count(rows, row, fact.session_ids, held=1, care_held=1)
    else:
        if old["state"] == "offered":
            _count(rows, old, _run(old), offered=-1)
        row = _move(rows, place, old, **values)
    if fact.free_units and fact.request_id is None and not row["quota_held"]:
        reserve(rows, place.area, _of(row), fact.granted, fact.free_units)
        rows.change(BOOKINGS, (fact.booking_id, place.area), quota_held=fact.free_units)
    _history(rows, place, fact, why)


def _confirmed(rows: Rows, place: Place, fact: facts.BookingConfirmed, why: Why | None) -> None:
    _placed(rows, place, fact, why, state="confirmed", deadline_ms=fact.no_show_ms)
    before = None if fact.joined_to is None else rows.get(BOOKINGS, (fact.joined_to, place.area))
    if before is not None and before["state"] == "checked_in" and before["deadline_ms"] is not None:
        # The child in the room goes on with this booking when that one ends.
        next_ms = max(place.at_ms, min(before["deadline_ms"], before["ends_ms"]))
        rows.change(BOOKINGS, (before["booking_id"], place.area), deadline_ms=next_ms)


def _held(rows: Rows, place: Place, fact: facts.BookingHeld, why: Why | None) -> None:
    _placed(rows, place, fact, why, state="held", deadline_ms=fact.expires_ms)


def _asked(rows: Rows, place: Place, fact: facts.QuotaAsked, why: Why | None) -> None:
    _placed(rows, place, fact, why, state="quota_asked", deadline_ms=fact.answer_by_ms)


def _waitlisted(rows: Rows, place: Place, fact: facts.BookingWaitlisted, why: Why | None) -> None:
    row = _new(
        rows, place, fact, state="waitlisted", reason=fact.reason, site_id=fact.site_id, session_id=fact.session_id,
        session_ids=json_text([fact.session_id]), day=date.fromisoformat(fact.date), starts_ms=fact.starts_ms, ends_ms=fact.ends_ms,
        mode=fact.mode, age_months=fact.age_months, weight=fact.weight, units=fact.units, home_area=fact.home_area, lat=fact.lat,
        lon=fact.lon, distance_m=fact.distance_m, travel_s=fact.travel_s, rank=fact.rank, deadline_ms=fact.closes_ms,
    )  # fmt: skip
    _count(rows, row, (fact.session_id,), waiting=1)
    _history(rows, place, fact, why)


def _refused(rows: Rows, place: Place, fact: facts.BookingRefused, why: Why | None) -> None:
    day = civil_day(place.at_ms) if fact.date is None else date.fromisoformat(fact.date)
    _new(
        rows, place, fact, state="refused", reason=fact.reason, session_id=fact.session_id, day=day, group_id=fact.group_id,
        ended_ms=place.at_ms,
    )  # fmt: skip
    _history(rows, place, fact, why)


# Offers.


def _offer_made(rows: Rows, place: Place, fact: facts.OfferMade, why: Why | None) -> None:
    old = _known(rows, place, fact.booking_id)
    if old["state"] == "waitlisted":
        _count(rows, old, _run(old), waiting=-1)
    row = _move(
        rows, place, old, state="offered", reason=None, site_id=fact.site_id, session_id=fact.session_id,
        session_ids=json_text(fact.session_ids), day=date.fromisoformat(fact.date), starts_ms=fact.starts_ms, ends_ms=fact.ends_ms,
        mode=fact.mode, distance_m=fact.distance_m, travel_s=fact.travel_s, capacity_version=fact.capacity_version,
        offer_id=fact.offer_id, offer_kind=fact.kind, offered_ms=fact.made_ms, deadline_ms=fact.expires_ms,
    )  # fmt: skip
    _count(rows, row, fact.session_ids, held=1, care_held=1, offered=1)
    _history(rows, place, fact, why)


def _offer_withdrawn(rows: Rows, place: Place, fact: facts.OfferWithdrawn, why: Why | None) -> None:
    old = _known(rows, place, fact.booking_id)
    _count(rows, old, _run(old), held=-1, care_held=-1, offered=-1, waiting=1)
    none = {"offer_id": None, "offer_kind": None, "offered_ms": None}
    _move(rows, place, old, state="waitlisted", reason=fact.cause, deadline_ms=max(place.at_ms, old["starts_ms"]), **none)
    _history(rows, place, fact, why)


def _displaced(rows: Rows, place: Place, fact: facts.BookingDisplaced, why: Why | None) -> None:
    old = _known(rows, place, fact.booking_id)
    if fact.offer_id is None:
        _end(rows, place, old, state="displaced", quota=fact.quota, reason=fact.cause)
    else:
        # Another place follows in the same decision: until then it sits nowhere.
        _count(rows, old, _run(old), held=-1, care_held=-1, offered=-1 if old["state"] == "offered" else 0)
        rows.change(BOOKINGS, (fact.booking_id, place.area), session_ids="[]")
    _history(rows, place, fact, why)


def _offer_declined(rows: Rows, place: Place, fact: facts.OfferDeclined, why: Why | None) -> None:
    _end(rows, place, _known(rows, place, fact.booking_id), state="declined", quota=fact.quota, reason=fact.reason)
    _history(rows, place, fact, why)


def _offer_expired(rows: Rows, place: Place, fact: facts.OfferExpired, why: Why | None) -> None:
    _end(rows, place, _known(rows, place, fact.booking_id), state="expired", quota=fact.quota, reason="offer_expired")
    _history(rows, place, fact, why)


# Ends.


def _end(rows: Rows, place: Place, old: Row, *, state: str, quota: str, reason: str | None = None, **values: Any) -> None:
    """Leave every count once; what was promised is free again, what was used stays used."""
    was, run = old["state"], _run(old)
    if was == "checked_in":
        _count(rows, old, run, present=-1, care_present=-1)
    elif was in SEATED:
        _count(rows, old, run, held=-1, care_held=-1, offered=-1 if was == "offered" else 0)
    elif was == "waitlisted":
        _count(rows, old, run, waiting=-1)
    if old["quota_held"] and quota in ("returned", "consumed"):
        settle(rows, place.area, _of(old), old["quota_held"], quota)
        values["quota_held"] = 0
    _move(rows, place, old, state=state, reason=reason, quota=quota, deadline_ms=None, ended_ms=place.at_ms, **values)


def _cancelled(rows: Rows, place: Place, fact: facts.BookingCancelledFact, why: Why | None) -> None:
    _end(rows, place, _known(rows, place, fact.booking_id), state="cancelled", quota=fact.quota, reason=fact.reason)
    _history(rows, place, fact, why)


def _expired(rows: Rows, place: Place, fact: facts.BookingExpired, why: Why | None) -> None:
    _end(rows, place, _known(rows, place, fact.booking_id), state="expired", quota=fact.quota, reason=fact.cause)
    _history(rows, place, fact, why)


def _wait_closed(rows: Rows, place: Place, fact: facts.WaitlistClosed, why: Why | None) -> None:
    _end(rows, place, _known(rows, place, fact.booking_id), state="expired", quota="none", reason=fact.cause)
    _history(rows, place, fact, why)


def _no_show(rows: Rows, place: Place, fact: facts.BookingNoShow, why: Why | None) -> None:
    old = _known(rows, place, fact.booking_id)
    rows.add(SEATS, (place.area, fact.session_id), no_shows=1)
    rows.add(FILES, (place.area, fact.site_id), no_shows=1)
    _end(rows, place, old, state="no_show", quota=fact.quota)
    _history(rows, place, fact, why)


def _turned_away(rows: Rows, place: Place, fact: facts.ChildTurnedAway, why: Why | None) -> None:
    _end(rows, place, _known(rows, place, fact.booking_id), state="turned_away", quota=fact.quota, reason=fact.rule)
    _history(rows, place, fact, why)


# The child is there.


def _present(rows: Rows, place: Place, old: Row, late_ms: int) -> None:
    _count(rows, old, _run(old), held=-1, care_held=-1, used=1, care_used=1, present=1, care_present=1, attended=1)
    rows.add(FILES, (place.area, old["site_id"]), attended=1)
    settle(rows, place.area, _of(old), old["quota_held"], "consumed")
    _move(rows, place, old, state="checked_in", quota_held=0, quota="consumed", checked_in_ms=place.at_ms, deadline_ms=late_ms)


def _checked_in(rows: Rows, place: Place, fact: facts.ChildCheckedIn, why: Why | None) -> None:
    _present(rows, place, _known(rows, place, fact.booking_id), fact.late_ms)
    _history(rows, place, fact, why)


def _carried_over(rows: Rows, place: Place, fact: facts.ChildCarriedOver, why: Why | None) -> None:
    _end(rows, place, _known(rows, place, fact.booking_id), state="completed", quota="consumed", late_s=0)
    _present(rows, place, _known(rows, place, fact.next_booking_id), max(place.at_ms, fact.late_ms))
    _history(rows, place, fact, why)
    _history(rows, place, fact, why, fact.next_booking_id)


def _checked_out(rows: Rows, place: Place, fact: facts.ChildCheckedOut, why: Why | None) -> None:
    old = _known(rows, place, fact.booking_id)
    if old["level"] > 0:
        rows.add(FILES, (place.area, fact.site_id), late_pickups=1)
    _end(rows, place, old, state="completed", quota="consumed", late_s=fact.late_s)
    _history(rows, place, fact, why)


def _extended(rows: Rows, place: Place, fact: facts.BookingExtended, why: Why | None) -> None:
    old = _known(rows, place, fact.booking_id)
    _count(rows, old, (fact.session_id,), used=1, care_used=1, present=1, care_present=1, attended=1)
    if fact.free_units:
        of = (fact.service, old["quota_holder"], int(fact.date[:4]))
        reserve(rows, place.area, of, fact.granted, fact.free_units)
        settle(rows, place.area, of, fact.free_units, "consumed")
    unpriced = fact.price_fen is None or old["price_fen"] is None
    _move(
        rows, place, old, session_ids=json_text([*_run(old), fact.session_id]), ends_ms=fact.ends_ms, units=old["units"] + fact.units,
        free_units=old["free_units"] + fact.free_units, quota_left=fact.quota_left,
        price_fen=None if unpriced else old["price_fen"] + fact.price_fen, deadline_ms=fact.late_ms,
    )  # fmt: skip
    _history(rows, place, fact, why)


def _uncollected(rows: Rows, place: Place, fact: facts.ChildUncollected, why: Why | None) -> None:
    values = {"level": fact.level, "deadline_ms": fact.next_ms}
    rows.change(BOOKINGS, (fact.booking_id, place.area), changed_ms=place.at_ms, **values)
    _history(rows, place, fact, why)


def _repriced(rows: Rows, place: Place, fact: facts.BookingRepriced, why: Why | None) -> None:
    values = {"free_units": fact.free_units, "quota_left": fact.quota_left, "price_fen": fact.price_fen}
    _move(rows, place, _known(rows, place, fact.booking_id), answered=True, provisional=False, **values)
    _history(rows, place, fact, why)


FOLDS: dict[type[Fact], Fold] = childcare_sites.FOLDS | {
    facts.BookingConfirmed: Fold(_confirmed, _and_joined),
    facts.BookingHeld: Fold(_held, _booking),
    facts.QuotaAsked: Fold(_asked, _booking),
    facts.BookingWaitlisted: Fold(_waitlisted, _booking),
    facts.BookingRefused: Fold(_refused, _booking),
    facts.BookingCancelledFact: Fold(_cancelled, _booking),
    facts.BookingExpired: Fold(_expired, _booking),
    facts.BookingNoShow: Fold(_no_show, _booking),
    facts.BookingDisplaced: Fold(_displaced, _booking),
    facts.BookingExtended: Fold(_extended, _booking),
    facts.BookingRepriced: Fold(_repriced, _booking),
    facts.OfferMade: Fold(_offer_made, _booking),
    facts.OfferAccepted: Fold(_history),
    facts.OfferDeclined: Fold(_offer_declined, _booking),
    facts.OfferExpired: Fold(_offer_expired, _booking),
    facts.OfferWithdrawn: Fold(_offer_withdrawn, _booking),
    facts.WaitlistClosed: Fold(_wait_closed, _booking),
    facts.ChildCheckedIn: Fold(_checked_in, _booking),
    facts.ChildCheckedOut: Fold(_checked_out, _booking),
    facts.ChildCarriedOver: Fold(_carried_over, _both),
    facts.ChildTurnedAway: Fold(_turned_away, _booking),
    facts.ChildUncollected: Fold(_uncollected, _booking),
    QuotaSettlementAsked: Fold(_history),
}

NOT_PROJECTED: dict[type[Fact], str] = {
    AccountAsked: "between areas only; what is overdue is a task, which has its row",
    AccountDeferred: "between areas only; the question waits in the area's state until its own is answered",
    AccountCounted: "between areas only; what is promised and used here has its own rows",
    AccountHanded: "between areas only; what is promised and used here has its own rows",
    AccountOpened: "other areas' sessions have their rows there; what is left is said with each booking",
    facts.ChildHomeRecorded: "the registry it was told from holds it; a refusal that rests on it says so in its explanation",
    PolicyApplied: "the policies table says from when a version is in force; what followed stands in the rows of bookings and sessions",
}
