"""Orders as rows: what every fact of an order does to its row, to the tallies it counts in and to its history."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from schemas import meals_facts as facts
from schemas.meals_neighbour_facts import OrderAskedElsewhere
from streams.projections.fold import Why, json_text
from streams.projections.meals_tables import HISTORY, ORDERS, ORDERS_TALLIES
from streams.projections.rows import Key, Place, Row, Rows, Table

NEAR_S_MAX = 900
"""The 15-minute circle of the seeds (S19), by the travel time the fact gives."""


def order_key(place: Place, fact: Any) -> Iterable[tuple[Table, Key]]:
    """The row of the order a fact names."""
    return ((ORDERS, (fact.order_id, place.area)),)


def slot_key(place: Place, provider_id: str, day: str, meal: str) -> Key:
    """The row of a slot."""
    return (date.fromisoformat(day), place.area, meal, provider_id)


def _tally(rows: Rows, row: Row, sign: int) -> None:
    near = row["provider_id"] is not None and row["travel_s"] is not None and row["travel_s"] <= NEAR_S_MAX
    key = (row["day"], row["area"], row["meal"], row["state"], row["reason"] or "")
    rows.add(ORDERS_TALLIES, key, orders=sign, portions=sign * row["portions"], near_orders=sign if near else 0)


def new_order(rows: Rows, place: Place, fact: facts.OrderAssigned | facts.OrderRefused | OrderAskedElsewhere, **values: Any) -> None:
    """The first fact of an order, or one that speaks of it anew: the row is what the fact says."""
    key = (fact.order_id, place.area)
    old = rows.get(ORDERS, key)
    if old is not None:
        _tally(rows, old, -1)
    row: Row = {
        **dict.fromkeys(ORDERS.columns), "area": place.area, "order_id": fact.order_id, "person_id": fact.person_id,
        "day": date.fromisoformat(fact.date), "meal": fact.meal, "portions": fact.portions,
        "standing_order_id": fact.standing_order_id, "attempts": 0, "late": False, "placed_ms": place.at_ms,
        "changed_ms": place.at_ms, "event_id": place.event_id, **values,
    }  # fmt: skip
    rows.put(ORDERS, key, row)
    _tally(rows, row, 1)


def move(rows: Rows, place: Place, order_id: str, **values: Any) -> None:
    """Change an order and the tallies it counts in."""
    key = (order_id, place.area)
    old = rows.get(ORDERS, key)
    if old is None:
        raise KeyError("a fact of an order that was never assigned or refused")
    _tally(rows, old, -1)
    _tally(rows, rows.change(ORDERS, key, changed_ms=place.at_ms, **values), 1)


def history(rows: Rows, place: Place, fact: Any, why: Why | None) -> None:
    """One more line of what was decided about an order."""
    row: Row = {"area": place.area, "order_id": fact.order_id, **journal_place(place), "at_ms": place.at_ms, "fact_type": fact.type}
    rows.append(HISTORY, row | {"data": json_text(fact.__dict__), "why": json_text(why), "event_id": place.event_id})


def journal_place(place: Place) -> Row:
    """Where in the journal, as columns."""
    return {
        "partition": place.partition, "journal_offset": place.offset, "record_index": place.record_index, "fact_index": place.fact_index,
    }  # fmt: skip
