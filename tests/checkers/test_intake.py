"""I01-I05 and the order of the journal: each checker passes the clean day and catches its planted mistake."""

from collections.abc import Callable
from dataclasses import replace

import orjson
import pytest

from infra.checkers import intake, outbox, sequence, timing
from infra.checkers.logs import Decided, Input, Journaled, Logs, Sent, judge
from infra.checkers.meals.checks import CHECKS as MEALS
from infra.checkers.violation import Violation
from tests.checkers.planting import Body, add_fact, change, decision, find, last

CHECKS: list[Callable[[Logs], list[Violation]]] = [
    intake.check_i01, intake.check_i02, intake.check_i03, intake.check_i04, intake.check_i10, intake.check_p03, sequence.check_i08,
    sequence.check_l03, sequence.check_l04, sequence.check_l05, outbox.check_l06, timing.check_t03,
]  # fmt: skip


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_clean_day_passes(clean: Logs, check: Callable[[Logs], list[Violation]]) -> None:
    assert check(clean) == []


def _sent(outcome: str, **values: object) -> Sent:
    event = {"id": "syn-lost", "type": "meals.order.cancelled.v1"}
    return Sent(10**6, "kafka", "310106", 0, (event,), None, outcome, 10**6, frozenset())._replace(**values)  # type: ignore[arg-type] # any field


def test_an_acknowledged_event_without_answer_is_lost(clean: Logs) -> None:
    found = intake.check_i01(replace(clean, sent=[*clean.sent, _sent("acked")]))
    assert [violation.invariant for violation in found] == ["I01"]
    assert intake.check_i01(replace(clean, sent=[*clean.sent, _sent("unknown")])) == []


def test_an_acknowledged_broken_record_without_answer_is_lost(clean: Logs) -> None:
    assert intake.check_i01(replace(clean, sent=[*clean.sent, _sent("acked", raw=b"{not json", events=())]))


def test_a_decision_on_an_event_that_is_not_in_its_record_is_a_phantom(clean: Logs) -> None:
    def edit(body: Body) -> None:
        body["decisions"][0]["event_id"] = "syn-phantom"

    planted = change(clean, last(clean), edit)
    assert any("syn-phantom" in violation.sentence for violation in intake.check_i02(planted))


def test_a_decision_on_what_the_sender_was_told_is_not_taken_is_a_phantom(clean: Logs) -> None:
    target = next(sent for sent in clean.sent if len(sent.events) == 1 and sent.events[0]["type"] == "meals.order.cancelled.v1")
    sent = [one._replace(outcome="refused") if one.record == target.record else one for one in clean.sent]
    assert [v.invariant for v in intake.check_i02(replace(clean, sent=sent))] == ["I02"]


def test_a_decision_on_what_nobody_sent_is_a_phantom_only_where_all_senders_are_logged(clean: Logs) -> None:
    sent = [one for one in clean.sent if not any(event["type"] == "meals.provider.closed.v1" for event in one.events)]
    assert intake.check_i02(replace(clean, sent=sent))
    assert intake.check_i02(replace(clean, sent=sent, only_ours=False)) == []


def _edit_decision(logs: Logs, place: Decided, **values: object) -> Logs:
    return change(logs, place, lambda body: body["decisions"][place.place].update(values))


def test_an_id_that_takes_effect_twice_is_caught(clean: Logs) -> None:
    repeat = decision(clean, lambda body: body.get("repeat", False))
    assert any(v.invariant == "I03" and "twice" in v.sentence for v in intake.check_i03(_edit_decision(clean, repeat, repeat=False)))


def test_a_repeat_answered_otherwise_is_caught(clean: Logs) -> None:
    repeat = decision(clean, lambda body: body.get("repeat", False) and body["outcome"] == "accepted")
    assert intake.check_i03(_edit_decision(clean, repeat, outcome="refused", reason="no_capacity"))


def test_a_repeat_without_a_first_answer_is_caught(clean: Logs) -> None:
    first = decision(clean, lambda body: body["event_type"] == "meals.provider.closed.v1")
    assert intake.check_i03(_edit_decision(clean, first, repeat=True))


def test_another_body_taken_for_a_repeat_is_caught(clean: Logs) -> None:
    conflict = decision(clean, lambda body: body["reason"] == "conflict")
    planted = _edit_decision(clean, conflict, reason=None, outcome="accepted", repeat=True)
    assert any("another body" in violation.sentence for violation in intake.check_i04(planted))


def test_the_same_body_taken_for_a_conflict_is_caught(clean: Logs) -> None:
    repeat = decision(clean, lambda body: body.get("repeat", False))
    planted = _edit_decision(clean, repeat, reason="conflict", outcome="refused", repeat=False)
    assert any("same body" in violation.sentence for violation in intake.check_i04(planted))


