"""The day rehearsed: one queue of what happens when, the agent's own decisions, and people who react to them.

`Stage` is the clock, the agent and the outbox; what people do is in `field` (responders, devices, families) and `desk` (callers and
operators). Everything is drawn from generators seeded by names, so equal plans give equal days to the byte.
"""

import heapq
from collections.abc import Callable
from random import Random
from typing import Any

from agents import core
from agents.emergency import DOMAIN
from agents.emergency.state import EmergencyState
from infra.scenario.plan import DayPlan
from infra.scenario.words import MINUTE_MS, Item, Sender, event
from schemas.codec import decode_event
from schemas.decisions import Decision, Received
from schemas.facts import Fact

Act = Callable[[int], None]
React = Callable[[Fact, int], None]


class Stage:
    """One dispatch region while its day is made."""

    def __init__(self, plan: DayPlan, area: str) -> None:
        self.plan = plan
        self.area = area
        self.items: list[Item] = []
        self.reactions: dict[str, list[React]] = {}
        self._region: core.AreaState[EmergencyState] = core.blank(DOMAIN, area)
        self._queue: list[tuple[int, int, Act]] = []
        self._count = 0

    @property
    def state(self) -> EmergencyState:
        """What the agent knows now."""
        return self._region.domain

    def draw(self, *names: str) -> Random:
        """A generator of its own for whatever has this name."""
        return Random("/".join((self.plan.seed, "emergency", *names)))

    def at(self, at_ms: int, act: Act) -> None:
        """Do this then; what falls after the end of the day is not done."""
        if at_ms < self.plan.ends_ms:
            self._count += 1
            heapq.heappush(self._queue, (at_ms, self._count, act))

    def send(self, at_ms: int, kind: str, event_type: str, sender: Sender, data: dict[str, Any], *, event_id: str | None = None) -> None:
        """Somebody sends one event now; what it makes the agent decide makes others react."""
        event_id = event_id or f"syn-emg-{self.area}-{self.plan.day:%m%d}-{len(self.items):06d}"
        one = event(event_id, f"emergency.{event_type}.v1", at_ms, area=self.area, sender=sender, data=data)
        self.put(Item(at_ms, kind, self.area, one))

    def put(self, item: Item) -> None:
        """An item as it is."""
        self.items.append(item)
        if item.event is not None:
            self._take(item.event, item.at_ms)

    def run(self) -> None:
        """Until the day is over. The clock ticks every minute, as the player's does."""
        next_tick_ms = self.plan.starts_ms + MINUTE_MS
        clock = Sender("clock:rehearsal", "system", "/scenario/rehearsal")
        while self._queue:
            at_ms, _, act = heapq.heappop(self._queue)
            while next_tick_ms <= at_ms:
                self._take(
                    event(f"tick-{next_tick_ms}", "clock.ticked.v1", next_tick_ms, area=self.area, sender=clock, data={}), next_tick_ms
                )
                next_tick_ms += MINUTE_MS
            act(at_ms)

    def _take(self, one: dict[str, Any], at_ms: int) -> None:
        received = decode_event("emergency", one, at_ms)
        if not isinstance(received, Received):
            return
        self._react(core.handle(DOMAIN, self._region, received), at_ms)
        for _ in range(1000):
            # The owner's clock does at once what is due at the area's own now.
            due_ms = core.next_deadline(DOMAIN, self._region)
            if due_ms is None or due_ms > self._region.now_ms:
                return
            clock = Sender("clock:owner", "system", "/scenario/rehearsal")
            tick = event(f"due-{self._region.now_ms}", "clock.ticked.v1", at_ms, area=self.area, sender=clock, data={})
            again = decode_event("emergency", tick, self._region.now_ms)
            assert isinstance(again, Received)
            self._react(core.handle(DOMAIN, self._region, again), at_ms)

    def _react(self, decision: Decision, at_ms: int) -> None:
        for reasoned in decision.facts:
            for react in self.reactions.get(reasoned.fact.type, ()):
                react(reasoned.fact, at_ms)
