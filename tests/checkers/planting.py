"""Plants one mistake in a clean journal: a changed copy of one record, nothing else touched."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from infra.checkers.fold import Eye, fold
from infra.checkers.logs import Decided, Journaled, Logs
from infra.checkers.meals.model import MODEL, Area
from infra.checkers.violation import Violation

Body = dict[str, Any]


def find(logs: Logs, fact_type: str, having: Callable[[Body], bool] = lambda _: True, turn: int = 0) -> tuple[Decided, Body]:
    """The n-th decision with a fact of this type that satisfies the condition, and that fact's data."""
    for decided in logs.decisions:
        for fact in decided.body["facts"]:
            if fact["type"] == fact_type and having(fact["data"]):
                if turn == 0:
                    return decided, fact["data"]
                turn -= 1
    raise LookupError(f"the played day has no such {fact_type}")


def decision(logs: Logs, having: Callable[[Body], bool]) -> Decided:
    """The first decision that satisfies the condition."""
    return next(decided for decided in logs.decisions if having(decided.body))


def change(logs: Logs, place: Decided | Journaled, edit: Callable[[Body], None]) -> Logs:
    """These logs with one journal record edited: ``edit`` gets its whole body."""
    return replace(
        logs,
        journal=[
            _edited(record, edit) if (record.partition, record.offset) == (place.partition, place.offset) else record
            for record in logs.journal
        ],
    )


def _edited(record: Journaled, edit: Callable[[Body], None]) -> Journaled:
    body = orjson.loads(orjson.dumps(record.body))
    edit(body)
    return record._replace(body=body)


def change_fact(logs: Logs, place: Decided, fact_type: str, having: Callable[[Body], bool] = lambda _: True, **values: Any) -> Logs:
    """Every such fact of that decision's record, with other values."""

    def edit(body: Body) -> None:
        for one in body["decisions"]:
            for fact in one["facts"]:
                if fact["type"] == fact_type and having(fact["data"]):
                    fact["data"].update(values)

    return change(logs, place, edit)


def add_fact(logs: Logs, place: Decided, fact_type: str, data: Body) -> Logs:
    """One more fact at the end of that decision."""

    def edit(body: Body) -> None:
        body["decisions"][place.place]["facts"].append({"type": fact_type, "data": data})

    return change(logs, place, edit)


def drop_facts(logs: Logs, unwanted: Callable[[str, Body], bool]) -> Logs:
    """The journal without these facts."""

    def edit(body: Body) -> None:
        for one in body["decisions"]:
            one["facts"] = [fact for fact in one["facts"] if not unwanted(fact["type"], fact["data"])]

    def touched(record: Journaled) -> bool:
        return any(unwanted(fact["type"], fact["data"]) for one in record.body.get("decisions", ()) for fact in one["facts"])

    return replace(logs, journal=[_edited(record, edit) if touched(record) else record for record in logs.journal])


def last(logs: Logs) -> Decided:
    """The last decision of the busiest partition."""
    busiest = max(logs.decisions, key=lambda decided: decided.offset).partition
    return [decided for decided in logs.decisions if decided.partition == busiest][-1]


def watched(logs: Logs, eye: Eye[Area]) -> list[Violation]:
    """What this eye sees in the logs."""
    fold(logs, MODEL, [eye])
    return eye.found
