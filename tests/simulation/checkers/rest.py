"""After the heal: L01, L02, L07. Liveness is asked only here."""

from collections.abc import Iterator
from typing import Any

from tests.simulation.checkers.logs import Logs, Violation


def stable(logs: Logs) -> Iterator[Violation]:
    """L07: no process is restarted for ever; asked first, since a dead process has no state to compare."""
    if logs.run.unstable:
        yield Violation("L07", "a process was restarted without end")


def l07(logs: Logs) -> Iterator[Violation]:
    """At rest: every input is answered, no process restarts for ever, nothing is due, no order outlives its meal."""
    run = logs.run
    for partition, (sent, answered) in enumerate(zip(run.at_rest, run.answered_at_rest, strict=True)):
        if answered < sent:
            yield Violation("L07", f"{sent - answered} of {sent} inputs unanswered two hours after the heal", partition, answered)
    for partition, inputs in enumerate(logs.inputs):
        done = max((e.body["source"]["offset"] for e in logs.journal[partition] if e.valid and "decisions" in e.body), default=-1)
        if done + 1 < len(inputs):
            yield Violation("L07", f"input {done + 1} was never answered", partition, done + 1)
    for due in run.due_at_end:
        yield Violation("L07", f"work is due and nobody does it: {due}")


def l01(logs: Logs) -> Iterator[Violation]:
    """The living state, the journal folded from its beginning, and the newest snapshot with the rest of the journal are one."""
    run = logs.run
    for name, hashes in (("the journal alone", run.replayed_hashes), ("snapshot and journal", run.snapshot_hashes)):
        for area in sorted(set(run.live_hashes) | set(hashes) if hashes is run.replayed_hashes else hashes):
            if run.live_hashes.get(area) != hashes.get(area):
                yield Violation("L01", f"area {area}: {name} gives another state than the one that decides")


def l02(logs: Logs) -> Iterator[Violation]:
    """The projected rows are the fold of the journal, table by table, and their position only rises."""
    tables = logs.run.tables
    if tables is None:
        return
    assert logs.judging is not None, "the rules are folded first"
    yield from logs.judging.rows(tables)
    yield from _decisions(logs, tables)
    yield from _positions(logs)


def _decisions(logs: Logs, tables: dict[str, list[dict[str, Any]]]) -> Iterator[Violation]:
    """Every decision is tallied once, and the first of each id is kept with its place."""
    decided = sum(1 for dec in logs.decisions if not dec.body.get("repeat"))
    tallied = sum(row["decisions"] for row in tables["decision_tallies"])
    if decided != tallied:
        yield Violation("L02", f"{decided} decisions in the journal, {tallied} tallied in the rows")
    firsts = {key: next((dec for dec in answers if dec.effect), None) for key, answers in logs.by_id.items()}
    for row in tables["decisions"]:
        first = firsts.get((row["area"], row["event_id"]))
        place = (row["partition"], row["journal_offset"])
        if first is None or (first.partition, first.offset) != place:
            yield Violation("L02", f"the rows have {row['event_id']} from another record than the journal", *place)


def _positions(logs: Logs) -> Iterator[Violation]:
    """The applied position only rises, and at rest it is the journal's end."""
    last: dict[int, int] = {}
    for partition, offset in logs.run.applied:
        if offset <= last.get(partition, 0):
            yield Violation("L02", f"the applied position falls from {last[partition]} to {offset}", partition, offset)
        last[partition] = offset
    for partition, entries in enumerate(logs.journal):
        if last.get(partition, 0) != len(entries):
            yield Violation("L02", f"the rows stand at {last.get(partition, 0)} of {len(entries)}", partition)
