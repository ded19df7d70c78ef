"""`laoxiao send`: CloudEvents from a file or a pipe straight to Kafka, each at its home partition."""

import orjson

from infra.settings import Settings
from schemas.codec import Rejection, Unreadable, decode_event, parse_json
from schemas.registry import domains_addressed
from streams.kafka import KafkaEventLog
from streams.partitioning import home_partition


async def send_lines(settings: Settings, text: bytes) -> int:
    """Send each event and print one line for it. Returns 1 when any was rejected."""
    rejected = 0
    logs: dict[str, KafkaEventLog] = {}
    try:
        for number, value in enumerate(_events(text), start=1):
            try:
                parsed = parse_json(value)
            except Unreadable as error:
                print(f"{number}: rejected {error.reason}")
                rejected += 1
                continue
            item = decode_event(None, parsed, 0)
            if isinstance(item, Rejection):
                print(f"{number}: rejected {item.reason} {' '.join(item.where)}")
                rejected += 1
                continue
            for domain in domains_addressed(item.event.type, parsed.get("data")):
                if domain not in logs:
                    logs[domain] = await KafkaEventLog(settings.kafka, domain).__aenter__()
                log = logs[domain]
                partition = home_partition(item.event.area, log.partitions)
                headers = (("content-type", b"application/cloudevents+json"),)
                offset = await log.publish(item.event.area.encode(), value, partition=partition, headers=headers)
                print(f"{number}: recorded {item.event.id} in {domain}.events[{partition}] at {offset}")
    finally:
        for log in logs.values():
            await log.__aexit__(None, None, None)
    return 1 if rejected else 0


def _events(text: bytes) -> list[bytes]:
    """The events' own bytes: one a line, or the members of one array."""
    if text.lstrip()[:1] == b"[":
        try:
            return [orjson.dumps(one) for one in parse_json(text, bytes_max=50_000_000)]
        except Unreadable:
            return [text]
    return [line for line in text.splitlines() if line.strip()]
