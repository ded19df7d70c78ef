"""What one area knows of emergency. Plain objects with slots; only `agents.emergency.evolve` writes here (and `snapshot` on load).

Derived fields are marked as such; they follow from the rest and are rebuilt on load.
"""

from collections import deque
from dataclasses import dataclass, field

from agents.emergency.policy import ROLE_OVERRIDE, ROLE_STOPGAP, EmergencyParameters
from agents.emergency.states import CallState, Leg
from agents.shared.deadlines import Deadlines
from agents.shared.obligation import Obligations
from agents.shared.policy import PolicyBook
from agents.shared.responders import Units

SEVERITIES = ("life", "urgent", "help")
"""Highest first."""


@dataclass(slots=True)
class Engagement:
    """One responder of an incident. ``served`` is kept after it left the scene: then its role needs nobody any more."""

    role: str
    leg: Leg
    asked_ms: int
    misses: int = 0


class Call:
    """One incident that no human has closed."""

    __slots__ = (
        "accepted_contact",
        "answered_ms",
        "arrived_ms",
        "asked",
        "attempt",
        "call_id",
        "called",
        "called_contact",
        "channel",
        "contact_step",
        "correlationid",
        "device_id",
        "dispatched_ms",
        "dispatching",
        "engaged",
        "handed_to",
        "kind",
        "last_act_ms",
        "lat",
        "level",
        "lon",
        "manual",
        "names",
        "needs",
        "needs_review",
        "opened_ms",
        "operator_id",
        "person_id",
        "released_to",
        "roles",
        "round",
        "served",
        "severity",
        "short",
        "signals",
        "silent",
        "state",
        "tasks",
        "triaged",
        "version",
    )  # fmt: skip

    def __init__(self, call_id: str) -> None:
        self.call_id = call_id
        self.channel = self.kind = ""
        self.severity = ""
        self.person_id: str | None = None
        self.device_id: str | None = None
        self.lat: float | None = None
        self.lon: float | None = None
        self.version = ""
        """The policy version it runs on."""
        self.correlationid: str | None = None
        self.needs_review: tuple[str, ...] = ()
        self.opened_ms = 0
        self.answered_ms: int | None = None
        self.dispatched_ms: int | None = None
        self.arrived_ms: int | None = None
        self.last_act_ms = 0
        """When a human last did something about it."""
        self.state = CallState.NEW
        self.silent = False
        """Nobody has been heard: no answer to a question makes it lighter (E14, E18)."""
        self.level = 0
        self.operator_id: str | None = None
        self.triaged = False
        self.manual = False
        """An operator chooses responders, not the rules."""
        self.dispatching = False
        """Responders are wanted."""
        self.roles: tuple[tuple[str, ...], ...] = ()
        self.needs: tuple[str, ...] = ()
        self.engaged: dict[str, Engagement] = {}
        self.served: list[str] = []
        """Roles whose responder was at the scene and has left."""
        self.asked: dict[str, str] = {}
        """Responders who will not come, with the rule that says so from now on."""
        self.round = 0
        self.attempt = 0
        self.short = False
        """Somebody is still to be found: it is looked for again."""
        self.signals = 1
        self.names: list[str] = []
        """Call ids of merged signals, so many as policy keeps."""
        self.contact_step = 0
        self.called_contact: str | None = None
        self.called: list[str] = []
        """Contacts who were called, each once: whoever else accepts was not asked, and is shown nothing."""
        self.accepted_contact: str | None = None
        self.released_to: list[str] = []
        self.handed_to: list[str] = []
        self.tasks: dict[str, str] = {}
        """Open human tasks of this incident: kind to task id."""

    def missing(self) -> tuple[tuple[str, ...], ...]:
        """Roles of the mix that nobody fills or has filled."""
        filled = [engagement.role for engagement in self.engaged.values()] + self.served
        left = []
        for role in self.roles:
            if role[0] in filled:
                filled.remove(role[0])
            else:
                left.append(role)
        return tuple(left)

    def in_hand(self) -> bool:
        """Whether every role has said that it comes, or another desk has it, or nobody is wanted."""
        coming = all(engagement.leg is not Leg.ASKED for engagement in self.engaged.values())
        return bool(self.handed_to) or not self.dispatching or (coming and not self.missing())

    def progress(self) -> CallState:
        """The state that what is known amounts to."""
        if self.handed_to:
            return CallState.HANDED_OVER
        legs = {engagement.leg for engagement in self.engaged.values()}
        if Leg.ON_SCENE in legs or self.served:
            return CallState.ON_SCENE
        if Leg.EN_ROUTE in legs:
            return CallState.EN_ROUTE
        if Leg.ACCEPTED in legs:
            return CallState.ACCEPTED
        if Leg.ASKED in legs:
            return CallState.DISPATCHED
        if self.triaged:
            return CallState.TRIAGED
        return CallState.ANSWERED if self.answered_ms is not None else CallState.RECEIVED

    def role_for(self, skills: tuple[str, ...]) -> str:
        """The missing role that one with these skills fills, or the role of an override."""
        for role in self.missing():
            if set(role[1:]) <= set(skills):
                return role[0]
        return ROLE_OVERRIDE

    def alone(self) -> bool:
        """Whether nobody at all is on the way or was there."""
        return not self.engaged and not self.served

    def stopgaps(self) -> int:
        """How many were sent without the skills."""
        return sum(engagement.role == ROLE_STOPGAP for engagement in self.engaged.values())


