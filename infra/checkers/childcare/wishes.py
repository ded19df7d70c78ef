"""N01: every wish got what it deserved by an O(n) look at all that is there, and every child that lost its place too.

The wish is read from the event as it was sent. What it deserves is worked out on the picture as it stands when its own facts begin.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from infra.checkers.childcare.area import MOVABLE, Area, Session, at_home, forgotten
from infra.checkers.childcare.policy import Rules, age_months, in_force, rules_of, weight_of
from infra.checkers.childcare.search import Wish, nearest, overlaps, rule_of
from infra.checkers.civil import day_of, minute_ms
from infra.checkers.fold import Eye, Fact
from infra.checkers.logs import Decided, Logs

Event = dict[str, Any]
EventOf = Callable[[Decided], Event | None]
REQUESTS = ("childcare.booking.requested.v1", "childcare.group.requested.v1")
PLACED = ("childcare.booking.confirmed.v1", "childcare.booking.held.v1", "childcare.quota.asked.v1")
REFUSED = "childcare.booking.refused.v1"
WAITLISTED = "childcare.booking.waitlisted.v1"
LOOKED_AT_MAX = 24
"""So many sites are looked at whether full or not; beyond, a refusal may name another reason."""
Deserved = tuple[str, Any]
"""``refused`` with the reason, ``placed`` with the run, ``waitlisted`` with the session."""


class Where(NamedTuple):
    """What a wish comes down to: a session named or none, the service, the day, what each child weighs on it."""

    session: Session | None
    service: str
    day: str
    weights: tuple[int, ...]


def event_in(logs: Logs) -> EventOf:
    """Looks an event up where it was sent."""

    def event_of(decided: Decided) -> Event | None:
        for event in logs.parsed.get((decided.partition, decided.source_offset)) or ():
            if isinstance(event, dict) and event.get("id") == decided.event_id:
                return event
        return None

    return event_of


class WishOracle(Eye[Area]):
    """Compares every ``every``-th request (1: all of them) with a naive look, and every displaced child."""

    def __init__(self, event_of: EventOf, every: int = 1) -> None:
        super().__init__("N01")
        self._event_of = event_of
        self._every = every
        self._turn = 0
        self.looked_at = 0
        self._judged = False
        self._restricted: dict[tuple[str, str], int] = {}
        self._offered: tuple[str, ...] | None = None

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """The first of a request's own facts is judged; each displacement is."""
        kind, data = fact["type"], fact["data"]
        if kind == "childcare.child.restricted.v1":
            self._restricted[area.area, data["child_id"]] = data["until_ms"]
        elif kind == "childcare.booking.displaced.v1":
            self._displaced(area, decided, data)
        elif kind == "childcare.offer.made.v1" and data["kind"] == "alternative":
            if self._offered is not None and tuple(data["session_ids"]) != self._offered:
                self.note(f"booking {data['booking_id']} is offered {data['session_ids']}, nearest is {self._offered}", decided)
            self._offered = None
        elif not self._judged and decided.body["event_type"] in REQUESTS and kind in (*PLACED, REFUSED, WAITLISTED):
            event = self._event_of(decided)
            wanted = set() if event is None else {one["booking_id"] for one in members(event["data"])}
            if event is not None and data["booking_id"] in wanted and data["booking_id"] not in area.bookings:
                self._judged = True
                self._turn += 1
                if self._turn % self._every == 0:
                    self._asked(area, decided, fact, event["data"])

    def after(self, area: Area, decided: Decided) -> None:  # noqa: ARG002 - the shape of a watch
        """The next decision is another one."""
        self._judged, self._offered = False, None

    def _asked(self, area: Area, decided: Decided, fact: Fact, sent: dict[str, Any]) -> None:
        self.looked_at += 1
        kind, data = fact["type"], fact["data"]
        said: Deserved
        if kind == REFUSED:
            said = ("refused", data["reason"])
        elif kind == WAITLISTED:
            said = ("waitlisted", data["session_id"])
        else:
            said = ("placed", tuple(data["session_ids"]))
        wanted = self._deserved(area, sent, decided.time_ms)
        if (
            said == ("refused", "unknown_session")
            and wanted == ("refused", "session_past")
            and forgotten(area.sessions[sent["session_id"]], decided.time_ms)
        ):
            return  # over for more than a day: known or not known any more
        crowded = sum(site.listed is not None for site in area.sites.values()) > LOOKED_AT_MAX
        if said != wanted and not (crowded and "placed" not in (said[0], wanted[0])):
            self.note(f"booking {data['booking_id']} was {said[0]} {said[1]}, it deserved to be {wanted[0]} {wanted[1]}", decided)

    def _deserved(self, area: Area, sent: dict[str, Any], now_ms: int) -> Deserved:
        session = None
        if sent.get("session_id") is not None:
            session = area.sessions.get(sent["session_id"])
            if session is None:
                return "refused", "unknown_session"
            service, day = session.published["service"], session.published["date"]
        else:
            service, day = sent.get("service", "care"), sent["window"]["date"]
        rules = rules_of(area, service, now_ms)
        reason = _not_offered(rules, service, sent) or (None if rules is None else _day_closed(rules, day, now_ms))
        if rules is None or reason is not None:
            return "refused", reason
        months: list[int] = []
        for child in members(sent):
            months.append(age_months(child["birth_date"], day, month_end=in_force(area, now_ms)["age_month_end"]))
            if months[-1] < 0:
                return "refused", "birth_after_care"
            if not rules["age_months_min"] <= months[-1] <= rules["age_months_max"]:
                return "refused", "age_outside"
            if now_ms < self._restricted.get((area.area, child["child_id"]), 0) and day != day_of(now_ms):
                return "refused", "same_day_only"
            if sent.get("home_area", area.area) == area.area and not at_home(area, child["child_id"], now_ms):
                return "refused", "not_at_home_here"
        return _seat(area, rules, sent, Where(session, service, day, tuple(weight_of(rules, age) for age in months)), now_ms)

    def _displaced(self, area: Area, decided: Decided, data: dict[str, Any]) -> None:
        booking = area.open.get(data["booking_id"])
        if booking is None or not booking.session_ids:
            return
        pressed = [s for s in (area.sessions.get(one) for one in booking.session_ids) if s is not None and (s.over or s.shut)]
        rules = rules_of(area, data["service"], decided.time_ms)
        if not pressed or rules is None:
            self.note(f"booking {data['booking_id']} lost a place its session could keep", decided)
            return
        if not any(_goes_first(area, session, rules) == data["booking_id"] for session in pressed):
            first = _goes_first(area, pressed[0], rules)
            self.note(f"booking {data['booking_id']} lost its place before {first}", decided)
        wanted = {self._elsewhere(area, rules, data["booking_id"], session, decided.time_ms) for session in pressed}
        if data["offer_id"] is None and () not in wanted:
            self.note(f"booking {data['booking_id']} was given up, {sorted(wanted)[0]} would have taken it", decided)
        if data["offer_id"] is not None and len(wanted) == 1:
            self._offered = wanted.pop()

    def _elsewhere(self, area: Area, rules: Rules, booking_id: str, session: Session, now_ms: int) -> tuple[str, ...]:
        booking, p = area.open[booking_id], session.published
        data = booking.data
        wish = Wish(
            data["lat"], data["lon"], p["service"], p["date"], booking.starts_ms, booking.ends_ms, None, False, (data["child_id"],),
            (data["weight"],), rules["alternative_shift_s"] * 1000 if len(booking.session_ids) == 1 else 0, p["session_id"], booking_id,
        )  # fmt: skip
        return nearest(area, rules, wish, now_ms).run


