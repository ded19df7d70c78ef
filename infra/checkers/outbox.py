"""L06: what a decision causes outside happens at least once, and nothing happens outside without one."""

from infra.checkers.logs import Input, Logs
from infra.checkers.violation import Violation

ORIGIN = ("topic", "partition", "offset")
"""Headers of a quarantined original that say where it lay, after any common prefix."""


def check_l06(logs: Logs) -> list[Violation]:
    """Every set-aside event lies in quarantine or at its home; nothing lies in quarantine that was not set aside."""
    found = []
    wanted = {(record.partition, record.source_offset): record for record, entry in logs.set_aside if entry["reason"] != "forwarded"}
    origins = {origin for record in logs.quarantine if (origin := origin_of(record, f"{logs.domain}.events")) is not None}
    if logs.settled:
        found += [
            Violation("L06", f"input {place[0]}@{place[1]} was set aside and is not in quarantine", record.partition, record.offset)
            for place, record in wanted.items()
            if place not in origins
        ]
        found += _forwarded(logs)
    internal = {(decided.partition, decided.source_offset) for decided in logs.decisions if decided.body["reason"] == "internal_error"}
    found += [
        Violation("L06", f"input {place[0]}@{place[1]} is in quarantine and nobody set it aside", *place)
        for place in sorted(origins - set(wanted) - internal)
    ]
    return found


def _forwarded(logs: Logs) -> list[Violation]:
    """A forwarded event must lie at its home, beside where it was found."""
    homes: set[tuple[int, str]] = set()
    for (partition, _), events in logs.parsed.items():
        homes.update((partition, str(event.get("id"))) for event in events or () if isinstance(event, dict))
    return [
        Violation(
            "L06", f"{entry['event_id']} was to be sent on to partition {entry['home']} and is not there", record.partition, record.offset
        )
        for record, entry in logs.set_aside
        if entry["reason"] == "forwarded" and (entry["home"], entry["event_id"]) not in homes
    ]


def origin_of(record: Input, topic: str) -> tuple[int, int] | None:
    """Partition and offset in this topic where the quarantined original lay; None when it came from elsewhere."""
    values: dict[str, bytes] = {}
    for name, value in record.headers.items():
        word = name.lower().replace("-", "_").rsplit("_", 1)[-1]
        for part in ORIGIN:
            if word in (part, f"origin{part}", f"source{part}"):
                values[part] = value
    if values.get("topic", topic.encode()).decode() != topic or not {"partition", "offset"} <= set(values):
        return None
    return int(values["partition"]), int(values["offset"])
