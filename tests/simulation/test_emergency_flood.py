"""Ten thousand presses of one device in one second, in the middle of faults: one incident, every press counted, others unaffected."""

from dataclasses import replace
from typing import Any

import orjson

from schemas.envelope import BATCH_EVENTS_MAX
from tests.simulation.engine import deterministic
from tests.simulation.homes import home_of
from tests.simulation.hunting import judge
from tests.simulation.plan import Send, event_value
from tests.simulation.swarm import draw_plan
from tests.simulation.words import envelope

PRESSES = 10_000
AREA = "310106"


def test_ten_thousand_presses_of_one_device_are_one_incident_and_each_is_counted() -> None:
    plan = draw_plan(
        "flood/1", 120, domain="emergency", areas=(AREA,), faults_on=("crash_after_handle", "duplicate"), broken_code="", clock="wall"
    )
    at_ms = plan.options.start_ms + plan.options.span_ms // 2
    floods = tuple(_batch(at_ms, start, plan.options.partitions) for start in range(0, PRESSES, BATCH_EVENTS_MAX))
    sends = tuple(sorted((*plan.sends, *floods), key=lambda send: send.at_ms))
    with deterministic():
        judged = judge(replace(plan, sends=sends))
    assert judged.run is not None
    assert not judged.found, judged.found[0].line()
    facts = [fact for values in judged.run.journal for value in values for fact in _facts(value)]
    opened = [data for kind, data in facts if kind == "emergency.call.opened.v1" and data["device_id"] == "d-jammed"]
    merged = [data for kind, data in facts if kind == "emergency.call.merged.v1" and data["device_id"] == "d-jammed"]
    assert (len(opened), len(merged)) == (1, PRESSES - 1)
    assert max(data["count"] for data in merged) == PRESSES
    assert sum(data["kept"] for data in merged) < 100, "names of one incident do not grow without end"


def _batch(at_ms: int, start: int, partitions: int) -> Send:
    events = []
    for number in range(start, start + BATCH_EVENTS_MAX):
        data = {"call_id": f"jam-{number}", "channel": "button", "device_id": "d-jammed"}
        events.append(envelope(f"jam-{number}", "emergency.call.raised.v1", at_ms, AREA, "device:d-jammed", data))
    return Send(at_ms + start // 10, "batch", AREA, event_value(events), home_of(AREA, partitions))


def _facts(value: bytes) -> list[tuple[str, dict[str, Any]]]:
    body = orjson.loads(value)
    return [(fact["type"], fact["data"]) for decision in body.get("decisions", ()) for fact in decision["facts"]]
