# ruff: noqa: ARG005, E501 - a planted mistake has the shape of what it replaces; one row a mistake
"""Mistakes in the rules of meals: seats, nearest, closures, deliveries."""

from typing import Any
from unittest.mock import patch

from agents.meals import asking, decide, delivery, guests, holds, orders, place
from agents.meals.decide import ANSWERS
from agents.meals.domain import Meals
from agents.meals.evolve import WRITERS
from agents.meals.index import seats_changed
from agents.meals.state import Closure
from agents.shared.nearest import Grid
from agents.shared.seats import Seats
from schemas.decisions import Reasoned
from schemas.meals import CapacityPublishedEvent, MealsReason, OrderCancelledFact, OrderRefused, SlotPublished, StandingOrderRun
from schemas.meals_neighbour_facts import OrderAskedElsewhere
from schemas.meals_neighbours import NeighbourAskedEvent
from tests.simulation.planted.kind import Patch, Planted, instead


def _writer(fact: Any, make: Any) -> Patch:
    return patch.dict(WRITERS, {fact: make(WRITERS[fact])})


def _one_too_many() -> list[Patch]:
    def make(ruled_out: Any) -> Any:
        def wrapped(self: Any, provider: Any, distance_m: int) -> Any:
            rule = ruled_out(self, provider, distance_m)
            if rule == place.R_CAPACITY:
                slot = self.day.slots[provider.place_id]
                return None if slot.free == self.wish.portions - 1 else rule
            return rule

        return wrapped

    return [instead(place.Search, "ruled_out", make)]


def _one_portion_an_order() -> list[Patch]:
    def hold(self: Seats, places: int) -> None:
        self.free -= 1
        self.held += 1

    return [patch.object(Seats, "hold", hold), patch.object(Seats, "_settle_rest", lambda self: None)]


def _cancel_frees_twice() -> list[Patch]:
    def make(cancelled: Any) -> Any:
        def wrapped(state: Any, fact: Any, now_ms: int) -> None:
            slot = state.orders[fact.order_id].slot
            cancelled(state, fact, now_ms)
            if slot is not None:
                before = slot.free
                slot.release(fact.portions)
                seats_changed(state, slot, before)

        return wrapped

    return [_writer(OrderCancelledFact, make)]


def _cancel_frees_nothing() -> list[Patch]:
    def make(cancelled: Any) -> Any:
        def wrapped(state: Any, fact: Any, now_ms: int) -> None:
            slot = state.orders[fact.order_id].slot
            cancelled(state, fact, now_ms)
            if slot is not None and not slot.shut:
                before = slot.free
                slot.hold(fact.portions)
                seats_changed(state, slot, before)

        return wrapped

    return [_writer(OrderCancelledFact, make)]


def _older_capacity_wins() -> list[Patch]:
    def publish(self: Seats, version: int, total: int, now_ms: int) -> None:
        self.version, self.published_ms, self.total = version, now_ms, total
        self._settle_rest()

    return [patch.object(Seats, "newer", lambda self, version: True), patch.object(Seats, "publish", publish)]


def _closures_ignored() -> list[Patch]:
    return [patch.object(Closure, "touches", lambda self, starts_ms, ends_ms: False)]


def _displaced_stay() -> list[Patch]:
    return [patch.object(holds, "_displaced", lambda state, slot, now_ms: None)]


def _overcommitment_unsaid() -> list[Patch]:
    def make(publish: Any) -> Any:
        def wrapped(state: Any, event: Any, now_ms: int) -> Any:
            verdict = publish(state, event, now_ms)
            return type(verdict)(
                verdict.outcome, verdict.reason, tuple(f for f in verdict.facts if "overcommitted" not in f.fact.type), verdict.why
            )

        return wrapped

    return [patch.dict(ANSWERS, {CapacityPublishedEvent: make(decide.capacity_published)})]


def _order_of(key: Any, reverse: bool = False) -> list[Patch]:
    def make(nearest_first: Any) -> Any:
        return lambda self, point, within_m: iter(sorted(nearest_first(self, point, within_m), key=key, reverse=reverse))

    return [instead(Grid, "nearest_first", make)]


def _diets_ignored() -> list[Patch]:
    def make(unsuitable: Any) -> Any:
        def wrapped(self: Any, provider: Any, distance_m: int) -> Any:
            rule = unsuitable(self, provider, distance_m)
            return None if rule == place.R_DIET else rule

        return wrapped

    return [instead(place.Search, "unsuitable", make)]


