"""What a district's families and homes do about offers: lived beside the domain's own core, so that answers name offers that exist.

Offers depend on everything that was sent before, so their answers cannot be written down beforehand. The life of a district
handles each event in an area of its own, looks at what was decided, and plans what people do about it: a family answers after some
hours, a home confirms the admission some days later, a bed is cleaned. The real workers decide the same events anew; where they
decide otherwise an answer is refused by name, as a real late answer is.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import heappop, heappush
from random import Random
from typing import Any, NamedTuple

import orjson

from agents import core
from agents.beds import DOMAIN
from agents.beds.state import BedsState
from infra.scenario.words import HOUR_MS, SHANGHAI, Item, Sender, event
from schemas.beds_facts import BedVacatedFact, OfferAcceptedFact, OfferMade
from schemas.decisions import Decision, Received
from schemas.registry import event_adapter

DAY_MS = 24 * HOUR_MS
Decide = Callable[[core.Domain[BedsState], core.AreaState[BedsState], Received], Decision]
Wish = Callable[[], dict[str, Any] | None]


class Manners(NamedTuple):
    """How people answer, in shares of all offers (the rest stay silent) and in hours; assumed."""

    accept: float = 0.70
    decline: float = 0.13
    facility_declines: float = 0.03
    answer_hours: tuple[float, float] = (0.5, 9.0)
    admit_hours: tuple[float, float] = (3.0, 60.0)
    clean_hours: tuple[float, float] = (3.0, 30.0)


class Planned(NamedTuple):
    """Something that will be sent. ``data`` may be worked out when its time comes; None then sends nothing."""

    at_ms: int
    number: int
    kind: str
    event_type: str
    data: dict[str, Any] | Wish
    sender: Sender


class Life:
    """Plan what is known beforehand with `plan`, then take the items from `lived`."""

    def __init__(self, area: str, prefix: str, word: str, draw: Random, manners: Manners | None = None) -> None:
        self.area: core.AreaState[BedsState] = core.blank(DOMAIN, area)
        self.prefix = prefix
        self.word = word
        self.draw = draw
        self.manners = manners or Manners()
        self.waiting: list[Planned] = []
        self.count = 0
        self.received: list[Received] = []
        self.keep_received = False
        self.decide: Decide = core.handle
        self._adapter = event_adapter("beds")[0]

    def plan(self, at_ms: int, kind: str, event_type: str, data: dict[str, Any] | Wish, sender: Sender) -> None:
        """Something to be sent at that instant of the scenario."""
        self.count += 1
        heappush(self.waiting, Planned(at_ms, self.count, kind, event_type, data, sender))

    def lived(self, until_ms: int) -> Iterator[Item]:
        """Every item in the order it is sent, with all that people do about offers until then."""
        while self.waiting and self.waiting[0].at_ms <= until_ms:
            one = heappop(self.waiting)
            self.tick(one.at_ms)
            data = one.data() if callable(one.data) else one.data
            if data is None:
                continue
            event_id = f"{self.prefix}-bed-{one.number:06d}"
            body = event(
                event_id, one.event_type, one.at_ms - 900, area=self.area.area, sender=one.sender, data=data, subject=_subject(data)
            )
            self.handle(body, one.at_ms)
            yield Item(one.at_ms, one.kind, self.area.area, body)

    def tick(self, now_ms: int) -> None:
        """What was due before this instant, as the owner's clock would have it."""
        while (due := core.next_deadline(DOMAIN, self.area)) is not None and due <= now_ms:
            at_ms = max(due, self.area.now_ms)
            self.count += 1
            sender = Sender("clock:scenario", "system", "/scenario/clock")
            body = event(f"{self.prefix}-tick-{self.count}", "clock.ticked.v1", at_ms, area=self.area.area, sender=sender, data={})
            self.handle(body, at_ms)

    def handle(self, body: dict[str, Any], at_ms: int) -> Decision:
        """One event, and what people will do about what was decided."""
        text = orjson.dumps(body)
        item = Received(self._adapter.validate_json(text), hashlib.blake2b(text, digest_size=16).digest(), at_ms)
        if self.keep_received:
            self.received.append(item)
        decision = self.decide(DOMAIN, self.area, item)
        for reasoned in decision.facts:
            self._react(reasoned.fact)
        return decision

    def _react(self, fact: object) -> None:
        now_ms = self.area.now_ms
        if isinstance(fact, OfferMade):
            self._answer(fact, now_ms)
        elif isinstance(fact, OfferAcceptedFact):
            named = {"application_id": fact.application_id, "facility_id": fact.facility_id, "bed_id": fact.bed_id}
            self.plan(self.after(now_ms, self.manners.admit_hours), "admission", "beds.admission.confirmed.v1", named, self.home(fact))
        elif isinstance(fact, BedVacatedFact):
            named = {"facility_id": fact.facility_id, "bed_id": fact.bed_id}
            self.plan(self.after(now_ms, self.manners.clean_hours), "cleaning", "beds.bed.cleaned.v1", named, self.home(fact))

    def _answer(self, fact: OfferMade, now_ms: int) -> None:
        named: dict[str, Any] = {"application_id": fact.application_id, "offer_id": fact.offer_id}
        at_ms = self.after(now_ms, self.manners.answer_hours)
        roll = self.draw.random()
        family = Sender(f"relative:{fact.person_id.replace('syn-p-', 'syn-r-')}", "app", f"/scenario/{self.word}/app", fact.person_id)
        if roll < self.manners.accept:
            self.plan(at_ms, "acceptance", "beds.offer.accepted.v1", named, family)
        elif roll < self.manners.accept + self.manners.decline:
            reason = self.draw.choice(("in_hospital", "bereavement", "too_far", "too_small", "changed_mind"))
            self.plan(at_ms, "refusal", "beds.offer.declined.v1", {**named, "reason": reason}, family)
        elif roll < self.manners.accept + self.manners.decline + self.manners.facility_declines:
            reason = self.draw.choice(("infection", "care_unsuitable", "bed_taken"))
            self.plan(at_ms, "facility_refusal", "beds.facility.declined.v1", {**named, "reason": reason}, self.home(fact))

    def after(self, now_ms: int, hours: tuple[float, float]) -> int:
        """So many hours later, moved to a time when offices and families are awake (8 to 20 o'clock)."""
        at_ms = now_ms + round(self.draw.uniform(*hours) * HOUR_MS)
        clock = datetime.fromtimestamp(at_ms / 1000, SHANGHAI)
        hour = clock.hour + clock.minute / 60
        if hour < 8:
            return at_ms + round((8 - hour + self.draw.random()) * HOUR_MS)
        return at_ms if hour < 20 else at_ms + round((32 - hour + self.draw.random()) * HOUR_MS)

    def home(self, fact: Any) -> Sender:
        """The home that a fact is about, as it sends."""
        return Sender(f"provider:{fact.facility_id}", "system", f"/scenario/{self.word}/places/{fact.facility_id}")


def _subject(data: dict[str, Any]) -> str | None:
    found = data.get("application_id") or data.get("facility_id") or data.get("person_id")
    return found if isinstance(found, str) else None
