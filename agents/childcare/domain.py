"""Childcare as the core sees it (`agents.core.Domain`)."""

from collections.abc import Iterable, Iterator

from agents.childcare import answers, attendance, bookings, check, moves, quota, sites, waitlist
from agents.childcare import snapshot as rows_of
from agents.childcare.decide import decide
from agents.childcare.evolve import close_old_accounts, evolve, forget_old
from agents.childcare.state import Booking, ChildcareState
from agents.childcare.states import BookingState
from agents.core import Row, Verdict
from agents.shared.calendar import DAY_MS, day_of
from schemas.decisions import Reasoned
from schemas.envelope import Event
from schemas.facts import Fact

SWEEP_MS = 3600 * 1000
"""How often past sessions are looked for: forgetting them an hour late costs nothing."""


class Childcare:
    """Booking children into sessions, for one area at a time; it keeps nothing itself."""

    name = "childcare"
    operator = quota.OPERATOR

    def blank(self, area: str) -> ChildcareState:
        """An area nothing is known of."""
        return ChildcareState(area)

    def decide(self, state: ChildcareState, event: Event, now_ms: int) -> Verdict:
        """Answer one event."""
        return decide(state, event, now_ms)

    def evolve(self, state: ChildcareState, fact: Fact, now_ms: int) -> None:
        """Write one fact."""
        evolve(state, fact, now_ms)

    def due(self, state: ChildcareState, now_ms: int) -> str | None:
        """The key of the earliest work due."""
        return state.deadlines.due(now_ms)

    def fire(self, state: ChildcareState, key: str, now_ms: int) -> tuple[Reasoned, ...]:
        """The facts of that work; the kinds of keys are named in `evolve`."""
        kind, _, case = key.partition("|")
        match kind:
            case "case":
                return _case(state, state.bookings[case], now_ms)
            case "move":
                return waitlist.displaced(state, state.sessions[case], now_ms)
            case "next":
                return waitlist.next_offer(state, state.sessions[case], now_ms)
            case "close":
                return sites.session_closed(state.sessions[case])
            case "policy":
                return sites.policy_applied(state, case)
            case "inspect":
                return sites.inspection_missed(state, case, now_ms)
            case "quota":
                return quota.overdue(state, case, now_ms)
            case "account":
                return moves.unanswered(state, case, now_ms)
            case "owed":
                return answers.entitlement_due(state, case, now_ms)
            case _:
                raise ValueError(f"unknown deadline {kind!r}")

    def next_deadline(self, state: ChildcareState) -> int | None:
        """The earliest instant of any deadline."""
        first = state.deadlines.first()
        return None if first is None else first[0]

    def forget(self, state: ChildcareState, now_ms: int) -> None:
        """Ended bookings after the policy's memory; once an hour sessions of the day before, once a year accounts."""
        policy = state.policies.at(now_ms)
        if state.ended_order:
            before_ms = now_ms - policy.memory_days * DAY_MS
            while state.ended_order and state.ended[state.ended_order[0]].ended_ms < before_ms:
                del state.ended[state.ended_order.popleft()]
        if now_ms >= state.swept_ms + SWEEP_MS:
            year = day_of(now_ms).year
            if year != day_of(state.swept_ms).year:
                close_old_accounts(state, year)
            state.swept_ms = now_ms
            forget_old(state, now_ms, policy.memory_days * DAY_MS)

    def check(self, state: ChildcareState, facts: Iterable[Fact]) -> None:
        """What these facts touched."""
        check.check(state, facts)

    def check_all(self, state: ChildcareState) -> None:
        """The whole state."""
        check.check_all(state)

    def seen_memory_ms(self, state: ChildcareState) -> int:
        """By policy."""
        return state.policies.current.seen_memory_s * 1000

    def policy_versions(self, state: ChildcareState, now_ms: int) -> dict[str, str]:
        """The version of childcare in force, and of this year's calendar when one is known. Not to be changed by the caller."""
        return state.cited.of(self.name, state.policies, state.calendar_versions, now_ms)

    def dump(self, state: ChildcareState) -> Iterator[Row]:
        """The state as rows."""
        return rows_of.dump(state)

    def load(self, area: str, rows: Iterable[Row]) -> ChildcareState:
        """The state that `dump` made."""
        return rows_of.load(area, rows)

    def gauges(self, state: ChildcareState) -> dict[str, int]:
        """Counters that cost nothing to read."""
        return {
            "open_cases": len(state.bookings),
            "open_tasks": len(state.tasks),
            "providers": len(state.listed),
            "capacity_total": state.places_total,
            "capacity_free": state.places_free,
            "deadlines": len(state.deadlines),
            "stuck_cases": len(state.stuck),
            "waiting": state.waiting,
            "open_offers": state.offers,
            "quota_reserved": state.ledger.reserved_total,
        }


def _case(state: ChildcareState, booking: Booking, now_ms: int) -> tuple[Reasoned, ...]:
    """What a booking's own deadline means in its state."""
    match booking.state:
        case BookingState.WAITLISTED:
            return bookings.wait_closed(booking, "session_begins")
        case BookingState.OFFERED:
            return waitlist.expired(state, booking)
        case BookingState.QUOTA_ASKED:
            return answers.unanswered(state, booking, now_ms)
        case BookingState.HELD:
            return bookings.hold_expired(state, booking, "hold_expired")
        case BookingState.CONFIRMED:
            return attendance.no_show(state, booking, now_ms)
        case BookingState.CHECKED_IN:
            return attendance.uncollected(state, booking, now_ms)
        case _:
            raise ValueError(f"nothing is due of a booking that is {booking.state}")
