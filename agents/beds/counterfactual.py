"""What if: the same people and the same vacancies under another policy, or with other beds (features page, section 3.5).

What people and facilities did by themselves (apply, publish, vacate, clean, die, withdraw) is kept from the log; a vacancy is the
bed's, whoever lies in it now, and an operator's word out of order (`beds.allocation.overridden.v1`) is left out. What they did
in answer to us cannot be, since other people get other offers: an applicant answers as they answered the first offer of the
log (accept, decline with the reason, stay silent) after the same time, and moves in after the same time; who never had an offer
accepts after `ANSWER_MS` and moves in after `ADMIT_MS`. So both sides are lived by the same crowd: compare one run of the log under its own
policy with one under another, never a run with the log itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, NamedTuple

from agents import core
from agents.beds.domain import Beds
from agents.beds.state import BedsState
from agents.shared.ids import derived_id
from schemas import beds
from schemas.beds_facts import AdmissionRecorded, OfferMade
from schemas.decisions import Decision, Received
from schemas.envelope import Event
from schemas.facts import ClockTickedEvent, PolicyPublishedEvent, TaskCompletedEvent

DAY_MS = 24 * 3600 * 1000
ANSWER_MS = DAY_MS
ADMIT_MS = 2 * DAY_MS
ANSWERS = (beds.OfferAcceptedEvent, beds.OfferDeclinedEvent, beds.FacilityDeclinedEvent, beds.AdmissionConfirmedEvent)
Make = Callable[[str, str, dict[str, Any], int], Received]
"""Makes an event of the crowd: (type, event id, data, instant in ms) to what the core takes. Given by the caller, who has the codec."""


class Answered(NamedTuple):
    """One event of a log, and what of its decision the crowd is learnt from: whether it was refused, and the offers made by it
    (application, offer)."""

    received: Received
    refused: bool
    offers: tuple[tuple[str, str], ...]


def answered(received: Received, decision: Decision) -> Answered:
    """The same of an event with its decision."""
    made = (each.fact for each in decision.facts)
    offers = tuple((fact.application_id, fact.offer_id) for fact in made if isinstance(fact, OfferMade))
    return Answered(received, decision.reason is not None, offers)


class Manner(NamedTuple):
    """How somebody answers an offer: the event type (None: silence), its other data, and after how long."""

    kind: str | None
    data: dict[str, Any]
    after_ms: int


@dataclass(slots=True)
class Waits:
    """Days waited by those who were admitted, and how many still wait, by group."""

    admitted: dict[str, list[int]] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)

    def mean_days(self) -> dict[str, int]:
        """By group, the mean of the days waited, rounded down."""
        return {group: sum(days) // len(days) for group, days in sorted(self.admitted.items())}


def manners(log: Iterable[Answered]) -> dict[str, Manner]:
    """How each applicant of a log answered their first offer."""
    offered: dict[str, tuple[str, int]] = {}
    found: dict[str, Manner] = {}
    for received, refused, offers in log:
        data = received.event.data
        if isinstance(received.event, beds.OfferAcceptedEvent | beds.OfferDeclinedEvent) and not refused:
            first = offered.get(data.application_id)
            if first is not None and first[0] == data.offer_id:
                more = {} if isinstance(received.event, beds.OfferAcceptedEvent) else {"reason": data.reason}
                found[data.application_id] = Manner(received.event.type, more, received.received_at_ms - first[1])
        for application_id, offer_id in offers:
            if application_id not in offered:
                offered[application_id] = (offer_id, received.received_at_ms)
                found[application_id] = Manner(None, {}, 0)
    return found


def lived(area: str, log: Iterable[Received], crowd: dict[str, Manner], make: Make, policies: Iterable[Received] | None = None) -> Waits:
    """The waits when the log's own events are lived by this crowd; under `policies` in place of the log's beds policies."""
    run = _Run(area, crowd, make)
    for item in policies or ():
        run.until(item.received_at_ms)
        run.handle(item)
    for item in log:
        event: Event = item.event
        replaced = policies is not None and isinstance(event, PolicyPublishedEvent) and event.data.policy == "beds"
        answer = isinstance(event, ANSWERS) and not (isinstance(event, beds.AdmissionConfirmedEvent) and event.data.application_id is None)
        run.until(item.received_at_ms)
        if not (replaced or answer or isinstance(event, ClockTickedEvent | TaskCompletedEvent | beds.AllocationOverriddenEvent)):
            run.handle(_of_the_bed(item) if isinstance(event, beds.BedVacatedEvent) else item)
    return run.counted()


def _of_the_bed(item: Received) -> Received:
    """A vacancy without the name of who left: other people lie in the beds."""
    return item._replace(event=item.event.model_copy(update={"data": item.event.data.model_copy(update={"application_id": None})}))


class _Run:
    """One life of the log: the area, and what the crowd will do."""

    def __init__(self, area: str, crowd: dict[str, Manner], make: Make) -> None:
        self.domain = Beds()
        self.area: core.AreaState[BedsState] = core.blank(self.domain, area)
        self.crowd = crowd
        self.make = make
        self.later: list[tuple[int, str, str, dict[str, Any]]] = []
        self.waits = Waits()
        self.groups: dict[str, tuple[str, ...]] = {}

    def until(self, now_ms: int) -> None:
        """Everything of the crowd and of the clock up to an instant."""
        while True:
            deadline = core.next_deadline(self.domain, self.area)
            planned = self.later[0][0] if self.later else None
            due = min((each for each in (deadline, planned) if each is not None), default=None)
            if due is None or due > now_ms:
                return
            at_ms = max(due, self.area.now_ms)
            if planned is not None and planned <= due:
                _, event_id, kind, data = heappop(self.later)
                self.handle(self.make(kind, event_id, data, at_ms))
            else:
                self.handle(self.make("clock.ticked.v1", derived_id("whatif", "tick", str(at_ms), str(len(self.later))), {}, at_ms))

    def handle(self, item: Received) -> None:
        """One event, and what the crowd will do about its offers."""
        for reasoned in core.handle(self.domain, self.area, item).facts:
            fact = reasoned.fact
            if isinstance(fact, OfferMade):
                self.offered(fact)
            elif isinstance(fact, AdmissionRecorded) and fact.application_id is not None and fact.waited_days is not None:
                for group in self.groups[fact.application_id]:
                    self.waits.admitted.setdefault(group, []).append(fact.waited_days)

    def offered(self, fact: OfferMade) -> None:
        """The applicant will answer in their own manner, and move in if they accept."""
        manner = self.crowd.get(fact.application_id, Manner("beds.offer.accepted.v1", {}, ANSWER_MS))
        found = self.area.domain.applications[fact.application_id]
        self.groups[fact.application_id] = _groups(found.priority_class, found.street, found.sex)
        if manner.kind is None:
            return
        at_ms = self.area.now_ms + manner.after_ms
        named = {"application_id": fact.application_id, "offer_id": fact.offer_id, **manner.data}
        heappush(self.later, (at_ms, derived_id("whatif", "answer", fact.offer_id), manner.kind, named))
        if manner.kind == "beds.offer.accepted.v1":
            moves = {"application_id": fact.application_id, "facility_id": fact.facility_id, "bed_id": fact.bed_id}
            heappush(self.later, (at_ms + ADMIT_MS, derived_id("whatif", "admit", fact.offer_id), "beds.admission.confirmed.v1", moves))

    def counted(self) -> Waits:
        """The waits so far, with who still waits."""
        for application in self.area.domain.applications.values():
            for group in _groups(application.priority_class, application.street, application.sex):
                self.waits.waiting[group] = self.waits.waiting.get(group, 0) + 1
        return self.waits


def _groups(priority_class: str, street: str, sex: str) -> tuple[str, ...]:
    return "all", f"class:{priority_class}", f"street:{street}", f"sex:{sex}"
