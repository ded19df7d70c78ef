"""How the played day writes its events: CloudEvents as plain dictionaries, with the ids of senders as real ones would have.

Nothing here uses our schemas: the day is what the outside sends, and the codec must judge it as it judges everybody.
"""

from datetime import date, datetime, timedelta, timezone
from random import Random
from typing import Any, NamedTuple

from infra.scenario.population import Person

SHANGHAI = timezone(timedelta(hours=8))
SECOND_MS = 1_000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


class Item(NamedTuple):
    """One thing the player sends. ``kind`` says why it is there; `broken` items carry ``raw`` bytes and no event.

    ``at_ms`` is the scenario's clock when it is sent (milliseconds since the epoch). ``stray`` asks the player to put it in
    another partition than its area's home, as clients with another partitioner do. ``domain`` is stamped by the day: whose topic it
    goes to.
    """

    at_ms: int
    kind: str
    area: str
    event: dict[str, Any] | None = None
    raw: bytes | None = None
    stray: bool = False
    domain: str = ""


class Sender(NamedTuple):
    """Who acts and how the message comes in."""

    actor: str
    channel: str
    source: str
    onbehalfof: str | None = None


def at(day: date, hour: float) -> int:
    """An instant of that day in Shanghai; hours may be fractions and may run over midnight."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return int(midnight.timestamp() * 1000) + round(hour * HOUR_MS)


def rfc3339(ms: int) -> str:
    """As people in Shanghai write it."""
    return datetime.fromtimestamp(ms / 1000, SHANGHAI).isoformat(timespec="milliseconds")


def event(
    event_id: str, event_type: str, at_ms: int, *, area: str, sender: Sender, data: dict[str, Any], subject: str | None = None
) -> dict[str, Any]:
    """One CloudEvent with our extension attributes; attributes that say nothing are left out."""
    out: dict[str, Any] = {
        "specversion": "1.0",
        "id": event_id,
        "source": sender.source,
        "type": event_type,
        "time": rfc3339(at_ms),
        "area": area,
        "actor": sender.actor,
        "channel": sender.channel,
        "datacontenttype": "application/json",
        "data": data,
    }
    if subject is not None:
        out["subject"] = subject
    if sender.onbehalfof is not None:
        out["onbehalfof"] = sender.onbehalfof
    return out


def office(word: str) -> Sender:
    """The district's civil affairs office."""
    return Sender("office:syn-civil-affairs", "system", f"/scenario/{word}/office")


def house(word: str, provider_id: str) -> Sender:
    """The place itself."""
    return Sender(f"provider:{provider_id}", "system", f"/scenario/{word}/places/{provider_id}")


def desk(word: str, draw: Random) -> Sender:
    """An operator of the call centre acting by right of office."""
    number = draw.randrange(1, 9)
    return Sender(f"operator:syn-op-{number:02d}", "phone", f"/scenario/{word}/desk-{number}")


def courier(word: str, draw: Random) -> Sender:
    """Who carries the meal to the door."""
    number = draw.randrange(1, 60)
    return Sender(f"courier:syn-w-{number:03d}", "app", f"/scenario/{word}/couriers/{number:03d}")


def orderer(word: str, person: Person, draw: Random) -> Sender:
    """Who orders for this person: themselves, a relative, a community worker, or the desk by phone (M-R5: relatives and
    workers may order; S23: no smartphone needed). Shares are assumed."""
    roll = draw.random()
    street = f"/scenario/{word}/{person.street}"
    if roll < 0.40:
        return Sender(f"person:{person.person_id}", "app", f"{street}/app")
    if roll < 0.60:
        return Sender(f"person:{person.person_id}", "device", f"{street}/kiosk-{draw.randrange(1, 5)}")
    if roll < 0.80:
        return Sender(f"relative:{person.person_id.replace('syn-p-', 'syn-r-')}", "app", f"{street}/app", person.person_id)
    if roll < 0.92:
        channel = draw.choice(("counter", "paper"))
        return Sender(f"worker:syn-cw-{person.street}-{draw.randrange(1, 7)}", channel, f"{street}/counter", person.person_id)
    return Sender(f"operator:syn-op-{draw.randrange(1, 9):02d}", "phone", f"/scenario/{word}/desk", person.person_id)
