"""What goes wrong in a day of childcare: messages sent twice, changed under the same id, impossible, misplaced, or broken."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

from infra.scenario.childcare.sites import send
from infra.scenario.childcare.world import World
from infra.scenario.words import MINUTE_MS, Item, Sender, at, event


def stray(world: World, items: list[Item]) -> list[Item]:
    """The same items, two in a thousand of the bookings put where their area is not at home."""
    draw = world.draw("stray")
    return [item._replace(stray=True) if item.kind == "booking" and draw.random() < 0.002 else item for item in items]


def mischief_items(world: World, prefix: str, items: list[Item]) -> Iterator[Item]:
    """More items beside the honest ones."""
    draw = world.draw("again")
    for item in items:
        if item.event is None or item.kind not in ("booking", "check_in", "check_out", "cancellation"):
            continue
        roll = draw.random()
        later_ms = item.at_ms + draw.randrange(1_000, 10 * MINUTE_MS)
        if roll < 0.012:
            yield Item(later_ms, "duplicate", item.area, deepcopy(item.event))
        elif roll < 0.014 and item.kind == "booking":
            changed = deepcopy(item.event)
            changed["data"]["waitlist"] = False
            yield Item(later_ms, "conflict", item.area, changed)
    yield from _impossible(world, prefix)
    yield from _broken(world, prefix)


def _impossible(world: World, prefix: str) -> Iterator[Item]:
    """Well-formed events that must be refused with a name."""
    plan = world.plan
    eve = plan.day - timedelta(days=1)
    family = world.family(8_900)
    child_id, born = family.children[0]
    slot = next(slot for slot in world.slots(plan.day) if slot.service == "care")
    me = Sender(f"relative:{family.persons[0]}", "app", f"/scenario/{world.district.word}/app")
    base: dict[str, Any] = {
        "child_id": child_id, "family_id": family.family_id, "birth_date": born.isoformat(),
        "position": {"lat": family.lat, "lon": family.lon},
    }  # fmt: skip

    def odd(tag: str, hour: float, event_type: str, data: dict[str, Any], *, today: bool = False) -> Item:
        at_ms = at(plan.day if today else eve, hour)
        return send(world, f"impossible_{tag}", f"{prefix}-cc-odd-{tag}", event_type, at_ms, sender=me, data=data)

    def ask(tag: str, hour: float, *, today: bool = False, **data: Any) -> Item:
        return odd(tag, hour, "booking.requested", {"booking_id": f"{prefix}-cc-odd-{tag}", **base, **data}, today=today)

    far = {"date": (plan.day + timedelta(days=60)).isoformat(), "from": "09:00", "to": "10:00"}
    morning = {"date": plan.day.isoformat(), "from": "08:30", "to": "11:30"}
    yield ask("unknown-session", 10.0, session_id="syn-nowhere")
    yield ask("unknown-service", 10.1, window=morning, service="tennis")
    yield ask("too-old", 10.2, session_id=slot.session_id, birth_date="2019-05-01")
    yield ask("too-young", 10.3, session_id=slot.session_id, birth_date=(eve - timedelta(days=40)).isoformat())
    yield ask("not-born", 10.4, session_id=slot.session_id, birth_date=(plan.day + timedelta(days=40)).isoformat())
    yield ask("date-far", 10.5, window=far)
    yield ask("far-away", 10.6, window=morning, position={"lat": 30.75, "lon": 121.0})
    yield ask("after-noon", 13.0, today=True, session_id=next(
        one.session_id for one in world.slots(plan.day) if one.from_hour >= 16 and one.service == "care"))  # fmt: skip
    yield odd("unknown-cancel", 11.0, "booking.cancelled", {"booking_id": "syn-nobody"})
    yield odd("unknown-child", 11.1, "child.checked_out", {"booking_id": "syn-nobody", "by": family.persons[0]}, today=True)
    yield odd("unknown-offer", 11.2, "offer.accepted", {"booking_id": "syn-nobody", "offer_id": "syn-none"})
    yield odd("unknown-staffing", 11.3, "staffing.reported", {"site_id": "syn-x", "session_id": "syn-nowhere", "staff_present": 1})


def _broken(world: World, prefix: str) -> Iterator[Item]:
    """Bytes that are no event of ours: each must be set aside with a reason, and the line must move on."""
    area = world.district.code
    at_ms = at(world.plan.day - timedelta(days=1), 15.2)
    me = Sender("relative:syn-broken", "app", f"/scenario/{world.district.word}/broken")
    body = {"booking_id": "syn-broken"}
    good = event(f"{prefix}-cc-bad", "childcare.booking.cancelled.v1", at_ms, area=area, sender=me, data=body)

    def changed(tag: str, **attributes: Any) -> bytes:
        return json.dumps({**good, "id": f"{prefix}-cc-bad-{tag}", **attributes}, ensure_ascii=False).encode()

    text = json.dumps(good).encode()
    hot = {"booking_id": "syn-broken", "by": "syn-p", "temperature_c": 99.0}
    cases: tuple[tuple[str, bytes], ...] = (
        ("not_json", b"{not json"), ("truncated", text[:-9]), ("bom", b"\xef\xbb\xbf" + text),
        ("unknown_type", changed("type", type="childcare.soup.tasted.v1")),
        ("newer_version", changed("version", type="childcare.booking.cancelled.v9")),
        ("unknown_field", changed("field", data={**body, "colour": "red"})),
        ("temperature", changed("temp", type="childcare.child.checked_in.v1", data=hot)),
        ("wrong_key", changed("key", area="310999")),
    )  # fmt: skip
    for number, (tag, raw) in enumerate(cases):
        yield Item(at_ms + number * 300_000, f"broken_{tag}", area, raw=raw)
