"""One partition: input records in, journal records out. Synchronous, without clock, network or loop, so that the worker, the
simulator and a test run the very same code (design, section 4, steps 4 to 7).

    runtime = PartitionRuntime(domain, partition=3, partitions=6, clock=Clock.WALL)
    for offset, record in journal: runtime.fold(offset, record)      # what was decided before
    runtime.fold(own_opened_offset, Opened(...))                     # the epoch from now on
    value = runtime.handle(source_record)                            # one journal record; append it, in this order
"""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import orjson

from agents import core
from agents.core import AreaState, Domain
from schemas.codec import Item, Rejected, Rejection, Unreadable, decode_record, parse_json
from schemas.decisions import Decision, Outcome, Received, Why
from schemas.drill import is_drill
from schemas.journal import FORWARDED, Clock, Decided, Failed, JournalRecord, SetAside, encode
from schemas.topics import JOURNAL_RECORD_BYTES_MAX
from streams.metrics import NO_METRICS, Metrics
from streams.partitioning import home_partition
from streams.ports import PLAYED_AT_HEADER, SourceRecord
from streams.validity import Validity

S = TypeVar("S")

VALUE_BYTES_MAX = JOURNAL_RECORD_BYTES_MAX - 50_000
"""Of one journal record's value; the rest is Kafka's framing."""
ISOLATE_AFTER = 2
REFUSE_ALL_AFTER = 3
SET_ASIDE_AFTER = 5
"""`Failed` records on one offset after which its events are tried one by one on a copy, all refused, or not touched at all."""
INTERNAL_ERROR = "internal_error"
PLAYED_AT_MS_MAX = 4_102_444_800_000  # 2100-01-01: a later scenario clock is a mistake of the sender


class OutOfOrder(AssertionError):
    """A record was handed over that is not the next one: a mistake of the caller, never of the sender."""


class RecordTooLarge(AssertionError):
    """The decisions on one input record do not fit one journal record, even without their explanations."""


