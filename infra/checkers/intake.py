"""I01-I05: what came in is answered, once, the same way, and nothing else is."""

from collections.abc import Mapping
from typing import Any

from infra.checkers.logs import DRILL_AREA, DRILL_SOURCE, HANDOVER, Decided, Logs, identity, parse_record
from infra.checkers.violation import Violation

TICK = "clock.ticked.v1"


def check_i01(logs: Logs) -> list[Violation]:
    """No lost accept: every event a client was told is durable has a decision, or was set aside by name."""
    if not logs.settled:
        return []
    aside_ids = {entry.get("event_id") for _, entry in logs.set_aside if entry["reason"] != "forwarded"}
    aside_places = {(record.partition, record.source_offset) for record, _ in logs.set_aside}
    found = []
    for sent in logs.sent:
        if sent.outcome != "acked":
            continue
        if sent.raw is not None:
            answered = (sent.partition, sent.offset) in aside_places or (sent.partition, sent.offset) in logs.decided_places
            if not answered:
                found.append(
                    Violation("I01", f"the broken record {sent.record} was neither set aside nor decided", sent.partition, sent.offset)
                )
            continue
        for event in sent.events:
            event_id = event["id"]
            if event_id in sent.refused or event_id in logs.answers or event_id in aside_ids:
                continue
            found.append(Violation("I01", f"{event_id} was acknowledged and never answered", sent.partition, sent.offset))
    return found


def check_i02(logs: Logs) -> list[Violation]:
    """No phantom: a decision answers an event that lies in its input record; an event there was sent by a client or is a tick.

    What a client was told is not taken has no decision. Events the client is unsure of may or may not be there.
    """
    found = []
    for decided in logs.decisions:
        events = logs.parsed.get((decided.partition, decided.source_offset))
        types = {(event.get("id"), event.get("type")) for event in events or () if isinstance(event, dict)}
        if (decided.event_id, decided.body["event_type"]) not in types:
            found.append(_at("I02", f"{decided.event_id} was decided but is not in its input record", decided))
    never = {event["id"] for sent in logs.sent if sent.outcome == "refused" for event in sent.events}
    never |= {event_id for sent in logs.sent for event_id in sent.refused}
    taken = {event["id"] for sent in logs.sent if sent.outcome != "refused" for event in sent.events if event["id"] not in sent.refused}
    found += [
        _at("I02", f"{event_id} was decided although its sender was told that it is not taken", logs.answers[event_id][0])
        for event_id in sorted(never - taken)
        if event_id in logs.answers
    ]
    if logs.only_ours:
        raw_ids = {event.get("id") for sent in logs.sent if sent.raw is not None for event in _raw_events(sent.raw)}
        for decided in logs.decisions:
            known = decided.event_id in taken or decided.event_id in raw_ids or decided.event_id in never
            known = known or _drilled(logs, decided) or _handed_over(logs, decided)
            if decided.body["event_type"] != TICK and not known:
                found.append(_at("I02", f"{decided.event_id} was decided and nobody sent it", decided))
    return found


def _handed_over(logs: Logs, decided: Decided) -> bool:
    """Whether it claims to come from another domain; `infra.checkers.outbox.check_handovers` looks whether that is true."""
    event = _input_of(logs, decided)
    return event is not None and event.get("actor") == HANDOVER


def _drilled(logs: Logs, decided: Decided) -> bool:
    """Whether the auditor sent it: it says so itself, and touches nobody's area but the drill's."""
    events = logs.parsed.get((decided.partition, decided.source_offset)) or []
    sources = {event.get("source") for event in events if isinstance(event, dict) and event.get("id") == decided.event_id}
    return decided.body["area"] == DRILL_AREA and sources == {DRILL_SOURCE}


def _raw_events(raw: bytes) -> list[dict[str, Any]]:
    return [event for event in parse_record(raw) or [] if isinstance(event, dict)]


def check_i03(logs: Logs) -> list[Violation]:
    """Idempotent: at most one effect decision an id and area; a repeat shows the same outcome and reason."""
    found = []
    for event_id, answers in logs.answers.items():
        if answers[0].body["event_type"] == TICK:
            continue
        effects: dict[str, Decided] = {}
        for decided in answers:
            area = decided.body["area"]
            first = effects.get(area)
            if decided.effect:
                if first is not None:
                    found.append(_at("I03", f"{event_id} took effect twice (first at {first.partition}@{first.offset})", decided))
                effects.setdefault(area, decided)
            elif decided.body.get("repeat"):
                if first is None:
                    found.append(_at("I03", f"{event_id} is called a repeat and has no first answer", decided))
                elif (decided.body["outcome"], decided.body["reason"]) != (first.body["outcome"], first.body["reason"]):
                    found.append(_at("I03", f"the repeat of {event_id} was answered otherwise than the first", decided))
    return found


