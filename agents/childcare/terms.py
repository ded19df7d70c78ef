"""The terms of a place, and which fact carries them: asked for a quota elsewhere, held for confirmation, or confirmed at once."""

from typing import Any, NamedTuple

from agents.childcare import quota
from agents.childcare.place import Ground
from agents.childcare.policy import ServiceRules
from agents.childcare.state import Booking, ChildcareState, Session
from agents.shared.calendar import DAY_MS
from agents.shared.ids import derived_id
from schemas.childcare_facts import BookingConfirmed, BookingHeld, QuotaAsked

JOINABLE = ("confirmed", "checked_in", "held")
PlacedFact = BookingConfirmed | BookingHeld | QuotaAsked


class Child(NamedTuple):
    """Whom a place is for, and where the family is."""

    booking_id: str
    child_id: str
    family_id: str
    age_months: int
    weight: int
    home_area: str
    lat: float
    lon: float
    group_id: str | None


class Terms(NamedTuple):
    """What a place costs: units of the quota, and money for those that are not free."""

    units: int
    free_units: int
    quota_left: int | None
    holder: str
    year: int
    granted: int
    price_fen: int | None
    request_id: str | None

    @property
    def account(self) -> str:
        """Whose units are taken, for siblings decided together."""
        return f"{self.holder}|{self.year}"


def terms_of(ground: Ground, child: Child, run: tuple[Session, ...], taken: dict[str, int] | None = None) -> Terms:
    """The terms of a new place. The units of a child of another area are asked for there: until then none is free."""
    state, _, rules, _ = ground
    first = run[0]
    units = rules.units_of(first.mode) if len(run) == 1 else sum(rules.units_of(session.mode) for session in run)
    year = int(first.date[:4])
    holder = child.child_id if rules.counted_by == "child" else child.family_id
    if child.home_area != state.area:
        request_id = derived_id("quota", state.area, child.booking_id)
        return Terms(units, 0, None, holder, year, 0, price_of(rules, first.mode, units), request_id)
    already = 0 if taken is None else taken.get(f"{holder}|{year}", 0)
    part = quota.own_share(ground, (child.home_area, child.child_id), quota.account(first.service, holder, year), units, already)
    price_fen = price_of(rules, first.mode, units - part.free_units)
    return Terms(units, part.free_units, part.quota_left, holder, year, part.granted, price_fen, None)


def price_of(rules: ServiceRules, mode: str, charged_units: int) -> int | None:
    """分 for so many units that are not free; None when policy names no price."""
    if charged_units == 0:
        return 0
    unit_fen = rules.price_fen.get(mode)
    return None if unit_fen is None else unit_fen * charged_units


def terms_kept(booking: Booking, rules: ServiceRules) -> Terms:
    """The terms that a booking has already."""
    first = booking.first
    holder = booking.child_id if rules.counted_by == "child" else booking.family_id
    year = int(first.date[:4])
    return Terms(
        booking.units, booking.free_units, booking.quota_left, holder, year, booking.granted, booking.price_fen, booking.request_id
    )


def child_of(booking: Booking) -> Child:
    """Whom a booking is for."""
    return Child(
        booking.booking_id, booking.child_id, booking.family_id, booking.age_months, booking.weight, booking.home_area, booking.lat,
        booking.lon, booking.group_id,
    )  # fmt: skip


def needs_confirming(rules: ServiceRules, terms: Terms) -> bool:
    """Whether the family must confirm before the place is the child's (policy; default: when something is to be paid)."""
    return rules.confirm == "always" or (rules.confirm == "when_charged" and terms.free_units < terms.units)


def placed(
    ground: Ground,
    child: Child,
    run: tuple[Session, ...],
    terms: Terms,
    way: tuple[int, int],
    *,
    answered: bool = False,
    provisional: bool = False,
    confirm: bool = False,
) -> PlacedFact:
    """The fact of a place found. ``way`` is distance and travel; ``confirm`` says the family must confirm it first."""
    state, policy, rules, now_ms = ground
    first, last = run[0], run[-1]
    values: dict[str, Any] = {
        "booking_id": child.booking_id,
        "child_id": child.child_id,
        "family_id": child.family_id,
        "service": first.service,
        "site_id": first.site.place_id,
        "session_id": first.session_id,
        "session_ids": (first.session_id,) if first is last else tuple([session.session_id for session in run]),
        "date": first.date,
        "starts_ms": first.starts_ms,
        "ends_ms": last.ends_ms,
        "mode": first.mode,
        "age_months": child.age_months,
        "weight": child.weight,
        "units": terms.units,
        "free_units": terms.free_units,
        "free": terms.free_units == terms.units,
        "quota_left": terms.quota_left,
        "quota_holder": terms.holder,
        "quota_year": terms.year,
        "granted": terms.granted,
        "price_fen": terms.price_fen,
        "provisional": provisional,
        "answered": answered,
        "request_id": terms.request_id,
        "home_area": child.home_area,
        "lat": child.lat,
        "lon": child.lon,
        "distance_m": way[0],
        "travel_s": way[1],
        "capacity_version": first.version,
        "group_id": child.group_id,
        "joined_to": joined_to(state, child.child_id, first),
    }
    if terms.request_id is not None and not answered and not provisional:
        values["asking_area"] = state.area
        values["answer_by_ms"] = max(now_ms, min(now_ms + policy.quota_answer_s * 1000, first.starts_ms))
        values["settle_by_ms"] = last.ends_ms + policy.quota_settle_days * DAY_MS
        return QuotaAsked.made(values)
    if confirm:
        values["expires_ms"] = max(now_ms, min(now_ms + rules.hold_s * 1000, first.starts_ms))
        return BookingHeld.made(values)
    values["no_show_ms"] = max(now_ms, first.starts_ms + rules.no_show_s * 1000)
    return BookingConfirmed.made(values)


def joined_to(state: ChildcareState, child_id: str, first: Session) -> str | None:
    """The child's booking at this site and of this service that ends where this one begins (C14), or None."""
    for booking in state.children.get(child_id, {}).values():
        if booking.ends_ms == first.starts_ms and booking.state._value_ in JOINABLE and _beside(booking.first, first):
            return booking.booking_id
    return None


def following(state: ChildcareState, booking: Booking) -> Booking | None:
    """The confirmed booking with which a child present goes on without a hand-over, or None. There is one at most: two would overlap."""
    for other in state.children[booking.child_id].values():
        if other.starts_ms == booking.ends_ms and other.state._value_ == "confirmed" and _beside(booking.first, other.first):
            return other
    return None


def _beside(one: Session, other: Session) -> bool:
    return one.site is other.site and one.service == other.service
