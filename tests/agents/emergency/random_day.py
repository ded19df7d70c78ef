"""A seeded run of events over every rule; ``python -m tests.agents.emergency.random_day SEED STEPS`` prints the digest of its end."""

import hashlib
import random
import sys
from typing import Any

import orjson

from agents import core
from agents.emergency import DOMAIN
from schemas.decisions import Received
from tests.agents.emergency.world import AREA, CENTRE, at, received

Sent = tuple[str, dict[str, Any]]
CHANNELS = ("button", "button", "phone", "fall", "smoke", "no_motion", "operator", "unknown")
SKILLS = ((), ("first_aid",), ("first_aid", "lifting"), ("lifting",), ("fire_safety",))
POLICIES: tuple[dict[str, Any], ...] = (
    {},
    {"rest_excluded": True, "fix_age_s_max": 60, "circles_m": [500, 3000]},
    {"stopgap": False, "merge_window_s": 20, "merged_names_kept": 2, "coverage_units_min": 2},
    {"ladder": [{"after_s": 5, "to": "first"}, {"after_s": 20, "to": "second", "silent": True}], "seen_memory_s": 3600},
    {"memory_days": 1, "callback_s": 600, "callback_repeat_s": 300, "asked_kept": 1, "contact_rounds": 1},
    {"speeds_cm_s": {"walk": 100}, "heartbeat_s": 60, "device_ladder_s": [600, 1200]},
)


