"""Facts every domain shares: tasks and policies."""

from collections.abc import Iterable
from datetime import date

from schemas.facts import CaseStuck, Fact, PolicyAdopted, TaskClosed, TaskOpened
from streams.projections.fold import Fold, Why, json_text
from streams.projections.rows import Key, Mode, Place, Rows, Table

TASKS = Table(
    name="tasks",
    mode=Mode.FOLDED,
    key=("domain", "area", "task_id"),
    columns={
        "domain": "text", "area": "text", "task_id": "text", "kind": "text", "about": "text", "owner": "text", "detail": "jsonb",
        "event_id": "text", "opened_ms": "bigint", "closed_ms": "bigint", "result": "text",
    },
    by_domain=True,
)  # fmt: skip
POLICIES = Table(
    name="policies",
    mode=Mode.FOLDED,
    key=("domain", "area", "policy", "version"),
    columns={
        "domain": "text", "area": "text", "policy": "text", "version": "text", "in_force_from": "date", "parameters": "jsonb",
        "source": "text", "adopted_ms": "bigint",
    },
    by_domain=True,
)  # fmt: skip


def _task(place: Place, fact: TaskOpened | TaskClosed) -> Iterable[tuple[Table, Key]]:
    return ((TASKS, (place.domain, place.area, fact.task_id)),)


def _task_opened(rows: Rows, place: Place, fact: TaskOpened, why: Why | None) -> None:  # noqa: ARG001 - the decision keeps the why
    key = (place.domain, place.area, fact.task_id)
    row = {
        "domain": place.domain, "area": place.area, "task_id": fact.task_id, "kind": str(fact.kind), "about": fact.about,
        "owner": fact.owner, "detail": json_text(fact.detail), "event_id": place.event_id, "opened_ms": place.at_ms,
        "closed_ms": None, "result": None,
    }  # fmt: skip
    rows.put(TASKS, key, row)


def _task_closed(rows: Rows, place: Place, fact: TaskClosed, why: Why | None) -> None:  # noqa: ARG001
    rows.change(TASKS, (place.domain, place.area, fact.task_id), closed_ms=place.at_ms, result=fact.result)


def _policy_adopted(rows: Rows, place: Place, fact: PolicyAdopted, why: Why | None) -> None:  # noqa: ARG001
    row = {
        "domain": place.domain, "area": place.area, "policy": fact.policy, "version": fact.version,
        "in_force_from": date.fromisoformat(fact.in_force_from), "parameters": json_text(fact.parameters),
        "source": fact.source, "adopted_ms": place.at_ms,
    }  # fmt: skip
    rows.put(POLICIES, (place.domain, place.area, fact.policy, fact.version), row)


TABLES = (TASKS, POLICIES)

FOLDS: dict[type[Fact], Fold] = {
    TaskOpened: Fold(_task_opened),
    TaskClosed: Fold(_task_closed, _task),
    PolicyAdopted: Fold(_policy_adopted),
}

NOT_PROJECTED: dict[type[Fact], str] = {
    CaseStuck: "the task opened beside it names the case and the error; the fact itself stays in the decision's body",
}
