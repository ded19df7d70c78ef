"""What came in is answered, once, in the same way, and nothing else is: I01 to I05."""

from collections.abc import Iterator

from tests.simulation.checkers.logs import TICK, Dec, Logs, Violation, identity

HUMAN = {"task.opened.v1", "task.closed.v1", "case.stuck.v1"}
"""Facts of the core that may stand in any decision; a domain names its own (`SimDomain.by_clock`)."""


def i01(logs: Logs) -> Iterator[Violation]:
    """No lost accept: whatever a client was told is durable is decided at its home, or set aside by name."""
    aside = {
        (entry.partition, entry.body["source"]["offset"], one["index"])
        for entries in logs.journal
        for entry in entries
        if entry.valid
        for one in entry.body.get("set_aside", ())
        if one["reason"] != "forwarded"
    }
    for attempt in logs.run.attempts:
        if attempt.outcome != "ok":
            continue
        send = logs.run.plan.sends[attempt.send]
        record = logs.inputs[send.partition][attempt.offsets[0]]
        if (record.partition, record.offset, None) in aside:
            continue
        for index, event in enumerate(record.events or ()):
            if not isinstance(event, dict):
                continue
            place = index if record.batch else None
            known = (event.get("area"), event.get("id")) in logs.by_id
            if not known and (record.partition, record.offset, place) not in aside:
                yield Violation("I01", f"{event.get('id')} was acknowledged and never answered", record.partition, record.offset)


def i03(logs: Logs) -> Iterator[Violation]:
    """At most one effect an id; a repeat says the same and does nothing of its own."""
    for (_, event_id), answers in logs.by_id.items():
        if answers[0].body["event_type"] == TICK:
            continue
        first: Dec | None = None
        for dec in answers:
            if dec.effect:
                if first is not None:
                    yield _at("I03", f"{event_id} took effect twice", dec)
                first = first or dec
                continue
            own = _own_fact(logs, dec)
            if own is not None:
                yield _at("I03", f"the repeat or conflict of {event_id} made {own}", dec)
            if dec.body.get("repeat"):
                if first is None:
                    yield _at("I03", f"{event_id} is a repeat of nothing", dec)
                elif (dec.body["outcome"], dec.body["reason"]) != (first.body["outcome"], first.body["reason"]):
                    yield _at("I03", f"the repeat of {event_id} says otherwise than the first answer", dec)


def i04(logs: Logs) -> Iterator[Violation]:
    """Another body under a known id is a conflict, the same body never is."""
    for (_, event_id), answers in logs.by_id.items():
        if len(answers) == 1 and answers[0].effect:
            continue
        if answers[0].body["event_type"] == TICK or answers[0].event is None:
            continue
        first = identity(answers[0].event)
        for dec in answers:
            if dec.event is None:
                continue
            conflict = dec.body["reason"] == "conflict"
            if conflict and dec.body["outcome"] != "refused":
                yield _at("I04", f"the conflict on {event_id} was not refused", dec)
            if conflict == (identity(dec.event) == first):
                yield _at("I04", f"{event_id}: {'same' if conflict else 'another'} body, and {'' if conflict else 'not '}a conflict", dec)


OF_ITSELF = (
    "meals.provider.", "meals.capacity.", "beds.facility.registered", "beds.inventory.", "beds.admission.", "beds.bed.", "beds.resident.",
    "childcare.site.", "childcare.sessions.", "childcare.staffing.", "childcare.incident.",
)  # fmt: skip
"""How the types begin of what a facility sends of itself; an inspection is another's word about it."""
NAMES = {"meals": "provider_id", "beds": "facility_id", "childcare": "site_id"}


def p03(logs: Logs) -> Iterator[Violation]:
    """What a facility sends of another facility is refused by that name, and nothing else is."""
    for dec in logs.decisions:
        event = dec.event
        if event is None or not dec.effect or dec.body.get("error") is not None:
            continue
        forged = False
        if event["type"].startswith(OF_ITSELF) and event["type"] != "childcare.site.inspected.v1":
            said = event["data"][NAMES[event["type"].split(".")[0]]]
            forged = event["actor"].startswith("provider:") and event["actor"] != f"provider:{said}"
        if forged != (dec.body["reason"] == "forbidden_source"):
            yield _at("P03", f"{event['id']} of {event['actor']} is answered {dec.body['reason']}", dec)


def shape(logs: Logs) -> Iterator[Violation]:
    """I02: an answer is to the event of its place: id, type and area are the event's; a refusal has a reason, an acceptance none."""
    for dec in logs.decisions:
        body, event = dec.body, dec.event or {}
        if (body["event_id"], body["event_type"], body["area"]) != (event.get("id"), event.get("type"), event.get("area")):
            yield _at("I02", f"{body['event_id']} answers something else", dec)
        if (body["outcome"] == "refused") != (body["reason"] is not None):
            yield _at("I02", f"{body['event_id']}: outcome {body['outcome']} with reason {body['reason']}", dec)


def _own_fact(logs: Logs, dec: Dec) -> str | None:
    """The first fact that neither a deadline nor another case explains."""
    by_clock = logs.part.by_clock
    return next((fact["type"] for fact in dec.body["facts"] if fact["type"] not in HUMAN and not by_clock(fact)), None)


def _at(invariant: str, sentence: str, dec: Dec) -> Violation:
    return Violation(invariant, sentence, dec.partition, dec.offset)
