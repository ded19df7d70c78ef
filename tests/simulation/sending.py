"""How what a domain sends reaches the log: in bursts, late, twice, changed under the same id, lost on the way, packed into batches, into
foreign partitions, among strangers. Knows no domain."""

from dataclasses import replace
from random import Random
from typing import Any

import orjson

from tests.simulation.domains.port import SimDomain, SmallWorld, Step
from tests.simulation.homes import home_of
from tests.simulation.plan import Options, Send, event_value
from tests.simulation.poison import poison_value
from tests.simulation.words import envelope

MARK = "boom"
"""An event id that holds this breaks our own code in the runs with ``broken_code``."""


class Place:
    """One area: its name, its home, its world."""

    def __init__(self, part: SimDomain, options: Options, draw: Random, name: str) -> None:
        self.name = name
        self.home = home_of(name, options.partitions)
        self.world: SmallWorld = part.world(options, draw, name)


def draw_sends(part: SimDomain, options: Options, draw: Random, sending: Random) -> tuple[Send, ...]:
    """Everything that is sent in a run, in the order of time. ``sending`` draws only how it travels."""
    places = [Place(part, options, draw, name) for name in options.areas]
    sends: list[Send] = []
    for place in places:
        for one in place.world.opening(draw):
            sends.append(_send(place, options.start_ms + one.after_ms, one.kind, one.name, one.step))
    moments = sorted(options.start_ms + draw.randrange(60_000, options.span_ms) for _ in range(max(4, options.events // 8)))
    kinds, weights = list(part.steps), list(part.steps.values())
    while len(sends) < options.events:
        at_ms = draw.choice(moments) + draw.randrange(0, 1500)
        kind = draw.choices(kinds, weights)[0]
        place = draw.choice(places)
        number = len(sends)
        mark = MARK if options.broken_code and draw.random() < 0.01 else ""
        sends.append(_send(place, at_ms, kind, f"{mark}{number}", place.world.step(draw, kind, at_ms, number)))
    sends.sort(key=lambda send: send.at_ms)
    travelled = [one for send in sends for one in _travel(options, sending, send)]
    travelled += _strangers(part, options, sending, places)
    travelled.sort(key=lambda send: send.at_ms)
    if options.clock == "played":
        travelled = [replace(send, played_at_ms=send.at_ms if sending.random() < 0.97 else None) for send in travelled]
    return tuple(travelled)


def _send(place: Place, at_ms: int, kind: str, name: str, step: Step) -> Send:
    event = envelope(f"e-{place.name}-{name}", step.event_type, at_ms, place.name, step.actor, step.data)
    return Send(at_ms, kind, place.name, event_value(event), place.home)


def _travel(options: Options, draw: Random, send: Send) -> list[Send]:
    on = options.faults_on
    out = [send]
    if "late" in on and draw.random() < 0.06:
        out[0] = send = replace(send, at_ms=send.at_ms + draw.choice((2_000, 300_000, 7_200_000)))
    if "lost_before" in on and draw.random() < 0.05:
        out[0] = send = replace(send, tries=("lost_before",) * draw.randrange(1, 3) + ("ok",))
    if "lost_after" in on and draw.random() < 0.08:
        tries = ("lost_after",) * draw.randrange(1, 3) + (("ok",) if draw.random() < 0.8 else ())
        out[0] = send = replace(send, tries=tries, retry_ms=draw.choice((200, 5_000, 600_000)))
    if "duplicate" in on and draw.random() < 0.06:
        out.append(replace(send, at_ms=send.at_ms + draw.choice((0, 1, 800, 3_600_000)), tries=("ok",)))
    if "conflict" in on and draw.random() < 0.02 and send.value is not None:
        changed = event_value({**orjson.loads(send.value), "subject": "changed"})
        out.append(replace(send, kind="conflict", at_ms=send.at_ms + draw.choice((5, 60_000)), value=changed, tries=("ok",)))
    if "stray" in on and options.partitions > 1 and draw.random() < 0.04:
        out[0] = replace(out[0], partition=(send.partition + 1) % options.partitions)
    return out


def _strangers(part: SimDomain, options: Options, draw: Random, places: list[Place]) -> list[Send]:
    """Bytes that are no event of ours, batches with a bad member, keys that belie the area."""
    out: list[Send] = []
    if "poison" in options.faults_on:
        for number in range(draw.randrange(1, 14)):
            place = draw.choice(places)
            at_ms = options.start_ms + draw.randrange(0, options.span_ms)
            value, key = poison_value(part, draw, place.name, number, at_ms)
            out.append(Send(at_ms, "poison", key, value, place.home))
    if "batch" in options.faults_on:
        for number in range(draw.randrange(1, 8)):
            place = draw.choice(places)
            at_ms = options.start_ms + draw.randrange(60_000, options.span_ms)
            out.append(_batch(part, draw, place, at_ms, f"b{number}", "skew" in options.faults_on))
    return out


def _batch(part: SimDomain, draw: Random, place: Place, at_ms: int, name: str, skewed: bool) -> Send:  # noqa: PLR0917 - as it is drawn
    events: list[Any] = []
    for member in range(draw.randrange(1, 12)):
        step = place.world.step(draw, draw.choice(part.batch_kinds), at_ms, f"{name}-{member}")
        skew_ms = draw.choice((0, 0, 0, 86_400_000, -86_400_000)) if skewed else 0
        event_id = f"e-{place.name}-{name}-{member}"
        events.append(envelope(event_id, step.event_type, at_ms + skew_ms, place.name, step.actor, step.data))
    if draw.random() < 0.3:
        events.insert(draw.randrange(len(events) + 1), draw.choice(({"id": "half"}, {**events[0], "data": {"colour": "red"}}, 7)))
    if draw.random() < 0.2:
        events.append(events[0])
    return Send(at_ms, "batch", place.name, event_value(events), place.home)
