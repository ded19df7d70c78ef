"""C01-C06, C08, C09, M-R1: portions are promised within capacity, given back once, and by the newest publication."""

from typing import Any

from infra.checkers.fold import Eye, fold
from infra.checkers.logs import Decided, Logs
from infra.checkers.meals.model import HOLDING, MODEL, TERMINAL, Area, SlotKey
from infra.checkers.violation import Violation

HOLDS = ("meals.order.assigned.v1", "meals.order.reassigned.v1", "meals.guest.assigned.v1", "meals.guest.moved.v1")


def _key(data: dict[str, Any]) -> SlotKey:
    return (data["provider_id"], data["date"], data["meal"])


def _case(data: dict[str, Any]) -> str:
    """The order, or the guest, that a fact is about."""
    return str(data.get("order_id") or data.get("guest_id") or "")


def _name(key: SlotKey) -> str:
    return f"{key[0]} {key[1]} {key[2]}"


class WithinCapacity(Eye[Area]):
    """C01: a new hold never goes over capacity; capacity lowered below use is flagged in the same decision."""

    def __init__(self) -> None:
        super().__init__("C01")
        self._below: set[SlotKey] = set()

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Judge each new hold on what was free before it; remember publications below use, before orders are moved away."""
        kind, data = fact["type"], fact["data"]
        if kind == "meals.slot.published.v1":
            slot = area.slot(_key(data))
            if slot.held + slot.used > data["capacity"]:
                self._below.add(_key(data))
        elif kind == "meals.slot.overcommitted.v1":
            self._below.discard(_key(data))
        elif kind in HOLDS:
            self._hold(area, decided, data)

    def after(self, area: Area, decided: Decided) -> None:
        """A publication below use must have been followed by the flag."""
        for key in sorted(self._below):
            self.note(f"{_name(key)} in {area.area} was lowered below what is promised and not flagged", decided)
        self._below.clear()

    def _hold(self, area: Area, decided: Decided, data: dict[str, Any]) -> None:
        key = _key(data)
        slot = area.slot(key)
        order = area.orders.get(_case(data))
        stays = order is not None and order.slot == key and order.state in HOLDING
        taken = slot.held + slot.used - (order.portions if stays and order is not None else 0)
        if slot.published is None:
            self.note(f"{_name(key)} never published and was given an order", decided)
        elif taken + data["portions"] > slot.capacity:
            self.note(f"{_name(key)} has {slot.capacity} portions, {taken} promised, and was given {data['portions']} more", decided)


class Conservation(Eye[Area]):
    """C02: held and used of every slot are the portions of its orders, counted anew from the orders themselves."""

    def __init__(self) -> None:
        super().__init__("C02")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """No count falls below zero, and a move carries as many portions as the order has."""
        data = fact["data"]
        order = area.orders.get(_case(data))
        spoken = fact["type"].startswith(("meals.order.", "meals.guest."))
        if order is not None and spoken and "portions" in data and data["portions"] != order.portions:
            self.note(f"order {_case(data)} has {order.portions} portions and {fact['type']} moves {data['portions']}", decided)
        if order is None or order.state not in HOLDING:
            return
        ends = ("meals.order.cancelled.v1", "meals.guest.released.v1")
        moves = ("meals.order.reassigned.v1", "meals.order.unplaced.v1", "meals.order.asked_elsewhere.v1", "meals.guest.moved.v1")
        left = data.get("provider_id") if fact["type"] in ends else data.get("from_provider_id")
        if fact["type"] in (*moves, *ends) and left != order.provider_id:
            self.note(f"order {_case(data)} is at {order.provider_id} and its portions are freed at {left}", decided)

    def end(self, areas: dict[str, Area]) -> None:
        """Recount."""
        for area in areas.values():
            held: dict[SlotKey, int] = {}
            used: dict[SlotKey, int] = {}
            for order in area.orders.values():
                if order.state in HOLDING:
                    held[order.slot] = held.get(order.slot, 0) + order.portions
                elif order.used_at is not None:
                    used[order.used_at] = used.get(order.used_at, 0) + order.portions
            for key, slot in area.slots.items():
                if (slot.held, slot.used) != (held.get(key, 0), used.get(key, 0)):
                    self.note(f"{_name(key)} holds {slot.held}, used {slot.used}; its orders say {held.get(key, 0)} and {used.get(key, 0)}")


class OnePlace(Eye[Area]):
    """C03: an order has at most one kitchen, and a person at most one order of an id."""

    def __init__(self) -> None:
        super().__init__("C03")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """A second assignment without a move is a double booking."""
        order = area.orders.get(_case(fact["data"]))
        first = ("meals.order.assigned.v1", "meals.guest.assigned.v1")
        if fact["type"] in first and order is not None and order.state not in TERMINAL:
            self.note(f"order {_case(fact['data'])} is at {order.provider_id} and was assigned again", decided)


class ResolvedOnce(Eye[Area]):
    """C04: a hold ends once, as delivered, cancelled, closed, moved or lost."""

    ENDINGS = (
        "meals.order.cancelled.v1", "meals.order.delivered.v1", "meals.order.closed.v1", "meals.guest.released.v1",
        "meals.guest.closed.v1",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__("C04")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """An ending of what has ended."""
        order = area.orders.get(_case(fact["data"]))
        if fact["type"] in self.ENDINGS and (order is None or order.state in ("delivered", "cancelled", "closed", "refused")):
            self.note(f"order {_case(fact['data'])} is {order.state if order else 'unknown'} and ends again", decided)


class FreedOnce(Eye[Area]):
    """C05: a second cancellation frees nothing."""

    def __init__(self) -> None:
        super().__init__("C05")
        self._freed: set[tuple[str, str]] = set()

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Count cancellations by order."""
        if fact["type"] == "meals.order.cancelled.v1":
            key = (area.area, fact["data"]["order_id"])
            if key in self._freed:
                self.note(f"order {key[1]} was cancelled twice and freed twice", decided)
            self._freed.add(key)


