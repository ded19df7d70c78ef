# ruff: noqa: PLR0917 - every maker of events has the same shape
"""What clients, kitchens, couriers and strangers send: small worlds on purpose, so that every capacity is fought over.

Open loop: nobody here knows the answers. Sends refer to orders by id whether they were accepted or not, late, twice and out of
order, exactly as the outside does.
"""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from tests.simulation.homes import home_of
from tests.simulation.plan import DAY_MS, Options, Send, event_value
from tests.simulation.poison import poison_value
from tests.simulation.words import civil_day, envelope, rfc3339

MEALS = ("breakfast", "lunch", "lunch", "dinner")
SERVICES = ("dine_in", "pickup", "delivery", "delivery")
DIETS = ("soft", "low_salt", "halal")
STEPS = {
    "order": 46, "cancel": 12, "capacity": 12, "closed": 3, "reopened": 3, "override": 5, "delivery": 9, "standing": 3,
    "standing_change": 2, "policy": 1, "task": 2, "register": 2,
}  # fmt: skip
MARK = "boom"
"""An order id that holds this breaks our own code in the runs with ``broken_code``."""


@dataclass
class Area:
    """The small world of one area, and what has been sent about it."""

    name: str
    home: int
    lat: float
    lon: float
    providers: list[dict[str, Any]]
    persons: list[tuple[str, float, float]]
    dates: list[str]
    orders: list[dict[str, Any]] = field(default_factory=list)
    standing: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    old_capacity: list[dict[str, Any]] = field(default_factory=list)


