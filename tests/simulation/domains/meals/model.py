"""A naive picture of one area of meals, as its facts tell it: dictionaries and lists, no index, no shared code."""

from dataclasses import dataclass, field
from typing import Any

from tests.simulation.checkers.logs import day_of

SlotKey = tuple[str, str, str]
"""Provider, date, meal."""
OPEN = ("assigned", "attempted", "welfare_check", "unplaced", "asked", "elsewhere")
MOVES = {
    None: {"assigned", "refused", "asked"},
    "assigned": {"assigned", "attempted", "unplaced", "asked", "delivered", "cancelled", "closed"},
    "asked": {"asked", "elsewhere", "assigned", "unplaced", "cancelled"},
    "elsewhere": {"elsewhere", "asked", "assigned", "unplaced", "attempted", "delivered", "cancelled", "closed"},
    "attempted": {"attempted", "welfare_check", "delivered", "closed"},
    "welfare_check": {"delivered", "closed"},
    "unplaced": {"assigned", "cancelled", "closed"},
}
"""The published table of moves (I06); what is missing is terminal."""

DEFAULTS: dict[str, Any] = {
    "capacity_age_s_max": 7 * 86400, "late_kitchen_load_percent": 95, "order_days_ahead_max": 14, "capacity_days_ahead_max": 92,
    "walk_speed_cm_s": 100, "courier_speed_cm_s": 400, "detour_percent": 130, "courier_travel_s_max": 3600, "walk_reach_s": 2700,
    "delivery_radius_m_default": 3000, "delivery_attempts_max": 2, "kitchen_recount_s": 900,
}  # fmt: skip
TIMES = {
    "breakfast": {"cutoff": -240, "late": -240, "cancel": -240, "end": 540},
    "lunch": {"cutoff": -240, "late": 510, "cancel": 510, "end": 780},
    "dinner": {"cutoff": 600, "late": 840, "cancel": 840, "end": 1110},
}
"""Minutes of the day of the meal, as the features page suggests them (M-R8, M-R7)."""


DUE = {
    "meals.order.closed.v1", "meals.order.unplaced.v1", "meals.order.welfare_check_due.v1", "meals.kitchen.counted.v1",
    "meals.standing_order.run.v1", "meals.order.nowhere.v1", "meals.guest.moved.v1", "meals.guest.closed.v1",
}  # fmt: skip
"""Facts that a deadline makes by itself."""


SAID = {
    "meals.order.asked_elsewhere.v1": "meals.neighbour.asked.v1",
    "meals.request.withdrawn.v1": "meals.neighbour.withdrawn.v1",
    "meals.guest.assigned.v1": "meals.neighbour.answered.v1",
    "meals.guest.moved.v1": "meals.neighbour.answered.v1",
    "meals.guest.refused.v1": "meals.neighbour.answered.v1",
    "meals.guest.released.v1": "meals.neighbour.answered.v1",
}
"""What one area says to another; a guest's end that home asked for itself is not said."""


def by_clock(fact: dict[str, Any]) -> bool:
    """Whether a deadline or a displaced order explains this fact without the event."""
    kind, data = fact["type"], fact["data"]
    if kind in ("meals.order.assigned.v1", "meals.order.refused.v1"):
        return data["standing_order_id"] is not None
    if kind == "meals.order.reassigned.v1":
        return bool(data["cause"] != "override")
    if kind == "meals.order.closed.v1":
        return bool(data["result"] != "refused")
    if kind == "meals.order.asked_elsewhere.v1":
        return bool(data["number"] > 1 or data["cause"] != "nothing_near" or data["standing_order_id"] is not None)
    if kind == "meals.request.withdrawn.v1":
        return bool(data["reason"] == "no_answer")
    if kind == "meals.guest.released.v1":
        return bool(data["cause"] != "withdrawn")
    return kind in DUE