def _search_with(**values: Any) -> list[Patch]:
    def make(init: Any) -> Any:
        def wrapped(self: Any, *args: Any) -> None:
            init(self, *args)
            for name, value in values.items():
                setattr(self, name, value(getattr(self, name)))

        return wrapped

    return [instead(place.Search, "__init__", make)]


def _refusal_forgotten() -> list[Patch]:
    return [_writer(OrderRefused, lambda refused: lambda state, fact, now_ms: None)]


def _no_human_for_welfare() -> list[Patch]:
    def make(welfare: Any) -> Any:
        return lambda order, attempts, now_ms: tuple(f for f in welfare(order, attempts, now_ms) if "task" not in f.type)

    return [instead(delivery, "_welfare", make)]


def _standing_order_stands_still() -> list[Patch]:
    def make(ran: Any) -> Any:
        def wrapped(state: Any, fact: Any, now_ms: int) -> None:
            if fact.next_date is not None:
                state.deadlines.set(f"run|{fact.standing_order_id}", fact.next_run_ms)
            else:
                ran(state, fact, now_ms)

        return wrapped

    return [_writer(StandingOrderRun, make)]


def _kitchen_miscounted() -> list[Patch]:
    def make(counted: Any) -> Any:
        def wrapped(slot: Any) -> Any:
            fact = counted(slot)[0].fact
            return (Reasoned(fact.model_copy(update={"portions": fact.portions + 1})),)

        return wrapped

    return [instead(delivery, "counted", make)]


def _unplaced_without_looking() -> list[Patch]:
    def make(route: Any) -> Any:
        def wrapped(state: Any, policy: Any, wish: Any, now_ms: int) -> Any:
            found = route(state, policy, wish, now_ms)
            if isinstance(found, place.Placement) and wish.preferred_provider_id is None:
                return place.NoPlacement(MealsReason.NO_CAPACITY, found.why)
            return found

        return wrapped

    # Only `moved` looks with this name while it runs: an order that lost its kitchen is given up at once.
    def moved(original: Any) -> Any:
        def wrapped(state: Any, slot: Any, now_ms: int) -> Any:
            with instead(orders, "route", make):
                return original(state, slot, now_ms)

        return wrapped

    return [instead(orders, "moved", moved)]


def _cancel_at_any_time() -> list[Patch]:
    return [patch.object(orders, "at_minute", lambda day, minute: 2**60)]


def _count_at_the_old_cutoff() -> list[Patch]:
    """As it was until the simulator found it: a kitchen that moved its cut-off was counted at the old one."""

    def make(published: Any) -> Any:
        def wrapped(state: Any, fact: Any, now_ms: int) -> None:
            provider = state.providers.get(fact.provider_id)
            slot = None if provider is None else provider.slots.get((fact.date, fact.meal))
            before = None if slot is None else state.deadlines.when(slot.count_key)
            published(state, fact, now_ms)
            if slot is not None and before is not None:
                state.deadlines.set(slot.count_key, before)

        return wrapped

    return [_writer(SlotPublished, make)]


def _fire_drops_last() -> list[Patch]:
    def make(fire: Any) -> Any:
        def wrapped(self: Any, state: Any, key: str, now_ms: int) -> Any:
            facts = fire(self, state, key, now_ms)
            return facts[:-1] if key.startswith("run|") and len(facts) == 2 else facts

        return wrapped

    return [instead(Meals, "fire", make)]


LENDING = {"areas": ("310106", "310101", "310110"), "own": {"own_cutoff_percent": 10, "lending": True}}
"""Areas beside each other that lend to each other."""


def _withdrawal_forgotten() -> list[Patch]:
    return [patch.object(asking, "withdrawn", lambda state, order, reason: ())]


def _lends_to_anybody() -> list[Patch]:
    def asked(state: Any, event: Any, now_ms: int) -> Any:
        book = state.policies
        kept = book.current
        book.current = kept.model_copy(update={"lends_to": (event.data.home_area,)})
        try:
            return guests.asked(state, event, now_ms)
        finally:
            book.current = kept

    return [patch.dict(ANSWERS, {NeighbourAskedEvent: asked})]


def _waits_for_ever() -> list[Patch]:
    def make(asked: Any) -> Any:
        def wrapped(state: Any, fact: Any, now_ms: int) -> None:
            asked(state, fact, now_ms)
            state.deadlines.clear(asking.ask_key(fact.order_id))

        return wrapped

    return [_writer(OrderAskedElsewhere, make)]


