"""L06: what a decision causes outside happens at least once, and nothing happens outside without one, in no domain."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from infra.checkers.logs import DRILL_AREA, HANDOVER, Input, Logs
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


Promise = Callable[[dict[str, Any]], str | None]
"""A fact in, the domain that must be told of it out, or None."""


def check_handovers(runs: Mapping[str, Logs], promised: Mapping[str, Promise]) -> dict[str, list[Violation]]:
    """Between domains: an event that claims to be handed over was caused by a decision of the domain it names (told of where it
    lies), and every fact that must be told elsewhere was (told of where it was decided)."""
    found: dict[str, list[Violation]] = {domain: [] for domain in runs}
    told: set[tuple[str, str]] = set()
    for domain, logs in runs.items():
        for partition, offset, event in _handed_over(logs):
            source = str(event.get("source", "")).split("/")[2:3]
            cause = str(event.get("causationid"))
            told.add((domain, cause))
            if not source or source[0] not in runs or cause not in runs[source[0]].answers:
                sentence = f"{event.get('id')} says it was handed over and no decision caused it"
                found[domain].append(Violation("L06", sentence, partition, offset))
    for domain, logs in runs.items():
        if not logs.settled or domain not in promised:
            continue
        for decided in logs.decisions:
            targets = {promised[domain](fact) for fact in decided.body["facts"]} if decided.body["area"] != DRILL_AREA else set()
            found[domain] += [
                Violation("L06", f"{decided.event_id} was to be told to {target} and was not", decided.partition, decided.offset)
                for target in sorted(target for target in targets if target is not None and target in runs)
                if (target, decided.event_id) not in told
            ]
    return found


def _handed_over(logs: Logs) -> Iterator[tuple[int, int, dict[str, Any]]]:
    for (partition, offset), events in logs.parsed.items():
        for event in events or ():
            if isinstance(event, dict) and event.get("actor") == HANDOVER:
                yield partition, offset, event


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
