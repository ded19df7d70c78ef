"""What a naive model of childcare knows: sites, sessions with who sits in them, bookings, waits, quotas."""

from dataclasses import dataclass, field
from typing import Any

from infra.checkers import fold
from infra.checkers.childcare.policy import in_force

Data = dict[str, Any]
DAY_MS = 86_400_000
SEATED = ("offered", "quota_asked", "held", "confirmed", "checked_in")
"""States in which a booking sits in its sessions."""
MOVABLE = ("offered", "quota_asked", "held", "confirmed")
TERMINAL = ("completed", "no_show", "turned_away", "cancelled", "expired", "declined", "displaced", "refused")
Holder = tuple[str, str, int]
"""Whose quota: service, child or family, year."""


@dataclass
class Site:
    """What is known of a site. ``listed`` is None until it is registered."""

    listed: Data | None = None
    closures: list[tuple[int, int | None]] = field(default_factory=list)


@dataclass
class Session:
    """One session: the publication in force, and who holds or has used a seat in it, with what each weighs."""

    published: Data
    published_ms: int
    care_limit: int
    reported_ms: int = 0
    shut: bool = False
    seated: dict[str, int] = field(default_factory=dict)
    """Bookings that hold a seat or sit in one, in the order in which they came, to their weight."""
    gone: list[int] = field(default_factory=list)
    """Weights of those that came and went: their seats stay used."""
    waiting: list[str] = field(default_factory=list)
    """Bookings in the waitlist, in its order; one with an open offer keeps its place."""
    understaffed: int = 0
    closed: int = 0

    @property
    def taken(self) -> int:
        """Seats held and used."""
        return len(self.seated) + len(self.gone)

    @property
    def care(self) -> int:
        """What they weigh, in hundredths."""
        return sum(self.seated.values()) + sum(self.gone)

    def has_room(self, weight: int) -> bool:
        """A seat, and staff, for one more of this weight."""
        p = self.published
        return not self.shut and self.taken < p["seats"] and (not p["weighted"] or self.care + weight <= self.care_limit)

    @property
    def over(self) -> bool:
        """More is promised or used than seats or staff allow."""
        return self.taken > self.published["seats"] or (self.published["weighted"] and self.care > self.care_limit)


@dataclass
class Booking:
    """One booking and where it stands. ``due_ms``: when the clock must next act on it."""

    state: str
    data: Data
    session_ids: tuple[str, ...]
    starts_ms: int
    ends_ms: int
    due_ms: int | None = None
    free_units: int = 0
    units: int = 0
    price_fen: int | None = None
    request_id: str | None = None
    answered: bool = False
    provisional: bool = False
    consumed: bool = False
    was_confirmed: bool = False
    offer_id: str | None = None
    offer_kind: str = ""
    ended_ms: int = 0


@dataclass
class Quota:
    """A holder's year, by booking or request: what is promised and what was used."""

    reserved: dict[str, int] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)

    @property
    def gone(self) -> int:
        """Units that are not free any more."""
        return sum(self.reserved.values()) + sum(self.used.values())


@dataclass
class Area(fold.Area):
    """One area, as its facts tell it."""

    sites: dict[str, Site] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    bookings: dict[str, Booking] = field(default_factory=dict)
    open: dict[str, Booking] = field(default_factory=dict)
    """Those of `bookings` that have not ended."""
    children: dict[str, list[str]] = field(default_factory=dict)
    """Every booking id of a child, in the order in which they came."""
    quotas: dict[Holder, Quota] = field(default_factory=dict)
    requests: dict[str, tuple[str, Holder | None]] = field(default_factory=dict)
    """Questions of other areas: ``reserved``, ``denied``, ``consumed`` or ``returned``, and whose quota it is."""
    homes: dict[str, tuple[int, bool]] = field(default_factory=dict)
    """Children the registry spoke of: version, and whether they live here."""
    carried: dict[str, dict[tuple[str, str, int], int]] = field(default_factory=dict)
    """What other areas counted of a child that moved here, by area, service and year."""
    account_awaited: dict[str, str] = field(default_factory=dict)
    """By child: the question to another area without whose answer nothing is free here."""
    account_counts: set[str] = field(default_factory=set)
    """Questions that asked for what was counted only."""
    account_gone: set[str] = field(default_factory=set)
    """Children whose account was handed on, or is asked for back."""
    years: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    """By service and holder: the years there is anything of."""
    holidays: dict[int, list[str]] = field(default_factory=dict)

    def quota(self, holder: Holder) -> Quota:
        """A holder's year, empty when nothing was said of it yet."""
        found = self.quotas.get(holder)
        if found is None:
            found = self.quotas[holder] = Quota()
            self.years.setdefault(holder[:2], set()).add(holder[2])
        return found

    def gone(self, holder: Holder) -> int:
        """What is not free any more of a holder's year: here, and in the areas where a child lived before."""
        service, who, year = holder
        carried = self.carried.get(who)
        elsewhere = 0 if carried is None else sum(units for key, units in carried.items() if key[1:] == (service, year))
        return self.quota(holder).gone + elsewhere

    def beside(self, child_id: str) -> list[tuple[str, Booking]]:
        """The child's open bookings."""
        ids = self.children.get(child_id, [])
        return [(booking_id, self.open[booking_id]) for booking_id in ids if booking_id in self.open]

    def next_waiter(self, session: Session) -> str | None:
        """Who is next: the first that waits, for whom there is room, and that has no other offer open; nobody by a publication too old."""
        if self.now_ms - session.published_ms > in_force(self, self.now_ms)["capacity_age_s_max"] * 1000:
            return None
        for booking_id in session.waiting:
            booking = self.open.get(booking_id)
            if booking is None or booking.state != "waitlisted" or not session.has_room(booking.data["weight"]):
                continue
            if not any(other.state == "offered" for _, other in self.beside(booking.data["child_id"])):
                return booking_id
        return None


def at_home(area: Area, child_id: str, now_ms: int) -> bool:
    """Whether the child's quota is kept here: it lives here, and its account, if it moved, has come."""
    if child_id in area.homes:
        return area.homes[child_id][1] and child_id not in area.account_awaited and child_id not in area.account_gone
    return bool(in_force(area, now_ms)["home_children"] == "told")


def forgotten(session: Session, now_ms: int) -> bool:
    """Over for more than a day and nobody's: its id may come again for another day, as a session nobody knows."""
    return session.published["closes_ms"] < now_ms - DAY_MS and not session.seated and not session.waiting


def holder_of(data: Data) -> Holder:
    """Whose quota a fact names."""
    return (data["service"], data["quota_holder"], data["quota_year"])
