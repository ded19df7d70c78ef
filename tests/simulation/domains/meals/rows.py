"""L02 and C02 for meals: the projected rows against the naive picture."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.simulation.checkers.logs import Violation
from tests.simulation.domains.meals.model import OPEN, Area


def rows_of(areas: dict[str, Area], tables: Mapping[str, list[dict[str, Any]]]) -> Iterator[Violation]:
    """Orders and slots, each way round."""
    rows = {(row["area"], row["order_id"]): row for row in tables["meals_orders"]}
    for area in areas.values():
        for order_id, order in area.orders.items():
            if order_id in area.guests:
                yield from _guest(area, order_id, tables)
                continue
            row = rows.pop((area.name, order_id), None)
            # The rows show an attempted meal and a person looked after as assigned or elsewhere, with their attempts beside it.
            shown_as = "elsewhere" if order.away is not None else "assigned"
            state = shown_as if order.state in ("attempted", "welfare_check") else order.state
            shown = None if row is None else (row["state"], row["provider_id"])
            if shown is None or shown[0] != state:
                yield Violation("L02", f"order {order_id} is {order.state}, the rows say {shown}")
            elif order.state in OPEN and shown[1] != (order.provider or order.away):
                yield Violation("L02", f"order {order_id} is at {order.provider or order.away}, the rows say {shown[1]}")
        yield from _slots(area, tables)
    for key in rows:
        yield Violation("L02", f"the rows have an order {key} that the journal does not")


def _guest(area: Area, guest_id: str, tables: Mapping[str, list[dict[str, Any]]]) -> Iterator[Violation]:
    guest = area.orders[guest_id]
    states = [row["state"] for row in tables["meals_guests"] if (row["area"], row["guest_id"]) == (area.name, guest_id)]
    if states != ["released" if guest.state == "cancelled" else guest.state]:
        yield Violation("L02", f"guest {guest_id} is {guest.state}, the rows say {states}")


def _slots(area: Area, tables: Mapping[str, list[dict[str, Any]]]) -> Iterator[Violation]:
    name, slots = area.name, area.slots
    rows = {(r["provider_id"], str(r["day"]), r["meal"]): r for r in tables["meals_slots"] if r["area"] == name}
    for key, slot in slots.items():
        row = rows.get(key)
        shown = (0, 0, None) if row is None else (row["held"], row["used"], row["capacity"])
        if shown[:2] != (slot.held, slot.used) or (slot.fact is not None and shown[2] != slot.total):
            yield Violation("C02", f"{key}: held {slot.held}, used {slot.used} of {slot.total}; the rows say {shown}")
