"""The whole truth of a run in memory: C (sent), E (events), D (decisions), Q (quarantine), P (tables).

Written from the contract's text alone: the validity rule, the identity of an event and the home partition are made again here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import orjson

IDENTITY = ("type", "area", "actor", "onbehalfof", "subject", "time", "data")
"""What makes two sendings of one id the same body (contract, "id makes sending again safe")."""


HANDOVER = "system:handover"
"""Who acts in an event that one domain hands to another."""
DRILL_AREA = "000000"
DRILL_SOURCE = "/laoxiao/drill"
"""The auditor's drills: nobody's log of sendings knows them, and no table may show them."""


class Sent(NamedTuple):
    """C: one record or request as a client sent it, and what the client knows of its fate."""

    record: int
    via: str
    key: str
    partition: int | None
    events: tuple[dict[str, Any], ...]
    raw: bytes | None
    outcome: str
    offset: int | None
    refused: frozenset[str]
    domain: str = "meals"


class Input(NamedTuple):
    """E and Q: one raw record."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]


class Journaled(NamedTuple):
    """D: one record of the journal, parsed, and whether it counts."""

    partition: int
    offset: int
    body: dict[str, Any]
    valid: bool

    @property
    def source_offset(self) -> int:
        """Which input record it answers."""
        return int(self.body["source"]["offset"])


class Decided(NamedTuple):
    """One valid decision with its place: journal partition and offset, place in its record, source offset."""

    partition: int
    offset: int
    place: int
    source_offset: int
    body: dict[str, Any]

    @property
    def event_id(self) -> str:
        """The event it answers."""
        return str(self.body["event_id"])

    @property
    def effect(self) -> bool:
        """Whether it is the answer itself: neither a repeat of it nor a conflict with it."""
        return not self.body.get("repeat") and self.body["reason"] != "conflict"

    @property
    def time_ms(self) -> int:
        """The area's now when it was decided."""
        return instant_ms(self.body["time"])


@dataclass
class Logs:
    """Everything read of one run of one domain. ``tables`` is None when no projection was read.

    ``only_ours``: nobody but the logged client wrote to the events topic, so that an unknown event is a phantom (I02).
    ``settled``: everything sent has had its time, so that liveness may be judged.
    """

    sent: list[Sent] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    journal: list[Journaled] = field(default_factory=list)
    quarantine: list[Input] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] | None = None
    domain: str = "meals"
    partitions: int = 1
    only_ours: bool = True
    settled: bool = True

    @cached_property
    def decisions(self) -> list[Decided]:
        """Every valid decision: by partition, then in journal order."""
        return list(_decisions(self.journal))

    @cached_property
    def answers(self) -> dict[str, list[Decided]]:
        """Decisions by event id, in journal order."""
        out: dict[str, list[Decided]] = {}
        for decided in self.decisions:
            out.setdefault(decided.event_id, []).append(decided)
        return out

    @cached_property
    def decided_places(self) -> set[tuple[int, int]]:
        """Input places that have at least one decision."""
        return {(decided.partition, decided.source_offset) for decided in self.decisions}

    @cached_property
    def set_aside(self) -> list[tuple[Journaled, dict[str, Any]]]:
        """Every valid set-aside entry with its journal record."""
        return [(record, entry) for record in self.journal if record.valid for entry in record.body.get("set_aside", ())]

    @cached_property
    def _aside_by_place(self) -> dict[tuple[int, int], list[dict[str, Any]]]:
        out: dict[tuple[int, int], list[dict[str, Any]]] = {}
        for record, entry in self.set_aside:
            out.setdefault((record.partition, record.source_offset), []).append(entry)
        return out

    def aside_at(self, decided: Decided) -> list[dict[str, Any]]:
        """What was set aside of this decision's input record."""
        return self._aside_by_place.get((decided.partition, decided.source_offset), [])

    @cached_property
    def parsed(self) -> dict[tuple[int, int], list[Any] | None]:
        """Each input record's events by place, as far as it is JSON; None for what is not."""
        return {(record.partition, record.offset): parse_record(record.value) for record in self.inputs}

    @cached_property
    def by_place(self) -> dict[tuple[int, int], Input]:
        """Input records by partition and offset."""
        return {(record.partition, record.offset): record for record in self.inputs}

    @cached_property
    def clock(self) -> str:
        """``wall`` or ``played``, as the latest owner recorded it."""
        for record in reversed(self.journal):
            if "opened" in record.body:
                return str(record.body["opened"]["clock"])
        return "wall"


def judge(raw: list[tuple[int, int, bytes | None]]) -> list[Journaled]:
    """Parse a journal's raw records, given in offset order per partition, and mark those that count.

    The rule, from the contract: the epoch is the offset of the latest `opened` before it, and the seq is the last valid seq
    plus one. A record that is no JSON object raises `ValueError`: no release wrote it.
    """
    epochs: dict[int, int] = {}
    seqs: dict[int, int] = {}
    out: list[Journaled] = []
    for partition, offset, value in raw:
        body = orjson.loads(value or b"null")
        if not isinstance(body, dict):
            raise ValueError(f"journal {partition}@{offset} is no object")
        if "opened" in body:
            epochs[partition] = offset
            valid = True
        elif "failed" in body:
            valid = body["epoch"] == epochs.get(partition)
        else:
            valid = body["epoch"] == epochs.get(partition) and body["seq"] == seqs.get(partition, 0) + 1
            if valid:
                seqs[partition] = body["seq"]
        out.append(Journaled(partition, offset, body, valid))
    return out


def parse_record(value: bytes | None) -> list[Any] | None:
    """The events of one input record, None when it is no JSON."""
    if value is None:
        return None
    try:
        parsed = orjson.loads(value)
    except ValueError:
        return None
    return parsed if isinstance(parsed, list) else [parsed]


def identity(event: dict[str, Any]) -> bytes:
    """The canonical bytes of what makes an event itself."""
    return orjson.dumps({name: event.get(name) for name in IDENTITY}, option=orjson.OPT_SORT_KEYS)


@lru_cache(maxsize=16_384)
def instant_ms(text: str) -> int:
    """RFC 3339 to milliseconds since the epoch."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def home_of(area: str, partitions: int) -> int:
    """The area's home: Kafka's murmur2 (as the Java client has it) of the UTF-8 bytes, positive, modulo the partitions."""
    data, mask = area.encode(), 0xFFFFFFFF
    mixed = (0x9747B28C ^ len(data)) & mask
    whole = len(data) - len(data) % 4
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * 0x5BD1E995 & mask
        word = (word ^ word >> 24) * 0x5BD1E995 & mask
        mixed = (mixed * 0x5BD1E995 & mask) ^ word
    rest = data[whole:]
    if rest:
        mixed = (mixed ^ int.from_bytes(rest, "little")) * 0x5BD1E995 & mask
    mixed = (mixed ^ mixed >> 13) * 0x5BD1E995 & mask
    return ((mixed ^ mixed >> 15) & 0x7FFFFFFF) % partitions


def _decisions(journal: list[Journaled]) -> Iterator[Decided]:
    for record in sorted((r for r in journal if r.valid and "decisions" in r.body), key=lambda r: (r.partition, r.offset)):
        for index, body in enumerate(record.body["decisions"]):
            yield Decided(record.partition, record.offset, index, record.source_offset, body)
