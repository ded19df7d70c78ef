"""A random year of beds as the logs a checker reads: the real decisions, encoded as the journal has them."""

from collections.abc import Callable, Iterable
from functools import cache

import orjson

from agents import core
from agents.beds import DOMAIN
from infra.checkers.beds.model import Area
from infra.checkers.beds.writing import MODEL
from infra.checkers.fold import Eye, fold
from infra.checkers.logs import Input, Logs, judge
from schemas import journal
from schemas.decisions import Decision
from tests.agents.beds.district import AREA, District
from tests.agents.beds.random_year import RandomYear
from tests.checkers.planting import Body


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


def logs_of(decisions: Iterable[Decision]) -> Logs:
    """A journal of these decisions, one a record; without the events they answer."""
    raw: list[tuple[int, int, bytes | None]] = [(0, 0, journal.encode(journal.Opened("test", journal.Clock.PLAYED)))]
    for offset, decision in enumerate(decisions):
        raw.append((0, offset + 1, journal.encode(journal.Decided(0, offset + 1, 0, offset, (decision,)))))
    return Logs(journal=judge(raw), domain="beds")


def journey() -> Logs:
    """One home of two beds; three wait. A conflict, a refusal by the home, one by the person, an expiry, an admission, a leave."""
    district = District()
    district.policy("p0", inventory_age_s_max=60 * 86_400, refusals_max=2, facility_rest_days=1, refused_rest_days=1)
    district.home("f1")
    for name in ("a1", "a2", "a3"):
        district.apply(name)
    district.publish("f1", b1="free")
    district.publish("f1", b1="occupied")
    district.publish("f1", b1="free")
    district.refuse_person("a1")
    district.decline("a2")
    district.settle("a3")
    district.send("leave.started", application_id="a3")
    district.tick("2026-12-01 09:00")
    district.publish("f1", b2="free")
    district.tick("2026-12-20 09:00")
    district.send("bed.vacated", facility_id="f1", bed_id="b1")
    district.send("bed.cleaned", facility_id="f1", bed_id="b1")
    return logs_of(district.decisions)


def seen(logs: Logs, eye: Eye[Area]) -> str:
    """The sentences of what the eye saw; every one must carry the eye's own name."""
    fold(logs, MODEL, [eye])
    assert {violation.invariant for violation in eye.found} <= {eye.invariant}
    return " | ".join(violation.sentence for violation in eye.found)


def same(found: Body) -> Callable[[Body], bool]:
    return lambda data: data == found
