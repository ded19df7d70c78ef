"""How the journal's facts write the naive model of childcare (`area`): one small function a fact."""

from collections.abc import Callable

from infra.checkers import fold
from infra.checkers.childcare.area import Area, Booking, Data, Session, Site, forgotten, holder_of
from infra.checkers.childcare.policy import rules_of

LOOK_AGAIN_MS = 3_600_000


def _listed(area: Area, data: Data) -> None:
    area.sites.setdefault(data["site_id"], Site()).listed = data


def _published(area: Area, data: Data) -> None:
    known = area.sessions.get(data["session_id"])
    area.sites.setdefault(data["site_id"], Site())
    if known is None or forgotten(known, area.now_ms):
        known = area.sessions[data["session_id"]] = Session(data, area.now_ms, data["care_limit"])
    known.published, known.published_ms, known.care_limit = data, area.now_ms, data["care_limit"]
    _shut(area, known)


def _shut(area: Area, session: Session) -> None:
    p = session.published
    site = area.sites[p["site_id"]]
    closed = any(from_ms < p["ends_ms"] and (until_ms is None or p["starts_ms"] < until_ms) for from_ms, until_ms in site.closures)
    rules = rules_of(area, p["service"], area.now_ms)
    holiday = any(p["date"] in days for days in area.holidays.values())
    session.shut = closed or (holiday and rules is not None and rules["closed_on_holidays"])


def _shut_all(area: Area, site_id: str | None = None) -> None:
    for session in area.sessions.values():
        if site_id is None or session.published["site_id"] == site_id:
            _shut(area, session)


def _policy(area: Area, data: Data) -> None:
    if data["policy"] == "calendar":
        area.holidays[data["parameters"]["year"]] = list(data["parameters"]["holidays"])
        _shut_all(area)


def _applied(area: Area, data: Data) -> None:  # noqa: ARG001 - the shape of a writer
    _shut_all(area)


def _home(area: Area, data: Data) -> None:
    area.homes[data["child_id"]] = (data["version"], data["at_home"])


def _closure(area: Area, data: Data) -> None:
    area.sites.setdefault(data["site_id"], Site()).closures.append((data["from_ms"], data["until_ms"]))
    _shut_all(area, data["site_id"])


def _reopening(area: Area, data: Data) -> None:
    site, at_ms = area.sites.setdefault(data["site_id"], Site()), data["from_ms"]
    site.closures = [(start, at_ms if end is None else min(end, at_ms)) for start, end in site.closures if start < at_ms]
    _shut_all(area, data["site_id"])


def _staffing(area: Area, data: Data) -> None:
    session = area.sessions.get(data["session_id"])
    if session is not None:
        session.reported_ms = data["reported_ms"]
        if session.published["weighted"]:
            session.care_limit = data["care_limit"]


def _counted(name: str) -> Callable[[Area, Data], None]:
    def write(area: Area, data: Data) -> None:
        session = area.sessions.get(data["session_id"])
        if session is not None:
            setattr(session, name, getattr(session, name) + 1)

    return write


def sit(area: Area, booking_id: str, booking: Booking) -> None:
    """Into every session of its run."""
    for session_id in booking.session_ids:
        if session_id in area.sessions:
            area.sessions[session_id].seated[booking_id] = booking.data["weight"]


def rise(area: Area, booking_id: str, booking: Booking, *, used: bool = False) -> None:
    """Out of every session it sits in; what was used stays used."""
    for session_id in booking.session_ids:
        session = area.sessions.get(session_id)
        weight = None if session is None else session.seated.pop(booking_id, None)
        if session is not None and used and weight is not None:
            session.gone.append(weight)


def stop_waiting(area: Area, booking_id: str, booking: Booking) -> None:
    """Out of the waitlists of its sessions."""
    for session_id in booking.session_ids:
        session = area.sessions.get(session_id)
        if session is not None and booking_id in session.waiting:
            session.waiting.remove(booking_id)


def _new(area: Area, state: str, data: Data, session_ids: tuple[str, ...]) -> Booking:
    booking = Booking(state, data, session_ids, data["starts_ms"], data["ends_ms"], units=data["units"])
    area.bookings[data["booking_id"]] = area.open[data["booking_id"]] = booking
    area.children.setdefault(data["child_id"], []).append(data["booking_id"])
    return booking


