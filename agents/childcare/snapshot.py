"""The state as rows and back. Derived indexes are not written; they are rebuilt on load.

Rows, each beginning with its kind: ``swept``, ``policy``, ``calendar``, ``site``, ``session``, ``booking`` (each after the sessions it
names), ``seated`` and ``waits`` (the order inside a session), ``ended``, ``ledger``, then small ones by name.
"""

from collections.abc import Iterable, Iterator
from dataclasses import astuple

from agents.childcare.evolve import mark_holidays
from agents.childcare.moves import sums
from agents.childcare.seating import put_session
from agents.childcare.state import (
    Absences,
    Account,
    Booking,
    ChildcareState,
    Closure,
    Ended,
    Entitlement,
    LateAnswer,
    QuotaRequest,
    Session,
    Site,
    SiteFile,
)
from agents.childcare.states import BookingState
from agents.core import Row
from agents.shared.calendar import CalendarYear

SEATS = ("total", "free", "held", "used", "closed", "version", "published_ms", "shut")
SESSION = ("service", "date", "mode", "starts_ms", "ends_ms", "closes_ms", "planned", "reported", "reported_ms", "attended", "no_shows",
           "weighted")  # fmt: skip
BOOKING = (
    "child_id", "family_id", "starts_ms", "ends_ms", "age_months", "weight", "lat", "lon", "distance_m", "travel_s", "units", "free_units",
    "granted", "quota_left", "price_fen", "provisional", "home_area", "request_id", "answered", "consumed", "confirmed_once", "group_id",
    "joined_to", "offer_id", "offer_kind", "brought_by", "level", "task_id", "ask_task_id",
)  # fmt: skip


def dump(state: ChildcareState) -> Iterator[Row]:
    """Every row, in an order that follows from the log alone."""
    yield ["swept", state.swept_ms]
    yield from (["policy", *row] for row in state.policies.dump())
    for number, year in state.calendar.years.items():
        yield ["calendar", state.calendar_versions[number], year.model_dump(mode="json")]
    for site in state.sites.values():
        closures = [[closure.from_ms, closure.until_ms, closure.reason] for closure in site.closures]
        file = list(astuple(site.file))
        yield ["site", site.place_id, site.listed, site.lat, site.lon, site.name, site.kind, site.street, closures, file]
    for session in state.sessions.values():
        values = [getattr(session, name) for name in SESSION]
        yield [
            "session", session.session_id, session.site.place_id, values, [getattr(session, name) for name in SEATS],
            [getattr(session.care, name) for name in SEATS],
        ]  # fmt: skip
    for booking in state.bookings.values():
        run = [session.session_id for session in booking.run]
        yield ["booking", booking.booking_id, booking.state._value_, run, [getattr(booking, name) for name in BOOKING]]
    for session in state.sessions.values():
        if session.bookings:
            yield ["seated", session.session_id, list(session.bookings)]
        if session.waiting:
            yield ["waits", session.session_id, list(session.waiting)]
    for booking_id in state.ended_order:
        ended = state.ended[booking_id]
        yield [
            "ended",
            booking_id,
            ended.state.value,
            ended.reason,
            ended.ended_ms,
            None if ended.ask is None else list(astuple(ended.ask)),
        ]
    yield from (["ledger", *row] for row in state.ledger.dump())
    yield from _small_rows(state)


def _small_rows(state: ChildcareState) -> Iterator[Row]:
    yield from (["request", name, *astuple(request)] for name, request in state.requests.items())
    yield from (["entitlement", name, *astuple(owed)] for name, owed in state.entitlements.items())
    yield from (["absences", name, list(absences.at_ms), absences.restricted_until_ms] for name, absences in state.absences.items())
    yield from (["pickup", name, version, list(persons)] for name, (version, persons) in state.pickup.items())
    yield from (["home", name, version, at_home] for name, (version, at_home) in state.homes.items())
    yield from (["account", name, *astuple(account)[:-1]] for name, account in state.accounts.items())
    yield from (["recorded", name, at_ms] for name, at_ms in state.recorded.items())
    yield from (["deadline", key, when_ms] for key, when_ms in state.deadlines.dump())
    yield from (["inspection", *row] for row in state.inspections.dump())
    yield from (["task", task_id, about] for task_id, about in state.tasks.items())
    yield from (["stuck", key, when_ms] for key, when_ms in state.stuck.items())
    yield from (["stuck_task", task_id, key] for task_id, key in state.stuck_tasks.items())


