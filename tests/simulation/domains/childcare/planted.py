# ruff: noqa: ARG005, E501 - a planted mistake has the shape of what it replaces; one row a mistake
"""Mistakes in childcare: seats, staff, overlaps, holds, quotas, waitlists, snapshots, what areas tell each other."""

from typing import Any
from unittest.mock import patch

from agents.childcare import attendance, bookings, place, quota, requests, seating, snapshot, terms, waitlist
from agents.childcare.decide import ANSWERS
from agents.childcare.domain import Childcare
from agents.childcare.evolve import WRITERS
from agents.childcare.policy import ServiceRules
from agents.childcare.state import Session
from agents.childcare.states import SEATED, BookingState
from agents.core import accept
from agents.shared.ledger import Ledger
from schemas.childcare import BookingCancelledEvent, HoldConfirmedEvent, SessionsPublishedEvent, StaffingReportedEvent
from schemas.childcare_facts import BookingCancelledFact, BookingRefused
from schemas.childcare_site_facts import QuotaSettled
from schemas.decisions import Reasoned
from tests.simulation.planted.kind import Patch, Planted, instead


def _writer(fact: Any, make: Any) -> Patch:
    return patch.dict(WRITERS, {fact: make(WRITERS[fact])})


def _one_more_free() -> list[Patch]:
    def make(share: Any) -> Any:
        def wrapped(state: Any, rules: Any, *rest: Any) -> Any:
            return share(state, rules.model_copy(update={"free_per_year": rules.free_per_year and rules.free_per_year + 1}), *rest)

        return wrapped

    return [instead(quota, "share", make)]


def _quota_of_this_year() -> list[Patch]:
    """The year of today, not that of the day of care."""

    def make(account: Any) -> Any:
        return lambda service, holder, year: account(service, holder, 2026)

    return [instead(quota, "account", make)]


def _result(event_type: Any, word: str, to: str) -> list[Patch]:
    def make(quota_word: Any) -> Any:
        return lambda booking, result: quota_word(booking, to if result == word else result)

    return [instead(quota, "quota_word", make)]


def _late_cancel_returns() -> list[Patch]:
    def make(cancelled: Any) -> Any:
        def wrapped(state: Any, event: Any, now_ms: int) -> Any:
            booking = state.bookings.get(event.data.booking_id)
            if booking is None:
                return cancelled(state, event, now_ms)
            rules = bookings.rules_of(state.policies.at(now_ms), booking)
            free = rules.model_copy(update={"cancel_late_s": 0, "cancel_free_s": 0})
            with patch.object(bookings, "rules_of", lambda policy, one: free):
                return cancelled(state, event, now_ms)

        return wrapped

    return [patch.dict(ANSWERS, {BookingCancelledEvent: make(bookings.cancelled)})]


def _cancel_returns_twice() -> list[Patch]:
    """What a returned booking had counts as one unit used less."""

    def make(give_back: Any) -> Any:
        def wrapped(self: Ledger, reservation_id: str) -> int:
            promise = self.reservations[reservation_id]
            amount: int = give_back(self, reservation_id)
            if self.balance(promise.to) >= amount:
                self.transfer(promise.to, promise.source, amount)
            return amount

        return wrapped

    return [instead(Ledger, "give_back", make)]


def _no_show_returns() -> list[Patch]:
    def make(no_show: Any) -> Any:
        def wrapped(state: Any, booking: Any, now_ms: int) -> Any:
            with instead(quota, "quota_word", lambda word: lambda one, result: word(one, "returned")):
                return no_show(state, booking, now_ms)

        return wrapped

    return [instead(attendance, "no_show", make)]


def _confirmed_after_expiry() -> list[Patch]:
    def make(due: Any) -> Any:
        def wrapped(self: Any, state: Any, now_ms: int) -> Any:
            key = due(self, state, now_ms)
            booking = state.bookings.get(key.removeprefix("case|")) if key else None
            return None if booking is not None and booking.state is BookingState.HELD and now_ms < booking.starts_ms else key

        return wrapped

    return [instead(Childcare, "due", make)]


