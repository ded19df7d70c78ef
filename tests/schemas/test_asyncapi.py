"""The AsyncAPI document: every reference leads somewhere, and it says what the topic table says."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.asyncapi import asyncapi
from schemas.export import documents
from schemas.topics import topics

DOCUMENT = asyncapi()
KEY = re.compile(r"[a-zA-Z0-9._-]+")
"""AsyncAPI 3.0, "Components Object": what a component may be called."""


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            assert list(part) == ["$ref"], "a reference stands alone"
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_the_document_has_the_parts_that_version_3_requires() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    assert DOCUMENT.keys() <= {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"}


def test_every_reference_leads_somewhere() -> None:
    exported = documents()
    found = list(references(DOCUMENT))
    assert found
    for reference in found:
        if not reference.startswith("#/"):
            assert reference in exported
            continue
        place: Any = DOCUMENT
        for part in reference[2:].split("/"):
            place = place[part]


def test_every_topic_is_a_channel_with_its_settings_and_people() -> None:
    assert list(DOCUMENT["channels"]) == [topic.name for topic in topics()]
    for topic in topics():
        channel = DOCUMENT["channels"][topic.name]
        kafka = channel["bindings"]["kafka"]
        assert channel["address"] == kafka["topic"] == topic.name
        assert kafka["topicConfiguration"] == {
            "cleanup.policy": [topic.cleanup_policy],
            "retention.ms": topic.retention_ms,
            "max.message.bytes": topic.message_bytes_max,
        }
        assert channel["x-owner"] == topic.owner
        assert channel["messages"]


def test_every_topic_has_an_owner_a_writer_and_a_reader() -> None:
    for topic in topics():
        assert topic.owner
        assert topic.producers
        assert topic.consumers
        assert topic.value
        assert topic.key


@pytest.mark.parametrize("name", DOCUMENT["operations"])
def test_an_operation_names_a_channel_and_messages_of_that_channel(name: str) -> None:
    operation = DOCUMENT["operations"][name]
    assert operation["action"] in ("send", "receive")
    channel = operation["channel"]["$ref"]
    assert channel.removeprefix("#/channels/") in DOCUMENT["channels"]
    assert operation["messages"]
    assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])


def test_every_event_type_is_a_message_of_the_domains_that_take_it() -> None:
    messages = DOCUMENT["components"]["messages"]
    for path in documents():
        if path.startswith("events/"):
            name = path.removeprefix("events/").removesuffix(".json")
            assert messages[name]["payload"] == {"$ref": path}
            assert any(name in channel["messages"] for channel in DOCUMENT["channels"].values())
    assert all(KEY.fullmatch(name) and messages[name]["contentType"] for name in messages)


def test_no_message_is_carried_by_no_topic() -> None:
    carried = {name for channel in DOCUMENT["channels"].values() for name in channel["messages"]}
    assert carried == set(DOCUMENT["components"]["messages"])
