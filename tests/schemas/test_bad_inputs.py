"""Every bad input of the reliability page, section 5, that can come in a record or an event body: bytes and the one answer.

Each row is what is sent and the exact rejection: the reason, and for an invalid event the field and rule that refused it.
"""

import json
from typing import Any, NamedTuple

import pytest

from schemas.codec import Rejected, Rejection, decode_event, decode_record, parse_json
from schemas.decisions import Received
from schemas.envelope import BATCH_EVENTS_MAX, EVENT_BYTES_MAX, RECORD_BYTES_MAX
from tests.schemas.orders import DOMAIN, GONE, KEY, RECEIVED_MS, event, raw, spoilt

INVALID = Rejected.INVALID_EVENT


class Row(NamedTuple):
    value: bytes | None
    reason: Rejected
    where: str | None = None
    key: bytes | None = KEY


def order(where: str, **changes: Any) -> Row:
    """A placed order with something wrong, and the rule that says so."""
    return Row(raw(event(**changes)), INVALID, where)


def policy(parameters: object, where: str) -> Row:
    return Row(raw(event("policy.published.v1", data__parameters=parameters)), INVALID, f"data.parameters: {where}")


def provider_name(name: str, where: str) -> Row:
    return Row(raw(event("meals.provider.registered.v1", data__name=name)), INVALID, f"data.name: {where}")


def capacity(spelling: str, where: str) -> Row:
    value = spoilt('"capacity": 120', f'"capacity": {spelling}', "meals.capacity.published.v1")
    return Row(value, INVALID, f"data.slots.0.capacity: {where}")


def nested(levels: int) -> dict[str, Any]:
    deep: dict[str, Any] = {}
    for _ in range(levels):
        deep = {"a": deep}
    return deep


