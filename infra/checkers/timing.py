"""T03: time comes from the log alone; a sender's clock is data, and one too far off is flagged."""

from typing import Any

from infra.checkers.logs import Input, Logs, instant_ms
from infra.checkers.violation import Violation

SKEW_MS_MAX = 15 * 60 * 1000
PLAYED_AT = "playedat"


def check_t03(logs: Logs) -> list[Violation]:
    """An area's now is the larger of its last now and the record's received-at, and never falls; skew is flagged, and only skew."""
    found = []
    now: dict[str, int] = {}
    played = logs.clock == "played"
    for decided in logs.decisions:
        record = logs.by_place.get((decided.partition, decided.source_offset))
        if record is None:
            continue
        received_ms = _received_ms(record, played)
        area = decided.body["area"]
        last_ms = now.get(area, 0)
        if decided.time_ms < last_ms:
            found.append(Violation("T03", f"the clock of {area} fell by {last_ms - decided.time_ms} ms", decided.partition, decided.offset))
        elif decided.time_ms != max(last_ms, received_ms):
            sentence = f"the clock of {area} says {decided.time_ms} where the log says {max(last_ms, received_ms)}"
            found.append(Violation("T03", sentence, decided.partition, decided.offset))
        now[area] = max(last_ms, decided.time_ms)
        event = _event(logs, decided.partition, decided.source_offset, decided.event_id)
        if event is not None and isinstance(event.get("time"), str):
            skewed = received_ms > 0 and abs(instant_ms(event["time"]) - received_ms) > SKEW_MS_MAX
            if skewed != ("skewed" in decided.body.get("flags", ())):
                sentence = f"{decided.event_id} is {'' if skewed else 'not '}skewed and its flags say otherwise"
                found.append(Violation("T03", sentence, decided.partition, decided.offset))
    return found


def _received_ms(record: Input, played: bool) -> int:
    if not played:
        return record.timestamp_ms
    header = record.headers.get(PLAYED_AT)
    return int(header) if header is not None and header.isdigit() else 0


def _event(logs: Logs, partition: int, offset: int, event_id: str) -> dict[str, Any] | None:
    """The event when it is there once; the same id twice in a record may differ in time, so it is not judged."""
    same = [e for e in logs.parsed.get((partition, offset)) or () if isinstance(e, dict) and e.get("id") == event_id]
    return same[0] if len(same) == 1 else None
