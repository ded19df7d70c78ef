"""After the end: a call-back is owed until it happens (E22, E-R9)."""

from agents.emergency.state import EmergencyState
from agents.emergency.tasks import open_task
from agents.shared.explanation import because
from schemas.decisions import Reasoned
from schemas.emergency_facts import CallBackMissed
from schemas.facts import Fact, TaskKind


def call_back_missed(state: EmergencyState, call_id: str, now_ms: int) -> tuple[Reasoned, ...]:
    """Nobody called back in time: a task, and again for ever."""
    ended = state.ended[call_id]
    owed = state.callbacks.get(call_id)
    assert owed is not None
    wait_ms = state.policies.of(ended.version).callback_repeat_s * 1000
    count = owed.level + 1
    facts: list[Fact] = [CallBackMissed(call_id=call_id, person_id=ended.person_id, count=count, next_ms=now_ms + wait_ms)]
    if ended.task_id is None:
        facts.append(open_task(call_id, TaskKind.CALL_BACK_MISSED, now_ms, person_id=ended.person_id))
    return Reasoned(facts[0], because("call_back_due", ended_ms=ended.ended_ms)), *map(Reasoned, facts[1:])
