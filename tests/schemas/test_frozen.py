"""The words as others hold them: frozen schemas and examples, tested in both directions."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # publishes no types

from schemas import codec, journal
from schemas.decisions import Received
from schemas.export import SHARED_FACTS, documents, facts
from schemas.facts import FACTS as FACT_TYPES
from schemas.registry import MENDING, known_types
from schemas.topics import DOMAINS
from tests.schemas.freeze import FROZEN, HOW, frozen_documents, frozen_examples, refused_changes, written

EVENTS = frozen_examples("events")
FACTS = frozen_examples("facts")
RECORDS = frozen_examples("journal")


def validator(path: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((FROZEN / path).read_text("utf-8")))


def decided_with(fact: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(json.dumps(RECORDS["decided"]))
    body["decisions"][0]["facts"] = [fact]
    return body


def test_frozen_schemas_are_what_the_code_says() -> None:
    new, old = documents(), frozen_documents()
    changed = sorted(path for path in new.keys() | old.keys() if new.get(path) != old.get(path))
    breaking = refused_changes(old, new)
    assert not changed, f"\nchanged: {changed}\nbreaking: {breaking}\n\n{HOW}"


def test_frozen_schemas_are_valid_json_schemas() -> None:
    for path, document in frozen_documents().items():
        if path != "asyncapi.json":
            Draft202012Validator.check_schema(document)


def test_every_type_has_an_example() -> None:
    assert set(EVENTS) == set(known_types())
    assert set(FACTS) == set(facts())
    assert set(RECORDS) == {"opened", "decided", "failed"}


@pytest.mark.parametrize("name", EVENTS)
def test_examples_show_every_field(name: str) -> None:
    document = json.loads((FROZEN / "events" / f"{name}.json").read_text("utf-8"))
    reference = document["properties"]["data"]["$ref"].rsplit("/", 1)[1]
    shown = {field for example in EVENTS[name] for field in example["data"]}
    assert shown == set(document["$defs"][reference].get("properties", {}))


@pytest.mark.parametrize("name", EVENTS)
def test_todays_code_takes_every_frozen_event(name: str) -> None:
    domain = min(known_types()[name])
    items = codec.decode_record(domain, b"310106", json.dumps(EVENTS[name]).encode(), 1)
    assert [item.event.type if isinstance(item, Received) else item for item in items] == [name] * len(EVENTS[name])


@pytest.mark.parametrize("name", EVENTS)
def test_what_todays_code_writes_is_valid_under_the_frozen_schema(name: str) -> None:
    domain = min(known_types()[name])
    frozen = validator(f"events/{name}.json")
    for example in EVENTS[name]:
        frozen.validate(example)
        item = codec.decode_event(domain, example, 1)
        assert isinstance(item, Received)
        frozen.validate(json.loads(codec.encode_event(item.event)))


@pytest.mark.parametrize("name", EVENTS)
def test_schema_and_code_refuse_the_same_missing_and_unknown_fields(name: str) -> None:
    domain, frozen = min(known_types()[name]), validator(f"events/{name}.json")
    example = EVENTS[name][-1]
    spoilt = [{**example, "data": {**example["data"], "unknown_field": 1}}]
    spoilt += [{key: value for key, value in example.items() if key != gone} for gone in ("id", "source", "time", "area", "actor", "data")]
    spoilt += [{**example, "data": {k: v for k, v in example["data"].items() if k != gone}} for gone in required_of(name)]
    for event in spoilt:
        assert not frozen.is_valid(event)
        item = codec.decode_event(domain, event, 1)
        if name in MENDING and isinstance(item, Received):
            # A call is never refused for what can be left out; what was mended is named, and is valid by the schema again.
            assert item.event.data.needs_review
            frozen.validate(json.loads(codec.encode_event(item.event)))
        else:
            assert isinstance(item, codec.Rejection)


def required_of(name: str) -> list[str]:
    document = json.loads((FROZEN / "events" / f"{name}.json").read_text("utf-8"))
    required: list[str] = document["$defs"][document["properties"]["data"]["$ref"].rsplit("/", 1)[1]].get("required", [])
    return required


@pytest.mark.parametrize("name", FACTS)
def test_todays_code_reads_and_writes_every_frozen_fact(name: str) -> None:
    body = decided_with(FACTS[name])
    record = journal.decode(json.dumps(body).encode())
    assert isinstance(record, journal.Decided)
    again = json.loads(journal.encode(record))
    owner = name.split(".", 1)[0]
    for domain in DOMAINS:
        assert validator(f"journal/{domain}.json").is_valid(again) == (owner in (domain, *SHARED_FACTS)), domain
    validator(f"facts/{name}.json").validate(again["decisions"][0]["facts"][0]["data"])


@pytest.mark.parametrize("name", RECORDS)
def test_todays_code_reads_every_frozen_journal_record_and_writes_it_the_same(name: str) -> None:
    again = json.loads(journal.encode(journal.decode(json.dumps(RECORDS[name]).encode())))
    validator("journal/meals.json").validate(again)
    for decided, frozen in zip(again.get("decisions", ()), RECORDS[name].get("decisions", ()), strict=True):
        for fact, kept in zip(decided["facts"], frozen["facts"], strict=True):
            # A field added since, optional by rule, is written with its default.
            added = FACT_TYPES[fact["type"]].model_fields
            fact["data"] = {k: v for k, v in fact["data"].items() if k in kept["data"] or v != added[k].get_default()}
    assert again == RECORDS[name]


def test_a_journal_record_with_another_field_is_not_valid() -> None:
    assert not validator("journal/meals.json").is_valid({**RECORDS["opened"], "more": 1})


def test_frozen_files_are_written_as_the_tool_writes_them() -> None:
    for path, document in frozen_documents().items():
        assert (FROZEN / path).read_text("utf-8") == written(document), path
