"""Time comes from the log alone: T01 and T03 (T02 is in the model, which knows the deadlines)."""

from collections.abc import Iterator

from tests.simulation.checkers.logs import Logs, Violation, instant_ms

SKEW_MS = 15 * 60 * 1000


def t01(logs: Logs) -> Iterator[Violation]:
    """An area's now is the greatest record time so far: never a wall clock, never the sender's, never back."""
    now: dict[str, int] = {}
    for dec in logs.decisions:
        area = dec.body["area"]
        expected = max(now.get(area, 0), logs.inputs[dec.partition][dec.source].at_ms)
        if dec.at_ms != expected:
            yield Violation("T01", f"{dec.body['event_id']} was decided at {dec.at_ms}, the log says {expected}", dec.partition, dec.offset)
        now[area] = dec.at_ms


def t03(logs: Logs) -> Iterator[Violation]:
    """An event whose own time is far from the log's is flagged, and only then."""
    for dec in logs.decisions:
        at_ms = logs.inputs[dec.partition][dec.source].at_ms
        if dec.event is None or at_ms == 0:
            continue
        skewed = abs(instant_ms(dec.event["time"]) - at_ms) > SKEW_MS
        if skewed != ("skewed" in dec.body.get("flags", ())):
            yield Violation("T03", f"{dec.body['event_id']} is {'' if skewed else 'not '}skewed", dec.partition, dec.offset)