def _of_a_facility(body: Body) -> bool:
    return bool(body["event_type"] == "meals.capacity.published.v1" and body["outcome"] == "accepted")


def _forged(logs: Logs, place: Decided) -> Logs:
    """These logs with the sender of one event replaced by another kitchen."""
    again = replace(logs)
    record = place.partition, place.source_offset
    events = again.parsed[record]
    assert events is not None
    again.parsed[record] = [one | {"actor": "provider:somebody-else"} if one["id"] == place.event_id else one for one in events]
    return again


def test_a_publication_for_another_kitchen_that_is_accepted_is_caught(clean: Logs) -> None:
    place = decision(clean, _of_a_facility)
    assert [violation.invariant for violation in intake.check_p03(_forged(clean, place))] == ["P03"]
    refused = _edit_decision(clean, place, outcome="refused", reason="forbidden_source", facts=[])
    assert intake.check_p03(_forged(refused, place)) == []


def test_an_own_publication_refused_as_anothers_is_caught(clean: Logs) -> None:
    planted = _edit_decision(clean, decision(clean, _of_a_facility), outcome="refused", reason="forbidden_source", facts=[])
    assert [violation.invariant for violation in intake.check_p03(planted)] == ["P03"]


def _i05(logs: Logs) -> list[Violation]:
    return intake.check_i05(logs, MEALS.refusals or {}, MEALS.acceptances or {})


def test_a_refused_order_that_is_assigned_later_is_caught(clean: Logs) -> None:
    assert _i05(clean) == []
    _, refused = find(clean, "meals.order.refused.v1")
    _, assigned = find(clean, "meals.order.assigned.v1")
    planted = add_fact(clean, last(clean), "meals.order.assigned.v1", {**assigned, "order_id": refused["order_id"]})
    assert [violation.invariant for violation in _i05(planted)] == ["I05"]


def _without(logs: Logs, offset_from_end: int) -> Logs:
    """The journal as if one record had never been written: the later ones take its seq."""
    home = last(logs).partition
    own = [record for record in logs.journal if record.partition == home]
    gone = own[-1 - offset_from_end]

    def moved_up(record: Journaled) -> Journaled:
        if record.partition != home or record.offset < gone.offset:
            return record
        return record._replace(body={**record.body, "seq": record.body["seq"] - 1})

    return replace(logs, journal=[moved_up(record) for record in logs.journal if record is not gone])


def test_a_skipped_input_is_caught(clean: Logs) -> None:
    assert [violation.invariant for violation in sequence.check_l03(_without(clean, 3))] == ["L03"]


def test_an_unanswered_last_input_is_a_remainder(clean: Logs) -> None:
    planted = _without(clean, 0)
    assert sequence.check_l03(planted) == []
    assert [violation.invariant for violation in sequence.check_l04(planted)] == ["L04"]


def test_an_input_answered_twice_is_caught(clean: Logs) -> None:
    record = next(r for r in reversed(clean.journal) if r.partition == last(clean).partition)
    again = record._replace(offset=record.offset + 1, body={**record.body, "seq": record.body["seq"] + 1})
    planted = replace(clean, journal=[*clean.journal, again])
    assert any("answered 2 times" in violation.sentence for violation in sequence.check_l04(planted))
    assert any(violation.invariant == "I08" for violation in sequence.check_i08(planted))


def test_a_missing_and_a_misplaced_decision_are_remainders(clean: Logs) -> None:
    batch = next(record for record in clean.journal if len(record.body.get("decisions", ())) > 2)
    assert sequence.check_l04(change(clean, batch, lambda body: body["decisions"].pop()))
    assert sequence.check_l04(change(clean, batch, lambda body: body["decisions"].reverse()))


def test_a_gap_in_seq_ends_what_counts_and_is_caught(clean: Logs) -> None:
    rows = [(record.partition, record.offset, record.body) for record in clean.journal]
    home = last(clean).partition
    middle = [offset for partition, offset, _ in rows if partition == home][40]
    raw = [
        (partition, offset, orjson.dumps({**body, "seq": body["seq"] + 1} if (partition, offset) == (home, middle) else body))
        for partition, offset, body in rows
    ]  # fmt: skip
    planted = replace(clean, journal=judge(raw))  # type: ignore[arg-type] # bytes are bytes or None
    assert not all(record.valid for record in planted.journal)
    assert any("out of sequence" in violation.sentence for violation in sequence.check_l05(planted))
    assert sequence.check_l04(planted)


def test_seq_and_home_are_checked(clean: Logs) -> None:
    record = next(r for r in clean.journal if r.body.get("decisions"))
    assert any("seq" in v.sentence for v in sequence.check_i08(change(clean, record, lambda body: body.update(seq=77))))
    assert any("home" in v.sentence for v in sequence.check_i08(replace(clean, partitions=7)))


