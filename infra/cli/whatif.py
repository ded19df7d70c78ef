"""`laoxiao whatif`: the journal's people and vacancies under another policy, or with other beds, and what becomes of the waits."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from agents.beds.counterfactual import Answered, Manner, Waits, lived, manners
from agents.beds.policy import BedsParameters
from agents.shared.calendar import DAY_MS, day_of
from agents.shared.policy import parse
from infra.cli.journal_copy import JournalCopy, input_copy, journal_copies, partitions_of
from infra.cli.whatif_beds import BedPlan, Wanted
from infra.cli.whatif_log import WhatifLog
from infra.settings import Settings
from schemas.beds import BedCleanedEvent, InventoryPublishedEvent
from schemas.beds_facts import OfferMade
from schemas.codec import Rejection, decode_event, decode_record
from schemas.decisions import Received
from schemas.facts import PolicyPublishedEvent
from schemas.journal import Clock, instant
from streams.partitioning import home_partition
from streams.ports import PLAYED_AT_HEADER, SourceRecord

DOMAIN = "beds"
SETTLE_DAYS = 4
"""After the log's end: who has accepted moves in; nobody applies and no bed becomes free any more."""


class BadPolicy(ValueError):
    """The file holds no beds parameters."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is otherwise from a day on: the parameters (None: as they were), and more or fewer beds by home and type."""

    first_day: date
    parameters: dict[str, Any] | None
    beds: Wanted = field(default_factory=dict)


def read_parameters(path: Path) -> dict[str, Any]:
    """Beds parameters from a JSON file: bare, or the data of a `policy.published.v1`. Raises `BadPolicy`."""
    found = json.loads(path.read_text(encoding="utf-8"))
    parameters = found.get("parameters", found) if isinstance(found, dict) else None
    if not isinstance(parameters, dict) or parse(BedsParameters, parameters) is None:
        raise BadPolicy(f"{path.name} holds no parameters of beds")
    return parameters


async def read_log(settings: Settings, area: str) -> WhatifLog:
    """What was sent to the area and how each was first answered, in the order of the journal."""
    number = home_partition(area, await partitions_of(settings, DOMAIN))
    (journal,) = await journal_copies(settings, DOMAIN, number)
    return WhatifLog.of(joined(area, journal, await input_copy(settings, DOMAIN, number), settings.clock))


def joined(area: str, journal: JournalCopy, sent: Iterable[SourceRecord], clock: Clock) -> Iterator[Answered]:
    """Each event with what its first decision tells; what was set aside or repeated has none."""
    told: dict[str, tuple[int, bool, tuple[tuple[str, str], ...]]] = {}
    for _, decision in journal.decisions(area):
        if not decision.repeat:
            facts = (each.fact for each in decision.facts)
            offers = tuple((fact.application_id, fact.offer_id) for fact in facts if isinstance(fact, OfferMade))
            told[decision.event_id] = (decision.time_ms, decision.reason is not None, offers)
    for record in sent:
        received_at_ms = record.timestamp_ms if clock is Clock.WALL else _played_at_ms(record)
        for item in decode_record(DOMAIN, record.key, record.value, received_at_ms):
            if isinstance(item, Rejection) or item.event.area != area:
                continue
            found = told.pop(item.event.id, None)
            if found is not None:
                yield Answered(item._replace(received_at_ms=found[0]), found[1], found[2])


def _played_at_ms(record: SourceRecord) -> int:
    return next((int(value) for name, value in record.headers if name == PLAYED_AT_HEADER and value.isdigit()), 0)


def compare(area: str, log: WhatifLog, change: Change) -> tuple[Waits, Waits]:
    """The waits of the same crowd under the log's own policy and beds, and under the change. Raises `BadChange`."""
    crowd: dict[str, Manner] = manners(log)
    make = _maker(area)
    plan = BedPlan.of(log, change.beds, change.first_day)
    end = make("clock.ticked.v1", "whatif-end", {}, instant_of_last(log) + SETTLE_DAYS * DAY_MS)
    own = lived(area, chain((each.received for each in log), (end,)), crowd, make)
    return own, lived(area, chain(changed(log, change, plan, make), (end,)), crowd, make)


def instant_of_last(log: WhatifLog) -> int:
    """When the last event came (milliseconds since the epoch)."""
    return int(orjson.loads(log.lines[-1])["at_ms"])


def changed(log: Iterable[Answered], change: Change, plan: BedPlan, make: Any) -> Iterator[Received]:
    """The log as it would have been: from the day on no other beds policy than the new one, and other beds in publications."""
    first = True
    for item, _, _ in log:
        if first and change.parameters is not None:
            data = {
                "policy": "beds", "version": "zz-whatif", "in_force_from": change.first_day.isoformat(), "parameters": change.parameters,
                "source": "what if",
            }  # fmt: skip
            yield make("policy.published.v1", "whatif-policy", data, item.received_at_ms)
        first = False
        event = item.event
        if isinstance(event, PolicyPublishedEvent) and event.data.policy == "beds":
            if change.parameters is not None and event.data.in_force_from >= change.first_day:
                continue
        elif (
            isinstance(event, InventoryPublishedEvent | BedCleanedEvent) and change.beds and day_of(item.received_at_ms) >= change.first_day
        ):
            data_then = plan.changed(event)
            if data_then is None:
                continue
            yield make(event.type, event.id, data_then, item.received_at_ms)
            continue
        yield item


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
