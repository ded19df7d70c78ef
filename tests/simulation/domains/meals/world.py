"""What clients, kitchens and couriers send: small worlds on purpose, so that every capacity is fought over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.simulation.domains.port import Opening, Step
from tests.simulation.plan import DAY_MS, Options
from tests.simulation.words import civil_day, rfc3339

MEALS = ("breakfast", "lunch", "lunch", "dinner")
SERVICES = ("dine_in", "pickup", "delivery", "delivery")
DIETS = ("soft", "low_salt", "halal")
STEPS = {
    "order": 46, "cancel": 12, "capacity": 12, "closed": 3, "reopened": 3, "override": 5, "delivery": 9, "standing": 3,
    "standing_change": 2, "policy": 1, "task": 2, "register": 2,
}  # fmt: skip


@dataclass
class MealsWorld:
    """The small world of one area, and what has been sent about it."""

    name: str
    lat: float
    lon: float
    providers: list[dict[str, Any]]
    persons: list[tuple[str, float, float]]
    dates: list[str]
    own_cutoff_percent: int = 10
    neighbours: tuple[str, ...] = ()
    """Areas that this one asks, and lends to, by its policies; none where areas keep to themselves."""
    orders: list[dict[str, Any]] = field(default_factory=list)
    standing: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    old_capacity: list[dict[str, Any]] = field(default_factory=list)

    def opening(self, draw: Random) -> list[Opening]:
        """Kitchens introduce themselves and publish; sometimes capacity comes before the kitchen is known (I09)."""
        out: list[Opening] = []
        if self.neighbours:
            out.append(Opening(0, "policy", "p-lending", _policy_of(self, "lending", {})))
        for provider in self.providers:
            step = Step("meals.provider.registered.v1", provider, f"provider:{provider['provider_id']}")
            out.append(Opening(draw.randrange(0, 50_000), "register", f"r-{provider['provider_id']}", step))
        for provider in self.providers:
            if draw.random() < 0.9:
                after_ms = draw.randrange(0, 60_000)
                step = Step("meals.capacity.published.v1", _capacity(self, draw, provider["provider_id"]))
                out.append(Opening(after_ms, "capacity", f"k-{provider['provider_id']}", step))
        return out

    def step(self, draw: Random, kind: str, at_ms: int, number: int | str) -> Step:
        """One event of this kind."""
        return _MAKERS[kind](self, draw, at_ms, number)


def draw_world(options: Options, draw: Random, name: str) -> MealsWorld:
    """The world of one area."""
    lat, lon = round(31.15 + draw.random() * 0.2, 6), round(121.35 + draw.random() * 0.2, 6)
    neighbours: tuple[str, ...] = ()
    if options.own.get("lending"):
        # Areas that border each other, so that a neighbour's kitchen is often near enough.
        lat, lon = round(31.22 + (lat - 31.15) / 10, 6), round(121.45 + (lon - 121.35) / 10, 6)
        neighbours = tuple(area for area in options.areas if area != name)
    dense = draw.random() < 0.12
    count = draw.randrange(34, 60) if dense else draw.choice((1, 2, 4, 7, 10))
    spread = 0.03
    providers: list[dict[str, Any]] = []
    for number in range(count):
        twin = providers and draw.random() < 0.15
        where = providers[-1]["position"] if twin else _near(draw, lat, lon, spread)
        providers.append(_provider(draw, f"c-{number:02d}", where))
    persons: list[tuple[str, float, float]] = []
    for number in range(draw.choice((3, 12, 40))):
        where = _near(draw, lat, lon, 0.12 if draw.random() < 0.1 else spread)
        persons.append((f"p-{number}", where["lat"], where["lon"]))
    dates = [civil_day(options.start_ms + ahead * DAY_MS) for ahead in range(-1, 5)]
    return MealsWorld(name, lat, lon, providers, persons, dates, options.own.get("own_cutoff_percent", 10), neighbours)


def draw_own(draw: Random) -> dict[str, Any]:
    """Of how many published slots a kitchen names its own cut-off, in percent; whether areas lend to each other."""
    return {"own_cutoff_percent": draw.choice((0, 10, 10, 60)), "lending": draw.random() < 0.4}


def _near(draw: Random, lat: float, lon: float, spread: float) -> dict[str, float]:
    return {"lat": round(lat + draw.uniform(-spread, spread), 6), "lon": round(lon + draw.uniform(-spread, spread), 6)}


def _provider(draw: Random, provider_id: str, position: dict[str, float]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "provider_id": provider_id, "name": "食堂" + provider_id, "kind": draw.choice(("canteen", "meal_point", "kitchen")),
        "position": position, "street": "s-1",
        "services": draw.choice((["dine_in", "pickup", "delivery"], ["dine_in"], ["delivery", "pickup"])),
        "diets": draw.choice((["regular"], list(DIETS), [DIETS[draw.randrange(3)], "regular"])),
    }  # fmt: skip
    if draw.random() < 0.3:
        body["delivery_radius_m"] = draw.choice((0, 300, 1500, 20_000))
    return body


def _capacity(area: MealsWorld, draw: Random, provider_id: str) -> dict[str, Any]:
    version = area.versions.get(provider_id, 0) + draw.choice((1, 1, 3))
    area.versions[provider_id] = version
    size = draw.choice((1, 2, 4, 8))
    slots: list[dict[str, Any]] = []
    for date in draw.sample(area.dates[1:], draw.randrange(2, 5)):
        for meal in ("lunch", "dinner") if draw.random() < 0.8 else ("breakfast", "lunch", "dinner"):
            slot: dict[str, Any] = {"date": date, "meal": meal, "capacity": max(0, size + draw.randrange(-3, 3))}
            if draw.random() * 100 < area.own_cutoff_percent:
                slot["cutoff"] = f"{date}T{draw.choice(('09:30', '10:15', '15:00'))}:00+08:00"
            slots.append(slot)
    body = {"provider_id": provider_id, "version": version, "slots": slots}
    area.old_capacity.append(body)
    return body


def _wish(draw: Random, area: MealsWorld) -> dict[str, Any]:
    person, lat, lon = draw.choice(area.persons)
    body: dict[str, Any] = {
        "person_id": person, "position": {"lat": lat, "lon": lon}, "meal": draw.choice(MEALS),
        "portions": draw.choice((1, 1, 1, 2, 4)), "service": draw.choice(SERVICES),
    }  # fmt: skip
    if draw.random() < 0.25:
        body["diets"] = draw.sample(DIETS, draw.choice((1, 1, 2)))
    if draw.random() < 0.1:
        body["preferred_provider_id"] = draw.choice(area.providers)["provider_id"]
    if draw.random() < 0.4:
        body["age"] = draw.randrange(55, 100)
    return body


def _order(area: MealsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    if area.orders and draw.random() < 0.04:
        # The same order under another event id: a client that lost its memory.
        return Step("meals.order.placed.v1", dict(draw.choice(area.orders)), "person:p-2")
    body = {"order_id": f"o-{area.name}-{number}", "date": draw.choice(area.dates), **_wish(draw, area)}
    if draw.random() < 0.03:
        body["date"] = civil_day(at_ms + draw.choice((40, -3)) * DAY_MS)
    area.orders.append(body)
    return Step("meals.order.placed.v1", body, f"person:{body['person_id']}")


def _order_id(draw: Random, area: MealsWorld) -> str:
    if not area.orders or draw.random() < 0.03:
        return "o-nobody"
    # Recent ones mostly: cancelling twice, reporting on the cancelled and overriding the delivered all happen.
    recent = area.orders[-25:]
    return str(draw.choice(recent)["order_id"])


def _provider_id(draw: Random, area: MealsWorld) -> str:
    return str(draw.choice(area.providers)["provider_id"])


def _cancel(area: MealsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    return Step("meals.order.cancelled.v1", {"order_id": _order_id(draw, area), "reason": "changed_mind"}, "person:p-1")


def _publish(area: MealsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    if area.old_capacity and draw.random() < 0.3:
        body = dict(draw.choice(area.old_capacity))  # an old publication arrives again, under a new event id
    else:
        body = _capacity(area, draw, draw.choice(area.providers)["provider_id"])
    return Step("meals.capacity.published.v1", body, f"provider:{body['provider_id']}")


def _closed(area: MealsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    body: dict[str, Any] = {"provider_id": draw.choice(area.providers)["provider_id"], "reason": "no_water"}
    if draw.random() < 0.6:
        body["from"] = rfc3339(at_ms + draw.randrange(-6, 30) * 3_600_000)
    if draw.random() < 0.7:
        body["until"] = rfc3339(at_ms + draw.randrange(-2, 60) * 3_600_000)
    return Step("meals.provider.closed.v1", body, "operator:op-1")


def _reopened(area: MealsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    # Now and then another kitchen says so, which it may not (P03).
    actor = "provider:c-x" if at_ms % 5 == 0 else "operator:op-1"
    return Step("meals.provider.reopened.v1", {"provider_id": _provider_id(draw, area), "reason": "repaired"}, actor)


def _override(area: MealsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    body = {"order_id": _order_id(draw, area), "provider_id": draw.choice(area.providers)["provider_id"], "reason": "家属要求"}
    return Step("meals.order.overridden.v1", body, "operator:op-2")


def _delivery(area: MealsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    today = civil_day(at_ms)
    fitting = [order["order_id"] for order in area.orders if order["date"] == today and order["service"] == "delivery"]
    order_id = draw.choice(fitting) if fitting and draw.random() < 0.85 else _order_id(draw, area)
    result = draw.choice(("delivered", "no_answer", "no_answer", "failed", "refused"))
    return Step("meals.delivery.reported.v1", {"order_id": order_id, "result": result}, "courier:w-1")


def _standing(area: MealsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    standing_id = f"s-{area.name}-{number}"
    area.standing.append(standing_id)
    body = {
        "standing_order_id": standing_id, "weekdays": draw.sample(range(1, 8), draw.choice((1, 4, 7))),
        "from": draw.choice(area.dates), "until": area.dates[-1], **_wish(draw, area),
    }  # fmt: skip
    return Step("meals.standing_order.placed.v1", body, "person:p-1")


def _standing_change(area: MealsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    standing_id = draw.choice(area.standing) if area.standing else "s-nobody"
    if draw.random() < 0.5:
        return Step("meals.standing_order.stopped.v1", {"standing_order_id": standing_id}, "person:p-1")
    body = {"standing_order_id": standing_id, "from": draw.choice(area.dates)}
    return Step("meals.standing_order.paused.v1", body, "person:p-1")


def _policy(area: MealsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    parameters = draw.choice(
        (
            {"late_kitchen_load_percent": 50},
            {"capacity_age_s_max": 4 * 3600},
            {"capacity_age_s_max": 36 * 3600},
            {"detour_percent": 200, "walk_speed_cm_s": 60},
            {"delivery_attempts_max": 1},
            {"seen_memory_s": 21_600, "kitchen_recount_s": 60},
            {"no_such_parameter": 1},
        )
    )
    if area.neighbours and draw.random() < 0.3:
        changes: tuple[dict[str, Any], ...] = ({"neighbours": area.neighbours[:1]}, {"lends_to": ()}, {"neighbour_answer_s": 20})
        parameters = draw.choice(changes)
    return _policy_of(area, str(number), parameters, draw.choice(area.dates[:3]))


def _policy_of(area: MealsWorld, number: str, parameters: dict[str, Any], start: str | None = None) -> Step:
    # The simulated reactor looks every few minutes at best: an hour leaves most answers time to come.
    lending = {"neighbours": area.neighbours, "lends_to": area.neighbours, "neighbour_answer_s": 3600} if area.neighbours else {}
    body = {
        "policy": "meals", "version": f"{area.name}/{number}", "in_force_from": start or area.dates[0],
        "parameters": lending | parameters, "source": "simulated",
    }  # fmt: skip
    return Step("policy.published.v1", body, "office:o-1")


def _task(area: MealsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    # Task ids are derived by the core; an open loop can only guess wrongly.
    return Step("task.completed.v1", {"domain": "meals", "task_id": f"task-{number}", "result": "done"}, "operator:op-1")


def _register(area: MealsWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    """A kitchen moves, or changes what it offers."""
    place = draw.randrange(len(area.providers))
    provider = _provider(draw, area.providers[place]["provider_id"], _near(draw, area.lat, area.lon, 0.03))
    area.providers[place] = provider
    return Step("meals.provider.registered.v1", provider, f"provider:{provider['provider_id']}")


_MAKERS: dict[str, Callable[[MealsWorld, Random, int, int | str], Step]] = {
    "order": _order, "cancel": _cancel, "capacity": _publish, "closed": _closed, "reopened": _reopened, "override": _override,
    "delivery": _delivery, "standing": _standing, "standing_change": _standing_change, "policy": _policy, "task": _task,
    "register": _register,
}  # fmt: skip
