"""What one area knows of childcare. Only `agents.childcare.evolve` writes here (and `snapshot` when it loads). Derived indexes are
marked as such; they follow from the rest and are rebuilt on load."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from agents.childcare.policy import ChildcareParameters
from agents.childcare.states import BookingState
from agents.shared.calendar import WorkingDays
from agents.shared.deadlines import Deadlines
from agents.shared.ledger import Ledger
from agents.shared.nearest import Grid, Place
from agents.shared.obligation import Obligations
from agents.shared.policy import CitedVersions, PolicyBook
from agents.shared.seats import Seats

DayKey = tuple[str, str]
"""Service and date (``YYYY-MM-DD``)."""


class Closure:
    """When a site is closed: from an instant until another (None: further notice)."""

    __slots__ = ("from_ms", "reason", "until_ms")

    def __init__(self, from_ms: int, until_ms: int | None, reason: str) -> None:
        self.from_ms = from_ms
        self.until_ms = until_ms
        self.reason = reason

    def touches(self, starts_ms: int, ends_ms: int) -> bool:
        """Whether any of the interval falls into the closure."""
        return self.from_ms < ends_ms and (self.until_ms is None or starts_ms < self.until_ms)


@dataclass(slots=True)
class SiteFile:
    """一机构一档案: what the events say of a site over time, counted."""

    sessions: int = 0
    attended: int = 0
    no_shows: int = 0
    late_pickups: int = 0
    ratio_breaches: int = 0
    understaffed: int = 0
    incidents: int = 0
    inspections: int = 0
    inspections_missed: int = 0
    inspected_ms: int = 0


class Site(Place):
    """One site. Unlisted when only its sessions or a closure came so far (I09): then no window finds it."""

    __slots__ = ("closures", "file", "kind", "listed", "name", "sessions", "street")

    def __init__(self, site_id: str) -> None:
        super().__init__(site_id, 0.0, 0.0)
        self.listed = False
        self.name = ""
        self.kind = ""
        self.street = ""
        self.closures: list[Closure] = []
        self.sessions: dict[DayKey, list[Session]] = {}
        """By service and date, in the order of (start, end, id)."""
        self.file = SiteFile()


class Session(Seats):
    """The seats of one session; ``care`` are the same for weights, in hundredths, where the service has a ratio."""

    __slots__ = (
        "attended", "bookings", "care", "closes_ms", "date", "ends_ms", "mode", "move_key", "no_shows", "offer_key", "planned",
        "reported", "reported_ms", "service", "session_id", "short", "site", "starts_ms", "waiting", "weighted",
    )  # fmt: skip

    def __init__(self, session_id: str, site: Site) -> None:
        super().__init__()
        self.session_id = session_id
        self.site = site
        self.care = Seats()
        self.weighted = False
        self.service = ""
        self.date = ""
        self.mode = ""
        self.starts_ms = 0
        self.ends_ms = 0
        self.closes_ms = 0
        self.planned = 0
        self.reported: int | None = None
        self.reported_ms = 0
        self.attended = 0
        self.no_shows = 0
        self.short = False
        """More is promised than there is, and it has been said."""
        self.bookings: dict[str, Booking] = {}
        """Those that hold or use seats here, in the order in which they came."""
        self.waiting: dict[str, Booking] = {}
        """Those in the waitlist, in its order; one with an open offer keeps its place."""
        self.move_key = f"move|{session_id}"
        self.offer_key = f"next|{session_id}"

    @property
    def staff(self) -> int:
        """Present as reported; planned until somebody reports."""
        return self.planned if self.reported is None else self.reported

    @property
    def bookable(self) -> int:
        """Free seats, as far as the staff may care for more children at all: an estimate for gauges and the index."""
        free = self.free if self.free > 0 else 0
        return free if not self.weighted or self.care.free > 0 else 0

    @property
    def over(self) -> bool:
        """More is promised or used than seats or staff allow."""
        return self.free < 0 or self.care.free < 0


Run = tuple[Session, ...]
"""Adjacent sessions of one site."""
WindowKey = tuple[int, int, str | None, bool, int]
"""From, to, mode, whether within, and how far a place may lie beside it."""


class Lying(NamedTuple):
    """How a site's sessions lie to a window: single ones that suit, those where a chain may begin, and what it may be made of."""

    singles: tuple[Run, ...]
    heads: tuple[Session, ...]
    fitting: Sequence[Session]


