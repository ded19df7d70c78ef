"""A seeded story of two districts, told in facts that do not contradict each other."""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from schemas import meals_facts as m
from schemas.decisions import CoreReason, Decision, Outcome, Reasoned
from schemas.facts import CaseStuck, Fact, PolicyAdopted, TaskClosed, TaskKind, TaskOpened
from schemas.journal import SetAside
from streams.memory import MemoryJournal
from tests.streams.projections.journals import Pen
from tests.streams.projections.lending_story import LendingStory

START_MS = 1_795_300_000_000
FIRST_DAY = date(2026, 11, 22)
MEALS = ("breakfast", "lunch", "dinner")


def decision(event_id: str, *facts: Fact, at_ms: int = START_MS, area: str = "310106", **values: Any) -> Decision:
    """An accepted decision with these facts, unless `values` say otherwise."""
    digest = hashlib.blake2b(event_id.encode(), digest_size=16).digest()
    defaults: dict[str, Any] = {
        "event_type": "meals.order.placed.v1", "outcome": Outcome.ACCEPTED, "reason": None, "policy": {"meals": "310106/1"},
        "why": {"considered": len(facts), "chosen": None, "rejected": []}, "digest": digest,
    }  # fmt: skip
    reasoned = [Reasoned(fact) for fact in facts]
    return Decision(event_id=event_id, area=area, time_ms=at_ms, facts=reasoned, **(defaults | values))


def assigned(order_id: str, provider_id: str = "c-1", **values: Any) -> m.OrderAssigned:
    """An order of two portions for the first day's lunch."""
    defaults: dict[str, Any] = {
        "order_id": order_id, "provider_id": provider_id, "distance_m": 410, "travel_s": 533, "person_id": "p-1",
        "date": FIRST_DAY.isoformat(), "meal": "lunch", "portions": 2, "service": "dine_in", "diets": ("soft",), "lat": 31.23,
        "lon": 121.45, "street": "310106013", "price_fen": 1800, "subsidy_fen": 300, "cutoff_ms": START_MS, "closes_ms": START_MS,
        "capacity_version": 1,
    }  # fmt: skip
    return m.OrderAssigned(**(defaults | values))


def listed(provider_id: str = "c-1", **values: Any) -> m.ProviderListed:
    """A canteen."""
    defaults: dict[str, Any] = {
        "provider_id": provider_id, "name": "江宁路社区长者食堂", "kind": "canteen", "lat": 31.24, "lon": 121.44,
        "street": "310106013", "services": ("dine_in", "delivery"), "diets": ("regular", "soft"), "delivery_radius_m": 1500,
    }  # fmt: skip
    return m.ProviderListed(**(defaults | values))


def slot(provider_id: str = "c-1", capacity: int = 50, version: int = 1, **values: Any) -> m.SlotPublished:
    """Lunch of the first day."""
    defaults: dict[str, Any] = {
        "provider_id": provider_id, "date": FIRST_DAY.isoformat(), "meal": "lunch", "capacity": capacity, "cutoff_ms": None,
        "version": version, "starts_ms": START_MS, "ends_ms": START_MS, "closes_ms": START_MS,
    }  # fmt: skip
    return m.SlotPublished(**(defaults | values))


KINDS = (
    TaskKind.INTERNAL_ERROR, TaskKind.STUCK_CASE, TaskKind.WELFARE_CHECK, TaskKind.UNPLACED_REQUEST, TaskKind.OVERCOMMITTED,
    TaskKind.DELIVERY_UNREPORTED,
)  # fmt: skip
"""What a human of meals can own. Not every kind there is: a domain more must not make another story of the same seed."""


