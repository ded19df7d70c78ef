"""L06: what a decision causes outside happens at least once, and nothing happens outside without one."""

from typing import NamedTuple

from infra.checkers.logs import Input, Logs
from infra.checkers.violation import Violation

PLAIN_BYTES_MIN = 12
"""Shorter originals may turn up in any ciphertext by chance."""


class Origin(NamedTuple):
    """Which event of which input record an original in quarantine was."""

    partition: int
    offset: int
    place: int | None


def check_l06(logs: Logs) -> list[Violation]:
    """Every set-aside event lies in quarantine, under its reason and unreadable, or at its home; quarantine holds nothing else."""
    found: list[Violation] = []
    kept: dict[Origin, set[str]] = {}
    for record in logs.quarantine:
        origin = origin_of(record, f"{logs.domain}.events")
        if origin is None:
            continue
        kept.setdefault(origin, set()).add(record.headers.get("reason", b"").decode())
        original = logs.by_place.get((origin.partition, origin.offset))
        plain = original.value if original is not None else None
        if plain is not None and len(plain) >= PLAIN_BYTES_MIN and plain in (record.value or b""):
            found.append(Violation("L06", f"quarantine holds input {origin.partition}@{origin.offset} in the clear", 0, record.offset))
    aside = {Origin(record.partition, record.source_offset, entry["index"]) for record, entry in logs.set_aside}
    found += [
        Violation("L06", f"input {origin.partition}@{origin.offset} is in quarantine and nobody set it aside", *origin[:2])
        for origin in kept
        if origin not in aside
    ]
    return found + (_missing(logs, kept) if logs.settled else [])


def _missing(logs: Logs, kept: dict[Origin, set[str]]) -> list[Violation]:
    """Nothing set aside is lost: kept under its reason, or, when forwarded, seen at its home."""
    found = []
    homes: set[tuple[int, str]] = set()
    for (partition, _), events in logs.parsed.items():
        homes.update((partition, str(event.get("id"))) for event in events or () if isinstance(event, dict))
    for record, entry in logs.set_aside:
        origin = Origin(record.partition, record.source_offset, entry["index"])
        if entry["reason"] == "forwarded":
            if (entry["home"], entry["event_id"]) not in homes:
                sentence = f"{entry['event_id']} was to be sent on to partition {entry['home']} and is not there"
                found.append(Violation("L06", sentence, record.partition, record.offset))
        elif entry["reason"] not in kept.get(origin, ()):
            sentence = f"input {origin.partition}@{origin.offset} was set aside as {entry['reason']} and is not in quarantine as that"
            found.append(Violation("L06", sentence, record.partition, record.offset))
    return found


def origin_of(record: Input, topic: str) -> Origin | None:
    """From the headers ``origin`` (``topic/partition/offset``) and ``index``; None when it came from another topic.

    A quarantined record without a readable origin raises `ValueError`: nobody could ever trace it.
    """
    place = record.headers.get("origin", b"").decode().rsplit("/", 2)
    if len(place) != 3:
        raise ValueError(f"quarantine {record.partition}@{record.offset} does not say where it lay")
    if place[0] != topic:
        return None
    index = record.headers.get("index", b"")
    return Origin(int(place[1]), int(place[2]), int(index) if index else None)