def check_i04(logs: Logs) -> list[Violation]:
    """Same id and another body is a conflict, same id and same body is not; the first body counts."""
    found = []
    for event_id, answers in logs.answers.items():
        if len(answers) == 1 and answers[0].effect:
            continue
        if answers[0].body["event_type"] == TICK:
            continue
        firsts: dict[str, bytes] = {}
        for decided in answers:
            body = _input_of(logs, decided)
            if body is None:
                continue
            first = firsts.setdefault(decided.body["area"], identity(body))
            conflict = decided.body["reason"] == "conflict"
            if conflict and first == identity(body):
                found.append(_at("I04", f"{event_id} came with the same body and was called a conflict", decided))
            if not conflict and first != identity(body):
                found.append(_at("I04", f"{event_id} came with another body and was not called a conflict", decided))
            if conflict and decided.body["outcome"] != "refused":
                found.append(_at("I04", f"the conflict on {event_id} was not refused", decided))
    return found


def _input_of(logs: Logs, decided: Decided) -> dict[str, Any] | None:
    """The event this decision answers: decisions stand in the order of their record's events, less those that were set aside."""
    events = logs.parsed.get((decided.partition, decided.source_offset)) or []
    # An event our own code failed on is decided and, beside that, set aside for a human: it stays in its place.
    aside = {entry["index"] for entry in logs.aside_at(decided) if entry["reason"] != "internal_error"}
    same = [e for index, e in enumerate(events) if index not in aside and isinstance(e, dict) and e.get("id") == decided.event_id]
    turn = sum(1 for other in logs.answers[decided.event_id] if other[:2] == decided[:2] and other.place < decided.place)
    return same[turn] if turn < len(same) else None


OF_ITSELF = {
    "meals.provider.registered.v1": "provider_id", "meals.capacity.published.v1": "provider_id", "meals.provider.closed.v1": "provider_id",
    "meals.provider.reopened.v1": "provider_id", "beds.facility.registered.v1": "facility_id", "beds.inventory.published.v1": "facility_id",
    "beds.admission.confirmed.v1": "facility_id", "beds.bed.vacated.v1": "facility_id", "beds.bed.cleaned.v1": "facility_id",
    "beds.resident.transferred.v1": "facility_id", "childcare.site.registered.v1": "site_id", "childcare.sessions.published.v1": "site_id",
    "childcare.staffing.reported.v1": "site_id", "childcare.site.closed.v1": "site_id", "childcare.site.reopened.v1": "site_id",
    "childcare.incident.reported.v1": "site_id",
}  # fmt: skip
"""What a facility sends of itself, and the field that names it: written down here again, since nothing of ours is believed."""
FORBIDDEN = "forbidden_source"


def check_p03(logs: Logs) -> list[Violation]:
    """What a facility sends of another facility is refused by that name, and nothing else is."""
    found = []
    for event_id, answers in logs.answers.items():
        for decided in answers:
            body = _input_of(logs, decided) if decided.body["event_type"] in OF_ITSELF or decided.body["reason"] == FORBIDDEN else None
            if body is None or not decided.effect or decided.body.get("error") is not None:
                continue
            sender, _, name = str(body["actor"]).partition(":")
            field = OF_ITSELF.get(body["type"])
            forged = field is not None and sender == "provider" and body["data"].get(field) != name
            if forged != (decided.body["reason"] == FORBIDDEN):
                word = "was not refused as such" if forged else "was refused as such"
                found.append(_at("P03", f"{event_id}, {'' if forged else 'not '}of another facility, {word}", decided))
            elif forged and decided.body["outcome"] != "refused":
                found.append(_at("P03", f"{event_id}, of another facility, was accepted", decided))
    return found


def check_i05(logs: Logs, refusals: Mapping[str, str], acceptances: Mapping[str, str]) -> list[Violation]:
    """Once refused a case stays refused, also when capacity frees. ``refusals`` and ``acceptances``: fact type to the case's field."""
    found = []
    refused: set[tuple[str, str]] = set()
    for decided in logs.decisions:
        area = decided.body["area"]
        for fact in decided.body["facts"]:
            if fact["type"] in refusals:
                refused.add((area, fact["data"][refusals[fact["type"]]]))
            elif fact["type"] in acceptances:
                case = fact["data"][acceptances[fact["type"]]]
                if (area, case) in refused:
                    found.append(_at("I05", f"{case} was refused and later taken on by {fact['type']}", decided))
    return found


def check_i10(logs: Logs) -> list[Violation]:
    """No event met broken code of ours. It was answered and a human has it, but a day in which that happens is not a good day."""
    failed = [decided for decided in logs.decisions if decided.body["reason"] == "internal_error"]
    stuck = [decided for decided in logs.decisions if any(fact["type"] == "case.stuck.v1" for fact in decided.body["facts"])]
    return [
        _at("I10", f"{decided.body['event_type']} met broken code: {decided.body.get('error')}", decided) for decided in [*failed, *stuck]
    ]


def _at(invariant: str, sentence: str, decided: Decided) -> Violation:
    return Violation(invariant, sentence, decided.partition, decided.offset)
