"""Orders that another area's kitchen cooks, and the guests of this area's kitchens, as rows (schemas/meals_neighbour_facts.py)."""

from collections.abc import Iterable
from datetime import date

from schemas import meals_neighbour_facts as facts
from schemas.facts import Fact
from streams.projections.fold import Fold, Why, json_text
from streams.projections.meals_order_rows import history, move, new_order, order_key, slot_key
from streams.projections.meals_tables import GUESTS, ORDERS, SLOTS
from streams.projections.rows import Key, Place, Row, Rows, Table

NOWHERE_HERE = {"provider_id": None, "distance_m": None, "travel_s": None}


def _guest(place: Place, fact: facts.GuestAssigned) -> Iterable[tuple[Table, Key]]:
    return ((GUESTS, (fact.guest_id, place.area)),)


# At home.


def _asked(rows: Rows, place: Place, fact: facts.OrderAskedElsewhere, why: Why | None) -> None:
    values = {"state": "asked", "reason": fact.cause, "lending_area": fact.lending_area, "closes_ms": fact.closes_ms}
    if rows.get(ORDERS, (fact.order_id, place.area)) is None:
        new_order(
            rows, place, fact, service=fact.service, diets=json_text(fact.diets), lat=fact.lat, lon=fact.lon, street=fact.street,
            price_fen=fact.price_fen, subsidy_fen=fact.subsidy_fen, **values,
        )  # fmt: skip
    else:
        move(rows, place, fact.order_id, **values, **NOWHERE_HERE)
    if fact.from_provider_id is not None:
        rows.add(SLOTS, slot_key(place, fact.from_provider_id, fact.date, fact.meal), held=-fact.portions)
    history(rows, place, fact, why)


def _placed(rows: Rows, place: Place, fact: facts.OrderPlacedElsewhere, why: Why | None) -> None:
    move(
        rows, place, fact.order_id, state="elsewhere", reason=None, lending_area=fact.lending_area, provider_id=fact.provider_id,
        distance_m=fact.distance_m, travel_s=fact.travel_s, cutoff_ms=fact.cutoff_ms, closes_ms=fact.closes_ms,
    )  # fmt: skip
    history(rows, place, fact, why)


def _nowhere(rows: Rows, place: Place, fact: facts.OrderNowhere, why: Why | None) -> None:
    values = {"reason": fact.reason, "lending_area": None, "closes_ms": fact.closes_ms}
    move(rows, place, fact.order_id, state="unplaced", **values, **NOWHERE_HERE)
    history(rows, place, fact, why)


def _withdrawn(rows: Rows, place: Place, fact: facts.RequestWithdrawn, why: Why | None) -> None:
    history(rows, place, fact, why)


# Guests.


def _guest_assigned(rows: Rows, place: Place, fact: facts.GuestAssigned, why: Why | None) -> None:  # noqa: ARG001 - shape of Apply
    row: Row = {
        "area": place.area, "guest_id": fact.guest_id, "state": "assigned", "reason": None, "home_area": fact.home_area,
        "home_order_id": fact.home_order_id, "provider_id": fact.provider_id, "day": date.fromisoformat(fact.date), "meal": fact.meal,
        "portions": fact.portions, "service": fact.service, "diets": json_text(fact.diets), "distance_m": fact.distance_m,
        "travel_s": fact.travel_s, "closes_ms": fact.closes_ms, "asked_ms": place.at_ms, "changed_ms": place.at_ms,
        "event_id": place.event_id,
    }  # fmt: skip
    rows.put(GUESTS, (fact.guest_id, place.area), row)
    rows.add(SLOTS, slot_key(place, fact.provider_id, fact.date, fact.meal), held=fact.portions)


def _guest_moved(rows: Rows, place: Place, fact: facts.GuestMoved, why: Why | None) -> None:  # noqa: ARG001
    rows.change(
        GUESTS, (fact.guest_id, place.area), provider_id=fact.provider_id, distance_m=fact.distance_m, travel_s=fact.travel_s,
        closes_ms=fact.closes_ms, reason=fact.cause, changed_ms=place.at_ms,
    )  # fmt: skip
    rows.add(SLOTS, slot_key(place, fact.from_provider_id, fact.date, fact.meal), held=-fact.portions)
    rows.add(SLOTS, slot_key(place, fact.provider_id, fact.date, fact.meal), held=fact.portions)


def _guest_released(rows: Rows, place: Place, fact: facts.GuestReleased, why: Why | None) -> None:  # noqa: ARG001
    rows.change(GUESTS, (fact.guest_id, place.area), state="released", reason=fact.cause, changed_ms=place.at_ms)
    rows.add(SLOTS, slot_key(place, fact.provider_id, fact.date, fact.meal), held=-fact.portions)


def _guest_closed(rows: Rows, place: Place, fact: facts.GuestClosed, why: Why | None) -> None:  # noqa: ARG001
    rows.change(GUESTS, (fact.guest_id, place.area), state="closed", reason=None, changed_ms=place.at_ms)
    rows.add(SLOTS, slot_key(place, fact.provider_id, fact.date, fact.meal), held=-fact.portions, used=fact.portions)


def _guest_refused(rows: Rows, place: Place, fact: facts.GuestRefused, why: Why | None) -> None:  # noqa: ARG001
    row: Row = {
        **dict.fromkeys(GUESTS.columns), "area": place.area, "guest_id": fact.guest_id, "state": "refused", "reason": fact.reason,
        "home_area": fact.home_area, "home_order_id": fact.home_order_id, "asked_ms": place.at_ms, "changed_ms": place.at_ms,
        "event_id": place.event_id,
    }  # fmt: skip
    rows.put(GUESTS, (fact.guest_id, place.area), row)


FOLDS: dict[type[Fact], Fold] = {
    facts.OrderAskedElsewhere: Fold(_asked, order_key),
    facts.OrderPlacedElsewhere: Fold(_placed, order_key),
    facts.OrderNowhere: Fold(_nowhere, order_key),
    facts.RequestWithdrawn: Fold(_withdrawn),
    facts.GuestAssigned: Fold(_guest_assigned, _guest),
    facts.GuestMoved: Fold(_guest_moved, _guest),
    facts.GuestReleased: Fold(_guest_released, _guest),
    facts.GuestClosed: Fold(_guest_closed, _guest),
    facts.GuestRefused: Fold(_guest_refused, _guest),
}
