"""How fast the core decides meal orders, and how fast an area's state is written and read back.

``core.handle`` alone: decide, evolve, explain and check; decoding is measured with the codec. Seconds are of this process's CPU;
``undisturbed`` is the packet that only a tenth of all packets beat, since neighbours on the machine slow the others down.

Three loads, each with few and with many providers at one density: ``usual`` (half the places stay free), ``busy`` (at the end nine
of ten places are taken) and ``full`` (19 of 20 kitchens have no place from the start, so the nearest are nearly always full).
"""

import gc
import random
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from agents import core
from agents.meals import DOMAIN
from agents.meals.state import MealsState
from schemas.decisions import Outcome, Received
from schemas.journal import SHANGHAI
from schemas.meals import CapacityPublishedEvent, OrderPlacedEvent, ProviderRegisteredEvent
from schemas.primitives import SHANGHAI_BOX
from streams.app import GARBAGE_THRESHOLDS

AREA = "310106"
NOW_MS = int(datetime(2026, 11, 22, 9, 0, tzinfo=SHANGHAI).timestamp() * 1000)
DATE = "2026-11-23"
PROVIDERS_PER_KM2 = 100 / 37
"""A district like Jing'an: 100 places for meals in 37 km²."""
PACKET = 100
"""Orders made and decided at a time."""
LOADS = ("usual", "busy", "full")

Box = tuple[float, float, float, float]


def run(orders: int = 20_000, providers_few: int = 100, providers_many: int = 100_000, open_orders: int = 1_000_000) -> dict[str, Any]:
    """Every figure: decisions a second by load and number of providers, and seconds to dump and load open orders."""
    figures: dict[str, Any] = {"orders": orders}
    for providers in (providers_few, providers_many):
        for load in LOADS:
            figures[f"{load}_{providers}_per_s"] = decisions_per_s(providers, orders, load)
    figures.update(snapshot_seconds(open_orders))
    return figures