def load(area: str, rows: Iterable[Row]) -> ChildcareState:
    """The state that `dump` made."""
    state = ChildcareState(area)
    for row in rows:
        match row:
            case ["booking", booking_id, word, run, values]:
                _take_booking(state, booking_id, word, run, values)
            case ["session", *_]:
                _take_session(state, row)
            case ["seated", session_id, ids]:
                state.sessions[session_id].bookings = {booking_id: state.bookings[booking_id] for booking_id in ids}
            case ["waits", session_id, ids]:
                state.sessions[session_id].waiting = {booking_id: state.bookings[booking_id] for booking_id in ids}
            case ["ended", booking_id, word, reason, ended_ms, ask]:
                late = None if ask is None else LateAnswer(*ask)
                state.ended[booking_id] = Ended(BookingState(word), reason, ended_ms, late)
                state.ended_order.append(booking_id)
            case ["ledger", *rest]:
                state.ledger.load(rest)
            case _:
                _take_small(state, row)
    for site in state.sites.values():
        if site.listed:
            state.listed.add(site)
    return state


def _take_session(state: ChildcareState, row: Row) -> None:
    _, session_id, site_id, values, seats, care = row
    session = state.sessions[session_id] = Session(session_id, state.sites[site_id])
    for name, value in zip(SESSION, values, strict=True):
        setattr(session, name, value)
    for name, value in zip(SEATS, seats, strict=True):
        setattr(session, name, value)
    for name, value in zip(SEATS, care, strict=True):
        setattr(session.care, name, value)
    put_session(state, session)


def _take_booking(state: ChildcareState, booking_id: str, word: str, run: list[str], values: list[object]) -> None:
    booking = Booking(booking_id)
    for name, value in zip(BOOKING, values, strict=True):
        setattr(booking, name, value)
    booking.state = BookingState(word)
    booking.run = tuple(state.sessions[session_id] for session_id in run)
    state.bookings[booking_id] = booking
    state.children.setdefault(booking.child_id, {})[booking_id] = booking
    if booking.group_id is not None:
        state.groups.setdefault(booking.group_id, {})[booking_id] = booking
    state.waiting += booking.state is BookingState.WAITLISTED
    state.offers += booking.state is BookingState.OFFERED


def _take_small(state: ChildcareState, row: Row) -> None:
    match row:
        case ["deadline", key, when_ms]:
            state.deadlines.set(key, when_ms)
        case ["request", name, *values]:
            state.requests[name] = QuotaRequest(*values)
        case ["absences", name, at_ms, until_ms]:
            state.absences[name] = Absences(list(at_ms), until_ms)
        case ["pickup", name, version, persons]:
            state.pickup[name] = (version, tuple(persons))
        case ["home", name, version, at_home]:
            state.homes[name] = (version, at_home)
        case ["account", name, status, floor, other, asked, pending, task_id, deferred, counted, had, uncounted, heard, counting]:
            account = Account(status, floor, other, asked, pending, task_id, None, counted, had)
            account.deferred = None if deferred is None else (deferred[0], deferred[1], deferred[2])
            account.uncounted, account.heard, account.counting = tuple(uncounted), tuple(heard), tuple(counting)
            account.elsewhere = sums(counted)
            state.accounts[name] = account
        case ["recorded", name, at_ms]:
            state.recorded[name] = at_ms
        case ["task", task_id, about]:
            state.tasks[task_id] = about
        case _:
            _take_rare(state, row)


def _take_rare(state: ChildcareState, row: Row) -> None:
    match row:
        case ["site", site_id, listed, lat, lon, name, kind, street, closures, file]:
            site = state.sites[site_id] = Site(site_id)
            site.move(lat, lon)
            site.listed, site.name, site.kind, site.street = listed, name, kind, street
            site.closures = [Closure(from_ms, until_ms, reason) for from_ms, until_ms, reason in closures]
            site.file = SiteFile(*file)
        case ["entitlement", name, *values]:
            state.entitlements[name] = Entitlement(*values)
        case ["inspection", about, window_ms, seen_ms, level]:
            state.inspections.load(about, window_ms, seen_ms, level)
        case ["stuck", key, when_ms]:
            state.stuck[key] = when_ms
        case ["stuck_task", task_id, key]:
            state.stuck_tasks[task_id] = key
        case ["swept", swept_ms]:
            state.swept_ms = swept_ms
        case ["policy", version, in_force_from, parameters]:
            state.policies.adopt(version, in_force_from, parameters, 0)
        case ["calendar", version, year]:
            calendar = CalendarYear.model_validate(year, strict=False)
            state.calendar.adopt(calendar)
            state.calendar_versions[calendar.year] = version
            mark_holidays(state, calendar)
        case _:
            raise ValueError(f"unknown snapshot row kind {row[0]!r}")