def _ratio_off_by_one() -> list[Patch]:
    def more(one: Reasoned) -> Reasoned:
        if not hasattr(one.fact, "care_limit"):
            return one
        return Reasoned(one.fact.model_copy(update={"care_limit": one.fact.care_limit + 100}), one.why)

    def make(said: Any) -> Any:
        def wrapped(state: Any, event: Any, now_ms: int) -> Any:
            verdict = said(state, event, now_ms)
            return verdict._replace(facts=tuple(map(more, verdict.facts)))

        return wrapped

    return [patch.dict(ANSWERS, {kind: make(ANSWERS[kind]) for kind in (SessionsPublishedEvent, StaffingReportedEvent)})]


def _weight_forgotten() -> list[Patch]:
    return [patch.object(ServiceRules, "weight_of", lambda self, age_months: self.weight if self.care_per_staff else 0)]


def _staff_forgotten() -> list[Patch]:
    def make(ruled_out: Any) -> Any:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            rule = ruled_out(*args, **kwargs)
            return None if rule == place.R_STAFF else rule

        return wrapped

    return [patch.object(module, "ruled_out", make(place.ruled_out)) for module in (place, requests, bookings)]


def _seat_too_many() -> list[Patch]:
    def make(ruled_out: Any) -> Any:
        def wrapped(ground: Any, session: Any, weights: Any, **kwargs: Any) -> Any:
            rule = ruled_out(ground, session, weights, **kwargs)
            return None if rule == place.R_SEAT and session.free == len(weights) - 1 else rule

        return wrapped

    return [patch.object(module, "ruled_out", make(place.ruled_out)) for module in (place, requests, bookings)]


def _overlaps(first: int, last: int) -> list[Patch]:
    """With the child's other sessions moved by so many milliseconds at their ends."""

    def overlaps(state: Any, child_id: str, starts_ms: int, ends_ms: int, but: Any = None) -> Any:
        for booking in state.children.get(child_id, {}).values():
            if (
                booking.booking_id != but
                and booking.state in SEATED
                and booking.starts_ms < ends_ms + last
                and starts_ms < booking.ends_ms + first
            ):
                return booking.booking_id
        return None

    return [patch.object(module, "overlaps", overlaps) for module in (place, requests, bookings, waitlist)]


def _held_is_no_place() -> list[Patch]:
    seated = SEATED - {BookingState.HELD, BookingState.QUOTA_ASKED}
    return [patch.object(place, "SEATED", seated)]


def _adjacent_counted_twice() -> list[Patch]:
    def make(terms_of: Any) -> Any:
        def wrapped(ground: Any, child: Any, run: Any, taken: Any = None) -> Any:
            joined = terms.joined_to(ground.state, child.child_id, run[0])
            return terms_of(ground, child, run if joined is None else (*run, run[-1]), taken)

        return wrapped

    return [patch.object(module, "terms_of", make(terms.terms_of)) for module in (requests, waitlist)]


def _waitlist_skips() -> list[Patch]:
    def next_waiter(state: Any, session: Any, now_ms: int) -> Any:
        waiting = [one for one in session.waiting.values() if one.state is BookingState.WAITLISTED]
        fits = [one for one in waiting if not session.weighted or session.care.free >= one.weight]
        free = [one for one in fits if not any(other.state is BookingState.OFFERED for other in state.children[one.child_id].values())]
        return free[-1] if free and session.free > 0 else None

    return [patch.object(module, "next_waiter", next_waiter) for module in (seating, waitlist)]


def _offer_to_two() -> list[Patch]:
    """A seat that is offered to one is offered to the next as well."""

    def make(next_waiter: Any) -> Any:
        def wrapped(state: Any, session: Any, now_ms: int) -> Any:
            found = next_waiter(state, session, now_ms)
            if found is not None or session.free != 0 or not any(one.state is BookingState.OFFERED for one in session.bookings.values()):
                return found
            waiting = [one for one in session.waiting.values() if one.state is BookingState.WAITLISTED]
            return next(iter(waiting), None)

        return wrapped

    return [patch.object(module, "next_waiter", make(seating.next_waiter)) for module in (seating, waitlist)]


def _nobody_is_next() -> list[Patch]:
    return [patch.object(seating, "next_waiter", lambda state, session, now_ms: None)]


