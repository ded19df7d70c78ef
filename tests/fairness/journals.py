"""Journals for the audit to read: real decisions, encoded and judged as the tail hands them over."""

from collections.abc import Iterable
from dataclasses import replace

from agents import core
from agents.beds import DOMAIN
from schemas import journal
from schemas.beds_facts import OfferMade
from schemas.decisions import Decision
from streams.tail import Judged
from streams.validity import Validity
from tests.agents.beds.district import AREA, District
from tests.agents.beds.random_year import RandomYear


def year_of_decisions(seed: int, steps: int) -> list[Decision]:
    """A random year, decided by whatever code is there now."""
    area = core.blank(DOMAIN, AREA)
    events = RandomYear(seed, area)
    return [core.handle(DOMAIN, area, events.next()) for _ in range(steps)]


def records(decisions: Iterable[Decision], partition: int = 0) -> list[Judged]:
    """One record a decision, behind the owner's opening."""
    found: list[Judged] = []
    judge = Validity()
    written: list[journal.JournalRecord] = [journal.Opened("test", journal.Clock.PLAYED)]
    written += [journal.Decided(0, seq, partition, seq, (decision,)) for seq, decision in enumerate(decisions, 1)]
    for offset, record in enumerate(written):
        value = journal.encode(record)
        read = journal.decode(value)
        found.append(Judged(partition, offset, value, read, judge.accept(offset, read)))
    return found


def elsewhere(decisions: Iterable[Decision], area: str) -> list[Decision]:
    """The same decisions as another area's."""
    return [replace(decision, area=area) for decision in decisions]


def overtaken() -> list[Decision]:
    """What broken code would have written: of two who wait, the bed goes to ``a2``, who is behind ``a1``, with the last decision."""
    district = District()
    district.home("f1")
    district.apply("a1", assessed_level=6)
    district.apply("a2", assessed_level=3)
    offered = district.publish("f1", b1="free")
    forged = [
        one._replace(fact=one.fact.model_copy(update={"application_id": "a2"})) if isinstance(one.fact, OfferMade) else one
        for one in offered.facts
    ]
    return [*district.decisions[:-1], replace(offered, facts=forged)]
