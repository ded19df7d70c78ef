# ruff: noqa: ARG005, E501 - a planted mistake has the shape of what it replaces; one row a mistake
"""Mistakes in the core: memory of ids, time, deadlines, snapshots."""

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from agents import core
from agents.meals import orders
from agents.meals.domain import Meals
from agents.shared.deadlines import Deadlines
from agents.shared.seen import SeenIds
from streams import snapshots
from streams.runtime import PartitionRuntime
from tests.simulation.planted.kind import Patch, Planted, instead

TWICE = ("duplicate", "lost_after", "conflict")


class _Any(bytes):
    """Equal to every digest."""

    __hash__ = bytes.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


def _skip_dedup() -> list[Patch]:
    def remember(self: SeenIds, event_id: str, *rest: Any) -> None:
        return None

    return [patch.object(SeenIds, "remember", remember)]


def _same_id_is_enough() -> list[Patch]:
    def make(get: Any) -> Any:
        def known(self: SeenIds, event_id: str) -> Any:
            answer = get(self, event_id)
            return None if answer is None else answer._replace(digest=_Any(answer.digest))

        return known

    return [instead(SeenIds, "get", make)]


def _digest_of_the_bytes() -> list[Patch]:
    def make(handle: Any) -> Any:
        count = [0]

        def wrapped(domain: Any, area: Any, received: Any) -> Any:
            count[0] += 1
            return handle(domain, area, received._replace(digest=received.digest[:12] + count[0].to_bytes(4, "big")))

        return wrapped

    return [instead(core, "handle", make)]


def _forget_ids_soon() -> list[Patch]:
    return [patch.object(Meals, "seen_memory_ms", lambda self, state: 1)]


def _wall_clock() -> list[Patch]:
    return [patch.object(PartitionRuntime, "_received_at_ms", lambda self, record: int(time.time() * 1000))]


def _sender_moves_the_clock() -> list[Patch]:
    def make(handle: Any) -> Any:
        return lambda d, a, r: handle(d, a, r._replace(received_at_ms=int(r.event.time.timestamp() * 1000)))

    return [instead(core, "handle", make)]


def _no_skew_flag() -> list[Patch]:
    return [patch.object(core, "_flags", lambda event, received_at_ms: ())]


def _ids_by_hash() -> list[Patch]:
    return [patch.object(orders, "derived_id", lambda prefix, *causes: f"{prefix}:{hash(causes) % 10**18}")]


def _no_due_work() -> list[Patch]:
    return [patch.object(core, "_do_due_work", lambda domain, area, facts: None)]


def _fire_early() -> list[Patch]:
    return [instead(Deadlines, "due", lambda due: lambda self, now_ms: due(self, now_ms + 600_000))]


def _fire_late() -> list[Patch]:
    return [instead(Deadlines, "due", lambda due: lambda self, now_ms: due(self, now_ms - 3_600_000))]


def _timer_lost_on_replay() -> list[Patch]:
    def make(fold: Any) -> Any:
        def wrapped(domain: Any, area: Any, decision: Any) -> None:
            fold(domain, area, decision)
            for reasoned in decision.facts:
                if reasoned.fact.type == "meals.order.assigned.v1":
                    order = area.domain.orders.get(reasoned.fact.order_id)
                    if order is not None and order.slot is not None:
                        area.domain.deadlines.clear(order.slot.close_key)

        return wrapped

    return [instead(core, "fold", make)]


def _fold_forgets_ids() -> list[Patch]:
    def make(fold: Any) -> Any:
        def wrapped(domain: Any, area: Any, decision: Any) -> None:
            remember, SeenIds.remember = SeenIds.remember, lambda *_: None  # type: ignore[method-assign]  # planted
            try:
                fold(domain, area, decision)
            finally:
                SeenIds.remember = remember  # type: ignore[method-assign]  # planted

        return wrapped

    return [instead(core, "fold", make)]


def _snapshot_without(kind: str) -> list[Patch]:
    def dump(domain: Any, area: Any) -> Iterator[Any]:
        return (row for row in core.dump(domain, area) if row[0] != kind)

    return [patch.object(snapshots, "core", SimpleNamespace(dump=dump, load=core.load))]


def _anybody_for_anybody() -> list[Patch]:
    return [patch.object(core, "speaks_for_another", lambda *event: False)]


MISTAKES = (
    Planted("anybody_for_anybody", "a kitchen speaks for another one", _anybody_for_anybody, frozenset({"P03"})),
    Planted("skip_dedup", "ids are never remembered", _skip_dedup, frozenset({"I03", "L01"}), {"faults_on": TWICE}),
    Planted("same_id_is_enough", "another body under a known id passes as a repeat", _same_id_is_enough, frozenset({"I04"}), {"faults_on": TWICE}),
    Planted("every_body_differs", "a true repeat is called a conflict", _digest_of_the_bytes, frozenset({"I04"}), {"faults_on": TWICE}),
    Planted("forget_ids_soon", "ids are forgotten before a client retries", _forget_ids_soon, frozenset({"I03"}), {"faults_on": TWICE}),
    Planted("wall_clock", "decisions use this machine's clock", _wall_clock, frozenset({"T01"}), {"clock": "wall"}),
    Planted("sender_moves_the_clock", "the event's own time moves the area", _sender_moves_the_clock, frozenset({"T01"}), {"faults_on": ("late",)}),
    Planted("no_skew_flag", "an event from far away in time is not flagged", _no_skew_flag, frozenset({"T03"}), {"faults_on": ("late", "skew", "batch")}),
    Planted("ids_by_hash", "the id of a task hangs on the hash seed of the process", _ids_by_hash, frozenset({"DET"})),
    Planted("no_due_work", "deadlines never fire", _no_due_work, frozenset({"I07", "C01", "L07", "M05"}), silent=True),
    Planted("fire_early", "deadlines fire ten minutes early", _fire_early, frozenset({"T02"})),
    Planted("fire_late", "deadlines fire an hour late", _fire_late, frozenset({"I07", "C01"}), silent=True),
    Planted(
        "timer_lost_on_replay", "a closing deadline is lost when the journal is folded", _timer_lost_on_replay,
        frozenset({"I07", "L01", "R70"}), {"faults_on": ("crash_now", "rebalance")}, silent=True,
    ),
    Planted(
        "fold_forgets_ids", "a recovered owner does not know answered ids", _fold_forgets_ids, frozenset({"I03", "L01"}),
        {"faults_on": ("crash_now", "crash_after_append", *TWICE)},
    ),
    Planted(
        "snapshot_without_ids", "a snapshot leaves out the answered ids", lambda: _snapshot_without("seen"), frozenset({"I03", "L01"}),
        {"snapshot_every": 7, "faults_on": ("crash_now", *TWICE)},
    ),
    Planted(
        "snapshot_without_tasks", "a snapshot leaves out the human tasks", lambda: _snapshot_without("task"), frozenset({"I07", "L01", "R70"}),
        {"snapshot_every": 7, "faults_on": ("crash_now",)},
    ),
)  # fmt: skip
