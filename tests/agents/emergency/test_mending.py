"""A call is not refused for its ornaments: bytes through the real codec, as if the domain were switched on."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from schemas import registry
from schemas.codec import Rejection, decode_record, encode_event
from schemas.decisions import Received
from schemas.emergency import CallRaisedEvent
from tests.agents.emergency.world import envelope

NOW_MS = 1_795_309_200_000


@pytest.fixture(autouse=True)
def switched_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "DOMAINS", ("meals", "emergency"))
    registry.known_types.cache_clear()
    registry.known_stems.cache_clear()
    yield
    monkeypatch.undo()
    registry.known_types.cache_clear()
    registry.known_stems.cache_clear()


def decoded(envelope_changes: dict[str, Any] | None = None, **data: Any) -> Received | Rejection:
    body = {"call_id": "k-1", "channel": "button", "person_id": "p-1", "position": {"lat": 31.23, "lon": 121.47}} | data
    parsed = envelope("call.raised", {name: value for name, value in body.items() if value is not ...}, "e-1", NOW_MS)
    parsed |= envelope_changes or {}
    (item,) = decode_record("emergency", b"3101", json.dumps(parsed).encode(), NOW_MS)
    return item


def call(item: Received | Rejection) -> CallRaisedEvent:
    assert isinstance(item, Received), item
    assert isinstance(item.event, CallRaisedEvent)
    return item.event


@pytest.mark.parametrize(
    ("data", "review"),
    [
        ({"position": {"lat": 121.47, "lon": 31.23}}, ["position"]),
        ({"position": {"lat": 0, "lon": 0}}, ["position"]),
        ({"position": "here"}, ["position"]),
        ({"note": "a\u202eb"}, ["note"]),
        ({"note": "x" * 501}, ["note"]),
        ({"person_id": 7}, ["person_id"]),
        ({"person_id": "张三"}, ["person_id"]),
        ({"device_id": ""}, ["device_id"]),
        ({"channel": "sos"}, ["channel"]),
        ({"channel": ...}, ["channel"]),
        ({"firmware": "2.1"}, ["unknown_field"]),
        ({"call_id": ...}, ["call_id"]),
        ({"call_id": "有空格 的"}, ["call_id"]),
        ({"needs_review": ["gateway_dropped_note", 5, "Bad Code"]}, ["gateway_dropped_note"]),
        ({"position": None, "note": 5, "channel": 1}, ["channel", "note"]),
    ],
)
def test_a_bad_part_is_dropped_named_and_the_rest_kept(data: dict[str, Any], review: list[str]) -> None:
    event = call(decoded(**data))
    assert list(event.data.needs_review) == review
    assert event.data.call_id in ("k-1", "e-1")
    if "person_id" not in data:
        assert event.data.person_id == "p-1"
    if "channel" not in data:
        assert event.data.channel == "button"


@pytest.mark.parametrize(
    ("changes", "review"),
    [
        ({"time": "1970-01-01T00:00:12Z"}, "envelope_time"),
        ({"time": "yesterday"}, "envelope_time"),
        ({"source": ""}, "envelope_source"),
        ({"actor": "张三"}, "envelope_actor"),
        ({"subject": "a b"}, "envelope_subject"),
        ({"correlationid": "a b"}, "envelope_correlationid"),
        ({"datacontenttype": "text/xml"}, "envelope_datacontenttype"),
        ({"traceparent": {"no": "object"}}, "extension"),
        ({"data": None}, "call_id"),
        ({"data": []}, "call_id"),
    ],
)
def test_a_bad_envelope_attribute_does_not_cost_the_call(changes: dict[str, Any], review: str) -> None:
    event = call(decoded(changes))
    assert review in event.data.needs_review
    again = decode_record("emergency", b"3101", encode_event(event), NOW_MS)
    assert isinstance(again[0], Received)
    assert again[0].event == event


@pytest.mark.parametrize("changes", [{"id": ""}, {"area": None}, {"specversion": "0.3"}, {"id": 5}])
def test_what_is_no_event_at_all_stays_outside(changes: dict[str, Any]) -> None:
    assert isinstance(decoded(changes), Rejection)


def test_the_digest_is_that_of_what_was_sent_so_a_retry_is_a_repeat_and_another_body_a_conflict() -> None:
    first, again, other = decoded(note=5), decoded(note=5), decoded(note=6)
    assert isinstance(first, Received)
    assert isinstance(again, Received)
    assert isinstance(other, Received)
    assert first.digest == again.digest != other.digest


def test_a_good_call_is_untouched_and_one_bad_neighbour_in_a_batch_costs_nobody() -> None:
    assert call(decoded()).data.needs_review == ()
    good = envelope("call.raised", {"call_id": "k-1", "channel": "button"}, "e-1", NOW_MS)
    bad = envelope("call.raised", {"call_id": "k-2", "channel": "button", "note": 5}, "e-2", NOW_MS)
    worse = envelope("call.closed", {"call_id": "k-2", "outcome": "nice"}, "e-3", NOW_MS)
    items = decode_record("emergency", b"3101", json.dumps([good, bad, worse]).encode(), NOW_MS)
    assert [type(item) for item in items] == [Received, Received, Rejection]


def test_only_calls_for_help_are_mended() -> None:
    parsed = envelope("call.answered", {"call_id": "k-1", "operator_id": "op-1", "more": 1}, "e-1", NOW_MS)
    (item,) = decode_record("emergency", b"3101", json.dumps(parsed).encode(), NOW_MS)
    assert isinstance(item, Rejection)