def test_an_old_owner_that_is_believed_is_caught(clean: Logs) -> None:
    home = last(clean).partition
    end = max(record.offset for record in clean.journal if record.partition == home)
    opened = Journaled(home, end + 1, {"opened": {"owner": "new", "clock": "played"}}, True)
    late_body = {"epoch": 0, "seq": 10**6, "source": {"partition": home, "offset": 10**6}, "decisions": []}
    fenced = replace(clean, journal=[*clean.journal, opened, Journaled(home, end + 2, late_body, False)])
    believed = replace(clean, journal=[*clean.journal, opened, Journaled(home, end + 2, late_body, True)])
    assert sequence.check_l05(fenced) == []
    assert [violation.invariant for violation in sequence.check_l05(believed)] == ["L05"]


def test_owners_in_the_tables_are_those_of_the_journal(clean: Logs) -> None:
    rows = [{"domain": "meals", "partition": partition, "epoch": 0} for partition in range(2)]
    assert sequence.check_l05(replace(clean, tables={"owners": rows})) == []
    assert sequence.check_l05(replace(clean, tables={"owners": rows[:1]}))
    assert sequence.check_l05(replace(clean, tables={"owners": [*rows, {**rows[0], "epoch": 9}]}))


def test_quarantine_holds_what_was_set_aside_and_nothing_else(clean: Logs) -> None:
    assert outbox.check_l06(replace(clean, quarantine=clean.quarantine[1:]))
    stranger = Input(0, 999, 0, None, b"", {"origin": b"meals.events/0/1", "index": b"", "reason": b"bad_json"})
    assert outbox.check_l06(replace(clean, quarantine=[*clean.quarantine, stranger]))
    elsewhere = stranger._replace(headers={**stranger.headers, "origin": b"beds.events/0/1"})
    assert outbox.check_l06(replace(clean, quarantine=[*clean.quarantine, elsewhere])) == []


def test_an_original_under_another_reason_or_in_the_clear_is_caught(clean: Logs) -> None:
    first = clean.quarantine[0]
    renamed = first._replace(headers={**first.headers, "reason": b"other"})
    assert outbox.check_l06(replace(clean, quarantine=[renamed, *clean.quarantine[1:]]))
    longest = max(clean.quarantine, key=lambda record: len(_original(clean, record)))
    plain = longest._replace(value=b"x" + _original(clean, longest))
    assert any(
        "in the clear" in violation.sentence for violation in outbox.check_l06(replace(clean, quarantine=[*clean.quarantine, plain]))
    )


def _original(logs: Logs, record: Input) -> bytes:
    origin = outbox.origin_of(record, "meals.events")
    assert origin is not None
    return logs.by_place[origin.partition, origin.offset].value or b""


def test_a_forwarded_event_that_never_reached_its_home_is_caught(clean: Logs) -> None:
    record, entry = next((record, entry) for record, entry in clean.set_aside if entry["reason"] == "forwarded")
    home = [one for one in clean.inputs if not (one.partition == entry["home"] and str(entry["event_id"]).encode() in (one.value or b""))]
    assert record.partition != entry["home"]
    assert any("sent on" in violation.sentence for violation in outbox.check_l06(replace(clean, inputs=home)))


def test_a_clock_that_falls_or_jumps_is_caught(clean: Logs) -> None:
    place = last(clean)
    for wrong in ("2026-11-20T00:00:00.000+08:00", "2026-12-24T00:00:00.000+08:00"):
        assert any("clock" in violation.sentence for violation in timing.check_t03(_edit_decision(clean, place, time=wrong)))


def test_an_unflagged_and_a_wrongly_flagged_skew_are_caught(clean: Logs) -> None:
    skewed = decision(clean, lambda body: body.get("flags") == ["skewed"])
    assert any("flags" in violation.sentence for violation in timing.check_t03(_edit_decision(clean, skewed, flags=[])))
    assert timing.check_t03(_edit_decision(clean, last(clean), flags=["skewed"]))


def test_an_event_that_met_broken_code_is_caught_though_it_was_answered(clean: Logs) -> None:
    order = decision(clean, lambda body: body["event_type"] == "meals.order.placed.v1" and not body.get("repeat", False))
    planted = _edit_decision(clean, order, outcome="refused", reason="internal_error", error="KeyError")
    assert [violation.invariant for violation in intake.check_i10(planted)] == ["I10"]


def test_a_case_that_broke_at_its_deadline_is_caught(clean: Logs) -> None:
    planted = add_fact(clean, last(clean), "case.stuck.v1", {"case": "order:x", "error": "KeyError"})
    assert [violation.invariant for violation in intake.check_i10(planted)] == ["I10"]
