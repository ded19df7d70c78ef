"""What one area knows of beds. Plain objects with slots: a district holds 50,000 waiting and 10,000 beds in memory.

Only `agents.beds.evolve` and what it calls write here (and `snapshot` when it loads). Derived indexes are marked as such; they
follow from the rest and are rebuilt on load.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from agents.beds.policy import BedsParameters
from agents.beds.states import ApplicationState, BedState
from agents.shared.calendar import WorkingDays
from agents.shared.deadlines import Deadlines
from agents.shared.nearest import Place, Point
from agents.shared.policy import CitedVersions, PolicyBook
from agents.shared.waitlist import Line

Key = str
"""The order of one application now (`agents.beds.order.key_of`). Smaller is earlier."""
Lane = tuple[str, str, str]
"""Bed type, sex, and where: ``*`` any facility, of those ``S:<street>`` the street's own; ``O:<facility>`` residents of the facility's
own street, ``F:<facility>`` of any other."""
FOREVER_MS = 2**53


class Turn(NamedTuple):
    """Whose turn it is, at which group's beds, and whether by the street's own right."""

    key: Key
    group: "Group"
    by_right: bool


class Directed(NamedTuple):
    """A bed that an operator gave to an applicant out of order; the offer is made next."""

    application_id: str
    facility_id: str
    bed_id: str
    reason: str

    @property
    def key(self) -> str:
        """Of the work to be done."""
        return f"override|{self.application_id}"


class Facility(Place):
    """A home. Unlisted when only its beds came so far (I09): then nobody is sent there yet."""

    __slots__ = ("apart", "beds", "groups", "listed", "name", "places", "silent", "stale_at_ms", "street", "vacancies", "version")

    def __init__(self, facility_id: str) -> None:
        super().__init__(facility_id, 0.0, 0.0)
        self.places = (f"O:{facility_id}", f"F:{facility_id}")
        """Derived: the last words of its own lanes (`Lane`)."""
        self.listed = False
        self.name = ""
        self.street = ""
        self.version = 0
        self.stale_at_ms = 0
        self.silent = True
        self.beds: dict[str, Bed] = {}
        self.groups: dict[tuple[str, str, str], Group] = {}
        """Derived: free beds by type, sex and pool."""
        self.apart: set[str] = set()
        """Derived: applications to which this facility is not offered now. Asked, never walked."""
        self.vacancies: dict[str, dict[int, int]] = {}
        """Beds that became free, by type and day number: what a forecast counts."""


class Bed:
    """One bed, who it is promised to, and who lies in it."""

    __slots__ = (
        "application_id",
        "bed_id",
        "bed_type",
        "extensions",
        "facility",
        "leave_until_ms",
        "offer_id",
        "person_id",
        "pool",
        "published",
        "resident_id",
        "sex",
        "state",
        "task_ids",
        "until_ms",
        "version",
    )

    def __init__(self, facility: Facility, bed_id: str) -> None:
        self.facility = facility
        self.bed_id = bed_id
        self.bed_type = ""
        self.sex = ""
        self.pool = ""
        self.state = BedState.CLOSED
        self.published = ""
        self.version = 0
        self.offer_id: str | None = None
        self.application_id: str | None = None
        """Whom the bed is held or reserved for."""
        self.resident_id: str | None = None
        """The admitted application of who lies here; None for somebody of the facility's own."""
        self.person_id: str | None = None
        self.until_ms: int | None = None
        self.leave_until_ms: int | None = None
        self.extensions = 0
        """How often the stay of who lies here was extended."""
        self.task_ids: dict[str, str] = {}
        """Open human tasks about it: ``conflict``, ``leave``, ``stay``, ``cleaning``."""

    @property
    def key(self) -> str:
        """Facility and bed, as deadlines and tasks name it."""
        return f"{self.facility.place_id}|{self.bed_id}"


class Group:
    """The free beds of one facility that are alike: a type, a room's sex, a pool."""

    __slots__ = ("bed_type", "beds", "facility", "key", "pool", "sex", "sexes")

    def __init__(self, facility: Facility, bed_type: str, sex: str, pool: str) -> None:
        self.facility = facility
        self.bed_type = bed_type
        self.sex = sex
        self.pool = pool
        self.sexes = ("f", "m") if sex == "any" else (sex,)
        self.key = (facility.place_id, bed_type, sex, pool)
        self.beds: list[str] = []
        """Ids in ascending order."""


NOWHERE = Point(0.0, 0.0)
"""Of an application whose position is not set yet. Positions of applications are replaced, never moved."""


