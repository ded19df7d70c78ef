"""A naive model of meals, folded from the journal's facts: plain dictionaries, no indexes, no cleverness, no shared code.

Watches (one per invariant) look at the model before and after each fact and after each decision, and note what is wrong.
The model itself never complains: it writes what the facts say as far as it can.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from infra.checkers.logs import Decided, Logs
from infra.checkers.violation import Violation

SlotKey = tuple[str, str, str]
"""Provider, date, meal."""
HOLDING = ("assigned", "attempted", "welfare_check")
"""States of an order whose portions are held at its provider."""
TERMINAL = ("delivered", "cancelled", "refused", "closed")


@dataclass
class Provider:
    """What is known of a place. ``listed`` is None until it is registered."""

    listed: dict[str, Any] | None = None
    closures: list[dict[str, Any]] = field(default_factory=list)
    spot: Any = None


@dataclass
class Slot:
    """One meal of one date at one place. ``published`` is the fact in force; portions are counted three ways."""

    published: dict[str, Any] | None = None
    published_ms: int = 0
    held: int = 0
    used: int = 0
    over_flags: int = 0
    counts: int = 0

    @property
    def capacity(self) -> int:
        """Portions it can have."""
        return int(self.published["capacity"]) if self.published is not None else 0

    @property
    def version(self) -> int:
        """Of the publication in force, 0 when none came."""
        return int(self.published["version"]) if self.published is not None else 0


@dataclass
class Order:
    """One order and where it stands."""

    state: str
    first: dict[str, Any]
    provider_id: str | None
    closes_ms: int
    slot: SlotKey
    portions: int
    attempts: int = 0
    total_attempts: int = 0
    """The number of the last attempt, which a move does not reset."""
    used_at: SlotKey | None = None


@dataclass
class Area:
    """One area, as its facts tell it."""

    area: str
    now_ms: int = 0
    providers: dict[str, Provider] = field(default_factory=dict)
    slots: dict[SlotKey, Slot] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    standing: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    closed_tasks: dict[str, str] = field(default_factory=dict)
    policies: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[SlotKey, dict[str, Any]] = field(default_factory=dict)
    cutoffs: dict[SlotKey, int] = field(default_factory=dict)
    """The earliest cut-off that an order of the slot was promised."""
    owned: dict[str, int] = field(default_factory=dict)
    """How many open tasks there are about each case."""

    def slot(self, key: SlotKey) -> Slot:
        """The slot, made empty when nothing was said of it yet."""
        return self.slots.setdefault(key, Slot())


class Watch(Protocol):
    """One invariant watching the fold. ``found`` is what it saw."""

    found: list[Violation]

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Called with the state each fact was decided on."""

    def after(self, area: Area, decided: Decided) -> None:
        """Called when all facts of a decision are in."""

    def end(self, areas: dict[str, Area]) -> None:
        """Called once, at the end of the journal."""


class Eye:
    """A watch that sees nothing: the base of the others."""

    def __init__(self, invariant: str) -> None:
        self.invariant = invariant
        self.found: list[Violation] = []

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """See `Watch`."""

    def after(self, area: Area, decided: Decided) -> None:
        """See `Watch`."""

    def end(self, areas: dict[str, Area]) -> None:
        """See `Watch`."""

    def note(self, sentence: str, decided: Decided | None = None) -> None:
        """Keep one violation."""
        place = (None, None) if decided is None else (decided.partition, decided.offset)
        self.found.append(Violation(self.invariant, sentence, *place))


def fold(logs: Logs, watches: Iterable[Watch] = ()) -> dict[str, Area]:
    """Fold every valid decision, showing each step to the watches; returns the areas as they end."""
    areas: dict[str, Area] = {}
    seers = list(watches)
    for decided in logs.decisions:
        name = decided.body["area"]
        area = areas.get(name)
        if area is None:
            area = areas[name] = Area(name)
        area.now_ms = max(area.now_ms, decided.time_ms)
        for fact in decided.body["facts"]:
            for seer in seers:
                seer.before(area, decided, fact)
            apply(area, fact)
        for seer in seers:
            seer.after(area, decided)
    for seer in seers:
        seer.end(areas)
    return areas


def apply(area: Area, fact: dict[str, Any]) -> None:
    """Write one fact into the area. Facts that contradict it are written as far as they can be: the watches complain."""
    writer = _WRITERS.get(fact["type"])
    if writer is not None:
        writer(area, fact["data"])


def _listed(area: Area, data: dict[str, Any]) -> None:
    provider = area.providers.setdefault(data["provider_id"], Provider())
    provider.listed, provider.spot = data, None


def _published(area: Area, data: dict[str, Any]) -> None:
    slot = area.slot((data["provider_id"], data["date"], data["meal"]))
    slot.published, slot.published_ms = data, area.now_ms


def _overcommitted(area: Area, data: dict[str, Any]) -> None:
    area.slot((data["provider_id"], data["date"], data["meal"])).over_flags += 1


def _closure(area: Area, data: dict[str, Any]) -> None:
    area.providers.setdefault(data["provider_id"], Provider()).closures.append(dict(data))