NO_JSON = {
    "no value": Row(None, Rejected.NULL_VALUE),
    "empty value": Row(b"", Rejected.NULL_VALUE),
    "not json": Row(b"{not json", Rejected.BAD_JSON),
    "truncated": Row(raw(event())[:-7], Rejected.BAD_JSON),
    "trailing bytes": Row(raw(event()) + b" {}", Rejected.BAD_JSON),
    "byte order mark": Row(b"\xef\xbb\xbf" + raw(event()), Rejected.BAD_JSON),
    "utf-16": Row(raw(event()).decode().encode("utf-16"), Rejected.BAD_JSON),
    "bytes ff fe": Row(b"\xff\xfe", Rejected.BAD_JSON),
    "not utf-8": Row(raw(event()).replace(b"c-017", b"c-\xff"), Rejected.BAD_JSON),
    "gb18030": Row(raw(event("meals.provider.registered.v1")).decode().encode("gb18030"), Rejected.BAD_JSON),
    "lone surrogate": Row(b'{"id":"\\ud800"}', Rejected.BAD_JSON),
    "nesting bomb": Row(b"[" * 100_000, Rejected.BAD_JSON),
    "object bomb": Row(b'{"a":' * 100_000, Rejected.BAD_JSON),
    "not a number": Row(spoilt("31.2304", "NaN"), Rejected.BAD_JSON),
    "infinity": Row(spoilt("31.2304", "Infinity"), Rejected.BAD_JSON),
    "raw control character": Row(spoilt("in_hospital", "in\nhospital", "meals.order.cancelled.v1"), Rejected.BAD_JSON),
    "duplicate key": Row(spoilt('"portions": 1', '"portions": 1, "portions": 9'), Rejected.DUPLICATE_KEY),
    "duplicate key, escaped": Row(spoilt('"portions": 1', '"portions": 1, "\\u0070ortions": 9'), Rejected.DUPLICATE_KEY),
    "escaped nul in a value": Row(spoilt("c-017", "c\\u0000"), Rejected.NUL_CHARACTER),
    "escaped nul in a key": Row(spoilt('"portions"', '"portions\\u0000"'), Rejected.NUL_CHARACTER),
    "null": Row(b"null", Rejected.NOT_AN_EVENT),
    "number": Row(b"7", Rejected.NOT_AN_EVENT),
    "text": Row(b'"event"', Rejected.NOT_AN_EVENT),
    "empty object": Row(b"{}", Rejected.NOT_AN_EVENT, "type"),
    "empty batch": Row(b"[]", Rejected.EMPTY_BATCH),
    "batch of 501": Row(json.dumps([1] * (BATCH_EVENTS_MAX + 1)).encode(), Rejected.BATCH_TOO_LONG),
    "batch in a batch": Row(b"[[]]", Rejected.NOT_AN_EVENT),
    "record over the limit": Row(b" " * RECORD_BYTES_MAX + raw(event()), Rejected.TOO_LARGE),
    "event over the limit": Row(raw(event()) + b" " * EVENT_BYTES_MAX, Rejected.TOO_LARGE),
    "900 KB of one text": Row(raw(event(data__street="x" * 900_000)), Rejected.TOO_LARGE),
}
ADDRESS = {
    "no key": Row(raw(event()), Rejected.KEY_MISMATCH, "key", key=None),
    "another key": Row(raw(event()), Rejected.KEY_MISMATCH, "key", key=b"310107"),
    "the drill's area from somebody else": Row(raw(event(area="000000")), Rejected.RESERVED_AREA, "area", key=b"000000"),
    "the drill's area in a batch": Row(b"[" + raw(event(area="000000")) + b"]", Rejected.RESERVED_AREA, "area", key=b"000000"),
    "two areas": Row(raw(event(), event(area="310107", id="other")), Rejected.MIXED_AREAS),
    "type missing": Row(raw(event(type=GONE)), Rejected.NOT_AN_EVENT, "type"),
    "type a number": Row(raw(event(type=5)), Rejected.NOT_AN_EVENT, "type"),
    "unknown type": Row(raw(event(type="meals.order.blessed.v1")), Rejected.UNKNOWN_TYPE, "type"),
    "type without a version": Row(raw(event(type="meals.order.placed")), Rejected.UNKNOWN_TYPE, "type"),
    "type with another tail": Row(raw(event(type="meals.order.placed.vx")), Rejected.UNKNOWN_TYPE, "type"),
    "type of a domain that does not exist": Row(raw(event(type="taxi.ride.requested.v1")), Rejected.UNKNOWN_TYPE, "type"),
    "newer major version": Row(raw(event(type="meals.order.placed.v2")), Rejected.UNKNOWN_VERSION, "type"),
    "version zero": Row(raw(event(type="meals.order.placed.v0")), Rejected.UNKNOWN_VERSION, "type"),
}
TYPES = {
    "text for a number": order("data.portions: int_type", data__portions="3"),
    "true for a number": order("data.portions: int_type", data__portions=True),
    "1.0 for a whole number": Row(spoilt('"portions": 1', '"portions": 1.0'), INVALID, "data.portions: int_type"),
    "list for a text": order("data.order_id: string_type", data__order_id=["ord-1"]),
    "text for a list": order("data.diets: tuple_type", data__diets="soft"),
    "null for a required field": order("data.portions: int_type", data__portions=None),
    "list for data": order("data: model_type", data=[]),
    "unknown field": order("data.persn_id: extra_forbidden", data__persn_id="p-1"),
    "unknown field with a personal name": order("data.?: extra_forbidden", data__王小明=1),
    "unknown field with a telephone number": order("data.?: extra_forbidden", data__13800000000=1),
    "missing field": order("data.person_id: missing", data__person_id=GONE),
    "unknown meal": order("data.meal: enum", data__meal="brunch"),
    "other specversion": order("specversion: literal_error", specversion="0.3"),
    "other content type": order("datacontenttype: literal_error", datacontenttype="text/xml"),
    "actor without a role": order("actor: string_pattern_mismatch", actor="p-88121"),
}
NUMBERS = {
    "1e400 for a position": Row(spoilt("31.2304", "1e400"), INVALID, "data.position.lat: finite_number"),
    "1e400 in a batch": Row(b"[" + spoilt("31.2304", "1e400") + b"]", INVALID, "data.position.lat: finite_number"),
    "negative zero": Row(spoilt("31.2304", "-0.0"), INVALID, "data.position: outside_city"),
    "swapped position": order("data.position.lat: less_than_equal", data__position={"lat": 121.4, "lon": 31.2}),
    "null island": order("data.position: outside_city", data__position={"lat": 0, "lon": 0}),
    "outside the city": order("data.position: outside_city", data__position={"lat": 39.9, "lon": 116.4}),
    "more than 9 decimals": Row(spoilt("31.2304", "31.2304000001"), INVALID, "data.position: too_many_decimals"),
    "position of two": order("data.position: model_type", data__position=[31.2, 121.4]),
    "no portions": order("data.portions: greater_than_equal", data__portions=0),
    "negative capacity": capacity("-1", "greater_than_equal"),
    "capacity 2^31": capacity(str(2**31), "less_than_equal"),
    "capacity 2^63": capacity(str(2**63), "less_than_equal"),
    "capacity 10^30": capacity(str(10**30), "less_than_equal"),
    "capacity of 5,000 digits": Row(
        spoilt('"capacity": 120', f'"capacity": {"9" * 5000}', "meals.capacity.published.v1"), Rejected.BAD_JSON
    ),
    "10^30 in a batch": Row(b"[" + spoilt('"portions": 1', f'"portions": {10**30}') + b"]", INVALID, "data.portions: less_than_equal"),
    "age 131": order("data.age: less_than_equal", data__age=131),
}
TIMES = {
    **{
        f"time {spelling}": order(f"time: {rule}", time=spelling)
        for spelling, rule in {
            "1970-01-01T00:00:00Z": "greater_than_equal",
            "2126-11-22T09:12:03+08:00": "less_than_equal",
            "0001-01-01T00:00:00+23:59": "greater_than_equal",
            "1795309200": "string_pattern_mismatch",
            "1795309200000": "string_pattern_mismatch",
            "-1": "string_pattern_mismatch",
            "2026-11-22T09:12:03": "string_pattern_mismatch",
            "2026-11-22 09:12:03+08:00": "string_pattern_mismatch",
            "2026-11-22T09:12+08:00": "string_pattern_mismatch",
            "2026-11-22T09:12:03+0800": "string_pattern_mismatch",
            "2026-11-22T09:12:03.0123456789Z": "string_pattern_mismatch",
            "2026-11-22": "string_pattern_mismatch",
            "٢٠٢٦-11-22T09:12:03Z": "string_pattern_mismatch",
            "2026-11-22T24:00:00+08:00": "datetime_from_date_parsing",
            "2026-11-22T23:59:60+08:00": "datetime_from_date_parsing",
            "2026-02-29T12:00:00+08:00": "datetime_from_date_parsing",
            "2026-11-22T09:12:03+24:00": "datetime_from_date_parsing",
        }.items()
    },
    "time a number": order("time: string_type", time=1795309200),
    **{
        f"date {spelling}": order(f"data.date: {rule}", data__date=spelling)
        for spelling, rule in {
            "2026-02-29": "date_from_datetime_parsing",
            "2026-13-01": "date_from_datetime_parsing",
            "20261123": "string_pattern_mismatch",
            "2026-11-23T00:00:00Z": "string_pattern_mismatch",
            "1795309200": "string_pattern_mismatch",
            "1899-12-31": "greater_than_equal",
            "2100-01-01": "less_than_equal",
        }.items()
    },
    "end before start": Row(raw(event("meals.standing_order.placed.v1", data__until="2026-11-22")), INVALID, "data: until_before_from"),
}
IDS = {
    **{
        f"id {spelling!r:.20}": order("id: string_pattern_mismatch", id=spelling)
        for spelling in ("", "a" * 65, "a b", "../x", "😀", "食堂", "x\n", "%00", "a/b", "'; DROP TABLE x;--")
    },
    "id a number": order("id: string_type", id=7),
    "id of 50 KB": order("id: string_pattern_mismatch", id="a" * 50_000),
    "line break in subject": order("subject: string_pattern_mismatch", subject="a\r\nb"),
    "line break in source": order("source: string_pattern_mismatch", source="/a\r\nb"),
    "source too long": order("source: string_too_long", source="a" * 257),
}
BIDI_CONTROLS = (0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069)
TEXTS = {
    "right-to-left override": provider_name("食堂\u202e", "bidi_control"),
    "isolate": provider_name("\u2066食堂\u2069", "bidi_control"),
    **{f"bidi control {code:04X}": provider_name(f"a{chr(code)}b", "bidi_control") for code in BIDI_CONTROLS},
    "escape sequence": provider_name("\x1b[2J", "control_character"),
    "name too long": provider_name("堂" * 501, "string_too_long"),
    "parameters a list": policy([], "dict_type"),
    "parameters too deep": policy(nested(9), "too_deep"),
    "parameters near the parser's depth": policy(nested(150), "too_deep"),
    "parameters too many": policy({"a": [0] * 10_001}, "too_many_values"),
    "parameter beyond 2^53": policy({"a": 2**53 + 1}, "number_out_of_range"),
    "parameter of 30 digits": policy({"a": [10**30]}, "number_out_of_range"),
    "parameter text too long": policy({"a": "x" * 2_001}, "text_too_long"),
    "parameter text with bidi control": policy({"a": "\u202e"}, "bidi_control"),
    "parameter name with bidi control": policy({"\u202e": 1}, "bidi_control"),
    "parameter name too long": policy({"a" * 129: 1}, "bad_parameter_name"),
    "parameter 1e400": Row(spoilt("12.5", "1e400", "policy.published.v1"), INVALID, "data.parameters: finite_number"),
}
EXTENSIONS = {
    "extension name in capitals": order("extensions: bad_name", Area="310107"),
    "extension name with a line": order("extensions: bad_name", trace_parent="a"),
    "extension name with a line break": order("extensions: bad_name", **{"tracestate\n": "a"}),
    "extension name of 21": order("extensions: bad_name", **{"a" * 21: "a"}),
    "extension name empty": order("extensions: bad_name", **{"": "a"}),
    "extension an object": order("extensions: bad_value", tracestate={"a": 1}),
    "extension null": order("extensions: bad_value", tracestate=None),
    "extension a fraction": order("extensions: bad_value", sampled=0.5),
    "extension beyond 32 bits": order("extensions: bad_value", sampled=2**31),
    "extension too long": order("extensions: bad_value", tracestate="a" * 129),
    "extension with a line break": order("extensions: bad_value", tracestate="a\r\nb"),
    "17 extensions": order("extensions: too_many", **{f"ext{i}": i for i in range(16)}),
    "base64 data": order("extensions: bad_name", data_base64="AA=="),
}
ROWS = NO_JSON | ADDRESS | TYPES | NUMBERS | TIMES | IDS | TEXTS | EXTENSIONS


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_input_has_exactly_its_own_answer(name: str) -> None:
    row = ROWS[name]
    items = decode_record(DOMAIN, row.key, row.value, RECEIVED_MS)
    assert len(items) == 1
    (item,) = items
    assert isinstance(item, Rejection), item
    assert item.reason is row.reason, item
    if row.where is None:
        assert item.where == ()
    else:
        assert row.where in item.where, item


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.reason is INVALID])
def test_an_invalid_event_is_answered_alike_alone_in_a_batch_and_over_http(name: str) -> None:
    value = ROWS[name].value
    assert value is not None
    body = value.strip()[1:-1] if value.startswith(b"[") else value
    (alone,) = decode_record(DOMAIN, KEY, body, RECEIVED_MS)
    good, bad = decode_record(DOMAIN, KEY, b"[" + raw(event(id="neighbour")) + b"," + body + b"]", RECEIVED_MS)
    over_http = decode_event(DOMAIN, parse_json(body), RECEIVED_MS)
    assert isinstance(good, Received)
    assert isinstance(alone, Rejection)
    assert isinstance(bad, Rejection)
    assert alone == over_http
    assert (bad.reason, bad.where, bad.event_id, bad.index) == (alone.reason, alone.where, alone.event_id, 1)