class NewestWins(Eye[Area]):
    """C06: a publication that is not newer than the one in force changes nothing."""

    def __init__(self) -> None:
        super().__init__("C06")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Versions of a slot only rise."""
        if fact["type"] == "meals.slot.published.v1":
            key = _key(fact["data"])
            slot = area.slot(key)
            if fact["data"]["version"] <= slot.version:
                self.note(f"{_name(key)} went from version {slot.version} to {fact['data']['version']}", decided)


class CitesCapacity(Eye[Area]):
    """C08: a hold cites the publication in force when it was made."""

    def __init__(self) -> None:
        super().__init__("C08")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """The cited version is the slot's."""
        if fact["type"] in HOLDS:
            slot = area.slot(_key(fact["data"]))
            if fact["data"]["capacity_version"] != slot.version:
                self.note(
                    f"{_name(_key(fact['data']))} is at version {slot.version} and the order cites {fact['data']['capacity_version']}",
                    decided,
                )


class CutOff(Eye[Area]):
    """C09, meals part: after the cut-off an order is taken only by the late rule, and it says so."""

    def __init__(self) -> None:
        super().__init__("C09")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """``late`` is true exactly when the cut-off has passed; a place's own cut-off knows no late rule."""
        data = fact["data"]
        if fact["type"] not in ("meals.order.assigned.v1", "meals.guest.assigned.v1"):
            return
        late = decided.time_ms > data["cutoff_ms"]
        if late != bool(data["late"]):
            self.note(f"order {_case(data)} came {'after' if late else 'before'} the cut-off and late is {data['late']}", decided)
        published = area.slot(_key(data)).published
        own_ms = published["cutoff_ms"] if published is not None else None
        if own_ms is not None and decided.time_ms > own_ms:
            self.note(f"order {_case(data)} came after the kitchen's own cut-off", decided)


class Served(Eye[Area]):
    """M-R1: at the end no kitchen has accepted more than its capacity, but for what a lowered publication left behind."""

    def __init__(self) -> None:
        super().__init__("M-R1")

    def end(self, areas: dict[str, Area]) -> None:
        """Counted from the orders alone."""
        for area in areas.values():
            accepted: dict[SlotKey, int] = {}
            for order in area.orders.values():
                key = order.slot if order.state in HOLDING else order.used_at
                if key is not None:
                    accepted[key] = accepted.get(key, 0) + order.portions
            for key, portions in sorted(accepted.items()):
                slot = area.slot(key)
                if portions > slot.capacity and not slot.over_flags:
                    self.note(f"{_name(key)} accepted {portions} portions of {slot.capacity}")


def check_publications(logs: Logs) -> list[Violation]:
    """C06 seen from outside: each slot ends at the highest version that any accepted publication of it had, in whatever order."""
    areas = fold(logs, MODEL)
    best: dict[tuple[str, SlotKey], int] = {}
    for answers in logs.answers.values():
        first = answers[0]
        if first.body["event_type"] != "meals.capacity.published.v1" or first.body["outcome"] != "accepted":
            continue
        for event in logs.parsed.get((first.partition, first.source_offset)) or ():
            if isinstance(event, dict) and event.get("id") == first.event_id:
                data = event["data"]
                skipped = {(s.get("date"), s.get("meal")) for s in (first.body["why"] or {}).get("skipped", ())}
                for slot in data["slots"]:
                    if (slot["date"], slot["meal"]) not in skipped:
                        key = (first.body["area"], (data["provider_id"], slot["date"], slot["meal"]))
                        best[key] = max(best.get(key, 0), data["version"])
    return [
        Violation("C06", f"{_name(key)} ends at version {areas[area].slot(key).version}; version {version} was accepted")
        for (area, key), version in best.items()
        if areas[area].slot(key).version != version
    ]