class PartitionRuntime(Generic[S]):
    """All areas of one partition, and where its journal and its input stand.

    Not reusable after an exception out of `handle`: the state may be half changed, and the process must end.
    """

    def __init__(self, domain: Domain[S], *, partition: int, partitions: int, clock: Clock, metrics: Metrics = NO_METRICS) -> None:
        self.domain = domain
        self.partition = partition
        self.partitions = partitions
        self.clock = clock
        self.areas: dict[str, AreaState[S]] = {}
        self.validity = Validity()
        self.failures: dict[int, int] = {}
        self.changed: set[str] = set()
        """Areas that changed since the last snapshot; whoever takes one clears it."""
        self._next_offset = 0
        self._metrics = metrics

    @property
    def next_source_offset(self) -> int:
        """The input offset that `handle` takes next."""
        return max(self._next_offset, self.validity.source_offset + 1)

    def area(self, name: str) -> AreaState[S]:
        """The state of this area, blank when nothing is known of it."""
        found = self.areas.get(name)
        if found is None:
            found = self.areas[name] = core.blank(self.domain, name)
        return found

    def fold(self, offset: int, record: JournalRecord) -> bool:
        """Take in one journal record at its offset; returns whether it counted. An exception means broken code."""
        if not self.validity.accept(offset, record):
            return False
        match record:
            case Decided():
                for decision in record.decisions:
                    core.fold(self.domain, self.area(decision.area), decision)
                    self.changed.add(decision.area)
                self._answered(record.source_offset)
            case Failed():
                self.failures[record.source_offset] = self.failures.get(record.source_offset, 0) + 1
        return True

    def skip_to(self, offset: int) -> None:
        """The caller has looked: the input log holds no record between `next_source_offset` and this one."""
        self._next_offset = max(self._next_offset, offset)

    def handle(self, record: SourceRecord) -> bytes:
        """Answer one input record: exactly one journal record, whatever the bytes are.

        Raises `OutOfOrder` when it is not the next record, and whatever `evolve` or an invariant raises: the caller must then
        journal `failed` and end the process. Bad input never raises.
        """
        if record.partition != self.partition or record.offset != self.next_source_offset:
            raise OutOfOrder(f"offset {record.offset} where {self.next_source_offset} is due")
        assert self.validity.epoch >= 0, "nothing is decided before an epoch is opened"
        decisions: list[Decision] = []
        set_aside: list[SetAside] = []
        failures = self.failures.get(record.offset, 0)
        items = self._place(record, set_aside)
        if failures >= SET_ASIDE_AFTER:
            set_aside += [SetAside(INTERNAL_ERROR, index, item.event.id) for index, item in items]
        else:
            for index, item in items:
                decision = self._answer(item, failures)
                decisions.append(decision)
                if decision.error is not None:
                    set_aside.append(SetAside(INTERNAL_ERROR, index, item.event.id))
        answer = Decided(self.validity.epoch, self.validity.seq + 1, self.partition, record.offset, tuple(decisions), tuple(set_aside))
        value = _encode_bounded(answer)
        assert self.validity.accept(-1, answer), "our own record must count"
        self._answered(record.offset)
        self._report(answer)
        return value

    def failed(self, source_offset: int, error: BaseException) -> bytes:
        """The journal record that says this owner ended on that input record."""
        return encode(Failed(self.validity.epoch, self.partition, source_offset, type(error).__name__))

    def deadlines(self) -> Iterator[tuple[AreaState[S], int]]:
        """Every area with its next deadline in milliseconds since the epoch, where it has one."""
        for area in self.areas.values():
            deadline_ms = core.next_deadline(self.domain, area)
            if deadline_ms is not None:
                yield area, deadline_ms

    def gauges(self) -> dict[str, int]:
        """The areas' gauges, summed; the drill area is nobody's capacity."""
        sums: dict[str, int] = {}
        for area in self.areas.values():
            if is_drill(area.area):
                continue
            for name, value in self.domain.gauges(area.domain).items():
                sums[name] = sums.get(name, 0) + value
            sums["human_tasks"] = sums.get("human_tasks", 0) + len(area.tasks)
        return sums

    def check_all(self) -> None:
        """Every invariant of every area; raises `agents.core.InvariantBroken`."""
        for area in self.areas.values():
            self.domain.check_all(area.domain)

    def _answered(self, source_offset: int) -> None:
        if self.failures:
            self.failures = {offset: count for offset, count in self.failures.items() if offset > source_offset}

    def _place(self, record: SourceRecord, set_aside: list[SetAside]) -> list[tuple[int | None, Received]]:
        """The events to decide here, with their places; the others go to `set_aside`."""
        received_at_ms = self._received_at_ms(record)
        key, items = record.key, _decode(self.domain.name, record.key, record.value, received_at_ms)
        if len(items) == 1 and isinstance(items[0], Rejection) and items[0].reason is Rejected.KEY_MISMATCH:
            # Readable events under a wrong key have a home all the same: they are sent there under the right one.
            key, items = None, _decode(self.domain.name, _key_of_area(record.value), record.value, received_at_ms)
        batch = _is_array(record.value)
        here: list[tuple[int | None, Received]] = []
        for place, item in enumerate(items):
            if isinstance(item, Rejection):
                set_aside.append(SetAside(str(item.reason), item.index, item.event_id))
                continue
            index = place if batch else None
            home = home_partition(item.event.area, self.partitions)
            if home != self.partition or key is None:
                set_aside.append(SetAside(FORWARDED, index, item.event.id, home))
            else:
                here.append((index, item))
        return here

    def _received_at_ms(self, record: SourceRecord) -> int:
        """The broker's time, or the scenario's; 0 leaves the area's clock where it is."""
        if self.clock is Clock.WALL:
            return record.timestamp_ms
        for name, value in record.headers:
            if name == PLAYED_AT_HEADER and len(value) <= 16 and value.isdigit():
                played_at_ms = int(value)
                return played_at_ms if played_at_ms <= PLAYED_AT_MS_MAX else 0
        return 0

    def _answer(self, received: Received, failures: int) -> Decision:
        area = self.area(received.event.area)
        self.changed.add(area.area)
        if failures >= REFUSE_ALL_AFTER:
            return core.refuse_unanswerable(self.domain, area, received, "Failed")
        if failures >= ISOLATE_AFTER:
            error = self._try_on_copy(area, received)
            if error is not None:
                return core.refuse_unanswerable(self.domain, area, received, error)
        return core.handle(self.domain, area, received)

    def _try_on_copy(self, area: AreaState[S], received: Received) -> str | None:
        """Which exception this event breaks the area with, found on a copy; None when it does not."""
        copy = core.load(self.domain, orjson.loads(orjson.dumps(list(core.dump(self.domain, area)))))
        try:
            decision = core.handle(self.domain, copy, received)
            self.domain.check_all(copy.domain)
            encode(Decided(0, 1, self.partition, 0, (decision,)))
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever broke the process twice is what is looked for here
            return type(error).__name__
        return None

    def _report(self, answer: Decided) -> None:
        name = self.domain.name
        for decision in answer.decisions:
            if is_drill(decision.area):
                continue
            if decision.repeat:
                self._metrics.repeated(name)
            elif decision.outcome is Outcome.ACCEPTED:
                self._metrics.accepted(name)
            else:
                self._metrics.refused(name, decision.reason or "")
        for one in answer.set_aside:
            self._metrics.set_aside(name, one.reason)


def _decode(domain: str, key: bytes | None, value: bytes | None, received_at_ms: int) -> list[Item]:
    try:
        return decode_record(domain, key, value, received_at_ms)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - bytes that break our decoder are still only bytes: set aside, and the line moves on
        return [Rejection(Rejected.BAD_JSON)]


def _key_of_area(value: bytes | None) -> bytes | None:
    try:
        parsed: Any = parse_json(value)
    except Unreadable:
        return None
    first = parsed[0] if isinstance(parsed, list) and parsed else parsed
    area = first.get("area") if isinstance(first, dict) else None
    return area.encode(errors="replace") if isinstance(area, str) else None


def _is_array(value: bytes | None) -> bool:
    return value is not None and value.lstrip()[:1] == b"["


def _encode_bounded(answer: Decided) -> bytes:
    """The record's bytes; explanations are cut to their plain values when the whole would not fit a Kafka record."""
    value = encode(answer)
    if len(value) <= VALUE_BYTES_MAX:
        return value
    for decision in answer.decisions:
        decision.why = _shortened(decision.why)
        decision.facts = [reasoned._replace(why=_shortened(reasoned.why)) for reasoned in decision.facts]
    value = encode(answer)
    if len(value) > VALUE_BYTES_MAX:
        raise RecordTooLarge(f"{len(value)} bytes")
    return value


def _shortened(why: Why | None) -> Why | None:
    if why is None:
        return None
    return {name: part for name, part in why.items() if part is None or isinstance(part, str | int | float)} | {"truncated": True}