def decisions_per_s(providers: int, orders: int, load: str, seed: int = 1) -> dict[str, float | int]:
    """Orders placed one after the other into an area with so many providers."""
    rng = random.Random(seed)
    box = box_of(providers)
    area = core.blank(DOMAIN, AREA)
    for item in _directory(rng, providers, orders, load=load, box=box):
        core.handle(DOMAIN, area, item)
    for number in range(orders // 10):
        core.handle(DOMAIN, area, _order(rng, number, box))
    gc.collect()
    gc.freeze()
    thresholds = gc.get_threshold()
    gc.set_threshold(*GARBAGE_THRESHOLDS)  # as the worker runs the core
    accepted, took_s = 0, 0.0
    packets_s: list[float] = []
    first = orders // 10
    for packet in range(first, orders, PACKET):
        # Made just before, as a record is decoded just before it is decided.
        items = [_order(rng, number, box) for number in range(packet, min(packet + PACKET, orders))]
        began_s = time.process_time()
        for item in items:
            accepted += core.handle(DOMAIN, area, item).outcome is Outcome.ACCEPTED
        packets_s.append(time.process_time() - began_s)
        took_s += packets_s[-1]
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    DOMAIN.check_all(area.domain)
    undisturbed_s = sorted(packets_s)[len(packets_s) // 10]
    return {
        "decisions_per_s": round((orders - first) / took_s),
        "undisturbed_per_s": round(PACKET / undisturbed_s),
        "accepted_percent": round(100 * accepted / (orders - first)),
    }


def snapshot_seconds(open_orders: int) -> dict[str, float | int]:
    """An area with so many open orders, to rows and back, through `core.dump` and `core.load`."""
    rng = random.Random(2)
    box = box_of(100)
    area = core.blank(DOMAIN, AREA)
    for item in _directory(rng, 100, open_orders, load="usual", box=box, days=14):
        core.handle(DOMAIN, area, item)
    gc.disable()
    for number in range(open_orders):
        core.handle(DOMAIN, area, _order(rng, number, box, days=14))
    gc.enable()
    began_s = time.process_time()
    rows = list(core.dump(DOMAIN, area))
    dumped_s = time.process_time()
    count = len(area.domain.orders)
    del area
    loading_s = time.process_time()
    gc.disable()  # as the worker does: a load makes millions of objects and no garbage
    loaded: core.AreaState[MealsState] = core.load(DOMAIN, rows)
    took_s = time.process_time() - loading_s
    gc.enable()
    assert len(loaded.domain.orders) == count
    return {"open_orders": count, "rows": len(rows), "dump_s": round(dumped_s - began_s, 2), "load_s": round(took_s, 2)}


def box_of(providers: int) -> Box:
    """South, west, north, east: as much ground as so many providers have, at most the whole city."""
    south, west, north, east = SHANGHAI_BOX
    side_m = (providers / PROVIDERS_PER_KM2) ** 0.5 * 1000
    lat, lon = (south + north) / 2, (west + east) / 2
    half_lat, half_lon = side_m / 2 / 111_195, side_m / 2 / 95_100
    return max(south, lat - half_lat), max(west, lon - half_lon), min(north, lat + half_lat), min(east, lon + half_lon)


def _directory(rng: random.Random, providers: int, orders: int, *, load: str, box: Box, days: int = 1) -> Iterator[Received]:
    places_per_order = {"usual": 2.0, "busy": 1.11, "full": 2.0}[load]
    open_share = 0.05 if load == "full" else 1.0
    capacity = max(2, round(orders * places_per_order / days / (providers * open_share)))
    for number in range(providers):
        data = {
            "provider_id": f"c-{number:06d}",
            "name": "社区长者食堂",
            "kind": "canteen",
            "position": _position(rng, box),
            "street": "310106013",
            "services": ["dine_in", "pickup", "delivery"],
            "diets": ["regular", "soft", "low_salt"],
            "delivery_radius_m": 3000,
        }
        yield _received(ProviderRegisteredEvent, "meals.provider.registered.v1", f"r-{number}", data)
        places = capacity if rng.random() < open_share else 0
        slots = [
            {"date": f"2026-11-{23 + day:02d}" if day < 8 else f"2026-12-{day - 7:02d}", "meal": "lunch", "capacity": places}
            for day in range(days)
        ]
        published = {"provider_id": f"c-{number:06d}", "version": 1, "slots": slots}
        yield _received(CapacityPublishedEvent, "meals.capacity.published.v1", f"v-{number}", published)


def _order(rng: random.Random, number: int, box: Box, days: int = 1) -> Received:
    day = rng.randrange(days)
    data = {
        "order_id": f"ord-20261123-{number:07d}",
        "person_id": f"p-{rng.randrange(500_000):06d}",
        "position": _position(rng, box),
        "date": f"2026-11-{23 + day:02d}" if day < 8 else f"2026-12-{day - 7:02d}",
        "meal": "lunch",
        "portions": 1,
        "service": rng.choice(("dine_in", "pickup", "delivery")),
        "diets": ["soft"] if rng.random() < 0.2 else [],
        "age": rng.randrange(60, 100),
    }
    return _received(OrderPlacedEvent, "meals.order.placed.v1", f"01JD{number:012d}", data)


def _position(rng: random.Random, box: Box) -> dict[str, float]:
    south, west, north, east = box
    return {"lat": round(rng.uniform(south, north), 6), "lon": round(rng.uniform(west, east), 6)}


def _received(model: type[Any], kind: str, event_id: str, data: dict[str, Any]) -> Received:
    event = model.model_validate(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": "/bench",
            "type": kind,
            "time": datetime.fromtimestamp(NOW_MS / 1000, SHANGHAI),
            "area": AREA,
            "actor": "relative:p-1",
            "data": data,
        },
        strict=False,
    )
    return Received(event, event_id.encode().ljust(16, b"."), NOW_MS)
