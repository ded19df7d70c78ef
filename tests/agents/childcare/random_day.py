"""A seeded run of events over every rule of childcare; ``python -m tests.agents.childcare.random_day SEED STEPS`` prints the digest of
where it ends."""

import hashlib
import random
import sys
from typing import Any

import orjson

from agents import core
from agents.childcare import DOMAIN
from schemas.decisions import Decision, Received
from schemas.journal import instant
from tests.agents.childcare.world import AREA, received
from tests.agents.world import CENTRE, at

HOURS = (8, 9, 10, 11, 14, 15)
MODES = ("hourly", "drop_in", "half_day")
HOMES = (None, None, None, None, "310101")


class RandomDay:
    """Makes events one after the other; knows the ids it has used itself, and the offers and questions it was told of."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.now_ms = at("2026-12-28 07:00")  # a run goes over the year's end
        self.count = 0
        self.bookings: list[str] = ["unknown"]
        self.sessions: dict[str, str] = {"unknown": "s-0"}
        self.offers: list[tuple[str, str]] = [("unknown", "unknown")]
        self.asked: list[tuple[str, str]] = [("unknown", "unknown")]
        self.placed: list[tuple[str, int, int]] = [("unknown", 0, 0)]
        """Confirmed bookings with their start and end."""
        self.inside: list[str] = ["unknown"]
        self.requests: list[tuple[str, str]] = [("unknown", "unknown")]
        self.sent: list[Received] = []

    def next(self) -> Received:
        """The next event, sometimes one that was sent before."""
        rng = self.rng
        self.count += 1
        self.now_ms += rng.choice((0, 1_000, 20_000, 90_000)) if rng.random() < 0.995 else 3 * 3_600_000
        if self.sent and rng.random() < 0.03:
            return rng.choice(self.sent[-30:])
        makers = (
            self.book, self.book, self.book, self.book, self.window, self.window, self.group, self.cancel, self.confirm, self.confirm,
            self.offer, self.offer, self.offer, self.arrive, self.arrive, self.arrive, self.leave, self.leave, self.extend,
            self.sessions_, self.staffing, self.site, self.closure, self.tick, self.answer, self.answer, self.reserve, self.settle,
            self.policy, self.persons, self.file,
        )  # fmt: skip
        kind, data = rng.choice(makers)()
        item = received(kind, data, f"e-{self.count}", self.now_ms)
        self.sent.append(item)
        return item

    def learn(self, decision: Decision) -> None:
        """What a client would hear: offers and questions."""
        for reasoned in decision.facts:
            values = reasoned.fact.model_dump()
            if reasoned.fact.type == "childcare.offer.made.v1":
                self.offers.append((values["booking_id"], values["offer_id"]))
            elif reasoned.fact.type == "childcare.quota.asked.v1":
                self.asked.append((values["booking_id"], values["request_id"]))
            elif reasoned.fact.type == "childcare.booking.confirmed.v1":
                self.placed.append((values["booking_id"], values["starts_ms"], values["ends_ms"]))
            elif reasoned.fact.type == "childcare.child.checked_in.v1":
                self.inside.append(values["booking_id"])

    def wish(self, child: int) -> dict[str, Any]:
        return {
            "booking_id": self.booking(),
            "child_id": f"k-{child}",
            "birth_date": self.rng.choice(
                ("2024-02-29", "2024-06-01", "2023-12-31", "2024-11-30", "2025-12-30", "2025-06-30", "2020-01-01")
            ),
        }

    def place(self, child: int) -> dict[str, Any]:
        home = self.rng.choice(HOMES)
        where: dict[str, Any] = {"family_id": f"f-{child // 3}", "position": self.position(), "waitlist": self.rng.random() < 0.8}
        return where | ({} if home is None else {"home_area": home})

    def book(self) -> tuple[str, dict[str, Any]]:
        child = self.rng.randrange(24)
        session_id = self.rng.choice(list(self.sessions)[-16:])
        return "booking.requested", {**self.wish(child), **self.place(child), "session_id": session_id}

    def window(self) -> tuple[str, dict[str, Any]]:
        child = self.rng.randrange(24)
        return "booking.requested", {**self.wish(child), **self.place(child), "window": self.span(), **self.service()}

    def group(self) -> tuple[str, dict[str, Any]]:
        family = self.rng.randrange(8)
        children = [self.wish(family * 3 + number) for number in range(2)]
        return "group.requested", {"group_id": f"g-{self.count}", "children": children, **self.place(family * 3), "window": self.span()}

    def span(self) -> dict[str, Any]:
        hour = self.rng.choice(HOURS)
        window: dict[str, Any] = {"date": self.date(), "from": f"{hour:02}:00", "to": f"{hour + self.rng.choice((1, 1, 2)):02}:00"}
        if self.rng.random() < 0.3:
            window["fit"] = "within"
        return window

    def service(self) -> dict[str, Any]:
        return self.rng.choice(({}, {}, {}, {"service": "guidance"}, {"service": "bathing"}))

    def booking(self) -> str:
        booking_id = f"b-{self.rng.randrange(4000)}"
        self.bookings.append(booking_id)
        return booking_id

    def known(self) -> str:
        return self.rng.choice(self.bookings[-25:])

    def cancel(self) -> tuple[str, dict[str, Any]]:
        return "booking.cancelled", {"booking_id": self.known()}

    def confirm(self) -> tuple[str, dict[str, Any]]:
        return "hold.confirmed", {"booking_id": self.rng.choice(self.bookings[-6:])}

    def offer(self) -> tuple[str, dict[str, Any]]:
        booking_id, offer_id = self.rng.choice(self.offers[-4:])
        kind = "offer.accepted" if self.rng.random() < 0.7 else "offer.declined"
        return kind, {"booking_id": booking_id, "offer_id": offer_id}

    def arrive(self) -> tuple[str, dict[str, Any]]:
        coming = sorted((each for each in self.placed[-60:] if each[1] > self.now_ms - 1_500_000), key=lambda each: each[1:])
        booking_id, starts_ms, _ = self.rng.choice(coming[:3] or self.placed[-3:])
        if 0 < starts_ms - self.now_ms < 6 * 3_600_000 and self.rng.random() < 0.6:
            self.now_ms = starts_ms
        data: dict[str, Any] = {"booking_id": booking_id, "by": self.rng.choice(("p-0", "p-0", "p-1", "p-2"))}
        if self.rng.random() < 0.5:
            data["temperature_c"] = self.rng.choice((36.5, 36.9, 37.9, 38.0))
        return "child.checked_in", data

    def leave(self) -> tuple[str, dict[str, Any]]:
        return "child.checked_out", {"booking_id": self.rng.choice(self.inside[-5:]), "by": self.rng.choice(("p-0", "p-0", "p-1", "p-2"))}

    def extend(self) -> tuple[str, dict[str, Any]]:
        return "extension.requested", {"booking_id": self.rng.choice(self.inside[-2:])}

    def sessions_(self) -> tuple[str, dict[str, Any]]:
        rng = self.rng
        site, day = self.site_id(), self.date()
        offered = []
        for hour in rng.sample(HOURS, 6):
            service = rng.choice(("care", "care", "care", "guidance"))
            session_id = f"{site}.{day}.{hour}.{service}"
            start = at(f"{day} {hour:02}:00")
            if start > self.now_ms:
                self.sessions.pop(session_id, None)
                self.sessions[session_id] = site
            offered.append(
                {
                    "session_id": session_id,
                    "start": instant(start),
                    "end": instant(start + 3_600_000),
                    "mode": rng.choice(MODES[:1] if service == "care" else MODES),
                    "seats": rng.choice((0, 1, 1, 2, 4)),
                    "staff": rng.choice((0, 1, 2, 2)),
                    "service": service,
                }
            )
        return "sessions.published", {"site_id": site, "version": rng.randrange(1, 40), "sessions": offered}

    def staffing(self) -> tuple[str, dict[str, Any]]:
        session_id = self.rng.choice(list(self.sessions)[-40:])
        return "staffing.reported", {
            "site_id": self.sessions[session_id],
            "session_id": session_id,
            "staff_present": self.rng.choice((0, 1, 2)),
        }

    def site(self) -> tuple[str, dict[str, Any]]:
        kind = self.rng.choice(("baby_house", "nursery"))
        data = {"site_id": self.site_id(), "name": "宝宝屋", "position": self.position(), "street": "310106013", "kind": kind}
        return "site.registered", data

    def closure(self) -> tuple[str, dict[str, Any]]:
        if self.rng.random() < 0.85:
            return "site.reopened", {"site_id": self.site_id(), "reason": "repaired"}
        return "site.closed", {"site_id": self.site_id(), "reason": "power_cut"}

    def tick(self) -> tuple[str, dict[str, Any]]:
        return "clock.ticked.v1", {}

    def answer(self) -> tuple[str, dict[str, Any]]:
        booking_id, request_id = self.rng.choice(self.asked[-6:])
        return "quota.answered", {"request_id": request_id, "booking_id": booking_id, "units": self.rng.choice((0, 1, 2))}

    def reserve(self) -> tuple[str, dict[str, Any]]:
        number = self.rng.randrange(300)
        self.requests.append((f"r-{number}", f"x-{number}"))
        child = number % 24
        return "quota.reserve_requested", {
            "request_id": f"r-{number}",
            "booking_id": f"x-{number}",
            "child_id": f"k-{child}",
            "family_id": f"f-{child // 3}",
            "service": self.rng.choice(("care", "guidance", "nothing")),
            "year": self.rng.choice((2026, 2027)),
            "units": self.rng.choice((1, 2, 5)),
            "asking_area": "310101",
            "settle_by": instant(self.now_ms + 3 * 86_400_000),
        }

    def settle(self) -> tuple[str, dict[str, Any]]:
        request_id, booking_id = self.rng.choice([*self.requests[-20:], (f"r-{self.rng.randrange(300)}", "x-1")])
        return "quota.settle_requested", {
            "request_id": request_id,
            "booking_id": booking_id,
            "result": self.rng.choice(("consumed", "returned")),
        }

    def persons(self) -> tuple[str, dict[str, Any]]:
        child_id = f"k-{self.rng.randrange(24)}"
        if self.rng.random() < 0.4:
            home = {"child_id": child_id, "version": self.rng.randrange(1, 9), "at_home": self.rng.random() < 0.7}
            return "child.registered", home
        return "pickup_persons.registered", {"child_id": child_id, "version": self.rng.randrange(1, 5), "persons": ["p-0", "p-1"]}

    def file(self) -> tuple[str, dict[str, Any]]:
        number = self.rng.randrange(40)
        match self.rng.randrange(3):
            case 0:
                return "site.inspected", {"inspection_id": f"i-{number}", "site_id": self.site_id(), "result": "passed"}
            case 1:
                severity = self.rng.choice(("minor", "serious"))
                return "incident.reported", {"incident_id": f"n-{number}", "site_id": self.site_id(), "kind": "fall", "severity": severity}
            case _:
                data = {"entitlement_id": f"t-{number}", "service": "guidance", "holder_id": f"f-{number % 8}", "year": 2026}
                return "entitlement.registered", data

    def policy(self) -> tuple[str, dict[str, Any]]:
        rng = self.rng
        care = {
            "free_per_year": rng.choice((1, 3, 12)),
            "price_fen": {"hourly": rng.choice((1500, 2000))},
            "no_show_limit": rng.choice((1, 3)),
            "same_day_until_minute": None,
            "cancel_between": rng.choice(("return", "consume")),
            "displace_first": rng.choice(("latest", "charged")),
            "extend_until_s": 0,
        }
        if rng.random() < 0.2:
            data: dict[str, Any] = {"year": rng.choice((2026, 2027)), "holidays": [self.date()] if rng.random() < 0.2 else []}
            data["holidays"] = [day for day in data["holidays"] if day.startswith(str(data["year"]))]
            name = "calendar"
        else:
            data = {"services": {"care": care}, "seen_memory_s": rng.choice((3600, 259_200)), "quota_answer_s": rng.choice((1, 600))}
            name = "childcare"
        version = f"v{rng.randrange(40)}"
        return "policy.published.v1", {"policy": name, "version": version, "in_force_from": self.date(), "parameters": data, "source": "t"}

    def site_id(self) -> str:
        return f"s-{self.rng.randrange(4)}"

    def date(self) -> str:
        ahead = self.rng.choice((0, 0, 0, 0, 1, 1, 3))
        return instant(self.now_ms + ahead * 86_400_000)[:10]

    def position(self) -> dict[str, float]:
        return {"lat": round(CENTRE[0] + self.rng.uniform(-0.01, 0.01), 6), "lon": round(CENTRE[1] + self.rng.uniform(-0.01, 0.01), 6)}


def digest(seed: int, steps: int) -> str:
    """A hash of every decision and of the state at the end."""
    day, area = RandomDay(seed), core.blank(DOMAIN, AREA)
    seen = hashlib.sha256()
    for _ in range(steps):
        decision = core.handle(DOMAIN, area, day.next())
        day.learn(decision)
        facts = [[reasoned.fact.type, reasoned.fact.model_dump(mode="json"), reasoned.why] for reasoned in decision.facts]
        seen.update(orjson.dumps([decision.outcome, decision.reason, decision.why, facts]))
    for row in core.dump(DOMAIN, area):
        seen.update(orjson.dumps(row))
    return seen.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(digest(int(sys.argv[1]), int(sys.argv[2])))