def _placed(state: str, due: str) -> Callable[[Area, Data], None]:
    def write(area: Area, data: Data) -> None:
        booking_id = data["booking_id"]
        booking = area.open.get(booking_id)
        if booking is None:
            booking = _new(area, state, data, tuple(data["session_ids"]))
            sit(area, booking_id, booking)
        elif booking.state == "offered":
            stop_waiting(area, booking_id, booking)
        booking.state, booking.due_ms, booking.offer_id, booking.offer_kind = state, data[due], None, ""
        booking.data = booking.data | {name: data[name] for name in ("mode", "service", "quota_holder", "quota_year", "group_id")}
        booking.units, booking.free_units, booking.price_fen = data["units"], data["free_units"], data["price_fen"]
        booking.request_id, booking.answered, booking.provisional = data["request_id"], data["answered"], data["provisional"]
        booking.was_confirmed = booking.was_confirmed or state == "confirmed"
        if data["free_units"] and data["request_id"] is None:
            area.quota(holder_of(data)).reserved.setdefault(booking_id, data["free_units"])
        joined = area.open.get(data["joined_to"] or "")
        if state == "confirmed" and joined is not None and joined.state == "checked_in" and joined.due_ms is not None:
            joined.due_ms = max(area.now_ms, min(joined.due_ms, joined.ends_ms))

    return write


def _waitlisted(area: Area, data: Data) -> None:
    booking = _new(area, "waitlisted", data, (data["session_id"],))
    booking.due_ms = data["closes_ms"]
    if data["session_id"] in area.sessions:
        area.sessions[data["session_id"]].waiting.append(data["booking_id"])


def _refused(area: Area, data: Data) -> None:
    refused = Booking("refused", data, (), 0, 0, ended_ms=area.now_ms)
    area.bookings.setdefault(data["booking_id"], refused)


def settle(area: Area, booking_id: str, word: str) -> None:
    """The units a booking or request holds are used, or free again."""
    for quota in area.quotas.values():
        if booking_id in quota.reserved and word in ("consumed", "returned"):
            units = quota.reserved.pop(booking_id)
            if word == "consumed":
                quota.used[booking_id] = units


def end(area: Area, booking_id: str, state: str, word: str) -> None:
    """A booking is over."""
    booking = area.open.pop(booking_id, None)
    if booking is None:
        return
    rise(area, booking_id, booking, used=booking.state == "checked_in")
    stop_waiting(area, booking_id, booking)
    booking.state, booking.due_ms, booking.ended_ms = state, None, area.now_ms
    settle(area, booking_id, word)


def _ended(state: str) -> Callable[[Area, Data], None]:
    return lambda area, data: end(area, data["booking_id"], state, data.get("quota", "none"))


def _displaced(area: Area, data: Data) -> None:
    booking = area.open.get(data["booking_id"])
    if data["offer_id"] is None:
        end(area, data["booking_id"], "displaced", data["quota"])
    elif booking is not None:
        rise(area, data["booking_id"], booking)
        stop_waiting(area, data["booking_id"], booking)
        booking.state, booking.session_ids = "moving", ()


def _extended(area: Area, data: Data) -> None:
    booking = area.open.get(data["booking_id"])
    if booking is None:
        return
    if data["session_id"] in area.sessions:
        area.sessions[data["session_id"]].seated[data["booking_id"]] = booking.data["weight"]
    booking.session_ids = (*booking.session_ids, data["session_id"])
    booking.ends_ms, booking.due_ms = data["ends_ms"], data["late_ms"]
    booking.units += data["units"]
    booking.free_units += data["free_units"]
    unpriced = booking.price_fen is None or data["price_fen"] is None
    booking.price_fen = None if unpriced else booking.price_fen + data["price_fen"]
    if data["free_units"]:
        rules = rules_of(area, data["service"], area.now_ms)
        holder = data["family_id"] if rules is not None and rules["counted_by"] == "family" else data["child_id"]
        quota = area.quota((data["service"], holder, int(data["date"][:4])))
        quota.used[f"{data['booking_id']}|{data['session_id']}"] = data["free_units"]


def _repriced(area: Area, data: Data) -> None:
    booking = area.bookings.get(data["booking_id"])
    if booking is not None:
        booking.answered, booking.provisional = True, False
        booking.free_units, booking.price_fen = data["free_units"], data["price_fen"]


def _offer_made(area: Area, data: Data) -> None:
    booking = area.open.get(data["booking_id"])
    if booking is None:
        return
    booking.state, booking.session_ids = "offered", tuple(data["session_ids"])
    booking.starts_ms, booking.ends_ms, booking.due_ms = data["starts_ms"], data["ends_ms"], data["expires_ms"]
    booking.offer_id, booking.offer_kind = data["offer_id"], data["kind"]
    sit(area, data["booking_id"], booking)


def _withdrawn(area: Area, data: Data) -> None:
    booking = area.open.get(data["booking_id"])
    if booking is not None:
        rise(area, data["booking_id"], booking)
        booking.state, booking.offer_id, booking.due_ms = "waitlisted", None, max(area.now_ms, booking.starts_ms)


def _present(area: Area, booking_id: str, late_ms: int) -> None:
    booking = area.open.get(booking_id)
    if booking is not None:
        booking.state, booking.due_ms, booking.consumed = "checked_in", late_ms, True
        settle(area, booking_id, "consumed")