class RandomDay:
    """Makes events one after the other; knows only ids it has used itself, and leans on live ones so that something happens."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.now_ms = at("2026-11-22 09:00")
        self.count = 0
        self.calls: list[str] = ["unknown"]
        self.asked: list[tuple[str, str]] = [("unknown", "r-0")]
        self.contacted: list[tuple[str, str]] = [("unknown", "c-0")]
        self.ended: list[str] = ["unknown"]
        self.sent: list[Received] = []

    def next(self) -> Received:
        """The next event, sometimes one that was sent before."""
        rng = self.rng
        self.count += 1
        self.now_ms += (
            rng.choice((0, 100, 1_000, 5_000, 20_000, 60_000)) if rng.random() < 0.985 else rng.choice((3_600_000, 30 * 3_600_000))
        )
        if self.sent and rng.random() < 0.03:
            return rng.choice(self.sent[-30:])
        makers = (
            (self.raised, 6), (self.responder, 2), (self.status, 9), (self.position, 6), (self.answer, 4), (self.triage, 3), (self.take, 1),
            (self.go, 12), (self.override, 1), (self.call_off, 1), (self.hand, 1), (self.close, 4), (self.call_back, 2), (self.contact, 4),
            (self.device, 2), (self.heartbeat, 6), (self.cover, 2), (self.tick, 6), (self.policy, 0.3),
        )  # fmt: skip
        (maker,) = rng.choices([maker for maker, _ in makers], [weight for _, weight in makers])
        kind, data = maker()
        role = "device" if rng.random() < 0.03 else "operator"
        item = received(kind, data, f"e-{self.count}", self.now_ms, f"{role}:a-1")
        self.sent.append(item)
        return item

    def learn(self, decision: Any) -> None:
        """What a client would see of the answer."""
        for reasoned in decision.facts:
            values = reasoned.fact.model_dump()
            match reasoned.fact.type:
                case "emergency.call.opened.v1":
                    self.calls.append(values["call_id"])
                case "emergency.responder.dispatched.v1":
                    self.asked.append((values["call_id"], values["responder_id"]))
                case "emergency.contact.called.v1":
                    self.contacted.append((values["call_id"], values["contact_id"]))
                case "emergency.call.closed.v1":
                    self.ended.append(values["call_id"])

    def raised(self) -> Sent:
        rng = self.rng
        data: dict[str, Any] = {"call_id": f"k-{rng.randrange(400)}", "channel": rng.choice(CHANNELS)}
        if rng.random() < 0.8:
            data["person_id"] = self.person()
        if rng.random() < 0.5:
            data["device_id"] = f"d-{rng.randrange(15)}"
        if rng.random() < 0.7:
            data["position"] = self.place()
        return "call.raised", data

    def responder(self) -> Sent:
        rng = self.rng
        data = {"responder_id": self.unit(), "kind": rng.choice(("nurse", "volunteer", "station", "odd")), "position": self.place(),
                "skills": list(rng.choice(SKILLS))}  # fmt: skip
        return "responder.registered", data | ({"max_travel_s": 300} if rng.random() < 0.2 else {})

    def status(self) -> Sent:
        data: dict[str, Any] = {
            "responder_id": self.unit(),
            "status": self.rng.choice(("available",) * 5 + ("resting", "off", "en_route", "on_scene")),
        }
        if self.rng.random() < 0.4:
            data = {"responder_id": self.rng.choice(self.asked[-6:])[1], "status": self.rng.choice(("en_route", "on_scene", "available"))}
        if self.rng.random() < 0.1:
            since = self.rng.choice((8, 9, 10))
            data["reserved_from"] = f"2026-11-22T{since:02}:00:00+08:00"
            data["reserved_until"] = f"2026-11-22T{since + self.rng.choice((0, 1, 6)):02}:30:00+08:00"
        return "responder.reported", data | ({"position": self.place()} if self.rng.random() < 0.8 else {})

    def position(self) -> Sent:
        return "responder.positioned", {"responder_id": self.unit(), "position": self.place()}

    def answer(self) -> Sent:
        return "call.answered", {"call_id": self.recent(), "operator_id": "op-1", "silent": self.rng.random() < 0.2}

    def triage(self) -> Sent:
        rng = self.rng
        data: dict[str, Any] = {"call_id": self.recent(), "severity": rng.choice(("life", "urgent", "help", "false"))}
        if rng.random() < 0.3:
            data["needs"] = rng.choice((["first_aid"], ["lifting", "doctor"]))
        if rng.random() < 0.3:
            data["position"] = self.place()
        if rng.random() < 0.5:
            asked = rng.sample(("conscious", "fallen", "help_only", "stands", "over", "odd"), rng.randrange(1, 4))
            data["answers"] = [{"question": one, "answer": rng.choice(("yes", "no", "unsure"))} for one in asked]
        if rng.random() < 0.2:
            data["severity_reason"] = "seen_on_video"
        return "call.triaged", data | ({"kind": rng.choice(("fall", "fire", "lost"))} if rng.random() < 0.3 else {})

    def take(self) -> Sent:
        control = self.rng.choice(("manual", "manual", "automatic"))
        return "call.taken_over", {"call_id": self.recent(), "operator_id": "op-2", "reason": "known case", "control": control}

    def go(self) -> Sent:
        call_id, responder_id = self.rng.choice(self.asked[-8:])
        kind = self.rng.choice(
            ("dispatch.accepted",) * 3 + ("dispatch.declined", "responder.arrived", "responder.arrived", "scene.checked_in")
        )
        data: dict[str, Any] = {"call_id": call_id, "responder_id": responder_id}
        if kind == "scene.checked_in" and self.rng.random() < 0.3:
            data["needs"] = ["lifting"]
        return kind, data

    def override(self) -> Sent:
        call_id, responder_id = self.rng.choice(self.asked[-4:]) if self.rng.random() < 0.5 else (self.recent(), self.unit())
        return "dispatch.overridden", {"call_id": call_id, "responder_id": responder_id, "reason": "by phone"}

    def call_off(self) -> Sent:
        call_id, responder_id = self.rng.choice(self.asked[-8:])
        return "dispatch.cancelled", {"call_id": call_id, "responder_id": responder_id, "reason": "not needed"}

    def hand(self) -> Sent:
        return "call.handed_over", {"call_id": self.recent(), "to": self.rng.choice(("120", "110", "119", "family")), "reference": "x-1"}

    def close(self) -> Sent:
        return "call.closed", {"call_id": self.recent(), "outcome": self.rng.choice(("rescued", "helped", "false", "test", "duplicate"))}

    def call_back(self) -> Sent:
        return "call.called_back", {"call_id": self.rng.choice(self.ended[-12:]), "outcome": "helped"}

    def contact(self) -> Sent:
        call_id, contact_id = self.rng.choice(self.contacted[-4:])
        result = self.rng.choice(("accepted", "declined", "no_answer"))
        return "contact.answered", {"call_id": call_id, "contact_id": contact_id, "result": result}

    def device(self) -> Sent:
        rng = self.rng
        device_id = f"d-{rng.randrange(12)}"
        if rng.random() < 0.2:
            return "device.retired", {"device_id": device_id, "reason": "broken"}
        data: dict[str, Any] = {"device_id": device_id, "kind": "button", "heartbeat_s": rng.choice((60, 3600))}
        if rng.random() < 0.8:
            data["person_id"] = self.person()
        return "device.registered", data | ({"position": self.place()} if rng.random() < 0.5 else {})

    def heartbeat(self) -> Sent:
        data: dict[str, Any] = {"device_id": f"d-{self.rng.randrange(12)}"}
        if self.rng.random() < 0.3:
            return "device.battery", data | {"battery_percent": self.rng.choice((5, 50))}
        return "device.heartbeat", data | ({"battery_percent": self.rng.choice((10, 90))} if self.rng.random() < 0.3 else {})

    def cover(self) -> Sent:
        rng = self.rng
        if rng.random() < 0.15:
            return "coverage.ended", {"person_id": self.person(), "reason": "moved"}
        contacts = [{"contact_id": f"c-{number}", "from_minute": rng.choice((0, 600))} for number in rng.sample(range(6), rng.randrange(4))]
        data: dict[str, Any] = {"person_id": self.person(), "lives_alone": rng.random() < 0.7, "contacts": contacts}
        if rng.random() < 0.5:
            data |= {"access_id": "box-1", "position": self.place()}
        return "coverage.registered", data

    def tick(self) -> Sent:
        return "clock.ticked.v1", {}

    def policy(self) -> Sent:
        version = self.rng.randrange(60)
        data = {
            "policy": "emergency",
            "version": f"v{version}",
            "in_force_from": self.rng.choice(("2026-01-01", "2026-11-23")),
            "source": "test",
        }
        return "policy.published.v1", data | {"parameters": POLICIES[version % len(POLICIES)]}

    def recent(self) -> str:
        return self.rng.choice(self.calls[-6:])

    def unit(self) -> str:
        return f"r-{self.rng.randrange(14)}"

    def person(self) -> str:
        return f"p-{self.rng.randrange(12)}"

    def place(self) -> dict[str, float]:
        return {"lat": round(CENTRE[0] + self.rng.uniform(-0.02, 0.02), 6), "lon": round(CENTRE[1] + self.rng.uniform(-0.02, 0.02), 6)}


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
