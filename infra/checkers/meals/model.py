"""A naive model of meals: providers, slots, orders, standing orders, as the journal's facts tell them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from infra.checkers import fold
from infra.checkers.civil import minute_ms
from infra.checkers.meals.policy import in_force

SlotKey = tuple[str, str, str]
"""Provider, date, meal."""
HOLDING = ("assigned",)
"""States of an order whose portions are held at its provider. What a courier has carried to a door is used, whatever came of it."""
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
    request: tuple[str, str] | None = None
    """The request that is open with a neighbouring area, or that its kitchen took: its id, and the area."""
    answer_by_ms: int = 0
    home: tuple[str, str] | None = None
    """Of a guest: the area and the order it is held for. A guest is an order here under the id of its request."""


@dataclass
class Area(fold.Area):
    """One area, as its facts tell it."""

    providers: dict[str, Provider] = field(default_factory=dict)
    slots: dict[SlotKey, Slot] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    standing: dict[str, dict[str, Any]] = field(default_factory=dict)
    counts: dict[SlotKey, dict[str, Any]] = field(default_factory=dict)
    cutoffs: dict[SlotKey, int] = field(default_factory=dict)
    """When the slot is first counted: the earliest cut-off promised to an order, or what the kitchen has moved it to since."""

    def slot(self, key: SlotKey) -> Slot:
        """The slot, made empty when nothing was said of it yet."""
        return self.slots.setdefault(key, Slot())


def _listed(area: Area, data: dict[str, Any]) -> None:
    provider = area.providers.setdefault(data["provider_id"], Provider())
    provider.listed, provider.spot = data, None


def _published(area: Area, data: dict[str, Any]) -> None:
    slot = area.slot((data["provider_id"], data["date"], data["meal"]))
    slot.published, slot.published_ms = data, area.now_ms
    key = (data["provider_id"], data["date"], data["meal"])
    if key in area.cutoffs:
        # The kitchen moved its cut-off: orders end, and are counted, at the new one.
        own_ms = data["cutoff_ms"]
        standard_ms = minute_ms(data["date"], in_force(area, area.now_ms)[data["meal"]]["cutoff_minute"])
        area.cutoffs[key] = standard_ms if own_ms is None else own_ms


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


def _use(area: Area, order: Order) -> None:
    """What was held is used: the meal was cooked and left the kitchen, or its time is over."""
    if order.state in HOLDING:
        _leave(area, order)
        area.slot(order.slot).used += order.portions
        order.used_at = order.slot


def _reassigned(area: Area, data: dict[str, Any]) -> None:
    order = area.orders.get(data["order_id"])
    if order is None:
        return
    _leave(area, order)
    order.state, order.attempts, order.request = "assigned", 0, None
    order.provider_id, order.closes_ms = data["provider_id"], data["closes_ms"]
    order.slot = (data["provider_id"], data["date"], data["meal"])
    area.slot(order.slot).held += order.portions
    _note_cutoff(area, order.slot, data["cutoff_ms"])


def _refused(area: Area, data: dict[str, Any]) -> None:
    key = ("", data["date"], data["meal"])
    area.orders.setdefault(data["order_id"], Order("refused", data, None, 0, key, data["portions"]))


def _moved_to(state: str, *, frees: bool = False, uses: bool = False) -> Callable[[Area, dict[str, Any]], None]:
    def write(area: Area, data: dict[str, Any]) -> None:
        order = area.orders.get(data["order_id"])
        if order is None:
            return
        if uses:
            _use(area, order)
        elif frees:
            _leave(area, order)
        order.state = state
        if frees:
            order.provider_id = None
        if state == "unplaced":
            order.closes_ms = data["closes_ms"]

    return write


def _asked(area: Area, data: dict[str, Any]) -> None:
    order = area.orders.get(data["order_id"])
    nowhere = ("", data["date"], data["meal"])
    if order is None:
        order = area.orders[data["order_id"]] = Order("asked", data, None, 0, nowhere, data["portions"])
    _leave(area, order)
    order.state, order.provider_id, order.slot, order.closes_ms = "asked", None, nowhere, data["closes_ms"]
    order.request, order.answer_by_ms = (data["request_id"], data["lending_area"]), data["answer_by_ms"]


def _placed_elsewhere(area: Area, data: dict[str, Any]) -> None:
    order = area.orders.get(data["order_id"])
    if order is not None:
        order.state, order.provider_id, order.closes_ms = "elsewhere", data["provider_id"], data["closes_ms"]


def _nowhere(area: Area, data: dict[str, Any]) -> None:
    order = area.orders.get(data["order_id"])
    if order is not None:
        order.state, order.provider_id, order.closes_ms, order.request = "unplaced", None, data["closes_ms"], None


def _guest(area: Area, data: dict[str, Any]) -> None:
    _assigned(area, data | {"order_id": data["guest_id"]})
    area.orders[data["guest_id"]].home = (data["home_area"], data["home_order_id"])


def _guest_refused(area: Area, data: dict[str, Any]) -> None:
    area.orders.setdefault(data["guest_id"], Order("refused", data, None, 0, ("", "", ""), 0))


def _of_guest(write: Callable[[Area, dict[str, Any]], None]) -> Callable[[Area, dict[str, Any]], None]:
    return lambda area, data: write(area, data | {"order_id": data["guest_id"]})


def _attempted(area: Area, data: dict[str, Any]) -> None:
    order = area.orders.get(data["order_id"])
    if order is not None:
        _use(area, order)
        order.attempts = order.total_attempts = data["attempt"]
        order.state = "attempted"


def _counted(area: Area, data: dict[str, Any]) -> None:
    key = (data["provider_id"], data["date"], data["meal"])
    area.slot(key).counts += 1
    area.counts[key] = data


def _standing(area: Area, data: dict[str, Any]) -> None:
    area.standing[data["standing_order_id"]] = dict(data)


def _standing_run(area: Area, data: dict[str, Any]) -> None:
    if data["standing_order_id"] in area.standing:
        area.standing[data["standing_order_id"]].update(next_date=data["next_date"], next_run_ms=data["next_run_ms"])


_WRITERS: dict[str, Callable[[Area, dict[str, Any]], None]] = {
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
    "meals.order.delivered.v1": _moved_to("delivered", uses=True),
    "meals.order.closed.v1": _moved_to("closed", uses=True),
    "meals.order.asked_elsewhere.v1": _asked,
    "meals.order.placed_elsewhere.v1": _placed_elsewhere,
    "meals.order.nowhere.v1": _nowhere,
    "meals.guest.assigned.v1": _guest,
    "meals.guest.moved.v1": _of_guest(_reassigned),
    "meals.guest.released.v1": _of_guest(_moved_to("cancelled", frees=True)),
    "meals.guest.closed.v1": _of_guest(_moved_to("closed", uses=True)),
    "meals.guest.refused.v1": _guest_refused,
    "meals.delivery.attempted.v1": _attempted,
    "meals.order.welfare_check_due.v1": _moved_to("welfare_check"),
    "meals.kitchen.counted.v1": _counted,
    "meals.standing_order.recorded.v1": _standing,
    "meals.standing_order.run.v1": _standing_run,
}


MODEL = fold.Model(Area, _WRITERS)
"""How meals are folded."""