def draw_sends(options: Options, draw: Random, sending: Random) -> tuple[Send, ...]:
    """Everything that is sent in a run, in the order of time. ``sending`` draws only how it travels."""
    areas = [_area(options, draw, name) for name in options.areas]
    sends: list[Send] = []
    for area in areas:
        sends += _opening(options, area, draw)
    moments = sorted(options.start_ms + draw.randrange(60_000, options.span_ms) for _ in range(max(4, options.events // 8)))
    kinds, weights = list(STEPS), list(STEPS.values())
    while len(sends) < options.events:
        at_ms = draw.choice(moments) + draw.randrange(0, 1500)
        kind = draw.choices(kinds, weights)[0]
        sends.append(_step(options, draw, draw.choice(areas), at_ms, kind, len(sends)))
    sends.sort(key=lambda send: send.at_ms)
    travelled = [one for send in sends for one in _travel(options, sending, send)]
    travelled += _strangers(options, sending, areas)
    travelled.sort(key=lambda send: send.at_ms)
    if options.clock == "played":
        travelled = [replace(send, played_at_ms=send.at_ms if sending.random() < 0.97 else None) for send in travelled]
    return tuple(travelled)


def _area(options: Options, draw: Random, name: str) -> Area:
    lat, lon = round(31.15 + draw.random() * 0.2, 6), round(121.35 + draw.random() * 0.2, 6)
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
    return Area(name, home_of(name, options.partitions), lat, lon, providers, persons, dates)


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


def _send(area: Area, at_ms: int, kind: str, number: int | str, data: dict[str, Any], event_type: str, actor: str = "person:p-1") -> Send:
    event = envelope(f"e-{area.name}-{number}", event_type, at_ms, area.name, actor, data)
    return Send(at_ms, kind, area.name, event_value(event), area.home)


def _opening(options: Options, area: Area, draw: Random) -> list[Send]:
    """Kitchens introduce themselves and publish; sometimes capacity comes before the kitchen is known (I09)."""
    sends: list[Send] = []
    for provider in area.providers:
        at_ms = options.start_ms + draw.randrange(0, 50_000)
        sends.append(_send(area, at_ms, "register", f"r-{provider['provider_id']}", provider, "meals.provider.registered.v1"))
    for provider in area.providers:
        if draw.random() < 0.9:
            at_ms = options.start_ms + draw.randrange(0, 60_000)
            data = _capacity(area, draw, provider["provider_id"])
            sends.append(_send(area, at_ms, "capacity", f"k-{provider['provider_id']}", data, "meals.capacity.published.v1"))
    return sends


def _capacity(area: Area, draw: Random, provider_id: str) -> dict[str, Any]:
    version = area.versions.get(provider_id, 0) + draw.choice((1, 1, 3))
    area.versions[provider_id] = version
    size = draw.choice((1, 2, 4, 8))
    slots: list[dict[str, Any]] = []
    for date in draw.sample(area.dates[1:], draw.randrange(2, 5)):
        for meal in ("lunch", "dinner") if draw.random() < 0.8 else ("breakfast", "lunch", "dinner"):
            slot: dict[str, Any] = {"date": date, "meal": meal, "capacity": max(0, size + draw.randrange(-3, 3))}
            if draw.random() < 0.1:
                slot["cutoff"] = f"{date}T{draw.choice(('09:30', '10:15', '15:00'))}:00+08:00"
            slots.append(slot)
    body = {"provider_id": provider_id, "version": version, "slots": slots}
    area.old_capacity.append(body)
    return body


def _step(options: Options, draw: Random, area: Area, at_ms: int, kind: str, number: int) -> Send:
    maker = _MAKERS[kind]
    event_type, data, actor = maker(options, draw, area, at_ms, number)
    return _send(area, at_ms, kind, number, data, event_type, actor)


def _wish(draw: Random, area: Area) -> dict[str, Any]:
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


def _order(options: Options, draw: Random, area: Area, at_ms: int, number: int) -> tuple[str, dict[str, Any], str]:
    if area.orders and draw.random() < 0.04:
        # The same order under another event id: a client that lost its memory.
        return "meals.order.placed.v1", dict(draw.choice(area.orders)), "person:p-2"
    mark = MARK if options.broken_code and draw.random() < 0.02 else "o"
    body = {"order_id": f"{mark}-{area.name}-{number}", "date": draw.choice(area.dates), **_wish(draw, area)}
    if draw.random() < 0.03:
        body["date"] = civil_day(at_ms + draw.choice((40, -3)) * DAY_MS)
    area.orders.append(body)
    return "meals.order.placed.v1", body, f"person:{body['person_id']}"


def _order_id(draw: Random, area: Area) -> str:
    if not area.orders or draw.random() < 0.03:
        return "o-nobody"
    # Recent ones mostly: cancelling twice, reporting on the cancelled and overriding the delivered all happen.
    recent = area.orders[-25:]
    return str(draw.choice(recent)["order_id"])


def _cancel(options: Options, draw: Random, area: Area, at_ms: int, number: int) -> tuple[str, dict[str, Any], str]:
    return "meals.order.cancelled.v1", {"order_id": _order_id(draw, area), "reason": "changed_mind"}, "person:p-1"


def _publish(options: Options, draw: Random, area: Area, at_ms: int, number: int) -> tuple[str, dict[str, Any], str]:
    if area.old_capacity and draw.random() < 0.3:
        body = dict(draw.choice(area.old_capacity))  # an old publication arrives again, under a new event id
    else:
        body = _capacity(area, draw, draw.choice(area.providers)["provider_id"])
    return "meals.capacity.published.v1", body, f"provider:{body['provider_id']}"


def _closed(options: Options, draw: Random, area: Area, at_ms: int, number: int) -> tuple[str, dict[str, Any], str]:
    body: dict[str, Any] = {"provider_id": draw.choice(area.providers)["provider_id"], "reason": "no_water"}
    if draw.random() < 0.6:
        body["from"] = rfc3339(at_ms + draw.randrange(-6, 30) * 3_600_000)
    if draw.random() < 0.7:
        body["until"] = rfc3339(at_ms + draw.randrange(-2, 60) * 3_600_000)
    return "meals.provider.closed.v1", body, "operator:op-1"


def _reopened(options: Options, draw: Random, area: Area, at_ms: int, number: int) -> tuple[str, dict[str, Any], str]:
    return "meals.provider.reopened.v1", {"provider_id": draw.choice(area.providers)["provider_id"], "reason": "repaired"}, "operator:op-1"


def _override(options: Options, draw: Random, area: Area, at_ms: int, number: int) -> tuple[str, dict[str, Any], str]:
    body = {"order_id": _order_id(draw, area), "provider_id": draw.choice(area.providers)["provider_id"], "reason": "家属要求"}
    return "meals.order.overridden.v1", body, "operator:op-2"


def _delivery(options: Options, draw: Random, area: Area, at_ms: int, number: int) -> tuple[str, dict[str, Any], str]:
    today = civil_day(at_ms)
    fitting = [order["order_id"] for order in area.orders if order["date"] == today and order["service"] == "delivery"]
    order_id = draw.choice(fitting) if fitting and draw.random() < 0.85 else _order_id(draw, area)
    result = draw.choice(("delivered", "no_answer", "no_answer", "failed", "refused"))
    return "meals.delivery.reported.v1", {"order_id": order_id, "result": result}, "courier:w-1"


def _standing(options: Options, draw: Random, area: Area, at_ms: int, number: int) -> tuple[str, dict[str, Any], str]:
    standing_id = f"s-{area.name}-{number}"
    area.standing.append(standing_id)
    body = {
        "standing_order_id": standing_id, "weekdays": draw.sample(range(1, 8), draw.choice((1, 4, 7))),
        "from": draw.choice(area.dates), "until": area.dates[-1], **_wish(draw, area),
    }  # fmt: skip
    return "meals.standing_order.placed.v1", body, "person:p-1"


def _standing_change(options: Options, draw: Random, area: Area, at_ms: int, number: int) -> tuple[str, dict[str, Any], str]:
    standing_id = draw.choice(area.standing) if area.standing else "s-nobody"
    if draw.random() < 0.5:
        return "meals.standing_order.stopped.v1", {"standing_order_id": standing_id}, "person:p-1"
    body = {"standing_order_id": standing_id, "from": draw.choice(area.dates)}
    return "meals.standing_order.paused.v1", body, "person:p-1"


def _policy(options: Options, draw: Random, area: Area, at_ms: int, number: int) -> tuple[str, dict[str, Any], str]:
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
    body = {
        "policy": "meals", "version": f"{area.name}/{number}", "in_force_from": draw.choice(area.dates[:3]), "parameters": parameters,
        "source": "simulated",
    }  # fmt: skip
    return "policy.published.v1", body, "office:o-1"


def _task(options: Options, draw: Random, area: Area, at_ms: int, number: int) -> tuple[str, dict[str, Any], str]:
    # Task ids are derived by the core; an open loop can only guess wrongly.
    return "task.completed.v1", {"domain": "meals", "task_id": f"task-{number}", "result": "done"}, "operator:op-1"


def _register(options: Options, draw: Random, area: Area, at_ms: int, number: int) -> tuple[str, dict[str, Any], str]:
    """A kitchen moves, or changes what it offers."""
    place = draw.randrange(len(area.providers))
    provider = _provider(draw, area.providers[place]["provider_id"], _near(draw, area.lat, area.lon, 0.03))
    area.providers[place] = provider
    return "meals.provider.registered.v1", provider, f"provider:{provider['provider_id']}"


_MAKERS: dict[str, Any] = {
    "order": _order, "cancel": _cancel, "capacity": _publish, "closed": _closed, "reopened": _reopened, "override": _override,
    "delivery": _delivery, "standing": _standing, "standing_change": _standing_change, "policy": _policy, "task": _task,
    "register": _register,
}  # fmt: skip


def _travel(options: Options, draw: Random, send: Send) -> list[Send]:
    """How one record reaches the log: late, twice, changed under the same id, lost on the way, or into a foreign partition."""
    on = options.faults_on
    out = [send]
    if "late" in on and draw.random() < 0.06:
        out[0] = send = replace(send, at_ms=send.at_ms + draw.choice((2_000, 300_000, 7_200_000)))
    if "lost_before" in on and draw.random() < 0.05:
        out[0] = send = replace(send, tries=("lost_before",) * draw.randrange(1, 3) + ("ok",))
    if "lost_after" in on and draw.random() < 0.08:
        tries = ("lost_after",) * draw.randrange(1, 3) + (("ok",) if draw.random() < 0.8 else ())
        out[0] = send = replace(send, tries=tries, retry_ms=draw.choice((200, 5_000, 600_000)))
    if "duplicate" in on and draw.random() < 0.06:
        out.append(replace(send, at_ms=send.at_ms + draw.choice((0, 1, 800, 3_600_000)), tries=("ok",)))
    if "conflict" in on and draw.random() < 0.02 and send.value is not None:
        changed = send.value.replace('"actor":"', '"actor":"operator:x-', 1).replace("operator:x-operator:", "operator:x-")
        changed = send.value if changed.count("operator:x-person:") else changed
        if changed == send.value:
            changed = send.value.replace("p-", "q-", 1)
        out.append(replace(send, kind="conflict", at_ms=send.at_ms + draw.choice((5, 60_000)), value=changed, tries=("ok",)))
    if "stray" in on and options.partitions > 1 and draw.random() < 0.04:
        out[0] = replace(out[0], partition=(send.partition + 1) % options.partitions)
    return out


def _strangers(options: Options, draw: Random, areas: list[Area]) -> list[Send]:
    """Bytes that are no event of ours, batches with a bad member, keys that belie the area."""
    out: list[Send] = []
    if "poison" in options.faults_on:
        for number in range(draw.randrange(1, 14)):
            area = draw.choice(areas)
            at_ms = options.start_ms + draw.randrange(0, options.span_ms)
            value, key = poison_value(draw, area.name, number, at_ms)
            out.append(Send(at_ms, "poison", key, value, area.home))
    if "batch" in options.faults_on:
        for number in range(draw.randrange(1, 8)):
            area = draw.choice(areas)
            at_ms = options.start_ms + draw.randrange(60_000, options.span_ms)
            out.append(_batch(options, draw, area, at_ms, number))
    return out


def _batch(options: Options, draw: Random, area: Area, at_ms: int, number: int) -> Send:
    events: list[Any] = []
    for place in range(draw.randrange(1, 12)):
        kind = draw.choice(("order", "order", "cancel", "delivery"))
        event_type, data, actor = _MAKERS[kind](options, draw, area, at_ms, f"b{number}-{place}")
        skew_ms = draw.choice((0, 0, 0, 86_400_000, -86_400_000)) if "skew" in options.faults_on else 0
        events.append(envelope(f"e-{area.name}-b{number}-{place}", event_type, at_ms + skew_ms, area.name, actor, data))
    if draw.random() < 0.3:
        events.insert(draw.randrange(len(events) + 1), draw.choice(({"id": "half"}, {**events[0], "data": {"colour": "red"}}, 7)))
    if draw.random() < 0.2:
        events.append(events[0])
    return Send(at_ms, "batch", area.name, event_value(events), area.home)
