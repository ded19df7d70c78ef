"""A copy of one partition's journal, and of its input, for the commands that look back: read whole from Kafka, or from a file.

The records stay bytes until they are asked for: a year of a district is some hundred megabytes of objects, and a tenth of it as bytes.
"""

from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from infra.settings import Settings
from schemas.decisions import Decision
from schemas.journal import Decided, decode, instant_ms
from streams.kafka import KafkaEventLog, KafkaJournal
from streams.ports import SourceRecord
from streams.validity import Validity


class PlainFact(NamedTuple):
    """A fact as anybody reads it: what `agents.beds.certificate.verify` takes."""

    seq: int
    time_ms: int
    type: str
    data: dict[str, Any]


class JournalCopy:
    """Every record of one partition of ``<domain>.decisions``, in order, invalid ones too: `streams.validity` judges them anew."""

    def __init__(self, records: list[tuple[int, bytes]]) -> None:
        self.records = records

    def valid(self) -> Iterator[tuple[bytes, Decided]]:
        """The records of decisions that count."""
        validity = Validity()
        for offset, value in self.records:
            record = decode(value)
            if validity.accept(offset, record) and isinstance(record, Decided):
                yield value, record

    def decisions(self, area: str) -> Iterator[tuple[int, Decision]]:
        """The area's decisions with the sequence number of their record."""
        for _, record in self.valid():
            yield from ((record.seq, decision) for decision in record.decisions if decision.area == area)

    def facts(self) -> Iterator[tuple[str, PlainFact]]:
        """Area and fact, as plain JSON."""
        for value, record in self.valid():
            for decision in orjson.loads(value)["decisions"]:
                for fact in decision["facts"]:
                    yield decision["area"], PlainFact(record.seq, instant_ms(decision["time"]), fact["type"], fact["data"])

    def facts_of(self, area: str) -> Iterator[PlainFact]:
        """Those of one area."""
        return (fact for place, fact in self.facts() if place == area)

    def save(self, path: Path, seq_max: int | None = None) -> int:
        """Write the records up to this sequence number, one a line: ``{"offset", "record"}``. Returns how many."""
        count = 0
        with path.open("wb") as file:
            for offset, value in self.records:
                body = orjson.loads(value)
                if seq_max is not None and body.get("seq", 0) > seq_max:
                    break
                file.write(orjson.dumps({"offset": offset, "record": body}) + b"\n")
                count += 1
        return count

    @classmethod
    def load(cls, path: Path) -> "JournalCopy":
        """What `save` wrote."""
        with path.open("rb") as file:
            lines = [orjson.loads(line) for line in file if line.strip()]
        return cls([(line["offset"], orjson.dumps(line["record"])) for line in lines])


async def journal_copies(settings: Settings, domain: str, partition: int | None = None) -> list[JournalCopy]:
    """Read the journal of one partition, or of each."""
    async with KafkaJournal(settings.kafka, domain) as journal:
        copies = []
        for number in range(journal.partitions) if partition is None else (partition,):
            records: list[tuple[int, bytes]] = []
            async with aclosing(journal.read(number, 0, await journal.end_offset(number))) as entries:
                async for entry in entries:
                    assert entry.value is not None, "a journal is not compacted"
                    records.append((entry.offset, entry.value))
            copies.append(JournalCopy(records))
        return copies


async def partitions_of(settings: Settings, domain: str) -> int:
    """How many partitions the domain's journal has."""
    async with KafkaJournal(settings.kafka, domain) as journal:
        return journal.partitions


async def input_copy(settings: Settings, domain: str, partition: int) -> list[SourceRecord]:
    """Every record of one partition of ``<domain>.events``."""
    async with KafkaEventLog(settings.kafka, domain) as log:
        end = await log.end_offset(partition)
        return [record async for record in log.read(partition, 0, end)]
