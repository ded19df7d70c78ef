"""The facts of bookings in childcare: what was decided about one child's place, in the past tense.

A fact carries all that ``evolve``, the projector, notifications and checkers need, so none of them looks anything up. Dates are
``YYYY-MM-DD`` in Shanghai, instants milliseconds since the epoch, distances metres, money 分, a child's weight in hundredths. A birth
date never enters a fact: ``age_months`` and ``weight`` on the day of care are what a decision needs.
"""

from pydantic import BaseModel, ConfigDict

from schemas.facts import Fact


class Placed(BaseModel):
    """One child's place in a run of adjacent sessions of one site, and its terms.

    ``session_id`` is the first of ``session_ids``. ``units`` sessions are counted, ``free_units`` of them against the quota of
    ``quota_holder`` in ``quota_year`` (the year of the day of care), which was ``granted`` so many in all; ``quota_left`` are left after
    this booking, None when the service counts without a limit or the home area has not said. ``price_fen`` is for the units that are
    not free; None when policy names no price. ``provisional`` says the home area's answer is still out. ``request_id`` names the
    question to the ``home_area`` when it is another one; ``answered`` says its answer is in. ``joined_to`` is the child's booking that
    ends where this one starts, at the same site: no hand-over in between.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    booking_id: str
    child_id: str
    family_id: str
    service: str
    site_id: str
    session_id: str
    session_ids: tuple[str, ...]
    date: str
    starts_ms: int
    ends_ms: int
    mode: str
    age_months: int
    weight: int
    units: int
    free_units: int
    free: bool
    quota_left: int | None
    quota_holder: str
    quota_year: int
    granted: int
    price_fen: int | None
    provisional: bool
    answered: bool
    request_id: str | None
    home_area: str
    lat: float
    lon: float
    distance_m: int
    travel_s: int
    capacity_version: int
    group_id: str | None
    joined_to: str | None


class BookingConfirmed(Placed, Fact, fact="childcare.booking.confirmed.v1"):
    """The place is the child's. If nobody has come by ``no_show_ms`` it is a no-show."""

    no_show_ms: int


class BookingHeld(Placed, Fact, fact="childcare.booking.held.v1"):
    """The place waits for the family's confirmation (payment) until ``expires_ms``."""

    expires_ms: int


class QuotaAsked(Placed, Fact, fact="childcare.quota.asked.v1"):
    """The place is held while the child's home area is asked for free units.

    The reactor sends ``childcare.quota.reserve_requested.v1`` with id ``request_id`` to ``home_area``: units, service, quota_year,
    child_id, family_id, booking_id, asking_area, and settle_by from ``settle_by_ms``. Without an answer by ``answer_by_ms`` policy decides.
    """

    asking_area: str
    answer_by_ms: int
    settle_by_ms: int


class BookingWaitlisted(Fact, fact="childcare.booking.waitlisted.v1"):
    """No seat now: the child waits for this session at place ``rank`` (1 is next) until ``closes_ms``, when the session begins."""

    booking_id: str
    child_id: str
    family_id: str
    service: str
    site_id: str
    session_id: str
    date: str
    starts_ms: int
    ends_ms: int
    mode: str
    age_months: int
    weight: int
    units: int
    home_area: str
    lat: float
    lon: float
    distance_m: int
    travel_s: int
    rank: int
    closes_ms: int
    reason: str


class BookingRefused(Fact, fact="childcare.booking.refused.v1"):
    """No place; final for this booking id (I05)."""

    booking_id: str
    child_id: str
    family_id: str
    service: str
    session_id: str | None
    date: str | None
    reason: str
    group_id: str | None


