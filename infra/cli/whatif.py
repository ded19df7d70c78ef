"""`laoxiao whatif`: the journal's people and vacancies under another policy, or with more beds, and what becomes of the waits."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from agents.beds.counterfactual import Manner, Waits, lived, manners
from agents.beds.policy import BedsParameters
from agents.shared.calendar import DAY_MS, day_of
from agents.shared.policy import parse
from infra.cli.journal_copy import JournalCopy, input_copy, journal_copies, partitions_of
from infra.settings import Settings
from schemas.beds import BedType, InventoryPublishedEvent
from schemas.codec import Rejection, decode_event, decode_record
from schemas.decisions import Decision, Received
from schemas.facts import PolicyPublishedEvent
from schemas.journal import Clock, instant
from streams.partitioning import home_partition
from streams.ports import PLAYED_AT_HEADER, SourceRecord

DOMAIN = "beds"
SETTLE_DAYS = 4
"""After the log's end: who has accepted moves in; nobody applies and no bed becomes free any more."""
Log = list[tuple[Received, Decision]]


class BadPolicy(ValueError):
    """The file holds no beds parameters."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is otherwise from a day on: the parameters (None: as they were), and more beds by type."""

    first_day: date
    parameters: dict[str, Any] | None
    more_beds: dict[str, int]


def read_parameters(path: Path) -> dict[str, Any]:
    """Beds parameters from a JSON file: bare, or the data of a `policy.published.v1`. Raises `BadPolicy`."""
    found = json.loads(path.read_text(encoding="utf-8"))
    parameters = found.get("parameters", found) if isinstance(found, dict) else None
    if not isinstance(parameters, dict) or parse(BedsParameters, parameters) is None:
        raise BadPolicy(f"{path.name} holds no parameters of beds")
    return parameters


async def read_log(settings: Settings, area: str) -> Log:
    """What was sent to the area and how each was first answered, in the order of the journal."""
    number = home_partition(area, await partitions_of(settings, DOMAIN))
    (journal,) = await journal_copies(settings, DOMAIN, number)
    return joined(area, journal, await input_copy(settings, DOMAIN, number), settings.clock)


def joined(area: str, journal: JournalCopy, sent: Iterable[SourceRecord], clock: Clock) -> Log:
    """Each event with its first decision; what was set aside or repeated has none."""
    answers = {decision.event_id: decision for _, decision in journal.decisions(area) if not decision.repeat}
    log: Log = []
    for record in sent:
        received_at_ms = record.timestamp_ms if clock is Clock.WALL else _played_at_ms(record)
        for item in decode_record(DOMAIN, record.key, record.value, received_at_ms):
            if isinstance(item, Rejection) or item.event.area != area:
                continue
            decision = answers.pop(item.event.id, None)
            if decision is not None:
                log.append((item._replace(received_at_ms=decision.time_ms), decision))
    return log


def _played_at_ms(record: SourceRecord) -> int:
    return next((int(value) for name, value in record.headers if name == PLAYED_AT_HEADER and value.isdigit()), 0)


def compare(area: str, log: Log, change: Change) -> tuple[Waits, Waits]:
    """The waits of the same crowd under the log's own policy and beds, and under the change."""
    crowd: dict[str, Manner] = manners(log)
    make = _maker(area)
    sent = [received for received, _ in log]
    sent.append(make("clock.ticked.v1", "whatif-end", {}, sent[-1].received_at_ms + SETTLE_DAYS * DAY_MS))
    return lived(area, sent, crowd, make), lived(area, list(changed(sent, change, make)), crowd, make)


