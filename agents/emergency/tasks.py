"""Human tasks of emergency: at most one of a kind for an incident, closed with what ends it."""

from typing import Any

from agents.emergency.state import Call
from agents.shared.ids import derived_id
from schemas.decisions import Reasoned
from schemas.facts import TaskClosed, TaskKind, TaskOpened

OPERATOR = "emergency-operator"
"""Who owns a human task of emergency."""


def open_task(about: str, kind: TaskKind, now_ms: int, **detail: Any) -> TaskOpened:
    """A human must act on this case."""
    return TaskOpened(
        task_id=derived_id("task", about, kind.value, str(now_ms)), kind=kind, about=about, owner=OPERATOR, detail=dict(detail)
    )


def task_opened(call: Call, kind: TaskKind, now_ms: int, **detail: Any) -> tuple[Reasoned, ...]:
    """A task of this kind about an incident, unless one is open."""
    return () if kind.value in call.tasks else (Reasoned(open_task(call.call_id, kind, now_ms, severity=call.severity, **detail)),)


def task_closed(call: Call, kind: TaskKind, result: str) -> tuple[Reasoned, ...]:
    """The incident's open task of this kind, if there is one, ends."""
    task_id = call.tasks.get(kind.value)
    return () if task_id is None else (Reasoned(TaskClosed(task_id=task_id, result=result)),)


def all_closed(call: Call, result: str) -> tuple[Reasoned, ...]:
    """Every open task of an incident ends with it."""
    return tuple(Reasoned(TaskClosed(task_id=task_id, result=result)) for task_id in call.tasks.values())
