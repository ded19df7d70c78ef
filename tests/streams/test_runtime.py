"""One partition, record by record: what comes out of `handle` for every kind of input."""

from typing import Any

import orjson
import pytest

from agents.core import InvariantBroken
from schemas.journal import FORWARDED, Clock, Decided, Failed, Opened, decode
from streams.partitioning import home_partition
from streams.ports import SourceRecord
from streams.runtime import VALUE_BYTES_MAX, OutOfOrder, PartitionRuntime
from tests.streams.counting import Count, added, held, register

AREA = "310106"


def opened(partitions: int = 1, clock: Clock = Clock.WALL, partition: int = 0) -> PartitionRuntime[Count]:
    runtime = PartitionRuntime(register("counting"), partition=partition, partitions=partitions, clock=clock)
    runtime.fold(0, Opened("w", clock))
    return runtime


def record(offset: int, value: Any, key: bytes | None = AREA.encode(), **changes: Any) -> SourceRecord:
    body = value if isinstance(value, bytes) or value is None else orjson.dumps(value)
    return SourceRecord(**({"partition": 0, "offset": offset, "timestamp_ms": 1_000, "key": key, "value": body} | changes))


def answer(value: bytes) -> Decided:
    decoded = decode(value)
    assert isinstance(decoded, Decided)
    return decoded


def test_a_record_that_is_not_next_is_never_decided() -> None:
    runtime = opened()
    with pytest.raises(OutOfOrder):
        runtime.handle(record(1, added("e-1", AREA)))


POISON: dict[str, tuple[bytes | None, str]] = {
    "null": (None, "null_value"),
    "empty": (b"", "null_value"),
    "not json": (b"{not json", "bad_json"),
    "deeply nested": (b"[" * 100_000, "bad_json"),
    "utf-16": ("{}".encode("utf-16"), "bad_json"),
    "number": (b"17", "not_an_event"),
    "empty batch": (b"[]", "empty_batch"),
    "unknown type": (orjson.dumps(added("e", AREA) | {"type": "x.y.v1"}), "unknown_type"),
    "unknown version": (orjson.dumps(added("e", AREA) | {"type": "counting.added.v9"}), "unknown_version"),
    "wrong type of a field": (orjson.dumps(added("e", AREA, amount="3")), "invalid_event"),
    "an integer no journal can hold": (
        b'{"specversion":"1.0","id":"e","type":"counting.added.v1","x":' + b"9" * 30 + b"}",
        "invalid_event",
    ),
}


@pytest.mark.parametrize("name", POISON)
def test_poison_is_set_aside_by_name_and_the_line_moves_on(name: str) -> None:
    value, reason = POISON[name]
    runtime = opened()
    poisoned = answer(runtime.handle(record(0, value)))
    assert poisoned.decisions == ()
    assert [one.reason for one in poisoned.set_aside] == [reason]
    good = answer(runtime.handle(record(1, added("e-good", AREA))))
    assert [decision.outcome for decision in good.decisions] == ["accepted"]


def test_one_bad_event_of_a_batch_takes_no_other_along() -> None:
    runtime = opened()
    batch = [added("e-1", AREA), added("e-2", AREA, amount="no"), added("e-3", AREA)]
    result = answer(runtime.handle(record(0, batch)))
    assert [decision.event_id for decision in result.decisions] == ["e-1", "e-3"]
    assert [(one.index, one.event_id, one.reason) for one in result.set_aside] == [(1, "e-2", "invalid_event")]
    assert runtime.areas[AREA].domain.total == 2


def test_an_area_that_lives_elsewhere_is_sent_home_undecided() -> None:
    home = home_partition(AREA, 6)
    runtime = opened(partitions=6, partition=(home + 1) % 6)
    result = answer(runtime.handle(record(0, [added("e-1", AREA), added("e-2", AREA)], partition=runtime.partition)))
    assert result.decisions == ()
    assert [(one.reason, one.index, one.event_id, one.home) for one in result.set_aside] == [
        (FORWARDED, 0, "e-1", home),
        (FORWARDED, 1, "e-2", home),
    ]
    assert AREA not in runtime.areas


@pytest.mark.parametrize("key", [None, b"other", b""])
def test_an_event_under_a_wrong_key_is_sent_home_undecided(key: bytes | None) -> None:
    runtime = opened()
    result = answer(runtime.handle(record(0, added("e-1", AREA), key=key)))
    assert [(one.reason, one.home) for one in result.set_aside] == [(FORWARDED, 0)]
    assert result.decisions == ()


def test_the_same_event_again_is_answered_from_memory() -> None:
    runtime = opened()
    runtime.handle(record(0, added("e-1", AREA, 5)))
    again = answer(runtime.handle(record(1, added("e-1", AREA, 5))))
    other = answer(runtime.handle(record(2, added("e-1", AREA, 6))))
    assert [(d.repeat, d.outcome, d.facts) for d in again.decisions] == [(True, "accepted", [])]
    assert [(d.outcome, d.reason) for d in other.decisions] == [("refused", "conflict")]
    assert runtime.areas[AREA].domain.total == 5