def _offer_without_haste() -> list[Patch]:
    def make(offer: Any) -> Any:
        def wrapped(ground: Any, *rest: Any) -> Any:
            slow = ground.rules.model_copy(update={"offer_same_day_s": ground.rules.offer_s})
            return offer(ground._replace(rules=slow), *rest)

        return wrapped

    return [instead(waitlist, "_offer", make)]


def _snapshot_forgets_reservations() -> list[Patch]:
    def make(dump: Any) -> Any:
        return lambda state: (row for row in dump(state) if row[:2] != ["ledger", "r"])

    return [instead(snapshot, "dump", make)]


def _settled_twice() -> list[Patch]:
    """The settlement of another area counts again each time it comes."""

    def make(settle: Any) -> Any:
        def wrapped(state: Any, event: Any, now_ms: int) -> Any:
            known = state.requests.get(event.data.request_id)
            if known is not None and known.booking_id == event.data.booking_id and known.state in ("consumed", "returned"):
                fact = QuotaSettled(request_id=event.data.request_id, booking_id=event.data.booking_id, result=event.data.result, units=1)
                return accept(fact)
            return settle(state, event, now_ms)

        return wrapped

    kind = next(one for one in ANSWERS if one.__name__ == "QuotaSettleRequestedEvent")
    return [patch.dict(ANSWERS, {kind: make(ANSWERS[kind])})]


def _asked_again_reserved_again() -> list[Patch]:
    def make(reserve: Any) -> Any:
        def wrapped(state: Any, event: Any, now_ms: int) -> Any:
            known = state.requests.pop(event.data.request_id, None)
            if known is not None and event.data.request_id in state.ledger.reservations:
                state.requests[event.data.request_id] = known
            return reserve(state, event, now_ms)

        return wrapped

    kind = next(one for one in ANSWERS if one.__name__ == "QuotaReserveRequestedEvent")
    return [patch.dict(ANSWERS, {kind: make(ANSWERS[kind])})]


def _home_area_untold() -> list[Patch]:
    return [patch.object(module, "quota", _Untold()) for module in (bookings, attendance)]


class _Untold:
    """The quota module whose settlements are left out."""

    def __getattr__(self, name: str) -> Any:
        return (lambda *_: ()) if name == "settlement" else getattr(quota, name)


def _cancel_frees_twice() -> list[Patch]:
    def make(cancelled: Any) -> Any:
        def wrapped(state: Any, fact: Any, now_ms: int) -> None:
            run: tuple[Session, ...] = state.bookings[fact.booking_id].run
            seated = state.bookings[fact.booking_id].state in SEATED
            cancelled(state, fact, now_ms)
            for session in run if seated else ():
                before = session.bookable
                session.release(1)
                seating.seats_changed(state, session, before)

        return wrapped

    return [_writer(BookingCancelledFact, make)]


def _refusal_forgotten() -> list[Patch]:
    return [_writer(BookingRefused, lambda refused: lambda state, fact, now_ms: None)]


def _displaced_stay() -> list[Patch]:
    def make(poke: Any) -> Any:
        def wrapped(state: Any, session: Any, now_ms: int) -> None:
            poke(state, session, now_ms)
            state.deadlines.clear(session.move_key)

        return wrapped

    return [instead(seating, "poke", make)]


def _age_of_today() -> list[Patch]:
    """The age when asked, not on the day of care."""

    def make(months_of: Any) -> Any:
        return lambda birth, day, month_end: months_of(birth, day, month_end=month_end) - 1

    return [instead(requests, "age_months", make)]


def _farthest_site() -> list[Patch]:
    def make(candidates: Any) -> Any:
        return lambda *args: iter(sorted(candidates(*args), key=lambda found: (-found[0], found[1])))

    return [instead(place, "_candidates", make), patch.object(place, "nearest_run", place.nearest_run)]


def _confirm_whatever() -> list[Patch]:
    def make(confirm: Any) -> Any:
        def wrapped(state: Any, event: Any, now_ms: int) -> Any:
            booking = state.bookings.get(event.data.booking_id)
            if booking is None or booking.state not in (BookingState.WAITLISTED, BookingState.CONFIRMED):
                return confirm(state, event, now_ms)
            policy = state.policies.at(now_ms)
            return accept(bookings._confirmed(place.Ground(state, policy, bookings.rules_of(policy, booking), now_ms), booking))

        return wrapped

    return [patch.dict(ANSWERS, {HoldConfirmedEvent: make(bookings.hold_confirmed)}), patch.object(seating, "MOVES", _Anything())]


