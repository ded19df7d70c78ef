"""I08, L03, L04, L05: the order of the journal, and that it answers every input record, each once, at home."""

from infra.checkers.logs import Journaled, Logs, home_of
from infra.checkers.violation import Violation


def check_i08(logs: Logs) -> list[Violation]:
    """Per partition: offsets rise, seq is 1, 2, 3..., source offsets rise; an area is decided at its home only."""
    found = []
    last: dict[int, tuple[int, int, int]] = {}
    for record in logs.journal:
        offset, seq, source = last.get(record.partition, (-1, 0, -1))
        if record.offset <= offset:
            found.append(_at("I08", "journal offsets do not rise", record))
        if record.valid and "decisions" in record.body:
            if record.body["seq"] != seq + 1:
                found.append(_at("I08", f"seq {record.body['seq']} follows {seq}", record))
            if record.source_offset <= source:
                found.append(_at("I08", f"source offset {record.source_offset} follows {source}", record))
            if record.body["source"]["partition"] != record.partition:
                found.append(_at("I08", "the record answers another partition's input", record))
            seq, source = record.body["seq"], record.source_offset
            for decision in record.body["decisions"]:
                if home_of(decision["area"], logs.partitions) != record.partition:
                    found.append(_at("I08", f"area {decision['area']} was decided away from its home", record))
        last[record.partition] = (record.offset, seq, source)
    return found


def check_l05(logs: Logs) -> list[Violation]:
    """Fencing: a record that does not count has an older epoch than its reader's; owners in the tables are those of the journal."""
    found = []
    epochs: dict[int, int] = {}
    opened: set[tuple[int, int]] = set()
    for record in logs.journal:
        if "opened" in record.body:
            epochs[record.partition] = record.offset
            opened.add((record.partition, record.offset))
            continue
        epoch = record.body["epoch"]
        current = epochs.get(record.partition, -1)
        if record.valid and epoch != current:
            found.append(_at("L05", f"a record of epoch {epoch} counts under epoch {current}", record))
        if epoch > current:
            found.append(_at("L05", f"a record of epoch {epoch} was written before that epoch opened", record))
        if not record.valid and epoch == current and "decisions" in record.body:
            found.append(_at("L05", f"the owner of epoch {epoch} wrote a record out of sequence", record))
    if logs.tables is not None:
        rows = {(row["partition"], row["epoch"]) for row in logs.tables.get("owners", ()) if row["domain"] == logs.domain}
        found += [
            Violation("L05", f"epoch {epoch} is in the tables and not in the journal", partition)
            for partition, epoch in sorted(rows - opened)
        ]
        found += [Violation("L05", f"epoch {epoch} is missing in the tables", partition) for partition, epoch in sorted(opened - rows)]
    return found


def check_l03(logs: Logs) -> list[Violation]:
    """Every input offset below the last answered one has an answer: nothing was skipped."""
    answered = _answers(logs)
    last = {partition: max(offsets) for partition, offsets in answered.items() if offsets}
    return [
        Violation("L03", "an input record below the answered position has no answer", record.partition, record.offset)
        for record in logs.inputs
        if record.offset < last.get(record.partition, -1) and record.offset not in answered[record.partition]
    ]


def check_l04(logs: Logs) -> list[Violation]:
    """No remainder: each input record has exactly one answer, with one decision or set-aside an event, in the events' order."""
    found = []
    answered = _answers(logs)
    for record in logs.inputs:
        answers = answered.get(record.partition, {}).get(record.offset, [])
        if not answers:
            if logs.settled:
                found.append(Violation("L04", "an input record was never answered", record.partition, record.offset))
            continue
        if len(answers) > 1:
            found.append(Violation("L04", f"an input record was answered {len(answers)} times", record.partition, record.offset))
        found += _remainder(logs, answers[0])
    places = set(logs.by_place)
    found += [
        _at("L04", f"source offset {record.source_offset} is not in the input log", record)
        for record in logs.journal
        if record.valid and "decisions" in record.body and (record.partition, record.source_offset) not in places
    ]
    return found


def _remainder(logs: Logs, record: Journaled) -> list[Violation]:
    decisions = record.body["decisions"]
    # An event that our own code failed on is refused and, beside that, set aside for a human: one answer, told twice.
    refused = [decision["event_id"] for decision in decisions if decision["reason"] == "internal_error"]
    aside = [e for e in record.body.get("set_aside", []) if not (e["reason"] == "internal_error" and e["event_id"] in refused)]
    if any(entry["index"] is None for entry in aside):
        if len(aside) == 1 and not decisions:
            return []
        return [_at("L04", "a record set aside as a whole has further answers", record)]
    events = logs.parsed.get((record.partition, record.source_offset))
    count = 0 if events is None else len(events)
    if count != len(decisions) + len(aside):
        return [_at("L04", f"{count} events came, {len(decisions)} were decided and {len(aside)} set aside", record)]
    out = {entry["index"] for entry in aside}
    came = [event.get("id") for index, event in enumerate(events or ()) if index not in out and isinstance(event, dict)]
    if came != [decision["event_id"] for decision in decisions]:
        return [_at("L04", "the decisions are not those of the record's events in their order", record)]
    return []


def _answers(logs: Logs) -> dict[int, dict[int, list[Journaled]]]:
    out: dict[int, dict[int, list[Journaled]]] = {}
    for record in logs.journal:
        if record.valid and "decisions" in record.body:
            out.setdefault(record.partition, {}).setdefault(record.source_offset, []).append(record)
    return out


def _at(invariant: str, sentence: str, record: Journaled) -> Violation:
    return Violation(invariant, sentence, record.partition, record.offset)
