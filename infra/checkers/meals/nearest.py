"""NEAREST and C07: a naive oracle looks at every place for every order, and compares.

It says which place was the exact nearest that suited and had room just then; that nobody nearer was passed over; that each
candidate named as ruled out was ruled out by that rule; that a refusal was true; and that no stale capacity was used.
"""

from typing import Any

from infra.checkers.fold import Eye
from infra.checkers.logs import Decided, Logs
from infra.checkers.meals.model import Area
from infra.checkers.meals.rules import Judge, Wish

TOLERANCE_M = 1.0
PLACING_REASONS = ("no_capacity", "stale_capacity", "no_suitable_provider", "no_provider_in_reach")
STALE = "stale_capacity"
GIVEN_UP = ("meals.order.unplaced.v1", "meals.order.asked_elsewhere.v1", "meals.order.nowhere.v1")
"""Facts by which nobody in this area could take an order."""


class NearestOracle(Eye[Area]):
    """Compares every ``every``-th placement (1: all of them) with an O(n) search."""

    def __init__(self, logs: Logs, every: int = 1) -> None:
        super().__init__("NEAREST")
        self._logs = logs
        self._every = every
        self._turn = 0
        self.looked_at = 0

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Judge placements and refusals on the state they were decided on."""
        kind, data = fact["type"], fact["data"]
        moved = kind == "meals.order.reassigned.v1" and data["cause"] != "override"
        refused = kind == "meals.order.refused.v1" and data["reason"] in PLACING_REASONS
        held = kind in ("meals.order.assigned.v1", "meals.guest.assigned.v1", "meals.guest.moved.v1")
        if not (held or kind in GIVEN_UP or moved or refused):
            return
        data = data if "order_id" in data else data | {"order_id": data["guest_id"]}
        self._turn += 1
        if self._turn % self._every:
            return
        wish = self._wish(area, decided, fact)
        if wish is None:
            self.note(f"order {data['order_id']} was placed or refused and nobody wished for it", decided)
            return
        self.looked_at += 1
        judge = Judge(area, wish, decided.time_ms)
        if held or moved:
            self._placed(judge, decided, data)
        else:
            self._nowhere(judge, decided, data)
        why = fact.get("why") or decided.body.get("why") or {}
        self._rejections(judge, decided, data, why)

    def _wish(self, area: Area, decided: Decided, fact: dict[str, Any]) -> Wish | None:
        """From the outside as far as possible: the event as it was sent, the standing order, or the order's first fact."""
        data = fact["data"]
        order = area.orders.get(data.get("order_id") or data["guest_id"])
        if order is not None and fact["type"] in (*GIVEN_UP, "meals.order.reassigned.v1", "meals.guest.moved.v1"):
            first = order.first
            return Wish(
                first["lat"], first["lon"], first["date"], first["meal"], first["portions"], first["service"], tuple(first["diets"]), None
            )
        standing = area.standing.get(data.get("standing_order_id") or "")
        if standing is not None:
            return Wish(
                standing["lat"], standing["lon"], data["date"], standing["meal"], standing["portions"], standing["service"],
                tuple(standing["diets"]), standing["preferred_provider_id"],
            )  # fmt: skip
        for event in self._logs.parsed.get((decided.partition, decided.source_offset)) or ():
            if isinstance(event, dict) and event.get("id") == decided.event_id and "position" in event["data"]:
                sent = event["data"]
                return Wish(
                    sent["position"]["lat"], sent["position"]["lon"], sent["date"], sent["meal"], sent["portions"], sent["service"],
                    tuple(sent.get("diets", ())), sent.get("preferred_provider_id"),
                )  # fmt: skip
        return None

    def _placed(self, judge: Judge, decided: Decided, data: dict[str, Any]) -> None:
        chosen = data["provider_id"]
        provider = judge.area.providers.get(chosen)
        if provider is None or provider.listed is None:
            self.note(f"order {data['order_id']} went to {chosen}, which is not listed", decided)
            return
        distance_m = judge.distance_m(provider)
        against = judge.rules(chosen, distance_m)
        preferred = chosen == judge.wish.preferred
        if preferred and not judge.delivery:
            against.discard("too_far")
        if STALE in against:
            self.note(f"order {data['order_id']} was placed on capacity older than policy allows (C07)", decided)
        if against - {STALE}:
            self.note(f"order {data['order_id']} went to {chosen} against {', '.join(sorted(against - {STALE}))}", decided)
        if abs(distance_m - data["distance_m"]) > TOLERANCE_M:
            self.note(f"order {data['order_id']}: {chosen} is {distance_m:.0f} m away, the fact says {data['distance_m']} m", decided)
        if preferred:
            return
        nearer = self._best(judge, distance_m - TOLERANCE_M)
        if nearer is not None:
            self.note(
                f"order {data['order_id']} went to {chosen} at {distance_m:.0f} m; {nearer[1]} at {nearer[0]:.0f} m suited and had room",
                decided,
            )
        wanted = judge.wish.preferred
        if wanted is not None and wanted in judge.area.providers and judge.area.providers[wanted].listed is not None:
            wanted_m = judge.distance_m(judge.area.providers[wanted])
            if not judge.rules(wanted, wanted_m) - ({"too_far"} if not judge.delivery else set()):
                self.note(f"order {data['order_id']} preferred {wanted}, which suited and had room", decided)

    def _nowhere(self, judge: Judge, decided: Decided, data: dict[str, Any]) -> None:
        best = self._best(judge, float("inf"))
        if best is not None:
            self.note(f"order {data['order_id']} found no place; {best[1]} at {best[0]:.0f} m suited and had room", decided)

    def _best(self, judge: Judge, within_m: float) -> tuple[float, str] | None:
        best: tuple[float, str] | None = None
        for provider_id, provider in judge.area.providers.items():
            if provider.listed is None:
                continue
            distance_m = judge.distance_m(provider)
            if distance_m < within_m and (best is None or (distance_m, provider_id) < best) and not judge.rules(provider_id, distance_m):
                best = (distance_m, provider_id)
        return best

    def _rejections(self, judge: Judge, decided: Decided, data: dict[str, Any], why: dict[str, Any]) -> None:
        for entry in why.get("rejected", ()):
            provider = judge.area.providers.get(entry["provider_id"])
            listed = provider is not None and provider.listed is not None
            distance_m = judge.distance_m(provider) if provider is not None and listed else 0.0
            if entry["rule"] not in judge.rules(entry["provider_id"], distance_m):
                self.note(f"order {data['order_id']}: {entry['provider_id']} was ruled out by {entry['rule']}, which is not true", decided)
            elif listed and abs(distance_m - entry["distance_m"]) > TOLERANCE_M:
                self.note(
                    f"order {data['order_id']}: {entry['provider_id']} is {distance_m:.0f} m away, not {entry['distance_m']}", decided
                )


class FreshCapacity(Eye[Area]):
    """C07: no hold rests on capacity older than the policy's age limit; an operator's override may."""

    def __init__(self) -> None:
        super().__init__("C07")

    def before(self, area: Area, decided: Decided, fact: dict[str, Any]) -> None:
        """Age of the publication in force."""
        data = fact["data"]
        automatic = fact["type"] in ("meals.order.assigned.v1", "meals.guest.assigned.v1", "meals.guest.moved.v1") or (
            fact["type"] == "meals.order.reassigned.v1" and data["cause"] != "override"
        )
        if not automatic:
            return
        wish = Wish(0.0, 0.0, data["date"], data["meal"], data["portions"], "pickup", (), None)
        judge = Judge(area, wish, decided.time_ms)
        slot = area.slots.get((data["provider_id"], data["date"], data["meal"]))
        age_s = (decided.time_ms - slot.published_ms) // 1000 if slot is not None else None
        if age_s is not None and age_s > judge.policy["capacity_age_s_max"]:
            self.note(f"order {data.get('order_id') or data['guest_id']} rests on capacity {age_s} s old", decided)
