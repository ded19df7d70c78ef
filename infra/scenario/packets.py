"""How clients pack events into records: alone when little happens, in arrays of one area when much does."""

from collections.abc import Iterable, Iterator
from random import Random
from typing import NamedTuple

import orjson

from infra.scenario.words import MINUTE_MS, Item

EVENTS_MAX = 500
"""The contract's bound on one array."""
Lane = tuple[str, str]
"""Domain and area."""
ALONE = frozenset({"tick", "policy"})


class Packet(NamedTuple):
    """One record or one request: items of one area and domain, in order. ``at_ms`` is the scenario's clock of the last of them."""

    at_ms: int
    area: str
    items: tuple[Item, ...]
    http: bool

    @property
    def domain(self) -> str:
        """Whose topic it goes to; all its items are of one."""
        return self.items[0].domain

    @property
    def stray(self) -> bool:
        """Whether it is to be put elsewhere than at home."""
        return self.items[0].stray

    @property
    def value(self) -> bytes:
        """The record's bytes: the broken ones as they are, one event as an object, several as an array."""
        first = self.items[0]
        if first.raw is not None:
            return first.raw
        return orjson.dumps(first.event if len(self.items) == 1 else [item.event for item in self.items])


def packets(items: Iterable[Item], seed: str, http_permille: int = 0) -> Iterator[Packet]:
    """The items in packets; the order within an area never changes.

    A packet is closed when it has its drawn size, when it spans a played minute, or when an item must travel alone
    (ticks, policies, broken and stray ones). ``http_permille`` of the ordinary packets go through the gateway.
    """
    draw = Random(f"{seed}/packets")
    open_items: dict[Lane, list[Item]] = {}
    sizes: dict[Lane, int] = {}

    def close(lane: Lane) -> Iterator[Packet]:
        waiting = open_items.pop(lane, [])
        if waiting:
            http = draw.randrange(1000) < http_permille
            yield Packet(waiting[-1].at_ms, lane[1], tuple(waiting), http)

    for item in items:
        lane = (item.domain, item.area)
        if item.raw is not None or item.stray or item.kind in ALONE:
            yield from close(lane)
            yield Packet(item.at_ms, item.area, (item,), False)
            continue
        waiting = open_items.setdefault(lane, [])
        if not waiting:
            sizes[lane] = _size(draw)
        waiting.append(item)
        if len(waiting) >= sizes[lane] or item.at_ms - waiting[0].at_ms >= MINUTE_MS:
            yield from close(lane)
    for lane in sorted(open_items):
        yield from close(lane)


def _size(draw: Random) -> int:
    """Half alone, most of the rest in small arrays, a few as large as allowed (shares assumed)."""
    roll = draw.random()
    if roll < 0.5:
        return 1
    return draw.randrange(2, 40) if roll < 0.97 else EVENTS_MAX
