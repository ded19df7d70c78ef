"""C01, C03, C05 to C09: seats and staff are promised within what there is, one place to one child, by the newest publication."""

from infra.checkers.childcare.area import MOVABLE, SEATED, Area, Session, forgotten
from infra.checkers.childcare.life import at_peace
from infra.checkers.childcare.policy import in_force, rules_of, weight_of
from infra.checkers.fold import Eye, Fact
from infra.checkers.logs import Decided

PLACED = ("childcare.booking.confirmed.v1", "childcare.booking.held.v1", "childcare.quota.asked.v1")
OFFER = "childcare.offer.made.v1"
EXTENDED = "childcare.booking.extended.v1"
PUBLISHED = "childcare.session.published.v1"
ENDS = (
    "childcare.booking.cancelled.v1", "childcare.booking.expired.v1", "childcare.booking.no_show.v1", "childcare.booking.displaced.v1",
    "childcare.child.turned_away.v1", "childcare.offer.declined.v1", "childcare.offer.expired.v1", "childcare.offer.withdrawn.v1",
)  # fmt: skip
"""Facts that free the seats of their booking."""


def new_seats(area: Area, fact: Fact) -> tuple[str, ...]:
    """The sessions in which this fact seats somebody who does not sit there yet."""
    kind, data = fact["type"], fact["data"]
    if kind == EXTENDED:
        return (data["session_id"],)
    if kind == OFFER or (kind in PLACED and data["booking_id"] not in area.open):
        return tuple(data["session_ids"])
    return ()


def _weight(area: Area, fact: Fact) -> int:
    booking = area.open.get(fact["data"]["booking_id"])
    return int(fact["data"].get("weight", 0) if booking is None else booking.data["weight"])


class WithinSeats(Eye[Area]):
    """C01: nobody is seated beyond the seats or in a closed session; what a site can no longer keep is said and seen to at once."""

    def __init__(self) -> None:
        super().__init__("C01")
        self._said: set[tuple[str, str]] = set()
        self._below: set[str] = set()

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge each new seat on what was free before it; remember what was lowered below use, before anybody is moved."""
        kind, data = fact["type"], fact["data"]
        if kind == "childcare.session.understaffed.v1":
            self._below.discard(data["session_id"])
        elif kind in (PUBLISHED, "childcare.staffing.recorded.v1") and data["session_id"] in area.sessions:
            known = area.sessions[data["session_id"]]
            seats = data["seats"] if kind == PUBLISHED else known.published["seats"]
            weighted = data["weighted"] if kind == PUBLISHED else known.published["weighted"]
            if known.taken > seats or (weighted and known.care > data["care_limit"]):
                self._below.add(data["session_id"])
        for session_id in new_seats(area, fact):
            session = area.sessions.get(session_id)
            if session is None:
                self.note(f"{session_id} was never published and was given {fact['data']['booking_id']}", decided)
            elif session.shut:
                self.note(f"{session_id} is closed and was given {fact['data']['booking_id']}", decided)
            elif session.taken >= session.published["seats"]:
                seats = session.published["seats"]
                self.note(f"{session_id} has {seats} seats, {session.taken} taken, and was given one more", decided)

    def after(self, area: Area, decided: Decided) -> None:
        """A session promised beyond its seats or staff has said so, and nobody who can be moved is left in it."""
        for session_id in sorted(self._below):
            self.note(f"{session_id} was lowered below what is promised and not flagged", decided)
        self._below.clear()
        if not at_peace(decided):
            return
        for session_id, session in area.sessions.items():
            if not (session.seated and (session.shut or session.over)) or (area.area, session_id) in self._said:
                continue
            left = [one for one in session.seated if one in area.open and area.open[one].state in MOVABLE]
            if left and not area.has_human(f"move|{session_id}"):
                self._said.add((area.area, session_id))
                self.note(f"{session_id} cannot keep {left[0]}, which was neither moved nor told", decided)


class StaffRatio(Eye[Area]):
    """C09: at every minute of a session the weighted children are within staff x ratio, in whole hundredths."""

    def __init__(self) -> None:
        super().__init__("C09")

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """The limit is staff times ratio, the weight follows from the age, and each new seat and each arrival is within."""
        kind, data = fact["type"], fact["data"]
        if kind in (PUBLISHED, "childcare.staffing.recorded.v1"):
            self._limit(area, decided, kind, data)
        if kind in (*PLACED, "childcare.booking.waitlisted.v1") and data["booking_id"] not in area.open:
            rules = rules_of(area, data["service"], decided.time_ms)
            if rules is not None and data["weight"] != weight_of(rules, data["age_months"]):
                self.note(f"booking {data['booking_id']} of {data['age_months']} months weighs {data['weight']}", decided)
        for session_id in new_seats(area, fact):
            session = area.sessions.get(session_id)
            weight = _weight(area, fact)
            if session is not None and session.published["weighted"] and session.care + weight > session.care_limit:
                self.note(f"{session_id} may care for {session.care_limit}, has {session.care} and was given {weight} more", decided)
        if kind in ("childcare.child.checked_in.v1", "childcare.child.carried_over.v1"):
            self._arrives(area, decided, fact)

    def _limit(self, area: Area, decided: Decided, kind: str, data: dict[str, object]) -> None:
        session = area.sessions.get(str(data["session_id"]))
        service = data["service"] if kind == PUBLISHED else (session.published["service"] if session is not None else None)
        rules = rules_of(area, str(service), decided.time_ms)
        if rules is None or (kind == PUBLISHED and session is not None and session.reported_ms):
            return  # a report of who is there goes before the plan
        staff = data["staff" if kind == PUBLISHED else "staff_present"]
        if data["care_limit"] != int(str(staff)) * rules["care_per_staff"]:
            self.note(f"{data['session_id']}: {staff} of staff may care for {data['care_limit']}", decided)

    def _arrives(self, area: Area, decided: Decided, fact: Fact) -> None:
        carried = fact["type"] == "childcare.child.carried_over.v1"
        booking = area.open.get(fact["data"]["next_booking_id" if carried else "booking_id"])
        for session_id in () if booking is None or carried else booking.session_ids:
            session = area.sessions.get(session_id)
            inside = 0 if session is None else _inside(area, session)
            if session is None or booking is None or not session.published["weighted"]:
                continue
            if inside + booking.data["weight"] > session.care_limit:
                self.note(f"{session_id}: {inside} in the room, staff for {session.care_limit}, and one more was let in", decided)


def _inside(area: Area, session: Session) -> int:
    return sum(weight for one, weight in session.seated.items() if one in area.open and area.open[one].state == "checked_in")


class OnePlace(Eye[Area]):
    """C03: a child's sessions never overlap by a minute; adjacent ones are no overlap; one open offer from waitlists a child."""

    def __init__(self) -> None:
        super().__init__("C03")

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge each new seat beside the child's other ones."""
        kind, data = fact["type"], fact["data"]
        if not new_seats(area, fact):
            return
        for booking_id, other in area.beside(data["child_id"]):
            if booking_id == data["booking_id"]:
                continue
            if other.state in SEATED and other.starts_ms < data["ends_ms"] and data["starts_ms"] < other.ends_ms:
                self.note(f"child {data['child_id']} sits in {booking_id} and was given {data['booking_id']} at the same time", decided)
            if kind == OFFER and data["kind"] == "waitlist" and other.state == "offered" and other.offer_kind == "waitlist":
                self.note(f"child {data['child_id']} has an open offer and was made another", decided)


