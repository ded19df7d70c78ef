# ruff: noqa: ARG005, E501 - a planted mistake has the shape of what it replaces; one row a mistake
"""Mistakes in the carrying: validity, gaps, recovery, snapshots, forwarding, rows."""

from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import orjson

from schemas.codec import Rejection
from schemas.journal import FORWARDED, Decided, Failed, Opened
from schemas.meals import DeliveryAttempted, OrderCancelledFact
from streams import projector, reactor, recovery, runtime, snapshotter
from streams.clock import OwnerClock
from streams.notifications import telling
from streams.owner import PartitionOwner
from streams.projections.fold import Fold
from streams.projections.meals_tables import ORDERS, SLOTS
from streams.projections.registry import PROJECTIONS
from streams.reactor import Reactor
from streams.runtime import PartitionRuntime
from streams.tail import Position
from streams.validity import Validity
from tests.simulation.inline import InlineDump
from tests.simulation.planted.kind import Patch, Planted, instead
from tests.simulation.ports import JournalPort

CRASHES = ("crash_now", "crash_before_append", "crash_after_append", "crash_after_handle", "pause", "rebalance", "commit_back")


def _nothing_handed_over() -> list[Patch]:
    async def nothing(self: Reactor, decided: Any) -> None:
        return None

    return [patch.object(Reactor, "_hand_over", nothing)]


def _handed_over_twice() -> list[Patch]:
    def make(handovers_of: Any) -> Any:
        def wrapped(*args: Any) -> Any:
            for one in handovers_of(*args):
                yield one
                yield one._replace(value=orjson.dumps({**orjson.loads(one.value), "id": f"{one.event_id}-again"}))

        return wrapped

    return [instead(reactor, "handovers_of", make)]


def _handed_over_without_cause() -> list[Patch]:
    """Whoever gets it cannot say why."""

    def make(handovers_of: Any) -> Any:
        def wrapped(*args: Any) -> Any:
            for one in handovers_of(*args):
                yield one._replace(value=orjson.dumps({**orjson.loads(one.value), "causationid": "nobody"}))

        return wrapped

    return [instead(reactor, "handovers_of", make)]


def _stale_epoch_believed() -> list[Patch]:
    def accept(self: Validity, offset: int, record: Any) -> bool:
        match record:
            case Opened():
                self.epoch = offset
                return True
            case Failed():
                return True
            case _:
                if record.seq != self.seq + 1 or record.source_offset <= self.source_offset:
                    return False
                self.seq, self.source_offset = record.seq, record.source_offset
                return True

    return [patch.object(Validity, "accept", accept)]


def _sequence_jumps() -> list[Patch]:
    def make(handle: Any) -> Any:
        def wrapped(self: Any, record: Any) -> Any:
            value = handle(self, record)
            if record.offset % 7 == 6:
                self.validity.seq += 1
            return value

        return wrapped

    return [instead(PartitionRuntime, "handle", make)]


def _gap_not_read() -> list[Patch]:
    async def skip(self: Any, owned: Any, target: int) -> None:
        owned.skip_to(target)

    return [patch.object(PartitionOwner, "_read_gap", skip)]


def _position_lost_on_replay() -> list[Patch]:
    def make(fold: Any) -> Any:
        def wrapped(self: Any, offset: int, record: Any) -> bool:
            counted: bool = fold(self, offset, record)
            if isinstance(record, Decided):
                self.validity.source_offset = max(-1, self.validity.source_offset - 1)
            return counted

        return wrapped

    return [instead(PartitionRuntime, "fold", make)]


def _tail_not_folded() -> list[Patch]:
    def make(fold_range: Any) -> Any:
        async def wrapped(owned: Any, journal: Any, start: int, stop: int, *more: Any) -> int:
            return int(await fold_range(owned, journal, start if start == 0 else max(start, stop - 1), stop, *more))

        return wrapped

    return [instead(recovery, "fold_range", make)]


def _snapshot_before_durable() -> list[Patch]:
    async def believed(self: Any, append: Any) -> int:
        return int(self._last_offset + self.in_flight)

    return [patch.object(PartitionOwner, "_believed", believed)]


def _snapshot_position_too_far() -> list[Patch]:
    position = SimpleNamespace(after=lambda offset, validity: Position.after(offset + 1, validity))
    return [patch.object(snapshotter, "Position", position)]


def _changed_area_not_saved() -> list[Patch]:
    def make(init: Any) -> Any:
        def wrapped(self: Any, owned: Any, *rest: Any) -> None:
            init(self, owned, *rest)
            self._changed.clear()

        return wrapped

    def make_dump(init: Any) -> Any:
        def wrapped(self: Any, owned: Any) -> None:
            init(self, owned)
            if len(self._packed) > 1:
                self._packed.pop()

        return wrapped

    return [instead(snapshotter._Picture, "__init__", make), instead(InlineDump, "__init__", make_dump)]


