"""The logs of a run, parsed once, and the one rule of validity written again."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from tests.simulation.run import Run

if TYPE_CHECKING:
    from tests.simulation.domains.port import Judging, SimDomain

SHANGHAI = timezone(timedelta(hours=8))
MINUTE_MS = 60_000
DAY_MS = 86_400_000
IDENTITY = ("type", "area", "actor", "onbehalfof", "subject", "time", "data")
TICK = "clock.ticked.v1"


class Violation(NamedTuple):
    """One breach of an invariant and where in the journal it shows."""

    invariant: str
    sentence: str
    partition: int | None = None
    offset: int | None = None

    def line(self) -> str:
        """For people."""
        where = "" if self.partition is None else f" [{self.partition}@{self.offset}]"
        return f"{self.invariant}{where} {self.sentence}"


class Entry(NamedTuple):
    """One journal record, and whether it counts."""

    partition: int
    offset: int
    body: dict[str, Any]
    valid: bool


class Input(NamedTuple):
    """One record of the events topic; ``events`` is None when it is no JSON, ``at_ms`` what time it is by the record."""

    partition: int
    offset: int
    at_ms: int
    key: bytes | None
    value: bytes | None
    events: list[Any] | None
    batch: bool


class Dec(NamedTuple):
    """One decision that counts, with the event it answers (None: not found in its input record)."""

    partition: int
    offset: int
    source: int
    place: int
    body: dict[str, Any]
    event: dict[str, Any] | None
    at_ms: int

    @property
    def effect(self) -> bool:
        """Whether it is the answer itself, neither repeat nor conflict."""
        return not self.body.get("repeat") and self.body["reason"] != "conflict"


@dataclass
class Logs:
    """Everything a checker may look at."""

    run: Run
    part: "SimDomain"
    journal: list[list[Entry]] = field(default_factory=list)
    inputs: list[list[Input]] = field(default_factory=list)
    decisions: list[Dec] = field(default_factory=list)
    by_id: dict[tuple[str, str], list[Dec]] = field(default_factory=dict)
    """Decisions by area and event id, in journal order."""
    judging: "Judging | None" = None
    """The domain's picture as its rules left it at the end."""


@lru_cache(maxsize=16384)
def instant_ms(text: str) -> int:
    """RFC 3339 to milliseconds."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@lru_cache(maxsize=4096)
def day_of(ms: int) -> str:
    """The civil date in Shanghai."""
    return datetime.fromtimestamp(ms / 1000, SHANGHAI).date().isoformat()


@lru_cache(maxsize=4096)
def minute_ms(day: str, minute: int) -> int:
    """That minute of that day in Shanghai."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI)
    return int(midnight.timestamp()) * 1000 + minute * MINUTE_MS


def identity(event: dict[str, Any]) -> str:
    """What makes two sendings the same body."""
    return json.dumps({name: event.get(name) for name in IDENTITY}, sort_keys=True)


def read(run: Run, part: "SimDomain") -> Logs:
    """Parse a run's logs and judge its journal."""
    logs = Logs(run, part)
    for partition, records in enumerate(run.inputs):
        logs.inputs.append([_input(run, partition, offset, record) for offset, record in enumerate(records)])
    for partition, values in enumerate(run.journal):
        entries = judge(partition, values)
        logs.journal.append(entries)
        for entry in entries:
            if entry.valid and "decisions" in entry.body:
                _decisions(logs, entry)
    for dec in logs.decisions:
        logs.by_id.setdefault((dec.body["area"], dec.body["event_id"]), []).append(dec)
    return logs


def judge(partition: int, values: list[bytes]) -> list[Entry]:
    """A record counts when its epoch is the offset of the latest ``opened`` before it and its seq the last one that counted plus 1."""
    epoch, seq, out = -1, 0, []
    for offset, value in enumerate(values):
        body = orjson.loads(value)
        if "opened" in body:
            epoch, valid = offset, True
        elif "failed" in body:
            valid = body["epoch"] == epoch
        else:
            valid = body["epoch"] == epoch and body["seq"] == seq + 1
            seq += valid
        out.append(Entry(partition, offset, body, valid))
    return out


def _input(run: Run, partition: int, offset: int, record: tuple[Any, ...]) -> Input:
    stamp_ms, key, value, headers = record
    at_ms = stamp_ms
    if run.plan.options.clock == "played":
        at_ms = next((int(text) for name, text in headers if name == "playedat"), 0)
    events: list[Any] | None = None
    batch = False
    if value is not None:
        try:
            parsed = orjson.loads(value)
            batch = isinstance(parsed, list)
            events = parsed if isinstance(parsed, list) else [parsed]
        except ValueError:
            events = None
    return Input(partition, offset, at_ms, key, value, events, batch)


def _decisions(logs: Logs, entry: Entry) -> None:
    source = entry.body["source"]["offset"]
    records = logs.inputs[entry.partition]
    aside = {one["index"] for one in entry.body.get("set_aside", ()) if one["reason"] != "internal_error"}
    events = records[source].events or [] if 0 <= source < len(records) else []
    here = [event for index, event in enumerate(events) if index not in aside]
    for place, body in enumerate(entry.body["decisions"]):
        event = here[place] if place < len(here) and isinstance(here[place], dict) else None
        logs.decisions.append(Dec(entry.partition, entry.offset, source, place, body, event, instant_ms(body["time"])))