@dataclass(slots=True)
class Ended:
    """A closed incident as it is remembered; ``state`` becomes called_back. ``callback`` says whether one is owed."""

    state: CallState
    outcome: str
    person_id: str | None
    ended_ms: int
    version: str
    callback: bool
    task_id: str | None = None


@dataclass(slots=True)
class Device:
    """A device in use; whether it lives is in `EmergencyState.heartbeats`."""

    device_id: str
    kind: str
    person_id: str | None
    lat: float | None
    lon: float | None
    battery_percent: int | None = None
    low: bool = False
    task_id: str | None = None


@dataclass(slots=True)
class Cover:
    """Who must be covered, and by which contacts (id, from minute, until minute) in the order they are called."""

    person_id: str
    lives_alone: bool
    eligible: bool
    lat: float | None
    lon: float | None
    contacts: tuple[tuple[str, int, int], ...]
    access_id: str | None


@dataclass(slots=True)
class EmergencyState:
    """Everything one area knows of emergency."""

    area: str
    policies: PolicyBook[EmergencyParameters] = field(default_factory=lambda: PolicyBook(EmergencyParameters))
    policy_seen: str = ""
    """The version that `units` were last judged by."""
    calls: dict[str, Call] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Derived: call ids of merged signals to their incident."""
    latest: dict[str, str] = field(default_factory=dict)
    """The newest open incident of ``person:<id>`` and of ``device:<id>``."""
    ended: dict[str, Ended] = field(default_factory=dict)
    ended_order: deque[str] = field(default_factory=deque)
    """The keys of `ended` that need no human any more, in the order of time."""
    units: Units = field(default_factory=lambda: Units(EmergencyParameters().travel))
    devices: dict[str, Device] = field(default_factory=dict)
    covers: dict[str, Cover] = field(default_factory=dict)
    deadlines: Deadlines = field(default_factory=Deadlines)
    heartbeats: Obligations = field(init=False)
    callbacks: Obligations = field(init=False)
    tasks: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Open human tasks of this domain: task id to kind and what it is about."""
    stuck: dict[str, int] = field(default_factory=dict)
    """Deadline keys withdrawn because firing them failed, with their instant: a human's until the task is completed."""
    stuck_tasks: dict[str, str] = field(default_factory=dict)
    short: tuple[dict[str, None], ...] = field(default_factory=lambda: ({}, {}, {}))
    """Derived: incidents that look for somebody, by severity, oldest first."""
    woken: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Free responders who made an incident look again, with the incidents they made look, the last of which has not looked yet."""
    living: dict[str, int] = field(default_factory=dict)
    """Derived: living devices by person."""
    alone: int = 0
    """Derived: eligible people living alone; `alone_covered` of them are covered (E-R1)."""
    alone_covered: int = 0

    def __post_init__(self) -> None:
        self.heartbeats = Obligations("heartbeat", self.deadlines)
        self.callbacks = Obligations("callback", self.deadlines)

    def call(self, call_id: str) -> Call | None:
        """The open incident of this name, its own or that of a merged signal."""
        return self.calls.get(self.names.get(call_id, call_id))

    def policy_of(self, call: Call) -> EmergencyParameters:
        """The policy version an incident runs on."""
        return self.policies.of(call.version)

    def lives(self, device_id: str) -> bool:
        """Whether a device is in use and heard of."""
        owed = self.heartbeats.get(device_id)
        return owed is not None and owed.level == 0

    def covered(self, person_id: str) -> bool:
        """Whether the person has a living device or a contact plan (E-R1)."""
        cover = self.covers.get(person_id)
        return self.living.get(person_id, 0) > 0 or (cover is not None and bool(cover.contacts))

    def counted(self, person_id: str | None) -> bool:
        """Whether the person is one of those who must be covered."""
        cover = None if person_id is None else self.covers.get(person_id)
        return cover is not None and cover.lives_alone and cover.eligible