class _Anything:
    def __contains__(self, move: object) -> bool:
        return True


def _p(name: str, means: str, patches: Any, *caught_by: str, silent: bool = True, fixed: dict[str, Any] | None = None) -> Planted:
    return Planted(f"childcare_{name}", means, patches, frozenset(caught_by), fixed or {}, silent, domain="childcare")


NEW_YEAR = {"start_ms": 1_798_668_000_000 + 12 * 3_600_000, "span_ms": 24 * 3_600_000}
"""From the evening of 31 December 2026 in Shanghai on."""
BUSY = {"span_ms": 24 * 3_600_000}

MISTAKES = (
    _p("thirteenth_free", "one session more than the year has is free", _one_more_free, "Q01"),
    _p("year_of_today", "quotas are counted in one year for ever", _quota_of_this_year, "Q01", fixed=NEW_YEAR),
    _p("late_cancel_returns", "a late cancellation returns the quota", _late_cancel_returns, "Q02", fixed=BUSY),
    _p("cancel_returns_twice", "a cancellation returns its units twice", _cancel_returns_twice, "Q01", "R70"),
    _p("no_show_returns", "whoever does not come keeps the quota", _no_show_returns, "Q02"),
    _p("confirmed_after_expiry", "a hold is confirmed after its end", _confirmed_after_expiry, "C04", "I07"),
    _p("ratio_off", "the staff may care for one child more", _ratio_off_by_one, "C09"),
    _p("weight_forgotten", "a child under three weighs like any other", _weight_forgotten, "C09"),
    _p("staff_forgotten", "seats are given without staff", _staff_forgotten, "C09", "N01", "C01"),
    _p("seat_too_many", "a session takes one more than its seats", _seat_too_many, "C01"),
    _p("overlap_by_a_minute", "sessions overlapping by an hour less than one are no overlap", lambda: _overlaps(-3_600_000, 0), "C03", "N01"),
    _p("adjacent_is_overlap", "adjacent sessions are taken for an overlap", lambda: _overlaps(1, 1), "N01"),
    _p("held_is_no_place", "a place waiting for confirmation does not bar another one", _held_is_no_place, "C03", "N01"),
    _p("adjacent_counted_twice", "a session joined to another counts twice", _adjacent_counted_twice, "Q01"),
    _p("waitlist_skips", "the last in the waitlist is offered the seat", _waitlist_skips, "W01"),
    _p("offer_to_two", "one seat is offered to two children", _offer_to_two, "C01", "W01", "C03", "C04", "C09"),
    _p("nobody_is_next", "a free seat is offered to nobody", _nobody_is_next, "W03"),
    _p("offer_without_haste", "an offer on the day has the time of any other", _offer_without_haste, "W01"),
    _p("snapshot_forgets_reservations", "a snapshot without what is reserved", _snapshot_forgets_reservations, "Q01", "Q02", "L01", "R70"),
    _p("settled_twice", "an answer of another area takes effect each time it comes", _settled_twice, "Q02", "Q01", "L02", "L01", "I06"),
    _p("question_decided_twice", "a question that comes again is decided again", _asked_again_reserved_again, "Q01", "L01", "R70"),
    _p("home_area_untold", "the home area is not told what became of its units", _home_area_untold, "Q02", fixed={"areas": ("310106", "310101")}),
    _p("cancel_frees_twice", "a cancellation frees its seat twice", _cancel_frees_twice, "C01", "N01", "R70"),
    _p("refusal_forgotten", "a refused booking id may come again and win", _refusal_forgotten, "I06", "I05"),
    _p("displaced_stay", "children a site cannot keep are neither moved nor told", _displaced_stay, "C01"),
    _p("age_not_on_the_day", "the age is not that on the day of care", _age_of_today, "AGE", "N01"),
    _p("farthest_site", "a window gets the farthest site", _farthest_site, "N01"),
    _p("confirmed_whatever", "who waits confirms a place nobody has", _confirm_whatever, "I06"),
)  # fmt: skip