def _strays_decided_where_they_lie() -> list[Patch]:
    def place(self: Any, record: Any, set_aside: list[Any]) -> Any:
        with patch.object(runtime, "home_partition", lambda area, partitions: self.partition):
            return _PLACE(self, record, set_aside)

    return [patch.object(PartitionRuntime, "_place", place)]


_PLACE = PartitionRuntime._place


def _drop(kind: Any) -> list[Patch]:
    def place(self: Any, record: Any, set_aside: list[Any]) -> Any:
        here = _PLACE(self, record, set_aside)
        set_aside[:] = [one for one in set_aside if not kind(one)]
        return here

    return [patch.object(PartitionRuntime, "_place", place)]


def _strays_not_forwarded() -> list[Patch]:
    async def forward(self: Any, one: Any, record: Any) -> None:
        return None

    return [patch.object(Reactor, "_forward", forward)]


def _notified_under_fresh_ids() -> list[Patch]:
    """As if ids came from a counter: whoever delivers cannot tell a repetition from news."""
    count = [0]

    def make(derived: Any) -> Any:
        def wrapped(prefix: str, *causes: str) -> str:
            count[0] += 1
            return str(derived(prefix, *causes, str(count[0])))

        return wrapped

    return [instead(telling, "derived_id", make)]


def _position_saved_before_telling() -> list[Patch]:
    """What happens outside is given up when it fails, and the reader goes on."""

    def make(react: Any) -> Any:
        async def wrapped(self: Any, batch: Any) -> None:
            with suppress(OSError):
                await react(self, batch)

        return wrapped

    return [instead(Reactor, "react", make)]


def _bad_neighbour() -> list[Patch]:
    def make(decode: Any) -> Any:
        def wrapped(domain: str, key: Any, value: Any, received_at_ms: int) -> Any:
            items = decode(domain, key, value, received_at_ms)
            return items[:1] if any(isinstance(item, Rejection) for item in items) else items

        return wrapped

    return [instead(runtime, "_decode", make)]


def _no_ticks() -> list[Patch]:
    async def look(self: Any) -> int:
        return 0

    return [patch.object(OwnerClock, "look", look)]


def _failures_not_counted() -> list[Patch]:
    def make(fold: Any) -> Any:
        def wrapped(self: Any, offset: int, record: Any) -> bool:
            counted: bool = fold(self, offset, record)
            self.failures.clear()
            return counted

        return wrapped

    return [instead(PartitionRuntime, "fold", make)]


def _append_order_lost() -> list[Patch]:
    def make(flush: Any) -> Any:
        def wrapped(self: Any, partition: int) -> None:
            self._outbox[partition].reverse()
            flush(self, partition)

        return wrapped

    return [instead(JournalPort, "_flush", make)]


def _rows_ignore_cancellation() -> list[Patch]:
    folds = PROJECTIONS["meals"].folds
    silent = Fold(lambda rows, place, fact, why: None, folds[OrderCancelledFact].needs)
    return [patch.dict(folds, {OrderCancelledFact: silent})]


def _rows_keep_attempted_held() -> list[Patch]:
    """As it was until the simulator found it: a meal that had left its kitchen stayed held in the rows."""
    folds = PROJECTIONS["meals"].folds
    told = folds[DeliveryAttempted]

    def attempted(rows: Any, place: Any, fact: Any, why: Any) -> None:
        order = rows.get(ORDERS, (fact.order_id, place.area))
        first = not order["attempts"]
        told.apply(rows, place, fact, why)
        if first:
            key = (order["day"], place.area, order["meal"], fact.provider_id)
            rows.add(SLOTS, key, held=order["portions"], used=-order["portions"])

    return [patch.dict(folds, {DeliveryAttempted: Fold(attempted, told.needs)})]


def _rows_count_invalid() -> list[Patch]:
    def make(fold: Any) -> Any:
        return lambda projection, rows, chunk: fold(projection, rows, [judged._replace(valid=True) for judged in chunk])

    return [
        instead(projector, "fold", make),
        instead(projector, "keys_of", lambda keys: lambda p, c: keys(p, [j._replace(valid=True) for j in c])),
    ]