def _asks_the_same_one() -> list[Patch]:
    def make(next_area: Any) -> Any:
        return lambda state, tried, date, meal, now_ms: next_area(state, {} if len(tried) < 2 else tried, date, meal, now_ms)

    return [instead(asking, "next_area", make)]


MISTAKES = (
    Planted("one_too_many", "a kitchen takes one portion more than it has", _one_too_many, frozenset({"C01", "C09", "N01"}), silent=True),
    Planted("one_portion_an_order", "an order of four holds one", _one_portion_an_order, frozenset({"C01", "C02", "C09", "N01", "M05"}), silent=True),
    Planted("cancel_frees_twice", "a cancellation frees its portions twice", _cancel_frees_twice, frozenset({"C01", "C09", "N01", "M05"}), silent=True),
    Planted("cancel_frees_nothing", "a cancellation frees nothing", _cancel_frees_nothing, frozenset({"N01", "C01", "M05"}), silent=True),
    Planted("older_capacity_wins", "an old publication replaces a newer one", _older_capacity_wins, frozenset({"C06"})),
    Planted("closures_ignored", "a closed kitchen goes on taking orders", _closures_ignored, frozenset({"C01", "C09", "N01"})),
    Planted("displaced_stay", "orders of a closed or lowered kitchen are forgotten", _displaced_stay, frozenset({"C01"}), silent=True),
    Planted("overcommitment_unsaid", "capacity below what is promised is not flagged", _overcommitment_unsaid, frozenset({"C01"})),
    Planted("farthest_first", "the farthest kitchen gets the order", lambda: _order_of(lambda found: (found[0], found[1]), True), frozenset({"N01"})),
    Planted(
        "ties_by_hash", "equal distances are decided by a hash", lambda: _order_of(lambda found: (found[0], -int(found[1][-2:]) * 7 % 11)),
        frozenset({"N01"}),
    ),
    Planted("diets_ignored", "a kitchen without the diet gets the order", _diets_ignored, frozenset({"N01", "C09"})),
    Planted(
        "stale_capacity_used", "capacity too old is used", lambda: _search_with(capacity_age_ms_max=lambda _: 2**60), frozenset({"C09", "N01"}),
        {"span_ms": 60 * 3_600_000},
    ),
    Planted("cutoff_ignored", "orders are taken after the cut-off", lambda: _search_with(late_ms=lambda ms: ms + 3_600_000), frozenset({"C09", "N01"})),
    Planted("refusal_forgotten", "a refused order id may come again and win", _refusal_forgotten, frozenset({"I05", "I06", "C05"})),
    Planted("no_human_for_welfare", "nobody is told to look after the person", _no_human_for_welfare, frozenset({"I07"})),
    Planted("standing_order_stands_still", "a standing order makes the same date again", _standing_order_stands_still, frozenset({"I06", "I07"})),
    Planted("kitchen_miscounted", "the kitchen is told one portion too many", _kitchen_miscounted, frozenset({"M05"})),
    Planted("unplaced_without_looking", "an order that lost its kitchen is given up at once", _unplaced_without_looking, frozenset({"N01"})),
    Planted("count_at_the_old_cutoff", "a moved cut-off does not move the kitchen's count", _count_at_the_old_cutoff, frozenset({"T02", "M05"}), {"areas": ("310106",), "span_ms": 36 * 3_600_000, "partitions": 1, "own": {"own_cutoff_percent": 60}}),
    Planted("cancel_at_any_time", "a meal on the table is cancelled", _cancel_at_any_time, frozenset({"C05"})),
    Planted("withdrawal_forgotten", "a neighbour is not told that its portions are not wanted", _withdrawal_forgotten, frozenset({"C05"}), LENDING),
    Planted("lends_to_anybody", "an area lends without a policy that says so", _lends_to_anybody, frozenset({"N02"}), LENDING),
    Planted("waits_for_ever", "a neighbour that never answers is waited for", _waits_for_ever, frozenset({"I07"}), LENDING, silent=True),
    Planted("asks_the_same_one", "the neighbour that said no is asked again", _asks_the_same_one, frozenset({"N02"}), LENDING),
    Planted("standing_run_forgotten", "a standing order is made and not moved on", _fire_drops_last, frozenset({"I03"})),
)  # fmt: skip
