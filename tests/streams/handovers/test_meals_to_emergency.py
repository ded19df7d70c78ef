"""A meal's case becomes an emergency without losing its history: the event made is one that emergency takes, on one causal chain."""

import orjson

from agents import core
from agents.emergency import DOMAIN
from schemas.codec import digest_of
from schemas.decisions import Decision, Outcome, Reasoned, Received
from schemas.facts import TaskClosed, TaskKind
from schemas.registry import event_adapter
from streams.handovers.handover import handovers_of
from streams.handovers.registry import routes_from
from tests.agents.emergency.world import World, fact

AT_MS = 1_795_000_000_000
ADAPTER = event_adapter("emergency")[0]


def _welfare_check(person_id: str | None = "p-7") -> Decision:
    detail = {} if person_id is None else {"person_id": person_id}
    closed = TaskClosed(task_id="task:1", result="needs_help", kind=TaskKind.WELFARE_CHECK, about="ord-1", detail=detail)
    return Decision(
        event_id="end-1", event_type="task.completed.v1", area="310106", time_ms=AT_MS, outcome=Outcome.ACCEPTED, reason=None, policy={},
        facts=[Reasoned(closed)], why=None, digest=b"", correlationid="standing-9",
    )  # fmt: skip


def _handed(decision: Decision) -> Received:
    (one,) = handovers_of(routes_from("meals", ("meals", "emergency")), 1, 4, decision)
    parsed = orjson.loads(one.value)
    return Received(ADAPTER.validate_json(one.value), digest_of(parsed), one.at_ms)


def test_a_welfare_check_in_need_is_an_open_incident_with_somebody_on_the_way() -> None:
    world = World()
    world.send("coverage.registered", person_id="p-7", lives_alone=True, position={"lat": 31.2304, "lon": 121.4737})
    world.unit("r-1", 300)
    item = _handed(_welfare_check())
    decision = core.handle(DOMAIN, world.area, item)
    assert decision.outcome is Outcome.ACCEPTED
    opened = fact(decision, "call.opened")
    assert (opened["person_id"], opened["channel"], opened["correlationid"]) == ("p-7", "operator", "standing-9")
    assert fact(decision, "responder.dispatched")["responder_id"] == "r-1"
    again = core.handle(DOMAIN, world.area, item)
    assert (again.repeat, again.facts) == (True, [])


def test_a_welfare_check_of_nobody_known_is_an_incident_before_an_operator_all_the_same() -> None:
    world = World()
    decision = core.handle(DOMAIN, world.area, _handed(_welfare_check(None)))
    opened = fact(decision, "call.opened")
    assert {"person_missing", "position_missing"} <= set(opened["needs_review"])
    assert [task.kind for task in world.area.tasks.values()].count(TaskKind.CALL_NEEDS_REVIEW) == 1
    assert world.state.calls[opened["call_id"]].correlationid == "standing-9"


def test_an_operator_turns_any_other_case_into_an_emergency_on_the_same_chain() -> None:
    """K7: a taxi ride, a bed application: whoever sees it raises a call with the case's correlation id, and nothing is typed again."""
    world = World()
    parsed = {
        "specversion": "1.0", "id": "turned-1", "source": "/console", "type": "emergency.call.raised.v1", "area": "3101",
        "time": "2026-11-22T09:00:00+08:00", "actor": "operator:op-3", "correlationid": "taxi-44", "causationid": "taxi-ev-7",
        "data": {"call_id": "taxi-44", "channel": "operator", "person_id": "p-3"},
    }  # fmt: skip
    decision = core.handle(DOMAIN, world.area, Received(ADAPTER.validate_json(orjson.dumps(parsed)), digest_of(parsed), world.now_ms))
    assert (fact(decision, "call.opened")["correlationid"], decision.correlationid) == ("taxi-44", "taxi-44")
