"""Some days of one area of childcare as logs, decided by the real core."""

from agents import core
from agents.childcare import DOMAIN
from infra.checkers.logs import Input, Logs, judge
from schemas import journal
from schemas.journal import Clock, Opened
from tests.agents.childcare.random_day import RandomDay
from tests.agents.childcare.world import AREA


def played_days(seed: int, events: int) -> Logs:
    """The logs of so many events of this seed, one record a decision."""
    day, area = RandomDay(seed), core.blank(DOMAIN, AREA)
    raw: list[tuple[int, int, bytes | None]] = [(0, 0, journal.encode(Opened("test", Clock.WALL)))]
    inputs = []
    for number in range(events):
        item = day.next()
        value = item.event.model_dump_json(by_alias=True, exclude_unset=True).encode()
        inputs.append(Input(0, number, item.received_at_ms, AREA.encode(), value, {}))
        decision = core.handle(DOMAIN, area, item)
        day.learn(decision)
        raw.append((0, number + 1, journal.encode(journal.Decided(0, number + 1, 0, number, (decision,)))))
    return Logs(inputs=inputs, journal=judge(raw), domain="childcare")
