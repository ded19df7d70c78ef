"""The rules of meals over the naive picture: C01 to C09, I05 to I07, N01 (nearest), T02, at every prefix of the journal.

`Judge.decision` is called for each decision in order: what the event deserves is worked out on the picture as it stands when the
event's own facts begin, each fact is checked before it is written, and what must hold between two decisions is checked after.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.simulation.checkers.intake import HUMAN
from tests.simulation.checkers.logs import Dec, Logs, Violation, minute_ms
from tests.simulation.domains.meals import lending
from tests.simulation.domains.meals.answers import DESERVED
from tests.simulation.domains.meals.model import MOVES, OPEN, TIMES, Area, Order, Slot, by_clock
from tests.simulation.domains.meals.placing import foretell, travel_s
from tests.simulation.domains.meals.rows import rows_of

Data = dict[str, Any]
RECOUNT_MS = 900_000
STEPS_MAX = 64
"""Due pieces of work one event carries along; what is left is due with the next."""


class Judge:
    """Folds and complains."""

    def __init__(self) -> None:
        self.areas: dict[str, Area] = {}
        self.found: list[Violation] = []
        self.dec: Dec | None = None

    def decision(self, dec: Dec) -> None:
        """One decision."""
        self.dec = dec
        name = dec.body["area"]
        area = self.areas.get(name)
        if area is None:
            area = self.areas[name] = Area(name)
        area.now_ms = max(area.now_ms, dec.at_ms)
        facts = dec.body["facts"]
        own = [place for place, fact in enumerate(facts) if not _explained(fact)]
        begins = own[0] if own else len(facts)
        deserved: tuple[str, Data] | None = None
        for place, fact in enumerate(facts):
            if place == begins:
                deserved = self._deserved(area, dec)
            self._fact(area, fact)
        if begins == len(facts):
            deserved = self._deserved(area, dec)
        if deserved is not None:
            self._compare(dec, deserved)
        # Where our own code broke, due work is left to the next event: it may be what broke.
        if len(facts) < STEPS_MAX and dec.body.get("error") is None:
            self._between(area)

    def at_rest(self, logs: Logs) -> Iterable[Violation]:
        """Every meal is over, so every order is. A played area has no time but that of its records."""
        if logs.run.plan.options.clock == "played":
            return
        for area in self.areas.values():
            for order in area.open.values():
                yield Violation("I06", f"order {order.order_id} is {order.state} although its meal is long over")

    def rows(self, tables: Mapping[str, list[Data]]) -> Iterable[Violation]:
        """L02 and C02: orders and slots as the rows show them."""
        return rows_of(self.areas, tables)

    # What the event deserves ----------------------------------------------------------------------------------------------------

    def _deserved(self, area: Area, dec: Dec) -> tuple[str, Data] | None:
        maker = DESERVED.get(dec.body["event_type"])
        if maker is None or not dec.effect or dec.event is None or dec.body.get("error") is not None:
            return None
        if dec.body["reason"] == "forbidden_source":
            # The core's answer, not the domain's; whether it is right is P03.
            return None
        return maker(area, dec.event["data"])

    def _compare(self, dec: Dec, deserved: tuple[str, Data]) -> None:
        invariant, wanted = deserved
        for name, value in wanted.items():
            if name in ("outcome", "reason"):
                got = dec.body[name]
            elif name == "slots":
                got = {(f["data"]["date"], f["data"]["meal"]) for f in dec.body["facts"] if f["type"] == "meals.slot.published.v1"}
            else:
                got = next((f["data"].get(name) for f in dec.body["facts"] if not _explained(f)), None)
            if isinstance(value, frozenset) and name in ("outcome", "reason"):
                if got in value:
                    continue
            elif got == value:
                continue
            self.say(invariant, f"{dec.body['event_id']}: {name} is {got}, it should be {value}")

    # Each fact ------------------------------------------------------------------------------------------------------------------

    def _fact(self, area: Area, fact: dict[str, Any]) -> None:
        writer = _WRITERS.get(fact["type"])
        if writer is not None:
            writer(self, area, fact["data"])

    def say(self, invariant: str, sentence: str) -> None:
        """Note a breach at the decision under way."""
        assert self.dec is not None
        self.found.append(Violation(invariant, sentence, self.dec.partition, self.dec.offset))

    def move(self, area: Area, order_id: str, to: str) -> Order | None:
        """A move of an order: only along the table."""
        order = area.orders.get(order_id)
        before = None if order is None else order.state
        if to not in MOVES.get(before, ()):
            invariant = "C04" if before not in (None, *OPEN) else "I06"
            self.say(invariant, f"order {order_id} goes from {before} to {to}")
        if order is not None:
            order.state = to
            if to not in OPEN:
                area.open.pop(order_id, None)
        return order

    def release(self, area: Area, order: Order, *, use: bool = False) -> None:
        """The portions leave the slot, or stay there as used."""
        if order.provider is None:
            return
        slot = area.slot(order.slot)
        if order.served:
            return
        slot.held -= order.portions
        slot.used += order.portions if use else 0
        order.served = use
        if slot.held < 0:
            self.say("C05", f"more was freed at {order.slot} than was held")

    def hold(self, area: Area, order: Order, data: Data) -> None:
        """Portions promised: there must be room, by the freshest publication (C01, C07, C08)."""
        key = (data["provider_id"], order.data["date"], order.data["meal"])
        slot = area.slot(key)
        if slot.version != data["capacity_version"]:
            self.say("C08", f"{order.order_id} cites version {data['capacity_version']}, {slot.version} is in force")
        if area.shut(key):
            self.say("C01", f"{order.order_id} is placed at {key}, which is closed")
        if area.free(key) < order.portions:
            self.say("C01", f"{order.order_id} takes {order.portions} at {key} where {area.free(key)} are free")
        order.provider = data["provider_id"]
        order.closes_ms = data["closes_ms"]
        slot.held += order.portions
        slot.held_ms = area.now_ms

    def nearest(self, area: Area, wish: Data, data: Data, preferred: str | None) -> None:
        """N01: the nearest that suits and has room, ties by id; distance and way as they are."""
        foretold = foretell(area, wish, preferred)
        if foretold is None:
            self.say("C09", f"{data['order_id']} is placed at {data['provider_id']}, and no kitchen could take it")
        elif foretold[0] != data["provider_id"]:
            self.say("N01", f"{data['order_id']} is placed at {data['provider_id']}, nearest is {foretold[0]}")
        elif foretold[1] != data["distance_m"] or travel_s(area.policy(), wish["service"], foretold[1]) != data["travel_s"]:
            self.say("N01", f"{data['order_id']}: {data['distance_m']} m, {data['travel_s']} s; it is {foretold[1]} m")

    def early(self, area: Area, what: str, due_ms: int | None) -> None:
        """T02: a deadline never fires before its time."""
        if due_ms is None or area.now_ms < due_ms:
            self.say("T02", f"{what} at {area.now_ms}, due at {due_ms}")

    # Between two decisions ------------------------------------------------------------------------------------------------------

    def _between(self, area: Area) -> None:
        now_ms = area.now_ms
        owned = set(area.tasks.values())
        touched: dict[tuple[str, str, str], Slot] = {}
        for order in area.open.values():
            if order.closes_ms <= now_ms:
                self.say("I07", f"order {order.order_id} is {order.state} after its end at {order.closes_ms}")
            if order.state in ("unplaced", "welfare_check") and order.order_id not in owned and order.order_id not in area.dealt_with:
                self.say("I07", f"order {order.order_id} is {order.state} and no human owns it")
            if order.state == "attempted" and order.report_by_ms is not None and order.report_by_ms <= now_ms:
                self.say("I07", f"order {order.order_id}: the next attempt is overdue and nobody was told")
            if order.provider is not None and not order.served:
                touched[order.slot] = area.slots[order.slot]
        for key, slot in touched.items():
            if area.shut(key):
                self.say("C01", f"{key} is closed and still holds {slot.held}")
            if slot.held + slot.used > slot.total:
                self.say("C01", f"{key} holds {slot.held} and used {slot.used} of {slot.total}")
            assert slot.fact is not None
            cutoff_ms = slot.fact["cutoff_ms"] or minute_ms(key[1], TIMES[key[2]]["cutoff"])
            if not slot.counts and slot.fact["ends_ms"] <= now_ms and max(cutoff_ms, slot.held_ms + RECOUNT_MS) < now_ms and slot.held:
                self.say("M05", f"{key} was never counted for the kitchen")
        lending.answered_in_time(self, area)
        for standing_id, standing in area.standing.items():
            if standing["next_run_ms"] <= now_ms:
                self.say("I07", f"standing order {standing_id} did not run at {standing['next_run_ms']}")


def _explained(fact: Data) -> bool:
    return fact["type"] in HUMAN or by_clock(fact)


# Facts, one writer each ---------------------------------------------------------------------------------------------------------


def _listed(judge: Judge, area: Area, data: Data) -> None:
    area.kitchen(data["provider_id"]).listed = data


def _published(judge: Judge, area: Area, data: Data) -> None:
    slot = area.slot((data["provider_id"], data["date"], data["meal"]))
    if data["version"] <= slot.version:
        judge.say("C06", f"version {data['version']} replaces {slot.version} at {data['provider_id']}")
    slot.fact, slot.published_ms = data, area.now_ms
    slot.flagged = False
    area.kitchen(data["provider_id"])
    if slot.held + slot.used > slot.total:
        assert judge.dec is not None
        key = (data["provider_id"], data["date"], data["meal"])
        flags = [f["data"] for f in judge.dec.body["facts"] if f["type"] == "meals.slot.overcommitted.v1"]
        if key not in [(f["provider_id"], f["date"], f["meal"]) for f in flags]:
            judge.say("C01", f"{key} was lowered below what is promised, and nothing says so")


def _closure(judge: Judge, area: Area, data: Data) -> None:
    area.kitchen(data["provider_id"]).closures.append((data["from_ms"], data["until_ms"]))


def _reopening(judge: Judge, area: Area, data: Data) -> None:
    at_ms, kitchen = data["from_ms"], area.kitchen(data["provider_id"])
    earlier = [(since, until) for since, until in kitchen.closures if since < at_ms]
    kitchen.closures = [(since, at_ms if until is None else min(until, at_ms)) for since, until in earlier]


def _assigned(judge: Judge, area: Area, data: Data) -> None:
    known = area.orders.get(data["order_id"])
    if known is not None:
        judge.say("I05" if known.state == "refused" else "I06", f"order {data['order_id']} was {known.state} and is placed anew")
        return
    order = Order(data["order_id"], "assigned", data, None, data["closes_ms"], data["portions"])
    preferred = None
    assert judge.dec is not None
    if data["standing_order_id"] is not None:
        preferred = area.standing.get(data["standing_order_id"], {}).get("preferred_provider_id")
    elif judge.dec.event is not None:
        preferred = judge.dec.event["data"].get("preferred_provider_id")
    judge.nearest(area, data, data, preferred)
    judge.hold(area, order, data)
    area.orders[order.order_id] = area.open[order.order_id] = order


def _reassigned(judge: Judge, area: Area, data: Data) -> None:
    order = area.orders.get(data["order_id"])
    if order is None or order.state not in OPEN:
        judge.say("I06", f"order {data['order_id']} is moved and is not open")
        return
    if data["from_provider_id"] != order.provider:
        judge.say("C03", f"{order.order_id} is moved from {data['from_provider_id']}, it was at {order.provider}")
    if data["cause"] != "override":
        judge.nearest(area, order.data, data, None)
        if order.provider is not None and not area.shut(order.slot) and area.free(order.slot) >= 0:
            judge.say("C01", f"{order.order_id} is moved although its kitchen can keep it")
    lending.taken_back(judge, order)
    judge.release(area, order)
    judge.move(area, order.order_id, "assigned")
    order.away = order.request = None
    order.report_by_ms, order.attempts = None, 0
    judge.hold(area, order, data)


def _unplaced(judge: Judge, area: Area, data: Data) -> None:
    order = area.orders.get(data["order_id"])
    if order is not None and order.state in OPEN:
        if foretell(area, order.data, None) is not None:
            judge.say("N01", f"{order.order_id} goes before a human although {foretell(area, order.data, None)} could take it")
        judge.release(area, order)
        order.provider, order.closes_ms = None, data["closes_ms"]
    judge.move(area, data["order_id"], "unplaced")


def _refused(judge: Judge, area: Area, data: Data) -> None:
    if data["order_id"] in area.orders:
        judge.say("I06", f"order {data['order_id']} is refused and was {area.orders[data['order_id']].state}")
        return
    area.orders[data["order_id"]] = Order(data["order_id"], "refused", data, None, 0, data["portions"])


def _cancelled(judge: Judge, area: Area, data: Data) -> None:
    order = area.orders.get(data["order_id"])
    if order is not None and order.state in OPEN:
        lending.taken_back(judge, order)
        judge.release(area, order)
        order.provider = None
    judge.move(area, data["order_id"], "cancelled")


def _delivered(judge: Judge, area: Area, data: Data) -> None:
    order = area.orders.get(data["order_id"])
    if order is not None and order.state in OPEN:
        judge.release(area, order, use=True)
    judge.move(area, data["order_id"], "delivered")


def _closed(judge: Judge, area: Area, data: Data) -> None:
    order = area.orders.get(data["order_id"])
    if order is not None and order.state in OPEN:
        if data["result"] != "refused":
            judge.early(area, f"{order.order_id} closed", order.closes_ms)
        judge.release(area, order, use=True)
    judge.move(area, data["order_id"], "closed")


def _attempted(judge: Judge, area: Area, data: Data) -> None:
    known = area.orders.get(data["order_id"])
    if known is not None and known.state in OPEN:
        judge.release(area, known, use=True)  # a meal that has left its kitchen is used, whoever opens the door
    order = judge.move(area, data["order_id"], "attempted")
    if order is not None:
        order.report_by_ms, order.attempts = data["report_by_ms"], data["attempt"]


def _welfare(judge: Judge, area: Area, data: Data) -> None:
    order = area.orders.get(data["order_id"])
    if order is not None and order.report_by_ms is not None:
        judge.early(area, f"welfare check of {order.order_id}", order.report_by_ms)
        order.report_by_ms = None
    judge.move(area, data["order_id"], "welfare_check")


def _counted(judge: Judge, area: Area, data: Data) -> None:
    key = (data["provider_id"], data["date"], data["meal"])
    slot = area.slot(key)
    if slot.held != data["portions"] or sum(data["by_service"].values()) != slot.held:
        judge.say("M05", f"{key}: {data['portions']} counted for the kitchen, {slot.held} are held")
    own_ms = None if slot.fact is None else slot.fact["cutoff_ms"]
    if not slot.counts and own_ms is None:
        judge.early(area, f"count of {key}", minute_ms(key[1], TIMES[key[2]]["cutoff"]))
    slot.counts += 1


def _standing(judge: Judge, area: Area, data: Data) -> None:
    area.standing[data["standing_order_id"]] = dict(data)


def _standing_run(judge: Judge, area: Area, data: Data) -> None:
    standing = area.standing.get(data["standing_order_id"])
    if standing is None or standing["next_date"] != data["date"]:
        judge.say("I06", f"standing order {data['standing_order_id']} ran for {data['date']} out of turn")
        return
    judge.early(area, f"run of {data['standing_order_id']}", standing["next_run_ms"])
    if data["order_id"] is None and data["skipped"] == "order_exists":
        own = [o for o in area.orders.values() if o.data["date"] == data["date"]]
        if any(order.data["standing_order_id"] == data["standing_order_id"] for order in own):
            judge.say("I03", f"standing order {data['standing_order_id']} was run twice for {data['date']}")
    if data["next_date"] is None:
        del area.standing[data["standing_order_id"]]
    else:
        standing.update(next_date=data["next_date"], next_run_ms=data["next_run_ms"])


def _standing_stopped(judge: Judge, area: Area, data: Data) -> None:
    standing = area.standing.get(data["standing_order_id"])
    if standing is not None and standing["next_date"] >= data["from_date"]:
        del area.standing[data["standing_order_id"]]


def _policy(judge: Judge, area: Area, data: Data) -> None:
    area.policies.append(data)


def _task_opened(judge: Judge, area: Area, data: Data) -> None:
    area.tasks[data["task_id"]] = data["about"]
    area.dealt_with.discard(data["about"])


def _task_closed(judge: Judge, area: Area, data: Data) -> None:
    if data.get("kind") is not None:
        area.dealt_with.add(data["about"])
    if area.tasks.pop(data["task_id"], None) is None:
        judge.say("I07", f"task {data['task_id']} is closed and was not open")


_WRITERS: dict[str, Callable[[Judge, Area, Data], None]] = {
    "meals.provider.listed.v1": _listed,
    "meals.slot.published.v1": _published,
    "meals.provider.closure_recorded.v1": _closure,
    "meals.provider.reopening_recorded.v1": _reopening,
    "meals.order.assigned.v1": _assigned,
    "meals.order.reassigned.v1": _reassigned,
    "meals.order.unplaced.v1": _unplaced,
    "meals.order.refused.v1": _refused,
    "meals.order.cancelled.v1": _cancelled,
    "meals.order.delivered.v1": _delivered,
    "meals.order.closed.v1": _closed,
    "meals.delivery.attempted.v1": _attempted,
    "meals.order.welfare_check_due.v1": _welfare,
    "meals.kitchen.counted.v1": _counted,
    "meals.standing_order.recorded.v1": _standing,
    "meals.standing_order.run.v1": _standing_run,
    "meals.standing_order.stop_recorded.v1": _standing_stopped,
    "policy.adopted.v1": _policy,
    "task.opened.v1": _task_opened,
    "task.closed.v1": _task_closed,
    **lending.WRITERS,
}
