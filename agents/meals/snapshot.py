"""The state as rows and back. Derived indexes are not written; they are rebuilt on load.

Rows, each beginning with its kind: ``swept``, ``policy``, ``calendar``, then each ``provider`` followed by its slots (``slot``), each
followed by the open orders it holds in their order (``order``, or ``guest`` of another area), then orders that hold no seats here
(``loose``), what neighbours were asked (``ask``), ``ended``, ``standing``,
``deadline``, ``task``, ``stuck``, ``stuck_task``, ``subsidy``.
"""

from collections.abc import Iterable, Iterator

from agents.core import Row
from agents.meals.index import put_in, slot_of
from agents.meals.state import Ask, Closure, Ended, Guest, MealsState, Order, Provider, Slot, Standing, words
from agents.meals.states import OrderState
from agents.shared.calendar import CalendarYear
from schemas.meals import StandingOrderRecorded


def dump(state: MealsState) -> Iterator[Row]:
    """Every row, in an order that follows from the log alone."""
    yield ["swept", state.swept_ms]
    yield from (["policy", *row] for row in state.policies.dump())
    for number, year in state.calendar.years.items():
        yield ["calendar", state.calendar_versions[number], year.model_dump(mode="json")]
    for provider in state.providers.values():
        yield _provider_row(provider)
        for slot in provider.slots.values():
            yield _slot_row(slot)
            yield from (_guest_row(order) if type(order) is Guest else _order_row("order", order) for order in slot.orders.values())
    loose = (order for order in state.orders.values() if order.state is not OrderState.ASSIGNED)
    yield from (_order_row("loose", order) for order in sorted(loose, key=lambda order: order.order_id))
    for order_id, ask in state.asks.items():
        yield [
            "ask", order_id, ask.request_id, ask.lending_area, ask.number, dict(ask.tried), ask.cause, ask.correlationid, ask.provider_id,
        ]  # fmt: skip
    for order_id in state.ended_order:
        ended = state.ended[order_id]
        yield ["ended", order_id, ended.state.value, ended.reason, ended.ended_ms]
    for standing in state.standing.values():
        wish = standing.wish.model_dump(mode="json")
        yield ["standing", wish, standing.next_date, standing.pause_from, standing.pause_until, standing.stopped_from]
    yield from (["deadline", key, when_ms] for key, when_ms in state.deadlines.dump())
    yield from (["task", task_id, about] for task_id, about in state.tasks.items())
    yield from (["stuck", key, when_ms] for key, when_ms in state.stuck.items())
    yield from (["stuck_task", task_id, key] for task_id, key in state.stuck_tasks.items())
    for date, granted in state.subsidised.items():
        yield ["subsidy", date, dict(granted)]


def load(area: str, rows: Iterable[Row]) -> MealsState:
    """The state that `dump` made."""
    loader = _Loader(area)
    orders = loader.order
    for row in rows:
        if row[0] == "order":
            orders(row)
        else:
            loader.rare(row)
    for provider in loader.state.providers.values():
        if provider.listed:
            put_in(loader.state, provider)
    return loader.state


