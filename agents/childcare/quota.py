"""A holder's free sessions of a year, on the ledger; and the same asked between areas.

Accounts: ``<service>|<holder>|<year>`` holds what was granted and is not used, ``used|<service>|<holder>|<year>`` what was, and the source
``grants|<service>|<year>`` owes both. The year is that of the day of care in Shanghai (Q01). A grant follows policy when a booking asks
for it: raised in mid-year it is more, lowered it takes nothing back.
"""

from typing import NamedTuple

from agents.childcare.place import Ground
from agents.childcare.policy import ChildcareParameters, ServiceRules
from agents.childcare.state import Booking, ChildcareState
from agents.core import Verdict, accept, refuse
from agents.shared.explanation import because
from agents.shared.ids import derived_id
from schemas.childcare_duties import QuotaReserveRequestedEvent, QuotaSettleRequestedEvent
from schemas.childcare_reasons import ChildcareReason
from schemas.childcare_site_facts import QuotaDenied, QuotaOverdue, QuotaReserved, QuotaSettled, QuotaSettlementAsked
from schemas.decisions import Reasoned, Why
from schemas.facts import TaskKind, TaskOpened

OPERATOR = "childcare-operator"
"""Who owns a human task of childcare."""


class Share(NamedTuple):
    """What a wish for so many units gets: free ones, the grant they rest on, and what is left after them."""

    free_units: int
    granted: int
    quota_left: int | None


def account(service: str, holder: str, year: int) -> str:
    """The name of the holder's account."""
    return f"{service}|{holder}|{year}"


def share(state: ChildcareState, rules: ServiceRules, name: str, units: int, taken: int = 0) -> Share:
    """How many of the units are free for this account; ``taken`` are those a sibling's booking takes in the same decision."""
    ledger = state.ledger
    own = ledger.accounts.get(name)
    if own is None:
        used = held = granted = 0
    else:
        used, held = ledger.balance(f"used|{name}"), own.held
        granted = own.posted + used
    gone = used + held + taken
    if rules.free_per_year is None:
        return Share(units, max(granted, gone + units), None)
    if state.accounts:
        gone += elsewhere(state, name)
    left = max(0, rules.free_per_year - gone)
    free = min(units, left)
    return Share(free, max(granted, rules.free_per_year), left - free)


def at_home(state: ChildcareState, policy: ChildcareParameters, child_id: str) -> bool:
    """Whether this area keeps the child's quota, as far as the registry has told it; by policy who it never spoke of is believed.

    Of a child that moved here, only once the area it came from has said what it counted (`agents.childcare.moves`).
    """
    known = state.homes.get(child_id)
    if known is None or not known[1]:
        return known is None and policy.home_children == "told"
    account_here = state.accounts.get(child_id)
    return account_here is None or (account_here.status == "kept" and account_here.pending is None)


def elsewhere(state: ChildcareState, name: str) -> int:
    """What other areas counted of this account, before the child came here."""
    service, holder, year = name.split("|")
    moved = state.accounts.get(holder)
    return 0 if moved is None else moved.elsewhere.get(f"{service}|{year}", 0)


def not_home_why(state: ChildcareState, child_id: str) -> Why:
    """Why a child that named this area has no quota here: the registry placed it elsewhere, or never spoke of it."""
    known = state.homes.get(child_id)
    word = "not_registered" if known is None else "moving" if known[1] else "elsewhere"
    return because("not_at_home_here", known=word)


def own_share(ground: Ground, at: tuple[str, str], name: str, units: int, taken: int = 0) -> Share:
    """What this area itself gives free of a new wish for so many units, for ``at``: the home area that was named, and the child.

    Nothing to a child of another area, nor to one that the registry has placed elsewhere since it asked: its quota is not kept here.
    """
    home_area, child_id = at
    if home_area != ground.state.area or not at_home(ground.state, ground.policy, child_id):
        return Share(0, 0, None)
    return share(ground.state, ground.rules, name, units, taken)


def used_in(state: ChildcareState, service: str, holder: str, year: int) -> int:
    """Sessions this holder had in the year."""
    return state.ledger.balance(f"used|{account(service, holder, year)}")


def reserve(state: ChildcareState, reservation_id: str, of: tuple[str, str, int], granted: int, units: int) -> None:
    """Write a reservation of (service, holder, year), raising the grant first when the fact says so. Called by `evolve` only."""
    ledger = state.ledger
    service, holder, year = of
    name = account(service, holder, year)
    used = f"used|{name}"
    more = granted - ledger.balance(name) - ledger.balance(used)
    if more > 0:
        grants = f"grants|{service}|{year}"
        ledger.open(grants, bounded=False)
        ledger.transfer(grants, name, more)
    ledger.reserve(reservation_id, name, used, units)


def settle(state: ChildcareState, reservation_id: str, quota: str) -> None:
    """Write the end of a reservation, if there is one: ``returned`` or ``consumed``. Called by `evolve` only."""
    if reservation_id in state.ledger.reservations:
        if quota == "returned":
            state.ledger.give_back(reservation_id)
        elif quota == "consumed":
            state.ledger.consume(reservation_id)