def _carried(area: Area, data: Data) -> None:
    end(area, data["booking_id"], "completed", "none")
    _present(area, data["next_booking_id"], max(area.now_ms, data["late_ms"]))


def _uncollected(area: Area, data: Data) -> None:
    booking = area.open.get(data["booking_id"])
    if booking is not None:
        booking.due_ms = data["next_ms"]


def _task_closed(area: Area, data: Data) -> None:
    """A human is done with a child that is still there: asked for again so long after."""
    booking = area.open.get(data.get("about") or "")
    if data.get("kind") == "child_not_collected" and booking is not None and booking.state == "checked_in" and booking.due_ms is None:
        booking.due_ms = area.now_ms + LOOK_AGAIN_MS


def _reserved(area: Area, data: Data) -> None:
    holder = holder_of(data)
    area.quota(holder).reserved[data["request_id"]] = data["units"]
    area.requests[data["request_id"]] = ("reserved", holder)


def _denied(area: Area, data: Data) -> None:
    area.requests[data["request_id"]] = ("denied", None)


def _settled(area: Area, data: Data) -> None:
    settle(area, data["request_id"], data["result"])
    area.requests[data["request_id"]] = (data["result"], area.requests.get(data["request_id"], ("", None))[1])


def _account_asked(area: Area, data: Data) -> None:
    area.account_awaited[data["child_id"]] = data["request_id"]
    if data["held"]:
        area.account_counts.add(data["request_id"])
    else:
        area.account_gone.add(data["child_id"])


def _account_handed(area: Area, data: Data) -> None:
    area.account_gone.add(data["child_id"])
    area.account_awaited.pop(data["child_id"], None)


def _account_opened(area: Area, data: Data) -> None:
    child_id = data["child_id"]
    carried = area.carried.setdefault(child_id, {})
    for line in data["counted"]:
        key = (line["area"], line["service"], line["year"])
        if key[0] != area.area:
            carried[key] = max(line["units"], carried.get(key, 0))
    awaited = area.account_awaited.get(child_id)
    brings_it = child_id in area.account_gone and data["request_id"] not in area.account_counts
    if awaited is not None and (awaited == data["request_id"] or brings_it):
        del area.account_awaited[child_id]
        area.account_gone.discard(child_id)


_WRITERS: dict[str, Callable[[Area, Data], None]] = {
    "policy.adopted.v1": _policy,
    "task.closed.v1": _task_closed,
    "childcare.policy.applied.v1": _applied,
    "childcare.child.home_recorded.v1": _home,
    "childcare.site.listed.v1": _listed,
    "childcare.session.published.v1": _published,
    "childcare.staffing.recorded.v1": _staffing,
    "childcare.session.understaffed.v1": _counted("understaffed"),
    "childcare.session.closed.v1": _counted("closed"),
    "childcare.site.closure_recorded.v1": _closure,
    "childcare.site.reopening_recorded.v1": _reopening,
    "childcare.booking.confirmed.v1": _placed("confirmed", "no_show_ms"),
    "childcare.booking.held.v1": _placed("held", "expires_ms"),
    "childcare.quota.asked.v1": _placed("quota_asked", "answer_by_ms"),
    "childcare.booking.waitlisted.v1": _waitlisted,
    "childcare.booking.refused.v1": _refused,
    "childcare.booking.cancelled.v1": _ended("cancelled"),
    "childcare.booking.expired.v1": _ended("expired"),
    "childcare.booking.no_show.v1": _ended("no_show"),
    "childcare.booking.displaced.v1": _displaced,
    "childcare.booking.extended.v1": _extended,
    "childcare.booking.repriced.v1": _repriced,
    "childcare.offer.made.v1": _offer_made,
    "childcare.offer.declined.v1": _ended("declined"),
    "childcare.offer.expired.v1": _ended("expired"),
    "childcare.offer.withdrawn.v1": _withdrawn,
    "childcare.waitlist.closed.v1": _ended("expired"),
    "childcare.child.checked_in.v1": lambda area, data: _present(area, data["booking_id"], data["late_ms"]),
    "childcare.child.checked_out.v1": _ended("completed"),
    "childcare.child.carried_over.v1": _carried,
    "childcare.child.turned_away.v1": _ended("turned_away"),
    "childcare.child.uncollected.v1": _uncollected,
    "childcare.quota.reserved.v1": _reserved,
    "childcare.quota.denied.v1": _denied,
    "childcare.quota.settled.v1": _settled,
    "childcare.account.asked.v1": _account_asked,
    "childcare.account.handed.v1": _account_handed,
    "childcare.account.opened.v1": _account_opened,
}

MODEL = fold.Model(Area, _WRITERS)
"""How childcare is folded."""