class Ending(BaseModel):
    """A booking's end and what became of its quota: ``quota`` is ``returned``, ``consumed``, ``kept`` (while an alternative is offered) or
    ``none`` (nothing was reserved)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    booking_id: str
    child_id: str
    family_id: str
    service: str
    site_id: str
    session_id: str
    session_ids: tuple[str, ...]
    date: str
    quota: str
    free_units: int
    price_fen: int | None


class BookingCancelledFact(Ending, Fact, fact="childcare.booking.cancelled.v1"):
    """Freed once (C05). ``notice_s`` is how long before the start; ``charged`` says the price is due all the same."""

    reason: str | None
    notice_s: int
    charged: bool


class BookingExpired(Ending, Fact, fact="childcare.booking.expired.v1"):
    """The place is free again: ``hold_expired``, or the home area's ``quota_denied`` or ``quota_unanswered`` where policy then refuses.

    ``quota_denied`` also ends the offer of another place that was made while the question was out.
    """

    cause: str


class BookingNoShow(Ending, Fact, fact="childcare.booking.no_show.v1"):
    """Nobody came: the quota is consumed. ``no_shows`` are this child's inside the policy's window, this one included."""

    no_shows: int


class BookingDisplaced(Ending, Fact, fact="childcare.booking.displaced.v1"):
    """The site cannot keep the place (``cause``: ``understaffed``, ``seats_lowered``, ``site_closed``, ``holiday``) and the child is told.

    With ``offer_id`` another place is held for it until ``expires_ms`` (an ``offer.made`` of kind ``alternative`` follows in the same
    decision) and the quota stays reserved; without one the booking has ended.
    """

    cause: str
    offer_id: str | None


class BookingExtended(Fact, fact="childcare.booking.extended.v1"):
    """The child present stays for the next session too, until ``ends_ms``."""

    booking_id: str
    child_id: str
    family_id: str
    service: str
    site_id: str
    session_id: str
    date: str
    starts_ms: int
    ends_ms: int
    units: int
    free_units: int
    quota_left: int | None
    granted: int
    price_fen: int | None
    weight: int
    late_ms: int


class BookingRepriced(Fact, fact="childcare.booking.repriced.v1"):
    """The home area answered after the terms were set: ``free_units`` of ``units`` are free, ``price_fen`` replaces ``was_price_fen``.

    ``ended`` says the booking had ended: what was paid too much is to be paid back.
    """

    booking_id: str
    child_id: str
    family_id: str
    service: str
    request_id: str
    units: int
    free_units: int
    quota_left: int | None
    price_fen: int | None
    was_price_fen: int | None
    ended: bool


class OfferMade(Fact, fact="childcare.offer.made.v1"):
    """A place is held for the child until ``expires_ms``: ``kind`` is ``waitlist``, or ``alternative`` for one that lost its place."""

    offer_id: str
    booking_id: str
    child_id: str
    family_id: str
    kind: str
    service: str
    site_id: str
    session_id: str
    session_ids: tuple[str, ...]
    date: str
    starts_ms: int
    ends_ms: int
    mode: str
    distance_m: int
    travel_s: int
    capacity_version: int
    made_ms: int
    expires_ms: int


class OfferEnding(BaseModel):
    """The end of an offer; ``quota`` as in `Ending`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    offer_id: str
    booking_id: str
    child_id: str
    family_id: str
    kind: str
    service: str
    site_id: str
    session_id: str
    date: str
    quota: str


class OfferAccepted(OfferEnding, Fact, fact="childcare.offer.accepted.v1"):
    """The family takes the place; the booking's terms follow in the same decision."""


class OfferDeclined(OfferEnding, Fact, fact="childcare.offer.declined.v1"):
    """The family does not want it: the booking has ended, a quota it held is returned."""

    reason: str | None


class OfferExpired(OfferEnding, Fact, fact="childcare.offer.expired.v1"):
    """No answer in time: the booking has ended, a quota it held is returned."""


class OfferWithdrawn(OfferEnding, Fact, fact="childcare.offer.withdrawn.v1"):
    """The site can no longer keep the place offered: the child keeps its place in the waitlist."""

    cause: str


class WaitlistClosed(Fact, fact="childcare.waitlist.closed.v1"):
    """This child waits no more: the session begins (``session_begins``), it has another place then (``booked_elsewhere``), or its no-shows
    leave it the day itself only (``same_day_only``)."""

    booking_id: str
    child_id: str
    family_id: str
    service: str
    site_id: str
    session_id: str
    date: str
    cause: str


class ChildCheckedIn(Fact, fact="childcare.child.checked_in.v1"):
    """The child is there and its quota consumed. Not collected by ``late_ms`` it is a late pick-up."""

    booking_id: str
    child_id: str
    family_id: str
    service: str
    site_id: str
    session_ids: tuple[str, ...]
    date: str
    by: str
    free_units: int
    late_ms: int


class ChildCheckedOut(Fact, fact="childcare.child.checked_out.v1"):
    """Handed to an authorised person; ``late_s`` after the end, 0 when in time."""

    booking_id: str
    child_id: str
    family_id: str
    service: str
    site_id: str
    session_ids: tuple[str, ...]
    date: str
    by: str
    late_s: int


class ChildCarriedOver(Fact, fact="childcare.child.carried_over.v1"):
    """The booking ended and the child stayed for its adjacent one: ``next_booking_id`` is checked in without a hand-over (C14)."""

    booking_id: str
    next_booking_id: str
    child_id: str
    family_id: str
    service: str
    site_id: str
    session_ids: tuple[str, ...]
    date: str
    free_units: int
    late_ms: int


class ChildTurnedAway(Ending, Fact, fact="childcare.child.turned_away.v1"):
    """The health gate: not taken in, the place is free (C-R3). ``rule`` names the gate, never the value measured."""

    rule: str


class ChildUncollected(Fact, fact="childcare.child.uncollected.v1"):
    """Not collected in time: ``level`` 1 tells the family, 2 calls a human; ``next_ms`` is the next step, None when a human has it.

    Level 0 says only that the booking it would have gone on with fell away: nobody is late yet.
    """

    booking_id: str
    child_id: str
    family_id: str
    service: str
    site_id: str
    date: str
    level: int
    next_ms: int | None


class ChildRestricted(Fact, fact="childcare.child.restricted.v1"):
    """After ``no_shows`` in the policy's window only bookings on the day itself until ``until_ms`` (C-R6)."""

    child_id: str
    family_id: str
    no_shows: int
    until_ms: int


class PickupPersonsRecorded(Fact, fact="childcare.pickup_persons.recorded.v1"):
    """Who may bring and collect the child from now on; the highest version is in force."""

    child_id: str
    version: int
    persons: tuple[str, ...]


class ChildHomeRecorded(Fact, fact="childcare.child.home_recorded.v1"):
    """Whether this area is the child's home from now on, by the highest version told."""

    child_id: str
    version: int
    at_home: bool
