"""What the tables must hold, folded naively from the journal's bytes: plain dicts, no code of the projections or the schemas."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

Facts = list[tuple[str, int, dict[str, Any], dict[str, Any]]]


def valid_records(values: list[bytes]) -> list[tuple[int, dict[str, Any]]]:
    """Offset and body of the records that count (design, section 4): of the latest owner, with the next number."""
    out, epoch, seq = [], -1, 0
    for offset, value in enumerate(values):
        body = orjson.loads(value)
        if "opened" in body:
            epoch = offset
        elif body["epoch"] != epoch or ("seq" in body and body["seq"] != seq + 1):
            continue
        seq = body.get("seq", seq)
        out.append((offset, body))
    return out


def millis(text: str) -> int:
    """RFC 3339 to milliseconds since the epoch."""
    return round((datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


class Oracle:
    """Everything a journal of meals says, as far as the tests compare it."""

    def __init__(self, partitions: list[list[bytes]]) -> None:
        self.first: dict[tuple[str, str], tuple[int, int, int]] = {}
        self.echoes: Counter[tuple[str, str, str]] = Counter()
        self.decision_tallies: Counter[tuple[date, str, str, str, str, str]] = Counter()
        self.clocks: dict[str, tuple[int, int]] = {}
        self.owners: set[tuple[int, int, str]] = set()
        self.failures: set[tuple[int, int, str]] = set()
        self.aside: list[tuple[int, int, str]] = []
        self.tasks: dict[tuple[str, str], dict[str, Any]] = {}
        self.policies: dict[tuple[str, str], dict[str, Any]] = {}
        self.orders: dict[tuple[str, str], dict[str, Any]] = {}
        self.guests: dict[tuple[str, str], dict[str, Any]] = {}
        self.history: Counter[tuple[str, str, str]] = Counter()
        self.slots: dict[tuple[str, str, str, str], dict[str, Any]] = {}
        self.providers: dict[tuple[str, str], dict[str, Any]] = {}
        self.closures: Counter[tuple[str, str, str]] = Counter()
        self.kitchen: dict[tuple[str, str, str, str], tuple[int, int]] = {}
        self.standing: dict[tuple[str, str], dict[str, Any]] = {}
        self.runs: Counter[tuple[str, str, str]] = Counter()
        for partition, values in enumerate(partitions):
            for offset, body in valid_records(values):
                self._record(partition, offset, body)

    def _record(self, partition: int, offset: int, body: dict[str, Any]) -> None:
        if "opened" in body:
            self.owners.add((partition, offset, body["opened"]["owner"]))
        elif "failed" in body:
            self.failures.add((partition, offset, body["failed"]["error"]))
        else:
            for index, decision in enumerate(body["decisions"]):
                self._decision((partition, offset, index), decision)
            self.aside += [(partition, offset, aside["event_id"]) for aside in body.get("set_aside", [])]

    def _decision(self, place: tuple[int, int, int], d: dict[str, Any]) -> None:
        area, at = d["area"], millis(d["time"])
        self.clocks[area] = (max(at, self.clocks.get(area, (0, 0))[0]), self.clocks.get(area, (0, 0))[1] + 1)
        kind = "repeat" if d.get("repeat") else "conflict" if d["reason"] == "conflict" else "again"
        if kind == "again" and (d["event_id"], area) not in self.first:
            self.first[d["event_id"], area] = place
        else:
            self.echoes[d["event_id"], area, kind] += 1
        counted = "repeats" if kind == "repeat" else "decisions"
        day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at, hours=8)).date()
        self.decision_tallies[day, area, d["event_type"], d["outcome"], d["reason"] or "", counted] += 1
        for fact in d["facts"]:
            self._fact(area, at, fact["type"], fact["data"])

    def _fact(self, area: str, at: int, kind: str, f: dict[str, Any]) -> None:
        if "guest_id" in f:
            self._guest(area, kind, f)
        elif "order_id" in f and "standing_order.run" not in kind:
            self.history[area, f["order_id"], kind] += 1
            self._order(area, at, kind, f)
        elif "standing_order_id" in f:
            self._standing_order(area, kind, f)
        elif "provider_id" in f:
            self._provider(area, at, kind, f)
        elif kind == "task.opened.v1":
            self.tasks[area, f["task_id"]] = {"kind": f["kind"], "closed": None, "result": None}
        elif kind == "task.closed.v1":
            self.tasks[area, f["task_id"]] |= {"closed": at, "result": f["result"]}
        elif kind == "policy.adopted.v1":
            self.policies[area, f["version"]] = {"from": f["in_force_from"], "parameters": f["parameters"], "at": at}
        else:
            assert kind == "case.stuck.v1", kind

    def _slot(self, area: str, f: dict[str, Any], provider_id: str) -> dict[str, Any]:
        fresh = {"capacity": None, "version": None, "cutoff": None, "held": 0, "used": 0, "overcommits": 0}
        return self.slots.setdefault((area, provider_id, f["date"], f["meal"]), fresh)

    def _serve(self, area: str, order: dict[str, Any], f: dict[str, Any]) -> None:
        slot = self._slot(area, order, f["provider_id"])
        slot["held"] -= order["portions"]
        slot["used"] += order["portions"]

    def _order(self, area: str, at: int, kind: str, f: dict[str, Any]) -> None:  # noqa: C901, PLR0912 - one branch a fact, in one place
        key = (area, f["order_id"])
        match kind.split(".", 1)[1]:
            case "order.assigned.v1":
                self.orders[key] = {**f, "state": "assigned", "why": None, "attempts": 0, "welfare": None}
                self._slot(area, f, f["provider_id"])["held"] += f["portions"]
            case "order.refused.v1":
                self.orders[key] = {**f, "state": "refused", "why": f["reason"], "attempts": 0, "welfare": None}
                self.orders[key] |= {"provider_id": None, "travel_s": None}
            case "order.reassigned.v1":
                self.orders[key] |= {"state": "assigned", "why": None, "provider_id": f["provider_id"], "travel_s": f["travel_s"]}
                self._slot(area, f, f["provider_id"])["held"] += f["portions"]
                if f["from_provider_id"]:
                    self._slot(area, f, f["from_provider_id"])["held"] -= f["portions"]
            case "order.unplaced.v1":
                self.orders[key] |= {"state": "unplaced", "why": f["cause"], "provider_id": None, "travel_s": None}
                self._slot(area, f, f["from_provider_id"])["held"] -= f["portions"]
            case "order.cancelled.v1":
                self.orders[key] |= {"state": "cancelled", "why": f["reason"]}
                if f["provider_id"]:
                    self._slot(area, f, f["provider_id"])["held"] -= f["portions"]
            case "order.delivered.v1" | "order.closed.v1":
                self.orders[key] |= {"state": kind.split(".")[2], "why": f.get("result")}
                if f["provider_id"] and not self.orders[key]["attempts"] and not f.get("lent_by"):
                    self._serve(area, f, f)
            case "order.asked_elsewhere.v1":
                self.orders[key] = {**f, "state": "asked", "why": f["cause"], "attempts": 0, "welfare": None}
                self.orders[key] |= {"provider_id": None, "travel_s": None, "lending": f["lending_area"]}
            case "order.placed_elsewhere.v1":
                self.orders[key] |= {"state": "elsewhere", "why": None, "provider_id": f["provider_id"], "travel_s": f["travel_s"]}
            case "order.nowhere.v1":
                self.orders[key] |= {"state": "unplaced", "why": f["reason"], "provider_id": None, "travel_s": None, "lending": None}
            case "request.withdrawn.v1":
                pass
            case "delivery.attempted.v1":
                order = self.orders[key]
                if not order["attempts"]:  # the meal left its kitchen with the first attempt
                    self._serve(area, order, f)
                order["attempts"] = f["attempt"]
            case "order.welfare_check_due.v1":
                self.orders[key]["welfare"] = at
            case other:
                raise AssertionError(other)

    def _guest(self, area: str, kind: str, f: dict[str, Any]) -> None:
        key = (area, f["guest_id"])
        match kind.split(".", 1)[1]:
            case "guest.refused.v1":
                self.guests[key] = {"state": "refused", "why": f["reason"], "provider_id": None, "portions": None}
            case "guest.assigned.v1":
                self.guests[key] = {**f, "state": "assigned", "why": None}
                self._slot(area, f, f["provider_id"])["held"] += f["portions"]
            case "guest.moved.v1":
                self.guests[key] |= {"why": f["cause"], "provider_id": f["provider_id"]}
                self._slot(area, f, f["from_provider_id"])["held"] -= f["portions"]
                self._slot(area, f, f["provider_id"])["held"] += f["portions"]
            case "guest.released.v1":
                self.guests[key] |= {"state": "released", "why": f["cause"]}
                self._slot(area, f, f["provider_id"])["held"] -= f["portions"]
            case "guest.closed.v1":
                self.guests[key] |= {"state": "closed", "why": None}
                self._serve(area, f, f)
            case other:
                raise AssertionError(other)

    def _provider(self, area: str, at: int, kind: str, f: dict[str, Any]) -> None:
        key = (area, f["provider_id"])
        match kind.split(".", 1)[1]:
            case "provider.listed.v1":
                self.providers.setdefault(key, {"closures": []}).update(lat=f["lat"], listed=at)
            case "provider.closure_recorded.v1":
                self.closures[(*key, "closed")] += 1
                known = self.providers.setdefault(key, {"lat": None, "listed": None, "closures": []})
                known["closures"] = [c for c in known["closures"] if c[1] is None or c[1] > at] + [(f["from_ms"], f["until_ms"])]
            case "provider.reopening_recorded.v1":
                self.closures[(*key, "reopened")] += 1
                known = self.providers.setdefault(key, {"lat": None, "listed": None, "closures": []})
                shortened = [(a, min(b or 2**62, f["from_ms"])) for a, b in known["closures"] if a < f["from_ms"]]
                known["closures"] = [c for c in shortened if c[1] > at]
            case "slot.published.v1":
                self._slot(area, f, f["provider_id"]).update(capacity=f["capacity"], version=f["version"], cutoff=f["cutoff_ms"])
            case "slot.overcommitted.v1":
                self._slot(area, f, f["provider_id"])["overcommits"] += 1
            case "kitchen.counted.v1":
                before = self.kitchen.get((area, f["provider_id"], f["date"], f["meal"]), (0, 0))
                self.kitchen[area, f["provider_id"], f["date"], f["meal"]] = (f["portions"], before[1] + f["recount"])
            case other:
                raise AssertionError(other)

    def _standing_order(self, area: str, kind: str, f: dict[str, Any]) -> None:
        key = (area, f["standing_order_id"])
        match kind.split(".", 1)[1]:
            case "standing_order.recorded.v1":
                self.standing[key] = {"next": f["next_date"], "paused": None, "stopped": None}
            case "standing_order.pause_recorded.v1":
                self.standing[key]["paused"] = f["from_date"]
            case "standing_order.stop_recorded.v1":
                self.standing[key]["stopped"] = f["from_date"]
            case "standing_order.run.v1":
                self.standing[key]["next"] = f["next_date"]
                self.runs[area, f["standing_order_id"], f["date"]] += 1
            case other:
                raise AssertionError(other)

    def order_tallies(self) -> dict[tuple[str, str, str, str, str], tuple[int, int, int]]:
        """Orders by where they stand, counted from the orders themselves."""
        out: dict[tuple[str, str, str, str, str], tuple[int, int, int]] = {}
        for (area, _), o in self.orders.items():
            key = (area, o["date"], o["meal"], o["state"], o["why"] or "")
            orders, portions, near = out.get(key, (0, 0, 0))
            is_near = o["provider_id"] is not None and o["travel_s"] <= 900
            out[key] = (orders + 1, portions + o["portions"], near + is_near)
        return out
