"""From a decision to events of other domains: who declares what, and how the event is made.

The event's id derives from the journal record and the route, so that a reactor that repeats itself sends the same event again and
the other domain answers it as a repeat: at least once here is once there.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from agents.shared.ids import derived_id
from schemas.decisions import Decision
from schemas.drill import is_drill
from schemas.facts import Fact
from schemas.journal import instant

ACTOR = "system:handover"
"""Who acts in an event that one domain hands to another."""


class Wish(NamedTuple):
    """What a route wants sent: an event type of its target domain, the area it belongs to there, its subject and its data.

    ``data`` may use `Handed.id` for ids it must give (a call's): it is as deterministic as the event. ``correlationid`` is for a case
    that goes on by the clock, whose ticks know of no case: its fact remembers which one it is of.
    """

    event_type: str
    area: str
    subject: str | None
    data: dict[str, Any]
    correlationid: str | None = None


class Handed(NamedTuple):
    """One fact in its decision, and the id that the event made of it will have."""

    fact: Fact
    decision: Decision
    id: str


class Handover(NamedTuple):
    """An event on its way: to whose topic, for which area, and its JSON bytes. ``at_ms`` is when it was decided."""

    domain: str
    area: str
    event_id: str
    value: bytes
    at_ms: int


@dataclass(frozen=True)
class Route:
    """One declared way from a domain to another (or to itself, for another area). ``name`` is part of ids: never change it.

    ``fact_types`` are looked at, nothing else; ``wishes`` gives what is to be sent for one of them, often nothing.
    """

    name: str
    source: str
    target: str
    fact_types: frozenset[str]
    wishes: Callable[[Handed], Iterable[Wish]]


def handovers_of(routes: Iterable[Route], partition: int, seq: int, decision: Decision) -> list[Handover]:
    """What this decision hands over on these routes, all of the decision's own domain; empty for nearly all decisions."""
    found: list[Handover] = []
    if is_drill(decision.area):
        # A drill proves one domain's chain and ends there: nobody real may be called.
        return found
    for route in routes:
        for number, reasoned in enumerate(decision.facts):
            if reasoned.fact.type not in route.fact_types:
                continue
            # Partition and seq name a valid journal record for ever; the event's id and the place name the fact in it.
            causes = (route.name, str(partition), str(seq), decision.event_id, str(number))
            handed = Handed(reasoned.fact, decision, derived_id("hnd", *causes, "0"))
            for turn, wish in enumerate(route.wishes(handed)):
                event_id = derived_id("hnd", *causes, str(turn))
                value = orjson.dumps(_event(route, event_id, decision, wish))
                found.append(Handover(route.target, wish.area, event_id, value, decision.time_ms))
    return found


def _event(route: Route, event_id: str, decision: Decision, wish: Wish) -> dict[str, Any]:
    """The CloudEvent. Its time is when it was decided: whoever carries it invents none."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/laoxiao/{route.source}/{route.name}",
        "type": wish.event_type,
        "time": instant(decision.time_ms),
        "area": wish.area,
        "actor": ACTOR,
        "channel": "system",
        "causationid": decision.event_id,
        "correlationid": wish.correlationid or decision.correlationid or decision.event_id,
        "datacontenttype": "application/json",
        "data": wish.data,
    }
    if wish.subject is not None:
        event["subject"] = wish.subject
    return event
