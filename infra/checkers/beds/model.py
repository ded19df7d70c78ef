"""A naive picture of beds: homes, beds, applications, promises, residents. `writing` says how the journal's facts make it."""

from dataclasses import dataclass, field
from typing import Any

from infra.checkers import fold

Data = dict[str, Any]
BedKey = tuple[str, str]
"""Facility, bed."""
PROMISED = ("offered", "accepted")
ENDED = ("admitted", "refused", "withdrawn", "deceased", "ineligible")


@dataclass
class Facility:
    """A home. ``listed`` is None until it is registered."""

    listed: Data | None = None
    silent: bool = True
    stale_at_ms: int = 0
    version: int = 0
    """The highest it published by."""


@dataclass
class Bed:
    """One bed, whom it is promised to, and who lies in it. ``due`` are the instants something is expected by, by kind."""

    facility_id: str
    bed_id: str
    bed_type: str = ""
    sex: str = ""
    pool: str = ""
    state: str = "closed"
    published: str = ""
    version: int = 0
    offer_id: str | None = None
    resident_id: str | None = None
    person_id: str | None = None
    until_ms: int | None = None
    leave_until_ms: int | None = None
    extensions: int = 0
    due: dict[str, int] = field(default_factory=dict)

    @property
    def key(self) -> BedKey:
        """Its name."""
        return (self.facility_id, self.bed_id)


@dataclass
class Application:
    """One application. ``due_ms`` is the instant by which its state ends, None when a human has it."""

    first: Data
    state: str
    level: int
    score: int
    categories: list[str]
    bed_types: list[str]
    wished: list[str]
    assessed_date: str
    assessment_until_ms: int
    emergency: bool = False
    refusals: int = 0
    suspension: str = ""
    excluded: dict[str, int | None] = field(default_factory=dict)
    offer_id: str | None = None
    due_ms: int | None = None
    lapse_ms: int | None = None
    """When the last day of a stay with a first day has come."""

    @property
    def application_id(self) -> str:
        """Its name."""
        return str(self.first["application_id"])


@dataclass
class Offer:
    """One promise: ``open``, ``accepted``, then ``kept`` or ``ended``. ``told`` is why it ends, until the bed is released."""

    data: Data
    state: str = "open"
    told: str | None = None
    due_ms: int = 0
    made_ms: int = 0


@dataclass
class Area(fold.Area):
    """One area, as its facts tell it."""

    facilities: dict[str, Facility] = field(default_factory=dict)
    beds: dict[BedKey, Bed] = field(default_factory=dict)
    free: dict[BedKey, Bed] = field(default_factory=dict)
    """Those of them that are free."""
    applications: dict[str, Application] = field(default_factory=dict)
    """All that were ever spoken of."""
    open: dict[str, Application] = field(default_factory=dict)
    """Those that are not over."""
    persons: dict[str, list[Application]] = field(default_factory=dict)
    """Open ones by person."""
    offers: dict[str, Offer] = field(default_factory=dict)
    overrides: dict[BedKey, Data] = field(default_factory=dict)
    """Beds given out of order, until their offers are made."""
    draws: dict[str, str] = field(default_factory=dict)
    """Committed draws: the hash of the seed."""
    about: dict[str, Data] = field(default_factory=dict)
    """Open human tasks, as `fold.Area.tasks`; kept until the domain's own writers have seen their end."""

    def facility(self, facility_id: str) -> Facility:
        """The home, blank when nothing was said of it."""
        return self.facilities.setdefault(facility_id, Facility())

    def bed(self, data: Data) -> Bed | None:
        """The bed that a fact names."""
        return self.beds.get((data["facility_id"], data["bed_id"]))

    def promise(self, person_id: str) -> Application | None:
        """The open application of this person to which a bed is promised."""
        return next((one for one in self.persons.get(person_id, ()) if one.state in PROMISED), None)

    def move(self, bed: Bed, state: str) -> None:
        """Write a bed's state."""
        bed.state = state
        if state == "free":
            self.free[bed.key] = bed
        else:
            self.free.pop(bed.key, None)

    def settle(self, application: Application, state: str, due_ms: int | None) -> None:
        """Write an application's state."""
        application.state, application.due_ms = state, due_ms
        name = application.application_id
        if state in ENDED and name in self.open:
            del self.open[name]
            self.persons[application.first["person_id"]].remove(application)