def changed(sent: list[Received], change: Change, make: Any) -> Iterator[Received]:
    """The log as it would have been: from the day on no other beds policy than the new one, and more beds in publications."""
    wanted = dict(change.more_beds)
    if change.parameters is not None and sent:
        data = {
            "policy": "beds", "version": "zz-whatif", "in_force_from": change.first_day.isoformat(), "parameters": change.parameters,
            "source": "what if",
        }  # fmt: skip
        yield make("policy.published.v1", "whatif-policy", data, sent[0].received_at_ms)
    grown: set[str] = set()
    homes = {item.event.data.facility_id for item in sent if isinstance(item.event, InventoryPublishedEvent)}
    shares = {name: _shares(count, sorted(homes)) for name, count in wanted.items()}
    for item in sent:
        event = item.event
        if isinstance(event, PolicyPublishedEvent) and event.data.policy == "beds":
            if change.parameters is not None and event.data.in_force_from >= change.first_day:
                continue
        elif isinstance(event, InventoryPublishedEvent) and day_of(item.received_at_ms) >= change.first_day:
            home = event.data.facility_id
            if home not in grown:
                grown.add(home)
                yield _with_beds(item, {name: share.get(home, 0) for name, share in shares.items()}, make)
                continue
        yield item


def _shares(count: int, homes: list[str]) -> dict[str, int]:
    """So many beds spread evenly over the homes."""
    return {home: count // len(homes) + (place < count % len(homes)) for place, home in enumerate(homes)} if homes else {}


def _with_beds(item: Received, more: dict[str, int], make: Any) -> Received:
    """The publication with more free beds, of the district's pool and for anybody."""
    event = item.event
    assert isinstance(event, InventoryPublishedEvent)
    data = event.data.model_dump(mode="json")
    for kind, count in more.items():
        new = [
            {"bed_id": f"whatif-{kind}-{number}", "type": BedType(kind).value, "sex": "any", "pool": "district", "state": "free"}
            for number in range(count)
        ]
        data["beds"] = [*data["beds"], *new]
    made: Received = make(event.type, event.id, data, item.received_at_ms)
    return made


def _maker(area: str) -> Any:
    def make(kind: str, event_id: str, data: dict[str, Any], at_ms: int) -> Received:
        body = {
            "specversion": "1.0", "id": event_id, "source": "/whatif", "type": kind, "time": instant(at_ms), "area": area,
            "actor": "system:whatif", "data": data,
        }  # fmt: skip
        item = decode_event(DOMAIN, body, at_ms)
        assert not isinstance(item, Rejection), f"an event of the crowd is one of ours: {item}"
        return item._replace(digest=hashlib.blake2b(event_id.encode(), digest_size=16).digest())

    return make


def table(own: Waits, other: Waits) -> list[dict[str, Any]]:
    """One row a group: who was admitted and after how many days on average, who still waits, under both; and the differences."""
    groups = sorted(own.admitted.keys() | other.admitted.keys() | own.waiting.keys() | other.waiting.keys(), key=_group_order)
    rows = []
    for group in groups:
        sides = []
        for waits in (own, other):
            days = waits.admitted.get(group, [])
            mean = round(sum(days) / len(days), 1) if days else None
            sides.append({"admitted": len(days), "mean_days": mean, "waiting": waits.waiting.get(group, 0)})
        one, two = sides
        means = (one["mean_days"], two["mean_days"])
        difference = None if means[0] is None or means[1] is None else round(means[1] - means[0], 1)
        rows.append({"group": group, "own": one, "other": two, "mean_days_difference": difference})
    return rows


def _group_order(group: str) -> tuple[int, str]:
    kinds = ("all", "class", "sex", "street")
    return kinds.index(group.partition(":")[0]), group


def in_words(rows: list[dict[str, Any]]) -> str:
    """The table for a terminal."""
    lines = [f"{'group':<26}{'admitted':>10}{'mean days':>11}{'waiting':>9}  |{'admitted':>10}{'mean days':>11}{'waiting':>9}{'change':>9}"]
    for row in rows:
        sides = "  |".join(
            f"{side['admitted']:>10}{'-' if side['mean_days'] is None else side['mean_days']:>11}{side['waiting']:>9}"
            for side in (row["own"], row["other"])
        )
        change = "-" if row["mean_days_difference"] is None else f"{row['mean_days_difference']:+.1f}"
        lines.append(f"{row['group']:<26}{sides}{change:>9}")
    return "\n".join(lines)