MISTAKES = (
    Planted(
        "stale_epoch_believed", "what a replaced owner appends is believed", _stale_epoch_believed,
        frozenset({"L01", "L02", "C02", "L05", "I08", "R70", "L07", "I04", "I03"}), {"workers": 3, "append_ms": 1500, "session_ms": 10_000, "faults_on": CRASHES},
    ),
    Planted("sequence_jumps", "an owner leaves a gap in its sequence", _sequence_jumps, frozenset({"L05", "I08", "L07"})),
    Planted("gap_not_read", "what the group never delivered is skipped", _gap_not_read, frozenset({"I08", "L04"}), {"faults_on": ("commit_ahead", *CRASHES)}),
    Planted("position_lost_on_replay", "a recovered owner answers an input again", _position_lost_on_replay, frozenset({"I08", "L05", "R70"}), {"faults_on": CRASHES}),
    Planted(
        "tail_not_folded", "a snapshot is taken for the whole truth", _tail_not_folded, frozenset({"L01", "I08", "L05", "R70", "I03"}),
        {"snapshot_every": 40, "faults_on": CRASHES},
    ),
    Planted(
        "snapshot_before_durable", "a snapshot holds what the journal does not", _snapshot_before_durable,
        frozenset({"L01", "I08", "L05", "R70", "I03", "L07"}),
        {"snapshot_every": 7, "append_ms": 1500, "restart_ms": 1000, "faults_on": ("crash_before_append", "crash_now", "append_fails")},
    ),
    Planted(
        "snapshot_position_too_far", "a snapshot claims a record it has not seen", _snapshot_position_too_far,
        frozenset({"L01", "I08", "L05", "R70"}), {"snapshot_every": 40, "faults_on": CRASHES},
    ),
    Planted(
        "changed_area_not_saved", "a snapshot leaves out an area that changed", _changed_area_not_saved, frozenset({"L01", "I08", "R70", "I03", "I05"}),
        {"areas": ("310106", "310101", "310110"), "partitions": 1, "snapshot_every": 40, "faults_on": CRASHES},
    ),
    Planted(
        "strays_decided_where_they_lie", "an event in a foreign partition is decided there", _strays_decided_where_they_lie,
        frozenset({"I08"}), {"partitions": 3, "faults_on": ("stray",)},
    ),
    Planted(
        "strays_dropped", "an event in a foreign partition is dropped", lambda: _drop(lambda one: one.reason == FORWARDED), frozenset({"L04"}),
        {"partitions": 3, "faults_on": ("stray",)},
    ),
    Planted(
        "strays_not_forwarded", "an event to be forwarded never arrives", _strays_not_forwarded, frozenset({"I01"}),
        {"partitions": 3, "faults_on": ("stray",)},
    ),
    Planted(
        "poison_dropped", "unreadable records vanish", lambda: _drop(lambda one: one.reason != FORWARDED), frozenset({"L04"}),
        {"faults_on": ("poison",)},
    ),
    Planted("notified_under_fresh_ids", "a notification told twice has two ids", _notified_under_fresh_ids, frozenset({"E07"}), {"faults_on": ("reactor_crash",)}),
    Planted(
        "position_saved_before_telling", "a reactor goes on when the broker refuses what it forwards", _position_saved_before_telling,
        frozenset({"I01", "E07", "L09"}), {"partitions": 3, "faults_on": ("publish_fails", "stray")},
    ),
    Planted("nothing_handed_over", "what a domain owes to another never comes", _nothing_handed_over, frozenset({"X01"}), beside=("emergency",)),
    Planted("handed_over_twice", "what is handed over comes under two ids", _handed_over_twice, frozenset({"X01"}), beside=("emergency",)),
    Planted("handed_over_without_cause", "what is handed over does not say why", _handed_over_without_cause, frozenset({"X01"}), beside=("emergency",)),
    Planted("bad_neighbour", "one bad event takes its batch along", _bad_neighbour, frozenset({"L04", "R70", "I02"}), {"faults_on": ("batch",)}),
    Planted("no_ticks", "the owner's clock never ticks", _no_ticks, frozenset({"L07"}), {"clock": "wall"}),
    Planted("failures_not_counted", "an event that breaks the process breaks it for ever", _failures_not_counted, frozenset({"L07"}), {"broken_code": "evolve"}),
    Planted("append_order_lost", "the producer reorders the journal", _append_order_lost, frozenset({"L05", "I08"}), {"append_ms": 200}),
    Planted("rows_ignore_cancellation", "cancelled orders stay in the rows", _rows_ignore_cancellation, frozenset({"L02"})),
    Planted("rows_keep_attempted_held", "the rows hold a meal that is on its way", _rows_keep_attempted_held, frozenset({"C02", "L02"})),
    Planted(
        "rows_count_invalid", "the projector believes a replaced owner", _rows_count_invalid, frozenset({"L02", "C02", "R70"}),
        {"workers": 2, "append_ms": 1500, "faults_on": CRASHES},
    ),
)  # fmt: skip