class FreedOnce(Eye[Area]):
    """C05: what frees a seat finds its booking in that seat; a second cancellation finds nothing."""

    def __init__(self) -> None:
        super().__init__("C05")

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge each ending by the seats its booking has."""
        kind, data = fact["type"], fact["data"]
        if kind not in ENDS:
            return
        booking = area.open.get(data["booking_id"])
        if booking is None:
            self.note(f"booking {data['booking_id']} has ended and {kind} frees its seats again", decided)
        elif booking.state != "waitlisted":
            where = data["session_id"]
            if where != booking.session_ids[0]:
                self.note(f"booking {data['booking_id']} sits in {booking.session_ids[0]} and is freed in {where}", decided)


class NewestWins(Eye[Area]):
    """C06: the version of a session only rises."""

    def __init__(self) -> None:
        super().__init__("C06")

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge each publication."""
        data = fact["data"]
        session = area.sessions.get(data.get("session_id") or "")
        if fact["type"] != PUBLISHED or session is None or forgotten(session, decided.time_ms):
            return
        if data["version"] <= session.published["version"]:
            self.note(f"{data['session_id']} went from version {session.published['version']} to {data['version']}", decided)


class CitesCapacity(Eye[Area]):
    """C07, C08: a hold cites the publication in force, which is not older than policy allows."""

    def __init__(self) -> None:
        super().__init__("C08")

    def before(self, area: Area, decided: Decided, fact: Fact) -> None:
        """Judge each new hold."""
        if fact["type"] not in (*PLACED, OFFER) or not new_seats(area, fact):
            return
        data, age_s_max = fact["data"], in_force(area, decided.time_ms)["capacity_age_s_max"]
        for place, session_id in enumerate(data["session_ids"]):
            session = area.sessions.get(session_id)
            if session is None:
                continue
            if place == 0 and data["capacity_version"] != session.published["version"]:
                version = session.published["version"]
                self.note(f"{data['booking_id']} cites version {data['capacity_version']} of {session_id}, in force is {version}", decided)
            if decided.time_ms - session.published_ms > age_s_max * 1000:
                age_s = (decided.time_ms - session.published_ms) // 1000
                self.note(f"{data['booking_id']} rests on what {session_id} published {age_s} s ago", decided)
