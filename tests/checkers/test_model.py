"""The naive model agrees with the product at every moment of the day, and the eyes raise no alarm where nothing is wrong."""

from datetime import date, timedelta
from typing import Any

import pytest

from infra.checkers import intake
from infra.checkers.fold import fold
from infra.checkers.meals import lifecycle
from infra.checkers.meals.model import MODEL
from infra.scenario.day import DEFAULT_DATE, DayPlan, build_day, with_ticks
from infra.scenario.packets import Packet, packets
from infra.scenario.words import Item, Sender, at, event
from streams.partitioning import home_partition
from tests.checkers.in_memory import World
from tests.checkers.planting import watched

AREA = "310106"
EVE = DEFAULT_DATE - timedelta(days=1)
DESK = Sender("operator:syn-op-1", "system", "/scenario/test")


@pytest.mark.parametrize("hour", [11.5, 12.0, 12.5])
def test_held_and_used_are_the_products_own_at_noon_when_couriers_are_at_the_doors(hour: float) -> None:
    plan = DayPlan(scale=0.1, domains=("meals",))
    world = World()
    upto_ms = at(plan.day, hour)
    world.play([packet for packet in packets(with_ticks(build_day(plan), plan, 5), plan.seed) if packet.at_ms <= upto_ms])
    area = fold(world.logs(), MODEL)[AREA]
    state: Any = world.runtimes[home_partition(AREA, world.partitions)].areas[AREA].domain
    slots = [
        (provider_id, day, meal, slot.held, slot.used)
        for provider_id, provider in state.providers.items()
        for (day, meal), slot in provider.slots.items()
    ]
    ours = [(*key, area.slots[key].held, area.slots[key].used) for key in [slot[:3] for slot in slots]]
    assert ours == slots
    assert any(order.state == "attempted" for order in area.orders.values())


def _item(number: int, at_ms: int, event_type: str, data: dict[str, Any]) -> Item:
    return Item(at_ms, "test", AREA, event(f"ev-{number}", event_type, at_ms, area=AREA, sender=DESK, data=data))


def _played(*items: Item) -> World:
    world = World()
    world.play([Packet(item.at_ms, AREA, (item,), False) for item in items])
    return world


def _order(day: date) -> dict[str, Any]:
    return {
        "order_id": "o-1", "person_id": "p-1", "position": {"lat": 31.24, "lon": 121.44}, "date": day.isoformat(), "meal": "lunch",
        "portions": 1, "service": "pickup",
    }  # fmt: skip


def test_a_kitchen_that_moves_its_cut_off_forward_is_counted_at_the_new_one_without_alarm() -> None:
    def publish(version: int, cutoff: str) -> dict[str, Any]:
        slot = {"date": DEFAULT_DATE.isoformat(), "meal": "lunch", "capacity": 10, "cutoff": cutoff}
        return {"provider_id": "c-1", "version": version, "slots": [slot]}

    place = {
        "provider_id": "c-1", "name": "c", "kind": "canteen", "position": {"lat": 31.24, "lon": 121.44}, "street": "s",
        "services": ["pickup"], "diets": ["regular"],
    }  # fmt: skip
    world = _played(
        _item(1, at(EVE, 8), "meals.provider.registered.v1", place),
        _item(2, at(EVE, 9), "meals.capacity.published.v1", publish(1, f"{EVE}T20:00:00+08:00")),
        _item(3, at(EVE, 10), "meals.order.placed.v1", _order(DEFAULT_DATE)),
        _item(4, at(EVE, 11), "meals.capacity.published.v1", publish(2, f"{EVE}T18:00:00+08:00")),
        _item(5, at(EVE, 18.1), "clock.ticked.v1", {}),
    )
    logs = world.logs()
    counted = [fact["type"] for decided in logs.decisions for fact in decided.body["facts"]].count("meals.kitchen.counted.v1")
    assert counted == 1
    assert watched(logs, lifecycle.TimersInTime()) == []


def test_an_id_twice_in_one_batch_once_broken_is_no_false_alarm() -> None:
    good = event("ev-x", "meals.order.cancelled.v1", at(EVE, 9), area=AREA, sender=DESK, data={"order_id": "o-9"})
    broken = {**good, "data": {"order_id": "o-9", "colour": "red"}}
    items = tuple(Item(at(EVE, 9), "test", AREA, one) for one in (broken, good, good))
    world = World()
    world.play([Packet(at(EVE, 9), AREA, items, False)])
    logs = world.logs()
    assert [decided.body.get("repeat", False) for decided in logs.decisions] == [False, True]
    assert intake.check_i04(logs) == []
