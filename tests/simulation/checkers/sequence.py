"""The journal's order and completeness: I08, L03, L04, L05, and that the process never breaks by itself."""

from collections.abc import Iterator
from typing import Any

from tests.simulation.checkers.logs import Entry, Logs, Violation
from tests.simulation.homes import home_of
from tests.simulation.poison import unheard_of

KAFKA = "KafkaError"


def i08(logs: Logs) -> Iterator[Violation]:
    """Per partition seq is 1, 2, 3... and source offsets rise by one: no gap, no repeat; an area is decided at its home only."""
    partitions = logs.run.plan.options.partitions
    for entries in logs.journal:
        source = -1
        for entry in _counting(entries):
            answered = entry.body["source"]
            if answered["partition"] != entry.partition:
                yield _at("I08", "answers another partition's input", entry)
            if answered["offset"] != source + 1:
                yield _at("I08", f"input {answered['offset']} is answered after {source}", entry)
            source = answered["offset"]
            for decision in entry.body["decisions"]:
                if home_of(decision["area"], partitions) != entry.partition:
                    yield _at("I08", f"area {decision['area']} decided away from its home", entry)


def l03(logs: Logs) -> Iterator[Violation]:
    """Everything below the group's committed offset is answered once the system is at rest."""
    for partition, committed in enumerate(logs.run.committed):
        answered = {entry.body["source"]["offset"] for entry in _counting(logs.journal[partition])}
        missing = [offset for offset in range(committed) if offset not in answered]
        if missing:
            yield Violation("L03", f"committed up to {committed}, input {missing[0]} has no answer", partition, missing[0])


def l04(logs: Logs) -> Iterator[Violation]:
    """No remainder: each event of each answered record is decided or set aside by name, in order, exactly once."""
    for entries in logs.journal:
        for entry in _counting(entries):
            sentence = _remainder(logs, entry)
            if sentence:
                yield _at("L04", sentence, entry)


def _remainder(logs: Logs, entry: Entry) -> str | None:
    source, decisions, aside = entry.body["source"]["offset"], entry.body["decisions"], entry.body.get("set_aside", [])
    records = logs.inputs[entry.partition]
    if source >= len(records):
        return f"input {source} does not exist"
    own = [one for one in aside if one["reason"] != "internal_error"]
    whole = [one for one in own if one["index"] is None]
    if whole:
        return None if len(own) == 1 and not decisions else "set aside as a whole, and more"
    events = records[source].events
    if events is None:
        return "unreadable bytes were not set aside"
    out = {one["index"] for one in own}
    refused_whole = {one["index"] for one in aside if one["reason"] == "internal_error"} if not decisions else set()
    left = [event for index, event in enumerate(events) if index not in out | refused_whole]
    ids = [event.get("id") if isinstance(event, dict) else None for event in left]
    if ids != [decision["event_id"] for decision in decisions]:
        return f"{len(ids)} events to decide and {len(decisions)} decisions, or in another order"
    return None


def l05(logs: Logs) -> Iterator[Violation]:
    """Fencing: epochs that count never fall, and an owner that nobody has replaced never writes out of sequence."""
    for entries in logs.journal:
        epoch = -1
        for entry in entries:
            if "opened" in entry.body:
                epoch = entry.offset
            elif entry.body["epoch"] > epoch:
                yield _at("L05", f"epoch {entry.body['epoch']} was never opened", entry)
            elif not entry.valid and entry.body["epoch"] == epoch:
                yield _at("L05", f"the owner of epoch {epoch} wrote out of sequence", entry)


def l09(logs: Logs) -> Iterator[Violation]:
    """A newer schema version and bytes that are no event are set aside with a reason, never decided, never dropped."""
    for dec in logs.decisions:
        event = dec.event
        if event is None:
            yield Violation("I02", f"{dec.body['event_id']} is not in its input record", dec.partition, dec.offset)
        elif event.get("type", "").endswith(".v9") or event.get("type") == unheard_of(logs.part.name):
            yield Violation("L09", "an unknown type or version was decided", dec.partition, dec.offset)
    if "poison" not in logs.run.plan.options.faults_on:
        return
    reasons = {(p, offset): reason for p, offset, reason, _ in logs.run.quarantined}
    for entries in logs.journal:
        for entry in _counting(entries):
            for one in entry.body.get("set_aside", ()):
                if one["reason"] != "forwarded" and (entry.partition, entry.body["source"]["offset"]) not in reasons:
                    yield _at("L09", f"set aside as {one['reason']} and never quarantined", entry)


def process(logs: Logs) -> Iterator[Violation]:
    """R70: a process ends itself only for a fault we made; our own code fails only where we broke it (design 4.7)."""
    broken = logs.run.plan.options.broken_code
    for ended in logs.run.ended:
        if ended.code == 70 and broken != "evolve":
            yield Violation("R70", f"{ended.worker} broke: {ended.reason}")
        if ended.code == 72 and KAFKA not in ended.reason and "own epoch" not in ended.reason:
            yield Violation("R70", f"{ended.worker} could not recover: {ended.reason}")
    if logs.run.loop_errors:
        yield Violation("R70", f"a callback raised: {logs.run.loop_errors[0]}")
    for dec in logs.decisions:
        if dec.body.get("error") is not None and not broken:
            yield Violation("R70", f"our own code failed: {dec.body['error']}", dec.partition, dec.offset)
        if any(fact["type"] == "case.stuck.v1" for fact in dec.body["facts"]):
            yield Violation("R70", "a deadline got stuck in our own code", dec.partition, dec.offset)


def _counting(entries: list[Entry]) -> Iterator[Entry]:
    return (entry for entry in entries if entry.valid and "decisions" in entry.body)


def _at(invariant: str, sentence: str, entry: Entry) -> Violation:
    return Violation(invariant, sentence, entry.partition, entry.offset)


Facts = list[dict[str, Any]]