@pytest.mark.parametrize("name", ROWS)
def test_a_rejection_repeats_nothing_personal(name: str) -> None:
    for item in decode_record(DOMAIN, ROWS[name].key, ROWS[name].value, RECEIVED_MS):
        assert isinstance(item, Rejection)
        said = " ".join(item.where)
        for personal in ("p-88120", "31.2304", "王小明", "13800000000", "食堂"):
            assert personal not in said
        assert item.event_id is None or item.event_id.isascii()


def test_a_drill_is_taken_in_its_own_area() -> None:
    for source in ("/laoxiao/drill", "/laoxiao/meals/welfare_check", "/clock/meals"):
        (item,) = decode_record(DOMAIN, b"000000", raw(event(area="000000", source=source)), RECEIVED_MS)
        assert isinstance(item, Received), source


KEPT = {
    "ethnic-minority name with a middle dot": "买买提·吐尔逊",
    "one character": "堂",
    "four-byte characters": "𠮷野家𪚥",
    "combining character": "e\u0301",
    "composed character": "\u00e9",
    "zero width joiner": "a\u200db",
    "ideographic space": "静安\u3000食堂",
    "sql": "'; DROP TABLE x;--",
    "percent zero": "%00",
    "escaped backslash before u0000": "\\u0000",
    "jndi": "${jndi:ldap://x}",
    "template": "{{7*7}}",
    "script": "<script>alert(1)</script><img onerror=x>",
    "formula": "=cmd()|'/c calc'!A0",
    "line break": "一楼\n二楼",
}


