"""After the heal: L01, L02, L07 and the forwarding of strays. Liveness is asked only here."""

from collections.abc import Iterator
from typing import Any

from tests.simulation.checkers.logs import Logs, Violation
from tests.simulation.checkers.model import OPEN, Area


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
        for area in sorted(set(run.live_hashes) | set(hashes)):
            if run.live_hashes.get(area) != hashes.get(area):
                yield Violation("L01", f"area {area}: {name} gives another state than the one that decides")


def forwarded(logs: Logs) -> Iterator[Violation]:
    """Every event set aside as belonging elsewhere is decided at its home (I01 for strays)."""
    for entries in logs.journal:
        for entry in entries:
            for one in entry.body.get("set_aside", ()) if entry.valid else ():
                if one["reason"] == "forwarded" and not any(event_id == one["event_id"] for _, event_id in logs.by_id):
                    yield Violation("I01", f"{one['event_id']} was to be forwarded and was never decided", entry.partition, entry.offset)


def l02(logs: Logs) -> Iterator[Violation]:
    """The projected rows are the fold of the journal, table by table, and their position only rises."""
    areas: dict[str, Area] = logs.areas
    tables = logs.run.tables
    rows = {(row["area"], row["order_id"]): row for row in tables["meals_orders"]}
    for area in areas.values():
        for order_id, order in area.orders.items():
            row = rows.pop((area.name, order_id), None)
            # The rows show an attempted meal and a person looked after as assigned, with their attempts beside it.
            state = "assigned" if order.state in ("attempted", "welfare_check") else order.state
            shown = None if row is None else (row["state"], row["provider_id"])
            if shown is None or shown[0] != state:
                yield Violation("L02", f"order {order_id} is {order.state}, the rows say {shown}")
            elif order.state in OPEN and shown[1] != order.provider:
                yield Violation("L02", f"order {order_id} is at {order.provider}, the rows say {shown[1]}")
        yield from _slots(area, tables)
    for key in rows:
        yield Violation("L02", f"the rows have an order {key} that the journal does not")
    yield from _decisions(logs)
    yield from _positions(logs)


def _decisions(logs: Logs) -> Iterator[Violation]:
    """Every decision is tallied once, and the first of each id is kept with its place."""
    tables = logs.run.tables
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


def _slots(area: Area, tables: dict[str, list[dict[str, Any]]]) -> Iterator[Violation]:
    name, slots = area.name, area.slots
    rows = {(r["provider_id"], str(r["day"]), r["meal"]): r for r in tables["meals_slots"] if r["area"] == name}
    for key, slot in slots.items():
        row = rows.get(key)
        shown = (0, 0, None) if row is None else (row["held"], row["used"], row["capacity"])
        if shown[:2] != (slot.held, slot.used) or (slot.fact is not None and shown[2] != slot.total):
            yield Violation("C02", f"{key}: held {slot.held}, used {slot.used} of {slot.total}; the rows say {shown}")