class Application:
    """One open application."""

    __slots__ = (
        "application_id",
        "arrival",
        "assessed_date",
        "assessment_until_ms",
        "bed",
        "bed_types",
        "bonus",
        "categories",
        "choices",
        "draw_id",
        "eligible_day",
        "emergency",
        "excluded",
        "expired_offer_id",
        "key",
        "lane_key",
        "lanes",
        "level",
        "line",
        "missed",
        "offer_id",
        "offered_ms",
        "offers",
        "person_id",
        "point",
        "priority_class",
        "promised_until_ms",
        "provisional",
        "refusals",
        "score",
        "sex",
        "state",
        "stay_days",
        "stay_from_day",
        "street",
        "suspended_until_ms",
        "suspension",
        "task_id",
        "wished",
        "within_m",
    )

    def __init__(self, application_id: str) -> None:
        self.application_id = application_id
        self.person_id = ""
        self.point = NOWHERE
        self.street = ""
        self.sex = ""
        self.level = 0
        self.score = 0
        self.assessed_date = ""
        self.assessment_until_ms = 0
        self.categories: tuple[str, ...] = ()
        self.priority_class = ""
        self.bed_types: tuple[str, ...] = ()
        self.wished: tuple[str, ...] = ()
        self.choices: tuple[str, ...] = ()
        self.within_m: int | None = None
        self.stay_days: int | None = None
        self.stay_from_day: int | None = None
        """Day number of a stay's first day, when it has one."""
        self.eligible_day = 0
        self.draw_id: str | None = None
        self.arrival = 0
        self.emergency = False
        self.state = ApplicationState.NEW
        self.refusals = self.offers = 0
        self.offer_id: str | None = None
        self.offered_ms = 0
        self.expired_offer_id: str | None = None
        """The last offer that ran out, so that a late answer is told so."""
        self.bed: Bed | None = None
        """The bed promised to them."""
        self.promised_until_ms = 0
        """When the offer expires, or the reservation."""
        self.provisional = False
        self.excluded: dict[str, int] = {}
        """Facilities not offered to them, and until when (`FOREVER_MS`: for good)."""
        self.suspended_until_ms = 0
        self.suspension = ""
        self.task_id: str | None = None
        self.key: Key | None = None
        """Derived: their place in line; None while they are not in it."""
        self.lane_key: Key | None = None
        """Derived: the key by which they stand in their lanes. Who is offered a bed stays in them until somebody looks, or they come
        back: most who decline stand again where they stood."""
        self.lanes: tuple[Lane, ...] = ()
        """Derived: empty without a `lane_key`."""
        self.missed: tuple[Lane, ...] = ()
        """Derived: lanes out of which they were taken while they were not in line."""
        self.line = ""
        """Derived: the class they are counted under."""
        self.bonus = 0
        """Derived: months waited that count."""


@dataclass(slots=True)
class Ended:
    """A closed application as it is remembered: its last state, the reason of a refusal, and when."""

    state: ApplicationState
    reason: str | None
    ended_ms: int


@dataclass(slots=True)
class BedsState:
    """Everything one area knows of beds."""

    area: str
    policies: PolicyBook[BedsParameters] = field(default_factory=lambda: PolicyBook(BedsParameters))
    calendar: WorkingDays = field(default_factory=WorkingDays)
    calendar_versions: dict[int, str] = field(default_factory=dict)
    draws: dict[str, str] = field(default_factory=dict)
    """Every draw ever committed: its id and the hash of its seed."""
    facilities: dict[str, Facility] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    residents: dict[str, Bed] = field(default_factory=dict)
    """By admitted application: the bed its person lies in."""
    ended: dict[str, Ended] = field(default_factory=dict)
    ended_order: deque[str] = field(default_factory=deque)
    """The keys of `ended` in the order of time, so that forgetting costs only what it forgets."""
    arrivals: int = 0
    below_quota: bool = False
    quota_task_id: str | None = None
    deadlines: Deadlines = field(default_factory=Deadlines)
    directed: Directed | None = None
    """Never set between events."""
    tasks: dict[str, str] = field(default_factory=dict)
    """Open human tasks of this domain's cases: task id to what it is about."""
    bed_tasks: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of the tasks about beds: the bed's key, and of what kind."""
    stuck: dict[str, int] = field(default_factory=dict)
    """Deadline keys withdrawn because firing them failed, with their instant: a human's until the task is completed."""
    stuck_tasks: dict[str, str] = field(default_factory=dict)
    """Tasks that own a stuck deadline: task id to its key."""
    today: int = 0
    """Day number up to which waiting bonuses are counted."""
    persons: dict[str, list[str]] = field(default_factory=dict)
    """Derived: open applications of a person (one of each kind at most), in order of arrival."""
    lying: dict[str, list[Bed]] = field(default_factory=dict)
    """Derived: the beds a person lies in: one."""
    lanes: dict[Lane, Line] = field(default_factory=dict)
    """Derived: who waits where. Only who can be offered a bed now is in a lane."""
    lines: dict[Lane, Line] = field(default_factory=dict)
    """Derived: type, sex, class: the same people once for each type, for ranks."""
    free: dict[tuple[str, str], dict[str, list[Group]]] = field(default_factory=dict)
    """Derived: by type and pool, then by facility, the groups that have a free bed: those of a pool that is not served are passed by."""
    dirty: dict[tuple[str, str, str, str], Group] = field(default_factory=dict)
    """Derived: groups whose free beds may suit somebody in line. May name too many, never too few."""
    turn: "Turn | None" = None
    """Derived: the next offer, once it has been looked for and until anything is written."""
    ageing: list[tuple[int, str]] = field(default_factory=list)
    """Derived: a heap of (day number, application) at which a bonus grows."""
    built_for: str = ""
    """Derived: the policy version the keys were made by."""
    ordered_by: tuple[object, ...] = ()
    """Derived: those of its parameters that a key depends on."""
    listed: int = 0
    """Derived: facilities that are listed."""
    routed: set[str] = field(default_factory=set)
    """Derived: facilities that may have lanes of their own. Asked, never walked."""
    provisional: dict[str, Application] = field(default_factory=dict)
    """Derived: open offers whose deadline a calendar may yet move, by application."""
    answer_by: tuple[int, str, int, bool] = (0, "", 0, False)
    """Derived: day number and policy version, and the end and provisionality of an offer made then. Blank when a calendar comes."""
    counts: dict[str, int] = field(default_factory=dict)
    """Derived: beds by state, over all facilities."""
    pooled: int = 0
    """Derived: beds of the quota's types in the district's and the city's pools, not closed."""
    basic: int = 0
    """Derived: beds of the quota's types, not closed."""
    waiting: int = 0
    """Derived: applications in line."""
    cited: CitedVersions = field(default_factory=CitedVersions)
    """Derived: the policy versions a decision cites."""