@pytest.mark.parametrize("name", KEPT)
def test_a_strange_but_lawful_name_is_kept_exactly(name: str) -> None:
    (item,) = decode_record(DOMAIN, KEY, raw(event("meals.provider.registered.v1", data__name=KEPT[name])), RECEIVED_MS)
    assert isinstance(item, Received)
    assert item.event.data.name == KEPT[name]


@pytest.mark.parametrize("spelling", ["2028-02-29", "2026-12-31", "1900-01-01", "2099-12-31"])
def test_a_day_that_exists_is_taken(spelling: str) -> None:
    (item,) = decode_record(DOMAIN, KEY, raw(event(data__date=spelling)), RECEIVED_MS)
    assert isinstance(item, Received)
    assert item.event.data.date.isoformat() == spelling


@pytest.mark.parametrize(
    "spelling", ["2026-11-22T01:12:03Z", "2026-11-22t01:12:03.123456789z", "2026-11-22T09:12:03-00:00", "2026-11-23T09:12:03+08:00"]
)
def test_an_instant_of_rfc_3339_is_taken(spelling: str) -> None:
    (item,) = decode_record(DOMAIN, KEY, raw(event(time=spelling)), RECEIVED_MS)
    assert isinstance(item, Received)
    assert item.event.time.utcoffset() is not None


