"""The facts of meals as rows (schemas/meals_facts.py says what each fact means)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import orjson

from schemas import meals_facts as facts
from schemas.facts import Fact
from streams.projections.fold import Fold, Why, json_text
from streams.projections.meals_neighbours import FOLDS as NEIGHBOUR_FOLDS
from streams.projections.meals_order_rows import history, journal_place, move, new_order, order_key, slot_key
from streams.projections.meals_tables import (
    CLOSURES,
    KITCHEN_COUNTS,
    ORDERS,
    PROVIDERS,
    SLOTS,
    STANDING_ORDERS,
    STANDING_RUNS,
)
from streams.projections.rows import Key, Place, Row, Rows, Table


def _provider(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((PROVIDERS, (place.area, fact.provider_id)),)


def _standing(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    return ((STANDING_ORDERS, (fact.standing_order_id, place.area)),)


def _count(place: Place, fact: facts.KitchenCounted) -> Iterable[tuple[Table, Key]]:
    return ((KITCHEN_COUNTS, (date.fromisoformat(fact.date), place.area, fact.meal, fact.provider_id)),)


# Providers and their slots.


def _provider_row(rows: Rows, place: Place, provider_id: str) -> Row:
    """The provider as known, or a bare row of one that is spoken of before it is listed (I09)."""
    row = rows.get(PROVIDERS, (place.area, provider_id))
    if row is None:
        row = {**dict.fromkeys(PROVIDERS.columns), "area": place.area, "provider_id": provider_id, "closures": "[]"}
    return row


def _provider_listed(rows: Rows, place: Place, fact: facts.ProviderListed, why: Why | None) -> None:  # noqa: ARG001 - shape of Apply
    row = _provider_row(rows, place, fact.provider_id)
    row = {
        **row, "name": fact.name, "kind": fact.kind, "lat": fact.lat, "lon": fact.lon, "street": fact.street,
        "services": json_text(fact.services), "diets": json_text(fact.diets), "delivery_radius_m": fact.delivery_radius_m,
        "listed_ms": place.at_ms,
    }  # fmt: skip
    rows.put(PROVIDERS, (place.area, fact.provider_id), row)


def _closed(rows: Rows, place: Place, fact: facts.ProviderClosureRecorded, why: Why | None) -> None:  # noqa: ARG001
    row = _provider_row(rows, place, fact.provider_id)
    standing = [closure for closure in orjson.loads(row["closures"]) if not _ends_by(closure, place.at_ms)]
    standing.append({"from_ms": fact.from_ms, "until_ms": fact.until_ms, "reason": fact.reason})
    rows.put(PROVIDERS, (place.area, fact.provider_id), {**row, "closures": json_text(standing)})
    _closure_history(rows, place, fact.provider_id, kind="closed", from_ms=fact.from_ms, until_ms=fact.until_ms, reason=fact.reason)


def _reopened(rows: Rows, place: Place, fact: facts.ProviderReopeningRecorded, why: Why | None) -> None:  # noqa: ARG001
    row = _provider_row(rows, place, fact.provider_id)
    ended: list[dict[str, Any]] = []
    for closure in orjson.loads(row["closures"]):
        if closure["from_ms"] < fact.from_ms:
            until_ms = closure["until_ms"]
            ended.append({**closure, "until_ms": fact.from_ms if until_ms is None else min(until_ms, fact.from_ms)})
    standing = [closure for closure in ended if not _ends_by(closure, place.at_ms)]
    rows.put(PROVIDERS, (place.area, fact.provider_id), {**row, "closures": json_text(standing)})
    _closure_history(rows, place, fact.provider_id, kind="reopened", from_ms=fact.from_ms, until_ms=None, reason=fact.reason)


def _ends_by(closure: dict[str, Any], at_ms: int) -> bool:
    return closure["until_ms"] is not None and closure["until_ms"] <= at_ms


def _closure_history(
    rows: Rows, place: Place, provider_id: str, *, kind: str, from_ms: int, until_ms: int | None, reason: str | None
) -> None:
    row: Row = {"area": place.area, **journal_place(place), "provider_id": provider_id, "kind": kind, "from_ms": from_ms}
    rows.append(CLOSURES, row | {"until_ms": until_ms, "reason": reason, "at_ms": place.at_ms})


def _slot_published(rows: Rows, place: Place, fact: facts.SlotPublished, why: Why | None) -> None:  # noqa: ARG001
    rows.latest(
        SLOTS,
        slot_key(place, fact.provider_id, fact.date, fact.meal),
        capacity=fact.capacity,
        version=fact.version,
        cutoff_ms=fact.cutoff_ms,
        starts_ms=fact.starts_ms,
        ends_ms=fact.ends_ms,
        published_ms=place.at_ms,
    )


def _slot_overcommitted(rows: Rows, place: Place, fact: facts.SlotOvercommitted, why: Why | None) -> None:  # noqa: ARG001
    rows.add(SLOTS, slot_key(place, fact.provider_id, fact.date, fact.meal), overcommits=1)


# Orders.


def _assigned(rows: Rows, place: Place, fact: facts.OrderAssigned, why: Why | None) -> None:
    new_order(
        rows, place, fact, state="assigned", reason=None, service=fact.service, diets=json_text(fact.diets), lat=fact.lat,
        lon=fact.lon, street=fact.street, provider_id=fact.provider_id, distance_m=fact.distance_m, travel_s=fact.travel_s,
        price_fen=fact.price_fen, subsidy_fen=fact.subsidy_fen, capacity_version=fact.capacity_version, cutoff_ms=fact.cutoff_ms,
        closes_ms=fact.closes_ms, late=fact.late,
    )  # fmt: skip
    rows.add(SLOTS, slot_key(place, fact.provider_id, fact.date, fact.meal), held=fact.portions)
    history(rows, place, fact, why)


def _refused(rows: Rows, place: Place, fact: facts.OrderRefused, why: Why | None) -> None:
    new_order(rows, place, fact, state="refused", reason=fact.reason)
    history(rows, place, fact, why)


def _reassigned(rows: Rows, place: Place, fact: facts.OrderReassigned, why: Why | None) -> None:
    move(
        rows, place, fact.order_id, state="assigned", reason=None, provider_id=fact.provider_id, distance_m=fact.distance_m,
        travel_s=fact.travel_s, lending_area=None,
        capacity_version=fact.capacity_version, cutoff_ms=fact.cutoff_ms, closes_ms=fact.closes_ms,
    )  # fmt: skip
    if fact.from_provider_id is not None:
        rows.add(SLOTS, slot_key(place, fact.from_provider_id, fact.date, fact.meal), held=-fact.portions)
    rows.add(SLOTS, slot_key(place, fact.provider_id, fact.date, fact.meal), held=fact.portions)
    history(rows, place, fact, why)


def _unplaced(rows: Rows, place: Place, fact: facts.OrderUnplaced, why: Why | None) -> None:
    nowhere = {"provider_id": None, "distance_m": None, "travel_s": None}
    move(rows, place, fact.order_id, state="unplaced", reason=fact.cause, closes_ms=fact.closes_ms, **nowhere)
    rows.add(SLOTS, slot_key(place, fact.from_provider_id, fact.date, fact.meal), held=-fact.portions)
    history(rows, place, fact, why)


def _cancelled(rows: Rows, place: Place, fact: facts.OrderCancelledFact, why: Why | None) -> None:
    move(rows, place, fact.order_id, state="cancelled", reason=fact.reason, next_attempt_ms=None, report_by_ms=None)
    if fact.provider_id is not None:
        rows.add(SLOTS, slot_key(place, fact.provider_id, fact.date, fact.meal), held=-fact.portions)
    history(rows, place, fact, why)


def _delivered(rows: Rows, place: Place, fact: facts.OrderDelivered, why: Why | None) -> None:
    move(rows, place, fact.order_id, state="delivered", reason=None, next_attempt_ms=None, report_by_ms=None)
    if fact.lent_by is None:
        _use(rows, place, fact)
    history(rows, place, fact, why)


def _order_closed(rows: Rows, place: Place, fact: facts.OrderClosed, why: Why | None) -> None:
    move(rows, place, fact.order_id, state="closed", reason=fact.result, next_attempt_ms=None, report_by_ms=None)
    if fact.provider_id is not None:
        _use(rows, place, fact)
    history(rows, place, fact, why)


def _use(rows: Rows, place: Place, fact: facts.OrderDelivered | facts.OrderClosed) -> None:
    assert fact.provider_id is not None
    order = rows.get(ORDERS, (fact.order_id, place.area))
    if order is None or not order["attempts"]:  # an attempted meal was used when it left the kitchen
        key = slot_key(place, fact.provider_id, fact.date, fact.meal)
        rows.add(SLOTS, key, held=-fact.portions, used=fact.portions)


def _attempted(rows: Rows, place: Place, fact: facts.DeliveryAttempted, why: Why | None) -> None:
    order = rows.get(ORDERS, (fact.order_id, place.area))
    if order is not None and not order["attempts"] and fact.lent_by is None:
        rows.add(SLOTS, (order["day"], place.area, order["meal"], fact.provider_id), held=-order["portions"], used=order["portions"])
    values = {"attempts": fact.attempt, "last_attempt": fact.result, "next_attempt_ms": fact.next_attempt_ms}
    rows.change(ORDERS, (fact.order_id, place.area), changed_ms=place.at_ms, report_by_ms=fact.report_by_ms, **values)
    history(rows, place, fact, why)


def _welfare_check(rows: Rows, place: Place, fact: facts.WelfareCheckDue, why: Why | None) -> None:
    rows.change(ORDERS, (fact.order_id, place.area), welfare_check_ms=place.at_ms, changed_ms=place.at_ms)
    history(rows, place, fact, why)


# Kitchens and standing orders.


def _counted(rows: Rows, place: Place, fact: facts.KitchenCounted, why: Why | None) -> None:  # noqa: ARG001
    key = (date.fromisoformat(fact.date), place.area, fact.meal, fact.provider_id)
    before = rows.get(KITCHEN_COUNTS, key)
    recounts = (0 if before is None else before["recounts"]) + int(fact.recount)
    row = {
        "area": place.area, "provider_id": fact.provider_id, "day": key[0], "meal": fact.meal, "portions": fact.portions,
        "by_service": json_text(fact.by_service), "by_diet": json_text(fact.by_diet), "recounts": recounts,
        "counted_ms": place.at_ms,
    }  # fmt: skip
    rows.put(KITCHEN_COUNTS, key, row)


def _standing_recorded(rows: Rows, place: Place, fact: facts.StandingOrderRecorded, why: Why | None) -> None:  # noqa: ARG001
    row: Row = {
        "area": place.area, "standing_order_id": fact.standing_order_id, "person_id": fact.person_id, "lat": fact.lat,
        "lon": fact.lon, "meal": fact.meal, "portions": fact.portions, "service": fact.service, "diets": json_text(fact.diets),
        "street": fact.street, "age": fact.age, "categories": json_text(fact.categories),
        "preferred_provider_id": fact.preferred_provider_id, "weekdays": json_text(fact.weekdays),
        "from_day": date.fromisoformat(fact.from_date), "until_day": _day(fact.until_date), "paused_from": None,
        "paused_until": None, "stopped_from": None, "next_day": date.fromisoformat(fact.next_date),
        "next_run_ms": fact.next_run_ms, "recorded_ms": place.at_ms, "changed_ms": place.at_ms, "event_id": place.event_id,
    }  # fmt: skip
    rows.put(STANDING_ORDERS, (fact.standing_order_id, place.area), row)


def _standing_paused(rows: Rows, place: Place, fact: facts.StandingOrderPausedFact, why: Why | None) -> None:  # noqa: ARG001
    values = {"paused_from": date.fromisoformat(fact.from_date), "paused_until": _day(fact.until_date)}
    rows.change(STANDING_ORDERS, (fact.standing_order_id, place.area), changed_ms=place.at_ms, **values)


def _standing_stopped(rows: Rows, place: Place, fact: facts.StandingOrderStoppedFact, why: Why | None) -> None:  # noqa: ARG001
    day = date.fromisoformat(fact.from_date)
    rows.change(STANDING_ORDERS, (fact.standing_order_id, place.area), changed_ms=place.at_ms, stopped_from=day)


def _standing_run(rows: Rows, place: Place, fact: facts.StandingOrderRun, why: Why | None) -> None:  # noqa: ARG001
    values = {"next_day": _day(fact.next_date), "next_run_ms": fact.next_run_ms}
    rows.change(STANDING_ORDERS, (fact.standing_order_id, place.area), changed_ms=place.at_ms, **values)
    row: Row = {
        "area": place.area,
        "standing_order_id": fact.standing_order_id,
        **journal_place(place),
        "day": date.fromisoformat(fact.date),
    }
    rows.append(STANDING_RUNS, row | {"order_id": fact.order_id, "skipped": fact.skipped, "at_ms": place.at_ms})


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


FOLDS: dict[type[Fact], Fold] = {
    facts.ProviderListed: Fold(_provider_listed, _provider),
    facts.ProviderClosureRecorded: Fold(_closed, _provider),
    facts.ProviderReopeningRecorded: Fold(_reopened, _provider),
    facts.SlotPublished: Fold(_slot_published),
    facts.SlotOvercommitted: Fold(_slot_overcommitted),
    facts.OrderAssigned: Fold(_assigned, order_key),
    facts.OrderReassigned: Fold(_reassigned, order_key),
    facts.OrderRefused: Fold(_refused, order_key),
    facts.OrderUnplaced: Fold(_unplaced, order_key),
    facts.OrderCancelledFact: Fold(_cancelled, order_key),
    facts.OrderDelivered: Fold(_delivered, order_key),
    facts.OrderClosed: Fold(_order_closed, order_key),
    facts.DeliveryAttempted: Fold(_attempted, order_key),
    facts.WelfareCheckDue: Fold(_welfare_check, order_key),
    facts.KitchenCounted: Fold(_counted, _count),
    facts.StandingOrderRecorded: Fold(_standing_recorded, _standing),
    facts.StandingOrderPausedFact: Fold(_standing_paused, _standing),
    facts.StandingOrderStoppedFact: Fold(_standing_stopped, _standing),
    facts.StandingOrderRun: Fold(_standing_run, _standing),
    **NEIGHBOUR_FOLDS,
}

NOT_PROJECTED: dict[type[Fact], str] = {}