def test_a_mistake_in_decide_is_a_refusal_with_a_human_task_and_goes_to_quarantine() -> None:
    runtime = opened()
    result = answer(runtime.handle(record(0, added("e-1", AREA, fault="decide"))))
    (decision,) = result.decisions
    assert (decision.outcome, decision.reason, decision.error) == ("refused", "internal_error", "ZeroDivisionError")
    assert [one.reason for one in result.set_aside] == ["internal_error"]
    assert len(runtime.areas[AREA].tasks) == 1


@pytest.mark.parametrize(("fault", "error"), [("evolve", KeyError), ("invariant", InvariantBroken)])
def test_a_mistake_in_evolve_or_a_broken_invariant_leaves_handle(fault: str, error: type[Exception]) -> None:
    runtime = opened()
    with pytest.raises(error):
        runtime.handle(record(0, added("e-1", AREA, fault=fault)))


def after_failures(count: int) -> PartitionRuntime[Count]:
    runtime = opened()
    for number in range(count):
        runtime.fold(1 + number, Failed(0, 0, 0, "KeyError"))
    return runtime


BREAKING_BATCH = [added("e-1", AREA), added("e-2", AREA, fault="evolve"), added("e-3", AREA)]


def test_once_failed_the_record_is_tried_again_as_it_is() -> None:
    with pytest.raises(KeyError):
        after_failures(1).handle(record(0, BREAKING_BATCH))


def test_twice_failed_only_the_event_that_breaks_is_refused() -> None:
    runtime = after_failures(2)
    result = answer(runtime.handle(record(0, BREAKING_BATCH)))
    assert [(d.event_id, d.outcome, d.reason) for d in result.decisions] == [
        ("e-1", "accepted", None),
        ("e-2", "refused", "internal_error"),
        ("e-3", "accepted", None),
    ]
    assert [(one.event_id, one.reason) for one in result.set_aside] == [("e-2", "internal_error")]
    assert runtime.areas[AREA].domain.total == 2
    assert not runtime.failures, "the offset is answered"


def test_failed_again_and_again_the_record_is_first_refused_whole_and_then_left_untouched() -> None:
    refused = answer(after_failures(3).handle(record(0, BREAKING_BATCH)))
    assert [d.reason for d in refused.decisions] == ["internal_error"] * 3
    untouched = answer(after_failures(5).handle(record(0, BREAKING_BATCH)))
    assert untouched.decisions == ()
    assert [one.reason for one in untouched.set_aside] == ["internal_error"] * 3


def test_explanations_too_large_for_a_journal_record_are_cut_and_say_so() -> None:
    runtime = opened()
    batch = [added(f"e-{n}", AREA, why_bytes=VALUE_BYTES_MAX // 9) for n in range(10)]
    value = runtime.handle(record(0, batch))
    assert len(value) <= VALUE_BYTES_MAX
    assert all(decision.why == {"considered": 1, "truncated": True} for decision in answer(value).decisions)


PLAYED: dict[str, tuple[tuple[tuple[str, bytes], ...], int]] = {
    "the scenario's clock": ((("playedat", b"5000"),), 5_000),
    "no header": ((), 0),
    "nonsense": ((("playedat", b"soon"),), 0),
    "beyond the calendar": ((("playedat", b"9" * 16),), 0),
    "negative": ((("playedat", b"-5"),), 0),
}


@pytest.mark.parametrize("name", PLAYED)
def test_a_played_deployment_takes_its_time_from_the_header_only(name: str) -> None:
    headers, now_ms = PLAYED[name]
    runtime = opened(clock=Clock.PLAYED)
    runtime.handle(record(0, added("e-1", AREA), headers=headers, timestamp_ms=1_700_000_000_000))
    assert runtime.areas[AREA].now_ms == now_ms


def test_a_wall_deployment_does_not_look_at_the_header() -> None:
    runtime = opened()
    runtime.handle(record(0, added("e-1", AREA), headers=(("playedat", b"5000"),), timestamp_ms=7_000))
    assert runtime.areas[AREA].now_ms == 7_000


def test_what_is_due_is_done_before_the_event_that_comes_too_late() -> None:
    runtime = opened()
    runtime.handle(record(0, held("h-1", AREA, seconds=10), timestamp_ms=0))
    assert [deadline for _, deadline in runtime.deadlines()] == [10_000]
    result = answer(runtime.handle(record(1, added("e-1", AREA), timestamp_ms=10_000)))
    assert [reasoned.fact.type for reasoned in result.decisions[0].facts] == ["counting.hold.expired.v1", "counting.counted.v1"]
