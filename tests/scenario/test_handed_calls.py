"""Calls from another service in a played day: the desks answer them, hand them to 120, end them and call back; others are left alone."""

from typing import Any

import orjson
import pytest

from infra.scenario.emergency.day import SOURCE
from infra.scenario.emergency.handed import handed_calls_taken
from schemas.codec import Rejection, decode_record
from schemas.topics import DOMAINS

NOW_MS = 1_795_485_600_000
HANDED = "hnd:d49bf461ae889f6b4dcd0d56"


def incident(call_id: str, answered_at: str | None = None) -> dict[str, Any]:
    return {"area": "3101", "call_id": call_id, "answered_at": answered_at}


def taken(*incidents: dict[str, Any], now_ms: int = NOW_MS) -> list[dict[str, Any]]:
    items = list(handed_calls_taken({"incidents": list(incidents)}, "laoxiao", now_ms))
    assert [item.at_ms for item in items] == sorted(item.at_ms for item in items)
    assert all(item.at_ms > now_ms for item in items)
    return [item.event for item in items if item.event is not None]


def test_a_call_handed_over_is_answered_given_to_120_ended_and_called_back() -> None:
    events = taken(incident(HANDED))
    assert [one["type"].split(".")[2] for one in events] == ["answered", "handed_over", "closed", "called_back"]
    assert {one["data"]["call_id"] for one in events} == {HANDED}
    assert SOURCE.follow is handed_calls_taken


@pytest.mark.skipif("emergency" not in DOMAINS, reason="emergency is not switched on yet: the codec does not know its events")
def test_every_step_is_taken_at_the_door() -> None:
    for one in taken(incident(HANDED)):
        assert not any(isinstance(read, Rejection) for read in decode_record("emergency", b"3101", orjson.dumps(one), NOW_MS))


def test_seen_again_the_steps_have_the_same_ids_so_that_each_is_sent_once() -> None:
    later = taken(incident(HANDED), now_ms=NOW_MS + 300_000)
    assert [one["id"] for one in taken(incident(HANDED))] == [one["id"] for one in later]


def test_calls_of_the_script_of_somebody_at_the_page_or_answered_already_are_left_alone() -> None:
    assert taken(incident("syn-call-310106-1124-0167"), incident("try-1"), incident(HANDED, "2026-11-24T09:00:00+08:00")) == []
    assert list(handed_calls_taken({}, "laoxiao", NOW_MS)) == []