class Story:
    """Tells itself into a journal, record by record; the same seed tells the same story."""

    def __init__(self, seed: int, journal: MemoryJournal) -> None:
        self._rng = Random(f"story/{seed}")
        self._lending = LendingStory(seed, START_MS, FIRST_DAY.isoformat())
        self.pen = Pen(journal)
        self._areas = {"310106": 0, "310151": 1 % journal.partitions}
        self._now_ms = START_MS
        self._number = 0
        self._orders: dict[str, dict[str, m.OrderAssigned | None]] = {area: {} for area in self._areas}
        self._standing: dict[str, list[str]] = {area: [] for area in self._areas}
        self._tasks: dict[str, list[str]] = {area: [] for area in self._areas}
        self._told: dict[str, list[Decision]] = {area: [] for area in self._areas}
        for partition in range(journal.partitions):
            self.pen.open(partition)

    def tell(self, records: int) -> None:
        """So many more records, now and then with a new owner, a failure, or a stray record of an old owner."""
        for _ in range(records):
            area = self._rng.choice(list(self._areas))
            partition = self._areas[area]
            draw = self._rng.random()
            if draw < 0.03:
                old = self.pen.open(partition, f"worker-{self._number}")
                self.pen.decide(partition, self._next(area, remember=False), epoch=old - 1)
            elif draw < 0.04:
                self.pen.fail(partition)
                self.pen.open(partition, "worker-after")
            answers = [self._next(area) for _ in range(self._rng.randint(1, 5))]
            aside = (SetAside("invalid_event", 7, f"bad-{self._number}"),) if self._rng.random() < 0.1 else ()
            self.pen.decide(partition, *answers, aside=aside)

    def _next(self, area: str, *, remember: bool = True) -> Decision:
        self._number += 1
        self._now_ms += self._rng.randint(0, 600_000)
        told = self._told[area]
        draw = self._rng.random()
        if not remember:
            return decision(f"stray-{self._number}", assigned(f"stray-{self._number}"), area=area, at_ms=self._now_ms)
        if told and draw < 0.06:
            first = self._rng.choice(told)
            return decision(first.event_id, area=area, at_ms=self._now_ms, repeat=True, outcome=first.outcome, reason=first.reason)
        if told and draw < 0.1:
            refused = {"outcome": Outcome.REFUSED, "reason": str(CoreReason.CONFLICT)}
            return decision(self._rng.choice(told).event_id, area=area, at_ms=self._now_ms, digest=b"other", **refused)
        if told and draw < 0.12:
            return decision(self._rng.choice(told).event_id, *self._facts(area), area=area, at_ms=self._now_ms)
        answer = decision(f"e-{area}-{self._number}", *self._facts(area), area=area, at_ms=self._now_ms)
        told.append(answer)
        return answer

    def _facts(self, area: str) -> list[Fact]:
        tellers: list[Callable[[str], list[Fact]]] = [self._place, self._place, self._place, self._order_goes_on, self._order_goes_on]
        tellers += [self._provider, self._kitchen, self._standing_order, self._office]
        here = [fact for _ in range(self._rng.randint(0, 3)) for fact in self._rng.choice(tellers)(area)]
        return here + self._lending.tell(area)

    def _provider_id(self) -> str:
        return f"c-{self._rng.randint(1, 6)}"

    def _day(self) -> str:
        return (FIRST_DAY + timedelta(days=self._rng.randint(0, 3))).isoformat()

    def _slot_words(self) -> dict[str, str]:
        return {"date": self._day(), "meal": self._rng.choice(MEALS)}

    def _place(self, area: str) -> list[Fact]:
        rng, order_id = self._rng, f"o-{area}-{self._number}-{self._rng.randint(0, 10**9)}"
        if rng.random() < 0.15:
            why = rng.choice(["no_capacity", "past_cutoff"])
            self._orders[area][order_id] = None
            return [m.OrderRefused(order_id=order_id, person_id="p-9", portions=rng.randint(1, 3), reason=why, **self._slot_words())]
        fact = assigned(order_id, self._provider_id(), portions=rng.randint(1, 4), travel_s=rng.randint(100, 2000), **self._slot_words())
        self._orders[area][order_id] = fact
        return [fact]

    def _order_goes_on(self, area: str) -> list[Fact]:
        open_orders = [fact for fact in self._orders[area].values() if fact is not None]
        if not open_orders:
            return []
        fact = self._rng.choice(open_orders)
        who: dict[str, Any] = {"order_id": fact.order_id, "person_id": fact.person_id}
        what = who | {"date": fact.date, "meal": fact.meal, "portions": fact.portions}
        match self._rng.randint(0, 5):
            case 0:
                return self._loses_place(area, fact, what)
            case 1:
                del self._orders[area][fact.order_id]
                return [m.OrderCancelledFact(provider_id=fact.provider_id, reason=self._rng.choice([None, "ill"]), **what)]
            case 2:
                del self._orders[area][fact.order_id]
                return [m.OrderDelivered(provider_id=fact.provider_id, **what)]
            case 3:
                del self._orders[area][fact.order_id]
                return [m.OrderClosed(provider_id=fact.provider_id, result=self._rng.choice(["unreported", "no_answer"]), **what)]
            case 4:
                later = self._now_ms + 600_000
                tried = {"provider_id": fact.provider_id, "result": "no_answer", "next_attempt_ms": later, "report_by_ms": later}
                return [m.DeliveryAttempted(attempt=1, **who, **tried), m.WelfareCheckDue(attempts=1, **who)]
        return [self._moved(area, fact, fact.provider_id, what)]

    def _moved(self, area: str, fact: m.OrderAssigned, left: str | None, what: dict[str, Any]) -> m.OrderReassigned:
        to = self._provider_id()
        self._orders[area][fact.order_id] = fact.model_copy(update={"provider_id": to})
        way = {"distance_m": 900, "travel_s": self._rng.randint(100, 2000), "cutoff_ms": self._now_ms, "closes_ms": self._now_ms}
        return m.OrderReassigned(provider_id=to, from_provider_id=left, cause="override", capacity_version=2, **way, **what)

    def _loses_place(self, area: str, fact: m.OrderAssigned, what: dict[str, Any]) -> list[Fact]:
        lost = m.OrderUnplaced(from_provider_id=fact.provider_id, cause="provider_closed", closes_ms=self._now_ms, **what)
        match self._rng.randint(0, 2):
            case 0:
                return [lost, self._moved(area, fact, None, what)]
            case 1:
                del self._orders[area][fact.order_id]
                return [lost, m.OrderCancelledFact(provider_id=None, reason=None, **what)]
        del self._orders[area][fact.order_id]
        return [lost, m.OrderClosed(provider_id=None, result="unplaced", **what)]

    def _provider(self, area: str) -> list[Fact]:  # noqa: ARG002 - told like the others
        rng, provider_id = self._rng, self._provider_id()
        match rng.randint(0, 4):
            case 0:
                return [listed(provider_id, lat=31.2 + rng.random() / 10)]
            case 1:
                until = rng.choice([None, self._now_ms + rng.randint(1, 10**8)])
                return [m.ProviderClosureRecorded(provider_id=provider_id, from_ms=self._now_ms, until_ms=until, reason="repair")]
            case 2:
                return [m.ProviderReopeningRecorded(provider_id=provider_id, from_ms=self._now_ms, reason="repaired")]
            case 3:
                return [m.SlotOvercommitted(provider_id=provider_id, capacity=1, used=2, **self._slot_words())]
        cutoff = rng.choice([None, self._now_ms])
        return [slot(provider_id, rng.randint(0, 99), rng.randint(1, 9), cutoff_ms=cutoff, **self._slot_words())]

    def _kitchen(self, area: str) -> list[Fact]:  # noqa: ARG002 - told like the others
        portions = self._rng.randint(0, 80)
        words = {"by_service": {"dine_in": portions}, "by_diet": {"regular": portions}, "recount": self._rng.random() < 0.3}
        return [m.KitchenCounted(provider_id=self._provider_id(), portions=portions, **words, **self._slot_words())]

    def _standing_order(self, area: str) -> list[Fact]:
        known = self._standing[area]
        if not known or self._rng.random() < 0.3:
            known.append(f"s-{area}-{self._number}-{len(known)}")
            recorded: dict[str, Any] = {
                "standing_order_id": known[-1], "person_id": "p-2", "lat": 31.2, "lon": 121.4, "meal": "lunch", "portions": 1,
                "service": "pickup", "diets": (), "street": None, "age": 83, "categories": ("low_income",),
                "preferred_provider_id": None, "weekdays": (1, 3), "from_date": "2026-11-23", "until_date": None,
                "next_date": "2026-11-23", "next_run_ms": self._now_ms,
            }  # fmt: skip
            return [m.StandingOrderRecorded(**recorded)]
        which = self._rng.choice(known)
        match self._rng.randint(0, 2):
            case 0:
                return [m.StandingOrderPausedFact(standing_order_id=which, from_date=self._day(), until_date=None)]
            case 1:
                return [m.StandingOrderStoppedFact(standing_order_id=which, from_date=self._day())]
        skipped = self._rng.choice([None, "holiday"])
        run = {"order_id": None if skipped else "o-x", "skipped": skipped, "next_date": self._day(), "next_run_ms": self._now_ms}
        return [m.StandingOrderRun(standing_order_id=which, date=self._day(), **run)]

    def _office(self, area: str) -> list[Fact]:
        tasks = self._tasks[area]
        match self._rng.randint(0, 2):
            case 0:
                tasks.append(f"t-{area}-{self._number}-{self._rng.randint(0, 10**9)}")
                kind = self._rng.choice(KINDS)
                opened = TaskOpened(task_id=tasks[-1], kind=kind, about="o-1", owner="operator", detail={"attempts": 2})
                return [opened, CaseStuck(case="o-1", error="KeyError")] if kind is TaskKind.STUCK_CASE else [opened]
            case 1 if tasks:
                return [TaskClosed(task_id=tasks.pop(self._rng.randrange(len(tasks))), result="visited")]
        version = f"2026.{self._rng.randint(1, 3)}"
        rule = {"in_force_from": self._day(), "parameters": {"n": self._rng.randint(1, 9)}, "source": "M-R8"}
        return [PolicyAdopted(policy="meals", version=version, **rule)]