@pytest.mark.parametrize("value", ["", "a b", 0, -(2**31), True, False])
def test_a_well_formed_extension_is_taken_and_means_nothing(value: object) -> None:
    plain, extended = event(), event(tracestate=value, x=1)
    (one,) = decode_record(DOMAIN, KEY, raw(plain), RECEIVED_MS)
    (two,) = decode_record(DOMAIN, KEY, raw(extended), RECEIVED_MS)
    assert isinstance(one, Received)
    assert isinstance(two, Received)
    assert one.digest == two.digest


def test_a_bad_neighbour_takes_nobody_along() -> None:
    items = decode_record(DOMAIN, KEY, raw(event(id="a"), event(id="b", data__portions=0), event(id="c")), RECEIVED_MS)
    assert [item.event.id if isinstance(item, Received) else item.index for item in items] == ["a", 1, "c"]


def test_too_large_an_event_in_a_batch_takes_nobody_along() -> None:
    large = event("policy.published.v1", data__parameters={str(i): "x" * 2_000 for i in range(40)})
    for neighbour in (event(id="a"), event(id="a", data__portions=0)):
        first, second = decode_record(DOMAIN, KEY, raw(neighbour, large), RECEIVED_MS)
        assert isinstance(first, Received) == (neighbour["data"]["portions"] == 1)
        assert isinstance(second, Rejection)
        assert (second.reason, second.index) == (Rejected.TOO_LARGE, 1)