def hands_over(fact: dict[str, Any]) -> list[tuple[str, str]]:
    """M-R8: a welfare check that ends with help needed, or still no answer, becomes an emergency."""
    data = fact["data"]
    if fact["type"] in SAID and data.get("reason", data.get("cause")) != "withdrawn":
        return [("meals", SAID[fact["type"]])]
    if fact["type"] == "task.closed.v1" and data.get("kind") == "welfare_check" and data["result"] in ("needs_help", "no_answer"):
        return [("emergency", "emergency.call.raised.v1")]
    return []


@dataclass
class Slot:
    """One meal of one date at one kitchen."""

    fact: dict[str, Any] | None = None
    published_ms: int = 0
    held: int = 0
    used: int = 0
    flagged: bool = False
    counts: int = 0
    held_ms: int = 0
    """When a portion was last promised: the kitchen is told within the recount time."""

    @property
    def total(self) -> int:
        """Its capacity."""
        return 0 if self.fact is None else int(self.fact["capacity"])

    @property
    def version(self) -> int:
        """The publication in force."""
        return 0 if self.fact is None else int(self.fact["version"])


@dataclass
class Order:
    """One order."""

    order_id: str
    state: str
    data: dict[str, Any]
    provider: str | None
    closes_ms: int
    portions: int
    report_by_ms: int | None = None
    attempts: int = 0
    served: bool = False
    """Its meal has left the kitchen: the portions are used and no closure moves it."""
    request: tuple[str, str] | None = None
    """What was last asked of a neighbouring area: the request's id, and the area."""
    answer_by_ms: int | None = None
    away: str | None = None
    """The neighbour's kitchen that has it."""

    @property
    def slot(self) -> SlotKey:
        """Where it is held."""
        return (self.provider or "", self.data["date"], self.data["meal"])


@dataclass
class Kitchen:
    """One provider."""

    listed: dict[str, Any] | None = None
    closures: list[tuple[int, int | None]] = field(default_factory=list)


@dataclass
class Area:
    """One area."""

    name: str
    now_ms: int = 0
    kitchens: dict[str, Kitchen] = field(default_factory=dict)
    slots: dict[SlotKey, Slot] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    open: dict[str, Order] = field(default_factory=dict)
    standing: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    dealt_with: set[str] = field(default_factory=set)
    """What a human said is done: nobody else need own it until a new task is opened."""
    policies: list[dict[str, Any]] = field(default_factory=list)
    guests: set[str] = field(default_factory=set)
    """Ids of orders here that are holds for other areas."""

    def slot(self, key: SlotKey) -> Slot:
        """The slot, empty when nothing was said of it."""
        found = self.slots.get(key)
        if found is None:
            found = self.slots[key] = Slot()
        return found

    def kitchen(self, provider_id: str) -> Kitchen:
        """The kitchen, blank when nothing was said of it."""
        return self.kitchens.setdefault(provider_id, Kitchen())

    def policy(self) -> dict[str, Any]:
        """The parameters in force now: the latest start that has come, then the higher version name."""
        today = day_of(self.now_ms)
        inside = [one for one in self.policies if one["policy"] == "meals" and one["in_force_from"] <= today]
        if not inside:
            return DEFAULTS
        best = max(inside, key=lambda one: (one["in_force_from"], one["version"]))
        parameters: dict[str, Any] = best["parameters"]
        return DEFAULTS | parameters

    def shut(self, key: SlotKey) -> bool:
        """Whether the kitchen is closed during the meal."""
        fact = self.slot(key).fact
        starts, ends = (0, 0) if fact is None else (fact["starts_ms"], fact["ends_ms"])
        return any(since < ends and (until is None or starts < until) for since, until in self.kitchen(key[0]).closures)

    def free(self, key: SlotKey) -> int:
        """Portions that can be promised; below zero when overcommitted."""
        slot = self.slot(key)
        rest = slot.total - slot.held - slot.used
        return min(rest, 0) if self.shut(key) else rest