class _Loader:
    """Rows come one after the other; an order belongs to the slot before it. Words that repeat a million times are kept once."""

    __slots__ = ("diets", "provider", "services", "slot", "state", "states")

    def __init__(self, area: str) -> None:
        self.state = MealsState(area)
        self.provider: Provider | None = None
        self.slot: Slot | None = None
        self.states = {state.value: state for state in OrderState}
        self.services: dict[str, str] = {}
        self.diets: dict[tuple[str, ...], tuple[str, ...]] = {}

    def order(self, row: Row) -> None:
        """An open order that its slot holds. The hot row of a million."""
        slot = self.slot
        assert slot is not None
        order = self.bare(row, slot.date, slot.meal)
        order.slot = slot
        slot.orders[order.order_id] = order

    def bare(self, row: Row, date: str, meal: str) -> Order:
        """The order itself, not yet in a slot."""
        order = Order(row[1])
        (
            _, _, order.person_id, order.portions, service, diets, order.lat, order.lon, order.price_fen, order.subsidy_fen,
            order.closes_ms, order.standing_order_id, state, order.attempts, order.task_id, *_,
        ) = row  # fmt: skip
        order.date, order.meal = date, meal
        order.service = self.services.setdefault(service, service)
        if diets:
            order.diets = self.diets.setdefault(tuple(diets), tuple(diets))
        order.state = self.states[state]
        self.state.orders[order.order_id] = order
        return order

    def rare(self, row: Row) -> None:
        """Every other kind."""
        state = self.state
        match row:
            case ["provider", *_]:
                self.provider = self.take_provider(row)
            case ["slot", *_]:
                self.slot = self.take_slot(row)
            case ["loose", *_]:
                self.take_loose(row)
            case ["ended", order_id, word, reason, ended_ms]:
                state.ended[order_id] = Ended(OrderState(word), reason, ended_ms)
                state.ended_order.append(order_id)
            case ["deadline", key, when_ms]:
                state.deadlines.set(key, when_ms)
            case ["standing", wish, next_date, pause_from, pause_until, stopped_from]:
                recorded = StandingOrderRecorded.model_validate(wish)
                state.standing[recorded.standing_order_id] = Standing(recorded, next_date, pause_from, pause_until, stopped_from)
            case _:
                self.rarer(row)

    def rarer(self, row: Row) -> None:
        """Kinds with few rows."""
        state = self.state
        match row:
            case ["guest", *_]:
                self.take_guest(row)
            case ["ask", order_id, *values]:
                state.asks[order_id] = Ask(*values)
            case ["task", task_id, about]:
                state.tasks[task_id] = about
            case ["stuck", key, when_ms]:
                state.stuck[key] = when_ms
            case ["stuck_task", task_id, key]:
                state.stuck_tasks[task_id] = key
            case ["subsidy", date, granted]:
                state.subsidised[date] = dict(granted)
            case ["swept", swept_ms]:
                state.swept_ms = swept_ms
            case ["policy", version, in_force_from, parameters]:
                state.policies.adopt(version, in_force_from, parameters, 0)
            case ["calendar", version, year]:
                calendar = CalendarYear.model_validate(year, strict=False)
                state.calendar.adopt(calendar)
                state.calendar_versions[calendar.year] = version
            case _:
                raise ValueError(f"unknown snapshot row kind {row[0]!r}")

    def take_loose(self, row: Row) -> None:
        """An open order that holds no seats: without a kitchen, or its meal has left it."""
        date, meal, provider_id = row[15:18]
        order = self.bare(row, date, meal)
        if provider_id is not None:
            order.slot = self.state.providers[provider_id].slots[(date, meal)]
            order.slot.serving += 1

    def take_guest(self, row: Row) -> None:
        """Portions its slot holds for another area."""
        slot = self.slot
        assert slot is not None
        _, guest_id, guest_portions, service, diets, lat, lon, closes_ms, home_area, home_order_id, correlationid = row
        guest = Guest(guest_id, home_area, home_order_id, correlationid)
        guest.portions, guest.lat, guest.lon, guest.closes_ms = guest_portions, lat, lon, closes_ms
        guest.service, guest.diets = service, tuple(diets)
        guest.date, guest.meal, guest.state, guest.slot = slot.date, slot.meal, OrderState.ASSIGNED, slot
        slot.orders[guest_id] = self.state.guests[guest_id] = guest

    def take_provider(self, row: Row) -> Provider:
        """A provider; it enters the indexes when all its slots are here."""
        _, provider_id, listed, lat, lon, name, kind, street, services, diets, radius_m, closures = row
        provider = Provider(provider_id)
        provider.move(lat, lon)
        provider.listed = listed
        provider.name, provider.kind, provider.street = name, kind, street
        provider.services, provider.diets = words(tuple(services)), words(tuple(diets))
        provider.delivery_radius_m = radius_m
        provider.closures = [Closure(from_ms, until_ms, reason) for from_ms, until_ms, reason in closures]
        self.state.providers[provider_id] = provider
        return provider

    def take_slot(self, row: Row) -> Slot:
        """A slot of the provider before it."""
        assert self.provider is not None
        slot = slot_of(self.state, self.provider, row[1], row[2])
        slot.total, slot.free, slot.held, slot.used, slot.closed, slot.shut, slot.version, slot.published_ms = row[3:11]
        slot.cutoff_ms, slot.starts_ms, slot.ends_ms, slot.closes_ms, slot.counted = row[11:16]
        day = self.state.days[(slot.date, slot.meal)]
        day.closes_ms = max(day.closes_ms, slot.closes_ms)
        day.own_cutoffs += slot.cutoff_ms is not None
        self.state.places_total += slot.total
        self.state.places_free += max(0, slot.free)
        return slot


def _provider_row(provider: Provider) -> Row:
    closures = [[closure.from_ms, closure.until_ms, closure.reason] for closure in provider.closures]
    return [
        "provider",
        provider.place_id,
        provider.listed,
        provider.lat,
        provider.lon,
        provider.name,
        provider.kind,
        provider.street,
        sorted(provider.services),
        sorted(provider.diets),
        provider.delivery_radius_m,
        closures,
    ]


def _slot_row(slot: Slot) -> Row:
    return [
        "slot",
        slot.date,
        slot.meal,
        slot.total,
        slot.free,
        slot.held,
        slot.used,
        slot.closed,
        slot.shut,
        slot.version,
        slot.published_ms,
        slot.cutoff_ms,
        slot.starts_ms,
        slot.ends_ms,
        slot.closes_ms,
        slot.counted,
    ]


def _guest_row(guest: Guest) -> Row:
    return [
        "guest",
        guest.order_id,
        guest.portions,
        guest.service,
        guest.diets,
        guest.lat,
        guest.lon,
        guest.closes_ms,
        guest.home_area,
        guest.home_order_id,
        guest.correlationid,
    ]


def _order_row(kind: str, order: Order) -> Row:
    row = [
        kind,
        order.order_id,
        order.person_id,
        order.portions,
        order.service,
        order.diets,
        order.lat,
        order.lon,
        order.price_fen,
        order.subsidy_fen,
        order.closes_ms,
        order.standing_order_id,
        order.state._value_,
        order.attempts,
        order.task_id,
    ]
    if kind == "loose":
        row += [order.date, order.meal, None if order.slot is None else order.slot.provider.place_id]
    return row
