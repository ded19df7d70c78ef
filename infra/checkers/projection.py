"""L02: the tables at their applied offset are the fold of the journal up to there, table by table, row by row."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from infra.checkers.domain import AnyChecks
from infra.checkers.expected import SHARED_KEYS, Expected, Rows
from infra.checkers.fold import fold
from infra.checkers.logs import DRILL_AREA, Journaled, Logs
from infra.checkers.violation import Violation

SAID_MAX = 5
"""Differences told one by one for each table; the rest is counted."""


def check_l02(logs: Logs, checks: AnyChecks) -> list[Violation]:
    """Compare. Tables behind the journal are compared with the journal up to where they stand, each partition by itself."""
    if logs.tables is None:
        return []
    positions = {row["partition"]: row for row in logs.tables.get("journal_positions", ()) if row["domain"] == logs.domain}
    applied = {partition: row["next_offset"] for partition, row in positions.items()}
    # What is not of the journal's own order (offsets skipped by the broker) does not matter: the cut is by offset.
    upto = Logs(
        inputs=logs.inputs, journal=[r for r in logs.journal if r.offset < applied.get(r.partition, 0)],
        domain=logs.domain, partitions=logs.partitions,
    )  # fmt: skip
    found = _positions(upto, positions) + _behind(logs, applied)
    expected = expected_tables(upto, checks)
    for name, wanted in expected.tables.items():
        if name not in logs.tables:
            found.append(Violation("L02", f"there is no table {name}"))
            continue
        found += compare(expected, name, wanted, _own(logs, name))
    for name, counts in expected.counts.items():
        found += _counted(logs, name, counts, expected.COUNTED[name])
    aside = Counter((r.partition, r.offset, e["index"], e["event_id"], e["reason"], e["home"]) for r, e in upto.set_aside)
    return found + _counted(logs, "events_set_aside", aside, ("partition", "journal_offset", "event_index", "event_id", "reason", "home"))


def expected_tables(logs: Logs, checks: AnyChecks) -> Expected[Any]:
    """Fold the whole journal of these logs, drills left out, into what the tables must hold."""
    expected = checks.expected()
    real = Logs(inputs=logs.inputs, journal=[_without_drills(one) for one in logs.journal], domain=logs.domain, partitions=logs.partitions)
    fold(real, checks.model, [expected])
    return expected


def _without_drills(record: Journaled) -> Journaled:
    """A record answers events of one area, so that leaving the drill's decisions out moves no other's place."""
    decisions = record.body.get("decisions")
    if not decisions or decisions[0]["area"] != DRILL_AREA:
        return record
    return record._replace(body=record.body | {"decisions": []})


def tables_of(checks: Iterable[AnyChecks]) -> tuple[str, ...]:
    """Every table that L02 and L05 read for these domains."""
    own = [name for one in checks for name in (*one.expected().OWN_KEYS, *one.expected().COUNTED)]
    return (*SHARED_KEYS, "journal_positions", "owners", "events_set_aside", *own)


def compare(expected: Expected[Any], name: str, wanted: Rows, rows: Iterable[dict[str, Any]]) -> list[Violation]:
    """The differences of one table, in words."""
    keys = expected.keys[name]
    have = {tuple(row[key] for key in keys): row for row in rows}
    said: list[str] = []
    for key, values in wanted.items():
        row = have.get(key)
        if row is None:
            said.append(f"{name} lacks {key}")
            continue
        wrong = [column for column, value in values.items() if row.get(column) != value]
        if wrong:
            column = wrong[0]
            shown = "" if column in ("body", "parameters") else f": {row.get(column)!r}, the journal says {values[column]!r}"
            said.append(f"{name} {key} differs in {', '.join(wrong)}{shown}")
    # Tallies may keep a row of zeros where something was counted and left again.
    said += [
        f"{name} has {key}, which the journal does not"
        for key, row in have.items()
        if key not in wanted and not expected.may_stay(name, row)
    ]
    found = [Violation("L02", sentence) for sentence in said[:SAID_MAX]]
    if len(said) > SAID_MAX:
        found.append(Violation("L02", f"{name}: {len(said) - SAID_MAX} more differences"))
    return found


def _own(logs: Logs, name: str) -> list[dict[str, Any]]:
    assert logs.tables is not None
    return [row for row in logs.tables[name] if row.get("domain", logs.domain) == logs.domain]


def _counted(logs: Logs, name: str, wanted: Counter[Any], columns: tuple[str, ...]) -> list[Violation]:
    assert logs.tables is not None
    have = Counter(tuple(row[column] for column in columns) for row in _own(logs, name)) if name in logs.tables else Counter()
    differing = [key for key in wanted.keys() | have.keys() if wanted[key] != have[key]]
    return [
        Violation("L02", f"{name} has {have[key]} rows of {key}, the journal {wanted[key]}")
        for key in sorted(differing, key=repr)[:SAID_MAX]
    ]


def _positions(upto: Logs, positions: dict[int, dict[str, Any]]) -> list[Violation]:
    """Each position is that of the last record before it."""
    found = []
    ends: dict[int, tuple[int, int, int]] = {}
    for record in upto.journal:
        epoch, seq, source = ends.get(record.partition, (-1, 0, -1))
        if "opened" in record.body:
            epoch = record.offset
        elif record.valid and "decisions" in record.body:
            seq, source = record.body["seq"], record.source_offset
        ends[record.partition] = (epoch, seq, source)
    for partition, end in ends.items():
        row = positions.get(partition)
        have = None if row is None else (row["epoch"], row["seq"], row["source_offset"])
        if have != end:
            found.append(Violation("L02", f"the position of partition {partition} is {have}, the journal up to it says {end}"))
    return found


def _behind(logs: Logs, applied: dict[int, int]) -> list[Violation]:
    """At rest the tables have applied everything."""
    if not logs.settled:
        return []
    last = {record.partition: record.offset for record in logs.journal}
    return [
        Violation(
            "L02",
            f"the tables stand at {applied.get(partition, 0)} of partition {partition}, the journal ends at {offset}",
            partition,
            offset,
        )
        for partition, offset in last.items()
        if applied.get(partition, 0) <= offset
    ]
