"""What a journal record says beside its facts: the decisions themselves, the areas' clocks, tallies, owners, what was set aside."""

from typing import Any

import orjson

from schemas.decisions import CoreReason, Decision
from schemas.journal import Decided, Failed, Opened, decision_json
from streams.projections.fold import civil_day, json_text
from streams.projections.rows import Mode, Place, Row, Rows, Table

ECHOES = Table(
    name="decision_echoes",
    mode=Mode.APPENDED,
    key=("domain", "partition", "journal_offset", "record_index"),
    columns={
        "domain": "text", "partition": "integer", "journal_offset": "bigint", "record_index": "integer", "event_id": "text",
        "area": "text", "kind": "text", "decided_ms": "bigint", "body": "jsonb",
    },
    by_domain=True,
)  # fmt: skip


def _decided_again(row: Row) -> tuple[Table, Row]:
    """An id whose memory had ended was answered afresh: both answers are true, the first is the one people are shown."""
    return ECHOES, {**{name: row[name] for name in ECHOES.columns if name != "kind"}, "kind": "again"}


DECISIONS = Table(
    name="decisions",
    mode=Mode.FIRST,
    key=("event_id", "domain", "area"),
    columns={
        "event_id": "text", "domain": "text", "area": "text", "event_type": "text", "outcome": "text", "reason": "text",
        "decided_ms": "bigint", "partition": "integer", "journal_offset": "bigint", "record_index": "integer",
        "fact_count": "integer", "subject": "text", "correlationid": "text", "policy": "jsonb", "body": "jsonb",
    },
    spill=_decided_again,
    by_domain=True,
)  # fmt: skip
AREAS = Table(
    name="areas",
    mode=Mode.MERGED,
    key=("domain", "area"),
    columns={"domain": "text", "area": "text", "partition": "integer", "now_ms": "bigint", "decisions": "bigint"},
    adds=("decisions",),
    maxima=("now_ms",),
    latest=("partition",),
    latest_when="partition",
    by_domain=True,
)
TALLIES = Table(
    name="decision_tallies",
    mode=Mode.MERGED,
    key=("domain", "day", "area", "event_type", "outcome", "reason"),
    columns={
        "domain": "text", "day": "date", "area": "text", "event_type": "text", "outcome": "text", "reason": "text",
        "decisions": "bigint", "repeats": "bigint",
    },
    adds=("decisions", "repeats"),
    by_domain=True,
)  # fmt: skip
SET_ASIDE = Table(
    name="events_set_aside",
    mode=Mode.APPENDED,
    key=("domain", "partition", "journal_offset", "set_aside_index"),
    columns={
        "domain": "text", "partition": "integer", "journal_offset": "bigint", "set_aside_index": "integer",
        "source_offset": "bigint", "event_index": "integer", "event_id": "text", "reason": "text", "home": "integer",
    },
    by_domain=True,
)  # fmt: skip
OWNERS = Table(
    name="owners",
    mode=Mode.APPENDED,
    key=("domain", "partition", "epoch"),
    columns={"domain": "text", "partition": "integer", "epoch": "bigint", "owner": "text", "clock": "text"},
    by_domain=True,
)
FAILURES = Table(
    name="owner_failures",
    mode=Mode.APPENDED,
    key=("domain", "partition", "journal_offset"),
    columns={"domain": "text", "partition": "integer", "journal_offset": "bigint", "source_offset": "bigint", "error": "text"},
    by_domain=True,
)

TABLES = (DECISIONS, ECHOES, AREAS, TALLIES, SET_ASIDE, OWNERS, FAILURES)
"""A table that spills stands before the one it spills into: they are written in this order."""


def opened(rows: Rows, domain: str, partition: int, offset: int, record: Opened) -> None:
    """An owner took the partition."""
    row = {"domain": domain, "partition": partition, "epoch": offset, "owner": record.owner, "clock": str(record.clock)}
    rows.append(OWNERS, row)


def failed(rows: Rows, domain: str, partition: int, offset: int, record: Failed) -> None:
    """An owner ended on an input record."""
    row: Row = {"domain": domain, "partition": partition, "journal_offset": offset}
    rows.append(FAILURES, {**row, "source_offset": record.source_offset, "error": record.error})


def set_aside(rows: Rows, domain: str, partition: int, offset: int, record: Decided) -> None:
    """Events of the input record that were not decided there."""
    for index, aside in enumerate(record.set_aside):
        row: Row = {"domain": domain, "partition": partition, "journal_offset": offset, "set_aside_index": index}
        row |= {"source_offset": record.source_offset, "event_index": aside.index, "event_id": aside.event_id}
        rows.append(SET_ASIDE, row | {"reason": aside.reason, "home": aside.home})


def decided(rows: Rows, place: Place, decision: Decision) -> None:
    """One decision: kept as the first of its id, or counted as an echo; tallied; the area's clock moved."""
    area = (place.domain, place.area)
    rows.add(AREAS, area, decisions=1)
    rows.raise_to(AREAS, area, now_ms=decision.time_ms)
    rows.latest(AREAS, area, partition=place.partition)
    outcome, reason = str(decision.outcome), decision.reason
    tally = (place.domain, civil_day(decision.time_ms), place.area, decision.event_type, outcome, reason or "")
    if decision.repeat:
        rows.add(TALLIES, tally, repeats=1)
        rows.append(ECHOES, _echo(place, decision, "repeat", None))
        return
    rows.add(TALLIES, tally, decisions=1)
    body = orjson.dumps(decision_json(decision)).decode()
    if reason == CoreReason.CONFLICT:
        rows.append(ECHOES, _echo(place, decision, "conflict", body))
        return
    row = {
        "event_id": decision.event_id, "domain": place.domain, "area": place.area, "event_type": decision.event_type,
        "outcome": outcome, "reason": reason, "decided_ms": decision.time_ms, "partition": place.partition,
        "journal_offset": place.offset, "record_index": place.record_index, "fact_count": len(decision.facts),
        "subject": decision.subject, "correlationid": decision.correlationid, "policy": json_text(decision.policy), "body": body,
    }  # fmt: skip
    rows.first(DECISIONS, (decision.event_id, place.domain, place.area), row)


def _echo(place: Place, decision: Decision, kind: str, body: str | None) -> dict[str, Any]:
    return {
        "domain": place.domain, "partition": place.partition, "journal_offset": place.offset, "record_index": place.record_index,
        "event_id": decision.event_id, "area": place.area, "kind": kind, "decided_ms": decision.time_ms, "body": body,
    }  # fmt: skip