def members(sent: dict[str, Any]) -> list[dict[str, Any]]:
    """The children of a request."""
    return list(sent["children"]) if "children" in sent else [sent]


def _goes_first(area: Area, session: Session, rules: Rules) -> str | None:
    """Who loses a place first: what is nobody's yet, then by policy who pays, then who came last."""
    ranked = []
    for place, booking_id in enumerate(session.seated):
        booking = area.open.get(booking_id)
        if booking is not None and booking.state in MOVABLE:
            pays = rules.get("displace_first") == "charged" and booking.free_units < booking.units
            ranked.append((booking.state != "confirmed", pays, place, booking_id))
    return max(ranked)[3] if ranked else None


def _not_offered(rules: Rules | None, service: str, sent: dict[str, Any]) -> str | None:
    if "service" in sent and sent["service"] != service:
        return "service_mismatch"
    if rules is None:
        return "unknown_service"
    named = sent.get("categories", ())
    return "not_entitled" if rules["categories_any"] and not any(one in rules["categories_any"] for one in named) else None


def _day_closed(rules: Rules, day: str, now_ms: int) -> str | None:
    today = day_of(now_ms)
    if day < today:
        return "session_past"
    if now_ms < minute_ms(day, rules["opens_minute"] - rules["horizon_days"] * 1440):
        return "not_open_yet"
    until = rules["same_day_until_minute"]
    return "past_cutoff" if day == today and until is not None and now_ms > minute_ms(day, until) else None