def quota_word(booking: Booking, result: str) -> str:
    """What an ending says of the quota: the result, or ``none`` when nothing is reserved or it was consumed before."""
    if booking.consumed:
        return "none"
    asked = booking.request_id is not None and not booking.answered
    return result if booking.free_units or asked else "none"


def settlement(state: ChildcareState, booking: Booking, result: str) -> tuple[QuotaSettlementAsked, ...]:
    """What the child's home area must be told when the use of its quota is decided.

    While its answer is out, only a return can be told ahead of it; a use is told when the answer says how many were free.
    """
    if booking.request_id is None or booking.consumed:
        return ()
    if (booking.answered and not booking.free_units) or (not booking.answered and result == "consumed"):
        return ()
    fact = QuotaSettlementAsked(
        request_id=booking.request_id,
        settlement_id=derived_id("settle", booking.request_id, result),
        booking_id=booking.booking_id,
        child_id=booking.child_id,
        service=booking.first.service,
        home_area=booking.home_area,
        asking_area=state.area,
        result=result,
    )
    return (fact,)


def reserve_requested(state: ChildcareState, event: QuotaReserveRequestedEvent, now_ms: int) -> Verdict:
    """Another area asks for units of one of our children: reserved, or denied with the reason; either way it is answered."""
    data = event.data
    known = state.requests.get(data.request_id)
    if known is not None and known.booking_id:
        return refuse(ChildcareReason.QUOTA_ALREADY_DECIDED, because(known.state))
    policy = state.policies.at(now_ms)
    rules = policy.rules(data.service)
    answer_id = derived_id("answer", data.request_id)
    reason, left = ChildcareReason.UNKNOWN_SERVICE, None
    if known is not None:
        # Its settlement overtook it: whatever was asked is over.
        reason = ChildcareReason.QUOTA_ALREADY_SETTLED
    elif not at_home(state, policy, data.child_id):
        reason = ChildcareReason.NOT_AT_HOME_HERE
    elif rules is not None:
        holder = data.child_id if rules.counted_by == "child" else data.family_id
        part = share(state, rules, account(data.service, holder, data.year), data.units)
        if part.free_units:
            fact = QuotaReserved(
                request_id=data.request_id,
                answer_id=answer_id,
                booking_id=data.booking_id,
                child_id=data.child_id,
                family_id=data.family_id,
                service=data.service,
                quota_holder=holder,
                quota_year=data.year,
                units_asked=data.units,
                units=part.free_units,
                granted=part.granted,
                quota_left=part.quota_left,
                asking_area=data.asking_area,
                home_area=state.area,
                settle_by_ms=max(now_ms, int(data.settle_by.timestamp() * 1000)),
            )
            return accept(fact)
        reason, left = ChildcareReason.QUOTA_SPENT, part.quota_left
    denied = QuotaDenied(
        request_id=data.request_id,
        answer_id=answer_id,
        booking_id=data.booking_id,
        child_id=data.child_id,
        family_id=data.family_id,
        service=data.service,
        quota_year=data.year,
        units_asked=data.units,
        quota_left=left,
        asking_area=data.asking_area,
        home_area=state.area,
        reason=reason.value,
    )
    return accept(denied, why=because(reason.value))


def settle_requested(state: ChildcareState, event: QuotaSettleRequestedEvent, _now_ms: int) -> Verdict:
    """The asking area says what became of the units. Before the question itself has come, it is kept for then."""
    data = event.data
    known = state.requests.get(data.request_id)
    if known is None:
        return accept(QuotaSettled(request_id=data.request_id, booking_id=None, result=data.result, units=0), why=because("before_request"))
    if known.booking_id and known.booking_id != data.booking_id:
        return refuse(ChildcareReason.UNKNOWN_QUOTA_REQUEST, because("other_booking"))
    if known.state != "reserved":
        return refuse(ChildcareReason.QUOTA_ALREADY_SETTLED, because(known.state))
    units = state.ledger.reservations[data.request_id].amount
    return accept(QuotaSettled(request_id=data.request_id, booking_id=data.booking_id, result=data.result, units=units))


def overdue(state: ChildcareState, request_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """Nobody settled: the units stay reserved, a human asks the other area, and so again while it lasts."""
    request = state.requests[request_id]
    next_ms = now_ms + state.policies.at(now_ms).quota_settle_days * 86_400_000
    fact = QuotaOverdue(request_id=request_id, booking_id=request.booking_id, asking_area=request.asking_area, next_ms=next_ms)
    task = open_task(request_id, TaskKind.QUOTA_UNDECIDED, now_ms, asking_area=request.asking_area)
    return Reasoned(fact, because("quota_settle_by")), Reasoned(task)


def open_task(about: str, kind: TaskKind, now_ms: int, **detail: str) -> TaskOpened:
    """A human must act on this case."""
    return TaskOpened(
        task_id=derived_id("task", about, kind.value, str(now_ms)), kind=kind, about=about, owner=OPERATOR, detail=dict(detail)
    )
