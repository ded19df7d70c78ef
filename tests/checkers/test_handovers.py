"""L06 between domains: what must be told elsewhere is told, and nothing claims to be told that nobody decided."""

from dataclasses import replace

import orjson

from infra.checkers.logs import Input, Logs
from infra.checkers.meals.checks import CHECKS
from infra.checkers.outbox import check_handovers
from tests.checkers.planting import add_fact, last

TASK = {"task_id": "t", "result": "needs_help", "kind": "welfare_check", "about": "o-1", "detail": {"person_id": "p-1"}}
PROMISED = {"meals": CHECKS.hands_over}


def _call(causationid: str, source: str = "/laoxiao/meals/welfare_check_to_emergency") -> Logs:
    event = {"id": "hnd:1", "actor": "system:handover", "source": source, "causationid": causationid}
    return Logs(inputs=[Input(0, 0, 1, b"3101", orjson.dumps(event), {})], domain="emergency")


def test_a_call_for_help_that_was_handed_over_passes_and_one_that_was_not_is_missed(clean: Logs) -> None:
    place = last(clean)
    meals = add_fact(clean, place, "task.closed.v1", TASK)
    assert check_handovers({"meals": meals, "emergency": _call(place.event_id)}, PROMISED) == {"meals": [], "emergency": []}
    found = check_handovers({"meals": meals, "emergency": Logs(domain="emergency")}, PROMISED)
    assert [violation.invariant for violation in found["meals"]] == ["L06"]
    assert check_handovers({"meals": replace(meals, settled=False), "emergency": Logs(domain="emergency")}, PROMISED)["meals"] == []


def test_where_nobody_can_be_told_nothing_is_promised(clean: Logs) -> None:
    assert check_handovers({"meals": add_fact(clean, last(clean), "task.closed.v1", TASK)}, PROMISED) == {"meals": []}


def test_an_event_that_claims_a_decision_that_never_was_is_caught(clean: Logs) -> None:
    for invented in (_call("nobody-decided"), _call(last(clean).event_id, source="/laoxiao/elsewhere/route")):
        found = check_handovers({"meals": clean, "emergency": invented}, PROMISED)
        assert "no decision caused it" in found["emergency"][0].sentence
