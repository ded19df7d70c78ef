"""The codec never fails, whatever comes, and says of two sendings exactly whether they are the same."""

import json
import os
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # publishes no types

from schemas.codec import Rejected, Rejection, decode_event, decode_record, encode_event, parse_json
from schemas.decisions import Received
from schemas.envelope import IDENTITY_ATTRIBUTES
from schemas.registry import domains_addressed, known_types
from schemas.topics import DOMAINS
from tests.schemas.freeze import frozen_documents, frozen_examples
from tests.schemas.orders import DOMAIN, KEY, RECEIVED_MS, event, raw
from tests.schemas.spoiling import spoilt

MUTATIONS = 20_000
EXAMPLES = [example for examples in frozen_examples("events").values() for example in examples]
OF_ONE_DOMAIN = [example for example in EXAMPLES if DOMAIN in known_types()[example["type"]]]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=20,
)


@given(st.binary(max_size=300), st.none() | st.binary(max_size=20))
def test_arbitrary_bytes_are_answered(value: bytes, key: bytes | None) -> None:
    assert all(isinstance(item, Rejection) for item in decode_record(DOMAIN, key, value, RECEIVED_MS))


@given(JSON)
def test_arbitrary_json_is_answered(parsed: object) -> None:
    assert decode_record(DOMAIN, KEY, json.dumps(parsed).encode(), RECEIVED_MS)
    assert isinstance(decode_event(None, parsed, RECEIVED_MS), Rejection)


@given(st.dictionaries(st.sampled_from([*event(), "ext", "Ext"]), JSON), st.dictionaries(st.sampled_from([*event()["data"], "x"]), JSON))
def test_an_event_with_arbitrary_attributes_is_answered(envelope: dict[str, Any], data: dict[str, Any]) -> None:
    made = {**event(), **envelope}
    if isinstance(made["data"], dict):
        made["data"] = {**made["data"], **data}
    assert decode_event(DOMAIN, made, RECEIVED_MS) is not None
    assert len(decode_record(DOMAIN, KEY, json.dumps(made).encode(), RECEIVED_MS)) == 1


def test_twenty_thousand_spoilt_records_are_answered_and_what_is_taken_is_lawful() -> None:
    random_ = random.Random(20261122)
    schemas = {
        path.removeprefix("events/").removesuffix(".json"): Draft202012Validator(document)
        for path, document in frozen_documents().items()
        if path.startswith("events/")
    }
    taken = refused = checked = 0
    for _ in range(MUTATIONS):
        chosen = random_.sample(EXAMPLES, random_.choice((1, 1, 3)))
        value = spoilt(random_, chosen[0] if len(chosen) == 1 else chosen)
        for item in decode_record(DOMAIN, KEY, value, RECEIVED_MS):
            if isinstance(item, Rejection):
                refused += 1
                continue
            taken += 1
            assert item.event.area == "310106"
            if taken % 50 == 0:
                written = encode_event(item.event)
                (again,) = decode_record(DOMAIN, KEY, written, RECEIVED_MS)
                assert isinstance(again, Received)
                assert again.event == item.event
                schemas[item.event.type].validate(json.loads(written))
                checked += 1
    # Neither side may be starved, or the test would check nothing.
    assert taken > 2_000
    assert refused > 5_000
    assert checked > 40


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example['type']}-{example['id'][-3:]}")
def test_an_event_survives_being_written_and_read(example: dict[str, Any]) -> None:
    domain = min(known_types()[example["type"]])
    item = decode_event(domain, example, RECEIVED_MS)
    assert isinstance(item, Received)
    (again,) = decode_record(domain, KEY, encode_event(item.event), RECEIVED_MS)
    assert isinstance(again, Received)
    assert again.event == item.event


def shuffled(random_: random.Random, parsed: Any) -> Any:
    """The same JSON with its keys in another order, at every depth."""
    if isinstance(parsed, dict):
        return {key: shuffled(random_, parsed[key]) for key in random_.sample(list(parsed), len(parsed))}
    return [shuffled(random_, part) for part in parsed] if isinstance(parsed, list) else parsed


