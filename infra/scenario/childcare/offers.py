"""Families who are offered a place: most take it and come, some decline, some never answer (C-R6)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from random import Random
from typing import Any

from infra.scenario.childcare.families import visit_times
from infra.scenario.words import MINUTE_MS, Item, Sender, event

TAKEN, DECLINED = 0.8, 0.92
"""Of the offers seen in time: taken, or taken and declined together; the rest runs out. Assumed."""


def offers_answered(overview: Mapping[str, Any], seed: str, now_ms: int) -> Iterator[Item]:
    """An answer for each open offer, and for one that is taken the child's coming and going."""
    for offer in overview.get("offers", ()):
        draw = Random(f"{seed}/offer/{offer['offer_id']}")
        roll, name = draw.random(), offer["offer_id"].replace(":", "-")
        starts_ms, ends_ms = _ms(offer["starts_at"]), _ms(offer["ends_at"])
        app = Sender("relative:syn-offered", "app", f"/scenario/{offer['area']}/app")
        about = {"booking_id": offer["booking_id"]}
        if roll >= DECLINED:
            continue
        kind = "offer.accepted" if roll < TAKEN else "offer.declined"
        yield _item(f"{name}-say", kind, now_ms, offer, sender=app, data={**about, "offer_id": offer["offer_id"]})
        if roll < TAKEN:
            desk = Sender(f"provider:{offer['site_id']}", "system", f"/scenario/{offer['area']}/places/{offer['site_id']}")
            in_ms, out_ms = visit_times(draw, starts_ms, ends_ms)
            by = {**about, "by": f"syn-rel-of-{offer['booking_id']}"}
            yield _item(f"{name}-in", "child.checked_in", max(now_ms + MINUTE_MS, in_ms), offer, sender=desk, data=by)
            yield _item(f"{name}-out", "child.checked_out", max(now_ms + 2 * MINUTE_MS, out_ms), offer, sender=desk, data=by)


def _ms(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp() * 1000)


def _item(event_id: str, kind: str, at_ms: int, offer: Mapping[str, Any], *, sender: Sender, data: dict[str, Any]) -> Item:
    one = event(event_id[:64], f"childcare.{kind}.v1", at_ms, area=offer["area"], sender=sender, data=data)
    return Item(at_ms, kind.replace(".", "_"), offer["area"], one)