def _reopening(area: Area, data: dict[str, Any]) -> None:
    provider = area.providers.setdefault(data["provider_id"], Provider())
    provider.closures = [c for c in provider.closures if c["from_ms"] < data["from_ms"]]
    for closure in provider.closures:
        until_ms = closure["until_ms"]
        closure["until_ms"] = data["from_ms"] if until_ms is None else min(until_ms, data["from_ms"])


def _assigned(area: Area, data: dict[str, Any]) -> None:
    key = (data["provider_id"], data["date"], data["meal"])
    area.orders[data["order_id"]] = Order("assigned", data, data["provider_id"], data["closes_ms"], key, data["portions"])
    area.slot(key).held += data["portions"]
    _note_cutoff(area, key, data["cutoff_ms"])


def _note_cutoff(area: Area, key: SlotKey, cutoff_ms: int) -> None:
    area.cutoffs[key] = min(area.cutoffs.get(key, cutoff_ms), cutoff_ms)


def _leave(area: Area, order: Order) -> None:
    """Give the portions back, when a place holds them."""
    if order.state in HOLDING:
        area.slot(order.slot).held -= order.portions


def _reassigned(area: Area, data: dict[str, Any]) -> None:
    order = area.orders.get(data["order_id"])
    if order is None:
        return
    _leave(area, order)
    order.state, order.attempts = "assigned", 0
    order.provider_id, order.closes_ms = data["provider_id"], data["closes_ms"]
    order.slot = (data["provider_id"], data["date"], data["meal"])
    area.slot(order.slot).held += order.portions
    _note_cutoff(area, order.slot, data["cutoff_ms"])


def _refused(area: Area, data: dict[str, Any]) -> None:
    key = ("", data["date"], data["meal"])
    area.orders.setdefault(data["order_id"], Order("refused", data, None, 0, key, data["portions"]))


def _moved_to(state: str, *, frees: bool, uses: bool = False) -> Any:
    def write(area: Area, data: dict[str, Any]) -> None:
        order = area.orders.get(data["order_id"])
        if order is None:
            return
        held = order.state in HOLDING
        if frees or uses:
            _leave(area, order)
        if uses and held:
            area.slot(order.slot).used += order.portions
            order.used_at = order.slot
        order.state = state
        if frees and not uses:
            order.provider_id = None
        if state == "unplaced":
            order.closes_ms = data["closes_ms"]

    return write


def _attempted(area: Area, data: dict[str, Any]) -> None:
    order = area.orders.get(data["order_id"])
    if order is not None:
        order.attempts = order.total_attempts = data["attempt"]
        order.state = "attempted"


def _task_opened(area: Area, data: dict[str, Any]) -> None:
    area.tasks[data["task_id"]] = data
    area.owned[data["about"]] = area.owned.get(data["about"], 0) + 1


def _task_closed(area: Area, data: dict[str, Any]) -> None:
    task = area.tasks.pop(data["task_id"], None)
    if task is not None:
        area.owned[task["about"]] -= 1
    area.closed_tasks[data["task_id"]] = data["result"]


def _counted(area: Area, data: dict[str, Any]) -> None:
    key = (data["provider_id"], data["date"], data["meal"])
    area.slot(key).counts += 1
    area.counts[key] = data


def _standing(area: Area, data: dict[str, Any]) -> None:
    area.standing[data["standing_order_id"]] = dict(data)


def _standing_run(area: Area, data: dict[str, Any]) -> None:
    if data["standing_order_id"] in area.standing:
        area.standing[data["standing_order_id"]].update(next_date=data["next_date"], next_run_ms=data["next_run_ms"])


_WRITERS: dict[str, Any] = {
    "meals.provider.listed.v1": _listed,
    "meals.slot.published.v1": _published,
    "meals.slot.overcommitted.v1": _overcommitted,
    "meals.provider.closure_recorded.v1": _closure,
    "meals.provider.reopening_recorded.v1": _reopening,
    "meals.order.assigned.v1": _assigned,
    "meals.order.reassigned.v1": _reassigned,
    "meals.order.refused.v1": _refused,
    "meals.order.unplaced.v1": _moved_to("unplaced", frees=True),
    "meals.order.cancelled.v1": _moved_to("cancelled", frees=True),
    "meals.order.delivered.v1": _moved_to("delivered", frees=True, uses=True),
    "meals.order.closed.v1": _moved_to("closed", frees=True, uses=True),
    "meals.delivery.attempted.v1": _attempted,
    "meals.order.welfare_check_due.v1": _moved_to("welfare_check", frees=False),
    "meals.kitchen.counted.v1": _counted,
    "meals.standing_order.recorded.v1": _standing,
    "meals.standing_order.run.v1": _standing_run,
    "policy.adopted.v1": lambda area, data: area.policies.append(data),
    "task.opened.v1": _task_opened,
    "task.closed.v1": _task_closed,
}


class Recent:
    """The last few decision times, for judging whether work is overdue by more than the steps one event may carry."""

    def __init__(self, size: int) -> None:
        self._times: deque[int] = deque(maxlen=size)

    def add(self, time_ms: int) -> None:
        """Another decision of the area."""
        self._times.append(time_ms)

    @property
    def oldest_ms(self) -> int:
        """Before this instant everything has had its turn; 0 until enough decisions were seen."""
        return self._times[0] if len(self._times) == self._times.maxlen else 0