class ServiceDay:
    """One service on one date over all sites."""

    __slots__ = ("closes_ms", "free", "free_sessions", "sessions", "windows")

    def __init__(self) -> None:
        self.sessions = 0
        self.closes_ms = 0
        self.free: Grid[Site] = Grid()
        """Derived: listed sites with a bookable session."""
        self.free_sessions: dict[str, int] = {}
        """Derived: bookable sessions by site."""
        self.windows: dict[WindowKey, dict[str, Lying]] = {}
        """Derived: by window and site what lies there, as far as somebody asked; emptied by every publication of the day."""


class Booking:
    """One open booking. ``run`` are the adjacent sessions it holds, waits for or is offered."""

    __slots__ = (
        "age_months", "answered", "ask_task_id",
        "booking_id", "brought_by", "child_id", "confirmed_once", "consumed", "distance_m", "ends_ms",
        "family_id", "free_units", "granted", "group_id", "home_area", "joined_to", "lat", "level", "lon", "offer_id", "offer_kind",
        "price_fen", "provisional", "quota_left", "request_id", "run", "starts_ms", "state", "task_id", "travel_s", "units", "weight",
    )  # fmt: skip

    def __init__(self, booking_id: str) -> None:
        self.booking_id = booking_id
        self.child_id = ""
        self.family_id = ""
        self.state = BookingState.NEW
        self.run: tuple[Session, ...] = ()
        self.starts_ms = 0
        self.ends_ms = 0
        self.age_months = 0
        self.weight = 0
        self.lat = 0.0
        self.lon = 0.0
        self.distance_m = 0
        self.travel_s = 0
        self.units = 0
        self.free_units = 0
        self.granted = 0
        self.quota_left: int | None = None
        self.price_fen: int | None = None
        self.provisional = False
        self.home_area = ""
        self.request_id: str | None = None
        """The question to the home area, once asked."""
        self.answered = False
        self.consumed = False
        """The quota is used: nothing gives it back any more."""
        self.confirmed_once = False
        self.group_id: str | None = None
        self.joined_to: str | None = None
        self.offer_id: str | None = None
        self.offer_kind = ""
        self.brought_by: str | None = None
        self.level = 0
        """Steps taken because nobody collects the child."""
        self.task_id: str | None = None
        """A human's, because nobody collects the child."""
        self.ask_task_id: str | None = None
        """A human's, because the home area does not answer."""

    @property
    def first(self) -> Session:
        """The session it begins with."""
        return self.run[0]


@dataclass(slots=True)
class Ended:
    """An ended booking as it is remembered. ``ask`` is what a late answer of the home area needs to know."""

    state: BookingState
    reason: str | None
    ended_ms: int
    ask: "LateAnswer | None" = None


@dataclass(slots=True)
class LateAnswer:
    """A question still out when its booking ended with the use of a session: whose, how much, and at what price."""

    request_id: str
    child_id: str
    family_id: str
    service: str
    mode: str
    home_area: str
    units: int
    price_fen: int | None


@dataclass(slots=True)
class QuotaRequest:
    """A question of another area, decided here: ``state`` is ``reserved``, ``denied``, ``consumed`` or ``returned``."""

    booking_id: str
    asking_area: str
    state: str
    decided_ms: int


