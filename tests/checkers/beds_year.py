"""A random year of beds as the logs a checker reads: the real decisions, encoded as the journal has them."""

from functools import cache

import orjson

from agents import core
from agents.beds import DOMAIN
from infra.checkers.logs import Input, Logs, judge
from schemas import journal
from tests.agents.beds.district import AREA
from tests.agents.beds.random_year import RandomYear


@cache
def year(seed: int, steps: int) -> Logs:
    """The clean logs of one area. Never changed by a test: planting makes copies."""
    area = core.blank(DOMAIN, AREA)
    events = RandomYear(seed, area)
    raw: list[tuple[int, int, bytes | None]] = [(0, 0, journal.encode(journal.Opened("test", journal.Clock.PLAYED)))]
    inputs: list[Input] = []
    for offset in range(steps):
        item = events.next()
        value = orjson.dumps(item.event.model_dump(mode="json", by_alias=True))
        inputs.append(Input(0, offset, item.received_at_ms, AREA.encode(), value, {}))
        raw.append((0, offset + 1, journal.encode(journal.Decided(0, offset + 1, 0, offset, (core.handle(DOMAIN, area, item),)))))
    return Logs(inputs=inputs, journal=judge(raw), domain="beds")
