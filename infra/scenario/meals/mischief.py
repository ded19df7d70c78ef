"""What goes wrong on a real day: messages sent twice, changed under the same id, impossible, misplaced, or broken."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, timedelta
from random import Random
from typing import Any

from infra.scenario.meals.world import World
from infra.scenario.words import MINUTE_MS, Item, Sender, at, event, rfc3339


def mischief_items(world: World, day: date, prefix: str, items: list[Item]) -> Iterator[Item]:
    """More items beside the honest ones of the day, in no particular order."""
    yield from _sent_again(world, items)
    yield from _impossible(world, day, prefix)
    yield from _broken(world, day, prefix)


def stray(world: World, items: list[Item]) -> list[Item]:
    """The same items, two in a thousand of the orders put where their area is not at home."""
    draw = Random(f"{world.seed}/stray")
    return [item._replace(stray=True) if item.kind == "order" and draw.random() < 0.002 else item for item in items]


def _sent_again(world: World, items: list[Item]) -> Iterator[Item]:
    """One order in eighty comes twice, one in five hundred with another body; some late reports too."""
    draw = Random(f"{world.seed}/again")
    for item in items:
        if item.event is None or item.kind not in ("order", "cancellation", "delivery_delivered"):
            continue
        roll = draw.random()
        later_ms = item.at_ms + draw.randrange(2_000, 20 * MINUTE_MS)
        if roll < 0.0125:
            yield Item(later_ms, "duplicate", item.area, deepcopy(item.event))
        elif roll < 0.0145 and item.kind == "order":
            changed = deepcopy(item.event)
            changed["data"]["portions"] += 1
            yield Item(later_ms, "conflict", item.area, changed)


def _impossible(world: World, day: date, prefix: str) -> Iterator[Item]:
    """Well-formed events that must be refused with a name, or flagged."""
    eve = day - timedelta(days=1)
    area, word = world.district.code, world.district.word
    person, place = world.people[0], world.places[0]
    me = Sender(f"person:{person.person_id}", "app", f"/scenario/{word}/{person.street}/app")
    base = {
        "person_id": person.person_id, "position": {"lat": person.lat, "lon": person.lon}, "meal": "lunch", "portions": 1,
        "service": "dine_in",
    }  # fmt: skip

    def item(tag: str, hour: float, event_type: str, data: dict[str, Any], skew_ms: int = 0) -> Item:
        at_ms = at(eve, hour)
        return Item(
            at_ms, f"impossible_{tag}", area, event(f"{prefix}-odd-{tag}", event_type, at_ms + skew_ms, area=area, sender=me, data=data)
        )

    def order(tag: str, hour: float, skew_ms: int = 0, **data: Any) -> Item:
        body = {"order_id": f"syn-ord-{area}-odd-{tag}", "date": day.isoformat(), **base, **data}
        return item(tag, hour, "meals.order.placed.v1", body, skew_ms)

    unknown = "syn-c-nowhere"
    yield item("unknown-provider", 9.1, "meals.capacity.published.v1",
               {"provider_id": unknown, "version": 1, "slots": [{"date": day.isoformat(), "meal": "lunch", "capacity": 40}]})  # fmt: skip
    yield item("unknown-closed", 9.2, "meals.provider.closed.v1", {"provider_id": unknown, "reason": "maintenance"})
    yield item("unknown-order", 16.1, "meals.order.cancelled.v1", {"order_id": "syn-ord-nobody"})
    yield item("unknown-delivery", 16.2, "meals.delivery.reported.v1", {"order_id": "syn-ord-nobody", "result": "delivered"})
    override = {"order_id": "syn-ord-nobody", "provider_id": place.provider_id, "reason": "误操作"}
    yield item("unknown-override", 16.3, "meals.order.overridden.v1", override)
    yield item("unknown-standing", 16.35, "meals.standing_order.stopped.v1", {"standing_order_id": "syn-std-nobody"})
    window = {"from": rfc3339(at(day, 12)), "until": rfc3339(at(day, 11))}
    closed = {"provider_id": place.provider_id, "reason": "typing_error", **window}
    yield item("empty-window", 16.37, "meals.provider.closed.v1", closed)
    yield order("date-past", 16.4, date=(eve - timedelta(days=3)).isoformat())
    yield order("date-far", 16.5, date=(day + timedelta(days=400)).isoformat())
    yield order("today-late", 16.6, date=eve.isoformat())
    yield order("too-many", 16.7, portions=50)
    yield order("diet-nobody", 16.8, diets=["kosher"])
    yield order("far-away", 16.9, position={"lat": 30.75, "lon": 121.0}, service="delivery")
    yield order("clock-ahead", 17.0, skew_ms=86_400_000)
    yield order("clock-behind", 17.1, skew_ms=-3 * 86_400_000)
    yield order("unknown-preferred", 17.2, preferred_provider_id=unknown)


def _broken(world: World, day: date, prefix: str) -> Iterator[Item]:
    """Bytes that are no event of ours: each must be set aside with a reason, and the line must move on."""
    eve = day - timedelta(days=1)
    area, word = world.district.code, world.district.word
    me = Sender("person:syn-p-broken", "device", f"/scenario/{word}/kiosk-broken")
    body = {"order_id": "syn-ord-broken", "reason": "changed_mind"}
    at_ms = at(eve, 15.5)
    good = event(f"{prefix}-bad", "meals.order.cancelled.v1", at_ms, area=area, sender=me, data=body)

    def changed(tag: str, **attributes: Any) -> bytes:
        return json.dumps({**good, "id": f"{prefix}-bad-{tag}", **attributes}, ensure_ascii=False).encode()

    text = json.dumps(good).encode()
    cases: list[tuple[str, bytes]] = [
        ("not_json", b"{not json"),
        ("truncated", text[:-20]),
        ("bom", b"\xef\xbb\xbf" + text),
        ("binary", b"\xff\xfe\x00\x01"),
        ("empty_batch", b"[]"),
        ("number", b"42"),
        ("nested", b"[" * 20_000),
        ("duplicate_key", text[:-1] + b',"id":"twice"}'),
        ("nul", changed("nul", data={"order_id": "syn-ord-broken", "reason": "a"}, subject="nul\x00")),
        ("unknown_type", changed("type", type="meals.soup.tasted.v1")),
        ("newer_version", changed("version", type="meals.order.cancelled.v9")),
        ("unknown_field", changed("field", data={**body, "colour": "red"})),
        ("swapped_position", changed("swap", type="meals.order.placed.v1", data=_swapped(day))),
        ("no_offset", changed("time", time="2026-11-22T09:12:03")),
        ("clock_1970", changed("1970", time="1970-01-01T08:00:00+08:00")),
        ("bad_id", changed("id", id="../../etc")),
        ("wrong_key", changed("key", area="310999")),
    ]  # fmt: skip
    for number, (tag, raw) in enumerate(cases):
        yield Item(at_ms + number * 420_000, f"broken_{tag}", area, raw=raw)


def _swapped(day: date) -> dict[str, Any]:
    return {
        "order_id": "syn-ord-swapped", "person_id": "syn-p-swapped", "position": {"lat": 121.45, "lon": 31.23},
        "date": day.isoformat(), "meal": "lunch", "portions": 1, "service": "pickup",
    }  # fmt: skip
