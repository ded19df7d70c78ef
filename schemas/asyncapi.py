"""The AsyncAPI 3.0 document of every topic, made from the topic table: channels, operations, messages.

Seen from Laoxiao as one application: it *receives* what facilities, devices and its own gateway put on ``*.events``, and *sends*
its journal. Payloads are references to the JSON Schemas beside the document (``events/<type>.json``, ``journal/<domain>.json``).
"""

from typing import Any

from schemas.alarms import ALARM_SCHEMA, HEARTBEAT_SCHEMA
from schemas.envelope import BATCH_EVENTS_MAX
from schemas.primitives import ID_PATTERN
from schemas.registry import events_of, known_types
from schemas.topics import ALARMS, DOMAINS, HEARTBEATS, QUARANTINE, Topic, decisions_topic, events_topic, snapshots_topic, topics

Document = dict[str, Any]
CONTRACT_VERSION = "1.0.0"
"""Minor: a type or an optional field more. Major: never within v1 names; a new meaning is a new event type."""
EVENT_MEDIA = "application/cloudevents+json"
BATCH_MEDIA = "application/cloudevents-batch+json"
BINARY_MEDIA = "application/octet-stream"

DESCRIPTION = (
    "Events come in, decisions go out. An event is a CloudEvents 1.0 JSON object; `id` makes sending again safe. "
    "Unknown fields inside `data` are refused; up to 16 well-formed unknown envelope attributes (lower-case letters and digits, "
    "at most 20) are taken, passed on and ignored by every decision. An unknown type or major version goes to quarantine."
)


def asyncapi() -> Document:
    """The whole document."""
    table = topics()
    messages: Document = {}
    for name in sorted(known_types()):
        messages[name] = _message(name, EVENT_MEDIA, {"$ref": f"events/{name}.json"}, "One event.")
    for domain in DOMAINS:
        messages |= _domain_messages(domain)
    messages["quarantine.original"] = _message(
        "quarantine.original", BINARY_MEDIA, {"type": "string", "format": "binary"}, "An original that could not be decided, encrypted."
    )
    messages["alarm"] = _message("alarm", "application/json", ALARM_SCHEMA, "An alarm of the auditor, raised or ended.")
    messages["heartbeat"] = _message("heartbeat", "application/json", HEARTBEAT_SCHEMA, "The auditor lives; its absence is the alarm.")
    operations: Document = {}
    for topic in table:
        operations |= _operations(topic)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Laoxiao", "version": CONTRACT_VERSION, "description": DESCRIPTION, "license": {"name": "Apache-2.0"}},
        "defaultContentType": EVENT_MEDIA,
        "channels": {topic.name: _channel(topic) for topic in table},
        "operations": operations,
        "components": {"messages": messages},
    }


def messages_of(topic: Topic) -> tuple[str, ...]:
    """Names of the messages a topic carries."""
    if topic.name == QUARANTINE:
        return ("quarantine.original",)
    if topic.name in (ALARMS, HEARTBEATS):
        return ("alarm",) if topic.name == ALARMS else ("heartbeat",)
    domain = topic.name.split(".", 1)[0]
    if topic.name == events_topic(domain):
        return (*sorted(events_of(domain)), f"{events_topic(domain)}.batch")
    if topic.name == decisions_topic(domain):
        return (f"{decisions_topic(domain)}.record",)
    return (f"{snapshots_topic(domain)}.chunk",)


def _domain_messages(domain: str) -> Document:
    kinds = [{"$ref": f"events/{name}.json"} for name in sorted(events_of(domain))]
    batch = {"type": "array", "minItems": 1, "maxItems": BATCH_EVENTS_MAX, "items": {"oneOf": kinds}}
    several = _message(f"{events_topic(domain)}.batch", BATCH_MEDIA, batch, "Events of one area, in the order they are to be decided.")
    record = _message(
        f"{decisions_topic(domain)}.record", "application/json", {"$ref": f"journal/{domain}.json"}, "One journal record: the truth."
    )
    chunk = _message(
        f"{snapshots_topic(domain)}.chunk", BINARY_MEDIA, {"type": "string", "format": "binary"}, "Part of one area's state; internal."
    )
    return {message["name"]: message for message in (several, record, chunk)}


def _message(name: str, media: str, payload: Document, summary: str) -> Document:
    message: Document = {"name": name, "summary": summary, "contentType": media, "payload": payload}
    if media in (EVENT_MEDIA, BATCH_MEDIA):
        message["headers"] = {"type": "object", "properties": {"content-type": {"const": media}}}
        message["bindings"] = {"kafka": {"key": {"type": "string", "pattern": ID_PATTERN, "description": "the area"}}}
    return message


def _channel(topic: Topic) -> Document:
    return {
        "address": topic.name,
        "description": f"Key: {topic.key}. Value: {topic.value}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages_of(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "topicConfiguration": {
                    "cleanup.policy": [topic.cleanup_policy],
                    "retention.ms": topic.retention_ms,
                    "max.message.bytes": topic.message_bytes_max,
                },
            }
        },
        "x-timestamp-type": topic.timestamp_type,
        "x-producers": list(topic.producers),
        "x-consumers": list(topic.consumers),
        "x-owner": topic.owner,
    }


def _operations(topic: Topic) -> Document:
    """Every topic is both written and read by Laoxiao; who does it is in the channel."""
    channel = {"$ref": f"#/channels/{topic.name}"}
    messages = [{"$ref": f"#/channels/{topic.name}/messages/{name}"} for name in messages_of(topic)]
    return {
        f"{topic.name}.{action}": {"action": action, "channel": channel, "messages": messages, "summary": f"{action} {topic.name}"}
        for action in ("receive", "send")
    }
