"""One area of beds under test: events go through the real codec, decisions through the real core, and every step is checked."""

import hashlib
from datetime import datetime
from typing import Any

import orjson

from agents import core
from agents.beds import DOMAIN
from agents.beds.state import BedsState
from schemas.decisions import Decision, Received
from schemas.facts import Fact
from schemas.journal import SHANGHAI
from schemas.registry import event_adapter

AREA = "310106"
CENTRE = (31.2304, 121.4737)
METRE_LAT = 1 / 111_195
STREET = "310106013"
OTHER_STREET = "310106014"


def at(text: str) -> int:
    """``2026-11-22 09:00`` in Shanghai as milliseconds since the epoch."""
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


def north(metres: float) -> dict[str, float]:
    """A position so far north of the centre."""
    return {"lat": round(CENTRE[0] + metres * METRE_LAT, 6), "lon": CENTRE[1]}


def received(kind: str, data: dict[str, Any], event_id: str, now_ms: int) -> Received:
    """The event as the core takes it. The domain is not switched on yet, so its own adapter reads it, as the codec will."""
    full = kind if kind.endswith(".v1") else f"beds.{kind}.v1"
    envelope = {
        "specversion": "1.0",
        "id": event_id,
        "source": "/tests",
        "type": full,
        "time": datetime.fromtimestamp(now_ms / 1000, SHANGHAI).isoformat(),
        "area": AREA,
        "actor": "operator:op-1",
        "data": data,
    }
    event = event_adapter("beds")[0].validate_json(orjson.dumps(envelope))
    return Received(event, hashlib.blake2b(repr((full, data)).encode(), digest_size=16).digest(), now_ms)


class District:
    """An area, its clock, and what it answered."""

    def __init__(self, now: str = "2026-11-23 09:00", checked: bool = True) -> None:
        self.area: core.AreaState[BedsState] = core.blank(DOMAIN, AREA)
        self.now_ms = at(now)
        self.decisions: list[Decision] = []
        self.count = 0
        self.checked = checked
        self.versions: dict[str, int] = {}

    @property
    def state(self) -> BedsState:
        return self.area.domain

    def send(self, kind: str, /, event_id: str | None = None, **data: Any) -> Decision:
        """Answer one event now."""
        self.count += 1
        return self.take(received(kind, data, event_id or f"e-{self.count}", self.now_ms))

    def take(self, item: Received) -> Decision:
        decision = core.handle(DOMAIN, self.area, item)
        self.decisions.append(decision)
        if self.checked:
            DOMAIN.check_all(self.state)
        return decision

    def tick(self, now: str | int) -> list[Fact]:
        """Let the clock say that it is so late; returns what happened, ticking on while work is due."""
        self.now_ms = at(now) if isinstance(now, str) else now
        facts: list[Fact] = []
        for _ in range(2000):
            decision = self.send("clock.ticked.v1")
            facts += [reasoned.fact for reasoned in decision.facts]
            deadline = core.next_deadline(DOMAIN, self.area)
            if deadline is None or deadline > self.now_ms:
                return facts
        raise AssertionError("the clock never comes to rest")

    def home(self, facility_id: str, metres: float = 100, street: str = STREET) -> Decision:
        """Register a home so far north of the centre."""
        return self.send("facility.registered", facility_id=facility_id, name="养老院", position=north(metres), street=street)

    def publish(self, facility_id: str, /, **states: Any) -> Decision:
        """Publish beds: ``b1="free"``, or a dict with more; ``version`` (default: the next one)."""
        version = states.pop("version", None)
        beds = []
        for bed_id, state in states.items():
            row = {"state": state} if isinstance(state, str) else state
            beds.append({"bed_id": bed_id, "type": "basic", "pool": "district", "state": "free"} | row)
        number = version if version is not None else self.versions.get(facility_id, 0) + 1
        self.versions[facility_id] = max(number, self.versions.get(facility_id, 0))
        return self.send("inventory.published", facility_id=facility_id, version=number, beds=beds)

    def apply(self, application_id: str, **more: Any) -> Decision:
        """Apply for a basic bed from the centre."""
        data: dict[str, Any] = {
            "application_id": application_id,
            "person_id": f"p-{application_id}",
            "position": {"lat": CENTRE[0], "lon": CENTRE[1]},
            "street": STREET,
            "sex": "f",
            "assessed_level": 3,
            "assessed_on": "2026-11-01",
            "categories": ["registered"],
            "bed_types": ["basic"],
        } | more
        return self.send("application.submitted", **data)

    def policy(self, version: str, in_force_from: str = "2026-01-01", **parameters: Any) -> Decision:
        return self.send(
            "policy.published.v1", policy="beds", version=version, in_force_from=in_force_from, parameters=parameters, source="test"
        )

    def offer_of(self, application_id: str) -> str:
        """The id of the open offer."""
        offer_id = self.state.applications[application_id].offer_id
        assert offer_id is not None
        return offer_id

    def accept(self, application_id: str) -> Decision:
        return self.send("offer.accepted", application_id=application_id, offer_id=self.offer_of(application_id))

    def decline(self, application_id: str, reason: str | None = None) -> Decision:
        return self.send("offer.declined", application_id=application_id, offer_id=self.offer_of(application_id), reason=reason)

    def refuse_person(self, application_id: str, reason: str = "infection") -> Decision:
        return self.send("facility.declined", application_id=application_id, offer_id=self.offer_of(application_id), reason=reason)

    def admit(self, application_id: str | None, facility_id: str, bed_id: str) -> Decision:
        return self.send("admission.confirmed", application_id=application_id, facility_id=facility_id, bed_id=bed_id)

    def settle(self, application_id: str) -> None:
        """Accept and move in."""
        bed = self.state.applications[application_id].bed
        assert bed is not None
        self.accept(application_id)
        self.admit(application_id, bed.facility.place_id, bed.bed_id)

    def beds(self, facility_id: str) -> dict[str, str]:
        return {bed_id: bed.state.value for bed_id, bed in self.state.facilities[facility_id].beds.items()}

    def where(self, application_id: str) -> str:
        """The state of an application, open or ended."""
        found = self.state.applications.get(application_id)
        return self.state.ended[application_id].state.value if found is None else found.state.value


def types(decision: Decision) -> list[str]:
    """The types of a decision's facts, in order, without domain and version."""
    return [reasoned.fact.type.removeprefix("beds.").removesuffix(".v1") for reasoned in decision.facts]


def fact(decision: Decision, kind: str) -> dict[str, Any]:
    """The data of the one fact of this type."""
    (found,) = (reasoned.fact for reasoned in decision.facts if reasoned.fact.type == f"beds.{kind}.v1")
    return found.model_dump()


def offered(decision: Decision) -> list[tuple[str, str, str]]:
    """Who was offered which bed, in order."""
    return [
        (made["application_id"], made["facility_id"], made["bed_id"])
        for made in (reasoned.fact.model_dump() for reasoned in decision.facts if reasoned.fact.type == "beds.offer.made.v1")
    ]
