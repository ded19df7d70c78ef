"""What families and sites send: few sites, few seats, few staff, few free sessions, so that the last of everything is fought over.

Families double-book, race for the last seat, confirm late, cancel twice, come late or not at all, extend, bring siblings, wait. Sites
publish late, twice and out of order; staff fall away and come back. A third of the children live in another area, whose quota is asked.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Any

from agents.shared.ids import derived_id
from tests.simulation.domains.port import Opening, Step
from tests.simulation.plan import DAY_MS, HOUR_MS, Options
from tests.simulation.words import civil_day, rfc3339

STEPS = {
    "book": 36, "again": 8, "window": 18, "group": 5, "cancel": 9, "confirm": 4, "offer": 2, "arrive": 5, "leave": 3, "extend": 2,
    "publish": 8, "staffing": 7, "closed": 1, "reopened": 2, "answer": 3, "reserve": 4, "settle": 3, "policy": 1, "persons": 1, "file": 2,
    "task": 1, "register": 1,
}  # fmt: skip
HOURS = tuple(range(24))
SEATS = (0, 1, 1, 1, 2, 2, 3, 5)
AGES_DAYS = (400, 500, 600, 800, 900, 1090, 1094, 1096, 1120, 366, 370, 364, 1140)
"""Most lie within what care takes, some at its edges, two outside."""


@dataclass
class ChildcareWorld:
    """One area, and what has been sent about it."""

    name: str
    lat: float
    lon: float
    sites: list[str]
    days: list[str]
    areas: tuple[str, ...]
    own: dict[str, Any]
    start_ms: int
    children: int
    bookings: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    published: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    """Children of the area before this one that moved here."""

    def opening(self, draw: Random) -> list[Opening]:
        """The policy first, mostly; sites introduce themselves and publish, sometimes in the wrong order (I09)."""
        out = [Opening(draw.randrange(0, 5_000), "policy", "p-0", _care(self, "start", self.days[0], self.own["care"]))]
        for site_id in self.sites:
            out.append(Opening(draw.randrange(0, 40_000), "register", f"r-{site_id}", _registered(self, draw, site_id)))
            for turn in range(2):
                step = Step("childcare.sessions.published.v1", _sessions(self, draw, site_id), f"provider:{site_id}")
                out.append(Opening(draw.randrange(5_000, 60_000), "publish", f"s-{site_id}-{turn}", step))
        return out

    def step(self, draw: Random, kind: str, at_ms: int, number: int | str) -> Step:
        """One event of this kind."""
        return _MAKERS[kind](self, draw, at_ms, number)


def draw_world(options: Options, draw: Random, name: str) -> ChildcareWorld:
    """The world of one area."""
    lat, lon = round(31.15 + draw.random() * 0.2, 6), round(121.35 + draw.random() * 0.2, 6)
    sites = [f"s-{number}" for number in range(draw.choice((1, 2, 3, 4)))]
    days = [civil_day(options.start_ms + ahead * DAY_MS) for ahead in range(4)]
    own = options.own
    return ChildcareWorld(name, lat, lon, sites, days, options.areas, own, options.start_ms, draw.choice((4, 9, 24)))


def _care(world: ChildcareWorld, version: str, day: str, care: dict[str, Any]) -> Step:
    data = {
        "policy": "childcare", "version": f"{world.name}/{version}", "in_force_from": day, "source": "simulated",
        "parameters": {
            "services": {"care": care}, "capacity_age_s_max": world.own["capacity_age_s"], "quota_answer_s": world.own["quota_answer_s"],
            "quota_fallback": world.own["quota_fallback"],
        },
    }  # fmt: skip
    return Step("policy.published.v1", data, "office:o-1")


def _near(world: ChildcareWorld, draw: Random, spread: float = 0.01) -> dict[str, float]:
    return {"lat": round(world.lat + draw.uniform(-spread, spread), 6), "lon": round(world.lon + draw.uniform(-spread, spread), 6)}


def _registered(world: ChildcareWorld, draw: Random, site_id: str) -> Step:
    data = {"site_id": site_id, "name": "宝宝屋", "position": _near(world, draw), "street": "s-1", "kind": "baby_house"}
    return Step("childcare.site.registered.v1", data, f"provider:{site_id}")


def _sessions(world: ChildcareWorld, draw: Random, site_id: str) -> dict[str, Any]:
    version = world.versions.get(site_id, 0) + draw.choice((1, 1, 3))
    world.versions[site_id] = version
    offered = []
    for day in draw.sample(world.days, draw.choice((2, 3))):
        for hour in draw.sample(HOURS, 10):
            service = draw.choice(("care", "care", "care", "care", "guidance"))
            whole = draw.random() < 0.15
            session_id = f"{site_id}.{day}.{hour}{'x' if whole else ''}.{service}"
            starts_ms = _at(world, day, hour)
            body = {
                "session_id": session_id, "start": rfc3339(starts_ms), "end": rfc3339(starts_ms + (2 if whole else 1) * HOUR_MS),
                "mode": "drop_in" if whole else "hourly", "seats": draw.choice(SEATS), "staff": draw.choice((0, 1, 1, 2, 2)),
                "service": service,
            }  # fmt: skip
            offered.append(body)
            world.sessions[session_id] = {"site_id": site_id, "starts_ms": starts_ms, **body}
    data = {"site_id": site_id, "version": version, "sessions": offered}
    world.published.append(data)
    return data


def _at(world: ChildcareWorld, day: str, hour: int) -> int:
    midnight_ms = (world.start_ms + 8 * HOUR_MS) // DAY_MS * DAY_MS - 8 * HOUR_MS
    return midnight_ms + world.days.index(day) * DAY_MS + hour * HOUR_MS


def _wish(world: ChildcareWorld, draw: Random, child: int) -> dict[str, Any]:
    body: dict[str, Any] = {"family_id": f"f-{child // 3}", "position": _near(world, draw, 0.02)}
    # A child lives where it lives: the same child is always of the same area.
    if len(world.areas) > 1 and child * 37 % 100 < world.own["abroad_percent"]:
        body["home_area"] = world.areas[(world.areas.index(world.name) + 1) % len(world.areas)]
    if draw.random() < 0.15:
        body["waitlist"] = False
    return body


def _child(world: ChildcareWorld, child: int, booking_id: str) -> dict[str, Any]:
    # Children of other areas are other children, but for those that moved here: an area counts its own.
    came = child in world.moved and int(sha256(booking_id.encode()).hexdigest(), 16) % 2 == 0
    return {
        "booking_id": booking_id,
        "child_id": f"k-{_before(world) if came else world.name}-{child}",
        "birth_date": _born(world, child),
    }


def _born(world: ChildcareWorld, child: int) -> str:
    return civil_day(world.start_ms - AGES_DAYS[child % len(AGES_DAYS)] * DAY_MS)


def _book(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    child = draw.randrange(world.children)
    body = {**_child(world, child, f"b-{world.name}-{number}"), **_wish(world, draw, child)}
    coming = [name for name, one in world.sessions.items() if one["starts_ms"] > at_ms] or list(world.sessions) or ["unknown"]
    # Mostly the next ones, so that few seats meet many families.
    body["session_id"] = draw.choice(sorted(coming, key=lambda name: (world.sessions.get(name, {}).get("starts_ms", 0), name))[:6])
    if draw.random() < 0.02:
        body["session_id"] = "unknown"
    world.bookings.append(body)
    return Step("childcare.booking.requested.v1", body, "relative:p-1")


def _again(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    """The same booking under another event id, or the same child once more at the same session: a double booking. Or a child moves."""
    chance = Random(f"move/{world.name}/{number}")
    if len(world.areas) > 1 and chance.random() < 0.6:
        return _move(world, chance, at_ms, number)
    if not world.bookings:
        return _book(world, draw, at_ms, number)
    body = dict(draw.choice(world.bookings[-12:]))
    if "session_id" in body and draw.random() < 0.7:
        body["booking_id"] = f"b-{world.name}-{number}"
        world.bookings.append(body)
    kind = "group" if "group_id" in body else "booking"
    return Step(f"childcare.{kind}.requested.v1", body, "relative:p-2")


def _span(world: ChildcareWorld, draw: Random, at_ms: int) -> dict[str, Any]:
    later = [day for day in world.days if day >= civil_day(at_ms)] or world.days
    hour = draw.choice(HOURS[:-3])
    if draw.random() < 0.6:  # the next hours
        hour = min(20, int(rfc3339(at_ms)[11:13]) + draw.randrange(1, 5))
    window: dict[str, Any] = {
        "date": draw.choice((later[0], later[0], later[-1])),
        "from": f"{hour:02}:00",
        "to": f"{hour + draw.choice((1, 1, 2, 3)):02}:00",
    }
    if draw.random() < 0.25:
        window["fit"] = "within"
    if draw.random() < 0.15:
        window["mode"] = "hourly"
    return window


def _window(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    child = draw.randrange(world.children)
    body = {**_child(world, child, f"b-{world.name}-{number}"), **_wish(world, draw, child), "window": _span(world, draw, at_ms)}
    if draw.random() < 0.15:
        body["service"] = draw.choice(("guidance", "guidance", "nothing"))
    world.bookings.append(body)
    return Step("childcare.booking.requested.v1", body, "relative:p-1")


def _group(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    family = draw.randrange(max(1, world.children // 3))
    children = [_child(world, family * 3 + place, f"b-{world.name}-{number}-{place}") for place in range(draw.choice((2, 2, 3)))]
    body = {
        "group_id": f"g-{world.name}-{number}",
        "children": children,
        **_wish(world, draw, family * 3),
        "window": _span(world, draw, at_ms),
    }
    world.bookings.append({**body, "booking_id": children[0]["booking_id"]})
    return Step("childcare.group.requested.v1", body, "relative:p-1")


def _known(world: ChildcareWorld, draw: Random, last: int = 14) -> str:
    if not world.bookings or draw.random() < 0.02:
        return "b-nobody"
    return str(draw.choice(world.bookings[-last:])["booking_id"])


def _cancel(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    return Step("childcare.booking.cancelled.v1", {"booking_id": _known(world, draw)}, "relative:p-1")


def _confirm(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    return Step("childcare.hold.confirmed.v1", {"booking_id": _known(world, draw, 6)}, "relative:p-1")


def _offer(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    """Of an offer nobody made. The real ones are answered by families who hear of them (`replies`)."""
    kind = draw.choice(("accepted", "declined"))
    return Step(f"childcare.offer.{kind}.v1", {"booking_id": _known(world, draw), "offer_id": f"offer-{number}"}, "relative:p-1")


def _arrive(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    now = [
        body["booking_id"] for body in world.bookings
        if "session_id" in body and -HOUR_MS <= world.sessions.get(body["session_id"], {"starts_ms": 0})["starts_ms"] - at_ms <= 1_800_000
    ]  # fmt: skip
    data: dict[str, Any] = {"booking_id": draw.choice(now) if now and draw.random() < 0.85 else _known(world, draw), "by": draw.choice(_BY)}
    if draw.random() < 0.5:
        data["temperature_c"] = draw.choice((36.5, 36.9, 37.9, 38.0))
    return Step("childcare.child.checked_in.v1", data, "provider:s-0")


_BY = ("p-0", "p-0", "p-0", "p-1", "p-2")


def _leave(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    return Step("childcare.child.checked_out.v1", {"booking_id": _known(world, draw, 30), "by": draw.choice(_BY)}, "provider:s-0")


def _extend(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    return Step("childcare.extension.requested.v1", {"booking_id": _known(world, draw, 30)}, "provider:s-0")


def _publish(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    if world.published and draw.random() < 0.3:
        body = dict(draw.choice(world.published))  # an old publication arrives again, under a new event id
    else:
        body = _sessions(world, draw, draw.choice(world.sites))
    return Step("childcare.sessions.published.v1", body, f"provider:{body['site_id']}")


def _staffing(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    coming = [name for name, one in world.sessions.items() if one["starts_ms"] > at_ms - HOUR_MS] or ["unknown"]
    session_id = draw.choice(sorted(coming, key=lambda name: (world.sessions.get(name, {}).get("starts_ms", 0), name))[:10])
    site_id = world.sessions.get(session_id, {"site_id": "s-0"})["site_id"]
    data = {"site_id": site_id, "session_id": session_id, "staff_present": draw.choice((0, 1, 1, 2))}
    return Step("childcare.staffing.reported.v1", data, f"provider:{site_id}")


def _closed(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    body: dict[str, Any] = {"site_id": draw.choice(world.sites), "reason": "no_water"}
    if draw.random() < 0.6:
        body["from"] = rfc3339(at_ms + draw.randrange(-6, 30) * HOUR_MS)
    if draw.random() < 0.7:
        body["until"] = rfc3339(at_ms + draw.randrange(-2, 40) * HOUR_MS)
    return Step("childcare.site.closed.v1", body, "operator:op-1")


def _reopened(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    return Step("childcare.site.reopened.v1", {"site_id": draw.choice(world.sites), "reason": "repaired"}, "operator:op-1")


def _answer(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    """An answer that another area might give, sent blindly under the id the agents derive: often beside or after the true one."""
    booking_id = _known(world, draw, 20)
    data = {"request_id": derived_id("quota", world.name, booking_id), "booking_id": booking_id, "units": draw.choice((0, 1, 1, 2))}
    return Step("childcare.quota.answered.v1", data, "area:elsewhere")


def _reserve(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    """A question of an area that does not take part: about our own children, sometimes the same one twice."""
    if world.requests and draw.random() < 0.25:
        request_id, booking_id = draw.choice(world.requests)
    else:
        request_id, booking_id = f"r-{world.name}-{number}", f"x-{world.name}-{number}"
    world.requests.append((request_id, booking_id))
    child = draw.randrange(world.children)
    data = {
        "request_id": request_id, "booking_id": booking_id, "child_id": f"k-{world.name}-{child}", "family_id": f"f-{child // 3}",
        "service": draw.choice(("care", "care", "guidance", "nothing")), "year": int(draw.choice(world.days)[:4]),
        "units": draw.choice((1, 1, 2)), "asking_area": "310999", "settle_by": rfc3339(at_ms + 3 * DAY_MS),
    }  # fmt: skip
    return Step("childcare.quota.reserve_requested.v1", data, "area:elsewhere")


def _settle(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    request_id, booking_id = draw.choice(world.requests[-12:]) if world.requests and draw.random() < 0.85 else (f"r-n-{number}", "x-n")
    data = {"request_id": request_id, "booking_id": booking_id, "result": draw.choice(("consumed", "returned"))}
    return Step("childcare.quota.settle_requested.v1", data, "area:elsewhere")


def _policy(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    day = draw.choice(world.days)
    if draw.random() < 0.4:
        data = {
            "policy": "calendar", "version": f"{world.name}/{number}", "in_force_from": world.days[0], "source": "simulated",
            "parameters": {"year": int(day[:4]), "holidays": [day] if draw.random() < 0.6 else []},
        }  # fmt: skip
        return Step("policy.published.v1", data, "office:o-1")
    return _care(world, str(number), day, world.own["care"] | {"free_per_year": draw.choice((1, 2, 3))})


def _persons(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    if draw.random() < 0.4:
        home = {
            "child_id": f"k-{world.name}-{draw.randrange(world.children)}",
            "version": draw.randrange(1, 9),
            "at_home": draw.random() < 0.6,
        }
        return Step("childcare.child.registered.v1", home, "office:o-1")
    data = {"child_id": f"k-{world.name}-{draw.randrange(world.children)}", "version": draw.randrange(1, 5), "persons": ["p-0", "p-1"]}
    return Step("childcare.pickup_persons.registered.v1", data, "relative:p-0")


def _file(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    site_id = draw.choice(world.sites)
    match draw.randrange(3):
        case 0:
            inspected = {"inspection_id": f"i-{draw.randrange(20)}", "site_id": site_id, "result": "passed"}
            return Step("childcare.site.inspected.v1", inspected, "operator:op-1")
        case 1:
            data = {
                "incident_id": f"n-{draw.randrange(20)}",
                "site_id": site_id,
                "kind": "fall",
                "severity": draw.choice(("minor", "grave")),
            }
            # One in five speaks of another site, which it may not (P03).
            forged = data["incident_id"].endswith(("4", "9"))
            return Step("childcare.incident.reported.v1", data, "provider:s-x" if forged else f"provider:{site_id}")
        case _:
            year, holder = int(world.days[0][:4]), f"f-{draw.randrange(4)}"
            owed = {"entitlement_id": f"t-{draw.randrange(9)}", "service": "guidance", "holder_id": holder, "year": year}
            return Step("childcare.entitlement.registered.v1", owed, "office:o-1")


def _task(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    return Step("task.completed.v1", {"domain": "childcare", "task_id": f"task-{number}", "result": "done"}, "operator:op-1")


def _register(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    return _registered(world, draw, draw.choice(world.sites))


def _move(world: ChildcareWorld, draw: Random, at_ms: int, number: int | str) -> Step:
    """A child of the area before this one comes to live here, and books here too; or the register says it again, later or blindly."""
    child = draw.choice(world.moved) if world.moved and draw.random() < 0.5 else draw.randrange(min(4, world.children))
    if child not in world.moved:
        world.moved.append(child)
    data: dict[str, Any] = {"child_id": f"k-{_before(world)}-{child}", "version": at_ms // 1000, "at_home": draw.random() < 0.9}
    if data["at_home"]:
        data["moved_from"] = _before(world)
    return Step("childcare.child.registered.v1", data, "office:o-1")


def _before(world: ChildcareWorld) -> str:
    return world.areas[world.areas.index(world.name) - 1]


_MAKERS: dict[str, Callable[[ChildcareWorld, Random, int, int | str], Step]] = {
    "book": _book, "again": _again, "window": _window, "group": _group, "cancel": _cancel, "confirm": _confirm, "offer": _offer,
    "arrive": _arrive, "leave": _leave, "extend": _extend, "publish": _publish, "staffing": _staffing, "closed": _closed,
    "reopened": _reopened, "answer": _answer, "reserve": _reserve, "settle": _settle, "policy": _policy, "persons": _persons,
    "file": _file, "task": _task, "register": _register,
}  # fmt: skip