@dataclass(slots=True)
class Account:
    """How an area stands to the account of a child that moved (`agents.childcare.moves`). ``status``: ``kept``, ``waiting`` or ``handed``.

    ``floor``: questions of this version of the register or an older one are overtaken. ``other`` was asked, or handed to, last.
    """

    status: str
    floor: int
    other: str = ""
    asked: dict[str, str] = field(default_factory=dict)
    """Questions not answered, with the area that was asked."""
    pending: str | None = None
    """The one without whose answer nothing is free here."""
    task_id: str | None = None
    """A human's, because it is overdue."""
    deferred: tuple[str, str, int] | None = None
    """Who waits for the account here: request, area and version."""
    counted: dict[str, int] = field(default_factory=dict)
    """Units counted in other areas, by ``area|service|year``."""
    had: bool = False
    """The account was kept here at some time: what the register says late of before tells nothing new."""
    uncounted: tuple[str, ...] = ()
    """Areas still to be asked what they have counted, in this order."""
    heard: tuple[str, ...] = ()
    """Areas that have answered since the account came here."""
    counting: tuple[str, ...] = ()
    """Questions not answered that ask what was counted only: no answer to them brings the account."""
    elsewhere: dict[str, int] = field(default_factory=dict)
    """Derived: their sums by ``service|year``."""


@dataclass(slots=True)
class Entitlement:
    """Sessions somebody is to have in a year."""

    service: str
    holder_id: str
    year: int
    sessions: int


@dataclass(slots=True)
class Absences:
    """A child's no-shows inside the window, and until when it may book on the day only."""

    at_ms: list[int] = field(default_factory=list)
    restricted_until_ms: int = 0


@dataclass(slots=True)
class ChildcareState:
    """Everything one area knows of childcare."""

    area: str
    policies: PolicyBook[ChildcareParameters] = field(default_factory=lambda: PolicyBook(ChildcareParameters))
    calendar: WorkingDays = field(default_factory=WorkingDays)
    calendar_versions: dict[int, str] = field(default_factory=dict)
    holidays: dict[str, int] = field(default_factory=dict)
    """Derived: days the calendars in force name as holidays, to their year."""
    sites: dict[str, Site] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    days: dict[DayKey, ServiceDay] = field(default_factory=dict)
    bookings: dict[str, Booking] = field(default_factory=dict)
    ended: dict[str, Ended] = field(default_factory=dict)
    ended_order: deque[str] = field(default_factory=deque)
    """The keys of `ended` in the order of time, so that forgetting costs only what it forgets."""
    ledger: Ledger = field(default_factory=Ledger)
    requests: dict[str, QuotaRequest] = field(default_factory=dict)
    entitlements: dict[str, Entitlement] = field(default_factory=dict)
    absences: dict[str, Absences] = field(default_factory=dict)
    pickup: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    """By child: version and the persons who may bring and collect it."""
    homes: dict[str, tuple[int, bool]] = field(default_factory=dict)
    """By child: version and whether it lives here, as far as the registry has told."""
    accounts: dict[str, Account] = field(default_factory=dict)
    """By child, of those that moved."""
    recorded: dict[str, int] = field(default_factory=dict)
    """Ids of incidents and inspections, with their instant: written once."""
    deadlines: Deadlines = field(default_factory=Deadlines)
    inspections: Obligations = field(init=False)
    """A visit to every listed site a month."""
    tasks: dict[str, str] = field(default_factory=dict)
    """Open human tasks of this domain's cases: task id to what it is about."""
    stuck: dict[str, int] = field(default_factory=dict)
    """Deadline keys withdrawn because firing them failed, with their instant: a human's until the task is completed."""
    stuck_tasks: dict[str, str] = field(default_factory=dict)
    swept_ms: int = 0
    listed: Grid[Site] = field(default_factory=Grid)
    """Derived: every listed site."""
    children: dict[str, dict[str, Booking]] = field(default_factory=dict)
    """Derived: a child's open bookings."""
    groups: dict[str, dict[str, Booking]] = field(default_factory=dict)
    """Derived: a group's open bookings."""
    places_total: int = 0
    """Derived: published seats of all sessions in memory, as `places_free` is of the bookable ones."""
    places_free: int = 0
    waiting: int = 0
    """Derived: bookings in waitlists without an offer."""
    offers: int = 0
    """Derived: open offers."""
    cited: CitedVersions = field(default_factory=CitedVersions)
    """Derived: the policy versions a decision cites."""

    def __post_init__(self) -> None:
        self.inspections = Obligations("inspect", self.deadlines)