def _seat(area: Area, rules: Rules, sent: dict[str, Any], where: Where, now_ms: int) -> Deserved:
    session, service, day, weights = where
    children = tuple(child["child_id"] for child in members(sent))
    run: tuple[str, ...]
    if session is not None:
        p = session.published
        if any(overlaps(area, child_id, p["starts_ms"], p["ends_ms"]) for child_id in children):
            return "refused", "overlapping_booking"
        rule = rule_of(area, rules, session, weights, now_ms)
        run, reason = (p["session_id"],), "session_closed" if rule == "closed" else rule
        wait_for = p["session_id"] if rule in ("no_seat", "no_staff") else None
    else:
        window = sent["window"]
        from_ms, to_ms = (minute_ms(day, int(window[name][:2]) * 60 + int(window[name][3:])) for name in ("from", "to"))
        if to_ms <= from_ms:
            return "refused", "window_empty"
        position, within = sent["position"], window.get("fit") == "within"
        wish = Wish(position["lat"], position["lon"], service, day, from_ms, to_ms, window.get("mode"), within, children, weights)
        run, _, reason, wait_for = nearest(area, rules, wish, now_ms)
    if reason is None:
        return _paid_for(area, rules, sent, (service, day), run)
    wanted = sent.get("waitlist", True)
    if wanted and reason in ("no_seat", "no_staff") and (wait_for is None or len(children) > 1):
        return "refused", "no_wait_together"
    waits = area.sessions[wait_for] if wanted and wait_for is not None else None
    if waits is None or waits.shut or now_ms >= waits.published["starts_ms"]:
        return "refused", reason
    if any(area.bookings[one].data["child_id"] == children[0] for one in waits.waiting):
        return "refused", "already_waiting"
    if len(waits.waiting) >= rules["waitlist_max"]:
        return "refused", "waitlist_full"
    return "waitlisted", wait_for


def _paid_for(area: Area, rules: Rules, sent: dict[str, Any], what: tuple[str, str], run: tuple[str, ...]) -> Deserved:
    """Where nothing is sold beyond the quota, all units must be free: those of siblings are taken one after the other."""
    if rules["after_quota"] != "refuse" or rules["free_per_year"] is None or sent.get("home_area", area.area) != area.area:
        return "placed", run
    service, day = what
    units = sum(int(rules["units"].get(area.sessions[one].published["mode"], 1)) for one in run)
    taken: dict[str, int] = {}
    for child in members(sent):
        holder = sent["family_id"] if rules["counted_by"] == "family" else child["child_id"]
        gone = area.gone((service, holder, int(day[:4]))) + taken.get(holder, 0)
        if gone + units > rules["free_per_year"]:
            return "refused", "quota_spent"
        taken[holder] = taken.get(holder, 0) + units
    return "placed", run


class AgeWindow(Eye[Area]):
    """AGE: nobody is placed or waits whose age on the day of care lies outside what the service takes, and the age said is true."""

    def __init__(self, event_of: EventOf) -> None:
        super().__init__("AGE")
        self._event_of = event_of

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge each new booking."""
        data = fact["data"]
        if fact["type"] not in (*PLACED, WAITLISTED) or data["booking_id"] in area.bookings:
            return
        rules = rules_of(area, data["service"], decided.time_ms)
        if rules is None or not rules["age_months_min"] <= data["age_months"] <= rules["age_months_max"]:
            self.note(f"booking {data['booking_id']} is for a child of {data['age_months']} months", decided)
        event = self._event_of(decided)
        for child in [] if event is None or event["type"] not in REQUESTS else members(event["data"]):
            months = age_months(child["birth_date"], data["date"], month_end=in_force(area, decided.time_ms)["age_month_end"])
            if child["booking_id"] == data["booking_id"] and months != data["age_months"]:
                self.note(f"booking {data['booking_id']}: the child has {months} months on the day, not {data['age_months']}", decided)
