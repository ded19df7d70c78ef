"""Meals as the core sees it (`agents.core.Domain`)."""

from collections.abc import Iterable, Iterator

from agents.core import Row, Verdict
from agents.meals import check, delivery, neighbours, orders, standing
from agents.meals import snapshot as rows_of
from agents.meals.decide import decide
from agents.meals.evolve import evolve
from agents.meals.index import drop_slot
from agents.meals.state import MealsState, Slot
from agents.shared.calendar import DAY_MS, day_of
from schemas.decisions import Reasoned
from schemas.envelope import Event
from schemas.facts import Fact

SWEEP_MS = 3600 * 1000
"""How often past meals are looked for: forgetting them an hour late costs nothing."""


class Meals:
    """Placing meals at kitchens, for one area at a time; it keeps nothing itself."""

    name = "meals"
    operator = orders.OPERATOR

    def blank(self, area: str) -> MealsState:
        """An area nothing is known of."""
        return MealsState(area)

    def decide(self, state: MealsState, event: Event, now_ms: int) -> Verdict:
        """Answer one event."""
        return decide(state, event, now_ms)

    def evolve(self, state: MealsState, fact: Fact, now_ms: int) -> None:
        """Write one fact."""
        evolve(state, fact, now_ms)

    def due(self, state: MealsState, now_ms: int) -> str | None:
        """The key of the earliest work due."""
        return state.deadlines.due(now_ms)

    def fire(self, state: MealsState, key: str, now_ms: int) -> tuple[Reasoned, ...]:
        """The facts of that work; the kinds of keys are named in `evolve`."""
        kind, _, case = key.partition("|")
        match kind:
            case "count":
                return delivery.counted(_slot(state, case))
            case "move":
                return orders.moved(state, _slot(state, case), now_ms)
            case "close":
                return delivery.closed(_slot(state, case), now_ms)
            case "try":
                return delivery.unreported(state, case, now_ms)
            case "end":
                return delivery.ended(state, case, now_ms)
            case "ask":
                return neighbours.unanswered(state, case, now_ms)
            case "run":
                return standing.run(state, case, now_ms)
            case _:
                raise ValueError(f"unknown deadline {kind!r}")

    def next_deadline(self, state: MealsState) -> int | None:
        """The earliest instant of any deadline."""
        first = state.deadlines.first()
        return None if first is None else first[0]

    def forget(self, state: MealsState, now_ms: int) -> None:
        """Ended orders after the policy's memory; meals and subsidies a day after the meal, looked for once an hour."""
        policy = state.policies.at(now_ms)
        if state.ended_order:
            before_ms = now_ms - policy.memory_days * DAY_MS
            while state.ended_order and state.ended[state.ended_order[0]].ended_ms < before_ms:
                del state.ended[state.ended_order.popleft()]
        if now_ms >= state.swept_ms + SWEEP_MS:
            state.swept_ms = now_ms
            _sweep(state, now_ms)

    def check(self, state: MealsState, facts: Iterable[Fact]) -> None:
        """What these facts touched."""
        check.check(state, facts)

    def check_all(self, state: MealsState) -> None:
        """The whole state."""
        check.check_all(state)

    def seen_memory_ms(self, state: MealsState) -> int:
        """By policy."""
        return state.policies.current.seen_memory_s * 1000

    def policy_versions(self, state: MealsState, now_ms: int) -> dict[str, str]:
        """The version of meals in force, and of this year's calendar when one is known. Not to be changed by the caller."""
        return state.cited.of(self.name, state.policies, state.calendar_versions, now_ms)

    def dump(self, state: MealsState) -> Iterator[Row]:
        """The state as rows."""
        return rows_of.dump(state)

    def load(self, area: str, rows: Iterable[Row]) -> MealsState:
        """The state that `dump` made."""
        return rows_of.load(area, rows)

    def gauges(self, state: MealsState) -> dict[str, int]:
        """Counters that cost nothing to read."""
        return {
            "open_cases": len(state.orders) + len(state.guests),
            "open_tasks": len(state.tasks),
            "standing_orders": len(state.standing),
            "providers": len(state.listed),
            "capacity_total": state.places_total,
            "capacity_free": state.places_free,
            "deadlines": len(state.deadlines),
            "stuck_cases": len(state.stuck),
        }


def _slot(state: MealsState, key: str) -> Slot:
    provider_id, date, meal = key.split("|")
    return state.providers[provider_id].slots[(date, meal)]


def _sweep(state: MealsState, now_ms: int) -> None:
    """Drop the slots of meals that closed a day ago and hold nothing, providers only such slots told of, and old subsidies."""
    before_ms = now_ms - DAY_MS
    for day in [day for day in state.days.values() if day.closes_ms < before_ms]:
        for slot in [slot for slot in day.slots.values() if not slot.orders and not slot.serving and slot.closes_ms < before_ms]:
            state.deadlines.clear(slot.count_key)
            state.stuck.pop(slot.count_key, None)
            drop_slot(state, slot)
            provider = slot.provider
            if not provider.listed and not provider.slots and not provider.closures:
                del state.providers[provider.place_id]
    yesterday = day_of(before_ms).isoformat()
    for day_text in [day_text for day_text in state.subsidised if day_text < yesterday]:
        del state.subsidised[day_text]