@given(st.sampled_from(OF_ONE_DOMAIN), st.randoms(use_true_random=False), st.sampled_from([None, 1, 4]), st.booleans())
def test_key_order_and_white_space_make_no_other_body(
    example: dict[str, Any], random_: random.Random, indent: int | None, ascii_: bool
) -> None:
    value = json.dumps(shuffled(random_, example), indent=indent, ensure_ascii=ascii_).encode()
    (one,) = decode_record(DOMAIN, KEY, raw(example), RECEIVED_MS)
    (two,) = decode_record(DOMAIN, KEY, value, RECEIVED_MS + 1)
    (three,) = decode_record(DOMAIN, KEY, b"[" + value + b"]", RECEIVED_MS)
    over_http = decode_event(DOMAIN, parse_json(value), RECEIVED_MS)
    for item in (one, two, three, over_http):
        assert isinstance(item, Received)
        assert isinstance(one, Received)
        assert item.digest == one.digest


OTHER: dict[str, dict[str, Any]] = {
    "type": {"type": "meals.order.cancelled.v1", "data": {"order_id": "ord-20261122-000123"}},
    "area": {"area": "310107"},
    "actor": {"actor": "relative:p-88122"},
    "onbehalfof": {"onbehalfof": "p-1"},
    "subject": {"subject": "ord-1"},
    "time": {"time": "2026-11-22T09:12:03.121+08:00"},
    "data": {"data__portions": 2},
}
SAME = {
    "id": "other", "source": "/another/way", "correlationid": "c", "causationid": "d", "channel": "app", "dataschema": "urn:x",
    "traceparent": "other",
}  # fmt: skip


def digest(made: dict[str, Any]) -> bytes:
    item = decode_event(DOMAIN, made, RECEIVED_MS)
    assert isinstance(item, Received), item
    return item.digest


def test_every_identity_attribute_has_a_row() -> None:
    assert tuple(OTHER) == IDENTITY_ATTRIBUTES


@pytest.mark.parametrize("name", OTHER)
def test_another_value_of_an_identity_attribute_is_another_body(name: str) -> None:
    assert digest(event(**OTHER[name])) != digest(event())


@pytest.mark.parametrize("name", SAME)
def test_a_retry_that_took_another_way_is_the_same_body(name: str) -> None:
    assert digest(event(**{name: SAME[name]})) == digest(event())


@given(st.lists(st.sampled_from(OF_ONE_DOMAIN), min_size=1, max_size=20), st.sets(st.integers(0, 19)))
def test_a_batch_answers_each_event_in_its_place(chosen: list[dict[str, Any]], spoil: set[int]) -> None:
    batch = [{**one, "id": f"e{i}", **({"actor": "?"} if i in spoil else {})} for i, one in enumerate(chosen)]
    items = decode_record(DOMAIN, KEY, json.dumps(batch).encode(), RECEIVED_MS)
    assert [item.event.id if isinstance(item, Received) else item.event_id for item in items] == [one["id"] for one in batch]
    assert [i for i, item in enumerate(items) if isinstance(item, Rejection)] == [i for i in range(len(batch)) if i in spoil]


@pytest.mark.parametrize(
    ("name", "changes", "answer"),
    [
        ("meals.order.placed.v1", {}, ("meals",)),
        ("policy.published.v1", {}, ("meals",)),
        ("policy.published.v1", {"data__policy": "calendar"}, tuple(sorted(DOMAINS))),
        ("policy.published.v1", {"data__policy": "unheard_of"}, ()),
        ("policy.published.v1", {"data": []}, ()),
        ("task.completed.v1", {"data__domain": "meals"}, ("meals",)),
        ("task.completed.v1", {"data__domain": "unheard_of"}, ()),
        ("task.completed.v1", {"data__domain": ["meals"]}, ()),
    ],
)
def test_over_http_an_event_goes_to_the_domain_it_names(name: str, changes: dict[str, Any], answer: tuple[str, ...]) -> None:
    made = event(name, **changes)
    assert domains_addressed(made["type"], made["data"]) == answer
    item = decode_event(None, made, RECEIVED_MS)
    assert isinstance(item, Received) if answer else item == Rejection(Rejected.WRONG_DOMAIN, None, made["id"], ("data",))


PROGRAM = """
import json, sys
from schemas import codec, journal
body = json.loads(sys.argv[1])
print(codec.decode_event("meals", body[0], 1).digest.hex())
print(codec.decode_event("meals", {}, 1), codec.decode_event("meals", {**body[0], "portions_": 1, "B": 2, "id": ""}, 1))
print(journal.encode(journal.decode(json.dumps(body[1]).encode())).hex())
"""


def test_nothing_depends_on_the_hash_seed() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, json.dumps([event(), frozen_examples("journal")["decided"]])],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
    assert said != {b""}
